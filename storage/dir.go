package storage

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// temporaries is the folder of what is being written. Folders of media have two letters.
const temporaries = "tmp"

// DirStore keeps media in a folder. Make one with [Dir].
//
// Several processes may share the folder. Nothing in it is followed out of it, symbolic
// links included. An object that Put has acknowledged survives a crash of the machine; a
// crash during Put leaves at most a file in the folder tmp, which
// [DirStore.RemoveTemporaries] takes away.
type DirStore struct {
	path string

	// mu is held while folders are made, so that one that is there is also on disk, and
	// while an object is renamed.
	mu sync.Mutex

	link func(root *os.Root, from, to string) error // replaced in tests
	sync func(*os.File) error                       // has a file or a folder on disk; replaced in tests
}

// Dir returns a store in the folder at path. The folder is made at the first Put if it is
// missing, for this user alone; what is wrong with it shows at first use.
//
// The file of key K is XX/YY/K, where XXYY begins K's SHA-256 in hex: keys that begin
// alike, with the time for example, still spread evenly.
func Dir(path string) *DirStore {
	return &DirStore{path: path, link: (*os.Root).Link, sync: (*os.File).Sync}
}

// Put stores what r yields under key. Its error matches [fs.ErrExist] if the key is taken,
// [ErrInvalidKey], ctx's error, that of r, or that of the file system, such as
// [syscall.ENOSPC]; then nothing is stored. A Read of r that hangs is waited for.
func (d *DirStore) Put(ctx context.Context, key string, r io.Reader) error {
	return d.PutEdited(ctx, key, r, nil)
}

// PutEdited is Put of what edit makes of what r yields. When r has ended, edit is called with
// a temporary file of that, to read and overwrite it there; it does not keep the file, nor make it
// longer. Only then has the key its object. An error of edit is one of PutEdited.
func (d *DirStore) PutEdited(ctx context.Context, key string, r io.Reader, edit func(interface {
	io.ReaderAt
	io.WriterAt
}) error) error {
	if err := d.put(ctx, key, r, edit); err != nil {
		return fmt.Errorf("storage: put: %w", err)
	}
	return nil
}

func (d *DirStore) put(ctx context.Context, key string, r io.Reader, edit func(editable) error) error {
	if err := begin(ctx, key); err != nil {
		return err
	}
	root, err := d.openOrMake()
	if err != nil {
		return err
	}
	defer closeRoot(root)
	name := fileName(key)
	// This only spares the copying: publish is what refuses to overwrite.
	if _, err := root.Lstat(name); err == nil {
		return fmt.Errorf("%s: %w", key, fs.ErrExist)
	}
	temporary := path.Join(temporaries, rand.Text())
	if err := d.makeFolders(root, temporaries, path.Dir(path.Dir(name)), path.Dir(name)); err != nil {
		return err
	}
	defer func() { _ = root.Remove(temporary) }() // a file that stays is RemoveTemporaries' work
	if err := d.write(root, temporary, contextReader{ctx, r}, edit); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.publish(root, temporary, name)
}

// Open returns the object of key, an [*os.File]. Its error matches [fs.ErrNotExist] if
// there is none, or [ErrInvalidKey].
func (d *DirStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := begin(ctx, key); err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	defer closeRoot(root)
	file, err := root.Open(fileName(key))
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	return file, nil
}

// Delete removes the object of key. It is no error if there is none.
func (d *DirStore) Delete(ctx context.Context, key string) error {
	if err := begin(ctx, key); err != nil {
		return fmt.Errorf("storage: delete: %w", err)
	}
	root, err := os.OpenRoot(d.path)
	if err == nil {
		defer closeRoot(root)
		name := fileName(key)
		if err = root.Remove(name); err == nil {
			err = d.syncFolder(root, path.Dir(name))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("storage: delete: %w", err)
	}
	return nil
}

// RemoveTemporaries removes what crashes have left behind: temporary files that nobody has
// written to for olderThan. A day is a good value; a Put that is slower than that between
// two writes fails. It returns how many were removed.
func (d *DirStore) RemoveTemporaries(ctx context.Context, olderThan time.Duration) (int, error) {
	removed, err := d.removeTemporaries(ctx, time.Now().Add(-olderThan))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return removed, fmt.Errorf("storage: remove temporaries: %w", err)
	}
	return removed, nil
}

