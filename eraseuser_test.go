package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

func TestErasedUserLeavesTheirWordsBehind(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		private := must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t)
		group, owned, handed := h.group(h.bob), must(h.CreateRoom(h.ctx, h.bob, chat.NewRoom{Name: "bob's"}))(t),
			must(h.CreateRoom(h.ctx, h.bob, chat.NewRoom{Name: "handed on", Members: []chat.NewRoomUser{{UserID: h.carol}}}))(t)
		sent, unsent := h.picture(h.bob), h.picture(h.bob)
		m := must(h.SendMessage(h.ctx, h.bob, group.ID, chat.NewMessage{
			Text: "mine", ClientID: "c", MediaIDs: []uuid.UUID{sent.ID}}))(t)
		h.send(h.bob, private.ID, "psst")
		must(h.React(h.ctx, h.bob, m.ID, "👍"))(t)

		wantError(t, h.EraseUser(h.ctx, h.bob, h.bob, chat.EraseOptions{}), chat.ErrForbidden)
		erasure := chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{handed.ID: h.carol}}
		ok(t, h.InTx(h.ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := s.EraseUser(h.ctx, chat.System, h.bob, erasure); err != nil {
				return err
			}
			return tx.Exec("DELETE FROM users WHERE id = ?", h.bob).Error
		}))

		seen := must(h.Message(h.ctx, h.alice, m.ID))(t)
		want := *m
		want.UserID, want.ClientID = nil, nil
		want.Media[0].UserID = nil
		if diff := cmp.Diff(&want, seen); diff != "" {
			t.Error(diff)
		}
		_, err := h.Room(h.ctx, chat.System, owned.ID)
		wantError(t, err, chat.ErrNotFound)
		if room := must(h.Room(h.ctx, h.carol, handed.ID))(t); *room.OwnerID != h.carol {
			t.Errorf("the owner is %v", *room.OwnerID)
		}
		h.wantKinds(handed.ID, chat.RoomCreated, chat.UserAdded, chat.OwnerChanged, chat.AuthorErased)
		h.wantKinds(owned.ID, chat.RoomCreated, chat.RoomDeleted)
		h.wantReadOnly(private.ID)
		_, err = h.Media(h.ctx, chat.System, unsent.ID)
		wantError(t, err, chat.ErrNotFound)
		ok(t, h.EraseUser(h.ctx, chat.System, h.bob, chat.EraseOptions{})) // nothing is left
	})
}

// wantReadOnly: of a private room whose other user was erased, alice keeps what was
// said, and may delete it.
func (h *host) wantReadOnly(private uuid.UUID) {
	t := h.t
	t.Helper()
	room := must(h.Room(h.ctx, h.alice, private))(t)
	if room.Other != nil || room.Unread != 1 {
		t.Errorf("room is %+v", room)
	}
	page := must(h.Messages(h.ctx, h.alice, private, chat.HistoryQuery{}))(t)
	if len(page.Items) != 1 || page.Items[0].Text != "psst" {
		t.Errorf("history is %+v", page)
	}
	_, err := h.SendMessage(h.ctx, h.alice, private, chat.NewMessage{Text: "hello?"})
	wantError(t, err, chat.ErrForbidden)
	_, err = h.React(h.ctx, h.alice, page.Items[0].ID, "👍")
	wantError(t, err, chat.ErrForbidden)
	ok(t, h.DeleteRoom(h.ctx, h.alice, private))
}

func TestSuccessorMustBeAnotherMemberOfAnOwnedRoom(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room, other := h.group(h.bob), must(h.CreateRoom(h.ctx, h.bob, chat.NewRoom{Name: "x"}))(t)
		for name, successors := range map[string]map[uuid.UUID]chat.UserID{
			"no member":      {room.ID: h.carol},
			"themselves":     {room.ID: h.alice},
			"not their room": {other.ID: h.bob},
			"no room":        {uuid.New(): h.bob},
		} {
			err := h.EraseUser(h.ctx, chat.System, h.alice, chat.EraseOptions{Successors: successors})
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
			wantError(t, err, chat.ErrInvalid)
		}
	})
}
