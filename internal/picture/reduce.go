package picture

import (
	"image"
)

// reducedSide is what a picture is reduced to first, before it is filtered: ThumbnailSide at 2.5
// times.
const reducedSide = 5 * ThumbnailSide / 2

// reducer makes a picture smaller while its pixels come, in any order: each is added to the pixel of
// the smaller one that it lies in, which becomes their mean. It takes 26 MB at most. Sums of up to
// ThumbnailPixels fit.
type reducer struct {
	size    image.Point // of the picture
	small   image.Point // of what it becomes
	columns []int       // where those of the smaller picture begin, and the end
	sums    []uint32    // of each pixel red, green and blue times alpha, and alpha
}

func newReducer(size image.Point) *reducer {
	r := &reducer{size: size, small: fit(size, reducedSide)}
	r.columns = make([]int, r.small.X+1)
	for i := range r.columns {
		r.columns[i] = begins(i, r.size.X, r.small.X)
	}
	r.sums = make([]uint32, 4*r.small.X*r.small.Y)
	return r
}

// begins is the first of whole pixels of which the i-th of small is made.
func begins(i, whole, small int) int { return (i*whole + small - 1) / small }

// add adds pixels of row y at the columns x, x+step …, 0xAARRGGBB and not premultiplied.
func (r *reducer) add(y, x, step int, pixels []uint32) {
	row := r.sums[4*r.small.X*(y*r.small.Y/r.size.Y):]
	for i := x * r.small.X / r.size.X; len(pixels) > 0; i++ {
		n := (r.columns[i+1] - x + step - 1) / step
		if n <= 0 {
			continue
		}
		n = min(n, len(pixels))
		var red, green, blue, alpha uint32
		for _, c := range pixels[:n] {
			a := c >> 24
			red += c >> 16 & 0xFF * a
			green += c >> 8 & 0xFF * a
			blue += c & 0xFF * a
			alpha += a
		}
		sums := row[4*i : 4*i+4]
		sums[0] += red
		sums[1] += green
		sums[2] += blue
		sums[3] += alpha
		x += n * step
		pixels = pixels[n:]
	}
}

// picture is what it became. Where no pixel came it is transparent.
func (r *reducer) picture() *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: r.small})
	for y := range r.small.Y {
		rows := begins(y+1, r.size.Y, r.small.Y) - begins(y, r.size.Y, r.small.Y)
		for x := range r.small.X {
			n := uint32(rows * (r.columns[x+1] - r.columns[x])) //nolint:gosec // below ThumbnailPixels
			at := 4 * (y*r.small.X + x)
			for i, sum := range r.sums[at : at+3] {
				m.Pix[at+i] = byte((sum + n*255/2) / (n * 255)) //nolint:gosec // a mean of bytes
			}
			m.Pix[at+3] = byte((r.sums[at+3] + n/2) / n) //nolint:gosec // a mean of bytes
		}
	}
	return m
}
