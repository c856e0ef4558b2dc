package chat_test

import (
	"database/sql"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// losesAnswer cuts the connection when the next message is stored, before the answer comes, and
// then calls do.
func losesAnswer(h *chatsuite.Host, do func() error) {
	h.T.Helper()
	var lost atomic.Bool
	chatsuite.NoError(h.T, h.DB.Callback().Row().After("gorm:row").Register("lose the answer", func(db *gorm.DB) {
		rows, ok := db.Statement.Dest.(*sql.Rows)
		if !ok || !strings.Contains(db.Statement.SQL.String(), "counted AS") || lost.Swap(true) {
			return
		}
		chatsuite.NoError(h.T, errors.Join(rows.Close(), rows.Err())) // it has been committed
		chatsuite.NoError(h.T, do())
		_ = db.AddError(io.ErrUnexpectedEOF)
	}))
	h.T.Cleanup(func() {
		_ = h.DB.Callback().Row().Remove("lose the answer")
		if !lost.Load() {
			h.T.Error("no answer was lost")
		}
	})
}

// Who is no member any more when the message is looked for, whose answer was lost, is not told
// that there is nothing: it is stored.
func TestARefusalDoesNotHideThatTheMessageIsStored(t *testing.T) {
	t.Parallel()
	none := chat.NoPermissions
	for name, c := range map[string]struct {
		change func(h *chatsuite.Host, room uuid.UUID) error
		want   error
	}{
		"nothing": {func(*chatsuite.Host, uuid.UUID) error { return nil }, nil},
		"the permission is taken": {func(h *chatsuite.Host, room uuid.UUID) error {
			return chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room, h.Bob, chat.RoomUserPatch{Permissions: &none}))
		}, nil},
		"the member is removed": {func(h *chatsuite.Host, room uuid.UUID) error {
			return h.RemoveUser(h.Ctx, h.Alice, room, h.Bob)
		}, chat.ErrUnavailable},
		"the member is removed from a public room": {func(h *chatsuite.Host, room uuid.UUID) error {
			public := true
			return errors.Join(chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{Public: &public})),
				h.RemoveUser(h.Ctx, h.Alice, room, h.Bob))
		}, chat.ErrUnavailable},
		"the room is deleted": {func(h *chatsuite.Host, room uuid.UUID) error {
			return h.DeleteRoom(h.Ctx, h.Alice, room)
		}, chat.ErrUnavailable},
	} {
		for _, client := range []string{"", "c"} {
			t.Run(name+client, func(t *testing.T) {
				t.Parallel()
				h := chatsuite.New(t, chatsuite.Postgres)
				room := h.NewGroup(h.Bob)
				losesAnswer(h, func() error { return c.change(h, room.ID) })
				m, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "text", ClientID: client})
				if !errors.Is(err, c.want) || (err == nil) != (m != nil) || chat.IsRetryable(err) {
					t.Errorf("%+v, error is %v, want %v", m, err, c.want)
				}
				if n := h.CountRows("chat_messages"); n != 1 {
					t.Errorf("%d messages", n)
				}
				h.CheckRoomLogs()
			})
		}
	}
}

// A message that no try has stored is refused for what it is: the write found another room
// than was read.
func TestARefusalOfAMessageThatIsNotStoredStays(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	beforeTheWrite(h, func() { chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob)) })
	losesAnswer(h, func() error { return nil })
	_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "text"})
	chatsuite.WantError(t, err, chat.ErrNotFound)
	if n := h.CountRows("chat_messages"); n != 0 {
		t.Errorf("%d messages", n)
	}
}

// gaveUp is PostgreSQL's error of a lock that was waited for in vain.
type gaveUp struct{}

func (gaveUp) Error() string    { return "canceling statement due to lock timeout" }
func (gaveUp) SQLState() string { return "55P03" }

// A message that was on its way to the database when the connection broke is in doubt for as long
// as it is tried, also while its author's rows are locked.
func TestABlockedMessageStaysInDoubt(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	var lost atomic.Bool
	var blocked atomic.Int32
	chatsuite.NoError(t, h.DB.Callback().Row().Before("gorm:row").Register("break", func(db *gorm.DB) {
		switch query := db.Statement.SQL.String(); {
		case strings.Contains(query, "counted AS"):
			if !lost.Swap(true) {
				_ = db.AddError(io.ErrUnexpectedEOF)
			}
		case strings.Contains(query, "FOR NO KEY UPDATE OF u") && blocked.Add(1) == 2:
			_ = db.AddError(gaveUp{})
		}
	}))
	tx := h.DB.Begin()
	chatsuite.NoError(t, tx.Exec("SELECT 1 FROM chat_room_users WHERE user_id = ? FOR UPDATE", h.Bob).Error)
	_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "text"})
	chatsuite.NoError(t, tx.Rollback().Error)
	if !errors.Is(err, chat.ErrUnavailable) || chat.IsRetryable(err) || blocked.Load() < 2 {
		t.Errorf("blocked %d times, error is %v", blocked.Load(), err)
	}
}
