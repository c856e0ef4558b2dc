package jpegscale

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

var whole = Options{Side: 1 << 16, Pixels: 1 << 30, Memory: 1 << 30}

// smooth is a picture that a tenth of it looks like the whole.
func smooth(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(40 + x*180/w), uint8(30 + y*200/h), uint8(200 - x*90/w - y*90/h), 255})
		}
	}
	return m
}

func encoded(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t testing.TB, file []byte, o Options) *Picture {
	t.Helper()
	m, err := Decode(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// difference is the largest of any sample.
func difference(a, b image.Image) (largest int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, b1, _ := a.At(x, y).RGBA()
			s, h, c, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r>>8) - int(s>>8), int(g>>8) - int(h>>8), int(b1>>8) - int(c>>8)} {
				largest = max(largest, d, -d)
			}
		}
	}
	return largest
}

func TestWholePictureIsThatOfTheStandardLibrary(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {8, 8}, {17, 9}, {100, 75}, {333, 18}} {
		colours, grey := smooth(size.X, size.Y), image.NewGray(image.Rectangle{Max: size})
		for i := range grey.Pix {
			grey.Pix[i] = byte(i * 7)
		}
		for _, m := range []image.Image{colours, grey} {
			file := encoded(t, m)
			want, err := jpeg.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			got := decode(t, file, whole)
			if got.Bounds() != want.Bounds() || difference(got, want) > 3 {
				t.Errorf("%T of %v: %v, and other by %d", m, size, got.Bounds(), difference(got, want))
			}
		}
	}
}

func TestScales(t *testing.T) {
	m := smooth(803, 401)
	file := encoded(t, m)
	for _, c := range []struct {
		side int
		want image.Point
	}{{1, image.Pt(101, 51)}, {101, image.Pt(101, 51)}, {102, image.Pt(201, 101)}, {400, image.Pt(402, 201)}, {403, image.Pt(803, 401)}, {9999, image.Pt(803, 401)}} {
		got := decode(t, file, Options{Side: c.side, Pixels: 1 << 30, Memory: 1 << 30})
		if got.Bounds().Size() != c.want {
			t.Errorf("%d: %v, not %v", c.side, got.Bounds().Size(), c.want)
			continue
		}
		factor := (803 + c.want.X - 1) / c.want.X
		for _, at := range []image.Point{{3, 3}, {50, 25}, {90, 40}} {
			want, is := m.RGBAAt(at.X*factor+factor/2, at.Y*factor+factor/2), got.RGBAAt(at.X, at.Y)
			for _, d := range []int{int(want.R) - int(is.R), int(want.G) - int(is.G), int(want.B) - int(is.B)} {
				if d < -6 || d > 6 {
					t.Errorf("%d: at %v it is %v, not %v", c.side, at, is, want)
					break
				}
			}
		}
	}
}

// Of what is cut off, what is there is shown as in the whole, and the rest is grey.
func TestCutOffPictureIsShownAsFarAsItGoes(t *testing.T) {
	file := encoded(t, smooth(320, 320))
	full := decode(t, file, whole)
	scan := bytes.Index(file, []byte{0xFF, sos}) + 14
	got := decode(t, file[:scan+(len(file)-scan)/2], whole)
	if d := difference(got.SubImage(image.Rect(0, 0, 320, 100)), full.SubImage(image.Rect(0, 0, 320, 100))); d != 0 {
		t.Errorf("the upper third is another by %d", d)
	}
	if c := got.RGBAAt(160, 310); c != (color.RGBA{128, 128, 128, 255}) {
		t.Errorf("the end is %v", c)
	}
	if _, err := Decode(bytes.NewReader(file[:scan]), whole); !errors.Is(err, ErrDamaged) {
		t.Errorf("of nothing there is %v", err)
	}
}

