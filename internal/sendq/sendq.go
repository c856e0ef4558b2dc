// Package sendq combines the work of concurrent callers into batches. Nobody waits on a
// timer: a batch of all that has queued begins as soon as a lane is free, in a goroutine
// that ends with it. A lone caller's item is a batch at once; under load, batches grow by
// themselves.
package sendq

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Item is what is queued.
type Item interface {
	// Settled returns a channel that is closed when the outcome of the item is final.
	Settled() <-chan struct{}
	// Fail makes err the outcome of an item that has none yet.
	Fail(err error)
}

// Result is what became of a batch as a whole.
type Result[K comparable] struct {
	// Locked are keys that others have locked: their items go on in batches that wait.
	Locked []K
	// GaveUp is why the batch stopped waiting, if it did. Items of its keys that have
	// queued for some time fail with it too.
	GaveUp error
}

// Options of a Queue.
type Options[K comparable, T Item] struct {
	// Lanes is how many batches are at work side by side, those that wait for a locked key
	// aside.
	Lanes int
	// Size is how many items a batch has at most.
	Size int
	// LaneTime is how long a batch keeps its lane. One that takes longer goes on beside
	// the lanes, so that what it waits for does not stop the others; there are at most
	// as many of these as lanes, times four.
	LaneTime time.Duration
	// MaxWait is how long an item may have queued when a batch of its key gives up.
	MaxWait time.Duration
	// Commit settles the items of a batch, in order. Unless wait is true, it may
	// leave items unsettled whose keys others have locked, and returns those keys. It
	// gets the values of the context of one of the batch's callers, without its end.
	Commit func(ctx context.Context, items []T, wait bool) Result[K]
	// Panicked is called when Commit panics, with the error that the items of the batch
	// failed with.
	Panicked func(ctx context.Context, recovered any, stack []byte) error
}

// Queue is a combining queue. Items of one key are settled in the order in which they
// came, never by two batches at once.
type Queue[K comparable, T Item] struct {
	options Options[K, T]

	mu       sync.Mutex
	waiting  []*entry[K, T]
	busy     map[K]bool // keys of the batches at work
	running  int        // batches in lanes
	overtime int        // batches that lost their lane
	atWork   int        // batches at work, in lanes or not
	idle     sync.Cond  // nothing is at work
}

// New returns a queue.
func New[K comparable, T Item](options Options[K, T]) *Queue[K, T] {
	q := &Queue[K, T]{options: options, busy: map[K]bool{}}
	q.idle.L = &q.mu
	return q
}

// entry is one caller in the queue.
type entry[K comparable, T Item] struct {
	ctx   context.Context
	key   K
	group string
	item  T
	since time.Time
}

func (e *entry[K, T]) settled() bool {
	select {
	case <-e.item.Settled():
		return true
	default:
		return false
	}
}

type batch[K comparable, T Item] struct {
	entries []*entry[K, T]
	wait    bool // for a key that others have locked, beside the lanes
	inLane  bool
	done    bool
}

// Do queues an item and returns when it is settled, or with ctx's error when ctx ends
// before. An item that is in a batch by then is settled all the same, unseen by the
// caller. Only items of the same group share a batch.
func (q *Queue[K, T]) Do(ctx context.Context, key K, group string, item T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := &entry[K, T]{ctx: ctx, key: key, group: group, item: item, since: time.Now()}
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	q.start()
	q.mu.Unlock()
	select {
	case <-item.Settled():
		return nil
	case <-ctx.Done():
	}
	q.leave(e)
	if e.settled() {
		return nil
	}
	return ctx.Err()
}

// Wait returns when nothing is queued and no batch is at work.
func (q *Queue[K, T]) Wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.atWork > 0 {
		q.idle.Wait()
	}
}

// leave takes an entry out of the queue, unless it is in a batch.
func (q *Queue[K, T]) leave(e *entry[K, T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, e); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
}

// start makes batches of what waits for as long as a lane is free. The caller holds the
// lock.
func (q *Queue[K, T]) start() {
	for q.running < q.options.Lanes && len(q.waiting) > 0 {
		b := q.take()
		if len(b.entries) == 0 {
			return
		}
		b.inLane = true
		q.running++
		q.atWork++
		go q.run(b)
	}
}

