package picture

import (
	"encoding/binary"
	"hash/crc32"
	"image"
)

func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// Pictures of 4 × 3 pixels: the heads tell the size, the rest is not there.
var (
	webpLossy    = riff("VP8 ", "\x30\x01\x00\x9d\x01\x2a\x04\x00\x03\x00"+string(make([]byte, 20)))
	webpLossless = riff("VP8L", "\x2f\x03\x80\x00\x00\x00")
)

// webpExtended is the head of a picture of w × h pixels that may be of any kind.
func webpExtended(w, h uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0)
	b = append(b, byte(w-1), byte((w-1)>>8), byte((w-1)>>16), byte(h-1), byte((h-1)>>8), byte((h-1)>>16))
	return riff("VP8X", string(b))
}

func riff(chunk, data string) []byte {
	b := append([]byte("WEBP"), chunk...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
}

// webpLosslessOf is a picture without loss that is all of one colour, and says so in some bytes.
func webpLosslessOf(w, h uint32) []byte {
	size := (w - 1) | (h-1)<<14
	b := append([]byte{0x2f}, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	// no transform, no colour cache, no groups, and five trees of one symbol: 1, 0, 0, 0
	return riff("VP8L", string(append(b, 0x88, 0x88, 0x08, 0, 0, 0, 0, 0)))
}

// dotted is 1 for the pixels that are brighter.
func dotted(i int) int { return i / 7 % 2 * (i / 3 % 2) }

// dots is a picture without loss, without its head, of two greens, at a bit a pixel, which is the last
// of the trees.
func dots(size image.Point) []byte {
	bits, n := []byte{0}, 0
	put := func(v, count int) {
		for i := range count {
			bits[n/8] |= byte(v>>i&1) << (n % 8)
			if n++; n%8 == 0 {
				bits = append(bits, 0)
			}
		}
	}
	put(0, 3)              // no transform, no colour cache, no groups
	put(0b111|50<<3, 3+8)  // a tree of two symbols, the first of which has eight bits
	put(200, 8)            // the second
	put(0b101|100<<3, 3+8) // red
	put(0b101|50<<3, 3+8)  // blue
	put(0b101|255<<3, 3+8) // alpha
	put(0b101, 3+8)        // distances, of which there are none
	for i := range size.X * size.Y {
		put(dotted(i), 1)
	}
	return bits
}

// webpLosslessDots is dots in a file.
func webpLosslessDots(size image.Point) []byte {
	head := binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(size.X-1|(size.Y-1)<<14))
	return riff("VP8L", string(append(head, dots(size)...)))
}

func threeBytes(v int) string { return string([]byte{byte(v), byte(v >> 8), byte(v >> 16)}) }

// webpCanvasOf is a file that has these chunks behind its canvas.
func webpCanvasOf(flags byte, canvas image.Point, chunks string) []byte {
	b := "WEBPVP8X\x0a\x00\x00\x00" + string([]byte{flags}) + "\x00\x00\x00" + threeBytes(canvas.X-1) + threeBytes(canvas.Y-1) + chunks
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
}

func webpChunkOf(kind, data string) string {
	b := string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(data)))) + data
	return b + string(make([]byte, len(data)%2))
}

// webpMoving has one frame.
func webpMoving(canvas, at, size image.Point, picture []byte) []byte {
	frame := threeBytes(at.X/2) + threeBytes(at.Y/2) + threeBytes(size.X-1) + threeBytes(size.Y-1) + "\x64\x00\x00\x00" + string(picture)
	return webpCanvasOf(2, canvas, webpChunkOf("ANMF", frame))
}

// vp8Of is a picture with loss, of one grey. All its bits are zero, which is so many for each 16 × 16
// pixels that there is no need to count them.
func vp8Of(size image.Point) string {
	const first = 500_000 // bytes of modes
	head := []byte{1<<4 | first&7<<5, first >> 3 & 0xFF, first >> 11, 0x9d, 0x01, 0x2a, byte(size.X), byte(size.X >> 8), byte(size.Y), byte(size.Y >> 8)}
	return webpChunkOf("VP8 ", string(head)+string(make([]byte, first+1000+size.X*size.Y/4)))
}
