package main

import (
	"encoding/hex"
	"slices"
)

func riff(form string, chunks ...[]byte) []byte {
	var all []byte
	for _, c := range chunks {
		all = cat(all, c)
	}
	return cat("RIFF", le32(len(all)+4), form, all)
}

func riffChunk(kind string, parts ...any) []byte {
	data := cat(parts...)
	return cat(kind, le32(len(data)), data, make([]byte, len(data)%2))
}

// vp8x declares a canvas: a big size, and what is in the file.
func vp8x(flags byte, width, height int) []byte {
	return riffChunk("VP8X", flags, []byte{0, 0, 0}, le24(width-1), le24(height-1))
}

const (
	flagAnimation = 0x02
	flagEXIF      = 0x08
	flagAlpha     = 0x10
)

// vp8l is a lossless picture; pixels writes what is behind its header.
func vp8l(width, height int, pixels func(b *lowFirst)) []byte {
	b := lowFirst{data: []byte{0x2F}}
	b.used = 8
	b.put(width-1, 14)
	b.put(height-1, 14)
	b.put(0, 4) // no alpha, version 0
	pixels(&b)
	return riffChunk("VP8L", b.data)
}

// single is a Huffman code with one symbol, which takes no bits at all.
func single(b *lowFirst, symbol int) {
	b.put(0b101, 3) // simple, one symbol, of eight bits
	b.put(symbol, 8)
}

// flat is a picture of one colour: 60 bits, however big it is.
func flat(b *lowFirst) {
	b.put(0, 3) // nothing transformed, no cache of colours, one group of codes
	for _, symbol := range []int{200, 100, 50, 255, 0} {
		single(b, symbol)
	}
}

// dotted is a picture of two colours, at a bit each.
func dotted(pixels int) func(b *lowFirst) {
	return func(b *lowFirst) {
		b.put(0, 3)
		b.put(0b111, 3) // simple, two symbols, the first of eight bits
		b.put(50, 8)
		b.put(200, 8)
		for _, symbol := range []int{100, 50, 255, 0} {
			single(b, symbol)
		}
		for i := range pixels {
			b.put(i/7%2, 1)
		}
	}
}

// groups claims the most groups of Huffman codes that there can be.
func groups(b *lowFirst) {
	b.put(0, 2)
	b.put(1, 1) // groups
	b.put(7, 3) // for tiles of 512 x 512
	b.put(0, 1)
	for _, symbol := range []int{255, 255, 0, 0, 0} { // each tile uses group 65535
		single(b, symbol)
	}
	for range 1000 {
		b.put(0b0001, 4)
	}
}

// fullCode is a Huffman code of so many symbols, a power of two, with bits each. It takes
// few bits to say so, and much memory to know.
func fullCode(b *lowFirst, bits int) {
	order := []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	at := slices.Index(order, bits)
	b.put(0, 1) // not simple
	b.put(at+1-4, 4)
	for range at {
		b.put(0, 3)
	}
	b.put(1, 3) // every length is this one, which takes no bits to say
	b.put(1, 1) // for so many symbols
	b.put(5, 3)
	b.put(1<<bits-2, 12)
}

// fullGroups is a picture of one colour with as many groups of Huffman codes as decoders
// take, each as large as one can be.
func fullGroups(side, tileBits int) func(b *lowFirst) {
	return func(b *lowFirst) {
		b.put(0, 1)
		b.put(1, 1) // a cache of 2,048 colours, each of them a symbol
		b.put(11, 4)
		b.put(1, 1)
		b.put(tileBits-2, 3)
		b.put(0, 1)
		fullCode(b, 8)
		fullCode(b, 8)
		for range 3 {
			single(b, 0)
		}
		const most = 2600
		across := (side + 1<<tileBits - 1) >> tileBits
		for tile := range across * across {
			group := min(tile, most-1)
			b.putCode(group&0xFF, 8)
			b.putCode(group>>8, 8)
		}
		for range most {
			for _, bits := range []int{11, 8, 8, 8, 5} {
				fullCode(b, bits)
			}
		}
		samePixels(b, side*side)
	}
}

// samePixels is one pixel, and copies of it, up to 4,096 at a time.
func samePixels(b *lowFirst, n int) {
	b.putCode(200, 11)
	for range 3 {
		b.putCode(255, 8)
	}
	n--
	for copies := (n + 4095) / 4096; copies > 0; copies-- {
		length := n / copies
		b.putCode(256+23, 11) // 3,073 and what the next ten bits say
		b.put(length-3073, 10)
		b.putCode(1, 5) // from one pixel to the left
		n -= length
	}
}

// vp8 is a lossy picture of 640 x 16, gray all over.
func vp8() []byte {
	data, err := hex.DecodeString("3003009d012a800210000000140000193f5e74e9d3a74e9d3a74e9d3a74e9d3a74e8e00000")
	if err != nil {
		panic(err)
	}
	return data
}

