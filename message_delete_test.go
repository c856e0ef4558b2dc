package chat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The filters leave what they say, and what is deleted is a tombstone as DeleteMessage makes it.
func TestDeleteMessages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		type setting struct {
			room, other, channel uuid.UUID
			between              time.Time
		}
		newSetting := func() (s setting) {
			s.room, s.other, s.channel = h.NewGroup(h.Bob).ID, h.NewGroup(h.Bob).ID, h.NewRoom(chat.Channel).ID
			h.Send(h.Alice, s.room, "1")
			h.Send(h.Bob, s.room, "2")
			h.Send(h.Bob, s.other, "1")
			h.Send(h.Alice, s.channel, "1")
			s.between = h.Clock.Advance(time.Hour)
			h.Send(chat.System, s.room, "3")
			h.Send(h.Bob, s.room, "4")
			return s
		}
		for name, c := range map[string]struct {
			filter func(setting) chat.MessageFilter
			want   [3][]int64 // the tombstones of the three rooms
		}{
			"a room":    {func(s setting) chat.MessageFilter { return chat.MessageFilter{RoomID: &s.room} }, [3][]int64{{1, 2, 3, 4}, nil, nil}},
			"an author": {func(s setting) chat.MessageFilter { return chat.MessageFilter{Author: h.Bob} }, [3][]int64{{2, 4}, {1}, nil}},
			"a type":    {func(s setting) chat.MessageFilter { return chat.MessageFilter{RoomType: chat.Channel} }, [3][]int64{nil, nil, {1}}},
			"a time":    {func(s setting) chat.MessageFilter { return chat.MessageFilter{Before: s.between} }, [3][]int64{{1, 2}, {1}, {1}}},
			"a time on": {func(s setting) chat.MessageFilter { return chat.MessageFilter{Since: s.between} }, [3][]int64{{3, 4}, nil, nil}},
			"all of them": {func(s setting) chat.MessageFilter {
				return chat.MessageFilter{RoomID: &s.room, RoomType: chat.Group, Author: h.Bob, Before: s.between}
			}, [3][]int64{{2}, nil, nil}},
		} {
			s := newSetting()
			count := 0
			for _, numbers := range c.want {
				count += len(numbers)
			}
			if n := chatsuite.Must(h.DeleteMessages(h.Ctx, c.filter(s)))(t); n != count {
				t.Errorf("%s: %d are deleted, want %d", name, n, count)
			}
			if n := chatsuite.Must(h.DeleteMessages(h.Ctx, c.filter(s)))(t); n != 0 {
				t.Errorf("%s: %d are deleted again", name, n)
			}
			for i, room := range []uuid.UUID{s.room, s.other, s.channel} {
				var numbers []int64
				for _, m := range chatsuite.Must(h.Messages(h.Ctx, chat.System, room, chat.HistoryQuery{}))(t).Items {
					if m.Deleted() && m.Text == "" {
						numbers = append(numbers, m.Number)
					}
				}
				if diff := cmp.Diff(c.want[i], numbers); diff != "" {
					t.Errorf("%s: room %d: %s", name, i, diff)
				}
			}
			for _, room := range []uuid.UUID{s.room, s.other, s.channel} {
				chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room))
			}
		}
		h.CheckRoomLogs()
	})
}

// Many messages go in batches, with their media, reactions and unread counts, each an event.
func TestDeleteMessagesInBatches(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob).ID
		file := h.Upload(h.Alice, "a file")
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "x", MediaIDs: []uuid.UUID{file.ID}}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Bob, first.ID, "👍"))(t)
		for range 229 {
			h.Send(h.Alice, room, "x")
		}
		if n := chatsuite.Must(h.DeleteMessages(h.Ctx, chat.MessageFilter{Author: h.Alice}))(t); n != 230 {
			t.Errorf("%d are deleted, want 230", n)
		}
		got := chatsuite.Must(h.Room(h.Ctx, h.Bob, room))(t)
		if got.Unread != 0 || got.LastSeq != 2+230+1+230 {
			t.Errorf("the room is %+v", got)
		}
		chatsuite.WantError(t, chatsuite.ErrorOf(h.Media(h.Ctx, h.Bob, file.ID)), chat.ErrNotFound)
		if n := h.CountRows("chat_reactions") + h.CountRows("chat_message_media"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		h.CheckRoomLogs()
	})
}

func TestDeleteMessagesRefuses(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		h.Send(h.Alice, room.ID, "stays")
		for field, filter := range map[string]chat.MessageFilter{
			"filter": {}, "room_type": {RoomType: "x"}, "author": {Author: "me"},
		} {
			chatsuite.WantFieldError(t, chatsuite.ErrorOf(h.DeleteMessages(h.Ctx, filter)), chat.ErrInvalid, field, 0)
		}
		absent := uuid.Must(uuid.NewV7())
		chatsuite.WantError(t, chatsuite.ErrorOf(h.DeleteMessages(h.Ctx, chat.MessageFilter{RoomID: &absent})), chat.ErrNotFound)
		if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE deleted_at IS NULL"); n != 1 {
			t.Error("something was deleted")
		}
	})
}
