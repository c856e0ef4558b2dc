package jpegscale

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/bits"
	"testing"
)

// progressive encodes a picture's coefficients again, in scans that have first some of their bits and
// then the rest.
func progressive(t testing.TB, m image.Image) []byte {
	t.Helper()
	file := encoded(t, m)
	d := &decoder{in: reader{source: bytes.NewReader(file)}, options: whole}
	blocks := map[*plane][][64]int32{}
	d.options.Memory = 1 << 30
	if err := readCoefficients(d, blocks); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte{0xFF, sof0})
	w := &scanWriter{}
	w.Write(file[:at]) // with the tables of steps
	w.Write([]byte{0xFF, sof2})
	w.Write(file[at+2 : at+2+int(file[at+2])<<8+int(file[at+3])])
	w.tables()
	w.scan(d, nil, 0, 0, 0, 1, blocks)
	for _, p := range d.frame.planes {
		w.scan(d, p, 1, 5, 0, 2, blocks)
		w.scan(d, p, 6, 63, 0, 2, blocks)
		w.scan(d, p, 1, 63, 2, 1, blocks)
	}
	w.scan(d, nil, 0, 0, 1, 0, blocks)
	for _, p := range d.frame.planes {
		w.scan(d, p, 1, 63, 1, 0, blocks)
	}
	w.Write([]byte{0xFF, eoi})
	return w.Bytes()
}

// readCoefficients decodes a baseline JPEG as if it were a progressive one.
func readCoefficients(d *decoder, blocks map[*plane][][64]int32) error {
	for {
		marker, err := d.in.nextMarker()
		if err != nil || marker == eoi {
			return err
		}
		if marker == soi {
			continue
		}
		b, err := d.in.payload()
		if err != nil {
			return err
		}
		if marker != sos {
			if err := d.segment(marker, b); err != nil {
				return err
			}
			continue
		}
		s := &scan{decoder: d, to: 63}
		for i := range int(b[0]) {
			p, err := s.part(b[1+2*i], b[2+2*i])
			if err != nil {
				return err
			}
			s.parts = append(s.parts, p)
			blocks[p.plane] = make([][64]int32, p.across*p.down)
		}
		for unit := range d.frame.across * d.frame.down {
			for i := range s.parts {
				p := &s.parts[i]
				for k := range p.h * p.v {
					if err := s.sequential(p); err != nil {
						return err
					}
					x, y := unit%d.frame.across*p.h+k%p.h, unit/d.frame.across*p.v+k/p.h
					block := &blocks[p.plane][y*p.across+x]
					for z, natural := range zigzag {
						block[z] = s.block[natural]
					}
				}
			}
		}
		_, err = d.in.nextMarker()
		return err
	}
}

// scanWriter writes scans, with one table of codes for all: the first 128 symbols have eight bits,
// the others nine.
type scanWriter struct {
	bytes.Buffer
	acc     uint32
	n       uint
	run     int     // blocks that have nothing more
	pending []int32 // bits of theirs
}

func (w *scanWriter) tables() {
	symbols := make([]byte, 256)
	for i := range symbols {
		symbols[i] = byte(i)
	}
	for _, class := range []byte{0x00, 0x10} {
		w.Write([]byte{0xFF, dht, 1, 19, class, 0, 0, 0, 0, 0, 0, 0, 128, 128, 0, 0, 0, 0, 0, 0, 0})
		w.Write(symbols)
	}
}