// vp8Of declares another size.
func vp8Of(width, height int) []byte {
	data := vp8()
	copy(data[6:], cat(le16(width), le16(height)))
	return riffChunk("VP8 ", data)
}

func smallWebP() []byte { return riff("WEBP", vp8l(24, 16, dotted(24*16))) }
func wideWebP() []byte  { return riff("WEBP", vp8l(640, 16, dotted(640*16))) }

func webps(f files) {
	anmf := func(width, height int, picture []byte) []byte {
		return riffChunk("ANMF", le24(0), le24(0), le24(width-1), le24(height-1), le24(100), byte(0), picture)
	}
	anim := riffChunk("ANIM", le32(0), le16(0))
	f.add("webp-lossless-small.webp", smallWebP())
	f.add("webp-lossless-wide.webp", wideWebP())
	f.add("webp-lossy-wide.webp", riff("WEBP", riffChunk("VP8 ", vp8())))
	f.add("webp-extended-wide.webp", riff("WEBP", vp8x(0, 640, 16), vp8l(640, 16, dotted(640*16))))
	f.add("webp-exif-gps.webp", riff("WEBP", vp8x(flagEXIF, 640, 16), riffChunk("VP8 ", vp8()), riffChunk("EXIF", tiff(bigEndian, 6, withGPS))))
	f.add("webp-animated-wide.webp", riff("WEBP", vp8x(flagAnimation, 640, 16), anim, anmf(640, 16, riffChunk("VP8 ", vp8()))))
	f.add("webp-animated-small.webp", riff("WEBP", vp8x(flagAnimation, 24, 16), anim, anmf(24, 16, vp8l(24, 16, flat))))
	f.add("webp-alpha-raw.webp", riff("WEBP", vp8x(flagAlpha, 640, 16), riffChunk("ALPH", byte(0), make([]byte, 640*16)), riffChunk("VP8 ", vp8())))
	f.add("webp-width-0.webp", riff("WEBP", vp8Of(0, 16)))
	f.add("webp-alpha-missing.webp", riff("WEBP", vp8x(flagAlpha, 640, 16), riffChunk("VP8 ", vp8())))
	f.add("webp-header-only.webp", riff("WEBP", vp8x(0, 640, 16)))
	f.add("webp-no-chunk.webp", riff("WEBP"), make([]byte, 8))
	f.add("webp-chunk-of-4-gib.webp", "RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff", vp8())
	f.add("webp-two-canvases.webp", riff("WEBP", vp8x(0, 24, 16), vp8x(0, 16383, 16383), vp8l(16383, 16383, flat)))
	f.add("bomb-webp-vp8-16383x16383.webp", riff("WEBP", vp8Of(16383, 16383)))
	f.add("bomb-webp-vp8l-16383x16383.webp", riff("WEBP", vp8l(16383, 16383, flat)))
	f.add("bomb-webp-vp8x-2-to-the-24.webp", riff("WEBP", vp8x(0, 1<<24, 1<<24), vp8l(16383, 16383, flat)))
	f.add("bomb-webp-canvas-64-vp8l-16383.webp", riff("WEBP", vp8x(0, 64, 64), vp8l(16383, 16383, flat)))
	f.add("bomb-webp-canvas-640-vp8l-16383.webp", riff("WEBP", vp8x(0, 640, 640), vp8l(16383, 16383, flat)))
	f.add("bomb-webp-canvas-64-vp8-16383.webp", riff("WEBP", vp8x(0, 64, 64), vp8Of(16383, 16383)))
	f.add("bomb-webp-canvas-640-vp8-16383.webp", riff("WEBP", vp8x(0, 640, 640), vp8Of(16383, 16383)))
	f.add("bomb-webp-junk-before-vp8l-16383.webp", riff("WEBP", riffChunk("JUNK", vp8l(24, 16, flat)), vp8l(16383, 16383, flat)))
	f.add("bomb-webp-65536-groups.webp", riff("WEBP", vp8l(640, 16, groups)))
	f.add("bomb-webp-2600-groups.webp", riff("WEBP", vp8l(640, 640, fullGroups(640, 3))))
	f.add("bomb-webp-2600-groups-12-megapixels.webp", riff("WEBP", vp8l(3600, 3600, fullGroups(3600, 6))))
	f.add("bomb-webp-vp8l-1-megapixel.webp", riff("WEBP", vp8l(1000, 1000, flat)))
	f.add("bomb-webp-vp8l-12-megapixels.webp", riff("WEBP", vp8l(4000, 3000, flat)))
	f.add("bomb-webp-alpha-12-megapixels.webp", riff("WEBP", vp8x(flagAlpha, 4000, 3000), riffChunk("ALPH", byte(1), alphaStream()), vp8Of(4000, 3000)))
}

// alphaStream is a lossless picture of one colour without its header.
func alphaStream() []byte {
	var b lowFirst
	flat(&b)
	return b.data
}
