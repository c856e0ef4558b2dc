package chat_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// newcomers is a room that shows newcomers no history: ten messages, of which the third has
// a medium and a reaction, and then Carol joins, and Alice replies to the third.
type newcomers struct {
	room         uuid.UUID
	old, reply   *chat.Message
	oldReaction  uuid.UUID
	oldMedium    uuid.UUID
	firstVisible int64
}

func newNewcomers(h *chatsuite.Host) *newcomers {
	h.T.Helper()
	public := chat.NewRoom{Name: "x", Public: true, HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: h.Bob}}}
	w := &newcomers{room: chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, public))(h.T).ID}
	for i := range 10 {
		in := chat.NewMessage{Text: fmt.Sprint("words of message ", i+1)}
		if i == 2 {
			w.oldMedium = h.Upload(h.Alice, chatsuite.GIF).ID
			in.MediaIDs = []uuid.UUID{w.oldMedium}
		}
		if m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, w.room, in))(h.T); i == 2 {
			w.old = m
		}
	}
	w.oldReaction = chatsuite.Must(h.React(h.Ctx, h.Bob, w.old.ID, "👍"))(h.T).ID
	chatsuite.Must(h.JoinRoom(h.Ctx, h.Carol, w.room))(h.T)
	w.firstVisible = 11
	w.reply = chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, w.room, chat.NewMessage{Text: "words of the reply", ReplyToID: &w.old.ID}))(h.T)
	return w
}

func numbersOf(messages []chat.Message) (numbers []int64) {
	for _, m := range messages {
		numbers = append(numbers, m.Number)
	}
	return numbers
}

func TestHistoryBeginsWhereANewcomerJoined(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		h.Send(h.Bob, w.room, "12")
		h.Send(h.Bob, w.room, "13")
		n := func(n int64) *int64 { return &n }
		for name, c := range map[string]struct {
			at            chat.HistoryQuery
			want          []int64
			before, after bool
		}{
			"newest":            {chat.HistoryQuery{Limit: 2}, []int64{12, 13}, true, false},
			"all":               {chat.HistoryQuery{}, []int64{11, 12, 13}, false, false},
			"before":            {chat.HistoryQuery{Before: n(13)}, []int64{11, 12}, false, true},
			"before the first":  {chat.HistoryQuery{Before: n(11)}, nil, false, true},
			"before what is":    {chat.HistoryQuery{Before: n(4), Limit: 2}, nil, false, true},
			"after nothing":     {chat.HistoryQuery{After: n(0), Limit: 2}, []int64{11, 12}, false, true},
			"after what is not": {chat.HistoryQuery{After: n(5), Limit: 2}, []int64{11, 12}, false, true},
			"after the first":   {chat.HistoryQuery{After: n(11)}, []int64{12, 13}, true, false},
			"around what is":    {chat.HistoryQuery{Around: n(3), Limit: 2}, []int64{11, 12}, false, true},
			"around the last":   {chat.HistoryQuery{Around: n(13), Limit: 2}, []int64{12, 13}, true, false},
		} {
			page := chatsuite.Must(h.Messages(h.Ctx, h.Carol, w.room, c.at))(t)
			if diff := cmp.Diff(c.want, numbersOf(page.Items)); diff != "" || page.HasBefore != c.before || page.HasAfter != c.after {
				t.Errorf("%s: before %v, after %v, %s", name, page.HasBefore, page.HasAfter, diff)
			}
		}
		for _, actor := range []chat.Actor{h.Alice, h.Bob, chat.System} {
			if page := chatsuite.Must(h.Messages(h.Ctx, actor, w.room, chat.HistoryQuery{}))(t); len(page.Items) != 13 {
				t.Errorf("%v sees %d messages of 13", actor, len(page.Items))
			}
		}
	})
}