// take removes from the queue, in order, the entries of one group whose keys no batch
// is at work on.
func (q *Queue[K, T]) take() *batch[K, T] {
	b := &batch[K, T]{}
	mine := map[K]bool{}
	passed := map[K]bool{} // keys of entries that stay: later ones of these keys stay too
	left := q.waiting[:0]
	for _, e := range q.waiting {
		foreign := len(b.entries) > 0 && e.group != b.entries[0].group
		if len(b.entries) == q.options.Size || foreign || passed[e.key] || q.busy[e.key] && !mine[e.key] {
			passed[e.key] = true
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

// run settles a batch and hands over.
func (q *Queue[K, T]) run(b *batch[K, T]) {
	if b.inLane {
		timer := time.AfterFunc(q.options.LaneTime, func() { q.leaveLane(b) })
		defer timer.Stop()
	}
	q.finish(b, q.commit(b))
}

func (q *Queue[K, T]) commit(b *batch[K, T]) (result Result[K]) {
	ctx := context.WithoutCancel(b.entries[0].ctx)
	items := make([]T, len(b.entries))
	for i, e := range b.entries {
		items[i] = e.item
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err := q.options.Panicked(ctx, recovered, debug.Stack())
			for _, item := range items {
				item.Fail(err)
			}
			result = Result[K]{}
		}
	}()
	return q.options.Commit(ctx, items, b.wait)
}

// leaveLane frees the lane of a batch that is still at work.
func (q *Queue[K, T]) leaveLane(b *batch[K, T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	const most = 4
	if b.done || q.overtime >= most*q.options.Lanes {
		return
	}
	b.inLane = false
	q.running--
	q.overtime++
	q.start()
}

// finish hands the lane over. What others have locked goes on in batches of its own.
func (q *Queue[K, T]) finish(b *batch[K, T], result Result[K]) {
	later := b.waitingForLocks(result.Locked)
	// Callers who have more to do queue again before the next batch is made: they
	// would miss it otherwise, and batches would be half as large.
	q.yield(len(b.entries))
	q.mu.Lock()
	defer q.mu.Unlock()
	b.done = true
	for _, e := range b.entries {
		if later[e.key] == nil {
			delete(q.busy, e.key)
		}
	}
	if result.GaveUp != nil {
		q.failWaiting(b, later, result.GaveUp)
	}
	for _, next := range later {
		q.atWork++
		go q.run(next)
	}
	switch {
	case b.wait:
	case b.inLane:
		q.running--
	default:
		q.overtime--
	}
	q.start()
	if q.atWork--; q.atWork == 0 {
		q.idle.Broadcast()
	}
}

// waitingForLocks returns batches, one a key, of the entries that are not settled because others
// have locked their keys.
func (b *batch[K, T]) waitingForLocks(locked []K) map[K]*batch[K, T] {
	later := map[K]*batch[K, T]{}
	for _, key := range locked {
		later[key] = &batch[K, T]{wait: true}
	}
	for _, e := range b.entries {
		if next := later[e.key]; next != nil && !e.settled() {
			next.entries = append(next.entries, e)
		}
	}
	for key, next := range later {
		if len(next.entries) == 0 {
			delete(later, key)
		}
	}
	return later
}

// failWaiting fails the items that have queued after a batch that gave up: they have
// waited for the same thing, and would wait as long again.
func (q *Queue[K, T]) failWaiting(b *batch[K, T], later map[K]*batch[K, T], err error) {
	gaveUp := map[K]bool{}
	for _, e := range b.entries {
		gaveUp[e.key] = later[e.key] == nil
	}
	left := q.waiting[:0]
	for _, e := range q.waiting {
		if gaveUp[e.key] && time.Since(e.since) > q.options.MaxWait {
			e.item.Fail(err)
			continue
		}
		left = append(left, e)
	}
	clear(q.waiting[len(left):])
	q.waiting = left
}

// yield lets the callers of a batch go on, until none of them has queued again for some
// microseconds. A lone caller is not waited for.
func (q *Queue[K, T]) yield(callers int) {
	runtime.Gosched()
	if callers == 1 {
		return
	}
	const quiet = 20 * time.Microsecond
	waiting, changed := q.Waiting(), time.Now()
	for time.Since(changed) < quiet {
		runtime.Gosched()
		if now := q.Waiting(); now != waiting {
			waiting, changed = now, time.Now()
		}
	}
}

// Waiting is how many callers are queued and in no batch.
func (q *Queue[K, T]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
