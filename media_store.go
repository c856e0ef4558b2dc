package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/go-df/chat/internal/stall"
	"github.com/go-df/chat/internal/strip"
)

// MediaStore keeps the bytes of media. The package storage has a folder and a
// memory; storage/storagetest checks a store of the host's own. A store may also be a
// MediaStoreEditor, a MediaStoreCleaner or a MediaURLSigner.
//
// The context ends when the caller's does, or when the store has made no progress for
// Config.MediaTimeout: a method then returns soon.
type MediaStore interface {
	// Put reads r to its end and stores everything under key; a Put that returns nil
	// without io.EOF from r is taken for failed. A key that is there is an
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

// MediaStoreEditor is a MediaStore that lets an object be changed before it is there, such as
// storage.Dir. Of some uploads (films whose index comes last, HEIC and AVIF, of more than 256 KiB) it is
// known only at their end what must not be stored. Such a store is given them as they come, and they
// are stripped in it; other stores are given them stripped, from a temporary file.
//
// A store that embeds one, and has a Put of its own, needs a PutEdited of its own too.
type MediaStoreEditor interface {
	// PutEdited is Put of what edit makes of what r yields. When r has ended it calls edit, once,
	// to read and overwrite that in its place. Until edit has returned nil nothing is under
	// key, and after an error of edit, which is one of PutEdited, nothing stays of what r has
	// yielded. edit does not keep its argument, nor write behind the end.
	PutEdited(ctx context.Context, key string, r io.Reader, edit func(interface {
		io.ReaderAt
		io.WriterAt
	}) error) error
}

// MediaStoreCleaner is a MediaStore in which broken writes leave something behind, such as
// storage.Dir. SweepMedia asks it to clean up.
type MediaStoreCleaner interface {
	// RemoveTemporaries removes what nobody has written to for olderThan, and returns how
	// much that was.
	RemoveTemporaries(ctx context.Context, olderThan time.Duration) (int, error)
}

// MediaURLSigner is a MediaStore whose objects can be fetched by URL, from itself, such
// as one on S3.
type MediaURLSigner interface {
	// SignURL returns a URL under which anyone may GET what is under key, for as long as
	// as.Valid, and is served the headers that as names.
	SignURL(ctx context.Context, key string, as SignURLOptions) (string, error)
}

// SignURLOptions is how a MediaURLSigner is to serve an object.
type SignURLOptions struct {
	Valid              time.Duration // from now on
	ContentType        string        // the header, whatever the object is: its bytes are a user's
	ContentDisposition string        // the header, with the name of a download
}

// putObject stores what r yields, and returns io.ErrShortWrite, wrapped, if the store
// has not read it to its end. The time that r takes does not count as the store's.
func (s *Service) putObject(ctx context.Context, key string, r io.Reader) error {
	w := stall.New(ctx, s.config.MediaTimeout)
	defer w.Stop()
	whole := &wholeReader{source: r}
	err := s.config.Media.Put(w.Context, key, w.Source(whole))
	if err == nil && !whole.ended {
		err = io.ErrShortWrite
	}
	return storeError("put", w, err)
}

// putEditedObject is putObject in a store where edit edits what r yielded.
func (s *Service) putEditedObject(ctx context.Context, store MediaStoreEditor, key string, r io.Reader, edit func(strip.File) error) error {
	w := stall.New(ctx, s.config.MediaTimeout)
	defer w.Stop()
	whole, edited := &wholeReader{source: r}, false
	err := store.PutEdited(w.Context, key, w.Source(whole), func(stored interface {
		io.ReaderAt
		io.WriterAt
	}) error {
		if !whole.ended {
			return io.ErrShortWrite
		}
		err := edit(w.File(stored))
		edited = err == nil
		return err
	})
	if err == nil && !edited {
		err = io.ErrShortWrite
	}
	return storeError("put", w, err)
}

// wholeReader remembers whether it was read to its end.
type wholeReader struct {
	source io.Reader
	ended  bool
}

func (r *wholeReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	r.ended = r.ended || errors.Is(err, io.EOF)
	return n, err
}

// openObject opens an object. A file is returned as it is: the system sends it to a
// connection faster than anybody can read it.
func (s *Service) openObject(ctx context.Context, key string) (io.ReadCloser, error) {
	w := stall.New(ctx, s.config.MediaTimeout)
	content, err := s.config.Media.Open(w.Context, key)
	if err != nil {
		defer w.Stop()
		return nil, storeError("open", w, err)
	}
	if file, is := content.(*os.File); is {
		w.Stop()
		return file, nil
	}
	return w.Object(content, func(err error) error { return mediaStoreError("read", err) }), nil
}

func (s *Service) deleteObject(ctx context.Context, key string) error {
	w := stall.New(ctx, s.config.MediaTimeout)
	defer w.Stop()
	return storeError("delete", w, s.config.Media.Delete(w.Context, key))
}

// deleteStored deletes objects whose rows are not there, or will not be.
func (s *Service) deleteStored(ctx context.Context, stored []string) {
	for _, key := range stored {
		if err := s.deleteObject(context.WithoutCancel(ctx), key); err != nil {
			s.config.Logger.WarnContext(ctx, "an object without a row stays in the media store", "key", key, "error", err)
		}
	}
}

// storeError marks what a store returned under a watch.
func storeError(what string, w *stall.Watch, err error) error {
	if err == nil {
		return nil
	}
	return mediaStoreError(what, w.Cause(err))
}

// mediaStoreError marks what a store returned, once.
func mediaStoreError(what string, err error) error {
	if errors.Is(err, ErrMediaStore) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %s: %w: %w", ErrMediaStore, what, ErrNoSpace, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrMediaStore, what, err)
}
