// Package jpegscale decodes JPEGs at a reduced scale: to a half, a quarter or an eighth of
// each side, straight from the coefficients. It takes a fraction of the time and memory of
// image/jpeg, and shows of a picture that is cut off or damaged what is there, as browsers do.
//
// It reads what browsers show: 8 bits a sample, baseline, extended sequential or progressive,
// with Huffman codes, of one, three or four colours. Frames of Motion JPEG may leave out the
// Huffman tables.
package jpegscale

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
)

// ErrDamaged is returned for what has no picture to show.
var ErrDamaged = errors.New("jpegscale: the picture is damaged, or of a kind that is not known")

// ErrTooLarge is returned for a picture over one of the limits.
var ErrTooLarge = errors.New("jpegscale: the picture is too large")

// Options are what Decode makes, and may take.
type Options struct {
	Side   int   // pixels that the longer side of the result has at least, where the picture has them
	Pixels int64 // of the whole picture, at most
	Memory int64 // bytes, at most
}

// Picture is what was decoded.
type Picture struct {
	*image.RGBA
	Profile []byte // the ICC profile of the colours, as it came; nil for none
}

// profileBytes is the most of a profile that is kept. Those of cameras have some hundred bytes
// to a few kB; larger ones are of printers.
const profileBytes = 64 << 10

// Decode decodes the JPEG that r yields, at the smallest scale that Options.Side allows. What is
// missing of it is grey. Its errors are ErrDamaged where nothing is there, and ErrTooLarge; r's
// own error ends the picture, for the caller to notice.
func Decode(r io.Reader, o Options) (*Picture, error) {
	d := &decoder{in: reader{source: r}, options: o}
	err := d.segments()
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, err
	case d.frame == nil || !d.drawn:
		return nil, ErrDamaged
	}
	return &Picture{RGBA: d.picture(), Profile: d.profile.whole()}, nil
}

type decoder struct {
	in      reader
	options Options

	frame   *frame
	drawn   bool // a block was decoded
	quant   [4]*[64]int32
	dc, ac  [4]*huffman
	restart int // units between restart markers, 0 for none

	jfif    bool
	adobe   int // how the colours are meant, plus one: 0 if nothing is said
	profile profile
}

// Markers, ITU T.81 table B.1. Each follows a byte 0xFF.
const (
	sof0, sof1, sof2, sof15 = 0xC0, 0xC1, 0xC2, 0xCF
	dht, jpg, dac           = 0xC4, 0xC8, 0xCC
	rst0, rst7              = 0xD0, 0xD7
	soi, eoi, sos, dqt, dri = 0xD8, 0xD9, 0xDA, 0xDB, 0xDD
	app0, app2, app14       = 0xE0, 0xE2, 0xEE
	tem                     = 0x01
)

// segments reads everything, up to the end of the picture or what cannot be read.
func (d *decoder) segments() error {
	for {
		marker, err := d.in.nextMarker()
		switch {
		case err != nil:
			return err
		case marker == eoi:
			return nil
		case marker == tem || marker >= rst0 && marker <= soi:
			continue
		}
		payload, err := d.in.payload()
		if err == nil {
			err = d.segment(marker, payload)
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) segment(marker byte, b []byte) error {
	switch {
	case marker == sof0 || marker == sof1 || marker == sof2:
		return d.readFrame(marker == sof2, b)
	case marker == dht:
		return d.readHuffman(b)
	case marker > sof2 && marker <= sof15 && marker != jpg:
		return ErrDamaged // lossless, hierarchical or with arithmetic codes
	case marker == dqt:
		return d.readQuant(b)
	case marker == dri && len(b) >= 2:
		d.restart = int(binary.BigEndian.Uint16(b))
	case marker == sos:
		return d.readScan(b)
	case marker == app0 && len(b) >= 5 && string(b[:5]) == "JFIF\x00":
		d.jfif = true
	case marker == app14 && len(b) >= 12 && string(b[:5]) == "Adobe":
		d.adobe = int(b[11]) + 1
	case marker == app2:
		d.profile.add(b)
	}
	return nil
}

func (d *decoder) readQuant(b []byte) error {
	for len(b) > 0 {
		wide, id := b[0]>>4, b[0]&15
		size := 64 * (1 + int(wide))
		if id > 3 || wide > 1 || len(b) < 1+size {
			return ErrDamaged
		}
		var table [64]int32
		for i := range table {
			if wide == 0 {
				table[i] = int32(b[1+i])
			} else {
				table[i] = int32(binary.BigEndian.Uint16(b[1+2*i:]))
			}
		}
		d.quant[id] = &table
		b = b[1+size:]
	}
	return nil
}

// profile puts a colour profile together, whose parts are numbered.
type profile struct {
	parts [256][]byte
	size  int
}

func (p *profile) add(b []byte) {
	const head = 14 // with the number of the part, and how many there are
	if len(b) < head || string(b[:12]) != "ICC_PROFILE\x00" || p.parts[b[12]] != nil || p.size > profileBytes {
		return
	}
	part := b[head:]
	if p.size += len(part); p.size <= profileBytes {
		p.parts[b[12]] = append([]byte{}, part...)
	}
}

func (p *profile) whole() (whole []byte) {
	if p.size > profileBytes {
		return nil
	}
	for _, part := range p.parts {
		whole = append(whole, part...)
	}
	return whole
}
