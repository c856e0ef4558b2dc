package strip

import (
	"bytes"
	"testing"
	"time"
)

// boxOf is a box of a kind with some content.
func boxOf(kind string, content ...any) []byte {
	body := cat(content...)
	return cat(be32(8+len(body)), kind, body)
}

// longBox is a box whose size is written with 64 bits.
func longBox(kind string, content ...any) []byte {
	body := cat(content...)
	return cat(be32(1), kind, be64(16+len(body)), body)
}

func blank(b []byte) []byte { return make([]byte, len(b)) }

// Samples as they lie in mdat.
const (
	picture1, sound1, place1 = "PICTURE-1", "SOUND-1", "GPS-SECRET-1"
	picture2, sound2, place2 = "PICTURE-2..", "SOUND-2.", "GPS-SECRET-2.."
)

// filmFile is a film as a phone makes it.
type filmFile struct {
	moovLast, longMdat, co64, long bool   // how it is written
	places                         bool   // has a track of places
	noPicture                      bool   // has sound alone
	turned                         bool   // is on its side
	padding                        int    // bytes at the end of mdat
	inMoov, behind                 []byte // further boxes
	clean                          bool   // is what is to be stored
}

const brandIsom = "isom\x00\x00\x02\x00isomiso2mp41"

func (f filmFile) bytes() []byte {
	ftyp := boxOf("ftyp", brandIsom)
	mdat, at := f.mdat()
	moov := f.moov(0, at)
	begin := len(ftyp)
	if !f.moovLast {
		begin += len(moov)
	}
	moov = f.moov(begin, at)
	if f.moovLast {
		return cat(ftyp, mdat, moov, f.behind)
	}
	return cat(ftyp, moov, mdat, f.behind)
}

// mdat is the samples, and where each lies in it.
func (f filmFile) mdat() (mdat []byte, at map[string]int) {
	at = map[string]int{}
	head := 8
	if f.longMdat {
		head = 16
	}
	var body []byte
	for _, sample := range []string{picture1, place1, sound1, picture2, sound2, place2} {
		at[sample] = head + len(body)
		if f.clean && f.places && (sample == place1 || sample == place2) {
			sample = string(make([]byte, len(sample)))
		}
		body = append(body, sample...)
	}
	body = append(body, bytes.Repeat([]byte{0xAB}, f.padding)...)
	if f.longMdat {
		return longBox("mdat", body), at
	}
	return boxOf("mdat", body), at
}

func (f filmFile) moov(mdat int, at map[string]int) []byte {
	var tracks []byte
	if !f.noPicture {
		tracks = cat(tracks, f.track("vide", mdat, at, picture1, picture2))
	}
	tracks = cat(tracks, f.track("soun", mdat, at, sound1, sound2))
	if f.places {
		places := f.track("meta", mdat, at, place1, place2)
		if f.clean {
			copy(places[4:], "free")
			copy(places[8:], blank(places[8:]))
		}
		tracks = cat(tracks, places)
	}
	return boxOf("moov", f.movieHead(), tracks, f.text(boxOf("udta", boxOf("\xa9xyz", be16(20), be16(0), secret))),
		f.text(boxOf("meta", secret)), f.text(boxOf("uuid", "0123456789abcdef<x:xmpmeta>", secret)), f.text(f.inMoov))
}

// text is a box that goes.
func (f filmFile) text(b []byte) []byte {
	if f.clean && len(b) > 0 {
		return boxOf("free", blank(b[8:]))
	}
	return b
}

// times are when something was made, and changed.
func (f filmFile) times() []byte {
	made := cat(be32(0xE0000001), be32(0xE0000002))
	if f.long {
		made = cat(be64(0xE0000001), be64(0xE0000002))
	}
	if f.clean {
		return blank(made)
	}
	return made
}

func (f filmFile) version() []byte {
	if f.long {
		return be32(1 << 24)
	}
	return be32(0)
}

func (f filmFile) number(n int) []byte {
	if f.long {
		return be64(n)
	}
	return be32(n)
}

func (f filmFile) movieHead() []byte {
	return boxOf("mvhd", f.version(), f.times(), be32(600), f.number(1500), make([]byte, 80))
}

