package main

import (
	"encoding/binary"
	"hash/adler32"
)

func be16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func be32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func le16(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }
func le24(n int) []byte { return le32(n)[:3] }
func le32(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// lowFirst packs bits as deflate, GIF and WebP do: the first into the lowest bit.
type lowFirst struct {
	data []byte
	used int // bits of the last byte
}

func (b *lowFirst) put(value, bits int) {
	for i := range bits {
		if b.used%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[len(b.data)-1] |= byte(value>>i&1) << (b.used % 8)
		b.used++
	}
}

// putCode packs a Huffman code, which begins with its highest bit.
func (b *lowFirst) putCode(code, bits int) {
	for i := bits - 1; i >= 0; i-- {
		b.put(code>>i, 1)
	}
}

// highFirst packs bits as JPEG does, with a zero behind every 0xFF.
type highFirst struct {
	data []byte
	last byte
	used int
}

func (b *highFirst) put(value, bits int) {
	for i := bits - 1; i >= 0; i-- {
		b.last = b.last<<1 | byte(value>>i&1)
		if b.used++; b.used == 8 {
			b.data = append(b.data, b.last)
			if b.last == 0xFF {
				b.data = append(b.data, 0)
			}
			b.last, b.used = 0, 0
		}
	}
}

// end fills the last byte with ones.
func (b *highFirst) end() []byte {
	for b.used != 0 {
		b.put(1, 1)
	}
	return b.data
}

// stored is a zlib stream that does not compress.
func stored(data []byte) []byte {
	stream := []byte{0x78, 0x01}
	for rest := data; ; {
		n := min(len(rest), 0xFFFF)
		last := byte(0)
		if n == len(rest) {
			last = 1
		}
		stream = cat(stream, last, le16(n), le16(^n), rest[:n])
		if rest = rest[n:]; last == 1 {
			return cat(stream, be32(int(adler32.Checksum(data))))
		}
	}
}

// zeros is a zlib stream of n zeros, as small as one can be: two bits for each 258.
func zeros(n int) []byte {
	b := lowFirst{data: []byte{0x78, 0x01}}
	b.put(1, 1)       // the last block
	b.put(2, 2)       // with codes of its own
	b.put(286-257, 5) // the literals and lengths
	b.put(1-1, 5)     // one distance
	b.put(18-4, 4)    // the lengths of codes, in their odd order, up to that of 1
	for _, bits := range []int{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2} {
		b.put(bits, 3) // 18 (a run of zeros) is 0, 1 is 10, 2 is 11
	}
	run := func(n int) { b.putCode(0, 1); b.put(n-11, 7) }
	b.putCode(3, 2) // the literal 0 has two bits: 10
	run(138)
	run(117)
	b.putCode(3, 2) // the end has two: 11
	run(28)
	b.putCode(2, 2) // the length 258 has one: 0
	b.putCode(2, 2) // the distance 1 has one: 0
	b.putCode(2, 2) // the first zero
	for range (n - 1) / 258 {
		b.put(0, 2)
	}
	for range (n - 1) % 258 {
		b.putCode(2, 2)
	}
	b.putCode(3, 2)
	return cat(b.data, be32(n%65521<<16|1)) // Adler's sums of zeros
}
