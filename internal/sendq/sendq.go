// Package sendq combines the work of concurrent callers into batches. Nobody waits
// on a timer and there is no goroutine of its own: a caller who finds a free lane
// leads a batch of all that has queued, and hands the lane on when it is done. A
// lone caller works at once; under load, batches grow by themselves.
package sendq

import (
	"context"
	"runtime"
	"slices"
	"sync"
)

// Commit settles the items of a batch, in order, and records in each what became of
// it. Unless it is told to wait, it may leave alone the items of keys that somebody
// else holds, and returns those keys.
type Commit[K comparable, T any] func(ctx context.Context, items []T, wait bool) (held []K)

// Queue is a combining queue. Items of one key are settled in the order in which
// they came, never by two batches at once.
type Queue[K comparable, T any] struct {
	commit Commit[K, T]
	lanes  int
	size   int

	mu      sync.Mutex
	waiting []*entry[K, T]
	busy    map[K]bool // keys of the batches at work
	running int        // batches at work, those that wait for a held key aside
}

// New returns a queue that works on at most lanes batches side by side, each of at
// most size items. A batch that waits for a held key takes no lane.
func New[K comparable, T any](lanes, size int, commit Commit[K, T]) *Queue[K, T] {
	return &Queue[K, T]{commit: commit, lanes: lanes, size: size, busy: map[K]bool{}}
}

// entry is one caller in the queue.
type entry[K comparable, T any] struct {
	key     K
	item    T
	lead    chan *batch[K, T] // the caller is to lead this batch
	settled chan struct{}     // closed when somebody has settled the item
}

type batch[K comparable, T any] struct {
	entries []*entry[K, T]
	wait    bool // for a key that was held, outside the lanes
}

// Do queues an item and returns when it is settled. When ctx ends before the item is
// in a batch, it leaves the queue with ctx's error; from then on it is settled
// whatever happens to ctx. Commit gets ctx's values without its end.
func (q *Queue[K, T]) Do(ctx context.Context, key K, item T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := &entry[K, T]{key: key, item: item, lead: make(chan *batch[K, T], 1), settled: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	q.appoint()
	q.mu.Unlock()
	ended := ctx.Done()
	for {
		select {
		case b := <-e.lead:
			q.run(context.WithoutCancel(ctx), b)
		case <-e.settled:
			return nil
		case <-ended:
			if q.leave(e) {
				return ctx.Err()
			}
			ended = nil
		}
	}
}

// leave takes an entry out of the queue, unless it is in a batch.
func (q *Queue[K, T]) leave(e *entry[K, T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, e)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// appoint makes batches of what waits for as long as a lane is free, and tells the
// first caller of each to lead it. It is called with the lock held.
func (q *Queue[K, T]) appoint() {
	for q.running < q.lanes && len(q.waiting) > 0 {
		b := q.take()
		if len(b.entries) == 0 {
			return
		}
		q.running++
		b.entries[0].lead <- b
	}
}

// take removes from the queue, in order, the entries whose keys no batch is at work
// on.
func (q *Queue[K, T]) take() *batch[K, T] {
	b := &batch[K, T]{}
	mine := map[K]bool{}
	left := q.waiting[:0]
	for _, e := range q.waiting {
		if len(b.entries) == q.size || q.busy[e.key] && !mine[e.key] {
			left = append(left, e)
			continue
		}
		q.busy[e.key], mine[e.key] = true, true
		b.entries = append(b.entries, e)
	}
	clear(q.waiting[len(left):])
	q.waiting = left
	return b
}

// run settles a batch and hands over. What is held by others goes on in batches of
// its own, led by their first callers.
func (q *Queue[K, T]) run(ctx context.Context, b *batch[K, T]) {
	var held []K
	defer func() { q.finish(b, held) }() // also when commit panics
	items := make([]T, len(b.entries))
	for i, e := range b.entries {
		items[i] = e.item
	}
	held = q.commit(ctx, items, b.wait)
}

func (q *Queue[K, T]) finish(b *batch[K, T], held []K) {
	later := map[K]*batch[K, T]{}
	for _, key := range held {
		later[key] = &batch[K, T]{wait: true}
	}
	for _, e := range b.entries {
		if next := later[e.key]; next != nil {
			next.entries = append(next.entries, e)
		} else {
			close(e.settled)
		}
	}
	// Callers who have more to do queue again before the next batch is made: they
	// would miss it otherwise, and batches would be half as large.
	runtime.Gosched()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range b.entries {
		if later[e.key] == nil {
			delete(q.busy, e.key)
		}
	}
	for _, next := range later {
		if len(next.entries) > 0 {
			next.entries[0].lead <- next
		}
	}
	if !b.wait {
		q.running--
	}
	q.appoint()
}

// Waiting is how many callers are queued and in no batch.
func (q *Queue[K, T]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
