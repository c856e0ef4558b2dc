package pngrows

import "encoding/binary"

const opaque = 0xFF << 24

// prepare finds out how pixels become colours.
func (f *format) prepare() {
	switch {
	case f.bits <= 8:
		f.expand = (*format).expandTable
		f.table = make([]uint32, 1<<f.bits)
		for i := range f.table {
			f.table[i] = f.lookedUp(i)
		}
	case f.depth == 8:
		f.expand = map[byte]func(*format, []byte, []uint32){
			greyWithAlpha: (*format).expandGreyWithAlpha, trueColour: (*format).expandColour, withAlpha: (*format).expandWithAlpha,
		}[f.colour]
	default:
		f.expand = (*format).expandDeep
	}
}

// lookedUp is the colour of a pixel of a few bits: what a palette lacks is black.
func (f *format) lookedUp(i int) uint32 {
	if f.colour == grey {
		level := uint32(i * 255 / (len(f.table) - 1)) //nolint:gosec // a byte
		if len(f.transparent) == 2 && int(f.transparent[1]) == i {
			return level * 0x010101
		}
		return opaque | level*0x010101
	}
	colour := uint32(opaque)
	if 3*i < len(f.palette) {
		rgb := f.palette[3*i:]
		colour |= uint32(rgb[0])<<16 | uint32(rgb[1])<<8 | uint32(rgb[2])
	}
	if i < len(f.transparent) {
		colour = colour&^opaque | uint32(f.transparent[i])<<24
	}
	return colour
}

func (f *format) expandTable(row []byte, to []uint32) {
	if f.bits == 8 {
		for i, v := range row[:len(to)] {
			to[i] = f.table[v]
		}
		return
	}
	each, mask := 8/f.bits, len(f.table)-1
	for i := range to {
		shift := 8 - f.bits - i%each*f.bits
		to[i] = f.table[int(row[i/each])>>shift&mask]
	}
}

func (f *format) expandGreyWithAlpha(row []byte, to []uint32) {
	for i := range to {
		to[i] = uint32(row[2*i+1])<<24 | uint32(row[2*i])*0x010101
	}
}

func (f *format) expandColour(row []byte, to []uint32) {
	for i := range to {
		rgb := row[3*i : 3*i+3]
		to[i] = opaque | uint32(rgb[0])<<16 | uint32(rgb[1])<<8 | uint32(rgb[2])
	}
	if f.transparent == nil {
		return
	}
	clear := opaque | uint32(f.transparent[1])<<16 | uint32(f.transparent[3])<<8 | uint32(f.transparent[5])
	for i, colour := range to {
		if colour == clear {
			to[i] &^= opaque
		}
	}
}

func (f *format) expandWithAlpha(row []byte, to []uint32) {
	for i := range to {
		rgba := binary.BigEndian.Uint32(row[4*i:])
		to[i] = rgba>>8 | rgba<<24
	}
}

// expandDeep is of 16 bits a sample.
func (f *format) expandDeep(row []byte, to []uint32) {
	pixel := f.bits / 8
	for i := range to {
		samples := row[i*pixel : (i+1)*pixel]
		red := narrow(samples)
		colour := opaque | red*0x010101
		if f.colour == trueColour || f.colour == withAlpha {
			colour = opaque | red<<16 | narrow(samples[2:])<<8 | narrow(samples[4:])
		}
		switch {
		case f.colour == greyWithAlpha || f.colour == withAlpha:
			colour = colour&^opaque | narrow(samples[pixel-2:])<<24
		case f.transparent != nil && string(f.transparent) == string(samples):
			colour &^= opaque
		}
		to[i] = colour
	}
}

// narrow is a sample of 16 bits in eight.
func narrow(sample []byte) uint32 {
	return (uint32(binary.BigEndian.Uint16(sample))*255 + 32895) >> 16
}
