package feed

import (
	"context"
	"sync"
	"time"
)

// Tail runs a reader of a log while there is somebody to read for: in a goroutine that
// ends with the last listener.
type Tail struct {
	// Read reads what is new and delivers it. woken is false where only time has passed,
	// and there may well be nothing.
	Read func(ctx context.Context, woken bool) error
	// Failed is called with the error of a Read that failed, which is tried again.
	Failed func(ctx context.Context, err error)
	// Wake returns a channel that is closed when there may be something new.
	Wake func() <-chan struct{}
	// Interval is after what time there may be something new in any case.
	Interval time.Duration

	mu        sync.Mutex
	listeners int
	stop      context.CancelFunc
	stopped   chan struct{}
}

// Add adds a listener. The goroutine starts with the first one.
func (t *Tail) Add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listeners++; t.listeners > 1 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	before, stopped := t.stopped, make(chan struct{})
	t.stop, t.stopped = cancel, stopped
	go func() {
		if before != nil { // its last Read may still be at work
			<-before
		}
		t.run(ctx, stopped)
	}()
}

// Remove removes a listener. It does not wait for the goroutine, whose last Read may
// still be at work: see Wait.
func (t *Tail) Remove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listeners--; t.listeners == 0 {
		t.stop()
	}
}

// Wait returns when the goroutine has ended. There may be no listener.
func (t *Tail) Wait() {
	t.mu.Lock()
	stopped := t.stopped
	t.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
}

func (t *Tail) run(ctx context.Context, stopped chan struct{}) {
	defer close(stopped)
	timer := time.NewTimer(t.Interval)
	defer timer.Stop()
	woken := true
	for {
		wake := t.Wake() // before reading: what commits meanwhile wakes again
		if err := t.Read(ctx, woken); err != nil && ctx.Err() == nil {
			t.Failed(ctx, err)
		}
		timer.Reset(t.Interval)
		select {
		case <-ctx.Done():
			return
		case <-wake:
			woken = true
		case <-timer.C:
			woken = false
		}
	}
}
