package chat_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"testing"
	"time"

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
		want.ReplyCount = 1
		want.Reactions = []chat.ReactionCount{
			{Reaction: "👍", Count: 2, Mine: &mine.ID, Users: []chat.UserID{h.Alice, h.Carol}}, {Reaction: "🎉", Count: 1, Users: []chat.UserID{h.Alice}},
		}
		if diff := cmp.Diff(want, page.Items[0]); diff != "" {
			t.Errorf("the page differs from what was sent: %s", diff)
		}
		head := &chat.MessageHead{ID: first.ID, Number: 1, UserID: &h.Bob, AuthorKind: chat.AuthorKindUser, Text: "look",
			Metadata: chat.Metadata(`{"a": 1}`), Media: two, MediaCount: 2, CreatedAt: first.CreatedAt}
		if diff := cmp.Diff(head, page.Items[1].ReplyTo); diff != "" {
			t.Error(diff)
		}
		alone := chatsuite.Must(h.Message(h.Ctx, h.Carol, first.ID))(t)
		if diff := cmp.Diff(page.Items[0], *alone); diff != "" {
			t.Errorf("Message differs from the page: %s", diff)
		}
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

		// What was edited or deleted since is returned as it is by now.
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
		want := &chat.Message{ID: m.ID, RoomID: room.ID, Number: 1, UserID: &h.Bob, AuthorKind: chat.AuthorKindUser, CreatedAt: m.CreatedAt,
			EditedAt: edited.EditedAt, DeletedAt: tombstone.DeletedAt}
		if diff := cmp.Diff(want, tombstone); diff != "" || !tombstone.Deleted() {
			t.Error(diff)
		}
		_, err := h.Media(h.Ctx, h.Bob, picture.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t); seen.Unread != 0 {
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

func TestEditOfWhatChangedInTheMeantimeIsRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Bob, room.ID, "one")
		text := func(s string) *string { return &s }

		first := m.ChangedAt()
		edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("two"), IfChangedAt: &first}))(t)
		_, err := h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("three"), IfChangedAt: &first})
		chatsuite.WantError(t, err, chat.ErrPrecondition)
		second := edited.ChangedAt()
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: text("four"), IfChangedAt: &second}))(t)
		_, err = h.EditMessage(h.Ctx, h.Carol, m.ID, chat.MessagePatch{Text: text("x"), IfChangedAt: &first})
		chatsuite.WantError(t, err, chat.ErrNotFound) // who may not see it does not learn that it changed

		seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).UpdatedAt
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: text("A"), IfChangedAt: &seen}))(t)
		_, err = h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &seen})
		chatsuite.WantError(t, err, chat.ErrPrecondition)
		never := time.Time{}
		_, err = h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Name: text("B"), IfChangedAt: &never})
		chatsuite.WantError(t, err, chat.ErrForbidden)

		if got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).Name; got != "A" {
			t.Errorf("the room is called %q", got)
		}
		if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t).Text; got != "four" {
			t.Errorf("the message says %q", got)
		}
	})
}

// What a host kept with a message is no less the message than its text is.
func TestDeletedMessageHasNoMetadata(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x", Metadata: chat.Metadata(`{"secret":1}`)}))(t)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, m.ID))
		page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{}))(t)
		for _, seen := range []*chat.Message{chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t), &page.Items[0]} {
			if !seen.Deleted() || seen.Metadata != nil || seen.Text != "" {
				t.Errorf("a tombstone is %+v", seen)
			}
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE metadata IS NOT NULL OR text <> ''"); n != 0 {
			t.Error("the row still has what was deleted")
		}
	})
}
