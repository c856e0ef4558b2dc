package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// collect reads a sequence to its end or to its error, which must be the last.
func collect[T any](t testing.TB, all iter.Seq2[T, error]) (items []T, err error) {
	t.Helper()
	for item, fault := range all {
		if err != nil {
			t.Error("a sequence goes on after an error")
		}
		if err = fault; err == nil {
			items = append(items, item)
		}
	}
	return items, err
}

// texts are those of all messages.
func texts(t testing.TB, all iter.Seq2[chat.Message, error]) (list []string) {
	t.Helper()
	for _, m := range chatsuite.Must(collect(t, all))(t) {
		list = append(list, m.Text)
	}
	return list
}

func wantIDOrder[T any](t testing.TB, items []T, id func(T) uuid.UUID) {
	t.Helper()
	if !slices.IsSortedFunc(items, func(a, b T) int { x, y := id(a), id(b); return bytes.Compare(x[:], y[:]) }) {
		t.Error("they are not in the order of their ids")
	}
}

func TestAllRooms(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		var rooms []*chat.Room
		for range 120 { // more than a page
			rooms = append(rooms, h.NewGroup(h.Bob))
		}
		channel := h.NewRoom(chat.Channel, h.Carol)
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Carol))(t)
		h.Send(h.Alice, rooms[3].ID, "unread")
		yes := true
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, rooms[4].ID, h.Bob, chat.RoomUserPatch{Hidden: &yes}))(t)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, rooms[5].ID))
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, rooms[6].ID))

		ids := func(actor chat.Actor, filter chat.RoomFilter) (ids []uuid.UUID) {
			found := chatsuite.Must(collect(t, h.AllRooms(h.Ctx, actor, filter)))(t)
			wantIDOrder(t, found, func(r chat.Room) uuid.UUID { return r.ID })
			for _, r := range found {
				ids = append(ids, r.ID)
				if want := chatsuite.Must(h.Room(h.Ctx, actor, r.ID))(t); len(found) < 10 || r.LastNumber > 0 || r.ID == rooms[4].ID {
					if diff := cmp.Diff(*want, r, cmpopts.IgnoreFields(chat.Room{}, "OtherMember.LastSeenAt")); diff != "" {
						t.Errorf("room as Room shows it (-) and as AllRooms does (+): %s", diff)
					}
				}
			}
			return ids
		}
		if got := ids(chat.System, chat.RoomFilter{}); len(got) != 121 || slices.Contains(got, rooms[5].ID) {
			t.Errorf("System sees %d rooms", len(got))
		}
		if got := ids(h.Bob, chat.RoomFilter{}); len(got) != 119 || slices.Contains(got, rooms[6].ID) || slices.Contains(got, channel.ID) {
			t.Errorf("Bob sees %d rooms", len(got))
		}
		for name, want := range map[string]struct {
			actor  chat.Actor
			filter chat.RoomFilter
			ids    []uuid.UUID
		}{
			"of a type":         {chat.System, chat.RoomFilter{Type: chat.Channel}, []uuid.UUID{channel.ID}},
			"of a user":         {chat.System, chat.RoomFilter{UserID: h.Carol}, []uuid.UUID{channel.ID, private.ID}},
			"shared with Carol": {h.Bob, chat.RoomFilter{UserID: h.Carol}, []uuid.UUID{private.ID}},
			"since":             {chat.System, chat.RoomFilter{Since: private.CreatedAt}, []uuid.UUID{private.ID}},
			"before":            {chat.System, chat.RoomFilter{Before: rooms[1].CreatedAt}, []uuid.UUID{rooms[0].ID}},
			"of a stranger":     {h.Erin, chat.RoomFilter{}, nil},
		} {
			if diff := cmp.Diff(want.ids, ids(want.actor, want.filter)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

func TestAllRoomUsers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		public := true
		var members []chat.UserID
		for n := 6; n < 60; n++ {
			members = append(members, h.UserID(n))
		}
		rooms := []*chat.Room{h.NewGroup(members...), h.NewGroup(append(members, h.Bob)...), h.NewRoom(chat.Channel, h.Bob, h.Carol), h.NewGroup(h.Bob)}
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, rooms[2].ID, chat.RoomPatch{Public: &public}))(t)
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Dave, rooms[2].ID))(t)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, rooms[3].ID))
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, rooms[2].ID, h.Bob, chat.RoomUserPatch{Muted: &public}))(t)
		h.Send(h.Alice, rooms[2].ID, "seen")

		for actor, want := range map[chat.Actor]int{chat.System: 55 + 56 + 4, h.Bob: 56 + 4, h.Dave: 4, h.Erin: 0} {
			got := chatsuite.Must(collect(t, h.AllRoomUsers(h.Ctx, actor, chat.RoomUserFilter{})))(t)
			if len(got) != want {
				t.Errorf("%v sees %d members, want %d", actor, len(got), want)
			}
			if !slices.IsSortedFunc(got, func(a, b chat.RoomUser) int {
				if a.RoomID != b.RoomID {
					return bytes.Compare(a.RoomID[:], b.RoomID[:])
				}
				return bytes.Compare([]byte(fmt.Sprintf("%20s", a.UserID)), []byte(fmt.Sprintf("%20s", b.UserID)))
			}) {
				t.Error("they are not in order")
			}
			for _, u := range got {
				if one := chatsuite.Must(h.RoomUser(h.Ctx, actor, u.RoomID, u.UserID))(t); !cmp.Equal(*one, u) {
					t.Errorf("member as RoomUser shows it (-) and as AllRoomUsers does (+): %s", cmp.Diff(*one, u))
				}
			}
		}
		count := func(actor chat.Actor, filter chat.RoomUserFilter) int {
			return len(chatsuite.Must(collect(t, h.AllRoomUsers(h.Ctx, actor, filter)))(t))
		}
		for name, n := range map[string][2]int{
			"of a room":         {count(h.Bob, chat.RoomUserFilter{RoomID: &rooms[1].ID}), 56},
			"of a room, System": {count(chat.System, chat.RoomUserFilter{RoomID: &rooms[0].ID}), 55},
			"of a type":         {count(chat.System, chat.RoomUserFilter{RoomType: chat.Channel}), 4},
			"of a user":         {count(chat.System, chat.RoomUserFilter{UserID: h.Bob}), 2},
			"seen of a user":    {count(h.Dave, chat.RoomUserFilter{UserID: h.Bob}), 1},
		} {
			if n[0] != n[1] {
				t.Errorf("%s: %d, want %d", name, n[0], n[1])
			}
		}
		_, err := collect(t, h.AllRoomUsers(h.Ctx, h.Erin, chat.RoomUserFilter{RoomID: &rooms[1].ID}))
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = collect(t, h.AllRoomUsers(h.Ctx, h.Erin, chat.RoomUserFilter{RoomID: &rooms[2].ID}))
		chatsuite.WantError(t, err, chat.ErrForbidden)
	})
}

