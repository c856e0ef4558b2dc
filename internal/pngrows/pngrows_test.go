package pngrows

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"

	"github.com/go-df/chat/internal/pngrows/pngtest"
)

// decoded is a picture by rows, of which each pixel must come once.
func decoded(whole []byte, wrap func(io.Reader) io.Reader) (*image.NRGBA, error) {
	at := len(pngtest.Magic)
	for at+8 <= len(whole) && string(whole[at+4:at+8]) != "IDAT" {
		at += 12 + int(binary.BigEndian.Uint32(whole[at:]))
	}
	at = min(at, len(whole))
	f, err := readHead(whole[:at])
	if err != nil {
		return nil, err
	}
	m, seen := image.NewNRGBA(image.Rect(0, 0, f.width, f.height)), make([]bool, f.width*f.height)
	err = Decode(whole[:at], wrap(bytes.NewReader(whole[at:])), func(y, x, step int, pixels []uint32) {
		for _, c := range pixels {
			m.SetNRGBA(x, y, color.NRGBA{byte(c >> 16), byte(c >> 8), byte(c), byte(c >> 24)})
			if seen[y*f.width+x] {
				panic(fmt.Sprintf("pixel %d, %d comes twice", x, y))
			}
			seen[y*f.width+x] = true
			x += step
		}
	})
	return m, err
}

func asItIs(r io.Reader) io.Reader { return r }

// nrgba64 is a pixel, not premultiplied, as it was decoded.
func nrgba64(m image.Image, x, y int) color.NRGBA64 {
	switch c := m.At(x, y).(type) {
	case color.NRGBA64:
		return c
	case color.NRGBA:
		return color.NRGBA64{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, uint16(c.A) * 257}
	default:
		return color.NRGBA64Model.Convert(c).(color.NRGBA64)
	}
}

// wantAsImagePNG compares with image/png, of which 16 bits are rounded to eight.
func wantAsImagePNG(t *testing.T, whole []byte, got *image.NRGBA) {
	t.Helper()
	want, err := png.Decode(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			is, c := got.NRGBAAt(x, y), nrgba64(want, x, y)
			narrow := func(v uint16) byte { return byte((int(v)*255*2 + 65535) / (2 * 65535)) }
			if be := (color.NRGBA{narrow(c.R), narrow(c.G), narrow(c.B), narrow(c.A)}); is != be && (is.A != 0 || be.A != 0) {
				t.Fatalf("at %d, %d it is %v, not %v", x, y, is, be)
			}
		}
	}
}

// Of everything that a PNG may be the pixels are those of image/png.
func TestAllKinds(t *testing.T) {
	for _, k := range pngtest.Kinds() {
		t.Run(fmt.Sprintf("%+v", k), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(k.Colour), uint64(k.Depth)))
			for i := range 30 {
				whole := k.File(r, 1+r.IntN(40), 1+r.IntN(40))
				if i == 0 {
					whole = k.File(r, run+1+r.IntN(run), 9) // in several runs
				}
				got, err := decoded(whole, asItIs)
				if err != nil {
					t.Fatal(err)
				}
				wantAsImagePNG(t, whole, got)
			}
		})
	}
}

