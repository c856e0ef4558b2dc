//go:build linux || darwin

package events_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// client is what a program in a user's hand holds of one room: it takes updates, loses
// its connection, and goes on from its cursor.
type client struct {
	h      *chatsuite.Host
	actor  chat.Actor
	room   uuid.UUID
	cursor chat.Cursor
	texts  map[int64]string // by seq
	last   int64
	resets int
	wrong  []string
}

func newClient(h *chatsuite.Host, actor chat.Actor, room uuid.UUID) *client {
	return &client{h: h, actor: actor, room: room, texts: map[int64]string{}}
}

// follow takes updates until enough says so, ctx ends, or the connection is lost.
func (c *client) follow(ctx context.Context, enough func() bool) error {
	sub, err := c.h.Subscribe(ctx, c.actor, chat.SubscribeOptions{After: c.cursor, Rooms: []uuid.UUID{c.room}})
	if err != nil {
		return err
	}
	defer sub.Close()
	for !enough() {
		u, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		c.take(&u)
	}
	return nil
}

func (c *client) take(u *chat.Update) {
	c.cursor = u.Cursor
	switch {
	case u.Kind == chat.UpdateHello && c.last == 0:
		if len(u.States) == 1 {
			c.last = u.States[0].Seq
		}
	case u.Kind == chat.UpdateReset:
		c.resets++
	case u.Seq > 0:
		if u.Seq != c.last+1 {
			c.wrong = append(c.wrong, fmt.Sprintf("seq %d after %d", u.Seq, c.last))
		}
		c.last = u.Seq
		if u.Kind == kind(chat.MessageCreated) {
			c.texts[u.Seq] = u.Message.Text
		}
	}
}

// compare wants what the client has seen since to be what the database has.
func (c *client) compare(t *testing.T, since int64) {
	t.Helper()
	var rows []struct {
		Seq  int64
		Text string
	}
	chatsuite.NoError(t, c.h.DB.Raw(`SELECT e.seq, m.text FROM chat_events e JOIN chat_messages m ON m.id = e.message_id
		WHERE e.room_id = ? AND e.kind = 'message_created' AND e.seq > ?`, c.room, since).Scan(&rows).Error)
	missing := 0
	for _, row := range rows {
		if c.texts[row.Seq] != row.Text {
			missing++
		}
	}
	if missing > 0 || len(rows) != len(c.texts) || len(c.wrong) > 0 || c.resets > 0 {
		t.Errorf("of %d messages %d are missing, %d were told; wrong: %q; resets: %d", len(rows), missing, len(c.texts), c.wrong, c.resets)
	}
}

// TestClientsOutliveKillsOfTheWriter kills processes that send, again and again, while
// clients follow through another process and go on from their cursors: each message that
// was acknowledged is there once, and each client has what the database has.
func TestClientsOutliveKillsOfTheWriter(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			var dsn string
			h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
				if dsn = dbtest.SQLiteDSN(dbtest.SQLitePath(t, template)); v.Postgres {
					dsn = dbtest.PostgresDSN(t, template)
				}
				return dbtest.Open(t, v.Dialector(dsn), gorm.Config{})
			})
			room := h.NewGroup(h.Bob)
			clients := []*client{newClient(h, h.Bob, room.ID), newClient(h, chat.System, room.ID)}
			for _, c := range clients {
				chatsuite.NoError(t, c.follow(h.Ctx, func() bool { return c.cursor != "" }))
				c.last = 2
			}
			acknowledged := map[string]bool{}
			for n := range chatsuite.Iterations(10, 100) { // on each of two databases
				killedSender(t, h, dsn, room.ID, acknowledged, clients)
				if n%5 == 4 { // or a client on a slow machine is further behind than the log is told
					waitUntilSettled(t, h, room.ID, clients)
				}
			}
			waitUntilSettled(t, h, room.ID, clients)
			var texts []string
			chatsuite.NoError(t, h.DB.Raw("SELECT text FROM chat_messages WHERE room_id = ?", room.ID).Scan(&texts).Error)
			stored := map[string]int{}
			for _, text := range texts {
				stored[text]++
			}
			for text := range acknowledged {
				if stored[text] != 1 {
					t.Errorf("%s was acknowledged, and is there %d times", text, stored[text])
				}
			}
			for _, c := range clients {
				c.compare(t, 2)
			}
			h.CheckRoomLogs()
			t.Logf("%d acknowledged, %d stored", len(acknowledged), len(texts))
		})
	}
}

