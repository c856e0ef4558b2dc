package chat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// badPool is a pool whose next transactions begin on connections that were closed.
type badPool struct {
	*sql.DB
	bad atomic.Int64 // how many
}

func (p *badPool) BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	if p.bad.Add(-1) >= 0 {
		return nil, driver.ErrBadConn
	}
	return p.DB.BeginTx(ctx, options)
}

// An exhausted pool may give out connections that are dead: it is asked again, since
// nothing has begun, by operations and by InTx.
func TestPoolOfDeadConnectionsIsAskedAgain(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		pool := &badPool{DB: chatsuite.Must(h.DB.DB())(t)}
		db := chatsuite.Must(gorm.Open(h.PoolDialector(pool), &gorm.Config{Logger: logger.Discard}))(t)
		svc := chatsuite.Must(chat.New(db, h.Config))(t)
		ran := 0
		for name, do := range map[string]func() error{
			"CreateRoom": func() error { return chatsuite.ErrorOf(svc.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"})) },
			"InTx": func() error {
				return svc.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
					ran++
					return chatsuite.ErrorOf(s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"}))
				})
			},
		} {
			for _, bad := range []int64{1, 4} {
				pool.bad.Store(bad)
				if err := do(); err != nil || pool.bad.Load() != -1 {
					t.Errorf("%s, %d dead connections: %v", name, bad, err)
				}
			}
			pool.bad.Store(1000)
			if err := do(); !errors.Is(err, driver.ErrBadConn) {
				t.Errorf("%s of a pool that is all dead: %v", name, err)
			}
		}
		if rooms := h.CountRows("chat_rooms"); ran != 2 || rooms != 4 {
			t.Errorf("the function of InTx ran %d times, and there are %d rooms, want 2 and 4", ran, rooms)
		}
	})
}

// settings are those of a connection that differ from the server's, or on SQLite may.
func settings(h *chatsuite.Host, db *gorm.DB) string {
	h.T.Helper()
	if h.Postgres {
		return chatsuite.QueryLines(h.T, db, "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' ORDER BY name")
	}
	var lines strings.Builder
	for _, name := range []string{"foreign_keys", "busy_timeout", "synchronous", "read_uncommitted", "query_only", "defer_foreign_keys"} {
		lines.WriteString(name + " = " + chatsuite.QueryLines(h.T, db, "PRAGMA "+name))
	}
	return lines.String()
}

// everyWrite does something of everything that writes.
func everyWrite(h *chatsuite.Host, s *chat.Service) {
	t, ctx := h.T, h.Ctx
	t.Helper()
	room := chatsuite.Must(s.CreateRoom(ctx, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
	media := chatsuite.Must(s.UploadMedia(ctx, h.Bob, chat.NewMedia{Body: strings.NewReader(pngOf(t, 600, 500))}))(t)
	m := chatsuite.Must(s.SendMessage(ctx, h.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media.ID}}))(t)
	chatsuite.Must(s.SendMessage(ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"}))(t)
	_, content, err := s.OpenThumbnail(ctx, h.Alice, media.ID)
	chatsuite.NoError(t, err)
	chatsuite.NoError(t, content.Close())
	chatsuite.Must(s.React(ctx, h.Alice, m.ID, "👍"))(t)
	chatsuite.Must(s.MarkRead(ctx, h.Alice, room.ID, 1))(t)
	chatsuite.Must(s.AddUsers(ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}))(t)
	chatsuite.Must(s.OpenPrivate(ctx, h.Bob, h.Carol))(t)
	chatsuite.NoError(t, s.EraseUser(ctx, chat.System, h.Bob, chat.EraseOptions{}))
	chatsuite.NoError(t, s.DeleteMessage(ctx, h.Alice, m.ID))
	chatsuite.NoError(t, s.DeleteRoom(ctx, h.Alice, room.ID))
	_, err = s.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: "refused"})
	chatsuite.WantError(t, err, chat.ErrNotFound)
	chatsuite.Must(s.PurgeRooms(ctx, -time.Hour))(t)
}

