// Package race_test runs operations that compete for the same rooms, messages and media,
// and checks that limits, owners, numbers and removals hold, also when the process is
// killed.
package race_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// checkOwners: every living group and channel has one owner, who is in it.
func checkOwners(h *chatsuite.Host) {
	h.T.Helper()
	if n := h.QueryInt(`SELECT count(*) FROM chat_rooms r WHERE r.deleted_at IS NULL AND r.type <> 'private_messages'
		AND NOT EXISTS (SELECT 1 FROM chat_room_users u WHERE u.room_id = r.id AND u.user_id = r.owner_id)`); n != 0 {
		h.T.Errorf("%d rooms have no owner among their members", n)
	}
}

func TestParallelOpenPrivateGivesOneRoom(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		n := chatsuite.Iterations(200, 1000)
		opened := make([]uuid.UUID, n)
		chatsuite.ParallelN(t, n, func(i int) error {
			me, other := h.Alice, h.Bob
			if i%2 == 1 {
				me, other = other, me
			}
			room, err := h.OpenPrivate(h.Ctx, me, other)
			if err == nil {
				opened[i] = room.ID
			}
			return err
		})
		for _, id := range opened {
			if id != opened[0] {
				t.Fatalf("two rooms for one pair: %s and %s", opened[0], id)
			}
		}
		if rooms, members := h.QueryInt("SELECT count(*) FROM chat_rooms"), h.QueryInt("SELECT count(*) FROM chat_room_users"); rooms != 1 || members != 2 {
			t.Errorf("%d rooms with %d members", rooms, members)
		}
		if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated}, h.EventKinds(opened[0])); diff != "" {
			t.Error(diff)
		}
		h.CheckRoomLogs()
	})
}

// Only the first calls for a pair race to make its room, so there are many pairs.
func TestParallelOpenPrivateOfManyPairs(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const callsPerPair = 8
		pairs := chatsuite.Iterations(40, chatsuite.Users-1)
		chatsuite.ParallelN(t, pairs*callsPerPair, func(i int) error {
			me, other := h.UserID(1+i/callsPerPair), h.UserID(2+i/callsPerPair)
			if i%2 == 1 {
				me, other = other, me
			}
			_, err := h.OpenPrivate(h.Ctx, me, other)
			return err
		})
		if rooms := h.QueryInt("SELECT count(*) FROM chat_rooms"); rooms != int64(pairs) {
			t.Errorf("%d rooms for %d pairs", rooms, pairs)
		}
		h.CheckRoomLogs()
	})
}

func TestOpenPrivateAgainstDeleteRoom(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.ParallelN(t, chatsuite.Iterations(300, 2000), func(i int) error {
			room, err := h.OpenPrivate(h.Ctx, h.Alice, h.Bob)
			if err != nil {
				return err
			}
			if err := h.DeleteRoom(h.Ctx, h.Bob, room.ID); err != nil && !chatsuite.ErrorIsAny(err, chat.ErrNotFound) {
				return err
			}
			return nil
		})
		if n := h.QueryInt("SELECT count(*) FROM chat_rooms WHERE deleted_at IS NULL"); n > 1 {
			t.Errorf("%d living rooms of one pair", n)
		}
		h.CheckRoomLogs()
	})
}

func TestParallelJoinRoomGivesOneMembership(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "Open", Public: true}))(t)
		chatsuite.ParallelN(t, chatsuite.Iterations(200, 1000), func(int) error {
			joined, err := h.JoinRoom(h.Ctx, h.Bob, room.ID)
			if err == nil && (joined.Me == nil || joined.Me.UserID != h.Bob) {
				err = fmt.Errorf("joined without a membership: %+v", joined.Me)
			}
			return err
		})
		if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated, chat.UserAdded}, h.EventKinds(room.ID)); diff != "" {
			t.Error(diff)
		}
		h.CheckRoomLogs()
	})
}

func TestParallelReactGivesOneReaction(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		message := h.Send(h.Alice, room.ID, "What do you think?")
		n := chatsuite.Iterations(200, 1000)
		given := make([]chat.Reaction, n)
		chatsuite.ParallelN(t, n, func(i int) error {
			reaction, err := h.React(h.Ctx, h.Bob, message.ID, "👍")
			if err == nil {
				given[i] = *reaction
			}
			return err
		})
		for _, reaction := range given {
			if diff := cmp.Diff(given[0], reaction); diff != "" {
				t.Fatal(diff)
			}
		}
		want := []chat.EventKind{chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded}
		if diff := cmp.Diff(want, h.EventKinds(room.ID)); diff != "" {
			t.Error(diff)
		}
		h.CheckRoomLogs()
	})
}

func TestParallelSendsOfOneClientIDGiveOneMessage(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for _, actor := range []chat.Actor{h.Bob, chat.System} {
			n := chatsuite.Iterations(100, 500)
			sent := make([]chat.Message, n)
			chatsuite.ParallelN(t, n, func(i int) error {
				message, err := h.SendMessage(h.Ctx, actor, room.ID, chat.NewMessage{Text: "Once", ClientID: "the one"})
				if err == nil {
					sent[i] = *message
				}
				return err
			})
			for _, message := range sent {
				if diff := cmp.Diff(sent[0], message); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_messages"); n != 2 {
			t.Errorf("%d messages of two senders", n)
		}
		h.CheckRoomLogs()
	})
}
