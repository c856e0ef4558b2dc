package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

var roomA, roomB, roomC = uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}

// One waits for the lock of a room, and a few for locks at all.
func TestTurnsToWaitForLocks(t *testing.T) {
	q := chat.NewLockQueue(2)
	endA := q.Try(roomA)
	if endA == nil || q.Try(roomA) != nil {
		t.Fatal("a room has one turn")
	}
	endB := q.Try(roomB)
	if endB == nil || q.Try(roomC) != nil {
		t.Fatal("there are two turns")
	}
	endA()
	endC := q.Try(roomC)
	if endC == nil {
		t.Fatal("a turn that ended is free")
	}
	endA() // again, which is nothing
	if q.Try(roomA) != nil {
		t.Error("a turn was given back twice")
	}
	endB()
	endC()
	if !q.Empty() {
		t.Error("something stays")
	}
}

// Turns are granted in the order in which they were asked for, past those whose room has
// one.
func TestTurnsAreGrantedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := chat.NewLockQueue(2)
		endA, endB := q.Try(roomA), q.Try(roomB)
		var mu sync.Mutex
		var order []string
		var done sync.WaitGroup
		ask := func(name string, room uuid.UUID) {
			done.Go(func() {
				end, err := q.Wait(t.Context(), room)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				time.Sleep(time.Second)
				end()
			})
			synctest.Wait()
		}
		ask("A1", roomA)
		ask("A2", roomA)
		ask("C", roomC)
		endB()
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[C]" {
			t.Errorf("with A held: %s", got)
		}
		endA()
		done.Wait()
		if got := fmt.Sprint(order); got != "[C A1 A2]" {
			t.Errorf("in the end: %s", got)
		}
		if !q.Empty() {
			t.Error("something stays")
		}
	})
}

// Nobody queues for longer than a lock is waited for, or than their context says.
func TestTurnsAreNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := chat.NewLockQueue(1)
		end := q.Try(roomA)
		began := time.Now()
		if _, err := q.Wait(t.Context(), roomB); !chat.IsRetryable(err) || time.Since(began) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.Wait(ctx, roomA); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		end()
		if !q.Empty() {
			t.Error("something stays")
		}
	})
}

// When one has waited in vain, those who have queued for as long fail with it, and those
// who came just now do not.
func TestTurnsEndWithOneThatGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := chat.NewLockQueue(1)
		end := q.Try(roomA)
		gaveUp := errors.New("in vain")
		early, late := make(chan error, 1), make(chan error, 1)
		wait := func(result chan error) {
			next, err := q.Wait(t.Context(), roomA)
			if err == nil {
				next()
			}
			result <- err
		}
		go wait(early)
		time.Sleep(4 * time.Second)
		go wait(late)
		time.Sleep(500 * time.Millisecond)
		q.GiveUp(roomA, gaveUp)
		end()
		if err := <-early; !errors.Is(err, gaveUp) {
			t.Errorf("who queued for long: %v", err)
		}
		if err := <-late; err != nil {
			t.Errorf("who came just now: %v", err)
		}
		if !q.Empty() {
			t.Error("something stays")
		}
	})
}

func TestLockWaiters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ pool, setting, want int }{
		{20, 0, 5}, {3, 0, 1}, {1, 0, 1}, {0, 0, 8}, {20, 7, 7},
	} {
		h := chatsuite.New(t, chatsuite.SQLiteFile, func(c *chat.Config) { c.LockWaiters = test.setting })
		chatsuite.Must(h.DB.DB())(t).SetMaxOpenConns(test.pool)
		if got := chat.LockWaiters(h.Service); got != test.want {
			t.Errorf("%d connections and the setting %d: %d", test.pool, test.setting, got)
		}
	}
	h := chatsuite.New(t, chatsuite.SQLite)
	source := chatsuite.Must(chatsuite.New(t, chatsuite.SQLiteFile).DB.DB())(t)
	source.SetMaxOpenConns(12)
	chatsuite.NoError(t, h.DB.Use(dbresolver.Register(dbresolver.Config{ // where transactions are begun
		Sources: []gorm.Dialector{chatsuite.SQLite.PoolDialector(source)},
	})))
	if got := chat.LockWaiters(h.Service); got != 3 {
		t.Errorf("12 connections of the source and 1 of the handle: %d", got)
	}
	_, err := chat.New(h.DB, chat.Config{LockWaiters: -1})
	chatsuite.WantFieldError(t, err, chat.ErrInvalid, "LockWaiters", 0)
}

// Many wait for a room that a host holds, with a pool that is smaller than they are many:
// everybody else goes on, reads and writes.
func TestWaitersLeaveConnectionsToOthers(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	const connections = 4
	chatsuite.Must(h.DB.DB())(t).SetMaxOpenConns(connections)
	held, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
	message := h.Send(h.Alice, held.ID, "hi")
	host := chatsuite.Must(chat.New(hostPool(t, h), h.Config))(t)
	const waiters = 3 * connections
	waited := make(chan error, waiters)
	chatsuite.NoError(t, host.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
		if _, err := s.SendMessage(h.Ctx, h.Alice, held.ID, chat.NewMessage{Text: "held"}); err != nil {
			return err
		}
		for i := range waiters {
			go func() { waited <- chatsuite.ErrorOf(h.React(h.Ctx, h.UserID(1+i%2), message.ID, "👍")) }()
		}
		time.Sleep(100 * time.Millisecond) // until they wait
		for range 5 {
			h.Send(h.Bob, other.ID, "on")
			chatsuite.Must(h.Messages(h.Ctx, h.Bob, held.ID, chat.HistoryQuery{}))(t)
		}
		if len(waited) > 0 {
			t.Errorf("a reaction came through: %v", <-waited)
		}
		return nil
	}))
	for range waiters {
		chatsuite.NoError(t, <-waited)
	}
}
