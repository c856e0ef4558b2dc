package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/webp"
)

// The alpha of a lossy picture is that of x/image, however it is compressed and filtered.
func TestAlphaOfWebP(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, size := range []image.Point{{40, 30}, {1, 17}, {17, 1}} {
		raw := make([]byte, size.X*size.Y)
		for i := range raw {
			raw[i] = byte(random.Uint32())
		}
		for flags := range byte(16) {
			plane := raw
			if flags&3 == 1 {
				plane = dots(size)
			}
			t.Run(fmt.Sprintf("%v, %x", size, flags), func(t *testing.T) {
				alpha := webpChunkOf("ALPH", string([]byte{flags})+string(plane))
				file := webpCanvasOf(0x10, size, alpha+webpChunkOf("JUNK", "x")+vp8Of(size))
				want, wantErr := webp.Decode(bytes.NewReader(file))
				w, err := decode(WebP, bytes.NewReader(file))
				if known := flags&3 < 2; (err == nil) != known || (wantErr == nil) != known {
					t.Fatalf("%v, and x/image says %v", err, wantErr)
				}
				if err != nil {
					return
				}
				if got, want := w.Image.(*image.NYCbCrA), want.(*image.NYCbCrA); !bytes.Equal(got.A, want.A) || got.AStride != want.AStride {
					t.Errorf("it is %v, not %v", got.A, want.A)
				}
			})
		}
	}
}

// What comes twice, or has not the size that the file says, is damaged.
func TestWebPThatContradictsItself(t *testing.T) {
	size, other := image.Pt(40, 30), image.Pt(41, 30)
	alpha := webpChunkOf("ALPH", "\x01"+string(dots(size)))
	lossless := string(webpLosslessDots(size)[webpContainer:])
	for name, file := range map[string][]byte{
		"another size without loss": webpCanvasOf(0, other, lossless),
		"another size with loss":    webpCanvasOf(0, other, vp8Of(size)),
		"another size of alpha":     webpCanvasOf(0x10, size, alpha+vp8Of(other)),
		"alpha twice":               webpCanvasOf(0x10, size, alpha+alpha+vp8Of(size)),
		"alpha and no picture":      webpCanvasOf(0x10, size, alpha),
		"alpha without loss":        webpCanvasOf(0x10, size, alpha+lossless),
		"alpha without a canvas":    riff("ALPH", "\x01"+string(dots(size))),
		"alpha of a wide picture":   webpCanvasOf(0x10, image.Pt(16385, 1), alpha+vp8Of(size)),
		"a frame outside":           webpMoving(size, image.Pt(2, 0), size, []byte(lossless)),
		"an empty chunk":            riff("VP8L", ""),
	} {
		if _, err := Thumbnail(WebP, bytes.NewReader(file)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
