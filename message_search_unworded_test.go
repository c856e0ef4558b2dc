package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/words"
)

// unworded is how many messages the index does not know.
func unworded(h *chatsuite.Host) (n int) {
	h.T.Helper()
	chatsuite.NoError(h.T, h.DB.Raw("SELECT count(*) FROM chat_messages WHERE words IS NULL AND deleted_at IS NULL").Scan(&n).Error)
	return n
}

// A program that does not know of the index writes messages without words. They are found all the same,
// and Migrate makes their words.
func TestWhatTheIndexDoesNotKnowIsFound(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		edited := h.Send(h.Bob, room.ID, "an old word")
		stale := *h // it has asked before there was an index
		h = withIndex(h, true)
		stale.Send(h.Bob, room.ID, "a word without")
		text := "a new word"
		chatsuite.Must(stale.EditMessage(h.Ctx, h.Bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
		// More than are read before the index is asked, after them.
		insertTextsAfter(h, room.ID, 2, make([]string, chat.SearchScanRows+10))
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_messages SET words = '' WHERE number > 2").Error)
		if n := unworded(h); n != 2 {
			t.Errorf("%d messages have no words, want 2", n)
		}
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			wantFound(t, h, h.Alice, "wor", only, "a word without", "a new word")
			wantFound(t, h, h.Alice, "old", only)
		}
		h = withIndex(h, true)
		if n := unworded(h); n != 0 {
			t.Errorf("after Migrate %d messages have no words", n)
		}
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			wantFound(t, h, h.Alice, "wor", only, "a word without", "a new word")
		}
		wantIndexSound(t, h)
	})
}

// Words of another version are not used, and made anew by Migrate.
func TestWordsOfAnotherVersionAreMadeAnew(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		h = withIndex(h, true)
		room := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "a word")
		kept := "x"
		if h.Postgres {
			kept = "'x'"
		}
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_messages SET words = ?", kept).Error)
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_meta SET value = 'another' WHERE key = 'message_words'").Error)
		h.Service = chatsuite.Must(chat.New(h.DB, h.Config))(t)
		wantFound(t, h, h.Alice, "word", &room.ID, "a word")
		h.Send(h.Bob, room.ID, "a second word")
		if n := unworded(h); n != 1 {
			t.Errorf("%d messages have no words, want 1: they would be of two versions", n)
		}
		h = withIndex(h, true)
		var has []string
		chatsuite.NoError(t, h.DB.Raw("SELECT CAST(words AS text) FROM chat_messages ORDER BY number").Scan(&has).Error)
		for i, key := range []string{"word", "second"} {
			if !strings.Contains(has[i], words.Place(room.ID, 0)+key) {
				t.Errorf("the words are %q", has)
			}
		}
		wantFound(t, h, h.Alice, "word", &room.ID, "a second word", "a word")
		wantIndexSound(t, h)
	})
}

// insertTextsAfter is insertTexts into a room that has messages up to a number.
func insertTextsAfter(h *chatsuite.Host, room uuid.UUID, number int64, texts []string) {
	h.T.Helper()
	messages := make([]chat.Message, len(texts))
	for i, text := range texts {
		messages[i] = chat.Message{ID: uuid.Must(uuid.NewV7()), RoomID: room, Number: number + int64(i) + 1, AuthorKind: chat.AuthorKindSystem, Text: text, CreatedAt: h.Clock.Now()}
	}
	chatsuite.NoError(h.T, h.DB.CreateInBatches(messages, 500).Error)
	last := number + int64(len(texts))
	chatsuite.NoError(h.T, h.DB.Exec("UPDATE chat_rooms SET last_number = ? WHERE id = ?", last, room).Error)
}

// What has no words is as much as may be: a call looks at some of it, and the next goes on. Nor does
// a round that reads as many as the index may find mean that there is more.
func TestVeryManyWithoutWordsAreFoundByPages(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		h = withIndex(h, true)
		room := h.NewGroup(h.Bob)
		texts := make([]string, chat.SearchScanRows+6000)
		var want []string
		for _, i := range []int{0, 100, 1500, 3999, 4500, 5999, 6000} {
			texts[i] = fmt.Sprint("word ", i)
			want = append([]string{texts[i]}, want...)
		}
		insertTexts(h, room.ID, texts)
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			wantFound(t, h, h.Bob, "word", only, want...)
			page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: "word", RoomID: only}))(t)
			if len(page.Items) < 3 || page.Next == "" {
				t.Errorf("a call finds %d, next %q, and does not look beyond what is read first", len(page.Items), page.Next)
			}
		}
	})
}

