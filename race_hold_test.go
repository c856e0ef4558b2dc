package chat_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// patience ends a test that hangs; it decides nothing else.
const patience = 30 * time.Second

// hold runs work while a transaction of the host's holds a room, and ends the
// transaction when work is done: were work to wait for the room, it would hang.
func (h *host) hold(held func(tx *gorm.DB, s *chat.Service) error, work func() error) error {
	worked := make(chan error, 1)
	return h.InTx(h.ctx, func(tx *gorm.DB, s *chat.Service) error {
		if err := held(tx, s); err != nil {
			return err
		}
		go func() { worked <- recovered(work) }()
		select {
		case err := <-worked:
			return err
		case <-time.After(patience):
			return errors.New("the others wait for a room that is not theirs")
		}
	})
}

// goOn does a bit of everything that does not touch the held room.
func (h *host) goOn(room uuid.UUID) error {
	message, err := h.SendMessage(h.ctx, h.bob, room, chat.NewMessage{Text: "on it goes"})
	if err != nil {
		return err
	}
	_, reactErr := h.React(h.ctx, h.alice, message.ID, "👍")
	_, readErr := h.MarkRead(h.ctx, h.bob, room, message.Number)
	_, addErr := h.AddUsers(h.ctx, h.alice, room, chat.NewRoomUser{UserID: h.dave})
	_, createErr := h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "new", Members: []chat.NewRoomUser{{UserID: h.bob}}})
	_, openErr := h.OpenPrivate(h.ctx, h.carol, h.dave)
	return errors.Join(reactErr, readErr, addErr, createErr, openErr)
}

// readOn reads the held room and all others, which nothing ever delays.
func (h *host) readOn(held uuid.UUID) error {
	_, historyErr := h.Messages(h.ctx, h.bob, held, chat.HistoryQuery{})
	_, roomsErr := h.Rooms(h.ctx, h.alice, chat.RoomsQuery{})
	_, membersErr := h.RoomUsers(h.ctx, h.bob, held, chat.Page{})
	_, unreadErr := h.Unread(h.ctx, h.bob)
	return errors.Join(historyErr, roomsErr, membersErr, unreadErr)
}

func TestOtherRoomsGoOnWhileAHostHoldsSome(t *testing.T) {
	over(t, []variant{onPostgres}, func(t *testing.T, h *host) {
		for name, held := range map[string]func(tx *gorm.DB, s *chat.Service, room uuid.UUID) error{
			"by messages": func(_ *gorm.DB, s *chat.Service, room uuid.UUID) error {
				return of(s.SendMessage(h.ctx, h.alice, room, chat.NewMessage{Text: "held"}))
			},
			"by its own SQL": func(tx *gorm.DB, _ *chat.Service, room uuid.UUID) error {
				return tx.Exec("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE", room).Error
			},
		} {
			// More rooms are held than messages are committed side by side.
			rooms := []*chat.Room{h.group(h.bob), h.group(h.bob), h.group(h.bob), h.group(h.bob)}
			others := []*chat.Room{h.group(h.bob), h.group(h.bob)}
			waiting := make(chan error, len(rooms))
			ok(t, h.hold(func(tx *gorm.DB, s *chat.Service) error {
				for _, room := range rooms {
					if err := held(tx, s, room.ID); err != nil {
						return err
					}
				}
				return nil
			}, func() error {
				for _, room := range rooms {
					go func() { waiting <- of(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{Text: "waits"})) }()
				}
				for i := range 6 * len(others) {
					if err := errors.Join(h.goOn(others[i%len(others)].ID), h.readOn(rooms[0].ID)); err != nil {
						return fmt.Errorf("%s: %w", name, err)
					}
				}
				if len(waiting) > 0 {
					return fmt.Errorf("%s: a message was sent into a room that was held", name)
				}
				return nil
			}))
			for range rooms {
				ok(t, <-waiting)
			}
		}
		h.checkLogs()
	})
}

// Nobody waits for ever: the caller hears that the room is busy, and may try again.
func TestARoomThatIsHeldForTooLongIsRetryable(t *testing.T) {
	over(t, []variant{onPostgres}, func(t *testing.T, h *host) {
		rooms := []*chat.Room{h.group(h.bob), h.group(h.bob), h.group(h.bob)}
		message := h.send(h.alice, rooms[1].ID, "first")
		ok(t, h.hold(func(_ *gorm.DB, s *chat.Service) error {
			for _, room := range rooms {
				if err := of(s.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "held"})); err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			for i, err := range together(
				func() error { return of(h.SendMessage(h.ctx, h.bob, rooms[0].ID, chat.NewMessage{Text: "waits"})) },
				func() error { return of(h.React(h.ctx, h.bob, message.ID, "👍")) },
				func() error { return h.LeaveRoom(h.ctx, h.bob, rooms[2].ID) },
			) {
				if !chat.IsRetryable(err) {
					t.Errorf("call %d: %v is not to be retried", i, err)
				}
			}
			return nil
		}))
		for i, want := range [][]chat.EventKind{
			{chat.RoomCreated, chat.UserAdded, chat.MessageCreated},
			{chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.MessageCreated},
			{chat.RoomCreated, chat.UserAdded, chat.MessageCreated},
		} {
			if diff := cmp.Diff(want, h.kinds(rooms[i].ID)); diff != "" {
				t.Error(diff)
			}
		}
		h.checkLogs()
	})
}

// SQLite has one writer: readers go on, and the others' writes come when the host's
// transaction is over.
func TestReadersGoOnWhileAHostWritesToSQLite(t *testing.T) {
	over(t, []variant{onSQLiteFile}, func(t *testing.T, h *host) {
		room, other := h.group(h.bob), h.group(h.bob)
		waiting := make(chan error, 1)
		ok(t, h.hold(func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "held"})
			return err
		}, func() error {
			go func() { waiting <- h.goOn(other.ID) }()
			for range 20 {
				if err := h.readOn(room.ID); err != nil {
					return err
				}
			}
			time.Sleep(time.Second) // long for a transaction, short for _busy_timeout
			select {
			case err := <-waiting:
				return errors.Join(errors.New("something was written beside another writer"), err)
			default:
				return nil
			}
		}))
		ok(t, <-waiting)
		h.checkLogs()
	})
}

// A host's row that refers to a room needs a lock that goes with the library's own.
func TestHostRowsMayReferToARoomThatIsHeld(t *testing.T) {
	over(t, []variant{onPostgres}, func(t *testing.T, h *host) {
		ok(t, h.db.Exec("CREATE TABLE bookings (id bigint PRIMARY KEY, room_id uuid NOT NULL REFERENCES chat_rooms (id))").Error)
		room := h.group(h.bob)
		ok(t, h.hold(func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "held"})
			return err
		}, func() error {
			return h.db.Exec("INSERT INTO bookings VALUES (1, ?)", room.ID).Error
		}))
	})
}
