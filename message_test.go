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
)

// picture is a small PNG that an actor uploads.
func (h *host) picture(actor chat.Actor) *chat.Media {
	h.t.Helper()
	var file bytes.Buffer
	ok(h.t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 2, 2))))
	return must(h.UploadMedia(h.ctx, actor, chat.NewMedia{FileName: "cat.png", Body: &file}))(h.t)
}

func TestMessageComesWithAllThatAPageShows(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob, h.carol)
		one, two := h.picture(h.bob), h.picture(h.bob)
		first := must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{
			Text: "look", MediaIDs: []uuid.UUID{two.ID, one.ID}, Metadata: chat.Metadata(`{"a": 1}`), ClientID: "c1",
		}))(t)
		must(h.React(h.ctx, h.alice, first.ID, "👍"))(t)
		mine := must(h.React(h.ctx, h.carol, first.ID, "👍"))(t)
		must(h.React(h.ctx, h.alice, first.ID, "🎉"))(t)
		must(h.SendMessage(h.ctx, h.carol, room.ID, chat.NewMessage{Text: "nice", ReplyToID: &first.ID}))(t)

		page := must(h.Messages(h.ctx, h.carol, room.ID, chat.HistoryQuery{}))(t)
		want := *first
		want.Reactions = []chat.ReactionCount{{Reaction: "👍", Count: 2, Mine: &mine.ID}, {Reaction: "🎉", Count: 1}}
		if diff := cmp.Diff(want, page.Items[0]); diff != "" {
			t.Errorf("the page differs from what was sent: %s", diff)
		}
		head := &chat.MessageHead{ID: first.ID, Number: 1, UserID: &h.bob, Text: "look"}
		if diff := cmp.Diff(head, page.Items[1].ReplyTo); diff != "" {
			t.Error(diff)
		}
		alone := must(h.Message(h.ctx, h.carol, first.ID))(t)
		if diff := cmp.Diff(page.Items[0], *alone); diff != "" {
			t.Errorf("Message differs from the page: %s", diff)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group()
		for i := range 10 {
			h.send(h.alice, room.ID, fmt.Sprint(i+1))
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
			page := must(h.Messages(h.ctx, h.alice, room.ID, c.at))(t)
			var first, last int64
			if len(page.Items) > 0 {
				first, last = page.Items[0].Number, page.Items[len(page.Items)-1].Number
			}
			if first != c.first || last != c.last || page.HasBefore != c.before || page.HasAfter != c.after {
				t.Errorf("%s: %d to %d, before %v, after %v", name, first, last, page.HasBefore, page.HasAfter)
			}
		}
		_, err := h.Messages(h.ctx, h.alice, room.ID, chat.HistoryQuery{Before: n(1), After: n(2)})
		wantError(t, err, chat.ErrInvalid)
	})
}

func TestRepeatedSendReturnsTheFirst(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		picture := h.picture(h.bob)
		in := chat.NewMessage{Text: "once", ClientID: "id-1", MediaIDs: []uuid.UUID{picture.ID}, Metadata: chat.Metadata(`{"k":[1,2]}`)}
		first := must(h.SendMessage(h.ctx, h.bob, room.ID, in))(t)
		again := must(h.SendMessage(h.ctx, h.bob, room.ID, in))(t)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
		other := in
		other.Text = "twice"
		_, err := h.SendMessage(h.ctx, h.bob, room.ID, other)
		wantError(t, err, chat.ErrConflict)

		// Another sender, another room, and System have client ids of their own.
		must(h.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "a", ClientID: "id-1"}))(t)
		must(h.SendMessage(h.ctx, h.bob, h.group(h.bob).ID, chat.NewMessage{Text: "b", ClientID: "id-1"}))(t)
		system := must(h.SendMessage(h.ctx, chat.System, room.ID, chat.NewMessage{Text: "s", ClientID: "id-1"}))(t)
		repeat := must(h.SendMessage(h.ctx, chat.System, room.ID, chat.NewMessage{Text: "s", ClientID: "id-1"}))(t)
		if system.ID != repeat.ID {
			t.Error("System's repeat was stored")
		}

		// What was edited since is returned uncompared.
		text := "edited"
		must(h.EditMessage(h.ctx, h.bob, first.ID, chat.MessagePatch{Text: &text}))(t)
		if again := must(h.SendMessage(h.ctx, h.bob, room.ID, in))(t); again.ID != first.ID || again.Text != text {
			t.Errorf("after an edit: %+v", again)
		}
		ok(t, h.DeleteMessage(h.ctx, h.bob, first.ID))
		if again := must(h.SendMessage(h.ctx, h.bob, room.ID, in))(t); again.ID != first.ID || !again.Deleted() {
			t.Errorf("after a deletion: %+v", again)
		}
	})
}

