package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-df/chat/internal/feed"
)

// pollInterval is how often the log is looked at where nothing says that there is news:
// another process may have written.
const pollInterval = time.Second

// tailLimit is how many events are read for all subscribers at once. Beyond it they are
// closed, and go on from their cursors.
const tailLimit = 20_000

// logReadTime is how long reading the log for all may take: on a connection that does not
// answer it would take for ever, and all subscribers with it.
const logReadTime = 15 * time.Second

var errLogSilent = errors.New("chat: the log of events could not be read in time")

// eventFeed reads the log once for all subscribers of a process.
type eventFeed struct {
	tail feed.Tail
	bus  *busLink

	mu          sync.Mutex
	closed      bool
	subscribers map[*Subscription]bool
	users       map[UserID]map[*Subscription]bool
	system      map[*Subscription]bool
	signals     signalSet
	typing      map[memberKey]time.Time // when it was last told
	typingKept  int                     // how many of them are kept before the old ones are removed

	reading  chan struct{} // has an item while somebody reads, who takes it before mu
	readTime time.Duration // logReadTime, but for tests
	failed   time.Time     // when a failure was last logged
	epoch    string        // of the log that is read

	position sync.Mutex
	at       *position // up to where the log was read; nil: from now on
}

func newEventFeed(s *Service) *eventFeed {
	f := &eventFeed{bus: s.state.bus, subscribers: map[*Subscription]bool{}, users: map[UserID]map[*Subscription]bool{},
		system: map[*Subscription]bool{}, typing: map[memberKey]time.Time{}, reading: make(chan struct{}, 1), readTime: logReadTime}
	f.tail = feed.Tail{
		// Its statements pass the callbacks and the logger of the host's handle.
		Read: func(ctx context.Context, woken bool) error {
			return protect("a read of the log of events", func() error { return f.read(ctx, s, woken) })
		},
		Failed: func(ctx context.Context, err error) {
			if time.Since(f.failed) > time.Minute {
				f.failed = time.Now()
				s.config.Logger.ErrorContext(ctx, "the log of events could not be read", "error", err)
			}
		},
		Wake: s.state.commits.wait, Interval: pollInterval,
	}
	return f
}

func (f *eventFeed) add(s *Service, sub *Subscription) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || s.state.closed.Load() {
		return ErrClosed
	}
	if len(f.subscribers) == 0 {
		f.setPosition(nil) // nobody was told since the last one left
		f.signals = nil
		f.bus.listen()
	}
	f.subscribers[sub] = true
	if sub.actor.system {
		f.system[sub] = true
	} else {
		if f.users[sub.actor.id] == nil {
			f.users[sub.actor.id] = map[*Subscription]bool{}
		}
		f.users[sub.actor.id][sub] = true
	}
	f.tail.Add()
	return nil
}

func (f *eventFeed) remove(sub *Subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.subscribers[sub] {
		return
	}
	delete(f.subscribers, sub)
	delete(f.system, sub)
	if mine := f.users[sub.actor.id]; mine != nil {
		if delete(mine, sub); len(mine) == 0 {
			delete(f.users, sub.actor.id)
		}
	}
	if len(f.subscribers) == 0 {
		f.bus.unlisten()
	}
	f.tail.Remove()
}

// closeAll closes every subscription, with err.
func (f *eventFeed) closeAll(err error) {
	f.mu.Lock()
	all := make([]*Subscription, 0, len(f.subscribers))
	for sub := range f.subscribers {
		all = append(all, sub)
	}
	f.mu.Unlock()
	for _, sub := range all {
		sub.end(err)
	}
}

// close ends all subscriptions and the goroutine.
func (f *eventFeed) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.closeAll(ErrClosed)
	f.tail.Wait()
}

func (f *eventFeed) setPosition(at *position) {
	f.position.Lock()
	defer f.position.Unlock()
	f.at = at
}

func (f *eventFeed) getPosition() *position {
	f.position.Lock()
	defer f.position.Unlock()
	return f.at
}

