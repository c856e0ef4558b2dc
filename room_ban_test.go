package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// restricted is a public group of Alice's in which Bob has less than the default.
func restricted(h *chatsuite.Host, own chat.Permissions) *chat.Room {
	h.T.Helper()
	room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
		Name: "A group", Public: true, Members: []chat.NewRoomUser{{UserID: h.Bob}, {UserID: h.Carol}},
	}))(h.T)
	chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &own}))(h.T)
	return room
}

// What a member lacked of the default they lack again, however they left and came back.
func TestRestrictionsOutliveMembership(t *testing.T) {
	group := chat.DefaultPermissions(chat.Group)
	leave := func(h *chatsuite.Host, room *chat.Room) error { return h.LeaveRoom(h.Ctx, h.Bob, room.ID) }
	remove := func(h *chatsuite.Host, room *chat.Room) error { return h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob) }
	ban := func(h *chatsuite.Host, room *chat.Room) error {
		if err := h.BanUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.BanOptions{}); err != nil {
			return err
		}
		return h.UnbanUser(h.Ctx, h.Alice, room.ID, h.Bob)
	}
	banForAWhile := func(h *chatsuite.Host, room *chat.Room) error {
		until := h.Clock.Now().Add(time.Hour)
		err := h.BanUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.BanOptions{Until: &until})
		h.Clock.Advance(time.Hour)
		return err
	}
	join := func(h *chatsuite.Host, room *chat.Room) error {
		return chatsuite.ErrorOf(h.JoinRoom(h.Ctx, h.Bob, room.ID))
	}
	addedBy := func(who func(*chatsuite.Host) chat.UserID) func(*chatsuite.Host, *chat.Room) error {
		return func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, who(h), room.ID, chat.NewRoomUser{UserID: h.Dave}, chat.NewRoomUser{UserID: h.Bob}))
		}
	}
	type step = func(*chatsuite.Host, *chat.Room) error
	out := map[string]step{"leaves": leave, "is removed": remove, "is banned and unbanned": ban, "is banned for a while": banForAWhile}
	in := map[string]step{
		"joins": join, "is added by a friend": addedBy(func(h *chatsuite.Host) chat.UserID { return h.Carol }),
		"is added by the owner": addedBy(func(h *chatsuite.Host) chat.UserID { return h.Alice }),
	}
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for outName, goOut := range out {
			for inName, goIn := range in {
				for _, own := range []chat.Permissions{
					chat.NoPermissions, chat.CanCreateMessages, group &^ chat.CanCreateMessages, chat.CanEditRoom, group | chat.CanRemoveUsers,
				} {
					room := restricted(h, own)
					for round := range 2 { // again, it is no different
						name := fmt.Sprintf("bob, who has %v, %s and %s, round %d", own, outName, inName, round)
						if err := goOut(h, room); err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						if err := goIn(h, room); err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						bob := chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room.ID, h.Bob))(t)
						if want := group & own; bob.Effective != want {
							t.Errorf("%s: has %v, want %v", name, bob.Effective, want)
						}
						if lacked := group&^own != 0; lacked != (bob.Permissions != nil) {
							t.Errorf("%s: has a set of their own: %t", name, bob.Permissions != nil)
						}
					}
				}
			}
		}
		h.CheckRoomLogs()
	})
}

// A restriction stays while the default changes, and is lifted by those who may give
// permissions, and by System.
func TestRestrictionsAreLifted(t *testing.T) {
	group := chat.DefaultPermissions(chat.Group)
	same := group
	lifts := map[string]func(h *chatsuite.Host, room *chat.Room) error{
		"added with permissions": func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob, Permissions: &same}))
		},
		"added by System": func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, chat.System, room.ID, chat.NewRoomUser{UserID: h.Bob}))
		},
		"added by System with permissions": func(h *chatsuite.Host, room *chat.Room) error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, chat.System, room.ID, chat.NewRoomUser{UserID: h.Bob, Permissions: &same}))
		},
		"set back to the default": func(h *chatsuite.Host, room *chat.Room) error {
			chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(h.T)
			return chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{ResetPermissions: true}))
		},
		"given permissions": func(h *chatsuite.Host, room *chat.Room) error {
			chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(h.T)
			return chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &same}))
		},
	}
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for name, lift := range lifts {
			room := restricted(h, chat.CanAddUsers)
			chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room.ID))
			none := chat.NoPermissions
			for _, byDefault := range []*chat.Permissions{&none, &group} {
				chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{DefaultPermissions: byDefault}))(t)
				if me := chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t).Me; me.Effective != *byDefault&chat.CanAddUsers {
					t.Errorf("of the default %v bob has %v", *byDefault, me.Effective)
				}
				chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room.ID))
			}
			if err := lift(h, room); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for range 2 {
				bob := chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room.ID, h.Bob))(t)
				if bob.Effective != group {
					t.Errorf("%s, bob has %v", name, bob.Effective)
				}
				chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room.ID))
				chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
			}
			if n := h.QueryInt("SELECT count(*) FROM chat_restrictions"); n != 0 {
				t.Errorf("%s: %d restrictions are left", name, n)
			}
		}
	})
}