// someMessages is a room with the whole history, one that shows newcomers none, one that Bob
// has left and one that is deleted; of each, what is in it.
func someMessages(h *chatsuite.Host) (open, joined, left *chat.Room) {
	h.T.Helper()
	open, left, gone := h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)
	joined = chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(h.T)
	h.Send(h.Alice, open.ID, "open 1")
	h.Send(h.Alice, joined.ID, "joined 1")
	h.Send(h.Bob, left.ID, "left 1")
	h.Send(h.Bob, gone.ID, "gone 1")
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, joined.ID, chat.NewRoomUser{UserID: h.Bob}))(h.T)
	h.Send(h.Bob, open.ID, "open 2")
	h.Send(h.Bob, joined.ID, "joined 2")
	h.Send(chat.System, open.ID, "open 3")
	deleted := h.Send(h.Bob, open.ID, "a tombstone")
	chatsuite.NoError(h.T, h.DeleteMessage(h.Ctx, h.Bob, deleted.ID))
	chatsuite.NoError(h.T, h.LeaveRoom(h.Ctx, h.Bob, left.ID))
	chatsuite.NoError(h.T, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))
	return open, joined, left
}

func TestAllMessages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		open, joined, left := someMessages(h)
		at := chatsuite.Must(h.Messages(h.Ctx, h.Bob, open.ID, chat.HistoryQuery{}))(t).Items[1].CreatedAt
		for name, want := range map[string]struct {
			actor  chat.Actor
			filter chat.MessageFilter
			texts  []string
		}{
			"all":                    {chat.System, chat.MessageFilter{}, []string{"open 1", "joined 1", "left 1", "open 2", "joined 2", "open 3", ""}},
			"what Bob may":           {h.Bob, chat.MessageFilter{}, []string{"open 1", "open 2", "joined 2", "open 3", ""}},
			"what Alice":             {h.Alice, chat.MessageFilter{}, []string{"open 1", "joined 1", "left 1", "open 2", "joined 2", "open 3", ""}},
			"a stranger":             {h.Erin, chat.MessageFilter{}, nil},
			"of a room":              {chat.System, chat.MessageFilter{RoomID: &left.ID}, []string{"left 1"}},
			"to a newcomer":          {h.Bob, chat.MessageFilter{RoomID: &joined.ID}, []string{"joined 2"}},
			"by an author":           {h.Alice, chat.MessageFilter{Author: h.Bob}, []string{"left 1", "open 2", "joined 2", ""}},
			"of a room by an author": {h.Bob, chat.MessageFilter{RoomID: &open.ID, Author: h.Alice}, []string{"open 1"}},
			"since":                  {h.Bob, chat.MessageFilter{Since: at}, []string{"open 2", "joined 2", "open 3", ""}},
			"before":                 {h.Bob, chat.MessageFilter{Before: at}, []string{"open 1"}},
			"of a type":              {h.Bob, chat.MessageFilter{RoomType: chat.Channel}, nil},
			"of a room of a type":    {h.Bob, chat.MessageFilter{RoomType: chat.Channel, RoomID: &open.ID}, nil},
		} {
			if diff := cmp.Diff(want.texts, texts(t, h.AllMessages(h.Ctx, want.actor, want.filter))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		_, err := collect(t, h.AllMessages(h.Ctx, h.Bob, chat.MessageFilter{RoomID: &left.ID}))
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

// They come as a page of history shows them: with media, reactions, replies and mentions.
func TestAllMessagesAreThoseOfAPage(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for i := range 230 {
			in := chat.NewMessage{Text: fmt.Sprint(i)}
			if i%50 == 0 {
				in.MediaIDs, in.Mentions = []uuid.UUID{h.Upload(h.Alice, "x").ID}, []chat.UserID{h.Bob}
			}
			m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t)
			if i%50 == 1 {
				chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "👍"))(t)
				chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "re", ReplyToID: &m.ID}))(t)
			}
		}
		var want []chat.Message
		for after := int64(0); ; {
			page := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{After: &after}))(t)
			if want = append(want, page.Items...); !page.HasAfter {
				break
			}
			after = want[len(want)-1].Number
		}
		for name, filter := range map[string]chat.MessageFilter{"all rooms": {}, "one room": {RoomID: &room.ID}} {
			got := chatsuite.Must(collect(t, h.AllMessages(h.Ctx, h.Bob, filter)))(t)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// AllMedia and MediaBy show exactly what Media does.
func TestAllMediaIsWhatMediaShows(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		open, joined, gone := h.NewGroup(h.Bob), chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(t), h.NewGroup(h.Bob)
		public := h.NewGroup()
		yes := true
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, public.ID, chat.RoomPatch{Public: &yes}))(t)
		var all []uuid.UUID
		upload := func(actor chat.Actor) uuid.UUID {
			id := h.Upload(actor, chatsuite.GIF).ID
			all = append(all, id)
			return id
		}
		send := func(actor chat.Actor, room *chat.Room) *chat.Message {
			return chatsuite.Must(h.SendMessage(h.Ctx, actor, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{upload(actor)}}))(t)
		}
		avatar := func(room *chat.Room) {
			id := upload(h.Alice)
			chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{AvatarID: &id}))(t)
		}
		for _, actor := range []chat.Actor{h.Alice, h.Bob, h.Carol, chat.System} {
			upload(actor)
		}
		send(h.Alice, joined)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, joined.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
		send(h.Bob, joined)
		for _, room := range []*chat.Room{open, gone, public, joined} {
			avatar(room)
			send(h.Alice, room)
			send(chat.System, room)
		}
		send(h.Bob, open)
		send(h.Bob, gone)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, send(h.Bob, open).ID))
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, joined.ID))

		slices.SortFunc(all, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		for _, actor := range []chat.Actor{chat.System, h.Alice, h.Bob, h.Carol, h.Erin} {
			want := map[chat.UserID][]chat.Media{}
			for _, id := range all {
				m, err := h.Media(h.Ctx, actor, id)
				if err != nil {
					continue
				}
				want[""] = append(want[""], *m)
				if m.UserID != nil {
					want[*m.UserID] = append(want[*m.UserID], *m)
				}
			}
			for _, uploader := range []chat.UserID{"", h.Alice, h.Bob, h.Carol, h.Erin} {
				got := chatsuite.Must(collect(t, h.AllMedia(h.Ctx, actor, chat.MediaFilter{UserID: uploader})))(t)
				if diff := cmp.Diff(want[uploader], got); diff != "" {
					t.Errorf("what %v sees of %q's: %s", actor, uploader, diff)
				}
				if uploader == "" {
					continue
				}
				slices.Reverse(want[uploader])
				if diff := cmp.Diff(want[uploader], mediaBy(t, h, actor, uploader), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("by pages, what %v sees of %q's: %s", actor, uploader, diff)
				}
			}
		}
		third := chatsuite.Must(h.Media(h.Ctx, chat.System, all[2]))(t).CreatedAt
		if got := chatsuite.Must(collect(t, h.AllMedia(h.Ctx, chat.System, chat.MediaFilter{Before: third})))(t); len(got) != 2 {
			t.Errorf("%d before the third", len(got))
		}
		if got := chatsuite.Must(collect(t, h.AllMedia(h.Ctx, h.Carol, chat.MediaFilter{Since: third, UserID: h.Carol})))(t); len(got) != 1 {
			t.Errorf("%d from the third on", len(got))
		}
	})
}

