package chat

import "context"

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
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		if me == other {
			return nil, invalid("user_id", CodeNotAllowed, "is the actor: a private room has two users")
		}
		return c.seeRoom(byPair, me, other, other, me)
	})
}
