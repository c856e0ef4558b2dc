package host

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
)

// harbour paints a picture: an evening sky, the sea, and a boat with its sail up.
func harbour() (io.Reader, error) {
	const width, height, horizon = 320, 200, 130
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{uint8(40 + y), uint8(70 + y/2), 150, 255}
			if y >= horizon {
				c = color.RGBA{20, uint8(60 + (y-horizon)/2), uint8(110 + (x+3*y)%16), 255}
			}
			switch {
			case y >= 60 && y < 128 && x >= 160 && x < 160+(y-60)*2/3: // the sail
				c = color.RGBA{250, 240, 220, 255}
			case y >= 132 && y < 146 && x >= 130+(y-132) && x < 220-(y-132): // the hull
				c = color.RGBA{120, 50, 40, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, picture)
	return &encoded, err
}