// Of a reply to a message that does not exist for the reader, nothing tells that it is one.
func TestReplyToAHiddenMessageIsShownAsNone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		all := chat.AllPermissions &^ chat.CanDeleteRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, w.room, h.Carol, chat.RoomUserPatch{Permissions: &all}))(t)
		text := "words of the edited reply"
		shown := map[string]*chat.Message{
			"by its id": chatsuite.Must(h.Message(h.Ctx, h.Carol, w.reply.ID))(t),
			"on a page": &chatsuite.Must(h.Messages(h.Ctx, h.Carol, w.room, chat.HistoryQuery{}))(t).Items[0],
			"found":     &chatsuite.Must(h.SearchMessages(h.Ctx, h.Carol, chat.MessageSearchQuery{Query: "reply"}))(t).Items[0].Message,
			"edited":    chatsuite.Must(h.EditMessage(h.Ctx, h.Carol, w.reply.ID, chat.MessagePatch{Text: &text}))(t),
		}
		for how, m := range shown {
			if m.ID != w.reply.ID || m.ReplyTo != nil || m.ReplyToID != nil {
				t.Errorf("%s: the reply shows %v, %+v", how, m.ReplyToID, m.ReplyTo)
			}
		}
		for _, actor := range []chat.Actor{h.Bob, chat.System} {
			if m := chatsuite.Must(h.Message(h.Ctx, actor, w.reply.ID))(t); m.ReplyTo == nil || m.ReplyTo.Number != w.old.Number || *m.ReplyToID != w.old.ID {
				t.Errorf("%v is shown %+v", actor, m)
			}
		}
		next := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, w.room, chat.NewMessage{Text: "and", ReplyToID: &w.reply.ID}))(t)
		if m := chatsuite.Must(h.Message(h.Ctx, h.Carol, next.ID))(t); m.ReplyTo == nil || m.ReplyTo.Number != w.reply.Number {
			t.Errorf("a reply to what is seen shows %+v", m.ReplyTo)
		}
	})
}

func TestHiddenMessagesAreNotFound(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		wantFound(t, h, h.Carol, "words", nil, "words of the reply")
		wantFound(t, h, h.Carol, "words", &w.room, "words of the reply")
		wantFound(t, h, h.Carol, "message", nil)
		if all := found(h, h.Bob, "words", nil); len(all) != 11 {
			t.Errorf("who was there finds %d of 11", len(all))
		}
		other := h.NewGroup(h.Carol)
		h.Send(h.Alice, other.ID, "words elsewhere")
		wantFound(t, h, h.Carol, "words", nil, "words elsewhere", "words of the reply")
	})
}

func TestRoomOfANewcomer(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Dave, w.room))(t)
		room := chatsuite.Must(h.Room(h.Ctx, h.Dave, w.room))(t)
		listed := chatsuite.Must(h.Rooms(h.Ctx, h.Dave, chat.RoomsQuery{}))(t).Items[0]
		for how, r := range map[string]*chat.Room{"Room": room, "Rooms": &listed} {
			if r.LastMessage != nil || r.Unread != 0 || r.Me.JoinedNumber != 11 || r.MemberCount != 4 || r.HistoryVisibility != chat.HistoryJoined {
				t.Errorf("%s is %+v", how, r)
			}
		}
		h.Send(h.Bob, w.room, "news")
		chatsuite.Must(h.MarkRead(h.Ctx, h.Dave, w.room, 3))(t)
		if got := chatsuite.Must(h.Room(h.Ctx, h.Dave, w.room))(t); got.Unread != 1 || got.LastMessage == nil || got.Me.LastReadNumber != 11 {
			t.Errorf("with one new message the room is %+v", got)
		}
		if total := chatsuite.Must(h.Unread(h.Ctx, h.Dave))(t); total.Total != 1 {
			t.Errorf("%d are unread, want 1", total.Total)
		}
	})
}

// A newcomer marks nothing unread that does not exist for them.
func TestMarkUnreadBeforeANewcomer(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		if me := chatsuite.Must(h.MarkUnread(h.Ctx, h.Carol, w.room, 3))(t); me.MarkedUnread != nil {
			t.Errorf("marked from %d on with nothing to see", *me.MarkedUnread)
		}
		h.Send(h.Bob, w.room, "news")
		chatsuite.Must(h.MarkRead(h.Ctx, h.Carol, w.room, 12))(t)
		if me := chatsuite.Must(h.MarkUnread(h.Ctx, h.Carol, w.room, 3))(t); me.MarkedUnread == nil || *me.MarkedUnread != w.firstVisible || me.Unread != 2 {
			t.Errorf("marked as %+v, want from %d on", me, w.firstVisible)
		}
		if got := chatsuite.Must(h.Room(h.Ctx, h.Carol, w.room))(t); got.Unread != 2 {
			t.Errorf("%d are unread, want 2", got.Unread)
		}
	})
}

