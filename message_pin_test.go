package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestPins(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		first, second := h.Send(h.Bob, room.ID, "first"), h.Send(h.Alice, room.ID, "second")
		_, err := h.PinMessage(h.Ctx, h.Bob, first.ID)
		chatsuite.WantError(t, err, chat.ErrForbidden)
		pin := chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, first.ID))(t)
		if again := chatsuite.Must(h.PinMessage(h.Ctx, chat.System, first.ID))(t); !cmp.Equal(pin, again) {
			t.Error(cmp.Diff(pin, again))
		}
		last := chatsuite.Must(h.PinMessage(h.Ctx, chat.System, second.ID))(t)
		if diff := cmp.Diff([]chat.Pin{*last, *pin}, chatsuite.Must(h.Pins(h.Ctx, h.Bob, room.ID))(t)); diff != "" {
			t.Error(diff)
		}
		chatsuite.WantError(t, h.UnpinMessage(h.Ctx, h.Bob, second.ID), chat.ErrForbidden)
		chatsuite.NoError(t, h.UnpinMessage(h.Ctx, h.Alice, second.ID))
		chatsuite.NoError(t, h.UnpinMessage(h.Ctx, h.Alice, second.ID)) // again: nothing
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, first.ID))
		if left := chatsuite.Must(h.Pins(h.Ctx, h.Bob, room.ID))(t); left == nil || len(left) > 0 {
			t.Errorf("the pins are %v", left)
		}
		_, err = h.PinMessage(h.Ctx, h.Alice, first.ID)
		chatsuite.WantError(t, err, chat.ErrConflict)
		_, err = h.Pins(h.Ctx, h.Carol, room.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.MessageCreated,
			chat.MessagePinned, chat.MessagePinned, chat.MessageUnpinned, chat.MessageDeleted)
	})
}

func TestPinsAreLimited(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		for i := range chat.PinsPerRoom {
			chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, h.Send(h.Alice, room.ID, fmt.Sprint(i)).ID))(t)
		}
		more := h.Send(h.Alice, room.ID, "more")
		_, err := h.PinMessage(h.Ctx, h.Alice, more.ID)
		chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "message_id", chat.PinsPerRoom)
		pins := chatsuite.Must(h.Pins(h.Ctx, h.Alice, room.ID))(t)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, pins[0].MessageID))(t) // again
		chatsuite.NoError(t, h.UnpinMessage(h.Ctx, h.Alice, pins[0].MessageID))
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, more.ID))(t)
	})
}

// Of pins on messages that do not exist for an editor the oldest makes room for theirs.
func TestPinsOfNewcomersAreLimited(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		editor := chat.CanEditRoom | chat.CanCreateMessages
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(t)
		var old []uuid.UUID
		for i := range chat.PinsPerRoom {
			old = append(old, chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, h.Send(h.Alice, room.ID, fmt.Sprint(i)).ID))(t).MessageID)
			h.Clock.Advance(time.Second)
		}
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob, Permissions: &editor}))(t)
		seen := h.Send(h.Bob, room.ID, "new")
		before := chatsuite.Must(h.Room(h.Ctx, chat.System, room.ID))(t).LastSeq
		chatsuite.Must(h.PinMessage(h.Ctx, h.Bob, seen.ID))(t)
		pins := chatsuite.Must(h.Pins(h.Ctx, h.Alice, room.ID))(t)
		if len(pins) != chat.PinsPerRoom || pins[0].MessageID != seen.ID || pins[len(pins)-1].MessageID != old[1] {
			t.Errorf("%d pins, from %v to %v", len(pins), pins[0].MessageID, pins[len(pins)-1].MessageID)
		}
		events := chatsuite.Must(h.Events(h.Ctx, h.Alice, room.ID, chat.EventsQuery{After: before}))(t).Items
		if len(events) != 2 || *events[0].MessageID != old[0] || events[0].Kind != chat.UpdateKind(chat.MessageUnpinned) || *events[1].MessageID != seen.ID {
			t.Errorf("told of %+v", events)
		}
		_, err := h.PinMessage(h.Ctx, h.Alice, h.Send(h.Alice, room.ID, "more").ID) // who sees them all takes one away
		chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "message_id", chat.PinsPerRoom)
		h.CheckRoomLogs()
	})
}

// Who pinned is erased, what is pinned stays.
func TestPinsOutliveWhoPinned(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		editor := chat.CanEditRoom
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob, Permissions: &editor}}}))(t)
		m := h.Send(h.Alice, room.ID, "x")
		chatsuite.Must(h.PinMessage(h.Ctx, h.Bob, m.ID))(t)
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room.ID))
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		pins := chatsuite.Must(h.Pins(h.Ctx, h.Alice, room.ID))(t)
		if len(pins) != 1 || pins[0].UserID != nil {
			t.Errorf("the pins are %+v", pins)
		}
	})
}

// In a private room nobody has can_edit_room, unless the host gives it to both.
func TestPinsInPrivateRooms(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			given := chat.DefaultPermissions(chat.PrivateMessages) | chat.CanEditRoom
			for _, permissions := range []*chat.Permissions{nil, &given} {
				h := chatsuite.New(t, v, func(c *chat.Config) { c.PrivatePermissions = permissions })
				room := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
				m := h.Send(h.Alice, room.ID, "x")
				_, err := h.PinMessage(h.Ctx, h.Bob, m.ID)
				if permissions == nil {
					chatsuite.WantError(t, err, chat.ErrForbidden)
					continue
				}
				chatsuite.NoError(t, err)
				chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{}))
				chatsuite.NoError(t, h.UnpinMessage(h.Ctx, h.Bob, m.ID))
				_, err = h.PinMessage(h.Ctx, h.Bob, m.ID)
				chatsuite.WantError(t, err, chat.ErrForbidden)
			}
		})
	}
}
