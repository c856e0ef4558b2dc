package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestErasedUserLeavesTheirWordsBehind(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
		group, owned, handed := h.NewGroup(h.Bob), chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "bob's"}))(t),
			chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "handed on", Members: []chat.NewRoomUser{{UserID: h.Carol}}}))(t)
		sent, unsent := uploadPicture(h, h.Bob), uploadPicture(h, h.Bob)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, group.ID, chat.NewMessage{
			Text: "mine", ClientID: "c", MediaIDs: []uuid.UUID{sent.ID}}))(t)
		h.Send(h.Bob, private.ID, "psst")
		chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "👍"))(t)

		chatsuite.WantError(t, h.EraseUser(h.Ctx, h.Bob, h.Bob, chat.EraseOptions{}), chat.ErrForbidden)
		erasure := chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{handed.ID: h.Carol}}
		chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := s.EraseUser(h.Ctx, chat.System, h.Bob, erasure); err != nil {
				return err
			}
			return tx.Exec("DELETE FROM users WHERE id = ?", h.Bob).Error
		}))

		seen := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t)
		want := *m
		want.UserID, want.AuthorKind, want.ClientID = nil, chat.AuthorKindErased, nil
		want.Media[0].UserID = nil
		if diff := cmp.Diff(&want, seen); diff != "" {
			t.Error(diff)
		}
		_, err := h.Room(h.Ctx, chat.System, owned.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		if room := chatsuite.Must(h.Room(h.Ctx, h.Carol, handed.ID))(t); *room.OwnerID != h.Carol {
			t.Errorf("the owner is %v", *room.OwnerID)
		}
		h.WantEventKinds(handed.ID, chat.RoomCreated, chat.UserAdded, chat.OwnerChanged, chat.AuthorErased)
		h.WantEventKinds(owned.ID, chat.RoomCreated, chat.RoomDeleted)
		wantReadOnly(h, private.ID)
		_, err = h.Media(h.Ctx, chat.System, unsent.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{})) // nothing is left
	})
}

// wantReadOnly: of a private room whose other user was erased, alice keeps what was
// said, and may delete it.
func wantReadOnly(h *chatsuite.Host, private uuid.UUID) {
	t := h.T
	t.Helper()
	room := chatsuite.Must(h.Room(h.Ctx, h.Alice, private))(t)
	if room.Other != nil || room.Unread != 1 {
		t.Errorf("room is %+v", room)
	}
	page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, private, chat.HistoryQuery{}))(t)
	if len(page.Items) != 1 || page.Items[0].Text != "psst" {
		t.Errorf("history is %+v", page)
	}
	_, err := h.SendMessage(h.Ctx, h.Alice, private, chat.NewMessage{Text: "hello?"})
	chatsuite.WantError(t, err, chat.ErrForbidden)
	_, err = h.React(h.Ctx, h.Alice, page.Items[0].ID, "👍")
	chatsuite.WantError(t, err, chat.ErrForbidden)
	chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, private))
}

func TestSuccessorMustBeAnotherMemberOfAnOwnedRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, other := h.NewGroup(h.Bob), chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "x"}))(t)
		for name, successors := range map[string]map[uuid.UUID]chat.UserID{
			"no member":      {room.ID: h.Carol},
			"themselves":     {room.ID: h.Alice},
			"not their room": {other.ID: h.Bob},
			"no room":        {uuid.New(): h.Bob},
		} {
			err := h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{Successors: successors})
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
			chatsuite.WantError(t, err, chat.ErrInvalid)
		}
	})
}

// Whoever has a user's messages on their screen learns that their author was erased, in
// rooms that the user had left before too.
func TestErasureIsInTheLogsOfRoomsThatTheUserHadLeft(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		wrote, reacted, silent := h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		m := h.Send(h.Bob, wrote.ID, "mine")
		chatsuite.Must(h.React(h.Ctx, h.Bob, h.Send(h.Alice, reacted.ID, "hers").ID, "👍"))(t)
		for _, room := range []uuid.UUID{wrote.ID, reacted.ID, silent.ID} {
			chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room))
		}
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		h.WantEventKinds(wrote.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.UserRemoved, chat.AuthorErased)
		if seen := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t); seen.UserID != nil || seen.Text != "mine" {
			t.Errorf("the message is %+v", seen)
		}
		h.WantEventKinds(reacted.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded,
			chat.UserRemoved, chat.AuthorErased)
		h.WantEventKinds(silent.ID, chat.RoomCreated, chat.UserAdded, chat.UserRemoved)
	})
}
