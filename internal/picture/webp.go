package picture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// webpFrame is the first picture of a WebP, and what came before it.
type webpFrame struct {
	canvas  image.Point // zero where the file does not say, because it has this one picture alone
	rect    image.Rectangle
	profile []byte
	kind    string    // the chunk that the picture begins with: "ALPH", "VP8 " or "VP8L"
	size    int64     // bytes of that chunk
	data    io.Reader // that chunk, and what follows it
}

const (
	webpContainer = 12
	webpChunk     = 8
	webpCanvas    = 10
	webpAnimation = 16 // the head of a chunk ANMF
)

// firstOfWebP finds the first picture of a WebP, behind colour profiles and inside animations.
func firstOfWebP(r io.Reader) (*webpFrame, error) {
	var container [webpContainer]byte
	if _, err := io.ReadFull(r, container[:]); err != nil {
		return nil, damaged(err)
	}
	f := &webpFrame{data: r}
	for {
		kind, size, err := readWebPChunk(r)
		if err != nil {
			return nil, damaged(err)
		}
		switch kind {
		case "VP8 ", "VP8L", "ALPH":
			f.kind, f.size = kind, size
			return f, nil
		default:
			if err := f.read(r, kind, size); err != nil {
				return nil, damaged(err)
			}
		}
	}
}

// readWebPChunk reads the head of a chunk.
func readWebPChunk(r io.Reader) (kind string, size int64, err error) {
	var head [webpChunk]byte
	_, err = io.ReadFull(r, head[:])
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), err
}

func damaged(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }

// read reads a chunk that is no picture. Of an animation's frame it reads the head alone: what is
// in it are chunks.
func (f *webpFrame) read(r io.Reader, kind string, size int64) error {
	side := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	switch {
	case kind == "VP8X" && size == webpCanvas:
		var b [webpCanvas]byte
		_, err := io.ReadFull(r, b[:])
		f.canvas = image.Pt(side(b[4:])+1, side(b[7:])+1)
		f.rect.Max = f.canvas
		return err
	case kind == "ANMF" && size > webpAnimation:
		var b [webpAnimation]byte
		_, err := io.ReadFull(r, b[:])
		from := image.Pt(2*side(b[0:]), 2*side(b[3:]))
		f.rect = image.Rectangle{from, from.Add(image.Pt(side(b[6:])+1, side(b[9:])+1))}
		return err
	case kind == "ICCP" && size <= profileBytes:
		f.profile = make([]byte, size)
		if _, err := io.ReadFull(r, f.profile); err != nil {
			return err
		}
		_, err := io.CopyN(io.Discard, r, size&1)
		return err
	}
	_, err := io.CopyN(io.Discard, r, size+size&1)
	return err
}

// next goes on behind a chunk to the next of a kind.
func (f *webpFrame) next(chunk io.Reader, wanted string) error {
	if _, err := io.Copy(io.Discard, chunk); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, f.data, f.size&1); err != nil {
		return err
	}
	for {
		var err error
		if f.kind, f.size, err = readWebPChunk(f.data); err != nil || f.kind == wanted {
			return err
		}
		if f.kind == "VP8L" || f.kind == "ALPH" {
			return errors.New("the picture comes twice")
		}
		if _, err := io.CopyN(io.Discard, f.data, f.size+f.size&1); err != nil {
			return err
		}
	}
}

// is checks that the picture has the size that the file says.
func (f *webpFrame) is(w, h int) error {
	if f.canvas == (image.Point{}) {
		f.canvas = image.Pt(w, h)
		f.rect.Max = f.canvas
	}
	switch canvas := (image.Rectangle{Max: f.canvas}); {
	case w < 1 || h < 1 || f.rect.Size() != image.Pt(w, h) || !f.rect.In(canvas):
		return ErrDamaged
	case int64(f.canvas.X)*int64(f.canvas.Y) > ThumbnailPixels:
		return ErrTooLarge
	}
	return nil
}
