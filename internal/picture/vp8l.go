package picture

import (
	"bufio"
	"errors"
	"io"
)

// vp8lScan reads a picture without loss as far as its Huffman trees, to find out what memory the
// decoder will take for them: there may be 2,600 groups of five, of more than 100 kB each, in
// some hundred kB of a file that is made for it. Those of programs are fewer by far.
//
// The format is RFC 9649, chapter 3.
type vp8lScan struct {
	r      *bufio.Reader
	bits   uint32
	n      uint
	err    error
	memory int64
}

const vp8lGroups = 2600 // that the decoder takes, at most

var errVP8L = errors.New("no picture without loss")

// vp8lMemory estimates what decoding w × h pixels takes, whose data r yields behind the header.
func vp8lMemory(r io.Reader, w, h int) (int64, error) {
	const perPixel = 7 // four, or six of few colours, and the transforms'
	s := &vp8lScan{r: bufio.NewReader(r), memory: perPixel * int64(w) * int64(h)}
	for seen := 0; s.read(1) == 1 && s.err == nil; seen++ {
		const predictor, crossColour, indexing = 0, 1, 3
		if seen == 4 {
			return 0, errVP8L
		}
		switch s.read(2) {
		case predictor, crossColour:
			tile := s.read(3) + 2
			s.pixels(tiles(w, tile), tiles(h, tile))
		case indexing:
			colours := int(s.read(8)) + 1
			s.pixels(colours, 1)
			switch {
			case colours <= 2:
				w = tiles(w, 3)
			case colours <= 4:
				w = tiles(w, 2)
			case colours <= 16:
				w = tiles(w, 1)
			}
		}
	}
	cache := s.cacheBits()
	groups := 1
	if s.read(1) == 1 {
		tile := s.read(3) + 2
		for _, colour := range s.pixels(tiles(w, tile), tiles(h, tile)) {
			groups = max(groups, int(colour>>8&0xFFFF)+1)
		}
	}
	for range min(groups, vp8lGroups) {
		s.group(cache)
	}
	return s.memory, s.err
}

func tiles(n int, bits uint32) int { return (n + 1<<bits - 1) >> bits }

// read returns the next n bits, at most 16, and zeros after an error.
func (s *vp8lScan) read(n uint) uint32 {
	for s.n < n && s.err == nil {
		var b byte
		b, s.err = s.r.ReadByte()
		s.bits |= uint32(b) << s.n
		s.n += 8
	}
	if s.err != nil {
		return 0
	}
	v := s.bits & (1<<n - 1)
	s.bits >>= n
	s.n -= n
	return v
}

func (s *vp8lScan) cacheBits() uint32 {
	if s.read(1) == 0 {
		return 0
	}
	bits := s.read(4)
	if bits < 1 || bits > 11 {
		s.fail()
	}
	return bits
}

func (s *vp8lScan) fail() {
	if s.err == nil {
		s.err = errVP8L
	}
}

// vp8lTree is a canonical code: how many codes there are of each length, and the symbols in the
// order of their codes.
type vp8lTree struct {
	counts  [16]int
	symbols []uint16
}

func newVP8LTree(lengths []byte) (*vp8lTree, bool) {
	t := &vp8lTree{}
	for _, n := range lengths {
		t.counts[n]++
	}
	t.counts[0] = 0
	var next [17]int
	left := 1
	for n := 1; n < 16; n++ {
		next[n+1] = next[n] + t.counts[n]
		left = 2*left - t.counts[n]
		if left < 0 {
			return nil, false
		}
	}
	t.symbols = make([]uint16, next[16])
	for symbol, n := range lengths {
		if n > 0 {
			t.symbols[next[n]] = uint16(symbol) // below 2,400
			next[n]++
		}
	}
	return t, len(t.symbols) > 0
}

// next reads a symbol. The only one of a tree takes no bits.
func (s *vp8lScan) next(t *vp8lTree) uint32 {
	if len(t.symbols) == 1 {
		return uint32(t.symbols[0])
	}
	code, first, index := 0, 0, 0
	for n := 1; n < 16 && s.err == nil; n++ {
		code |= int(s.read(1))
		count := t.counts[n]
		if code-first < count {
			return uint32(t.symbols[index+code-first])
		}
		index += count
		first, code = (first+count)<<1, code<<1
	}
	s.fail()
	return 0
}

const (
	vp8lLiterals = 256
	vp8lLengths  = 24
)

// group reads five trees, and counts what the decoder makes of them.
func (s *vp8lScan) group(cache uint32) (group [5]*vp8lTree) {
	for i, size := range [5]int{vp8lLiterals + vp8lLengths, vp8lLiterals, vp8lLiterals, vp8lLiterals, 40} {
		if i == 0 && cache > 0 {
			size += 1 << cache
		}
		group[i] = s.tree(size)
	}
	return group
}

