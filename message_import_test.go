package chat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// sequence yields messages, and then an error unless it is nil.
func sequence(messages []chat.ImportedMessage, end error) iter.Seq2[chat.ImportedMessage, error] {
	return func(yield func(chat.ImportedMessage, error) bool) {
		for _, m := range messages {
			if !yield(m, nil) {
				return
			}
		}
		if end != nil {
			yield(chat.ImportedMessage{}, end)
		}
	}
}

// numbered are n messages of a user, a minute apart, with client ids.
func numbered(h *chatsuite.Host, author chat.UserID, n int) []chat.ImportedMessage {
	from := h.Clock.Advance(0).Add(-30 * 24 * time.Hour)
	messages := make([]chat.ImportedMessage, n)
	for i := range messages {
		messages[i] = chat.ImportedMessage{UserID: author, ClientID: fmt.Sprint("m", i), Text: fmt.Sprint("text ", i),
			CreatedAt: from.Add(time.Duration(i) * time.Second)}
	}
	return messages
}

func open(content string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
}

// What was sent elsewhere is there with its times, authors, replies, reactions and files, and
// an import that is run again stores nothing.
func TestImportMessages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "was here before")
		at := time.Date(2020, 5, 1, 12, 0, 0, 123456000, time.UTC)
		edited := at.Add(time.Hour)
		opened := 0
		messages := []chat.ImportedMessage{
			{UserID: h.Alice, ClientID: "1", Text: "Hello", CreatedAt: at, EditedAt: &edited, Metadata: chat.Metadata(`{"a": 1}`),
				Reactions: []chat.ImportedReaction{
					{UserID: h.Carol, Reaction: "👍"}, {UserID: h.Carol, Reaction: "👍"}, {UserID: h.Bob, Reaction: "👍", CreatedAt: edited},
				}},
			{UserID: h.Carol, ClientID: "1", Text: "Hello to you", ReplyTo: "1", CreatedAt: at.Add(time.Second)},
			{ClientID: "3", Text: "Carol left", CreatedAt: at.Add(2 * time.Second)},
			{UserID: h.Carol, ClientID: "4", CreatedAt: at.Add(3 * time.Second), ReplyTo: "1", Media: []chat.ImportedMedia{
				{FileName: "a.txt", Open: func() (io.ReadCloser, error) { opened++; return open("one")() }},
				{FileName: "b.gif", Open: open(chatsuite.GIF)},
			}},
		}
		for run, want := range []int{4, 0, 0} {
			if n := chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil)))(t); n != want {
				t.Errorf("run %d stores %d messages, want %d", run, n, want)
			}
		}
		if opened != 1 {
			t.Errorf("the file was opened %d times", opened)
		}
		page := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t)
		if diff := cmp.Diff([]int64{1, 2, 3, 4, 5}, numbersOf(page.Items)); diff != "" {
			t.Fatal(diff)
		}
		first, second, third, fourth := page.Items[1], page.Items[2], page.Items[3], page.Items[4]
		if first.Text != "Hello" || *first.UserID != h.Alice || !first.CreatedAt.Equal(at) || !first.EditedAt.Equal(edited) ||
			string(first.Metadata) != `{"a": 1}` || first.AuthorKind != chat.AuthorKindUser || *first.ClientID != "1" {
			t.Errorf("the first is %+v", first)
		}
		if len(first.Reactions) != 1 || first.Reactions[0].Count != 2 || first.Reactions[0].Mine == nil {
			t.Errorf("its reactions are %+v", first.Reactions)
		}
		if second.ReplyTo == nil || second.ReplyTo.ID != first.ID || *second.UserID != h.Carol {
			t.Errorf("the second is %+v", second)
		}
		if third.AuthorKind != chat.AuthorKindSystem || third.UserID != nil {
			t.Errorf("the third is %+v", third)
		}
		// Both authors have a message "1"; the last one is replied to.
		if fourth.ReplyTo == nil || fourth.ReplyTo.ID != second.ID || len(fourth.Media) != 2 ||
			fourth.Media[0].FileName != "a.txt" || !fourth.Media[1].IsImage() || *fourth.Media[0].UserID != h.Carol {
			t.Errorf("the fourth is %+v", fourth)
		}
		// A client that sends the same again gets what was imported.
		again := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "Hello", ClientID: "1", Metadata: chat.Metadata(`{"a":1}`)}))(t)
		if again.ID != first.ID {
			t.Errorf("sent again it is %+v", again)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.MessagesImported)
		h.CheckRoomLogs()
	})
}

// Who had read all has read the imported messages too; who had not has them unread; authors
// have read them. Rooms and later messages keep the order of their times.
func TestImportedMessagesAndReadMarkers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol, h.Dave)
		h.Send(h.Alice, room.ID, "unread by Bob and Dave")
		chatsuite.Must(h.MarkRead(h.Ctx, h.Carol, room.ID, 1))(t)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Carol, room.ID, 1))(t)
		messages := numbered(h, h.Dave, 3)
		messages[1].UserID = h.Erin // who is no member
		chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil)))(t)
		for user, want := range map[chat.UserID]int64{h.Alice: 0, h.Bob: 4, h.Carol: 4, h.Dave: 0} {
			got := chatsuite.Must(h.Room(h.Ctx, user, room.ID))(t)
			if got.Unread != want || got.LastMessage.Text != "text 2" {
				t.Errorf("%s has %d unread, want %d; the last message is %+v", user, got.Unread, want, got.LastMessage)
			}
		}
		got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
		live := h.Send(h.Bob, room.ID, "live")
		if !live.CreatedAt.After(*got.LastMessageAt) || live.Number != 5 {
			t.Errorf("the next message is number %d of %s", live.Number, live.CreatedAt)
		}
		if got.LastMessageAt.Before(h.Clock.Now().Add(-time.Hour)) {
			t.Error("an old message moves the room's last activity back")
		}
		h.CheckRoomLogs()
	})
}

