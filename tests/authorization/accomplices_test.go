package authorization_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// TestAccomplicesGetNothingThatAllOfThemLack: whatever the members of a room do to it, to
// each other and to themselves, in whatever order, none of them gets a permission that all
// of them lacked, as long as nobody else gives it, and none sees a message from before all of
// them.
func TestAccomplicesGetNothingThatAllOfThemLack(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			for seed := range uint64(chatsuite.Iterations(12, 300)) {
				conspire(h, rand.New(rand.NewPCG(seed, 1)))
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func conspire(h *chatsuite.Host, random *rand.Rand) {
	h.T.Helper()
	some := func() chat.Permissions { return chat.Permissions(random.IntN(1<<9)) &^ chat.CanDeleteRoom }
	byDefault, lacked := some(), some()
	accomplices := []chat.UserID{h.Bob, h.Carol, h.Dave}
	members := make([]chat.NewRoomUser, len(accomplices))
	for i, user := range accomplices {
		one, other := some(), some()
		own := (one | other) &^ lacked
		members[i] = chat.NewRoomUser{UserID: user, Permissions: &own}
	}
	room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
		Name: "x", Public: random.IntN(3) > 0, DefaultPermissions: &byDefault, HistoryVisibility: chat.HistoryJoined,
	}))(h.T).ID
	before := h.Send(h.Alice, room, "from before")
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, members...))(h.T)
	var done []string
	for range 80 {
		actor, user := accomplices[random.IntN(3)], accomplices[random.IntN(3)]
		name, err := conspiracy(h, random, room, actor, user, some())
		if err != nil {
			continue
		}
		done = append(done, fmt.Sprintf("%s %s %s", actor, name, user))
		for _, member := range chatsuite.Must(h.RoomUsers(h.Ctx, chat.System, room, chat.Page{}))(h.T).Items {
			if _, err := h.Message(h.Ctx, member.UserID, before.ID); err == nil && !member.Owner {
				h.T.Errorf("%s sees what was said before, by\n%q", member.UserID, done)
				return
			}
			if got := member.Effective & lacked; got != 0 && !member.Owner {
				h.T.Errorf("%s has got %v of the default %v, by\n%q", member.UserID, got, byDefault, done)
				return
			}
		}
	}
}

// conspiracy is one thing that a user may try to get or to give permissions.
func conspiracy(h *chatsuite.Host, random *rand.Rand, room uuid.UUID, actor, user chat.UserID, set chat.Permissions) (name string, err error) {
	yes, no := true, false
	switch random.IntN(14) {
	case 0, 1:
		return "leaves", h.LeaveRoom(h.Ctx, actor, room)
	case 2, 3:
		return "joins", chatsuite.ErrorOf(h.JoinRoom(h.Ctx, actor, room))
	case 4:
		return "adds", chatsuite.ErrorOf(h.AddUsers(h.Ctx, actor, room, chat.NewRoomUser{UserID: user}))
	case 5:
		return fmt.Sprintf("gives %v and adds", set), chatsuite.ErrorOf(h.AddUsers(h.Ctx, actor, room, chat.NewRoomUser{UserID: user, Permissions: &set}))
	case 6:
		return "resets", chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, actor, room, user, chat.RoomUserPatch{ResetPermissions: true}))
	case 7:
		return fmt.Sprintf("gives %v to", set), chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, actor, room, user, chat.RoomUserPatch{Permissions: &set}))
	case 8:
		return fmt.Sprintf("sets the default to %v beside", set), chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, actor, room, chat.RoomPatch{DefaultPermissions: &set}))
	case 9:
		public := &yes
		if random.IntN(2) == 0 {
			public = &no
		}
		return "publishes or hides beside", chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, actor, room, chat.RoomPatch{Public: public}))
	case 10:
		if err := h.BanUser(h.Ctx, actor, room, user, chat.BanOptions{}); err != nil || random.IntN(2) == 0 {
			return "bans", err
		}
		return "bans and unbans", h.UnbanUser(h.Ctx, actor, room, user)
	}
	if random.IntN(3) > 0 {
		visibility := []chat.HistoryVisibility{chat.HistoryAll, chat.HistoryJoined}[random.IntN(2)]
		return fmt.Sprintf("sets the history to %s beside", visibility),
			chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, actor, room, chat.RoomPatch{HistoryVisibility: &visibility}))
	}
	return "unbans", h.UnbanUser(h.Ctx, actor, room, user)
}