// A connection goes back to the host's pool with the settings that it came with.
func TestConnectionsKeepTheirSettings(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.Must(h.DB.DB())(t).SetMaxOpenConns(1) // all on one connection
		if h.Postgres {
			chatsuite.NoError(t, h.DB.Exec("SET lock_timeout = '7s'").Error)
			chatsuite.NoError(t, h.DB.Exec("SET statement_timeout = '70s'").Error)
		}
		before := settings(h, h.DB)
		everyWrite(h, h.Service)
		chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
		if diff := cmp.Diff(before, settings(h, h.DB)); diff != "" {
			t.Errorf("after operations (-before +after):\n%s", diff)
		}
		// In a host's transaction they are the host's as well, to its end.
		chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			before := settings(h, tx)
			everyWrite(h, s)
			if diff := cmp.Diff(before, settings(h, tx)); diff != "" {
				t.Errorf("in a host's transaction (-before +after):\n%s", diff)
			}
			return nil
		}))
	})
}

// A host's pool may begin transactions that are isolated further: those of an operation
// read what was committed while it waited for a lock.
func TestTransactionsAreReadCommitted(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			isolate(h, level)
			var got []string
			chatsuite.NoError(t, h.DB.Callback().Raw().Before("gorm:raw").Register("isolation", func(db *gorm.DB) {
				if _, transaction := db.Statement.ConnPool.(gorm.TxCommitter); !transaction {
					return
				}
				var now string
				row := db.Statement.ConnPool.QueryRowContext(h.Ctx, "SHOW transaction_isolation")
				chatsuite.NoError(t, row.Scan(&now))
				if len(got) == 0 || got[len(got)-1] != now {
					got = append(got, now)
				}
			}))
			everyWrite(h, h.Service)
			if diff := cmp.Diff([]string{"read committed"}, got); diff != "" {
				t.Errorf("the levels of operations: %s", diff)
			}
			got = nil
			chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, _ *chat.Service) error { return tx.Exec("SELECT 1").Error }))
			if diff := cmp.Diff([]string{"read committed"}, got); diff != "" {
				t.Errorf("the levels of InTx: %s", diff)
			}
		})
	}
}

// withoutTxlock is a service on a SQLite file that is opened without _txlock=immediate,
// so that its transactions begin without a lock, and its database.
func withoutTxlock(t *testing.T) (*chat.Service, *gorm.DB) {
	t.Helper()
	config := chat.Config{UserIDs: chat.StringIDs}
	dsn := dbtest.SQLiteDSN(dbtest.SQLitePath(t, chatsuite.SQLiteFile.Template(config)))
	deferred := strings.Replace(dsn, "_txlock=immediate&", "", 1)
	if deferred == dsn {
		t.Fatal("the DSN has no _txlock")
	}
	db := dbtest.Open(t, chatsuite.SQLiteFile.Dialector(deferred), gorm.Config{})
	return chatsuite.Must(chat.New(db, config))(t), db
}

// Two writers race: one that had read before it took the write lock could find that it
// may no longer write, which in a host's transaction nothing tries again.
func TestSQLiteWriteLockIsTakenFirst(t *testing.T) {
	t.Parallel()
	svc, db := withoutTxlock(t)
	ctx, alice := t.Context(), chatsuite.SQLiteFile.UserID(1)
	room := chatsuite.Must(svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "x"}))(t)
	rename := func(s *chat.Service, name string) error {
		return chatsuite.ErrorOf(s.UpdateRoom(ctx, alice, room.ID, chat.RoomPatch{Name: &name}))
	}
	other := make(chan error, 1)
	var once atomic.Bool
	chatsuite.NoError(t, db.Callback().Row().After("gorm:row").Register("race", func(db *gorm.DB) {
		if !strings.Contains(db.Statement.SQL.String(), "FROM chat_rooms") || !once.CompareAndSwap(false, true) {
			return
		}
		go func() { other <- rename(svc, "other") }()
		select {
		case err := <-other:
			t.Error("another transaction has written after this one had read")
			other <- err
		case <-time.After(200 * time.Millisecond): // it waits for the lock
		}
	}))
	chatsuite.NoError(t, svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error { return rename(s, "first") }))
	chatsuite.NoError(t, <-other)
	if seen := chatsuite.Must(svc.Room(ctx, alice, room.ID))(t); seen.Name != "other" {
		t.Errorf("the name is %q, want that of the second writer", seen.Name)
	}
	chatsuite.ParallelN(t, 100, func(i int) error {
		return svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error { return rename(s, fmt.Sprint(i)) })
	})
}