func TestBansKeepOut(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := restricted(h, chat.DefaultPermissions(chat.Group))
		hidden := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "still here")
		until := h.Clock.Now().Add(time.Hour)
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.BanOptions{Until: &until, Reason: "spam"}))
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, hidden.ID, h.Bob, chat.BanOptions{}))
		chatsuite.NoError(t, h.BanUser(h.Ctx, chat.System, room.ID, h.Erin, chat.BanOptions{})) // was never there
		want := []chat.Ban{
			{RoomID: room.ID, UserID: h.Bob, BannedBy: &h.Alice, Reason: "spam", Until: &until},
			{RoomID: room.ID, UserID: h.Erin},
		}
		if diff := cmp.Diff(want, bans(h, room), whenever); diff != "" {
			t.Error(diff)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded, chat.UserUpdated, chat.MessageCreated,
			chat.UserRemoved, chat.UserBanned, chat.UserBanned)
		seen := chatsuite.Must(h.Messages(h.Ctx, h.Carol, room.ID, chat.HistoryQuery{}))(t)
		if len(seen.Items) != 1 || *seen.Items[0].UserID != h.Bob {
			t.Errorf("the messages are %+v", seen.Items)
		}

		_, err := h.JoinRoom(h.Ctx, h.Bob, room.ID)
		chatsuite.WantError(t, err, chat.ErrForbidden)
		_, err = h.JoinRoom(h.Ctx, h.Bob, hidden.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{})
		chatsuite.WantError(t, err, chat.ErrForbidden)
		own := chat.DefaultPermissions(chat.Group)
		for _, actor := range []chat.Actor{h.Alice, h.Carol, chat.System} {
			for _, permissions := range []*chat.Permissions{nil, &own} {
				if permissions != nil && actor == h.Carol {
					continue // may not give any
				}
				_, err := h.AddUsers(h.Ctx, actor, room.ID, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Carol},
					chat.NewRoomUser{UserID: h.Dave}, chat.NewRoomUser{UserID: h.Erin, Permissions: permissions}, chat.NewRoomUser{UserID: h.Bob})
				chatsuite.WantError(t, err, chat.ErrConflict)
				if err == nil || !strings.Contains(err.Error(), "members[3] ") {
					t.Errorf("%v is told %v", actor, err)
				}
			}
		}

		h.Clock.Advance(time.Hour)
		if diff := cmp.Diff(want[1:], bans(h, room), whenever); diff != "" {
			t.Error(diff)
		}
		chatsuite.WantError(t, h.UnbanUser(h.Ctx, h.Alice, room.ID, h.Bob), chat.ErrNotFound)
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
		chatsuite.NoError(t, h.UnbanUser(h.Ctx, h.Alice, room.ID, h.Erin))
		chatsuite.Must(h.AddUsers(h.Ctx, h.Carol, room.ID, chat.NewRoomUser{UserID: h.Erin}))(t)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded, chat.UserUpdated, chat.MessageCreated,
			chat.UserRemoved, chat.UserBanned, chat.UserBanned, chat.UserAdded, chat.UserUnbanned, chat.UserAdded)
		h.CheckRoomLogs()
	})
}

var whenever = cmpopts.IgnoreFields(chat.Ban{}, "CreatedAt")

// bans are all the bans of a room, page after page.
func bans(h *chatsuite.Host, room *chat.Room) (all []chat.Ban) {
	h.T.Helper()
	at := chat.Page{Limit: 1}
	for {
		page := chatsuite.Must(h.Bans(h.Ctx, h.Alice, room.ID, at))(h.T)
		all = append(all, page.Items...)
		if at.Cursor = page.Next; at.Cursor == "" {
			return all
		}
	}
}

