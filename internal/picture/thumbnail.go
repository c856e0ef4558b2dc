package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"

	"github.com/go-df/chat/internal/icc"
	"github.com/go-df/chat/internal/jpegscale"
)

// Of thumbnails.
const (
	ThumbnailSide   = 512        // pixels of the longer side, at most
	ThumbnailPixels = 24_000_000 // of the picture that it is made of, at most
	JPEGPixels      = 64_000_000 // the same of a JPEG, of which all is never in memory
	ThumbnailMemory = 128 << 20  // bytes that making one may take

	scaleMemory  = 36 << 20 // of ThumbnailMemory, for what is not the picture itself
	decodeMemory = ThumbnailMemory - scaleMemory
	headMemory   = 1 << 20  // of scaleMemory, for what comes before the picture in a PNG
	profileBytes = 64 << 10 // of a colour profile, at most
	jpegQuality  = 80
)

// MaxPixels is how many pixels a picture of a type may have for a thumbnail.
func MaxPixels(contentType string) int64 {
	if contentType == JPEG {
		return JPEGPixels
	}
	return ThumbnailPixels
}

// Thumbnail returns a smaller copy of a picture, upright, in sRGB: a JPEG, or a PNG of what is
// partly transparent. Of what moves it is the first picture; of a JPEG or GIF that is cut off or
// damaged, what is there. Its errors are ErrTooLarge, ErrDamaged, and what reading says.
func Thumbnail(contentType string, r io.Reader) ([]byte, error) {
	source := NewFaultReader(r)
	small, err := shrink(contentType, source)
	switch {
	case source.Fault != nil:
		return nil, source.Fault // whatever the decoder makes of it
	case err != nil:
		return nil, err
	}
	return encode(small)
}

// ThumbnailOf is Thumbnail of what somebody else has decoded: as it is shown, in sRGB.
func ThumbnailOf(m image.Image) (encoded []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			encoded, err = nil, fmt.Errorf("%w: %v", ErrDamaged, fault)
		}
	}()
	switch size := m.Bounds().Size(); {
	case size.X < 1 || size.Y < 1:
		return nil, ErrDamaged
	case int64(size.X) > JPEGPixels/int64(size.Y):
		return nil, ErrTooLarge
	}
	return encode(scale(m, m.Bounds().Size()))
}

func encode(small *image.RGBA) ([]byte, error) {
	var encoded bytes.Buffer
	var err error
	if small.Opaque() {
		err = jpeg.Encode(&encoded, small, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(&encoded, small)
	}
	return encoded.Bytes(), err
}

// shrink makes the copy. A decoder that panics has met a picture that nobody has met before.
func shrink(contentType string, r io.Reader) (small *image.RGBA, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			small, err = nil, fmt.Errorf("%w: %v", ErrDamaged, fault)
		}
	}()
	w, err := decode(contentType, r)
	if err != nil {
		return nil, err
	}
	if w.size == (image.Point{}) {
		w.size = w.Bounds().Size()
	}
	small = turn(scale(w.Image, w.size), w.orientation)
	if conversion := icc.Parse(w.profile); conversion != nil {
		conversion.Convert(small)
	}
	return small, nil
}

// whole is a picture as it was decoded.
type whole struct {
	image.Image
	size        image.Point // that it had, if it was reduced
	orientation int
	profile     []byte // of its colours, nil for sRGB
}

// decode is what the decoders make of a picture that is not too large.
func decode(contentType string, r io.Reader) (*whole, error) {
	switch contentType {
	case JPEG:
		return wholeJPEG(r)
	case PNG:
		return wholePNG(bufio.NewReaderSize(r, HeadBytes))
	case GIF:
		return wholeGIF(bufio.NewReaderSize(r, HeadBytes))
	case WebP:
		return wholeWebP(r)
	}
	return nil, ErrDamaged
}

// wholeJPEG decodes a JPEG to somewhat more pixels than a thumbnail has.
func wholeJPEG(r io.Reader) (*whole, error) {
	const side = ThumbnailSide * 5 / 4
	stripper := NewStripper(r)
	m, err := jpegscale.Decode(stripper, jpegscale.Options{Side: side, Pixels: JPEGPixels, Memory: decodeMemory})
	switch {
	case errors.Is(err, jpegscale.ErrTooLarge):
		return nil, ErrTooLarge
	case err != nil:
		return nil, damaged(err)
	}
	return &whole{Image: m.RGBA, orientation: stripper.orientation, profile: m.Profile}, nil
}

func wholeGIF(r *bufio.Reader) (*whole, error) {
	head, _ := r.Peek(HeadBytes)
	info, err := Inspect(GIF, head)
	switch {
	case err != nil:
		return nil, err
	case info.Pixels() > ThumbnailPixels:
		return nil, ErrTooLarge
	}
	m, err := firstOfGIF(r)
	if err != nil {
		return nil, damaged(err)
	}
	return &whole{Image: m, orientation: 1}, nil
}

// onCanvas is a picture on a larger canvas that is transparent elsewhere.
type onCanvas struct {
	image.Image
	rect, canvas image.Rectangle // where the picture is
}

func (o onCanvas) Bounds() image.Rectangle { return o.canvas }

func (o onCanvas) At(x, y int) color.Color {
	at := image.Pt(x, y)
	if !at.In(o.rect) {
		return color.Transparent
	}
	at = at.Sub(o.rect.Min).Add(o.Image.Bounds().Min)
	return o.Image.At(at.X, at.Y)
}

func (o onCanvas) ColorModel() color.Model { return color.RGBAModel }

// scale makes the longer side ThumbnailSide, or leaves the size as it is. A large picture
// is sampled down to somewhat more first, which costs a fraction of filtering all of it. Its size is
// the one that it had before it was reduced.
func scale(whole image.Image, size image.Point) *image.RGBA {
	if between := fit(size, reducedSide); between != whole.Bounds().Size() {
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
