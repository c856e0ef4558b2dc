package databases_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// settings are those of a connection, a line each.
func settings(t testing.TB, db *gorm.DB) string {
	t.Helper()
	if db.Name() == "postgres" {
		return chatsuite.QueryLines(t, db, "SELECT name || '=' || COALESCE(setting, '') FROM pg_settings ORDER BY 1")
	}
	var lines strings.Builder
	for _, name := range []string{
		"foreign_keys", "defer_foreign_keys", "ignore_check_constraints", "recursive_triggers", "reverse_unordered_selects",
		"read_uncommitted", "query_only", "busy_timeout", "synchronous", "journal_mode", "locking_mode", "cache_size", "temp_store",
		"wal_autocheckpoint", "secure_delete", "encoding",
	} {
		lines.WriteString(name + "=" + chatsuite.QueryLines(t, db, "PRAGMA "+name))
	}
	return lines.String()
}

// backend tells which connection it is, where the database knows.
func backend(t testing.TB, db *gorm.DB) string {
	t.Helper()
	if db.Name() == "postgres" {
		return chatsuite.QueryLines(t, db, "SELECT pg_backend_pid()")
	}
	return ""
}

// hostsOwn are a host's one connection, with settings that the host has chosen.
var hostsOwn = map[string]func(t *testing.T, option func(*chat.Config)) *chatsuite.Host{
	"postgres": func(t *testing.T, option func(*chat.Config)) *chatsuite.Host {
		return alone(t, kinds[1], option, func(template dbtest.Template) gorm.Dialector {
			dsn := dbtest.PostgresDSN(t, template)
			for name, value := range map[string]string{
				"lock_timeout": "7777", "statement_timeout": "55555", "default_transaction_isolation": "repeatable read",
				"idle_in_transaction_session_timeout": "66666", "application_name": "the host", "timezone": "Iceland",
			} {
				dsn = dbtest.WithParameter(dsn, name, value)
			}
			return postgres.Open(dsn)
		})
	},
	"sqlite": func(t *testing.T, option func(*chat.Config)) *chatsuite.Host {
		return alone(t, chatsuite.SQLiteFile, option, func(template dbtest.Template) gorm.Dialector {
			return sqlite.Open("file:" + dbtest.SQLitePath(t, template) +
				"?_foreign_keys=1&_busy_timeout=1234&_recursive_triggers=1&_synchronous=NORMAL&_cache_size=-777&_secure_delete=true")
		})
	},
}

func alone(t *testing.T, v chatsuite.Variant, option func(*chat.Config), dialector func(dbtest.Template) gorm.Dialector) *chatsuite.Host {
	t.Helper()
	return chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
		db := dbtest.Open(t, dialector(template), gorm.Config{})
		chatsuite.Must(db.DB())(t).SetMaxOpenConns(1)
		return db
	}, option)
}

func TestTheSettingsOfAConnectionStayTheHosts(t *testing.T) {
	t.Parallel()
	for name, open := range hostsOwn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before string
			backends, most := map[string]bool{}, 1
			story := tellWatched(func(option func(*chat.Config)) *chatsuite.Host {
				h := open(t, option)
				before = settings(t, h.DB)
				chatsuite.NoError(t, chat.Migrate(t.Context(), h.DB, h.Config))
				return h
			}, func(h *chatsuite.Host, method string) {
				if method == "Subscribe" { // when it is closed while it reads, pgx closes the connection
					most++
				}
				if backends[backend(t, h.DB)] = true; len(backends) > most {
					t.Errorf("after %s there were %d connections, want %d at most", method, len(backends), most)
				}
				if diff := cmp.Diff(before, settings(t, h.DB)); diff != "" {
					t.Errorf("after %s (-before +after):\n%s", method, diff)
				}
			})
			if !strings.Contains(before, "7777\n") && !strings.Contains(before, "-777\n") {
				t.Errorf("the host's settings are not there:\n%s", before)
			}
			if len(story) < 50 {
				t.Errorf("only %d calls", len(story))
			}
		})
	}
}

// In a transaction of the host's not even the transaction's settings change.
func TestTheSettingsOfATransactionStayTheHosts(t *testing.T) {
	t.Parallel()
	for name, open := range hostsOwn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(*chat.Config) {})
			tx := h.DB.Begin()
			before := settings(t, tx) + backend(t, tx)
			s, _ := h.WithTx(tx)
			room := chatsuite.Must(s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
			message := chatsuite.Must(s.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x", ClientID: "1"}))(t)
			chatsuite.Must(s.React(h.Ctx, h.Alice, message.ID, "👍"))(t)
			chatsuite.WantError(t, s.DeleteRoom(h.Ctx, h.Bob, room.ID), chat.ErrForbidden)
			chatsuite.NoError(t, s.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
			if diff := cmp.Diff(before, settings(t, tx)+backend(t, tx)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			chatsuite.NoError(t, tx.Commit().Error)
		})
	}
}
