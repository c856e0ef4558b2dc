package race_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// goOn does a bit of everything that does not touch the held room.
func goOn(h *chatsuite.Host, room uuid.UUID) error {
	message, err := h.SendMessage(h.Ctx, h.Bob, room, chat.NewMessage{Text: "on it goes"})
	if err != nil {
		return err
	}
	_, reactErr := h.React(h.Ctx, h.Alice, message.ID, "👍")
	_, readErr := h.MarkRead(h.Ctx, h.Bob, room, message.Number)
	_, addErr := h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: h.Dave})
	_, createErr := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "new", Members: []chat.NewRoomUser{{UserID: h.Bob}}})
	_, openErr := h.OpenPrivate(h.Ctx, h.Carol, h.Dave)
	return errors.Join(reactErr, readErr, addErr, createErr, openErr)
}

// readOn reads the held room and all others, which nothing ever delays.
func readOn(h *chatsuite.Host, held uuid.UUID) error {
	_, historyErr := h.Messages(h.Ctx, h.Bob, held, chat.HistoryQuery{})
	_, roomsErr := h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{})
	_, membersErr := h.RoomUsers(h.Ctx, h.Bob, held, chat.Page{})
	_, unreadErr := h.Unread(h.Ctx, h.Bob)
	return errors.Join(historyErr, roomsErr, membersErr, unreadErr)
}

// sendUntilFree sends a message, again and again when the room is held for longer than
// a send waits.
func sendUntilFree(h *chatsuite.Host, room uuid.UUID) error {
	for {
		err := chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, room, chat.NewMessage{Text: "waits"}))
		if !chat.IsRetryable(err) {
			return err
		}
	}
}

func TestOtherRoomsGoOnWhileAHostHoldsSome(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		for name, held := range map[string]func(tx *gorm.DB, s *chat.Service, room uuid.UUID) error{
			"by messages": func(_ *gorm.DB, s *chat.Service, room uuid.UUID) error {
				return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "held"}))
			},
			"by its own SQL": func(tx *gorm.DB, _ *chat.Service, room uuid.UUID) error {
				return tx.Exec("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE", room).Error
			},
		} {
			// More rooms are held than messages are committed side by side.
			rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
			others := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
			waiting := make(chan error, len(rooms))
			chatsuite.NoError(t, h.HoldTx(func(tx *gorm.DB, s *chat.Service) error {
				for _, room := range rooms {
					if err := held(tx, s, room.ID); err != nil {
						return err
					}
				}
				return nil
			}, func() error {
				for _, room := range rooms {
					go func() { waiting <- sendUntilFree(h, room.ID) }()
				}
				for i := range 6 * len(others) {
					if err := errors.Join(goOn(h, others[i%len(others)].ID), readOn(h, rooms[0].ID)); err != nil {
						return fmt.Errorf("%s: %w", name, err)
					}
				}
				if len(waiting) > 0 {
					return fmt.Errorf("%s: a message was sent into a room that was held", name)
				}
				return nil
			}))
			for range rooms {
				chatsuite.NoError(t, <-waiting)
			}
		}
		h.CheckRoomLogs()
	})
}

// Nobody waits for ever: the caller hears that the room is busy, and may try again.
func TestARoomThatIsLockedForTooLongIsRetryable(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
		message := h.Send(h.Alice, rooms[1].ID, "first")
		chatsuite.NoError(t, h.HoldTx(func(_ *gorm.DB, s *chat.Service) error {
			for _, room := range rooms {
				if err := chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "held"})); err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			for i, err := range chatsuite.Parallel(
				func() error {
					return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, rooms[0].ID, chat.NewMessage{Text: "waits"}))
				},
				func() error { return chatsuite.ErrorOf(h.React(h.Ctx, h.Bob, message.ID, "👍")) },
				func() error { return h.LeaveRoom(h.Ctx, h.Bob, rooms[2].ID) },
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
			if diff := cmp.Diff(want, h.EventKinds(rooms[i].ID)); diff != "" {
				t.Error(diff)
			}
		}
		h.CheckRoomLogs()
	})
}

// SQLite has one writer: readers go on, and the others' writes come when the host's
// transaction is over.
func TestReadersGoOnWhileAHostWritesToSQLite(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLiteFile}, func(t *testing.T, h *chatsuite.Host) {
		room, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		waiting := make(chan error, 1)
		chatsuite.NoError(t, h.HoldTx(func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "held"})
			return err
		}, func() error {
			go func() { waiting <- goOn(h, other.ID) }()
			for range 20 {
				if err := readOn(h, room.ID); err != nil {
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
		chatsuite.NoError(t, <-waiting)
		h.CheckRoomLogs()
	})
}

// A host's row that refers to a room needs a lock that goes with the library's own.
func TestHostRowsMayReferToARoomThatIsLocked(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.NoError(t, h.DB.Exec("CREATE TABLE bookings (id bigint PRIMARY KEY, room_id uuid NOT NULL REFERENCES chat_rooms (id))").Error)
		room := h.NewGroup(h.Bob)
		chatsuite.NoError(t, h.HoldTx(func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "held"})
			return err
		}, func() error {
			return h.DB.Exec("INSERT INTO bookings VALUES (1, ?)", room.ID).Error
		}))
	})
}
