package jpegscale

import (
	"io"
	"math/bits"
)

// scan is one pass over the picture, or over some of its colours.
type scan struct {
	*decoder
	parts         []part
	from, to      int  // of a progressive picture: the coefficients that it has, in zigzag order
	refines       bool // it has one more bit of each
	low           uint // and which bit is its lowest
	endOfBand     int  // blocks that have nothing more
	block         [64]int32
	next, missing int // the marker that is due, as its number, and units to leave out
}

// part is a plane in a scan.
type part struct {
	*plane
	dc, ac *huffman
}

func (d *decoder) readScan(b []byte) error {
	if d.frame == nil || len(b) < 1 || len(b) < 4+2*int(b[0]) || b[0] < 1 || b[0] > 4 {
		return ErrDamaged
	}
	s := &scan{decoder: d, to: 63}
	count := int(b[0])
	if tail := b[1+2*count:]; d.frame.progressive {
		s.from, s.to, s.refines, s.low = int(tail[0]), int(tail[1]), tail[2]>>4 != 0, uint(tail[2]&15)
		if s.to > 63 || s.from > s.to || s.low > 13 || s.from == 0 && s.to != 0 || s.from > 0 && count > 1 {
			return ErrDamaged
		}
	}
	for i := range count {
		p, err := s.part(b[1+2*i], b[2+2*i])
		if err != nil {
			return err
		}
		s.parts = append(s.parts, p)
	}
	s.run()
	return nil
}

// part finds a plane and its tables.
func (s *scan) part(id, tables byte) (p part, err error) {
	for _, of := range s.frame.planes {
		if of.id == id && p.plane == nil {
			p.plane = of
		}
	}
	if p.plane == nil || tables>>4 > 3 || tables&15 > 3 {
		return p, ErrDamaged
	}
	for _, other := range s.parts {
		if other.plane == p.plane {
			return p, ErrDamaged
		}
	}
	if s.quant[p.quant] == nil {
		return p, ErrDamaged
	}
	p.last = 0
	if s.from == 0 && !s.refines {
		if p.dc, err = table(s.dc[tables>>4], tables>>4, &standardDC); err != nil {
			return p, err
		}
	}
	if s.to > 0 {
		p.ac, err = table(s.ac[tables&15], tables&15, &standardAC)
	}
	return p, err
}

// run decodes the scan, as far as it goes. Where there are restart markers, it goes on after
// damage at the next.
func (s *scan) run() {
	f := s.frame
	across, down := f.across, f.down
	alone := len(s.parts) == 1
	if alone { // then a unit is one block, and there are none beyond the picture's edge
		p := s.parts[0]
		across, down = ceil(ceil(f.width*p.h, f.hMax), 8), ceil(ceil(f.height*p.v, f.vMax), 8)
	}
	units := across * down
	for unit := 0; unit < units; unit++ {
		if s.restart > 0 && unit > 0 && unit%s.restart == 0 {
			if !s.resume() {
				return
			}
			unit += s.missing * s.restart
		}
		if unit >= units {
			return
		}
		if err := s.unit(unit%across, unit/across, alone); err != nil || s.in.overrun() {
			if s.restart == 0 {
				return
			}
			unit += s.restart - unit%s.restart - 1 // the rest is missing
		}
	}
}

