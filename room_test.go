package chat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func TestRoomIsMadeWithItsMembers(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		readers := chat.NoPermissions
		room, err := h.CreateRoom(h.ctx, h.alice, chat.NewRoom{
			Type: chat.Channel, Name: "News", Description: "All of it", Public: true, Metadata: chat.Metadata(`{"team": 7}`),
			Members: []chat.NewRoomUser{{UserID: h.bob, Permissions: &readers}, {UserID: h.carol}, {UserID: h.bob}, {UserID: h.alice}},
		})
		ok(t, err)
		seen := must(h.Room(h.ctx, h.alice, room.ID))(t)
		if !room.Created || seen.Created {
			t.Errorf("Created is %v of the room made and %v of the room read, want true and false", room.Created, seen.Created)
		}
		room.Created = false // of the call that made it alone
		if diff := cmp.Diff(room, seen); diff != "" {
			t.Errorf("CreateRoom and Room differ: %s", diff)
		}
		if seen.Name != "News" || !seen.Public || *seen.OwnerID != h.alice || string(seen.Metadata) != `{"team": 7}` {
			t.Errorf("room is %+v", seen)
		}
		want := map[chat.UserID]chat.Permissions{
			h.alice: chat.AllPermissions, h.bob: chat.NoPermissions, h.carol: chat.CanAddUsers,
		}
		if diff := cmp.Diff(want, h.effective(room.ID)); diff != "" {
			t.Error(diff)
		}
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded)
	})
}

// effective is what each member of a room may do.
func (h *host) effective(room uuid.UUID) map[chat.UserID]chat.Permissions {
	h.t.Helper()
	got := map[chat.UserID]chat.Permissions{}
	for _, m := range must(h.RoomUsers(h.ctx, chat.System, room, chat.Page{}))(h.t).Items {
		got[m.UserID] = m.Effective
	}
	return got
}

func (h *host) wantKinds(room uuid.UUID, want ...chat.EventKind) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.kinds(room)); diff != "" {
		h.t.Errorf("events: %s", diff)
	}
}

func TestSystemMakesARoomForAnOwner(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		_, err := h.CreateRoom(h.ctx, chat.System, chat.NewRoom{Name: "x"})
		wantError(t, err, chat.ErrInvalid)
		_, err = h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "x", Owner: h.bob})
		wantError(t, err, chat.ErrInvalid)
		room := must(h.CreateRoom(h.ctx, chat.System, chat.NewRoom{Name: "x", Owner: h.bob}))(t)
		if *room.OwnerID != h.bob {
			t.Errorf("owner is %v", *room.OwnerID)
		}
		if e := h.events(room.ID)[0]; e.ActorID != nil || *e.UserID != h.bob {
			t.Errorf("event is %+v", e)
		}
	})
}

func TestPrivateRoomIsThePairs(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		// The tenth user comes after the second by number and before it by text.
		tenth := h.id(10)
		room := must(h.OpenPrivate(h.ctx, h.bob, tenth))(t)
		again := must(h.OpenPrivate(h.ctx, tenth, h.bob))(t)
		if room.ID != again.ID || *room.Other != tenth || *again.Other != h.bob {
			t.Errorf("rooms %v and %v", room, again)
		}
		if room.OwnerID != nil || room.Me.Effective != chat.DefaultPermissions(chat.PrivateMessages) {
			t.Errorf("room is %+v", room)
		}
		_, err := h.OpenPrivate(h.ctx, h.bob, h.bob)
		wantError(t, err, chat.ErrInvalid)
		if other := must(h.OpenPrivate(h.ctx, h.bob, h.carol))(t); other.ID == room.ID {
			t.Error("two pairs share a room")
		}
		h.wantKinds(room.ID, chat.RoomCreated)
	})
}

func TestDeletedPrivateRoomMakesWayForANewOne(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t)
		h.send(h.alice, room.ID, "hi")
		ok(t, h.DeleteRoom(h.ctx, h.bob, room.ID))
		_, err := h.Room(h.ctx, h.alice, room.ID)
		wantError(t, err, chat.ErrNotFound)
		wantError(t, h.DeleteRoom(h.ctx, h.bob, room.ID), chat.ErrNotFound)
		if again := must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t); again.ID == room.ID || again.LastNumber != 0 {
			t.Errorf("the new room is %+v", again)
		}
		h.wantKinds(room.ID, chat.RoomCreated, chat.MessageCreated, chat.RoomDeleted)
	})
}

func TestUpdateRoomChangesWhatIsGiven(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		name, none := "Friends", chat.Metadata(nil)
		meta := chat.Metadata(`{"color":"red"}`)
		updated := must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{Name: &name, Metadata: &meta}))(t)
		if updated.Name != name || updated.Description != room.Description || string(updated.Metadata) != string(meta) {
			t.Errorf("room is %+v", updated)
		}
		if !updated.UpdatedAt.After(room.UpdatedAt) {
			t.Error("updated_at did not move")
		}
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{Name: &name}))(t) // the same: no event
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{Metadata: &none}))(t)
		seen := must(h.Room(h.ctx, h.bob, room.ID))(t)
		if seen.Metadata != nil {
			t.Errorf("metadata stays: %s", seen.Metadata)
		}
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.RoomUpdated, chat.RoomUpdated)
	})
}