func (f filmFile) track(kind string, mdat int, at map[string]int, samples ...string) []byte {
	matrix := cat(be32(1<<16), be32(0), be32(0), be32(0), be32(1<<16), be32(0), be32(0), be32(0), be32(1<<30))
	if f.turned {
		matrix = cat(be32(0), be32(1<<16), be32(0), be32(-1<<16), be32(0), be32(0), be32(0), be32(0), be32(1<<30))
	}
	width, height := 0, 0
	if kind == "vide" {
		width, height = 1920, 1080
	}
	name := cat("Ann's camera", byte(0))
	if f.clean {
		name = blank(name)
	}
	offsets, offsetBox := []byte{}, "stco"
	var sizes []byte
	for _, sample := range samples {
		sizes = cat(sizes, be32(len(sample)))
		if f.co64 {
			offsetBox, offsets = "co64", cat(offsets, be64(mdat+at[sample]))
		} else {
			offsets = cat(offsets, be32(mdat+at[sample]))
		}
	}
	table := boxOf("stbl", boxOf("stsd", be32(0), be32(1), boxOf("avc1", make([]byte, 20))), boxOf("stts", be32(0), be32(1), be32(2), be32(100)),
		boxOf("stsc", be32(0), be32(1), be32(1), be32(1), be32(1)), boxOf("stsz", be32(0), be32(0), be32(len(samples)), sizes),
		boxOf(offsetBox, be32(0), be32(len(samples)), offsets), f.text(boxOf("udta", secret)))
	return boxOf("trak",
		boxOf("tkhd", f.version(), f.times(), be32(1), be32(0), f.number(1500), make([]byte, 16), matrix, be32(width<<16), be32(height<<16)),
		boxOf("edts", boxOf("elst", be32(0), be32(0))),
		f.text(boxOf("meta", secret)),
		boxOf("mdia", boxOf("mdhd", f.version(), f.times(), be32(600), f.number(1500), be32(0)),
			boxOf("hdlr", be32(0), be32(0), kind, make([]byte, 12), name),
			boxOf("minf", boxOf("nmhd", be32(0)), f.text(boxOf("udta", secret)), table)),
		f.text(boxOf("udta", boxOf("name", secret))))
}

// placesTrack is a track of places with chunks and sizes of one's own.
func placesTrack(chunks, sizes []byte) []byte {
	return boxOf("trak", boxOf("mdia", boxOf("hdlr", be32(0), be32(0), "meta", make([]byte, 12)),
		boxOf("minf", boxOf("stbl", boxOf("stsc", be32(0), be32(1), be32(1), be32(1), be32(1)), sizes, boxOf("stco", be32(0), be32(len(chunks)/4), chunks)))))
}

func TestFilmsAreStrippedHoweverTheyAreWritten(t *testing.T) {
	for name, f := range map[string]filmFile{
		"the index first": {}, "the index last": {moovLast: true},
		"64 bits": {longMdat: true, co64: true, long: true}, "64 bits, the index last": {longMdat: true, co64: true, long: true, moovLast: true},
		"places behind the index": {places: true}, "places before the index": {places: true, moovLast: true},
		"places, 64 bits":        {places: true, longMdat: true, co64: true, long: true},
		"places in a large file": {places: true, padding: 3 * spoolMemory}, "and before the index": {places: true, moovLast: true, padding: 3 * spoolMemory},
		"on its side": {turned: true},
	} {
		t.Run(name, func(t *testing.T) {
			clean := f
			clean.clean = true
			if bytes.Contains(clean.bytes(), []byte("SECRET")) != !f.places { // without their track these are samples of nothing
				t.Fatal("what is wanted is wrong")
			}
			info := wantStripped(t, "video/mp4", f.bytes(), clean.bytes())
			want := Info{Width: 1920, Height: 1080, Orientation: 1, Duration: 2500 * time.Millisecond}
			if f.turned {
				want.Width, want.Height = 1080, 1920
			}
			if info != want {
				t.Errorf("it is %+v, want %+v", info, want)
			}
		})
	}
}

func TestBoxesBesideTheFilm(t *testing.T) {
	f, clean := filmFile{}, filmFile{clean: true}
	for name, c := range map[string]struct{ dirty, clean []byte }{
		"free":        {boxOf("free", secret), boxOf("free", make([]byte, len(secret)))},
		"skip":        {boxOf("skip", secret), boxOf("skip", make([]byte, len(secret)))},
		"XMP":         {boxOf("uuid", secret), boxOf("free", make([]byte, len(secret)))},
		"meta":        {boxOf("meta", secret), boxOf("free", make([]byte, len(secret)))},
		"udta":        {boxOf("udta", secret), boxOf("free", make([]byte, len(secret)))},
		"unknown":     {boxOf("SEFT", secret), boxOf("free", make([]byte, len(secret)))},
		"to the end":  {cat(be32(0), "uuid", secret), cat(be32(0), "free", make([]byte, len(secret)))},
		"too long":    {cat(be32(1<<30), "uuid", secret), cat(be32(1<<30), "free", make([]byte, len(secret)))},
		"rubbish":     {cat("\x00\x00\x00\x01", secret, "\xff"), nil},
		"a few bytes": {cat("GPS"), nil},
		"no box":      {cat(be32(3), "SECRET"), nil},
		"64 bits":     {longBox("uuid", secret), cat(be32(1), "free", be64(16+len(secret)), make([]byte, len(secret)))},
		"a fragment":  {boxOf("moof", "x"), boxOf("moof", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "rubbish" { // its size has 64 bits that are text
				c.dirty = cat(be32(1), "abcd\xff\xff", secret)
			}
			f.behind, clean.behind = c.dirty, c.clean
			wantStripped(t, "video/mp4", f.bytes(), clean.bytes())
		})
	}
}

