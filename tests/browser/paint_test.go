package browser_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// painted returns a picture of a size.
func painted(width, height int) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetRGBA(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), 140, 255})
		}
	}
	var encoded bytes.Buffer
	_ = png.Encode(&encoded, picture) // a buffer does not fail
	return encoded.Bytes()
}
