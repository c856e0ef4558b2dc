package chat

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Concurrent sends meet in a queue and are committed in groups: under load one
// commit serves many messages, and a lone sender is a group of one.

const (
	sendBatch    = 256              // messages a transaction
	sendDeadline = 30 * time.Second // of a transaction
)

// sendLanes is how many groups are committed side by side. SQLite has one writer.
func (d dialect) sendLanes() int {
	if d == postgres {
		return 2
	}
	return 1
}

// queue brings a message into the next group that may take its room.
func (s *Service) queue(ctx context.Context, one *send) error {
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	return s.state.sends.Do(ctx, one.room, one)
}

// errBatchLost is what the others of a group get whose transaction panicked.
var errBatchLost = errors.New("chat: the group of messages that this one was in failed")

// commitSends commits a group, or what is not settled of it. Where the rest as a whole
// fails, each message is tried alone, so that one's fault is not the others'.
func (s *Service) commitSends(ctx context.Context, group []*send, wait bool) (held []uuid.UUID) {
	deadline, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	done := false
	defer func() {
		if done {
			return
		}
		for _, one := range unsettled(group) { // a panic: what was accepted is rolled back, or its fate is not known
			one.message, one.err = nil, errBatchLost
		}
	}()
	err := s.storeGroup(deadline, unsettled(group), wait)
	sends := unsettled(group)
	switch {
	case err == nil:
		for _, one := range sends {
			if one.settled = !one.held; one.held {
				held = append(held, one.room)
			}
		}
	case len(sends) == 1:
		sends[0].message, sends[0].err, sends[0].settled = nil, err, true
	default:
		for _, one := range sends {
			held = append(held, s.commitSends(ctx, []*send{one}, wait)...)
		}
	}
	done = true
	return held
}

// unsettled are the messages whose outcome does not stand yet.
func unsettled(sends []*send) (left []*send) {
	for _, one := range sends {
		if !one.settled {
			left = append(left, one)
		}
	}
	return left
}

// storeGroup stores what it can without a lock, and the rest under it.
func (s *Service) storeGroup(ctx context.Context, sends []*send, wait bool) error {
	if s.dialect == postgres && !wait {
		if err := s.storeFree(ctx, sends); err != nil {
			return err
		}
		sends = unsettled(sends)
	}
	if len(sends) == 0 {
		return nil
	}
	b := &batch{sends: sends, wait: wait}
	return s.transact(ctx, principal{system: true}, func(c *call) error {
		b.call = c
		return b.store()
	})
}

// storeFree stores messages without locking their rooms first, in two statements
// rather than a transaction of five, and settles what it has stored. All that is
// accepted for a room is stored, or nothing. Left to the lock are messages with media,
// which are locked, and with them those to the same room; rooms that changed after they
// were read, or that somebody else has locked; and whatever would be refused or was sent
// before, which is decided under the lock alone.
func (s *Service) storeFree(ctx context.Context, sends []*send) error {
	b := &batch{call: s.newCall(ctx, s.db, principal{system: true}), free: true, sends: withoutMedia(sends)}
	if len(b.sends) == 0 {
		return nil
	}
	if err := b.store(); err != nil {
		var retryable *retryableError
		if err = s.dialect.databaseError(err); errors.As(err, &retryable) && retryable.patient {
			return err // it has waited long enough
		}
		return nil // if it was written all the same, that is found under the lock
	}
	if len(b.stored) > 0 {
		s.state.commits.announce()
	}
	for _, one := range b.sends {
		one.settled = one.err == nil && !one.repeat && !b.changed[one.room]
	}
	return nil
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
