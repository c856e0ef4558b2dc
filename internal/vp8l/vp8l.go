// Package vp8l decodes the pictures without loss of WebP, and its planes of alpha, row by row. Of
// what was decoded it keeps the last 2^20 pixels, which is as far as the format refers back, and not
// the picture: golang.org/x/image/vp8l takes seven bytes a pixel.
//
// The format is RFC 9649, chapter 3. Where that leaves open what to make of a damaged file, this is
// what x/image makes of it, but for prefix codes that cannot be, some of which that takes: libwebp does
// not. The bytes are hostile.
package vp8l

import (
	"errors"
	"fmt"
	"io"
)

// Errors of the decoder.
var (
	ErrDamaged  = errors.New("vp8l: the picture is damaged")
	ErrTooLarge = errors.New("vp8l: the picture takes too much memory")
)

// Memory is how many bytes a Decoder takes at most, with 1 MiB for what is small. A picture of 24
// megapixels needs 50 MB at most, and 5 MB as programs write them.
const Memory = 64 << 20

// HeadBytes is how long the head of a picture is. A plane of alpha has none.
const HeadBytes = 5

// Size reads the head of a picture.
func Size(head [HeadBytes]byte) (width, height int, err error) {
	const magic, sideBits, versionBits = 0x2F, 14, 3
	rest := int(head[1]) | int(head[2])<<8 | int(head[3])<<16 | int(head[4])<<24
	if head[0] != magic || rest>>(32-versionBits) != 0 {
		return 0, 0, ErrDamaged
	}
	const side = 1<<sideBits - 1
	return rest&side + 1, rest>>sideBits&side + 1, nil
}

// Decoder decodes a picture.
type Decoder struct {
	bits       *bitReader
	width      int
	height     int
	y          int // of the next row
	transforms []*transform
	plane      *plane
	row        []uint32
}

// NewDecoder reads what r says of the picture of width × height pixels behind its head, as far as
// the pixels. It may read on beyond the picture.
//
// Errors: ErrDamaged and ErrTooLarge.
func NewDecoder(r io.Reader, width, height int) (*Decoder, error) {
	d := &Decoder{bits: newBitReader(r), width: width, height: height}
	packed := d.readTransforms()
	d.plane = d.bits.readPlane(packed, height, true)
	d.row = make([]uint32, width)
	return d, d.bits.fault()
}

// Row returns the next row: a pixel is 0xAARRGGBB, not premultiplied. It is valid until the next
// call. Behind the last row the error is io.EOF, and of what is damaged or cut off ErrDamaged.
func (d *Decoder) Row() ([]uint32, error) {
	if err := d.bits.fault(); err != nil {
		return nil, err
	}
	if d.y == d.height {
		return nil, io.EOF
	}
	d.plane.decode(d.bits, d.plane.width*(d.y+1))
	if err := d.bits.fault(); err != nil {
		return nil, err
	}
	d.plane.copyRow(d.row, d.y)
	for i := len(d.transforms) - 1; i >= 0; i-- {
		d.transforms[i].invert(d.row, d.y)
	}
	d.y++
	return d.row, nil
}

// fault is the error of what was read until now.
func (b *bitReader) fault() error {
	if b.err == nil || errors.Is(b.err, ErrDamaged) || errors.Is(b.err, ErrTooLarge) {
		return b.err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, b.err)
}
