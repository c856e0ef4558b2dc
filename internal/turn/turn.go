// Package turn lets one piece of work be done at a time, by turns of those who ask for
// it, so that one who asks for much does not keep the others waiting.
package turn

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Queue gives turns to callers of which each has a key, such as the user they act for.
// It starts no goroutine.
type Queue[K comparable] struct {
	wait time.Duration // at most, for a turn
	size int           // waiting at most, in all

	mu      sync.Mutex
	busy    bool
	waiting []*waiter[K] // in the order in which they came
	served  []K          // whose turn it was, the latest last; of those who wait
}

// waiter is one call that waits. outcome receives nil when it is its turn, or why it is
// not waited for any longer.
type waiter[K comparable] struct {
	key     K
	outcome chan error
}

// The reasons for which a turn is not waited for.
var (
	ErrFull = errors.New("too many wait for their turn")
	ErrLate = errors.New("the turn did not come in time")
)

// New returns a queue in which at most size calls wait, each at most for the time of wait.
func New[K comparable](wait time.Duration, size int) *Queue[K] {
	return &Queue[K]{wait: wait, size: size}
}

// Take waits for a turn, which Give ends. When too many wait, the one of whose key there
// are most gives up the one that came last. It returns ErrFull, ErrLate or the
// context's error.
func (q *Queue[K]) Take(ctx context.Context, key K) error {
	mine, err := q.join(key)
	if mine == nil {
		return err
	}
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	select {
	case err := <-mine.outcome:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrLate
	}
	if !q.leave(mine) && <-mine.outcome == nil { // the turn came meanwhile
		q.Give()
	}
	return err
}

// TryTake takes the turn if nobody has it.
func (q *Queue[K]) TryTake() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy {
		return false
	}
	q.busy = true
	return true
}

// Give ends a turn. The next is that of whose key the last turn is the longest ago.
func (q *Queue[K]) Give() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.busy, q.served = false, nil
		return
	}
	next := 0
	for i, p := range q.waiting {
		if slices.Index(q.served, p.key) < slices.Index(q.served, q.waiting[next].key) {
			next = i
		}
	}
	p := q.waiting[next]
	q.waiting = slices.Delete(q.waiting, next, next+1)
	q.note(p.key)
	p.outcome <- nil
}

// Waiting returns how many wait.
func (q *Queue[K]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// join takes the turn and returns nil, or adds a waiter.
func (q *Queue[K]) join(key K) (*waiter[K], error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.busy {
		q.busy = true
		q.note(key)
		return nil, nil
	}
	if len(q.waiting) >= q.size {
		last := q.lastOfMost()
		if q.count(q.waiting[last].key) <= q.count(key)+1 {
			return nil, ErrFull
		}
		q.waiting[last].outcome <- ErrFull
		q.waiting = slices.Delete(q.waiting, last, last+1)
	}
	p := &waiter[K]{key, make(chan error, 1)}
	q.waiting = append(q.waiting, p)
	return p, nil
}

// leave removes a waiter, and reports false when it has its outcome already.
func (q *Queue[K]) leave(p *waiter[K]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, p)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// note adds a key as served last, and removes the keys that nobody waits with.
func (q *Queue[K]) note(key K) {
	q.served = slices.DeleteFunc(q.served, func(k K) bool { return k == key || q.count(k) == 0 })
	q.served = append(q.served, key)
}

func (q *Queue[K]) count(key K) (n int) {
	for _, p := range q.waiting {
		if p.key == key {
			n++
		}
	}
	return n
}

// lastOfMost is the index of the newest waiter of the key that has most.
func (q *Queue[K]) lastOfMost() (last int) {
	most := 0
	for i, p := range q.waiting {
		if n := q.count(p.key); n >= most {
			last, most = i, n
		}
	}
	return last
}
