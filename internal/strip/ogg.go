package strip

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

// ogg reads how long an Ogg is, from the positions of the pages of its first sound, and how
// large a Theora is; it strips nothing.
type ogg struct {
	*pass
	known  bool
	serial uint32 // of the sound
	rate   uint64
	before uint64 // samples that are not heard
}

func newOgg(r io.Reader) *ogg {
	o := &ogg{pass: newPass(r)}
	o.step = o.page
	return o
}

const oggHead = 27

func (o *ogg) page() error {
	head, err := o.in.Peek(oggHead)
	if err != nil || string(head[:4]) != "OggS" {
		return o.cutOff()
	}
	segments := int(head[26])
	b, err := o.in.Peek(oggHead + segments)
	if err != nil {
		return o.cutOff()
	}
	var size int
	for _, n := range b[oggHead:] {
		size += int(n)
	}
	const first = 2
	if b[5]&first != 0 {
		b, _ = o.in.Peek(oggHead + segments + min(size, 64))
		o.begin(binary.LittleEndian.Uint32(b[14:]), b[oggHead+segments:])
	}
	if at := binary.LittleEndian.Uint64(b[6:]); o.known && binary.LittleEndian.Uint32(b[14:]) == o.serial &&
		at != math.MaxUint64 && at > o.before {
		o.info.Duration = durationOf(at-o.before, o.rate)
	}
	o.treat(copied, int64(oggHead+segments+size), nil)
	return nil
}

// begin reads the first packet of a stream.
func (o *ogg) begin(serial uint32, packet []byte) {
	switch {
	case bytes.HasPrefix(packet, []byte("\x80theora")) && len(packet) >= 20:
		number := func(i int) int { return int(packet[i])<<16 | int(packet[i+1])<<8 | int(packet[i+2]) }
		o.info.Width, o.info.Height = number(14), number(17)
		return
	case o.known:
		return
	case bytes.HasPrefix(packet, []byte("OpusHead")) && len(packet) >= 12:
		o.rate, o.before = 48000, uint64(binary.LittleEndian.Uint16(packet[10:]))
	case bytes.HasPrefix(packet, []byte("\x01vorbis")) && len(packet) >= 16:
		o.rate = uint64(binary.LittleEndian.Uint32(packet[12:]))
	case bytes.HasPrefix(packet, []byte("\x7fFLAC")) && len(packet) >= 31:
		o.rate = uint64(binary.BigEndian.Uint32(packet[27:]) >> 12)
	case bytes.HasPrefix(packet, []byte("Speex   ")) && len(packet) >= 40:
		o.rate = uint64(binary.LittleEndian.Uint32(packet[36:]))
	default:
		return
	}
	o.known, o.serial = true, serial
}
