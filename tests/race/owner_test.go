package race_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// mix is one goroutine's random walk through a few rooms.
type mix struct {
	*chatsuite.Host
	*rand.Rand
	rooms []*chat.Room
	users []chat.UserID
}

func (m *mix) user() chat.UserID { return m.users[m.IntN(len(m.users))] }

// step does something to a room, mostly as its owner, so that it is mostly allowed.
func (m *mix) step() error {
	room := m.rooms[m.IntN(len(m.rooms))]
	var actor chat.Actor = m.user()
	if m.IntN(2) == 0 {
		seen, err := m.Room(m.Ctx, chat.System, room.ID)
		if err != nil {
			return err
		}
		actor = *seen.OwnerID
	}
	var err error
	switch dice := m.IntN(100); {
	case dice < 25:
		_, err = m.TransferOwnership(m.Ctx, actor, room.ID, m.user())
	case dice < 40:
		err = m.LeaveRoom(m.Ctx, actor, room.ID)
	case dice < 55:
		err = m.RemoveUser(m.Ctx, actor, room.ID, m.user())
	case dice < 70:
		_, err = m.AddUsers(m.Ctx, actor, room.ID, chat.NewRoomUser{UserID: m.user()}, chat.NewRoomUser{UserID: m.user()})
	case dice < 80:
		_, err = m.JoinRoom(m.Ctx, actor, room.ID)
	case dice < 99:
		_, err = m.SendMessage(m.Ctx, actor, room.ID, chat.NewMessage{Text: fmt.Sprint(dice)})
	default:
		err = m.DeleteRoom(m.Ctx, actor, room.ID)
	}
	return err
}

func TestEveryRoomKeepsOneOwnerThroughAnything(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		rooms := make([]*chat.Room, 6)
		users := make([]chat.UserID, 8)
		for i := range users {
			users[i] = h.UserID(i + 1)
		}
		for i := range rooms {
			rooms[i] = chatsuite.Must(h.CreateRoom(h.Ctx, users[i], chat.NewRoom{
				Type: []chat.RoomType{chat.Group, chat.Channel}[i%2], Name: fmt.Sprint(i), Public: i%3 != 0,
				Members: []chat.NewRoomUser{{UserID: users[6]}, {UserID: users[7]}},
			}))(t)
		}
		const walkers = 16
		steps := chatsuite.Iterations(40, 400)
		chatsuite.ParallelN(t, walkers, func(i int) error {
			m := &mix{Host: h, Rand: rand.New(rand.NewPCG(seed, uint64(i))), rooms: rooms, users: users}
			for range steps {
				if err := m.step(); err != nil && !chatsuite.ErrorIsAny(err, chat.ErrNotFound, chat.ErrForbidden, chat.ErrConflict) {
					return err
				}
			}
			return nil
		})
		checkOwners(h)
		h.CheckRoomLogs()
		for _, room := range rooms {
			checkHistoryOfOwners(h, room)
		}
	})
}

// checkHistoryOfOwners replays a room's log: an owner is a member when they become
// one, and never leaves.
func checkHistoryOfOwners(h *chatsuite.Host, room *chat.Room) {
	h.T.Helper()
	owner, members := *room.OwnerID, map[chat.UserID]bool{}
	for _, e := range h.LoggedEvents(room.ID) {
		switch e.Kind {
		case chat.RoomCreated:
			members[*e.UserID] = true
		case chat.UserAdded:
			members[*e.UserID] = true
		case chat.UserRemoved:
			delete(members, *e.UserID)
		case chat.OwnerChanged:
			owner = *e.UserID
		}
		if !members[owner] {
			h.T.Errorf("room %s: the owner %s is no member after event %d, %s", room.ID, owner, e.Seq, e.Kind)
		}
	}
	seen, err := h.Room(h.Ctx, chat.System, room.ID)
	switch {
	case errors.Is(err, chat.ErrNotFound):
	case err != nil:
		h.T.Error(err)
	case *seen.OwnerID != owner:
		h.T.Errorf("room %s: the owner is %s, and %s by the log", room.ID, *seen.OwnerID, owner)
	}
}
