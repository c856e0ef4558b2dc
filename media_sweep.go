package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/stall"
)

// SweepMedia removes the media items that nobody can see any more, or ever will, and that were
// uploaded longer ago than olderThan: uploads that broke off, uploads that were never
// sent, and what was in a message, a room or an avatar that is deleted. Their bytes go
// first, then their rows, in batches; it returns how many media items were removed. olderThan has to
// be longer than an upload takes, and than one may wait to be sent: a day is a good value.
//
// The host calls it from a job of its own, so that there is no actor. It is safe to stop,
// to run twice at once, and beside uploads and sends. What the store fails to delete stays
// for the next time, and the error is returned after the others were removed; where the store
// deletes nothing at all, it ends early. RemoveTemporaries of a store that is a MediaStoreCleaner is
// called at the end.
//
// Errors: ErrNoMediaStore, ErrMediaStore, ErrConflict inside InTx or WithTx, for bytes
// cannot be rolled back.
func (s *Service) SweepMedia(ctx context.Context, olderThan time.Duration) (int, error) {
	switch {
	case s.config.Media == nil:
		return 0, ErrNoMediaStore
	case s.tx != nil:
		return 0, conflict("media are swept outside of transactions")
	}
	before, err := read(ctx, s, System, func(c *call) (time.Time, error) {
		at, err := c.agingTime()
		return at.Add(-olderThan), err
	})
	if err != nil {
		return 0, err
	}
	swept, err := s.sweepAll(ctx, before)
	if cleaner, cleans := s.config.Media.(MediaStoreCleaner); cleans {
		if _, fault := cleaner.RemoveTemporaries(ctx, olderThan); fault != nil {
			err = errors.Join(err, mediaStoreError("remove temporaries", fault))
		}
	}
	return swept, err
}

// sweepBatch is how many media one transaction of SweepMedia takes.
const sweepBatch = 100

func (s *Service) sweepAll(ctx context.Context, before time.Time) (swept int, err error) {
	for last := uuid.Nil; ; {
		found, fault := s.unseenMedia(ctx, before, last)
		if fault != nil || len(found) == 0 {
			return swept, errors.Join(err, fault)
		}
		last = found[len(found)-1]
		n, fault := s.sweep(ctx, before, found)
		swept += n
		err = errors.Join(err, fault)
		if fault != nil && n == 0 {
			return swept, err
		}
	}
}

// unseenMedia finds media that can probably be removed, without a lock.
func (s *Service) unseenMedia(ctx context.Context, before time.Time, after uuid.UUID) ([]uuid.UUID, error) {
	return read(ctx, s, System, func(c *call) ([]uuid.UUID, error) {
		return queryAll(c.conn, scanValue[uuid.UUID], `SELECT id FROM chat_media WHERE id > ? AND created_at < ? AND (state <> ?
			OR NOT EXISTS (SELECT 1 FROM chat_message_media x WHERE x.media_id = chat_media.id)
			AND NOT EXISTS (SELECT 1 FROM chat_rooms r WHERE r.avatar_id = chat_media.id)) ORDER BY id LIMIT ?`,
			after, before, MediaReady, sweepBatch)
	})
}

// sweep removes those of the media that nothing uses.
func (s *Service) sweep(ctx context.Context, before time.Time, ids []uuid.UUID) (int, error) {
	taken, err := write(ctx, s, System, func(c *call) ([]Media, error) { return c.claimUnseen(before, ids) })
	if err != nil {
		return 0, err
	}
	var faults []error
	var emptied []uuid.UUID
	for i := range taken {
		if err := s.deleteBytes(ctx, &taken[i]); err != nil {
			if faults = append(faults, err); errors.Is(err, stall.Err) {
				break // the others would wait as long
			}
			continue
		}
		emptied = append(emptied, taken[i].ID)
	}
	if len(emptied) == 0 {
		return 0, errors.Join(faults...)
	}
	removed, err := write(ctx, s, System, func(c *call) (int64, error) { return c.removeMedia(emptied) })
	return int(removed), errors.Join(append(faults, err)...)
}

// claimUnseen releases what is in no use, so that it cannot be sent, nor its upload shown,
// from then on. What somebody is sending right now is left out.
func (c *conn) claimUnseen(before time.Time, ids []uuid.UUID) ([]Media, error) {
	if err := c.setLockTimeout(); err != nil {
		return nil, err
	}
	locked, err := queryAll(c, scanMedia, "SELECT "+mediaColumns+" FROM chat_media WHERE id "+c.dialect.InIDs()+
		" AND created_at < ? ORDER BY id"+c.dialect.Lock("FOR UPDATE SKIP LOCKED"), dialect.JSONArray(ids), before)
	if err != nil || len(locked) == 0 {
		return nil, err
	}
	used, err := c.usedMedia(ids)
	if err != nil {
		return nil, err
	}
	taken := slices.DeleteFunc(locked, func(m Media) bool { return slices.Contains(used, m.ID) })
	ids = make([]uuid.UUID, len(taken))
	for i := range taken {
		ids[i] = taken[i].ID
	}
	return taken, c.releaseMedia("id "+c.dialect.InIDs(), dialect.JSONArray(ids))
}

func (s *Service) deleteBytes(ctx context.Context, m *Media) error {
	if m.ThumbnailKey != nil && *m.ThumbnailKey != noThumbnail {
		if err := s.deleteObject(ctx, *m.ThumbnailKey); err != nil {
			return err
		}
	}
	return s.deleteObject(ctx, m.Key)
}

// removeMedia removes released media, and their rows in chat_message_media of deleted rooms.
func (c *conn) removeMedia(ids []uuid.UUID) (int64, error) {
	if err := c.setLockTimeout(); err != nil {
		return 0, err
	}
	if _, err := c.exec("DELETE FROM chat_message_media WHERE media_id "+c.dialect.InIDs(), dialect.JSONArray(ids)); err != nil {
		return 0, err
	}
	return c.exec("DELETE FROM chat_media WHERE id "+c.dialect.InIDs()+` AND state = ?
		AND NOT EXISTS (SELECT 1 FROM chat_rooms r WHERE r.avatar_id = chat_media.id)`, dialect.JSONArray(ids), MediaReleased)
}
