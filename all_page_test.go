package chat_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// Between pages nothing is held: with one connection the loop uses the service.
func TestSequencesHoldNoConnection(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.Must(h.DB.DB())(t).SetMaxOpenConns(1)
		room := h.NewGroup(h.Bob)
		for range 210 {
			h.Send(h.Bob, room.ID, "x")
		}
		for range 105 {
			h.Upload(h.Bob, "x")
			h.NewGroup(h.Bob)
		}
		ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
		defer cancel()
		use := func() {
			t.Helper()
			chatsuite.Must(h.MarkRead(ctx, h.Alice, room.ID, 1))(t)
			chatsuite.NoError(t, h.DB.WithContext(ctx).Exec("UPDATE users SET name = name WHERE id = ?", h.Alice).Error)
		}
		for _, actor := range []chat.Actor{chat.System, h.Bob} {
			counts := [...]int{
				usedWithin(t, h.AllMessages(ctx, actor, chat.MessageFilter{}), use), usedWithin(t, h.AllMessages(ctx, actor, chat.MessageFilter{RoomID: &room.ID}), use),
				usedWithin(t, h.AllMedia(ctx, actor, chat.MediaFilter{}), use), usedWithin(t, h.AllRooms(ctx, actor, chat.RoomFilter{}), use),
				usedWithin(t, h.AllRoomUsers(ctx, actor, chat.RoomUserFilter{}), use),
			}
			if want := [...]int{210, 210, 105, 106, 212}; counts != want {
				t.Errorf("%v of %v", counts, want)
			}
		}
		if n := usedWithin(t, h.Digest(ctx, chat.DigestQuery{}), use); n != 1 { // Alice
			t.Errorf("%d users with unread messages", n)
		}
	})
}

func usedWithin[T any](t testing.TB, all iter.Seq2[T, error], use func()) (n int) {
	t.Helper()
	for _, err := range all {
		chatsuite.NoError(t, err)
		if n++; n%50 == 1 {
			use()
		}
	}
	return n
}

// A loop that breaks ends it, and another loop over the same begins anew; an error is yielded
// once; the end of the context ends it between two items.
func TestSequencesEnd(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for range 120 {
			h.Send(h.Bob, room.ID, "x")
		}
		ctx, cancel := context.WithCancel(h.Ctx)
		defer cancel()
		all := h.AllMessages(ctx, h.Bob, chat.MessageFilter{})
		for range 2 {
			n := 0
			for m, err := range all {
				chatsuite.NoError(t, err)
				if n++; m.Number != int64(n) {
					t.Fatalf("message %d has number %d", n, m.Number)
				}
				if n == 110 {
					break
				}
			}
		}
		n := 0
		for m, err := range all {
			switch {
			case n == 7:
				if !errors.Is(err, context.Canceled) || !cmp.Equal(m, chat.Message{}) {
					t.Errorf("after the context's end: %+v, %v", m, err)
				}
			case n > 7:
				t.Fatal("it goes on after an error")
			}
			if n++; n == 7 {
				cancel()
			}
		}
		if n != 8 {
			t.Errorf("%d items", n)
		}
		_, err := collect(t, h.AllRooms(ctx, chat.System, chat.RoomFilter{}))
		chatsuite.WantError(t, err, context.Canceled)
		_, err = collect(t, h.AllRooms(h.Ctx, chat.UserID(""), chat.RoomFilter{}))
		chatsuite.WantError(t, err, chat.ErrUnauthenticated)
	})
}

// Each page is decided anew: who is removed meanwhile gets no later one, and where it was of
// that room alone an error in its place.
func TestSequencesDecideEachPage(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for name, filter := range map[string]func(*chat.Room) chat.MessageFilter{
			"all rooms": func(*chat.Room) chat.MessageFilter { return chat.MessageFilter{} },
			"one room":  func(r *chat.Room) chat.MessageFilter { return chat.MessageFilter{RoomID: &r.ID} },
			"an author": func(*chat.Room) chat.MessageFilter { return chat.MessageFilter{Author: h.Alice} },
		} {
			room := h.NewGroup(h.Bob)
			for range 150 {
				h.Send(h.Alice, room.ID, "x")
			}
			n, fault := 0, error(nil)
			for _, err := range h.AllMessages(h.Ctx, h.Bob, filter(room)) {
				if fault = err; err == nil {
					n++
				}
				if n == 1 {
					chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
				}
			}
			if want := map[bool]error{true: chat.ErrNotFound}[name == "one room"]; n != 100 || !errors.Is(fault, want) {
				t.Errorf("%s: %d messages, then %v", name, n, fault)
			}
		}
	})
}

// A member who was removed and came back within a room that shows newcomers nothing sees no
// more of what was before.
func TestSequencesOfWhoCameBack(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
		for range 150 {
			h.Send(h.Alice, room.ID, "before")
		}
		var got []string
		for m, err := range h.AllMessages(h.Ctx, h.Bob, chat.MessageFilter{RoomID: &room.ID}) {
			chatsuite.NoError(t, err)
			if got = append(got, m.Text); len(got) == 1 {
				chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
				chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
				h.Send(h.Alice, room.ID, "after")
			}
		}
		if len(got) != 101 || got[100] != "after" {
			t.Errorf("%d messages, the last %q", len(got), got[len(got)-1])
		}
	})
}

