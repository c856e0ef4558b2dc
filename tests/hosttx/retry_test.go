package hosttx_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// gaveUp is what a database says that gives a transaction up, in both dialects.
type gaveUp struct{}

func (gaveUp) Error() string    { return "the database gave up on the transaction" }
func (gaveUp) SQLState() string { return "40001" }
func (gaveUp) Code() int        { return 5 } // SQLITE_BUSY

// faulty is a pool whose transactions, and queries outside them, fail when fail says so
// of a statement, or of "COMMIT".
type faulty struct {
	*sql.DB
	fail func(statement string) error
}

func (f *faulty) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := f.DB.BeginTx(ctx, options)
	return &faultyTx{tx, f}, err
}

type faultyTx struct {
	*sql.Tx
	pool *faulty
}

func (f *faultyTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := f.pool.fail(query); err != nil {
		return nil, err
	}
	return f.Tx.ExecContext(ctx, query, args...)
}

// QueryContext fails too: what is sent is written by a statement that returns rows.
func (f *faultyTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := f.pool.fail(query); err != nil {
		return nil, err
	}
	return f.Tx.QueryContext(ctx, query, args...)
}

func (f *faulty) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := f.fail(query); err != nil {
		return nil, err
	}
	return f.DB.QueryContext(ctx, query, args...)
}

func (f *faultyTx) Commit() error {
	if err := f.pool.fail("COMMIT"); err != nil {
		_ = f.Rollback()
		return err
	}
	return f.Tx.Commit()
}

// faultyHandle is the host's database through such a pool.
func faultyHandle(h *chatsuite.Host, fail func(statement string) error) *gorm.DB {
	h.T.Helper()
	pool := chatsuite.Must(h.DB.DB())(h.T)
	return chatsuite.Must(gorm.Open(h.PoolDialector(&faulty{pool, fail}), &gorm.Config{Logger: logger.Discard}))(h.T)
}

// failing fails statements that contain a text n times, and lets the next one pass.
func failing(text string, n int64) func(string) error {
	var failed atomic.Int64
	return func(statement string) error {
		if !strings.Contains(statement, text) {
			return nil
		}
		if failed.Add(1) <= n {
			return gaveUp{}
		}
		failed.Store(0)
		return nil
	}
}

// What an operation learned or set in a try that failed must not show in the next.
func TestOperationsSurviveFourFailuresOfTheirTransaction(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			want := tellWith(t, v, failing("COMMIT", 0))
			for _, with := range []struct {
				statement string
				failures  int64
			}{
				{"COMMIT", 1}, {"COMMIT", 4}, {"INSERT INTO chat_events", 1}, {"UPDATE chat_rooms", 2}, {"INSERT INTO chat_messages", 1},
			} {
				t.Run(fmt.Sprintf("%d of %s", with.failures, with.statement), func(t *testing.T) {
					t.Parallel()
					if diff := cmp.Diff(want, tellWith(t, v, failing(with.statement, with.failures))); diff != "" {
						t.Errorf("(-without failures +with them):\n%s", diff)
					}
				})
			}
		})
	}
}

// tellWith plays the story on a failing database.
func tellWith(t *testing.T, v chatsuite.Variant, fail func(string) error) []string {
	t.Helper()
	h := chatsuite.New(t, v)
	chatsuite.NoError(t, h.DB.AutoMigrate(&hostOrder{}))
	svc := chatsuite.Must(chat.New(faultyHandle(h, fail), h.Config))(t)
	s := &story{Host: h, db: h.DB}
	s.tell("once", svc)
	return s.end(svc)
}

func TestOperationsGiveUpAfterFiveFailures(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			c := newScene(t, v)
			var tries atomic.Int64
			svc := chatsuite.Must(chat.New(faultyHandle(c.Host, func(statement string) error {
				switch {
				case statement == "COMMIT":
					tries.Add(1)
					return gaveUp{}
				case strings.Contains(statement, "write_0 AS"): // a statement that is a transaction by itself, and goes on in one
					return gaveUp{}
				}
				return nil
			}), c.Config))(t)
			before := c.tables()
			for name, do := range map[string]func() error{
				"SendMessage": func() error { // with media it is a transaction on both
					return c.send(c.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{c.loose.ID}})(svc)
				},
				"CreateRoom":    func() error { return chatsuite.ErrorOf(svc.CreateRoom(c.Ctx, c.Alice, chat.NewRoom{Name: "x"})) },
				"OpenPrivate":   func() error { return chatsuite.ErrorOf(svc.OpenPrivate(c.Ctx, c.Alice, c.Carol)) },
				"React":         func() error { return chatsuite.ErrorOf(svc.React(c.Ctx, c.Bob, c.theirs.ID, "👍")) },
				"DeleteMessage": func() error { return svc.DeleteMessage(c.Ctx, c.Bob, c.mine.ID) },
				"EraseUser":     func() error { return svc.EraseUser(c.Ctx, chat.System, c.Carol, chat.EraseOptions{}) },
			} {
				tries.Store(0)
				err := do()
				if !chat.IsRetryable(err) || !errors.Is(err, gaveUp{}) || tries.Load() != 5 {
					t.Errorf("%s: after %d tries the error is %v, want 5 and one to be retried", name, tries.Load(), err)
				}
			}
			if after := c.tables(); after != before {
				t.Errorf("failures wrote something:\n%s\n%s", before, after)
			}
		})
	}
}

