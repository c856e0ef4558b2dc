package chat_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// lists are all lists with a cursor, as alice asks for them in a room of her own.
func lists(h *chatsuite.Host, room, message uuid.UUID) map[string]func(page chat.Page) (items int, next string, err error) {
	return map[string]func(page chat.Page) (int, string, error){
		"rooms": func(page chat.Page) (int, string, error) {
			found, err := h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"users": func(page chat.Page) (int, string, error) {
			found, err := h.RoomUsers(h.Ctx, h.Alice, room, page)
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"reactions": func(page chat.Page) (int, string, error) {
			found, err := h.Reactions(h.Ctx, h.Alice, chat.ReactionsQuery{MessageID: &message, Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"my reactions": func(page chat.Page) (int, string, error) {
			found, err := h.Reactions(h.Ctx, h.Alice, chat.ReactionsQuery{Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"public rooms": func(page chat.Page) (int, string, error) {
			found, err := h.SearchRooms(h.Ctx, h.Alice, chat.RoomSearchQuery{Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"messages": func(page chat.Page) (int, string, error) {
			found, err := h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "hello", Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
		"messages of a room": func(page chat.Page) (int, string, error) {
			found, err := h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "hello", RoomID: &room, Page: page})
			if err != nil {
				return 0, "", err
			}
			return len(found.Items), found.Next, nil
		},
	}
}

// listScene fills every list with more than two items.
func listScene(h *chatsuite.Host) (room, message uuid.UUID) {
	h.T.Helper()
	group := h.NewGroup(h.Bob, h.Carol, h.Dave)
	for range 3 {
		chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "A public room", Public: true}))(h.T)
		h.Send(h.Bob, group.ID, "hello again")
	}
	sent := h.Send(h.Alice, group.ID, "hello")
	for _, reaction := range []string{"👍", "👎", "😀"} {
		chatsuite.Must(h.React(h.Ctx, h.Alice, sent.ID, reaction))(h.T)
	}
	return group.ID, sent.ID
}

func TestListsGoOnWhereTheCursorSays(t *testing.T) {
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		room, message := listScene(h)
		for name, list := range lists(h, room, message) {
			want, next, err := list(chat.Page{})
			chatsuite.NoError(t, err)
			if want < 3 || next != "" {
				t.Errorf("%s: %d items on the only page, next %q", name, want, next)
			}
			got, pages := 0, 0
			for page := (chat.Page{Limit: 1}); pages == 0 || page.Cursor != ""; pages++ {
				items, next, err := list(page)
				chatsuite.NoError(t, err)
				got += items
				page.Cursor = next
			}
			if got != want || pages != want {
				t.Errorf("%s: %d items on %d pages of one, want %d", name, got, pages, want)
			}
		}
	})
}

// encoded writes a cursor as somebody would who knows how they are made.
func encodedCursor(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}

func badCursors() []string {
	now, id := time.Now().UTC().Format(time.RFC3339Nano), uuid.NewString()
	bad := []string{
		"garbage", "!", "é", " ", "\x00", "====", "null", "{}", "AA", "bnVsbA", "' OR 1=1 --", "a\xffb",
		strings.Repeat("A", 1<<20), encodedCursor(strings.Repeat("[", 100_000)), encodedCursor(`"` + strings.Repeat("x", 1<<20) + `"`),
	}
	for _, position := range []string{
		" ", "null", "{}", "[]", "1", `""`, `"\u0000"`, "{", `{"t":1}`, `{"t":"yesterday","i":1}`, `{"i":"` + id + `"}`, `{"t":"` + now + `"}`,
		fmt.Sprintf(`{"t":%q,"i":"not-an-id"}`, now), fmt.Sprintf(`{"t":"0000-01-01T00:00:00Z","i":%q}`, id),
		fmt.Sprintf(`{"t":"9999-12-31T23:59:59-23:59","i":%q}`, id), fmt.Sprintf(`{"t":"10000-01-01T00:00:00Z","i":%q}`, id),
		fmt.Sprintf(`{"t":"-4713-01-01T00:00:00Z","i":%q}`, id),
		`{"n":0}`, `{"n":-1}`, `{"n":1e400}`, `{"n":"1"}`, `{"n":9223372036854775808}`,
	} {
		bad = append(bad, encodedCursor(position))
	}
	return bad
}

// A cursor that no page returned is refused: it is never an error of the database,
// and never somebody else's data.
func TestCursorsThatNoPageReturnedAreRefused(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres, {UserIDs: chat.UUIDs, Postgres: true}, {UserIDs: chat.StringIDs, Postgres: true}},
		func(t *testing.T, h *chatsuite.Host) {
			room, message := listScene(h)
			for name, list := range lists(h, room, message) {
				_, good, err := list(chat.Page{Limit: 1})
				chatsuite.NoError(t, err)
				bad := append(badCursors(), good+"A", good[:len(good)-1], good+"=", " "+good, strings.ToLower(good))
				for _, cursor := range bad {
					if items, next, err := list(chat.Page{Cursor: cursor}); err == nil {
						t.Errorf("%s: the cursor %.60q gives %d items, next %q", name, cursor, items, next)
					} else {
						chatsuite.WantFieldError(t, err, chat.ErrInvalid, "cursor", 0)
					}
				}
			}
		})
}

// Each list has cursors of its own.
func TestCursorsOfAnotherListAreRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, message := listScene(h)
		lists := lists(h, room, message)
		for from, source := range lists {
			_, cursor, err := source(chat.Page{Limit: 1})
			chatsuite.NoError(t, err)
			for to, list := range lists {
				if strings.HasSuffix(from, "reactions") && strings.HasSuffix(to, "reactions") || from == to {
					continue
				}
				if _, _, err := list(chat.Page{Cursor: cursor}); err == nil {
					t.Errorf("a cursor of %s is taken for one of %s", from, to)
				} else {
					chatsuite.WantFieldError(t, err, chat.ErrInvalid, "cursor", 0)
				}
			}
		}
	})
}

// A cursor is a position and no key: with one from elsewhere one sees one's own.
func TestCursorsOpenNothing(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, message := listScene(h)
		lists := lists(h, room, message)
		_, users, err := lists["users"](chat.Page{Limit: 1})
		chatsuite.NoError(t, err)
		_, rooms, err := lists["rooms"](chat.Page{Limit: 1})
		chatsuite.NoError(t, err)
		_, err = h.RoomUsers(h.Ctx, h.Erin, room, chat.Page{Cursor: users})
		chatsuite.WantError(t, err, chat.ErrNotFound)
		if seen := chatsuite.Must(h.Rooms(h.Ctx, h.Erin, chat.RoomsQuery{Page: chat.Page{Cursor: rooms}}))(t); len(seen.Items) != 0 {
			t.Errorf("a stranger sees %d rooms", len(seen.Items))
		}
		if seen := chatsuite.Must(h.Rooms(h.Ctx, h.Dave, chat.RoomsQuery{Page: chat.Page{Cursor: rooms}}))(t); len(seen.Items) > 1 {
			t.Errorf("dave sees %d rooms, and is in one", len(seen.Items))
		}
	})
}
