package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A process that knows a room decides as one that does not, whatever another process has
// done to the room and its members meanwhile.
func TestKnownRoomsThatOthersChange(t *testing.T) {
	t.Parallel()
	type change func(h *chatsuite.Host, room uuid.UUID) error
	reading := chat.NoPermissions
	for name, c := range map[string]struct {
		change change
		want   error // of bob's next message
	}{
		"bob is removed": {func(h *chatsuite.Host, room uuid.UUID) error { return h.RemoveUser(h.Ctx, h.Alice, room, h.Bob) }, chat.ErrNotFound},
		"bob leaves":     {func(h *chatsuite.Host, room uuid.UUID) error { return h.LeaveRoom(h.Ctx, h.Bob, room) }, chat.ErrNotFound},
		"bob is banned": {func(h *chatsuite.Host, room uuid.UUID) error {
			return h.BanUser(h.Ctx, h.Alice, room, h.Bob, chat.BanOptions{})
		}, chat.ErrNotFound},
		"bob may not write": {func(h *chatsuite.Host, room uuid.UUID) error {
			return chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room, h.Bob, chat.RoomUserPatch{Permissions: &reading}))
		}, chat.ErrForbidden},
		"nobody may write": {func(h *chatsuite.Host, room uuid.UUID) error {
			return chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{DefaultPermissions: &reading}))
		}, chat.ErrForbidden},
		"bob owned it": {func(h *chatsuite.Host, room uuid.UUID) error {
			_, err := h.TransferOwnership(h.Ctx, chat.System, room, h.Bob)
			return err
		}, nil},
		"the room is deleted": {func(h *chatsuite.Host, room uuid.UUID) error { return h.DeleteRoom(h.Ctx, h.Alice, room) }, chat.ErrNotFound},
		"it becomes slow": {func(h *chatsuite.Host, room uuid.UUID) error {
			pause := 60
			return chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{SlowMode: &pause}))
		}, chat.ErrTooSoon},
		"bob is erased": {func(h *chatsuite.Host, room uuid.UUID) error {
			return h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{})
		}, chat.ErrNotFound},
		"bob's membership is deleted": {func(h *chatsuite.Host, room uuid.UUID) error {
			return h.DB.Exec("DELETE FROM chat_room_users WHERE room_id = ? AND user_id = ?", room, h.Bob).Error
		}, chat.ErrNotFound},
		"alice sends": {func(h *chatsuite.Host, room uuid.UUID) error {
			return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: "x"}))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			room := h.NewGroup(h.Bob)
			known := knowing(h, room.ID, h.Bob)
			chatsuite.NoError(t, c.change(h, room.ID))
			m, err := known.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "after"})
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("sent, with error %v, want %v", err, c.want)
			}
			if stored := h.QueryInt("SELECT count(*) FROM chat_messages WHERE text = 'after'"); (stored == 1) != (c.want == nil) {
				t.Errorf("%d messages are stored, %+v", stored, m)
			}
			if c.want == nil {
				h.CheckRoomLogs()
			}
		})
	}
}

// knowing is a second service on the database, which has sent to a room until it knew it.
func knowing(h *chatsuite.Host, room uuid.UUID, sender chat.UserID) *chat.Service {
	h.T.Helper()
	svc := chatsuite.Must(chat.New(h.DB, h.Config))(h.T)
	for range 3 {
		chatsuite.Must(svc.SendMessage(h.Ctx, sender, room, chat.NewMessage{Text: "before"}))(h.T)
	}
	if !chat.KnowsRoom(svc, room) {
		h.T.Fatal("the room is not known")
	}
	return svc
}

// A member who came back sees less than when the room was known: what is decided by it is
// decided anew.
func TestKnownMemberWhoCameBack(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined,
		Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
	old := h.Send(h.Alice, room.ID, "old")
	known := knowing(h, room.ID, h.Bob)
	chatsuite.Must(known.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "reply", ReplyToID: &old.ID}))(t)
	chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
	_, err := known.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "reply", ReplyToID: &old.ID})
	chatsuite.WantFieldError(t, err, chat.ErrInvalid, "reply_to_id", 0)
}

// What is known of a room ends: a database that was restored from a copy moves on to the same
// numbers with other members.
func TestKnownRoomsAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	known := knowing(h, room.ID, h.Bob)
	chatsuite.NoError(t, h.DB.Exec("UPDATE chat_room_users SET permissions = 0 WHERE user_id = ?", h.Bob).Error)
	chat.AgeKnownRooms(known, 10*time.Second)
	_, err := known.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"})
	if !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("a member who lost the right to write sends: %v", err)
	}
}

// Of very many rooms some are known.
func TestKnownRoomsAreLimited(t *testing.T) {
	t.Parallel()
	if n := chat.KnownAfter(5000); n != 1000 {
		t.Errorf("%d rooms are known", n)
	}
}
