package chat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// lossyPool loses the answer to a statement, which it runs first or not.
type lossyPool struct {
	*sql.DB
	statement string
	times     atomic.Int64
	runs      bool
	err       error
}

func (p *lossyPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !strings.Contains(query, p.statement) || p.times.Add(-1) < 0 {
		return p.DB.QueryContext(ctx, query, args...)
	}
	if p.runs {
		if err := p.drain(ctx, query, args); err != nil {
			return nil, err
		}
	}
	return nil, p.err
}

// drain runs a query to its end, so that it is committed.
func (p *lossyPool) drain(ctx context.Context, query string, args []any) error {
	rows, err := p.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		continue
	}
	return rows.Err()
}

// Whatever becomes of the answers to its statements, a message is stored once, and its
// sender hears of it.
func TestLostAnswersLoseNothing(t *testing.T) {
	t.Parallel()
	for name, pool := range map[string]*lossyPool{
		"to the write, which was done":     {statement: "INSERT INTO chat_messages", runs: true, err: errors.New("unexpected EOF")},
		"to the write, which was not done": {statement: "INSERT INTO chat_messages", err: errors.New("connection reset")},
		"to the look":                      {statement: "LEFT JOIN chat_room_users", err: driver.ErrBadConn},
	} {
		for _, n := range []int{1, 2} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				t.Parallel()
				h := chatsuite.New(t, chatsuite.Postgres)
				room := h.NewGroup(h.Bob)
				lossy := &lossyPool{DB: chatsuite.Must(h.DB.DB())(t), statement: pool.statement, runs: pool.runs, err: pool.err}
				lossy.times.Store(1)
				svc := chatsuite.Must(chat.New(chatsuite.Must(gorm.Open(h.PoolDialector(lossy), &gorm.Config{}))(t), h.Config))(t)
				sends := []chat.GroupedSend{grouped(h.Bob, room.ID, "one"), grouped(h.Alice, room.ID, "two")}[:n]
				outcomes, err := chat.SendGroup(h.Ctx, svc, false, sends...)
				chatsuite.NoError(t, err)
				for i, o := range outcomes {
					if o.Err != nil || o.Message == nil || o.Message.Number != int64(i+1) {
						t.Errorf("message %d: %+v", i, o)
					}
				}
				if kept := h.QueryInt("SELECT count(*) FROM chat_messages"); kept != int64(n) {
					t.Errorf("%d messages are kept", kept)
				}
				h.CheckRoomLogs()
			})
		}
	}
}

// Of a group for one room, one message is stored without a lock, and the other has to
// wait for somebody who has taken the room meanwhile.
func TestStoredMessageIsNotSentAgainWithThoseOfLockedRooms(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	entered, goOn := make(chan struct{}), make(chan struct{})
	beforeTheWrite(h, func() { close(entered); <-goOn }) // the first keeps the room busy
	var all sync.WaitGroup
	all.Go(func() { h.Send(h.Bob, room.ID, "first") })
	<-entered
	var aliceErr, carolErr error
	all.Go(func() {
		aliceErr = chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "from alice"}))
	})
	all.Go(func() {
		carolErr = chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Carol, room.ID, chat.NewMessage{Text: "from carol"}))
	})
	time.Sleep(200 * time.Millisecond) // both are queued
	onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "is_set <> ''", func() {
		tx := h.DB.Session(&gorm.Session{NewDB: true}).Begin()
		chatsuite.NoError(t, tx.Exec("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE", room.ID).Error)
		time.AfterFunc(300*time.Millisecond, func() { tx.Rollback() })
	})
	close(goOn)
	all.Wait()
	if aliceErr != nil || !errors.Is(carolErr, chat.ErrNotFound) {
		t.Errorf("alice, who is a member: %v; carol, who is none: %v", aliceErr, carolErr)
	}
	if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE text = 'from alice'"); n != 1 {
		t.Errorf("alice's message is kept %d times", n)
	}
	h.CheckRoomLogs()
}

// Several processes send to the same rooms while a member comes and goes: every message
// that was acknowledged is kept, none is twice, and none is from who was not a member.
func TestSendersOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	for _, isolation := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			isolate(h, isolation)
			sendWhileMembersChange(t, h)
		})
	}
}

