package storage_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/storage/storagetest"
)

func TestDir(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Store {
		return storage.Dir(filepath.Join(t.TempDir(), "media"))
	})
}

func TestMemory(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storagetest.Store { return storage.Memory() })
}

// stores returns one of each kind; the suite covers what any store must do, the tests here
// what these two promise beyond it.
func stores(t *testing.T) map[string]storagetest.Store {
	return map[string]storagetest.Store{
		"Dir":    storage.Dir(t.TempDir()),
		"Memory": storage.Memory(),
	}
}

func TestErrorsPassThrough(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			failure := errors.New("connection reset")
			err := s.Put(t.Context(), "key", io.MultiReader(strings.NewReader("abc"), failingReader{failure}))
			if !errors.Is(err, failure) {
				t.Errorf("Put of a failing reader: %v; want its error", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, openErr := s.Open(ctx, "key")
			for _, err := range []error{s.Put(ctx, "key", strings.NewReader("")), openErr, s.Delete(ctx, "key")} {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("with a cancelled context: %v; want context.Canceled", err)
				}
			}
		})
	}
}

func TestInvalidKeys(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{
				"", ".", "..", ".x", "../x", "/x", "a/b", "a/../b", "a b", "a\x00", "a\n", "ä", "\xff",
				`a\b`, "C:", strings.Repeat("k", storage.MaxKey+1), strings.Repeat("k", 10<<20),
			} {
				_, openErr := s.Open(t.Context(), key)
				for _, err := range []error{
					s.Put(t.Context(), key, strings.NewReader("x")), openErr, s.Delete(t.Context(), key),
				} {
					if !errors.Is(err, storage.ErrInvalidKey) {
						t.Errorf("%.20q: %v; want ErrInvalidKey", key, err)
					} else if len(err.Error()) > 1000 {
						t.Errorf("%.20q: the error has %d bytes", key, len(err.Error()))
					}
				}
			}
		})
	}
}

func TestMemoryLen(t *testing.T) {
	var m storage.MemoryStore
	for _, key := range []string{"a", "b"} {
		if err := m.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if m.Len() != 1 {
		t.Errorf("Len() = %d after two Puts and a Delete; want 1", m.Len())
	}
}

// files lists the files below folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(folder, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
