package sendq_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-df/chat/internal/sendq"
)

func TestCancelledCallerReturnsAndItsBatchGoesOn(t *testing.T) {
	g := make(gate)
	c := &callers{q: newQueue(1, 10, g.commit)}
	ctx, cancel := context.WithCancel(t.Context())
	inBatch := c.call(ctx, 1)
	first := <-g
	queued := c.call(ctx, 1)
	stays := c.call(t.Context(), 1)
	c.awaitQueued(t, 2)
	cancel()
	if err := <-queued; !errors.Is(err, context.Canceled) {
		t.Errorf("queued: %v", err)
	}
	if err := <-inBatch; !errors.Is(err, context.Canceled) { // it is settled all the same
		t.Errorf("in a batch: %v", err)
	}
	first.end <- nil
	second := <-g
	if len(second.rooms) != 1 {
		t.Errorf("the next batch has %d", len(second.rooms))
	}
	second.end <- nil
	if err := <-stays; err != nil {
		t.Error(err)
	}
	if err := c.q.Do(ctx, 1, "", newItem(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	c.Wait()
}

func TestPanicOfOneBatchFailsItsItemsAlone(t *testing.T) {
	var calls atomic.Int32
	q := newQueue(1, 10, func(context.Context, []*item, bool) []int {
		if calls.Add(1) == 1 {
			panic("a fault")
		}
		return nil
	})
	one := newItem(1)
	if err := q.Do(t.Context(), 1, "", one); err != nil || !errors.Is(one.err, errPanicked) {
		t.Errorf("%v, and the item failed with %v", err, one.err)
	}
	if err := q.Do(t.Context(), 1, "", newItem(1)); err != nil {
		t.Error(err)
	}
}

func TestSlowBatchLosesItsLane(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	q := sendq.New(sendq.Options[int, *item]{
		Lanes: 1, Size: 10, LaneTime: time.Millisecond, MaxWait: time.Hour,
		Commit: func(_ context.Context, items []*item, _ bool) sendq.Result[int] {
			if items[0].room == 1 {
				close(began)
				<-release
			}
			for _, i := range items {
				i.settle()
			}
			return sendq.Result[int]{}
		},
	})
	stuck := make(chan error, 1)
	go func() { stuck <- q.Do(t.Context(), 1, "", newItem(1)) }()
	<-began
	for range 3 { // others go on beside it
		if err := q.Do(t.Context(), 2, "", newItem(2)); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-stuck:
		t.Errorf("the slow batch ended: %v", err)
	default:
	}
	close(release)
	if err := <-stuck; err != nil {
		t.Error(err)
	}
	q.Wait()
}

func TestWhatQueuedBehindABatchThatGaveUpFailsWithIt(t *testing.T) {
	gaveUp := errors.New("waited for too long")
	began, end := make(chan struct{}, 10), make(chan struct{})
	q := sendq.New(sendq.Options[int, *item]{
		Lanes: 1, Size: 10, LaneTime: time.Hour, MaxWait: 0,
		Commit: func(_ context.Context, items []*item, _ bool) sendq.Result[int] {
			began <- struct{}{}
			<-end
			if items[0].room != 1 {
				items[0].settle()
				return sendq.Result[int]{}
			}
			for _, i := range items {
				i.Fail(gaveUp)
			}
			return sendq.Result[int]{GaveUp: gaveUp}
		},
	})
	var wg sync.WaitGroup
	items := []*item{newItem(1), newItem(1), newItem(1), newItem(2)}
	for n, i := range items {
		wg.Go(func() {
			if err := q.Do(t.Context(), i.room, "", i); err != nil {
				t.Error(err)
			}
		})
		if n == 0 {
			<-began
		}
	}
	for q.Waiting() < 3 {
		runtime.Gosched()
	}
	close(end)
	wg.Wait()
	for _, i := range items {
		if failed := errors.Is(i.err, gaveUp); failed != (i.room == 1) {
			t.Errorf("an item of room %d: %v", i.room, i.err)
		}
	}
	if len(began) != 1 {
		t.Errorf("%d further batches, want that of room 2", len(began))
	}
}

func TestWaitReturnsWhenNothingIsAtWork(t *testing.T) {
	var settled atomic.Bool
	began, release := make(chan struct{}), make(chan struct{})
	q := newQueue(1, 10, func(context.Context, []*item, bool) []int {
		close(began)
		<-release
		settled.Store(true)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Do(ctx, 1, "", newItem(1)) }()
	<-began
	cancel() // the caller is gone, and the work goes on
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	time.AfterFunc(10*time.Millisecond, func() { close(release) })
	q.Wait()
	if !settled.Load() {
		t.Error("it returned before")
	}
}

type contextKey struct{}

func TestBatchOutlivesTheContextOfItsFirstCaller(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	q := newQueue(1, 10, func(ctx context.Context, items []*item, _ bool) []int {
		begun <- struct{}{}
		<-goOn
		for _, i := range items {
			i.outcome = fmt.Sprint(ctx.Err(), " ", ctx.Value(contextKey{}))
		}
		return nil
	})
	var all sync.WaitGroup
	all.Go(func() { _ = q.Do(t.Context(), 1, "", newItem(1)) })
	<-begun // the others queue behind it
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "first"))
	first, second := newItem(1), newItem(1)
	returned := make(chan struct{}, 2)
	queue := func(ctx context.Context, i *item, waiting int, want error) {
		all.Go(func() {
			defer func() { returned <- struct{}{} }()
			if err := q.Do(ctx, 1, "", i); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
		for q.Waiting() != waiting {
			runtime.Gosched()
		}
	}
	queue(ctx, first, 1, context.Canceled)
	queue(t.Context(), second, 2, nil)
	goOn <- struct{}{}
	<-begun
	cancel()
	<-returned
	goOn <- struct{}{}
	all.Wait()
	q.Wait() // the first caller has returned before
	want := "<nil> first"
	if first.outcome != want || second.outcome != want {
		t.Errorf("the batch is settled with %q and %q, want %q", first.outcome, second.outcome, want)
	}
}
