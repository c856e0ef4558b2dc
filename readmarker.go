package chat

import (
	"context"

	"github.com/google/uuid"
)

// MarkRead moves the actor's read marker of a room forward to the message with
// this number, and stamps when they were last seen. A number past the last message
// means all of them; a smaller one than before moves nothing back. It takes no lock
// and makes no event: the marker is the member's own.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room, ErrInvalid
// for a negative number and for System, which reads nothing.
func (s *Service) MarkRead(ctx context.Context, actor Actor, room uuid.UUID, number int64) (*RoomUser, error) {
	if number < 0 {
		return nil, invalid("number", "is negative")
	}
	var me *RoomUser
	err := s.write(ctx, actor, func(c *call) error {
		user, err := c.actor.user()
		if err != nil {
			return err
		}
		if err := c.moveMarker(room, user, number); err != nil {
			return err
		}
		p, err := c.visit(byRoom, room, opKeepOwnState, target{own: true})
		if err == nil {
			me = p.me
		}
		return err
	})
	return result(me, err)
}

// moveMarker does nothing for those who are not members.
func (c *call) moveMarker(room uuid.UUID, user UserID, number int64) error {
	least, greatest := "MIN", "MAX"
	if c.dialect == postgres {
		least, greatest = "LEAST", "GREATEST"
	}
	_, err := c.exec(`UPDATE chat_room_users SET last_seen_at = ?, last_read_number = `+greatest+`(last_read_number,
			`+least+`(CAST(? AS bigint), (SELECT last_number FROM chat_rooms WHERE id = room_id)))
		WHERE room_id = ? AND user_id = ?
		AND EXISTS (SELECT 1 FROM chat_rooms WHERE id = room_id AND deleted_at IS NULL)`,
		c.now, number, room, user)
	return err
}

// Unread counts the messages behind the actor's read markers in all their rooms,
// muted ones included.
//
// Errors: ErrInvalid for System, which reads nothing.
func (s *Service) Unread(ctx context.Context, actor Actor) (int64, error) {
	var total int64
	err := s.read(ctx, actor, func(c *call) error {
		me, err := c.actor.user()
		if err != nil {
			return err
		}
		sum, err := one(c, scanValue[int64], `SELECT CAST(COALESCE(SUM(r.last_number - u.last_read_number), 0) AS bigint)
			FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id
			WHERE u.user_id = ? AND r.deleted_at IS NULL`, me)
		if err != nil {
			return err
		}
		total = *sum
		return nil
	})
	return total, err
}