// killedSender runs this test binary as a sender and kills it after some acknowledgements,
// while the clients follow, one of them with a cut in the middle.
func killedSender(t *testing.T, h *chatsuite.Host, dsn string, room uuid.UUID, acknowledged map[string]bool, clients []*client) {
	t.Helper()
	ctx, cancel := context.WithCancel(h.Ctx)
	var following sync.WaitGroup
	for i, c := range clients {
		following.Go(func() {
			stop := 0
			_ = c.follow(ctx, func() bool { stop++; return i == 0 && stop > 40 })
			for ctx.Err() == nil { // who does not keep up is closed, and goes on
				if err := c.follow(ctx, func() bool { return false }); !chatsuite.ErrorIsAny(err, context.Canceled, chat.ErrLagged) {
					t.Errorf("follow: %v", err)
				}
			}
		})
	}
	sender := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSendUntilKilled$", "-test.v")
	sender.Env = append(os.Environ(), "CHAT_TEST_SENDER="+h.Dialect()+" "+room.String(), "CHAT_TEST_SENDER_DSN="+dsn)
	out := chatsuite.Must(sender.StdoutPipe())(t)
	chatsuite.NoError(t, sender.Start())
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if text, ack := strings.CutPrefix(lines.Text(), "ack "); ack && strings.HasSuffix(text, ".") {
			acknowledged[text] = true
			if n++; n == 60 {
				chatsuite.NoError(t, sender.Process.Kill()) // and read on: what was printed before counts
			}
		}
	}
	_ = sender.Wait()
	if n < 60 {
		t.Errorf("the sender ended after %d messages", n)
	}
	cancel()
	following.Wait()
}

// waitUntilSettled returns when the clients have what there is. What a killed process has
// sent to PostgreSQL may be committed a little later.
func waitUntilSettled(t *testing.T, h *chatsuite.Host, room uuid.UUID, clients []*client) {
	t.Helper()
	for h.Postgres && h.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sender'") > 0 {
		time.Sleep(10 * time.Millisecond)
	}
	last := chatsuite.Must(h.Room(h.Ctx, h.Alice, room))(t).LastSeq
	for _, c := range clients {
		ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
		if err := c.follow(ctx, func() bool { return c.last >= last }); err != nil {
			t.Errorf("at seq %d of %d: %v", c.last, last, err)
		}
		cancel()
	}
}

// TestSendUntilKilled is the process that gets killed.
func TestSendUntilKilled(t *testing.T) {
	dialect, id, found := strings.Cut(os.Getenv("CHAT_TEST_SENDER"), " ")
	if !found {
		t.Skip("it is run by TestClientsOutliveKillsOfTheWriter")
	}
	v, config, dsn := chatsuite.SQLiteFile, chat.Config{UserIDs: chat.StringIDs}, os.Getenv("CHAT_TEST_SENDER_DSN")
	if dialect == "postgres" {
		v, config = chatsuite.Postgres, chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"}
		dsn = dbtest.WithParameter(dsn, "application_name", "sender")
	}
	svc := chatsuite.Must(chat.New(dbtest.Open(t, v.Dialector(dsn), gorm.Config{}), config))(t)
	for s := range 16 {
		go func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("%d-%d-%d.", os.Getpid(), s, n)
				if _, err := svc.SendMessage(t.Context(), v.UserID(1), uuid.MustParse(id), chat.NewMessage{Text: text}); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("ack", text)
			}
		}()
	}
	<-t.Context().Done()
}