func (s *vp8lScan) tree(size int) *vp8lTree {
	const table, perLength, perSymbol = 600, 8, 16
	s.memory += table
	if s.read(1) == 1 {
		two, wide := s.read(1), 1+7*uint(s.read(1))
		lengths := make([]byte, vp8lLiterals)
		lengths[s.read(wide)] = 1
		if two == 1 {
			lengths[s.read(8)] = 1
		}
		return s.made(lengths[:min(size, len(lengths))])
	}
	lengths := s.lengths(size)
	t := s.made(lengths)
	s.memory += 2*table + perLength*int64(size) + perSymbol*int64(len(t.symbols))
	return t
}

func (s *vp8lScan) made(lengths []byte) *vp8lTree {
	t, ok := newVP8LTree(lengths)
	if !ok {
		s.fail()
		return &vp8lTree{symbols: make([]uint16, 1)}
	}
	return t
}

// lengths reads the lengths of a tree's codes, which have codes of their own.
func (s *vp8lScan) lengths(size int) []byte {
	order := [19]byte{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	own := make([]byte, len(order))
	count := int(s.read(4)) + 4
	for _, at := range order[:min(count, len(order))] {
		own[at] = byte(s.read(3)) //nolint:gosec // three bits
	}
	t := s.made(own)
	symbols := size
	if s.read(1) == 1 {
		symbols = int(s.read(2+2*uint(s.read(3)))) + 2
	}
	lengths, before := make([]byte, size), byte(8)
	for at := 0; at < size && symbols > 0 && s.err == nil; symbols-- {
		length, repeat := byte(s.next(t)), 1 //nolint:gosec // below 19
		switch length {
		case 16:
			length, repeat = before, 3+int(s.read(2))
		case 17:
			length, repeat = 0, 3+int(s.read(3))
		case 18:
			length, repeat = 0, 11+int(s.read(7))
		default:
			if length > 0 {
				before = length
			}
		}
		if at+repeat > size {
			s.fail()
			break
		}
		for range repeat {
			lengths[at] = length
			at++
		}
	}
	return lengths
}

// pixels reads a picture that says something about the picture itself.
func (s *vp8lScan) pixels(w, h int) []uint32 {
	cache := s.cacheBits()
	var cached []uint32
	if cache > 0 && s.err == nil {
		cached = make([]uint32, 1<<cache)
	}
	group := s.group(cache)
	if s.err != nil {
		return nil
	}
	pixels := make([]uint32, 0, w*h)
	keep := func(colour uint32) {
		pixels = append(pixels, colour)
		if cached != nil {
			cached[colour*0x1e35a7bd>>(32-cache)] = colour
		}
	}
	for len(pixels) < w*h && s.err == nil {
		green := s.next(group[0])
		switch {
		case green < vp8lLiterals:
			red, blue, alpha := s.next(group[1]), s.next(group[2]), s.next(group[3])
			keep(alpha<<24 | red<<16 | green<<8 | blue)
		case green < vp8lLiterals+vp8lLengths:
			length := s.number(green - vp8lLiterals)
			from := len(pixels) - vp8lDistance(w, s.number(s.next(group[4])))
			if from < 0 || len(pixels)+length > w*h {
				s.fail()
				return nil
			}
			for range length {
				keep(pixels[from])
				from++
			}
		default:
			index := green - vp8lLiterals - vp8lLengths
			if int(index) >= len(cached) {
				s.fail()
				return nil
			}
			keep(cached[index])
		}
	}
	return pixels
}

// number reads a length or a distance by its prefix.
func (s *vp8lScan) number(prefix uint32) int {
	if prefix < 4 {
		return int(prefix) + 1
	}
	extra := uint(prefix-2) >> 1
	return int((2+prefix&1)<<extra+s.readLong(extra)) + 1
}

// readLong reads up to 18 bits.
func (s *vp8lScan) readLong(n uint) uint32 {
	low := s.read(min(n, 16))
	return low | s.read(n-min(n, 16))<<16
}

// vp8lDistance is how many pixels back a distance's code leads, of which the first 120 are of
// pixels nearby.
func vp8lDistance(w, code int) int {
	const nearby = "\x18\x07\x17\x19\x28\x06\x27\x29\x16\x1a\x26\x2a\x38\x05\x37\x39\x15\x1b\x36\x3a" +
		"\x25\x2b\x48\x04\x47\x49\x14\x1c\x35\x3b\x46\x4a\x24\x2c\x58\x45\x4b\x34\x3c\x03" +
		"\x57\x59\x13\x1d\x56\x5a\x23\x2d\x44\x4c\x55\x5b\x33\x3d\x68\x02\x67\x69\x12\x1e" +
		"\x66\x6a\x22\x2e\x54\x5c\x43\x4d\x65\x6b\x32\x3e\x78\x01\x77\x79\x53\x5d\x11\x1f" +
		"\x64\x6c\x42\x4e\x76\x7a\x21\x2f\x75\x7b\x31\x3f\x63\x6d\x52\x5e\x00\x74\x7c\x41" +
		"\x4f\x10\x20\x62\x6e\x30\x73\x7d\x51\x5f\x40\x72\x7e\x61\x6f\x50\x71\x7f\x60\x70"
	if code > len(nearby) {
		return code - len(nearby)
	}
	at := int(nearby[code-1])
	return max(1, at>>4*w+8-at&15)
}