func (s *scan) unit(x, y int, alone bool) error {
	if alone {
		return s.decode(&s.parts[0], x, y)
	}
	for i := range s.parts {
		p := &s.parts[i]
		for v := range p.v {
			for h := range p.h {
				if err := s.decode(p, x*p.h+h, y*p.v+v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// resume looks for the next restart marker, and says what is missing before it. It is false where
// the scan is over.
func (s *scan) resume() bool {
	for i := range s.parts {
		s.parts[i].last = 0
	}
	s.endOfBand = 0
	for {
		marker, err := s.in.nextMarker()
		switch {
		case err != nil:
			return false
		case marker < sof0: // damage
		case marker < rst0 || marker > rst7:
			s.in.marker = marker
			return false
		default:
			const ahead = 2 // more is rather one that came too late
			if s.missing = (int(marker) - rst0 - s.next) & 7; s.missing <= ahead {
				s.next = (s.next + s.missing + 1) & 7
				return true
			}
		}
	}
}

// decode reads a block.
func (s *scan) decode(p *part, x, y int) error {
	if !s.frame.progressive {
		if err := s.sequential(p); err != nil || s.in.overrun() {
			return io.ErrUnexpectedEOF // what is half there is not shown
		}
		s.drawn = true
		s.frame.draw(p.plane, s.quant[p.quant], s.block[:], x, y)
		return nil
	}
	err := s.partly(p, y*p.across+x)
	s.drawn = s.drawn || err == nil && !s.in.overrun()
	return err
}

// partly reads what a scan of a progressive picture has of a block.
func (s *scan) partly(p *part, at int) error {
	size := s.frame.scale * s.frame.scale
	coefficients, nonzero := p.coefficients[at*size:(at+1)*size], &p.nonzero[at]
	switch {
	case s.from == 0 && !s.refines:
		return s.first(p, coefficients)
	case s.from == 0:
		coefficients[0] |= s.in.take(1) << s.low
		return nil
	case !s.refines:
		return s.band(p, coefficients, nonzero)
	}
	return s.refine(p, coefficients, nonzero)
}

func (s *scan) difference(p *part) error {
	size, err := s.in.symbol(p.dc)
	if err != nil || size > 15 {
		return errCode
	}
	p.last += s.in.value(uint(size))
	return nil
}

// sequential reads all coefficients of a block into s.block: those that the scale needs.
func (s *scan) sequential(p *part) error {
	size := s.frame.scale * s.frame.scale
	clear(s.block[:size])
	if err := s.difference(p); err != nil {
		return err
	}
	s.block[0] = p.last
	for k := 1; k < 64; k++ {
		symbol, err := s.in.symbol(p.ac)
		if err != nil {
			return err
		}
		run, bits := int(symbol>>4), uint(symbol&15)
		if bits == 0 {
			if run != 15 {
				return nil
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return errCode
		}
		if at := s.frame.position[k]; at >= 0 {
			s.block[at] = s.in.value(bits)
		} else {
			s.in.n -= bits // symbol has left enough
		}
	}
	return nil
}

// first reads the first coefficient of a block.
func (s *scan) first(p *part, coefficients []int32) error {
	err := s.difference(p)
	coefficients[0] = p.last << s.low
	return err
}

// band reads a band of coefficients for the first time.
func (s *scan) band(p *part, coefficients []int32, nonzero *uint64) error {
	if s.endOfBand > 0 {
		s.endOfBand--
		return nil
	}
	for k := s.from; k <= s.to; k++ {
		symbol, err := s.in.symbol(p.ac)
		if err != nil {
			return err
		}
		run, bits := int(symbol>>4), uint(symbol&15)
		if bits == 0 {
			if run == 15 {
				k += 15
				continue
			}
			s.endOfBand = 1<<run - 1 + int(s.in.take(uint(run))) // below 15
			return nil
		}
		if k += run; k > s.to {
			return errCode
		}
		s.set(coefficients, nonzero, k, s.in.value(bits)<<s.low)
	}
	return nil
}

func (s *scan) set(coefficients []int32, nonzero *uint64, k int, value int32) {
	*nonzero |= 1 << k
	if at := s.frame.position[k]; at >= 0 {
		coefficients[at] = value
	}
}

// refine reads a further bit of a band, T.81 figures G.7 to G.9.
func (s *scan) refine(p *part, coefficients []int32, nonzero *uint64) error {
	k := s.from
	for s.endOfBand == 0 && k <= s.to {
		symbol, err := s.in.symbol(p.ac)
		if err != nil {
			return err
		}
		run, value := int(symbol>>4), int32(0)
		switch symbol & 15 {
		case 0:
			if run < 15 {
				s.endOfBand = 1<<run + int(s.in.take(uint(run))) // below 15
			}
		case 1:
			if value = 1 << s.low; s.in.take(1) == 0 {
				value = -value
			}
		default:
			return errCode
		}
		if s.endOfBand > 0 {
			break
		}
		for ; k <= s.to; k++ {
			if *nonzero>>k&1 != 0 {
				s.correct(coefficients, k)
			} else if run--; run < 0 {
				break
			}
		}
		if value != 0 {
			if k > s.to {
				return errCode
			}
			s.set(coefficients, nonzero, k, value)
		}
		k++
	}
	if s.endOfBand > 0 {
		s.endOfBand--
		for rest := *nonzero >> k << k & (2<<s.to - 1); rest != 0; rest &= rest - 1 {
			s.correct(coefficients, bits.TrailingZeros64(rest))
		}
	}
	return nil
}

// correct reads a further bit of a coefficient that is not zero.
func (s *scan) correct(coefficients []int32, k int) {
	if s.in.take(1) == 0 {
		return
	}
	at := s.frame.position[k]
	switch {
	case at < 0:
	case coefficients[at] >= 0:
		coefficients[at] += 1 << s.low
	default:
		coefficients[at] -= 1 << s.low
	}
}