func TestFiltersRefuseByField(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		const bad = chat.UserID("me") // no id of any kind
		one := func(err error, field, code string) {
			t.Helper()
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, field, 0)
			var fault *chat.FieldError
			if errors.As(err, &fault) && fault.Code != code {
				t.Errorf("%s has the code %s", field, fault.Code)
			}
		}
		faultOf := func(_ any, err error) error { return err }
		one(faultOf(collect(t, h.AllRooms(h.Ctx, h.Bob, chat.RoomFilter{Type: "x"}))), "type", chat.CodeUnknownValue)
		one(faultOf(collect(t, h.AllRooms(h.Ctx, h.Bob, chat.RoomFilter{UserID: bad}))), "user_id", chat.CodeInvalidUserID)
		one(faultOf(collect(t, h.AllRoomUsers(h.Ctx, h.Bob, chat.RoomUserFilter{RoomType: "x"}))), "room_type", chat.CodeUnknownValue)
		one(faultOf(collect(t, h.AllRoomUsers(h.Ctx, h.Bob, chat.RoomUserFilter{UserID: bad}))), "user_id", chat.CodeInvalidUserID)
		one(faultOf(collect(t, h.AllMessages(h.Ctx, h.Bob, chat.MessageFilter{RoomType: "x"}))), "room_type", chat.CodeUnknownValue)
		one(faultOf(collect(t, h.AllMessages(h.Ctx, h.Bob, chat.MessageFilter{Author: bad}))), "author", chat.CodeInvalidUserID)
		one(faultOf(collect(t, h.AllMedia(h.Ctx, h.Bob, chat.MediaFilter{UserID: bad}))), "user_id", chat.CodeInvalidUserID)
		one(faultOf(collect(t, h.Digest(h.Ctx, chat.DigestQuery{UnseenFor: -time.Second}))), "unseen_for", chat.CodeOutOfRange)
		one(faultOf(collect(t, h.Digest(h.Ctx, chat.DigestQuery{Messages: -1}))), "messages", chat.CodeOutOfRange)
		one(faultOf(collect(t, h.Digest(h.Ctx, chat.DigestQuery{RoomType: "x"}))), "room_type", chat.CodeUnknownValue)
		one(chatsuite.ErrorOf(h.MessagesBy(h.Ctx, h.Bob, bad, chat.Page{})), "user_id", chat.CodeInvalidUserID)
		one(chatsuite.ErrorOf(h.MediaBy(h.Ctx, h.Bob, bad, chat.Page{})), "user_id", chat.CodeInvalidUserID)
		one(chatsuite.ErrorOf(h.MessagesBy(h.Ctx, h.Bob, h.Bob, chat.Page{Limit: -1})), "limit", chat.CodeOutOfRange)
		one(h.ExportUser(h.Ctx, bad, nil), "user_id", chat.CodeInvalidUserID)
		h.Upload(h.Bob, "a")
		h.Upload(h.Bob, "b")
		foreign := chatsuite.Must(h.MediaBy(h.Ctx, h.Bob, h.Bob, chat.Page{Limit: 1}))(t).Next
		for _, cursor := range []string{"?", foreign, "e30"} {
			one(chatsuite.ErrorOf(h.MessagesBy(h.Ctx, h.Bob, h.Bob, chat.Page{Cursor: cursor})), "cursor", chat.CodeInvalidCursor)
		}
	})
}

// Every kind of user ids, with and without foreign keys: the queries name its type.
func TestSequencesWithEveryKindOfUserIDs(t *testing.T) {
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}, MediaIDs: []uuid.UUID{h.Upload(h.Alice, "x").ID}}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "👍"))(t)
		for _, actor := range []chat.Actor{chat.System, h.Bob} {
			counts := []int{
				len(chatsuite.Must(collect(t, h.AllRooms(h.Ctx, actor, chat.RoomFilter{UserID: h.Carol})))(t)),
				len(chatsuite.Must(collect(t, h.AllRoomUsers(h.Ctx, actor, chat.RoomUserFilter{})))(t)),
				len(chatsuite.Must(collect(t, h.AllRoomUsers(h.Ctx, actor, chat.RoomUserFilter{UserID: h.Carol})))(t)),
				len(chatsuite.Must(collect(t, h.AllMessages(h.Ctx, actor, chat.MessageFilter{Author: h.Alice})))(t)),
				len(chatsuite.Must(collect(t, h.AllMessages(h.Ctx, actor, chat.MessageFilter{})))(t)),
				len(chatsuite.Must(collect(t, h.AllMedia(h.Ctx, actor, chat.MediaFilter{UserID: h.Alice})))(t)),
				len(chatsuite.Must(h.MessagesBy(h.Ctx, actor, h.Alice, chat.Page{}))(t).Items),
				len(chatsuite.Must(h.MediaBy(h.Ctx, actor, h.Alice, chat.Page{}))(t).Items),
			}
			if diff := cmp.Diff([]int{1, 3, 1, 1, 1, 1, 1, 1}, counts); diff != "" {
				t.Errorf("to %v: %s", actor, diff)
			}
		}
		if n := len(chatsuite.Must(collect(t, h.Digest(h.Ctx, chat.DigestQuery{})))(t)); n != 2 {
			t.Errorf("%d users with unread messages", n)
		}
		if e := exportUser(t, h, h.Bob); len(e.lines["reactions.jsonl"]) != 1 || len(e.lines["mentions.jsonl"]) != 1 || len(e.lines["events.jsonl"]) != 2 {
			t.Errorf("the export has %v", e.lines)
		}
	})
}
