package picture

import (
	"encoding/binary"
	"hash/crc32"
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
