package events_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/pgbus"
)

// TestTwoServicesOnABusOfPostgreSQL has two services with pools and buses of their own on
// one PostgreSQL: what one writes the other tells, and goes on to by the poll when the
// connections of the buses are ended.
func TestTwoServicesOnABusOfPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := dbtest.PostgresDSN(t, template())
	on := func() *chatsuite.Host {
		bus := chatsuite.Must(pgbus.New(dsn, pgbus.Options{}))(t)
		t.Cleanup(func() { chatsuite.NoError(t, bus.Close()) })
		return another(t, hostOn(t, dsn), func(c *chat.Config) { c.Bus = bus })
	}
	here, there := on(), on()
	room := here.NewGroup(here.Bob)
	bob := subscribe(t, there, there.Bob, "")
	bob.want(chat.UpdateHello)
	send := func(i int) time.Duration {
		here.Send(here.Alice, room.ID, fmt.Sprint(i))
		acknowledged := time.Now()
		if u := bob.want(kind(chat.MessageCreated)); u.Message.Text != fmt.Sprint(i) {
			t.Fatalf("the update is of %q, want %d", u.Message.Text, i)
		}
		return time.Since(acknowledged)
	}
	send(0) // the buses connect
	var took []time.Duration
	for i := range chatsuite.Iterations(20, 300) {
		took = append(took, send(i))
		time.Sleep(15 * time.Millisecond)
	}
	slices.Sort(took)
	t.Logf("told p50 %v and p99 %v behind the acknowledgement", took[len(took)/2], took[len(took)*99/100])
	if n := here.QueryInt(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query ILIKE '%listen%' OR query ILIKE '%pg_notify%')`); n == 0 {
		t.Error("no connection of a bus was found")
	}
	for i := range 5 {
		send(i)
	}
}
