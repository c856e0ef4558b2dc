package vp8l

// transform is what an encoder did to the picture, to be undone row by row.
type transform struct {
	kind   int
	width  int      // of the rows that it gives
	bits   uint     // of the sides of tiles; of colours in a palette, how many pixels are packed in one
	tiles  []uint32 // what each tile has, or the palette
	across int      // tiles in a row
	above  []uint32 // the row before, of the predictor, and a pixel more
}

const (
	predictor = iota
	crossColour
	subtractGreen
	indexing
	transformKinds
)

// readTransforms reads them, and returns how many pixels are coded in a row.
func (d *Decoder) readTransforms() (packed int) {
	width, b := d.width, d.bits
	var seen [transformKinds]bool
	for b.flag() {
		t := &transform{kind: b.read(2), width: width}
		if seen[t.kind] {
			b.fail()
		}
		seen[t.kind] = true
		switch t.kind {
		case predictor, crossColour:
			t.bits = uint(b.read(3)) + 2
			t.across = tiles(width, t.bits)
			t.tiles = b.readPixels(t.across, tiles(d.height, t.bits))
			if t.kind == predictor && b.take(4*width) {
				t.above = make([]uint32, width+1)
			}
		case indexing:
			width = t.readPalette(b)
		}
		if b.err != nil {
			break
		}
		d.transforms = append(d.transforms, t)
	}
	return width
}

// readPalette returns how many pixels are coded in a row, of which each has several colours if they
// are few.
func (t *transform) readPalette(b *bitReader) (packed int) {
	colours := b.read(8) + 1
	switch {
	case colours <= 2:
		t.bits = 3
	case colours <= 4:
		t.bits = 2
	case colours <= 16:
		t.bits = 1
	}
	t.tiles = make([]uint32, 256) // what is not in the palette is transparent
	copy(t.tiles, b.readPixels(colours, 1))
	for i := 1; i < colours; i++ {
		t.tiles[i] = add(t.tiles[i], t.tiles[i-1])
	}
	return tiles(t.width, t.bits)
}

// invert undoes the transform in row y.
func (t *transform) invert(row []uint32, y int) {
	row = row[:t.width]
	switch t.kind {
	case predictor:
		t.invertPredictor(row, y)
	case crossColour:
		t.invertCrossColour(row, y)
	case subtractGreen:
		for x, colour := range row {
			green := colour >> 8 & 0xFF
			row[x] = add(colour, green<<16|green)
		}
	case indexing:
		t.invertIndexing(row)
	}
}

// invertIndexing goes from right to left, because pixels are packed at the left of the row.
func (t *transform) invertIndexing(row []uint32) {
	each, last := 8>>t.bits, 1<<t.bits-1
	for x := len(row) - 1; x >= 0; x-- {
		green := row[x>>t.bits] >> 8 & 0xFF
		row[x] = t.tiles[green>>(x&last*each)&(1<<each-1)]
	}
}

func (t *transform) invertCrossColour(row []uint32, y int) {
	of := t.tiles[y>>t.bits*t.across:]
	for x, colour := range row {
		tile := of[x>>t.bits]
		red, green, blue := int8(colour>>16), int8(colour>>8), int8(colour) //nolint:gosec // as the format means them
		red += scaled(tile, green)
		blue += scaled(tile>>8, green) + scaled(tile>>16, red)
		row[x] = colour&0xFF00FF00 | uint32(uint8(red))<<16 | uint32(uint8(blue)) //nolint:gosec // back again
	}
}

// scaled is a colour times what the lowest byte of a tile says, in 32nds.
func scaled(factor uint32, colour int8) int8 {
	return int8(int(int8(factor)) * int(colour) >> 5) //nolint:gosec // it wraps around
}

// invertPredictor adds what is predicted of the pixels to the left and above.
func (t *transform) invertPredictor(row []uint32, y int) {
	if y == 0 {
		left := uint32(black)
		for x := range row {
			left = add(row[x], left)
			row[x] = left
		}
	} else {
		row[0] = add(row[0], t.above[0])
		t.above[t.width] = row[0] // which is above and to the right of the last pixel
		of := t.tiles[y>>t.bits*t.across:]
		for x := 1; x < t.width; {
			end := min(t.width, (x>>t.bits+1)<<t.bits)
			predict(of[x>>t.bits]>>8&15, row[x-1:end], t.above[x-1:end+1])
			x = end
		}
	}
	copy(t.above, row)
}
