package chat_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

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

// How far others have read is shown where members are told it as receipts, and hidden
// everywhere else, by whatever way a membership is seen.
func TestReadMarkersAreShownWhereThereAreReceipts(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]struct {
		change       func(*chat.Config)
		small, large bool // whether the others' markers are shown there
	}{
		"by default":                {func(*chat.Config) {}, true, true},
		"in rooms of three":         {func(c *chat.Config) { c.Limits.ReceiptMembers = 3 }, true, false},
		"turned off":                {func(c *chat.Config) { c.NoReceipts = true }, false, false},
		"turned off, with any size": {func(c *chat.Config) { c.NoReceipts, c.Limits.ReceiptMembers = true, 1000 }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
				t.Run(v.String(), func(t *testing.T) {
					t.Parallel()
					h := chatsuite.New(t, v, options.change)
					private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
					wantMarkers(t, h, private.ID, options.small, h.Alice, h.Bob)
					small := h.NewGroup(h.Bob, h.Carol)
					wantMarkers(t, h, small.ID, options.small, h.Alice, h.Bob, h.Carol)
					large := h.NewGroup(h.Bob, h.Carol, h.Dave)
					wantMarkers(t, h, large.ID, options.large, h.Alice, h.Bob, h.Carol, h.Dave)
					// A room may become large, and small again.
					wantMarker(t, "whom one adds", chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, small.ID, chat.NewRoomUser{UserID: h.Dave}))(t)[0], options.large)
					wantMarkers(t, h, small.ID, options.large, h.Alice, h.Bob, h.Carol, h.Dave)
					chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, small.ID, h.Dave))
					wantMarkers(t, h, small.ID, options.small, h.Alice, h.Bob, h.Carol)
				})
			}
		})
	}
}

func wantMarker(t *testing.T, what string, u chat.RoomUser, shown bool) {
	t.Helper()
	if (u.LastReadNumber != 0) != shown {
		t.Errorf("%s shows %v, want a marker: %t", what, u.LastReadNumber, shown)
	}
}

// wantMarkers looks at the members of a room as Alice, who owns it, and System.
func wantMarkers(t *testing.T, h *chatsuite.Host, room uuid.UUID, shown bool, members ...chat.UserID) {
	t.Helper()
	h.Send(h.Alice, room, "x")
	for _, user := range members {
		wantMarker(t, "MarkRead", *chatsuite.Must(h.MarkRead(h.Ctx, user, room, 99))(t), true)
		one := chatsuite.Must(h.RoomUser(h.Ctx, h.Alice, room, user))(t)
		wantMarker(t, "RoomUser", *one, shown || user == h.Alice)
		wantMarker(t, "RoomUser to System", *chatsuite.Must(h.RoomUser(h.Ctx, chat.System, room, user))(t), true)
		if user == h.Alice || chatsuite.Must(h.Room(h.Ctx, h.Alice, room))(t).Type == chat.PrivateMessages {
			continue
		}
		permissions := one.Effective ^ chat.CanDeleteOwnMessages
		patched := chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room, user, chat.RoomUserPatch{Permissions: &permissions}))(t)
		wantMarker(t, "UpdateRoomUser", *patched, shown)
		wantMarker(t, "AddUsers", chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: user}))(t)[0], shown)
	}
	muted := true
	own := chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room, h.Alice, chat.RoomUserPatch{Muted: &muted}))(t)
	wantMarker(t, "one's own", *own, true)
	page := chatsuite.Must(h.RoomUsers(h.Ctx, h.Alice, room, chat.Page{}))(t)
	if len(page.Items) != len(members) {
		t.Errorf("%d members, want %d", len(page.Items), len(members))
	}
	for _, u := range page.Items {
		wantMarker(t, "RoomUsers", u, shown || u.UserID == h.Alice)
	}
	for _, u := range chatsuite.Must(h.RoomUsers(h.Ctx, chat.System, room, chat.Page{}))(t).Items {
		wantMarker(t, "RoomUsers to System", u, true)
	}
	if other := chatsuite.Must(h.Room(h.Ctx, h.Alice, room))(t).OtherMember; other != nil {
		wantMarker(t, "Room.OtherMember", *other, shown)
		listed := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Type: chat.PrivateMessages}))(t).Items[0]
		wantMarker(t, "Rooms", *listed.OtherMember, shown)
	} else if len(members) == 2 {
		t.Error("the private room has no other member")
	}
	events := chatsuite.Must(h.Events(h.Ctx, h.Alice, room, chat.EventsQuery{Limit: 100}))(t)
	for _, u := range events.Items {
		if u.Member != nil {
			wantMarker(t, "an update", *u.Member, false)
		}
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