// How far others have read is not told where that is in messages that one does not see.
func TestReadMarkersBeforeANewcomer(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, w.room, 5))(t)
		marker := func(of, seenBy chat.UserID) int64 {
			one := chatsuite.Must(h.RoomUser(h.Ctx, seenBy, w.room, of))(t).LastReadNumber
			for _, listed := range chatsuite.Must(h.RoomUsers(h.Ctx, seenBy, w.room, chat.Page{}))(t).Items {
				if listed.UserID == of && listed.LastReadNumber != one {
					t.Errorf("%s is listed at %d, and shown at %d", of, listed.LastReadNumber, one)
				}
			}
			return one
		}
		got := []int64{marker(h.Bob, h.Carol), marker(h.Bob, h.Alice), marker(h.Bob, h.Bob), marker(h.Alice, h.Carol), marker(h.Carol, h.Carol)}
		if diff := cmp.Diff([]int64{0, 5, 5, 11, 10}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What does not exist for a newcomer is not there for anything they do.
func TestHiddenMessagesCannotBeUsed(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		all := chat.AllPermissions &^ chat.CanDeleteRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, w.room, h.Carol, chat.RoomUserPatch{Permissions: &all}))(t)
		_, err := h.SendMessage(h.Ctx, h.Carol, w.room, chat.NewMessage{Text: "x", ReplyToID: &w.old.ID})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "reply_to_id", 0)
		_, _, opened := h.OpenMedia(h.Ctx, h.Carol, w.oldMedium)
		text := "x"
		for name, err := range map[string]error{
			"Message":       chatsuite.ErrorOf(h.Message(h.Ctx, h.Carol, w.old.ID)),
			"EditMessage":   chatsuite.ErrorOf(h.EditMessage(h.Ctx, h.Carol, w.old.ID, chat.MessagePatch{Text: &text})),
			"DeleteMessage": h.DeleteMessage(h.Ctx, h.Carol, w.old.ID),
			"React":         chatsuite.ErrorOf(h.React(h.Ctx, h.Carol, w.old.ID, "👍")),
			"Reaction":      chatsuite.ErrorOf(h.Reaction(h.Ctx, h.Carol, w.oldReaction)),
			"Reactions":     chatsuite.ErrorOf(h.Reactions(h.Ctx, h.Carol, chat.ReactionsQuery{MessageID: &w.old.ID})),
			"Media":         chatsuite.ErrorOf(h.Media(h.Ctx, h.Carol, w.oldMedium)),
			"OpenMedia":     opened,
		} {
			if err != chat.ErrNotFound { //nolint:errorlint // a wrapped one would tell something
				t.Errorf("%s: error is %v, want ErrNotFound", name, err)
			}
		}
		if media := chatsuite.Must(h.MediaByIDs(h.Ctx, h.Carol, []uuid.UUID{w.oldMedium}))(t); len(media) != 0 {
			t.Errorf("the medium is among %v", media)
		}
	})
}

// Who comes back is a newcomer, to what they wrote themselves too.
func TestWhoComesBackIsANewcomer(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		in := chat.NewMessage{Text: "words of Bob", ClientID: "once"}
		own := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, w.room, in))(t)
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, w.room))
		h.Send(h.Alice, w.room, "while Bob was away")
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, w.room))(t)
		if page := chatsuite.Must(h.Messages(h.Ctx, h.Bob, w.room, chat.HistoryQuery{}))(t); len(page.Items) != 0 || page.HasBefore {
			t.Errorf("who came back sees %v", numbersOf(page.Items))
		}
		chatsuite.WantError(t, chatsuite.ErrorOf(h.Message(h.Ctx, h.Bob, own.ID)), chat.ErrNotFound)
		chatsuite.WantError(t, chatsuite.ErrorOf(h.Unreact(h.Ctx, h.Bob, w.oldReaction)), chat.ErrNotFound)
		if mine := chatsuite.Must(h.Reactions(h.Ctx, h.Bob, chat.ReactionsQuery{}))(t); len(mine.Items) != 0 {
			t.Errorf("who came back has reacted with %v", mine.Items)
		}
		// The client id is taken, and its message is not there to be returned.
		chatsuite.WantError(t, chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, w.room, in)), chat.ErrConflict)
	})
}

