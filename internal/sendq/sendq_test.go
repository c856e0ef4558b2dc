package sendq_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-df/chat/internal/sendq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type item struct {
	room, number int
	group        string
	outcome      string
	err          error
	settled      atomic.Bool
	done         chan struct{}
}

func newItem(room int) *item { return &item{room: room, done: make(chan struct{})} }

func (i *item) Settled() <-chan struct{} { return i.done }

func (i *item) settle() {
	if i.settled.CompareAndSwap(false, true) {
		close(i.done)
	}
}

func (i *item) Fail(err error) {
	if !i.settled.Load() {
		i.err = err
		i.settle()
	}
}

var errPanicked = errors.New("the batch panicked")

// newQueue returns a queue on a commit that settles what it does not hold. Its lanes are
// not lost by time.
func newQueue(lanes, size int, commit func(ctx context.Context, items []*item, wait bool) (locked []int)) *sendq.Queue[int, *item] {
	return sendq.New(sendq.Options[int, *item]{
		Lanes: lanes, Size: size, LaneTime: time.Hour, MaxWait: time.Hour,
		Commit: func(ctx context.Context, items []*item, wait bool) sendq.Result[int] {
			locked := commit(ctx, items, wait)
			for _, i := range items {
				if !slices.Contains(locked, i.room) {
					i.settle()
				}
			}
			return sendq.Result[int]{Locked: locked}
		},
		Panicked: func(context.Context, any, []byte) error { return errPanicked },
	})
}

func TestLoneCallerWorksAtOnce(t *testing.T) {
	var batches [][]*item
	q := newQueue(1, 10, func(_ context.Context, items []*item, wait bool) []int {
		if wait {
			t.Error("told to wait")
		}
		batches = append(batches, items)
		items[0].outcome = "done"
		return nil
	})
	for range 3 {
		one := newItem(1)
		if err := q.Do(t.Context(), 1, "", one); err != nil || one.outcome != "done" {
			t.Errorf("%v, %q", err, one.outcome)
		}
	}
	if len(batches) != 3 {
		t.Errorf("%d batches", len(batches))
	}
}

// gate is a commit that the test lets through one batch at a time.
type gate chan *work

// work is a batch that has begun and ends when the test says which rooms are locked by others.
type work struct {
	rooms []int
	wait  bool
	end   chan []int
}

func (g gate) commit(_ context.Context, items []*item, wait bool) []int {
	w := &work{wait: wait, end: make(chan []int)}
	for _, i := range items {
		w.rooms = append(w.rooms, i.room)
	}
	g <- w
	return <-w.end
}

// callers starts calls one after the other, each once the one before has queued.
type callers struct {
	sync.WaitGroup
	q *sendq.Queue[int, *item]
}

func (c *callers) call(ctx context.Context, room int) (err chan error) {
	err = make(chan error, 1)
	c.Add(1)
	started := make(chan struct{})
	go func() {
		defer c.Done()
		close(started)
		err <- c.q.Do(ctx, room, "", newItem(room))
	}()
	<-started
	for range 100 {
		runtime.Gosched()
	}
	return err
}

func (c *callers) awaitQueued(t *testing.T, n int) {
	t.Helper()
	for c.q.Waiting() != n {
		runtime.Gosched()
	}
}

func TestWhatQueuesBehindABatchIsTheNext(t *testing.T) {
	g := make(gate)
	c := &callers{q: newQueue(1, 3, g.commit)}
	c.call(t.Context(), 1)
	first := <-g
	const queued = 5
	for range queued {
		c.call(t.Context(), 1)
	}
	c.awaitQueued(t, queued)
	first.end <- nil
	second := <-g
	second.end <- nil
	third := <-g
	third.end <- nil
	c.Wait()
	if len(first.rooms) != 1 || len(second.rooms) != 3 || len(third.rooms) != 2 {
		t.Errorf("batches of %d, %d and %d, want 1, the most that a batch takes, and 2",
			len(first.rooms), len(second.rooms), len(third.rooms))
	}
}

