package chat_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// awaitLock returns when a statement waits for a lock.
func awaitLock(h *chatsuite.Host) {
	h.T.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if h.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0 {
			return
		}
	}
	h.T.Error("nobody waits")
}

// Who is removed and added again in one transaction is a member before it and after it, and is
// never told that there is no such room.
func TestMarkersOfWhoIsRemovedAndAddedAtOnce(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]func(h *chatsuite.Host, room *chat.Room) error{
		"MarkRead": func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.MarkRead(h.Ctx, h.Bob, room.ID, 1))
		},
		"MarkUnread": func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.MarkUnread(h.Ctx, h.Bob, room.ID, 1))
		},
	} {
		for _, public := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := chatsuite.New(t, chatsuite.Postgres)
				room := h.NewGroup(h.Bob)
				h.Send(h.Alice, room.ID, "text")
				chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Public: &public}))(t)
				done := make(chan error, 1)
				chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
					chatsuite.NoError(t, s.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
					chatsuite.Must(s.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
					go func() { done <- mark(h, room) }()
					awaitLock(h)
					return nil
				}))
				chatsuite.NoError(t, <-done)
				if n := h.QueryInt("SELECT last_read_number FROM chat_room_users WHERE user_id = ?", h.Bob); n != 1 {
					t.Errorf("read up to %d", n)
				}
			})
		}
	}
}