func TestSoundAlone(t *testing.T) {
	for contentType, want := range map[string]string{
		"video/mp4": "audio/mp4", "video/quicktime": "audio/mp4", "video/3gpp": "audio/3gpp", "audio/mp4": "",
	} {
		info := wantStripped(t, contentType, filmFile{noPicture: true}.bytes(), filmFile{noPicture: true, clean: true}.bytes())
		if info.ContentType != want || info.Width != 0 || info.Duration != 2500*time.Millisecond {
			t.Errorf("%s: %+v", contentType, info)
		}
	}
	if info := wantStripped(t, "audio/mp4", filmFile{}.bytes(), filmFile{clean: true}.bytes()); info.Width != 0 || info.ContentType != "" {
		t.Errorf("pictures of chapters: %+v", info)
	}
}

// A dashboard camera lists where it has left places in the samples.
func TestPlacesOfADashboardCamera(t *testing.T) {
	for _, last := range []bool{false, true} {
		list := boxOf("gps ", be32(0x101), be32(1), be32(0), be32(len(place1)))
		f := filmFile{inMoov: list, moovLast: last}
		at := bytes.Index(f.bytes(), []byte(place1))
		f.inMoov = boxOf("gps ", be32(0x101), be32(1), be32(at), be32(len(place1)))
		want := f
		want.clean = true
		wanted := want.bytes()
		copy(wanted[at:], make([]byte, len(place1)))
		wantStripped(t, "video/mp4", f.bytes(), wanted)
	}
}

// Sample sizes are written in four ways.
func TestPlacesInSamplesOfAnySize(t *testing.T) {
	const a, b, c = "GPS-SECRET-A", "GPS-SECRET-B", "GPS-SECRET-C"
	for name, sizes := range map[string][]byte{
		"each":    boxOf("stsz", be32(0), be32(0), be32(3), be32(12), be32(12), be32(12)),
		"all":     boxOf("stsz", be32(0), be32(12), be32(3)),
		"16 bits": boxOf("stz2", be32(0), be32(16), be32(3), be16(12), be16(12), be16(12)),
		"8 bits":  boxOf("stz2", be32(0), be32(8), be32(3), "\x0c\x0c\x0c"),
		"4 bits":  boxOf("stz2", be32(0), be32(4), be32(3), "\xcc\xc0"),
	} {
		for _, last := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				ftyp := boxOf("ftyp", brandIsom)
				moov := func(at int) []byte { return boxOf("moov", twoChunks(at, at+len(a+b+"sound"), sizes)) }
				mdat, clean := boxOf("mdat", a, b, "sound", c), boxOf("mdat", make([]byte, 24), "sound", make([]byte, 12))
				if last {
					index := moov(len(ftyp) + 8)
					wantStripped(t, "video/mp4", cat(ftyp, mdat, index), cat(ftyp, clean, boxOf("moov", boxOf("free", blank(index[16:])))))
					return
				}
				index := moov(len(ftyp) + len(moov(0)) + 8)
				wantStripped(t, "video/mp4", cat(ftyp, index, mdat), cat(ftyp, boxOf("moov", boxOf("free", blank(index[16:]))), clean))
			})
		}
	}
}

// twoChunks is a track of places with two samples in a chunk, and one in another.
func twoChunks(first, second int, sizes []byte) []byte {
	return boxOf("trak", boxOf("mdia", boxOf("hdlr", be32(0), be32(0), "meta", make([]byte, 12)),
		boxOf("minf", boxOf("stbl", boxOf("stsc", be32(0), be32(2), be32(1), be32(2), be32(1), be32(2), be32(1), be32(1)), sizes,
			boxOf("stco", be32(0), be32(2), be32(first), be32(second))))))
}

