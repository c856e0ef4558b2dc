package chat_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func TestInboxShowsTheNewestRoomFirst(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		private := must(h.OpenPrivate(h.ctx, h.bob, h.alice))(t)
		group := h.group(h.bob)
		silent := h.room(chat.Channel)
		h.send(h.bob, private.ID, "one")
		h.send(h.bob, group.ID, "two")
		h.send(h.bob, private.ID, "three")
		muted := true
		must(h.UpdateRoomUser(h.ctx, h.alice, group.ID, h.alice, chat.RoomUserPatch{Muted: &muted}))(t)

		type line struct {
			ID     uuid.UUID
			Last   string
			Unread int64
			Muted  bool
			Other  chat.UserID
		}
		var got []line
		for _, r := range must(h.Rooms(h.ctx, h.alice, chat.RoomsQuery{}))(t).Items {
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
			{private.ID, "three", 2, false, h.bob},
			{group.ID, "two", 1, true, ""},
			{silent.ID, "", 0, false, ""},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := must(h.Unread(h.ctx, h.alice))(t); n != 3 {
			t.Errorf("unread is %d", n)
		}
		if n := must(h.Unread(h.ctx, h.bob))(t); n != 0 {
			t.Errorf("what bob sent himself is unread: %d", n)
		}
	})
}

func TestInboxPagesMeetEachRoomOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		var want []uuid.UUID
		for i := range 7 {
			kind := []chat.RoomType{chat.Group, chat.Channel}[i%2]
			want = append([]uuid.UUID{h.room(kind).ID}, want...)
		}
		var got []uuid.UUID
		page := chat.Page{Limit: 3}
		for {
			list := must(h.Rooms(h.ctx, h.alice, chat.RoomsQuery{Page: page}))(t)
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
		channels := must(h.Rooms(h.ctx, h.alice, chat.RoomsQuery{Type: chat.Channel}))(t)
		if len(channels.Items) != 3 {
			t.Errorf("%d channels", len(channels.Items))
		}
		_, err := h.Rooms(h.ctx, h.alice, chat.RoomsQuery{Type: "club"})
		wantError(t, err, chat.ErrInvalid)
	})
}

func TestReadMarkerMovesForwardOnly(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		for i := range 5 {
			h.send(h.bob, room.ID, fmt.Sprint(i))
		}
		for _, step := range []struct{ mark, read, unread int64 }{{0, 0, 5}, {3, 3, 2}, {1, 3, 2}, {99, 5, 0}} {
			me := must(h.MarkRead(h.ctx, h.alice, room.ID, step.mark))(t)
			seen := must(h.Room(h.ctx, h.alice, room.ID))(t)
			if me.LastReadNumber != step.read || me.LastSeenAt == nil || seen.Unread != step.unread {
				t.Errorf("after %d: read %d, unread %d", step.mark, me.LastReadNumber, seen.Unread)
			}
		}
		before := len(h.events(room.ID))
		must(h.Messages(h.ctx, h.bob, room.ID, chat.HistoryQuery{}))(t)
		if n := len(h.events(room.ID)); n != before {
			t.Error("reading made an event")
		}
	})
}

func TestNewcomerHasNothingUnreadAndTheWholeHistory(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group()
		h.send(h.alice, room.ID, "before")
		must(h.AddUsers(h.ctx, h.alice, room.ID, chat.NewRoomUser{UserID: h.bob}))(t)
		if seen := must(h.Room(h.ctx, h.bob, room.ID))(t); seen.Unread != 0 {
			t.Errorf("unread is %d", seen.Unread)
		}
		if page := must(h.Messages(h.ctx, h.bob, room.ID, chat.HistoryQuery{}))(t); len(page.Items) != 1 {
			t.Errorf("bob sees %d messages", len(page.Items))
		}
	})
}
