package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"
)

// limitedReader fails once more than limit bytes came.
type limitedReader struct {
	source io.Reader
	limit  int64
	read   int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if left := l.limit - l.read; int64(len(p))-1 > left {
		p = p[:left+1] // one byte beyond the limit tells that it is crossed
	}
	n, err := l.source.Read(p)
	l.read += int64(n)
	if l.read > l.limit {
		return 0, tooLarge("body", l.limit, "bytes")
	}
	return n, err
}

// takenReader counts and hashes what the store takes, and remembers how reading ended, so
// that a body's fault is not taken for the store's.
type takenReader struct {
	source io.Reader
	hash   *digest
	size   int64
	whole  bool // it was read to its end
	err    error
}

func (t *takenReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.source.Read(p)
	t.size += int64(n)
	t.hash.write(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		t.whole = true
	case err != nil:
		t.err = err
	}
	return n, err
}

// digest is a SHA-256 that is computed while the store writes: either takes about as long
// as the other.
type digest struct {
	full, free chan []byte
	hash       hash.Hash
	done       chan struct{}
	ended      sync.Once
}

// One of hashBlocks is filled while the other is hashed.
const (
	hashBlocks = 2
	hashBlock  = 32 << 10
)

// newDigest starts a goroutine that end ends.
func newDigest() *digest {
	d := &digest{
		full: make(chan []byte, hashBlocks), free: make(chan []byte, hashBlocks),
		hash: sha256.New(), done: make(chan struct{}),
	}
	for range hashBlocks {
		d.free <- nil // made when it is needed: most files are small
	}
	go func() {
		defer close(d.done)
		for block := range d.full {
			d.hash.Write(block)
			d.free <- block
		}
	}()
	return d
}

func (d *digest) write(p []byte) {
	for len(p) > 0 {
		n := min(len(p), hashBlock)
		d.full <- append((<-d.free)[:0], p[:n]...)
		p = p[n:]
	}
}

// end returns the sum of what was written, in hexadecimal. Nothing is written after it.
func (d *digest) end() string {
	d.ended.Do(func() { close(d.full) })
	<-d.done
	return hex.EncodeToString(d.hash.Sum(nil))
}
