package httpadapter_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/pngrows/pngtest"
)

// plainJPEG is a picture of one colour.
func plainJPEG(w, h int, c color.RGBA) string {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = []byte{c.R, c.G, c.B, c.A}[i%4]
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err) // into memory
	}
	return b.String()
}

// whiteAndBlack is a lossy WebP of 640 × 320 pixels, of which the left half is white, behind a colour
// profile of 5,000 bytes that nobody can read.
func whiteAndBlack() string {
	picture, err := base64.StdEncoding.DecodeString("UklGRroBAABXRUJQVlA4IK4BAACQMACdASqAAkABPrVaqlAnJSQioOgA4BaJaW7hd2EbQDuyq+XuNPeTe+wyoB7yb6dOnTp06dOnTp06dHSUPe" +
		"TfTp06dOnTp06dOnTp032GVAPeTfTp06dOnTp06dOnTo6Sh7yb6dOnTp06dOnTp06dOm+wyoB7yb6dOnTp06dOnTp06dHSUPeTfTp06dOnTp06" +
		"dOnTp032GVAPeTfTp06dOnTp06dOnTo6Sh7yb6dOnTp06dOnTp06dOm+wyoB7yb6dOnTp06dOnTp06dHSUPeTfTp06dOnTp06dOnTp032GVAPe" +
		"TfTp06dOnTp06dOnTo6Sh7yb6dOnTp06dOnTp06dOm+wyoB7yb6dOnTp06dOnTp06dHSUPeTfTp06dOnTp06dOnTp032GVAPeTfTp06dOnTp06" +
		"dOnTo6Sh7yb6dOnTp06dOnTp06dOm+wyoB7yb6dOnTp06dOnTp06dHSUPeTfTp06dOnTp06dOnTp032GVAPeTfTp06dOnTp06dOnTo6Sh7yb6d" +
		"OnTpvgAP7/zLKQ//Pu5LLmAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	if err != nil {
		panic(err)
	}
	chunks := "VP8X\x0a\x00\x00\x00\x20\x00\x00\x00\x7f\x02\x00\x3f\x01\x00" + "ICCP\x88\x13\x00\x00" + strings.Repeat("x", 5000) + string(picture[12:])
	size := 4 + len(chunks)
	return "RIFF" + string([]byte{byte(size), byte(size >> 8), 0, 0}) + "WEBP" + chunks
}

// deepPNG is a picture of one colour, interlaced, of 16 bits a sample.
func deepPNG(w, h int, c color.RGBA) string {
	pixel := []byte{c.R, c.R, c.G, c.G, c.B, c.B, 255, 255}
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	for _, pass := range [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		row := append([]byte{0}, bytes.Repeat(pixel, (w-pass[0]+pass[2]-1)/pass[2])...)
		for y := pass[1]; y < h; y += pass[3] {
			_, _ = z.Write(row) // into memory
		}
	}
	_ = z.Close()
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	header = append(header, 16, 6, 0, 0, 1)
	return pngtest.Magic + string(pngtest.Chunk("IHDR", header)) + string(pngtest.Chunk("IDAT", packed.Bytes())) + string(pngtest.Chunk("IEND", nil))
}

// plainWebP is a picture of one colour, without loss: its codes have a symbol each, which takes no bits.
func plainWebP(w, h uint32, c color.RGBA) string {
	var codes uint64
	for i, symbol := range []byte{c.G, c.R, c.B, 255, 0} {
		codes |= (0b101 | uint64(symbol)<<3) << (3 + 11*i)
	}
	data := binary.LittleEndian.AppendUint32([]byte{0x2f}, w-1|(h-1)<<14)
	data = append(binary.LittleEndian.AppendUint64(data, codes), 0)
	return "RIFF\x1a\x00\x00\x00WEBPVP8L\x0e\x00\x00\x00" + string(data)
}

var orange = color.RGBA{220, 120, 40, 255}

// raceDetector says that large pictures take half a minute.
var raceDetector bool

// What phones send has a thumbnail with the colours that it has.
func TestThumbnailsOfWhatPhonesSend(t *testing.T) {
	large, cut := plainJPEG(8064, 6048, orange), plainJPEG(1200, 900, orange)
	deep, lossless := deepPNG(6000, 4000, orange), plainWebP(6000, 4000, orange)
	type pixel struct {
		x, y int
		want color.RGBA
	}
	over(t, func(t *testing.T, h *host) {
		for name, c := range map[string]struct {
			content string
			size    image.Point
			pixels  []pixel
			slow    bool
		}{
			"48 megapixels": {large, image.Pt(512, 384), []pixel{{5, 5, orange}, {500, 380, orange}}, true},
			"cut off":       {cut[:len(cut)*2/3], image.Pt(512, 384), []pixel{{5, 5, orange}, {500, 380, color.RGBA{128, 128, 128, 255}}}, false},
			"24 megapixels of an interlaced png of 16 bits": {deep, image.Pt(512, 341), []pixel{{5, 5, orange}, {500, 330, orange}}, true},
			"24 megapixels of a webp without loss":          {lossless, image.Pt(512, 341), []pixel{{5, 5, orange}, {500, 330, orange}}, true},
			"lossy webp":                                    {whiteAndBlack(), image.Pt(512, 256), []pixel{{100, 100, color.RGBA{255, 255, 255, 255}}, {400, 100, color.RGBA{0, 0, 0, 255}}}, false},
		} {
			if raceDetector && c.slow {
				continue
			}
			target := h.sent("a", c.content)
			got := h.want(200, "", "bob", "GET "+target+"?variant=thumbnail", "")
			small, _, err := image.Decode(strings.NewReader(got.body))
			ok(t, err)
			if small.Bounds().Size() != c.size {
				t.Errorf("%s: it has %v", name, small.Bounds())
			}
			for _, p := range c.pixels {
				is := color.RGBAModel.Convert(small.At(p.x, p.y)).(color.RGBA)
				for _, d := range []int{int(is.R) - int(p.want.R), int(is.G) - int(p.want.G), int(is.B) - int(p.want.B)} {
					if d < -6 || d > 6 {
						t.Errorf("%s: at %d, %d it is %v, not %v", name, p.x, p.y, is, p.want)
						break
					}
				}
			}
		}
	})
}

// grey shows each PDF as grey.
type grey struct{}

func (grey) Preview(_ context.Context, contentType string, r io.Reader) (image.Image, error) {
	if _, err := io.Copy(io.Discard, r); err != nil || contentType != "application/pdf" {
		return nil, errors.Join(err, errors.New("no PDF"))
	}
	return image.NewGray(image.Rect(0, 0, 1000, 2000)), nil
}

func TestPreviewIsServed(t *testing.T) {
	t.Parallel()
	for _, database := range databases() {
		h := newHost(t, database, func(c *chat.Config, _ *httpadapter.Config) { c.Previewer = grey{} })
		target := h.sent("a.pdf", "%PDF-1.7\n%%EOF\n")
		got := h.want(200, "", "bob", "GET "+target+"?variant=thumbnail", "")
		config, format, err := image.DecodeConfig(strings.NewReader(got.body))
		ok(t, err)
		if format != "jpeg" || config.Width != 256 || config.Height != 512 || got.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("it is a %s of %d × %d, %v", format, config.Width, config.Height, got.header)
		}
		h.want(404, "not_found", "carol", "GET "+target+"?variant=thumbnail", "")
		h.want(404, "not_found", "bob", "GET "+h.sent("a.txt", "words")+"?variant=thumbnail", "")
	}
}
