package chat_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-df/chat"
)

// mix is one goroutine's random walk through a few rooms.
type mix struct {
	*host
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
		seen, err := m.Room(m.ctx, chat.System, room.ID)
		if err != nil {
			return err
		}
		actor = *seen.OwnerID
	}
	var err error
	switch dice := m.IntN(100); {
	case dice < 25:
		_, err = m.TransferOwnership(m.ctx, actor, room.ID, m.user())
	case dice < 40:
		err = m.LeaveRoom(m.ctx, actor, room.ID)
	case dice < 55:
		err = m.RemoveUser(m.ctx, actor, room.ID, m.user())
	case dice < 70:
		_, err = m.AddUsers(m.ctx, actor, room.ID, chat.NewRoomUser{UserID: m.user()}, chat.NewRoomUser{UserID: m.user()})
	case dice < 80:
		_, err = m.JoinRoom(m.ctx, actor, room.ID)
	case dice < 99:
		_, err = m.SendMessage(m.ctx, actor, room.ID, chat.NewMessage{Text: fmt.Sprint(dice)})
	default:
		err = m.DeleteRoom(m.ctx, actor, room.ID)
	}
	return err
}

func TestEveryRoomKeepsOneOwnerThroughAnything(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		rooms := make([]*chat.Room, 6)
		users := make([]chat.UserID, 8)
		for i := range users {
			users[i] = h.id(i + 1)
		}
		for i := range rooms {
			rooms[i] = must(h.CreateRoom(h.ctx, users[i], chat.NewRoom{
				Type: []chat.RoomType{chat.Group, chat.Channel}[i%2], Name: fmt.Sprint(i), Public: i%3 != 0,
				Members: []chat.NewRoomUser{{UserID: users[6]}, {UserID: users[7]}},
			}))(t)
		}
		const walkers = 16
		steps := times(40, 400)
		crowd(t, walkers, func(i int) error {
			m := &mix{host: h, Rand: rand.New(rand.NewPCG(seed, uint64(i))), rooms: rooms, users: users}
			for range steps {
				if err := m.step(); err != nil && !isAny(err, chat.ErrNotFound, chat.ErrForbidden, chat.ErrConflict) {
					return err
				}
			}
			return nil
		})
		h.checkOwners()
		h.checkLogs()
		for _, room := range rooms {
			h.checkHistoryOfOwners(room)
		}
	})
}

// checkHistoryOfOwners replays a room's log: an owner is a member when they become
// one, and never leaves.
func (h *host) checkHistoryOfOwners(room *chat.Room) {
	h.t.Helper()
	owner, members := *room.OwnerID, map[chat.UserID]bool{}
	for _, e := range h.events(room.ID) {
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
			h.t.Errorf("room %s: the owner %s is no member after event %d, %s", room.ID, owner, e.Seq, e.Kind)
		}
	}
	seen, err := h.Room(h.ctx, chat.System, room.ID)
	switch {
	case errors.Is(err, chat.ErrNotFound):
	case err != nil:
		h.t.Error(err)
	case *seen.OwnerID != owner:
		h.t.Errorf("room %s: the owner is %s, and %s by the log", room.ID, *seen.OwnerID, owner)
	}
}
