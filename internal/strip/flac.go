package strip

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"
)

// flac strips the blocks before the sound: of the comments those stay that name the piece and
// who plays it; pictures stay, without what they do not need; what programs keep for themselves
// becomes padding.
type flac struct {
	*pass
	commented bool // and further comments are not read by anybody
}

func newFLAC(r io.Reader) *flac {
	f := &flac{pass: newPass(r)}
	f.step = f.start
	return f
}

// The types of blocks.
const (
	flacInfo, flacPadding, flacSeek, flacComments, flacCues, flacPicture = 0, 1, 3, 4, 5, 6

	flacLast = 0x80
)

func (f *flac) start() error {
	if b, _ := f.in.Peek(4); string(b) != "fLaC" {
		return f.cutOff()
	}
	f.treat(copied, 4, nil)
	f.step = f.block
	return nil
}

func (f *flac) block() error {
	b, err := f.in.Peek(4)
	if err != nil {
		return f.cutOff()
	}
	head := [4]byte(b)
	if _, err := f.take(4); err != nil {
		return f.ended(err)
	}
	if head[0]&flacLast != 0 {
		f.step = f.copyRest
	}
	size := int64(head[1])<<16 | int64(head[2])<<8 | int64(head[3])
	switch head[0] &^ flacLast {
	case flacInfo:
		f.measure()
		f.treat(copied, size, head[:])
	case flacSeek, flacCues:
		f.treat(copied, size, head[:])
	case flacComments:
		return f.comments(head, size)
	case flacPicture:
		return f.picture(head, size)
	default:
		f.pad(head, size)
	}
	return nil
}

// pad makes a block one of padding.
func (f *flac) pad(head [4]byte, size int64) {
	head[0] = head[0]&flacLast | flacPadding
	f.treat(zeroed, size, head[:])
}

// measure reads the rate and the number of samples.
func (f *flac) measure() {
	b, _ := f.in.Peek(18)
	if len(b) == 18 {
		bits := binary.BigEndian.Uint64(b[10:])
		f.info.Duration = durationOf(bits&(1<<36-1), bits>>44)
	}
}

// flacCommentBytes is how much of comments is read; more than that is none.
const flacCommentBytes = 64 << 10

func (f *flac) comments(head [4]byte, size int64) error {
	const none = 8
	if f.commented || size < none {
		f.pad(head, size)
		return nil
	}
	f.commented = true
	var kept []byte
	if size <= flacCommentBytes {
		all := make([]byte, size)
		n, err := io.ReadFull(f.in, all)
		f.at += int64(n)
		if err != nil {
			return f.ended(err)
		}
		kept, size = keptComments(all), 0
	} else {
		kept = make([]byte, none)
	}
	n := len(kept)
	f.treat(dropped, size, append([]byte{head[0], byte(n >> 16), byte(n >> 8), byte(n)}, kept...)) //nolint:gosec // below 2^24
	return nil
}

// keptComments are the comments that stay, after the name of the program that wrote them.
func keptComments(all []byte) []byte {
	next := func() ([]byte, bool) {
		if len(all) < 4 {
			return nil, false
		}
		n := binary.LittleEndian.Uint32(all)
		if uint64(n) > uint64(len(all)-4) { //nolint:gosec // bounded above
			return nil, false
		}
		text := all[4 : 4+n]
		all = all[4+n:]
		return text, true
	}
	writer, ok := next()
	if !ok || len(all) < 4 {
		return make([]byte, 8)
	}
	all = all[4:]
	kept := append(binary.LittleEndian.AppendUint32(nil, uint32(len(writer))), writer...) //nolint:gosec // below 64 KiB
	count := len(kept)
	kept = append(kept, 0, 0, 0, 0)
	var n uint32
	for {
		text, ok := next()
		if !ok {
			break
		}
		if name, _, _ := strings.Cut(string(text), "="); commentStays(strings.ToUpper(name)) {
			kept = append(binary.LittleEndian.AppendUint32(kept, uint32(len(text))), text...) //nolint:gosec // below 64 KiB
			n++
		}
	}
	binary.LittleEndian.PutUint32(kept[count:], n)
	return kept
}

func commentStays(name string) bool {
	return strings.HasPrefix(name, "REPLAYGAIN_") || slices.Contains([]string{
		"TITLE", "VERSION", "ALBUM", "ALBUMARTIST", "ARTIST", "PERFORMER", "COMPOSER", "CONDUCTOR", "LYRICIST", "LYRICS",
		"TRACKNUMBER", "TRACKTOTAL", "TOTALTRACKS", "DISCNUMBER", "DISCTOTAL", "TOTALDISCS",
		"GENRE", "DATE", "YEAR", "BPM", "ISRC", "COPYRIGHT", "LICENSE", "ORGANIZATION", "LANGUAGE",
		"WAVEFORMATEXTENSIBLE_CHANNEL_MASK",
	}, name)
}

// picture takes a picture behind its kind, type, description, size and length.
func (f *flac) picture(head [4]byte, size int64) error {
	b, _ := f.in.Peek(int(min(size, 4<<10)))
	if f.source.Fault != nil {
		return f.source.Fault
	}
	at := 4
	for range 2 { // type and description
		if at+4 > len(b) {
			f.pad(head, size)
			return nil
		}
		at += 4 + int(min(binary.BigEndian.Uint32(b[at:]), 4<<10))
	}
	if at += 20; at > len(b) {
		f.pad(head, size)
		return nil
	}
	before := append(head[:], b[:at]...)
	if _, err := f.take(at); err != nil {
		return f.ended(err)
	}
	f.within(size-int64(at), before, func(r io.Reader) io.Reader {
		return &lazy{make: func() io.Reader { return cover(r) }}
	})
	return nil
}
