package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

func FuzzStripper(f *testing.F) {
	f.Add(with(jpegOf(f, corners(16, 16)), exifOf(binary.LittleEndian, 6), "tail"))
	f.Fuzz(func(t *testing.T, whole []byte) {
		stripped, err := io.ReadAll(NewStripper(bytes.NewReader(whole)))
		if err != nil {
			return
		}
		if len(stripped) > len(whole)+36 {
			t.Errorf("%d bytes became %d", len(whole), len(stripped))
		}
		again, err := io.ReadAll(NewStripper(iotest.HalfReader(bytes.NewReader(stripped))))
		if err != nil || !bytes.Equal(again, stripped) {
			t.Errorf("stripped twice it is another: %v", err)
		}
	})
}

func FuzzThumbnail(f *testing.F) {
	kinds := []string{PNG, JPEG, GIF, WebP}
	var moving bytes.Buffer
	if err := gif.Encode(&moving, corners(16, 16), nil); err != nil {
		f.Fatal(err)
	}
	for i, whole := range [][]byte{pngOf(f, corners(16, 16)), jpegOf(f, corners(16, 16)), moving.Bytes(), webpLossless} {
		f.Add(i, whole)
	}
	f.Fuzz(func(t *testing.T, kind int, whole []byte) {
		contentType := kinds[uint(kind)%4]
		small, err := Thumbnail(contentType, bytes.NewReader(whole))
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
		if err == nil && len(small) == 0 {
			t.Error("nothing came of it")
		}
	})
}

func BenchmarkThumbnail12MegapixelJPEG(b *testing.B) {
	photo := jpegOf(b, noisy(4000, 3000))
	b.SetBytes(int64(len(photo)))
	for b.Loop() {
		if _, err := Thumbnail(JPEG, bytes.NewReader(photo)); err != nil {
			b.Fatal(err)
		}
	}
}

// noisy compresses about as well as a photograph.
func noisy(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			n := uint8(random.UintN(24))
			m.SetRGBA(x, y, color.RGBA{uint8(x*200/w) + n, uint8(y*200/h) + n, uint8((x+y)*200/(w+h)) + n, 255})
		}
	}
	return m
}

func BenchmarkStripper(b *testing.B) {
	photo := with(jpegOf(b, noisy(2000, 1500)), exifOf(binary.BigEndian, 6), "")
	b.SetBytes(int64(len(photo)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, NewStripper(bytes.NewReader(photo))); err != nil {
			b.Fatal(err)
		}
	}
}
