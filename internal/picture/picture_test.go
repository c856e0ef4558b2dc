package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// corners is a picture whose four corners tell which way up it is: red, green, blue and
// white, clockwise from the top left.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.RGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.RGBA{255, 255, 255, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func segment(marker byte, payload string) string {
	return "\xff" + string([]byte{marker, byte((len(payload) + 2) >> 8), byte(len(payload) + 2)}) + payload
}

// exifOf is an Exif segment with an orientation and a place on earth.
func exifOf(order binary.AppendByteOrder, orientation uint16) string {
	b := []byte("MM")
	if order.String() == "LittleEndian" {
		b = []byte("II")
	}
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x010F), 2), 10) // who made the camera
	b = order.AppendUint32(b, 38)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), 3), 1)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, orientation), 0), 0)
	return segment(0xE1, exifHeader+string(b)+"GPS-SECRET")
}

// with puts segments behind the first two bytes of a JPEG, and a tail behind its end.
func with(plain []byte, segments, tail string) []byte {
	return []byte(string(plain[:2]) + segments + string(plain[2:]) + tail)
}

func strip(t testing.TB, whole []byte) ([]byte, Info) {
	t.Helper()
	s := NewStripper(iotest.OneByteReader(bytes.NewReader(whole)))
	stripped, err := io.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info()
	if err != nil {
		t.Fatal(err)
	}
	return stripped, info
}

func TestStrippedJPEGIsThePictureAlone(t *testing.T) {
	plain := jpegOf(t, corners(40, 30))
	for name, dirty := range map[string][]byte{
		"nothing":             plain,
		"exif":                with(plain, exifOf(binary.BigEndian, 1), ""),
		"exif, little":        with(plain, exifOf(binary.LittleEndian, 1), ""),
		"xmp":                 with(plain, segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00GPS-SECRET"), ""),
		"iptc":                with(plain, segment(0xED, "Photoshop 3.0\x00GPS-SECRET"), ""),
		"a comment":           with(plain, segment(0xFE, "GPS-SECRET"), ""),
		"jfxx":                with(plain, segment(0xE0, "JFXX\x00\x10GPS-SECRET"), ""),
		"pictures of its own": with(plain, segment(0xE2, "MPF\x00GPS-SECRET"), string(with(plain, exifOf(binary.BigEndian, 6), ""))),
		"rubbish in between":  with(plain, "GPS-SECRET\xff\x00GPS-SECRET", ""),
		"a script behind it":  with(plain, "", "<script>GPS-SECRET</script>"),
		"fill bytes":          with(plain, strings.Repeat("\xff", 100), ""),
		"a length of nought":  with(plain, "\xff\xfe\x00\x00", ""),
		"a stray restart":     with(plain, "\xff\xd0\xff\x01", ""),
	} {
		t.Run(name, func(t *testing.T) {
			stripped, info := strip(t, dirty)
			if !bytes.Equal(stripped, plain) {
				t.Errorf("%q\nstays of\n%q", stripped[:min(200, len(stripped))], dirty[:min(300, len(dirty))])
			}
			if info.Width != 40 || info.Height != 30 || info.Orientation != 1 {
				t.Errorf("it is %+v", info)
			}
		})
	}
}

func TestStrippedJPEGKeepsWhatItsColoursNeed(t *testing.T) {
	plain := jpegOf(t, corners(16, 16))
	kept := segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x00\x00") +
		segment(0xE2, "ICC_PROFILE\x00\x01\x01how blue is blue") + segment(0xEE, "Adobe\x00\x64\x00\x00\x00\x00\x01")
	dirty := with(plain, segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x01\x01GPS")+
		segment(0xE2, "ICC_PROFILE\x00\x01\x01how blue is blue")+segment(0xEE, "Adobe\x00\x64\x00\x00\x00\x00\x01GPS-SECRET"), "")
	if stripped, _ := strip(t, dirty); !bytes.Equal(stripped, with(plain, kept, "")) {
		t.Errorf("%q stays", stripped[:200])
	}
}

func TestOrientationStays(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for orientation := uint16(2); orientation <= 8; orientation++ {
			stripped, info := strip(t, with(jpegOf(t, corners(40, 30)), exifOf(order, orientation), ""))
			again, twice := strip(t, stripped)
			if !bytes.Equal(again, stripped) || !cmp.Equal(info, twice, cmp.AllowUnexported(Info{})) {
				t.Errorf("%d: stripped twice it is another", orientation)
			}
			if info.Orientation != int(orientation) || bytes.Contains(stripped, []byte("SECRET")) {
				t.Errorf("%d: %+v, %q", orientation, info, stripped[:100])
			}
			if lies := orientation >= 5; lies != (info.Width == 30 && info.Height == 40) {
				t.Errorf("%d: %d × %d", orientation, info.Width, info.Height)
			}
		}
	}
}

