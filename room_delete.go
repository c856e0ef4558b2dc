package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// DeleteRoom deletes a room for everyone in it: from then on it and all in it are
// ErrNotFound, and the two users of a private room may open a new one; its key is free. A group or a
// channel is its owner's to delete, an ownerless one System's, a private room needs can_delete_room. The rows
// stay until PurgeRooms, and the bytes of its media until SweepMedia.
//
// Errors: ErrNotFound, ErrForbidden.
func (s *Service) DeleteRoom(ctx context.Context, actor Actor, room uuid.UUID) error {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &DeleteRoomOperation{operationOn(byRoom, room), room}, nil
	}); err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		p, err := c.lockFor(byRoom, room, opDeleteRoom)
		if err != nil {
			return err
		}
		at, err := c.agingTime()
		if err != nil {
			return err
		}
		c.untimed() // a room may have any number of media
		var avatars []uuid.UUID
		if avatar := p.detach(at); avatar != nil {
			avatars = append(avatars, *avatar)
		}
		if err := p.releaseRooms([]uuid.UUID{room}, avatars); err != nil {
			return err
		}
		return p.save()
	})
}

// detach empties what a deleted room would keep from others: its owner, its pair, its key,
// its avatar, which it returns to be released. Memberships stay, to address the last
// event, and are counted no longer.
func (p *roomScope) detach(at time.Time) (avatar *uuid.UUID) {
	r := p.room
	avatar = r.AvatarID
	r.OwnerID, r.PrivateA, r.PrivateB, r.Key, r.AvatarID, r.MemberCount = nil, nil, nil, nil, nil, 0
	r.DeletedAt, r.UpdatedAt = &at, later(p.now, r.UpdatedAt)
	p.record(RoomDeleted, nil, nil)
	return avatar
}

// purgeBatch is how many messages one transaction of PurgeRooms removes.
const purgeBatch = 2000

// PurgeRooms removes the rows of rooms that were deleted longer ago than olderThan,
// in batches of one transaction each; their media are SweepMedia's. It returns how many
// rooms were removed. The host calls it from a job of its own, so that there is
// no actor; it is safe to stop and to run twice at once. Inside InTx it is all part
// of that transaction.
func (s *Service) PurgeRooms(ctx context.Context, olderThan time.Duration) (int, error) {
	purged := 0
	for {
		step, err := write(ctx, s, System, func(c *call) (purgeStep, error) { return c.purge(olderThan) })
		if err != nil || step == purgedNothing {
			return purged, err
		}
		if step == purgedRoom {
			purged++
		}
	}
}

// purgeStep is what one transaction of PurgeRooms has removed.
type purgeStep int

const (
	purgedNothing  purgeStep = iota // there is no room left to purge
	purgedMessages                  // a batch of the messages of a room
	purgedRoom                      // the last messages of a room, and the room
)

// purge removes a batch of the messages of one deleted room, and with the last of them
// the room.
func (c *conn) purge(olderThan time.Duration) (purgeStep, error) {
	c.untimed()
	if err := c.setLockTimeout(); err != nil {
		return purgedNothing, err
	}
	at, err := c.agingTime()
	if err != nil {
		return purgedNothing, err
	}
	room, err := c.lockDeleted(at.Add(-olderThan))
	if err != nil || room == nil {
		return purgedNothing, err
	}
	// The first that there are, up to one, in an index for each table.
	const batch = "number <= (SELECT MAX(b.number) FROM (SELECT number FROM chat_messages WHERE room_id = ? ORDER BY number LIMIT ?) AS b)"
	if err := c.removeContent(*room, batch, *room, purgeBatch); err != nil {
		return purgedNothing, err
	}
	removed, err := c.exec("DELETE FROM chat_messages WHERE room_id = ? AND "+batch, *room, *room, purgeBatch)
	if err != nil {
		return purgedNothing, err
	}
	if removed == purgeBatch {
		return purgedMessages, nil
	}
	for _, query := range []string{
		"DELETE FROM chat_events WHERE room_id = ?",
		"DELETE FROM chat_room_users WHERE room_id = ?",
		"DELETE FROM chat_restrictions WHERE room_id = ?",
		"DELETE FROM chat_rooms WHERE id = ?",
	} {
		if _, err := c.exec(query, *room); err != nil {
			return purgedNothing, err
		}
	}
	return purgedRoom, nil
}

// lockDeleted picks a deleted room that nobody else is purging.
func (c *conn) lockDeleted(before time.Time) (*uuid.UUID, error) {
	return queryOne(c, scanValue[uuid.UUID], "SELECT id FROM chat_rooms WHERE deleted_at < ? ORDER BY deleted_at LIMIT 1"+
		c.dialect.Lock("FOR UPDATE SKIP LOCKED"), before)
}
