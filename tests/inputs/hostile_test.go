package inputs_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

//go:generate go run ./testdata/hostile/generate -to testdata/hostile/files

const hostileFolder = "testdata/hostile"

// hostileFile is a file and the line about it in expected.txt, which says what the
// words mean.
type hostileFile struct {
	name, contentType, size, stored, thumbnail, duration string
	data                                                 []byte
}

// refused reports whether the file is not taken at all.
func (f hostileFile) refused() bool { return f.contentType == "refused" }

// bomb reports whether the file is there to become large.
func (f hostileFile) bomb() bool { return strings.HasPrefix(f.name, "bomb-") }

func hostileFiles(t testing.TB) (files []hostileFile) {
	t.Helper()
	lines := string(chatsuite.Must(os.ReadFile(filepath.Join(hostileFolder, "expected.txt")))(t))
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		words := append(strings.Fields(line), "", "", "", "")
		f := hostileFile{name: words[0], contentType: words[1], size: words[2], stored: words[3], thumbnail: words[4], duration: words[5]}
		f.data = chatsuite.Must(os.ReadFile(filepath.Join(hostileFolder, "files", f.name)))(t)
		files = append(files, f)
	}
	return files
}

func TestHostileFilesAreAllExpected(t *testing.T) {
	t.Parallel()
	var there, expected []string
	for _, entry := range chatsuite.Must(os.ReadDir(filepath.Join(hostileFolder, "files")))(t) {
		there = append(there, entry.Name())
	}
	for _, f := range hostileFiles(t) {
		expected = append(expected, f.name)
	}
	if diff := cmp.Diff(there, expected, hostileInAnyOrder); diff != "" {
		t.Error(diff)
	}
	if len(there) < 150 {
		t.Errorf("there are %d files only", len(there))
	}
}

var hostileInAnyOrder = cmp.Transformer("count", func(names []string) map[string]int {
	count := map[string]int{}
	for _, name := range names {
		count[name]++
	}
	return count
})

// The files are what the program beside them writes: nobody needs to trust the bytes.
func TestHostileFilesAreGenerated(t *testing.T) {
	t.Parallel()
	again := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "run", "./"+hostileFolder+"/generate", "-to", again).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files := hostileFiles(t)
	for _, f := range files {
		if !bytes.Equal(chatsuite.Must(os.ReadFile(filepath.Join(again, f.name)))(t), f.data) {
			t.Errorf("%s is another", f.name)
		}
	}
	if entries := chatsuite.Must(os.ReadDir(again))(t); len(entries) != len(files) {
		t.Errorf("%d files were made, %d are there", len(entries), len(files))
	}
}

// What an upload and a thumbnail may take of the heap. What is measured is all that
// they allocate, whether or not it was collected in between.
const (
	hostileUploadMemory    = 64 << 20
	hostileThumbnailMemory = 128 << 20
)

// TestHostileUploads runs alone, because it measures memory.
func TestHostileUploads(t *testing.T) {
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = storage.Dir(t.TempDir()) })
	for _, f := range hostileFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			var media *chat.Media
			if used := hostileMemory(func() { media = f.upload(t, h) }); used > hostileUploadMemory {
				t.Errorf("the upload took %d MiB", used>>20)
			}
			if media == nil {
				return
			}
			if used := hostileMemory(func() { f.checkThumbnail(t, h, media) }); used > hostileThumbnailMemory {
				t.Errorf("the thumbnail took %d MiB", used>>20)
			}
			f.checkThumbnail(t, h, media) // of which something is remembered now
		})
	}
}

func hostileMemory(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// PostgreSQL refuses texts that SQLite takes.
func TestHostileUploadsOnPostgres(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		for _, f := range hostileFiles(t) {
			t.Run(f.name, func(t *testing.T) {
				if media := f.upload(t, h); media != nil && !f.bomb() {
					f.checkThumbnail(t, h, media)
				}
			})
		}
	})
}

// However slowly the bytes come, and in whatever pieces, they are the same to the service.
func TestHostileUploadsInPieces(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite}, func(t *testing.T, h *chatsuite.Host) {
		for _, f := range hostileFiles(t) {
			if f.refused() || len(f.data) > 8<<10 {
				continue
			}
			want := chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: bytes.NewReader(f.data)}))(t)
			for how, body := range map[string]io.Reader{
				"one byte at a time":           iotest.OneByteReader(bytes.NewReader(f.data)),
				"the end with the last bytes":  iotest.DataErrReader(bytes.NewReader(f.data)),
				"half of what is asked for it": iotest.HalfReader(bytes.NewReader(f.data)),
			} {
				got := chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: body}))(t)
				if got.SHA256 != want.SHA256 || got.ContentType != want.ContentType || !reflect.DeepEqual(got.Width, want.Width) {
					t.Errorf("%s, %s: %+v, want %+v", f.name, how, got, want)
				}
			}
		}
	})
}

