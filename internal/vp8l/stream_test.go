package vp8l

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// bitWriter writes bits, the lowest of a byte first.
type bitWriter struct {
	data []byte
	bits uint64
	n    uint
}

func (w *bitWriter) put(v int, n uint) {
	w.bits |= uint64(v) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.data = append(w.data, byte(w.bits))
		w.bits >>= 8
	}
}

// whole is all that was written.
func (w *bitWriter) whole() []byte { return append(w.data, byte(w.bits)) }

// code is a prefix code that is written: of each symbol how long its code is, and which.
type code struct {
	lengths []byte
	codes   []int
	symbols []int // those that have one
}

func newCode(lengths []byte) *code {
	c := &code{lengths: lengths, codes: make([]int, len(lengths))}
	next := 0
	for n := byte(1); n <= maxBits; n++ {
		for symbol, length := range lengths {
			if length == n {
				c.codes[symbol] = int(bits.Reverse16(uint16(next)) >> (16 - n))
				next++
			}
		}
		next <<= 1
	}
	for symbol, n := range lengths {
		if n > 0 {
			c.symbols = append(c.symbols, symbol)
		}
	}
	return c
}

func (w *bitWriter) symbol(c *code, symbol int) {
	if len(c.symbols) > 1 {
		w.put(c.codes[symbol], uint(c.lengths[symbol]))
	}
}

// lengthsCode has 13 symbols of four bits and six of five.
var lengthsCode = newCode([]byte{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5})

// tree writes a code by its lengths, and repeats those that are the same.
func (w *bitWriter) tree(lengths []byte) *code {
	w.put(0, 1)
	w.put(19-4, 4)
	for _, at := range []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} {
		w.put(int(lengthsCode.lengths[at]), 3)
	}
	w.put(0, 1)
	before := byte(8)
	for at := 0; at < len(lengths); {
		same := 1
		for at+same < len(lengths) && lengths[at+same] == lengths[at] {
			same++
		}
		switch {
		case lengths[at] == 0 && same >= 11:
			same = min(same, 138)
			w.symbol(lengthsCode, 18)
			w.put(same-11, 7)
		case lengths[at] == 0 && same >= 3:
			w.symbol(lengthsCode, 17)
			w.put(same-3, 3)
		case lengths[at] == before && same >= 3:
			same = min(same, 6)
			w.symbol(lengthsCode, 16)
			w.put(same-3, 2)
		default:
			same = 1
			w.symbol(lengthsCode, int(lengths[at]))
		}
		if lengths[at] > 0 {
			before = lengths[at]
		}
		at += same
	}
	return newCode(lengths)
}

// generator writes pictures that nobody drew: everything that the format has, at random.
type generator struct {
	*rand.Rand
	bitWriter
	coarse bool // few symbols
}

// lengths are those of a random code that is whole.
func (g *generator) lengths(size, wanted int) []byte {
	depths := []byte{0}
	for range wanted - 1 {
		at := g.IntN(len(depths))
		if depths[at] < maxBits {
			depths[at]++
			depths = append(depths, depths[at])
		}
	}
	if len(depths) == 1 {
		depths[0] = byte(1 + g.IntN(maxBits)) // of a single symbol it does not matter
	}
	lengths := make([]byte, size)
	for i, symbol := range g.Perm(size)[:len(depths)] {
		lengths[symbol] = depths[i]
	}
	return lengths
}

// code writes a random code, in one of the forms, that has a symbol below must.
func (g *generator) code(size, must int) *code {
	if g.IntN(3) == 0 { // a simple one
		two, wide := g.IntN(2), g.IntN(2)
		first := g.IntN(min(must, 2))
		if wide == 1 {
			first = g.IntN(min(must, 256))
		}
		g.put(1|two<<1|wide<<2, 3)
		g.put(first, 1+7*uint(wide))
		lengths := make([]byte, size)
		lengths[first] = 1
		if two == 1 {
			second := g.IntN(min(size, 256))
			for second == first {
				second = g.IntN(min(size, 256))
			}
			g.put(second, 8)
			lengths[second] = 1
			c := newCode(lengths)
			c.codes[first], c.codes[second] = 0, 1
			return c
		}
		return newCode(lengths)
	}
	wanted := 1 + g.IntN(min(size, 40))
	if g.IntN(4) == 0 && !g.coarse {
		wanted = 1 + g.IntN(size)
	}
	lengths := g.lengths(size, wanted)
	for !slices.ContainsFunc(lengths[:must], func(n byte) bool { return n > 0 }) {
		lengths = g.lengths(size, wanted)
	}
	return g.tree(lengths)
}

