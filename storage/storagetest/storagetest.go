// Package storagetest checks that a store keeps the promises on which the chat library
// relies. A store's own test calls [Run]:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storagetest.Store { return newStore(t) })
//	}
package storagetest

import (
	"context"
	"io"
	"testing"
)

// Store has the methods of the library's MediaStore.
//
// Keys are up to 128 bytes of ASCII letters, digits, '.', '_' and '-', and never start
// with a dot; those that the library makes are random. Other keys may be refused, or
// kept like any other, but must not lead to anything else. All methods are safe for use by
// several goroutines at once, and fail if ctx is done.
type Store interface {
	// Put stores everything that r yields, up to io.EOF, under key. An existing key is an
	// error that matches fs.ErrExist, and is left as it is. The object appears whole, when
	// Put succeeds, or not at all. Other calls are not held up while Put waits for r. Once
	// ctx is done, Put soon stops reading.
	Put(ctx context.Context, key string, r io.Reader) error

	// Open returns the object of key, or an error that matches fs.ErrNotExist. If the
	// result is an io.Seeker too, ranges are served from it. Readers are independent of
	// each other.
	Open(ctx context.Context, key string) (io.ReadCloser, error)

	// Delete removes the object of key, which may then be put again. There being none is
	// no error.
	Delete(ctx context.Context, key string) error
}

// cases are what every store has to do.
var cases = []struct {
	name string
	test func(t *testing.T, s Store)
}{
	{"RoundTrip", testRoundTrip},
	{"LargeObject", testLargeObject},
	{"Missing", testMissing},
	{"NoOverwrite", testNoOverwrite},
	{"Delete", testDelete},
	{"Readers", testReaders},
	{"Ranges", testRanges},
	{"FailingReader", testFailingReader},
	{"Unfinished", testUnfinished},
	{"CancelledBefore", testCancelledBefore},
	{"CancelledDuring", testCancelledDuring},
	{"Keys", testKeys},
	{"OddKeys", testOddKeys},
	{"ConcurrentKeys", testConcurrentKeys},
	{"ConcurrentPuts", testConcurrentPuts},
}

// Run checks the stores that open returns, and if they are an [Editor] that too: each is empty, or
// at least has none of the keys that start with "storagetest-" nor the suite's few odd ones, and
// is the subtest's own. Whatever open has made should be removed by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
	t.Run("Edited", func(t *testing.T) { runEdited(t, open) })
}
