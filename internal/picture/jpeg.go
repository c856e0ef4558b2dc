package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Markers of JPEG, ITU T.81 table B.1. Each follows a byte 0xFF.
const (
	markerTEM  = 0x01
	markerSOF0 = 0xC0
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerRST0 = 0xD0
	markerRST7 = 0xD7
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerEXP  = 0xDF
	markerAPP0 = 0xE0
	markerAPPF = 0xEF
	markerCOM  = 0xFE
)

// maxScans bounds the work of a decoder, which may go over the whole picture for each
// scan. Progressive pictures have some ten.
const maxScans = 64

// segmentBuffer holds a segment, and the marker behind it.
const segmentBuffer = 2 + 1<<16 + 2

// Stripper reads a JPEG without what does not belong to the picture: where and with what
// it was taken (Exif, XMP, IPTC), comments, embedded thumbnails and second pictures, and
// whatever follows its end. What is compressed stays as it is, bit for bit. The colour
// profile stays, and of Exif the orientation.
//
// Reading ends with ErrDamaged, before anything that could be shown, where the JPEG has no
// picture that it could lead to.
type Stripper struct {
	source  *FaultReader
	in      *bufio.Reader
	step    func() error // reads on, and leaves in out what is to be handed out
	out     []byte
	err     error
	segment []byte // room for one

	frame       *frame
	scans       int
	orientation int
}

// NewStripper returns a Stripper of the JPEG that r yields.
func NewStripper(r io.Reader) *Stripper {
	source := NewFaultReader(r)
	s := &Stripper{source: source, in: bufio.NewReaderSize(source, segmentBuffer), orientation: 1}
	s.step = s.start
	return s
}

// Info is what was read of the picture so far: it is complete when the first scan began.
func (s *Stripper) Info() (Info, error) {
	if s.frame == nil || s.scans == 0 {
		return Info{}, ErrDamaged
	}
	return s.frame.info(s.orientation)
}

// Read implements io.Reader. At the end the source was read to its own end.
func (s *Stripper) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.err = s.step()
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

func (s *Stripper) start() error {
	var magic [2]byte
	if _, err := io.ReadFull(s.in, magic[:]); err != nil || magic != [2]byte{0xFF, markerSOI} {
		return s.cutOff(err)
	}
	s.out = append(s.segment, magic[:]...)
	s.step = s.next
	return nil
}

// cutOff is what the source's end, or a fault, means to a picture: what can be shown in
// part is kept in part.
func (s *Stripper) cutOff(err error) error {
	switch {
	case s.source.Fault != nil:
		return s.source.Fault
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case s.scans == 0:
		return ErrDamaged
	}
	return io.EOF
}

// next reads one segment before the first scan.
func (s *Stripper) next() error {
	marker, err := s.marker()
	switch {
	case err != nil:
		return s.cutOff(err)
	case marker == markerEOI:
		return ErrDamaged
	case marker == markerTEM || marker >= markerRST0 && marker <= markerSOI:
		return nil // a stray one, without a length
	}
	payload, err := s.payload()
	if err != nil {
		return s.cutOff(err)
	}
	return s.take(marker, payload)
}

// marker skips to the next marker, over fill bytes and what does not belong there.
func (s *Stripper) marker() (byte, error) {
	for filled := false; ; {
		b, err := s.in.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case b == 0xFF:
			filled = true
		case filled && b != 0:
			return b, nil
		default:
			filled = false
		}
	}
}

