// Package bustest checks that a bus is what [chat.Bus] promises. The tests of a bus call
// [Run]:
//
//	func TestBus(t *testing.T) {
//		bustest.Run(t, func(t *testing.T) func() chat.Bus {
//			subject := uniqueSubject()
//			return func() chat.Bus { return mybus.New(connect(t), subject) }
//		})
//	}
package bustest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-df/chat"
)

// Run checks a bus. It calls start for each test, which returns how to open an end of a
// bus that no other test uses, as each process opens one.
func Run(t *testing.T, start func(t *testing.T) (open func() chat.Bus)) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, func() chat.Bus){
		"AllWhoListenReceive":           allWhoListenReceive,
		"AnyBytesArriveUnchanged":       anyBytesArriveUnchanged,
		"ManyPublishAtOnce":             manyPublishAtOnce,
		"PublishNeedsNobodyWhoListens":  publishNeedsNobodyWhoListens,
		"PublishEndsWithItsContext":     publishEndsWithItsContext,
		"ListenEndsWithItsContext":      listenEndsWithItsContext,
		"ListenMayBeCalledAgain":        listenMayBeCalledAgain,
		"NothingIsReceivedAfterListen":  nothingIsReceivedAfterListen,
		"ReceiveIsCalledOneAtATime":     receiveIsCalledOneAtATime,
		"PublishDoesNotWaitForReceives": publishDoesNotWaitForReceives,
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

// patience is how long the suite waits for what has to happen.
const patience = 30 * time.Second

// listener collects what an end of the bus receives.
type listener struct {
	t    *testing.T
	stop context.CancelFunc
	done chan struct{} // closed when Listen has returned

	mu       sync.Mutex
	received [][]byte
	news     chan struct{}
}

// listen listens on an end, and returns when what is published arrives there.
func listen(t *testing.T, bus chat.Bus) *listener {
	t.Helper()
	return listenWith(t, bus, func([]byte) {})
}

func listenWith(t *testing.T, bus chat.Bus, receive func([]byte)) *listener {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &listener{t: t, stop: stop, done: make(chan struct{}), news: make(chan struct{}, 1)}
	go func() {
		defer close(l.done)
		_ = bus.Listen(ctx, func(data []byte) { // whatever it returns, it is called again
			receive(data)
			l.mu.Lock()
			l.received = append(l.received, bytes.Clone(data))
			l.mu.Unlock()
			select {
			case l.news <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() { stop(); l.ended() })
	for try := 0; ; try++ {
		probe := fmt.Appendf(nil, "is anybody there? %d", try)
		publish(t, bus, probe)
		if l.waitFor(probe, 100*time.Millisecond) {
			return l
		}
		if try == int(patience/(100*time.Millisecond)) {
			t.Fatal("nothing that is published arrives")
		}
	}
}

// ended waits for Listen to return.
func (l *listener) ended() {
	select {
	case <-l.done:
	case <-time.After(patience):
		l.t.Error("Listen does not end with its context")
	}
}

func (l *listener) has(data []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, received := range l.received {
		if bytes.Equal(received, data) {
			return true
		}
	}
	return false
}

func (l *listener) waitFor(data []byte, limit time.Duration) bool {
	deadline := time.After(limit)
	for !l.has(data) {
		select {
		case <-l.news:
		case <-deadline:
			return l.has(data)
		}
	}
	return true
}

func (l *listener) want(data []byte) {
	l.t.Helper()
	if !l.waitFor(data, patience) {
		l.t.Fatalf("what was published (%d bytes, %.20q) does not arrive", len(data), data)
	}
}

func publish(t *testing.T, bus chat.Bus, data []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := bus.Publish(ctx, data); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

func allWhoListenReceive(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	first, second := listen(t, a), listen(t, b)
	publish(t, a, []byte("from the first"))
	publish(t, b, []byte("from the second"))
	for _, l := range []*listener{first, second} {
		l.want([]byte("from the first"))
		l.want([]byte("from the second"))
	}
}

func anyBytesArriveUnchanged(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	l := listen(t, b)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, data := range [][]byte{
		all, {0}, []byte("'; SELECT 1; --"), []byte(`{"v":1}`), bytes.Repeat([]byte{0xff}, 4096), bytes.Repeat([]byte("a"), 4096),
	} {
		publish(t, a, data)
		l.want(data)
	}
}

func manyPublishAtOnce(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	l := listen(t, a)
	const publishers, each = 8, 10
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				bus := []chat.Bus{a, b}[i%2]
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				if err := bus.Publish(ctx, fmt.Appendf(nil, "%d of %d", i, p)); err != nil {
					t.Errorf("Publish: %v", err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for p := range publishers {
		for i := range each {
			l.want(fmt.Appendf(nil, "%d of %d", i, p))
		}
	}
}

func publishNeedsNobodyWhoListens(t *testing.T, open func() chat.Bus) {
	bus := open()
	for range 3 {
		publish(t, bus, []byte("nobody listens"))
	}
}

func publishEndsWithItsContext(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	l := listen(t, b)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Publish(ended, []byte("too late")); err == nil {
		t.Error("Publish succeeds when its context has ended")
	}
	publish(t, a, []byte("and goes on")) // a call that was given up spoils nothing
	l.want([]byte("and goes on"))
}

func listenEndsWithItsContext(t *testing.T, open func() chat.Bus) {
	bus := open()
	l := listen(t, bus)
	l.stop()
	l.ended()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = bus.Listen(ended, func([]byte) {})
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("Listen does not return when its context has ended before")
	}
}

func listenMayBeCalledAgain(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	for i := range 3 {
		l := listen(t, a)
		publish(t, b, fmt.Appendf(nil, "round %d", i))
		l.want(fmt.Appendf(nil, "round %d", i))
		l.stop()
		l.ended()
	}
	publish(t, a, []byte("it still publishes"))
}

func nothingIsReceivedAfterListen(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	stopped, other := listen(t, a), listen(t, b)
	stopped.stop()
	stopped.ended()
	publish(t, b, []byte("too late"))
	other.want([]byte("too late"))
	if stopped.has([]byte("too late")) {
		t.Error("Receive is called when Listen has returned")
	}
}

func receiveIsCalledOneAtATime(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	var busy sync.Mutex
	l := listenWith(t, a, func([]byte) {
		if !busy.TryLock() {
			t.Error("Receive is called while it runs")
			return
		}
		defer busy.Unlock()
		time.Sleep(time.Millisecond)
	})
	for i := range 20 {
		publish(t, b, fmt.Appendf(nil, "%d", i))
	}
	for i := range 20 {
		l.want(fmt.Appendf(nil, "%d", i))
	}
}

func publishDoesNotWaitForReceives(t *testing.T, open func() chat.Bus) {
	a, b := open(), open()
	held, release := make(chan struct{}), make(chan struct{})
	l := listenWith(t, a, func(data []byte) {
		if string(data) == "hold" {
			close(held)
			<-release
		}
	})
	publish(t, b, []byte("hold"))
	<-held
	publish(t, b, []byte("meanwhile"))
	close(release)
	l.want([]byte("meanwhile"))
}