func TestJPEGWithoutAPictureIsDamaged(t *testing.T) {
	plain := jpegOf(t, corners(16, 16))
	sos := bytes.Index(plain, []byte{0xFF, markerSOS})
	sof := bytes.Index(plain, []byte{0xFF, markerSOF0})
	for name, whole := range map[string][]byte{
		"empty": nil, "one byte": {0xFF}, "its magic": {0xFF, 0xD8, 0xFF}, "no jpeg": []byte("GIF89a"),
		"html":    []byte("\xff\xd8\xff<html><script>alert(1)</script>"),
		"no scan": plain[:sos], "an end too early": append(bytes.Clone(plain[:sos]), 0xFF, 0xD9),
		"no frame":      append(bytes.Clone(plain[:sof]), plain[sos:]...),
		"half a header": plain[:sos+5],
		"many scans":    with(plain, "", "")[:len(plain)-2],
	} {
		if name == "many scans" {
			whole = append(bytes.Clone(whole), bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), maxScans)...)
		}
		if rest, err := io.ReadAll(NewStripper(bytes.NewReader(whole))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, and %d bytes", name, err, len(rest))
		}
	}
}

func TestCutOffJPEGStaysAsFarAsItGoes(t *testing.T) {
	plain := jpegOf(t, corners(64, 64))
	scan := bytes.Index(plain, []byte{0xFF, markerSOS}) + 14
	for n := scan; n < len(plain); n++ {
		stripped, _ := strip(t, plain[:n])
		if short := n - len(stripped); short < 0 || short > 1 || !bytes.HasPrefix(plain, stripped) {
			t.Fatalf("of %d bytes %d stay", n, len(stripped))
		}
	}
}

func TestFaultsOfTheSourceAreNotThePicture(t *testing.T) {
	fault := errors.New("the network went away")
	plain := jpegOf(t, corners(64, 64))
	for _, n := range []int{0, 1, 2, 3, 30, len(plain) - 1, len(plain)} {
		broken := func() io.Reader { return io.MultiReader(bytes.NewReader(plain[:n]), iotest.ErrReader(fault)) }
		if _, err := io.ReadAll(NewStripper(broken())); !errors.Is(err, fault) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if n == len(plain) {
			continue // a decoder stops where the picture does
		}
		if _, err := Thumbnail(JPEG, broken()); !errors.Is(err, fault) {
			t.Errorf("a thumbnail, after %d bytes: %v", n, err)
		}
	}
}