// Members' subscriptions are told one event, however many batches there are.
func TestImportIsOneEvent(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		sub := chatsuite.Must(h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{}))(t)
		defer sub.Close()
		ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
		defer cancel()
		if n := chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, sequence(numbered(h, h.Alice, 4500), nil)))(t); n != 4500 {
			t.Errorf("%d messages were imported", n)
		}
		h.Send(h.Alice, room.ID, "the next")
		var kinds []chat.UpdateKind
		for range 3 {
			kinds = append(kinds, chatsuite.Must(sub.Next(ctx))(t).Kind)
		}
		want := []chat.UpdateKind{chat.UpdateHello, chat.UpdateKind(chat.MessagesImported), chat.UpdateKind(chat.MessageCreated)}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
		h.CheckRoomLogs()
	})
}

var errSource = errors.New("the source broke off")

// An import that broke off is told, keeps what it has stored, and goes on when it is run again.
func TestImportThatBreaksOff(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		messages := numbered(h, h.Alice, 2500)
		messages[2400].ReplyTo = "m3"
		n, err := h.ImportMessages(h.Ctx, room.ID, sequence(messages[:2300], errSource))
		chatsuite.WantError(t, err, errSource)
		if n != 2000 {
			t.Errorf("%d were stored before the error", n)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.MessagesImported)
		if n := chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil)))(t); n != 500 {
			t.Errorf("%d were stored after it", n)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.MessagesImported, chat.MessagesImported)
		page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{Around: new(int64(2401))}))(t)
		for _, m := range page.Items {
			if m.Number == 2401 && (m.ReplyTo == nil || m.ReplyTo.Text != "text 3") {
				t.Errorf("the reply is %+v", m)
			}
		}
		h.CheckRoomLogs()
		// As if the process had been killed before it could tell.
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_rooms SET import_untold = ?", true).Error)
		for range 2 {
			chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil)))(t)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.MessagesImported, chat.MessagesImported, chat.MessagesImported)
	})
}

// A message that is refused is named by its index, and the field by its name.
func TestImportRefusesByField(t *testing.T) {
	future := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		nobody := map[chat.UserIDType]chat.UserID{chat.StringIDs: "nobody", chat.Int64IDs: "999999",
			chat.UUIDs: "11111111-2222-4333-8444-555555555555"}[h.UserIDs]
		before := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		for field, change := range map[string]func(*chat.ImportedMessage){
			"text":                    func(m *chat.ImportedMessage) { m.Text = "a\x00b" },
			"user_id":                 func(m *chat.ImportedMessage) { m.UserID = "me" },
			"client_id":               func(m *chat.ImportedMessage) { m.ClientID = "\xff" },
			"reply_to":                func(m *chat.ImportedMessage) { m.ReplyTo = "no such" },
			"metadata":                func(m *chat.ImportedMessage) { m.Metadata = chat.Metadata("[") },
			"created_at":              func(m *chat.ImportedMessage) { m.CreatedAt = future },
			"created_at ":             func(m *chat.ImportedMessage) { m.CreatedAt = time.Time{} },
			"edited_at":               func(m *chat.ImportedMessage) { m.EditedAt = &before },
			"media[0].open":           func(m *chat.ImportedMessage) { m.Media = make([]chat.ImportedMedia, 1) },
			"media[0].file_name":      func(m *chat.ImportedMessage) { m.Media = []chat.ImportedMedia{{FileName: "\xff", Open: open("x")}} },
			"reactions[0].user_id":    func(m *chat.ImportedMessage) { m.Reactions = []chat.ImportedReaction{{Reaction: "👍"}} },
			"reactions[0].reaction":   func(m *chat.ImportedMessage) { m.Reactions = []chat.ImportedReaction{{UserID: h.Bob, Reaction: "x"}} },
			"reactions[0].created_at": func(m *chat.ImportedMessage) { m.Reactions = []chat.ImportedReaction{{h.Bob, "👍", future}} },
			"user_id ": func(m *chat.ImportedMessage) {
				if m.UserID = nobody; !h.UsersTable {
					m.UserID = "me"
				}
			},
		} {
			messages := numbered(h, h.Alice, 2)
			change(&messages[1])
			n, err := h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil))
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "messages[1]."+strings.TrimSpace(field), 0)
			if n != 0 {
				t.Errorf("%s: %d are stored", field, n)
			}
		}
		messages := numbered(h, h.Alice, 1)
		messages[0].Text = strings.Repeat("x", 4001)
		chatsuite.WantFieldError(t, chatsuite.ErrorOf(h.ImportMessages(h.Ctx, room.ID, sequence(messages, nil))), chat.ErrTooLarge, "messages[0].text", 4000)
		chatsuite.WantFieldError(t, chatsuite.ErrorOf(h.ImportMessages(h.Ctx, room.ID, nil)), chat.ErrInvalid, "messages", 0)
		if n := h.CountRows("chat_messages"); n != 0 {
			t.Errorf("%d messages are stored", n)
		}
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
		chatsuite.WantError(t, chatsuite.ErrorOf(h.ImportMessages(h.Ctx, room.ID, sequence(nil, nil))), chat.ErrNotFound)
	})
}
