package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-df/chat/internal/pngrows/pngtest"
)

// means is a picture of which each pixel is the mean of those that lie in it, premultiplied, from 0
// to 255.
func means(m image.Image, small image.Point) [][4]float64 {
	size := m.Bounds().Size()
	sums, counts := make([][4]float64, small.X*small.Y), make([]float64, small.X*small.Y)
	for y := range size.Y {
		for x := range size.X {
			at := y*small.Y/size.Y*small.X + x*small.X/size.X
			r, g, b, a := m.At(x, y).RGBA()
			for i, v := range []uint32{r, g, b, a} {
				sums[at][i] += float64(v) / 257
			}
			counts[at]++
		}
	}
	for at := range sums {
		for i := range sums[at] {
			sums[at][i] /= counts[at]
		}
	}
	return sums
}

// wantMeans compares with what package image decodes and the same filter, within 1/255: 16 bits a sample
// are rounded to eight before.
func wantMeans(t *testing.T, got *image.RGBA, m image.Image) {
	t.Helper()
	small := got.Rect.Size()
	if want := fit(m.Bounds().Size(), reducedSide); small != want {
		t.Fatalf("it has %v, not %v", small, want)
	}
	for at, want := range means(m, small) {
		for i, v := range want {
			if d := float64(got.Pix[4*at+i]) - math.Round(v); d > 1 || d < -1 {
				t.Fatalf("pixel %d is %v, not %v", at, got.Pix[4*at:4*at+4], want)
			}
		}
	}
}

func wholePicture(t *testing.T, contentType string, file []byte) *whole {
	t.Helper()
	w, err := decode(contentType, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Of everything that a PNG may be, the reduced picture is that of image/png.
func TestReducedPNG(t *testing.T) {
	for _, k := range pngtest.Kinds() {
		for _, size := range []image.Point{{1300, 30}, {5, 2600}, {4300, 7}} {
			t.Run(fmt.Sprintf("%+v, %v", k, size), func(t *testing.T) {
				file := k.File(rand.New(rand.NewPCG(uint64(k.Depth), uint64(size.X))), size.X, size.Y)
				w := wholePicture(t, PNG, file)
				m, err := png.Decode(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				wantMeans(t, w.Image.(*image.RGBA), m)
				if w.size != size {
					t.Errorf("it had %v", w.size)
				}
			})
		}
	}
}

// A picture without loss is reduced where it lies on its canvas.
func TestReducedWebP(t *testing.T) {
	for _, c := range []struct{ size, canvas, at image.Point }{
		{image.Pt(70, 50), image.Pt(70, 50), image.Point{}},
		{image.Pt(1700, 90), image.Pt(1700, 90), image.Point{}},
		{image.Pt(1700, 90), image.Pt(2000, 300), image.Pt(64, 128)},
	} {
		file := webpLosslessDots(c.size)
		want := image.NewNRGBA(image.Rectangle{Max: c.canvas})
		for y := range c.size.Y {
			for x := range c.size.X {
				want.SetNRGBA(c.at.X+x, c.at.Y+y, dotAt(y*c.size.X+x))
			}
		}
		if c.canvas != c.size {
			file = webpMoving(c.canvas, c.at, c.size, file[webpContainer:])
		}
		wantMeans(t, wholePicture(t, WebP, file).Image.(*image.RGBA), want)
	}
}

// The largest sums are those of a picture that is white, and as large and as narrow as it can be.
func TestReducerHoldsWhatIsWhite(t *testing.T) {
	row := make([]uint32, 1<<16)
	for i := range row {
		row[i] = 0xFFFFFFFF
	}
	for _, size := range []image.Point{{6000, 4000}, {1, ThumbnailPixels}, {ThumbnailPixels, 1}, {187_500, 128}, {160_000, 150}} {
		r := newReducer(size)
		for y := range size.Y {
			for x := 0; x < size.X; x += len(row) {
				r.add(y, x, 1, row[:min(len(row), size.X-x)])
			}
		}
		for i, v := range r.picture().Pix {
			if v != 255 {
				t.Fatalf("%v: at %d it is %d", size, i, v)
			}
		}
	}
}

// dotAt is a pixel of webpLosslessDots.
func dotAt(i int) color.NRGBA {
	if dotted(i) == 1 {
		return color.NRGBA{100, 200, 50, 255}
	}
	return color.NRGBA{100, 50, 50, 255}
}
