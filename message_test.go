package chat_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// uploadPicture uploads a small PNG.
func uploadPicture(h *chatsuite.Host, actor chat.Actor) *chat.Media {
	h.T.Helper()
	var file bytes.Buffer
	chatsuite.NoError(h.T, png.Encode(&file, image.NewGray(image.Rect(0, 0, 2, 2))))
	return chatsuite.Must(h.UploadMedia(h.Ctx, actor, chat.NewMedia{FileName: "cat.png", Body: &file}))(h.T)
}

func TestMessageComesWithAllThatAPageShows(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		one, two := uploadPicture(h, h.Bob), uploadPicture(h, h.Bob)
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{
			Text: "look", MediaIDs: []uuid.UUID{two.ID, one.ID}, Metadata: chat.Metadata(`{"a": 1}`), ClientID: "c1",
		}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, first.ID, "👍"))(t)
		mine := chatsuite.Must(h.React(h.Ctx, h.Carol, first.ID, "👍"))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, first.ID, "🎉"))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Carol, room.ID, chat.NewMessage{Text: "nice", ReplyToID: &first.ID}))(t)

		page := chatsuite.Must(h.Messages(h.Ctx, h.Carol, room.ID, chat.HistoryQuery{}))(t)
		want := *first
		want.Reactions = []chat.ReactionCount{{Reaction: "👍", Count: 2, Mine: &mine.ID}, {Reaction: "🎉", Count: 1}}
		if diff := cmp.Diff(want, page.Items[0]); diff != "" {
			t.Errorf("the page differs from what was sent: %s", diff)
		}
		head := &chat.MessageHead{ID: first.ID, Number: 1, UserID: &h.Bob, Text: "look"}
		if diff := cmp.Diff(head, page.Items[1].ReplyTo); diff != "" {
			t.Error(diff)
		}
		alone := chatsuite.Must(h.Message(h.Ctx, h.Carol, first.ID))(t)
		if diff := cmp.Diff(page.Items[0], *alone); diff != "" {
			t.Errorf("Message differs from the page: %s", diff)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		for i := range 10 {
			h.Send(h.Alice, room.ID, fmt.Sprint(i+1))
		}
		n := func(n int64) *int64 { return &n }
		for name, c := range map[string]struct {
			at            chat.HistoryQuery
			first, last   int64
			before, after bool
		}{
			"newest":            {chat.HistoryQuery{Limit: 3}, 8, 10, true, false},
			"all":               {chat.HistoryQuery{}, 1, 10, false, false},
			"before":            {chat.HistoryQuery{Before: n(8), Limit: 3}, 5, 7, true, true},
			"before the second": {chat.HistoryQuery{Before: n(2), Limit: 3}, 1, 1, false, true},
			"before the first":  {chat.HistoryQuery{Before: n(1)}, 0, 0, false, true},
			"after":             {chat.HistoryQuery{After: n(3), Limit: 3}, 4, 6, true, true},
			"after nothing":     {chat.HistoryQuery{After: n(0), Limit: 3}, 1, 3, false, true},
			"after the last":    {chat.HistoryQuery{After: n(10)}, 0, 0, true, false},
			"after far away":    {chat.HistoryQuery{After: n(1 << 62)}, 0, 0, true, false},
			"around":            {chat.HistoryQuery{Around: n(5), Limit: 5}, 3, 7, true, true},
			"around, even":      {chat.HistoryQuery{Around: n(5), Limit: 4}, 3, 6, true, true},
			"around the first":  {chat.HistoryQuery{Around: n(1), Limit: 3}, 1, 3, false, true},
			"around the last":   {chat.HistoryQuery{Around: n(10), Limit: 5}, 8, 10, true, false},
		} {
			page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, c.at))(t)
			var first, last int64
			if len(page.Items) > 0 {
				first, last = page.Items[0].Number, page.Items[len(page.Items)-1].Number
			}
			if first != c.first || last != c.last || page.HasBefore != c.before || page.HasAfter != c.after {
				t.Errorf("%s: %d to %d, before %v, after %v", name, first, last, page.HasBefore, page.HasAfter)
			}
		}
		_, err := h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{Before: n(1), After: n(2)})
		chatsuite.WantError(t, err, chat.ErrInvalid)
	})
}

