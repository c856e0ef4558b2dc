package chat_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

// box is a box of a film.
func box(kind, content string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + kind + content
}

// lateFiles are files of which it is known late what is not to be stored, and that do not fit into memory.
func lateFiles(t testing.TB) map[string]string {
	free := box("free", strings.Repeat("\x00", 600<<10))
	last := phoneFile(t, "phone-film-index-last.mp4")
	moov := strings.Index(last, "moov") - 4
	udta := box("udta", strings.Repeat("GPS-SECRET", 60<<10))
	return map[string]string{
		"the index last":  last[:moov] + free + last[moov:],
		"the index first": phoneFile(t, "phone-film-index-first.mp4") + free,
		"a large index":   last[:moov] + box("moov", last[moov+8:]+udta),
		"QuickTime":       phoneFile(t, "phone-film.mov") + free,
		"HEIC":            phoneFile(t, "phone-picture.heic") + free,
		"AVIF":            phoneFile(t, "phone-picture.avif") + free,
	}
}

// watchedStore counts how often it was let edit.
type watchedStore struct {
	*storage.DirStore
	edited int
}

func (s *watchedStore) PutEdited(ctx context.Context, key string, r io.Reader, edit func(interface {
	io.ReaderAt
	io.WriterAt
}) error) error {
	s.edited++
	return s.DirStore.PutEdited(ctx, key, r, edit)
}

// plainStore is a store without any of what is optional.
type plainStore struct{ chat.MediaStore }

// onHost is a host with another store.
func onHost(t testing.TB, h *chatsuite.Host, store chat.MediaStore, change ...func(*chat.Config)) *chatsuite.Host {
	t.Helper()
	config, other := h.Config, *h
	config.Media = store
	for _, change := range change {
		change(&config)
	}
	other.Service = chatsuite.Must(chat.New(h.DB, config))(t)
	return &other
}

// A file is the same whether it is stripped before it is stored or in its place.
func TestFilesAreStrippedInTheStore(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		watched := &watchedStore{DirStore: storage.Dir(t.TempDir())}
		edits, plain := onHost(t, h, watched), onHost(t, h, plainStore{storage.Dir(t.TempDir())})
		for name, whole := range lateFiles(t) {
			watched.edited = 0
			got, want := uploadFile(t, edits, whole), uploadFile(t, plain, whole)
			stored := storedFile(t, edits, got)
			if strings.Contains(stored, "SECRET") || stored != storedFile(t, plain, want) || len(stored) != len(whole) || watched.edited != 1 {
				t.Errorf("%s: it was edited %d times, and is stored as %d bytes of %d that are others", name, watched.edited, len(stored), len(whole))
			}
			want.ID, want.Key, want.CreatedAt = got.ID, got.Key, got.CreatedAt
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-plain +edited):\n%s", name, diff)
			}
		}
		watched.edited = 0
		keeping := onHost(t, h, watched, func(c *chat.Config) { c.KeepMetadata = true })
		for _, name := range []string{"phone-film-index-last.mp4", "phone-picture.heic"} { // which fit into memory
			uploadFile(t, edits, phoneFile(t, name))
		}
		for _, whole := range lateFiles(t) {
			uploadFile(t, keeping, whole)
		}
		if watched.edited != 0 {
			t.Errorf("%d files were edited that need not be", watched.edited)
		}
	})
}