func TestFilmsThatCannotBeRead(t *testing.T) {
	whole := filmFile{moovLast: true}.bytes()
	moov := bytes.Index(whole, []byte("moov")) - 4
	ftyp := boxOf("ftyp", brandIsom)
	places := func(chunks, sizes []byte) []byte {
		return cat(ftyp, boxOf("mdat", secret), boxOf("moov", placesTrack(chunks, sizes)))
	}
	for name, film := range map[string][]byte{
		"without an index":          whole[:moov],
		"with half an index":        whole[:moov+100],
		"with two":                  cat(whole, whole[moov:]),
		"with two, the second cut":  cat(whole, whole[moov:moov+60]),
		"with an index in an index": cat(ftyp, boxOf("moov", be32(500), "trak", secret)),
		"a box of 7 bytes":          cat(ftyp, boxOf("moov", be32(7), "udta", secret)),
		"a box of no bytes":         cat(ftyp, be32(2), "mdat", secret),
		"a compressed index":        cat(ftyp, boxOf("moov", boxOf("cmov", secret))),
		"a head of 10 bytes":        cat(ftyp, boxOf("moov", boxOf("mvhd", make([]byte, 10)))),
		"a head of a track, short":  cat(ftyp, boxOf("moov", boxOf("trak", boxOf("tkhd", make([]byte, 20)), boxOf("mdia", boxOf("hdlr", be32(0), be32(0), "vide"))))),
		"a handler of 2 bytes":      cat(ftyp, boxOf("moov", boxOf("trak", boxOf("mdia", boxOf("hdlr", "xx"))))),
		"fragments with places":     cat(ftyp, boxOf("moov", boxOf("mvex"), placesTrack(nil, nil)), boxOf("moof"), boxOf("mdat", secret)),
		"samples in the index":      places(be32(len(ftyp)+8+len(secret)+20), boxOf("stsz", be32(0), be32(8), be32(1))),
		"the same samples again":    places(bytes.Repeat(be32(len(ftyp)+8), 100), boxOf("stsz", be32(0), be32(len(secret)), be32(100))),
		"samples of 3 bits":         places(be32(0), boxOf("stz2", be32(0), be32(3), be32(1), "x")),
		"what is no film":           cat(ftyp, "<html><script>", secret),
		"100 tracks of places":      cat(ftyp, boxOf("moov", bytes.Repeat(placesTrack(nil, nil), 100))),
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, "video/mp4", film) })
	}
}

func TestDurationsThatAreNone(t *testing.T) {
	head := func(scale, duration int) []byte {
		return cat(boxOf("ftyp", brandIsom), boxOf("moov", boxOf("mvhd", be32(0), be32(0), be32(0), be32(scale), be32(duration), make([]byte, 80)),
			boxOf("mvex", boxOf("mehd", be32(0), be32(3000)))))
	}
	for _, c := range []struct {
		scale, duration int
		want            time.Duration
	}{
		{1000, 500, 3 * time.Second}, // what a film in fragments says of all of them
		{0, 500, 0},
		{1, -1, 3000 * time.Second},
	} {
		if _, info := strips(t, "video/mp4", head(c.scale, c.duration)); info.Duration != c.want {
			t.Errorf("%d of %d: %v", c.duration, c.scale, info.Duration)
		}
	}
}

func FuzzFilm(f *testing.F) {
	for _, film := range []filmFile{{}, {moovLast: true, places: true}, {places: true, co64: true, longMdat: true, long: true}} {
		f.Add(film.bytes())
	}
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "video/mp4", whole) })
}

// fuzz checks what holds for each file, whatever it is.
func fuzz(t *testing.T, contentType string, whole []byte) {
	r := New(contentType, bytes.NewReader(whole))
	var stripped bytes.Buffer
	_, err := stripped.ReadFrom(r)
	_ = r.Close()
	for _, room := range rooms(whole) {
		all, info, late := edited(contentType, whole, room)
		if (late == nil) != (err == nil) || err == nil && (!bytes.Equal(all, stripped.Bytes()) || info != r.Info()) {
			t.Errorf("edited in a file, with %d bytes of memory, it is another: %v, and not %v", room, late, err)
		}
	}
	if err != nil {
		return
	}
	if stripped.Len() > len(whole)+64 {
		t.Errorf("%d bytes became %d", len(whole), stripped.Len())
	}
	again := New(contentType, bytes.NewReader(stripped.Bytes()))
	var twice bytes.Buffer
	_, err = twice.ReadFrom(again)
	_ = again.Close()
	if err != nil || !bytes.Equal(twice.Bytes(), stripped.Bytes()) {
		t.Errorf("stripped twice it is another: %v", err)
	}
}