func TestRepeatedSendReturnsTheFirst(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		picture := uploadPicture(h, h.Bob)
		in := chat.NewMessage{Text: "once", ClientID: "id-1", MediaIDs: []uuid.UUID{picture.ID}, Metadata: chat.Metadata(`{"k":[1,2]}`)}
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
		again := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
		other := in
		other.Text = "twice"
		_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, other)
		chatsuite.WantError(t, err, chat.ErrConflict)

		// Another sender, another room, and System have client ids of their own.
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "a", ClientID: "id-1"}))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, h.NewGroup(h.Bob).ID, chat.NewMessage{Text: "b", ClientID: "id-1"}))(t)
		system := chatsuite.Must(h.SendMessage(h.Ctx, chat.System, room.ID, chat.NewMessage{Text: "s", ClientID: "id-1"}))(t)
		repeat := chatsuite.Must(h.SendMessage(h.Ctx, chat.System, room.ID, chat.NewMessage{Text: "s", ClientID: "id-1"}))(t)
		if system.ID != repeat.ID {
			t.Error("System's repeat was stored")
		}

		// What was edited since is returned uncompared.
		text := "edited"
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, first.ID, chat.MessagePatch{Text: &text}))(t)
		if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t); again.ID != first.ID || again.Text != text {
			t.Errorf("after an edit: %+v", again)
		}
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, first.ID))
		if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t); again.ID != first.ID || !again.Deleted() {
			t.Errorf("after a deletion: %+v", again)
		}
	})
}

func TestEditAndDelete(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		picture := uploadPicture(h, h.Bob)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "typo", MediaIDs: []uuid.UUID{picture.ID}}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👍"))(t)
		empty := ""
		edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: &empty}))(t)
		if edited.Text != "" || edited.EditedAt == nil || len(edited.Media) != 1 || len(edited.Reactions) != 1 {
			t.Errorf("edited: %+v", edited)
		}
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: &empty}))(t) // nothing changes

		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, m.ID))
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, m.ID)) // nothing again
		tombstone := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t)
		want := &chat.Message{ID: m.ID, RoomID: room.ID, Number: 1, UserID: &h.Bob, CreatedAt: m.CreatedAt,
			EditedAt: edited.EditedAt, DeletedAt: tombstone.DeletedAt}
		if diff := cmp.Diff(want, tombstone); diff != "" || !tombstone.Deleted() {
			t.Error(diff)
		}
		_, err := h.Media(h.Ctx, h.Bob, picture.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t); seen.Unread != 1 {
			t.Errorf("a tombstone counts as unread: %d", seen.Unread)
		}
		_, err = h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: &empty})
		chatsuite.WantError(t, err, chat.ErrConflict)
		_, err = h.React(h.Ctx, h.Bob, m.ID, "👍")
		chatsuite.WantError(t, err, chat.ErrConflict)
		_, err = h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "re", ReplyToID: &m.ID})
		chatsuite.WantError(t, err, chat.ErrConflict)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded,
			chat.MessageEdited, chat.MessageDeleted)
	})
}

func TestMediaAreSeenWhereTheyAreSent(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		picture := uploadPicture(h, h.Bob)
		_, err := h.Media(h.Ctx, h.Alice, picture.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.Must(h.Media(h.Ctx, h.Bob, picture.ID))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}))(t)
		media, content, err := h.OpenMedia(h.Ctx, h.Alice, picture.ID)
		chatsuite.NoError(t, err)
		data := chatsuite.Must(io.ReadAll(content))(t)
		chatsuite.NoError(t, content.Close())
		if media.ContentType != "image/png" || media.Size != int64(len(data)) || media.FileName != "cat.png" {
			t.Errorf("media is %+v with %d bytes", media, len(data))
		}
		_, err = h.Media(h.Ctx, h.Carol, picture.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}})
		chatsuite.WantError(t, err, chat.ErrConflict)
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		_, err = h.Media(h.Ctx, h.Bob, picture.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound) // it is the room's now
	})
}