// A room's messages have places, which the index is asked for by turns.
func TestMessagesAreFoundInAllPlacesOfARoom(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		// The oldest have been removed, so that what is left is of three places.
		first := int64(words.PlaceMessages - 20)
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_rooms SET first_number = ?, last_number = ? WHERE id = ?", first+1, first, room.ID).Error)
		texts := make([]string, chat.SearchScanRows+60)
		var want []string
		for _, i := range []int{0, 19, 20, 21, 40, len(texts) - 1} {
			texts[i] = fmt.Sprint("word ", i)
			want = append([]string{texts[i]}, want...)
		}
		insertTextsAfter(h, room.ID, first, texts)
		for _, index := range []bool{true, false} {
			h = withIndex(h, index)
			for _, only := range []*uuid.UUID{nil, &room.ID} {
				wantFound(t, h, h.Bob, "word", only, want...)
				wantFound(t, h, h.Bob, "19 word", only, "word 19")
				in := chat.MessageSearchQuery{Query: "word", RoomID: only, Page: chat.Page{Limit: 2}}
				var got []string
				for calls := 0; (calls == 0 || in.Cursor != "") && calls < 20; calls++ {
					page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Bob, in))(t)
					for _, hit := range page.Items {
						got = append(got, hit.Text)
					}
					in.Cursor = page.Next
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("index %t, by pages: %s", index, diff)
				}
			}
		}
	})
}

func TestSearchesAreFiltered(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		first := h.Send(h.Alice, room.ID, "word of alice")
		media := h.Upload(h.Bob, "x").ID
		second := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "word of bob", MediaIDs: []uuid.UUID{media}}))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, chat.System, room.ID, chat.NewMessage{Text: "word of nobody"}))(t)
		yes, no := true, false
		for name, test := range map[string]struct {
			in   chat.MessageSearchQuery
			want []string
		}{
			"author":        {chat.MessageSearchQuery{Author: h.Bob}, []string{"word of bob"}},
			"no author":     {chat.MessageSearchQuery{Author: h.Carol}, nil},
			"media":         {chat.MessageSearchQuery{HasMedia: &yes}, []string{"word of bob"}},
			"no media":      {chat.MessageSearchQuery{HasMedia: &no}, []string{"word of nobody", "word of alice"}},
			"before":        {chat.MessageSearchQuery{Before: second.CreatedAt}, []string{"word of alice"}},
			"after":         {chat.MessageSearchQuery{After: second.CreatedAt}, []string{"word of nobody", "word of bob"}},
			"all of them":   {chat.MessageSearchQuery{Author: h.Alice, After: first.CreatedAt, Before: second.CreatedAt, HasMedia: &no}, []string{"word of alice"}},
			"none together": {chat.MessageSearchQuery{Author: h.Alice, HasMedia: &yes}, nil},
		} {
			for _, actor := range []chat.Actor{h.Alice, chat.System} {
				for _, only := range []*uuid.UUID{nil, &room.ID} {
					in := test.in
					in.Query, in.RoomID = "word", only
					var got []string
					for _, hit := range chatsuite.Must(h.SearchMessages(h.Ctx, actor, in))(t).Items {
						got = append(got, hit.Text)
					}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Errorf("%s, %v: %s", name, actor, diff)
					}
				}
			}
		}
		_, err := h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "word", Author: "bad\x00id"})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "author", 0)
	})
}

// Matches are counted in code points of the text as it was written.
func TestFoundMessagesSayWhereTheWordsAre(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		text := "😀 Un e\u0301te\u0301 à 東京タワー, été!"
		h.Send(h.Bob, room.ID, text)
		for query, want := range map[string][]string{
			"ete": {"e\u0301te\u0301", "été"}, "京タ": {"京タ"}, `"a 東京"`: {"à 東京"}, "😀 un 東": {"😀", "Un", "東"},
		} {
			var got []string
			points := []rune(text)
			for _, m := range chatsuite.Must(h.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: query}))(t).Items[0].Matches {
				got = append(got, string(points[m.Start:m.End]))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
		}
	})
}

// A search that may read for no time ends with an error that is retryable, and in a transaction of a
// host's leaves that as it is.
func TestASearchEndsAfterItsTime(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "a word")
		config := h.Config
		config.Limits.SearchTime = time.Nanosecond
		svc := chatsuite.Must(chat.New(h.DB, config))(t)
		_, err := svc.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: "word"})
		if !chat.IsRetryable(err) || errors.Is(err, h.Ctx.Err()) {
			t.Errorf("error is %v, want a retryable one", err)
		}
		wantFound(t, h, h.Bob, "word", nil, "a word")
	})
}