// upload checks what becomes of the file, and returns nil if it is refused.
func (f hostileFile) upload(t *testing.T, h *chatsuite.Host) *chat.Media {
	t.Helper()
	media, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: f.name, Body: bytes.NewReader(f.data)})
	if f.refused() {
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "body", 0)
		return nil
	}
	chatsuite.NoError(t, err)
	found, content, err := h.OpenMedia(h.Ctx, h.Alice, media.ID)
	chatsuite.NoError(t, err)
	stored := hostileRead(t, found, content)
	if diff := cmp.Diff(media, found); diff != "" {
		t.Error("the medium is found changed:", diff)
	}
	f.checkType(t, media.ContentType)
	if got := hostileSize(media); got != f.size {
		t.Errorf("the size is %s, want %s", got, f.size)
	}
	if f.duration != "" && (media.DurationMS == nil || strconv.FormatInt(*media.DurationMS, 10) != f.duration) {
		t.Errorf("it lasts %v ms, want %s", media.DurationMS, f.duration)
	}
	f.checkStored(t, h, stored)
	return media
}

// hostileRead reads content to its end, and compares it with what is said of it.
func hostileRead(t *testing.T, media *chat.Media, content io.ReadCloser) []byte {
	t.Helper()
	data := chatsuite.Must(io.ReadAll(content))(t)
	chatsuite.NoError(t, content.Close())
	if sum := sha256.Sum256(data); media.Size != int64(len(data)) || media.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%d bytes with the hash %x are said to be %d with %s", len(data), sum, media.Size, media.SHA256)
	}
	return data
}

func hostileSize(media *chat.Media) string {
	if media.Width == nil || media.Height == nil {
		return "-"
	}
	return fmt.Sprintf("%dx%d", *media.Width, *media.Height)
}

// checkType holds the type against the one expected, and against what a header, a log
// and a column can take.
func (f hostileFile) checkType(t *testing.T, got string) {
	t.Helper()
	if len(got) > 100 {
		t.Errorf("the type has %d bytes", len(got))
	}
	for _, c := range []byte(got) {
		if c < ' ' || c > '~' || strings.IndexByte(`<>",`, c) >= 0 {
			t.Errorf("the type is %q", got)
			break
		}
	}
	got = strings.ReplaceAll(got, " ", "")
	if want, open := strings.CutSuffix(f.contentType, "*"); got != want && (!open || !strings.HasPrefix(got, want+";")) {
		t.Errorf("the type is %q, want %q", got, f.contentType)
	}
}

func (f hostileFile) checkStored(t *testing.T, h *chatsuite.Host, stored []byte) {
	t.Helper()
	how, orientation, turned := strings.Cut(f.stored, "+")
	if how == "same" {
		if !bytes.Equal(stored, f.data) {
			t.Error("what is stored is not what came")
		}
		if f.contentType != "image/jpeg" {
			return
		}
	}
	switch {
	case bytes.Contains(stored, []byte("GPS-SECRET")):
		t.Error("the secret is stored")
	case bytes.Equal(stored, f.data) && how != "same" && !bytes.HasPrefix(stored, []byte("\xff\xd8")):
		t.Error("nothing was stripped")
	case turned:
		hostileCheckJPEG(t, stored, chatsuite.Must(strconv.Atoi(orientation))(t))
	case bytes.HasPrefix(stored, []byte("\xff\xd8")):
		hostileCheckJPEG(t, stored, 1)
	}
	if before, now := bytes.Count(f.data, []byte("MUST-STAY")), bytes.Count(stored, []byte("MUST-STAY")); before != now {
		t.Errorf("what must stay is there %d times, and was %d times", now, before)
	}
	f.checkPixels(t, stored)
	again := chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: bytes.NewReader(stored)}))(t)
	if sum := sha256.Sum256(stored); again.SHA256 != hex.EncodeToString(sum[:]) {
		t.Error("what was stripped is stripped further when it is uploaded again")
	}
}

// checkPixels compares what can be seen before and after.
func (f hostileFile) checkPixels(t *testing.T, stored []byte) {
	t.Helper()
	if f.bomb() || f.size == "-" {
		return
	}
	before, _, err := image.Decode(bytes.NewReader(f.data))
	if err != nil {
		return
	}
	after, _, err := image.Decode(bytes.NewReader(stored))
	if err != nil {
		t.Error("it is no longer decoded:", err)
	} else if !reflect.DeepEqual(before, after) {
		t.Error("it looks different")
	}
}

func (f hostileFile) checkThumbnail(t *testing.T, h *chatsuite.Host, media *chat.Media) {
	t.Helper()
	small, content, err := h.OpenThumbnail(h.Ctx, h.Alice, media.ID)
	if f.thumbnail == "none" || f.thumbnail == "any" && errors.Is(err, chat.ErrNotFound) {
		chatsuite.WantError(t, err, chat.ErrNotFound)
		return
	}
	chatsuite.NoError(t, err)
	data := hostileRead(t, small, content)
	if f.thumbnail == "itself" {
		if small.SHA256 != media.SHA256 || small.ContentType != media.ContentType {
			t.Errorf("the thumbnail is not the picture itself: %+v", small)
		}
		return
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	chatsuite.NoError(t, err)
	if want := "image/" + format; small.ContentType != want || format != "png" && format != "jpeg" {
		t.Errorf("the thumbnail is %s and said to be %s", format, small.ContentType)
	}
	if got := fmt.Sprintf("%dx%d", config.Width, config.Height); got != hostileSize(small) {
		t.Errorf("the thumbnail has %s and is said to have %s", got, hostileSize(small))
	}
	if longer := max(*media.Width, *media.Height); int64(max(config.Width, config.Height)) != min(longer, 512) {
		t.Errorf("the thumbnail of %s has %d x %d", hostileSize(media), config.Width, config.Height)
	}
}
