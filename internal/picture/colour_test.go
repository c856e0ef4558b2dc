package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"runtime"
	"testing"
)

// halves is a WebP of 64 × 32 pixels, lossy: white on the left and black on the right.
func halves(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(webpHalves)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// displayP3 is the profile of a phone's photographs: three colorants and the curve of sRGB.
func displayP3() []byte {
	fixed := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(v*65536)))
		}
		return b
	}
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	xyz := func(x, y, z float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(x, y, z)...) }
	b := make([]byte, 128)
	copy(b[16:], "RGB XYZ ")
	copy(b[36:], "acsp")
	b = binary.BigEndian.AppendUint32(b, 6)
	var data []byte
	for _, tag := range []struct {
		name string
		data []byte
	}{
		{"rXYZ", xyz(0.51512, 0.24120, -0.00105)}, {"gXYZ", xyz(0.29198, 0.69225, 0.04189)}, {"bXYZ", xyz(0.15710, 0.06657, 0.78407)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	} {
		b = binary.BigEndian.AppendUint32(append(b, tag.name...), uint32(128+4+6*12+len(data)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(tag.data)))
		data = append(data, tag.data...)
	}
	return append(b, data...)
}

func plainOf(w, h int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = []byte{c.R, c.G, c.B, c.A}[i%4]
	}
	return m
}

func chunkOf(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func wantColour(t *testing.T, name string, m image.Image, x, y int, want color.RGBA, slack int) {
	t.Helper()
	got := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - int(want.A)} {
		if d > slack || d < -slack {
			t.Errorf("%s: at %d, %d it is %v, not %v", name, x, y, got, want)
			return
		}
	}
}

var white, black = color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}

// A WebP's white is white and its black black, in whatever it is wrapped.
func TestLossyWebP(t *testing.T) {
	plain := halves(t)
	picture := plain[12:] // the chunk
	size := "\x3f\x00\x00\x1f\x00\x00"
	wrapped := func(flags byte, size string, chunks ...string) []byte {
		b := "VP8X\x0a\x00\x00\x00" + string(rune(flags)) + "\x00\x00\x00" + size
		for _, c := range chunks {
			b += c
		}
		return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(b))), "WEBP"+b...)
	}
	profile := func(n uint32) string {
		return "ICCP" + string(binary.LittleEndian.AppendUint32(nil, n)) + string(make([]byte, n+n&1))
	}
	frame := func(at, size string) string {
		return "ANIM\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00ANMF" +
			string(binary.LittleEndian.AppendUint32(nil, uint32(16+len(picture)))) + at + size + "\x64\x00\x00\x00" + string(picture)
	}
	for name, c := range map[string]struct {
		whole  []byte
		size   image.Point
		format string
		offset image.Point
	}{
		"alone":                  {plain, image.Pt(64, 32), "jpeg", image.Point{}},
		"behind a profile":       {wrapped(0x20, size, profile(3145), string(picture)), image.Pt(64, 32), "jpeg", image.Point{}},
		"behind a large profile": {wrapped(0x20, size, profile(700_000), string(picture)), image.Pt(64, 32), "jpeg", image.Point{}},
		"moving":                 {wrapped(0x02, size, frame("\x00\x00\x00\x00\x00\x00", size)), image.Pt(64, 32), "jpeg", image.Point{}},
		"moving, in a corner":    {wrapped(0x02, "\x63\x00\x00\x63\x00\x00", frame("\x09\x00\x00\x14\x00\x00", size)), image.Pt(100, 100), "png", image.Pt(18, 40)},
		"without its alpha":      {wrapped(0x10, size, string(picture)), image.Pt(64, 32), "jpeg", image.Point{}},
	} {
		t.Run(name, func(t *testing.T) {
			small := thumbnail(t, WebP, c.whole, c.format)
			if small.Bounds().Size() != c.size {
				t.Fatal(small.Bounds())
			}
			wantColour(t, "left", small, c.offset.X+10, c.offset.Y+16, white, 3)
			wantColour(t, "right", small, c.offset.X+54, c.offset.Y+16, black, 3)
			if c.offset.X > 0 {
				wantColour(t, "beside it", small, 5, 5, color.RGBA{}, 0)
			}
		})
	}
}

