package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestAddUsersSkipsWhoIsThere(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		own := chat.CanEditRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &own}))(t)
		members := chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID,
			chat.NewRoomUser{UserID: h.Bob}, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Carol}))(t)
		if len(members) != 2 {
			t.Errorf("%d memberships are returned", len(members))
		}
		want := map[chat.UserID]chat.Permissions{
			h.Alice: chat.AllPermissions, h.Bob: own, h.Carol: chat.DefaultPermissions(chat.Group),
		}
		if diff := cmp.Diff(want, effective(h, room.ID)); diff != "" {
			t.Error(diff)
		}
		if by := chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room.ID, h.Carol))(t).CreatedBy; by == nil || *by != h.Alice {
			t.Errorf("added by %v", by)
		}
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}))(t)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID))(t)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserUpdated, chat.UserAdded)
	})
}

func TestRemovedMemberSeesNothingAndTheirMessagesStay(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		m := h.Send(h.Bob, room.ID, "still here")
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		chatsuite.WantError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob), chat.ErrNotFound)
		_, err := h.Message(h.Ctx, h.Bob, m.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Bob))(t); *n != (chat.Unread{}) {
			t.Errorf("unread is %+v", n)
		}
		if seen := chatsuite.Must(h.Message(h.Ctx, h.Carol, m.ID))(t); *seen.UserID != h.Bob {
			t.Errorf("the author is %v", seen.UserID)
		}
	})
}

func TestPublicRoomIsSeenAndJoined(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "open", Public: true}))(t)
		h.Send(h.Alice, room.ID, "welcome")
		if seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t); seen.Me != nil || seen.LastMessage != nil {
			t.Errorf("a stranger sees %+v", seen)
		}
		_, err := h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{})
		chatsuite.WantError(t, err, chat.ErrForbidden)
		joined := chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, room.ID))(t)
		if joined.Me == nil || joined.Me.Effective != chat.DefaultPermissions(chat.Group) {
			t.Errorf("joined as %+v", joined.Me)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.MessageCreated, chat.UserAdded)
		_, err = h.JoinRoom(h.Ctx, h.Bob, h.NewGroup().ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

// Whoever adds several people must hold the permissions of each of them, in whatever
// order they are named.
func TestAddUsersChecksThePermissionsOfEverybody(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		held := chat.DefaultPermissions(chat.Group) | chat.CanAddUsers | chat.CanEditRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &held}))(t)
		allowed, tooMany := chat.NoPermissions, chat.DefaultPermissions(chat.Group)|chat.CanDeleteMessages
		may, mayNot := chat.NewRoomUser{UserID: h.Carol, Permissions: &allowed}, chat.NewRoomUser{UserID: h.Dave, Permissions: &tooMany}
		plain := chat.NewRoomUser{UserID: h.Erin}
		for _, users := range [][]chat.NewRoomUser{
			{may, mayNot}, {mayNot, may}, {plain, mayNot}, {mayNot, plain}, {may, mayNot, plain},
		} {
			_, err := h.AddUsers(h.Ctx, h.Bob, room.ID, users...)
			chatsuite.WantError(t, err, chat.ErrForbidden)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserUpdated)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Bob, room.ID, may, plain))(t)
		want := map[chat.UserID]chat.Permissions{
			h.Alice: chat.AllPermissions, h.Bob: held, h.Carol: allowed, h.Erin: chat.DefaultPermissions(chat.Group),
		}
		if diff := cmp.Diff(want, effective(h, room.ID)); diff != "" {
			t.Error(diff)
		}
	})
}

// A list of members does not tell who has an account with the host.
func TestUnknownUsersOfAListAreNotNamed(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{{UserIDs: chat.Int64IDs, UsersTable: true}, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			room, nobody := h.NewGroup(), h.UserID(999)
			lists := [][]chat.NewRoomUser{
				{{UserID: nobody}}, {{UserID: h.Bob}, {UserID: nobody}}, {{UserID: nobody}, {UserID: h.UserID(998)}, {UserID: h.Bob}},
			}
			for _, list := range lists {
				_, created := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: list})
				_, added := h.AddUsers(h.Ctx, h.Alice, room.ID, list...)
				for _, err := range []error{created, added} {
					chatsuite.WantFieldError(t, err, chat.ErrInvalid, "members", 0)
					var field *chat.FieldError
					if errors.As(err, &field) && field.Code != chat.CodeNoSuchUser || strings.Contains(err.Error(), "99") {
						t.Errorf("error is %v", err)
					}
				}
			}
			_, err := h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}, chat.NewRoomUser{UserID: "me"})
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "members[1].user_id", 0)
		})
	}
}
