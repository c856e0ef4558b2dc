package chat

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"testing"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/internal/dialect"
)

// listening is a service on a database with several connections.
type listening struct {
	*Service
	t          *testing.T
	alice, bob UserID
	room       *Room
}

// overListening runs a test on both databases.
func overListening(t *testing.T, test func(t *testing.T, l *listening)) {
	t.Helper()
	t.Parallel()
	for name, open := range map[string]func(testing.TB, dbtest.Template) *gorm.DB{
		"sqlite": dbtest.SQLiteFile, "postgres": dbtest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, dbtest.Template{Key: "commits", Prepare: func(ctx context.Context, db *gorm.DB) error {
				return Migrate(ctx, db, Config{})
			}})
			svc, err := New(db, Config{})
			if err != nil {
				t.Fatal(err)
			}
			l := &listening{Service: svc, t: t, alice: "alice", bob: "bob"}
			if l.room, err = svc.OpenPrivate(t.Context(), l.alice, l.bob); err != nil {
				t.Fatal(err)
			}
			test(t, l)
		})
	}
}

func (l *listening) send(s *Service) {
	l.t.Helper()
	if _, err := s.SendMessage(l.t.Context(), l.alice, l.room.ID, NewMessage{Text: "x"}); err != nil {
		l.t.Error(err)
	}
}

func woken(wake <-chan struct{}) bool {
	select {
	case <-wake:
		return true
	default:
		return false
	}
}

// lastSeq is what another connection sees.
func (l *listening) lastSeq() (seq int64) {
	l.t.Helper()
	if err := l.db.Raw("SELECT COALESCE(max(seq), 0) FROM chat_events WHERE room_id = ?", l.room.ID).Scan(&seq).Error; err != nil {
		l.t.Error(err)
	}
	return seq
}

