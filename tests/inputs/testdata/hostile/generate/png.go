package main

import "hash/crc32"

const pngMagic = "\x89PNG\r\n\x1a\n"

// The types of colour in a PNG.
const (
	gray    = 0
	rgb     = 2
	palette = 3
	rgba    = 6
)

func chunk(kind string, parts ...any) []byte {
	data := cat(parts...)
	sum := crc32.ChecksumIEEE(cat(kind, data))
	return cat(be32(len(data)), kind, data, be32(int(sum)))
}

func ihdr(width, height, depth, colour, interlaced int) []byte {
	return chunk("IHDR", be32(width), be32(height), byte(depth), byte(colour), byte(0), byte(0), byte(interlaced))
}

var iend = chunk("IEND")

// pngOf is a PNG with this header and this zlib stream.
func pngOf(header, stream []byte) []byte {
	return cat(pngMagic, header, chunk("IDAT", stream), iend)
}

// smallPNG is a gradient of 24 x 16.
func smallPNG(behindHeader ...any) []byte { return gradient(24, 16, behindHeader...) }

// widePNG is a gradient that is too wide to be its own thumbnail.
func widePNG(behindHeader ...any) []byte { return gradient(640, 16, behindHeader...) }

func gradient(width, height int, behindHeader ...any) []byte {
	var rows []byte
	for y := range height {
		rows = append(rows, 0) // no filter
		for x := range width {
			rows = append(rows, byte(x*255/width+y))
		}
	}
	return cat(pngMagic, ihdr(width, height, 8, gray, 0), cat(behindHeader...), chunk("IDAT", stored(rows)), iend)
}

// pngs are PNGs that are odd rather than big.
func pngs(f files) {
	f.add("png-small.png", smallPNG())
	f.add("png-wide.png", widePNG())
	f.add("png-animated.png", widePNG(chunk("acTL", be32(1), be32(0)),
		chunk("fcTL", be32(0), be32(640), be32(16), be32(0), be32(0), be16(1), be16(10), byte(0), byte(0))))
	f.add("png-animated-small.png", smallPNG(chunk("acTL", be32(1), be32(0))))
	f.add("png-exif-gps.png", smallPNG(chunk("eXIf", tiff(bigEndian, 6, withGPS))))
	f.add("png-text-script.png", smallPNG(chunk("tEXt", "Comment\x00<script>alert(1)</script>")))
	f.add("png-that-is-a-pdf.png", smallPNG(chunk("tEXt", "Comment\x00%PDF-1.7 <script>alert(1)</script>")))
	f.add("png-chunk-before-header.png", pngMagic, chunk("tEXt", "Comment\x00first"), ihdr(24, 16, 8, gray, 0), iend)
	f.add("png-two-headers.png", pngMagic, ihdr(24, 16, 8, gray, 0), ihdr(6000, 6000, 8, gray, 0), chunk("IDAT", zeros(36_006_000)), iend)
	f.add("png-two-headers-wide.png", pngMagic, ihdr(640, 16, 8, gray, 0), ihdr(6000, 6000, 8, gray, 0), chunk("IDAT", zeros(36_006_000)), iend)
	badCRC := smallPNG()
	badCRC[len(pngMagic)+8+13]++
	f.add("png-header-bad-crc.png", badCRC)
	f.add("png-header-of-12-bytes.png", pngMagic, chunk("IHDR", make([]byte, 12)), iend)
	for name, header := range map[string][]byte{
		"png-depth-3":           ihdr(24, 16, 3, gray, 0),
		"png-colour-type-5":     ihdr(24, 16, 8, 5, 0),
		"png-interlace-2":       ihdr(24, 16, 8, gray, 2),
		"png-width-0":           ihdr(0, 16, 8, gray, 0),
		"png-height-0":          ihdr(24, 0, 8, gray, 0),
		"png-width-2-to-the-31": ihdr(1<<31, 1, 8, gray, 0),
		"png-width-2-to-the-32": ihdr(1<<32-1, 1, 8, gray, 0),
		"png-sides-overflow":    ihdr(1<<31-1, 1<<31-1, 8, gray, 0),
		"png-product-overflow":  ihdr(1<<16, 1<<16, 8, gray, 0), // 0 in 32 bits
	} {
		f.add(name+".png", pngOf(header, zeros(1000)))
	}
	f.add("png-no-data-small.png", pngMagic, ihdr(24, 16, 8, gray, 0), iend)
	f.add("png-no-data-wide.png", pngMagic, ihdr(640, 16, 8, gray, 0), iend)
	f.add("png-no-palette-wide.png", pngOf(ihdr(640, 16, 8, palette, 0), zeros(641*16)))
	f.add("png-filter-9-wide.png", pngOf(ihdr(640, 1, 8, gray, 0), stored(cat(byte(9), make([]byte, 640)))))
}

