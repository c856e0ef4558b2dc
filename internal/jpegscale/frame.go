package jpegscale

import "encoding/binary"

// frame is what a JPEG says of its picture, and what was decoded of it.
type frame struct {
	width, height int // pixels of the whole
	progressive   bool
	scale         int      // pixels that become of the 8 of a block's side: 1, 2, 4 or 8
	position      [64]int8 // where each of a block's coefficients, in zigzag order, is kept; -1 where it is not
	order         []byte   // those that are kept
	hMax, vMax    int
	across, down  int // units, of hMax × vMax blocks
	planes        []*plane
}

// plane is one colour's.
type plane struct {
	id, quant    byte
	h, v         int // blocks of it in a unit
	across, down int // blocks that it has
	samples      []byte
	stride       int
	last         int32 // the first coefficient of the block before

	// of a progressive picture:
	coefficients []int32  // scale × scale of each block
	nonzero      []uint64 // a bit for each of a block's coefficients, in zigzag order
}

// zigzag is where the coefficients of a block are, in the order that they come in.
var zigzag = [64]byte{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

func (d *decoder) readFrame(progressive bool, b []byte) error {
	if d.frame != nil || len(b) < 6 || b[0] != 8 {
		return ErrDamaged
	}
	f := &frame{
		height: int(binary.BigEndian.Uint16(b[1:])), width: int(binary.BigEndian.Uint16(b[3:])),
		progressive: progressive, hMax: 1, vMax: 1,
	}
	count := int(b[5])
	if f.width == 0 || f.height == 0 || len(b) < 6+3*count || count != 1 && count != 3 && count != 4 {
		return ErrDamaged
	}
	for i := range count {
		c := b[6+3*i:]
		p := &plane{id: c[0], h: int(c[1] >> 4), v: int(c[1] & 15), quant: c[2]}
		if p.h < 1 || p.h > 4 || p.v < 1 || p.v > 4 || p.quant > 3 {
			return ErrDamaged
		}
		f.planes = append(f.planes, p)
		f.hMax, f.vMax = max(f.hMax, p.h), max(f.vMax, p.v)
	}
	f.layOut(d.options.Side)
	if int64(f.width)*int64(f.height) > d.options.Pixels || f.memory() > d.options.Memory {
		return ErrTooLarge
	}
	f.allocate()
	d.frame = f
	return nil
}

// layOut chooses the scale, and counts blocks.
func (f *frame) layOut(side int) {
	for f.scale = 1; f.scale < 8 && f.scaled(max(f.width, f.height)) < side; {
		f.scale *= 2
	}
	for k, natural := range zigzag {
		f.position[k] = -1
		if u, v := int(natural&7), int(natural>>3); u < f.scale && v < f.scale {
			f.position[k] = int8(v*f.scale + u) //nolint:gosec // below 64
			f.order = append(f.order, byte(k))
		}
	}
	f.across, f.down = ceil(f.width, 8*f.hMax), ceil(f.height, 8*f.vMax)
	for _, p := range f.planes {
		p.across, p.down = f.across*p.h, f.down*p.v
		p.stride = p.across * f.scale
	}
}

// scaled is a length in pixels of the result.
func (f *frame) scaled(pixels int) int { return ceil(pixels*f.scale, 8) }

func ceil(n, by int) int { return (n + by - 1) / by }

// memory is what decoding takes.
func (f *frame) memory() int64 {
	perBlock := int64(f.scale * f.scale)
	if f.progressive {
		perBlock += 4*perBlock + 8
	}
	bytes := 4 * int64(f.scaled(f.width)) * int64(f.scaled(f.height))
	for _, p := range f.planes {
		bytes += perBlock * int64(p.across) * int64(p.down)
	}
	return bytes
}

func (f *frame) allocate() {
	for _, p := range f.planes {
		blocks := p.across * p.down
		p.samples = make([]byte, blocks*f.scale*f.scale)
		for i := range p.samples {
			p.samples[i] = 128
		}
		if f.progressive {
			p.coefficients, p.nonzero = make([]int32, blocks*f.scale*f.scale), make([]uint64, blocks)
		}
	}
}
