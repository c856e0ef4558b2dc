package strip

import (
	"encoding/binary"
	"io"
	"strings"
)

// film strips MP4, QuickTime, M4A and 3GP, and pictures in the same boxes, HEIC and AVIF. An
// index, the box moov, says what there is besides picture and sound. The file is spooled as far
// as that; and whole if there are tracks to be taken out, such as those of places, whose samples
// may be anywhere. A picture is spooled whole: what it has besides may be anywhere too.
type film struct {
	*spooled
	contentType string
	picture     bool
	moov, meta  *box // the indexes of what moves, and of a picture; their places in the spool
	needs       bool // there is something that needs an index
	fragments   bool // there are samples that moov does not say of

	timescale uint64 // units of a second
	sounds    int
	removed   []box // tracks that go
	places    *box  // a list of where a dashboard camera has left places
	parts     int   // of a picture, that were looked at
}

// maxTracks is more than any film has that goes.
const maxTracks = 64

func newFilm(contentType string, r io.Reader, infoOnly bool) *film {
	f := &film{contentType: contentType, picture: strings.HasPrefix(contentType, "image/")}
	f.spooled = &spooled{kept: &spool{room: spoolMemory}, boxes: &boxes{pass: newPass(r), noFrames: infoOnly}}
	f.boxes.step, f.boxes.stays, f.boxes.found = f.boxes.next, f.stays, f.foundBox
	f.todo = stage{f.hasIndex, f.index}
	return f
}

func (f *film) stays(kind string) bool {
	switch kind {
	case "ftyp", "styp", "moov", "mdat", "moof", "mfra", "sidx", "ssix":
		return true
	case "meta":
		return f.picture
	}
	return false
}

// foundBox remembers the indexes. What was handed out before is in the spool.
func (f *film) foundBox(b box) error {
	if b.end != toTheEnd {
		b.end += f.kept.size - b.at
	}
	b.body, b.at = b.body+f.kept.size-b.at, f.kept.size
	index := &f.moov
	switch {
	case b.kind == "moov":
	case b.kind == "meta" && f.picture:
		index = &f.meta
	default:
		f.needs = f.needs || b.size() > 0 && b.kind != "ftyp" && !isFree(b.kind)
		return nil
	}
	if *index != nil {
		return damaged("has two indexes")
	}
	found := b
	*index = &found
	f.indexed = true
	return nil
}

// hasIndex reports whether the index of a film is in the spool.
func (f *film) hasIndex() bool { return !f.picture && f.moov != nil && f.kept.size >= f.moov.end }

// index edits the index. Without one it is not known what is in the rest.
func (f *film) index(ended bool) error {
	if !f.indexed {
		if f.needs {
			return damaged("has no index: it was cut off, or never finished")
		}
		return nil
	}
	for _, b := range []*box{f.moov, f.meta} {
		switch {
		case b == nil:
		case ended && b.end == toTheEnd:
			b.end = f.kept.size
		case f.kept.size < b.end:
			return damaged("has an index that is cut off")
		}
	}
	return f.strip()
}

// strip edits the indexes, and takes out what they say is to go.
func (f *film) strip() error {
	if f.moov != nil {
		if err := f.edit(*f.moov); err != nil {
			return err
		}
		f.describe()
	}
	if f.noFrames {
		return nil
	}
	left := f.kept.size // not more than the whole is overwritten, so that the work is bounded
	if f.meta != nil {
		if err := f.removeItems(*f.meta, &left); err != nil {
			return err
		}
	}
	if len(f.removed) == 0 && f.places == nil {
		return nil
	}
	if f.fragments {
		return damaged("is a film in fragments with a track of neither picture nor sound")
	}
	f.todo = stage{func() bool { return false }, func(bool) error {
		left := f.kept.size
		return f.removeTracks(&left)
	}}
	return nil
}

var (
	errCut   = damaged("has a box that ends too early")
	errParts = damaged("is made of too many parts")
)

// describe determines a better type: what has sound alone must not look like a film.
func (f *film) describe() {
	switch {
	case f.contentType == "audio/mp4":
		f.info.Width, f.info.Height = 0, 0 // of the pictures of chapters
	case f.picture:
		f.info = Info{Orientation: 1} // it is shown as a picture is
	case f.info.Width > 0, f.sounds == 0:
	case f.contentType == "video/3gpp", f.contentType == "video/3gpp2":
		f.info.ContentType = "audio" + strings.TrimPrefix(f.contentType, "video")
	default:
		f.info.ContentType = "audio/mp4"
	}
}