// untilFinal makes a call again for as long as its error says so: on a slow machine a room
// may stay locked by others for longer than a call waits. Nothing is stored by then.
func untilFinal(call func() error) error {
	for {
		if err := call(); !chat.IsRetryable(err) {
			return err
		}
	}
}

// isolate sets the default of the database's new sessions.
func isolate(h *chatsuite.Host, level string) {
	h.T.Helper()
	var name string
	chatsuite.NoError(h.T, h.DB.Raw("SELECT current_database()").Row().Scan(&name))
	chatsuite.NoError(h.T, h.DB.Exec("ALTER DATABASE "+name+" SET default_transaction_isolation = '"+level+"'").Error)
	pool := chatsuite.Must(h.DB.DB())(h.T)
	pool.SetMaxIdleConns(0)
	pool.SetMaxIdleConns(8)
	var got string
	if chatsuite.NoError(h.T, h.DB.Raw("SHOW default_transaction_isolation").Row().Scan(&got)); got != level {
		h.T.Fatalf("sessions begin with %s", got)
	}
}

// sendWhileMembersChange sends from several services on one database.
func sendWhileMembersChange(t *testing.T, h *chatsuite.Host) {
	rooms := []*chat.Room{h.NewGroup(h.Bob, h.Carol), h.NewGroup(h.Bob, h.Carol)}
	processes := []*chat.Service{h.Service, chatsuite.Must(chat.New(h.DB, h.Config))(t), chatsuite.Must(chat.New(h.DB, h.Config))(t)}
	var mu sync.Mutex
	acknowledged := map[uuid.UUID]int64{}
	var senders, comings sync.WaitGroup
	for i := range 9 {
		senders.Go(func() {
			for n := range 60 {
				in := chat.NewMessage{Text: "x"}
				if n%3 == 0 { // some are sent twice
					in.ClientID = fmt.Sprint(i, "-", n/12, "-", n%2)
				}
				var m *chat.Message
				err := untilFinal(func() (err error) {
					m, err = processes[i%3].SendMessage(h.Ctx, []chat.UserID{h.Alice, h.Bob, h.Carol}[i/3], rooms[n%2].ID, in)
					return err
				})
				mu.Lock()
				switch {
				case err == nil:
					acknowledged[m.ID] = m.Number
				case !errors.Is(err, chat.ErrNotFound):
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	ended := make(chan struct{})
	comings.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-ended:
				return
			default:
			}
			chatsuite.NoError(t, untilFinal(func() error { return h.RemoveUser(h.Ctx, h.Alice, rooms[n%2].ID, h.Bob) }))
			chatsuite.NoError(t, untilFinal(func() error {
				return chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, rooms[n%2].ID, chat.NewRoomUser{UserID: h.Bob}))
			}))
		}
	})
	senders.Wait()
	close(ended)
	comings.Wait()
	checkAcknowledged(t, h, acknowledged)
}

func checkAcknowledged(t *testing.T, h *chatsuite.Host, acknowledged map[uuid.UUID]int64) {
	t.Helper()
	var messages []chat.Message
	chatsuite.NoError(t, h.DB.Find(&messages).Error)
	kept := map[uuid.UUID]int64{}
	for _, m := range messages {
		kept[m.ID] = m.Number
	}
	for id, number := range acknowledged {
		if kept[id] != number {
			t.Errorf("message %v was acknowledged as number %d and is %d", id, number, kept[id])
		}
	}
	if len(kept) != len(acknowledged) {
		t.Errorf("%d messages are kept, and %d were acknowledged", len(kept), len(acknowledged))
	}
	if n := h.QueryInt(`SELECT count(*) FROM chat_events e WHERE kind = 'message_created' AND actor_id = 2 AND 'user_removed' =
		(SELECT kind FROM chat_events x WHERE x.room_id = e.room_id AND x.user_id = 2 AND x.kind IN ('user_added', 'user_removed')
		AND x.seq < e.seq ORDER BY x.seq DESC LIMIT 1)`); n != 0 {
		t.Errorf("%d messages of somebody who was not a member", n)
	}
	h.CheckRoomLogs()
}