// pngBombs are a few bytes that become many.
func pngBombs(f files) {
	f.add("bomb-png-50000x50000-declared.png", pngOf(ihdr(50_000, 50_000, 8, rgba, 0), zeros(1000)))
	f.add("bomb-png-20000x20000-real.png", pngOf(ihdr(20_000, 20_000, 1, gray, 0), zeros(20_000*2501)))
	f.add("bomb-png-40-megapixels.png", pngOf(ihdr(8000, 5000, 1, gray, 0), zeros(5000*1001)))
	f.add("bomb-png-over-64-megapixels.png", pngOf(ihdr(8000, 8001, 1, gray, 0), zeros(8001*1001)))
	f.add("bomb-png-24-megapixels.png", pngOf(ihdr(6000, 4000, 1, gray, 0), zeros(4000*751)))
	f.add("bomb-png-24-megapixels-rgba.png", pngOf(ihdr(6000, 4000, 8, rgba, 0), zeros(4000*24_001)))
	f.add("bomb-png-over-24-megapixels.png", pngOf(ihdr(6000, 4001, 1, gray, 0), zeros(4001*751)))
	f.add("bomb-png-16-bit-rgba-20-megapixels.png", pngOf(ihdr(5000, 4000, 16, rgba, 0), zeros(4000*40_001)))
	f.add("bomb-png-interlaced-rgba-20-megapixels.png", pngOf(ihdr(5000, 4000, 8, rgba, 1), zeros(interlaced(5000, 4000, 4))))
	f.add("bomb-png-interlaced-16-bit-rgba-20-megapixels.png", pngOf(ihdr(5000, 4000, 16, rgba, 1), zeros(interlaced(5000, 4000, 8))))
	f.add("bomb-png-interlaced-1-megapixel.png", pngOf(ihdr(1000, 1000, 8, gray, 1), zeros(interlaced(1000, 1000, 1))))
	f.add("bomb-png-1-pixel-high.png", pngOf(ihdr(24_000_000, 1, 1, gray, 0), zeros(3_000_001)))
	f.add("bomb-png-iccp.png", widePNG(chunk("iCCP", "x\x00\x00", zeros(10_000_000))))
	f.add("bomb-png-ztxt.png", widePNG(chunk("zTXt", "x\x00\x00", zeros(10_000_000))))
	f.add("bomb-png-ztxt-small.png", smallPNG(chunk("zTXt", "x\x00\x00", zeros(10_000_000))))
	f.add("bomb-png-too-much-data.png", pngOf(ihdr(640, 1, 8, gray, 0), zeros(10_000_000)))
}

// interlaced counts the bytes of a picture in Adam7's seven passes.
func interlaced(width, height, pixel int) (bytes int) {
	for _, pass := range [7][4]int{{8, 8, 0, 0}, {8, 8, 4, 0}, {4, 8, 0, 4}, {4, 4, 2, 0}, {2, 4, 0, 2}, {2, 2, 1, 0}, {1, 2, 0, 1}} {
		columns := (width - pass[2] + pass[0] - 1) / pass[0]
		rows := (height - pass[3] + pass[1] - 1) / pass[1]
		bytes += rows * (1 + columns*pixel)
	}
	return bytes
}
