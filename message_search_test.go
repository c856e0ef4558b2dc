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
	"github.com/go-df/chat/internal/chatsuite"
)

func indexed(c *chat.Config) { c.MessageSearch = true }

// overSearches runs a test over both databases, with the index of messages and
// without it.
func overSearches(t *testing.T, test func(t *testing.T, h *chatsuite.Host)) {
	t.Helper()
	t.Parallel()
	for name, v := range map[string]chatsuite.Variant{"sqlite": chatsuite.SQLite, "sqlite file": chatsuite.SQLiteFile, "postgres": chatsuite.Postgres} {
		t.Run(name+" scan", func(t *testing.T) {
			t.Parallel()
			test(t, chatsuite.New(t, v))
		})
		t.Run(name+" index", func(t *testing.T) {
			t.Parallel()
			test(t, chatsuite.New(t, v, indexed))
		})
	}
}

// found are the texts of all that a search finds, page by page.
func found(h *chatsuite.Host, actor chat.Actor, query string, room *uuid.UUID) (texts []string) {
	h.T.Helper()
	in := chat.MessageSearchQuery{Query: query, RoomID: room}
	for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
		page := chatsuite.Must(h.SearchMessages(h.Ctx, actor, in))(h.T)
		for _, m := range page.Items {
			texts = append(texts, m.Text)
		}
		in.Cursor = page.Next
	}
	return texts
}

func wantFound(t testing.TB, h *chatsuite.Host, actor chat.Actor, query string, room *uuid.UUID, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, found(h, actor, query, room), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%v searches %q: %s", actor, query, diff)
	}
}

func TestMessagesAreFoundByAllTheirWords(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for _, text := range []string{
			"Hello, World!", "hello", "world of hello-kitty", "helloworld", "don't panic", "ПРИВЕТ Мир", "Grüße aus ÖSTERREICH",
			"mail bob@example.com now", "see https://example.com/a/b?q=1", "snake_case x²", "ΟΔΟΣ", "हिन्दी में", "中文，文字",
			"thanks🤗friend", "only 🎉🫠", "1️⃣one", "AND OR NOT NEAR", "100% a:b*c", `back\slash "quoted"`, "resume", "résumé", "",
		} {
			if text != "" {
				h.Send(h.Bob, room.ID, text)
			}
		}
		for query, want := range map[string][]string{
			"hello":                  {"helloworld", "world of hello-kitty", "hello", "Hello, World!"},
			`"hello"`:                {"world of hello-kitty", "hello", "Hello, World!"},
			"HELLO world":            {"world of hello-kitty", "Hello, World!"},
			"world hello hello":      {"world of hello-kitty", "Hello, World!"},
			`"hello world"`:          {"Hello, World!"},
			`"world hello"`:          nil,
			"wor hello":              nil,
			"hell":                   {"helloworld", "world of hello-kitty", "hello", "Hello, World!"},
			"hello kitty":            {"world of hello-kitty"},
			"kitty/hello":            {"world of hello-kitty"},
			"don't":                  {"don't panic"},
			"don":                    {"don't panic"},
			"привет":                 {"ПРИВЕТ Мир"},
			"мИР":                    {"ПРИВЕТ Мир"},
			"österreich GRÜSSE":      {"Grüße aus ÖSTERREICH"},
			"österreich GRÜßE":       {"Grüße aus ÖSTERREICH"},
			"osterreich":             {"Grüße aus ÖSTERREICH"},
			"bob@example.com":        {"mail bob@example.com now"},
			"example.com":            {"see https://example.com/a/b?q=1", "mail bob@example.com now"},
			"https://example.com/":   {"see https://example.com/a/b?q=1"},
			"snake":                  {"snake_case x²"},
			"x²":                     {"snake_case x²"},
			"x":                      {"snake_case x²"},
			`"x"`:                    nil,
			"οδος":                   {"ΟΔΟΣ"},
			"οδοσ":                   {"ΟΔΟΣ"},
			"हिन्दी":                 {"हिन्दी में"},
			"ह":                      {"हिन्दी में"},
			`"ह"`:                    nil,
			"中文":                     {"中文，文字"},
			"文":                      {"中文，文字"},
			"字文":                     nil,
			"thanks":                 {"thanks🤗friend"},
			"friend 🎉":               nil,
			"friend 🤗":               {"thanks🤗friend"},
			"🎉":                      {"only 🎉🫠"},
			"🫠 only":                 {"only 🎉🫠"},
			"only":                   {"only 🎉🫠"},
			"one":                    {"1️⃣one"},
			"near":                   {"AND OR NOT NEAR"},
			"AND":                    {"AND OR NOT NEAR"},
			"c 100":                  {"100% a:b*c"},
			"slash quoted":           {`back\slash "quoted"`},
			"resume":                 {"résumé", "resume"},
			"RÉSUMÉ":                 {"résumé", "resume"},
			"nothing":                nil,
			strings.Repeat("ü", 128): nil,
		} {
			wantFound(t, h, h.Alice, query, nil, want...)
			wantFound(t, h, h.Alice, query, &room.ID, want...)
			wantFound(t, h, chat.System, query, nil, want...)
		}
	})
}

