package main

// The markers of a JPEG.
const (
	soi, eoi            = "\xff\xd8", "\xff\xd9"
	markSOF0, markSOF2  = 0xC0, 0xC2
	markDHT, markSOS    = 0xC4, 0xDA
	markDQT, markCOM    = 0xDB, 0xFE
	app0, app1, app2    = 0xE0, 0xE1, 0xE2
	app12, app13, app14 = 0xEC, 0xED, 0xEE
)

func segment(marker byte, parts ...any) []byte {
	data := cat(parts...)
	return cat(byte(0xFF), marker, be16(len(data)+2), data)
}

// photo is a JPEG whose blocks of 8 x 8 have one colour each.
type photo struct {
	width, height int
	components    int
	progressive   bool
	before        []byte // between SOI and the tables
	between       []byte // between the scans, or behind the only one
}

// smallJPEG has colours, 40 x 24.
func smallJPEG(before ...any) []byte {
	return photo{width: 40, height: 24, components: 3, before: cat(before...)}.bytes()
}

// wideJPEG is too wide to be its own thumbnail.
func wideJPEG(before ...any) []byte {
	return photo{width: 640, height: 32, components: 3, before: cat(before...)}.bytes()
}

func (p photo) bytes() []byte { return cat(p.head(), p.scans(), eoi) }

// head is everything up to the first scan.
func (p photo) head() []byte {
	marker := byte(markSOF0)
	if p.progressive {
		marker = markSOF2
	}
	return cat(soi, p.before, tables(), frame(marker, p.width, p.height, p.components))
}

// tables has one table of each kind, for all components.
func tables() []byte {
	divisors := make([]byte, 64)
	for i := range divisors {
		divisors[i] = 8
	}
	var direct []byte // twelve codes of four bits
	for i := range byte(12) {
		direct = append(direct, i)
	}
	return cat(segment(markDQT, byte(0), divisors),
		segment(markDHT, byte(0x00), []byte{0, 0, 0, 12}, make([]byte, 12), direct),
		segment(markDHT, byte(0x10), []byte{1}, make([]byte, 15), byte(0))) // "the rest is 0" has one bit
}

func frame(marker byte, width, height, components int) []byte {
	var all []byte
	for i := range components {
		all = cat(all, byte(i+1), byte(0x11), byte(0))
	}
	return segment(marker, byte(8), be16(height), be16(width), byte(components), all)
}

// scan is the head of a scan over the first so many components.
func scan(components, from, to, bits int) []byte {
	var all []byte
	for i := range components {
		all = cat(all, byte(i+1), byte(0))
	}
	return segment(markSOS, byte(components), all, byte(from), byte(to), byte(bits))
}

func (p photo) scans() []byte {
	if !p.progressive {
		return cat(scan(p.components, 0, 63, 0), p.averages(0, true), p.between)
	}
	return cat(scan(p.components, 0, 0, 0x01), p.averages(1, false), p.between,
		scan(p.components, 0, 0, 0x10), p.lastBits(), p.between,
		scan(1, 1, 63, 0), p.noDetails())
}

// level is the colour of a block, from -128 to 127.
func (p photo) level(component, x, y int) int { return (x*(component*5+7)+y*11)%200 - 100 }

func (p photo) blocks(each func(component, x, y int)) {
	for y := range (p.height + 7) / 8 {
		for x := range (p.width + 7) / 8 {
			for component := range p.components {
				each(component, x, y)
			}
		}
	}
}

// averages has the blocks' colours without their lowest bits, each as the difference
// from the one before.
func (p photo) averages(low int, details bool) []byte {
	var b highFirst
	last := make([]int, p.components)
	p.blocks(func(component, x, y int) {
		level := p.level(component, x, y) >> low
		difference := level - last[component]
		last[component] = level
		bits := 0
		for abs := max(difference, -difference); abs>>bits != 0; bits++ {
		}
		b.put(bits, 4) // the code of a category is the category
		if difference < 0 {
			difference += 1<<bits - 1
		}
		b.put(difference, bits)
		if details {
			b.put(0, 1)
		}
	})
	return b.end()
}

func (p photo) lastBits() []byte {
	var b highFirst
	p.blocks(func(component, x, y int) { b.put(p.level(component, x, y)&1, 1) })
	return b.end()
}

func (p photo) noDetails() []byte {
	var b highFirst
	p.blocks(func(component, _, _ int) {
		if component == 0 {
			b.put(0, 1)
		}
	})
	return b.end()
}
