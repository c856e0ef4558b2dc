package chat_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestInboxShowsTheNewestRoomFirst(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Alice))(t)
		group := h.NewGroup(h.Bob)
		silent := h.NewRoom(chat.Channel)
		h.Send(h.Bob, private.ID, "one")
		h.Send(h.Bob, group.ID, "two")
		h.Send(h.Bob, private.ID, "three")
		muted := true
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, group.ID, h.Alice, chat.RoomUserPatch{Muted: &muted}))(t)

		type line struct {
			ID     uuid.UUID
			Last   string
			Unread int64
			Muted  bool
			Other  chat.UserID
		}
		var got []line
		for _, r := range chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{}))(t).Items {
			l := line{ID: r.ID, Unread: r.Unread, Muted: r.Me.Muted}
			if r.LastMessage != nil {
				l.Last = r.LastMessage.Text
			}
			if r.Other != nil {
				l.Other = *r.Other
			}
			got = append(got, l)
		}
		want := []line{
			{private.ID, "three", 2, false, h.Bob},
			{group.ID, "two", 1, true, ""},
			{silent.ID, "", 0, false, ""},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Alice))(t); n != 3 {
			t.Errorf("unread is %d", n)
		}
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Bob))(t); n != 0 {
			t.Errorf("what bob sent himself is unread: %d", n)
		}
	})
}

func TestInboxPagesMeetEachRoomOnce(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		var want []uuid.UUID
		for i := range 7 {
			kind := []chat.RoomType{chat.Group, chat.Channel}[i%2]
			want = append([]uuid.UUID{h.NewRoom(kind).ID}, want...)
		}
		var got []uuid.UUID
		page := chat.Page{Limit: 3}
		for {
			list := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Page: page}))(t)
			for _, r := range list.Items {
				got = append(got, r.ID)
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		channels := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Type: chat.Channel}))(t)
		if len(channels.Items) != 3 {
			t.Errorf("%d channels", len(channels.Items))
		}
		_, err := h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Type: "club"})
		chatsuite.WantError(t, err, chat.ErrInvalid)
	})
}

func TestReadMarkerMovesForwardOnly(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for i := range 5 {
			h.Send(h.Bob, room.ID, fmt.Sprint(i))
		}
		for _, step := range []struct{ mark, read, unread int64 }{{0, 0, 5}, {3, 3, 2}, {1, 3, 2}, {99, 5, 0}} {
			me := chatsuite.Must(h.MarkRead(h.Ctx, h.Alice, room.ID, step.mark))(t)
			seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
			if me.LastReadNumber != step.read || me.LastSeenAt == nil || seen.Unread != step.unread {
				t.Errorf("after %d: read %d, unread %d", step.mark, me.LastReadNumber, seen.Unread)
			}
		}
		before := len(h.Events(room.ID))
		chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t)
		if n := len(h.Events(room.ID)); n != before {
			t.Error("reading made an event")
		}
	})
}

func TestNewcomerHasNothingUnreadAndTheWholeHistory(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		h.Send(h.Alice, room.ID, "before")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t); seen.Unread != 0 {
			t.Errorf("unread is %d", seen.Unread)
		}
		if page := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t); len(page.Items) != 1 {
			t.Errorf("bob sees %d messages", len(page.Items))
		}
	})
}
