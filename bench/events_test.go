package bench_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// idleSubscriptions is how many subscriptions one process holds while nothing happens.
const idleSubscriptions = 10_000

// TestEventsReport measures what subscriptions cost, and what the log costs a send.
func TestEventsReport(t *testing.T) {
	p, known := plans[*report]
	if !known {
		t.Skip("make bench or make bench-quick runs it: -report full or quick")
	}
	server := dbtest.NewServer(t)
	dsn := server.DSN(t, template(p))
	for name, h := range map[string]*host{
		"PostgreSQL": openPostgres(t, dsn, p.small),
		"SQLite":     openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.small),
	} {
		var b strings.Builder
		fmt.Fprintf(&b, "%s on %s\n\n", name, shape())
		table(&b, []string{"what", "measured"}, append(h.helloRows(p), h.idleRows()...))
		t.Log("\n" + b.String())
	}
	var b strings.Builder
	table(&b, []string{"64 senders, 1,000 rooms, PostgreSQL", "with, messages a second", "without", "with / without"},
		openPostgres(t, dsn, p.small).logCosts(p))
	t.Log("\n" + b.String())
}

// helloRows is how long it takes to subscribe, and to get the hello of a thousand rooms.
func (h *host) helloRows(p plan) [][]string {
	h.t.Helper()
	var took []time.Duration
	began := time.Now()
	for range min(p.samples, 300) {
		from := time.Now()
		sub, err := h.Subscribe(h.ctx, reader, chat.SubscribeOptions{})
		if err != nil {
			h.t.Fatal(err)
		}
		hello, err := sub.Next(h.ctx)
		if err != nil || len(hello.States) != busyRooms {
			h.t.Fatalf("hello of %d rooms: %v", len(hello.States), err)
		}
		took = append(took, time.Since(from))
		sub.Close()
	}
	found := timingOf(took, time.Since(began))
	return [][]string{{"hello of 1,000 rooms, p50 and p99", short(found.p50) + ", " + short(found.p99)}}
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// idleRows is what so many subscriptions hold, and how soon one event has reached all.
func (h *host) idleRows() [][]string {
	h.t.Helper()
	before := memory()
	subs := make([]*chat.Subscription, idleSubscriptions)
	for i := range subs {
		// System's hello has no rooms: what is measured is the subscription.
		sub, err := h.Subscribe(h.ctx, chat.System, chat.SubscribeOptions{})
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := sub.Next(h.ctx); err != nil {
			h.t.Fatal(err)
		}
		subs[i] = sub
	}
	each := (memory() - before) / idleSubscriptions
	var waiting, got sync.WaitGroup
	for _, sub := range subs {
		got.Add(1)
		waiting.Go(func() {
			told := sync.OnceFunc(got.Done)
			for {
				if _, err := sub.Next(context.Background()); err != nil {
					return
				}
				told()
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	withGoroutine := (memory() - before) / idleSubscriptions
	if err := h.send(0, 1); err != nil {
		h.t.Fatal(err)
	}
	sent := time.Now()
	got.Wait()
	all := time.Since(sent)
	for _, sub := range subs {
		sub.Close()
	}
	waiting.Wait()
	return [][]string{
		{"memory of each of 10,000 idle subscriptions", fmt.Sprintf("%d bytes, %d with a goroutine that waits", each, withGoroutine)},
		{"one event to all of them, after its acknowledgement", short(all)},
	}
}

// logCosts measures sends with and without parts of the schema, in turn.
func (h *host) logCosts(p plan) (rows [][]string) {
	h.t.Helper()
	const references = " FOREIGN KEY (%s) REFERENCES users (id)"
	for _, part := range []struct{ name, add, drop string }{
		{"the index on events (tx)", "CREATE INDEX chat_events_tx ON chat_events (tx)", "DROP INDEX chat_events_tx"},
		{"the index on messages (user_id, id)", "CREATE INDEX chat_messages_user ON chat_messages (user_id, id) WHERE user_id IS NOT NULL",
			"DROP INDEX chat_messages_user"},
		{"foreign keys of events to users",
			"ALTER TABLE chat_events ADD CONSTRAINT events_user" + fmt.Sprintf(references, "user_id") +
				", ADD CONSTRAINT events_actor" + fmt.Sprintf(references, "actor_id"),
			"ALTER TABLE chat_events DROP CONSTRAINT IF EXISTS events_user, DROP CONSTRAINT IF EXISTS events_actor"},
	} {
		h.exec(part.drop)
		var with, without []timing
		for range max(3, p.rounds) {
			without = append(without, h.sending(p, senders, busyRooms, h.send))
			h.exec(part.add)
			with = append(with, h.sending(p, senders, busyRooms, h.send))
			h.exec(part.drop)
		}
		if part.name[:3] == "the" { // the schema has it
			h.exec(part.add)
		}
		one, other := median(with), median(without)
		rows = append(rows, []string{part.name, thousands(one.rate), thousands(other.rate), fmt.Sprintf("%.2f", one.rate/other.rate)})
	}
	return rows
}
