package chat_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// beforeTheWrite runs do once, when the next message has been decided on and is about
// to be written.
func (h *host) beforeTheWrite(do func()) {
	h.t.Helper()
	h.once(h.db.Callback().Row().Before("gorm:row"), "INSERT INTO chat_messages", do)
}

// afterTheLook runs do once, when it has been read who sends the next message, without a
// lock.
func (h *host) afterTheLook(do func()) {
	h.t.Helper()
	h.once(h.db.Callback().Row().After("gorm:row"), "LEFT JOIN chat_room_users", do)
}

func (h *host) once(callback interface {
	Register(name string, fn func(*gorm.DB)) error
}, statement string, do func()) {
	h.t.Helper()
	var done atomic.Bool
	ok(h.t, callback.Register("once at "+statement, func(db *gorm.DB) {
		if strings.Contains(db.Statement.SQL.String(), statement) && done.CompareAndSwap(false, true) {
			do()
		}
	}))
	h.t.Cleanup(func() { _ = h.db.Callback().Row().Remove("once at " + statement) })
}

// TestNothingIsWrittenToARoomThatChanged: a message is decided on without a lock, and
// something happens before it is written. It must be decided on again.
func TestNothingIsWrittenToARoomThatChanged(t *testing.T) {
	t.Parallel()
	type scene struct {
		*host
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
			return s.RemoveUser(s.ctx, s.alice, s.room.ID, s.bob)
		}},
		"the sender leaves and joins again": {want: "2", change: func(s scene) error {
			_, addErr := s.AddUsers(s.ctx, s.alice, s.room.ID, chat.NewRoomUser{UserID: s.carol})
			return errors.Join(addErr, s.RemoveUser(s.ctx, s.alice, s.room.ID, s.carol))
		}},
		"the sender may not write": {want: "forbidden", change: func(s scene) error {
			none := chat.NoPermissions
			return of(s.UpdateRoomUser(s.ctx, s.alice, s.room.ID, s.bob, chat.RoomUserPatch{Permissions: &none}))
		}},
		"nobody may write": {want: "forbidden", change: func(s scene) error {
			none := chat.NoPermissions
			return of(s.UpdateRoom(s.ctx, s.alice, s.room.ID, chat.RoomPatch{DefaultPermissions: &none}))
		}},
		"the room is deleted": {want: "not found", change: func(s scene) error {
			return s.DeleteRoom(s.ctx, s.alice, s.room.ID)
		}},
		"the sender is erased": {want: "not found", change: func(s scene) error {
			return s.EraseUser(s.ctx, chat.System, s.bob, chat.EraseOptions{})
		}},
		"the message replied to is deleted": {want: "conflict", reply: true, change: func(s scene) error {
			return s.DeleteMessage(s.ctx, s.alice, s.first.ID)
		}},
		"another message is sent": {want: "3", change: func(s scene) error {
			return s.InTx(s.ctx, func(_ *gorm.DB, in *chat.Service) error {
				return of(in.SendMessage(s.ctx, s.alice, s.room.ID, chat.NewMessage{Text: "other"}))
			})
		}},
		"the same is sent": {want: "2", in: chat.NewMessage{ClientID: "c"}, change: func(s scene) error {
			return s.InTx(s.ctx, func(_ *gorm.DB, in *chat.Service) error {
				return of(in.SendMessage(s.ctx, s.bob, s.room.ID, chat.NewMessage{Text: "x", ClientID: "c"}))
			})
		}},
		"the sender reads": {want: "2", change: func(s scene) error {
			return of(s.MarkRead(s.ctx, s.bob, s.room.ID, 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, onPostgres)
			room := h.group(h.bob)
			first := h.send(h.alice, room.ID, "first")
			if c.in.Text = "x"; c.reply {
				c.in.ReplyToID = &first.ID
			}
			changed := false
			h.beforeTheWrite(func() { changed = true; ok(t, c.change(scene{h, room, first})) })
			message, err := h.SendMessage(h.ctx, h.bob, room.ID, c.in)
			if got := outcome(chat.Outcome{Message: message, Err: err}); got != c.want || !changed {
				t.Errorf("the outcome is %s, want %s (%v)", got, c.want, err)
			}
			h.checkLogs()
		})
	}
}

// TestRefusalsAreDecidedUnderTheLock: what is read without one may be late, from a
// replica for example, and is believed only where it allows and is written to.
func TestRefusalsAreDecidedUnderTheLock(t *testing.T) {
	t.Parallel()
	h := newHost(t, onPostgres)
	room := h.group()
	h.afterTheLook(func() { must(h.AddUsers(h.ctx, h.alice, room.ID, chat.NewRoomUser{UserID: h.bob}))(t) })
	if m := h.send(h.bob, room.ID, "in time"); m.Number != 1 {
		t.Errorf("it is number %d", m.Number)
	}
	h.checkLogs()
}

// TestOneRoomsChangeIsNotTheOthers: of a group, only the messages of the room that
// changed are decided on again.
func TestOneRoomsChangeIsNotTheOthers(t *testing.T) {
	t.Parallel()
	h := newHost(t, onPostgres)
	changes, stays := h.group(h.bob), h.group(h.bob)
	h.beforeTheWrite(func() { ok(t, h.RemoveUser(h.ctx, h.alice, changes.ID, h.bob)) })
	outcomes, err := chat.SendGroup(h.ctx, h.Service, false, grouped(h.bob, changes.ID, "x"), grouped(h.bob, stays.ID, "x"),
		grouped(h.alice, changes.ID, "x"), grouped(h.alice, stays.ID, "x"))
	ok(t, err)
	for i, want := range []string{"not found", "1", "1", "2"} {
		if got := outcome(outcomes[i]); got != want {
			t.Errorf("message %d: %s, want %s", i, got, want)
		}
	}
	h.checkLogs()
}

// TestTextsAreKept: what means something in an array of PostgreSQL's is only text.
func TestTextsAreKept(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		for _, text := range []string{"NULL", "null", `{"a", 'b'}`, `\`, `\\"`, `a,b`, " x ", "?", "$1", "@name", "line\nline\ttab", "\u2028 👍", `{}`} {
			in := chat.NewMessage{Text: text, ClientID: uuid.NewString() + text, Metadata: chat.Metadata(`{"a":  "\"\\ ` + `?"}`)}
			sent := must(h.SendMessage(h.ctx, h.bob, room.ID, in))(t)
			kept := must(h.Message(h.ctx, h.alice, sent.ID))(t)
			if kept.Text != text || *kept.ClientID != in.ClientID || string(kept.Metadata) != string(in.Metadata) {
				t.Errorf("sent %q, kept %+v", text, kept)
			}
		}
	})
}