func TestInspect(t *testing.T) {
	chunked := pngOf(t, corners(300, 200))
	var animated bytes.Buffer
	if err := gif.Encode(&animated, corners(30, 20), nil); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(chunked)
	flipped[17] ^= 1
	for _, c := range []struct {
		kind string
		head []byte
		want string
	}{
		{PNG, chunked, "300 × 200"},
		{PNG, chunked[:33], "300 × 200"},
		{PNG, chunked[:32], "damaged"},
		{PNG, flipped, "damaged"},
		{PNG, []byte("\x89PNG\r\n\x1a\n<html>"), "damaged"},
		{GIF, animated.Bytes(), "30 × 20"},
		{GIF, []byte("GIF89a"), "damaged"},
		{GIF, []byte("GIF89a\x00\x00\x00\x00\x00\x00\x00"), "damaged"},
		{WebP, webpLossy, "4 × 3"},
		{WebP, webpLossless, "4 × 3"},
		{WebP, webpExtended(1<<14, 1<<13), "16384 × 8192"},
		{WebP, webpExtended(1<<24, 1<<24), "damaged"},
		{WebP, []byte("RIFF\x10\x00\x00\x00WEBP<html>"), "damaged"},
		{"text/html", []byte("<html>"), "damaged"},
	} {
		info, err := Inspect(c.kind, c.head)
		got := fmt.Sprintf("%d × %d", info.Width, info.Height)
		if errors.Is(err, ErrDamaged) {
			got = "damaged"
		}
		if got != c.want {
			t.Errorf("%s %.20q is %s, not %s", c.kind, c.head, got, c.want)
		}
	}
}

func TestThumbnailIsUprightAndSmall(t *testing.T) {
	wide := corners(700, 350)
	for orientation := uint16(1); orientation <= 8; orientation++ {
		photo := with(jpegOf(t, stored(wide, int(orientation))), exifOf(binary.BigEndian, orientation), "")
		small := thumbnail(t, JPEG, photo, "jpeg")
		if size := small.Bounds().Size(); size != image.Pt(512, 256) {
			t.Errorf("%d: %v", orientation, size)
		}
		if got, want := looks(small), "red green blue white"; got != want {
			t.Errorf("%d: the corners are %s", orientation, got)
		}
	}
}

// stored is how a camera held in some way stores what is upright: turned the other way.
func stored(upright *image.RGBA, orientation int) *image.RGBA {
	inverse := orientation
	switch orientation {
	case 6:
		inverse = 8
	case 8:
		inverse = 6
	}
	return turn(upright, inverse)
}

func thumbnail(t *testing.T, kind string, whole []byte, wantFormat string) image.Image {
	t.Helper()
	encoded, err := Thumbnail(kind, bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	small, format, err := image.Decode(bytes.NewReader(encoded))
	if err != nil || format != wantFormat {
		t.Fatalf("%s: %v", format, err)
	}
	return small
}

// looks names the colours of the corners, clockwise.
func looks(m image.Image) string {
	r := m.Bounds().Inset(5)
	var names []string
	for _, at := range []image.Point{r.Min, {r.Max.X, r.Min.Y}, r.Max, {r.Min.X, r.Max.Y}} {
		red, green, blue, _ := m.At(at.X, at.Y).RGBA()
		switch [3]bool{red > 1<<15, green > 1<<15, blue > 1<<15} {
		case [3]bool{true, false, false}:
			names = append(names, "red")
		case [3]bool{false, true, false}:
			names = append(names, "green")
		case [3]bool{false, false, true}:
			names = append(names, "blue")
		default:
			names = append(names, "white")
		}
	}
	return strings.Join(names, " ")
}

func TestThumbnailOfWhatIsTransparentAndOfWhatMoves(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 300, 600))
	clear.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 255})
	if size := thumbnail(t, PNG, pngOf(t, clear), "png").Bounds().Size(); size != image.Pt(256, 512) {
		t.Error(size)
	}
	palette := color.Palette{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}}
	first := image.NewPaletted(image.Rect(50, 50, 90, 90), palette) // all red, on a canvas of 100 × 100
	second := image.NewPaletted(image.Rect(0, 0, 100, 100), palette)
	for i := range second.Pix {
		second.Pix[i] = 1
	}
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{1, 1},
		Config: image.Config{ColorModel: palette, Width: 100, Height: 100}}); err != nil {
		t.Fatal(err)
	}
	small := thumbnail(t, GIF, moving.Bytes(), "png")
	if small.Bounds().Size() != image.Pt(100, 100) {
		t.Error(small.Bounds())
	}
	for at, want := range map[image.Point]color.RGBA{{70, 70}: {255, 0, 0, 255}, {20, 20}: {}} {
		if got := color.RGBAModel.Convert(small.At(at.X, at.Y)); got != want {
			t.Errorf("at %v it is %v, not %v", at, got, want)
		}
	}
}