// What image/png writes is read as it reads it.
func TestEncodedPictures(t *testing.T) {
	size := image.Rect(0, 0, 61, 47)
	palette := color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 50, 128}, color.NRGBA{0, 255, 0, 0}}
	for _, m := range []image.Image{
		image.NewGray(size), image.NewGray16(size), image.NewRGBA(size), image.NewNRGBA(size), image.NewNRGBA64(size), image.NewPaletted(size, palette),
	} {
		r := rand.New(rand.NewPCG(1, 1))
		for y := range size.Dy() {
			for x := range size.Dx() {
				m.(interface{ Set(x, y int, c color.Color) }).Set(x, y, color.NRGBA64{uint16(r.Uint32()), uint16(r.Uint32()), uint16(x), uint16(r.Uint32())})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		got, err := decoded(b.Bytes(), iotest.DataErrReader)
		if err != nil {
			t.Fatal(err)
		}
		wantAsImagePNG(t, b.Bytes(), got)
	}
}

func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	whole := pngtest.Kind{Colour: trueColour, Depth: 8}.File(r, 60, 60)
	fault := errors.New("the network went away")
	broken := func(source io.Reader) io.Reader {
		return io.MultiReader(io.LimitReader(source, 2000), iotest.ErrReader(fault))
	}
	if _, err := decoded(whole, broken); !errors.Is(err, fault) {
		t.Error(err)
	}
	if _, err := decoded(whole, iotest.OneByteReader); err != nil {
		t.Error(err)
	}
	for n := range len(whole) - 40 { // sums and the end, which need not be there
		if _, err := decoded(whole[:n], asItIs); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut off behind %d bytes: %v", n, err)
		}
	}
	palette := pngtest.Kind{Colour: indexed, Depth: 8}.File(r, 60, 60)
	for name, wrong := range map[string][]byte{
		"a wrong sum":       flipped(whole, len(whole)/2),
		"a wrong head":      flipped(whole, 17),
		"no palette":        append(bytes.Clone(palette[:33]), palette[33+12+int(binary.BigEndian.Uint32(palette[33:])):]...),
		"a wrong palette":   bytes.Join([][]byte{palette[:33], pngtest.Chunk("PLTE", make([]byte, 4)), palette[33:]}, nil)[:33+16+20],
		"an unknown filter": withData(t, 3, 1, []byte{5, 0, 0, 0}),
		"no data":           withData(t, 3, 1, nil),
	} {
		if _, err := decoded(wrong, asItIs); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// withData is a grey picture of these rows.
func withData(t *testing.T, width, height uint32, rows []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(rows); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	return bytes.Join([][]byte{[]byte(pngtest.Magic), pngtest.Chunk("IHDR", append(header, 8, grey, 0, 0, 0)), pngtest.Chunk("IDAT", packed.Bytes())}, nil)
}

// What is taken are two rows, and not the picture.
func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, k := range []pngtest.Kind{{Colour: withAlpha, Depth: 16}, {Colour: withAlpha, Depth: 16, Interlaced: true}} {
		whole := k.File(r, 2000, 1000)
		at := bytes.Index(whole, []byte("IDAT")) - 4
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := Decode(whole[:at], bytes.NewReader(whole[at:]), func(_, _, _ int, _ []uint32) {})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > 512<<10 {
			t.Errorf("%+v: %v, %d KiB", k, err, used>>10)
		}
	}
	wide := withData(t, RowBytes+1, 1, []byte{0})
	if _, err := readHead(wide[:33]); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, k := range pngtest.Kinds() {
		f.Add(k.File(r, 9, 7))
	}
	f.Fuzz(func(t *testing.T, whole []byte) {
		config, err := png.DecodeConfig(bytes.NewReader(whole))
		if err != nil || config.Width*config.Height > 1<<20 {
			return
		}
		got, err := decoded(whole, asItIs)
		if _, wantErr := png.Decode(bytes.NewReader(whole)); wantErr == nil {
			if err != nil {
				t.Fatal(err)
			}
			wantAsImagePNG(t, whole, got)
		}
	})
}

func BenchmarkRows24MegapixelsOf16Bits(b *testing.B) {
	benchmark(b, pngtest.Kind{Colour: withAlpha, Depth: 16})
}

func BenchmarkRows24Megapixels(b *testing.B) {
	benchmark(b, pngtest.Kind{Colour: trueColour, Depth: 8})
}

func BenchmarkRows24MegapixelsInterlaced(b *testing.B) {
	benchmark(b, pngtest.Kind{Colour: trueColour, Depth: 8, Interlaced: true})
}

func benchmark(b *testing.B, k pngtest.Kind) {
	whole := k.File(rand.New(rand.NewPCG(8, 8)), 6000, 4000)
	at := bytes.Index(whole, []byte("IDAT")) - 4
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Decode(whole[:at], bytes.NewReader(whole[at:]), func(_, _, _ int, _ []uint32) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image/png", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := png.Decode(bytes.NewReader(whole)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
