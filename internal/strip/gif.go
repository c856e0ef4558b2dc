package strip

import (
	"io"
)

// gifReader drops comments, the extensions of applications other than those that say how often
// a GIF is repeated and what its colours mean, and what follows the end.
type gifReader struct {
	*pass
	blocks treatment // of the blocks of data that are read next
}

func newGIF(r io.Reader) *gifReader {
	g := &gifReader{pass: newPass(r)}
	g.step = g.start
	return g
}

func (g *gifReader) start() error {
	const head, palette = 13, 0x80
	b, _ := g.in.Peek(head)
	if len(b) < head || string(b[:4]) != "GIF8" {
		return g.copyRest()
	}
	size := int64(head)
	if b[10]&palette != 0 {
		size += 3 << (b[10]&7 + 1)
	}
	g.treat(copied, size, nil)
	g.step = g.block
	return nil
}

// block takes what begins here: a picture, an extension, the end. No decoder reads on behind
// anything else.
func (g *gifReader) block() error {
	const picture, extension, end = 0x2C, 0x21, 0x3B
	b, err := g.in.Peek(1)
	if err != nil {
		return g.ended(err)
	}
	switch b[0] {
	case picture:
		return g.picture()
	case extension:
		return g.extension()
	case end:
		g.treat(copied, 1, nil)
		g.step = g.drop
		return nil
	}
	return g.drop()
}

func (g *gifReader) picture() error {
	const head, palette = 10, 0x80
	b, err := g.in.Peek(head)
	if err != nil {
		return g.cutOff()
	}
	size := int64(head + 1) // and how wide the codes are
	if b[9]&palette != 0 {
		size += 3 << (b[9]&7 + 1)
	}
	g.treat(copied, size, nil)
	g.blocks, g.step = copied, g.data
	return nil
}

func (g *gifReader) extension() error {
	const plainText, graphicControl, comment, application = 0x01, 0xF9, 0xFE, 0xFF
	const nameAt, nameEnd = 3, 14
	head, err := g.in.Peek(2)
	if err != nil {
		return g.cutOff()
	}
	g.blocks = dropped
	switch head[1] {
	case plainText, graphicControl:
		g.blocks = copied
	case application:
		head, _ = g.in.Peek(nameEnd)
		if len(head) == nameEnd && head[2] == nameEnd-nameAt {
			switch string(head[nameAt:]) {
			case "NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012":
				g.blocks = copied
			}
		}
	}
	g.treat(g.blocks, 2, nil)
	g.step = g.data
	return nil
}

// data takes one block of data; an empty one is the last.
func (g *gifReader) data() error {
	size, err := g.in.Peek(1)
	if err != nil {
		return g.ended(err)
	}
	if size[0] == 0 {
		g.step = g.block
	}
	g.treat(g.blocks, int64(size[0])+1, nil)
	return nil
}