// What a frame of Display P3 shows is 209 147 115 in sRGB; see internal/icc.
func TestThumbnailsAreInSRGB(t *testing.T) {
	in, want := color.RGBA{200, 150, 120, 255}, color.RGBA{209, 147, 115, 255}
	m := plainOf(600, 300, in)
	profile := displayP3()
	jpg := with(jpegOf(t, m), segment(0xE2, "ICC_PROFILE\x00\x01\x02"+string(profile[:100]))+segment(0xE2, "ICC_PROFILE\x00\x02\x02"+string(profile[100:])), "")
	wantColour(t, "a jpeg", thumbnail(t, JPEG, jpg, "jpeg"), 50, 50, want, 4)
	wantColour(t, "a jpeg without", thumbnail(t, JPEG, jpegOf(t, m), "jpeg"), 50, 50, in, 4)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(profile); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	plain := pngOf(t, m)
	iccp := chunkOf("iCCP", append([]byte("Display P3\x00\x00"), packed.Bytes()...))
	turned := chunkOf("eXIf", OrientationTIFF(6))
	png := bytes.Join([][]byte{plain[:33], turned, iccp, plain[33:]}, nil)
	small := thumbnail(t, PNG, png, "jpeg")
	wantColour(t, "a png", small, 50, 50, want, 4)
	if small.Bounds().Size() != image.Pt(256, 512) {
		t.Error(small.Bounds())
	}
	damaged := with(jpegOf(t, m), segment(0xE2, "ICC_PROFILE\x00\x01\x01"+string(profile[:140])), "")
	wantColour(t, "half a profile", thumbnail(t, JPEG, damaged, "jpeg"), 50, 50, in, 4)
}

// A GIF that is cut off is transparent where nothing came.
func TestCutOffGIF(t *testing.T) {
	palette := color.Palette{color.RGBA{220, 10, 10, 255}, color.RGBA{10, 10, 220, 255}}
	m := image.NewPaletted(image.Rect(0, 0, 300, 200), palette)
	for i := range m.Pix {
		m.Pix[i] = byte(i * i >> 7 & 1)
		if i < 100*300 {
			m.Pix[i] = 0
		}
	}
	var whole bytes.Buffer
	if err := gif.EncodeAll(&whole, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	small := thumbnail(t, GIF, whole.Bytes()[:whole.Len()*2/3], "png")
	wantColour(t, "above", small, 150, 50, color.RGBA{220, 10, 10, 255}, 0)
	wantColour(t, "below", small, 150, 199, color.RGBA{}, 0)
	if small := thumbnail(t, GIF, whole.Bytes(), "jpeg"); small.Bounds().Size() != image.Pt(300, 200) {
		t.Error(small.Bounds())
	}
}

func TestInterlacedRows(t *testing.T) {
	for height := 1; height < 40; height++ {
		at := 0
		for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
			for y := pass[0]; y < height; y += pass[1] {
				if got := interlacedRow(y, height); got != at {
					t.Fatalf("row %d of %d comes as %d, not %d", y, height, got, at)
				}
				at++
			}
		}
	}
}

// Photographs of phones have thumbnails within the bound of memory, whatever was allocated.
func TestThumbnailsOfPhonesSizes(t *testing.T) {
	for name, size := range map[string]image.Point{"24 megapixels": {5712, 4284}, "48 megapixels": {8064, 6048}} {
		photo := jpegOf(t, plainOf(size.X, size.Y, color.RGBA{200, 100, 50, 255}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		encoded, err := Thumbnail(JPEG, bytes.NewReader(photo))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > ThumbnailMemory/2 {
			t.Errorf("%s: %v, %d MiB", name, err, used>>20)
		}
		small, _, err := image.Decode(bytes.NewReader(encoded))
		if err != nil || small.Bounds().Size() != image.Pt(512, 384) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantColour(t, name, small, 200, 300, color.RGBA{200, 100, 50, 255}, 4)
	}
}

const webpHalves = "UklGRjgAAABXRUJQVlA4ICwAAAAQAwCdASpAACAAPjEWiUMiISEWBAAgAwS0gAAuDNEJZoAA/v5V93+5Z4AAAA=="
