package chat_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// badScene is a host with something of everything, for calls that are to be refused.
type badScene struct {
	*host
	group, other, channel, private *chat.Room // all with alice and bob; alice owns what can be owned

	message, elsewhere, tombstone *chat.Message // alice's: in group, in other, in group
	withMedia                     *chat.Message // alice's, in group
	reaction                      *chat.Reaction

	mine, bobs, bound *chat.Media
	pending, released uuid.UUID
}

func newBadScene(h *host) *badScene {
	s := &badScene{host: h}
	s.group, s.other, s.channel = h.group(h.bob), h.group(h.bob), h.room(chat.Channel, h.bob)
	s.private = must(h.OpenPrivate(h.ctx, h.alice, h.bob))(h.t)
	s.message, s.elsewhere = h.send(h.alice, s.group.ID, "hello"), h.send(h.alice, s.other.ID, "elsewhere")
	s.tombstone = h.send(h.alice, s.group.ID, "gone")
	ok(h.t, h.DeleteMessage(h.ctx, h.alice, s.tombstone.ID))
	s.reaction = must(h.React(h.ctx, h.alice, s.message.ID, "👍"))(h.t)
	s.mine, s.bobs, s.bound = s.upload(h.alice), s.upload(h.bob), s.upload(h.alice)
	s.withMedia = must(h.SendMessage(h.ctx, h.alice, s.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{s.bound.ID}}))(h.t)
	s.pending, s.released = s.upload(h.alice).ID, s.upload(h.alice).ID
	ok(h.t, h.db.Exec("UPDATE chat_media SET state = 'pending' WHERE id = ?", s.pending).Error)
	ok(h.t, h.db.Exec("UPDATE chat_media SET state = 'released' WHERE id = ?", s.released).Error)
	return s
}

func (s *badScene) upload(actor chat.Actor) *chat.Media {
	s.t.Helper()
	return must(s.UploadMedia(s.ctx, actor, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("bytes")}))(s.t)
}

// rowsOf counts the rows of all tables.
func rowsOf(t testing.TB, db *gorm.DB) string {
	t.Helper()
	var counts []string
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "media", "reactions", "events", "meta", "migrations"} {
		counts = append(counts, fmt.Sprintf("SELECT '%s: ' || count(*) FROM chat_%[1]s", table))
	}
	return dumpOf(t, db, strings.Join(counts, " UNION ALL ")) +
		dumpOf(t, db, "SELECT CAST(id AS text) || ' ' || last_seq || ' ' || last_number FROM chat_rooms ORDER BY 1")
}

// wantField wants a *FieldError of this kind about this field, whose text people can
// understand: it names the field, the limit, and nothing of databases and parsers.
func wantField(t testing.TB, err, kind error, field string, limit int64) {
	t.Helper()
	var refused *chat.FieldError
	if !errors.Is(err, kind) || !errors.As(err, &refused) {
		t.Errorf("error is %v, want %v about %s", err, kind, field)
		return
	}
	if refused.Field != field || refused.Limit != limit {
		t.Errorf("error is about %s with the limit %d, want %s and %d: %v", refused.Field, refused.Limit, field, limit, err)
	}
	text := err.Error()
	if !strings.HasPrefix(text, kind.Error()+": "+field+" ") || !plainEnglish.MatchString(refused.Reason) || jargonInErrors.MatchString(text) {
		t.Errorf("error text %q is not plain English about %s", text, field)
	}
	if limit != 0 && !strings.Contains(text, fmt.Sprintf("limit of %d ", limit)) {
		t.Errorf("error text %q does not name the limit %d", text, limit)
	}
}

var (
	plainEnglish   = regexp.MustCompile(`^[a-z][^\n]*$`)
	jargonInErrors = regexp.MustCompile(`(?i)sqlstate|constraint|strconv|base64|json:|pgx|sqlite3|%!|goroutine`)
)

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
			wantError(t, err, r.kind)
		} else {
			wantField(t, err, r.kind, r.field, r.limit)
		}
	})
}

// The ways to give a text, by what takes it.
func sends(in chat.NewMessage) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.SendMessage(s.ctx, s.alice, s.group.ID, in)
		return err
	}
}

func edits(patch chat.MessagePatch) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.EditMessage(s.ctx, s.alice, s.message.ID, patch)
		return err
	}
}

func creates(in chat.NewRoom) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.CreateRoom(s.ctx, s.alice, in)
		return err
	}
}

func updates(patch chat.RoomPatch) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.UpdateRoom(s.ctx, s.alice, s.group.ID, patch)
		return err
	}
}

