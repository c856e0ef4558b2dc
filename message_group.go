package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/sendq"
)

// Concurrent sends meet in a queue and are committed in groups: under load one
// commit serves many messages, and a lone sender is a group of one.

const (
	sendBatch = 256 // messages a group

	// sendDeadline is for all that a group does. It is longer than lockTimeout, and with
	// sendMaxWait shorter than the six seconds that SendMessage promises.
	sendDeadline = lockTimeout + 300*time.Millisecond
	// sendMaxWait is how long a message may have queued when a group before it gives up:
	// longer, and it fails with that group.
	sendMaxWait = 500 * time.Millisecond
	// sendLaneTime is how long a group may take before others begin beside it.
	sendLaneTime = time.Second
)

// sendQueue is how sends are grouped. SQLite has one writer.
func (s *Service) sendQueue() sendq.Options[uuid.UUID, *send] {
	lanes := 1
	if s.dialect == dialect.Postgres {
		lanes = 2
	}
	return sendq.Options[uuid.UUID, *send]{
		Lanes: lanes, Size: sendBatch, LaneTime: sendLaneTime, MaxWait: sendMaxWait,
		Commit: s.commitSends, Panicked: s.sendPanicked,
	}
}

// errGroupLost is the error of the messages of a group whose transaction panicked.
var errGroupLost = errors.New("chat: the group of messages that this one was in failed")

func (s *Service) sendPanicked(ctx context.Context, recovered any, stack []byte) error {
	s.config.Logger.ErrorContext(ctx, "a group of messages panicked", "panic", fmt.Sprint(recovered), "stack", string(stack))
	return errGroupLost
}

// commitSends settles a group. Unless it is to wait, it leaves out the rooms that others
// have locked, and returns them.
func (s *Service) commitSends(ctx context.Context, group []*send, wait bool) sendq.Result[uuid.UUID] {
	ctx, cancel := context.WithTimeoutCause(ctx, sendDeadline, errTooLong)
	defer cancel()
	var turn *lockTurn
	if wait && s.dialect == dialect.Postgres { // all of the group is for one room
		var err error
		if turn, err = s.state.locks.wait(ctx, group[0].room); err != nil {
			return giveUp(group, tooLong(ctx, err))
		}
		defer func() { turn.end() }()
	}
	return s.settleSends(ctx, group, turn)
}

// settleSends settles what is not settled of a group. Where it fails as a whole, each
// message is tried alone, so that one's fault is not the others'; but when it has waited
// for too long, that settles all of it.
func (s *Service) settleSends(ctx context.Context, group []*send, turn *lockTurn) (result sendq.Result[uuid.UUID]) {
	err := s.storeGroup(ctx, group, turn)
	sends := unsettled(group)
	var retryable *retryableError
	switch {
	case err == nil:
		for _, one := range sends {
			if one.state == sendRoomLocked {
				result.Locked = append(result.Locked, one.room)
				continue
			}
			one.settle()
		}
	case errors.As(err, &retryable) && retryable.lockTimeout:
		return giveUp(sends, err)
	case ctx.Err() != nil: // some of it may be stored all the same
		return giveUp(sends, &outage{ErrUnavailable, context.Cause(ctx)})
	case len(sends) == 1:
		sends[0].Fail(err)
	default:
		for _, one := range sends {
			alone := s.settleSends(ctx, []*send{one}, turn)
			result.Locked = append(result.Locked, alone.Locked...)
			if alone.GaveUp != nil {
				result.GaveUp = alone.GaveUp
			}
		}
	}
	return result
}

// giveUp settles all of a group with why it has waited for too long.
func giveUp(group []*send, err error) sendq.Result[uuid.UUID] {
	for _, one := range group {
		one.Fail(err)
	}
	return sendq.Result[uuid.UUID]{GaveUp: err}
}

// unsettled returns the sends whose outcome is not final yet.
func unsettled(sends []*send) (left []*send) {
	for _, one := range sends {
		if !one.settled {
			left = append(left, one)
		}
	}
	return left
}

// storeGroup stores what it can without a lock, and the rest under it. With a turn it
// waits for the room's lock.
func (s *Service) storeGroup(ctx context.Context, sends []*send, turn *lockTurn) error {
	if s.dialect == dialect.Postgres && turn == nil {
		if err := s.storeOptimistically(ctx, sends); err != nil {
			return err
		}
		sends = unsettled(sends)
	}
	if len(sends) == 0 {
		return nil
	}
	committing := false
	_, err := transactInTurn(ctx, s, turn, func(c *conn) (struct{}, error) {
		b := &batch{conn: c, sends: sends, wait: turn != nil}
		err := b.store()
		committing = err == nil
		return struct{}{}, err
	})
	if committing && err != nil && !IsRetryable(err) && !dialect.RefusedCommit(err) { // it may be done all the same
		doubt(sends)
	}
	return err
}