func TestACancelledCallIsNotTriedAgain(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		ctx, cancel := context.WithCancel(h.Ctx)
		defer cancel()
		tries := 0
		svc := chatsuite.Must(chat.New(faultyHandle(h, func(statement string) error {
			if statement != "COMMIT" {
				return nil
			}
			tries++
			cancel()
			return gaveUp{}
		}), h.Config))(t)
		_, err := svc.CreateRoom(ctx, h.Alice, chat.NewRoom{Name: "x"})
		if chatsuite.WantError(t, err, context.Canceled); tries != 1 {
			t.Errorf("%d tries of a cancelled call", tries)
		}
	})
}

func TestInTxRunsItsFunctionOnce(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for _, with := range []struct {
			name      string
			retryable bool
			give      func(*chat.Service) error
		}{
			{"an error of the host's", false, func(*chat.Service) error { return errHost }},
			{"a refusal", false, func(s *chat.Service) error { return s.LeaveRoom(h.Ctx, h.Alice, room.ID) }},
			{"the database's", true, func(*chat.Service) error { return gaveUp{} }},
			{"the database's, wrapped", true, func(*chat.Service) error { return fmt.Errorf("wrapped: %w", gaveUp{}) }},
			{"the database's, joined", true, func(*chat.Service) error { return errors.Join(errHost, gaveUp{}) }},
		} {
			ran := 0
			err := h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error { ran++; return with.give(s) })
			if ran != 1 || err == nil || chat.IsRetryable(err) != with.retryable {
				t.Errorf("%s: ran %d times, error %v, retryable %t", with.name, ran, err, chat.IsRetryable(err))
			}
		}
		ran := 0
		svc := chatsuite.Must(chat.New(faultyHandle(h, failing("COMMIT", 1)), h.Config))(t)
		err := svc.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			ran++
			return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"}))
		})
		if ran != 1 || !chat.IsRetryable(err) {
			t.Errorf("a failing commit: ran %d times, error %v, retryable %t", ran, err, chat.IsRetryable(err))
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_messages"); n != 0 {
			t.Errorf("%d messages of a transaction that failed", n)
		}
	})
}

func TestSQLiteBusyIsRetryable(t *testing.T) {
	t.Parallel()
	config := chat.Config{UserIDs: chat.StringIDs}
	dsn := dbtest.SQLiteDSN(dbtest.SQLitePath(t, chatsuite.SQLite.Template(config)))
	writer := dbtest.Open(t, sqlite.Open(dsn), gorm.Config{})
	db := dbtest.Open(t, sqlite.Open(strings.Replace(dsn, "_busy_timeout=5000", "_busy_timeout=10", 1)), gorm.Config{})
	svc := chatsuite.Must(chat.New(db, config))(t)
	ctx, alice := t.Context(), chat.ID("user-01")
	room := chatsuite.Must(svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "x"}))(t)
	busy := writer.Begin() // takes the write lock at once
	chatsuite.NoError(t, busy.Error)
	send := func(s *chat.Service) error {
		return chatsuite.ErrorOf(s.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "x"}))
	}
	for name, do := range map[string]func() error{
		"SendMessage": func() error { return send(svc) },
		"LeaveRoom":   func() error { return svc.LeaveRoom(ctx, alice, room.ID) },
		"InTx":        func() error { return svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error { return send(s) }) },
	} {
		if err := do(); !chat.IsRetryable(err) {
			t.Errorf("%s beside another writer: %v is not to be retried", name, err)
		}
	}
	chatsuite.NoError(t, chatsuite.ErrorOf(svc.Messages(ctx, alice, room.ID, chat.HistoryQuery{}))) // readers do not care
	waiting := make(chan error, 1)
	go func() { waiting <- send(svc) }()
	chatsuite.NoError(t, busy.Rollback().Error)
	chatsuite.NoError(t, <-waiting)
}

