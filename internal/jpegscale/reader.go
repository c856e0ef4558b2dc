package jpegscale

import (
	"encoding/binary"
	"errors"
	"io"
)

var errCode = errors.New("jpegscale: no such code")

// reader reads segments, and between them bits.
type reader struct {
	source  io.Reader
	err     error // of the source
	buffer  [16 << 10]byte
	at, end int
	room    []byte // for a segment

	bits   uint64 // of which the low n were not taken yet
	n      uint
	padded uint // of those that n counts, or counted: zeros behind the end of the data
	marker byte // that ended the data, 0 for none
}

// byte returns the next byte, false at the end.
func (r *reader) byte() (byte, bool) {
	if r.at == r.end && !r.more() {
		return 0, false
	}
	b := r.buffer[r.at]
	r.at++
	return b, true
}

func (r *reader) more() bool {
	for empty := 0; r.err == nil && empty < 100; empty++ {
		var n int
		if n, r.err = r.source.Read(r.buffer[:]); n > 0 {
			r.at, r.end = 0, n
			return true
		}
	}
	if r.err == nil {
		r.err = io.ErrNoProgress
	}
	return false
}

// nextMarker returns the marker that ended the data, or skips to the next.
func (r *reader) nextMarker() (byte, error) {
	r.bits, r.n, r.padded = 0, 0, 0
	if found := r.marker; found != 0 {
		r.marker = 0
		return found, nil
	}
	for filled := false; ; {
		b, ok := r.byte()
		switch {
		case !ok:
			return 0, io.ErrUnexpectedEOF
		case b == 0xFF:
			filled = true
		case filled && b != 0:
			return b, nil
		default:
			filled = false
		}
	}
}

// payload reads a segment behind its marker. It is overwritten by the next.
func (r *reader) payload() ([]byte, error) {
	high, _ := r.byte()
	low, ok := r.byte()
	size := int(high)<<8 | int(low)
	if !ok || size < 2 {
		return nil, ErrDamaged
	}
	if r.room == nil {
		r.room = make([]byte, 1<<16)
	}
	b := r.room[:size-2]
	for read := 0; read < len(b); {
		if r.at == r.end && !r.more() {
			return nil, io.ErrUnexpectedEOF
		}
		n := copy(b[read:], r.buffer[r.at:r.end])
		r.at += n
		read += n
	}
	return b, nil
}

// fill makes n at least 57. Behind a marker, or the end, there are zeros.
func (r *reader) fill() {
	if r.end-r.at >= 8 && r.marker == 0 {
		v := binary.BigEndian.Uint64(r.buffer[r.at:])
		if inverse := ^v; (inverse-0x0101010101010101)&v&0x8080808080808080 == 0 { // no byte is 0xFF
			whole := (64 - r.n) / 8
			r.bits = r.bits<<(8*whole) | v>>(64-8*whole)
			r.at += int(whole)
			r.n += 8 * whole
			return
		}
	}
	for r.n <= 56 {
		b, ok := r.dataByte()
		if !ok {
			r.padded += 8
		}
		r.bits = r.bits<<8 | uint64(b)
		r.n += 8
	}
}

// dataByte returns a byte of compressed data, in which 0xFF is followed by a zero.
func (r *reader) dataByte() (byte, bool) {
	if r.marker != 0 {
		return 0, false
	}
	b, ok := r.byte()
	if b != 0xFF || !ok {
		return b, ok
	}
	for b == 0xFF { // before a marker there may be several
		if b, ok = r.byte(); !ok {
			return 0, false
		}
	}
	if b == 0 {
		return 0xFF, true
	}
	r.marker = b
	return 0, false
}

// overrun reports whether bits were taken that are not there.
func (r *reader) overrun() bool { return r.n < r.padded }

// take returns the next k bits, at most 16.
func (r *reader) take(k uint) int32 {
	if r.n < k {
		r.fill()
	}
	r.n -= k
	return int32(r.bits >> r.n & (1<<k - 1)) //nolint:gosec // at most 16 bits
}

