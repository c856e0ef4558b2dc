package strip

import (
	"bytes"
	"image"
	"image/gif"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/image/webp"
)

// exifTIFF has the orientation 6, and a place.
var exifTIFF = cat("II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00", secret)

// exif6 is an eXIf with nothing but the orientation 6.
var exif6 = pngChunk("eXIf", []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"))

// pngFile is a PNG with chunks before its picture.
func pngFile(before ...[]byte) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 4))); err != nil {
		panic(err)
	}
	const head = 33
	return cat(b.Bytes()[:head], bytes.Join(before, nil), b.Bytes()[head:])
}

func TestPNGsAreStripped(t *testing.T) {
	plain, text := pngFile(), []byte(secret)
	end := bytes.Index(plain, []byte("IDAT")) - 4
	behind := len(plain) - 12 // IEND
	profile := pngChunk("iCCP", []byte("p\x00\x00how blue is blue"))
	for name, c := range map[string]struct {
		dirty, clean []byte
		orientation  int
	}{
		"nothing":               {plain, plain, 1},
		"tEXt":                  {pngFile(pngChunk("tEXt", text)), plain, 1},
		"zTXt":                  {pngFile(pngChunk("zTXt", text)), plain, 1},
		"iTXt":                  {pngFile(pngChunk("iTXt", text)), plain, 1},
		"tIME":                  {pngFile(pngChunk("tIME", text)), plain, 1},
		"unknown":               {pngFile(pngChunk("plAc", text)), plain, 1},
		"a text behind":         {cat(plain[:behind], pngChunk("tEXt", text), plain[behind:]), plain, 1},
		"what follows the end":  {cat(plain, secret), plain, 1},
		"a picture behind":      {cat(plain, pngFile(pngChunk("tEXt", text))), plain, 1},
		"a profile stays":       {pngFile(profile, pngChunk("tEXt", text)), pngFile(profile), 1},
		"turned":                {pngFile(pngChunk("eXIf", exifTIFF)), pngFile(exif6), 6},
		"turned twice":          {pngFile(pngChunk("eXIf", exifTIFF), pngChunk("eXIf", exifTIFF)), pngFile(exif6), 6},
		"turned by a large one": {pngFile(pngChunk("eXIf", cat(exifTIFF, make([]byte, 50_000), secret))), pngFile(exif6), 6},
		"turned too late":       {cat(plain[:behind], pngChunk("eXIf", exifTIFF), plain[behind:]), plain, 1},
		"upright":               {pngFile(pngChunk("eXIf", cat("MM\x00\x2a", secret))), plain, 1},
		"no chunk":              {cat(plain[:end], "\xff\xff\xff\xffabcd", secret), plain[:end], 1},
		"no type":               {cat(plain[:end], be32(20), "a<c>", secret), plain[:end], 1},
		"no chunk at all":       {cat(pngMagic, "<html>", secret), cat(pngMagic, "<html>", secret), 1},
		"no magic":              {text, text, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if info := wantStripped(t, "image/png", c.dirty, c.clean); info.Orientation != c.orientation {
				t.Errorf("the orientation is %d", info.Orientation)
			}
		})
	}
}

// riffChunk is a chunk with its padding.
func riffChunk(kind, content string) []byte {
	return cat(kind, le32(len(content)), content, make([]byte, len(content)%2))
}

// lossless is a WebP of one pixel.
const lossless = "\x2f\x00\x00\x00\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01"

// webpFile is a WebP with chunks behind its picture.
func webpFile(behind ...[]byte) []byte {
	return webpOf(0x0C, "VP8L", behind...)
}

func webpOf(flags byte, kind string, behind ...[]byte) []byte {
	all := cat("WEBP", riffChunk("VP8X", string([]byte{flags, 0, 0, 0, 0, 0, 0, 0, 0, 0})), riffChunk(kind, lossless), bytes.Join(behind, nil))
	return cat("RIFF", le32(len(all)), all)
}

