package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// refusal is what a client may branch on.
type refusal struct {
	Field, Code string
	Limit       int64
}

func TestFieldErrorsHaveCodes(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		elsewhere := h.Send(h.Alice, other.ID, "elsewhere")
		file := h.Upload(h.Alice, "bytes")
		send := func(in chat.NewMessage) error { return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, group.ID, in)) }
		create := func(in chat.NewRoom) error { return chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, in)) }
		one, unknown := int64(1), uuid.New()
		deleteRoom := chat.CanDeleteRoom
		for _, test := range []struct {
			err  error
			want refusal
		}{
			{create(chat.NewRoom{}), refusal{"name", chat.CodeRequired, 0}},
			{send(chat.NewMessage{}), refusal{"text", chat.CodeRequired, 0}},
			{send(chat.NewMessage{Text: strings.Repeat("x", 4001)}), refusal{"text", chat.CodeTooLong, 4000}},
			{send(chat.NewMessage{Text: "a\x00"}), refusal{"text", chat.CodeInvalidText, 0}},
			{send(chat.NewMessage{Text: "x", Metadata: chat.Metadata(`[`)}), refusal{"metadata", chat.CodeInvalidJSON, 0}},
			{send(chat.NewMessage{MediaIDs: make([]uuid.UUID, 11)}), refusal{"media_ids", chat.CodeTooMany, 10}},
			{send(chat.NewMessage{MediaIDs: []uuid.UUID{file.ID, file.ID}}), refusal{"media_ids[1]", chat.CodeDuplicate, 0}},
			{send(chat.NewMessage{MediaIDs: []uuid.UUID{unknown}}), refusal{"media_ids[0]", chat.CodeNotOwnUpload, 0}},
			{send(chat.NewMessage{Text: "x", ReplyToID: &elsewhere.ID}), refusal{"reply_to_id", chat.CodeNotInRoom, 0}},
			{create(chat.NewRoom{Name: "x", DefaultPermissions: &deleteRoom}), refusal{"default_permissions", chat.CodeNotAllowed, 0}},
			{create(chat.NewRoom{Name: "x", Type: "circle"}), refusal{"type", chat.CodeUnknownValue, 0}},
			{chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, group.ID, chat.RoomPatch{AvatarID: &file.ID})), refusal{"avatar_id", chat.CodeNotAnImage, 0}},
			{chatsuite.ErrorOf(h.OpenPrivate(h.Ctx, h.Alice, "")), refusal{"user_id", chat.CodeInvalidUserID, 0}},
			{chatsuite.ErrorOf(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Page: chat.Page{Cursor: "?"}})), refusal{"cursor", chat.CodeInvalidCursor, 0}},
			{chatsuite.ErrorOf(h.RoomUsers(h.Ctx, h.Alice, group.ID, chat.Page{Limit: -1})), refusal{"limit", chat.CodeOutOfRange, 0}},
			{chatsuite.ErrorOf(h.Messages(h.Ctx, h.Alice, group.ID, chat.HistoryQuery{Before: &one, After: &one})), refusal{"after", chat.CodeExclusive, 0}},
			{chatsuite.ErrorOf(h.React(h.Ctx, h.Alice, elsewhere.ID, "no emoji")), refusal{"reaction", chat.CodeNotAReaction, 0}},
			{chatsuite.ErrorOf(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("\xff\xd8\xff\xe0damaged")})),
				refusal{"body", chat.CodeDamaged, 0}},
			{h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{group.ID: h.Carol}}),
				refusal{"successors", chat.CodeNotAMember, 0}},
			{chatsuite.ErrorOf(chat.New(h.DB, chat.Config{Limits: chat.Limits{Name: -1}})), refusal{"Limits", chat.CodeInvalidConfig, 0}},
		} {
			var refused *chat.FieldError
			if !errors.As(test.err, &refused) {
				t.Errorf("%v is no FieldError, want %+v", test.err, test.want)
				continue
			}
			if diff := cmp.Diff(test.want, refusal{refused.Field, refused.Code, refused.Limit}); diff != "" {
				t.Errorf("%v (-want +got):\n%s", test.err, diff)
			}
		}
	})
}
