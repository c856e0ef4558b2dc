// Package icc converts pictures to sRGB from the colour profiles of cameras, phones and
// screens: Display P3, Adobe RGB and the like, which are three curves and a matrix, and grey
// ones, which are a curve (ICC.1:2022, chapters 8.3 and 8.4).
//
// Profiles that are tables, as those of printers, are not for it.
package icc

import (
	"encoding/binary"
	"image"
	"math"
)

// Conversion makes sRGB of the colours of a profile.
type Conversion struct {
	linear [3][256]float32 // by a channel's value, how much light it is
	matrix [9]float32      // of that light to sRGB's red, green and blue
}

// Parse reads a profile. It returns nil for one that is damaged or of another kind, or close
// enough to sRGB.
func Parse(profile []byte) *Conversion {
	const header, signature = 128, 36
	if len(profile) < header+4 || string(profile[signature:signature+4]) != "acsp" || string(profile[20:24]) != "XYZ " {
		return nil
	}
	p := parser{profile: profile, sane: true}
	c := &Conversion{}
	switch string(profile[16:20]) {
	case "RGB ":
		p.colours(c)
	case "GRAY":
		c.linear[0] = p.curve("kTRC")
		c.linear[1], c.linear[2] = c.linear[0], c.linear[0]
		c.matrix = [9]float32{1, 0, 0, 0, 1, 0, 0, 0, 1}
	default:
		return nil
	}
	if !p.sane || c.changesNothing() {
		return nil
	}
	return c
}

// ofXYZ makes sRGB's light of XYZ under D50, to which profiles refer.
var ofXYZ = [9]float64{
	3.1338561, -1.6168667, -0.4906146,
	-0.9787684, 1.9161415, 0.0334540,
	0.0719453, -0.2289914, 1.4052427,
}

// parser reads the tags of a profile.
type parser struct {
	profile []byte
	sane    bool
}

func (p *parser) colours(c *Conversion) {
	var columns [3][3]float64
	light := 0.0
	for i, name := range []string{"r", "g", "b"} {
		columns[i] = p.xyz(name + "XYZ")
		c.linear[i] = p.curve(name + "TRC")
		light += columns[i][1]
	}
	if light < 0.5 || light > 1.5 { // of white it is 1
		p.sane = false
	}
	for row := range 3 {
		for column := range 3 {
			sum := 0.0
			for k := range 3 {
				sum += ofXYZ[3*row+k] * columns[column][k]
			}
			c.matrix[3*row+column] = float32(sum)
		}
	}
}

// tag returns the data of a tag, from its type on, at least n bytes.
func (p *parser) tag(name string, n int) []byte {
	const table, entry = 128, 12
	b := p.profile
	entries := b[table+4:]
	for range min(binary.BigEndian.Uint32(b[table:]), 100) {
		if len(entries) < entry {
			break
		}
		from, size := uint64(binary.BigEndian.Uint32(entries[4:])), uint64(binary.BigEndian.Uint32(entries[8:]))
		if string(entries[:4]) == name && from+size <= uint64(len(b)) && size >= uint64(n) { //nolint:gosec // a small number
			return b[from : from+size]
		}
		entries = entries[entry:]
	}
	p.sane = false
	return make([]byte, n)
}

// fixed is an s15Fixed16Number.
func fixed(b []byte) float64 {
	return float64(int32(binary.BigEndian.Uint32(b))) / 65536 //nolint:gosec // it is signed
}

func (p *parser) xyz(name string) [3]float64 {
	b := p.tag(name, 20)
	return [3]float64{fixed(b[8:]), fixed(b[12:]), fixed(b[16:])}
}

// curve returns how much light each value is.
func (p *parser) curve(name string) (linear [256]float32) {
	b := p.tag(name, 12)
	var at func(x float64) float64
	switch string(b[:4]) {
	case "curv":
		at = p.sampled(b)
	case "para":
		at = p.parametric(b)
	default:
		p.sane = false
	}
	if !p.sane {
		return linear
	}
	for v := range linear {
		y := at(float64(v) / 255)
		if math.IsNaN(y) {
			p.sane = false
			return linear
		}
		linear[v] = float32(min(max(y, 0), 1))
	}
	return linear
}

