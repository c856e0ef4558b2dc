package chat_test

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"testing"

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
