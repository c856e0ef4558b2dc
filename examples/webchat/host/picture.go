package host

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
)

const (
	pictureWidth, pictureHeight = 960, 600
	horizon                     = 372.0
	sunX, sunY, sunRadius       = 640.0, 332.0, 58.0
)

// harbour paints a picture: an evening sky, the sun, the sea, and a boat with its sails up.
func harbour() (io.Reader, error) {
	picture := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	for y := range pictureHeight {
		for x := range pictureWidth {
			var c paint
			for _, d := range [4][2]float64{{.25, .25}, {.75, .25}, {.25, .75}, {.75, .75}} { // smooth edges
				c = c.plus(pixel(float64(x)+d[0], float64(y)+d[1]), 0.25)
			}
			picture.SetRGBA(x, y, color.RGBA{uint8(c.r), uint8(c.g), uint8(c.b), 255})
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, picture)
	return &encoded, err
}

type paint struct{ r, g, b float64 }

func (p paint) plus(q paint, share float64) paint {
	return paint{p.r + q.r*share, p.g + q.g*share, p.b + q.b*share}
}

// mixed returns p with a share of q.
func (p paint) mixed(q paint, share float64) paint {
	share = max(0, min(1, share))
	return paint{}.plus(p, 1-share).plus(q, share)
}

func pixel(x, y float64) paint {
	switch {
	case inTriangle(x, y, 372, 150, 372, 366, 492, 366), inTriangle(x, y, 360, 186, 360, 366, 284, 366):
		return paint{255, 246, 228}.mixed(paint{236, 190, 160}, (y-150)/300)
	case x >= 363 && x < 369 && y >= 138 && y < 380: // the mast
		return paint{74, 48, 44}
	case y >= 374 && y < 408 && x >= 262+(y-374)*0.9 && x < 520-(y-374)*1.3: // the hull
		return paint{122, 44, 48}.mixed(paint{70, 28, 40}, (y-374)/34)
	case y < horizon:
		return sky(x, y)
	default:
		return sea(x, y)
	}
}

func sky(x, y float64) paint {
	c := paint{46, 58, 120}.mixed(paint{214, 112, 128}, y/300).mixed(paint{255, 190, 120}, (y-180)/240)
	distance := math.Hypot(x-sunX, y-sunY)
	if distance < sunRadius {
		return paint{255, 240, 200}
	}
	return c.mixed(paint{255, 222, 160}, 0.75*math.Exp(-(distance-sunRadius)/70))
}

func sea(x, y float64) paint {
	depth := (y - horizon) / (pictureHeight - horizon)
	c := paint{206, 128, 122}.mixed(paint{38, 52, 104}, math.Sqrt(depth)*1.1)
	wave := math.Sin(y*y/900+6*math.Sin(x/70+depth*9)) * math.Sin(x/23+y/5)
	glitter := math.Exp(-math.Abs(x-sunX)/(40+130*depth)) * (0.55 + 0.45*wave)
	return c.mixed(paint{255, 214, 160}, glitter*0.8).mixed(paint{255, 255, 255}, 0.05*max(0, wave))
}

func inTriangle(x, y, ax, ay, bx, by, cx, cy float64) bool {
	side := func(px, py, qx, qy float64) bool { return (x-qx)*(py-qy)-(px-qx)*(y-qy) < 0 }
	a, b, c := side(ax, ay, bx, by), side(bx, by, cx, cy), side(cx, cy, ax, ay)
	return a == b && b == c
}
