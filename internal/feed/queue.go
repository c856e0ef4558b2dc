// Package feed delivers what one reader of a log has read to many subscribers.
package feed

import (
	"context"
	"sync"
)

// Queue is what one subscriber has still to take. It is bounded: a subscriber who does
// not keep up is closed, and nobody waits for it.
type Queue[T any] struct {
	maxItems, maxBytes int

	mu     sync.Mutex
	items  []sized[T]
	bytes  int
	closed error
	ready  chan struct{} // has a token when there is something to take
}

type sized[T any] struct {
	item T
	size int
}

// NewQueue returns a queue that holds at most items of together at most bytes. Either
// bound lets one item through.
func NewQueue[T any](items, bytes int) *Queue[T] {
	return &Queue[T]{maxItems: items, maxBytes: bytes, ready: make(chan struct{}, 1)}
}

// Put appends an item of a size in bytes, and reports whether it fitted.
func (q *Queue[T]) Put(item T, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed != nil {
		return true // nobody takes it
	}
	if len(q.items) > 0 && (len(q.items) >= q.maxItems || q.bytes+size > q.maxBytes) {
		return false
	}
	q.items = append(q.items, sized[T]{item, size})
	q.bytes += size
	q.signal()
	return true
}

func (q *Queue[T]) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Close ends the queue: what is in it is dropped, and Take returns err from then on. Only
// the first call counts.
func (q *Queue[T]) Close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed, q.items, q.bytes = err, nil, 0
		q.signal()
	}
}

// Take returns the next item, and waits for it. It is for one goroutine at a time.
func (q *Queue[T]) Take(ctx context.Context) (T, error) {
	for {
		item, ok, err := q.tryTake()
		if ok || err != nil {
			return item, err
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		}
	}
}

func (q *Queue[T]) tryTake() (item T, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed != nil:
		q.signal() // for the next call
		return item, false, q.closed
	case len(q.items) == 0:
		return item, false, nil
	}
	first := q.items[0]
	q.items[0] = sized[T]{}
	q.items = q.items[1:]
	q.bytes -= first.size
	return first.item, true, nil
}