func TestBanningAgainReplacesTheBan(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := restricted(h, chat.CanRemoveUsers|chat.CanAddUsers)
		tomorrow := h.Clock.Now().Add(24 * time.Hour)
		ban := func(actor chat.Actor, in chat.BanOptions) {
			t.Helper()
			chatsuite.NoError(t, h.BanUser(h.Ctx, actor, room.ID, h.Dave, in))
			h.Clock.Advance(time.Second)
		}
		ban(h.Alice, chat.BanOptions{Reason: "spam"})
		ban(h.Bob, chat.BanOptions{Reason: "spam"}) // by whom alone is no difference
		first := bans(h, room)[0]
		if *first.BannedBy != h.Alice {
			t.Errorf("banned by %s", *first.BannedBy)
		}
		ban(h.Bob, chat.BanOptions{Reason: "spam", Until: &tomorrow})
		ban(h.Alice, chat.BanOptions{Reason: "spam", Until: &tomorrow})
		ban(h.Alice, chat.BanOptions{Until: &tomorrow})
		want := []chat.Ban{{RoomID: room.ID, UserID: h.Dave, BannedBy: &h.Alice, Until: &tomorrow, CreatedAt: first.CreatedAt}}
		if diff := cmp.Diff(want, bans(h, room)); diff != "" {
			t.Error(diff)
		}
		h.Clock.Advance(48 * time.Hour)
		ban(chat.System, chat.BanOptions{})
		anew := bans(h, room)
		if diff := cmp.Diff([]chat.Ban{{RoomID: room.ID, UserID: h.Dave}}, anew, whenever); diff != "" || !anew[0].CreatedAt.After(tomorrow) {
			t.Error(anew[0].CreatedAt, diff)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded, chat.UserUpdated,
			chat.UserBanned, chat.UserBanned, chat.UserBanned, chat.UserBanned)
	})
}

func TestBansThatAreRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		past, now := h.Clock.Now().Add(-time.Second), h.Clock.Now()
		ban := func(user chat.UserID, in chat.BanOptions) error { return h.BanUser(h.Ctx, h.Alice, room.ID, user, in) }
		chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Until: &past}), chat.ErrInvalid, "until", 0)
		chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Until: &now}), chat.ErrInvalid, "until", 0)
		for _, later := range []time.Time{now.Add(time.Nanosecond), now.AddDate(8000, 0, 0)} {
			chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Until: &later}), chat.ErrInvalid, "until", 0)
		}
		chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Reason: "a\x00"}), chat.ErrInvalid, "reason", 0)
		chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Reason: "\xff"}), chat.ErrInvalid, "reason", 0)
		chatsuite.WantFieldError(t, ban(h.Bob, chat.BanOptions{Reason: strings.Repeat("ü", 513)}), chat.ErrTooLarge, "reason", 512)
		chatsuite.WantFieldError(t, h.BanUser(h.Ctx, h.Bob, room.ID, h.Bob, chat.BanOptions{}), chat.ErrInvalid, "user_id", 0)
		chatsuite.WantFieldError(t, ban("me", chat.BanOptions{}), chat.ErrInvalid, "user_id", 0)
		if h.UsersTable {
			chatsuite.WantFieldError(t, ban(h.UserID(999), chat.BanOptions{}), chat.ErrInvalid, "user_id", 0)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded)
		chatsuite.NoError(t, ban(h.Bob, chat.BanOptions{Reason: strings.Repeat("ü", 512)}))
	})
}

// Nobody removes or bans a member who holds an administrative permission that they lack.
func TestAdministratorsAreRemovedOnlyByTheirEquals(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for _, bit := range []chat.Permissions{chat.CanDeleteMessages, chat.CanEditMessages, chat.CanEditRoom} {
			room := h.NewGroup(h.Bob, h.Carol)
			give := func(user chat.UserID, p chat.Permissions) {
				t.Helper()
				chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, user, chat.RoomUserPatch{Permissions: &p}))(t)
			}
			give(h.Bob, chat.CanRemoveUsers|chat.CanAddUsers)
			give(h.Carol, chat.DefaultPermissions(chat.Group)|bit)
			chatsuite.WantError(t, h.RemoveUser(h.Ctx, h.Bob, room.ID, h.Carol), chat.ErrForbidden)
			chatsuite.WantError(t, h.BanUser(h.Ctx, h.Bob, room.ID, h.Carol, chat.BanOptions{}), chat.ErrForbidden)
			chatsuite.WantError(t, h.RemoveUser(h.Ctx, h.Carol, room.ID, h.Bob), chat.ErrForbidden)
			give(h.Bob, chat.CanRemoveUsers|bit)
			chatsuite.NoError(t, h.BanUser(h.Ctx, h.Bob, room.ID, h.Carol, chat.BanOptions{}))
			chatsuite.WantError(t, h.BanUser(h.Ctx, h.Bob, room.ID, h.Alice, chat.BanOptions{}), chat.ErrConflict)
			chatsuite.WantError(t, h.BanUser(h.Ctx, chat.System, room.ID, h.Alice, chat.BanOptions{}), chat.ErrConflict)
		}
	})
}

