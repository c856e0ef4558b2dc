// Package pngrows decodes PNG row by row: it keeps two rows of a picture and not the picture, of
// which image/png takes up to 16 bytes a pixel. The rows are hostile as files are.
package pngrows

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Errors of Decode.
var (
	ErrDamaged  = errors.New("pngrows: the picture is damaged")
	ErrTooLarge = errors.New("pngrows: a row takes too much memory")
)

// RowBytes is the most that a row may have, of which two are kept.
const RowBytes = 16 << 20

// MagicBytes is what a PNG begins with, before its first chunk.
const MagicBytes = 8

// A Sink takes pixels of row y, 0xAARRGGBB and not premultiplied, of the columns x, x+step, x+2*step
// and so on. They are valid until it returns.
type Sink func(y, x, step int, pixels []uint32)

// Decode decodes a PNG: head is what comes before its first chunk IDAT, from the magic on, and rest
// yields that chunk and what follows. Each pixel goes to the sink once; those of an interlaced picture
// come in seven passes, others from top to bottom, of each row several runs.
//
// Errors: ErrDamaged and ErrTooLarge.
func Decode(head []byte, rest io.Reader, sink Sink) error {
	f, err := readHead(head)
	if err != nil {
		return err
	}
	data, err := zlib.NewReader(&dataReader{source: rest})
	if err != nil {
		return damaged(err)
	}
	size := f.rowBytes(f.width)
	d := &decoder{f, data, sink, make([]byte, size), make([]byte, size), make([]uint32, min(f.width, run))}
	for _, p := range f.passes() {
		if err := d.decode(p); err != nil {
			return damaged(err)
		}
	}
	return nil
}

func damaged(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }

// format is what a picture says of itself.
type format struct {
	width, height int
	depth, colour byte
	interlaced    bool
	palette       []byte // three bytes a colour
	transparent   []byte // of the palette's colours how opaque they are, or the colour that is transparent

	bits   int // of a pixel
	expand func(f *format, row []byte, to []uint32)
	table  []uint32 // of pixels up to eight bits: their colours
}

// Kinds of pictures.
const (
	grey          = 0
	trueColour    = 2
	indexed       = 3
	greyWithAlpha = 4
	withAlpha     = 6
)

var (
	channels = map[byte]int{grey: 1, trueColour: 3, indexed: 1, greyWithAlpha: 2, withAlpha: 4}
	depths   = map[byte]string{grey: "\x01\x02\x04\x08\x10", trueColour: "\x08\x10", indexed: "\x01\x02\x04\x08", greyWithAlpha: "\x08\x10", withAlpha: "\x08\x10"}
)

const (
	chunkHead   = 8
	chunkSum    = 4
	headerBytes = 13
)

// readHead reads the chunks before the picture.
func readHead(head []byte) (*format, error) {
	f := &format{}
	for rest := head[min(len(head), MagicBytes):]; len(rest) > 0; {
		if len(rest) < chunkHead+chunkSum {
			return nil, ErrDamaged
		}
		size := int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)-chunkHead-chunkSum) {
			return nil, ErrDamaged
		}
		end := chunkHead + int(size)
		data := rest[chunkHead:end]
		if crc32.ChecksumIEEE(rest[4:end]) != binary.BigEndian.Uint32(rest[end:]) {
			return nil, ErrDamaged
		}
		switch string(rest[4:chunkHead]) {
		case "IHDR":
			if len(data) != headerBytes || f.width != 0 {
				return nil, ErrDamaged
			}
			f.width, f.height = int(binary.BigEndian.Uint32(data)), int(binary.BigEndian.Uint32(data[4:]))
			f.depth, f.colour, f.interlaced = data[8], data[9], data[12] == 1
		case "PLTE":
			f.palette = data
		case "tRNS":
			f.transparent = data
		}
		rest = rest[end+chunkSum:]
	}
	return f, f.check()
}

func (f *format) check() error {
	const mostPixels = 1<<31 - 1
	if f.width < 1 || f.height < 1 || f.width > mostPixels/f.height || strings.IndexByte(depths[f.colour], f.depth) < 0 {
		return ErrDamaged
	}
	f.bits = channels[f.colour] * int(f.depth)
	if int64(f.width)*int64(f.bits)/8 > RowBytes {
		return ErrTooLarge
	}
	colours := len(f.palette) / 3
	switch {
	case f.colour == indexed && (len(f.palette)%3 != 0 || colours < 1 || colours > 1<<f.depth || len(f.transparent) > 256):
		return ErrDamaged
	case f.transparent == nil || f.colour == indexed:
	case f.colour == grey && len(f.transparent) == 2, f.colour == trueColour && len(f.transparent) == 6:
	default:
		return ErrDamaged
	}
	f.prepare()
	return nil
}

// pass is the pixels of columns x, x+dx … in rows y, y+dy …
type pass struct{ x, y, dx, dy int }

func (f *format) passes() []pass {
	if !f.interlaced {
		return []pass{{0, 0, 1, 1}}
	}
	return []pass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
}

// run is how many pixels go to the sink at once. They begin at whole bytes.
const run = 4096

type decoder struct {
	*format
	data       io.Reader
	sink       Sink
	row, above []byte
	pixels     []uint32
}

// rowBytes is how long a row of so many pixels is, with the filter before them.
func (f *format) rowBytes(width int) int { return 1 + (width*f.bits+7)/8 }

// decode decodes the rows of a pass.
func (d *decoder) decode(p pass) error {
	width := (d.width - p.x + p.dx - 1) / p.dx
	if width <= 0 {
		return nil
	}
	size := d.rowBytes(width)
	clear(d.above)
	for y := p.y; y < d.height; y += p.dy {
		row := d.row[:size]
		if _, err := io.ReadFull(d.data, row); err != nil {
			return err
		}
		if err := unfilter(row[0], row[1:], d.above[1:], (d.bits+7)/8); err != nil {
			return err
		}
		for x := 0; x < width; x += run {
			pixels := d.pixels[:min(run, width-x)]
			d.expand(d.format, row[1+x*d.bits/8:], pixels)
			d.sink(y, p.x+x*p.dx, p.dx, pixels)
		}
		d.row, d.above = d.above, d.row
	}
	return nil
}

// dataReader reads what is in the chunks IDAT.
type dataReader struct {
	source io.Reader
	left   int64  // of this chunk
	sum    uint32 // of what was read of it
	begun  bool
}

func (d *dataReader) Read(b []byte) (int, error) {
	for d.left == 0 {
		if err := d.next(); err != nil {
			return 0, err
		}
	}
	n, err := d.source.Read(b[:min(int64(len(b)), d.left)])
	d.sum = crc32.Update(d.sum, crc32.IEEETable, b[:n])
	d.left -= int64(n)
	if errors.Is(err, io.EOF) {
		if err = nil; n == 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// next ends a chunk and begins the next. The error is io.EOF where there is none.
func (d *dataReader) next() error {
	var b [chunkHead]byte
	if d.begun {
		if _, err := io.ReadFull(d.source, b[:chunkSum]); err != nil {
			return err
		}
		if binary.BigEndian.Uint32(b[:]) != d.sum {
			return ErrDamaged
		}
	}
	if _, err := io.ReadFull(d.source, b[:]); err != nil {
		return err
	}
	if string(b[4:]) != "IDAT" {
		return io.EOF
	}
	d.begun, d.left, d.sum = true, int64(binary.BigEndian.Uint32(b[:])), crc32.ChecksumIEEE(b[4:])
	return nil
}
