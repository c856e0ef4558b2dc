// Package stall ends a context when the work done under it makes no progress for a
// time.
package stall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Err is wrapped by the cause of a context that a Watch ended.
var Err = errors.New("it made no progress")

// Watch ends a context when nothing happens for its timeout. It must be stopped.
type Watch struct {
	Context context.Context // for the work that is watched

	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

// New starts a Watch under ctx.
func New(ctx context.Context, timeout time.Duration) *Watch {
	w := &Watch{timeout: timeout}
	w.Context, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(timeout, func() { w.cancel(fmt.Errorf("%w for %v", Err, timeout)) })
	return w
}

// Stop ends the context, and the goroutine of its timer.
func (w *Watch) Stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// Cause returns the stall that ended the context, since it says more than that the
// context ended, or else err.
func (w *Watch) Cause(err error) error {
	if cause := context.Cause(w.Context); errors.Is(cause, Err) {
		return cause
	}
	return err
}

// Source returns a reader of r for the work to read from: the time that r takes is not
// counted.
func (w *Watch) Source(r io.Reader) io.Reader { return source{w, r} }

type source struct {
	watch *Watch
	r     io.Reader
}

func (s source) Read(p []byte) (int, error) {
	s.watch.timer.Stop()
	defer s.watch.timer.Reset(s.watch.timeout)
	return s.r.Read(p)
}

// File returns a file of the work's for the caller to read and write in the meantime: each call
// of it is counted by itself. It ends with the context.
func (w *Watch) File(of File) File { return file{w, of} }

// File is read and written at any place.
type File interface {
	io.ReaderAt
	io.WriterAt
}

type file struct {
	watch *Watch
	of    File
}

func (f file) ReadAt(p []byte, at int64) (int, error) { return f.call(f.of.ReadAt, p, at) }

func (f file) WriteAt(p []byte, at int64) (int, error) { return f.call(f.of.WriteAt, p, at) }

func (f file) call(do func([]byte, int64) (int, error), p []byte, at int64) (int, error) {
	if err := f.watch.Context.Err(); err != nil {
		return 0, err
	}
	f.watch.timer.Reset(f.watch.timeout)
	return do(p, at)
}

// Object returns what the work has opened, to be read by somebody who may take their
// time: only each Read is counted. Closing it stops the Watch. What it returns is an
// io.Seeker where r is one. wrap is applied to what Read returns beside io.EOF.
func (w *Watch) Object(r io.ReadCloser, wrap func(error) error) io.ReadCloser {
	w.timer.Stop()
	opened := object{w, r, wrap}
	if seeker, seeks := r.(io.Seeker); seeks {
		return struct {
			object
			io.Seeker
		}{opened, seeker}
	}
	return opened
}

type object struct {
	watch *Watch
	r     io.ReadCloser
	wrap  func(error) error
}

func (o object) Read(p []byte) (int, error) {
	o.watch.timer.Reset(o.watch.timeout)
	defer o.watch.timer.Stop()
	n, err := o.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = o.wrap(o.watch.Cause(err))
	}
	return n, err
}

func (o object) Close() error {
	defer o.watch.Stop()
	return o.r.Close()
}
