package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// MediaStore keeps the bytes of media. The package storage has a folder and a
// memory; storage/storagetest checks a store of the host's own. A store may also be a
// MediaURLSigner.
//
// The context ends when the caller's does, or when the store has stood still for
// Config.MediaTimeout: a method then returns soon.
type MediaStore interface {
	// Put stores everything that r yields under key. A key that is there is an
	// error matching fs.ErrExist. After an error, or when ctx ends, nothing is
	// under key.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open returns what was stored under key; an error matching fs.ErrNotExist
	// when nothing was. A reader that is also an io.Seeker serves ranges. The context
	// holds until the reader is closed, unless that is an *os.File.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete removes key. Deleting what is not there is no error.
	Delete(ctx context.Context, key string) error
}

// MediaStoreCleaner is a MediaStore in which broken writes leave something behind, such as
// storage.Dir. SweepMedia asks it to clean up.
type MediaStoreCleaner interface {
	// RemoveTemporaries removes what nobody has written to for olderThan, and tells how
	// much that was.
	RemoveTemporaries(ctx context.Context, olderThan time.Duration) (int, error)
}

// MediaURLSigner is a MediaStore whose objects can be fetched by URL, from itself, such
// as one on S3.
type MediaURLSigner interface {
	// SignURL returns a URL under which anyone may GET what is under key, for as long as
	// as.Valid, and is answered with the headers that as names.
	SignURL(ctx context.Context, key string, as SignURLOptions) (string, error)
}

// SignURLOptions says how a MediaURLSigner is to serve an object.
type SignURLOptions struct {
	Valid              time.Duration // from now on
	ContentType        string        // the header, whatever the object is: its bytes are a user's
	ContentDisposition string        // the header, with the name of a download
}

// putObject stores what r yields. Waiting for r is not the store's standing still.
func (s *Service) putObject(ctx context.Context, key string, r io.Reader) error {
	w := s.watchStore(ctx)
	defer w.stop()
	return w.fault("put", s.config.Media.Put(w.ctx, key, waitedFor{w, r}))
}

// openObject opens an object. A file is returned as it is: the system sends it to a
// connection faster than anybody can read it.
func (s *Service) openObject(ctx context.Context, key string) (io.ReadCloser, error) {
	w := s.watchStore(ctx)
	content, err := s.config.Media.Open(w.ctx, key)
	w.timer.Stop()
	if err != nil {
		defer w.stop()
		return nil, w.fault("open", err)
	}
	if file, is := content.(*os.File); is {
		w.stop()
		return file, nil
	}
	opened := watchedObject{w, content}
	if seeker, seeks := content.(io.Seeker); seeks {
		return struct {
			watchedObject
			io.Seeker
		}{opened, seeker}, nil
	}
	return opened, nil
}

func (s *Service) deleteObject(ctx context.Context, key string) error {
	w := s.watchStore(ctx)
	defer w.stop()
	return w.fault("delete", s.config.Media.Delete(w.ctx, key))
}

// deleteStored deletes objects whose rows are not there, or will not be.
func (s *Service) deleteStored(ctx context.Context, stored []string) {
	for _, key := range stored {
		if err := s.deleteObject(context.WithoutCancel(ctx), key); err != nil {
			s.config.Logger.WarnContext(ctx, "an object without a row stays in the media store", "key", key, "error", err)
		}
	}
}

// stallWatch ends a context when the store stands still.
type stallWatch struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

var errStalled = errors.New("it stood still")

func (s *Service) watchStore(ctx context.Context) *stallWatch {
	w := &stallWatch{timeout: s.config.MediaTimeout}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(w.timeout, func() { w.cancel(fmt.Errorf("%w for %v", errStalled, w.timeout)) })
	return w
}

func (w *stallWatch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// fault is what became of the store's error: that it stood still says more than that its
// context ended.
func (w *stallWatch) fault(what string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(w.ctx); errors.Is(cause, errStalled) {
		err = cause
	}
	return storeError(what, err)
}

// storeError marks what a store said, once.
func storeError(what string, err error) error {
	if errors.Is(err, ErrMediaStore) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrMediaStore, what, err)
}

// waitedFor is read by the store: its time begins when it has something to store.
type waitedFor struct {
	watch  *stallWatch
	source io.Reader
}

func (r waitedFor) Read(p []byte) (int, error) {
	r.watch.timer.Stop()
	defer r.watch.timer.Reset(r.watch.timeout)
	return r.source.Read(p)
}

// watchedObject is read from the store: its time is that of each Read.
type watchedObject struct {
	watch  *stallWatch
	object io.ReadCloser
}

func (o watchedObject) Read(p []byte) (int, error) {
	o.watch.timer.Reset(o.watch.timeout)
	defer o.watch.timer.Stop()
	n, err := o.object.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = o.watch.fault("read", err)
	}
	return n, err
}

func (o watchedObject) Close() error {
	defer o.watch.stop()
	return o.object.Close()
}
