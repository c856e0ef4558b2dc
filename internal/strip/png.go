package strip

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/go-df/chat/internal/picture"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngStays are the chunks that a picture needs to be shown as it is meant to be.
var pngStays = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true,
	"cHRM": true, "gAMA": true, "iCCP": true, "sBIT": true, "sRGB": true, "cICP": true, "mDCV": true, "cLLI": true,
	"bKGD": true, "hIST": true, "pHYs": true, "sPLT": true,
	"acTL": true, "fcTL": true, "fdAT": true,
}

// pngReader drops texts, times and everything else that a picture does not need, and what
// follows its end. Of eXIf before the picture the orientation stays.
type pngReader struct {
	*pass
	data   bool // the picture has begun
	turned bool // the orientation is known
}

func newPNG(r io.Reader) *pngReader {
	p := &pngReader{pass: newPass(r)}
	p.step = p.start
	return p
}

// start takes the magic. What is not followed by a chunk is no PNG, and stays as it is.
func (p *pngReader) start() error {
	head, _ := p.in.Peek(len(pngMagic) + 8)
	if len(head) < len(pngMagic)+8 || string(head[:8]) != pngMagic || !isPNGChunk(head[8:]) {
		return p.copyRest()
	}
	p.treat(copied, int64(len(pngMagic)), nil)
	p.step = p.chunk
	return nil
}

// isPNGChunk reports whether a chunk's length and type may be what they are.
func isPNGChunk(head []byte) bool {
	if head[0] > 127 {
		return false
	}
	for _, c := range head[4:8] {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// chunk takes the head of a chunk. No decoder reads on behind what is none.
func (p *pngReader) chunk() error {
	const optional = 0x20 // a small first letter
	head, err := p.in.Peek(8)
	if err != nil {
		return p.cutOff()
	}
	if !isPNGChunk(head) {
		return p.drop()
	}
	kind, size := string(head[4:]), int64(binary.BigEndian.Uint32(head))+12
	p.data = p.data || kind == "IDAT"
	switch {
	case kind == "IEND":
		p.step = p.drop
	case kind == "eXIf" && !p.data && !p.turned:
		return p.exif(size)
	case !pngStays[kind] && kind[0]&optional != 0:
		p.treat(dropped, size, nil)
		return nil
	}
	p.treat(copied, size, nil)
	return nil
}

// pngExif is how much of an eXIf is read. Cameras write the orientation into its first bytes.
const pngExif = 8 << 10

// exif hands out an eXIf that holds the orientation and nothing else, if it is another than
// upright.
func (p *pngReader) exif(size int64) error {
	const head, sum = 8, 4
	chunk, err := p.in.Peek(int(min(size-sum, head+pngExif)))
	if err != nil && p.source.Fault != nil {
		return p.source.Fault
	}
	p.turned = true
	p.info.Orientation = picture.Orientation(chunk[head:])
	var small []byte
	if p.info.Orientation != 1 {
		small = pngChunk("eXIf", picture.OrientationTIFF(p.info.Orientation))
	}
	p.treat(dropped, size, small)
	return nil
}

func pngChunk(kind string, data []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data))) //nolint:gosec // a few bytes
	chunk = append(append(chunk, kind...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}
