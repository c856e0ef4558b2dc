package storage_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/storage/storagetest"
)

// The suite again, as on a file system that has no hard links.
func TestDirWithoutLinks(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Store {
		return storage.DirWithoutLinks(t.TempDir())
	})
}

func TestDirLayout(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "var", "media")
	s := storage.Dir(folder)
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Dir itself has touched the disk: %v", err)
	}
	if err := s.Put(t.Context(), "hello", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	// SHA-256 of "hello" begins with 2cf2.
	if diff := cmp.Diff([]string{"2c/f2/hello"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, want := range map[string]fs.FileMode{".": 0o700, "2c/f2": 0o700, "2c/f2/hello": 0o600} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s is %v; want %v", name, got, want)
		}
	}
}

func TestDirFailureLeavesNoFiles(t *testing.T) {
	folder := t.TempDir()
	s := storage.Dir(folder)
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("abc"), failingReader{io.ErrUnexpectedEOF})
	}
	if err := s.Put(t.Context(), "key", broken()); err == nil {
		t.Error("Put of a failing reader is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Put(ctx, "key", io.MultiReader(strings.NewReader("abc"), cancelReader{cancel})); err == nil {
		t.Error("Put with a cancelled context is no error")
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Put(t.Context(), "key", panicReader{})
		t.Error("the reader's panic is lost")
	}()
	if got := files(t, folder); len(got) != 0 {
		t.Errorf("files are left: %v", got)
	}
}

type object = interface {
	io.ReaderAt
	io.WriterAt
}

// What is edited is in the folder of temporaries, for this user alone, until it is done; when
// that fails it is nowhere.
func TestDirEditsATemporaryFile(t *testing.T) {
	folder := t.TempDir()
	s := storage.Dir(folder)
	for name, fails := range map[string]func(cancel context.CancelFunc) error{
		"fails": func(context.CancelFunc) error { return io.ErrUnexpectedEOF },
		"is cancelled": func(cancel context.CancelFunc) error {
			cancel()
			return nil
		},
		"is swept away": func(context.CancelFunc) error {
			_, err := s.RemoveTemporaries(t.Context(), -time.Hour)
			return err
		},
		"panics": func(context.CancelFunc) error { panic("edit") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			defer func() {
				if fault := recover(); (fault != nil) != (name == "panics") {
					t.Errorf("it has panicked: %v", fault)
				}
				if got := files(t, folder); len(got) != 0 {
					t.Errorf("files are left: %v", got)
				}
			}()
			err := s.PutEdited(ctx, "hello", strings.NewReader("secret"), func(object) error {
				got := files(t, folder)
				if len(got) != 1 || !strings.HasPrefix(got[0], "tmp/") {
					t.Errorf("there are %v", got)
				}
				if info, err := os.Stat(filepath.Join(folder, got[0])); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("the file is %v, %v", info.Mode(), err)
				}
				return fails(cancel)
			})
			if err == nil {
				t.Error("PutEdited is no error")
			}
		})
	}
}

// An object is on disk before it has its name, and its name is before Put returns.
func TestDirSyncs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not sync folders")
	}
	folder := t.TempDir()
	var steps []string
	s := storage.DirWithSync(folder, func(name string) error {
		name = strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(folder)+"/")
		if strings.HasPrefix(name, "tmp/") {
			name = "the file"
		}
		steps = append(steps, name)
		return nil
	})
	if err := s.Put(t.Context(), "hello", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	want := []string{".", ".", "2c", "the file", "link 2c/f2/hello", "2c/f2"} // tmp, 2c, 2c/f2; and the object
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("the first object (-want +got):\n%s", diff)
	}
	if steps = nil; s.Delete(t.Context(), "hello") != nil || s.Put(t.Context(), "hello", strings.NewReader("x")) != nil {
		t.Fatal("Delete or Put fails")
	}
	if diff := cmp.Diff([]string{"2c/f2", "the file", "link 2c/f2/hello", "2c/f2"}, steps); diff != "" {
		t.Errorf("deleted and stored again (-want +got):\n%s", diff)
	}
	steps = nil
	edited := s.PutEdited(t.Context(), "other", strings.NewReader("x"), func(object) error { steps = append(steps, "edited"); return nil })
	if edited != nil || s.Delete(t.Context(), "other") != nil {
		t.Fatal("PutEdited or Delete fails")
	}
	if diff := cmp.Diff([]string{".", "d9", "edited", "the file", "link d9/29/other", "d9/29", "d9/29"}, steps); diff != "" {
		t.Errorf("one that is edited, and deleted (-want +got):\n%s", diff)
	}
}

