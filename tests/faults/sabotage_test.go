package faults_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// site is a database, a folder of media and a scene for a workload.
type site struct {
	chatsuite.Variant
	scene
	dsn, media string
	db         *gorm.DB
	svc        *chat.Service
}

func newSite(t *testing.T, v chatsuite.Variant, dsn string, members int) *site {
	t.Helper()
	s := &site{Variant: v, dsn: dsn, media: t.TempDir()}
	s.db = dbtest.Open(t, v.Dialector(dsn), gorm.Config{})
	s.svc = chatsuite.Must(chat.New(s.db, s.config()))(t)
	s.scene = newScene(t, s.svc, v, members)
	return s
}

func (s *site) config() chat.Config { return siteConfig(s.Variant, s.media) }

func siteConfig(v chatsuite.Variant, media string) chat.Config {
	config := chat.Config{UserIDs: v.UserIDs, Media: storage.Dir(media)}
	if v.UsersTable {
		config.UsersTable = "users"
	}
	return config
}

// newDSN makes a database with users and the chat's tables.
func newDSN(t *testing.T, v chatsuite.Variant) string {
	t.Helper()
	if v.Postgres {
		return dbtest.PostgresDSN(t, v.Template(siteConfig(v, "")))
	}
	return dbtest.SQLiteDSN(dbtest.SQLitePath(t, v.Template(siteConfig(v, ""))))
}

// wantWhole closes the service, so that nothing is being sent, marks the test as failed
// where the verifier finds something, and returns how many messages were acknowledged.
func (s *site) wantWhole(t *testing.T) int {
	t.Helper()
	chatsuite.NoError(t, s.svc.Close())
	s.svc = chatsuite.Must(chat.New(s.db, s.config()))(t)
	faults, sends, err := verify(context.Background(), s.svc, s.db, s.scene)
	chatsuite.NoError(t, err)
	for i, fault := range faults {
		if i == 10 {
			t.Errorf("and %d more", len(faults)-i)
			break
		}
		t.Error(fault)
	}
	if sends == 0 {
		t.Error("nothing was acknowledged")
	}
	return sends
}

// sabotages are what a verifier has to see. Each is statements, with the number of a
// message of the room, @n, and the last of the room, @last. The database's own constraints
// are out of force.
var sabotages = map[string][]string{
	"a message is lost": {"DELETE FROM chat_messages WHERE room_id = @room AND number = @n"},
	"the last message is lost, and was never counted": {
		"DELETE FROM chat_events WHERE room_id = @room AND message_id = (SELECT id FROM chat_messages WHERE room_id = @room AND number = @last)",
		"DELETE FROM chat_messages WHERE room_id = @room AND number = @last",
		"UPDATE chat_rooms SET last_number = last_number - 1 WHERE id = @room",
	},
	"a message is there twice": {
		`INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, client_id, created_at)
			SELECT CAST(@new AS @uuid), room_id, @last + 1, user_id, author_kind, text, NULL, created_at FROM chat_messages WHERE room_id = @room AND number = @n`,
		`INSERT INTO chat_events (room_id, seq, kind, message_id, actor_id, created_at)
			SELECT room_id, (SELECT last_seq + 1 FROM chat_rooms WHERE id = @room), 'message_created', CAST(@new AS @uuid), user_id, created_at
			FROM chat_messages WHERE room_id = @room AND number = @n`,
		"UPDATE chat_rooms SET last_number = last_number + 1, last_seq = last_seq + 1 WHERE id = @room",
	},
	"two messages change places": {
		"UPDATE chat_messages SET number = 1000000 WHERE room_id = @room AND number = @n",
		"UPDATE chat_messages SET number = @n WHERE room_id = @room AND number = @n + 1",
		"UPDATE chat_messages SET number = @n + 1 WHERE room_id = @room AND number = 1000000",
	},
	"a number is left out": {
		"UPDATE chat_messages SET number = number + 1 WHERE room_id = @room AND number = @last",
		"UPDATE chat_rooms SET last_number = last_number + 1 WHERE id = @room",
	},
	"a message goes to another room": {"UPDATE chat_messages SET room_id = @other, number = 1000000 WHERE room_id = @room AND number = @n"},
	"a text changes":                 {"UPDATE chat_messages SET text = 'other' WHERE room_id = @room AND number = @n"},
	"an author changes":              {"UPDATE chat_messages SET user_id = @nobody WHERE room_id = @room AND number = @n"},
	"an answer loses its question":   {"UPDATE chat_messages SET reply_to_id = NULL WHERE reply_to_id IS NOT NULL"},
	"an event is lost":               {"DELETE FROM chat_events WHERE room_id = @room AND seq = 7"},
	"the last event is lost, and was never counted": {
		"DELETE FROM chat_events WHERE message_id = (SELECT id FROM chat_messages WHERE room_id = @room AND number = @n)",
		"UPDATE chat_events SET seq = seq + 1000000 WHERE room_id = @room",
		`UPDATE chat_events SET seq = (SELECT count(*) FROM chat_events e WHERE e.room_id = @room AND e.seq <= chat_events.seq) WHERE room_id = @room`,
		"UPDATE chat_rooms SET last_seq = (SELECT count(*) FROM chat_events WHERE room_id = @room) WHERE id = @room",
	},
	"an event is of another message": {"UPDATE chat_events SET message_id = CAST(@new AS @uuid) WHERE room_id = @room AND kind = 'message_created'"},
	"the count of messages is wrong": {"UPDATE chat_rooms SET last_number = last_number + 1 WHERE id = @room"},
	"the count of events is wrong":   {"UPDATE chat_rooms SET last_seq = last_seq - 1 WHERE id = @room"},
	"a member is not counted":        {"UPDATE chat_rooms SET member_count = member_count - 1 WHERE id = @room"},
	"a read marker is lost":          {"UPDATE chat_room_users SET last_read_number = 0 WHERE room_id = @room"},
	"a read marker is ahead":         {"UPDATE chat_room_users SET last_read_number = @last + 1 WHERE room_id = @room"},
	"a reaction is lost":             {"DELETE FROM chat_reactions"},
	"media are lost":                 {"DELETE FROM chat_message_media"},
	"media are others":               {"UPDATE chat_media SET sha256 = ''"},
}

