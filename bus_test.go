package chat_test

import (
	"context"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/pgbus"
)

// busProcesses are two services with pools and buses of their own on one PostgreSQL
// database, as in two processes. The second looks at the log only so often by itself.
type busProcesses struct {
	*chatsuite.Host
	dsn      string
	services [2]*chat.Service
	room     *chat.Room
	bob      *chat.Subscription // to the second
}

func newBusProcesses(t *testing.T, poll time.Duration) *busProcesses {
	t.Helper()
	x := &busProcesses{}
	x.Host = chatsuite.NewOn(t, chatsuite.Postgres, func(template dbtest.Template) *gorm.DB {
		x.dsn = dbtest.PostgresDSN(t, template)
		return dbtest.Open(t, chatsuite.Postgres.Dialector(x.dsn), gorm.Config{})
	})
	for i := range x.services {
		bus := chatsuite.Must(pgbus.New(dbtest.WithParameter(x.dsn, "application_name", "bus"), pgbus.Options{}))(t)
		config := x.Config
		config.Bus = bus
		svc := chatsuite.Must(chat.New(dbtest.Open(t, chatsuite.Postgres.Dialector(x.dsn), gorm.Config{}), config))(t)
		chat.SetPollInterval(svc, poll)
		x.services[i] = svc
		t.Cleanup(func() {
			chatsuite.NoError(t, svc.Close())
			chatsuite.NoError(t, bus.Close())
		})
	}
	x.room = x.NewGroup(x.Bob)
	x.bob = chatsuite.Must(x.services[1].Subscribe(x.Ctx, x.Bob, chat.SubscribeOptions{}))(t)
	t.Cleanup(x.bob.Close)
	return x
}

// next returns the next update that is no typing, if one comes within the time.
func (x *busProcesses) next(limit time.Duration) (chat.Update, bool) {
	x.T.Helper()
	ctx, cancel := context.WithTimeout(x.Ctx, limit)
	defer cancel()
	for {
		u, err := x.bob.Next(ctx)
		if err != nil {
			return chat.Update{}, false
		}
		if u.Kind != chat.UpdateTyping {
			return u, true
		}
	}
}

// connected waits until what the first publishes arrives at the second.
func (x *busProcesses) connected() {
	x.T.Helper()
	for range 300 {
		x.Clock.Advance(time.Minute)
		chatsuite.NoError(x.T, x.services[0].Typing(x.Ctx, x.Alice, x.room.ID))
		ctx, cancel := context.WithTimeout(x.Ctx, 100*time.Millisecond)
		u, err := x.bob.Next(ctx)
		cancel()
		if err == nil && u.Kind == chat.UpdateTyping {
			return
		}
	}
	x.T.Fatal("nothing comes over the bus")
}

func (x *busProcesses) deliver(text string) {
	x.T.Helper()
	sent := chatsuite.Must(x.services[0].SendMessage(x.Ctx, x.Alice, x.room.ID, chat.NewMessage{Text: text}))(x.T)
	u, came := x.next(time.Minute)
	if !came || u.Message == nil || u.Message.ID != sent.ID {
		x.T.Fatalf("%s: the update is %+v (%v)", text, u, came)
	}
}

// A poll that never comes: what is delivered has come over the bus.
func TestTwoProcessesWakeEachOther(t *testing.T) {
	t.Parallel()
	x := newBusProcesses(t, time.Hour)
	x.connected()
	for range 20 {
		x.deliver("over the bus")
	}
	// In a transaction of the host's, too.
	chatsuite.NoError(t, x.services[0].InTx(x.Ctx, func(_ *gorm.DB, s *chat.Service) error {
		return chatsuite.ErrorOf(s.SendMessage(x.Ctx, x.Alice, x.room.ID, chat.NewMessage{Text: "x"}))
	}))
	if _, came := x.next(time.Minute); !came {
		t.Error("a message of a host's transaction is not delivered")
	}
	chatsuite.Must(x.services[0].MarkRead(x.Ctx, x.Bob, x.room.ID, 21))(t)
	if u, _ := x.next(time.Minute); u.Kind != chat.UpdateReadMarker || u.Number != 21 {
		t.Errorf("the update is %+v", u)
	}
}

// Without its connection, the bus is missed by nobody who can wait for the poll, and is
// connected again.
func TestTwoProcessesWithoutTheBus(t *testing.T) {
	t.Parallel()
	x := newBusProcesses(t, 100*time.Millisecond)
	for range 3 {
		x.connected()
		for range 5 {
			x.QueryInt(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = 'bus'`)
			x.deliver("by the poll")
		}
	}
}
