package race_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// Members come and go in every way at once, and every answer counts those that there are
// then.
func TestMembersAreCountedExactly(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		for round := range chatsuite.Iterations(6, 60) {
			room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
				Name: fmt.Sprint(round), Public: true, HistoryVisibility: chat.HistoryJoined,
				Members: []chat.NewRoomUser{{UserID: h.Bob}, {UserID: h.Carol}},
			}))(t)
			if room.MemberCount != 3 {
				t.Fatalf("a room of three counts %d members", room.MemberCount)
			}
			var calls []func() error
			for n := 4; n < 24; n++ {
				calls = append(calls, comingAndGoing(h, room.ID, h.UserID(n), n))
			}
			calls = append(calls,
				func() error {
					return h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{})
				},
				func() error {
					name := "renamed"
					return chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))
				})
			_, err := refused(chatsuite.ParallelPatiently(calls...), chat.ErrForbidden, chat.ErrConflict, chat.ErrNotFound)
			chatsuite.NoError(t, err)
			members := h.QueryInt("SELECT count(*) FROM chat_room_users WHERE room_id = ?", room.ID)
			if got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).MemberCount; got != members {
				t.Fatalf("the room counts %d members of %d", got, members)
			}
			checkJoiningNumbers(t, h, room.ID)
		}
		h.CheckRoomLogs()
	})
}

// comingAndGoing is something that changes who is a member, or a message between.
func comingAndGoing(h *chatsuite.Host, room uuid.UUID, user chat.UserID, n int) func() error {
	join := func() error {
		joined, err := h.JoinRoom(h.Ctx, user, room)
		if err == nil && (joined.MemberCount < 2 || joined.Me.JoinedNumber > joined.LastNumber) {
			err = fmt.Errorf("who joined is told of %d members, and a joining number of %d", joined.MemberCount, joined.Me.JoinedNumber)
		}
		return err
	}
	switch n % 5 {
	case 0:
		return func() error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: user}, chat.NewRoomUser{UserID: h.UserID(n + 1)}))
		}
	case 1:
		return func() error {
			if err := join(); err != nil {
				return err
			}
			return h.BanUser(h.Ctx, h.Alice, room, user, chat.BanOptions{})
		}
	case 2:
		return func() error {
			if err := join(); err != nil {
				return err
			}
			return h.LeaveRoom(h.Ctx, user, room)
		}
	case 3:
		return func() error {
			return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "x"}))
		}
	}
	return join
}

// checkJoiningNumbers: what a member does not see is what had been sent when they were
// added, as the log has the order.
func checkJoiningNumbers(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	sent, joined := int64(0), map[chat.UserID]int64{}
	for _, e := range h.LoggedEvents(room) {
		switch e.Kind {
		case chat.MessageCreated:
			sent++
		case chat.UserAdded:
			if e.UserID != nil {
				joined[*e.UserID] = sent
			}
		}
	}
	var members []chat.RoomUser
	chatsuite.NoError(t, h.DB.Where("room_id = ?", room).Find(&members).Error)
	for _, member := range members {
		if member.JoinedNumber != joined[member.UserID] {
			t.Errorf("%s has the joining number %d, and was added after message %d", member.UserID, member.JoinedNumber, joined[member.UserID])
		}
	}
}

// Users join while they are erased: they are members and counted, or neither.
func TestErasedUsersAreNotCounted(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres, {UserIDs: chat.Int64IDs, Postgres: true}} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			for range chatsuite.Iterations(10, 100) {
				room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Public: true}))(t)
				var calls []func() error
				for n := 4; n < 14; n++ {
					user := h.UserID(n)
					calls = append(calls,
						func() error { return chatsuite.ErrorOf(h.JoinRoom(h.Ctx, user, room.ID)) },
						func() error { return h.EraseUser(h.Ctx, chat.System, user, chat.EraseOptions{}) })
				}
				for _, err := range chatsuite.ParallelPatiently(calls...) {
					if err != nil && !chat.IsRetryable(err) {
						t.Error(err)
					}
				}
			}
			h.CheckRoomLogs()
		})
	}
}
