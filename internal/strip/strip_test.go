package strip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// secret is what must not be stored, wherever it is.
const secret = "GPS-SECRET +52.5200+013.4050/"

// cat joins strings, bytes and single bytes.
func cat(parts ...any) []byte {
	var all []byte
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			all = append(all, p...)
		case []byte:
			all = append(all, p...)
		case byte:
			all = append(all, p)
		default:
			panic("cat: what is it?")
		}
	}
	return all
}

func be16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func be32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func be64(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
func le16(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }
func le32(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// strips returns what stays of a file, which is the same however it is read.
func strips(t testing.TB, contentType string, whole []byte) ([]byte, Info) {
	t.Helper()
	r := New(contentType, bytes.NewReader(whole))
	stripped, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	slow := New(contentType, iotest.OneByteReader(bytes.NewReader(whole)))
	again, err := io.ReadAll(iotest.OneByteReader(slow))
	if err != nil || !bytes.Equal(again, stripped) || slow.Info() != r.Info() {
		t.Errorf("byte by byte it is another: %v, %+v", err, slow.Info())
	}
	_ = slow.Close()
	kept := Keep(contentType, bytes.NewReader(whole))
	if all, err := io.ReadAll(kept); err != nil || !bytes.Equal(all, whole) || kept.Info() != r.Info() {
		t.Errorf("kept, it is another: %v, %+v, want %+v", err, kept.Info(), r.Info())
	}
	for _, room := range rooms(whole) {
		if again, info, err := edited(contentType, whole, room); err != nil || !bytes.Equal(again, stripped) || info != r.Info() {
			t.Errorf("edited in a file, with %d bytes of memory, it is another: %v, %+v", room, err, info)
		}
	}
	twice := New(contentType, bytes.NewReader(stripped))
	if more, err := io.ReadAll(twice); err != nil || !bytes.Equal(more, stripped) {
		t.Errorf("stripped twice it is another: %v", err)
	}
	_ = twice.Close()
	return stripped, r.Info()
}

// rooms are some sizes of memory, of which the last has none of a file edited that is small.
func rooms(whole []byte) []int {
	return []int{0, passBuffer, passBuffer + len(whole)/3, passBuffer + len(whole) - 1, spoolMemory}
}

// edited returns what stays of a file in a store that edits it, of which room bytes are in memory.
func edited(contentType string, whole []byte, room int) ([]byte, Info, error) {
	r := New(contentType, bytes.NewReader(whole))
	if film, is := r.(*film); is {
		film.kept.room = room
	}
	late := false
	if editor, edits := r.(Editor); edits {
		late = editor.Defer()
	}
	all, err := io.ReadAll(r)
	if late && err == nil {
		err = r.(Editor).Edit(fileOf(all))
	}
	return all, r.Info(), errors.Join(err, r.Close())
}

// fileOf is a file in memory.
type fileOf []byte

func (f fileOf) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(f).ReadAt(b, at) }

func (f fileOf) WriteAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > int64(len(f)) {
		return 0, errors.New("written behind the end")
	}
	return copy(f[at:], b), nil
}

// wantStripped checks what stays of a file.
func wantStripped(t *testing.T, contentType string, whole, want []byte) Info {
	t.Helper()
	got, info := strips(t, contentType, whole)
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Errorf("at %d of %d it is %q, want %q", at, len(got), got[at:min(at+60, len(got))], want[at:min(at+60, len(want))])
	}
	return info
}

// wantRefused checks that nothing of a file is taken for whole.
func wantRefused(t *testing.T, contentType string, whole []byte) {
	t.Helper()
	r := New(contentType, bytes.NewReader(whole))
	all, err := io.ReadAll(r)
	var damaged *DamagedError
	if !errors.As(err, &damaged) || damaged.Reason == "" {
		t.Errorf("%d bytes, and the error is %v", len(all), err)
	}
	_ = r.Close()
	for _, room := range rooms(whole) {
		if _, _, err := edited(contentType, whole, room); !errors.As(err, &damaged) {
			t.Errorf("edited in a file, with %d bytes of memory, the error is %v", room, err)
		}
	}
}

// containers are the types of files that are read, each with a sound example.
func containers() map[string][]byte {
	return map[string][]byte{
		"image/png": pngFile(pngChunk("tEXt", []byte(secret)), pngChunk("eXIf", exifTIFF)), "image/webp": webpFile(riffChunk("EXIF", secret)),
		"image/gif": gifFile(gifExtension(0xFE, secret)), "video/mp4": filmFile{places: true}.bytes(),
		"image/heic": heicFile{}.bytes(), "audio/mpeg": mp3File(3, frame3("PRIV", secret)), "audio/flac": flacFile(),
		"video/webm": webmFile(true, true), "audio/ogg": oggFile(), "audio/wav": waveFile(),
	}
}

