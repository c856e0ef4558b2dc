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

// commitSends commits a group. Where the group as a whole fails, each message is
// tried alone, so that one's fault is not the others'.
func (s *Service) commitSends(ctx context.Context, sends []*send, wait bool) (held []uuid.UUID) {
	deadline, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	done := false
	defer func() {
		if done {
			return
		}
		for _, one := range sends { // a panic: what was accepted is rolled back
			one.message, one.err = nil, errBatchLost
		}
	}()
	b := &batch{sends: sends, wait: wait}
	err := s.transact(deadline, who{}, func(c *call) error {
		b.call = c
		return b.store()
	})
	switch {
	case err == nil:
		for _, one := range sends {
			if one.held {
				held = append(held, one.room)
			}
		}
	case len(sends) == 1:
		sends[0].message, sends[0].err = nil, err
	default:
		for _, one := range sends {
			held = append(held, s.commitSends(ctx, []*send{one}, wait)...)
		}
	}
	done = true
	return held
}
