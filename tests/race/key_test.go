package race_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// orderRoom is a room of a key, whose input differs from call to call.
func orderRoom(h *chatsuite.Host, key string, i int) chat.NewRoom {
	return chat.NewRoom{Name: fmt.Sprint("by creator ", i), Key: key, Owner: h.UserID(1 + i%3), Members: []chat.NewRoomUser{{UserID: h.Dave}}}
}

// One room comes of a key, whoever makes it, in a transaction of its own or of the host's, and no
// creator gets an error.
func TestParallelCreateRoomOfOneKeyGivesOneRoom(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		n := chatsuite.Iterations(200, 1000)
		got := make([]uuid.UUID, n)
		var made atomic.Int64
		chatsuite.ParallelN(t, n, func(i int) error {
			create := func(s *chat.Service) error {
				room, err := s.CreateRoom(h.Ctx, chat.System, orderRoom(h, "order/17", i))
				if err != nil {
					return err
				}
				if got[i] = room.ID; room.Created {
					made.Add(1)
				}
				return nil
			}
			if i%4 == 0 {
				return h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error { return create(s) })
			}
			return create(h.Service)
		})
		for _, id := range got {
			if id != got[0] {
				t.Fatalf("two rooms of one key: %s and %s", got[0], id)
			}
		}
		if rooms := h.QueryInt("SELECT count(*) FROM chat_rooms"); rooms != 1 || made.Load() != 1 {
			t.Errorf("%d rooms, of which %d were Created", rooms, made.Load())
		}
		if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated, chat.UserAdded}, h.EventKinds(got[0])); diff != "" {
			t.Error(diff)
		}
		checkOwners(h)
		h.CheckRoomLogs()
	})
}

// Only the first calls for a key race to make its room, so there are many keys.
func TestParallelCreateRoomOfManyKeys(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const callsPerKey = 8
		keys := chatsuite.Iterations(40, 400)
		chatsuite.ParallelN(t, keys*callsPerKey, func(i int) error {
			return chatsuite.ErrorOf(h.CreateRoom(h.Ctx, chat.System, orderRoom(h, fmt.Sprint("order/", i/callsPerKey), i)))
		})
		if rooms := h.QueryInt("SELECT count(*) FROM chat_rooms"); rooms != int64(keys) {
			t.Errorf("%d rooms of %d keys", rooms, keys)
		}
		h.CheckRoomLogs()
	})
}

// Whoever creates gets a room that was there at some time of the call; one at most lives.
func TestCreateRoomOfAKeyAgainstDeleteRoom(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.ParallelN(t, chatsuite.Iterations(200, 2000), func(i int) error {
			room, err := h.CreateRoom(h.Ctx, chat.System, orderRoom(h, "order/17", i))
			if err != nil {
				return err
			}
			if err := h.DeleteRoom(h.Ctx, chat.System, room.ID); err != nil && !chatsuite.ErrorIsAny(err, chat.ErrNotFound) {
				return err
			}
			return nil
		})
		if n := h.QueryInt("SELECT count(*) FROM chat_rooms WHERE deleted_at IS NULL"); n > 1 {
			t.Errorf("%d living rooms of one key", n)
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_rooms WHERE deleted_at IS NOT NULL AND key IS NOT NULL"); n != 0 {
			t.Errorf("%d deleted rooms have a key", n)
		}
		h.CheckRoomLogs()
	})
}
