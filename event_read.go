package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// EventsQuery selects a part of a room's log.
type EventsQuery struct {
	// After is the Seq of the last event that the caller knows. Defaults to 0: from the
	// first.
	After int64
	// Limit is how many events to return, cut to Limits.PageMax. Defaults to
	// Limits.PageSize.
	Limit int
}

// EventsPage is a part of a room's log, in ascending order of Seq.
type EventsPage struct {
	Items   []Update // with the content that there is by now, without cursors
	HasMore bool     // there are events after the last one here
	// Reset says that events after After were removed from the log: what is known of the
	// room is to be read again.
	Reset bool
}

// Events returns the events of a room after one that the caller knows: what a gap in Seq
// has left out, with the content as a Subscription tells it. An event about a message that
// the actor does not see is UpdateHidden.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room, ErrInvalid for a
// negative After or Limit.
func (s *Service) Events(ctx context.Context, actor Actor, room uuid.UUID, query EventsQuery) (*EventsPage, error) {
	if query.After < 0 {
		return nil, invalid("after", CodeOutOfRange, "is negative")
	}
	p, err := s.principalOf(actor)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return nil, err
	}
	var page *EventsPage
	err = s.inSnapshot(ctx, func(c *conn) (err error) {
		page, err = (&call{conn: c, actor: p}).events(room, query)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func (c *call) events(room uuid.UUID, query EventsQuery) (*EventsPage, error) {
	limit, err := c.pageLimit(query.Limit)
	if err != nil {
		return nil, err
	}
	p, err := c.readFor(byRoom, room, opRead, target{})
	if err != nil {
		return nil, err
	}
	found, err := queryAll(c.conn, scanLoggedEvent, "SELECT "+eventColumns+
		", 0 FROM chat_events WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT ?", room, query.After, limit)
	if err != nil {
		return nil, err
	}
	page := &EventsPage{}
	last := query.After
	if len(found) > 0 {
		last = found[len(found)-1].Seq
		page.Reset = found[0].Seq > query.After+1
	} else {
		page.Reset = query.After < p.room.LastSeq
	}
	page.HasMore = len(found) > 0 && last < p.room.LastSeq
	page.Items, err = c.updatesOf(found)
	if p.me != nil {
		for i := range page.Items {
			u := &page.Items[i]
			*u = u.narrowed(u.viewOf(p.access.joined))
		}
	}
	return page, err
}

// pruneBatch is how many events one transaction of PruneEvents looks at.
const pruneBatch = 5000

// PruneEvents removes the events that are older than olderThan from the log, in batches
// of one transaction each, and returns how many. Whoever goes on from a cursor before
// them is told a reset. A week is a good value.
//
// The host calls it from a job of its own, so that there is no actor; it is safe to stop
// and to run twice at once.
func (s *Service) PruneEvents(ctx context.Context, olderThan time.Duration) (int, error) {
	pruned := 0
	for {
		n, err := write(ctx, s, System, func(c *call) (int64, error) { return c.pruneEvents(olderThan) })
		pruned += int(n)
		if err != nil || n < pruneBatch {
			return pruned, err
		}
	}
}

// pruneEvents removes the old ones of the first rows of the log.
func (c *conn) pruneEvents(olderThan time.Duration) (int64, error) {
	if err := c.setLockTimeout(); err != nil {
		return 0, err
	}
	at, err := c.agingTime()
	if err != nil {
		return 0, err
	}
	// One at a time: what is noted must not go back.
	if _, err := c.exec("INSERT INTO chat_meta (key, value) VALUES (?, '') ON CONFLICT (key) DO UPDATE SET value = chat_meta.value",
		prunedKey); err != nil {
		return 0, err
	}
	first := c.dialect.InQuery("SELECT id FROM chat_events ORDER BY id LIMIT ?")
	last := "id"
	if c.dialect == dialect.Postgres {
		// Rows of transactions to come are those of a dump, which no reader waits for.
		last = "CASE WHEN tx < pg_snapshot_xmax(pg_current_snapshot()) THEN CAST(CAST(tx AS text) AS bigint) ELSE 0 END"
	}
	removed, err := queryAll(c, scanValue[int64], "DELETE FROM chat_events WHERE created_at < ? AND id "+first+" RETURNING "+last,
		at.Add(-olderThan), pruneBatch)
	if err != nil || len(removed) == 0 {
		return 0, err
	}
	return int64(len(removed)), c.notePruned(slices.Max(removed))
}

// notePruned notes up to where events were removed, for readers who have not had them. A
// lower number than the one that is there changes nothing.
func (c *conn) notePruned(last int64) error {
	log, err := c.logState()
	if err != nil {
		return err
	}
	_, err = c.exec(`INSERT INTO chat_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		prunedKey, fmt.Sprint(log.epoch, ":", max(uint64(last), log.pruned))) //nolint:gosec // ids and transactions are positive
	return err
}
