package storagetest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
)

// Editor has the method of the library's MediaStoreEditor, which a Store may have too.
type Editor interface {
	Store

	// PutEdited is Put of what edit makes of what r yields. When r has ended it calls edit, once,
	// to read and overwrite that in its place. Until edit has returned nil there is no
	// object, and after its error, which is one of PutEdited, nothing of it stays.
	PutEdited(ctx context.Context, key string, r io.Reader, edit func(interface {
		io.ReaderAt
		io.WriterAt
	}) error) error
}

// object is what edit is given.
type object = interface {
	io.ReaderAt
	io.WriterAt
}

// runEdited checks the stores if they are Editors: that PutEdited does as Put does, and beyond that.
func runEdited(t *testing.T, open func(t *testing.T) Store) {
	if _, edits := open(t).(Editor); !edits {
		t.Skip("objects of this store cannot be edited")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, invertingStore{openEditor(t, open)}) })
	}
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Editor)
	}{
		{"InPlace", testEditInPlace},
		{"UnfinishedEdit", testUnfinishedEdit},
		{"FailingEdit", testFailingEdit},
		{"CancelledEdit", testCancelledEdit},
		{"NothingToEdit", testNothingToEdit},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, openEditor(t, open)) })
	}
}

func openEditor(t *testing.T, open func(t *testing.T) Store) Editor {
	t.Helper()
	s, edits := open(t).(Editor)
	if !edits {
		t.Fatal("this store, unlike the one before, is no Editor")
	}
	return s
}

// invertingStore is a store whose Put stores the bytes inverted, and inverts them again.
type invertingStore struct{ Editor }

func (s invertingStore) Put(ctx context.Context, key string, r io.Reader) error {
	var size int64
	return s.PutEdited(ctx, key, readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		invert(p[:n])
		size += int64(n)
		return n, err
	}), func(o object) error {
		piece := make([]byte, 64<<10)
		for at := int64(0); at < size; at += int64(len(piece)) {
			piece = piece[:min(int64(len(piece)), size-at)]
			if n, err := o.ReadAt(piece, at); n < len(piece) {
				return err
			}
			invert(piece)
			if _, err := o.WriteAt(piece, at); err != nil {
				return err
			}
		}
		return nil
	})
}

func invert(p []byte) {
	for i := range p {
		p[i] ^= 0xFF
	}
}

// testEditInPlace reads and overwrites here and there.
func testEditInPlace(t *testing.T, s Editor) {
	const size = 3 << 20
	data, calls := content(size), 0
	err := s.PutEdited(t.Context(), key, strings.NewReader(data), func(o object) error {
		calls++
		for _, at := range []int{size - 10, 0, 1_000_000} {
			got := make([]byte, 10)
			if n, err := o.ReadAt(got, int64(at)); n < len(got) || string(got) != data[at:at+10] {
				t.Errorf("10 bytes at %d are not those of the reader: %v", at, err)
			}
		}
		if n, err := o.ReadAt(make([]byte, 10), size-3); n != 3 || !errors.Is(err, io.EOF) {
			t.Errorf("reading 10 bytes of the last 3: %d, %v; want io.EOF", n, err)
		}
		for _, at := range []int{2_000_000, 0, size - 5} {
			if _, err := o.WriteAt([]byte("again"), int64(at)); err != nil {
				return err
			}
			data = data[:at] + "again" + data[at+5:]
		}
		got := make([]byte, 5)
		if _, err := o.ReadAt(got, 2_000_000); err != nil || string(got) != "again" {
			t.Errorf("what was written is read as %q, %v", got, err)
		}
		return nil
	})
	if err != nil || calls != 1 {
		t.Fatalf("PutEdited: %v; edit was called %d times", err, calls)
	}
	if read(t, s, key) != data {
		t.Error("the object is not as it was edited")
	}
}

// testUnfinishedEdit looks for an object while it is being edited.
func testUnfinishedEdit(t *testing.T, s Editor) {
	err := s.PutEdited(t.Context(), key, strings.NewReader("first"), func(o object) error {
		wantMissing(t, s, key)
		_, err := o.WriteAt([]byte("other"), 0)
		wantMissing(t, s, key)
		put(t, s, key+"2", strings.NewReader("beside it"))
		return err
	})
	if err != nil {
		t.Fatalf("PutEdited: %v", err)
	}
	wantObject(t, s, key, "other")
	wantObject(t, s, key+"2", "beside it")
}

func testFailingEdit(t *testing.T, s Editor) {
	for _, failure := range []error{errors.New("it is damaged"), io.EOF} {
		err := s.PutEdited(t.Context(), key, stream(100_000), func(o object) error {
			_, err := o.WriteAt([]byte("other"), 0)
			return errors.Join(err, failure)
		})
		if !errors.Is(err, failure) {
			t.Errorf("PutEdited of what cannot be edited: %v; want the error of edit", err)
		}
		wantMissing(t, s, key)
	}
	put(t, s, key, strings.NewReader("whole"))
	wantObject(t, s, key, "whole")
}

func testCancelledEdit(t *testing.T, s Editor) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.PutEdited(ctx, key, stream(100_000), func(object) error { cancel(); return nil }); err == nil {
		t.Error("PutEdited with a context that is cancelled meanwhile is no error")
	}
	wantMissing(t, s, key)
}

// testNothingToEdit has edit called for nothing that is not whole, or has no place.
func testNothingToEdit(t *testing.T, s Editor) {
	never := func(object) error { t.Error("edit is called"); return nil }
	failure := errors.New("connection reset")
	err := s.PutEdited(t.Context(), key, io.MultiReader(stream(100_000), then(func() error { return failure })), never)
	if !errors.Is(err, failure) {
		t.Errorf("PutEdited of a reader that fails: %v; want its error", err)
	}
	wantMissing(t, s, key)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.PutEdited(ctx, key, strings.NewReader("data"), never); err == nil {
		t.Error("PutEdited with a cancelled context is no error")
	}
	wantMissing(t, s, key)
	put(t, s, key, strings.NewReader("first"))
	err = s.PutEdited(t.Context(), key, strings.NewReader("second"), func(object) error { return nil })
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("PutEdited of a key that exists: %v; want an error that matches fs.ErrExist", err)
	}
	wantObject(t, s, key, "first")
}
