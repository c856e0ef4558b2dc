package chat

import (
	"context"

	"github.com/google/uuid"
)

// RemoveUser takes a member out of a group or a channel; they see nothing of it
// from then on, and their messages stay under their name. It needs
// can_remove_users, or is LeaveRoom when the actor removes themselves.
//
// Errors: ErrNotFound also when the user is no member, ErrForbidden, ErrConflict
// for the owner and in a private room.
func (s *Service) RemoveUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) error {
	user, err := s.userID("user_id", user)
	if err != nil {
		return err
	}
	return s.write(ctx, actor, func(c *call) error {
		p, err := c.lock(byRoom, room)
		if err != nil {
			return err
		}
		op := opRemoveUser
		if user == c.actor.id {
			op = opLeave
		}
		return p.removeUser(op, user)
	})
}

// LeaveRoom ends the actor's membership of a group or a channel.
//
// Errors: ErrNotFound, ErrConflict for the owner, who transfers the room first,
// and in a private room; ErrInvalid for System.
func (s *Service) LeaveRoom(ctx context.Context, actor Actor, room uuid.UUID) error {
	return s.write(ctx, actor, func(c *call) error {
		me, err := c.actor.user()
		if err != nil {
			return err
		}
		p, err := c.lock(byRoom, room)
		if err != nil {
			return err
		}
		return p.removeUser(opLeave, me)
	})
}

func (p *place) removeUser(op operation, user UserID) error {
	isOwner := p.room.OwnerID != nil && *p.room.OwnerID == user
	if err := p.decide(op, target{own: user == p.actor.id, owner: isOwner}); err != nil {
		return err
	}
	removed, err := p.exec("DELETE FROM chat_room_users WHERE room_id = ? AND user_id = ?", p.room.ID, user)
	if err != nil {
		return err
	}
	if removed == 0 {
		return ErrNotFound
	}
	p.record(UserRemoved, nil, &user)
	return p.save()
}
