package picture

import (
	"errors"
	"image"
	"io"
	"math"

	"golang.org/x/image/vp8"

	"github.com/go-df/chat/internal/vp8l"
)

// wholeWebP decodes the first picture of a WebP.
func wholeWebP(r io.Reader) (*whole, error) {
	f, err := firstOfWebP(r)
	if err != nil {
		return nil, err
	}
	w := &whole{orientation: 1, profile: f.profile}
	if f.kind == "VP8L" {
		w.Image, err = f.lossless()
		w.size = f.canvas
	} else {
		w.Image, err = f.lossy()
	}
	if err != nil && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrDamaged) {
		err = damaged(err)
	}
	return w, err
}

// lossless decodes a picture without loss, and reduces it row by row.
func (f *webpFrame) lossless() (image.Image, error) {
	chunk := io.LimitReader(f.data, f.size)
	var head [vp8l.HeadBytes]byte
	if _, err := io.ReadFull(chunk, head[:]); err != nil {
		return nil, err
	}
	width, height, err := vp8l.Size(head)
	if err != nil {
		return nil, err
	}
	if err := f.is(width, height); err != nil {
		return nil, err
	}
	small := newReducer(f.canvas)
	err = losslessRows(chunk, width, height, func(y int, row []uint32) { small.add(f.rect.Min.Y+y, f.rect.Min.X, 1, row) })
	if err != nil {
		return nil, err
	}
	return small.picture(), nil
}

// losslessRows decodes what is behind the head.
func losslessRows(r io.Reader, width, height int, to func(y int, row []uint32)) error {
	d, err := vp8l.NewDecoder(r, width, height)
	for y := 0; y < height && err == nil; y++ {
		var row []uint32
		if row, err = d.Row(); err == nil {
			to(y, row)
		}
	}
	if errors.Is(err, vp8l.ErrTooLarge) {
		return ErrTooLarge
	}
	return err
}

// lossy decodes a picture with loss, behind its alpha if it has some.
func (f *webpFrame) lossy() (image.Image, error) {
	var alpha []byte
	if f.kind == "ALPH" {
		size := f.rect.Size()
		if err := f.is(size.X, size.Y); err != nil {
			return nil, err
		}
		var err error
		if alpha, err = f.alpha(); err != nil {
			return nil, err
		}
	}
	m, err := f.vp8(int64(len(alpha)))
	if err != nil {
		return nil, err
	}
	fullRange(m)
	var shown image.Image = m
	if alpha != nil {
		shown = &image.NYCbCrA{YCbCr: *m, A: alpha, AStride: m.Rect.Dx()}
	}
	if canvas := (image.Rectangle{Max: f.canvas}); f.rect != canvas {
		shown = onCanvas{shown, f.rect, canvas}
	}
	return shown, nil
}

// vp8 decodes the chunk, which the decoder reads into memory. Beside it that takes one and a half bytes
// a pixel, and something for each 16 × 16 of them.
func (f *webpFrame) vp8(memory int64) (*image.YCbCr, error) {
	const perPixel = 2
	if memory += f.size; memory > decodeMemory {
		return nil, ErrTooLarge
	}
	decoder := vp8.NewDecoder()
	decoder.Init(f.data, int(f.size))
	head, err := decoder.DecodeFrameHeader()
	if err != nil {
		return nil, err
	}
	if err := f.is(head.Width, head.Height); err != nil {
		return nil, err
	}
	if memory+perPixel*int64(head.Width)*int64(head.Height) > decodeMemory {
		return nil, ErrTooLarge
	}
	return decoder.DecodeFrame()
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
