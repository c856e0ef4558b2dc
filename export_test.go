package chat

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/turn"
)

// Outcome is what became of one message of a group.
type Outcome struct {
	Message    *Message
	Err        error
	RoomLocked bool // somebody else has the lock of its room
}

// GroupedSend is one message of a group.
type GroupedSend struct {
	Actor Actor
	Room  uuid.UUID
	In    NewMessage
}

// SendGroup commits messages as one group, as the queue does under load.
func SendGroup(ctx context.Context, s *Service, wait bool, group ...GroupedSend) ([]Outcome, error) {
	sends := make([]*send, len(group))
	for i, g := range group {
		p, err := s.principalOf(g.Actor)
		if err != nil {
			return nil, err
		}
		if sends[i], err = newSend(p, g.Room, g.In); err != nil {
			return nil, err
		}
	}
	func() {
		defer func() { // as the queue does
			if recovered := recover(); recovered != nil {
				err := s.sendPanicked(ctx, recovered, nil)
				for _, one := range sends {
					one.Fail(err)
				}
			}
		}()
		s.commitSends(ctx, sends, wait)
	}()
	outcomes := make([]Outcome, len(sends))
	for i, one := range sends {
		outcomes[i] = Outcome{one.message, one.err, one.state == sendRoomLocked}
	}
	return outcomes, nil
}

// LockQueue is the queue of those who wait for the locks of rooms.
type LockQueue struct{ queue lockQueue }

// NewLockQueue returns a queue with so many turns.
func NewLockQueue(limit int) *LockQueue {
	return &LockQueue{lockQueue{limit: func() int { return limit }}}
}

// Try returns how to end a turn, or nil where none is free.
func (q *LockQueue) Try(room uuid.UUID) (end func()) {
	if turn := q.queue.try(room); turn != nil {
		return turn.end
	}
	return nil
}

// Wait returns how to end a turn, once it is granted.
func (q *LockQueue) Wait(ctx context.Context, room uuid.UUID) (end func(), err error) {
	turn, err := q.queue.wait(ctx, room)
	return turn.end, err
}

// GiveUp ends the wait of those who have waited for long.
func (q *LockQueue) GiveUp(room uuid.UUID, err error) { q.queue.giveUp(room, err) }

// Empty reports whether nobody has a turn or waits for one.
func (q *LockQueue) Empty() bool {
	q.queue.mu.Lock()
	defer q.queue.mu.Unlock()
	return len(q.queue.rooms) == 0 && len(q.queue.tickets) == 0
}

// LockWaiters is how many transactions may wait for rooms' locks.
func LockWaiters(s *Service) int { return s.lockWaiters() }

// KnowsRoom reports whether the next group of sends to a room need not look at it.
func KnowsRoom(s *Service, room uuid.UUID) bool {
	known := s.state.known.rooms[knownKey{room: room}]
	return known != nil && known.quiet
}

// AgeKnownRooms makes what is known of rooms older.
func AgeKnownRooms(s *Service, d time.Duration) {
	for _, known := range s.state.known.rooms {
		known.looked = known.looked.Add(-d)
	}
}

// KnownAfter is how many rooms are known when groups have sent to n.
func KnownAfter(n int) int {
	var k knownRooms
	for range n {
		k.add(knownKey{room: newID()})
	}
	return len(k.rooms)
}

// SetThumbnailWait changes how long a thumbnail is waited for, before any is.
func SetThumbnailWait(s *Service, wait time.Duration) {
	s.state.thumbnails = turn.New[principal](wait, thumbnailQueue)
}

// SetLogReadTime changes how long a service lets the reading of its log take. Nobody may
// have subscribed yet.
func SetLogReadTime(s *Service, d time.Duration) { s.state.feed.readTime = d }

// Subscribers is how many subscriptions a service has.
func Subscribers(s *Service) int {
	s.state.feed.mu.Lock()
	defer s.state.feed.mu.Unlock()
	return len(s.state.feed.subscribers)
}

// SetPollInterval changes how often a service looks at the log where nothing wakes it.
// Nobody may have subscribed yet.
func SetPollInterval(s *Service, d time.Duration) { s.state.feed.tail.Interval = d }