// begin makes sure that the log is read from here on, if it is not being read already.
func (f *eventFeed) begin(ctx context.Context, s *Service) error {
	if f.getPosition() != nil { // which does not wait for what is being read
		return nil
	}
	return f.readOne(ctx, func(ctx context.Context) error {
		if f.getPosition() != nil {
			return nil
		}
		return s.inSnapshot(ctx, func(c *conn) error { return f.start(c) })
	})
}

// readOne runs fn when nobody else reads, for readTime at most. It waits no longer than ctx.
func (f *eventFeed) readOne(ctx context.Context, fn func(context.Context) error) error {
	select {
	case f.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-f.reading }()
	limited, cancel := context.WithTimeout(ctx, f.readTime)
	defer cancel()
	err := fn(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return &outage{ErrUnavailable, errLogSilent}
	}
	return err
}

func (f *eventFeed) start(c *conn) error {
	state, err := c.logState()
	if err != nil {
		return err
	}
	if state.at.Low, err = c.restoredRows(); err != nil {
		return err
	}
	f.epoch = state.epoch
	f.setPosition(&state.at)
	return nil
}

// read reads what is new in the log, with its content, in one snapshot, and delivers it.
// When it fails, the next one goes on from the same position.
func (f *eventFeed) read(ctx context.Context, s *Service, woken bool) error {
	return f.readOne(ctx, func(ctx context.Context) error { return f.readNews(ctx, s, woken) })
}

// readNews is read for who has its turn.
func (f *eventFeed) readNews(ctx context.Context, s *Service, woken bool) error {
	at, signals := f.getPosition(), f.takeSignals()
	if !woken && at != nil && len(signals) == 0 {
		news, err := s.newConn(ctx, s.db).hasNews(*at, f.epoch)
		if err == nil && !news {
			return nil
		}
	}
	told := false
	err := s.inSnapshot(ctx, func(c *conn) error {
		if err := f.readFrom(c, at); err != nil {
			return err
		}
		told = true // signals that cannot be read are lost, and do not keep the log from being read
		return f.deliverSignals(c, signals)
	})
	if !told {
		f.returnSignals(signals)
	}
	return err
}

func (f *eventFeed) readFrom(c *conn, at *position) error {
	if at == nil {
		return f.start(c)
	}
	state, err := c.logState()
	if err != nil {
		return err
	}
	if state.epoch != f.epoch || !state.holds(at) { // another server answers, or a copy
		f.closeAll(ErrLagged)
		return f.start(c)
	}
	to := state.at
	to.Low = at.Low
	events, err := c.eventsSince(*at, "", nil, tailLimit+1)
	if err != nil {
		return err
	}
	if len(events) > tailLimit {
		f.closeAll(ErrLagged)
	} else if len(events) > 0 {
		batch, err := c.readBatch(events, f.listening())
		if err != nil {
			return err
		}
		batch.stamp(f.epoch, *at, to)
		f.deliver(batch)
	}
	f.setPosition(&to)
	return nil
}

// listening are the users who have a subscription.
func (f *eventFeed) listening() map[UserID]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	users := make(map[UserID]bool, len(f.users))
	for user := range f.users {
		users[user] = true
	}
	return users
}

// deliver tells a batch, and closes who does not keep up.
func (f *eventFeed) deliver(batch *eventBatch) {
	for _, sub := range f.enqueue(batch) {
		sub.end(ErrLagged)
	}
}

// enqueue puts the updates of a batch into the queues of those who are told them, and returns
// those whose queue is full.
func (f *eventFeed) enqueue(batch *eventBatch) (lagged []*Subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	put := func(sub *Subscription, u Update) {
		if (sub.rooms == nil || sub.rooms[u.RoomID]) && !sub.queue.Put(u, u.shared.size) {
			lagged = append(lagged, sub)
		}
	}
	for i, u := range batch.updates {
		for sub := range f.system {
			put(sub, u)
		}
		for _, reader := range batch.readers(i) {
			seen := batch.updateFor(i, reader.joined)
			for sub := range f.users[reader.user] {
				put(sub, seen)
				if state := batch.stateFor(i, reader.user); state != nil {
					put(sub, *state)
				}
			}
		}
	}
	return lagged
}