func TestBatchesSideBySideHaveDifferentRooms(t *testing.T) {
	g := make(gate)
	c := &callers{q: newQueue(2, 10, g.commit)}
	c.call(t.Context(), 1)
	first := <-g
	c.call(t.Context(), 1) // its room is at work: waits, though a lane is free
	c.awaitQueued(t, 1)
	c.call(t.Context(), 2)
	second := <-g
	if !slices.Equal(second.rooms, []int{2}) {
		t.Errorf("side by side: %v", second.rooms)
	}
	c.call(t.Context(), 3) // no lane is free
	c.awaitQueued(t, 2)
	second.end <- nil
	third := <-g
	if !slices.Equal(third.rooms, []int{3}) {
		t.Errorf("handed over: %v", third.rooms)
	}
	third.end <- nil
	first.end <- nil
	last := <-g
	if !slices.Equal(last.rooms, []int{1}) {
		t.Errorf("last: %v", last.rooms)
	}
	last.end <- nil
	c.Wait()
}

func TestLockedRoomWaitsOutsideTheLanes(t *testing.T) {
	g := make(gate)
	c := &callers{q: newQueue(1, 10, g.commit)}
	locked := c.call(t.Context(), 1)
	(<-g).end <- []int{1} // room 1 is somebody else's
	waits := <-g
	if !waits.wait || !slices.Equal(waits.rooms, []int{1}) {
		t.Errorf("then: %+v", waits)
	}
	for range 3 { // the lane is free for others meanwhile
		other := c.call(t.Context(), 2)
		b := <-g
		if !slices.Equal(b.rooms, []int{2}) || b.wait {
			t.Errorf("meanwhile: %+v", b)
		}
		b.end <- nil
		if err := <-other; err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-locked:
		t.Errorf("settled while locked: %v", err)
	default:
	}
	waits.end <- nil
	c.Wait()
}

func TestGroupsDoNotShareABatch(t *testing.T) {
	begin := make(chan struct{})
	var mu sync.Mutex
	var batches [][]string
	q := newQueue(1, 10, func(ctx context.Context, items []*item, _ bool) []int {
		<-begin
		mu.Lock()
		defer mu.Unlock()
		var groups []string
		for _, i := range items {
			groups = append(groups, i.group)
			if ctx.Value(groupKey{}) != i.group {
				t.Errorf("an item of %q runs under the context of %q", i.group, ctx.Value(groupKey{}))
			}
		}
		batches = append(batches, groups)
		return nil
	})
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			one := newItem(n % 3)
			one.group = []string{"a", "b"}[n%2]
			if err := q.Do(context.WithValue(t.Context(), groupKey{}, one.group), one.room, one.group, one); err != nil {
				t.Error(err)
			}
		})
	}
	for q.Waiting() < 19 {
		runtime.Gosched()
	}
	close(begin)
	wg.Wait()
	total := 0
	for _, groups := range batches {
		total += len(groups)
		if len(slices.Compact(groups)) != 1 {
			t.Errorf("a batch of %v", groups)
		}
	}
	if total != 20 || len(batches) > 12 {
		t.Errorf("%d items in %d batches", total, len(batches))
	}
}

type groupKey struct{}

// TestEachItemIsSettledOnceInOrder runs many callers and checks that a room's items
// are settled in the order in which each caller sent them, by one batch at a time.
func TestEachItemIsSettledOnceInOrder(t *testing.T) {
	const senders, each, roomCount = 32, 200, 5
	var mu sync.Mutex
	atWork := map[int]bool{}
	settled := map[int][]*item{}
	var turn atomic.Int32
	q := newQueue(3, 16, func(_ context.Context, items []*item, wait bool) (locked []int) {
		mine := map[int]bool{}
		holding := !wait && turn.Add(1)%7 == 0
		mu.Lock()
		for _, i := range items {
			if atWork[i.room] && !mine[i.room] {
				t.Errorf("room %d is in two batches", i.room)
			}
			atWork[i.room], mine[i.room] = true, true
		}
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		defer mu.Unlock()
		for _, i := range items {
			if holding && i.room == items[0].room {
				locked = []int{i.room}
				continue
			}
			settled[i.room] = append(settled[i.room], i)
		}
		for room := range mine {
			delete(atWork, room)
		}
		return locked
	})
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				one := newItem(s % roomCount)
				one.number = s*each + n
				if err := q.Do(t.Context(), one.room, "", one); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for room, items := range settled {
		last := map[int]int{}
		for _, i := range items {
			sender, n := i.number/each, i.number%each
			if n != last[sender] {
				t.Fatalf("room %d: sender %d's item %d came at %d", room, sender, n, last[sender])
			}
			last[sender]++
		}
		total += len(items)
	}
	if total != senders*each {
		t.Errorf("%d items settled of %d", total, senders*each)
	}
}

// The first of a batch settles it for all: that its own caller gives up must not end
// the others' work.
