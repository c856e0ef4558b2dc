package strip

import (
	"bytes"
	"strings"
	"testing"
)

// heicFile is a picture with Exif and XMP beside it.
type heicFile struct {
	version      int  // of iloc
	construction int  // of what goes: in the file, in idat, in another item
	metaLast     bool // the index is behind the data
	clean        bool // is what is to be stored
}

// What a picture is made of.
const (
	coded, exif1, exif2, xmp = "THE-PICTURE-ITSELF", "Exif GPS-SECRET-1", "Exif GPS-SECRET-2", "<x:xmpmeta GPS-SECRET"
)

func infe(version, id int, kind string) []byte {
	if version == 3 {
		return boxOf("infe", be32(3<<24), be32(id), be16(0), kind, byte(0))
	}
	return boxOf("infe", be32(2<<24), be16(id), be16(0), kind, byte(0))
}

func (h heicFile) secret(text string) string {
	if h.clean {
		return strings.Repeat("\x00", len(text))
	}
	return text
}

func (h heicFile) bytes() []byte {
	ftyp := boxOf("ftyp", "heic", be32(0), "mif1heic")
	hidden := h.secret(exif1) + "between" + h.secret(exif2) + h.secret(xmp)
	idat, mdat := "", boxOf("mdat", coded, hidden)
	if h.construction == 1 {
		idat, mdat = hidden, boxOf("mdat", coded)
	}
	meta := h.meta(0, idat)
	at := len(ftyp) + 8
	if !h.metaLast {
		at += len(meta)
	}
	meta = h.meta(at, idat)
	if h.metaLast {
		return cat(ftyp, mdat, meta)
	}
	return cat(ftyp, meta, mdat)
}

// meta is the index of a picture whose data begin at a place of the file.
func (h heicFile) meta(at int, idat string) []byte {
	idVersion := 2
	if h.version == 2 {
		idVersion = 3
	}
	items := boxOf("iinf", be32(0), be16(4), infe(idVersion, 1, "hvc1"), infe(idVersion, 2, "Exif"), infe(idVersion, 3, "mime"), infe(idVersion, 4, "grid"))
	if h.version == 2 {
		items = boxOf("iinf", be32(1<<24), be32(4), infe(3, 1, "hvc1"), infe(3, 2, "Exif"), infe(3, 3, "mime"), infe(3, 4, "iden"))
	}
	hidden := at + len(coded)
	if h.construction > 0 {
		hidden = 0
	}
	second := hidden + len(exif1+"between")
	exif := [][2]int{{hidden, len(exif1)}, {second, len(exif2)}}
	xmpAt := second + len(exif2)
	places := cat(h.item(1, 0, at, [][2]int{{0, len(coded)}}), h.item(2, h.construction, 0, exif), h.item(3, h.construction, 0, [][2]int{{xmpAt, len(xmp)}}))
	count := 3
	if h.construction == 2 { // of which item 4 is all, in two parts
		count++
		places = cat(places, h.item(4, 0, at, [][2]int{{len(coded), len(exif1) + 3}, {len(coded) + len(exif1) + 3, 4 + len(exif2) + len(xmp)}}))
	}
	number := be16(count)
	if h.version == 2 {
		number = be32(count)
	}
	indexed := byte(0x40) // a base of 4 bytes
	if h.version > 0 {
		indexed = 0x44
	}
	reference := boxOf("iref", be32(0), boxOf("iloc", be16(2), be16(1), be16(4)), boxOf("iloc", be16(3), be16(2), be16(1), be16(4)), boxOf("cdsc", be16(2), be16(1), be16(1)))
	if h.version == 2 {
		reference = boxOf("iref", be32(1<<24), boxOf("iloc", be32(2), be16(1), be32(4)), boxOf("iloc", be32(3), be16(2), be32(1), be32(4)))
	}
	texts := boxOf("xml ", h.secret(secret))
	if h.clean {
		texts = boxOf("free", blank([]byte(secret)))
	}
	return boxOf("meta", be32(0), boxOf("hdlr", be32(0), be32(0), "pict", make([]byte, 13)), boxOf("pitm", be32(0), be16(1)),
		items, reference, boxOf("iprp", boxOf("ipco", boxOf("irot", "\x01"), boxOf("imir", "\x00"))), boxOf("idat", idat), texts,
		boxOf("iloc", byte(h.version), "\x00\x00\x00", "\x44", indexed, number, places))
}

// item is an entry of iloc.
func (h heicFile) item(id, construction, base int, extents [][2]int) []byte {
	e := be16(id)
	if h.version == 2 {
		e = be32(id)
	}
	if h.version > 0 {
		e = cat(e, be16(construction))
	}
	e = cat(e, be16(0), be32(base), be16(len(extents)))
	for _, x := range extents {
		if h.version > 0 {
			index := 0
			if construction == 2 && id == 3 {
				index = 2 // the second of its references
			}
			e = cat(e, be32(index))
		}
		e = cat(e, be32(x[0]), be32(x[1]))
	}
	return e
}