// A deferred transaction that has read cannot always write: SQLITE_BUSY_SNAPSHOT,
// which no waiting mends.
func TestSQLiteSnapshotTooOldIsRetryable(t *testing.T) {
	t.Parallel()
	config := chat.Config{UserIDs: chat.StringIDs}
	dsn := strings.Replace(dbtest.SQLiteDSN(dbtest.SQLitePath(t, chatsuite.SQLite.Template(config))), "_txlock=immediate&", "", 1)
	db := dbtest.Open(t, sqlite.Open(dsn), gorm.Config{})
	svc := chatsuite.Must(chat.New(db, config))(t)
	ctx, alice := t.Context(), chat.ID("user-01")
	room := chatsuite.Must(svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "x"}))(t)
	send := func(s *chat.Service) error {
		return chatsuite.ErrorOf(s.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "x"}))
	}
	err := svc.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		var users int64
		if err := tx.Raw("SELECT count(*) FROM users").Scan(&users).Error; err != nil {
			return err
		}
		if err := send(svc); err != nil {
			return fmt.Errorf("outside: %w", err)
		}
		return send(s)
	})
	if !chat.IsRetryable(err) {
		t.Errorf("a write after an old read: %v is not to be retried", err)
	}
}

// waitUntilBlocked returns when some connection waits for a lock.
func waitUntilBlocked(h *chatsuite.Host) error {
	for end := time.Now().Add(chatsuite.Timeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var n int64
		if err := h.DB.Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n).Error; err != nil || n > 0 {
			return err
		}
	}
	return errors.New("nobody waits")
}

func TestPostgresLocksThatFailAreRetryable(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		one, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		send := func(s *chat.Service, room uuid.UUID) error {
			return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Bob, room, chat.NewMessage{Text: "x"}))
		}
		t.Run("a deadlock of two hosts", func(t *testing.T) {
			both := make(chan struct{}, 2)
			cross := func(first, second uuid.UUID) func() error {
				return func() error {
					return h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
						if err := send(s, first); err != nil {
							return err
						}
						both <- struct{}{}
						for len(both) < cap(both) {
							time.Sleep(time.Millisecond)
						}
						return send(s, second)
					})
				}
			}
			errs := chatsuite.Parallel(cross(one.ID, other.ID), cross(other.ID, one.ID))
			if (errs[0] == nil) == (errs[1] == nil) || !chat.IsRetryable(errors.Join(errs...)) {
				t.Errorf("errors are %v, want one to be retried", errs)
			}
		})
		t.Run("a lock_timeout of the host's", func(t *testing.T) {
			chatsuite.NoError(t, h.HoldTx(func(_ *gorm.DB, s *chat.Service) error { return send(s, one.ID) }, func() error {
				err := h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
					if err := tx.Exec("SET LOCAL lock_timeout = '20ms'").Error; err != nil {
						return err
					}
					return send(s, one.ID)
				})
				if !chat.IsRetryable(err) {
					return fmt.Errorf("not to be retried: %w", err)
				}
				return nil
			}))
		})
		t.Run("a snapshot of the host's that is too old", func(t *testing.T) {
			tx := h.DB.Begin(&sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			chatsuite.NoError(t, tx.Exec("SELECT 1 FROM users").Error)
			chatsuite.NoError(t, send(h.Service, one.ID))
			bound, _ := h.WithTx(tx)
			if err := send(bound, one.ID); !chat.IsRetryable(err) {
				t.Errorf("%v is not to be retried", err)
			}
			chatsuite.NoError(t, tx.Rollback().Error)
		})
		h.CheckRoomLogs()
	})
}

// A host that locks its own user and then the room meets somebody who holds the room and
// adds that user. The one that the database gives up is tried again.
func TestADeadlockWithAHostIsTriedAgain(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for try := 1; ; try++ {
			user := h.UserID(10 + try)
			added := make(chan error, 1)
			var blocked error
			err := h.DB.Transaction(func(tx *gorm.DB) error {
				if err := tx.Exec("SELECT 1 FROM users WHERE id = ? FOR UPDATE", user).Error; err != nil {
					return err
				}
				go func() {
					added <- chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: user}))
				}()
				if blocked = waitUntilBlocked(h); blocked != nil {
					return blocked
				}
				return tx.Exec("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE", room.ID).Error
			})
			chatsuite.NoError(t, blocked)
			chatsuite.NoError(t, <-added)
			if n := h.QueryInt("SELECT count(*) FROM chat_room_users"); n != int64(2+try) {
				t.Fatalf("%d members after %d were added", n, try)
			}
			if err == nil {
				break // the library was the one given up, and tried again
			}
			if try == 5 {
				t.Fatalf("the host is always the one given up: %v", err)
			}
		}
		h.CheckRoomLogs()
	})
}
