package chat_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// Text and metadata are what may be changed.
func TestBeforeChangesTextAndMetadata(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room, other := h.NewGroup(h.Bob), h.NewGroup()
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			switch op := op.(type) {
			case *chat.SendOperation:
				op.Text += "!"
				op.Metadata = chat.Metadata(`{"by": "hook"}`)
				op.RoomID, op.ClientID, op.ReplyToID = other.ID, "another", &other.ID // without effect
			case *chat.EditOperation:
				*op.Text += "?"
				none := chat.Metadata(nil)
				op.Metadata = &none
				op.MessageID = uuid.New()
			}
			return nil
		}
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "Hi", ClientID: "1"}))(t)
		if sent.Text != "Hi!" || string(sent.Metadata) != `{"by": "hook"}` || sent.RoomID != room.ID || *sent.ClientID != "1" || sent.ReplyToID != nil {
			t.Errorf("%+v", sent)
		}
		text := "Hello"
		edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, sent.ID, chat.MessagePatch{Text: &text}))(t)
		stored := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)
		if edited.Text != "Hello?" || stored.Text != "Hello?" || len(stored.Metadata) != 0 {
			t.Errorf("%+v", stored)
		}
		if text != "Hello" {
			t.Errorf("the caller's own text is %q", text)
		}
	})
}

// All else that a hook changes of an operation is of its own copy, the caller's values and what
// is done stay.
func TestBeforeChangesNothingElse(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			switch op := op.(type) {
			case *chat.CreateRoomOperation:
				op.Name, op.Members[0].UserID, *op.Members[0].Permissions, *op.DefaultPermissions = "z", h.Erin, chat.AllPermissions, chat.AllPermissions
				op.Metadata[0] = 'x'
			case *chat.AddUsersOperation:
				op.Users[0].UserID, *op.Users[0].Permissions = h.Erin, chat.AllPermissions
			case *chat.UpdateRoomOperation:
				*op.Name, *op.DefaultPermissions = "z", chat.AllPermissions
			case *chat.UpdateUserOperation:
				op.UserID, *op.Permissions = h.Erin, chat.AllPermissions
			case *chat.OpenPrivateOperation:
				op.UserID = h.Erin
			case *chat.UploadOperation:
				op.FileName, op.MaxBytes = "z", 1<<40
			}
			return nil
		}
		few, name := chat.CanCreateMessages, "y"
		made := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "y", DefaultPermissions: &few, Metadata: chat.Metadata(`{}`),
			Members: []chat.NewRoomUser{{UserID: h.Bob, Permissions: &few}}}))(t)
		added := chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol, Permissions: &few}))(t)
		updated := chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name, DefaultPermissions: &few}))(t)
		member := chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &few}))(t)
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Dave))(t)
		file := h.Upload(h.Alice, "x")
		got := []any{made.Name, made.DefaultPermissions, string(made.Metadata), added[0].UserID, *added[0].Permissions, updated.Name,
			updated.DefaultPermissions, *member.Permissions, *private.Other, file.FileName, few, name}
		for i, want := range []any{"y", few, "{}", h.Carol, few, "y", few, few, h.Dave, "a.txt", chat.CanCreateMessages, "y"} {
			if got[i] != want {
				t.Errorf("%d is %v, want %v", i, got[i], want)
			}
		}
		if _, err := h.RoomUser(h.Ctx, h.Alice, made.ID, h.Erin); err == nil {
			t.Error("a hook has added somebody")
		}
	})
}

// What a hook makes of a text is validated like the caller's.
func TestWhatBeforeChangesIsValidatedAgain(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Bob, room.ID, "hello")
		for text, want := range map[string]error{"": chat.ErrInvalid, "\x00": chat.ErrInvalid, strings.Repeat("x", 4001): chat.ErrTooLarge} {
			k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
				switch op := op.(type) {
				case *chat.SendOperation:
					op.Text = text
				case *chat.EditOperation:
					op.Text = &text
				}
				return nil
			}
			x := "x"
			chatsuite.WantError(t, chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: x})), want)
			chatsuite.WantError(t, chatsuite.ErrorOf(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: &x})), want)
			chatsuite.WantError(t, chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Erin, room.ID, chat.NewMessage{Text: x})), chat.ErrNotFound)
			chatsuite.WantError(t, chatsuite.ErrorOf(h.EditMessage(h.Ctx, h.Erin, m.ID, chat.MessagePatch{Text: &x})), chat.ErrNotFound)
		}
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			op.(*chat.SendOperation).Metadata = chat.Metadata("no JSON")
			return nil
		}
		err := chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"}))
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "metadata", 0)
	})
}

// A repeat is told by what the caller gave, whatever the hook makes of it, or now refuses.
func TestRepeatsOfWhatAHookChanges(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		suffix := "!"
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			op.(*chat.SendOperation).Text += suffix
			return nil
		}
		send := func(actor chat.Actor, text string) (*chat.Message, error) {
			return h.SendMessage(h.Ctx, actor, room.ID, chat.NewMessage{Text: text, ClientID: "1"})
		}
		refuse := func(context.Context, chat.Actor, chat.Operation) error { return chat.Refuse("enough for today") }
		changes := k.before
		for _, actor := range []chat.Actor{h.Bob, chat.System} {
			k.before, suffix = changes, "!"
			first := chatsuite.Must(send(actor, "Hi"))(t)
			suffix = "?"
			if again := chatsuite.Must(send(actor, "Hi"))(t); again.ID != first.ID || again.Text != "Hi!" {
				t.Errorf("%+v", again)
			}
			chatsuite.WantError(t, chatsuite.ErrorOf(send(actor, "Hi!")), chat.ErrConflict)
			k.before = refuse
			if again := chatsuite.Must(send(actor, "Hi"))(t); again.ID != first.ID {
				t.Errorf("%+v", again)
			}
			chatsuite.WantError(t, chatsuite.ErrorOf(send(actor, "Hi!")), chat.ErrForbidden)
		}
		chatsuite.WantError(t, chatsuite.ErrorOf(send(h.Alice, "Hi")), chat.ErrForbidden)
		k.before = nil
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		k.before = refuse
		if _, err := send(h.Bob, "Hi"); err != chat.ErrNotFound { //nolint:errorlint // as it is
			t.Errorf("error is %v", err)
		}
		h.CheckRoomLogs()
	})
}

// A hook may take less than the limit of an upload, and no more.
func TestBeforeLowersTheLimitOfAnUpload(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		left := int64(3)
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			op.(*chat.UploadOperation).MaxBytes = left
			return nil
		}
		upload := func(body string) error {
			return chatsuite.ErrorOf(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(body)}))
		}
		chatsuite.NoError(t, upload("abc"))
		chatsuite.WantFieldError(t, upload("abcd"), chat.ErrTooLarge, "body", 3)
		left = -1
		chatsuite.WantError(t, upload("a"), chat.ErrTooLarge)
		chatsuite.NoError(t, upload(""))
	})
}
