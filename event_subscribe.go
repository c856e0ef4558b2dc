package chat

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/feed"
)

// SubscribeOptions says from where on, and which rooms, a subscription tells.
type SubscribeOptions struct {
	// After is the Cursor of the last update that was dealt with. Defaults to "": from
	// now on.
	After Cursor
	// Rooms leaves only these rooms. Defaults to all rooms of the actor, and to all rooms
	// there are for System.
	Rooms []uuid.UUID
}

// What a subscriber may have still to take before it is closed.
const (
	queuedUpdates = 256
	queuedBytes   = 1 << 20
)

// backlogLimit is how many events a cursor may be behind: beyond it is a reset, since to
// read the rooms again is less work for everybody.
const backlogLimit = 5000

// backlogBytes is how much of memory a subscription may hold before any of it is taken.
const backlogBytes = 8 << 20

// Subscription is a stream of updates. It is for one goroutine at a time, Close aside.
type Subscription struct {
	service *Service
	actor   principal
	rooms   map[uuid.UUID]bool // nil: all
	first   []Update           // what Subscribe has read
	queue   *feed.Queue[Update]
	// floor is what first tells: what was read of the log for all subscribers is told
	// from there on.
	floor *cursorState
	last  Cursor // of the last update that Next returned
}

// Subscribe returns the updates of every change in the actor's rooms, and of System in
// all rooms: in each room in the order of Seq, each once, from a cursor on. The first is
// a hello, the actor's own state, and for System the cursor alone; when the log since
// the cursor cannot be told a reset follows, never a silent gap. The hello's Cursor is
// then the one before: whoever is cut off between the two is reset again.
//
// Content goes to those who are members when it is read. Who is removed gets their
// user_removed and nothing that came after it; who is added gets a room_state.
//
// A subscription holds no goroutine and no connection. It is closed with ErrLagged when
// more than some hundred updates wait to be taken. Close it when it is no longer needed.
//
// Errors: ErrInvalid for a cursor that no update had, ErrConflict inside a transaction,
// ErrUnavailable on a standby, and where the log is not read in 15 seconds.
func (s *Service) Subscribe(ctx context.Context, actor Actor, options SubscribeOptions) (*Subscription, error) {
	p, err := s.principalOf(actor)
	if err != nil {
		return nil, err
	}
	var after *cursorState
	if options.After != "" {
		decoded, err := decodeCursor(options.After)
		if err != nil {
			return nil, err
		}
		after = &decoded
	}
	if s.tx != nil {
		return nil, conflict("subscriptions are made outside of transactions")
	}
	if err := s.ready(ctx, s.db); err != nil {
		return nil, err
	}
	sub := &Subscription{service: s, actor: p, queue: feed.NewQueue[Update](queuedUpdates, queuedBytes), rooms: chosenRooms(options.Rooms)}
	if err := sub.open(ctx, after); err != nil {
		return nil, err
	}
	return sub, nil
}

// open makes the subscription one of those that are told, or leaves it closed.
func (sub *Subscription) open(ctx context.Context, after *cursorState) error {
	s, opened := sub.service, false
	defer func() { // a callback of the host's on the handle may panic
		if !opened {
			sub.Close()
		}
	}()
	// From here on it is told what is read for all, so that nothing is between that and
	// what is read now.
	if err := s.state.feed.add(s, sub); err != nil {
		return err
	}
	if err := s.state.feed.begin(ctx, s); err != nil {
		return err
	}
	err := s.inSnapshot(ctx, func(c *conn) error { return sub.start(c, after) })
	opened = err == nil
	return err
}

// chosenRooms are the rooms that a subscription is of; nil for all.
func chosenRooms(ids []uuid.UUID) map[uuid.UUID]bool {
	if len(ids) == 0 {
		return nil
	}
	rooms := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		rooms[id] = true
	}
	return rooms
}

// start reads the hello and what the cursor has not seen.
func (sub *Subscription) start(c *conn, after *cursorState) error {
	state, err := c.logState()
	if err != nil {
		return err
	}
	if read := sub.service.state.feed.getPosition(); read != nil {
		state.at.Low = read.Low
	}
	hello, err := sub.hello(c, &state)
	if err != nil {
		return err
	}
	sub.first = []Update{hello}
	if after == nil {
		return nil
	}
	backlog, complete, err := sub.backlog(c, &state, after)
	if err != nil {
		return err
	}
	if !complete {
		sub.first[0].Cursor = after.encode() // whoever has had the hello alone is reset again
		sub.first = append(sub.first, Update{Kind: UpdateReset, CreatedAt: c.now, Cursor: sub.floor.encode()})
		return nil
	}
	if len(backlog) > 0 {
		// The hello comes before what it is ahead of: whoever goes on from it would miss that.
		sub.first[0].Cursor = after.encode()
	}
	sub.first = append(sub.first, backlog...)
	return nil
}

