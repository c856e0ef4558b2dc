// Package pngtest writes PNGs of every kind, for tests.
package pngtest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// Magic is what a PNG begins with.
const Magic = "\x89PNG\r\n\x1a\n"

// Chunk is a chunk with its sum.
func Chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// Kind is what a PNG may be.
type Kind struct {
	Colour, Depth byte // as in the head
	Interlaced    bool
	Transparent   bool // some colours of the palette are, in part, or one colour
}

const (
	grey       = 0
	trueColour = 2
	indexed    = 3
)

var (
	channels = map[byte]int{grey: 1, trueColour: 3, indexed: 1, 4: 2, 6: 4}
	depths   = map[byte]string{grey: "\x01\x02\x04\x08\x10", trueColour: "\x08\x10", indexed: "\x01\x02\x04\x08", 4: "\x08\x10", 6: "\x08\x10"}
	passes   = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
)

// Kinds are all that there are.
func Kinds() (all []Kind) {
	for colour, of := range depths {
		for _, depth := range []byte(of) {
			for _, interlaced := range []bool{false, true} {
				all = append(all, Kind{colour, depth, interlaced, false})
				if colour == grey || colour == trueColour || colour == indexed {
					all = append(all, Kind{colour, depth, interlaced, true})
				}
			}
		}
	}
	return all
}

// File is a PNG of random pixels, with random filters, in chunks of random lengths. A large one repeats
// some kB of them.
func (k Kind) File(r *rand.Rand, width, height int) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	header = append(header, k.Depth, k.Colour, 0, 0, 0)
	bits, of := channels[k.Colour]*int(k.Depth), [][4]int{{0, 0, 1, 1}}
	if k.Interlaced {
		header[12], of = 1, passes
	}
	whole := append([]byte(Magic), Chunk("IHDR", header)...)
	whole = append(whole, k.before(r)...)
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	for _, p := range of {
		columns := (width - p[0] + p[2] - 1) / p[2]
		if columns <= 0 {
			continue
		}
		row := make([]byte, 1+(columns*bits+7)/8)
		for y := p[1]; y < height; y += p[3] {
			fill(r, row, width*height)
			row[0] = byte(r.IntN(5))
			_, _ = z.Write(row) // into memory
		}
	}
	_ = z.Close()
	for packed.Len() > 0 {
		whole = append(whole, Chunk("IDAT", packed.Next(1+r.IntN(packed.Len()+20)))...)
	}
	return append(whole, Chunk("IEND", nil)...)
}

// fill makes up a row of a picture of so many pixels.
func fill(r *rand.Rand, row []byte, pixels int) {
	const large, repeated = 1 << 20, 4 << 10
	few := r.IntN(2) == 0 // values, so that some pixels are the transparent one
	for i := range row {
		switch {
		case pixels > large && i >= repeated:
			row[i] = row[i-repeated]
		case few:
			row[i] = byte(r.IntN(2))
		default:
			row[i] = byte(r.Uint32())
		}
	}
}

// before is the palette and what is transparent.
func (k Kind) before(r *rand.Rand) []byte {
	var b []byte
	colours := 1 + r.IntN(1<<min(k.Depth, 8))
	if k.Colour == indexed {
		palette := make([]byte, 3*colours)
		for i := range palette {
			palette[i] = byte(r.Uint32())
		}
		b = Chunk("PLTE", palette)
	}
	if !k.Transparent {
		return b
	}
	data := make([]byte, map[byte]int{grey: 2, trueColour: 6, indexed: 1 + r.IntN(colours)}[k.Colour])
	for i := range data {
		data[i] = byte(r.IntN(2))
		if k.Colour == indexed {
			data[i] = byte(r.Uint32())
		} else if k.Depth < 16 && i%2 == 0 {
			data[i] = 0
		}
	}
	return append(b, Chunk("tRNS", data)...)
}
