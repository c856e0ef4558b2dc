package strip

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// sound strips what has ID3 tags before it, or may have: MP3 and AAC. A FLAC behind a tag is
// taken for one.
type sound struct {
	*pass
	tags int
}

// maxTags is more than any sound has.
const maxTags = 16

func newSound(r io.Reader) *sound {
	s := &sound{pass: newPass(r)}
	s.step = s.next
	return s
}

const id3Head = 10

// next takes a tag, or what is none.
func (s *sound) next() error {
	head, err := s.in.Peek(id3Head)
	if s.source.Fault != nil {
		return s.source.Fault
	}
	if err != nil || !isID3(head) {
		return s.sound()
	}
	if head, err = s.take(id3Head); err != nil {
		return s.ended(err)
	}
	if s.tags++; s.tags > maxTags {
		return damaged("has too many tags")
	}
	const unsynchronised, extended = 0x80, 0x40
	version, flags := head[3], head[5]
	body := tag{version: version, extended: flags&extended != 0, unreadable: version == 2 && flags&extended != 0}
	before := bytes.Clone(head)
	before[5] &^= extended
	undo := version < 4 && flags&unsynchronised != 0
	if undo {
		before[5] &^= unsynchronised
	}
	s.within(synchsafe(head[6:]), before, func(r io.Reader) io.Reader {
		if undo {
			r = &synchronised{source: r}
		}
		body.pass = newPass(r)
		body.step = body.start
		return &body
	})
	return nil
}

func isID3(head []byte) bool {
	return string(head[:3]) == "ID3" && head[3] >= 2 && head[3] <= 4 && head[6]|head[7]|head[8]|head[9] < 0x80
}

// synchsafe is a number of four bytes of seven bits.
func synchsafe(b []byte) int64 {
	return int64(b[0])<<21 | int64(b[1])<<14 | int64(b[2])<<7 | int64(b[3])
}

// sound finds out what is behind the tags.
func (s *sound) sound() error {
	head, _ := s.in.Peek(4 << 10)
	switch {
	case s.source.Fault != nil:
		return s.source.Fault
	case s.tags > 0 && bytes.HasPrefix(head, []byte("fLaC")):
		s.info.ContentType = "audio/flac"
		inner := newFLAC(s.in)
		inner.info = s.info
		s.inner, s.step = inner, func() error { s.info = inner.info; return s.ended(nil) }
		return nil
	case len(head) > 1 && head[0] == 0xFF && head[1]&0xF6 == 0xF0:
		s.info.ContentType = "audio/aac"
	default:
		s.info.Duration = mp3Duration(head)
	}
	return s.copyRest()
}

// synchronised takes out the zeros that ID3 has put behind each 0xFF.
type synchronised struct {
	source io.Reader
	last   byte
}

func (s *synchronised) Read(b []byte) (int, error) {
	n, err := s.source.Read(b)
	kept := b[:0]
	for _, c := range b[:n] {
		if c != 0 || s.last != 0xFF {
			kept = append(kept, c)
		}
		s.last = c
	}
	return len(kept), err
}

// tag reads the body of an ID3 tag, and drops frames.
type tag struct {
	*pass
	version    byte
	extended   bool
	unreadable bool // it is compressed, in a way that was never defined
}

func (t *tag) start() error {
	t.step = t.frame
	if t.unreadable {
		return t.drop()
	}
	if !t.extended {
		return nil
	}
	b, err := t.take(4)
	if err != nil {
		return t.ended(err)
	}
	size := int64(binary.BigEndian.Uint32(b))
	if t.version == 4 {
		size = max(synchsafe(b)-4, 0)
	}
	t.treat(dropped, size, nil)
	return nil
}

// frame takes the head of a frame. What is none is padding, or damaged.
func (t *tag) frame() error {
	size := 10
	if t.version == 2 {
		size = 6
	}
	head, err := t.take(size)
	if err != nil {
		return t.drop()
	}
	head = bytes.Clone(head)
	id := string(head[:4])
	var length int64
	var locked bool // compressed or encrypted
	switch t.version {
	case 2:
		id = string(head[:3])
		length = int64(head[3])<<16 | int64(head[4])<<8 | int64(head[5])
	case 3:
		length, locked = int64(binary.BigEndian.Uint32(head[4:])), head[9]&0xC0 != 0
	default:
		length, locked = synchsafe(head[4:]), head[9]&0x0C != 0
		if (head[4]|head[5]|head[6]|head[7])&0x80 != 0 { // as an old iTunes wrote it
			length = int64(binary.BigEndian.Uint32(head[4:]))
		}
	}
	switch {
	case strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return t.drop()
	case locked || !frameStays(id):
		t.treat(dropped, length, nil)
	case (id == "APIC" || id == "PIC") && (t.version < 4 || head[9]&0x03 == 0):
		return t.picture(length, head)
	default:
		t.treat(copied, length, head)
	}
	return nil
}

// frameStays reports whether a frame is of the sound: texts of titles, names and numbers, words
// that are sung, loudness, pictures. Those that programs and shops put in for themselves,
// comments, links, and what names an owner go.
func frameStays(id string) bool {
	switch id {
	case "TXXX", "TXX", "TOWN", "TRSN", "TRSO":
		return false
	case "APIC", "PIC", "USLT", "ULT", "SYLT", "SLT", "RVA2", "RVAD", "RVA", "RGAD", "MLLT", "MLL":
		return true
	}
	return id[0] == 'T'
}

// picture takes a picture behind its encoding, type, kind and description.
func (t *tag) picture(length int64, head []byte) error {
	b, _ := t.in.Peek(int(min(length, 1<<10)))
	if t.source.Fault != nil {
		return t.source.Fault
	}
	at := pictureAt(b, t.version)
	if at < 0 {
		t.treat(dropped, length, nil)
		return nil
	}
	before := append(head, b[:at]...)
	if _, err := t.in.Discard(at); err != nil {
		return t.ended(err)
	}
	t.within(length-int64(at), before, func(r io.Reader) io.Reader {
		return &lazy{make: func() io.Reader { return cover(r) }}
	})
	return nil
}

// pictureAt is where the picture of a frame begins, or -1.
func pictureAt(b []byte, version byte) int {
	at := 1 + 3 + 1
	if version > 2 {
		end := bytes.IndexByte(b[min(1, len(b)):], 0)
		if end < 0 {
			return -1
		}
		at = 1 + end + 2
	}
	if at > len(b) {
		return -1
	}
	if b[0] == 1 || b[0] == 2 { // UTF-16
		for ; at+2 <= len(b); at += 2 {
			if b[at] == 0 && b[at+1] == 0 {
				return at + 2
			}
		}
		return -1
	}
	end := bytes.IndexByte(b[at:], 0)
	if end < 0 {
		return -1
	}
	return at + end + 1
}
