// Package inputs_test gives every operation inputs that are wrong, at their limits,
// malicious, or written in another way, and checks that what is refused names its field
// and writes nothing.
package inputs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// badScene is a host with something of everything, for calls that are to be refused.
type badScene struct {
	*chatsuite.Host
	group, other, channel, private *chat.Room // all with alice and bob; alice owns what can be owned

	message, elsewhere, tombstone *chat.Message // alice's: in group, in other, in group
	withMedia                     *chat.Message // alice's, in group
	reaction                      *chat.Reaction

	mine, bobs, bound *chat.Media
	pending, released uuid.UUID
}

func newBadScene(h *chatsuite.Host) *badScene {
	s := &badScene{Host: h}
	s.group, s.other, s.channel = h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewRoom(chat.Channel, h.Bob)
	s.private = chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(h.T)
	s.message, s.elsewhere = h.Send(h.Alice, s.group.ID, "hello"), h.Send(h.Alice, s.other.ID, "elsewhere")
	s.tombstone = h.Send(h.Alice, s.group.ID, "gone")
	chatsuite.NoError(h.T, h.DeleteMessage(h.Ctx, h.Alice, s.tombstone.ID))
	s.reaction = chatsuite.Must(h.React(h.Ctx, h.Alice, s.message.ID, "👍"))(h.T)
	s.mine, s.bobs, s.bound = s.upload(h.Alice), s.upload(h.Bob), s.upload(h.Alice)
	s.withMedia = chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, s.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{s.bound.ID}}))(h.T)
	s.pending, s.released = s.upload(h.Alice).ID, s.upload(h.Alice).ID
	chatsuite.NoError(h.T, h.DB.Exec("UPDATE chat_media SET state = 'pending' WHERE id = ?", s.pending).Error)
	chatsuite.NoError(h.T, h.DB.Exec("UPDATE chat_media SET state = 'released' WHERE id = ?", s.released).Error)
	return s
}

func (s *badScene) upload(actor chat.Actor) *chat.Media {
	s.T.Helper()
	return chatsuite.Must(s.UploadMedia(s.Ctx, actor, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("bytes")}))(s.T)
}

// badCall is a call with one thing wrong in it.
type badCall struct {
	name  string
	call  func(s *badScene) error
	kind  error
	field string // "" where the error has no field
	limit int64
}

// invalidIn and tooLargeIn are refusals about a field.
func invalidIn(field, name string, call func(s *badScene) error) badCall {
	return badCall{field + " " + name, call, chat.ErrInvalid, field, 0}
}

func tooLargeIn(field string, limit int64, name string, call func(s *badScene) error) badCall {
	return badCall{field + " " + name, call, chat.ErrTooLarge, field, limit}
}

func conflictWith(name string, call func(s *badScene) error) badCall {
	return badCall{name, call, chat.ErrConflict, "", 0}
}

func (r badCall) check(t *testing.T, s *badScene) {
	t.Helper()
	t.Run(r.name, func(t *testing.T) {
		err := r.call(s)
		if r.field == "" {
			chatsuite.WantError(t, err, r.kind)
		} else {
			chatsuite.WantFieldError(t, err, r.kind, r.field, r.limit)
		}
	})
}

// The ways to give a text, by what takes it.
func sends(in chat.NewMessage) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.SendMessage(s.Ctx, s.Alice, s.group.ID, in)
		return err
	}
}

func edits(patch chat.MessagePatch) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.EditMessage(s.Ctx, s.Alice, s.message.ID, patch)
		return err
	}
}

func creates(in chat.NewRoom) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.CreateRoom(s.Ctx, s.Alice, in)
		return err
	}
}

func updates(patch chat.RoomPatch) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.UpdateRoom(s.Ctx, s.Alice, s.group.ID, patch)
		return err
	}
}

func reacts(reaction string) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.React(s.Ctx, s.Alice, s.message.ID, reaction)
		return err
	}
}

const (
	family   = "👨\u200d👩\u200d👧" // one emoji of five characters
	notUTF8  = "a\xffb"
	withNUL  = "a\x00b"
	blank    = " \t\n\u00a0"
	oneRune4 = "😀" // four bytes
)

// Everything that is wrong by itself, and in the state of the scene.
func badCalls() []badCall {
	var all []badCall
	for _, part := range [][]badCall{
		textCalls(), roomCalls(), metadataCalls(), mediaCalls(), permissionCalls(), numberCalls(), stateCalls(), searchCalls(),
	} {
		all = append(all, part...)
	}
	return all
}

