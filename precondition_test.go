package chat_test

import (
	"testing"
	"time"

	"github.com/go-df/chat"
)

func TestEditOfWhatChangedInTheMeantimeIsRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		m := h.send(h.bob, room.ID, "one")
		text := func(s string) *string { return &s }

		first := m.ChangedAt()
		edited := must(h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: text("two"), IfChangedAt: &first}))(t)
		_, err := h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: text("three"), IfChangedAt: &first})
		wantError(t, err, chat.ErrPrecondition)
		second := edited.ChangedAt()
		must(h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: text("four"), IfChangedAt: &second}))(t)
		_, err = h.EditMessage(h.ctx, h.carol, m.ID, chat.MessagePatch{Text: text("x"), IfChangedAt: &first})
		wantError(t, err, chat.ErrNotFound) // who may not see it does not learn that it changed

		seen := must(h.Room(h.ctx, h.alice, room.ID))(t).UpdatedAt
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{Name: text("A"), IfChangedAt: &seen}))(t)
		_, err = h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &seen})
		wantError(t, err, chat.ErrPrecondition)
		never := time.Time{}
		_, err = h.UpdateRoom(h.ctx, h.bob, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &never})
		wantError(t, err, chat.ErrForbidden)

		if got := must(h.Room(h.ctx, h.alice, room.ID))(t).Name; got != "A" {
			t.Errorf("the room is called %q", got)
		}
		if got := must(h.Message(h.ctx, h.alice, m.ID))(t).Text; got != "four" {
			t.Errorf("the message says %q", got)
		}
	})
}

func TestOpenPrivateTellsWhetherItMadeTheRoom(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		got := []bool{
			must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t).Created,
			must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t).Created,
			must(h.OpenPrivate(h.ctx, h.bob, h.alice))(t).Created,
		}
		if !got[0] || got[1] || got[2] {
			t.Errorf("opened: %v, want only the first", got)
		}
	})
}
