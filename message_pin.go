package chat

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// PinsPerRoom is how many messages can be pinned in one room.
const PinsPerRoom = 50

// Pin is a row of chat_pins: a message that is pinned in its room.
type Pin struct {
	MessageID uuid.UUID `gorm:"column:message_id;primaryKey;type:uuid;-:migration" json:"message_id"`
	RoomID    uuid.UUID `gorm:"column:room_id;<-:create;-:migration" json:"room_id"`
	UserID    *UserID   `gorm:"column:user_id;<-:create;-:migration" json:"user_id"` // who pinned it; nil for System, or when erased
	CreatedAt time.Time `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`

	Message *Message `gorm:"-" json:"message"` // with all that a page of history shows of it
}

// TableName is the pins' table.
func (Pin) TableName() string { return "chat_pins" }

const pinColumns = "message_id, room_id, user_id, created_at"

func (p *Pin) fields() []any {
	return []any{&p.MessageID, &p.RoomID, &p.UserID, scanRequiredTime(&p.CreatedAt)}
}

func scanPin(rows row) (Pin, error) {
	var p Pin
	err := rows.Scan(p.fields()...)
	return p, err
}

// PinMessage pins a message in its room. It needs can_edit_room. A message that is pinned
// already stays as it was, and nothing is told. Where PinsPerRoom are pinned, and some of them
// are messages that do not exist for the actor (see HistoryJoined), the oldest pin of these is
// taken away.
//
// Errors: ErrNotFound, ErrForbidden, also in a private room whose other user was erased,
// ErrConflict on a tombstone, ErrTooLarge (field "message_id") when PinsPerRoom are pinned.
func (s *Service) PinMessage(ctx context.Context, actor Actor, message uuid.UUID) (*Pin, error) {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &PinOperation{operationOn(byMessage, message), message}, nil
	}); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Pin, error) {
		p, m, err := c.lockTarget(message, opPin)
		if err != nil {
			return nil, err
		}
		pin, err := p.pin(m.Message)
		if err != nil {
			return nil, err
		}
		pin.Message = m.Message
		return pin, nil
	})
}

func (p *roomScope) pin(m *Message) (*Pin, error) {
	pinned, err := queryAll(p.conn, scanPin, "SELECT "+pinColumns+" FROM chat_pins WHERE room_id = ?", p.room.ID)
	if err != nil {
		return nil, err
	}
	for i := range pinned {
		if pinned[i].MessageID == m.ID {
			return &pinned[i], nil
		}
	}
	if len(pinned) >= PinsPerRoom {
		if err := p.unpinUnseen(); err != nil {
			return nil, err
		}
	}
	pin := &Pin{MessageID: m.ID, RoomID: p.room.ID, UserID: p.actor.nullableID(), CreatedAt: p.now}
	if _, err := p.exec("INSERT INTO chat_pins ("+pinColumns+") VALUES (?, ?, ?, ?)",
		pin.MessageID, pin.RoomID, pin.UserID, pin.CreatedAt); err != nil {
		return nil, err
	}
	p.record(MessagePinned, &m.ID, nil)
	return pin, p.save()
}

// unpinUnseen makes room for a pin: of those on messages that the actor does not see, and so
// cannot take away, the oldest goes.
func (p *roomScope) unpinUnseen() error {
	oldest, err := queryOne(p.conn, scanValue[uuid.UUID], `SELECT p.message_id FROM chat_pins p JOIN chat_messages m ON m.id = p.message_id
		WHERE p.room_id = ? AND m.number <= ? ORDER BY p.created_at, p.message_id LIMIT 1`, p.room.ID, p.access.joined)
	if err != nil {
		return err
	}
	if oldest == nil {
		return tooLarge("message_id", CodeTooMany, PinsPerRoom, "pinned messages in a room")
	}
	if _, err := p.exec("DELETE FROM chat_pins WHERE message_id = ?", *oldest); err != nil {
		return err
	}
	p.record(MessageUnpinned, oldest, nil)
	return nil
}

// UnpinMessage takes a message from those that are pinned in its room. It needs
// can_edit_room. Of a message that is not pinned it does nothing.
//
// Errors: ErrNotFound, ErrForbidden.
func (s *Service) UnpinMessage(ctx context.Context, actor Actor, message uuid.UUID) error {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &UnpinOperation{operationOn(byMessage, message), message}, nil
	}); err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		p, m, err := c.lockTarget(message, opUnpin)
		if err != nil {
			return err
		}
		removed, err := p.exec("DELETE FROM chat_pins WHERE message_id = ?", m.ID)
		if err != nil || removed == 0 {
			return err
		}
		p.record(MessageUnpinned, &m.ID, nil)
		return p.save()
	})
}

// Pins lists the messages that are pinned in a room, at most PinsPerRoom, the one that was
// pinned last first, each with all that a page of history shows of it.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room.
func (s *Service) Pins(ctx context.Context, actor Actor, room uuid.UUID) ([]Pin, error) {
	return read(ctx, s, actor, func(c *call) ([]Pin, error) {
		p, err := c.readFor(byRoom, room, opRead, target{})
		if err != nil {
			return nil, err
		}
		return p.pins()
	})
}

func (p *roomScope) pins() ([]Pin, error) {
	still, args := p.andStillSees()
	columns, content := p.content()
	var pin Pin
	reader := newMessageReader(pin.fields()...)
	pins, err := queryAll(p.conn, func(rows row) (Pin, error) {
		m, err := reader.scan(rows)
		if m.ReplyTo == nil {
			m.ReplyToID = nil
		}
		read := pin
		read.Message = &m
		return read, err
	}, "SELECT "+prefixed("p", pinColumns)+", "+prefixed("m", messageColumns)+", "+columns+
		" FROM chat_pins p JOIN chat_messages m ON m.id = p.message_id WHERE p.room_id = ? AND m.number > ?"+still+
		" ORDER BY p.created_at DESC, p.message_id DESC", slices.Concat(content, []any{p.room.ID, p.access.joined}, args)...)
	if pins == nil {
		pins = []Pin{}
	}
	return pins, err
}
