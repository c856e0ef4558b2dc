package vp8l

import (
	"fmt"
	"math/bits"
)

// tree is a prefix code, canonical. The codes of up to tableBits bits are looked up, longer ones are
// counted through.
type tree struct {
	table   []uint16 // symbol<<4 | bits of its code, by the next bits; or longer
	symbols []uint16 // in the order of their codes
	counts  [maxBits + 1]uint16
}

const (
	maxBits   = 15
	tableBits = 8
	longer    = 15 // than tableBits, which is none of the lengths in a table
	treeBytes = 88 // of a tree alone
)

// group is the five codes of a part of the picture.
type group [5]tree

const (
	greens    = iota // literals, lengths and entries of the cache
	reds             // and the other literals
	blues            //
	alphas           //
	distances        //
)

const (
	literals      = 256
	lengthCodes   = 24
	distanceCodes = 40
)

// readGroup reads the five codes. Without keep they are read over.
func (b *bitReader) readGroup(cacheSize int, keep bool) (g group) {
	for i, size := range [5]int{literals + lengthCodes + cacheSize, literals, literals, literals, distanceCodes} {
		if b.err == nil {
			g[i] = b.readTree(size, keep)
		}
	}
	return g
}

// readTree reads a code of so many symbols.
func (b *bitReader) readTree(size int, keep bool) (t tree) {
	if b.flag() {
		return b.readSimpleTree(size, keep)
	}
	lengths := b.readLengths(size)
	if b.err != nil || !keep {
		return t
	}
	return b.newTree(lengths)
}

// readSimpleTree reads a code of one symbol, or of two.
func (b *bitReader) readSimpleTree(size int, keep bool) (t tree) {
	two, wide := b.flag(), b.flag()
	firstBits := uint(1)
	if wide {
		firstBits = 8
	}
	symbols := []uint16{uint16(b.read(firstBits))} //nolint:gosec // eight bits
	t.counts[0] = 1
	if two {
		symbols = append(symbols, uint16(b.read(8))) //nolint:gosec // eight bits
		t.counts = [maxBits + 1]uint16{1: 2}
	}
	for _, symbol := range symbols {
		if keep && int(symbol) >= size {
			b.fail()
		}
	}
	if b.err != nil || !keep || !b.take(treeBytes+4*len(symbols)) {
		return tree{}
	}
	t.symbols = symbols
	t.fillTable()
	return t
}

// errCode is of lengths that are those of no code, or of one that is not whole.
var errCode = fmt.Errorf("%w: there is no such code", ErrDamaged)

// newTree makes the code that lengths, of the codes of all symbols, describe: it is whole, or of one
// symbol, which takes no bits.
func (b *bitReader) newTree(lengths []byte) (t tree) {
	var counts, next [maxBits + 2]int
	for _, n := range lengths {
		counts[n]++
	}
	counts[0] = 0
	room := 1 // codes that are left of this length
	for n := 1; n <= maxBits; n++ {
		next[n+1] = next[n] + counts[n]
		if room = 2*room - counts[n]; room < 0 {
			b.failWith(errCode)
			return t
		}
	}
	total := next[maxBits+1]
	if total == 0 || room > 0 && total > 1 {
		b.failWith(errCode)
		return t
	}
	if !b.take(treeBytes + 2*total + 2<<tableBits) {
		return t
	}
	t.symbols = make([]uint16, total)
	for symbol, n := range lengths {
		if n > 0 {
			t.symbols[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	if total == 1 {
		t.counts[0] = 1
	} else {
		for n := 1; n <= maxBits; n++ {
			t.counts[n] = uint16(counts[n]) //nolint:gosec // below 2,400
		}
	}
	t.fillTable()
	return t
}

// fillTable enters the symbols under all the bits that may follow their codes.
func (t *tree) fillTable() {
	longest := 0
	for n, count := range t.counts {
		if count > 0 {
			longest = n
		}
	}
	width := min(longest, tableBits)
	t.table = make([]uint16, 1<<width)
	for i := range t.table {
		t.table[i] = longer
	}
	code, at := 0, 0
	for n := 0; n <= width; n++ {
		for range t.counts[n] {
			first := int(bits.Reverse16(uint16(code)) >> (16 - n))
			for i := first; i < len(t.table); i += 1 << n {
				t.table[i] = t.symbols[at]<<4 | uint16(n)
			}
			code++
			at++
		}
		code <<= 1
	}
}

// next reads a symbol.
func (b *bitReader) next(t *tree) int {
	if b.n < maxBits {
		b.fill()
	}
	entry := t.table[b.bits&uint64(len(t.table)-1)] //nolint:gosec // not empty
	n := uint(entry & 15)
	if n != longer {
		if n <= b.n {
			b.bits >>= n
			b.n -= n
			return int(entry >> 4)
		}
		b.skip(n)
		return 0
	}
	return b.nextLong(t)
}

// nextLong reads a symbol whose code has more bits than the table.
func (b *bitReader) nextLong(t *tree) int {
	code, first, at := 0, 0, 0
	for n := 1; n <= maxBits; n++ {
		code |= int(b.bits >> (n - 1) & 1)
		count := int(t.counts[n])
		if code-first < count {
			b.skip(uint(n))
			if b.err != nil {
				return 0
			}
			return int(t.symbols[at+code-first])
		}
		at += count
		first, code = (first+count)<<1, code<<1
	}
	b.fail() // never, since codes are whole
	return 0
}

// readLengths reads the lengths of a code's codes, which have a code of their own.
func (b *bitReader) readLengths(size int) []byte {
	order := [...]byte{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	var own [len(order)]byte
	count := b.read(4) + 4
	if count > len(order) {
		b.fail()
		return nil
	}
	for _, at := range order[:count] {
		own[at] = byte(b.read(3)) //nolint:gosec // three bits
	}
	if b.err != nil {
		return nil
	}
	t := b.newTree(own[:])
	most := size // of them are read
	if b.flag() {
		if most = b.read(2+2*uint(b.read(3))) + 2; most > size {
			b.fail()
		}
	}
	if b.err != nil {
		return nil
	}
	return b.repeatedLengths(&t, size, most)
}

// repeatedLengths reads lengths, some of which say how often to repeat others.
func (b *bitReader) repeatedLengths(t *tree, size, most int) []byte {
	const repeated, zeros, manyZeros = 16, 17, 18
	b.lengths = append(b.lengths[:0], make([]byte, size)...)
	before := byte(8)
	for at := 0; at < size && most > 0 && b.err == nil; most-- {
		length, times := byte(b.next(t)), 1 //nolint:gosec // below 19
		switch length {
		case repeated:
			length, times = before, 3+b.read(2)
		case zeros:
			length, times = 0, 3+b.read(3)
		case manyZeros:
			length, times = 0, 11+b.read(7)
		}
		if at+times > size {
			b.fail()
			break
		}
		if length > 0 {
			before = length
		}
		for range times {
			b.lengths[at] = length
			at++
		}
	}
	return b.lengths
}
