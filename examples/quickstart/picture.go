package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
)

var (
	sky  = []color.RGBA{{92, 72, 132, 255}, {132, 86, 118, 255}, {180, 100, 96, 255}, {226, 122, 78, 255}, {246, 160, 90, 255}}
	sun  = color.RGBA{255, 222, 140, 255}
	lake = color.RGBA{44, 58, 96, 255}
)

// sunset paints a picture: bands of sky, a low sun, and the lake.
func sunset() (io.Reader, error) {
	const width, height, horizon = 160, 90, 60
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := lake
			if y < horizon {
				c = sky[y*len(sky)/horizon]
				if dx, dy := x-110, y-50; dx*dx+dy*dy < 14*14 {
					c = sun
				}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, picture)
	return &encoded, err
}
