package events_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// crowd are many subscriptions that are read, and how long after its acknowledgement each
// message reached each of them.
type crowd struct {
	mu   sync.Mutex
	sent map[int64]time.Time // by seq
	took []time.Duration
	done sync.WaitGroup
}

func newCrowd(t *testing.T, h *chatsuite.Host, n int) *crowd {
	t.Helper()
	c := &crowd{sent: map[int64]time.Time{}}
	for i := range n {
		sub := chatsuite.Must(h.Subscribe(h.Ctx, h.UserID(2+i%60), chat.SubscribeOptions{}))(t)
		t.Cleanup(sub.Close)
		c.done.Go(func() {
			for {
				u, err := sub.Next(context.Background())
				if err != nil {
					if !errors.Is(err, chat.ErrClosed) {
						t.Errorf("a quick reader: %v", err)
					}
					return
				}
				if u.Seq > 0 {
					c.got(u.Seq)
				}
			}
		})
	}
	return c
}

func (c *crowd) got(seq int64) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	took := time.Duration(0) // before the sender has heard of it
	if sent, known := c.sent[seq]; known {
		took = now.Sub(sent)
	}
	c.took = append(c.took, took)
}

// p99 sends messages and returns the 99th percentile of how long they took to all.
func (c *crowd) p99(t *testing.T, h *chatsuite.Host, room uuid.UUID, messages, readers int) time.Duration {
	t.Helper()
	seq := h.QueryInt("SELECT last_seq FROM chat_rooms WHERE id = ?", room)
	c.mu.Lock()
	c.took = nil
	c.mu.Unlock()
	for i := range messages {
		h.Send(h.Alice, room, strings.Repeat("x", 2000))
		c.mu.Lock()
		c.sent[seq+int64(i)+1] = time.Now()
		c.mu.Unlock()
		c.await(t, (i+1)*readers)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.took)
	return c.took[len(c.took)*99/100]
}

// await returns when there were n deliveries.
func (c *crowd) await(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(chatsuite.Timeout); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		got := len(c.took)
		c.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d deliveries", got, n)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAReaderThatNeverReadsHurtsNobody has it among a thousand: it is closed, holds no
// more than its bounds until then, and the others are told as soon as before.
func TestAReaderThatNeverReadsHurtsNobody(t *testing.T) {
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			h := chatsuite.New(t, v)
			var members []chat.UserID
			for n := 2; n <= 62; n++ {
				members = append(members, h.UserID(n))
			}
			room := h.NewGroup(members...)
			const readers = 999
			c := newCrowd(t, h, readers)
			c.p99(t, h, room.ID, 20, readers) // warm
			before := c.p99(t, h, room.ID, 150, readers)
			held := heap()
			stuck := subscribe(t, h, h.Bob, "")
			with := c.p99(t, h, room.ID, 150, readers)
			if grown := int64(heap()) - int64(held); grown > 16<<20 {
				t.Errorf("memory grows by %d bytes", grown)
			}
			after := c.p99(t, h, room.ID, 400, readers)
			stuck.want(chat.UpdateHello)
			chatsuite.WantError(t, stuck.end(), chat.ErrLagged)
			t.Logf("p99 before %v, with a reader that never reads %v and %v", before, with, after)
			const slack = 100 * time.Millisecond // of a machine that does other things too
			if limit := 3*before + slack; with > limit || after > limit {
				t.Errorf("p99 grows from %v to %v and %v", before, with, after)
			}
			chatsuite.NoError(t, h.Close())
			c.done.Wait()
		})
	}
}

// TestAFileRestoredFromACopy goes back to a copy of a SQLite file: who has seen what is
// lost reads again, also after the ids of the log were given to others; who has not goes
// on without a gap.
func TestAFileRestoredFromACopy(t *testing.T) {
	t.Parallel()
	open := func(path string) *chatsuite.Host {
		return chatsuite.NewOn(t, chatsuite.SQLiteFile, func(dbtest.Template) *gorm.DB {
			return dbtest.Open(t, chatsuite.SQLiteFile.Dialector(dbtest.SQLiteDSN(path)), gorm.Config{})
		})
	}
	path := dbtest.SQLitePath(t, chatsuite.SQLiteFile.Template(chat.Config{UserIDs: chat.StringIDs}))
	h := open(path)
	room := h.NewGroup(h.Bob)
	bob := subscribe(t, h, h.Bob, "")
	early := bob.want(chat.UpdateHello).Cursor
	h.Send(h.Alice, room.ID, "kept")
	bob.want(kind(chat.MessageCreated))
	backup := filepath.Join(t.TempDir(), "copy.db")
	chatsuite.NoError(t, h.DB.Exec("VACUUM INTO ?", backup).Error)
	h.Send(h.Alice, room.ID, "lost")
	late := bob.want(kind(chat.MessageCreated)).Cursor
	h.Send(h.Alice, room.ID, "lost too")
	last := bob.want(kind(chat.MessageCreated)).Cursor

	other := filepath.Join(t.TempDir(), "restored.db")
	chatsuite.NoError(t, os.WriteFile(other, chatsuite.Must(os.ReadFile(backup))(t), 0o600))
	restored := open(other)
	send := func() { restored.Send(restored.Alice, room.ID, "after") }
	wantReset(t, restored, restored.Bob, late, send)
	for range 5 {
		send() // the ids are there again
	}
	for _, cursor := range []chat.Cursor{late, last} {
		wantReset(t, restored, restored.Bob, cursor, send)
	}
	s := subscribe(t, restored, restored.Bob, early)
	s.want(chat.UpdateHello)
	n := restored.QueryInt("SELECT last_seq FROM chat_rooms")
	for seq := int64(3); seq <= n; seq++ {
		if u := s.want(kind(chat.MessageCreated)); u.Seq != seq {
			t.Fatalf("seq is %d, want %d", u.Seq, seq)
		}
	}
}
