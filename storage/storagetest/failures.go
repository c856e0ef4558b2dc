package storagetest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// testFailingReader stores what a client sends whose connection breaks.
func testFailingReader(t *testing.T, s Store) {
	for name, failure := range map[string]error{
		"failed":    errors.New("connection reset"),
		"truncated": io.ErrUnexpectedEOF, // which is not the end
	} {
		for _, before := range []int{0, 1, 100_000, 6 << 20} {
			broken := io.MultiReader(stream(before), then(func() error { return failure }))
			if err := s.Put(t.Context(), key, broken); err == nil {
				t.Errorf("Put of a reader that %s after %d bytes is no error", name, before)
			}
			wantMissing(t, s, key)
		}
		// One that gives its last bytes together with its error.
		if err := s.Put(t.Context(), key, readerFunc(func(p []byte) (int, error) {
			return copy(p, "abc"), failure
		})); err == nil {
			t.Errorf("Put of a reader that %s with its first bytes is no error", name)
		}
		wantMissing(t, s, key)
	}
	put(t, s, key, strings.NewReader("whole"))
	wantObject(t, s, key, "whole")
}

// testUnfinished looks for an object while it is being stored.
func testUnfinished(t *testing.T, s Store) {
	data := content(100_000)
	put(t, s, key, io.MultiReader(
		then(func() error { wantMissing(t, s, key); return nil }),
		strings.NewReader(data),
		then(func() error { wantMissing(t, s, key); return nil }),
	))
	wantObject(t, s, key, data)
}

func testCancelledBefore(t *testing.T, s Store) {
	put(t, s, key+"-there", strings.NewReader("there"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, key, strings.NewReader("data")); err == nil {
		t.Error("Put with a cancelled context is no error")
	}
	if err := s.Put(ctx, key, strings.NewReader("")); err == nil {
		t.Error("Put of nothing with a cancelled context is no error")
	}
	wantMissing(t, s, key)
	if r, err := s.Open(ctx, key+"-there"); err == nil {
		t.Error("Open with a cancelled context is no error")
		closeReader(t, r)
	}
	if err := s.Delete(ctx, key+"-there"); err == nil {
		t.Error("Delete with a cancelled context is no error")
	}
	wantObject(t, s, key+"-there", "there")
	put(t, s, key, strings.NewReader("whole"))
	wantObject(t, s, key, "whole")
}

// testCancelledDuring cancels a Put that is on its way, whose reader does not notice.
func testCancelledDuring(t *testing.T, s Store) {
	for name, rest := range map[string]io.Reader{
		"half way":        stream(300_000),
		"at the very end": stream(0),
		"long before the end": io.MultiReader(stream(64<<20), then(func() error {
			t.Error("Put with a cancelled context reads on, 64 MiB and more")
			return io.ErrClosedPipe
		})),
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Put(ctx, key, io.MultiReader(
			stream(300_000),
			then(func() error { cancel(); return nil }),
			rest,
		))
		if err == nil {
			t.Errorf("Put with a context that is cancelled %s is no error", name)
		}
		wantMissing(t, s, key)
	}
	put(t, s, key, strings.NewReader("whole"))
	wantObject(t, s, key, "whole")
}
