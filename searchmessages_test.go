package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func indexed(c *chat.Config) { c.MessageSearch = true }

// overSearches runs a test over both databases, with the index of messages and
// without it.
func overSearches(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	t.Parallel()
	for name, v := range map[string]variant{"sqlite": onSQLite, "sqlite file": onSQLiteFile, "postgres": onPostgres} {
		t.Run(name+" scan", func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, v))
		})
		t.Run(name+" index", func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, v, indexed))
		})
	}
}

// found are the texts of all that a search finds, page by page.
func (h *host) found(actor chat.Actor, query string, room *uuid.UUID) (texts []string) {
	h.t.Helper()
	in := chat.MessageSearchQuery{Query: query, RoomID: room}
	for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
		page := must(h.SearchMessages(h.ctx, actor, in))(h.t)
		for _, m := range page.Items {
			texts = append(texts, m.Text)
		}
		in.Cursor = page.Next
	}
	return texts
}

func (h *host) wantFound(t testing.TB, actor chat.Actor, query string, room *uuid.UUID, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, h.found(actor, query, room), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%v searches %q: %s", actor, query, diff)
	}
}

func TestMessagesAreFoundByAllTheirWords(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		for _, text := range []string{
			"Hello, World!", "hello", "world of hello-kitty", "helloworld", "don't panic", "ПРИВЕТ Мир", "Grüße aus ÖSTERREICH",
			"mail bob@example.com now", "see https://example.com/a/b?q=1", "snake_case x²", "ΟΔΟΣ", "हिन्दी में", "中文，文字",
			"thanks🤗friend", "only 🎉🫠", "1️⃣one", "AND OR NOT NEAR", "100% a:b*c", `back\slash "quoted"`, "resume", "résumé", "",
		} {
			if text != "" {
				h.send(h.bob, room.ID, text)
			}
		}
		for query, want := range map[string][]string{
			"hello":                  {"world of hello-kitty", "hello", "Hello, World!"},
			"HELLO world":            {"world of hello-kitty", "Hello, World!"},
			"world hello hello":      {"world of hello-kitty", "Hello, World!"},
			"hell":                   nil,
			"hello kitty":            {"world of hello-kitty"},
			"kitty/hello":            {"world of hello-kitty"},
			"don't":                  {"don't panic"},
			"don":                    {"don't panic"},
			"привет":                 {"ПРИВЕТ Мир"},
			"мИР":                    {"ПРИВЕТ Мир"},
			"österreich GRÜSSE":      nil,
			"österreich GRÜßE":       {"Grüße aus ÖSTERREICH"},
			"osterreich":             nil,
			"bob@example.com":        {"mail bob@example.com now"},
			"example.com":            {"see https://example.com/a/b?q=1", "mail bob@example.com now"},
			"https://example.com/":   {"see https://example.com/a/b?q=1"},
			"snake":                  {"snake_case x²"},
			"x²":                     {"snake_case x²"},
			"x":                      nil,
			"οδος":                   {"ΟΔΟΣ"},
			"οδοσ":                   {"ΟΔΟΣ"},
			"हिन्दी":                 {"हिन्दी में"},
			"ह":                      nil,
			"中文":                     {"中文，文字"},
			"文":                      nil,
			"thanks":                 {"thanks🤗friend"},
			"friend 🎉":               {"thanks🤗friend"},
			"only":                   {"only 🎉🫠"},
			"one":                    {"1️⃣one"},
			"near":                   {"AND OR NOT NEAR"},
			"AND":                    {"AND OR NOT NEAR"},
			"c 100":                  {"100% a:b*c"},
			"slash quoted":           {`back\slash "quoted"`},
			"resume":                 {"resume"},
			"RÉSUMÉ":                 {"résumé"},
			"nothing":                nil,
			strings.Repeat("ü", 128): nil,
		} {
			h.wantFound(t, h.alice, query, nil, want...)
			h.wantFound(t, h.alice, query, &room.ID, want...)
			h.wantFound(t, chat.System, query, nil, want...)
		}
	})
}

