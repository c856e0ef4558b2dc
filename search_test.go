package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

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
			"%":              {"Kitchen garden"},
			"100%":           {"Kitchen garden"},
			"_":              {"Привет мир"},
			"e_c":            {"Привет мир"},
			"ga_den":         nil,
			`\`:              {`back\slash`},
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

// What a search shows of a room is what Room shows, but for the last message.
func TestFoundRoomsShowOnesOwnMembership(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := publicRoom(h, "Garden", "")
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
		h.Send(h.Alice, room.ID, "a secret")
		for _, actor := range []chat.Actor{h.Alice, h.Bob, h.Erin, chat.System} {
			want := chatsuite.Must(h.Room(h.Ctx, actor, room.ID))(t)
			want.LastMessage = nil
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
		for _, wordless := range []string{"", " ", "...", "😀👍🏽", "❤️", "!%_'\"", "\u0301"} {
			_, err := h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: wordless})
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "q", 0)
		}
	})
}