// The verifier sees each kind of damage that it is there to see.
func TestTheVerifierSeesSabotage(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			const clients = 4
			s := newSite(t, v, newDSN(t, v), clients)
			w := chatsuite.Must(startWorkload(s.svc, v, s.scene, 1, clients))(t)
			for end := time.Now().Add(chatsuite.Timeout); s.messages(t) < 150 && time.Now().Before(end); {
				time.Sleep(20 * time.Millisecond)
			}
			chatsuite.NoError(t, w.end())
			s.wantWhole(t)
			for name, statements := range sabotages {
				t.Run(name, func(t *testing.T) { s.sabotage(t, statements) })
			}
			t.Run("a file is lost", func(t *testing.T) {
				paths := chatsuite.Must(filepath.Glob(filepath.Join(s.media, "??", "??", "*")))(t)
				for _, path := range paths {
					chatsuite.NoError(t, os.Remove(path))
				}
				faults, _, err := verify(t.Context(), s.svc, s.db, s.scene)
				chatsuite.NoError(t, err)
				if len(faults) == 0 || len(paths) == 0 {
					t.Errorf("of %d files that were removed the verifier sees nothing", len(paths))
				}
			})
		})
	}
}

func (s *site) messages(t *testing.T) (n int64) {
	t.Helper()
	chatsuite.NoError(t, s.db.Table("chat_messages").Count(&n).Error)
	return n
}

// sabotage runs statements in a transaction, verifies in it, and rolls it back.
func (s *site) sabotage(t *testing.T, statements []string) {
	err := s.db.Transaction(func(tx *gorm.DB) error {
		free := "PRAGMA defer_foreign_keys = ON" // until the commit, which never comes
		if s.Postgres {
			free = "SET LOCAL session_replication_role = replica"
		}
		if err := tx.Exec(free).Error; err != nil {
			return err
		}
		var last int64
		if err := tx.Raw("SELECT last_number FROM chat_rooms WHERE id = ?", s.Rooms[0]).Scan(&last).Error; err != nil {
			return err
		}
		for _, statement := range statements {
			statement = s.sql(statement)
			var args []any
			if strings.Contains(statement, "@") {
				args = append(args, map[string]any{
					"room": s.Rooms[0], "other": s.Rooms[1], "n": last / 2, "last": last, "new": sabotageID.String(), "nobody": s.UserID(60),
				})
			}
			changed := tx.Exec(statement, args...)
			if changed.Error != nil {
				return changed.Error
			}
			if changed.RowsAffected == 0 {
				t.Errorf("nothing was changed by %s", statement)
			}
		}
		bound, _ := s.svc.WithTx(tx)
		faults, _, err := verify(t.Context(), bound, tx, s.scene)
		if err != nil {
			return err
		}
		if len(faults) == 0 {
			t.Error("the verifier sees nothing")
		}
		return errUndone
	})
	chatsuite.WantError(t, err, errUndone)
}

// sql writes the types of a database into a statement.
func (s *site) sql(statement string) string {
	if s.Postgres {
		return strings.ReplaceAll(statement, "@uuid", "uuid")
	}
	return strings.ReplaceAll(statement, "@uuid", "text")
}

var sabotageID = uuid.MustParse("0190b3a2-7c11-7d5e-8f5a-3b1c2d4e5f60")
