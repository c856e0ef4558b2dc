package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"golang.org/x/image/webp"
)

// webpFrame is the first picture of a WebP, and what came before it.
type webpFrame struct {
	canvas  image.Point // zero where the file does not say, because it has this one picture alone
	rect    image.Rectangle
	profile []byte
	kind    string    // the chunk that the picture begins with: "ALPH", "VP8 " or "VP8L"
	size    int64     // bytes of that chunk
	file    io.Reader // a WebP that has this picture, up to where data goes on
	data    io.Reader // that chunk, and what follows it
}

const (
	webpContainer = 12
	webpChunk     = 8
	webpCanvas    = 10
	webpAnimation = 16 // the head of a chunk ANMF
	webpStart     = 10 // of a picture, in which its size is
)

// firstOfWebP finds the first picture of a WebP, behind colour profiles and inside animations,
// which the decoder does not know.
func firstOfWebP(r io.Reader) (*webpFrame, error) {
	var container [webpContainer]byte
	if _, err := io.ReadFull(r, container[:]); err != nil {
		return nil, damaged(err)
	}
	f := &webpFrame{}
	for {
		var chunk [webpChunk]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, damaged(err)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch kind := string(chunk[:4]); kind {
		case "VP8 ", "VP8L", "ALPH":
			f.kind, f.size = kind, size
			f.file, f.data = bytes.NewReader(f.head(chunk[:])), r
			return f, nil
		default:
			if err := f.read(r, kind, size); err != nil {
				return nil, damaged(err)
			}
		}
	}
}

func chunkHead(kind string, size int64) []byte {
	return binary.LittleEndian.AppendUint32([]byte(kind), uint32(size)) //nolint:gosec // as it was read
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

// head begins a file that has the picture whose chunk begins so.
func (f *webpFrame) head(chunk []byte) []byte {
	const most, transparent = 1<<32 - 16, 0x10
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), most)
	b = append(b, "WEBP"...)
	if f.canvas != (image.Point{}) {
		b = binary.LittleEndian.AppendUint32(append(b, "VP8X"...), webpCanvas)
		flags := byte(0)
		if f.kind == "ALPH" {
			flags = transparent
		}
		w, h := f.rect.Dx()-1, f.rect.Dy()-1
		b = append(b, flags, 0, 0, 0, byte(w), byte(w>>8), byte(w>>16), byte(h), byte(h>>8), byte(h>>16)) //nolint:gosec // bytes of it
	}
	return append(b, chunk...)
}

// memory estimates what decoding takes. To see what it takes without loss it reads on, which can
// be read again.
func (f *webpFrame) memory() (int64, error) {
	const lossy, alpha, headOfVP8L, filters, compressed = 2, 2, 5, 1, 1
	w, h := f.rect.Dx(), f.rect.Dy()
	bytes := lossy * int64(w) * int64(h)
	var lead int64
	switch f.kind {
	case "VP8 ":
		return bytes, nil
	case "VP8L":
		bytes, lead = 0, headOfVP8L
	case "ALPH":
		bytes += alpha * int64(w) * int64(h)
		lead = filters
	}
	chunk := f.peeked()
	first, err := chunk.skip(lead)
	if err != nil {
		return 0, damaged(err)
	}
	if f.kind == "ALPH" && first&3 != compressed {
		return bytes, nil
	}
	lossless, err := vp8lMemory(chunk, w, h)
	if err != nil {
		return 0, damaged(err)
	}
	const copies = 3 // of what was read, while its room grows
	return bytes + lossless + copies*int64(chunk.read.Len()), nil
}

// peekedChunk reads a chunk of a picture that is to be read again.
type peekedChunk struct {
	source io.Reader
	read   *bytes.Buffer
}

// peeked returns a reader of the chunk that the picture begins with.
func (f *webpFrame) peeked() *peekedChunk {
	read := &bytes.Buffer{}
	head := io.TeeReader(f.data, read)
	f.file = io.MultiReader(f.file, read)
	return &peekedChunk{io.LimitReader(head, f.size), read}
}

func (p *peekedChunk) Read(b []byte) (int, error) {
	if p.read.Len() > peekedBytes {
		return 0, ErrTooLarge
	}
	return p.source.Read(b)
}

// peekedBytes is more than the trees of a picture take, and what is said before them.
const peekedBytes = 4 << 20

// skip leaves out the first bytes, and returns the first of them.
func (p *peekedChunk) skip(n int64) (byte, error) {
	first := make([]byte, n)
	_, err := io.ReadFull(p, first)
	return first[0], err
}

// wholeWebP decodes the first picture of a WebP.
func wholeWebP(r io.Reader) (*whole, error) {
	f, err := firstOfWebP(r)
	if err != nil {
		return nil, err
	}
	if f.canvas == (image.Point{}) {
		if err := f.measure(); err != nil {
			return nil, damaged(err)
		}
	}
	canvas := image.Rectangle{Max: f.canvas}
	if !f.rect.In(canvas) {
		return nil, ErrDamaged
	}
	if int64(canvas.Dx())*int64(canvas.Dy()) > ThumbnailPixels {
		return nil, ErrTooLarge
	}
	memory, err := f.memory()
	switch {
	case err != nil:
		return nil, err
	case memory > decodeMemory:
		return nil, ErrTooLarge
	}
	m, err := webp.Decode(io.MultiReader(f.file, f.data))
	if err != nil {
		return nil, damaged(err)
	}
	switch m := m.(type) {
	case *image.YCbCr:
		fullRange(m)
	case *image.NYCbCrA:
		fullRange(&m.YCbCr)
	}
	if f.rect != canvas {
		m = onCanvas{m, f.rect, canvas}
	}
	return &whole{Image: m, orientation: 1, profile: f.profile}, nil
}

// measure reads the size of a picture that is alone in its file.
func (f *webpFrame) measure() error {
	start := make([]byte, webpStart)
	n, err := io.ReadFull(f.data, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	f.data = io.MultiReader(bytes.NewReader(start[:n]), f.data)
	config, err := webp.DecodeConfig(io.MultiReader(bytes.NewReader(f.head(chunkHead(f.kind, f.size))), bytes.NewReader(start[:n])))
	f.rect = image.Rect(0, 0, config.Width, config.Height)
	f.canvas = f.rect.Max
	return err
}

// fullRange makes of the samples of VP8, in which black is 16 and white 235, those that package
// image expects, in which they are 0 and 255.
func fullRange(m *image.YCbCr) {
	var light, colour [256]byte
	clamp := func(v int) byte { return byte(min(max(v, 0), 255)) } // it is clamped
	for i := range 256 {
		light[i] = clamp(((i-16)*2*255 + 219) / (2 * 219))
		colour[i] = clamp(128 + int(math.Round(float64(i-128)*255/224)))
	}
	for i, v := range m.Y {
		m.Y[i] = light[v]
	}
	for _, plane := range [][]byte{m.Cb, m.Cr} {
		for i, v := range plane {
			plane[i] = colour[v]
		}
	}
}