func (w *scanWriter) bits(v int32, n uint) {
	for i := range n {
		w.acc = w.acc<<1 | uint32(v>>(n-1-i))&1
		if w.n++; w.n == 8 {
			w.WriteByte(byte(w.acc))
			if byte(w.acc) == 0xFF {
				w.WriteByte(0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

func (w *scanWriter) symbol(s byte) {
	if s < 128 {
		w.bits(int32(s), 8)
	} else {
		w.bits(256+int32(s)-128, 9)
	}
}

func (w *scanWriter) number(v int32, run byte) {
	size := uint(bits.Len32(uint32(max(v, -v))))
	w.symbol(run<<4 | byte(size))
	if v < 0 {
		v += 1<<size - 1
	}
	w.bits(v, size)
}

// endRun writes how many blocks have nothing more, and their bits.
func (w *scanWriter) endRun() {
	if w.run > 0 {
		size := uint(bits.Len(uint(w.run)) - 1)
		w.symbol(byte(size) << 4)
		w.bits(int32(w.run)-1<<size, size)
		for _, b := range w.pending {
			w.bits(b, 1)
		}
	}
	w.run, w.pending = 0, nil
}

func (w *scanWriter) scan(d *decoder, only *plane, from, to int, high, low uint, blocks map[*plane][][64]int32) {
	planes := d.frame.planes
	if only != nil {
		planes = []*plane{only}
	}
	w.Write([]byte{0xFF, sos, 0, byte(6 + 2*len(planes)), byte(len(planes))})
	for _, p := range planes {
		w.Write([]byte{p.id, 0})
	}
	w.Write([]byte{byte(from), byte(to), byte(high<<4 | low)})
	last := map[*plane]int32{}
	if only != nil {
		f := d.frame
		across, down := ceil(ceil(f.width*only.h, f.hMax), 8), ceil(ceil(f.height*only.v, f.vMax), 8)
		for i := range across * down {
			block := &blocks[only][i/across*only.across+i%across]
			if high == 0 {
				w.band(block, from, to, low)
			} else {
				w.refine(block, from, to, low)
			}
		}
		w.endRun()
	} else {
		for unit := range d.frame.across * d.frame.down {
			for _, p := range planes {
				for k := range p.h * p.v {
					x, y := unit%d.frame.across*p.h+k%p.h, unit/d.frame.across*p.v+k/p.h
					v := blocks[p][y*p.across+x][0] >> low
					if high != 0 {
						w.bits(v&1, 1)
						continue
					}
					w.number(v-last[p], 0)
					last[p] = v
				}
			}
		}
	}
	for w.n != 0 {
		w.bits(1, 1)
	}
}

// cut is a coefficient without its low bits, towards zero.
func cut(v int32, low uint) int32 {
	if v < 0 {
		return -(-v >> low)
	}
	return v >> low
}

func (w *scanWriter) band(block *[64]int32, from, to int, low uint) {
	zeros := byte(0)
	for k := from; k <= to; k++ {
		v := cut(block[k], low)
		if v == 0 {
			zeros++
			continue
		}
		w.endRun()
		for ; zeros > 15; zeros -= 16 {
			w.symbol(0xF0)
		}
		w.number(v, zeros)
		zeros = 0
	}
	if zeros > 0 {
		if w.run++; w.run == 1<<14 {
			w.endRun()
		}
	}
}

// refine follows T.81, figure G.7.
func (w *scanWriter) refine(block *[64]int32, from, to int, low uint) {
	end := 0 // the last that was zero so far, and is not
	for k := from; k <= to; k++ {
		if v := cut(block[k], low); v == 1 || v == -1 {
			end = k
		}
	}
	zeros, corrections := byte(0), []int32(nil)
	flush := func() {
		for _, b := range corrections {
			w.bits(b, 1)
		}
		corrections = nil
	}
	for k := from; k <= to; k++ {
		v := cut(block[k], low)
		if v == 0 {
			zeros++
			continue
		}
		for zeros > 15 && k <= end {
			w.endRun()
			w.symbol(0xF0)
			flush()
			zeros -= 16
		}
		if v > 1 || v < -1 {
			corrections = append(corrections, max(v, -v)&1)
			continue
		}
		w.endRun()
		w.symbol(zeros<<4 | 1)
		w.bits((v+1)/2, 1)
		flush()
		zeros = 0
	}
	if zeros > 0 || len(corrections) > 0 {
		w.run++
		w.pending = append(w.pending, corrections...)
		if w.run == 1<<14 || len(w.pending) > 900 {
			w.endRun()
		}
	}
}

// rough is a picture with coefficients of all kinds.
func rough(w, h int) *image.RGBA {
	m := smooth(w, h)
	for i := range m.Pix {
		if i%4 != 3 && i/4%7 == 0 && i/(64*w)%2 == 0 {
			m.Pix[i] = byte(i * i >> 3)
		}
	}
	return m
}

// A progressive picture is the same as the baseline one whose coefficients it has, at every scale.
func TestProgressivePictures(t *testing.T) {
	for _, size := range []image.Point{{8, 8}, {40, 30}, {129, 67}} {
		for name, m := range map[string]image.Image{"smooth": smooth(size.X, size.Y), "rough": rough(size.X, size.Y)} {
			scans, baseline := progressive(t, m), encoded(t, m)
			want, err := jpeg.Decode(bytes.NewReader(scans))
			if err != nil {
				t.Fatalf("%s of %v: the generated file is none: %v", name, size, err)
			}
			if d := difference(decode(t, scans, whole), want); d > 3 {
				t.Errorf("%s of %v: other than image/jpeg's by %d", name, size, d)
			}
			for _, side := range []int{1, size.X / 5, size.X / 3, size.X} {
				o := Options{Side: side, Pixels: 1 << 30, Memory: 1 << 30}
				if d := difference(decode(t, scans, o), decode(t, baseline, o)); d != 0 {
					t.Errorf("%s of %v to %d: other than the baseline one by %d", name, size, side, d)
				}
			}
		}
	}
}