func (g *generator) group(cache int) (codes [5]*code) {
	for i, size := range [5]int{literals + lengthCodes + cache, literals, literals, literals, distanceCodes} {
		must := size
		if i == greens {
			must = literals
		}
		codes[i] = g.code(size, must)
	}
	return codes
}

// any is a symbol of a code.
func (g *generator) any(c *code) int { return c.symbols[g.IntN(len(c.symbols))] }

// plane writes a picture.
func (g *generator) plane(width, height int, isMain bool) {
	cache := g.IntN(2)
	g.put(cache, 1)
	if cache == 1 {
		bits := 1 + g.IntN(11)
		g.put(bits, 4)
		cache = 1 << bits
	}
	numbers, tileBits := []int{0}, uint(9)
	if isMain {
		numbers, tileBits = g.tiles(width, height)
	}
	groups := make([][5]*code, slices.Max(numbers)+1)
	for i := range groups {
		groups[i] = g.group(cache)
	}
	for at := 0; at < width*height; {
		tile := 0
		if len(numbers) > 1 {
			tile = at/width>>tileBits*tiles(width, tileBits) + at%width>>tileBits
		}
		at += g.step(groups[numbers[tile]], at, width, width*height-at)
	}
}

// tiles writes which tile has which group.
func (g *generator) tiles(width, height int) (numbers []int, tileBits uint) {
	several := g.IntN(2)
	g.put(several, 1)
	if several == 0 {
		return []int{0}, 9
	}
	tileBits = uint(2 + g.IntN(8))
	g.put(int(tileBits-2), 3)
	numbers = make([]int, tiles(width, tileBits)*tiles(height, tileBits))
	g.put(0, 1) // no cache
	simple := func(symbol int) { g.put(0b101|symbol<<3, 11) }
	g.put(0b111|3<<11, 19) // green is 0 or 3
	simple(0)
	simple(0)
	simple(0)
	simple(0)
	for i := range numbers {
		bit := g.IntN(2)
		g.put(bit, 1)
		numbers[i] = 3 * bit
	}
	return numbers, tileBits
}

// step writes a pixel or a copy, and returns how many pixels that is.
func (g *generator) step(group [5]*code, at, width, left int) int {
	for {
		green := g.any(group[greens])
		if green < literals || green >= literals+lengthCodes {
			g.symbol(group[greens], green)
			if green < literals {
				for _, i := range []int{reds, blues, alphas} {
					g.symbol(group[i], g.any(group[i]))
				}
			}
			return 1
		}
		length, lengthExtra, lengthBits := g.number(green - literals)
		symbol := g.any(group[distances])
		code, extra, extraBits := g.number(symbol)
		if length > left || distance(width, code) > at {
			continue
		}
		g.symbol(group[greens], green)
		g.put(lengthExtra, lengthBits)
		g.symbol(group[distances], symbol)
		g.put(extra, extraBits)
		return length
	}
}

// number is one that a prefix begins.
func (g *generator) number(prefix int) (n, extra int, extraBits uint) {
	if prefix < 4 {
		return prefix + 1, 0, 0
	}
	extraBits = uint(prefix-2) >> 1
	extra = g.IntN(1 << extraBits)
	return (2+prefix&1)<<extraBits + extra + 1, extra, extraBits
}

// picture writes a whole one behind its head.
func (g *generator) picture(width, height int) {
	packed := width
	for _, kind := range g.Perm(transformKinds)[:g.IntN(transformKinds+1)] {
		g.put(1|kind<<1, 3)
		switch kind {
		case predictor, crossColour:
			bits := uint(2 + g.IntN(8))
			g.put(int(bits-2), 3)
			g.plane(tiles(packed, bits), tiles(height, bits), false)
		case indexing:
			colours := 1 + g.IntN([]int{2, 4, 16, 256}[g.IntN(4)])
			g.put(colours-1, 8)
			g.plane(colours, 1, false)
			switch {
			case colours <= 2:
				packed = tiles(packed, 3)
			case colours <= 4:
				packed = tiles(packed, 2)
			case colours <= 16:
				packed = tiles(packed, 1)
			}
		}
	}
	g.put(0, 1)
	g.plane(packed, height, true)
}

// headOf is the head of a picture.
func headOf(width, height int) []byte {
	var w bitWriter
	w.put(0x2F, 8)
	w.put(width-1, 14)
	w.put(height-1, 14)
	w.put(0, 4)
	return w.data
}
