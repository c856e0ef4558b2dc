package vp8l

// plane is pixels as they are coded: those of the picture, or of a small picture that says something
// of it.
type plane struct {
	width, height int
	pixels        []uint32 // the last of those decoded; pixel i is at i&mask
	mask          int
	done, x, y    int // how many were decoded, and where the next is

	cache  []uint32
	shift  uint // of a colour's hash
	cached int  // how many pixels went into the cache

	groups   []group
	groupOf  []uint32 // by tile; nil where there is one for all
	tileBits uint
}

const (
	reach     = 1 << 20 // how many pixels back a copy may begin
	maxGroups = 2600    // that x/image takes, and the encoder of libwebp makes
)

func tiles(n int, bits uint) int { return (n + 1<<bits - 1) >> bits }

// readPlane reads what comes before the pixels. Of the main one, the last pixels are kept.
func (b *bitReader) readPlane(width, height int, isMain bool) *plane {
	p := &plane{width: width, height: height, mask: -1}
	if b.flag() {
		bits := uint(b.read(4))
		if bits < 1 || bits > 11 {
			b.fail()
			return p
		}
		p.cache, p.shift = make([]uint32, 1<<bits), 32-bits
	}
	size, groups := width*height, 1
	var used []bool // of the groups; nil for all
	if isMain {
		if b.flag() {
			groups, used = p.readTiles(b)
		}
		if size > reach {
			size, p.mask = reach, reach-1
		}
	}
	if b.err != nil {
		return p
	}
	p.readGroups(b, groups, used)
	if b.take(4 * size) {
		p.pixels = make([]uint32, size)
	}
	return p
}

// readTiles reads which tile has which group, and returns how many groups there are.
func (p *plane) readTiles(b *bitReader) (groups int, used []bool) {
	const manyGroups = 1000
	p.tileBits = uint(b.read(3)) + 2
	p.groupOf = b.readPixels(tiles(p.width, p.tileBits), tiles(p.height, p.tileBits))
	for i, colour := range p.groupOf {
		p.groupOf[i] = colour >> 8 & 0xFFFF
		groups = max(groups, int(p.groupOf[i])+1)
	}
	if groups > maxGroups {
		b.fail()
		return 0, nil
	}
	if groups <= manyGroups && groups <= len(p.groupOf) {
		return groups, nil
	}
	used = make([]bool, groups)
	for _, g := range p.groupOf {
		used[g] = true
	}
	return groups, used
}

// readGroups reads the codes, and keeps those that are used.
func (p *plane) readGroups(b *bitReader, groups int, used []bool) {
	numbers := make([]uint32, groups) // of those that are kept
	for i := range groups {
		keep := used == nil || used[i]
		g := b.readGroup(len(p.cache), keep)
		if b.err != nil {
			return
		}
		numbers[i] = uint32(len(p.groups)) //nolint:gosec // below 2,600
		if keep {
			p.groups = append(p.groups, g)
		}
	}
	for i, g := range p.groupOf {
		p.groupOf[i] = numbers[g]
	}
}

// readPixels reads a small picture.
func (b *bitReader) readPixels(width, height int) []uint32 {
	if b.err != nil {
		return nil
	}
	p := b.readPlane(width, height, false)
	p.decode(b, width*height)
	if b.err != nil {
		return nil
	}
	return p.pixels
}

// decode goes on until so many pixels are there, and may go beyond them by the length of a copy.
func (p *plane) decode(b *bitReader, until int) {
	for p.done < until && b.err == nil {
		g := &p.groups[0]
		if p.groupOf != nil {
			g = &p.groups[p.groupOf[p.y>>p.tileBits*tiles(p.width, p.tileBits)+p.x>>p.tileBits]]
		}
		switch green := b.next(&g[greens]); {
		case green < literals:
			red, blue, alpha := b.next(&g[reds]), b.next(&g[blues]), b.next(&g[alphas])
			p.put(uint32(alpha<<24 | red<<16 | green<<8 | blue)) //nolint:gosec // bytes
		case green < literals+lengthCodes:
			p.copy(b, b.number(green-literals), b.number(b.next(&g[distances])))
		default:
			p.fillCache()
			p.put(p.cache[green-literals-lengthCodes])
		}
	}
	p.fillCache()
}

func (p *plane) put(colour uint32) {
	p.pixels[p.done&p.mask] = colour
	p.done++
	if p.x++; p.x == p.width {
		p.x, p.y = 0, p.y+1
	}
}

// fillCache puts into the cache what was decoded since it was last looked at.
func (p *plane) fillCache() {
	const multiplier = 0x1E35A7BD
	if p.cache == nil {
		return
	}
	for ; p.cached < p.done; p.cached++ {
		colour := p.pixels[p.cached&p.mask]
		p.cache[colour*multiplier>>p.shift] = colour
	}
}

// copy repeats pixels that a distance's code leads back to.
func (p *plane) copy(b *bitReader, length, code int) {
	from := p.done - distance(p.width, code)
	if from < 0 || p.done+length > p.width*p.height {
		b.fail()
	}
	if b.err != nil {
		return
	}
	for i := range length {
		p.pixels[(p.done+i)&p.mask] = p.pixels[(from+i)&p.mask]
	}
	p.done += length
	for p.x += length; p.x >= p.width; p.y++ {
		p.x -= p.width
	}
}

func (p *plane) copyRow(to []uint32, y int) {
	from := y * p.width & p.mask
	n := copy(to[:p.width], p.pixels[from:])
	copy(to[n:p.width], p.pixels)
}

// number reads a length or a distance's code by its prefix.
func (b *bitReader) number(prefix int) int {
	if prefix < 4 {
		return prefix + 1
	}
	extra := uint(prefix-2) >> 1
	return (2+prefix&1)<<extra + b.read(extra) + 1
}

// distance is how many pixels back a code leads. The first 120 are of pixels nearby: how many rows
// above, in the high four bits, and eight less how far to the left.
func distance(width, code int) int {
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
	return max(1, at>>4*width+8-at&15)
}
