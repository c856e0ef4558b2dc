package schema_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// values are a row, or what a statement changes of one, by column.
type values map[string]any

// rawScene writes to the tables past the library, as a host's careless statement
// would.
type rawScene struct {
	*chatsuite.Host
	group, channel, private, deleted, message, system, reaction, bound, free uuid.UUID
}

func newRawScene(h *chatsuite.Host) *rawScene {
	s := &rawScene{Host: h}
	s.group, s.channel = h.NewGroup(h.Bob, h.Carol).ID, h.NewRoom(chat.Channel, h.Bob).ID
	s.private = chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(h.T).ID
	s.deleted = h.NewGroup(h.Bob).ID
	chatsuite.NoError(h.T, h.DeleteRoom(h.Ctx, h.Alice, s.deleted))
	upload := func() uuid.UUID {
		return chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")}))(h.T).ID
	}
	s.bound, s.free = upload(), upload()
	s.message = chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, s.group, chat.NewMessage{Text: "a", ClientID: "c", MediaIDs: []uuid.UUID{s.bound},
		Mentions: []chat.UserID{h.Bob}, MentionRoom: true}))(h.T).ID
	s.system = chatsuite.Must(h.SendMessage(h.Ctx, chat.System, s.group, chat.NewMessage{Text: "b", ClientID: "c"}))(h.T).ID
	chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, s.message))(h.T)
	s.reaction = chatsuite.Must(h.React(h.Ctx, h.Alice, s.message, "👍"))(h.T).ID
	return s
}

// fresh are rows that each table takes.
func (s *rawScene) fresh(table string) values {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	switch table {
	case "chat_rooms":
		return values{
			"id": uuid.New(), "type": "group", "name": "A", "description": "", "is_public": false, "owner_id": s.Alice,
			"default_permissions": 1, "history_visibility": "all", "member_count": 1, "last_seq": 0, "last_number": 0, "created_at": now, "updated_at": now,
		}
	case "chat_room_users":
		return values{"room_id": s.group, "user_id": s.Dave, "muted": false, "pinned": false, "last_read_number": 0, "joined_number": 0, "created_at": now}
	case "chat_restrictions":
		return values{"room_id": s.group, "user_id": s.Dave, "denied": 1, "banned_at": now, "banned_until": now, "banned_by": s.Alice, "reason": ""}
	case "chat_messages":
		return values{"id": uuid.New(), "room_id": s.group, "number": 3, "user_id": s.Alice, "author_kind": "user", "text": "c",
			"client_id": "d", "input_hash": strings.Repeat("0", 32), "created_at": now}
	case "chat_message_media":
		return values{"message_id": s.message, "media_id": s.free, "sequence": 1}
	case "chat_media":
		return values{
			"id": uuid.New(), "user_id": s.Alice, "key": uuid.NewString(), "state": "ready", "file_name": "a", "content_type": "text/plain",
			"size": 1, "sha256": "", "created_at": now,
		}
	case "chat_mentions":
		return values{"room_id": s.group, "number": 1, "sequence": 2, "user_id": s.Dave, "created_at": now}
	case "chat_pins":
		return values{"message_id": s.system, "room_id": s.group, "user_id": s.Alice, "created_at": now}
	case "chat_reactions":
		return values{"id": uuid.New(), "message_id": s.message, "user_id": s.Alice, "reaction": "👎", "created_at": now}
	case "chat_events":
		return values{"room_id": s.group, "seq": 100, "kind": "room_updated", "created_at": now}
	}
	panic(table)
}

