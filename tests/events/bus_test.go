package events_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
	"github.com/go-df/chat/internal/chatsuite"
)

// testBus is a bus made of functions, which counts its calls.
type testBus struct {
	publish            func(ctx context.Context, data []byte) error
	listen             func(ctx context.Context, receive func([]byte)) error
	published, listens atomic.Int64
}

func (b *testBus) Publish(ctx context.Context, data []byte) error {
	b.published.Add(1)
	return b.publish(ctx, data)
}

func (b *testBus) Listen(ctx context.Context, receive func([]byte)) error {
	b.listens.Add(1)
	return b.listen(ctx, receive)
}

func idle(ctx context.Context, _ func([]byte)) error { <-ctx.Done(); return ctx.Err() }

var errBus = errors.New("the bus is broken")

// badBuses are all that can be wrong with a bus.
func badBuses() map[string]*testBus {
	accept := func(context.Context, []byte) error { return nil }
	flood := func(message string) func(context.Context, func([]byte)) error {
		return func(ctx context.Context, receive func([]byte)) error {
			for ctx.Err() == nil {
				for range 100 {
					receive([]byte(message))
				}
				time.Sleep(time.Millisecond)
			}
			return ctx.Err()
		}
	}
	rubbish := func(ctx context.Context, receive func([]byte)) error {
		for _, data := range []string{"", "x", "{}", "null", `{"v":-1}`, `{"v":"1"}`, "\x00\xff", `{"v":1,"s":[{}]}`, `{"v":2,"s":[]}`,
			`{"v":1,"s":[{"k":"read","r":"x","u":"1"}]}`, `{"v":1,"s":[{"k":"read","r":"00000000-0000-0000-0000-000000000001","u":""}]}`,
			`{"v":1,"s":[{"k":"typing","r":"00000000-0000-0000-0000-000000000001","u":"` + strings.Repeat("9", 300) + `"}]}`,
			`{"v":1,"s":[{"k":"?","r":"00000000-0000-0000-0000-000000000001","u":"2"},{"k":"muted","r":"00000000-0000-0000-0000-000000000001","u":"2"}]}`,
			`{"v":1,"s":"` + strings.Repeat("x", 1<<20) + `"}`, strings.Repeat("[", 100_000)} {
			receive([]byte(data))
		}
		return idle(ctx, receive)
	}
	return map[string]*testBus{
		"fails": {publish: func(context.Context, []byte) error { return errBus },
			listen: func(context.Context, func([]byte)) error { return errBus }},
		"ends": {publish: accept, listen: func(context.Context, func([]byte)) error { return nil }},
		"blocks": {publish: func(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() },
			listen: idle},
		"panics": {publish: func(context.Context, []byte) error { panic("publish") },
			listen: func(context.Context, func([]byte)) error { panic("listen") }},
		"repeats wake-ups":    {publish: accept, listen: flood(`{"v":1,"f":"another"}`)},
		"repeats signals":     {publish: accept, listen: flood(`{"v":1,"s":[{"k":"read","r":"00000000-0000-0000-0000-000000000001","u":"2"}]}`)},
		"delivers rubbish":    {publish: accept, listen: rubbish},
		"repeats rubbish":     {publish: accept, listen: flood("rubbish")},
		"of a later version":  {publish: accept, listen: flood(`{"v":9,"s":[{"k":"read"}],"new":true}`)},
		"listens and forgets": {publish: accept, listen: idle},
	}
}

// logs counts the lines of a log.
type logs struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logs) lines() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.String(), "\n")
}

func TestABadBusIsSlowerAtMost(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		for name, bus := range badBuses() {
			t.Run(name, func(t *testing.T) {
				log := &logs{}
				bad := another(t, h, func(c *chat.Config) { c.Bus, c.Logger = bus, slog.New(slog.NewTextHandler(log, nil)) })
				room := bad.NewGroup(bad.Bob)
				bob := subscribe(t, bad, bad.Bob, "")
				bob.want(chat.UpdateHello)
				for i := range 20 {
					sender := []*chatsuite.Host{bad, h}[i/15] // the last ones from elsewhere, found by the poll
					sent := sender.Send(h.Alice, room.ID, fmt.Sprint(i))
					if u := bob.want(kind(chat.MessageCreated)); u.Message.ID != sent.ID {
						t.Fatalf("the update is of %q, want %d", u.Message.Text, i)
					}
				}
				chatsuite.Must(bad.MarkRead(h.Ctx, h.Bob, room.ID, 1))(t)
				bob.want(chat.UpdateReadMarker)
				began := time.Now()
				chatsuite.NoError(t, bad.Close())
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("Close took %v", took)
				}
				if n := log.lines(); n > 1 {
					t.Errorf("%d lines are logged:\n%s", n, log)
				}
			})
		}
	})
}

// The bus is left alone until there is something to publish, or somebody to listen for.
func TestTheBusIsUsedWhenNeeded(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		bus := &testBus{publish: func(context.Context, []byte) error { return nil }, listen: idle}
		used := another(t, h, func(c *chat.Config) { c.Bus = bus })
		chatsuite.Must(used.Room(h.Ctx, h.Bob, room.ID))(t)
		time.Sleep(awhile)
		if bus.published.Load() != 0 || bus.listens.Load() != 0 {
			t.Errorf("%d calls of Publish, %d of Listen before the first commit", bus.published.Load(), bus.listens.Load())
		}
		began := time.Now()
		for range 100 {
			used.Send(h.Bob, room.ID, "x")
		}
		if n, most := bus.published.Load(), int64(time.Since(began)/(10*time.Millisecond))+2; n == 0 || n > most {
			t.Errorf("%d calls of Publish, want 1 to %d", n, most)
		}
		if bus.listens.Load() != 0 {
			t.Error("it listens while nobody has subscribed")
		}
		for i := range int64(3) {
			sub := subscribe(t, used, h.Bob, "")
			another := subscribe(t, used, h.Alice, "")
			for deadline := time.Now().Add(30 * time.Second); bus.listens.Load() != i+1; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%d calls of Listen, want %d", bus.listens.Load(), i+1)
				}
			}
			sub.sub.Close()
			another.sub.Close()
		}
	})
}

// What crosses the bus is ids, in messages of a bounded size.
func TestNothingButIdsCrossesTheBus(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		var mu sync.Mutex
		var crossed []string
		hub := &bustest.Memory{}
		bus := &testBus{listen: hub.Listen, publish: func(ctx context.Context, data []byte) error {
			mu.Lock()
			defer mu.Unlock()
			crossed = append(crossed, string(data))
			return hub.Publish(ctx, data)
		}}
		used, listener := another(t, h, func(c *chat.Config) { c.Bus = bus }), another(t, h, func(c *chat.Config) { c.Bus = hub })
		room := h.NewGroup(h.Bob, h.Carol)
		alice := pair{used, listener, hub}.subscribe(t, h.Alice)
		used.Send(h.Bob, room.ID, "confidential")
		alice.want(kind(chat.MessageCreated))
		chatsuite.Must(used.MarkRead(h.Ctx, h.Carol, room.ID, 1))(t)
		alice.want(chat.UpdateReceipt)
		mu.Lock()
		defer mu.Unlock()
		for _, data := range crossed {
			if strings.Contains(data, "confidential") || len(data) > 4096 {
				t.Errorf("%d bytes crossed the bus: %.200s", len(data), data)
			}
		}
		if all := strings.Join(crossed, ""); !strings.Contains(all, room.ID.String()) {
			t.Errorf("crossed: %s", all)
		}
	})
}