// What the databases' own languages of queries would take for orders is punctuation
// here, or a word.
func TestQueriesAreNeverOrders(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room := h.group()
		h.send(h.alice, room.ID, "alpha beta")
		h.send(h.alice, room.ID, "gamma")
		both := []string{"alpha beta"}
		for query, want := range map[string][]string{
			"alpha OR gamma": nil, "alpha AND beta": nil, "alpha NOT gamma": nil, "NOT gamma": nil, "alpha NEAR/5 beta": nil,
			"alpha & beta": both, "alpha | gamma": nil, "!gamma alpha": nil, "alpha <-> beta": both, "alp*": nil, "alp:*": nil,
			"alpha*": both, "alpha:*": both, "alpha:A": nil, "text:alpha": nil, "room:alpha": nil, "-gamma": {"gamma"},
			"^alpha": both, `"beta alpha"`: both, `"alpha`: both, `alpha"`: both, "'alpha": both, "alpha''": both, "(alpha": both,
			"alpha)": both, `alpha\`: both, `\alpha`: both, "alpha%": both, "%lpha": nil, "_lpha": nil, "alpha;": both,
			"alpha'; DROP TABLE chat_messages; --": nil, "$1 alpha": nil, "? alpha": both, "@alpha": both, "{alpha beta}": both,
			"alpha + beta": both, "alpha, beta": both, "alpha::tsquery": nil, "r" + strings.ReplaceAll(room.ID.String(), "-", ""): nil,
		} {
			h.wantFound(t, h.alice, query, nil, want...)
			h.wantFound(t, h.alice, query, &room.ID, want...)
		}
	})
}

// A message that was found is the message that history shows.
func TestFoundMessagesComeWhole(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		picture := must(h.UploadMedia(h.ctx, h.bob, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("text")}))(t)
		first := h.send(h.alice, room.ID, "what is this?")
		sent := must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{
			Text: "a picture", MediaIDs: []uuid.UUID{picture.ID}, ReplyToID: &first.ID, Metadata: chat.Metadata(`{"a":1}`),
		}))(t)
		must(h.React(h.ctx, h.alice, sent.ID, "👍"))(t)
		want := must(h.Message(h.ctx, h.alice, sent.ID))(t)
		for _, in := range []chat.MessageSearchQuery{{Query: "picture"}, {Query: "picture", RoomID: &room.ID}} {
			got := must(h.SearchMessages(h.ctx, h.alice, in))(t)
			if diff := cmp.Diff(&chat.MessageSearchPage{Items: []chat.Message{*want}}, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestMessagesOfOtherRoomsAreNeverFound(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		ours := h.group(h.bob, h.carol)
		open := must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "Open", Public: true}))(t)
		private := must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t)
		h.send(h.alice, ours.ID, "word of ours")
		h.send(h.alice, open.ID, "word of all")
		h.send(h.alice, private.ID, "word of two")
		h.wantFound(t, h.alice, "word", nil, "word of two", "word of all", "word of ours")
		h.wantFound(t, chat.System, "word", nil, "word of two", "word of all", "word of ours")
		h.wantFound(t, h.bob, "word", nil, "word of two", "word of ours")
		h.wantFound(t, h.carol, "word", nil, "word of ours")
		h.wantFound(t, h.erin, "word", nil)
		h.wantFound(t, h.carol, "word", &ours.ID, "word of ours")
		h.wantFound(t, chat.System, "word", &private.ID, "word of two")
		for room, want := range map[uuid.UUID]error{
			ours.ID: chat.ErrNotFound, open.ID: chat.ErrForbidden, private.ID: chat.ErrNotFound, uuid.New(): chat.ErrNotFound,
		} {
			_, err := h.SearchMessages(h.ctx, h.erin, chat.MessageSearchQuery{Query: "word", RoomID: &room})
			wantError(t, err, want)
		}
		must(h.JoinRoom(h.ctx, h.erin, open.ID))(t)
		h.wantFound(t, h.erin, "word", nil, "word of all")

		ok(t, h.RemoveUser(h.ctx, h.alice, ours.ID, h.carol))
		h.wantFound(t, h.carol, "word", nil)
		ok(t, h.LeaveRoom(h.ctx, h.erin, open.ID))
		h.wantFound(t, h.erin, "word", nil)
		ok(t, h.DeleteRoom(h.ctx, h.alice, private.ID))
		h.wantFound(t, h.bob, "word", nil, "word of ours")
		h.wantFound(t, chat.System, "word", nil, "word of all", "word of ours")
		_, err := h.SearchMessages(h.ctx, chat.System, chat.MessageSearchQuery{Query: "word", RoomID: &private.ID})
		wantError(t, err, chat.ErrNotFound)
	})
}

func TestSearchFollowsEditsAndDeletions(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room, other := h.group(h.bob), h.group(h.bob)
		edited, deleted := h.send(h.bob, room.ID, "old words"), h.send(h.bob, room.ID, "gone words")
		h.send(h.bob, other.ID, "other words")
		text, metadata := "new words", chat.Metadata(`{"words": "old"}`)
		must(h.EditMessage(h.ctx, h.bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
		must(h.EditMessage(h.ctx, h.bob, edited.ID, chat.MessagePatch{Metadata: &metadata}))(t)
		ok(t, h.DeleteMessage(h.ctx, h.bob, deleted.ID))
		h.wantFound(t, h.alice, "old", nil)
		h.wantFound(t, h.alice, "gone", nil)
		h.wantFound(t, h.alice, "words", nil, "other words", "new words")

		ok(t, h.DeleteRoom(h.ctx, h.alice, room.ID))
		h.clock.advance(time.Hour)
		must(h.PurgeRooms(h.ctx, time.Minute))(t)
		h.send(h.bob, other.ID, "last words")
		h.wantFound(t, h.alice, "words", nil, "last words", "other words")
		h.wantIndexSound(t)
	})
}

// wantIndexSound asks SQLite whether its index and the messages agree.
func (h *host) wantIndexSound(t testing.TB) {
	t.Helper()
	if h.config.MessageSearch && !h.postgres {
		ok(t, h.db.Exec("INSERT INTO chat_message_words (chat_message_words) VALUES ('integrity-check')").Error)
	}
}

func TestFoundMessagesComeInPages(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		rooms := []*chat.Room{h.group(h.bob), h.group(h.bob), h.group(h.bob)}
		var all, inFirst []string
		for i := range 11 {
			room := rooms[i%3]
			text := fmt.Sprint("word ", i)
			h.send(h.bob, room.ID, text)
			h.send(h.bob, room.ID, "noise")
			all = append([]string{text}, all...)
			if room == rooms[0] {
				inFirst = append([]string{text}, inFirst...)
			}
		}
		for _, limit := range []int{1, 2, 11, 100} {
			for want, room := range map[*[]string]*uuid.UUID{&all: nil, &inFirst: &rooms[0].ID} {
				in := chat.MessageSearchQuery{Query: "word", RoomID: room, Page: chat.Page{Limit: limit}}
				var got []string
				for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
					page := must(h.SearchMessages(h.ctx, h.alice, in))(t)
					if page.Next != "" && len(page.Items) != limit {
						t.Errorf("a page of %d has %d items and is not the last", limit, len(page.Items))
					}
					for _, m := range page.Items {
						got = append(got, m.Text)
					}
					in.Cursor = page.Next
				}
				if diff := cmp.Diff(*want, got); diff != "" {
					t.Errorf("pages of %d: %s", limit, diff)
				}
			}
		}
	})
}

// SQLite's tokenizer takes both words for one letter and what follows it.
func TestPagesAreFullInScriptsOfManyMarks(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room := h.group()
		h.send(h.alice, room.ID, "है")
		for range 5 {
			h.send(h.alice, room.ID, "ही")
		}
		page := must(h.SearchMessages(h.ctx, h.alice, chat.MessageSearchQuery{Query: "है", Page: chat.Page{Limit: 1}}))(t)
		if len(page.Items) != 1 || page.Items[0].Text != "है" || page.Next != "" {
			t.Errorf("the page has %d items, next %q", len(page.Items), page.Next)
		}
	})
}

// In one transaction all messages have the same time.
func TestMessagesOfOneMomentAreEachFoundOnce(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		room := h.group()
		at := h.clock.now()
		for range 5 {
			h.clock.advance(at.Sub(h.clock.now()) - time.Millisecond)
			h.send(h.alice, room.ID, "word")
		}
		seen := map[uuid.UUID]int{}
		in := chat.MessageSearchQuery{Query: "word", Page: chat.Page{Limit: 2}}
		for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
			page := must(h.SearchMessages(h.ctx, h.alice, in))(t)
			for _, m := range page.Items {
				seen[m.ID]++
			}
			in.Cursor = page.Next
		}
		if len(seen) != 5 {
			t.Errorf("%d messages were found, want 5", len(seen))
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("message %s was found %d times", id, times)
			}
		}
	})
}

// The index is told of the rooms of those who have few.
func TestMembersOfManyRoomsFindInAllOfThem(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		strangers := must(h.CreateRoom(h.ctx, h.carol, chat.NewRoom{Name: "Not mine"}))(t)
		h.send(h.carol, strangers.ID, "word")
		for i, member := range []chat.UserID{h.bob, h.dave} {
			var want []string
			for n := range []int{31, 34}[i] {
				text := fmt.Sprintf("word %d of %s", n, member)
				h.send(h.alice, h.group(member).ID, text)
				want = append([]string{text}, want...)
			}
			h.wantFound(t, member, "word of", nil, want...)
		}
	})
}
