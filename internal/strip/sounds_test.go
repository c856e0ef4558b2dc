package strip

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

// cleanJPEG is enough of a JPEG to be read; with a place in it, it is dirtyJPEG.
const cleanJPEG = "\xff\xd8\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x2b\xff\xd9"

const jpegExif = "\xff\xe1\x00\x25Exif\x00\x00" + secret

var dirtyJPEG = cleanJPEG[:2] + jpegExif + cleanJPEG[2:]

// mp3Sound is a frame with a Xing header that says of 100 frames.
var mp3Sound = cat("\xff\xfb\x90\xc0", make([]byte, 17), "Xing", be32(1), be32(100), make([]byte, 300))

func frame3(id, content string) []byte { return cat(id, be32(len(content)), be16(0), content) }
func frame2(id, content string) []byte { return cat(id, be32(len(content))[1:], content) }

// mp3File is an MP3 with a tag of some frames, and a little padding.
func mp3File(version byte, frames ...[]byte) []byte {
	return id3File(version, 0, cat(bytes.Join(frames, nil), make([]byte, 10)))
}

func id3File(version, flags byte, body []byte) []byte {
	n := len(body)
	return cat("ID3", version, "\x00", flags, byte(n>>21), byte(n>>14&127), byte(n>>7&127), byte(n&127), body, mp3Sound)
}

func TestTagsOfSoundsAreStripped(t *testing.T) {
	title := frame3("TIT2", "\x00A song")
	cover := func(jpeg string) []byte { return frame3("APIC", "\x00image/jpeg\x00\x03front\x00"+jpeg) }
	filled := cleanJPEG + strings.Repeat("\x00", len(jpegExif))
	zeros := func(b []byte) []byte { return blank(b) }
	for name, c := range map[string]struct{ dirty, clean []byte }{
		"a title stays":     {mp3File(3, title), mp3File(3, title)},
		"a private frame":   {mp3File(3, frame3("PRIV", secret), title), mp3File(3, title, zeros(frame3("PRIV", secret)))},
		"a text of its own": {mp3File(3, title, frame3("TXXX", secret)), mp3File(3, title, zeros(frame3("TXXX", secret)))},
		"an object":         {mp3File(3, frame3("GEOB", secret)), mp3File(3, zeros(frame3("GEOB", secret)))},
		"an owner":          {mp3File(3, frame3("OWNE", secret)), mp3File(3, zeros(frame3("OWNE", secret)))},
		"a comment":         {mp3File(3, frame3("COMM", secret)), mp3File(3, zeros(frame3("COMM", secret)))},
		"a cover":           {mp3File(3, cover(dirtyJPEG), title), mp3File(3, cover(filled), title)},
		"a cover in UTF-16": {mp3File(3, frame3("APIC", "\x01image/jpeg\x00\x03\xff\xfef\x00\x00\x00"+dirtyJPEG)), mp3File(3, frame3("APIC", "\x01image/jpeg\x00\x03\xff\xfef\x00\x00\x00"+filled))},
		"a PNG": {mp3File(3, frame3("APIC", "\x00image/png\x00\x03\x00"+string(cat(pngFile(), secret)))),
			mp3File(3, frame3("APIC", "\x00image/png\x00\x03\x00"+string(cat(pngFile(), make([]byte, len(secret))))))},
		"a cover that is none": {mp3File(3, frame3("APIC", "\x00image/jpeg")), mp3File(3, zeros(frame3("APIC", "\x00image/jpeg")))},
		"version 2":            {mp3File(2, frame2("TT2", "\x00A"), frame2("PIC", "\x00JPG\x03\x00"+dirtyJPEG), frame2("GEO", secret)), mp3File(2, frame2("TT2", "\x00A"), frame2("PIC", "\x00JPG\x03\x00"+filled), zeros(frame2("GEO", secret)))},
		"version 4":            {mp3File(4, title, frame3("PRIV", secret)), mp3File(4, title, zeros(frame3("PRIV", secret)))},
		"compressed":           {mp3File(3, cat("APIC", be32(len(secret)), "\x00\x80", secret)), mp3File(3, zeros(cat("APIC", be32(len(secret)), "\x00\x80", secret)))},
		"an extended head":     {id3File(3, 0x40, cat(be32(6), "SECRET", title)), id3File(3, 0, cat(title, make([]byte, 10)))},
		"unsynchronised":       {id3File(3, 0x80, cat(frame3("TIT2", "\x00A")[:10], "\x00A", cat("TIT2", be32(2), be16(0), "\xff\x00\xe0"), frame3("PRIV", secret))), id3File(3, 0, cat(frame3("TIT2", "\x00A"), cat("TIT2", be32(2), be16(0), "\xff\xe0"), zeros(frame3("PRIV", secret)), "\x00"))},
		"what is no frame":     {mp3File(3, title, cat("\x01\x02\x03\x04", secret)), mp3File(3, title, zeros(cat("\x01\x02\x03\x04", secret)))},
		"a second tag":         {cat(mp3File(3, title)[:27], mp3File(3, frame3("PRIV", secret))), cat(mp3File(3, title)[:27], mp3File(3, zeros(frame3("PRIV", secret))))},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a second tag" { // behind one without padding
				c.dirty = cat(id3File(3, 0, title)[:10+len(title)], mp3File(3, frame3("PRIV", secret)))
				c.clean = cat(id3File(3, 0, title)[:10+len(title)], mp3File(3, zeros(frame3("PRIV", secret))))
			}
			info := wantStripped(t, "audio/mpeg", c.dirty, c.clean)
			if want := durationOf(100*1152, 44100); info.Duration != want || info.ContentType != "" {
				t.Errorf("%+v, want %v", info, want)
			}
		})
	}
}