func reacts(reaction string) func(s *badScene) error {
	return func(s *badScene) error {
		_, err := s.React(s.ctx, s.alice, s.message.ID, reaction)
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
	over(t, []variant{onSQLite, {ids: chat.Int64IDs, usersTable: true}, onPostgres, {ids: chat.StringIDs, postgres: true}},
		func(t *testing.T, h *host) {
			s := newBadScene(h)
			for _, r := range badCalls() {
				before := rowsOf(t, h.db)
				r.check(t, s)
				if diff := cmp.Diff(before, rowsOf(t, h.db)); diff != "" {
					t.Errorf("%s was refused and wrote something:\n%s", r.name, diff)
				}
			}
			if messages := must(h.Messages(h.ctx, h.alice, s.group.ID, chat.HistoryQuery{}))(t); messages.Items[0].Text != "hello" {
				t.Errorf("the message says %q now", messages.Items[0].Text)
			}
		})
}

// What is wrong by itself is refused before the room is looked at, also for those
// who may not see it.
func TestBadInputIsRefusedToStrangersAlike(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		s := newBadScene(h)
		stranger, negative := h.erin, int64(-1)
		for field, call := range map[string]func() error{
			"text": func() error { _, err := h.SendMessage(h.ctx, stranger, s.group.ID, chat.NewMessage{}); return err },
			"name": func() error {
				_, err := h.UpdateRoom(h.ctx, stranger, s.group.ID, chat.RoomPatch{Name: new(string)})
				return err
			},
			"reaction": func() error { _, err := h.React(h.ctx, stranger, s.message.ID, "a"); return err },
			"number":   func() error { _, err := h.MarkRead(h.ctx, stranger, s.group.ID, -1); return err },
			"before": func() error {
				_, err := h.Messages(h.ctx, stranger, s.group.ID, chat.HistoryQuery{Before: &negative})
				return err
			},
			"limit":       func() error { _, err := h.RoomUsers(h.ctx, stranger, s.group.ID, chat.Page{Limit: -1}); return err },
			"user_id":     func() error { _, err := h.RoomUser(h.ctx, stranger, s.group.ID, ""); return err },
			"permissions": func() error { return h.updateUnknownBits(stranger, s.group.ID) },
		} {
			wantField(t, call(), chat.ErrInvalid, field, 0)
		}
		_, err := h.Messages(h.ctx, stranger, s.group.ID, chat.HistoryQuery{Limit: -1})
		wantField(t, err, chat.ErrInvalid, "limit", 0)
		_, err = h.Reactions(h.ctx, stranger, chat.ReactionsQuery{MessageID: &s.message.ID, Page: chat.Page{Limit: -1}})
		wantField(t, err, chat.ErrInvalid, "limit", 0)
	})
}

func (h *host) updateUnknownBits(actor chat.Actor, room uuid.UUID) error {
	unknown := chat.Permissions(1 << 9)
	_, err := h.UpdateRoomUser(h.ctx, actor, room, h.bob, chat.RoomUserPatch{Permissions: &unknown})
	return err
}

// After each badCall the host's transaction goes on and commits.
func TestRefusalsLeaveTheHostsTransactionUsable(t *testing.T) {
	over(t, []variant{onSQLite, onPostgres, {ids: chat.StringIDs, postgres: true}}, func(t *testing.T, h *host) {
		s := newBadScene(h)
		ok(t, h.InTx(h.ctx, func(tx *gorm.DB, bound *chat.Service) error {
			inside := *h
			inside.Service = bound
			scene := *s
			scene.host = &inside
			for _, r := range badCalls() {
				r.check(t, &scene)
				if err := tx.Exec("UPDATE users SET name = name").Error; err != nil {
					t.Fatalf("%s broke the host's transaction: %v", r.name, err)
				}
			}
			inside.send(h.alice, s.group.ID, "after all of that")
			return nil
		}))
		page := must(h.Messages(h.ctx, h.bob, s.group.ID, chat.HistoryQuery{}))(t)
		if last := page.Items[len(page.Items)-1].Text; last != "after all of that" {
			t.Errorf("the last message is %q", last)
		}
	})
}

// SQLite enforces foreign keys only where a connection asks for it.
func TestForeignKeysOffIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	h := newHost(t, onSQLite)
	room := h.group(h.bob)
	before := rowsOf(t, h.db)
	ok(t, h.db.Exec("PRAGMA foreign_keys = OFF").Error)
	_, sent := h.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{Text: "hi"})
	_, opened := h.OpenPrivate(h.ctx, h.alice, h.bob)
	_, uploaded := h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader("x")})
	for _, err := range []error{sent, opened, uploaded, h.LeaveRoom(h.ctx, h.bob, room.ID), h.DeleteRoom(h.ctx, h.alice, room.ID)} {
		if err == nil || !strings.Contains(err.Error(), "foreign keys") || !strings.Contains(err.Error(), "_foreign_keys=1") {
			t.Errorf("error is %v, want one that says how to turn foreign keys on", err)
		}
	}
	must(h.Room(h.ctx, h.alice, room.ID))(t) // reading harms nothing
	if diff := cmp.Diff(before, rowsOf(t, h.db)); diff != "" {
		t.Error(diff)
	}
	ok(t, h.db.Exec("PRAGMA foreign_keys = ON").Error)
	h.send(h.alice, room.ID, "hi")
}
