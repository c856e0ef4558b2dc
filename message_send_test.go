package chat_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// beforeTheWrite runs do once, when the next message has been decided on and is about
// to be written.
func beforeTheWrite(h *chatsuite.Host, do func()) {
	h.T.Helper()
	onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "INSERT INTO chat_messages", do)
}

// afterTheLook runs do once, when it has been read who sends the next message, without a
// lock.
func afterTheLook(h *chatsuite.Host, do func()) {
	h.T.Helper()
	onceAt(h, h.DB.Callback().Row().After("gorm:row"), "LEFT JOIN chat_room_users", do)
}

// onceAt runs do once, at the callback of a statement.
func onceAt(h *chatsuite.Host, callback interface {
	Register(name string, fn func(*gorm.DB)) error
}, statement string, do func()) {
	h.T.Helper()
	var done atomic.Bool
	chatsuite.NoError(h.T, callback.Register("once at "+statement, func(db *gorm.DB) {
		if strings.Contains(db.Statement.SQL.String(), statement) && done.CompareAndSwap(false, true) {
			do()
		}
	}))
	h.T.Cleanup(func() { _ = h.DB.Callback().Row().Remove("once at " + statement) })
}

// TestNothingIsWrittenToARoomThatChanged: a message is decided on without a lock, and
// something happens before it is written. It must be decided on again.
func TestNothingIsWrittenToARoomThatChanged(t *testing.T) {
	t.Parallel()
	type scene struct {
		*chatsuite.Host
		room  *chat.Room
		first *chat.Message
	}
	for name, c := range map[string]struct {
		change func(s scene) error
		in     chat.NewMessage
		reply  bool // to the first message
		want   string
	}{
		"the sender is removed": {want: "not found", change: func(s scene) error {
			return s.RemoveUser(s.Ctx, s.Alice, s.room.ID, s.Bob)
		}},
		"the sender leaves and joins again": {want: "2", change: func(s scene) error {
			_, addErr := s.AddUsers(s.Ctx, s.Alice, s.room.ID, chat.NewRoomUser{UserID: s.Carol})
			return errors.Join(addErr, s.RemoveUser(s.Ctx, s.Alice, s.room.ID, s.Carol))
		}},
		"the sender may not write": {want: "forbidden", change: func(s scene) error {
			none := chat.NoPermissions
			return chatsuite.ErrorOf(s.UpdateRoomUser(s.Ctx, s.Alice, s.room.ID, s.Bob, chat.RoomUserPatch{Permissions: &none}))
		}},
		"nobody may write": {want: "forbidden", change: func(s scene) error {
			none := chat.NoPermissions
			return chatsuite.ErrorOf(s.UpdateRoom(s.Ctx, s.Alice, s.room.ID, chat.RoomPatch{DefaultPermissions: &none}))
		}},
		"the room is deleted": {want: "not found", change: func(s scene) error {
			return s.DeleteRoom(s.Ctx, s.Alice, s.room.ID)
		}},
		"the sender is erased": {want: "not found", change: func(s scene) error {
			return s.EraseUser(s.Ctx, chat.System, s.Bob, chat.EraseOptions{})
		}},
		"the message replied to is deleted": {want: "conflict", reply: true, change: func(s scene) error {
			return s.DeleteMessage(s.Ctx, s.Alice, s.first.ID)
		}},
		"another message is sent": {want: "3", change: func(s scene) error {
			return s.InTx(s.Ctx, func(_ *gorm.DB, in *chat.Service) error {
				return chatsuite.ErrorOf(in.SendMessage(s.Ctx, s.Alice, s.room.ID, chat.NewMessage{Text: "other"}))
			})
		}},
		"the same is sent": {want: "2", in: chat.NewMessage{ClientID: "c"}, change: func(s scene) error {
			return s.InTx(s.Ctx, func(_ *gorm.DB, in *chat.Service) error {
				return chatsuite.ErrorOf(in.SendMessage(s.Ctx, s.Bob, s.room.ID, chat.NewMessage{Text: "x", ClientID: "c"}))
			})
		}},
		"the sender reads": {want: "2", change: func(s scene) error {
			return chatsuite.ErrorOf(s.MarkRead(s.Ctx, s.Bob, s.room.ID, 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			room := h.NewGroup(h.Bob)
			first := h.Send(h.Alice, room.ID, "first")
			if c.in.Text = "x"; c.reply {
				c.in.ReplyToID = &first.ID
			}
			changed := false
			beforeTheWrite(h, func() { changed = true; chatsuite.NoError(t, c.change(scene{h, room, first})) })
			message, err := h.SendMessage(h.Ctx, h.Bob, room.ID, c.in)
			if got := outcome(chat.Outcome{Message: message, Err: err}); got != c.want || !changed {
				t.Errorf("the outcome is %s, want %s (%v)", got, c.want, err)
			}
			h.CheckRoomLogs()
		})
	}
}

// TestRefusalsAreDecidedUnderTheLock: what is read without one may be late, from a
// replica for example, and is believed only where it allows and is written to.
func TestRefusalsAreDecidedUnderTheLock(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup()
	afterTheLook(h, func() { chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t) })
	if m := h.Send(h.Bob, room.ID, "in time"); m.Number != 1 {
		t.Errorf("it is number %d", m.Number)
	}
	h.CheckRoomLogs()
}

// TestOneRoomsChangeIsNotTheOthers: of a group, only the messages of the room that
// changed are decided on again.
func TestOneRoomsChangeIsNotTheOthers(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	changes, stays := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
	beforeTheWrite(h, func() { chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, changes.ID, h.Bob)) })
	outcomes, err := chat.SendGroup(h.Ctx, h.Service, false, grouped(h.Bob, changes.ID, "x"), grouped(h.Bob, stays.ID, "x"),
		grouped(h.Alice, changes.ID, "x"), grouped(h.Alice, stays.ID, "x"))
	chatsuite.NoError(t, err)
	for i, want := range []string{"not found", "1", "1", "2"} {
		if got := outcome(outcomes[i]); got != want {
			t.Errorf("message %d: %s, want %s", i, got, want)
		}
	}
	h.CheckRoomLogs()
}

