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

const aDay = 24 * time.Hour

// keepADay is what removes the messages that are a day old.
var keepADay = chat.MaintainOptions{Retention: []chat.Retention{{Age: aDay}}}

// aged is a room of Alice's and Bob's whose messages 1 to old are two days old, and the other
// ones new. Every third is Bob's.
func aged(h *chatsuite.Host, old, fresh int) (room uuid.UUID, messages []*chat.Message) {
	h.T.Helper()
	room = h.NewGroup(h.Bob, h.Carol).ID
	for n := 1; n <= old+fresh; n++ {
		author := h.Alice
		if n%3 == 0 {
			author = h.Bob
		}
		messages = append(messages, h.Send(author, room, fmt.Sprint("text ", n)))
		if n == old {
			h.Clock.Advance(2 * aDay)
		}
	}
	return room, messages
}

// What is too old is gone, wherever it could be found, and the numbers of the rest stay.
func TestRetentionRemovesTheOldest(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol).ID
		file := h.Upload(h.Alice, "a file")
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "old words", MediaIDs: []uuid.UUID{file.ID}, ClientID: "1", Mentions: []chat.UserID{h.Carol}}))(t)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, first.ID))(t)
		reaction := chatsuite.Must(h.React(h.Ctx, h.Bob, first.ID, "👍"))(t)
		second := h.Send(h.Bob, room, "old words, deleted")
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, second.ID))
		h.Clock.Advance(2 * aDay)
		reply := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room, chat.NewMessage{Text: "new words", ReplyToID: &first.ID}))(t)
		h.Send(h.Alice, room, "more words")

		done := chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		if done.Messages != 2 || done.Media != 1 || h.Store.Len() != 0 {
			t.Errorf("removed: %+v; the store has %d objects", done, h.Store.Len())
		}
		for what, err := range map[string]error{
			"Message":       chatsuite.ErrorOf(h.Message(h.Ctx, h.Bob, first.ID)),
			"tombstone":     chatsuite.ErrorOf(h.Message(h.Ctx, h.Bob, second.ID)),
			"EditMessage":   chatsuite.ErrorOf(h.EditMessage(h.Ctx, h.Alice, first.ID, chat.MessagePatch{Text: new("x")})),
			"DeleteMessage": h.DeleteMessage(h.Ctx, h.Alice, first.ID),
			"React":         chatsuite.ErrorOf(h.React(h.Ctx, h.Bob, first.ID, "👍")),
			"Reaction":      chatsuite.ErrorOf(h.Reaction(h.Ctx, h.Bob, reaction.ID)),
			"Media":         chatsuite.ErrorOf(h.Media(h.Ctx, h.Bob, file.ID)),
		} {
			if err == nil || !chatsuite.ErrorIsAny(err, chat.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		got := chatsuite.Must(h.Room(h.Ctx, h.Carol, room))(t)
		if got.FirstNumber != 3 || got.LastNumber != 4 || got.Unread != 2 || got.MentionCount != 0 || got.LastMessage.Text != "more words" {
			t.Errorf("the room is %+v", got)
		}
		if pins := chatsuite.Must(h.Pins(h.Ctx, h.Carol, room))(t); len(pins) != 0 || h.CountRows("chat_mentions") != 0 {
			t.Errorf("pinned are %+v, and mentions are left", pins)
		}
		left := chatsuite.Must(h.Message(h.Ctx, h.Carol, reply.ID))(t)
		if left.ReplyTo != nil || left.ReplyToID != nil || left.Number != 3 {
			t.Errorf("the reply is %+v", left)
		}
		wantFound(t, h, h.Carol, "words", &room, "more words", "new words")
		wantFound(t, h, h.Carol, "old", nil)
		// A client id is free again.
		again := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "anew", ClientID: "1"}))(t)
		if again.Number != 5 || again.ID == first.ID {
			t.Errorf("sent again: %+v", again)
		}
		events := chatsuite.Must(h.Events(h.Ctx, h.Bob, room, chat.EventsQuery{After: 3}))(t)
		for _, u := range events.Items {
			switch {
			case u.MessageID != nil && (*u.MessageID == first.ID || *u.MessageID == second.ID):
				if u.Message != nil {
					t.Errorf("%s tells %+v", u.Kind, u.Message)
				}
			case u.Kind == chat.UpdateKind(chat.MessagesRemoved):
				if u.Room == nil || u.Room.FirstNumber != 3 || u.ActorID != nil {
					t.Errorf("the event is %+v", u)
				}
			}
		}
		if done := chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t); done != (chat.Maintained{}) {
			t.Errorf("run again it removes %+v", done)
		}
		h.CheckRoomLogs()
	})
}

