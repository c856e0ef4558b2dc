package chat

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// retentionBatch is how many messages of a room one transaction removes for good.
const retentionBatch = 1000

// retain removes messages that are too old by the first rule that their room fits.
func (s *Service) retain(ctx context.Context, rules []Retention) (removed int, err error) {
	for i := range rules {
		if rules[i].Age == 0 {
			continue
		}
		find := func(c *conn, after uuid.UUID) ([]uuid.UUID, error) {
			at, err := c.agingTime()
			if err != nil {
				return nil, err
			}
			return c.roomsToCut(rules[:i+1], at.Add(-rules[i].Age), after)
		}
		if err := s.eachRoom(ctx, find, func(room uuid.UUID) error {
			n, err := s.removeOldest(ctx, room, rules[i].Age)
			removed += n
			return err
		}); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// roomsToCut finds the rooms that fit the last of the rules and no other, and whose oldest
// message is from before a time.
func (c *conn) roomsToCut(rules []Retention, before time.Time, after uuid.UUID) ([]uuid.UUID, error) {
	query, args := "r.deleted_at IS NULL AND r.id > ? AND m.created_at < ?", []any{after, before}
	for i := range rules {
		condition, more := roomsThat(rules[i].RoomID, rules[i].RoomType)
		if i < len(rules)-1 {
			condition = "NOT (" + condition + ")"
		}
		query, args = query+" AND "+condition, append(args, more...)
	}
	return queryAll(c, scanValue[uuid.UUID], "SELECT r.id FROM chat_rooms r JOIN chat_messages m ON m.room_id = r.id AND m.number = r.first_number WHERE "+
		query+" ORDER BY r.id LIMIT ?", append(args, roomBatch)...)
}

// removeOldest removes the oldest messages of a room, up to the first that is not too old.
func (s *Service) removeOldest(ctx context.Context, room uuid.UUID, age time.Duration) (removed int, err error) {
	for {
		n, err := write(ctx, s, System, func(c *call) (int64, error) {
			p, err := c.lockRoom(byRoom, room)
			if err != nil {
				return 0, ignoreNotFound(err) // it was deleted meanwhile
			}
			c.untimed()
			at, err := c.agingTime()
			if err != nil {
				return 0, err
			}
			return p.cut(at.Add(-age))
		})
		if removed += int(n); err != nil || n < retentionBatch {
			return removed, err
		}
	}
}

// cut removes a batch of messages from before a time from the beginning of the room. Numbers
// have no gaps, so the first that stays says how many go.
func (p *roomScope) cut(before time.Time) (removed int64, err error) {
	first := p.room.FirstNumber
	end := min(first+retentionBatch, p.room.LastNumber+1)
	kept, err := queryOne(p.conn, scanValue[*int64], `SELECT MIN(number) FROM chat_messages
		WHERE room_id = ? AND number >= ? AND number < ? AND created_at >= ?`, p.room.ID, first, end, before)
	if err != nil {
		return 0, err
	}
	if *kept != nil {
		end = **kept
	}
	if end == first {
		return 0, nil
	}
	const those = "number < ?"
	media := p.dialect.InQuery(`SELECT x.media_id FROM chat_message_media x JOIN chat_messages m ON m.id = x.message_id
		WHERE m.room_id = ? AND m.number < ?`)
	if err := p.releaseMedia("id "+media, p.room.ID, end); err != nil {
		return 0, err
	}
	if err := p.removeContent(p.room.ID, those, end); err != nil {
		return 0, err
	}
	if _, err := p.exec("DELETE FROM chat_messages WHERE room_id = ? AND "+those, p.room.ID, end); err != nil {
		return 0, err
	}
	p.room.FirstNumber = end
	p.record(MessagesRemoved, nil, nil)
	return end - first, p.save()
}

// ignoreNotFound is for jobs, for which a room that was deleted meanwhile is no fault.
func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
