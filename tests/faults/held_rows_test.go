package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

const (
	// waitLimit is what every call outside of a host's transaction keeps to.
	waitLimit = 6 * time.Second
	// slack is for a machine that has other things to do. Who waits for two locks in turn, five
	// seconds each, still takes longer.
	slack = 3 * time.Second
	// holdTime is longer than anybody may wait.
	holdTime = 15 * time.Second
)

// begin runs statements in a transaction of a host's, which holds what they lock until
// end is called.
func begin(t *testing.T, db *gorm.DB, statements ...string) (end func()) {
	t.Helper()
	tx := db.Begin()
	chatsuite.NoError(t, tx.Error)
	end = sync.OnceFunc(func() { tx.Rollback() })
	t.Cleanup(end)
	for _, statement := range statements {
		if err := tx.Exec(statement).Error; err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return end
}

// warm opens all connections of a pool, so that no call has to wait for one.
func warm(t *testing.T, db *gorm.DB, connections int) {
	t.Helper()
	pool := chatsuite.Must(db.DB())(t)
	open := make([]func() error, connections)
	for i := range open {
		open[i] = chatsuite.Must(pool.Conn(t.Context()))(t).Close
	}
	for _, closeConn := range open {
		chatsuite.NoError(t, closeConn())
	}
}

// wantAnswers marks the test as failed where a call took too long, or ended with an error
// that does not say to try again.
func wantAnswers(t *testing.T, answers []answer, limit func(call) time.Duration) {
	t.Helper()
	waited, longest, lag := 0, answer{}, lagOf(answers)
	if lag > waitLimit-2*time.Second {
		t.Errorf("a read took %s", lag)
	}
	for _, a := range answers {
		if a.took > limit(a.call)+slack+lag {
			t.Errorf("%s took %s: %v", a.call.name, a.took, a.err)
		}
		if a.err != nil && !chat.IsRetryable(a.err) {
			t.Errorf("%s, after %s: %v is not to be retried", a.call.name, a.took, a.err)
		}
		if a.took > time.Second {
			waited++
		}
		if a.took > longest.took {
			longest = a
		}
	}
	t.Logf("%d calls, of which %d waited; the longest was %s with %s", len(answers), waited, longest.call.name, longest.took.Round(time.Millisecond))
}

// readers are methods that wait for no lock: what they take is the machine's.
var readers = []string{"Bans", "Media", "Message", "Messages", "Reactions", "Room", "RoomUsers", "Rooms", "Unread"}

// lagOf returns how long the slowest of the readers took.
func lagOf(answers []answer) (lag time.Duration) {
	for _, a := range answers {
		if slices.Contains(readers, a.call.name) {
			lag = max(lag, a.took)
		}
	}
	return lag
}

func sixSeconds(call) time.Duration { return waitLimit }

// While a host's transaction holds all rows of a table, every call ends within six
// seconds, done or to be tried again.
func TestEveryCallEndsWhileRowsAreHeld(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t) // with connections for all calls of all databases
	w := newWorld(chatsuite.Postgres)
	var tables []string
	chatsuite.NoError(t, w.pool(t, server.DSN(t, w.template()), 1).Raw(
		"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'chat_migrations'").Scan(&tables).Error)
	if !slices.Contains(tables, "users") || !slices.Contains(tables, "chat_messages") {
		t.Fatalf("the tables are %v", tables)
	}
	for _, table := range tables {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			dsn := server.DSN(t, w.template())
			const connections = 64 // more than calls
			db := w.pool(t, dsn, connections)
			config := w.config()
			config.LockWaiters = connections // all of them wait in the database
			svc := chatsuite.Must(chat.New(db, config))(t)
			warm(t, db, connections)
			release := begin(t, w.pool(t, dsn, 1), "SELECT 1 FROM "+table+" FOR UPDATE")
			wantAnswers(t, w.callAll(svc, holdTime, 0), sixSeconds)
			release()
			chatsuite.NoError(t, svc.Close())
		})
	}
	t.Run("chat_rooms, with a small pool", func(t *testing.T) {
		t.Parallel()
		dsn := server.DSN(t, w.template())
		svc := w.open(t, dsn, 20)
		release := begin(t, w.pool(t, dsn, 1), "SELECT 1 FROM chat_rooms FOR UPDATE")
		wantAnswers(t, w.callAll(svc, holdTime, 0), sixSeconds)
		release()
	})
}

var errUndone = errors.New("undone")