func TestEditAndDelete(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		picture := h.picture(h.bob)
		m := must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{Text: "typo", MediaIDs: []uuid.UUID{picture.ID}}))(t)
		must(h.React(h.ctx, h.alice, m.ID, "👍"))(t)
		empty := ""
		edited := must(h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: &empty}))(t)
		if edited.Text != "" || edited.EditedAt == nil || len(edited.Media) != 1 || len(edited.Reactions) != 1 {
			t.Errorf("edited: %+v", edited)
		}
		must(h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: &empty}))(t) // nothing changes

		ok(t, h.DeleteMessage(h.ctx, h.bob, m.ID))
		ok(t, h.DeleteMessage(h.ctx, h.bob, m.ID)) // nothing again
		tombstone := must(h.Message(h.ctx, h.alice, m.ID))(t)
		want := &chat.Message{ID: m.ID, RoomID: room.ID, Number: 1, UserID: &h.bob, CreatedAt: m.CreatedAt,
			EditedAt: edited.EditedAt, DeletedAt: tombstone.DeletedAt}
		if diff := cmp.Diff(want, tombstone); diff != "" || !tombstone.Deleted() {
			t.Error(diff)
		}
		_, err := h.Media(h.ctx, h.bob, picture.ID)
		wantError(t, err, chat.ErrNotFound)
		if seen := must(h.Room(h.ctx, h.alice, room.ID))(t); seen.Unread != 1 {
			t.Errorf("a tombstone counts as unread: %d", seen.Unread)
		}
		_, err = h.EditMessage(h.ctx, h.bob, m.ID, chat.MessagePatch{Text: &empty})
		wantError(t, err, chat.ErrConflict)
		_, err = h.React(h.ctx, h.bob, m.ID, "👍")
		wantError(t, err, chat.ErrConflict)
		_, err = h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{Text: "re", ReplyToID: &m.ID})
		wantError(t, err, chat.ErrConflict)
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded,
			chat.MessageEdited, chat.MessageDeleted)
	})
}

func TestMediaAreSeenWhereTheyAreSent(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		picture := h.picture(h.bob)
		_, err := h.Media(h.ctx, h.alice, picture.ID)
		wantError(t, err, chat.ErrNotFound)
		must(h.Media(h.ctx, h.bob, picture.ID))(t)
		must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}))(t)
		media, content, err := h.OpenMedia(h.ctx, h.alice, picture.ID)
		ok(t, err)
		data := must(io.ReadAll(content))(t)
		ok(t, content.Close())
		if media.ContentType != "image/png" || media.Size != int64(len(data)) || media.FileName != "cat.png" {
			t.Errorf("media is %+v with %d bytes", media, len(data))
		}
		_, err = h.Media(h.ctx, h.carol, picture.ID)
		wantError(t, err, chat.ErrNotFound)
		_, err = h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}})
		wantError(t, err, chat.ErrConflict)
		ok(t, h.RemoveUser(h.ctx, h.alice, room.ID, h.bob))
		_, err = h.Media(h.ctx, h.bob, picture.ID)
		wantError(t, err, chat.ErrNotFound) // it is the room's now
	})
}