func TestFaultsOfTheSourceAreNotTheFile(t *testing.T) {
	for contentType, whole := range containers() {
		for _, fault := range []error{io.ErrUnexpectedEOF, errors.New("the network went away")} {
			for n := 0; n <= len(whole); n += 1 + len(whole)/50 {
				r := New(contentType, io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(fault)))
				if _, err := io.ReadAll(r); !errors.Is(err, fault) {
					t.Errorf("%s, after %d bytes of %d: %v", contentType, n, len(whole), err)
				}
				_ = r.Close()
			}
		}
	}
}

// What is cut off is stored as far as it goes, or refused; it does not grow.
func TestFilesThatAreCutOff(t *testing.T) {
	for contentType, whole := range containers() {
		for n := range len(whole) {
			r := New(contentType, bytes.NewReader(whole[:n]))
			all, err := io.ReadAll(r)
			var damaged *DamagedError
			if err != nil && !errors.As(err, &damaged) || len(all) > n {
				t.Errorf("%s, of %d bytes of %d: %d, and %v", contentType, n, len(whole), len(all), err)
			}
			if bytes.Contains(all, []byte("SECRET")) {
				t.Errorf("%s, of %d bytes of %d: the secret is stored", contentType, n, len(whole))
			}
			_ = r.Close()
		}
	}
}

func TestNothingStaysInTheFolderOfTemporaryFiles(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	film := filmFile{places: true, moovLast: true, padding: 3 * spoolMemory}.bytes()
	for _, read := range []int64{0, 1, int64(len(film) / 2), int64(len(film))} {
		r := New("video/mp4", bytes.NewReader(film))
		if _, err := io.CopyN(io.Discard, r, read); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("%d files stay, %v", len(left), err)
	}
	t.Setenv("TMPDIR", folder+"/none")
	r := New("video/mp4", bytes.NewReader(film))
	var spool *SpoolError
	if _, err := io.ReadAll(r); !errors.As(err, &spool) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
	_ = r.Close()
}

// Where a file is lent there is no temporary one, and its faults are its own.
func TestNoTemporaryFileBesideAFileThatIsLent(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	for name, f := range map[string]filmFile{
		"the index last": {places: true, moovLast: true, padding: 3 * spoolMemory}, "and first": {places: true, padding: 3 * spoolMemory},
	} {
		clean := f
		clean.clean = true
		if stripped, _, err := edited("video/mp4", f.bytes(), spoolMemory); err != nil || !bytes.Equal(stripped, clean.bytes()) {
			t.Errorf("%s: %v", name, err)
		}
		for _, faulty := range []faultyFile{{writes: true}, {}} {
			r := New("video/mp4", bytes.NewReader(f.bytes())).(Editor)
			if !r.Defer() {
				t.Fatalf("%s: no file is needed", name)
			}
			all, err := io.ReadAll(r)
			if err != nil || !bytes.Contains(all, []byte("SECRET")) {
				t.Errorf("%s: before it is edited: %v", name, err)
			}
			faulty.fileOf = all
			var damaged *DamagedError
			var spool *SpoolError
			if err := r.Edit(faulty); !errors.Is(err, errFile) || errors.As(err, &damaged) || errors.As(err, &spool) {
				t.Errorf("%s: %v", name, err)
			}
			_ = r.Close()
		}
	}
	small := New("video/mp4", bytes.NewReader(filmFile{places: true, moovLast: true}.bytes())).(Editor)
	if small.Defer() {
		t.Error("a small film needs a file")
	}
	_ = small.Close()
}

var errFile = errors.New("the disk is broken")

// faultyFile is a file that fails to write, or else to read.
type faultyFile struct {
	fileOf
	writes bool
}

func (f faultyFile) ReadAt(b []byte, at int64) (int, error) {
	if !f.writes {
		return 0, errFile
	}
	return f.fileOf.ReadAt(b, at)
}

func (f faultyFile) WriteAt([]byte, int64) (int, error) { return 0, errFile }