func TestRoomDefaultHoldsForThoseWithoutASetOfTheirOwn(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob, h.carol)
		own := chat.CanRemoveUsers
		must(h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.carol, chat.RoomUserPatch{Permissions: &own}))(t)
		silent := chat.NoPermissions
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{DefaultPermissions: &silent}))(t)
		want := map[chat.UserID]chat.Permissions{h.alice: chat.AllPermissions, h.bob: chat.NoPermissions, h.carol: own}
		if diff := cmp.Diff(want, h.effective(room.ID)); diff != "" {
			t.Error(diff)
		}
		must(h.UpdateRoomUser(h.ctx, h.alice, room.ID, h.carol, chat.RoomUserPatch{ResetPermissions: true}))(t)
		if got := h.effective(room.ID)[h.carol]; got != silent {
			t.Errorf("carol has %v", got)
		}
		_, err := h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{Text: "x"})
		wantError(t, err, chat.ErrForbidden)
	})
}

func TestAvatarIsSeenWithTheRoom(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "x", Public: true}))(t)
		first, second := h.picture(h.alice), h.picture(h.alice)
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{AvatarID: &first.ID}))(t)
		if seen := must(h.Room(h.ctx, h.bob, room.ID))(t); seen.AvatarID == nil || *seen.AvatarID != first.ID {
			t.Errorf("avatar is %v", seen.AvatarID)
		}
		must(h.Media(h.ctx, h.bob, first.ID))(t)
		_, err := h.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{first.ID}})
		wantError(t, err, chat.ErrConflict)

		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{AvatarID: &second.ID}))(t)
		_, err = h.Media(h.ctx, h.alice, first.ID)
		wantError(t, err, chat.ErrNotFound) // replaced is released
		must(h.UpdateRoom(h.ctx, h.alice, room.ID, chat.RoomPatch{AvatarID: &uuid.Nil}))(t)
		if seen := must(h.Room(h.ctx, h.bob, room.ID))(t); seen.AvatarID != nil {
			t.Errorf("avatar stays: %v", seen.AvatarID)
		}
	})
}

func TestOwnershipIsHandedOn(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		wantError(t, h.LeaveRoom(h.ctx, h.alice, room.ID), chat.ErrConflict)
		_, err := h.TransferOwnership(h.ctx, h.bob, room.ID, h.bob)
		wantError(t, err, chat.ErrForbidden)
		_, err = h.TransferOwnership(h.ctx, h.alice, room.ID, h.carol)
		wantError(t, err, chat.ErrNotFound)
		must(h.TransferOwnership(h.ctx, h.alice, room.ID, h.bob))(t)
		want := map[chat.UserID]chat.Permissions{h.alice: chat.DefaultPermissions(chat.Group), h.bob: chat.AllPermissions}
		if diff := cmp.Diff(want, h.effective(room.ID)); diff != "" {
			t.Error(diff)
		}
		ok(t, h.LeaveRoom(h.ctx, h.alice, room.ID))
		_, err = h.Room(h.ctx, h.alice, room.ID)
		wantError(t, err, chat.ErrNotFound)
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.OwnerChanged, chat.UserRemoved)
	})
}

func TestPurgeRemovesDeletedRoomsAndReleasesTheirMedia(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		kept, room := h.group(h.bob), h.group(h.bob)
		picture := h.picture(h.bob)
		first := must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}))(t)
		must(h.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "nice", ReplyToID: &first.ID}))(t)
		must(h.React(h.ctx, h.alice, first.ID, "👍"))(t)
		h.send(h.bob, kept.ID, "stays")
		ok(t, h.DeleteRoom(h.ctx, h.alice, room.ID))

		if n := must(h.PurgeRooms(h.ctx, time.Hour))(t); n != 0 {
			t.Errorf("purged %d rooms that were just deleted", n)
		}
		h.clock.advance(2 * time.Hour)
		if n := must(h.PurgeRooms(h.ctx, time.Hour))(t); n != 1 {
			t.Errorf("purged %d rooms", n)
		}
		for table, want := range map[string]int64{
			"chat_rooms": 1, "chat_room_users": 2, "chat_messages": 1, "chat_message_media": 0, "chat_reactions": 0,
		} {
			if got := h.count(table); got != want {
				t.Errorf("%s has %d rows, want %d", table, got, want)
			}
		}
		var row chat.Media
		ok(t, h.db.Where("id = ?", picture.ID).First(&row).Error)
		if row.State != chat.MediaReleased {
			t.Errorf("the picture is %s", row.State)
		}
	})
}

func (h *host) count(table string) (n int64) {
	h.t.Helper()
	ok(h.t, h.db.Table(table).Count(&n).Error)
	return n
}