// While a host's transaction has made each of the calls itself and is not committed, every
// other who makes it ends within six seconds.
func TestEveryCallEndsBesideItsTwin(t *testing.T) {
	t.Parallel()
	w := postgresWorld
	dsn := w.newDSN(t)
	const connections = 60
	db := w.pool(t, dsn, connections)
	svc := chatsuite.Must(chat.New(db, w.config()))(t)
	warm(t, db, connections)
	host := w.open(t, dsn, 1)
	err := host.InTx(t.Context(), func(_ *gorm.DB, s *chat.Service) error {
		for _, c := range calls {
			if c.name == "SweepMedia" || c.name == "Subscribe" || c.name == "Maintain" {
				continue // they are for outside of transactions
			}
			if err := c.make(t.Context(), w.caller(s, c)); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		wantAnswers(t, w.callAll(svc, holdTime, 0), sixSeconds)
		return errUndone
	})
	if !errors.Is(err, errUndone) {
		t.Error(err)
	}
	chatsuite.NoError(t, svc.Close())
}

// A lock timeout is for one lock. Two in turn of four and a half seconds each are six at most,
// apart from what has to end however much there is to do.
func TestEveryCallEndsWhileRowsAreHeldInTurn(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	w := newWorld(chatsuite.Postgres)
	for _, tables := range [][2]string{
		{"users", "chat_rooms"}, {"chat_rooms", "users"}, {"chat_rooms", "chat_room_users"}, {"chat_media", "chat_rooms"},
	} {
		t.Run(tables[0]+" and "+tables[1], func(t *testing.T) {
			t.Parallel()
			dsn := server.DSN(t, w.template())
			const connections = 64
			db := w.pool(t, dsn, connections)
			config := w.config()
			config.LockWaiters = connections
			svc := chatsuite.Must(chat.New(db, config))(t)
			warm(t, db, connections)
			hosts := w.pool(t, dsn, 2)
			var holds [2]func()
			for i, table := range tables {
				holds[i] = begin(t, hosts, "SELECT 1 FROM "+table+" FOR UPDATE")
				timer := time.AfterFunc(time.Duration(i+1)*4500*time.Millisecond, holds[i])
				t.Cleanup(func() { timer.Stop() })
			}
			wantAnswers(t, w.callAll(svc, holdTime, 0), func(c call) time.Duration {
				if c.untimed {
					return 10 * time.Second
				}
				return waitLimit
			})
			chatsuite.NoError(t, svc.Close())
		})
	}
}

// SQLite has one writer. Who waits for a host's transaction gives up within six seconds,
// and readers do not wait.
func TestEveryCallEndsWhileSQLiteIsHeld(t *testing.T) {
	t.Parallel()
	w := sqliteWorld
	for _, connections := range []int{8, 60} {
		t.Run(fmt.Sprint(connections, " connections"), func(t *testing.T) {
			t.Parallel()
			dsn := w.newDSN(t)
			svc := w.open(t, dsn, connections)
			release := begin(t, w.pool(t, dsn, 1), "UPDATE chat_meta SET value = value")
			answers := w.callAll(svc, holdTime, 0)
			wantAnswers(t, answers, sixSeconds)
			release()
		})
	}
}

// Close returns when what is being sent has ended, and not before.
func TestCloseWaitsForWhatIsSent(t *testing.T) {
	t.Parallel()
	w := postgresWorld
	dsn := w.newDSN(t)
	svc := w.open(t, dsn, 20)
	sender := w.caller(svc, calls[slices.IndexFunc(calls, func(c call) bool { return c.name == "SendMessage" })])
	chatsuite.NoError(t, ignore(svc.Unread(t.Context(), sender.alice))) // the schema is known
	release := begin(t, w.pool(t, dsn, 1), "SELECT 1 FROM chat_rooms FOR UPDATE")
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan error, 1)
	go func() { returned <- sender.send(ctx, sender.alice, chat.NewMessage{Text: "x"}) }()
	watcher := w.pool(t, dsn, 1)
	for waiting := 0; waiting == 0; time.Sleep(5 * time.Millisecond) {
		chatsuite.NoError(t, watcher.Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting).Error)
	}
	cancel()
	chatsuite.WantError(t, <-returned, context.Canceled)
	closed := make(chan error, 1)
	go func() { closed <- svc.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close returned beside a send that waits: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	release()
	select {
	case err := <-closed:
		chatsuite.NoError(t, err)
	case <-time.After(chatsuite.Timeout):
		t.Error("Close does not return")
	}
}