// Whatever cannot be written to the disk fails Put, which leaves no object and no file.
func TestDirSyncThatFails(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not sync folders")
	}
	errDisk := errors.New("the disk is broken")
	for failing := 1; ; failing++ {
		folder := t.TempDir()
		calls := 0
		s := storage.DirWithSync(folder, func(name string) error {
			if strings.HasPrefix(name, "link ") {
				return nil
			}
			if calls++; calls == failing {
				return errDisk
			}
			return nil
		})
		err := s.Put(t.Context(), "hello", strings.NewReader("x"))
		if calls < failing {
			if err != nil || failing != 6 {
				t.Errorf("%d syncs, %v; want 5", calls, err)
			}
			return
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("sync %d fails, and Put returns %v", failing, err)
		}
		if got := files(t, folder); len(got) != 0 {
			t.Errorf("sync %d fails, and there are %v", failing, got)
		}
		if err := s.Put(t.Context(), "hello", strings.NewReader("x")); err != nil {
			t.Errorf("Put after sync %d failed: %v", failing, err)
		}
	}
}

func TestDirStaysInside(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "hello"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]struct{ at, to string }{
		"object": {"2c/f2/hello", filepath.Join(outside, "hello")},
		"folder": {"2c/f2", outside},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			at := filepath.Join(folder, link.at)
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(link.to, at); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			s := storage.Dir(folder)
			checkClosed(t, s)
			// Deleting the link itself is fine; what it leads to has to stay.
			if err := s.Delete(t.Context(), "hello"); err != nil {
				t.Log(err)
			}
			if diff := cmp.Diff([]string{"hello"}, files(t, outside)); diff != "" {
				t.Errorf("files outside (-want +got):\n%s", diff)
			}
		})
	}
}

// checkClosed checks that the key "hello", which leads out of the folder, leads nowhere.
func checkClosed(t *testing.T, s *storage.DirStore) {
	t.Helper()
	if r, err := s.Open(t.Context(), "hello"); err == nil {
		t.Error("Open follows a link out of the folder")
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Put(t.Context(), "hello", strings.NewReader("x")); err == nil {
		t.Error("Put follows a link out of the folder")
	}
}

func TestDirReplacedFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "media")
	s := storage.Dir(folder)
	for _, key := range []string{"before", "after"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		if got := files(t, folder); len(got) != 1 || !strings.HasSuffix(got[0], key) {
			t.Errorf("files are %v; want %s alone", got, key)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open(t.Context(), "after"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without a folder: %v; want fs.ErrNotExist", err)
	}
	if err := s.Delete(t.Context(), "after"); err != nil {
		t.Errorf("Delete without a folder: %v", err)
	}
}

func TestDirUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", file, filepath.Join(file, "below")} {
		err := storage.Dir(path).Put(t.Context(), "key", strings.NewReader("x"))
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Put into %q: %v; want an error that names it", path, err)
		}
	}
}

func TestRemoveTemporaries(t *testing.T) {
	folder := t.TempDir()
	s := storage.Dir(folder)
	if n, err := s.RemoveTemporaries(t.Context(), time.Hour); n != 0 || err != nil {
		t.Errorf("in an empty folder: %d, %v", n, err)
	}
	if err := s.Put(t.Context(), "hello", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-48 * time.Hour)
	for name, written := range map[string]time.Time{"tmp/old": long, "tmp/new": time.Now(), "2c/f2/hello": long} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.RemoveTemporaries(t.Context(), 24*time.Hour); n != 1 || err != nil {
		t.Errorf("RemoveTemporaries: %d, %v; want 1", n, err)
	}
	if diff := cmp.Diff([]string{"2c/f2/hello", "tmp/new"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A Put whose temporary file is swept away fails; it does not store half of it.
func TestRemoveTemporariesDuringPut(t *testing.T) {
	s := storage.Dir(t.TempDir())
	err := s.Put(t.Context(), "key", io.MultiReader(strings.NewReader("abc"), sweepReader{t, s}, strings.NewReader("def")))
	if err == nil {
		t.Error("Put is no error")
	}
	if _, err := s.Open(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open: %v; want fs.ErrNotExist", err)
	}
}

func BenchmarkDirPut(b *testing.B) {
	data := strings.Repeat("x", 25<<20)
	b.Run("store", func(b *testing.B) {
		s := storage.Dir(b.TempDir())
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if err := s.Put(b.Context(), "key", onlyReader{strings.NewReader(data)}); err != nil {
				b.Fatal(err)
			}
			if err := s.Delete(b.Context(), "key"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("copy", func(b *testing.B) {
		name := filepath.Join(b.TempDir(), "key")
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			file, err := os.Create(name)
			if err != nil {
				b.Fatal(err)
			}
			_, err = io.Copy(file, onlyReader{strings.NewReader(data)})
			if err := errors.Join(err, file.Sync(), file.Close(), os.Remove(name)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type onlyReader struct{ io.Reader }

type cancelReader struct{ cancel context.CancelFunc }

func (c cancelReader) Read([]byte) (int, error) { c.cancel(); return 0, io.EOF }

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("reader") }

type sweepReader struct {
	t *testing.T
	s *storage.DirStore
}

func (r sweepReader) Read([]byte) (int, error) {
	if n, err := r.s.RemoveTemporaries(r.t.Context(), -time.Hour); n != 1 || err != nil {
		r.t.Errorf("RemoveTemporaries: %d, %v; want 1", n, err)
	}
	return 0, io.EOF
}