func TestWhatIsBehindATag(t *testing.T) {
	tag := mp3File(3, frame3("PRIV", secret))
	tag = tag[:len(tag)-len(mp3Sound)]
	clean := cat(tag[:10], blank(tag[10:]))
	for sound, want := range map[string]string{"\xff\xf1\x50\x80": "audio/aac", "\xff\xf9\x50\x80": "audio/aac", "\xff\xfb\x90\xc0": "", "<html>": ""} {
		if info := wantStripped(t, "audio/mpeg", cat(tag, sound), cat(clean, sound)); info.ContentType != want {
			t.Errorf("%q is %q", sound, info.ContentType)
		}
	}
	info := wantStripped(t, "audio/mpeg", cat(tag, flacFile()), cat(clean, cleanFLAC()))
	if info.ContentType != "audio/flac" || info.Duration != 2*time.Second {
		t.Errorf("%+v", info)
	}
}

func TestDurationsOfMP3(t *testing.T) {
	for name, c := range map[string]struct {
		head []byte
		want time.Duration
	}{
		"stereo":   {cat("\xff\xfb\x90\x00", make([]byte, 32), "Info", be32(1), be32(4410)), durationOf(4410*1152, 44100)},
		"MPEG 2":   {cat("\xff\xf3\x90\x00", make([]byte, 17), "Xing", be32(1), be32(100)), durationOf(100*576, 22050)},
		"MPEG 2.5": {cat("\xff\xe3\x90\xc0", make([]byte, 9), "Xing", be32(1), be32(100)), durationOf(100*576, 11025)},
		"VBRI":     {cat("\xff\xfb\x90\x00", make([]byte, 32), "VBRI", make([]byte, 10), be32(100)), durationOf(100*1152, 44100)},
		"no count": {cat("\xff\xfb\x90\x00", make([]byte, 32), "Xing", be32(0), be32(100)), 0},
		"none":     {cat("\xff\xfb\x90\x00", make([]byte, 400)), 0},
	} {
		if _, info := strips(t, "audio/mpeg", c.head); info.Duration != c.want {
			t.Errorf("%s: %v, want %v", name, info.Duration, c.want)
		}
	}
}

func flacBlock(kind byte, content ...any) []byte {
	body := cat(content...)
	return cat(kind, be32(len(body))[1:], body)
}

// streamInfo says of 88,200 samples of 44,100 a second.
var streamInfo = flacBlock(0, make([]byte, 10), be64(44100<<44|1<<41|15<<36|88200), make([]byte, 16))

