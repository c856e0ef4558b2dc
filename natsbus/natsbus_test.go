package natsbus_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/natsbus"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(dbtest.M{M: m},
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"),
		goleak.IgnoreTopFunction("time.Sleep"), // the server's own, which ends by itself
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1"))
}

// start starts a NATS server on a free port, or on the one that a server had before.
func start(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() { stop(s) })
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestBus(t *testing.T) {
	bustest.Run(t, func(t *testing.T) func() chat.Bus {
		s := start(t, server.RANDOM_PORT)
		return func() chat.Bus { return natsbus.New(connect(t, s.ClientURL()), natsbus.Options{}) }
	})
}

func TestSubjectsAreApart(t *testing.T) {
	s := start(t, server.RANDOM_PORT)
	a := natsbus.New(connect(t, s.ClientURL()), natsbus.Options{Subject: "a"})
	b := natsbus.New(connect(t, s.ClientURL()), natsbus.Options{Subject: "b"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			_ = a.Publish(ctx, []byte("x")) // or the test has ended
			time.Sleep(time.Millisecond)
		}
	}()
	if err := b.Listen(ctx, func([]byte) { t.Error("received from another subject") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Listen returns %v", err)
	}
}

// Two services on one database hear of each other over NATS, and by the poll alone while
// the server is away. Typing is in no database, so that it has come over the bus.
func TestTwoProcesses(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		s := start(t, server.RANDOM_PORT)
		services := make([]*chat.Service, 2)
		for i := range services {
			config := h.Config
			config.Bus = natsbus.New(connect(t, s.ClientURL()), natsbus.Options{})
			services[i] = chatsuite.Must(chat.New(h.DB, config))(t)
			t.Cleanup(func() { chatsuite.NoError(t, services[i].Close()) })
		}
		room := h.NewGroup(h.Bob).ID
		bob := chatsuite.Must(services[1].Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{}))(t)
		t.Cleanup(bob.Close)
		updates := read(t, bob)
		typesOver := func() { // until it arrives: what is published before somebody listens is lost
			t.Helper()
			for deadline := time.Now().Add(time.Minute); ; {
				h.Clock.Advance(time.Minute)
				chatsuite.NoError(t, services[0].Typing(h.Ctx, h.Alice, room))
				select {
				case u := <-updates:
					if u.Kind == chat.UpdateTyping {
						return
					}
				case <-time.After(50 * time.Millisecond):
				}
				if time.Now().After(deadline) {
					t.Fatal("nothing comes over NATS")
				}
			}
		}
		sends := func(text string) {
			t.Helper()
			sent := chatsuite.Must(services[0].SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{Text: text}))(t)
			for deadline := time.After(time.Minute); ; {
				select {
				case u := <-updates:
					if u.Message != nil && u.Message.ID == sent.ID {
						return
					}
				case <-deadline:
					t.Fatalf("%q is not delivered", text)
				}
			}
		}
		typesOver()
		sends("over NATS")
		port := s.Addr().(*net.TCPAddr).Port
		stop(s)
		sends("without NATS")
		sends("and another")
		start(t, port)
		typesOver()
		sends("over NATS again")
	})
}

// read reads a subscription until its end.
func read(t *testing.T, sub *chat.Subscription) <-chan chat.Update {
	updates, ctx := make(chan chat.Update, 1000), t.Context()
	go func() {
		for {
			u, err := sub.Next(ctx)
			if err != nil {
				return
			}
			updates <- u
		}
	}()
	return updates
}
