package vp8l

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/image/vp8l"
)

// decoded is the picture of a file, row by row.
func decoded(r io.Reader) (*image.NRGBA, error) {
	var head [HeadBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	width, height, err := Size(head)
	if err != nil {
		return nil, err
	}
	d, err := NewDecoder(r, width, height)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row, err := d.Row()
		if err != nil {
			return nil, err
		}
		for x, c := range row {
			copy(m.Pix[m.PixOffset(x, y):], []byte{byte(c >> 16), byte(c >> 8), byte(c), byte(c >> 24)})
		}
	}
	if _, err := d.Row(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("behind the last row: %w", err)
	}
	return m, nil
}

// wantAsXImage compares with the decoder of golang.org/x/image, which takes some codes that cannot be.
func wantAsXImage(t *testing.T, file []byte) {
	t.Helper()
	want, wantErr := vp8l.Decode(bytes.NewReader(file))
	got, err := decoded(bytes.NewReader(file))
	switch {
	case errors.Is(err, errCode):
		return
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%v, and x/image says %v", err, wantErr)
	case err != nil:
		return
	}
	if w := want.(*image.NRGBA); got.Rect != w.Rect || !bytes.Equal(got.Pix, w.Pix) {
		t.Fatal("it is another picture than x/image's")
	}
}

func generated(seed uint64, width, height int) []byte {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	g.picture(width, height)
	return append(headOf(width, height), g.whole()...)
}

// Whatever the format has at random, the pixels are those of x/image.
func TestRandomPictures(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		width, height := 1+r.IntN(70), 1+r.IntN(70)
		t.Run(fmt.Sprintf("%d: %d × %d", seed, width, height), func(t *testing.T) {
			file := generated(seed, width, height)
			if _, err := vp8l.Decode(bytes.NewReader(file)); err != nil {
				t.Fatal("the test wrote no picture:", err)
			}
			wantAsXImage(t, file)
			for range 5 { // damaged, and cut off
				wrong := bytes.Clone(file)
				wrong[HeadBytes+r.IntN(len(wrong)-HeadBytes)] ^= 1 << r.IntN(8)
				wantAsXImage(t, wrong)
				wantAsXImage(t, file[:r.IntN(len(file))])
			}
		})
	}
}

// Copies lead back as far as the format allows, and what is kept of the pixels wraps around.
func TestLargePictures(t *testing.T) {
	for seed, size := range []image.Point{{1100, 1000}, {16384, 80}, {70, 16384}, {1, 16384}} {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 3)), coarse: true}
		g.picture(size.X, size.Y)
		wantAsXImage(t, append(headOf(size.X, size.Y), g.whole()...))
	}
	var w bitWriter // noise, and then copies from 1,048,456 pixels back
	const width, height, back = 1200, 1000, 1<<20 - 120
	w.put(0, 3)
	random := rand.New(rand.NewPCG(4, 4))
	lengths := make([]byte, literals+lengthCodes)
	for i := range 255 {
		lengths[i] = 8
	}
	lengths[literals+3] = 8 // four pixels
	green := w.tree(lengths)
	for range 3 {
		w.put(0b101|7<<3, 11)
	}
	w.put(0b101|39<<3, 11) // the furthest
	for at := 0; at < width*height; {
		if at >= back {
			w.symbol(green, literals+3)
			w.put(1<<18-1, 18)
			at += 4
			continue
		}
		w.symbol(green, random.IntN(255))
		at++
	}
	wantAsXImage(t, append(headOf(width, height), w.whole()...))
}

func TestSize(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {16384, 1}, {1, 16384}, {1234, 4321}} {
		if w, h, err := Size([HeadBytes]byte(headOf(size.X, size.Y))); w != size.X || h != size.Y || err != nil {
			t.Errorf("%v is %d × %d, %v", size, w, h, err)
		}
	}
	for _, head := range []string{"\x2e\x00\x00\x00\x00", "\x2f\x00\x00\x00\x20", "\x2f\x00\x00\x00\x80"} {
		if _, _, err := Size([HeadBytes]byte([]byte(head))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestErrors(t *testing.T) {
	file := generated(1, 40, 40)
	if _, err := decoded(bytes.NewReader(file[:len(file)/2])); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	fault := errors.New("the network went away")
	broken := io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(fault))
	if _, err := decoded(broken); !errors.Is(err, fault) {
		t.Error(err)
	}
	if _, err := decoded(iotest.OneByteReader(bytes.NewReader(file))); err != nil {
		t.Error(err)
	}
	if _, err := NewDecoder(strings.NewReader("\x00\x00"), 16384, 16384); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	var w bitWriter // a predictor for tiles of 4 × 4 pixels, of which all have the same
	w.put(1|predictor<<1, 1+2+3)
	w.put(0, 1)
	for range 5 {
		w.put(0b101, 11)
	}
	if _, err := NewDecoder(bytes.NewReader(w.whole()), 16384, 16384); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// manyGroups is a picture with as many groups of codes as there can be, each as large as one can be.
func manyGroups(width, height int) []byte {
	var w bitWriter
	w.put(0, 1)
	w.put(1|11<<1|1<<5, 6) // a cache of 2,048 colours, and groups
	w.put(0, 3)            // of tiles of 4 × 4 pixels
	w.put(0, 1)
	all := bytes.Repeat([]byte{8}, literals)
	green := w.tree(append(bytes.Clone(all), make([]byte, lengthCodes)...))
	red := w.tree(all)
	for range 3 {
		w.put(0b101, 11)
	}
	for tile := range tiles(width, 2) * tiles(height, 2) {
		w.symbol(green, tile%maxGroups&0xFF)
		w.symbol(red, tile%maxGroups>>8)
	}
	large := bytes.Repeat([]byte{11}, literals+lengthCodes+2048)
	for i := range 2 * (len(large) - 2048) {
		large[i] = 12
	}
	for range maxGroups {
		w.tree(large)
		for range 3 {
			w.tree(all)
		}
		w.tree(append(bytes.Repeat([]byte{5}, 24), bytes.Repeat([]byte{6}, 16)...))
	}
	return w.whole()
}

// raceDetector says that everything takes more memory, and ten times as long: make test runs these
// tests without it.
var raceDetector bool

// What is taken is bounded, whatever the picture says.
func TestMemory(t *testing.T) {
	if raceDetector {
		t.Skip("without the race detector")
	}
	const width, height = 4000, 6000
	file := manyGroups(width, height)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := NewDecoder(bytes.NewReader(file), width, height)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.plane.groups) != maxGroups {
		t.Errorf("there are %d groups", len(d.plane.groups))
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > Memory || used > uint64(d.bits.memory)+1<<20 {
		t.Errorf("it took %d MiB, of which %d were counted", used>>20, d.bits.memory>>20)
	}
}

func FuzzDecoder(f *testing.F) {
	for seed := range uint64(12) {
		f.Add(generated(seed, 9, 7))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		const most = 1 << 20
		if len(file) >= HeadBytes {
			if w, h, err := Size([HeadBytes]byte(file)); err == nil && w*h > most {
				return
			}
		}
		wantAsXImage(t, file)
	})
}