// What the databases' own languages of queries would take for orders is punctuation
// here, or a word.
func TestQueriesAreNeverOrders(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		h.Send(h.Alice, room.ID, "alpha beta")
		h.Send(h.Alice, room.ID, "gamma")
		both := []string{"alpha beta"}
		for query, want := range map[string][]string{
			"alpha OR gamma": nil, "alpha AND beta": nil, "alpha NOT gamma": nil, "NOT gamma": nil, "alpha NEAR/5 beta": nil,
			"alpha & beta": both, "alpha | gamma": nil, "!gamma alpha": nil, "alpha <-> beta": both, "alp*": both, "alp:*": both, `"alp"`: nil, `"alp*"`: nil,
			"alpha*": both, "alpha:*": both, "alpha:A": both, "alpha:C": nil, "text:alpha": nil, "room:alpha": nil, "-gamma": {"gamma"},
			"^alpha": both, `"beta alpha"`: nil, `"alpha beta"`: both, `"alpha`: both, `alpha"`: both, "'alpha": both, "alpha''": both, "(alpha": both,
			"alpha)": both, `alpha\`: both, `\alpha`: both, "alpha%": both, "%lpha": nil, "_lpha": nil, "alpha;": both,
			"alpha'; DROP TABLE chat_messages; --": nil, "$1 alpha": nil, "? alpha": both, "@alpha": both, "{alpha beta}": both,
			"alpha + beta": both, "alpha, beta": both, "alpha::tsquery": nil, "r" + strings.ReplaceAll(room.ID.String(), "-", ""): nil,
		} {
			wantFound(t, h, h.Alice, query, nil, want...)
			wantFound(t, h, h.Alice, query, &room.ID, want...)
		}
	})
}

// A message that was found is the message that history shows.
func TestFoundMessagesComeWhole(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		picture := chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("text")}))(t)
		first := h.Send(h.Alice, room.ID, "what is this?")
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{
			Text: "a picture", MediaIDs: []uuid.UUID{picture.ID}, ReplyToID: &first.ID, Metadata: chat.Metadata(`{"a":1}`),
		}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, sent.ID, "👍"))(t)
		want := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)
		in := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
		for _, query := range []chat.MessageSearchQuery{{Query: "picture"}, {Query: "picture", RoomID: &room.ID}} {
			got := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, query))(t)
			if diff := cmp.Diff(&chat.MessageSearchPage{Items: []chat.MessageHit{{Message: *want, Room: in, Matches: []chat.Match{{Start: 2, End: 9}}}}}, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestMessagesOfOtherRoomsAreNeverFound(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		ours := h.NewGroup(h.Bob, h.Carol)
		open := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "Open", Public: true}))(t)
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
		h.Send(h.Alice, ours.ID, "word of ours")
		h.Send(h.Alice, open.ID, "word of all")
		h.Send(h.Alice, private.ID, "word of two")
		wantFound(t, h, h.Alice, "word", nil, "word of two", "word of all", "word of ours")
		wantFound(t, h, chat.System, "word", nil, "word of two", "word of all", "word of ours")
		wantFound(t, h, h.Bob, "word", nil, "word of two", "word of ours")
		wantFound(t, h, h.Carol, "word", nil, "word of ours")
		wantFound(t, h, h.Erin, "word", nil)
		wantFound(t, h, h.Carol, "word", &ours.ID, "word of ours")
		wantFound(t, h, chat.System, "word", &private.ID, "word of two")
		for room, want := range map[uuid.UUID]error{
			ours.ID: chat.ErrNotFound, open.ID: chat.ErrForbidden, private.ID: chat.ErrNotFound, uuid.New(): chat.ErrNotFound,
		} {
			_, err := h.SearchMessages(h.Ctx, h.Erin, chat.MessageSearchQuery{Query: "word", RoomID: &room})
			chatsuite.WantError(t, err, want)
		}
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Erin, open.ID))(t)
		wantFound(t, h, h.Erin, "word", nil, "word of all")

		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, ours.ID, h.Carol))
		wantFound(t, h, h.Carol, "word", nil)
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Erin, open.ID))
		wantFound(t, h, h.Erin, "word", nil)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, private.ID))
		wantFound(t, h, h.Bob, "word", nil, "word of ours")
		wantFound(t, h, chat.System, "word", nil, "word of all", "word of ours")
		_, err := h.SearchMessages(h.Ctx, chat.System, chat.MessageSearchQuery{Query: "word", RoomID: &private.ID})
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

func TestSearchFollowsEditsAndDeletions(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		edited, deleted := h.Send(h.Bob, room.ID, "old words"), h.Send(h.Bob, room.ID, "gone words")
		h.Send(h.Bob, other.ID, "other words")
		text, metadata := "new words", chat.Metadata(`{"words": "old"}`)
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, edited.ID, chat.MessagePatch{Metadata: &metadata}))(t)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, deleted.ID))
		wantFound(t, h, h.Alice, "old", nil)
		wantFound(t, h, h.Alice, "gone", nil)
		wantFound(t, h, h.Alice, "words", nil, "other words", "new words")

		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
		h.Clock.Advance(time.Hour)
		chatsuite.Must(h.PurgeRooms(h.Ctx, time.Minute))(t)
		h.Send(h.Bob, other.ID, "last words")
		wantFound(t, h, h.Alice, "words", nil, "last words", "other words")
		wantIndexSound(t, h)
	})
}

// wantIndexSound asks SQLite whether its index and the messages agree.
func wantIndexSound(t testing.TB, h *chatsuite.Host) {
	t.Helper()
	if h.Config.MessageSearch && !h.Postgres {
		chatsuite.NoError(t, h.DB.Exec("INSERT INTO chat_message_words (chat_message_words) VALUES ('integrity-check')").Error)
	}
}

func TestFoundMessagesComeInPages(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
		var all, inFirst []string
		for i := range 11 {
			room := rooms[i%3]
			text := fmt.Sprint("word ", i)
			h.Send(h.Bob, room.ID, text)
			h.Send(h.Bob, room.ID, "noise")
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
					page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, in))(t)
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
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		h.Send(h.Alice, room.ID, "है")
		for range 5 {
			h.Send(h.Alice, room.ID, "ही")
		}
		page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "है", Page: chat.Page{Limit: 1}}))(t)
		if len(page.Items) != 1 || page.Items[0].Text != "है" || page.Next != "" {
			t.Errorf("the page has %d items, next %q", len(page.Items), page.Next)
		}
	})
}

// In one transaction all messages have the same time.
func TestMessagesOfOneMomentAreEachFoundOnce(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		at := h.Clock.Now()
		for range 5 {
			h.Clock.Advance(at.Sub(h.Clock.Now()) - time.Millisecond)
			h.Send(h.Alice, room.ID, "word")
		}
		seen := map[uuid.UUID]int{}
		in := chat.MessageSearchQuery{Query: "word", Page: chat.Page{Limit: 2}}
		for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
			page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, in))(t)
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
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		strangers := chatsuite.Must(h.CreateRoom(h.Ctx, h.Carol, chat.NewRoom{Name: "Not mine"}))(t)
		h.Send(h.Carol, strangers.ID, "word")
		for i, member := range []chat.UserID{h.Bob, h.Dave} {
			var want []string
			for n := range []int{31, 34}[i] {
				text := fmt.Sprintf("word %d of %s", n, member)
				h.Send(h.Alice, h.NewGroup(member).ID, text)
				want = append([]string{text}, want...)
			}
			wantFound(t, h, member, "word of", nil, want...)
		}
	})
}
