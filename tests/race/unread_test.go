package race_test

import (
	"sync"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// TestUnreadIsRightAfterSendsMarksAndDeletions: whatever order they come in, what is unread
// is what one counts.
func TestUnreadIsRightAfterSendsMarksAndDeletions(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		rounds := 15
		if chatsuite.Long() {
			rounds = 200
		}
		for range rounds {
			deleted := h.Send(h.Bob, room.ID, "to be deleted")
			own := h.Send(h.Alice, room.ID, "to be deleted")
			var all sync.WaitGroup
			for _, do := range []func() error{
				func() error {
					return chatsuite.ErrorOf(h.MarkUnread(h.Ctx, h.Alice, room.ID, max(1, deleted.Number-1)))
				},
				func() error {
					return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "own"}))
				},
				func() error { return chatsuite.ErrorOf(h.MarkRead(h.Ctx, h.Alice, room.ID, own.Number)) },
				func() error { return chatsuite.ErrorOf(h.MarkUnread(h.Ctx, h.Alice, room.ID, own.Number)) },
				func() error {
					return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "another's"}))
				},
				func() error { return h.DeleteMessage(h.Ctx, chat.System, deleted.ID) },
				func() error { return h.DeleteMessage(h.Ctx, h.Alice, own.ID) },
			} {
				all.Go(func() {
					if err := do(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
			from := seen.Me.LastReadNumber + 1
			if seen.Me.MarkedUnread != nil {
				from = *seen.Me.MarkedUnread
			}
			counted := h.QueryInt("SELECT count(*) FROM chat_messages WHERE room_id = ? AND number >= ? AND deleted_at IS NULL AND user_id <> ?",
				room.ID, from, h.Alice)
			if seen.Unread != counted {
				t.Fatalf("%d are unread from %d on, and %d shown", counted, from, seen.Unread)
			}
		}
		h.CheckRoomLogs()
	})
}