func (p *parser) sampled(b []byte) func(float64) float64 {
	count, samples := int64(binary.BigEndian.Uint32(b[8:])), b[12:]
	switch {
	case count == 0:
		return func(x float64) float64 { return x }
	case 2*count > int64(len(samples)):
		p.sane = false
		return nil
	case count == 1:
		gamma := float64(binary.BigEndian.Uint16(samples)) / 256
		return func(x float64) float64 { return math.Pow(x, gamma) }
	}
	sample := func(i int64) float64 { return float64(binary.BigEndian.Uint16(samples[2*i:])) / 65535 }
	return func(x float64) float64 {
		x *= float64(count - 1)
		i := min(int64(x), count-2)
		return sample(i) + (x-float64(i))*(sample(i+1)-sample(i))
	}
}

// parametric returns one of the five formulas of chapter 10.18.
func (p *parser) parametric(b []byte) func(float64) float64 {
	kind := int(binary.BigEndian.Uint16(b[8:]))
	counts := []int{1, 3, 4, 5, 7}
	if kind >= len(counts) || len(b) < 12+4*counts[kind] {
		p.sane = false
		return nil
	}
	var v [7]float64
	for i := range counts[kind] {
		v[i] = fixed(b[12+4*i:])
	}
	gamma, a, offset, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	switch kind {
	case 0:
		a, d = 1, math.Inf(-1)
	case 1:
		c, d = 0, -offset/a
	case 2:
		c, d, e, f = 0, -offset/a, c, c
	}
	return func(x float64) float64 {
		if x >= d {
			return math.Pow(a*x+offset, gamma) + e
		}
		return c*x + f
	}
}

// encoded is the value of sRGB for light from 0 to 1.
var encoded = func() (table [4096]byte) {
	for i := range table {
		y := float64(i) / float64(len(table)-1)
		if y <= 0.0031308 {
			y *= 12.92
		} else {
			y = 1.055*math.Pow(y, 1/2.4) - 0.055
		}
		table[i] = byte(255*y + 0.5)
	}
	return table
}()

func encode(light float32) byte {
	const last = float32(len(encoded) - 1)
	return encoded[int(min(max(light, 0), 1)*last+0.5)]
}

func (c *Conversion) convert(r, g, b byte) (byte, byte, byte) {
	red, green, blue := c.linear[0][r], c.linear[1][g], c.linear[2][b]
	m := &c.matrix
	return encode(m[0]*red + m[1]*green + m[2]*blue), encode(m[3]*red + m[4]*green + m[5]*blue),
		encode(m[6]*red + m[7]*green + m[8]*blue)
}

// changesNothing reports whether colours all over the space change by next to nothing.
func (c *Conversion) changesNothing() bool {
	const step, slight = 51, 2
	near := func(a, b byte) bool { return a-b <= slight || b-a <= slight }
	for i := range 6 * 6 * 6 {
		r, g, b := byte(i%6*step), byte(i/6%6*step), byte(i/36*step)
		if x, y, z := c.convert(r, g, b); !near(x, r) || !near(y, g) || !near(z, b) {
			return false
		}
	}
	return true
}

// Convert converts a picture in place.
func (c *Conversion) Convert(m *image.RGBA) {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for ; len(row) >= 4; row = row[4:] {
			switch alpha := uint32(row[3]); alpha {
			case 0:
			case 255:
				row[0], row[1], row[2] = c.convert(row[0], row[1], row[2])
			default: // the colours were multiplied by it
				whole := func(v byte) byte { return byte(min(uint32(v)*255/alpha, 255)) }
				r, g, b := c.convert(whole(row[0]), whole(row[1]), whole(row[2]))
				part := func(v byte) byte { return byte(uint32(v) * alpha / 255) } //nolint:gosec // below 256
				row[0], row[1], row[2] = part(r), part(g), part(b)
			}
		}
	}
}