func TestThumbnailOfAThinPicture(t *testing.T) {
	for _, size := range []image.Point{{5000, 1}, {1, 5000}, {512, 512}, {513, 2}} {
		small := thumbnail(t, PNG, pngOf(t, corners(size.X, size.Y)), "jpeg").Bounds().Size()
		if small != fit(size, 512) || small.X < 1 || small.Y < 1 {
			t.Errorf("%v: %v", size, small)
		}
	}
}

func TestThumbnailThatWouldTakeTooMuch(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		whole []byte
	}{
		"25 megapixels":             {PNG, resized(t, corners(1, 1), 5000, 5000)},
		"a row of 96 MB":            {PNG, resized(t, image.NewNRGBA(image.Rect(0, 0, 1, 1)), 24_000_000, 1)},
		"a progressive jpeg":        {JPEG, declared(t, 8001, 8000, 0xC2)},
		"a jpeg of 65535 squared":   {JPEG, declared(t, 65535, 65535, 0xC0)},
		"a large lossless webp":     {WebP, webpLosslessOf(4900, 4900)},
		"a webp the size of a room": {WebP, webpLosslessOf(1<<14, 1<<13)},
		"a large chunk of a webp":   {WebP, []byte("RIFF\xff\xff\xff\xffWEBPVP8 \xf0\xff\xff\x7f")},
	} {
		if _, err := Thumbnail(c.kind, bytes.NewReader(c.whole)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// resized is a small PNG that claims another size.
func resized(t *testing.T, m image.Image, w, h uint32) []byte {
	whole := pngOf(t, m)
	binary.BigEndian.PutUint32(whole[16:], w)
	binary.BigEndian.PutUint32(whole[20:], h)
	binary.BigEndian.PutUint32(whole[29:], checksum(whole[12:29]))
	return whole
}

// declared is a small JPEG that claims another size and kind.
func declared(t *testing.T, w, h uint16, marker byte) []byte {
	whole := jpegOf(t, corners(16, 16))
	frame := bytes.Index(whole, []byte{0xFF, markerSOF0})
	whole[frame+1] = marker
	binary.BigEndian.PutUint16(whole[frame+5:], h)
	binary.BigEndian.PutUint16(whole[frame+7:], w)
	return whole
}

func TestThumbnailOfAJPEGWithALongHead(t *testing.T) {
	profile := segment(0xE2, "ICC_PROFILE\x00"+strings.Repeat("x", 60_000))
	plain := jpegOf(t, corners(700, 350))
	if _, err := Thumbnail(JPEG, bytes.NewReader(with(plain, strings.Repeat(profile, 10), ""))); err != nil {
		t.Errorf("600 kB: %v", err)
	}
	if _, err := Thumbnail(JPEG, bytes.NewReader(with(plain, strings.Repeat(profile, 20), ""))); err != nil {
		t.Errorf("1.2 MB: %v", err)
	}
}

func TestOrientationBehindThePictureIsNone(t *testing.T) {
	plain := jpegOf(t, corners(40, 30))
	end := len(plain) - 2
	late := append(append(bytes.Clone(plain[:end]), exifOf(binary.BigEndian, 6)...), plain[end:]...)
	if stripped, info := strip(t, late); info.Width != 40 || info.Orientation != 1 || !bytes.Equal(stripped, plain) {
		t.Errorf("%+v, and %d bytes", info, len(stripped)-len(plain))
	}
}