// rawInsert writes a fresh row with some columns changed.
func rawInsert(table string, changes values) func(s *rawScene, tx *gorm.DB) error {
	return func(s *rawScene, tx *gorm.DB) error {
		row := s.fresh(table)
		for column, value := range changes {
			if from, is := value.(func(s *rawScene) any); is {
				value = from(s)
			}
			row[column] = value
		}
		var columns []string
		for column := range row {
			columns = append(columns, column)
		}
		slices.Sort(columns)
		args := make([]any, len(columns))
		for i, column := range columns {
			args[i] = row[column]
		}
		if err := tx.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")",
			args...).Error; err != nil {
			return err
		}
		if table == "chat_rooms" && row["owner_id"] == s.Alice { // the owner is to be a member
			return tx.Exec("INSERT INTO chat_room_users (room_id, user_id, muted, pinned, last_read_number, joined_number, created_at) VALUES (?, ?, FALSE, ?, 0, 0, ?)",
				row["id"], s.Alice, false, row["created_at"]).Error
		}
		return nil
	}
}

// rawExec runs a statement whose arguments are taken from the scene.
func rawExec(query string, args ...func(s *rawScene) any) func(s *rawScene, tx *gorm.DB) error {
	return func(s *rawScene, tx *gorm.DB) error {
		bound := make([]any, len(args))
		for i, arg := range args {
			bound[i] = arg(s)
		}
		result := tx.Exec(query, bound...)
		if result.Error == nil && result.RowsAffected == 0 {
			return errors.New("the statement meets no row")
		}
		return result.Error
	}
}

var (
	theGroup    = func(s *rawScene) any { return s.group }
	theChannel  = func(s *rawScene) any { return s.channel }
	thePrivate  = func(s *rawScene) any { return s.private }
	theDeleted  = func(s *rawScene) any { return s.deleted }
	theMessage  = func(s *rawScene) any { return s.message }
	theSystem   = func(s *rawScene) any { return s.system }
	theReaction = func(s *rawScene) any { return s.reaction }
	theBound    = func(s *rawScene) any { return s.bound }
	theFree     = func(s *rawScene) any { return s.free }
	aliceID     = func(s *rawScene) any { return s.Alice }
	bobID       = func(s *rawScene) any { return s.Bob }
	carolID     = func(s *rawScene) any { return s.Carol }
	daveID      = func(s *rawScene) any { return s.Dave }
	nowhere     = func(*rawScene) any { return uuid.New() }
	noUser      = func(s *rawScene) any { return s.Variant.UserID(chatsuite.Users + 1) }
)

// rawPrivate is a fresh private room with some columns changed.
func rawPrivate(changes values) func(s *rawScene, tx *gorm.DB) error {
	all := values{"type": "private_messages", "owner_id": nil, "private_a": carolID, "private_b": daveID}
	for column, value := range changes {
		all[column] = value
	}
	return rawInsert("chat_rooms", all)
}

// rawWrite is a statement past the library.
type rawWrite struct {
	name string
	run  func(s *rawScene, tx *gorm.DB) error
}

