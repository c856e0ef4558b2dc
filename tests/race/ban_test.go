package race_test

import (
	"errors"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A ban beside joining and being added: whoever came first, in the end the user is out,
// and after the ban nobody brought them in.
func TestABanBesideJoiningAndAddingKeepsOut(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const racers = 8 // rooms raced in at once
		rounds := chatsuite.Iterations(160, 1600) / racers
		rooms := make([]*chat.Room, racers)
		for i := range rooms {
			rooms[i] = chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
				Name: "Open", Public: true, Members: []chat.NewRoomUser{{UserID: h.Carol}},
			}))(t)
		}
		chatsuite.ParallelN(t, racers, func(i int) error {
			for range rounds {
				if err := raceBan(h, rooms[i]); err != nil {
					return err
				}
			}
			return nil
		})
		for _, room := range rooms {
			checkBans(h, room)
		}
		h.CheckRoomLogs()
	})
}

func raceBan(h *chatsuite.Host, room *chat.Room) error {
	refused := func(err error) error {
		if chatsuite.ErrorIsAny(err, chat.ErrForbidden, chat.ErrConflict) {
			return nil
		}
		return err
	}
	errs := chatsuite.ParallelPatiently(
		func() error { return h.BanUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.BanOptions{}) },
		func() error { return refused(chatsuite.ErrorOf(h.JoinRoom(h.Ctx, h.Bob, room.ID))) },
		func() error {
			return refused(chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Carol, room.ID, chat.NewRoomUser{UserID: h.Bob})))
		},
		func() error {
			return refused(chatsuite.ErrorOf(h.AddUsers(h.Ctx, chat.System, room.ID, chat.NewRoomUser{UserID: h.Bob})))
		},
	)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if _, err := h.RoomUser(h.Ctx, h.Alice, room.ID, h.Bob); !errors.Is(err, chat.ErrNotFound) {
		return errors.Join(errors.New("the banned user is a member"), err)
	}
	return h.UnbanUser(h.Ctx, h.Alice, room.ID, h.Bob)
}

// checkBans reads the log: nobody enters while they are banned.
func checkBans(h *chatsuite.Host, room *chat.Room) {
	h.T.Helper()
	banned, member, ended := false, false, 0
	for _, e := range h.LoggedEvents(room.ID) {
		if e.UserID == nil || *e.UserID != h.Bob {
			continue
		}
		switch e.Kind {
		case chat.UserAdded:
			if banned || member {
				h.T.Errorf("room %s: bob enters with seq %d, banned: %t, a member: %t", room.ID, e.Seq, banned, member)
			}
			member = true
		case chat.UserRemoved:
			member = false
			ended++
		case chat.UserBanned:
			if member {
				h.T.Errorf("room %s: bob is banned with seq %d, and a member", room.ID, e.Seq)
			}
			banned = true
		case chat.UserUnbanned:
			banned = false
		}
	}
	if ended == 0 {
		h.T.Error("nothing was raced: bob never came in before a ban")
	}
}

// Of those who leave and come back beside a restriction, none gets the default back.
func TestARestrictionBesideLeavingAndJoiningHolds(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const racers = 8
		none := chat.NoPermissions
		for range chatsuite.Iterations(6, 60) {
			rooms := make([]*chat.Room, racers)
			for i := range rooms {
				rooms[i] = chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
					Name: "Open", Public: true, Members: []chat.NewRoomUser{{UserID: h.Bob}},
				}))(t)
			}
			chatsuite.ParallelN(t, racers, func(i int) error {
				away := func(err error) error {
					if chatsuite.ErrorIsAny(err, chat.ErrNotFound, chat.ErrForbidden) {
						return nil // he is not in the room at the moment
					}
					return err
				}
				restricted := false
				err := errors.Join(chatsuite.ParallelPatiently(
					func() error {
						_, err := h.UpdateRoomUser(h.Ctx, h.Alice, rooms[i].ID, h.Bob, chat.RoomUserPatch{Permissions: &none})
						restricted = err == nil
						return away(err)
					},
					func() error {
						for range 3 {
							if err := away(h.LeaveRoom(h.Ctx, h.Bob, rooms[i].ID)); err != nil {
								return err
							}
							if _, err := h.JoinRoom(h.Ctx, h.Bob, rooms[i].ID); err != nil {
								return err
							}
						}
						return nil
					},
				)...)
				if err != nil {
					return err
				}
				bob, err := h.RoomUser(h.Ctx, h.Bob, rooms[i].ID, h.Bob)
				if err == nil && restricted && bob.Effective != none {
					t.Errorf("bob was restricted, and has %v", bob.Effective)
				}
				return err
			})
		}
	})
}
