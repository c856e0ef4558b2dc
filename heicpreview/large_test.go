//go:build nodynamic

package heicpreview

import (
	"bytes"
	"encoding/binary"
	"image"
	"runtime"
	"testing"
)

// be is a number of so many bytes.
func be(size, n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n))[8-size:] }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func box(kind string, parts ...[]byte) []byte {
	body := join(parts...)
	return join(be(4, 8+len(body)), []byte(kind), body)
}

// inside returns the content of the first box of a kind, wherever it is.
func inside(t testing.TB, file []byte, kind string) []byte {
	t.Helper()
	at := bytes.Index(file, []byte(kind))
	if at < 4 {
		t.Fatal("there is no ", kind)
	}
	return file[at+4 : at-4+int(binary.BigEndian.Uint32(file[at-4:]))]
}

const tileSize = 512

// tiled is a picture as phones make them, of tiles of 512 × 512 pixels, which all are the one of a file:
// testdata/tile.heic and tile.avif are of a photograph's complexity, by
// heif-enc -q 50 tile.jpg and heif-enc -A -q 80 -p speed=8 tile.jpg.
func tiled(t testing.TB, contentType string, across, down, width, height int) []byte {
	t.Helper()
	name, brand, coded, codec := "tile.heic", "heic", "hvc1", "hvcC"
	if contentType == "image/avif" {
		name, brand, coded, codec = "tile.avif", "avif", "av01", "av1C"
	}
	tile := testdata(t, name)
	samples, n := inside(t, tile, "mdat"), across*down
	infe := func(id int, kind string) []byte {
		return box("infe", be(4, 2<<24), be(2, id), be(2, 0), []byte(kind), be(1, 0))
	}
	ispe := func(w, h int) []byte { return box("ispe", be(4, 0), be(4, w), be(4, h)) }
	items, tiles, uses := infe(1, "grid"), []byte(nil), join(be(2, 1), be(1, 1), be(1, 3))
	for id := 2; id < n+2; id++ {
		items, tiles = join(items, infe(id, coded)), join(tiles, be(2, id))
		uses = join(uses, be(2, id), be(1, 2), be(1, 0x81), be(1, 2)) // the codec's, which is essential
	}
	grid := join(be(2, 0), be(1, down-1), be(1, across-1), be(2, width), be(2, height))
	head := box("ftyp", []byte(brand), be(4, 0), []byte("mif1"+brand))
	meta := func(at int) []byte {
		places := join(be(2, 1), be(2, 1), be(2, 0), be(2, 1), be(4, 0), be(4, len(grid)))
		for id := 2; id < n+2; id++ {
			places = join(places, be(2, id), be(2, 0), be(2, 0), be(2, 1), be(4, at), be(4, len(samples)))
		}
		return box("meta", be(4, 0),
			box("hdlr", be(4, 0), be(4, 0), []byte("pict"), make([]byte, 13)), box("pitm", be(4, 0), be(2, 1)),
			box("iinf", be(4, 0), be(2, n+1), items), box("iref", be(4, 0), box("dimg", be(2, 1), be(2, n), tiles)),
			box("iprp", box("ipco", box(codec, inside(t, tile, codec)), ispe(tileSize, tileSize), ispe(width, height)),
				box("ipma", be(4, 0), be(4, n+1), uses)),
			box("idat", grid), box("iloc", be(4, 1<<24), be(2, 0x4400), be(2, n+1), places))
	}
	return join(head, meta(len(head)+len(meta(0))+8), box("mdat", samples))
}

// A picture of 12 megapixels fits into the memory that a decoder has by default.
func TestLargePictures(t *testing.T) {
	for contentType := range files {
		m, err := newPreviewer(t, Options{}).Preview(t.Context(), contentType, bytes.NewReader(tiled(t, contentType, 8, 6, 4032, 3024)))
		if err != nil || m.Bounds() != image.Rect(0, 0, 4032, 3024) {
			t.Errorf("%s: %v", contentType, err)
		}
	}
}

// BenchmarkPreview decodes pictures of 12 megapixels on one core.
//
//	go test -tags nodynamic -run '^$' -bench Preview -benchtime 5x
func BenchmarkPreview(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for contentType := range files {
		b.Run(contentType, func(b *testing.B) {
			file := tiled(b, contentType, 8, 6, 4032, 3024)
			p, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			preview := func() {
				if _, err := p.Preview(b.Context(), contentType, bytes.NewReader(file)); err != nil {
					b.Fatal(err)
				}
			}
			preview() // and compile the decoder
			for b.Loop() {
				preview()
			}
		})
	}
}