// However large a file says it is, and of however many parts it is made, the memory stays small.
func TestHostileFilesTakeNoMemory(t *testing.T) {
	const size = 4 << 20
	boxes := func(kind string) []byte { return bytes.Repeat(boxOf(kind), size/8) }
	nested := func(path ...string) []byte {
		all := boxes("udta")
		for i := len(path) - 1; i >= 0; i-- {
			all = boxOf(path[i], all)
		}
		return all
	}
	var deep []byte
	for i := range 3000 {
		deep = cat(deep, be32(8*(3000-i)), []string{"mdia", "minf", "stbl"}[i%3])
	}
	brand := boxOf("ftyp", "isom", be32(0), "isom")
	mdat := boxOf("mdat", bytes.Repeat([]byte("x"), size))
	for name, c := range map[string]struct {
		contentType string
		whole       []byte
	}{
		"boxes in moov":          {"video/mp4", cat(brand, nested("moov"))},
		"boxes in a track":       {"video/mp4", cat(brand, nested("moov", "trak"))},
		"boxes in a table":       {"video/mp4", cat(brand, nested("moov", "trak", "mdia", "minf", "stbl"))},
		"boxes outside":          {"video/mp4", cat(brand, boxes("udta"))},
		"tracks":                 {"video/mp4", cat(brand, boxOf("moov", boxes("trak")))},
		"boxes in boxes":         {"video/mp4", cat(brand, boxOf("moov", boxOf("trak", deep)))},
		"boxes in meta":          {"image/heic", cat(brand, boxOf("meta", be32(0), boxes("xml ")))},
		"items":                  {"image/heic", cat(brand, boxOf("meta", be32(0), boxOf("iinf", be32(0), be16(65535), bytes.Repeat(infe(2, 1, "Exif"), size/32)), boxOf("iloc", be32(0), be32(0))))},
		"samples again":          {"video/mp4", cat(brand, mdat, boxOf("moov", placesTrack(bytes.Repeat(be32(40), size/8), boxOf("stsz", be32(0), be32(size/2), be32(1<<30)))))},
		"chunks of one byte":     {"video/mp4", cat(brand, mdat, boxOf("moov", placesTrack(bytes.Repeat(be32(40), size/8), boxOf("stsz", be32(0), be32(1), be32(1<<30)))))},
		"samples that are small": {"video/mp4", cat(brand, mdat, boxOf("moov", placesTrack(be32(40), boxOf("stsz", be32(0), be32(0), be32(size/4), bytes.Repeat(be32(0), size/4)))))},
		"chunks of a png":        {"image/png", cat(pngMagic, bytes.Repeat(pngChunk("tEXt", nil), size/12))},
		"a chunk of 2 GiB":       {"image/png", cat(pngMagic, be32(1<<31-1), "tEXt", secret)},
		"an exif of 2 GiB":       {"image/png", cat(pngMagic, be32(1<<31-1), "eXIf", secret)},
		"chunks of a webp":       {"image/webp", cat("RIFF", le32(1<<32-2), "WEBP", bytes.Repeat(riffChunk("EXIF", ""), size/8))},
		"blocks of a gif":        {"image/gif", cat(gifFile()[:13], bytes.Repeat([]byte("\x21\xfe\x00"), size/3))},
		"a tag of 256 MiB":       {"audio/mpeg", cat("ID3\x03\x00\x00\x7f\x7f\x7f\x7f", secret)},
		"a frame of 4 GiB":       {"audio/mpeg", cat("ID3\x03\x00\x00\x7f\x7f\x7f\x7f", "APIC\xff\xff\xff\xff\x00\x00", "\x00image/png\x00\x00\x00", secret)},
		"tags":                   {"audio/mpeg", bytes.Repeat([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), size/10)},
		"blocks of a flac":       {"audio/flac", cat("fLaC", bytes.Repeat([]byte("\x04\x00\x00\x00"), size/4))},
		"elements":               {"video/webm", cat("\x1a\x45\xdf\xa3\x80", bytes.Repeat([]byte("\x18\x53\x80\x67\xff"), size/5))},
		"pages":                  {"audio/ogg", bytes.Repeat(cat("OggS\x00\x02", make([]byte, 21)), size/27)},
		"chunks of a wav":        {"audio/wav", cat("RIFF", le32(-1), "WAVE", bytes.Repeat(riffChunk("LIST", ""), size/8))},
	} {
		began := time.Now()
		stop, peak := make(chan struct{}), make(chan uint64)
		go watchHeap(stop, peak)
		r := New(c.contentType, bytes.NewReader(c.whole))
		n, err := io.Copy(io.Discard, r)
		_ = r.Close()
		close(stop)
		var damaged *DamagedError
		if err != nil && !errors.As(err, &damaged) || n > int64(len(c.whole)) {
			t.Errorf("%s: %d bytes of %d, and %v", name, n, len(c.whole), err)
		}
		if grown := <-peak; grown > 4<<20 {
			t.Errorf("%s: the heap has grown by %d KiB", name, grown>>10)
		}
		t.Logf("%s: %v, %v", name, time.Since(began).Round(time.Millisecond), err)
	}
}

// watchHeap says by how much the live heap grows.
func watchHeap(stop chan struct{}, peak chan uint64) {
	// Between a collection and its reading the other goroutine goes on: of three the least is what lives.
	live := func() uint64 {
		least := uint64(math.MaxUint64)
		for range 3 {
			runtime.GC()
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			least = min(least, now.HeapAlloc)
		}
		return least
	}
	before, most := live(), uint64(0)
	for {
		select {
		case <-stop:
			peak <- most
			return
		case <-time.After(5 * time.Millisecond):
			if now := live(); now > before {
				most = max(most, now-before)
			}
		}
	}
}

func TestUnknownTypesStay(t *testing.T) {
	for _, contentType := range []string{"application/pdf", "text/plain; charset=utf-8", "application/octet-stream", ""} {
		whole := cat(secret, strings.Repeat("x", 100_000))
		wantStripped(t, contentType, whole, whole)
	}
}
