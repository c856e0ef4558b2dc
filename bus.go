package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Bus is how the processes on one database wake each other, and pass what is not stored.
// Package pgbus has one on PostgreSQL's LISTEN and NOTIFY, and package natsbus one on
// NATS; package bustest is a conformance suite for others.
//
// It may lose, repeat, delay and reorder what is published: the log of events is in the
// database, and is looked at each second in any case. It carries ids of rooms and users,
// and no content. It must be safe for concurrent use.
type Bus interface {
	// Publish hands data to those who listen, in this process and in others. Data is at
	// most 4096 bytes of any values, and is not changed later. It returns when ctx ends.
	Publish(ctx context.Context, data []byte) error
	// Listen calls receive with what is published, one call at a time, until ctx or the
	// connection ends, and is then called again, after a pause. Receive returns soon and
	// does not keep data. It is not called any more when Listen has returned.
	Listen(ctx context.Context, receive func(data []byte)) error
}

const (
	busInterval = 10 * time.Millisecond // between two messages to the bus, and between two wake-ups from it
	busPause    = time.Second           // after a failure
	busTimeout  = 5 * time.Second       // of one Publish
	busBytes    = 4096                  // of one message
	busVersion  = 1
)

// busMessage is what is published. What a later version says is a wake-up alone.
type busMessage struct {
	Version int      `json:"v"`
	From    string   `json:"f"` // the service that published it, which ignores it
	Signals []signal `json:"s,omitempty"`
}

// busLink connects a service to its Bus. Without one all of its methods do nothing.
type busLink struct {
	bus      Bus
	own      string
	received func([]signal)
	logger   *slog.Logger

	ctx   context.Context // ends with close
	close func()
	work  sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	publishing bool // there is a goroutine that does
	woken      bool // others are to be woken
	signals    signalSet
	listener   *busListener
	logged     time.Time // when a failure was last logged
	woke       time.Time // when the bus last woke this service
	waking     *time.Timer
}

type busListener struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// newBusLink returns the link to a bus. What the others publish goes to received: no
// signals are a wake-up.
func newBusLink(bus Bus, logger *slog.Logger, received func([]signal)) *busLink {
	b := &busLink{bus: bus, own: newID().String(), logger: logger, received: received}
	b.ctx, b.close = context.WithCancel(context.Background())
	return b
}

// publish wakes the other processes, soon, and passes signals to them. It does not wait.
func (b *busLink) publish(signals []signal) {
	if b.bus == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.woken = true
	b.signals.add(signals, time.Now())
	if !b.publishing {
		b.publishing = true
		b.work.Go(b.publishAll)
	}
}

// publishAll publishes until there is nothing left to publish.
func (b *busLink) publishAll() {
	for {
		data, found := b.nextMessage()
		if !found {
			return
		}
		ctx, cancel := context.WithTimeout(b.ctx, busTimeout)
		err := protect("the bus", func() error { return b.bus.Publish(ctx, data) })
		cancel()
		between := busInterval
		if err != nil {
			b.failed("publishing to the bus failed", err)
			between = busPause
		}
		sleep(b.ctx, between)
	}
}

// nextMessage takes as much of what waits as a message holds. When there is nothing, or
// the link is closed, the goroutine that publishes ends.
func (b *busLink) nextMessage() (data []byte, found bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || !b.woken {
		b.publishing = false
		return nil, false
	}
	m := busMessage{Version: busVersion, From: b.own}
	size := len(encodeBusMessage(m)) + len(`,"s":[]`)
	for _, one := range b.signals.fresh(time.Now()) {
		encoded, err := json.Marshal(one)
		if err != nil || size+len(encoded)+1 > busBytes {
			continue
		}
		size += len(encoded) + 1
		m.Signals = append(m.Signals, one)
		b.signals.remove(one)
	}
	// One that does not fit alone is not passed.
	if b.woken = len(m.Signals) > 0 && len(b.signals) > 0; !b.woken {
		b.signals = nil
	}
	return encodeBusMessage(m), true
}

func encodeBusMessage(m busMessage) []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic("chat: a message to the bus does not encode: " + err.Error())
	}
	return data
}

// listen begins to listen, until unlisten.
func (b *busLink) listen() {
	if b.bus == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	ctx, stop := context.WithCancel(b.ctx)
	before := b.listener
	l := &busListener{stop: stop, ended: make(chan struct{})}
	b.listener = l
	b.work.Go(func() {
		defer close(l.ended)
		if before != nil { // which was stopped
			<-before.ended
		}
		b.listenAgain(ctx)
	})
}

func (b *busLink) listenAgain(ctx context.Context) {
	for ctx.Err() == nil {
		err := protect("the bus", func() error { return b.bus.Listen(ctx, b.receive) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the connection ended")
		}
		b.failed("listening to the bus failed", err)
		sleep(ctx, busPause)
	}
}

// unlisten stops listening. It does not wait for the end.
func (b *busLink) unlisten() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listener != nil {
		b.listener.stop()
	}
}

// receive deals with what came from the bus, which may be anything.
func (b *busLink) receive(data []byte) {
	var m busMessage
	if len(data) > busBytes || json.Unmarshal(data, &m) != nil || m.Version < busVersion {
		b.failed("the bus delivered what is no message", errors.New("it does not decode"))
		return
	}
	switch {
	case m.From == b.own:
		return
	case m.Version > busVersion:
		m.Signals = nil
	}
	if len(m.Signals) > 0 {
		b.received(m.Signals)
	}
	b.wakeOwn()
}

// wakeOwn wakes this service, at most once in busInterval.
func (b *busLink) wakeOwn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.waking != nil {
		return
	}
	b.waking = time.AfterFunc(time.Until(b.woke.Add(busInterval)), func() {
		b.mu.Lock()
		b.waking, b.woke = nil, time.Now()
		b.mu.Unlock()
		b.received(nil)
	})
}

// failed logs a failure, at most once a minute.
func (b *busLink) failed(what string, err error) {
	b.mu.Lock()
	silent := b.closed || !b.logged.IsZero() && time.Since(b.logged) < time.Minute
	if !silent {
		b.logged = time.Now()
	}
	b.mu.Unlock()
	if !silent {
		b.logger.WarnContext(b.ctx, what+": other processes are heard of later", "error", err)
	}
}

// end ends the goroutines. It does not wait for a Bus that ignores its context for
// longer than a Publish may take.
func (b *busLink) end() {
	b.mu.Lock()
	b.closed = true
	if b.waking != nil {
		b.waking.Stop()
	}
	b.mu.Unlock()
	b.close()
	ended := make(chan struct{})
	go func() { b.work.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(busTimeout):
	}
}

// protect turns a panic of a host's code, on a goroutine that is not the host's, into an
// error.
func protect(what string, fn func() error) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("chat: %s panicked: %v\n%s", what, recovered, debug.Stack())
		}
	}()
	return fn()
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
