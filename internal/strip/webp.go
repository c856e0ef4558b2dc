package strip

import (
	"encoding/binary"
	"io"
)

// webpStays are the chunks of a picture, and of the pictures in one that moves.
var webpStays = map[string]bool{
	"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true,
}

// webpReader overwrites EXIF, XMP and unknown chunks by JUNK of the same size, since the size of
// all comes first; it drops what follows the end.
type webpReader struct {
	*pass
	end int64 // of the picture, as its head says
}

func newWebP(r io.Reader) *webpReader {
	w := &webpReader{pass: newPass(r)}
	w.step = w.start
	return w
}

func (w *webpReader) start() error {
	const head = 12
	b, _ := w.in.Peek(head)
	if len(b) < head || string(b[:4]) != "RIFF" || string(b[8:]) != "WEBP" {
		return w.copyRest()
	}
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	w.end = 8 + size + size&1
	w.treat(copied, head, nil)
	w.step = w.chunk
	return nil
}

// chunk takes the head of a chunk. The chunks of a frame follow its own head, as if they were
// not in it.
func (w *webpReader) chunk() error {
	const head, frameHead = 8, 16
	if w.at >= w.end {
		return w.drop()
	}
	b, err := w.take(head)
	if err != nil {
		return w.cutOff()
	}
	chunk := [head]byte(b)
	size := int64(binary.LittleEndian.Uint32(chunk[4:]))
	size = min(size+size&1, max(w.end-w.at, 0))
	kind := string(chunk[:4])
	switch {
	case kind == "ANMF":
		w.treat(copied, min(size, frameHead), chunk[:])
	case kind == "VP8X":
		return w.extended(chunk, size)
	case webpStays[kind]:
		w.treat(copied, size, chunk[:])
	default:
		copy(chunk[:], "JUNK")
		w.treat(zeroed, size, chunk[:])
	}
	return nil
}

// extended clears the flags that announce EXIF and XMP.
func (w *webpReader) extended(chunk [8]byte, size int64) error {
	const exif, xmp = 0x08, 0x04
	before := chunk[:]
	if size > 0 {
		flags, err := w.take(1)
		if err != nil {
			w.out = append(w.out[:0], before...)
			return w.ended(err)
		}
		before = append(before, flags[0]&^(exif|xmp))
		size--
	}
	w.treat(copied, size, before)
	return nil
}