// Pages begin at the first number, whatever is asked for.
func TestHistoryFromTheFirstNumber(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, _ := aged(h, 7, 5)
		chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		type page struct {
			Numbers       []int64
			Before, After bool
		}
		for name, c := range map[string]struct {
			at   chat.HistoryQuery
			want page
		}{
			"newest":            {chat.HistoryQuery{}, page{[]int64{8, 9, 10, 11, 12}, false, false}},
			"some":              {chat.HistoryQuery{Limit: 2}, page{[]int64{11, 12}, true, false}},
			"before the second": {chat.HistoryQuery{Before: new(int64(9))}, page{[]int64{8}, false, true}},
			"before the first":  {chat.HistoryQuery{Before: new(int64(8))}, page{nil, false, true}},
			"before removed":    {chat.HistoryQuery{Before: new(int64(3))}, page{nil, false, true}},
			"after 0":           {chat.HistoryQuery{After: new(int64(0)), Limit: 2}, page{[]int64{8, 9}, false, true}},
			"after removed":     {chat.HistoryQuery{After: new(int64(4)), Limit: 3}, page{[]int64{8, 9, 10}, false, true}},
			"around removed":    {chat.HistoryQuery{Around: new(int64(2)), Limit: 3}, page{[]int64{8, 9, 10}, false, true}},
			"around kept":       {chat.HistoryQuery{Around: new(int64(10)), Limit: 2}, page{[]int64{9, 10}, true, true}},
		} {
			got := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room, c.at))(t)
			if diff := cmp.Diff(c.want, page{numbersOf(got.Items), got.HasBefore, got.HasAfter}); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		h.Clock.Advance(2 * aDay)
		chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		for _, at := range []chat.HistoryQuery{{}, {Around: new(int64(3))}, {Before: new(int64(13))}, {After: new(int64(1))}} {
			if got := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room, at))(t); len(got.Items) != 0 || got.HasBefore || got.HasAfter {
				t.Errorf("of an empty room the page is %+v", got)
			}
		}
		got := chatsuite.Must(h.Room(h.Ctx, h.Bob, room))(t)
		if got.FirstNumber != 13 || got.LastNumber != 12 || got.LastMessage != nil || got.LastMessageAt == nil || got.Unread != 0 {
			t.Errorf("the empty room is %+v", got)
		}
		if m := h.Send(h.Carol, room, "anew"); m.Number != 13 {
			t.Errorf("the next message is number %d", m.Number)
		}
		h.CheckRoomLogs()
	})
}

// What is unread has nothing that was removed, wherever the marker or a mark is.
func TestUnreadFromTheFirstNumber(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, messages := aged(h, 7, 5) // of which 3, 6, 9, 12 are Bob's
		for _, user := range []chat.UserID{h.Dave, h.Erin} {
			chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: user}))(t)
		}
		wantUnread := func(when string, want map[chat.UserID]int64) {
			t.Helper()
			for user, unread := range want {
				listed := chatsuite.Must(h.Rooms(h.Ctx, user, chat.RoomsQuery{}))(t).Items[0].Unread
				total := chatsuite.Must(h.Unread(h.Ctx, user))(t).Total
				if got := chatsuite.Must(h.Room(h.Ctx, user, room))(t); got.Unread != unread || listed != unread || total != unread {
					t.Errorf("%s: %s has %d, %d, %d unread, want %d", when, user, got.Unread, listed, total, unread)
				}
			}
		}
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Bob, room, 2))(t)   // 2, 4, 5, 7, 8, 10, 11
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Erin, room, 10))(t) // 10, 11, 12
		wantUnread("before", map[chat.UserID]int64{h.Alice: 1, h.Bob: 7, h.Carol: 12, h.Dave: 0, h.Erin: 3})
		chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		wantUnread("after", map[chat.UserID]int64{h.Alice: 1, h.Bob: 3, h.Carol: 5, h.Dave: 0, h.Erin: 3})
		if me := chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room, h.Bob))(t); *me.MarkedUnread != 8 {
			t.Errorf("Bob's mark is %d, want 8", *me.MarkedUnread)
		}
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, messages[9].ID)) // 10
		wantUnread("with a tombstone", map[chat.UserID]int64{h.Alice: 1, h.Bob: 2, h.Carol: 4, h.Dave: 0, h.Erin: 2})
		if me := chatsuite.Must(h.MarkUnread(h.Ctx, h.Dave, room, 1))(t); *me.MarkedUnread != 8 {
			t.Errorf("Dave's mark is %d, want 8", *me.MarkedUnread)
		}
		wantUnread("marked", map[chat.UserID]int64{h.Dave: 4})
		h.CheckRoomLogs()
	})
}