// doubt notes of messages whose write failed that they may be stored all the same.
func doubt(sends []*send) {
	for _, one := range sends {
		one.doubtful = one.doubtful || one.state == sendAccepted
	}
}

// storeOptimistically stores messages without locking their rooms first, in two
// statements rather than a transaction of six, or in one where the rooms are known, and
// settles what it has stored. All that is accepted for a room is stored, or nothing. Left to
// the lock are messages with media, which are locked, and with them those to the same room;
// rooms that changed after they were read, or that others have locked; and whatever would be
// refused or was sent before, which is decided under the lock alone.
func (s *Service) storeOptimistically(ctx context.Context, sends []*send) error {
	sends = withoutMedia(sends)
	if len(sends) == 0 {
		return nil
	}
	b := &batch{conn: s.newConn(ctx, s.db), optimistic: true, sends: sends}
	if b.recalled = s.state.known.recall(b); b.recalled {
		if err := s.storeKnown(ctx, b); err != nil {
			return err
		}
		if sends = unsettled(sends); len(sends) == 0 || len(b.changed) == 0 && !b.failed {
			return nil
		}
		b = &batch{conn: s.newConn(ctx, s.db), optimistic: true, sends: sends}
	}
	return s.storeUnlocked(ctx, b)
}

// storeKnown stores messages to rooms that are known, of which nothing was looked at. Its
// connection may be dead, for all that is known: it has no longer than a look.
func (s *Service) storeKnown(ctx context.Context, b *batch) error {
	within, cancel := context.WithTimeout(ctx, lookTimes[0])
	defer cancel()
	b.conn = s.newConn(within, s.db)
	return s.storeUnlocked(ctx, b)
}

// storeUnlocked stores what an optimistic batch can store. ctx is the group's.
func (s *Service) storeUnlocked(ctx context.Context, b *batch) error {
	if err := b.store(); err != nil {
		b.failed = true
		s.state.known.forget(b)
		var retryable *retryableError
		err = databaseError(b.ctx, s.dialect, err)
		switch {
		case errors.As(err, &retryable) && retryable.lockTimeout:
			return err // it has waited long enough
		case retryable != nil: // nothing was written
		case b.writing: // if it was written all the same, that is found under the lock
			doubt(b.sends)
		}
		if ctx.Err() != nil {
			return tooLong(ctx, err)
		}
		return nil
	}
	s.state.known.remember(b)
	if len(b.accepted) > 0 {
		s.committed()
	}
	for _, one := range b.sends {
		switch {
		case one.state != sendAccepted:
		case !b.changed[one.room]:
			one.settle()
		case one.newID: // which is stored nowhere
			one.id = uuid.Nil
		}
	}
	return nil
}

// lookTimes are how long an optimistic group looks at its rooms, which waits for no lock,
// before it takes the connection for dead and looks again with another. After an outage of
// the network many connections of a pool may be.
var lookTimes = []time.Duration{time.Second, 2 * time.Second}

// lookAtRooms is readRooms. The connection that a look was given up on is closed.
func (b *batch) lookAtRooms() error {
	switch {
	case b.recalled:
		return nil
	case !b.optimistic:
		return b.readRooms()
	}
	whole := b.conn
	defer func() { b.conn = whole }()
	for _, limit := range lookTimes {
		ctx, cancel := context.WithTimeout(whole.ctx, limit)
		look := *whole
		look.ctx = ctx
		b.conn = &look
		err := b.readRooms()
		late := ctx.Err() != nil && whole.ctx.Err() == nil
		cancel()
		if err == nil || !late {
			return err
		}
	}
	b.conn = whole
	return b.readRooms()
}

// withoutMedia leaves out the rooms that somebody sends media to.
func withoutMedia(sends []*send) (left []*send) {
	media := make(map[uuid.UUID]bool)
	for _, one := range sends {
		if len(one.in.MediaIDs) > 0 {
			media[one.room] = true
		}
	}
	for _, one := range sends {
		if !media[one.room] {
			left = append(left, one)
		}
	}
	return left
}
