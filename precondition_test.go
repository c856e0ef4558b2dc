package chat_test

import (
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestEditOfWhatChangedInTheMeantimeIsRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Bob, room.ID, "one")
		text := func(s string) *string { return &s }

		first := m.ChangedAt()
		edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("two"), IfChangedAt: &first}))(t)
		_, err := h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("three"), IfChangedAt: &first})
		chatsuite.WantError(t, err, chat.ErrPrecondition)
		second := edited.ChangedAt()
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("four"), IfChangedAt: &second}))(t)
		_, err = h.EditMessage(h.Ctx, h.Carol, m.ID, chat.MessagePatch{Text: text("x"), IfChangedAt: &first})
		chatsuite.WantError(t, err, chat.ErrNotFound) // who may not see it does not learn that it changed

		seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).UpdatedAt
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: text("A"), IfChangedAt: &seen}))(t)
		_, err = h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &seen})
		chatsuite.WantError(t, err, chat.ErrPrecondition)
		never := time.Time{}
		_, err = h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &never})
		chatsuite.WantError(t, err, chat.ErrForbidden)

		if got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).Name; got != "A" {
			t.Errorf("the room is called %q", got)
		}
		if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t).Text; got != "four" {
			t.Errorf("the message says %q", got)
		}
	})
}

func TestOpenPrivateTellsWhetherItMadeTheRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		got := []bool{
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t).Created,
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t).Created,
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Alice))(t).Created,
		}
		if !got[0] || got[1] || got[2] {
			t.Errorf("opened: %v, want only the first", got)
		}
	})
}
