package chat

import (
	"context"

	"github.com/google/uuid"
)

// OpenPrivate returns the one private room of the actor and another user, making
// it if need be: Created reports which. Both have Config.PrivatePermissions in it. It
// is idempotent under any concurrency.
//
// Errors: ErrInvalid when other is the actor or not a user's id, and for System.
func (s *Service) OpenPrivate(ctx context.Context, actor Actor, other UserID) (*Room, error) {
	other, err := s.config.userID("user_id", other)
	if err != nil {
		return nil, err
	}
	if err := s.before(ctx, actor, func(p principal) (Operation, error) {
		return &OpenPrivateOperation{UserID: other}, p.opens(other)
	}); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		if err := c.actor.opens(other); err != nil {
			return nil, err
		}
		room, err := c.openPrivate(c.actor.id, other)
		if err != nil {
			return nil, err
		}
		return room, c.attachViews([]*Room{room})
	})
}

// opens checks that p may have a private room with a user.
func (p principal) opens(other UserID) error {
	me, err := p.user()
	if err == nil && me == other {
		err = invalid("user_id", CodeNotAllowed, "is the actor: a private room has two users")
	}
	return err
}

func (c *call) openPrivate(me, other UserID) (*Room, error) {
	if err := c.setLockTimeout(); err != nil {
		return nil, err
	}
	if err := c.checkPair(me, other); err != nil {
		return nil, err
	}
	made, err := c.insertPrivate(newID(), me, other)
	if err != nil {
		return nil, err
	}
	room, err := c.privateRoom(me, other)
	switch {
	case err != nil:
		return nil, err
	case room == nil: // the one that was there has been deleted since
		return nil, &retryableError{err: conflict("the room is being deleted")}
	case !made:
		return room, nil
	}
	room.Created = true
	p := &roomScope{call: c, room: room}
	p.record(RoomCreated, nil, nil)
	if err := p.insertUsers([]NewRoomUser{{UserID: me}, {UserID: other}}); err != nil {
		return nil, err
	}
	return room, p.save()
}

// privateRoom returns the room of two users, nil when there is none.
func (c *conn) privateRoom(me, other UserID) (*Room, error) {
	return queryOne(c, scanRoom, "SELECT "+prefixed("r", roomColumns)+" FROM "+byPair.from+" WHERE "+byPair.is, me, other, other, me)
}

// insertPrivate leaves it to the database which of the two users is private_a, and
// whether the room is there already.
func (c *conn) insertPrivate(id uuid.UUID, me, other UserID) (made bool, err error) {
	least, greatest := c.dialect.Least(), c.dialect.Greatest()
	user := c.castUser()
	inserted, err := c.exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, default_permissions,
			history_visibility, member_count, private_a, private_b, last_seq, last_number, created_at, updated_at)
		VALUES (?, ?, '', '', ?, ?, '`+string(HistoryAll)+`', 2, `+least+`(`+user+`, `+user+`), `+greatest+`(`+user+`, `+user+`), 0, 0, ?, ?)
		ON CONFLICT (private_a, private_b) DO NOTHING`,
		id, PrivateMessages, false, *c.config.PrivatePermissions, me, other, me, other, c.now, c.now)
	return inserted == 1, err
}

// PrivateRoom returns the one private room of the actor and another user, as Room does by
// its id, and does not make it: see OpenPrivate.
//
// Errors: ErrNotFound, ErrInvalid when other is the actor or no user id, and for System.
func (s *Service) PrivateRoom(ctx context.Context, actor Actor, other UserID) (*Room, error) {
	other, err := s.config.userID("user_id", other)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*Room, error) {
		if err := c.actor.opens(other); err != nil {
			return nil, err
		}
		me := c.actor.id
		return c.seeRoom(byPair, me, other, other, me)
	})
}