// A mark on messages of which none is left is none.
func TestMarksOfRemovedMessages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, messages := aged(h, 7, 0)
		newest := messages[len(messages)-1].Number
		for _, user := range []chat.UserID{h.Bob, h.Carol} {
			chatsuite.Must(h.MarkRead(h.Ctx, user, room, newest))(t)
			chatsuite.Must(h.MarkUnread(h.Ctx, user, room, 1))(t)
		}
		chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		after := h.Send(h.Bob, room, "after").Number
		for when, user := range map[string]chat.UserID{"who has sent since": h.Bob, "who has not": h.Carol} {
			unread := after - newest
			if user == h.Bob {
				unread = 0
			}
			me := chatsuite.Must(h.RoomUser(h.Ctx, user, room, user))(t)
			total := chatsuite.Must(h.Unread(h.Ctx, user))(t)
			listed := chatsuite.Must(h.Rooms(h.Ctx, user, chat.RoomsQuery{Unread: true}))(t).Items
			if me.MarkedUnread != nil || total.Total != unread || total.Rooms != unread || int64(len(listed)) != unread {
				t.Errorf("%s: marked from %v on, %+v are unread, and %d rooms listed", when, me.MarkedUnread, total, len(listed))
			}
		}
	})
}

// Who joined later sees from the later of the two numbers on.
func TestRetentionAndNewcomers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, _ := aged(h, 4, 4)
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{HistoryVisibility: new(chat.HistoryJoined)}))(t)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: h.Dave}))(t)
		h.Send(h.Alice, room, "text 9")
		for want, numbers := range map[chat.UserID][]int64{h.Dave: {9}, h.Bob: {5, 6, 7, 8, 9}} {
			chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
			got := chatsuite.Must(h.Messages(h.Ctx, want, room, chat.HistoryQuery{After: new(int64(0))}))(t)
			if diff := cmp.Diff(numbers, numbersOf(got.Items)); diff != "" || got.HasBefore {
				t.Error(diff)
			}
		}
		h.Clock.Advance(2 * aDay)
		h.Send(h.Alice, room, "text 10")
		chatsuite.Must(h.Maintain(h.Ctx, keepADay))(t)
		if got := chatsuite.Must(h.Messages(h.Ctx, h.Dave, room, chat.HistoryQuery{}))(t); got.HasBefore || len(got.Items) != 1 {
			t.Errorf("the page is %+v", got)
		}
		if got := chatsuite.Must(h.Room(h.Ctx, h.Dave, room))(t); got.Unread != 1 {
			t.Errorf("%d are unread, want 1", got.Unread)
		}
	})
}

// The first rule that a room fits decides; many messages go in several batches; rooms that
// are deleted are not touched.
func TestRetentionByRules(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		kept, _ := aged(h, 2, 1)
		channel := h.NewRoom(chat.Channel).ID
		many := h.NewGroup().ID
		deleted, _ := aged(h, 1, 0)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, deleted))
		old := numbered(h, h.Alice, 2100)
		for i, room := range []uuid.UUID{channel, many} {
			chatsuite.Must(h.ImportMessages(h.Ctx, room, sequence(old[:100+2000*i], nil)))(t)
		}
		h.Send(h.Alice, many, "new")
		rules := []chat.Retention{{RoomID: &kept}, {RoomType: chat.Channel, Age: 365 * aDay}, {Age: aDay}, {Age: time.Nanosecond}}
		done := chatsuite.Must(h.Maintain(h.Ctx, chat.MaintainOptions{Retention: rules}))(t)
		if done.Messages != 2100 {
			t.Errorf("%d messages are removed, want 2100", done.Messages)
		}
		for room, first := range map[uuid.UUID]int64{kept: 1, channel: 1, many: 2101} {
			if got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room))(t); got.FirstNumber != first {
				t.Errorf("the first number is %d, want %d", got.FirstNumber, first)
			}
		}
		h.WantEventKinds(many, chat.RoomCreated, chat.MessagesImported, chat.MessageCreated,
			chat.MessagesRemoved, chat.MessagesRemoved, chat.MessagesRemoved)
		h.CheckRoomLogs()
	})
}

// Maintain does what the four parts do, and refuses what makes no sense.
func TestMaintain(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, _ := aged(h, 1, 0)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room))
		h.Upload(h.Alice, "never sent")
		h.Clock.Advance(31 * aDay)
		aged(h, 1, 1)
		events := h.QueryInt("SELECT count(*) FROM chat_events WHERE created_at < ?", h.Clock.Now().Add(-7*aDay))
		got := chatsuite.Must(h.Maintain(h.Ctx, chat.MaintainOptions{}))(t)
		if want := (chat.Maintained{Rooms: 1, Media: 1}); got != want || events == 0 { // the room's events went with it
			t.Errorf("removed: %+v, want %+v", got, want)
		}
		for field, in := range map[string]chat.MaintainOptions{
			"events": {Events: -1}, "rooms": {Rooms: -1}, "media": {Media: -1},
			"retention[0].age":       {Retention: []chat.Retention{{Age: -1}}},
			"retention[1].room_type": {Retention: []chat.Retention{{}, {RoomType: "x"}}},
		} {
			chatsuite.WantFieldError(t, chatsuite.ErrorOf(h.Maintain(h.Ctx, in)), chat.ErrInvalid, field, 0)
		}
		bound, _ := h.WithTx(h.DB.Begin())
		chatsuite.WantError(t, chatsuite.ErrorOf(bound.Maintain(h.Ctx, chat.MaintainOptions{})), chat.ErrConflict)
	})
}