func TestPicturesInBoxesAreStripped(t *testing.T) {
	for version := range 3 {
		for construction := range 3 {
			if version == 0 && construction > 0 {
				continue // it has none
			}
			for _, last := range []bool{false, true} {
				h := heicFile{version: version, construction: construction, metaLast: last}
				clean := h
				clean.clean = true
				want := clean.bytes()
				if bytes.Contains(want, []byte("SECRET")) || !bytes.Contains(h.bytes(), []byte(exif2)) {
					t.Fatal("what is wanted is wrong")
				}
				for _, contentType := range []string{"image/heic", "image/avif"} {
					if info := wantStripped(t, contentType, h.bytes(), want); info != (Info{Orientation: 1}) {
						t.Errorf("it is %+v", info)
					}
				}
				if t.Failed() {
					t.Fatalf("%+v", h)
				}
			}
		}
	}
}

// Pictures that move have both indexes.
func TestPicturesThatMove(t *testing.T) {
	film, clean := filmFile{moovLast: true}, filmFile{moovLast: true, clean: true}
	both := func(h heicFile, f filmFile) []byte {
		picture := h.bytes()
		moved := f.bytes()
		return cat(picture, moved[bytes.Index(moved, []byte("moov"))-4:])
	}
	wantStripped(t, "image/avif", both(heicFile{}, film), both(heicFile{clean: true}, clean))
}

func TestPicturesInBoxesThatCannotBeRead(t *testing.T) {
	ftyp := boxOf("ftyp", "heic", be32(0), "heic")
	meta := func(parts ...any) []byte { return cat(ftyp, boxOf("meta", be32(0), cat(parts...))) }
	exif := boxOf("iinf", be32(0), be16(1), infe(2, 1, "Exif"))
	iloc := func(version byte, content ...any) []byte {
		return boxOf("iloc", version, "\x00\x00\x00", cat(content...))
	}
	whole := heicFile{metaLast: true}.bytes()
	loop := cat(be16(1), be16(2), be16(0), be16(1), be32(0), be32(5)) // an item in an item
	for name, picture := range map[string][]byte{
		"no index":                whole[:bytes.Index(whole, []byte("meta"))-4],
		"half an index":           whole[:len(whole)-10],
		"two":                     cat(heicFile{}.bytes(), boxOf("meta", be32(0))),
		"no list":                 meta(boxOf("pitm", "x")),
		"a list of version 9":     meta(exif, iloc(9, "\x44\x00", be16(0))),
		"an item of version 1":    meta(boxOf("iinf", be32(0), be16(1), boxOf("infe", be32(1<<24), be16(1), be16(0), "\x00image/jpeg\x00")), iloc(0, "\x44\x00", be16(0))),
		"numbers of 15 bytes":     meta(exif, iloc(0, "\xff\x00", be16(1), be16(1), be16(0), be16(1), secret)),
		"more items than bytes":   meta(exif, iloc(0, "\x44\x00", be16(9), be16(1), be16(0), be16(0))),
		"more extents than bytes": meta(exif, iloc(0, "\x44\x00", be16(1), be16(1), be16(0), be16(900), secret)),
		"an extent in the index":  meta(exif, iloc(0, "\x44\x00", be16(1), be16(1), be16(0), be16(1), be32(len(ftyp)+20), be32(4))),
		"an extent beyond all":    meta(exif, iloc(0, "\x88\x00", be16(1), be16(1), be16(0), be16(1), be64(-1), be64(4))),
		"the same extent again": cat(meta(exif, iloc(0, "\x44\x00", be16(1), be16(1), be16(0), be16(100),
			bytes.Repeat(cat(be32(1000), be32(1<<20)), 100))), boxOf("mdat", make([]byte, 1<<20))),
		"in nothing":                meta(exif, iloc(1, "\x44\x00", be16(1), be16(1), be16(1), be16(0), be16(1), be32(0), be32(5))),
		"in an item that is none":   meta(exif, iloc(1, "\x44\x00", be16(1), loop)),
		"in itself":                 meta(exif, boxOf("iref", be32(0), boxOf("iloc", be16(1), be16(1), be16(1))), iloc(1, "\x44\x00", be16(1), loop)),
		"of a kind that is none":    meta(exif, iloc(1, "\x44\x00", be16(1), be16(1), be16(7), be16(0), be16(1), be32(0), be32(5))),
		"more than any picture has": meta(boxOf("iinf", be32(0), be16(1000), bytes.Repeat(infe(2, 1, "Exif"), 1000)), iloc(0, "\x44\x00", be16(0))),
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, "image/heic", picture) })
	}
}

func FuzzPictureInBoxes(f *testing.F) {
	for version := range 3 {
		f.Add(heicFile{version: version, construction: version, metaLast: version == 1}.bytes())
	}
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "image/heic", whole) })
}
