package chat_test

import (
	"testing"
	"time"

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
		chatsuite.WantError(t, give(def|chat.CanEditRoom|chat.CanDeleteRoom), chat.ErrForbidden) // bob does not hold it

		// All of a first set is given, also what the default gave: a cut of the default
		// would leave it.
		chatsuite.WantError(t, give(def), chat.ErrForbidden)
		chatsuite.WantError(t, give(def&^chat.CanAddUsers), chat.ErrForbidden)
		own := def
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &own}))(t)
		chatsuite.NoError(t, give(def&^chat.CanAddUsers|chat.CanEditRoom))
		chatsuite.WantError(t, give(chat.NoPermissions), chat.ErrForbidden)
		_, err := h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Carol, chat.RoomUserPatch{ResetPermissions: true})
		chatsuite.NoError(t, err)
		_, err = h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Carol, chat.RoomUserPatch{ResetPermissions: true})
		chatsuite.NoError(t, err) // nothing changes
		all := chat.AllPermissions
		_, err = h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &all})
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

// Who merely joined a public room learns nothing of when others are there.
func TestLastSeenIsHiddenFromThoseWhoJoined(t *testing.T) {
	t.Parallel()
	for name, shown := range map[string]bool{"by default": false, "where the host shows it": true} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
				t.Run(v.String(), func(t *testing.T) {
					t.Parallel()
					h := chatsuite.New(t, v, func(c *chat.Config) { c.ShowLastSeen = shown })
					room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
						Name: "open", Public: true, Members: []chat.NewRoomUser{{UserID: h.Bob}},
					}))(t)
					chatsuite.Must(h.JoinRoom(h.Ctx, h.Carol, room.ID))(t)
					for _, user := range []chat.UserID{h.Alice, h.Bob, h.Carol} {
						h.Clock.Advance(time.Second)
						chatsuite.Must(h.MarkRead(h.Ctx, user, room.ID, 0))(t)
					}
					sees := func(actor chat.Actor, others bool) {
						t.Helper()
						page := chatsuite.Must(h.RoomUsers(h.Ctx, actor, room.ID, chat.Page{}))(t)
						for _, u := range page.Items {
							one := chatsuite.Must(h.RoomUser(h.Ctx, actor, room.ID, u.UserID))(t)
							if want := others || u.UserID == actor; (u.LastSeenAt != nil) != want || (one.LastSeenAt != nil) != want {
								t.Errorf("%v sees of %s %v and %v, want any: %t", actor, u.UserID, u.LastSeenAt, one.LastSeenAt, want)
							}
						}
					}
					sees(h.Carol, shown)
					sees(h.Bob, true) // was added
					sees(h.Alice, true)
					sees(chat.System, true)
					added := chatsuite.Must(h.AddUsers(h.Ctx, h.Carol, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
					if (added[0].LastSeenAt != nil) != shown {
						t.Errorf("adding a member shows %v", added[0].LastSeenAt)
					}
					private := false
					chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Public: &private}))(t)
					sees(h.Carol, true)
				})
			}
		})
	}
}

// What both have in a private room is the host's to say.
func TestPrivatePermissionsAreTheHosts(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			kept := chat.DefaultPermissions(chat.PrivateMessages) &^ chat.CanDeleteRoom
			h := chatsuite.New(t, v, func(c *chat.Config) { c.PrivatePermissions = &kept })
			room := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
			for _, user := range []chat.UserID{h.Alice, h.Bob} {
				if got := chatsuite.Must(h.RoomUser(h.Ctx, user, room.ID, user))(t).Effective; got != kept {
					t.Errorf("%s has %v, want %v", user, got, kept)
				}
				chatsuite.WantError(t, h.DeleteRoom(h.Ctx, user, room.ID), chat.ErrForbidden)
				h.Send(user, room.ID, "kept")
			}
			none := chat.NoPermissions
			config := h.Config
			config.PrivatePermissions = &none
			silent := chatsuite.Must(chat.New(h.DB, config))(t)
			quiet := chatsuite.Must(silent.OpenPrivate(h.Ctx, h.Alice, h.Carol))(t)
			_, err := silent.SendMessage(h.Ctx, h.Alice, quiet.ID, chat.NewMessage{Text: "x"})
			chatsuite.WantError(t, err, chat.ErrForbidden)
			for _, wrong := range []chat.Permissions{-1, chat.AllPermissions + 1} {
				_, err := chat.New(h.DB, chat.Config{PrivatePermissions: &wrong})
				chatsuite.WantFieldError(t, err, chat.ErrInvalid, "PrivatePermissions", 0)
			}
		})
	}
}