// Frames of Motion JPEG leave the Huffman tables out: those of the standard are meant, which
// image/jpeg writes.
func TestHuffmanTablesThatAreLeftOut(t *testing.T) {
	file := encoded(t, smooth(64, 48))
	at := bytes.Index(file, []byte{0xFF, dht})
	without := append(bytes.Clone(file[:at]), file[at+2+int(file[at+2])<<8+int(file[at+3]):]...)
	if bytes.Contains(without, []byte{0xFF, dht}) {
		t.Fatal("there is another table")
	}
	if d := difference(decode(t, without, whole), decode(t, file, whole)); d != 0 {
		t.Errorf("it is another by %d", d)
	}
}

// restarting is a grey JPEG of 64 × 64 pixels with a restart marker behind each block, of which
// each is one step of 8 lighter than the one before, from its neighbour's start of 0.
func restarting(t testing.TB) []byte {
	plain := encoded(t, image.NewGray(image.Rect(0, 0, 64, 64)))
	at := bytes.Index(plain, []byte{0xFF, sos})
	file := append(bytes.Clone(plain[:at]), 0xFF, dri, 0, 4, 0, 1)
	file = append(file, plain[at:at+10]...)
	for i := range 64 {
		if i > 0 {
			file = append(file, 0xFF, byte(rst0+(i-1)%8))
		}
		file = append(file, 0x2B) // no difference, and nothing more: 00, 1010, and ones
	}
	return append(file, 0xFF, eoi)
}

func TestDamageEndsAtTheNextRestart(t *testing.T) {
	file := restarting(t)
	if want, err := jpeg.Decode(bytes.NewReader(file)); err != nil || difference(decode(t, file, whole), want) != 0 {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file[:len(file)-60], []byte{0x2B})
	for name, damage := range map[string]string{"a code that is none": "\xfe", "a reserved marker": "\xff\x02", "a lost restart": ""} {
		damaged := append(append(bytes.Clone(file[:at]), damage...), file[at+1:]...)
		if name == "a lost restart" {
			damaged = append(bytes.Clone(file[:at]), file[at+3:]...)
		}
		got := decode(t, damaged, whole)
		if c := got.RGBAAt(60, 60); c != (color.RGBA{128, 128, 128, 255}) {
			t.Errorf("%s: the last block is %v", name, c)
		}
	}
}

func TestLimits(t *testing.T) {
	file := encoded(t, smooth(100, 100))
	for name, o := range map[string]Options{
		"pixels": {Side: 1, Pixels: 9_999, Memory: 1 << 30}, "memory": {Side: 100, Pixels: 10_000, Memory: 50_000},
	} {
		if _, err := Decode(bytes.NewReader(file), o); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]string{"nothing": "", "no jpeg": "GIF89a", "its start": string(file[:200]), "no tables": string(file[:2]) + "\xff\xda\x00\x02"} {
		if _, err := Decode(strings.NewReader(bad), whole); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is allocated stays below what the head of the picture said, and a quarter.
func TestMemoryIsAsEstimated(t *testing.T) {
	file := encoded(t, smooth(4000, 3000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decode(t, file, Options{Side: 640, Pixels: 64_000_000, Memory: 5 << 20})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 6<<20 {
		t.Errorf("12 megapixels took %d KiB", used>>10)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, smooth(40, 30)), 10)
	f.Add(restarting(f), 64)
	f.Add(progressive(f, smooth(40, 30)), 20)
	f.Fuzz(func(t *testing.T, file []byte, side int) {
		o := Options{Side: side & 1023, Pixels: 1 << 20, Memory: 8 << 20}
		m, err := Decode(bytes.NewReader(file), o)
		slow, again := Decode(iotest.OneByteReader(bytes.NewReader(file)), o)
		if (err == nil) != (again == nil) || err == nil && !bytes.Equal(m.Pix, slow.Pix) {
			t.Errorf("read in other pieces it is another: %v, %v", err, again)
		}
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkDecode48Megapixels(b *testing.B) {
	file := encoded(b, smooth(8064, 6048))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		decode(b, file, Options{Side: 640, Pixels: 64_000_000, Memory: 92 << 20})
	}
}