// value reads a number of k bits as T.81 writes it, figure F.12.
func (r *reader) value(k uint) int32 {
	if k == 0 {
		return 0
	}
	v := r.take(k)
	if v < 1<<(k-1) {
		v += -1<<k + 1
	}
	return v
}

// huffman is a table of codes of at most 16 bits.
type huffman struct {
	short   [1 << shortBits]uint16 // by the next bits: the symbol and, in the low byte, its code's length; 0 for a longer one
	limit   [17]int32              // the code behind the last of a length
	offset  [17]int32              // of the symbols of that length, less their first code
	symbols []byte
}

const shortBits = 9

// newHuffman makes a table of how many codes there are of each length from 1 to 16.
func newHuffman(counts, symbols []byte) (*huffman, error) {
	h := &huffman{symbols: append([]byte{}, symbols...)}
	code, first := int32(0), int32(0)
	for i, count := range counts {
		length := i + 1
		h.offset[length] = first - code
		for range count {
			if length <= shortBits && code < 1<<length {
				entry := uint16(symbols[first])<<8 | uint16(length) // at most 9
				from := code << (shortBits - length)
				for j := range int32(1) << (shortBits - length) {
					h.short[from+j] = entry
				}
			}
			code++
			first++
		}
		if code > 1<<length {
			return nil, ErrDamaged
		}
		if count > 0 {
			h.limit[length] = code
		}
		code <<= 1
	}
	return h, nil
}

// symbol reads a symbol. At least 25 bits are there behind it.
func (r *reader) symbol(h *huffman) (byte, error) {
	if r.n < 41 {
		r.fill()
	}
	if entry := h.short[r.bits>>(r.n-shortBits)&(1<<shortBits-1)]; entry != 0 {
		r.n -= uint(entry & 0xFF)
		return byte(entry >> 8), nil
	}
	for length := uint(shortBits + 1); length <= 16; length++ {
		code := int32(r.bits >> (r.n - length) & (1<<length - 1)) //nolint:gosec // at most 16 bits
		if code < h.limit[length] {
			r.n -= length
			return h.symbols[h.offset[length]+code], nil
		}
	}
	return 0, errCode
}

func (d *decoder) readHuffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 || b[0]>>4 > 1 || b[0]&15 > 3 {
			return ErrDamaged
		}
		symbols := 0
		for _, count := range b[1:17] {
			symbols += int(count)
		}
		if symbols > 256 || len(b) < 17+symbols {
			return ErrDamaged
		}
		table, err := newHuffman(b[1:17], b[17:17+symbols])
		if err != nil {
			return err
		}
		if b[0]>>4 == 0 {
			d.dc[b[0]&15] = table
		} else {
			d.ac[b[0]&15] = table
		}
		b = b[17+symbols:]
	}
	return nil
}

// table returns a table that was read or, where none was, the one of T.81 annex K.3, which
// frames of Motion JPEG leave out.
func table(read *huffman, id byte, standard *[2]standardTable) (*huffman, error) {
	if read != nil {
		return read, nil
	}
	if id > 1 {
		return nil, ErrDamaged
	}
	return newHuffman([]byte(standard[id].counts), []byte(standard[id].symbols))
}

// standardTable is a table as the standard writes it; the first of two is for luminance.
type standardTable struct{ counts, symbols string }

var standardDC = [2]standardTable{
	{"\x00\x01\x05\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"},
	{"\x00\x03\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"},
}

var standardAC = [2]standardTable{
	{"\x00\x02\x01\x03\x03\x02\x04\x03\x05\x05\x04\x04\x00\x00\x01\x7d", "" +
		"\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08\x23\x42\xb1" +
		"\xc1\x15\x52\xd1\xf0\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28\x29\x2a\x34\x35\x36\x37" +
		"\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a" +
		"\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3" +
		"\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3" +
		"\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"},
	{"\x00\x02\x01\x02\x04\x04\x03\x04\x07\x05\x04\x04\x00\x01\x02\x77", "" +
		"\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91\xa1\xb1\xc1" +
		"\x09\x23\x33\x52\xf0\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26\x27\x28\x29\x2a\x35\x36" +
		"\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69" +
		"\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a" +
		"\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca" +
		"\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"},
}
