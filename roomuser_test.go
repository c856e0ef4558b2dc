package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
)

func TestAddUsersSkipsWhoIsThere(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		own := chat.CanEditRoom
		must(h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.bob, chat.RoomUserPatch{Permissions: &own}))(t)
		members := must(h.AddUsers(h.ctx, h.alice, room.ID,
			chat.NewRoomUser{UserID: h.bob}, chat.NewRoomUser{UserID: h.carol}, chat.NewRoomUser{UserID: h.carol}))(t)
		if len(members) != 2 {
			t.Errorf("%d memberships are returned", len(members))
		}
		want := map[chat.UserID]chat.Permissions{
			h.alice: chat.AllPermissions, h.bob: own, h.carol: chat.DefaultPermissions(chat.Group),
		}
		if diff := cmp.Diff(want, h.effective(room.ID)); diff != "" {
			t.Error(diff)
		}
		if by := must(h.RoomUser(h.ctx, h.bob, room.ID, h.carol))(t).CreatedBy; by == nil || *by != h.alice {
			t.Errorf("added by %v", by)
		}
		must(h.AddUsers(h.ctx, h.alice, room.ID, chat.NewRoomUser{UserID: h.carol}))(t)
		must(h.AddUsers(h.ctx, h.alice, room.ID))(t)
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserUpdated, chat.UserAdded)
	})
}

func TestOneGivesAndTakesOnlyWhatOneHolds(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob, h.carol)
		held := chat.CanEditRoom | chat.CanAddUsers | chat.CanCreateMessages
		must(h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.bob, chat.RoomUserPatch{Permissions: &held}))(t)
		give := func(p chat.Permissions) error {
			_, err := h.UpdateRoomUser(h.ctx, h.bob, room.ID, h.carol, chat.RoomUserPatch{Permissions: &p})
			return err
		}
		def := chat.DefaultPermissions(chat.Group)
		wantError(t, give(def|chat.CanRemoveUsers), chat.ErrForbidden)
		wantError(t, give(def&^chat.CanEditOwnMessages), chat.ErrForbidden)
		ok(t, give(def&^chat.CanAddUsers|chat.CanEditRoom))
		wantError(t, give(def|chat.CanEditRoom|chat.CanDeleteRoom), chat.ErrForbidden) // bob does not hold it
		all := chat.AllPermissions
		_, err := h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.carol, chat.RoomUserPatch{Permissions: &all})
		wantError(t, err, chat.ErrInvalid) // nobody may give can_delete_room
	})
}

func TestRemovedMemberSeesNothingAndTheirMessagesStay(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob, h.carol)
		m := h.send(h.bob, room.ID, "still here")
		ok(t, h.RemoveUser(h.ctx, h.alice, room.ID, h.bob))
		wantError(t, h.RemoveUser(h.ctx, h.alice, room.ID, h.bob), chat.ErrNotFound)
		_, err := h.Message(h.ctx, h.bob, m.ID)
		wantError(t, err, chat.ErrNotFound)
		if n := must(h.Unread(h.ctx, h.bob))(t); n != 0 {
			t.Errorf("unread is %d", n)
		}
		if seen := must(h.Message(h.ctx, h.carol, m.ID))(t); *seen.UserID != h.bob {
			t.Errorf("the author is %v", seen.UserID)
		}
	})
}

func TestMutingIsOnesOwn(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		muted := true
		_, err := h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.bob, chat.RoomUserPatch{Muted: &muted})
		wantError(t, err, chat.ErrForbidden)
		if me := must(h.UpdateRoomUser(h.ctx, h.bob, room.ID, h.bob, chat.RoomUserPatch{Muted: &muted}))(t); !me.Muted {
			t.Error("not muted")
		}
		if seen := must(h.RoomUser(h.ctx, h.alice, room.ID, h.bob))(t); seen.Muted {
			t.Error("alice sees that bob muted the room")
		}
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded)
	})
}

func TestPublicRoomIsSeenAndJoined(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "open", Public: true}))(t)
		h.send(h.alice, room.ID, "welcome")
		if seen := must(h.Room(h.ctx, h.bob, room.ID))(t); seen.Me != nil || seen.LastMessage != nil {
			t.Errorf("a stranger sees %+v", seen)
		}
		_, err := h.Messages(h.ctx, h.bob, room.ID, chat.HistoryQuery{})
		wantError(t, err, chat.ErrForbidden)
		joined := must(h.JoinRoom(h.ctx, h.bob, room.ID))(t)
		must(h.JoinRoom(h.ctx, h.bob, room.ID))(t)
		if joined.Me == nil || joined.Me.Effective != chat.DefaultPermissions(chat.Group) {
			t.Errorf("joined as %+v", joined.Me)
		}
		h.wantKinds(room.ID, chat.RoomCreated, chat.MessageCreated, chat.UserAdded)
		_, err = h.JoinRoom(h.ctx, h.bob, h.group().ID)
		wantError(t, err, chat.ErrNotFound)
	})
}
