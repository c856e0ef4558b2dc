package picture

import (
	"bufio"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// firstOfGIF decodes the first picture of a GIF, as far as it is there; the rest is transparent.
// The standard library's decoder returns nothing of what is cut off.
func firstOfGIF(r io.Reader) (image.Image, error) {
	const screen = 13
	g := &gifReader{bufio.NewReader(r)}
	var head [screen]byte
	if _, err := io.ReadFull(g, head[:]); err != nil {
		return nil, err
	}
	m := &gifPicture{canvas: image.Rect(0, 0, int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:])))}
	common, err := g.colours(head[10])
	if err != nil {
		return nil, err
	}
	clear, err := g.findPicture()
	if err != nil {
		return nil, err
	}
	return m, g.picture(m, common, clear)
}

// gifPicture is a picture on a canvas.
type gifPicture struct {
	canvas, rect image.Rectangle
	indices      []byte // of those pixels of rect that are there, in the order that they came in
	colours      []color.RGBA
	interlaced   bool
}

func (m *gifPicture) ColorModel() color.Model { return color.RGBAModel }

func (m *gifPicture) Bounds() image.Rectangle { return m.canvas }

func (m *gifPicture) At(x, y int) color.Color { return m.RGBAAt(x, y) }

// RGBAAt is At without the interface.
func (m *gifPicture) RGBAAt(x, y int) color.RGBA {
	if !image.Pt(x, y).In(m.rect) {
		return color.RGBA{}
	}
	row := y - m.rect.Min.Y
	if m.interlaced {
		row = interlacedRow(row, m.rect.Dy())
	}
	if at := row*m.rect.Dx() + x - m.rect.Min.X; at < len(m.indices) {
		if index := int(m.indices[at]); index < len(m.colours) {
			return m.colours[index]
		}
	}
	return color.RGBA{}
}

// interlacedRow is as which a row comes: first each eighth, then those in between, and so on.
func interlacedRow(y, height int) int {
	every := func(from, step int) int { return (height - from + step - 1) / step }
	switch {
	case y%8 == 0:
		return y / 8
	case y%8 == 4:
		return every(0, 8) + y/8
	case y%4 == 2:
		return every(0, 4) + y/4
	}
	return every(0, 2) + y/2
}

type gifReader struct{ *bufio.Reader }

var errNoPicture = errors.New("there is no picture")

// colours reads a table of colours, if flags say that there is one.
func (g *gifReader) colours(flags byte) ([]color.RGBA, error) {
	if flags&0x80 == 0 {
		return nil, nil
	}
	table := make([]color.RGBA, 2<<(flags&7))
	for i := range table {
		var rgb [3]byte
		if _, err := io.ReadFull(g, rgb[:]); err != nil {
			return nil, err
		}
		table[i] = color.RGBA{rgb[0], rgb[1], rgb[2], 255}
	}
	return table, nil
}

// findPicture skips to behind the byte that begins a picture, and returns which of its colours is
// transparent, -1 for none.
func (g *gifReader) findPicture() (clear int, err error) {
	const extension, descriptor, control = 0x21, 0x2C, 0xF9
	for clear = -1; ; {
		kind, err := g.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case kind == descriptor:
			return clear, nil
		case kind != extension:
			return 0, errNoPicture
		}
		label, err := g.ReadByte()
		if err != nil {
			return 0, err
		}
		blocks := &gifBlocks{r: g}
		var first [4]byte
		if n, _ := io.ReadFull(blocks, first[:]); label == control && n == len(first) && first[0]&1 != 0 {
			clear = int(first[3])
		}
		if _, err := io.Copy(io.Discard, blocks); err != nil {
			return 0, err
		}
	}
}

func (g *gifReader) picture(m *gifPicture, common []color.RGBA, clear int) error {
	var head [9]byte
	if _, err := io.ReadFull(g, head[:]); err != nil {
		return err
	}
	side := func(i int) int { return int(binary.LittleEndian.Uint16(head[i:])) }
	m.rect = image.Rect(side(0), side(2), side(0)+side(4), side(2)+side(6))
	m.interlaced = head[8]&0x40 != 0
	own, err := g.colours(head[8])
	if m.colours = own; own == nil {
		m.colours = common
	}
	if err != nil || m.rect.Empty() || !m.rect.In(m.canvas) {
		return errNoPicture
	}
	if clear >= 0 && clear < len(m.colours) {
		m.colours = append([]color.RGBA{}, m.colours...)
		m.colours[clear] = color.RGBA{}
	}
	width, err := g.ReadByte()
	if err != nil || width < 2 || width > 8 {
		return errNoPicture
	}
	m.indices = make([]byte, m.rect.Dx()*m.rect.Dy())
	decoder := lzw.NewReader(&gifBlocks{r: g}, lzw.LSB, int(width))
	defer func() { _ = decoder.Close() }()
	n, _ := io.ReadFull(decoder, m.indices) // what is wrong ends the picture
	if m.indices = m.indices[:n]; n == 0 {
		return errNoPicture
	}
	return nil
}

// gifBlocks reads data that come in blocks, which say how long they are, up to an empty one.
type gifBlocks struct {
	r    *gifReader
	left int
	over bool
}

func (b *gifBlocks) Read(p []byte) (int, error) {
	if err := b.next(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// ReadByte implements io.ByteReader, so that the decoder takes nothing that is not its own.
func (b *gifBlocks) ReadByte() (byte, error) {
	if err := b.next(); err != nil {
		return 0, err
	}
	b.left--
	return b.r.ReadByte()
}

func (b *gifBlocks) next() error {
	if b.left == 0 && !b.over {
		size, err := b.r.ReadByte()
		if err != nil {
			return err
		}
		b.left, b.over = int(size), size == 0
	}
	if b.over {
		return io.EOF
	}
	return nil
}
