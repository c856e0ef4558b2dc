package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
)

// publicRoom is a public group of alice's.
func (h *host) publicRoom(name, description string) *chat.Room {
	h.t.Helper()
	h.clock.advance(1)
	return must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: name, Description: description, Public: true}))(h.t)
}

// roomsFound are the names of the rooms that a search finds.
func (h *host) roomsFound(actor chat.Actor, query string) (names []string) {
	h.t.Helper()
	for _, room := range must(h.SearchRooms(h.ctx, actor, chat.RoomSearchQuery{Query: query}))(h.t).Items {
		names = append(names, room.Name)
	}
	return names
}

func TestPublicRoomsAreFoundByNameAndDescription(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		h.publicRoom("Garden", "Tomatoes and ROSES")
		h.publicRoom("Kitchen garden", "100% recipes")
		h.publicRoom("Привет мир", "snake_case")
		h.publicRoom(`back\slash`, "")
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
			if diff := cmp.Diff(want, h.roomsFound(h.erin, query)); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
		}
	})
}

func TestOnlyPublicRoomsAreFound(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		h.group(h.bob)
		must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t)
		gone := h.publicRoom("A gone one", "")
		ok(t, h.DeleteRoom(h.ctx, h.alice, gone.ID))
		hidden := h.publicRoom("A hidden one", "")
		no := false
		must(h.UpdateRoom(h.ctx, h.alice, hidden.ID, chat.RoomPatch{Public: &no}))(t)
		h.publicRoom("A public one", "")
		for _, actor := range []chat.Actor{h.alice, h.bob, h.erin, chat.System} {
			if diff := cmp.Diff([]string{"A public one"}, h.roomsFound(actor, "a")); diff != "" {
				t.Errorf("%v: %s", actor, diff)
			}
		}
		_, err := h.SearchRooms(h.ctx, chat.UserID(""), chat.RoomSearchQuery{})
		wantError(t, err, chat.ErrUnauthenticated)
	})
}

// What a search shows of a room is what Room shows, but for the last message.
func TestFoundRoomsShowOnesOwnMembership(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.publicRoom("Garden", "")
		must(h.JoinRoom(h.ctx, h.bob, room.ID))(t)
		h.send(h.alice, room.ID, "a secret")
		for _, actor := range []chat.Actor{h.alice, h.bob, h.erin, chat.System} {
			want := must(h.Room(h.ctx, actor, room.ID))(t)
			want.LastMessage = nil
			got := must(h.SearchRooms(h.ctx, actor, chat.RoomSearchQuery{Query: "garden"}))(t)
			if diff := cmp.Diff(&chat.RoomsPage{Items: []chat.Room{*want}}, got); diff != "" {
				t.Errorf("%v: %s", actor, diff)
			}
		}
	})
}

func TestFoundRoomsComeInPages(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		var want []string
		for i := range 7 {
			name := fmt.Sprint("garden ", i)
			h.publicRoom(name, "")
			want = append([]string{name}, want...)
		}
		var got []string
		in := chat.RoomSearchQuery{Query: "garden", Page: chat.Page{Limit: 3}}
		for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
			page := must(h.SearchRooms(h.ctx, h.erin, in))(t)
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
	overBoth(t, func(t *testing.T, h *host) {
		for _, search := range []func(string) error{
			func(query string) error { return of(h.SearchRooms(h.ctx, h.alice, chat.RoomSearchQuery{Query: query})) },
			func(query string) error {
				return of(h.SearchMessages(h.ctx, h.alice, chat.MessageSearchQuery{Query: query}))
			},
		} {
			ok(t, search(strings.Repeat("a", 256)))
			ok(t, search(strings.Repeat("a ", 16)))
			wantField(t, search(strings.Repeat("a", 257)), chat.ErrTooLarge, "q", 256)
			wantField(t, search(strings.Repeat("a ", 17)), chat.ErrTooLarge, "q", 16)
			wantField(t, search("a\x00b"), chat.ErrInvalid, "q", 0)
			wantField(t, search("a\xff"), chat.ErrInvalid, "q", 0)
		}
		for _, wordless := range []string{"", " ", "...", "😀👍🏽", "❤️", "!%_'\"", "\u0301"} {
			_, err := h.SearchMessages(h.ctx, h.alice, chat.MessageSearchQuery{Query: wordless})
			wantField(t, err, chat.ErrInvalid, "q", 0)
		}
	})
}
