package vp8l

import (
	"bytes"
	"image"
	"math/rand/v2"
	"sync"
	"testing"

	"golang.org/x/image/vp8l"
)

// photograph is a picture as an encoder writes it: subtract green, predict each tile in another way,
// and codes by how often a value is.
func photograph(width, height int) []byte {
	const tileBits = 5
	random := rand.New(rand.NewPCG(7, 7))
	across := tiles(width, tileBits)
	modes := make([]int, across*tiles(height, tileBits))
	var w bitWriter
	w.put(1|subtractGreen<<1, 3)
	w.put(1|predictor<<1, 3)
	w.put(tileBits-2, 3)
	w.put(0, 1)
	flat := append(bytes.Repeat([]byte{8}, literals), make([]byte, lengthCodes)...)
	green := w.tree(flat)
	for range 4 {
		w.put(0b101, 11)
	}
	for i := range modes {
		modes[i] = []int{1, 2, 7, 11, 12, 13}[random.IntN(6)]
		w.symbol(green, modes[i])
	}
	w.put(0, 3) // no more transforms, no cache, no groups
	residuals := residualsOf(width, height, func(x, y int) int { return modes[y>>tileBits*across+x>>tileBits] }, random)
	w.residuals(residuals)
	return append(headOf(width, height), w.whole()...)
}

// residuals writes green, red and blue of each.
func (w *bitWriter) residuals(residuals []uint32) {
	var codes [3]*code
	for i, shift := range []int{8, 16, 0} {
		var counts [256]int
		for _, c := range residuals {
			counts[c>>shift&0xFF]++
		}
		lengths := make([]byte, literals, literals+lengthCodes)
		for symbol, n := range lengthsBy(counts[:]) {
			lengths[symbol] = n
		}
		if i == 0 {
			lengths = lengths[:literals+lengthCodes]
		}
		codes[i] = w.tree(lengths)
	}
	w.put(0b101, 11)
	w.put(0b101, 11)
	for _, c := range residuals {
		for i, shift := range []int{8, 16, 0} {
			w.symbol(codes[i], int(c>>shift&0xFF))
		}
	}
}

// residualsOf is a smooth picture with some noise, less what is predicted of it.
func residualsOf(width, height int, mode func(x, y int) int, random *rand.Rand) []uint32 {
	residuals := make([]uint32, 0, width*height)
	row, above := make([]uint32, width+1), make([]uint32, width+1)
	for y := range height {
		for x := range row {
			if x == width {
				above[x] = row[0]
				break
			}
			r, g, b := x*200/width+random.IntN(8), y*200/height+random.IntN(12), (x+y)*200/(width+height)+random.IntN(8)
			row[x] = black | uint32((r-g)&0xFF<<16|g<<8|(b-g)&0xFF)
		}
		for x, c := range row[:width] {
			expected := uint32(black)
			switch {
			case y == 0 && x > 0:
				expected = row[x-1]
			case x == 0 && y > 0:
				expected = above[0]
			case x > 0:
				expected = predictors[mode(x, y)](row[x-1], above[x], above[x-1], above[x+1])
			}
			var residual uint32
			for shift := 0; shift < 32; shift += 8 {
				residual |= (c>>shift - expected>>shift) & 0xFF << shift
			}
			residuals = append(residuals, residual&0xFFFFFF)
		}
		copy(above, row[:width])
	}
	return residuals
}

// lengthsBy are those of a Huffman code.
func lengthsBy(counts []int) []byte {
	type node struct{ count, left, right int }
	var nodes []node
	var open []int
	total := 0
	for _, n := range counts {
		total += n
	}
	for _, n := range counts {
		nodes = append(nodes, node{count: n + 1 + total/2000}) // so that no code is long
		open = append(open, len(nodes)-1)
	}
	rarest := func() int {
		least := 0
		for i, n := range open {
			if nodes[n].count < nodes[open[least]].count {
				least = i
			}
		}
		n := open[least]
		open = append(open[:least], open[least+1:]...)
		return n
	}
	for len(open) > 1 {
		a, b := rarest(), rarest()
		nodes = append(nodes, node{nodes[a].count + nodes[b].count, a, b})
		open = append(open, len(nodes)-1)
	}
	depths := make([]byte, len(nodes))
	for i := len(nodes) - 1; i >= len(counts); i-- {
		depths[nodes[i].left], depths[nodes[i].right] = depths[i]+1, depths[i]+1
	}
	return depths[:len(counts)]
}

func TestPhotograph(t *testing.T) { wantAsXImage(t, photograph(201, 150)) }

var photograph24 = sync.OnceValue(func() []byte { return photograph(6000, 4000) })

func BenchmarkRows24Megapixels(b *testing.B) {
	file := photograph24()
	b.ReportAllocs()
	for b.Loop() {
		d, err := NewDecoder(bytes.NewReader(file[HeadBytes:]), 6000, 4000)
		for err == nil {
			_, err = d.Row()
		}
	}
}

func BenchmarkXImage24Megapixels(b *testing.B) {
	file := photograph24()
	b.ReportAllocs()
	for b.Loop() {
		if m, err := vp8l.Decode(bytes.NewReader(file)); err != nil || m.Bounds().Size() != image.Pt(6000, 4000) {
			b.Fatal(err)
		}
	}
}
