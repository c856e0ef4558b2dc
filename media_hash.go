package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"
)

// takenReader counts and hashes what the store takes, and remembers how reading ended, so
// that a body's fault is not taken for the store's.
type takenReader struct {
	source io.Reader
	hash   *digest // or nil
	size   int64
	err    error
}

func (t *takenReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.source.Read(p)
	t.size += int64(n)
	if t.hash != nil {
		_, _ = t.hash.Write(p[:n]) // which does not fail
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return n, err
}

// digest is a SHA-256 that is computed while the store writes: either takes about as long
// as the other.
type digest struct {
	full, empty chan []byte
	hash        hash.Hash
	done        chan struct{}
	ended       sync.Once
}

// One of hashBlocks is filled while the others are hashed; of two each would wait for the other.
const (
	hashBlocks = 4
	hashBlock  = 32 << 10
)

// newDigest starts a goroutine that end ends.
func newDigest() *digest {
	d := &digest{
		full: make(chan []byte, hashBlocks), empty: make(chan []byte, hashBlocks),
		hash: sha256.New(), done: make(chan struct{}),
	}
	for range hashBlocks {
		d.empty <- nil // made when it is needed: most files are small
	}
	go func() {
		defer close(d.done)
		for block := range d.full {
			d.hash.Write(block)
			d.empty <- block
		}
	}()
	return d
}

// digestOf is the sum of the first size bytes of a file, which has them all.
func digestOf(file io.ReaderAt, size int64) (string, error) {
	d := newDigest()
	defer d.end()
	n, err := io.Copy(d, io.NewSectionReader(file, 0, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return d.end(), err
}

// Write implements io.Writer.
func (d *digest) Write(p []byte) (int, error) {
	for left := p; len(left) > 0; {
		n := min(len(left), hashBlock)
		d.full <- append((<-d.empty)[:0], left[:n]...)
		left = left[n:]
	}
	return len(p), nil
}

// end returns the sum of what was written, in hexadecimal. Nothing is written after it.
func (d *digest) end() string {
	d.ended.Do(func() { close(d.full) })
	<-d.done
	return hex.EncodeToString(d.hash.Sum(nil))
}
