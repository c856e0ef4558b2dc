package picture

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"io"

	"github.com/go-df/chat/internal/pngrows"
)

// wholePNG decodes a PNG, a large one row by row. It reads on as far as the picture first, to find the
// orientation and the colour profile that are before it.
func wholePNG(r *bufio.Reader) (*whole, error) {
	first, _ := r.Peek(HeadBytes)
	info, err := Inspect(PNG, first)
	switch {
	case err != nil:
		return nil, err
	case info.Pixels() > ThumbnailPixels:
		return nil, ErrTooLarge
	}
	w := &whole{orientation: 1}
	head, err := w.readPNGHead(r)
	if err != nil {
		return nil, err
	}
	if size := image.Pt(info.Width, info.Height); size != fit(size, reducedSide) {
		return w, w.reducePNG(size, head.Bytes(), r)
	}
	if w.Image, err = png.Decode(io.MultiReader(head, r)); err != nil {
		return nil, damaged(err)
	}
	return w, nil
}

// reducePNG reduces a PNG row by row.
func (w *whole) reducePNG(size image.Point, head []byte, r io.Reader) error {
	small := newReducer(size)
	err := pngrows.Decode(head, r, small.add)
	switch {
	case errors.Is(err, pngrows.ErrTooLarge):
		return ErrTooLarge
	case err != nil:
		return damaged(err)
	}
	w.Image, w.size = small.picture(), size
	return nil
}

// readPNGHead reads what comes before the picture.
func (w *whole) readPNGHead(r *bufio.Reader) (*bytes.Buffer, error) {
	const magic, chunkHead, sum = 8, 8, 4
	var head bytes.Buffer
	_, err := io.CopyN(&head, r, magic)
	for err == nil {
		var chunk []byte
		if chunk, err = r.Peek(chunkHead); err != nil || string(chunk[4:]) == "IDAT" {
			break
		}
		kind, size := string(chunk[4:]), chunkHead+int64(binary.BigEndian.Uint32(chunk))+sum
		if int64(head.Len())+size > headMemory {
			return nil, ErrTooLarge
		}
		before := head.Len()
		if _, err = io.CopyN(&head, r, size); err != nil {
			break
		}
		switch data := head.Bytes()[before+chunkHead : head.Len()-sum]; kind {
		case "eXIf":
			w.orientation = Orientation(data)
		case "iCCP":
			w.profile = inflatedProfile(data)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &head, nil
}

// inflatedProfile reads a colour profile that is compressed behind its name.
func inflatedProfile(chunk []byte) []byte {
	_, data, found := bytes.Cut(chunk, []byte{0})
	if !found || len(data) < 1 {
		return nil
	}
	inflated, err := zlib.NewReader(bytes.NewReader(data[1:])) // behind the method, of which there is one
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(inflated, profileBytes+1))
	if err != nil || len(profile) > profileBytes {
		return nil
	}
	return profile
}
