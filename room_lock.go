package chat

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// A transaction that waits for a room's lock keeps a connection. If all connections of
// the pool waited for one room, nothing else could go on; so a few of them may wait, one
// a room, and who else needs the lock of a room queues without a connection.

// lockTimeout is how long the library's own transactions wait for a lock; then they fail
// with a retryable error. A host decides for its own transactions.
const lockTimeout = 5 * time.Second

// tryLockTimeout is how long a write that is one statement waits for a lock. Then it is done
// in a transaction, whose time limit can end the wait and know that nothing was stored: of a
// statement that commits by itself nobody knows.
const tryLockTimeout = 500 * time.Millisecond

// setLockTimeoutSQL and setTryLockTimeoutSQL set the limit for the transaction at hand.
var setLockTimeoutSQL, setTryLockTimeoutSQL = lockTimeoutSQL(lockTimeout), lockTimeoutSQL(tryLockTimeout)

func lockTimeoutSQL(limit time.Duration) string {
	return "SELECT set_config('lock_timeout', '" + strconv.FormatInt(limit.Milliseconds(), 10) + "', true) AS is_set"
}

// setLockTimeout sets the limit for a transaction that locks no room.
func (c *conn) setLockTimeout() error {
	if c.dialect == dialect.SQLite || c.inHost {
		return nil
	}
	_, err := c.exec(setLockTimeoutSQL)
	return err
}

var (
	errRoomLocked  = errors.New("chat: the room stayed locked by another transaction")
	errManyWriters = errors.New("chat: other transactions of this process wrote all the time")
)

// roomBusyError ends a try of a transaction that would have to wait for a room's lock.
type roomBusyError struct{ room uuid.UUID }

func (roomBusyError) Error() string { return errRoomLocked.Error() }

// lockQueue lets transactions of one process wait for the locks of rooms.
type lockQueue struct {
	limit func() int // how many may wait at a time

	mu      sync.Mutex
	rooms   map[uuid.UUID]bool // those that a transaction waits for
	tickets []*lockTicket      // in the order in which they came
}

// everyRoom is the key of SQLite's one write lock.
var everyRoom = uuid.Nil

// lockTicket is the place in the queue of a transaction that is to wait for a room's lock.
type lockTicket struct {
	room    uuid.UUID
	since   time.Time
	granted chan struct{} // closed when the turn is granted, or err is set
	err     error         // why it is not granted
}

// lockTurn is the right of a transaction to wait for a room's lock.
type lockTurn struct {
	queue *lockQueue
	room  uuid.UUID
}

// try returns a turn if one is free.
func (q *lockQueue) try(room uuid.UUID) *lockTurn {
	limit := q.limit()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.grant(room, limit) {
		return nil
	}
	return &lockTurn{q, room}
}

// grant notes a turn, if one is free. The caller holds the mutex.
func (q *lockQueue) grant(room uuid.UUID, limit int) bool {
	if q.rooms[room] || len(q.rooms) >= limit {
		return false
	}
	if q.rooms == nil {
		q.rooms = map[uuid.UUID]bool{}
	}
	q.rooms[room] = true
	return true
}

// wait returns a turn when it is granted. It returns a retryable error if that takes
// longer than lockTimeout.
func (q *lockQueue) wait(ctx context.Context, room uuid.UUID) (*lockTurn, error) {
	limit := q.limit()
	t := &lockTicket{room: room, since: time.Now(), granted: make(chan struct{})}
	turn := &lockTurn{q, room}
	q.mu.Lock()
	if q.grant(room, limit) {
		q.mu.Unlock()
		return turn, nil
	}
	q.tickets = append(q.tickets, t)
	q.mu.Unlock()
	timer := time.NewTimer(lockTimeout)
	defer timer.Stop()
	var err error
	select {
	case <-t.granted:
		if t.err != nil {
			return nil, t.err
		}
		return turn, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = &retryableError{err: errRoomLocked, lockTimeout: true}
		if room == everyRoom {
			err = &retryableError{err: errManyWriters, lockTimeout: true}
		}
	}
	if !q.leave(t) && t.err == nil { // it was granted just now
		turn.end()
	}
	return nil, err
}

// giveUp ends the wait of those who have waited for so long that they could not wait for
// the lock as well, when another transaction has waited for it in vain.
func (q *lockQueue) giveUp(room uuid.UUID, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.tickets[:0]
	for _, ticket := range q.tickets {
		if ticket.room == room && time.Since(ticket.since) > transactionTime-lockTimeout {
			ticket.err = err
			close(ticket.granted)
			continue
		}
		left = append(left, ticket)
	}
	clear(q.tickets[len(left):])
	q.tickets = left
}

// leave takes a ticket back, and reports whether it was still there.
func (q *lockQueue) leave(t *lockTicket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.tickets, t)
	if i >= 0 {
		q.tickets = slices.Delete(q.tickets, i, i+1)
	}
	return i >= 0
}

// end gives the turn back, when the lock was granted or is waited for no longer, and
// grants the next ones. It may be called more than once, and on nil.
func (t *lockTurn) end() {
	if t == nil || t.queue == nil {
		return
	}
	q, limit := t.queue, t.queue.limit()
	t.queue = nil
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.rooms, t.room)
	left := q.tickets[:0]
	for _, ticket := range q.tickets {
		if q.grant(ticket.room, limit) {
			close(ticket.granted)
			continue
		}
		left = append(left, ticket)
	}
	clear(q.tickets[len(left):])
	q.tickets = left
}

// lockOneRoom locks the room of a condition, and returns ErrNotFound if there is none.
// In a transaction of the library's own it returns roomBusyError rather than wait for the
// lock without a turn.
func (c *conn) lockOneRoom(condition string, args ...any) (*Room, error) {
	query := c.lockRoomsSQL(roomColumns, condition)
	own := c.dialect == dialect.Postgres && !c.inHost
	if own && c.turn == nil {
		room, err := queryOne(c, scanRoom, query+" SKIP LOCKED", args...)
		if err != nil || room != nil {
			return room, err
		}
		if err := c.takeTurn(condition, args...); err != nil {
			return nil, err
		}
	}
	defer c.turn.end()
	room, err := queryOne(c, scanRoom, query, args...)
	if err == nil && room == nil {
		err = ErrNotFound
	}
	return room, err
}

// takeTurn gets the right to wait for the lock of the room of a condition, which is
// locked by another transaction or does not exist.
func (c *conn) takeTurn(condition string, args ...any) error {
	room, err := queryOne(c, scanValue[uuid.UUID], "SELECT id FROM chat_rooms WHERE "+condition+" AND deleted_at IS NULL", args...)
	if err != nil {
		return err
	}
	if room == nil {
		return ErrNotFound
	}
	if c.turn = c.locks.try(*room); c.turn == nil {
		return roomBusyError{*room}
	}
	return nil
}

// lockWaiters is how many transactions may wait for rooms' locks at a time.
func (s *Service) lockWaiters() int {
	if s.config.LockWaiters > 0 {
		return s.config.LockWaiters
	}
	const unlimited, share = 8, 4
	pool, err := onPrimary(newSession(context.Background(), s.db)).DB() // where transactions begin
	if err != nil {
		return unlimited
	}
	if most := pool.Stats().MaxOpenConnections; most > 0 {
		return max(1, most/share)
	}
	return unlimited
}
