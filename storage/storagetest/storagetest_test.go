package storagetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/storage/storagetest"
)

func TestBucketStore(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storagetest.Store {
		return BucketStore{Client: NewClient(), Prefix: "media/"}
	})
}

// faulty is a store in memory, of whose methods some are replaced.
type faulty struct {
	storagetest.Store
	put  func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error
	open func(s storagetest.Store, ctx context.Context, key string) (io.ReadCloser, error)
	del  func(s storagetest.Store, ctx context.Context, key string) error
}

func (f faulty) Put(ctx context.Context, key string, r io.Reader) error {
	if f.put != nil {
		return f.put(f.Store, ctx, key, r)
	}
	return f.Store.Put(ctx, key, r)
}

func (f faulty) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if f.open != nil {
		return f.open(f.Store, ctx, key)
	}
	return f.Store.Open(ctx, key)
}

func (f faulty) Delete(ctx context.Context, key string) error {
	if f.del != nil {
		return f.del(f.Store, ctx, key)
	}
	return f.Store.Delete(ctx, key)
}

// faults are what writers of stores get wrong, by the subtest that has to notice.
var faults = map[string]faulty{
	"NoOverwrite": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		if err := s.Delete(ctx, key); err != nil {
			return err
		}
		return s.Put(ctx, key, r)
	}},
	"Missing": {open: func(s storagetest.Store, ctx context.Context, key string) (io.ReadCloser, error) {
		r, err := s.Open(ctx, key)
		if err != nil {
			return nil, errors.New("404")
		}
		return r, nil
	}},
	"RoundTrip": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		return s.Put(ctx, key, io.LimitReader(r, 64<<10))
	}},
	"LargeObject": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		return s.Put(ctx, key, io.LimitReader(r, 5<<20))
	}},
	"FailingReader": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		data, err := io.ReadAll(r)
		return errors.Join(s.Put(ctx, key, bytes.NewReader(data)), err)
	}},
	"Unfinished": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		if err := s.Put(ctx, key, strings.NewReader("")); err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		return errors.Join(err, s.Delete(ctx, key), s.Put(ctx, key, bytes.NewReader(data)))
	}},
	"CancelledBefore": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		return s.Put(context.WithoutCancel(ctx), key, r)
	}},
	"CancelledDuring": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.Put(context.WithoutCancel(ctx), key, r)
	}},
	"Delete": {del: func(s storagetest.Store, ctx context.Context, key string) error {
		r, err := s.Open(ctx, key)
		if err != nil {
			return err
		}
		return errors.Join(r.Close(), s.Delete(ctx, key))
	}},
	"Keys": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		return s.Put(ctx, strings.ToLower(key), r)
	}},
	"OddKeys": {
		put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
			return s.Put(ctx, path.Base(key), r)
		},
		open: func(s storagetest.Store, ctx context.Context, key string) (io.ReadCloser, error) {
			return s.Open(ctx, path.Base(key))
		},
		del: func(s storagetest.Store, ctx context.Context, key string) error {
			return s.Delete(ctx, path.Base(key))
		},
	},
	"Ranges": {open: func(s storagetest.Store, ctx context.Context, key string) (io.ReadCloser, error) {
		r, err := s.Open(ctx, key)
		if err != nil {
			return nil, err
		}
		return stuckSeeker{r}, nil
	}},
	"ConcurrentPuts": {put: func(s storagetest.Store, ctx context.Context, key string, r io.Reader) error {
		if r, err := s.Open(ctx, key); err == nil {
			return errors.Join(fs.ErrExist, r.Close())
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return errors.Join(s.Delete(ctx, key), s.Put(ctx, key, bytes.NewReader(data)))
	}},
}

// object is what edit is given.
type object = interface {
	io.ReaderAt
	io.WriterAt
}

// editing is a store in memory that edits, in a way that may be faulty.
type editing struct {
	storagetest.Store
	put func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error
}

func (e editing) PutEdited(ctx context.Context, key string, r io.Reader, edit func(object) error) error {
	return e.put(ctx, e.Store, key, r, edit)
}

// memory is an object that is edited.
type memory []byte

func (m memory) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(p, at) }

func (m memory) WriteAt(p []byte, at int64) (int, error) { return copy(m[at:], p), nil }

// putEdited is how it should be done.
func putEdited(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
	edited := func() (io.Reader, error) {
		data, err := io.ReadAll(readerFunc(func(p []byte) (int, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			return r.Read(p)
		}))
		if err == nil {
			err = edit(memory(data))
		}
		return bytes.NewReader(data), err
	}
	var data io.Reader
	return s.Put(ctx, key, readerFunc(func(p []byte) (n int, err error) {
		if data == nil {
			if data, err = edited(); err != nil {
				return 0, fmt.Errorf("edit: %w", err)
			}
		}
		return data.Read(p)
	}))
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// editFaults are what writers of stores that edit get wrong.
var editFaults = map[string]editing{
	"Edited/InPlace": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		data, err := io.ReadAll(r)
		return errors.Join(err, edit(memory(bytes.Clone(data))), s.Put(ctx, key, bytes.NewReader(data)))
	}},
	"Edited/UnfinishedEdit": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		data, err := io.ReadAll(r)
		return errors.Join(err, s.Put(ctx, key, bytes.NewReader(data)), edit(memory(data)), s.Delete(ctx, key), s.Put(ctx, key, bytes.NewReader(data)))
	}},
	"Edited/FailingEdit": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		return putEdited(ctx, s, key, r, func(o object) error { _ = edit(o); return nil })
	}},
	"Edited/CancelledEdit": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		return putEdited(context.WithoutCancel(ctx), s, key, r, edit)
	}},
	"Edited/NothingToEdit": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		data, err := io.ReadAll(r)
		return errors.Join(err, edit(memory(data)), s.Put(ctx, key, bytes.NewReader(data)))
	}},
	"Edited/NoOverwrite": {put: func(ctx context.Context, s storagetest.Store, key string, r io.Reader, edit func(object) error) error {
		return errors.Join(s.Delete(ctx, key), putEdited(ctx, s, key, r, edit))
	}},
}

// A store of one's own that edits.
func TestEditing(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storagetest.Store { return editing{storage.Memory(), putEdited} })
}

// stuckSeeker only claims to seek.
type stuckSeeker struct{ io.ReadCloser }

func (stuckSeeker) Seek(offset int64, _ int) (int64, error) { return offset, nil }

// A child of TestFaultsAreFound is told by this variable which fault to have.
const faultVariable = "STORAGETEST_FAULT"

func TestFaulty(t *testing.T) {
	name := os.Getenv(faultVariable)
	f, ok := faults[name]
	e, edits := editFaults[name]
	if !ok && !edits {
		t.Skip("for TestFaultsAreFound")
	}
	storagetest.Run(t, func(*testing.T) storagetest.Store {
		if edits {
			return editing{storage.Memory(), e.put}
		}
		f.Store = storage.Memory()
		return f
	})
}

// A suite that passes everything would go unnoticed otherwise.
func TestFaultsAreFound(t *testing.T) {
	for _, name := range slices.Concat(slices.Collect(maps.Keys(faults)), slices.Collect(maps.Keys(editFaults))) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaulty$/^"+name+"$", "-test.v")
			child.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := child.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte("--- FAIL: TestFaulty/"+name+" ")) {
				t.Errorf("the suite accepts the fault: %v\n%s", err, out)
			}
		})
	}
}