func TestHistoryVisibilityIsForThoseWhoComeLater(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob).ID
		sees := func(user chat.UserID) int {
			return len(chatsuite.Must(h.Messages(h.Ctx, user, room, chat.HistoryQuery{}))(t).Items)
		}
		set := func(actor chat.Actor, v chat.HistoryVisibility) error {
			return chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, actor, room, chat.RoomPatch{HistoryVisibility: &v}))
		}
		add := func(user chat.UserID, permissions chat.Permissions) {
			chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: user, Permissions: &permissions}))(t)
		}
		h.Send(h.Alice, room, "1")
		add(h.Carol, chat.NoPermissions)
		chatsuite.NoError(t, set(h.Alice, chat.HistoryJoined))
		add(h.Dave, chat.CanEditRoom)
		h.Send(h.Alice, room, "2")
		if got := []int{sees(h.Bob), sees(h.Carol), sees(h.Dave)}; !cmp.Equal(got, []int{2, 2, 1}) {
			t.Errorf("after it was narrowed they see %v", got)
		}
		chatsuite.NoError(t, set(h.Dave, chat.HistoryJoined)) // as it is
		chatsuite.WantError(t, set(h.Dave, chat.HistoryAll), chat.ErrForbidden)
		chatsuite.WantError(t, set(h.Carol, chat.HistoryAll), chat.ErrForbidden)
		chatsuite.Must(h.TransferOwnership(h.Ctx, h.Alice, room, h.Dave))(t)
		chatsuite.WantError(t, set(h.Dave, chat.HistoryAll), chat.ErrForbidden) // an owner too shows what they see
		chatsuite.NoError(t, set(chat.System, chat.HistoryAll))
		chatsuite.Must(h.AddUsers(h.Ctx, chat.System, room, chat.NewRoomUser{UserID: h.Erin}))(t)
		if got := []int{sees(h.Dave), sees(h.Erin)}; !cmp.Equal(got, []int{1, 2}) {
			t.Errorf("after it was widened they see %v", got)
		}
		kinds := h.EventKinds(room)
		updated := 0
		for _, kind := range kinds {
			if kind == chat.RoomUpdated {
				updated++
			}
		}
		if updated != 2 {
			t.Errorf("%d room_updated in %v, want 2", updated, kinds)
		}
		wrong := chat.HistoryVisibility("none")
		chatsuite.WantFieldError(t, set(h.Bob, wrong), chat.ErrInvalid, "history_visibility", 0)
		_, err := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: wrong})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "history_visibility", 0)
	})
}

func TestMemberCount(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		yes := true
		room := h.NewGroup(h.Bob)
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Public: &yes}))(t)
		count := func(want int64) {
			t.Helper()
			shown := []*chat.Room{
				chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t), chatsuite.Must(h.Room(h.Ctx, h.Erin, room.ID))(t),
				&chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{}))(t).Items[0],
				&chatsuite.Must(h.SearchRooms(h.Ctx, h.Erin, chat.RoomSearchQuery{}))(t).Items[0],
			}
			for i, r := range shown {
				if r.MemberCount != want {
					t.Errorf("%d: the room counts %d members, want %d", i, r.MemberCount, want)
				}
			}
		}
		count(2)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}, chat.NewRoomUser{UserID: h.Carol}))(t)
		count(3)
		if joined := chatsuite.Must(h.JoinRoom(h.Ctx, h.Dave, room.ID))(t); joined.MemberCount != 4 {
			t.Errorf("who joins is told of %d members", joined.MemberCount)
		}
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Dave, room.ID))(t) // again
		count(4)
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Dave, room.ID))
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.BanOptions{}))
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, room.ID, h.Dave, chat.BanOptions{})) // who is no member
		count(2)
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Carol))(t)
		again := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Carol))(t)
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		count(1)
		left := chatsuite.Must(h.Room(h.Ctx, h.Carol, private.ID))(t)
		if private.MemberCount != 2 || again.MemberCount != 2 || left.MemberCount != 1 {
			t.Errorf("the private room counted %d, %d, and counts %d", private.MemberCount, again.MemberCount, left.MemberCount)
		}
		h.CheckRoomLogs()
	})
}
