package strip

import (
	"encoding/binary"
	"errors"
	"io"
)

// boxes passes the boxes of the outermost level of an ISO base media file (ISO/IEC 14496-12) or
// a QuickTime film. What is not known to be needed becomes a box "free" of the same size, so
// that offsets hold.
type boxes struct {
	*pass
	stays    func(kind string) bool // the boxes whose content stays
	found    func(b box) error      // is called for each box, before it is handed out
	indexed  bool                   // what says where everything is was seen
	noFrames bool                   // mdat is not wanted, since only the Info is
	parts    int
}

// maxBoxes is more than any film has on its outermost level: two for each second of a day.
const maxBoxes = 1 << 18

// box is a box with its place in the file. Its content is from body to end.
type box struct {
	kind          string
	at, body, end int64
}

func (b box) size() int64 { return b.end - b.body }

// readBox reads the head of a box from up to 16 bytes, for a box that may be room bytes long at
// most; ok is false for what is none. A box of size 0 goes to the end of that room.
func readBox(head []byte, at, room int64) (b box, ok bool) {
	if len(head) < 8 {
		return box{}, false
	}
	size, headSize := int64(binary.BigEndian.Uint32(head)), int64(8)
	switch size {
	case 0:
		size = room
	case 1:
		if len(head) < 16 || head[8] > 127 {
			return box{}, false
		}
		size, headSize = int64(binary.BigEndian.Uint64(head[8:])), 16 //nolint:gosec // its first bit is 0
	}
	if size < headSize || size > room {
		return box{}, false
	}
	return box{kind: string(head[4:8]), at: at, body: at + headSize, end: at + size}, true
}

// next takes the head of a box. Behind the index, what is none is the rubbish that some cameras
// leave at the end.
func (b *boxes) next() error {
	head, err := b.in.Peek(16)
	if len(head) < 8 {
		switch {
		case b.source.Fault != nil:
			return b.source.Fault
		case len(head) == 0:
			return b.ended(err)
		}
		return b.drop()
	}
	this, ok := readBox(head, b.at, toTheEnd-b.at)
	if !ok {
		if !b.indexed {
			return damaged("has a box that is larger or smaller than it can be")
		}
		return b.drop()
	}
	if b.parts++; b.parts > maxBoxes {
		return errParts
	}
	if err := b.found(this); err != nil {
		return err
	}
	var room [16]byte
	whole := room[:this.body-this.at]
	copy(whole, head)
	if _, err := b.take(len(whole)); err != nil {
		return b.ended(err)
	}
	b.begin(this, whole)
	return nil
}

// begin decides what becomes of a box whose head was taken.
func (b *boxes) begin(this box, head []byte) {
	size := this.size()
	if this.end == toTheEnd {
		size = toTheEnd
	}
	switch {
	case this.kind == "mdat" && b.noFrames:
		b.treat(dropped, size, nil)
	case b.stays(this.kind):
		b.treat(copied, size, head)
	default:
		if !isFree(this.kind) {
			copy(head[4:], "free")
		}
		b.treat(zeroed, size, head)
	}
}

func isFree(kind string) bool { return kind == "free" || kind == "skip" || kind == "wide" }

// each calls f for the boxes from one place of the spool to another. A few bytes behind the
// last, with which QuickTime ends a list, become zeros.
func (s *spool) each(from, to int64, f func(b box) error) error {
	for at := from; at < to; {
		if to-at < 8 {
			return s.zero(at, to)
		}
		head, err := s.bytes(at, int(min(16, to-at)))
		if err != nil {
			return err
		}
		b, ok := readBox(head, at, to-at)
		if !ok {
			return damaged("has a box that is larger or smaller than it can be")
		}
		if err := f(b); err != nil {
			return err
		}
		at = b.end
	}
	return nil
}

// free makes a box one that holds nothing.
func (s *spool) free(b box) error {
	if err := s.write(b.at+4, []byte("free")); err != nil {
		return err
	}
	return s.zero(b.body, b.end)
}

// number reads n bytes of an unsigned number, 0 to 8 of them.
func (s *spool) number(at int64, n int) (uint64, error) {
	b, err := s.bytes(at, n)
	var value uint64
	for _, c := range b {
		value = value<<8 | uint64(c)
	}
	return value, err
}

// spooled is a Reader that begins with what it has in a spool.
type spooled struct {
	*boxes
	kept    *spool
	prepare func() error // fills the spool, once
	read    int64
	err     error
}

func (s *spooled) Read(b []byte) (int, error) {
	if s.prepare != nil {
		s.err = s.prepare()
		s.prepare = nil
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.read < s.kept.size {
		n, err := s.kept.ReadAt(b[:min(int64(len(b)), s.kept.size-s.read)], s.read)
		s.read += int64(n)
		if n > 0 {
			return n, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	return s.boxes.Read(b)
}

func (s *spooled) Close() error { return s.kept.Close() }

// fill reads on into the spool until done says so, or the file ends: then it returns true.
func (s *spooled) fill(done func() bool) (ended bool, err error) {
	buffer := make([]byte, passBuffer)
	for !done() {
		n, err := s.boxes.Read(buffer)
		if _, failed := s.kept.Write(buffer[:n]); failed != nil {
			return false, failed
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}
