package chat

import (
	"context"
	"errors"
	"strings"
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
		for _, one := range sends { // a panic: what was accepted is rolled back, or its fate is not known
			one.message, one.err = nil, errBatchLost
		}
	}()
	var err error
	if s.dialect == postgres && !wait {
		sends, err = s.storeFree(deadline, sends)
	}
	if err == nil && len(sends) > 0 {
		b := &batch{sends: sends, wait: wait}
		err = s.transact(deadline, who{}, func(c *call) error {
			b.call = c
			return b.store()
		})
	}
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

// storeFree stores messages without locking their rooms first, in two statements
// rather than a transaction of five, and returns those that it did not store: with
// media, which are locked, of rooms that changed after they were read or that somebody
// else has locked, and whatever would be refused or was sent before, which is decided
// under the lock alone. All that is accepted for a room is stored, or nothing.
func (s *Service) storeFree(ctx context.Context, sends []*send) (left []*send, err error) {
	media := make(map[uuid.UUID]bool)
	for _, one := range sends {
		if len(one.in.MediaIDs) > 0 {
			media[one.room] = true
		}
	}
	b := &batch{call: s.newCall(ctx, s.db, who{}), free: true}
	for _, one := range sends {
		if media[one.room] {
			left = append(left, one)
		} else {
			b.sends = append(b.sends, one)
		}
	}
	if len(b.sends) == 0 {
		return left, nil
	}
	if err := b.store(); err != nil {
		if refused(err) {
			return sends, nil
		}
		return sends, s.dialect.databaseError(err)
	}
	if len(b.stored) > 0 {
		s.state.commits.announce()
	}
	for _, one := range b.sends {
		if one.err != nil || one.repeat || b.changed[one.room] {
			left = append(left, one)
		}
	}
	return left, nil
}

// refused reports whether PostgreSQL itself answered no, and so wrote nothing, and
// says no to something else than having waited for long or its own end.
func refused(err error) bool {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return false
	}
	code := coded.SQLState()
	return code != "55P03" && !strings.HasPrefix(code, "57") && !strings.HasPrefix(code, "08")
}