func comments(texts ...string) []byte {
	all := cat(le32(7), "program", le32(len(texts)))
	for _, text := range texts {
		all = cat(all, le32(len(text)), text)
	}
	return all
}

func flacPictureOf(jpeg string) []byte {
	return cat(be32(3), be32(10), "image/jpeg", be32(5), "front", make([]byte, 16), be32(len(jpeg)), jpeg)
}

const flacSound = "\xff\xf8 the sound"

func flacFile() []byte {
	return cat("fLaC", streamInfo, flacBlock(2, "PLAC", secret), flacBlock(4, comments("TITLE=A song", "LOCATION="+secret, "artist=Ann", "GEO="+secret)),
		flacBlock(1, secret), flacBlock(6, flacPictureOf(dirtyJPEG)), flacBlock(0x80|77, secret), flacSound)
}

func cleanFLAC() []byte {
	return cat("fLaC", streamInfo, flacBlock(1, make([]byte, 4+len(secret))), flacBlock(4, comments("TITLE=A song", "artist=Ann")),
		flacBlock(1, make([]byte, len(secret))), flacBlock(6, cat(flacPictureOf(dirtyJPEG)[:4+4+10+4+5+20], cleanJPEG, make([]byte, len(jpegExif)))),
		flacBlock(0x80|1, make([]byte, len(secret))), flacSound)
}

func TestFLACsAreStripped(t *testing.T) {
	if info := wantStripped(t, "audio/flac", flacFile(), cleanFLAC()); info.Duration != 2*time.Second {
		t.Errorf("%+v", info)
	}
	alone := cat("fLaC\x80", streamInfo[1:], flacSound)
	wantStripped(t, "audio/flac", alone, alone)
	none := flacBlock(0x84, make([]byte, 8))
	for name, content := range map[string][]byte{
		"comments of 100 kB":            comments("LOCATION=" + strings.Repeat(secret, 4000)),
		"comments longer than they are": cat(le32(1<<30), secret),
	} {
		t.Run(name, func(t *testing.T) {
			wantStripped(t, "audio/flac", cat("fLaC", streamInfo, flacBlock(0x84, content), flacSound), cat("fLaC", streamInfo, none, flacSound))
		})
	}
	wantStripped(t, "audio/flac", cat("fLaC", streamInfo, flacBlock(4, comments()), flacBlock(4, comments("LOCATION=here")), flacBlock(0x84, "x")),
		cat("fLaC", streamInfo, flacBlock(4, comments()), flacBlock(1, make([]byte, len(comments("LOCATION=here")))), flacBlock(0x81, "\x00")))
	wantStripped(t, "audio/flac", cat("fLaC", streamInfo, flacBlock(0x86, be32(3), be32(1<<30), secret)),
		cat("fLaC", streamInfo, flacBlock(0x81, make([]byte, 8+len(secret)))))
}

// ebml is an element with a size of four bytes.
func ebml(id string, content ...any) []byte {
	body := cat(content...)
	return cat(id, be32(0x10000000|len(body)), body)
}

func webmFile(picture, sound bool) []byte {
	var tracks []byte
	if picture {
		tracks = cat(tracks, ebml("\xae", ebml("\x83", "\x01"), ebml("\xe0", ebml("\xb0", be16(1280)), ebml("\xba", be16(720)), ebml("\x54\xb0", be16(960)), ebml("\x54\xba", be16(720)))))
	}
	if sound {
		tracks = cat(tracks, ebml("\xae", ebml("\x83", "\x02"), ebml("\xe1", "x")))
	}
	return cat(ebml("\x1a\x45\xdf\xa3", "webm"), "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
		ebml("\x15\x49\xa9\x66", ebml("\x2a\xd7\xb1", be32(1_000_000)), ebml("\x44\x89", be64(int(math.Float64bits(2500.0))))),
		ebml("\xec", make([]byte, 100)), ebml("\x16\x54\xae\x6b", tracks), "\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff", "the film")
}

