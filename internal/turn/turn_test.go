package turn_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-df/chat/internal/turn"
)

// crowd is a queue whose turn is taken, and what becomes of those who wait.
type crowd struct {
	t        *testing.T
	q        *turn.Queue[string]
	served   chan string
	failures chan string
	all      sync.WaitGroup
}

func newCrowd(t *testing.T, wait time.Duration, size int) *crowd {
	t.Helper()
	c := &crowd{t: t, q: turn.New[string](wait, size), served: make(chan string, 100), failures: make(chan string, 100)}
	if err := c.q.Take(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask waits for a turn as somebody, beside the test.
func (c *crowd) ask(ctx context.Context, who string) {
	c.t.Helper()
	before := c.q.Waiting()
	c.all.Go(func() {
		if err := c.q.Take(ctx, who); err != nil {
			c.failures <- who + ": " + err.Error()
			return
		}
		c.served <- who
	})
	for end := time.Now().Add(5 * time.Second); c.q.Waiting() == before && len(c.failures) == 0; time.Sleep(time.Millisecond) { // until one more waits, or gave up
		if time.Now().After(end) {
			c.t.Fatal("nobody more waits")
		}
	}
}

// order gives turns until nobody waits, and returns whose they were.
func (c *crowd) order() string {
	var order []string
	for c.q.Waiting() > 0 {
		c.q.Give()
		order = append(order, <-c.served)
	}
	c.q.Give()
	c.all.Wait()
	return strings.Join(order, "")
}

func TestTurnsGoByKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ ask, want string }{
		{"a", "a"},
		{"aaab", "abaa"},
		{"aaaabbc", "abcabaa"},
		{"abcabc", "abcabc"},
		{"aaaaaaaaab", "abaaaaaaaa"},
	} {
		c := newCrowd(t, time.Minute, 16)
		for _, who := range test.ask {
			c.ask(t.Context(), string(who))
		}
		if got := c.order(); got != test.want {
			t.Errorf("%s are served as %s, want %s", test.ask, got, test.want)
		}
	}
}

func TestWhoeverHadATurnIsBehindTheOthers(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, time.Minute, 16)
	c.ask(t.Context(), "first") // again, before the others
	c.ask(t.Context(), "b")
	c.ask(t.Context(), "c")
	if got := c.order(); got != "bcfirst" {
		t.Errorf("served as %s", got)
	}
}

func TestNobodyFillsTheQueue(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, time.Minute, 4)
	for range 4 {
		c.ask(t.Context(), "a")
	}
	if err := c.q.Take(t.Context(), "a"); !errors.Is(err, turn.ErrFull) {
		t.Errorf("one more: %v", err)
	}
	for _, who := range []string{"b", "c"} {
		c.ask(t.Context(), who)
		if got := <-c.failures; got != "a: "+turn.ErrFull.Error() {
			t.Errorf("who gave up is %s", got)
		}
	}
	if err := c.q.Take(t.Context(), "b"); !errors.Is(err, turn.ErrFull) { // a waits twice, b and c once each
		t.Errorf("b again: %v", err)
	}
	c.ask(t.Context(), "d")
	if got := <-c.failures; got != "a: "+turn.ErrFull.Error() {
		t.Errorf("who gave up is %s", got)
	}
	if err := c.q.Take(t.Context(), "e"); !errors.Is(err, turn.ErrFull) { // everybody has one
		t.Errorf("e: %v", err)
	}
	if got := c.order(); got != "abcd" {
		t.Errorf("served as %s", got)
	}
}

func TestTurnIsNotWaitedForForLong(t *testing.T) {
	t.Parallel()
	q := turn.New[string](20*time.Millisecond, 16)
	if q.Take(t.Context(), "a") != nil || q.TryTake() {
		t.Fatal("the first has no turn")
	}
	if err := q.Take(t.Context(), "b"); !errors.Is(err, turn.ErrLate) {
		t.Errorf("late: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Take(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	q.Give()
	if !q.TryTake() {
		t.Error("the turn is not free again")
	}
}

// Turns come while they are given up: none is lost, and no two are taken at once.
func TestTurnsThatAreGivenUp(t *testing.T) {
	t.Parallel()
	q := turn.New[int](time.Minute, 1000)
	var working atomic.Int64
	var all sync.WaitGroup
	for i := range 400 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*100*time.Microsecond)
			defer cancel()
			if i%3 == 0 {
				ctx = t.Context()
			}
			if q.Take(ctx, i%5) != nil {
				return
			}
			if working.Add(1) != 1 {
				t.Error("two at once")
			}
			time.Sleep(50 * time.Microsecond)
			working.Add(-1)
			q.Give()
		})
	}
	all.Wait()
	if q.Waiting() != 0 || !q.TryTake() {
		t.Error("a turn was lost")
	}
}
