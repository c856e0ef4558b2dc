package picture

import (
	"io"
)

// alpha reads the plane of alpha before a lossy picture, and goes on to the picture.
func (f *webpFrame) alpha() ([]byte, error) {
	const raw, compressed, mostSide = 0, 1, 1 << 14
	chunk := io.LimitReader(f.data, f.size)
	var flags [1]byte
	if _, err := io.ReadFull(chunk, flags[:]); err != nil {
		return nil, err
	}
	width, height := f.rect.Dx(), f.rect.Dy()
	if width > mostSide || height > mostSide {
		return nil, ErrDamaged
	}
	plane := make([]byte, width*height)
	filter := flags[0] >> 2 & 3
	var err error
	switch flags[0] & 3 {
	case raw:
		if _, err = io.ReadFull(chunk, plane); err == nil {
			for y := range height {
				unfilterAlpha(plane, y, width, filter)
			}
		}
	case compressed:
		err = losslessRows(chunk, width, height, func(y int, row []uint32) {
			for x, colour := range row {
				plane[y*width+x] = byte(colour >> 8) //nolint:gosec // green is the alpha
			}
			unfilterAlpha(plane, y, width, filter)
		})
	default:
		err = ErrDamaged
	}
	if err != nil {
		return nil, err
	}
	return plane, f.next(chunk, "VP8 ")
}

// unfilterAlpha undoes the filter of row y: it has differences from what the pixels to the left and
// above let expect. In the first row it is the pixel to the left, in the first column that above.
func unfilterAlpha(plane []byte, y, width int, filter byte) {
	const none, left, up, gradient = 0, 1, 2, 3
	row := plane[y*width : (y+1)*width]
	if filter == none {
		return
	}
	if y == 0 {
		for x := 1; x < width; x++ {
			row[x] += row[x-1]
		}
		return
	}
	above := plane[(y-1)*width : y*width]
	row[0] += above[0]
	for x := 1; x < width; x++ {
		switch filter {
		case left:
			row[x] += row[x-1]
		case up:
			row[x] += above[x]
		case gradient:
			expected := int(row[x-1]) + int(above[x]) - int(above[x-1])
			row[x] += byte(min(max(expected, 0), 255))
		}
	}
}