// Woken too early, a listener would read the log before the event is in it, and
// sleep.
func TestListenersSeeWhatTheyAreWokenFor(t *testing.T) {
	overListening(t, func(t *testing.T, l *listening) {
		for name, write := range map[string]func(){
			"an operation": func() { l.send(l.Service) },
			"InTx": func() {
				if err := l.InTx(t.Context(), func(_ *gorm.DB, s *Service) error { l.send(s); return nil }); err != nil {
					t.Error(err)
				}
			},
			"WithTx": func() {
				var done func()
				if err := l.db.Transaction(func(tx *gorm.DB) error {
					var s *Service
					s, done = l.WithTx(tx)
					l.send(s)
					return nil
				}); err != nil {
					t.Error(err)
				}
				done()
			},
		} {
			for range 20 {
				wake, before := l.state.commits.wait(), l.lastSeq()
				seen := make(chan int64, 1)
				go func() {
					<-wake
					seen <- l.lastSeq()
				}()
				write()
				select {
				case after := <-seen:
					if after != before+1 {
						t.Errorf("%s: woken at seq %d, want %d", name, after, before+1)
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("%s: nobody was woken", name)
				}
			}
		}
	})
}

func TestListenersSleepUntilTheCommit(t *testing.T) {
	overListening(t, func(t *testing.T, l *listening) {
		wake := l.state.commits.wait()
		early := func(when string) {
			t.Helper()
			if woken(wake) {
				t.Errorf("woken %s", when)
				wake = l.state.commits.wait()
			}
		}
		if err := l.InTx(t.Context(), func(_ *gorm.DB, s *Service) error {
			l.send(s)
			early("inside InTx")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !woken(wake) {
			t.Error("not woken by InTx")
		}

		wake = l.state.commits.wait()
		tx := l.db.Begin()
		s, done := l.WithTx(tx)
		l.send(s)
		early("before the host's commit")
		if err := tx.Commit().Error; err != nil {
			t.Fatal(err)
		}
		early("before done")
		if done(); !woken(wake) {
			t.Error("not woken by done")
		}
	})
}

func TestNobodyIsWokenForWhatDidNotHappen(t *testing.T) {
	overListening(t, func(t *testing.T, l *listening) {
		wake := l.state.commits.wait()
		host := errors.New("the host changed its mind")
		if _, err := l.CreateRoom(t.Context(), l.alice, NewRoom{}); !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
		if err := l.LeaveRoom(t.Context(), l.alice, l.room.ID); !errors.Is(err, ErrConflict) {
			t.Error(err)
		}
		if err := l.InTx(t.Context(), func(_ *gorm.DB, s *Service) error { l.send(s); return host }); !errors.Is(err, host) {
			t.Error(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = l.InTx(t.Context(), func(_ *gorm.DB, s *Service) error { l.send(s); panic(host) })
		}()
		if err := l.db.Transaction(func(tx *gorm.DB) error {
			s, _ := l.WithTx(tx)
			l.send(s)
			return host
		}); !errors.Is(err, host) {
			t.Error(err)
		}
		if _, err := l.Rooms(t.Context(), l.alice, RoomsQuery{}); err != nil {
			t.Error(err)
		}
		if woken(wake) {
			t.Error("woken by a refusal, a rollback or a read")
		}
		if seq := l.lastSeq(); seq != 1 {
			t.Errorf("the room's log goes to %d, want 1", seq)
		}
	})
}

// A message that may be stored all the same must not be sent again for an error of a later
// try, which is retryable by itself.
func TestErrorOfADoubtfulMessageIsNotRetryable(t *testing.T) {
	t.Parallel()
	for _, doubtful := range []bool{false, true} {
		one, err := newSend(principal{system: true}, newID(), NewMessage{Text: "x"})
		if err != nil {
			t.Fatal(err)
		}
		one.doubtful = doubtful
		one.Fail(&retryableError{err: errors.New("deadlock")})
		if IsRetryable(one.err) == doubtful || errors.Is(one.err, ErrUnavailable) != doubtful {
			t.Errorf("doubtful %v: %v", doubtful, one.err)
		}
	}
}

// losingPool loses the answer to the first COMMIT, and then begins no transaction.
type losingPool struct {
	*sql.DB
	lost bool
}

type losingTx struct {
	*sql.Tx
	pool *losingPool
}

func (p *losingPool) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	if p.lost {
		return nil, &retryableError{err: errors.New("a lock was waited for in vain"), lockTimeout: true}
	}
	tx, err := p.DB.BeginTx(ctx, options)
	return &losingTx{tx, p}, err
}

func (tx *losingTx) Commit() error {
	tx.pool.lost = true
	return errors.Join(tx.Tx.Commit(), io.ErrUnexpectedEOF)
}

// Of a group whose COMMIT was not answered each message is tried alone. Where that fails too,
// it may be stored all the same.
func TestAGroupWhoseCommitIsNotAnsweredIsDoubtful(t *testing.T) {
	overListening(t, func(t *testing.T, l *listening) {
		pool, err := l.db.DB()
		if err != nil {
			t.Fatal(err)
		}
		dialector := postgres.New(postgres.Config{Conn: &losingPool{DB: pool}})
		if l.dialect == dialect.SQLite {
			dialector = sqlite.New(sqlite.Config{Conn: &losingPool{DB: pool}})
		}
		db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
		if err != nil {
			t.Fatal(err)
		}
		svc, err := New(db, Config{})
		if err != nil {
			t.Fatal(err)
		}
		var group []*send
		for _, user := range []UserID{l.alice, l.bob} {
			one, err := newSend(principal{id: user}, l.room.ID, NewMessage{Text: "x"})
			if err != nil {
				t.Fatal(err)
			}
			group = append(group, one)
		}
		turn, err := svc.state.locks.wait(t.Context(), l.room.ID) // the way of the lock
		if err != nil {
			t.Fatal(err)
		}
		svc.settleSends(t.Context(), group, turn)
		for _, one := range group {
			if !one.settled || !errors.Is(one.err, ErrUnavailable) || IsRetryable(one.err) {
				t.Errorf("settled %v, error is %v", one.settled, one.err)
			}
		}
		if seq := l.lastSeq(); seq != 3 {
			t.Errorf("the room's log goes to %d, want 3", seq)
		}
	})
}
