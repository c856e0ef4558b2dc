package jpegscale

import (
	"image"
	"image/color"
	"math"
)

// bases are the cosines of the inverse transform, of each scale: bases[scale][u*scale+x].
var bases = func() (all [9][]float32) {
	for scale := 1; scale <= 8; scale *= 2 {
		basis := make([]float32, scale*scale)
		for u := range scale {
			for x := range scale {
				factor := math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*scale)) / 2
				if u == 0 {
					factor = 1 / math.Sqrt(8)
				}
				basis[u*scale+x] = float32(factor)
			}
		}
		all[scale] = basis
	}
	return all
}()

// draw transforms a block, of which the scale × scale lowest coefficients are there.
func (f *frame) draw(p *plane, quant *[64]int32, block []int32, x, y int) {
	scale := f.scale
	to := p.samples[y*scale*p.stride+x*scale:]
	if scale == 1 {
		to[0] = sample(float32(block[0]*quant[0]) / 8)
		return
	}
	if scale == 2 {
		f.draw2(p, quant, block, to)
		return
	}
	var coefficients, columns [64]float32
	lowest := 0 // the last row that has any
	for _, k := range f.order {
		if at := f.position[k]; block[at] != 0 {
			coefficients[at] = float32(block[at] * quant[k])
			lowest = max(lowest, int(at)/scale)
		}
	}
	basis := bases[scale]
	for v := range lowest + 1 { // across
		row := coefficients[v*scale : (v+1)*scale]
		for u, c := range row {
			if c != 0 {
				for x, factor := range basis[u*scale : (u+1)*scale] {
					columns[v*scale+x] += c * factor
				}
			}
		}
	}
	for y := range scale { // and down
		var sums [8]float32
		for v := range lowest + 1 {
			factor := basis[v*scale+y]
			for x, c := range columns[v*scale : (v+1)*scale] {
				sums[x] += c * factor
			}
		}
		for x := range scale {
			to[y*p.stride+x] = sample(sums[x])
		}
	}
}

// draw2 is draw for two pixels a side, whose cosines are all alike.
func (f *frame) draw2(p *plane, quant *[64]int32, block []int32, to []byte) {
	mean, across, down, both := block[0]*quant[0], block[1]*quant[1], block[2]*quant[2], block[3]*quant[4]
	to[0], to[1] = sample(float32(mean+across+down+both)/8), sample(float32(mean-across+down-both)/8)
	to[p.stride], to[p.stride+1] = sample(float32(mean+across-down-both)/8), sample(float32(mean-across-down+both)/8)
}

func sample(v float32) byte {
	switch v += 128.5; {
	case v >= 255:
		return 255
	case v >= 0:
		return byte(v)
	}
	return 0
}

// picture puts the colours together.
func (d *decoder) picture() *image.RGBA {
	f := d.frame
	if f.progressive {
		for _, p := range f.planes {
			d.drawPlane(p)
		}
	}
	m := image.NewRGBA(image.Rect(0, 0, f.scaled(f.width), f.scaled(f.height)))
	width := m.Rect.Dx()
	convert := d.conversion()
	columns, rows := make([][]int32, len(f.planes)), make([][]byte, len(f.planes))
	for i, p := range f.planes {
		columns[i] = make([]int32, width)
		for x := range columns[i] {
			columns[i][x] = int32(x * p.h / f.hMax) //nolint:gosec // below 65,536
		}
	}
	var samples [4]byte
	for y := range m.Rect.Dy() {
		for i, p := range f.planes {
			rows[i] = p.samples[y*p.v/f.vMax*p.stride:]
		}
		pixels := m.Pix[y*m.Stride:][:4*width]
		for x := range width {
			for i, row := range rows {
				samples[i] = row[columns[i][x]]
			}
			pixel := pixels[4*x:][:4]
			pixel[0], pixel[1], pixel[2] = convert(&samples)
			pixel[3] = 255
		}
	}
	return m
}

func (d *decoder) drawPlane(p *plane) {
	quant := d.quant[p.quant]
	if quant == nil {
		return
	}
	size := d.frame.scale * d.frame.scale
	for y := range p.down {
		for x := range p.across {
			at := (y*p.across + x) * size
			d.frame.draw(p, quant, p.coefficients[at:at+size], x, y)
		}
	}
}

// conversion is how red, green and blue are made of samples.
func (d *decoder) conversion() func(*[4]byte) (r, g, b byte) {
	const none, rgb, ycck = 0, 1, 3 // what Adobe says, plus one
	planes := d.frame.planes
	switch {
	case len(planes) == 1:
		return func(s *[4]byte) (r, g, b byte) { return s[0], s[0], s[0] }
	case len(planes) == 4 && d.adobe == ycck:
		return func(s *[4]byte) (r, g, b byte) {
			r, g, b = color.YCbCrToRGB(s[0], s[1], s[2])
			return times(r, s[3]), times(g, s[3]), times(b, s[3])
		}
	case len(planes) == 4: // which all programs write inverted
		return func(s *[4]byte) (r, g, b byte) { return times(s[0], s[3]), times(s[1], s[3]), times(s[2], s[3]) }
	case !d.jfif && (d.adobe == rgb || d.adobe == none && planes[0].id == 'R' && planes[1].id == 'G' && planes[2].id == 'B'):
		return func(s *[4]byte) (r, g, b byte) { return s[0], s[1], s[2] }
	}
	return func(s *[4]byte) (r, g, b byte) { return color.YCbCrToRGB(s[0], s[1], s[2]) }
}

func times(a, b byte) byte { return byte((int(a)*int(b) + 127) / 255) } //nolint:gosec // at most 255