// TestSubscriptionsOutliveACrashOfTheServer crashes PostgreSQL while many send and some
// roll back: sends fail with errors that say that they may be tried again, go on within
// moments of the restart, and the subscriptions, which nobody subscribes again, tell
// every message that is there, each once.
func TestSubscriptionsOutliveACrashOfTheServer(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	h := hostOn(t, server.DSN(t, template()))
	pool := chatsuite.Must(h.DB.DB())(t)
	pool.SetMaxOpenConns(10)
	room := h.NewGroup(h.Bob)
	clients := []*client{newClient(h, h.Bob, room.ID), newClient(h, chat.System, room.ID)}
	ctx, cancel := context.WithCancel(h.Ctx)
	defer cancel()
	var following sync.WaitGroup
	var began sync.WaitGroup
	var final atomic.Int64
	final.Store(1 << 60)
	for _, c := range clients {
		began.Add(1)
		following.Go(func() {
			first := sync.OnceFunc(began.Done)
			if err := c.follow(ctx, func() bool {
				if c.cursor != "" {
					if c.last == 0 {
						c.last = 2 // System's hello does not say
					}
					first()
				}
				return c.last >= final.Load()
			}); err != nil {
				t.Errorf("the subscription ends: %v", err)
			}
		})
	}
	began.Wait()
	senders := newSenders(t, h, room.ID)
	for range chatsuite.Iterations(3, 30) {
		senders.await(100)
		server.Crash(t)
		back := time.Now()
		senders.await(20)
		if took := time.Since(back); took > 10*time.Second {
			t.Errorf("sends go on %v after the restart", took)
		} else {
			t.Logf("sends go on %v after the restart", took.Round(time.Millisecond))
		}
	}
	acknowledged := senders.end()
	final.Store(h.QueryInt("SELECT last_seq FROM chat_rooms WHERE id = ?", room.ID))
	h.Send(h.Alice, room.ID, "beyond the last") // for who waits
	following.Wait()
	for _, text := range acknowledged {
		if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE text = ?", text); n != 1 {
			t.Errorf("%s was acknowledged, and is there %d times", text, n)
		}
	}
	waitUntilSettled(t, h, room.ID, clients)
	for _, c := range clients {
		c.compare(t, 2)
	}
}

// senders send to a room from several goroutines until they are ended.
type senders struct {
	t     *testing.T
	stop  atomic.Bool
	done  sync.WaitGroup
	sent  atomic.Int64
	mu    sync.Mutex
	texts []string
}

func newSenders(t *testing.T, h *chatsuite.Host, room uuid.UUID) *senders {
	s := &senders{t: t}
	for w := range 8 {
		s.done.Go(func() {
			for n := 0; !s.stop.Load(); n++ {
				s.send(h, room, fmt.Sprintf("%d-%d", w, n), n%4 == 3)
			}
		})
	}
	return s
}

func (s *senders) send(h *chatsuite.Host, room uuid.UUID, text string, rollBack bool) {
	ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
	defer cancel()
	var err error
	if rollBack {
		err = h.InTx(ctx, func(_ *gorm.DB, bound *chat.Service) error {
			if _, err := bound.SendMessage(ctx, h.Alice, room, chat.NewMessage{Text: "rolled back " + text}); err != nil {
				return err
			}
			return errRolledBack
		})
	} else if _, err = h.SendMessage(ctx, h.Bob, room, chat.NewMessage{Text: text}); err == nil {
		s.sent.Add(1)
		s.mu.Lock()
		s.texts = append(s.texts, text)
		s.mu.Unlock()
	}
	if err != nil && !errors.Is(err, errRolledBack) && !chat.IsRetryable(err) && !errors.Is(err, chat.ErrUnavailable) {
		s.t.Errorf("a send fails with %v", err)
	}
	if err != nil {
		time.Sleep(5 * time.Millisecond)
	}
}

// await returns when n more messages are acknowledged.
func (s *senders) await(n int64) {
	s.t.Helper()
	until := s.sent.Load() + n
	for end := time.Now().Add(chatsuite.Timeout); s.sent.Load() < until; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("sends do not go on")
		}
	}
}

func (s *senders) end() []string {
	s.stop.Store(true)
	s.done.Wait()
	return s.texts
}

// TestTwoProcessesWithoutABus has two services with pools of their own on one PostgreSQL,
// where nothing but the poll tells one of what the other has written.
func TestTwoProcessesWithoutABus(t *testing.T) {
	t.Parallel()
	dsn := dbtest.PostgresDSN(t, template())
	here, there := hostOn(t, dsn), hostOn(t, dsn)
	room := here.NewGroup(here.Bob)
	bob := subscribe(t, there, there.Bob, "")
	bob.want(chat.UpdateHello)
	const polls = 10 * time.Second // of one second each, on a slow machine
	for i := range 5 {
		sent := time.Now()
		here.Send(here.Alice, room.ID, fmt.Sprint(i))
		bob.want(kind(chat.MessageCreated))
		if took := time.Since(sent); took > polls {
			t.Errorf("told after %v", took)
		}
	}
	var sending sync.WaitGroup
	for _, h := range []*chatsuite.Host{here, there} {
		for range 4 {
			sending.Go(func() {
				for i := range 25 {
					if _, err := h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: fmt.Sprint(i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	for i := range 200 {
		if u := bob.want(kind(chat.MessageCreated)); u.Seq != int64(8+i) {
			t.Fatalf("seq %d, want %d", u.Seq, 8+i)
		}
	}
	sending.Wait()
	bob.silent(1200 * time.Millisecond)
}