func TestWebMs(t *testing.T) {
	for _, c := range []struct {
		picture, sound bool
		want           Info
	}{
		{true, true, Info{Width: 960, Height: 720, Orientation: 1, Duration: 2500 * time.Millisecond}},
		{true, false, Info{Width: 960, Height: 720, Orientation: 1, Duration: 2500 * time.Millisecond}},
		{false, true, Info{ContentType: "audio/webm", Orientation: 1, Duration: 2500 * time.Millisecond}},
	} {
		whole := webmFile(c.picture, c.sound)
		if info := wantStripped(t, "video/webm", whole, whole); info != c.want {
			t.Errorf("%+v, want %+v", info, c.want)
		}
	}
}

// oggPage is a page of one packet.
func oggPage(first byte, at, serial int, packet string) []byte {
	granule := make([]byte, 8)
	for i := range granule {
		granule[i] = byte(uint64(at) >> (8 * i))
	}
	return cat("OggS\x00", first, granule, le32(serial), le32(0), le32(0), byte(1), byte(len(packet)), packet)
}

func oggFile() []byte {
	return cat(oggPage(2, 0, 1, "\x80theora\x03\x02\x01\x00\x14\x00\x0f\x00\x01\x40\x00\x00\xf0"), oggPage(2, 0, 7, "OpusHead\x01\x01\x38\x01"+le48000),
		oggPage(0, 48000+312, 7, "sound"), oggPage(0, 1<<40, 1, "picture"), oggPage(0, 120000+312, 7, "sound"), oggPage(0, -1, 7, "more"))
}

const le48000 = "\x80\xbb\x00\x00\x00\x00\x00"

func TestOggs(t *testing.T) {
	want := Info{Width: 320, Height: 240, Orientation: 1, Duration: 2500 * time.Millisecond}
	if info := wantStripped(t, "video/ogg", oggFile(), oggFile()); info != want {
		t.Errorf("%+v, want %+v", info, want)
	}
	for name, head := range map[string]string{
		"vorbis": "\x01vorbis\x00\x00\x00\x00\x01" + string(le32(44100)), "flac": "\x7fFLAC\x01\x00\x00\x01fLaC\x00\x00\x00\x22" + string(streamInfo[4:]),
		"speex": "Speex   " + strings.Repeat(" ", 28) + string(le32(44100)),
	} {
		whole := cat(oggPage(2, 0, 1, head), oggPage(4, 88200, 1, "sound"))
		if info := wantStripped(t, "audio/ogg", whole, whole); info.Duration != 2*time.Second {
			t.Errorf("%s: %+v", name, info)
		}
	}
}

func waveFile() []byte {
	return cat("RIFF", le32(1000), "WAVE", riffChunk("fmt ", string(cat(le16(1), le16(1), le32(8000), le32(16000), le16(2), le16(16)))),
		riffChunk("LIST", "odd"), "data", le32(24000), make([]byte, 50))
}

func TestWaves(t *testing.T) {
	if info := wantStripped(t, "audio/wav", waveFile(), waveFile()); info.Duration != 1500*time.Millisecond {
		t.Errorf("%+v", info)
	}
	large := cat("RF64", le32(-1), "WAVE", riffChunk("ds64", string(cat(make([]byte, 8), le32(32000), le32(0), make([]byte, 12)))), waveFile()[12:])
	large = bytes.Replace(large, cat("data", le32(24000)), cat("data", le32(-1)), 1)
	if info := wantStripped(t, "audio/wav", large, large); info.Duration != 2*time.Second {
		t.Errorf("%+v", info)
	}
}

func FuzzSound(f *testing.F) {
	f.Add(mp3File(3, frame3("PRIV", secret), frame3("APIC", "\x00image/jpeg\x00\x03front\x00"+dirtyJPEG)))
	f.Add(id3File(3, 0x80, cat("TIT2", be32(2), be16(0), "\xff\x00\xe0")))
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "audio/mpeg", whole) })
}

func FuzzFLAC(f *testing.F) {
	f.Add(flacFile())
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "audio/flac", whole) })
}

func FuzzMatroska(f *testing.F) {
	f.Add(webmFile(true, true))
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "video/webm", whole) })
}

func FuzzOgg(f *testing.F) {
	f.Add(oggFile())
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "audio/ogg", whole) })
}

func FuzzWave(f *testing.F) {
	f.Add(waveFile())
	f.Fuzz(func(t *testing.T, whole []byte) { fuzz(t, "audio/wav", whole) })
}