func TestWebPsAreStripped(t *testing.T) {
	junk := riffChunk("JUNK", strings.Repeat("\x00", len(secret)))
	frame := func(inside []byte) []byte { return riffChunk("ANMF", string(cat(make([]byte, 16), inside))) }
	picture := riffChunk("VP8L", lossless)
	for name, c := range map[string]struct{ dirty, clean []byte }{
		"the flags":            {webpFile(), webpOf(0, "VP8L")},
		"EXIF":                 {webpFile(riffChunk("EXIF", secret)), webpOf(0, "VP8L", junk)},
		"XMP":                  {webpFile(riffChunk("XMP ", secret)), webpOf(0, "VP8L", junk)},
		"both":                 {webpFile(riffChunk("EXIF", secret), riffChunk("XMP ", secret)), webpOf(0, "VP8L", junk, junk)},
		"unknown":              {webpFile(riffChunk("PLAC", secret)), webpOf(0, "VP8L", junk)},
		"a profile stays":      {webpOf(0x20, "VP8L", riffChunk("ICCP", "blue")), webpOf(0x20, "VP8L", riffChunk("ICCP", "blue"))},
		"what follows the end": {cat(webpOf(0, "VP8L"), secret), webpOf(0, "VP8L")},
		"in a frame":           {webpFile(frame(cat(picture, riffChunk("EXIF", secret)))), webpOf(0, "VP8L", frame(cat(picture, junk)))},
		"an odd size": {webpFile(riffChunk("EXIF", secret+"1"), riffChunk("XMP ", secret)),
			webpOf(0, "VP8L", riffChunk("JUNK", strings.Repeat("\x00", len(secret)+1)), junk)},
		"no WebP": {[]byte(secret), []byte(secret)},
	} {
		t.Run(name, func(t *testing.T) { wantStripped(t, "image/webp", c.dirty, c.clean) })
	}
	stripped, _ := strips(t, "image/webp", webpFile(riffChunk("EXIF", secret)))
	if _, err := webp.Decode(bytes.NewReader(stripped)); err != nil {
		t.Errorf("it is no longer decoded: %v", err)
	}
}

// gifExtension is an extension with one block of data.
func gifExtension(label byte, data string) []byte {
	return cat("\x21", label, byte(len(data)), data, "\x00")
}

// gifFile is a GIF with extensions before its picture.
func gifFile(before ...[]byte) []byte {
	return cat("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff", bytes.Join(before, nil),
		"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b")
}

func TestGIFsAreStripped(t *testing.T) {
	plain := gifFile()
	repeated := cat("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
	control := gifExtension(0xF9, "\x00\x00\x00\x00")
	magic := make([]byte, 0, 257) // as XMP ends, whichever byte of it is taken for a length
	for i := 255; i >= 0; i-- {
		magic = append(magic, byte(i))
	}
	for name, c := range map[string]struct{ dirty, clean []byte }{
		"nothing":              {plain, plain},
		"a comment":            {gifFile(gifExtension(0xFE, secret)), plain},
		"XMP":                  {gifFile(cat("\x21\xff\x0bXMP DataXMP", "<x:xmpmeta>"+secret, "\x01", magic, "\x00")), plain},
		"an application's":     {gifFile(cat("\x21\xff\x0bPLACES  1.0", byte(len(secret)), secret, "\x00")), plain},
		"a short name":         {gifFile(gifExtension(0xFF, "SECRET")), plain},
		"unknown":              {gifFile(gifExtension(0x77, secret)), plain},
		"it moves":             {gifFile(repeated, control), gifFile(repeated, control)},
		"what follows the end": {cat(plain, secret), plain},
		"between pictures":     {cat(plain[:len(plain)-1], gifExtension(0xFE, secret), plain[19:]), cat(plain[:len(plain)-1], plain[19:])},
		"what is no block":     {cat(plain[:len(plain)-1], "SECRET"), plain[:len(plain)-1]},
		"no GIF":               {[]byte(secret), []byte(secret)},
	} {
		t.Run(name, func(t *testing.T) { wantStripped(t, "image/gif", c.dirty, c.clean) })
	}
	if _, err := gif.DecodeAll(bytes.NewReader(gifFile(repeated, control))); err != nil {
		t.Errorf("the generated file is none: %v", err)
	}
}

func FuzzPNG(f *testing.F) {
	f.Add(pngFile(pngChunk("tEXt", []byte(secret)), pngChunk("eXIf", exifTIFF)))
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "image/png", whole) })
}

func FuzzWebP(f *testing.F) {
	f.Add(webpFile(riffChunk("EXIF", secret)))
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "image/webp", whole) })
}

func FuzzGIF(f *testing.F) {
	f.Add(gifFile(gifExtension(0xFE, secret)))
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "image/gif", whole) })
}
