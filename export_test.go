package chat

import (
	"context"

	"github.com/google/uuid"
)

// Outcome is what became of one message of a group.
type Outcome struct {
	Message    *Message
	Err        error
	RoomLocked bool // somebody else has the lock of its room
}

// GroupedSend is one message of a group.
type GroupedSend struct {
	Actor Actor
	Room  uuid.UUID
	In    NewMessage
}

// SendGroup commits messages as one group, as the queue does under load.
func SendGroup(ctx context.Context, s *Service, wait bool, group ...GroupedSend) ([]Outcome, error) {
	sends := make([]*send, len(group))
	for i, g := range group {
		p, err := s.principalOf(g.Actor)
		if err != nil {
			return nil, err
		}
		if sends[i], err = newSend(p, g.Room, g.In); err != nil {
			return nil, err
		}
	}
	func() {
		defer func() { // as the queue does
			if recovered := recover(); recovered != nil {
				err := s.sendPanicked(ctx, recovered, nil)
				for _, one := range sends {
					one.Fail(err)
				}
			}
		}()
		s.commitSends(ctx, sends, wait)
	}()
	outcomes := make([]Outcome, len(sends))
	for i, one := range sends {
		outcomes[i] = Outcome{one.message, one.err, one.state == sendRoomLocked}
	}
	return outcomes, nil
}