// allowedWrites show that the forbidden ones below fail for the reason they name: these
// differ from them in that alone.
func allowedWrites() (all []rawWrite) {
	for _, table := range []string{
		"chat_rooms", "chat_room_users", "chat_restrictions", "chat_messages", "chat_message_media", "chat_media", "chat_reactions",
		"chat_mentions", "chat_pins", "chat_events",
	} {
		all = append(all, rawWrite{"a row of " + table, rawInsert(table, nil)})
	}
	return append(all,
		rawWrite{"a private room of two others", rawPrivate(nil)},
		rawWrite{"a private room whose other user is gone", rawPrivate(values{"private_a": nil, "private_b": nil})},
		rawWrite{"a second room with nobody's pair", rawPrivate(values{"private_a": nil, "private_b": nil})},
		rawWrite{"the same client id by another", rawInsert("chat_messages", values{"client_id": "c", "user_id": bobID})},
		rawWrite{"the same client id in another room", rawInsert("chat_messages", values{"client_id": "c", "room_id": theChannel, "number": 1})},
		rawWrite{"a message of System's without a client id", rawInsert("chat_messages", values{
			"client_id": nil, "input_hash": nil, "user_id": nil, "author_kind": "system"})},
		rawWrite{"a message of System's with a client id", rawInsert("chat_messages", values{"user_id": nil, "author_kind": "system"})},
		rawWrite{"a message of an erased author", rawInsert("chat_messages", values{
			"client_id": nil, "input_hash": nil, "user_id": nil, "author_kind": "erased"})},
		rawWrite{"a member who has read all that they see", rawInsert("chat_room_users", values{"joined_number": 2, "last_read_number": 2})},
		rawWrite{"a room that shows newcomers no history", rawInsert("chat_rooms", values{"history_visibility": "joined"})},
		rawWrite{"a private room of nobody", rawExec("UPDATE chat_rooms SET member_count = 0 WHERE id = ?", thePrivate)},
		rawWrite{"a group of nobody's", rawInsert("chat_rooms", values{"owner_id": nil, "ownerless": true, "member_count": 0})},
		rawWrite{"a key of 255 bytes", rawInsert("chat_rooms", values{"key": strings.Repeat("ü", 127) + "x"})},
		rawWrite{"another owner", rawExec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", bobID, theGroup)},
		rawWrite{"a restriction without a ban", rawInsert("chat_restrictions", noBan(nil))},
		rawWrite{"a ban without a restriction", rawInsert("chat_restrictions", values{"denied": 0, "banned_until": nil, "banned_by": nil})},
		rawWrite{"all permissions denied", rawInsert("chat_restrictions", values{"denied": 511})},
		rawWrite{"all permissions", rawExec("UPDATE chat_room_users SET permissions = 511 WHERE room_id = ?", theGroup)},
		rawWrite{"an owner who is a member at commit", func(s *rawScene, tx *gorm.DB) error {
			err := rawExec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", daveID, theGroup)(s, tx)
			return errors.Join(err, rawInsert("chat_room_users", nil)(s, tx))
		}},
	)
}

// attempted runs a statement in a transaction of its own, to commit it or only to
// see whether the commit would succeed, and says why not.
func attempted(s *rawScene, write rawWrite, commit bool) error {
	undo := errors.New("undone")
	err := s.DB.Transaction(func(tx *gorm.DB) error {
		if err := write.run(s, tx); err != nil {
			return err
		}
		if commit {
			return nil
		}
		if s.Postgres {
			return errors.Join(tx.Exec("SET CONSTRAINTS ALL IMMEDIATE").Error, undo)
		}
		if broken := chatsuite.QueryLines(s.T, tx, `SELECT "table" FROM pragma_foreign_key_check`); broken != "\n" {
			return errors.New("the commit would fail: " + broken)
		}
		return undo
	})
	if !commit && errors.Is(err, undo) && !isConstraint(err) {
		return nil
	}
	return err
}

// isConstraint tells the database's own refusal from a mistake in the statement.
func isConstraint(err error) bool {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return strings.HasPrefix(coded.SQLState(), "23")
	}
	return err != nil && strings.Contains(err.Error(), "constraint failed")
}

// What must never be in the tables cannot be, whoever writes to them.
func TestTheDatabaseItselfKeepsTheRules(t *testing.T) {
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		s := newRawScene(h)
		for _, write := range allowedWrites() {
			if err := attempted(s, write, false); err != nil {
				t.Errorf("%s is refused: %v", write.name, err)
			}
		}
		before := chatsuite.RowCounts(t, h.DB)
		forbidden := forbiddenWrites()
		if h.UsersTable {
			forbidden = append(forbidden, forbiddenUsers()...)
		}
		for _, write := range forbidden {
			if err := attempted(s, write, true); !isConstraint(err) {
				t.Errorf("%s: error is %v, want that of a constraint", write.name, err)
			}
		}
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

// Who replied to a message that is purged keeps the reply.
func TestAPurgedMessageLeavesItsReplies(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		first := h.Send(h.Alice, room.ID, "first")
		reply := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re", ReplyToID: &first.ID}))(t)
		chatsuite.NoError(t, h.DB.Exec("DELETE FROM chat_messages WHERE id = ?", first.ID).Error)
		if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, reply.ID))(t); got.ReplyToID != nil || got.Text != "re" {
			t.Errorf("the reply is %+v", got)
		}
	})
}
