package chat

import (
	"errors"
	"hash"
	"io"
)

// limitedReader fails once more than limit bytes came.
type limitedReader struct {
	source io.Reader
	limit  int64
	read   int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if room := l.limit - l.read + 1; int64(len(p)) > room {
		p = p[:room] // one byte beyond the limit tells that it is crossed
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
	hash   hash.Hash
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
	t.hash.Write(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		t.whole = true
	case err != nil:
		t.err = err
	}
	return n, err
}