// edit goes over the index.
func (f *film) edit(moov box) error {
	return f.kept.each(moov.body, moov.end, func(b box) error {
		switch b.kind {
		case "mvhd":
			return f.movieHead(b)
		case "trak":
			return f.track(b)
		case "mvex":
			f.fragments = true
			return f.extends(b)
		case "gps ":
			list := b
			f.places = &list
			return nil
		case "iods", "pssh", "ctab", "clip":
			return nil
		case "cmov":
			return damaged("is a film whose index is compressed")
		}
		return f.kept.free(b)
	})
}

// movieHead reads how long the film is, and removes when it was made.
func (f *film) movieHead(b box) error {
	at, long, err := f.dates(b)
	if err != nil {
		return err
	}
	units, err := f.kept.number(at, 4)
	if err != nil {
		return err
	}
	f.timescale = units
	return f.lasts(at+4, long)
}

// dates removes the two times behind the version of a box. It returns where what follows them is,
// and how many bytes a time and a duration have.
func (f *film) dates(b box) (at int64, long int, err error) {
	const version = 4
	v, err := f.kept.number(b.body, 1)
	if err != nil {
		return 0, 0, err
	}
	long = 4
	if v == 1 {
		long = 8
	}
	at = b.body + version + 2*int64(long)
	if at+4+int64(long) > b.end {
		return 0, 0, errCut
	}
	return at, long, f.kept.zero(b.body+version, at)
}

func (f *film) lasts(at int64, long int) error {
	duration, err := f.kept.number(at, long)
	if unknown := uint64(1)<<(8*long-1)*2 - 1; duration != unknown && duration > 0 {
		f.info.Duration = durationOf(duration, f.timescale)
	}
	return err
}

// extends reads the length of a film in fragments.
func (f *film) extends(mvex box) error {
	return f.kept.each(mvex.body, mvex.end, func(b box) error {
		if b.kind != "mehd" {
			return nil
		}
		v, err := f.kept.number(b.body, 1)
		if err != nil {
			return err
		}
		if v == 1 {
			return f.lasts(b.body+4, 8)
		}
		return f.lasts(b.body+4, 4)
	})
}

// trackInfo is what is read of a track.
type trackInfo struct {
	head    box
	handler string
}

// track edits a track, or leaves it to be removed.
func (f *film) track(trak box) error {
	var t trackInfo
	err := f.kept.each(trak.body, trak.end, func(b box) error {
		switch b.kind {
		case "tkhd":
			t.head = b
			_, _, err := f.dates(b)
			return err
		case "mdia":
			return f.mediaOf(b, &t)
		case "edts", "tref", "tapt", "clip", "matt", "load", "imap", "trgr":
			return nil
		}
		return f.kept.free(b)
	})
	if err != nil {
		return err
	}
	switch t.handler {
	case "vide":
		return f.measure(t.head)
	case "soun":
		f.sounds++
		return nil
	case "pict", "auxv": // pictures that move, and their transparency
		return nil
	}
	if f.removed = append(f.removed, trak); len(f.removed) > maxTracks {
		return damaged("is a film of too many tracks")
	}
	return nil
}

// mediaOf finds what kind of a track it is, and frees what tells more than that.
func (f *film) mediaOf(mdia box, t *trackInfo) error {
	return f.kept.each(mdia.body, mdia.end, func(b box) error {
		switch b.kind {
		case "hdlr":
			kind, err := f.kept.bytes(b.body+8, 4)
			if err != nil {
				return err
			}
			t.handler = string(kind)
			return f.kept.zero(min(b.body+24, b.end), b.end) // a name
		case "mdhd":
			_, _, err := f.dates(b)
			return err
		case "minf":
			return f.freeTexts(b, true)
		case "elng":
			return nil
		}
		return f.kept.free(b)
	})
}

// freeTexts frees the boxes of free texts in minf, and in the sample table that it holds.
func (f *film) freeTexts(of box, outer bool) error {
	return f.kept.each(of.body, of.end, func(b box) error {
		switch b.kind {
		case "udta", "meta", "uuid", "free", "skip", "wide":
			return f.kept.free(b)
		case "stbl":
			if outer {
				return f.freeTexts(b, false)
			}
		}
		return nil
	})
}

// measure reads how large a picture is shown, and whether it is turned on its side.
func (f *film) measure(head box) error {
	if f.info.Width > 0 || head.size() == 0 {
		return nil
	}
	v, err := f.kept.number(head.body, 1)
	if err != nil {
		return err
	}
	matrix := head.body + 40
	if v == 1 {
		matrix += 12
	}
	if matrix+44 > head.end {
		return errCut
	}
	b, err := f.kept.bytes(matrix, 44)
	if err != nil {
		return err
	}
	number := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	width, height := int(number(9)>>16), int(number(10)>>16)
	if number(0) == 0 && number(4) == 0 && number(1) != 0 && number(3) != 0 {
		width, height = height, width
	}
	if width > 0 && height > 0 {
		f.info.Width, f.info.Height = width, height
	}
	return nil
}
