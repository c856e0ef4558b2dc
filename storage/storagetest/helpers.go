package storagetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
)

const key = "storagetest-key"

// put stores data, in reads of the reader's choice, or ends the test.
func put(t *testing.T, s Store, key string, r io.Reader) {
	t.Helper()
	if err := s.Put(t.Context(), key, r); err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
}

// read returns the object of key, or ends the test.
func read(t *testing.T, s Store, key string) string {
	t.Helper()
	data, err := tryRead(t, s, key)
	if err != nil {
		t.Fatalf("reading %q: %v", key, err)
	}
	return data
}

// tryRead is read for goroutines other than the test's own.
func tryRead(t *testing.T, s Store, key string) (string, error) {
	r, err := s.Open(t.Context(), key)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(r)
	return string(data), errors.Join(err, r.Close())
}

// wantObject fails the test unless key has exactly the data.
func wantObject(t *testing.T, s Store, key, data string) {
	t.Helper()
	if got := read(t, s, key); got != data {
		t.Errorf("%q has %d bytes, %.40q; want %d bytes, %.40q", key, len(got), got, len(data), data)
	}
}

// wantMissing fails the test unless key is not there.
func wantMissing(t *testing.T, s Store, key string) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err == nil {
		t.Errorf("%q is there after all", key)
		closeReader(t, r)
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open(%q): %v; want an error that matches fs.ErrNotExist", key, err)
	}
}

func closeReader(t *testing.T, r io.Closer) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// content is n bytes in which each place can be told from the others. A longer content
// begins with a shorter one.
func content(n int) string {
	var b strings.Builder
	// Neither a strings.Builder nor a ChaCha8 ever fails.
	_, _ = io.Copy(&b, stream(n))
	return b.String()
}

// stream is a reader of content(n) that does not hold it.
func stream(n int) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{}), int64(n))
}

// readerFunc is a reader made of a function.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// then calls f before its first read: at the point in an io.MultiReader where it stands.
func then(f func() error) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		if err := f(); err != nil {
			return 0, err
		}
		return 0, io.EOF
	})
}

// hesitant yields the data with reads of nothing in between, which io.Reader allows.
func hesitant(data string) io.Reader {
	r, idle := strings.NewReader(data), false
	return readerFunc(func(p []byte) (int, error) {
		if idle = !idle; idle {
			return 0, nil
		}
		return r.Read(p[:min(len(p), 1000)])
	})
}

// sameBytes compares a stream with what it should be, without holding either.
func sameBytes(got, want io.Reader) (bool, error) {
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(got, a)
		m, wantErr := io.ReadFull(want, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		if err == nil && wantErr == nil {
			continue
		}
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if !ended {
			return false, err
		}
		return true, nil
	}
}
