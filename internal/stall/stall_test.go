package stall_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/go-df/chat/internal/stall"
)

const timeout = time.Second

func TestAWatchEndsWhatMakesNoProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := stall.New(t.Context(), timeout)
		defer w.Stop()
		time.Sleep(timeout - 1)
		synctest.Wait()
		if err := w.Context.Err(); err != nil {
			t.Fatalf("it ended early: %v", err)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if w.Context.Err() == nil {
			t.Fatal("it did not end")
		}
		if cause := w.Cause(w.Context.Err()); !errors.Is(cause, stall.Err) || !strings.Contains(cause.Error(), "1s") {
			t.Errorf("the cause is %v", cause)
		}
	})
}

// A stop, and the end of the caller's context, are no stalls.
func TestTheCauseIsAStallOrElseTheError(t *testing.T) {
	t.Parallel()
	fault := errors.New("fault")
	for name, end := range map[string]func(w *stall.Watch, cancel func()){
		"stopped":  func(w *stall.Watch, _ func()) { w.Stop() },
		"canceled": func(_ *stall.Watch, cancel func()) { cancel() },
		"running":  func(*stall.Watch, func()) {},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		w := stall.New(ctx, time.Hour)
		end(w, cancel)
		if cause := w.Cause(fault); cause != fault { //nolint:errorlint // the very error
			t.Errorf("%s: the cause is %v", name, cause)
		}
		if ended := w.Context.Err() != nil; ended != (name != "running") {
			t.Errorf("%s: the context ended: %v", name, ended)
		}
		w.Stop()
		cancel()
	}
}

// slow is a reader that takes its time for each piece.
type slow struct {
	r    io.Reader
	time time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(s.time)
	return s.r.Read(p)
}

func TestTheTimeOfASourceIsNotCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := stall.New(t.Context(), timeout)
		defer w.Stop()
		from := w.Source(slow{iotest.OneByteReader(strings.NewReader("abc")), 10 * timeout})
		content, err := io.ReadAll(from)
		synctest.Wait()
		if string(content) != "abc" || err != nil || w.Context.Err() != nil {
			t.Fatalf("read %q, %v; the context: %v", content, err, w.Context.Err())
		}
		time.Sleep(timeout) // what comes after the source is counted again
		synctest.Wait()
		if w.Context.Err() == nil {
			t.Error("the work was not ended")
		}
	})
}

// blocked is an object whose store says nothing more until its context ends.
type blocked struct {
	ctx    context.Context
	closed bool
}

func (b *blocked) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
func (b *blocked) Close() error             { b.closed = true; return nil }

var errStore = errors.New("the store")

func wrapStore(err error) error { return errors.Join(errStore, err) }

func TestOnlyTheReadsOfAnObjectAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := stall.New(t.Context(), timeout)
		inside := &blocked{ctx: w.Context}
		object := w.Object(inside, wrapStore)
		time.Sleep(100 * timeout) // of the one who reads
		synctest.Wait()
		if w.Context.Err() != nil {
			t.Fatal("the reader's own time was counted")
		}
		began := time.Now()
		_, err := object.Read(make([]byte, 1))
		if took := time.Since(began); took != timeout {
			t.Errorf("a Read was given %v, want %v", took, timeout)
		}
		if !errors.Is(err, stall.Err) || !errors.Is(err, errStore) {
			t.Errorf("error is %v, want a stall of the store", err)
		}
		if err := object.Close(); err != nil || !inside.closed {
			t.Errorf("closed: %v, %v", inside.closed, err)
		}
	})
}

// slowFile is a file that takes its time, but not after its context.
type slowFile struct {
	ctx  context.Context
	time time.Duration
}

func (f slowFile) ReadAt(p []byte, _ int64) (int, error) {
	select {
	case <-time.After(f.time):
		return len(p), nil
	case <-f.ctx.Done():
		return 0, f.ctx.Err()
	}
}

func (f slowFile) WriteAt(p []byte, at int64) (int, error) { return f.ReadAt(p, at) }

func TestEachCallOfAFileIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for what, call := range map[string]func(f stall.File) (int, error){
			"read":    func(f stall.File) (int, error) { return f.ReadAt(make([]byte, 3), 0) },
			"written": func(f stall.File) (int, error) { return f.WriteAt(make([]byte, 3), 0) },
		} {
			w := stall.New(t.Context(), timeout)
			file := w.File(slowFile{w.Context, timeout - 1})
			for range 3 {
				if n, err := call(file); n != 3 || err != nil {
					t.Fatalf("%s: %d, %v", what, n, err)
				}
			}
			stuck := w.File(slowFile{w.Context, timeout + 1})
			if _, err := call(stuck); !errors.Is(w.Cause(err), stall.Err) {
				t.Errorf("%s: error is %v, want a stall", what, err)
			}
			began := time.Now()
			if _, err := call(file); !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
				t.Errorf("%s: after that: %v", what, err)
			}
			w.Stop()
		}
	})
}

func TestAnObjectIsReadAsItIs(t *testing.T) {
	t.Parallel()
	w := stall.New(t.Context(), time.Hour)
	seekable := w.Object(struct {
		io.ReadSeeker
		io.Closer
	}{strings.NewReader("abc"), io.NopCloser(nil)}, wrapStore)
	content, err := io.ReadAll(seekable) // io.EOF is not wrapped
	if string(content) != "abc" || err != nil {
		t.Errorf("read %q, %v", content, err)
	}
	seeker, seeks := seekable.(io.Seeker)
	if !seeks {
		t.Fatal("it does not seek")
	}
	if at, err := seeker.Seek(1, io.SeekStart); at != 1 || err != nil {
		t.Errorf("sought to %d, %v", at, err)
	}
	if err := seekable.Close(); err != nil {
		t.Error(err)
	}
	if w.Context.Err() == nil {
		t.Error("closing does not end the context")
	}
	other := stall.New(t.Context(), time.Hour)
	if _, seeks := other.Object(io.NopCloser(iotest.ErrReader(errStore)), wrapStore).(io.Seeker); seeks {
		t.Error("it seeks in what does not")
	}
	other.Stop()
}