func (d *DirStore) removeTemporaries(ctx context.Context, before time.Time) (removed int, err error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return 0, err
	}
	defer closeRoot(root)
	entries, err := fs.ReadDir(root.FS(), temporaries)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		name := path.Join(temporaries, entry.Name())
		info, err := root.Lstat(name)
		if err == nil && info.ModTime().Before(before) {
			if err = root.Remove(name); err == nil {
				removed++
			}
		}
		// The Put that it belongs to, or another process, may have been faster.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, err
		}
	}
	return removed, nil
}

// fileName is where the object of key is, below the root.
func fileName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return path.Join(hex.EncodeToString(sum[:1]), hex.EncodeToString(sum[1:2]), key)
}

// openOrMake opens the folder anew each time, so that one which was unmounted or replaced
// meanwhile does no lasting harm.
func (d *DirStore) openOrMake() (*os.Root, error) {
	root, err := os.OpenRoot(d.path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, err
	}
	return os.OpenRoot(d.path)
}

// makeFolders makes those of the folders that are missing, which come parents first.
func (d *DirStore) makeFolders(root *os.Root, folders ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, folder := range folders {
		err := root.Mkdir(folder, 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := d.syncFolder(root, path.Dir(folder)); err != nil {
			return errors.Join(err, root.Remove(folder))
		}
	}
	return nil
}

// editable is what edits an object in its place.
type editable = interface {
	io.ReaderAt
	io.WriterAt
}

// write makes the file name, with what edit makes of what r yields, and has it on disk when it
// returns.
func (d *DirStore) write(root *os.Root, name string, r io.Reader, edit func(editable) error) (err error) {
	file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := &eagerWriter{file: file}
	defer to.end()
	if _, err := io.Copy(to, r); err != nil {
		return err
	}
	if edit != nil {
		to.begin()
		if err := edit(file); err != nil {
			return err
		}
	}
	return d.sync(file)
}

// eagerWriter has the disk write while more is still to come, where the system can: the
// wait at the end is then a short one. It asks for that in a goroutine, since to ask takes as
// long as to copy, and longer where the disk has much to do; end ends that.
type eagerWriter struct {
	file    *os.File
	written atomic.Int64
	asked   int64         // how much was written when it was last asked for
	wake    chan struct{} // the goroutine; nil before there is one
	ended   chan struct{}
}

const eagerBytes = 1 << 20

func (w *eagerWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if written := w.written.Add(int64(n)); written-w.asked >= eagerBytes {
		w.asked = written
		w.begin()
	}
	return n, err
}

// begin has the disk begin with all that was written.
func (w *eagerWriter) begin() {
	if w.wake == nil {
		w.wake, w.ended = make(chan struct{}, 1), make(chan struct{})
		go w.run()
	}
	select {
	case w.wake <- struct{}{}:
	default: // it is going to look anyway
	}
}

func (w *eagerWriter) run() {
	defer close(w.ended)
	begun := int64(0)
	for range w.wake {
		if written := w.written.Load(); written > begun {
			startWriting(w.file, begun, written-begun)
			begun = written
		}
	}
}

func (w *eagerWriter) end() {
	if w.wake != nil {
		close(w.wake)
		<-w.ended
	}
}

// publish gives the file temporary the name wanted, unless that is taken. A
// rename would silently replace what is there; a hard link does not.
func (d *DirStore) publish(root *os.Root, temporary, name string) error {
	err := d.link(root, temporary, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = d.rename(root, temporary, name)
	}
	if err != nil {
		return err
	}
	if err := d.syncFolder(root, path.Dir(name)); err != nil {
		return errors.Join(err, root.Remove(name))
	}
	return nil
}

// rename is for file systems without hard links. Other processes may take the name between
// its two steps, but only one that was given the same random key.
func (d *DirStore) rename(root *os.Root, temporary, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch _, err := root.Lstat(name); {
	case err == nil:
		return fmt.Errorf("%s: %w", name, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return root.Rename(temporary, name)
}

// syncFolder has the names in folder on disk, where the system knows such a thing.
func (d *DirStore) syncFolder(root *os.Root, folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := root.Open(folder)
	if err != nil {
		return err
	}
	err = d.sync(file)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, file.Close())
}

// closeRoot drops an error that does not matter: nothing was written through the handle.
func closeRoot(root *os.Root) { _ = root.Close() }
