package queries_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// often are the reads that a program of chat makes all the time.
func often(h *chatsuite.Host) map[string]func() error {
	room := h.NewGroup(h.Bob)
	private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(h.T)
	message := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x"}))(h.T)
	chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, private.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}}))(h.T)
	first := chatsuite.Must(h.Rooms(h.Ctx, h.Bob, chat.RoomsQuery{Page: chat.Page{Limit: 1}}))(h.T)
	one, pinned := int64(1), false
	inbox := func(in chat.RoomsQuery) func() error {
		return func() error { return chatsuite.ErrorOf(h.Rooms(h.Ctx, h.Bob, in)) }
	}
	history := func(at chat.HistoryQuery) func() error {
		return func() error { return chatsuite.ErrorOf(h.Messages(h.Ctx, h.Bob, room.ID, at)) }
	}
	return map[string]func() error{
		"the newest messages":     history(chat.HistoryQuery{}),
		"messages before":         history(chat.HistoryQuery{Before: &one}),
		"messages around":         history(chat.HistoryQuery{Around: &one}),
		"Message":                 func() error { return chatsuite.ErrorOf(h.Message(h.Ctx, h.Bob, message.ID)) },
		"Room":                    func() error { return chatsuite.ErrorOf(h.Room(h.Ctx, h.Bob, room.ID)) },
		"Unread":                  func() error { return chatsuite.ErrorOf(h.Unread(h.Ctx, h.Bob)) },
		"the inbox":               inbox(chat.RoomsQuery{}),
		"a later page of it":      inbox(chat.RoomsQuery{Page: chat.Page{Cursor: first.Next}}),
		"the inbox of a type":     inbox(chat.RoomsQuery{Type: chat.Group}),
		"the inbox of the unread": inbox(chat.RoomsQuery{Unread: true}),
		"the inbox but pinned":    inbox(chat.RoomsQuery{Pinned: &pinned}),
	}
}

// TestReadsArePlannedOnce: PostgreSQL plans what is read often once for all values, not for each
// call: the plan of a dozen tables took it as long as to run it.
func TestReadsArePlannedOnce(t *testing.T) {
	t.Parallel()
	const custom = 5 // as many plans for values as it makes of any statement before it decides
	x := newExplained(t, chatsuite.Postgres)
	// A member of half of the rooms, so that the planner expects fewer of others than of anybody.
	from, id, _ := x.series(smallRooms / 2)
	x.exec("INSERT INTO chat_room_users (room_id, user_id, muted, pinned, last_read_number, joined_number, created_at) SELECT "+
		id(1)+", ?, FALSE, FALSE, 0, 0, ? FROM "+from+" WHERE TRUE ON CONFLICT DO NOTHING", x.Erin, x.Clock.Now())
	x.exec("ANALYZE")
	pool := chatsuite.Must(x.DB.DB())(t)
	pool.SetMaxOpenConns(1) // whose statements these are
	for name, do := range often(x.Host) {
		x.exec("DEALLOCATE ALL")
		pool.SetMaxIdleConns(0) // pgx knows of no DEALLOCATE
		pool.SetMaxIdleConns(1)
		for range custom * 3 {
			chatsuite.NoError(t, do())
		}
		var planned []struct {
			Statement                 string
			GenericPlans, CustomPlans int
		}
		chatsuite.NoError(t, x.DB.Raw("SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%chat\\_%'").Scan(&planned).Error)
		if len(planned) == 0 {
			t.Errorf("%s: no statement was prepared", name)
		}
		for _, p := range planned {
			if p.CustomPlans > custom {
				t.Errorf("%s: %d plans for values and %d for any of\n%s", name, p.CustomPlans, p.GenericPlans, p.Statement)
			}
		}
	}
}

// compiled counts what SQLite looks up when it compiles statements, anew too.
var compiled atomic.Int64

func init() {
	sql.Register("sqlite3_counting_compiled", &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		conn.RegisterAuthorizer(func(int, string, string, string) int {
			compiled.Add(1)
			return sqlite3.SQLITE_OK
		})
		return nil
	}})
}

// TestReadsAreCompiledOnce: SQLite runs what is read often as it was compiled by the call before.
// To compile a statement takes it longer than to run it.
func TestReadsAreCompiledOnce(t *testing.T) {
	t.Parallel()
	h := chatsuite.NewOn(t, chatsuite.SQLite, func(template dbtest.Template) *gorm.DB {
		db := dbtest.Open(t, sqlite.Dialector{DriverName: "sqlite3_counting_compiled", DSN: dbtest.SQLiteDSN(dbtest.SQLitePath(t, template))}, gorm.Config{})
		chatsuite.Must(db.DB())(t).SetMaxOpenConns(1) // whose statements these are
		return db
	})
	for name, do := range often(h) {
		chatsuite.NoError(t, errors.Join(do(), do()))
		before := compiled.Load()
		chatsuite.NoError(t, errors.Join(do(), do()))
		if n := compiled.Load() - before; n != 0 {
			t.Errorf("%s: %d times something was looked up to compile", name, n)
		}
	}
	before := compiled.Load()
	chatsuite.NoError(t, h.DB.Exec("SELECT 1 FROM chat_rooms LIMIT 7").Error)
	if compiled.Load() == before {
		t.Error("nothing is counted")
	}
}

// TestInboxIsCutInAnIndex: SQLite reads the rows of the memberships that a page of the inbox
// shows, and of all others what an index has.
func TestInboxIsCutInAnIndex(t *testing.T) {
	t.Parallel()
	x := newExplained(t, chatsuite.SQLite)
	for _, analyzed := range []bool{false, true} {
		if analyzed {
			x.exec("ANALYZE")
		}
		for name, do := range often(x.Host) {
			if !strings.Contains(name, "inbox") || strings.Contains(name, "unread") {
				continue
			}
			for _, q := range x.ask(do) {
				if plan := strings.Join(x.sqlitePlan(q), "\n"); !strings.Contains(plan, "SEARCH u USING COVERING INDEX chat_room_users_user (user_id=?)") {
					t.Errorf("%s, analyzed %t:\n%s", name, analyzed, plan)
				}
			}
		}
	}
}
