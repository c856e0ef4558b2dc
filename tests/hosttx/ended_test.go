package hosttx_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// marked is the key of a context whose transactions an endedPool counts.
type marked struct{}

// endedPool is a pool that calls end at one of the statements of the transactions of a
// marked context, COMMIT being one, and lets the statement through when database/sql has
// rolled the transaction back.
type endedPool struct {
	*sql.DB
	at    int64 // from 1; 0: at none
	count atomic.Int64
	end   func()
}

func (e *endedPool) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := e.DB.BeginTx(ctx, options)
	if ctx.Value(marked{}) == nil || err != nil {
		return tx, err
	}
	return &endedTx{tx, e}, nil
}

type endedTx struct {
	*sql.Tx
	pool *endedPool
}

// next returns the context for a statement. That of one that comes too late is looked at
// before the rollback, as when both happen at once.
func (e *endedTx) next(ctx context.Context) context.Context {
	if e.pool.count.Add(1) != e.pool.at {
		return ctx
	}
	e.pool.end()
	for {
		if _, err := e.Tx.ExecContext(context.Background(), "SELECT 1"); errors.Is(err, sql.ErrTxDone) {
			return context.WithoutCancel(ctx)
		}
		time.Sleep(time.Millisecond)
	}
}

func (e *endedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return e.Tx.ExecContext(e.next(ctx), query, args...)
}

func (e *endedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return e.Tx.QueryContext(e.next(ctx), query, args...)
}

func (e *endedTx) Commit() error {
	e.next(context.Background())
	return e.Tx.Commit()
}

func endedService(h *chatsuite.Host, pool *endedPool) *chat.Service {
	h.T.Helper()
	pool.DB = chatsuite.Must(h.DB.DB())(h.T)
	db := chatsuite.Must(gorm.Open(h.PoolDialector(pool), &gorm.Config{Logger: logger.Discard}))(h.T)
	svc := chatsuite.Must(chat.New(db, h.Config))(h.T)
	h.T.Cleanup(func() { chatsuite.NoError(h.T, svc.Close()) })
	return svc
}

// endedCall is an operation whose context ends while it runs.
type endedCall struct {
	name string
	do   func(context.Context, *chat.Service) error
}

func endedCalls(h *chatsuite.Host) []endedCall {
	room := h.NewGroup(h.Bob)
	message := h.Send(h.Alice, room.ID, "first")
	text := "second"
	calls := []endedCall{
		{"CreateRoom", func(ctx context.Context, s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(ctx, h.Bob, chat.NewRoom{Name: "new"}))
		}},
		{"EditMessage", func(ctx context.Context, s *chat.Service) error { // of mentions, which is a transaction on both
			return chatsuite.ErrorOf(s.EditMessage(ctx, h.Alice, message.ID, chat.MessagePatch{Text: &text, Mentions: &[]chat.UserID{h.Bob}}))
		}},
		{"InTx", func(ctx context.Context, s *chat.Service) error {
			return s.InTx(ctx, func(_ *gorm.DB, bound *chat.Service) error {
				return chatsuite.ErrorOf(bound.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: "third"}))
			})
		}},
		{"a read in InTx", func(ctx context.Context, s *chat.Service) error {
			return s.InTx(ctx, func(_ *gorm.DB, bound *chat.Service) error {
				return chatsuite.ErrorOf(bound.Rooms(ctx, h.Bob, chat.RoomsQuery{}))
			})
		}},
		{"Events in InTx", func(ctx context.Context, s *chat.Service) error {
			return s.InTx(ctx, func(_ *gorm.DB, bound *chat.Service) error {
				return chatsuite.ErrorOf(bound.Events(ctx, h.Bob, room.ID, chat.EventsQuery{}))
			})
		}},
	}
	if h.Postgres { // SQLite's snapshots are no transactions of database/sql
		calls = append(calls, endedCall{"Events", func(ctx context.Context, s *chat.Service) error {
			return chatsuite.ErrorOf(s.Events(ctx, h.Bob, room.ID, chat.EventsQuery{}))
		}}, endedCall{"Subscribe", func(ctx context.Context, s *chat.Service) error {
			sub, err := s.Subscribe(ctx, h.Bob, chat.SubscribeOptions{})
			if err == nil {
				sub.Close()
			}
			return err
		}})
	}
	return append(calls, // the last, since they do it in the end
		endedCall{"LeaveRoom", func(ctx context.Context, s *chat.Service) error { return s.LeaveRoom(ctx, h.Bob, room.ID) }},
		endedCall{"DeleteRoom", func(ctx context.Context, s *chat.Service) error { return s.DeleteRoom(ctx, h.Alice, room.ID) }})
}

// TestContextThatEndsIsTheError: whichever statement, or commit, finds that the
// transaction was rolled back because the context has ended, the context's error is what
// the caller gets, and nothing is stored.
func TestContextThatEndsIsTheError(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			for _, c := range endedCalls(h) {
				if ended := endAtEach(t, h, c); ended < 2 {
					t.Errorf("%s has %d statements", c.name, ended)
				}
			}
		})
	}
}

// endAtEach ends the context of a call at each of its statements in turn, until there are
// no more and it is done. It returns how many there were.
func endAtEach(t *testing.T, h *chatsuite.Host, c endedCall) (ended int) {
	t.Helper()
	before := h.CountRows("chat_events")
	for at := int64(1); ; at++ {
		ctx, cancel := context.WithCancel(context.WithValue(h.Ctx, marked{}, true))
		pool := &endedPool{at: at, end: cancel}
		err := c.do(ctx, endedService(h, pool))
		cancel()
		if pool.count.Load() < at {
			chatsuite.NoError(t, err)
			return ended
		}
		ended++
		if !errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrTxDone) || chat.IsRetryable(err) {
			t.Errorf("%s that ends at statement %d: %v", c.name, at, err)
		}
		if n := h.CountRows("chat_events"); n != before {
			t.Errorf("%s that ends at statement %d made %d events", c.name, at, n-before)
		}
	}
}

// TestTransactionThatTakesTooLong: the library ends a transaction of its own that waits for
// too long. Rolled back before its commit it may be tried again; where it was committing,
// what became of it is not known.
func TestTransactionThatTakesTooLong(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			pool := &endedPool{end: func() {}}
			svc := endedService(h, pool)
			ctx := context.WithValue(h.Ctx, marked{}, true)
			for range 2 { // the first one of a service has a statement more on SQLite
				pool.count.Store(0)
				chatsuite.Must(svc.CreateRoom(ctx, h.Bob, chat.NewRoom{Name: "new"}))(t)
			}
			pool.at = 2 * pool.count.Load() // the commit of the next one
			_, err := svc.CreateRoom(ctx, h.Bob, chat.NewRoom{Name: "new"})
			if pool.count.Load() < pool.at {
				t.Fatal("there was no commit")
			}
			if !chat.IsRetryable(err) || chatsuite.ErrorIsAny(err, context.Canceled, sql.ErrTxDone) {
				t.Errorf("rolled back: %v", err)
			}
		})
	}
	t.Run("in the commit", func(t *testing.T) {
		t.Parallel()
		h := chatsuite.New(t, chatsuite.Postgres)
		for _, statement := range []string{
			"CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'",
			"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON chat_rooms DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleep()",
		} {
			chatsuite.NoError(t, h.DB.Exec(statement).Error)
		}
		_, err := h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "new"})
		if !errors.Is(err, chat.ErrUnavailable) || chat.IsRetryable(err) || errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}