// Whatever ends an upload that is stripped in its store, nothing of it stays there.
func TestNothingStaysOfAFileThatIsNotStored(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	folder := t.TempDir()
	dir := onHost(t, h, storage.Dir(folder), func(c *chat.Config) { c.Limits.UploadBytes = 1 << 20 })
	fault := errors.New("the network went away")
	for name, whole := range lateFiles(t) {
		ctx, cancel := context.WithCancel(h.Ctx)
		cancels := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
		for _, c := range []struct {
			what string
			body io.Reader
			want error
		}{
			{"damaged", strings.NewReader(whole + box("moov", "no box at all")), chat.ErrInvalid},
			{"too large", strings.NewReader(whole + strings.Repeat("x", 1<<20)), chat.ErrTooLarge},
			{"broken", io.MultiReader(strings.NewReader(whole), iotest.ErrReader(fault)), fault},
			{"cancelled", io.MultiReader(strings.NewReader(whole), cancels), context.Canceled},
		} {
			_, err := dir.UploadMedia(ctx, h.Alice, chat.NewMedia{Body: c.body})
			if !errors.Is(err, c.want) || errors.Is(err, chat.ErrMediaStore) && c.what != "cancelled" {
				t.Errorf("%s, %s: %v, want %v", name, c.what, err, c.want)
			}
		}
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("%s stays", path)
		}
		return err
	})
	if err != nil || h.QueryInt("SELECT count(*) FROM chat_media WHERE state = 'ready'") != 0 {
		t.Errorf("some of them can be seen, or: %v", err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// editing is a store that edits as it was told.
type editing struct {
	*storage.MemoryStore
	put func(s *storage.MemoryStore, ctx context.Context, key string, r io.Reader, edit func(editedFile) error) error
}

type editedFile = interface {
	io.ReaderAt
	io.WriterAt
}

func (s editing) PutEdited(ctx context.Context, key string, r io.Reader, edit func(editedFile) error) error {
	return s.put(s.MemoryStore, ctx, key, r, edit)
}

// faultyFile fails with what it is told to, or stands still.
type faultyFile struct {
	*bytes.Reader
	write, read func() error
}

func (f faultyFile) WriteAt(p []byte, _ int64) (int, error) {
	if f.write != nil {
		return 0, f.write()
	}
	return len(p), nil
}

func (f faultyFile) ReadAt(p []byte, at int64) (int, error) {
	if f.read != nil {
		return 0, f.read()
	}
	return f.Reader.ReadAt(p, at)
}

// What is wrong with a store that edits is no fault of the file, and what it has not edited is not shown.
func TestStoreThatEditsIsNotBelieved(t *testing.T) {
	t.Parallel()
	whole := lateFiles(t)["the index last"]
	take := func(r io.Reader) []byte { return chatsuite.Must(io.ReadAll(r))(t) }
	with := func(file faultyFile) func(s *storage.MemoryStore, ctx context.Context, key string, r io.Reader, edit func(editedFile) error) error {
		return func(_ *storage.MemoryStore, _ context.Context, _ string, r io.Reader, edit func(editedFile) error) error {
			file.Reader = bytes.NewReader(take(r))
			return edit(file)
		}
	}
	still := func(ctx context.Context) func() error { return func() error { <-ctx.Done(); return ctx.Err() } }
	for name, c := range map[string]struct {
		put  func(s *storage.MemoryStore, ctx context.Context, key string, r io.Reader, edit func(editedFile) error) error
		want error
	}{
		"it does not edit": {func(s *storage.MemoryStore, ctx context.Context, key string, r io.Reader, _ func(editedFile) error) error {
			return s.Put(ctx, key, r)
		}, io.ErrShortWrite},
		"it edits a half": {func(_ *storage.MemoryStore, _ context.Context, _ string, r io.Reader, edit func(editedFile) error) error {
			half := make([]byte, 300<<10)
			n, _ := io.ReadFull(r, half)
			return edit(faultyFile{Reader: bytes.NewReader(half[:n])})
		}, io.ErrShortWrite},
		"it has lost the end": {func(_ *storage.MemoryStore, _ context.Context, _ string, r io.Reader, edit func(editedFile) error) error {
			all := take(r)
			return edit(faultyFile{Reader: bytes.NewReader(all[:len(all)-1])})
		}, io.ErrUnexpectedEOF},
		"it ignores a fault": {func(s *storage.MemoryStore, ctx context.Context, key string, r io.Reader, edit func(editedFile) error) error {
			all := take(r)
			_ = edit(faultyFile{Reader: bytes.NewReader(all), write: func() error { return errFaulty }})
			return s.Put(ctx, key, bytes.NewReader(all))
		}, io.ErrShortWrite},
		"reading fails":    {with(faultyFile{read: func() error { return errFaulty }}), errFaulty},
		"writing fails":    {with(faultyFile{write: func() error { return errFaulty }}), errFaulty},
		"the disk is full": {with(faultyFile{write: func() error { return syscall.ENOSPC }}), chat.ErrNoSpace},
		"reading stands still": {func(_ *storage.MemoryStore, ctx context.Context, _ string, r io.Reader, edit func(editedFile) error) error {
			return edit(faultyFile{Reader: bytes.NewReader(take(r)), read: still(ctx)})
		}, nil},
		"writing stands still": {func(_ *storage.MemoryStore, ctx context.Context, _ string, r io.Reader, edit func(editedFile) error) error {
			return edit(faultyFile{Reader: bytes.NewReader(take(r)), write: still(ctx)})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.SQLite, func(config *chat.Config) {
				config.Media = editing{storage.Memory(), c.put}
				if c.want == nil {
					config.MediaTimeout = 50 * time.Millisecond
				}
			})
			_, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(whole)})
			chatsuite.WantError(t, err, chat.ErrMediaStore)
			if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !strings.Contains(err.Error(), "made no progress") {
				t.Errorf("error is %v, want %v", err, c.want)
			}
			if n := h.QueryInt("SELECT count(*) FROM chat_media WHERE state = 'ready'"); n != 0 {
				t.Error("it can be seen")
			}
		})
	}
}

// In the store's own place no other is needed.
func TestNoTemporaryFileBesideAStoreThatEdits(t *testing.T) { //nolint:paralleltest // it sets the environment
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = storage.Dir(t.TempDir()) })
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if _, err := os.Stat(os.TempDir()); err == nil {
		t.Skip("temporary files are elsewhere")
	}
	for name, whole := range lateFiles(t) {
		if m := uploadFile(t, h, whole); int(m.Size) != len(whole) {
			t.Errorf("%s: %d bytes", name, m.Size)
		}
	}
}