// hello reads the actor's own state, and sets the floor of the subscription.
func (sub *Subscription) hello(c *conn, log *logState) (Update, error) {
	sub.floor = &cursorState{Epoch: log.epoch, From: log.at}
	newest, err := c.newestEvent()
	if err != nil {
		return Update{}, err
	}
	if newest != nil {
		sub.floor.Anchor, sub.floor.Check = newest.ID, newest.check()
	}
	hello := Update{Kind: UpdateHello, CreatedAt: c.now, Cursor: sub.floor.encode()}
	if sub.actor.system {
		return hello, nil
	}
	states, err := c.roomStates(sub.actor.id)
	hello.States = sub.chosen(states)
	return hello, err
}

func (sub *Subscription) chosen(states []RoomState) []RoomState {
	if sub.rooms == nil {
		return states
	}
	left := states[:0]
	for _, state := range states {
		if sub.rooms[state.RoomID] {
			left = append(left, state)
		}
	}
	return left
}

// backlog reads the updates since a cursor. It is not complete when the log is another
// than the cursor's, was pruned behind it, or is too long.
func (sub *Subscription) backlog(c *conn, log *logState, after *cursorState) (updates []Update, complete bool, err error) {
	same, err := c.sameLog(log, after)
	if err != nil || !same {
		return nil, false, err
	}
	among, args, listening := "", []any(nil), map[UserID]bool{}
	if !sub.actor.system {
		among = ` AND (room_id IN (SELECT room_id FROM chat_room_users WHERE user_id = ?) OR kind = ? AND user_id = ?)`
		args = []any{sub.actor.id, UserRemoved, sub.actor.id}
		listening[sub.actor.id] = true
	}
	events, err := c.eventsSince(after.From, among, args, backlogLimit+1)
	if err != nil || len(events) > backlogLimit {
		return nil, false, err
	}
	unread := slices.DeleteFunc(events, func(e loggedEvent) bool { return after.read(&e) })
	batch, err := c.readBatch(unread, listening)
	if err != nil {
		return nil, false, err
	}
	updates = batch.updatesFor(sub)
	if size := 0; slices.ContainsFunc(updates, func(u Update) bool {
		size += u.shared.size
		return size > backlogBytes
	}) {
		return nil, false, nil
	}
	for i := range updates {
		updates[i].Cursor = after.with(sub.floor.From, updates[i].shared.event).encode()
		if i == len(updates)-1 {
			updates[i].Cursor = sub.floor.encode()
		}
	}
	return updates, true, nil
}

// sameLog reports whether the log is the one of a cursor, and has all since then.
func (c *conn) sameLog(log *logState, after *cursorState) (bool, error) {
	if log.epoch != after.Epoch || !log.holds(&after.From) {
		return false, nil
	}
	if after.Anchor == 0 {
		return true, nil
	}
	anchor, err := queryOne(c, scanEvent, "SELECT "+eventColumns+" FROM chat_events WHERE id = ?", after.Anchor)
	return err == nil && anchor != nil && anchor.check() == after.Check, err
}

// Next returns the next update, and waits for it. An update that is there already is
// returned whether or not ctx has ended.
//
// Errors: ErrLagged when the subscription did not keep up, after which it is subscribed
// again After the last Cursor; ErrClosed; and ctx's.
func (sub *Subscription) Next(ctx context.Context) (Update, error) {
	if len(sub.first) > 0 {
		u := sub.first[0]
		sub.first = sub.first[1:]
		sub.last = u.Cursor
		return u, nil
	}
	for {
		u, err := sub.queue.Take(ctx)
		if err != nil {
			return Update{}, err
		}
		if sub.fresh(&u) {
			sub.last = u.Cursor
			return u, nil
		}
	}
}

// fresh reports whether an update is news to the subscription, and makes its cursor one
// of the subscription's own for as long as what was read for all is behind its floor.
func (sub *Subscription) fresh(u *Update) bool {
	if u.shared != nil && u.shared.event == nil { // it is not of the log
		u.Cursor = sub.last
		return true
	}
	if sub.floor == nil || u.shared == nil {
		return true
	}
	if u.shared.from.covers(&sub.floor.From) {
		sub.floor = nil
		return true
	}
	if sub.floor.From.has(u.shared.event) {
		return false
	}
	u.Cursor = sub.floor.with(u.shared.to, u.shared.event).encode()
	return true
}

// Close ends the subscription: Next returns ErrClosed from then on. It may be called more
// than once, and beside Next.
func (sub *Subscription) Close() { sub.end(ErrClosed) }

func (sub *Subscription) end(err error) {
	sub.queue.Close(err)
	sub.service.state.feed.remove(sub)
}