// TestTextsAreKept: what means something in an array of PostgreSQL's is only text.
func TestTextsAreKept(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for _, text := range []string{"NULL", "null", `{"a", 'b'}`, `\`, `\\"`, `a,b`, " x ", "?", "$1", "@name", "line\nline\ttab", "\u2028 👍", `{}`} {
			in := chat.NewMessage{Text: text, ClientID: uuid.NewString() + text, Metadata: chat.Metadata(`{"a":  "\"\\ ` + `?"}`)}
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
			kept := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)
			if kept.Text != text || *kept.ClientID != in.ClientID || string(kept.Metadata) != string(in.Metadata) {
				t.Errorf("sent %q, kept %+v", text, kept)
			}
		}
	})
}

func TestNothingIsSentToADeletedRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, private := h.NewGroup(h.Bob), chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
		for _, id := range []uuid.UUID{room.ID, private.ID} {
			chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, id))
			media := h.Upload(h.Bob, "bytes")
			for _, in := range []chat.NewMessage{{Text: "x"}, {Text: "x", ClientID: "c"}, {MediaIDs: []uuid.UUID{media.ID}}} {
				_, err := h.SendMessage(h.Ctx, h.Bob, id, in)
				chatsuite.WantError(t, err, chat.ErrNotFound)
				err = h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
					return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Bob, id, in))
				})
				chatsuite.WantError(t, err, chat.ErrNotFound)
			}
			_, err := h.SendMessage(h.Ctx, chat.System, id, chat.NewMessage{Text: "x"})
			chatsuite.WantError(t, err, chat.ErrNotFound)
		}
		if n := h.CountRows("chat_messages"); n != 0 {
			t.Errorf("%d messages are stored", n)
		}
	})
}
