package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/go-df/chat/internal/pngrows/pngtest"
)

// largePicture is a picture as large as thumbnails are made of.
type largePicture struct {
	contentType string
	make        func() []byte
	size        image.Point // of the thumbnail
	want        *color.RGBA // that all of it has
	most        uint64      // MiB that it takes
}

// largePictures are of all kinds.
func largePictures() map[string]largePicture {
	size, small := image.Pt(6000, 4000), image.Pt(512, 341)
	noise := func(k pngtest.Kind) func() []byte {
		return func() []byte { return k.File(rand.New(rand.NewPCG(1, 2)), size.X, size.Y) }
	}
	alpha := func(flags byte, plane []byte) func() []byte {
		return func() []byte {
			return webpCanvasOf(0x10, size, webpChunkOf("ALPH", string([]byte{flags})+string(plane))+vp8Of(size))
		}
	}
	grey := func(alpha uint8) *color.RGBA {
		v := uint8(int(130) * int(alpha) / 255) // 128 of what is black at 16 and white at 235
		return &color.RGBA{v, v, v, alpha}
	}
	return map[string]largePicture{
		"a png":                        {PNG, noise(pngtest.Kind{Colour: 2, Depth: 8}), small, nil, 64},
		"a png of 16 bits":             {PNG, noise(pngtest.Kind{Colour: 6, Depth: 16}), small, nil, 64},
		"an interlaced png":            {PNG, noise(pngtest.Kind{Colour: 2, Depth: 8, Interlaced: true}), small, nil, 64},
		"an interlaced png of 16 bits": {PNG, noise(pngtest.Kind{Colour: 6, Depth: 16, Interlaced: true}), small, nil, 64},
		"a png with a palette":         {PNG, noise(pngtest.Kind{Colour: 3, Depth: 8, Transparent: true}), small, nil, 64},
		"a png of one bit":             {PNG, noise(pngtest.Kind{Colour: 0, Depth: 1}), small, nil, 64},
		"a webp without loss":          {WebP, func() []byte { return webpLosslessDots(size) }, small, nil, 72},
		"a square webp without loss":   {WebP, func() []byte { return webpLosslessDots(image.Pt(4898, 4898)) }, image.Pt(512, 512), nil, 84},
		"a webp with loss":             {WebP, func() []byte { return webpCanvasOf(0, size, vp8Of(size)) }, small, grey(255), 96},
		"a webp with alpha":            {WebP, alpha(1, dots(size)), small, nil, 128},
		"a webp with raw alpha":        {WebP, alpha(0, bytes.Repeat([]byte{100}, size.X*size.Y)), small, grey(100), 128},
		"a moving webp without loss": {WebP, func() []byte {
			return webpMoving(size, image.Pt(200, 100), image.Pt(5800, 3900), webpLosslessDots(image.Pt(5800, 3900))[webpContainer:])
		}, small, nil, 72},
		"a moving webp with loss": {WebP, func() []byte {
			return webpMoving(size, image.Pt(200, 100), image.Pt(5800, 3900), []byte(vp8Of(image.Pt(5800, 3900))))
		}, small, nil, 128},
		"a gif": {GIF, func() []byte { return plainGIF(6000, 4000) }, small, &color.RGBA{220, 10, 10, 255}, 72},
	}
}

// raceDetector says that everything takes more memory, and ten times as long: make test runs these
// tests without it.
var raceDetector bool

// Pictures of 24 megapixels have thumbnails within the bound of memory, whatever was allocated.
func TestThumbnailsOf24Megapixels(t *testing.T) {
	if raceDetector {
		t.Skip("without the race detector")
	}
	for name, c := range largePictures() {
		t.Run(name, func(t *testing.T) {
			file := c.make()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			encoded, err := Thumbnail(c.contentType, bytes.NewReader(file))
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			used := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d MiB, %d ms of %d kB", used, took.Milliseconds(), len(file)>>10)
			if err != nil || used > min(c.most, ThumbnailMemory>>20) {
				t.Fatalf("%v, %d MiB", err, used)
			}
			small, _, err := image.Decode(bytes.NewReader(encoded))
			if err != nil || small.Bounds().Size() != c.size {
				t.Fatal(err)
			}
			if c.want != nil {
				wantColour(t, name, small, 200, 300, *c.want, 3)
			}
		})
	}
}

func plainGIF(w, h int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{220, 10, 10, 255}, color.RGBA{}})
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}
