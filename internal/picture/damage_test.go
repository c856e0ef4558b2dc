package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// restarting is a grey JPEG of w × h pixels with a restart marker behind each block of 8 × 8.
func restarting(t testing.TB, w, h int) []byte {
	plain := jpegOf(t, image.NewGray(image.Rect(0, 0, w, h)))
	sos := bytes.Index(plain, []byte{0xFF, markerSOS})
	whole := append(bytes.Clone(plain[:sos]), segment(0xDD, "\x00\x01")...)
	whole = append(whole, plain[sos:sos+10]...)
	for i := range (w / 8) * (h / 8) {
		if i > 0 {
			whole = append(whole, 0xFF, byte(markerRST0+(i-1)%8))
		}
		whole = append(whole, 0x2B) // no difference to the block before: 00, 1010, and ones
	}
	return append(whole, 0xFF, markerEOI)
}

// decoded is what a decoder makes of a file: nil where it gives up.
func decoded(whole []byte) image.Image {
	m, err := jpeg.Decode(bytes.NewReader(whole))
	if err != nil {
		return nil
	}
	return m
}

func TestReservedMarkerInAScanCutsNothingOff(t *testing.T) {
	plain := restarting(t, 400, 400)
	if decoded(plain) == nil {
		t.Fatal("the generated file is none")
	}
	middle := len(plain) / 2
	for name, damage := range map[string]string{
		"reserved": "\xff\x02", "the last reserved": "\xff\xbf", "TEM": "\xff\x01", "an extension": "\xff\xf7", "a second start": "\xff\xd8",
		"an application's, of 64 kB": "\xff\xe5\xff\xff", "a comment of 2 kB": "\xff\xfe\x08\x00",
		"an application's without a length": "\xff\xe1\x00\x00", "a table of 3 kB": "\xff\xc4\x0b\x00", "a scan": "\xff\xda\x44\x44",
		"a frame": "\xff\xc0\x20\x20", "a number of lines": "\xff\xdc\x00\x04", "filling": "\xff\xff\xff\xff",
	} {
		damaged := bytes.Clone(plain)
		copy(damaged[middle:], damage)
		if stripped, _ := strip(t, damaged); !bytes.Equal(stripped, damaged) {
			t.Errorf("%s: of %d bytes %d stay", name, len(damaged), len(stripped))
		}
	}
}

// Whatever is damaged behind the head of the first scan, what is stored looks as what came, and
// is no shorter than to its first end.
func TestDamagedPhotographsLookAsTheyDid(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, plain := range map[string][]byte{
		"with restarts": restarting(t, 400, 400), "without": jpegOf(t, noisy(200, 150)),
	} {
		scan := bytes.Index(plain, []byte{0xFF, markerSOS}) + 2
		scan += int(plain[scan])<<8 | int(plain[scan+1])
		for i := range 2000 {
			damaged := bytes.Clone(plain)
			for range 1 + random.IntN(4) {
				at := scan + random.IntN(len(plain)-2-scan)
				damaged[at] = byte(random.UintN(256))
				if i%2 == 0 {
					damaged[at] = 0xFF
				}
			}
			tail := "\xff\xe1\x00\x1cExif\x00\x00" + strings.Repeat("GPS-SECRET", 2)
			stripped, _ := strip(t, append(bytes.Clone(damaged), tail...))
			end := bytes.Index(damaged[scan:], []byte{0xFF, markerEOI}) + scan + 2
			if !bytes.Equal(stripped, damaged[:end]) {
				t.Fatalf("%s, %d: of %d bytes %d stay", name, i, end, len(stripped))
			}
			if i < 500 && !reflect.DeepEqual(decoded(damaged), decoded(stripped)) {
				t.Fatalf("%s, %d: it looks different", name, i)
			}
		}
	}
}

func TestJPEGsThatNoBrowserShows(t *testing.T) {
	plain := jpegOf(t, corners(16, 16))
	frame := bytes.Index(plain, []byte{0xFF, markerSOF0})
	for marker, bits := range map[byte]byte{0xC1: 12, 0xC3: 8, 0xC5: 8, 0xC7: 8, 0xCB: 8, 0xCF: 8, 0xC2: 12} {
		whole := bytes.Clone(plain)
		whole[frame+1], whole[frame+4] = marker, bits
		s := NewStripper(bytes.NewReader(whole))
		var stripped bytes.Buffer
		if _, err := stripped.ReadFrom(s); err != nil || !bytes.Equal(stripped.Bytes(), whole) {
			t.Errorf("%X of %d bits: %v, and %d bytes", marker, bits, err, stripped.Len())
		}
		if info, err := s.Info(); err == nil {
			t.Errorf("%X of %d bits is shown: %+v", marker, bits, info)
		}
	}
}