func mediaBy(t *testing.T, h *chatsuite.Host, actor chat.Actor, user chat.UserID) (all []chat.Media) {
	t.Helper()
	for at := (chat.Page{Limit: 2}); ; {
		page := chatsuite.Must(h.MediaBy(h.Ctx, actor, user, at))(t)
		all = append(all, page.Items...)
		if at.Cursor = page.Next; at.Cursor == "" {
			return all
		}
	}
}

func TestMessagesBy(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		open, _, _ := someMessages(h)
		pages := func(actor chat.Actor, user chat.UserID, limit int) (list []string) {
			for at := (chat.Page{Limit: limit}); ; {
				page := chatsuite.Must(h.MessagesBy(h.Ctx, actor, user, at))(t)
				for _, m := range page.Items {
					list = append(list, m.Text)
				}
				if at.Cursor = page.Next; at.Cursor == "" {
					return list
				}
			}
		}
		for name, want := range map[string]struct {
			actor chat.Actor
			user  chat.UserID
			texts []string
		}{
			"all":                  {chat.System, h.Bob, []string{"", "joined 2", "open 2", "left 1"}},
			"what they see":        {h.Bob, h.Bob, []string{"", "joined 2", "open 2"}},
			"what another sees":    {h.Alice, h.Bob, []string{"", "joined 2", "open 2", "left 1"}},
			"what one may of hers": {h.Bob, h.Alice, []string{"open 1"}},
			"a stranger":           {h.Erin, h.Bob, nil},
			"who wrote nothing":    {chat.System, h.Erin, nil},
		} {
			for _, limit := range []int{0, 1, 2, 3} {
				if diff := cmp.Diff(want.texts, pages(want.actor, want.user, limit)); diff != "" {
					t.Errorf("%s, by pages of %d: %s", name, limit, diff)
				}
			}
		}
		m := chatsuite.Must(h.Messages(h.Ctx, h.Bob, open.ID, chat.HistoryQuery{}))(t).Items[1]
		chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👍"))(t)
		want := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t)
		if got := chatsuite.Must(h.MessagesBy(h.Ctx, h.Alice, h.Bob, chat.Page{}))(t).Items[2]; !cmp.Equal(*want, got) {
			t.Error(cmp.Diff(*want, got))
		}
	})
}

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
