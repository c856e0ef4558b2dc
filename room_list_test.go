package chat_test

import (
	"fmt"
	"strings"
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
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Alice))(t); *n != (chat.Unread{Total: 2, Rooms: 1, TotalWithMuted: 3, RoomsWithMuted: 2}) {
			t.Errorf("unread is %+v", n)
		}
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Bob))(t); *n != (chat.Unread{}) {
			t.Errorf("what bob sent himself is unread: %+v", n)
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
		before := len(h.LoggedEvents(room.ID))
		chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t)
		if n := len(h.LoggedEvents(room.ID)); n != before {
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

// publicRoom is a public group of alice's.
func publicRoom(h *chatsuite.Host, name, description string) *chat.Room {
	h.T.Helper()
	h.Clock.Advance(1)
	return chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: name, Description: description, Public: true}))(h.T)
}

// roomsFound are the names of the rooms that a search finds.
func roomsFound(h *chatsuite.Host, actor chat.Actor, query string) (names []string) {
	h.T.Helper()
	for _, room := range chatsuite.Must(h.SearchRooms(h.Ctx, actor, chat.RoomSearchQuery{Query: query}))(h.T).Items {
		names = append(names, room.Name)
	}
	return names
}

func TestPublicRoomsAreFoundByNameAndDescription(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		publicRoom(h, "Garden", "Tomatoes and ROSES")
		publicRoom(h, "Kitchen garden", "100% recipes")
		publicRoom(h, "Привет мир", "snake_case")
		publicRoom(h, `back\slash`, "")
		for query, want := range map[string][]string{
			"":               {`back\slash`, "Привет мир", "Kitchen garden", "Garden"},
			" \t":            {`back\slash`, "Привет мир", "Kitchen garden", "Garden"},
			"garden":         {"Kitchen garden", "Garden"},
			"GARD":           {"Kitchen garden", "Garden"},
			"roses garden":   {"Garden"},
			"garden roses":   {"Garden"},
			"roses kitchen":  nil,
			"привет":         {"Привет мир"},
			"ПРИВЕТ МИР":     {"Привет мир"},
			"%":              nil,
			"100%":           {"Kitchen garden"},
			"_":              nil,
			"e_c":            nil,
			"case sna":       {"Привет мир"},
			"cas snake":      nil,
			"snake ca":       {"Привет мир"},
			`"kitchen gard"`: nil,
			"ga_den":         nil,
			`\`:              nil,
			"slash":          {`back\slash`},
			`\%`:             nil,
			"' OR 1=1 --":    nil,
			`") OR (1=1`:     nil,
			"garden' OR 'a'": nil,
		} {
			if diff := cmp.Diff(want, roomsFound(h, h.Erin, query)); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
		}
	})
}

func TestOnlyPublicRoomsAreFound(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		h.NewGroup(h.Bob)
		chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
		gone := publicRoom(h, "A gone one", "")
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))
		hidden := publicRoom(h, "A hidden one", "")
		no := false
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, hidden.ID, chat.RoomPatch{Public: &no}))(t)
		publicRoom(h, "A public one", "")
		for _, actor := range []chat.Actor{h.Alice, h.Bob, h.Erin, chat.System} {
			if diff := cmp.Diff([]string{"A public one"}, roomsFound(h, actor, "a")); diff != "" {
				t.Errorf("%v: %s", actor, diff)
			}
		}
		_, err := h.SearchRooms(h.Ctx, chat.UserID(""), chat.RoomSearchQuery{})
		chatsuite.WantError(t, err, chat.ErrUnauthenticated)
	})
}

// What a search shows of a room is what Room shows.
func TestFoundRoomsShowOnesOwnMembership(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := publicRoom(h, "Garden", "")
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
		h.Send(h.Alice, room.ID, "a secret")
		for _, actor := range []chat.Actor{h.Alice, h.Bob, h.Erin, chat.System} {
			want := chatsuite.Must(h.Room(h.Ctx, actor, room.ID))(t)
			if saw := want.LastMessage != nil; saw != (actor != h.Erin) {
				t.Errorf("%v sees the last message: %t", actor, saw)
			}
			got := chatsuite.Must(h.SearchRooms(h.Ctx, actor, chat.RoomSearchQuery{Query: "garden"}))(t)
			if diff := cmp.Diff(&chat.RoomsPage{Items: []chat.Room{*want}}, got); diff != "" {
				t.Errorf("%v: %s", actor, diff)
			}
		}
	})
}

func TestFoundRoomsComeInPages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		var want []string
		for i := range 7 {
			name := fmt.Sprint("garden ", i)
			publicRoom(h, name, "")
			want = append([]string{name}, want...)
		}
		var got []string
		in := chat.RoomSearchQuery{Query: "garden", Page: chat.Page{Limit: 3}}
		for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
			page := chatsuite.Must(h.SearchRooms(h.Ctx, h.Erin, in))(t)
			for _, room := range page.Items {
				got = append(got, room.Name)
			}
			in.Cursor = page.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueriesHaveLimits(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for _, search := range []func(string) error{
			func(query string) error {
				return chatsuite.ErrorOf(h.SearchRooms(h.Ctx, h.Alice, chat.RoomSearchQuery{Query: query}))
			},
			func(query string) error {
				return chatsuite.ErrorOf(h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: query}))
			},
		} {
			chatsuite.NoError(t, search(strings.Repeat("a", 256)))
			chatsuite.NoError(t, search(strings.Repeat("a ", 16)))
			chatsuite.WantFieldError(t, search(strings.Repeat("a", 257)), chat.ErrTooLarge, "q", 256)
			chatsuite.WantFieldError(t, search(strings.Repeat("a ", 17)), chat.ErrTooLarge, "q", 16)
			chatsuite.WantFieldError(t, search("a\x00b"), chat.ErrInvalid, "q", 0)
			chatsuite.WantFieldError(t, search("a\xff"), chat.ErrInvalid, "q", 0)
		}
		for _, wordless := range []string{"", " ", "...", "!%_'\"", "\u0301"} {
			_, err := h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: wordless})
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "q", 0)
		}
	})
}