// Making a room public gives its default to everybody.
func TestPublishingNeedsWhatItGives(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group, yes, none := chat.DefaultPermissions(chat.Group), true, chat.NoPermissions
		for _, try := range []struct {
			own       chat.Permissions
			byDefault *chat.Permissions // given along
			want      error
		}{
			{chat.CanEditRoom, nil, chat.ErrForbidden},
			{chat.CanEditRoom | group&^chat.CanAddUsers, nil, chat.ErrForbidden},
			{chat.CanEditRoom | group&^chat.CanCreateMessages, nil, chat.ErrForbidden},
			{chat.CanAddUsers | group, nil, chat.ErrForbidden},
			{chat.CanEditRoom | group, nil, nil},
			{chat.CanEditRoom | group, &none, nil},
			{chat.CanEditRoom | chat.CanAddUsers, &none, chat.ErrForbidden}, // it takes the rest of the default
		} {
			room := h.NewGroup(h.Bob)
			chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &try.own}))(t)
			_, err := h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Public: &yes, DefaultPermissions: try.byDefault})
			if chatsuite.WantError(t, err, try.want); try.want != nil {
				_, err := h.JoinRoom(h.Ctx, h.Carol, room.ID)
				chatsuite.WantError(t, err, chat.ErrNotFound)
			}
		}
		// A room that is public already, and making one private, need what they did.
		room, edit, no := restricted(h, chat.CanEditRoom), "x", false
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Name: &edit, Public: &yes}))(t)
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Public: &no}))(t)
	})
}

// A member who has less than the default brings in nobody with more.
func TestAddingNeedsWhatItGives(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group, none := chat.DefaultPermissions(chat.Group), chat.NoPermissions
		for _, try := range []struct {
			own, given chat.Permissions // given: -1 is the default
			want       error
		}{
			{chat.CanAddUsers, -1, chat.ErrForbidden},
			{group &^ chat.CanCreateMessages, -1, chat.ErrForbidden},
			{group, -1, nil},
			{group, none, chat.ErrForbidden},
			{group | chat.CanEditRoom, none, nil},
			{chat.CanAddUsers | chat.CanEditRoom, none, chat.ErrForbidden}, // could be reset to the default
			{chat.CanAddUsers | chat.CanEditRoom | chat.CanRemoveUsers, chat.CanRemoveUsers, chat.ErrForbidden},
			{group | chat.CanEditRoom, group | chat.CanRemoveUsers, chat.ErrForbidden},
			{group | chat.CanEditRoom | chat.CanRemoveUsers, chat.CanRemoveUsers, nil},
		} {
			room := restricted(h, try.own)
			newcomer := chat.NewRoomUser{UserID: h.Dave}
			if try.given >= 0 {
				newcomer.Permissions = &try.given
			}
			_, err := h.AddUsers(h.Ctx, h.Bob, room.ID, newcomer)
			if chatsuite.WantError(t, err, try.want); t.Failed() {
				t.Fatalf("with %v giving %v", try.own, try.given)
			}
		}
	})
}

// Purging and erasing leave no restriction behind.
func TestRestrictionsGoWithTheirRoomAndTheirUser(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, other := restricted(h, chat.NoPermissions), h.NewGroup(h.Bob)
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Bob, room.ID))
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, other.ID, h.Bob, chat.BanOptions{}))
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, other.ID, chat.NewRoomUser{UserID: h.Carol}))(t)
		chatsuite.Must(h.TransferOwnership(h.Ctx, h.Alice, other.ID, h.Carol))(t)
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Carol, other.ID, h.Dave, chat.BanOptions{}))
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		if n := h.QueryInt("SELECT count(*) FROM chat_restrictions"); n != 1 {
			t.Errorf("%d restrictions are left", n)
		}
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Carol, other.ID))
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Carol, chat.EraseOptions{}))
		if n := h.QueryInt("SELECT count(*) FROM chat_restrictions WHERE banned_by IS NULL"); n != 1 {
			t.Errorf("%d bans are by nobody", n)
		}
		h.Clock.Advance(time.Hour)
		if n := chatsuite.Must(h.PurgeRooms(h.Ctx, time.Minute))(t); n != 1 {
			t.Errorf("%d rooms are purged", n)
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_restrictions"); n != 0 {
			t.Errorf("%d restrictions are left", n)
		}
	})
}
