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
	kept     *spool
	todo     stage // is left to be done with the spool; its zero is nothing
	read     int64 // of the spool
	deferred bool  // what is left is done by Edit
	err      error
}

// stage is a part of the work on a spool: what is done when enough is in it, or the file has ended.
type stage struct {
	enough func() bool
	do     func(ended bool) error
}

// errRoom is returned where more would have to be in the spool than there is room in memory.
var errRoom = errors.New("strip: a file is needed")

func (s *spooled) Read(b []byte) (int, error) {
	if s.err == nil && !s.deferred {
		s.err = s.prepare()
	}
	if s.err != nil {
		return 0, s.err
	}
	if at := s.read; at < s.kept.size && (!s.deferred || at < int64(len(s.kept.memory))) {
		n, err := s.kept.ReadAt(b[:min(int64(len(b)), s.kept.size-at)], at)
		s.read += int64(n)
		if n > 0 {
			return n, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	n, err := s.boxes.Read(b)
	if s.deferred {
		s.kept.memory = nil
		s.read += int64(n)
		s.kept.size = s.read // so that boxes are found where they are going to be
	}
	return n, err
}

func (s *spooled) Close() error { return s.kept.Close() }

// Defer implements Editor.
func (s *spooled) Defer() bool {
	s.deferred = true
	if s.err = s.prepare(); errors.Is(s.err, errRoom) {
		s.err = nil
		return true
	}
	s.deferred = false
	return false
}

// Edit implements Editor.
func (s *spooled) Edit(file File) error {
	s.kept.memory, s.kept.file = nil, file
	return s.prepare()
}

// prepare does what is to be done with the spool.
func (s *spooled) prepare() error {
	for s.todo.do != nil {
		ended, err := s.fill(s.todo.enough)
		if err != nil {
			return err
		}
		do := s.todo.do
		s.todo = stage{}
		if err := do(ended); err != nil {
			return err
		}
	}
	return nil
}

// fill reads on into the spool until enough says so, or the file ends: then it returns true.
func (s *spooled) fill(enough func() bool) (ended bool, err error) {
	buffer := make([]byte, passBuffer)
	for !enough() {
		if s.deferred && s.kept.file == nil && len(s.kept.memory)+len(buffer) > s.kept.room {
			return false, errRoom
		}
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
