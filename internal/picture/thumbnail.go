package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Of thumbnails.
const (
	ThumbnailSide   = 512        // pixels of the longer side, at most
	ThumbnailPixels = 24_000_000 // of the picture that it is made of, at most
	ThumbnailMemory = 128 << 20  // bytes that making one may take

	scaleMemory = 36 << 20 // of ThumbnailMemory, for what is not the picture itself
	headMemory  = 1 << 20  // of scaleMemory, for what comes before the first scan of a JPEG
	jpegQuality = 80
)

// Thumbnail returns a smaller copy of a picture, upright: a JPEG, or a PNG of what is
// partly transparent. Of what moves it is the first picture. Its errors are ErrTooLarge,
// ErrDamaged, and what reading says.
func Thumbnail(contentType string, r io.Reader) ([]byte, error) {
	source := &faultReader{source: r}
	small, err := shrink(contentType, source)
	switch {
	case source.fault != nil:
		return nil, source.fault // whatever the decoder makes of it
	case err != nil:
		return nil, err
	}
	var encoded bytes.Buffer
	if small.Opaque() {
		err = jpeg.Encode(&encoded, small, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(&encoded, small)
	}
	return encoded.Bytes(), err
}

// faultReader remembers what was wrong with reading, other than the end.
type faultReader struct {
	source io.Reader
	fault  error
}

func (f *faultReader) Read(p []byte) (int, error) {
	n, err := f.source.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.fault = err
	}
	return n, err
}

func shrink(contentType string, r io.Reader) (*image.RGBA, error) {
	info, r, err := inspect(contentType, r)
	if err != nil {
		return nil, err
	}
	if info.Pixels() > ThumbnailPixels || info.memory > ThumbnailMemory-scaleMemory {
		return nil, ErrTooLarge
	}
	whole, err := decode(contentType, r)
	if err != nil {
		return nil, err
	}
	if contentType == GIF { // whose first picture may fill a part of it only
		whole = onCanvas{whole, image.Rect(0, 0, info.Width, info.Height)}
	}
	return turn(scale(whole), info.Orientation), nil
}

// inspect reads the head, and returns a reader of the whole all the same.
func inspect(contentType string, r io.Reader) (Info, io.Reader, error) {
	if contentType != JPEG {
		buffered := bufio.NewReaderSize(r, HeadBytes)
		head, _ := buffered.Peek(HeadBytes)
		info, err := Inspect(contentType, head)
		if contentType == PNG && err == nil {
			return inspectTurnedPNG(info, buffered)
		}
		return info, buffered, err
	}
	stripper := NewStripper(r)
	var head bytes.Buffer
	for piece := make([]byte, 4<<10); stripper.scans == 0; {
		n, err := stripper.Read(piece)
		head.Write(piece[:n])
		switch {
		case err != nil:
			return Info{}, nil, err
		case head.Len() > headMemory:
			return Info{}, nil, ErrTooLarge
		}
	}
	info, err := stripper.Info()
	return info, io.MultiReader(&head, stripper), err
}

// decode is what the decoders make of it. One that panics has met a picture that nobody
// has met before.
func decode(contentType string, r io.Reader) (whole image.Image, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			whole, err = nil, fmt.Errorf("%w: %v", ErrDamaged, fault)
		}
	}()
	decoders := map[string]func(io.Reader) (image.Image, error){
		PNG: png.Decode, JPEG: jpeg.Decode, GIF: gif.Decode, WebP: webp.Decode,
	}
	whole, err = decoders[contentType](r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return whole, nil
}

// onCanvas is a picture on a larger canvas that is transparent elsewhere.
type onCanvas struct {
	image.Image
	canvas image.Rectangle
}

func (o onCanvas) Bounds() image.Rectangle { return o.canvas }

func (o onCanvas) At(x, y int) color.Color {
	if !image.Pt(x, y).In(o.Image.Bounds()) {
		return color.Transparent
	}
	return o.Image.At(x, y)
}

func (o onCanvas) ColorModel() color.Model { return color.RGBAModel }

// scale makes the longer side ThumbnailSide, or leaves the size as it is. A large picture
// is sampled down to twice that first, which costs a ninth of filtering all of it.
func scale(whole image.Image) *image.RGBA {
	size := whole.Bounds().Size()
	if between := fit(size, 2*ThumbnailSide); between != size {
		sampled := image.NewRGBA(image.Rectangle{Max: between})
		draw.ApproxBiLinear.Scale(sampled, sampled.Rect, whole, whole.Bounds(), draw.Src, nil)
		whole = sampled
	}
	small := image.NewRGBA(image.Rectangle{Max: fit(size, ThumbnailSide)})
	draw.CatmullRom.Scale(small, small.Rect, whole, whole.Bounds(), draw.Src, nil)
	return small
}

// fit is the size with the longer side cut to side, and the other in proportion.
func fit(size image.Point, side int) image.Point {
	longer := max(size.X, size.Y)
	if longer <= side {
		return size
	}
	return image.Pt(max(1, (size.X*side+longer/2)/longer), max(1, (size.Y*side+longer/2)/longer))
}

// turn makes upright what an orientation says about.
func turn(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	upright := image.NewRGBA(image.Rectangle{Max: turned(w, h, orientation)})
	for y := range h {
		for x := range w {
			at := turnedPoint(x, y, w-1, h-1, orientation)
			upright.SetRGBA(at.X, at.Y, m.RGBAAt(x, y))
		}
	}
	return upright
}

// turnedPoint is where x, y of a picture with the last column right and the last row
// bottom is shown, by Exif 2.3, table of tag 274.
func turnedPoint(x, y, right, bottom, orientation int) image.Point {
	switch orientation {
	case 2:
		return image.Pt(right-x, y)
	case 3:
		return image.Pt(right-x, bottom-y)
	case 4:
		return image.Pt(x, bottom-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(bottom-y, x)
	case 7:
		return image.Pt(bottom-y, right-x)
	case 8:
		return image.Pt(y, right-x)
	}
	return image.Pt(x, y)
}