func TestBadInputIsRefusedAndNothingWritten(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, {UserIDs: chat.Int64IDs, UsersTable: true}, chatsuite.Postgres, {UserIDs: chat.StringIDs, Postgres: true}},
		func(t *testing.T, h *chatsuite.Host) {
			s := newBadScene(h)
			for _, r := range badCalls() {
				before := chatsuite.RowCounts(t, h.DB)
				r.check(t, s)
				if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
					t.Errorf("%s was refused and wrote something:\n%s", r.name, diff)
				}
			}
			if messages := chatsuite.Must(h.Messages(h.Ctx, h.Alice, s.group.ID, chat.HistoryQuery{}))(t); messages.Items[0].Text != "hello" {
				t.Errorf("the message says %q now", messages.Items[0].Text)
			}
		})
}

// What is wrong by itself is refused before the room is looked at, also for those
// who may not see it.
func TestBadInputIsRefusedToStrangersAlike(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		s := newBadScene(h)
		stranger, negative := h.Erin, int64(-1)
		for field, call := range map[string]func() error{
			"text": func() error { _, err := h.SendMessage(h.Ctx, stranger, s.group.ID, chat.NewMessage{}); return err },
			"name": func() error {
				_, err := h.UpdateRoom(h.Ctx, stranger, s.group.ID, chat.RoomPatch{Name: new(string)})
				return err
			},
			"reaction": func() error { _, err := h.React(h.Ctx, stranger, s.message.ID, "a"); return err },
			"number":   func() error { _, err := h.MarkRead(h.Ctx, stranger, s.group.ID, -1); return err },
			"before": func() error {
				_, err := h.Messages(h.Ctx, stranger, s.group.ID, chat.HistoryQuery{Before: &negative})
				return err
			},
			"limit":       func() error { _, err := h.RoomUsers(h.Ctx, stranger, s.group.ID, chat.Page{Limit: -1}); return err },
			"user_id":     func() error { _, err := h.RoomUser(h.Ctx, stranger, s.group.ID, ""); return err },
			"permissions": func() error { return updateUnknownBits(h, stranger, s.group.ID) },
		} {
			chatsuite.WantFieldError(t, call(), chat.ErrInvalid, field, 0)
		}
		_, err := h.Messages(h.Ctx, stranger, s.group.ID, chat.HistoryQuery{Limit: -1})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "limit", 0)
		_, err = h.Reactions(h.Ctx, stranger, chat.ReactionsQuery{MessageID: &s.message.ID, Page: chat.Page{Limit: -1}})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "limit", 0)
	})
}

func updateUnknownBits(h *chatsuite.Host, actor chat.Actor, room uuid.UUID) error {
	unknown := chat.Permissions(1 << 9)
	_, err := h.UpdateRoomUser(h.Ctx, actor, room, h.Bob, chat.RoomUserPatch{Permissions: &unknown})
	return err
}

// After each badCall the host's transaction goes on and commits.
func TestRefusalsLeaveTheHostsTransactionUsable(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres, {UserIDs: chat.StringIDs, Postgres: true}}, func(t *testing.T, h *chatsuite.Host) {
		s := newBadScene(h)
		chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, bound *chat.Service) error {
			inside := *h
			inside.Service = bound
			scene := *s
			scene.Host = &inside
			for _, r := range badCalls() {
				r.check(t, &scene)
				if err := tx.Exec("UPDATE users SET name = name").Error; err != nil {
					t.Fatalf("%s broke the host's transaction: %v", r.name, err)
				}
			}
			inside.Send(h.Alice, s.group.ID, "after all of that")
			return nil
		}))
		page := chatsuite.Must(h.Messages(h.Ctx, h.Bob, s.group.ID, chat.HistoryQuery{}))(t)
		if last := page.Items[len(page.Items)-1].Text; last != "after all of that" {
			t.Errorf("the last message is %q", last)
		}
	})
}

// SQLite enforces foreign keys only where a connection asks for it.
func TestForeignKeysOffIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	room := h.NewGroup(h.Bob)
	before := chatsuite.RowCounts(t, h.DB)
	chatsuite.NoError(t, h.DB.Exec("PRAGMA foreign_keys = OFF").Error)
	_, sent := h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "hi"})
	_, opened := h.OpenPrivate(h.Ctx, h.Alice, h.Bob)
	_, uploaded := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")})
	for _, err := range []error{sent, opened, uploaded, h.LeaveRoom(h.Ctx, h.Bob, room.ID), h.DeleteRoom(h.Ctx, h.Alice, room.ID)} {
		if err == nil || !strings.Contains(err.Error(), "foreign keys") || !strings.Contains(err.Error(), "_foreign_keys=1") {
			t.Errorf("error is %v, want one that says how to turn foreign keys on", err)
		}
	}
	chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t) // reading harms nothing
	if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
		t.Error(diff)
	}
	chatsuite.NoError(t, h.DB.Exec("PRAGMA foreign_keys = ON").Error)
	h.Send(h.Alice, room.ID, "hi")
}