// payload reads a segment after its marker, without the two bytes of its length. A
// length that cannot be is as good as none: what follows is skipped.
func (s *Stripper) payload() ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(s.in, length[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n < len(length) {
		return nil, nil
	}
	n -= len(length)
	if cap(s.segment) < n+4 {
		s.segment = make([]byte, 0, max(n+4, 4<<10))
	}
	payload := s.segment[4 : 4+n] // room in front for the marker and the length
	_, err := io.ReadFull(s.in, payload)
	return payload, err
}

// take hands out a segment, or what of it belongs to the picture.
func (s *Stripper) take(marker byte, payload []byte) error {
	kept := s.kept(marker, payload)
	if kept == nil {
		return nil
	}
	switch {
	case marker == markerSOS:
		if s.scans++; s.frame == nil || s.scans > maxScans {
			return ErrDamaged
		}
		s.step = s.scan
	case isFrame(marker) && s.frame == nil:
		s.frame = readFrame(marker, payload)
	}
	s.out = append(s.segment[:0], 0xFF, marker, byte((len(kept)+2)>>8), byte(len(kept)+2)) //nolint:gosec // below 65,536
	s.out = append(s.out, kept...)                                                         // which lies there already, or is shorter
	return nil
}

// kept returns what stays of a segment's payload, nil for nothing.
func (s *Stripper) kept(marker byte, payload []byte) []byte {
	switch {
	case marker == markerAPP0+1:
		return s.exif(payload)
	case marker == markerAPP0 && bytes.HasPrefix(payload, []byte("JFIF\x00")) && len(payload) >= 14:
		payload[12], payload[13] = 0, 0 // the size of its thumbnail
		return payload[:14]
	case marker == markerAPP0+2 && bytes.HasPrefix(payload, []byte("ICC_PROFILE\x00")):
		return payload
	case marker == markerAPP0+14 && bytes.HasPrefix(payload, []byte("Adobe")) && len(payload) >= 12:
		return payload[:12] // how the colours are meant
	case marker >= markerSOF0 && marker <= markerEXP && marker != markerJPG:
		return payload
	}
	return nil
}

// scan hands out compressed data up to the next marker.
func (s *Stripper) scan() error {
	_, err := s.in.Peek(2) // a marker, where one begins
	chunk, _ := s.in.Peek(s.in.Buffered())
	if n := dataLength(chunk); n > 0 {
		return s.handOut(chunk[:n])
	}
	if err != nil && len(chunk) > 0 && s.source.Fault == nil {
		return s.handOut(chunk)
	}
	if err != nil {
		return s.cutOff(err)
	}
	return s.behindScan(chunk[1])
}

// handOut hands out what was peeked at.
func (s *Stripper) handOut(b []byte) error {
	s.out = append(s.segment[:0], b...)
	s.segment = s.out
	_, err := s.in.Discard(len(b))
	return err
}

// behindScan looks at a marker behind the first scan, or in the middle of it. From here on
// nothing goes that a decoder may go on with after damage: a segment is one when another marker
// follows it, and else what was found is data that looks like it.
func (s *Stripper) behindScan(marker byte) error {
	switch {
	case marker == 0xFF: // filling
		return s.handOut([]byte{0xFF})
	case marker == markerEOI:
		s.step = s.trailer
		return s.handOut([]byte{0xFF, markerEOI})
	case marker < markerSOF0, marker == markerSOI, marker == markerJPG, marker > markerAPPF && marker < markerCOM:
		return s.handOut([]byte{0xFF, marker}) // reserved, or nothing that has a length
	}
	segment, cut, follows := s.peekSegment()
	text := cut && bytes.IndexByte(segment[1:], 0xFF) < 0 // or a profile: nothing that is compressed is long without it
	switch {
	case s.source.Fault != nil:
		return s.source.Fault
	case marker >= markerAPP0 && (follows || text):
		_, err := s.in.Discard(len(segment))
		return err
	case !follows:
		if end := bytes.Index(segment, []byte{0xFF, markerEOI}); end >= 0 {
			segment = segment[:end]
		}
	case marker == markerSOS:
		if s.scans++; s.scans > maxScans {
			return ErrDamaged
		}
	}
	return s.handOut(segment)
}

// peekSegment returns a segment with its marker, and whether the file ends in it, and whether it
// is one: another marker follows it, or the file's end. One of a length that cannot be is a marker
// alone.
func (s *Stripper) peekSegment() (segment []byte, cut, follows bool) {
	head, err := s.in.Peek(4)
	if err != nil {
		return head, true, false
	}
	n := int(binary.BigEndian.Uint16(head[2:]))
	if n < 2 {
		return head[:2], false, false
	}
	n += 2
	whole, _ := s.in.Peek(n + 2)
	if len(whole) < n {
		return whole, true, false
	}
	if head[1] == markerSOS { // which data follow
		return whole[:n], false, n > 4 && n == 8+2*int(whole[4])
	}
	next := whole[n:]
	follows = len(next) == 0 || next[0] == 0xFF && (len(next) == 1 || next[1] != 0 && (next[1] < markerRST0 || next[1] > markerRST7))
	return whole[:n], false, follows
}

// dataLength counts the bytes of compressed data before a marker, or before a last 0xFF
// that could begin one.
func dataLength(chunk []byte) int {
	for i := 0; ; i += 2 {
		found := bytes.IndexByte(chunk[i:], 0xFF)
		if found < 0 {
			return len(chunk)
		}
		i += found
		if i+1 == len(chunk) || chunk[i+1] != 0 && (chunk[i+1] < markerRST0 || chunk[i+1] > markerRST7) {
			return i
		}
	}
}

// trailer reads what follows the end of the picture, which is dropped.
func (s *Stripper) trailer() error {
	if _, err := io.Copy(io.Discard, s.in); err != nil {
		return err
	}
	return io.EOF
}

// frame is what a JPEG says of its picture before the first scan.
type frame struct {
	width, height int
	planes        int
	hidden        bool // no browser shows it: 12 bits a sample, lossless, or hierarchical
}

func isFrame(marker byte) bool {
	return marker >= markerSOF0 && marker <= 0xCF && marker != markerDHT && marker != markerJPG && marker != markerDAC
}

func readFrame(marker byte, payload []byte) *frame {
	if len(payload) < 6 {
		return &frame{}
	}
	f := &frame{
		height: int(binary.BigEndian.Uint16(payload[1:])), width: int(binary.BigEndian.Uint16(payload[3:])),
		hidden: payload[0] != 8 || marker&3 == 3 || marker&7 > 4,
	}
	f.planes = min(int(payload[5]), (len(payload)-6)/3)
	return f
}

func (f *frame) info(orientation int) (Info, error) {
	if f.width < 1 || f.height < 1 || f.planes == 0 || f.hidden {
		return Info{}, ErrDamaged
	}
	size := turned(f.width, f.height, orientation)
	return Info{Width: size.X, Height: size.Y, Orientation: orientation}, nil
}
