package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestRoomIsMadeWithItsMembers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		readers := chat.NoPermissions
		room, err := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
			Type: chat.Channel, Name: "News", Description: "All of it", Public: true, Metadata: chat.Metadata(`{"team": 7}`),
			Members: []chat.NewRoomUser{{UserID: h.Bob, Permissions: &readers}, {UserID: h.Carol}, {UserID: h.Bob}, {UserID: h.Alice}},
		})
		chatsuite.NoError(t, err)
		seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
		if !room.Created || seen.Created {
			t.Errorf("Created is %v of the room made and %v of the room read, want true and false", room.Created, seen.Created)
		}
		room.Created = false // of the call that made it alone
		if diff := cmp.Diff(room, seen); diff != "" {
			t.Errorf("CreateRoom and Room differ: %s", diff)
		}
		if seen.Name != "News" || !seen.Public || *seen.OwnerID != h.Alice || string(seen.Metadata) != `{"team": 7}` {
			t.Errorf("room is %+v", seen)
		}
		want := map[chat.UserID]chat.Permissions{
			h.Alice: chat.AllPermissions, h.Bob: chat.NoPermissions, h.Carol: chat.CanAddUsers,
		}
		if diff := cmp.Diff(want, effective(h, room.ID)); diff != "" {
			t.Error(diff)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded)
	})
}

// effective is what each member of a room may do.
func effective(h *chatsuite.Host, room uuid.UUID) map[chat.UserID]chat.Permissions {
	h.T.Helper()
	got := map[chat.UserID]chat.Permissions{}
	for _, m := range chatsuite.Must(h.RoomUsers(h.Ctx, chat.System, room, chat.Page{}))(h.T).Items {
		got[m.UserID] = m.Effective
	}
	return got
}

func TestSystemMakesARoomForAnOwner(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		_, err := h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "x"})
		chatsuite.WantError(t, err, chat.ErrInvalid)
		_, err = h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Owner: h.Bob})
		chatsuite.WantError(t, err, chat.ErrInvalid)
		room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "x", Owner: h.Bob}))(t)
		if *room.OwnerID != h.Bob {
			t.Errorf("owner is %v", *room.OwnerID)
		}
		if e := h.LoggedEvents(room.ID)[0]; e.ActorID != nil || *e.UserID != h.Bob {
			t.Errorf("event is %+v", e)
		}
	})
}

func TestPrivateRoomIsThePairs(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		// The tenth user comes after the second by number and before it by text.
		tenth := h.UserID(10)
		room := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, tenth))(t)
		again := chatsuite.Must(h.OpenPrivate(h.Ctx, tenth, h.Bob))(t)
		if room.ID != again.ID || *room.Other != tenth || *again.Other != h.Bob {
			t.Errorf("rooms %v and %v", room, again)
		}
		if room.OwnerID != nil || room.Me.Effective != chat.DefaultPermissions(chat.PrivateMessages) {
			t.Errorf("room is %+v", room)
		}
		_, err := h.OpenPrivate(h.Ctx, h.Bob, h.Bob)
		chatsuite.WantError(t, err, chat.ErrInvalid)
		if other := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Carol))(t); other.ID == room.ID {
			t.Error("two pairs share a room")
		}
		h.WantEventKinds(room.ID, chat.RoomCreated)
	})
}

func TestUpdateRoomChangesWhatIsGiven(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		name, none := "Friends", chat.Metadata(nil)
		meta := chat.Metadata(`{"color":"red"}`)
		updated := chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name, Metadata: &meta}))(t)
		if updated.Name != name || updated.Description != room.Description || string(updated.Metadata) != string(meta) {
			t.Errorf("room is %+v", updated)
		}
		if !updated.UpdatedAt.After(room.UpdatedAt) {
			t.Error("updated_at did not move")
		}
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))(t) // the same: no event
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Metadata: &none}))(t)
		seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t)
		if seen.Metadata != nil {
			t.Errorf("metadata stays: %s", seen.Metadata)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.RoomUpdated, chat.RoomUpdated)
	})
}

func TestRoomDefaultHoldsForThoseWithoutASetOfTheirOwn(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		own := chat.CanRemoveUsers
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &own}))(t)
		silent := chat.NoPermissions
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{DefaultPermissions: &silent}))(t)
		want := map[chat.UserID]chat.Permissions{h.Alice: chat.AllPermissions, h.Bob: chat.NoPermissions, h.Carol: own}
		if diff := cmp.Diff(want, effective(h, room.ID)); diff != "" {
			t.Error(diff)
		}
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{ResetPermissions: true}))(t)
		if got := effective(h, room.ID)[h.Carol]; got != silent {
			t.Errorf("carol has %v", got)
		}
		_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"})
		chatsuite.WantError(t, err, chat.ErrForbidden)
	})
}

func TestAvatarIsSeenWithTheRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Public: true}))(t)
		first, second := uploadPicture(h, h.Alice), uploadPicture(h, h.Alice)
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{AvatarID: &first.ID}))(t)
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t); seen.AvatarID == nil || *seen.AvatarID != first.ID {
			t.Errorf("avatar is %v", seen.AvatarID)
		}
		chatsuite.Must(h.Media(h.Ctx, h.Bob, first.ID))(t)
		_, err := h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{first.ID}})
		chatsuite.WantError(t, err, chat.ErrConflict)

		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{AvatarID: &second.ID}))(t)
		_, err = h.Media(h.Ctx, h.Alice, first.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound) // replaced is released
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{AvatarID: &uuid.Nil}))(t)
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t); seen.AvatarID != nil {
			t.Errorf("avatar stays: %v", seen.AvatarID)
		}
	})
}

func TestOwnershipIsHandedOn(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		chatsuite.WantError(t, h.LeaveRoom(h.Ctx, h.Alice, room.ID), chat.ErrConflict)
		_, err := h.TransferOwnership(h.Ctx, h.Bob, room.ID, h.Bob)
		chatsuite.WantError(t, err, chat.ErrForbidden)
		_, err = h.TransferOwnership(h.Ctx, h.Alice, room.ID, h.Carol)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.Must(h.TransferOwnership(h.Ctx, h.Alice, room.ID, h.Bob))(t)
		want := map[chat.UserID]chat.Permissions{h.Alice: chat.DefaultPermissions(chat.Group), h.Bob: chat.AllPermissions}
		if diff := cmp.Diff(want, effective(h, room.ID)); diff != "" {
			t.Error(diff)
		}
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Alice, room.ID))
		_, err = h.Room(h.Ctx, h.Alice, room.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.OwnerChanged, chat.UserRemoved)
	})
}

func TestOpenPrivateTellsWhetherItMadeTheRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		got := []bool{
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t).Created,
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t).Created,
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Alice))(t).Created,
		}
		if !got[0] || got[1] || got[2] {
			t.Errorf("opened: %v, want only the first", got)
		}
	})
}
