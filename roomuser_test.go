package chat_test

import (
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestOneGivesAndTakesOnlyWhatOneHolds(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		held := chat.CanEditRoom | chat.CanAddUsers | chat.CanCreateMessages
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &held}))(t)
		give := func(p chat.Permissions) error {
			_, err := h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &p})
			return err
		}
		def := chat.DefaultPermissions(chat.Group)
		chatsuite.WantError(t, give(def|chat.CanRemoveUsers), chat.ErrForbidden)
		chatsuite.WantError(t, give(def&^chat.CanEditOwnMessages), chat.ErrForbidden)
		chatsuite.NoError(t, give(def&^chat.CanAddUsers|chat.CanEditRoom))
		chatsuite.WantError(t, give(def|chat.CanEditRoom|chat.CanDeleteRoom), chat.ErrForbidden) // bob does not hold it
		all := chat.AllPermissions
		_, err := h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &all})
		chatsuite.WantError(t, err, chat.ErrInvalid) // nobody may give can_delete_room
	})
}

func TestMutingIsOnesOwn(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		muted := true
		_, err := h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Muted: &muted})
		chatsuite.WantError(t, err, chat.ErrForbidden)
		if me := chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Bob, chat.RoomUserPatch{Muted: &muted}))(t); !me.Muted {
			t.Error("not muted")
		}
		if seen := chatsuite.Must(h.RoomUser(h.Ctx, h.Alice, room.ID, h.Bob))(t); seen.Muted {
			t.Error("alice sees that bob muted the room")
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded)
	})
}
