package bench_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/dbtest"
)

// TestHTTPReport measures what the handler adds to a call of the service on the same
// database, without what a connection would add.
func TestHTTPReport(t *testing.T) {
	p, known := plans[*report]
	if !known {
		t.Skip("make bench or make bench-quick runs it: -report full or quick")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# What the HTTP handler adds\n\n<!-- Written by make bench: change bench/http_test.go, not this file. -->\n\n")
	fmt.Fprintf(&b, "    make bench\n\nCalls of the service and requests to the handler in turn, %s of each, by one caller on %s.\n"+
		"No connection is in between. Both page limits are the default, 50.\n\n", thousands(float64(p.samples)), shape())
	server := dbtest.NewServer(t)
	var rows [][]string
	for _, h := range []*host{
		openPostgres(t, server.DSN(t, template(p)), p.small),
		openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.small),
	} {
		rows = append(rows, h.handlerRows(p)...)
	}
	table(&b, []string{"database", "what", "service p50", "handler p50", "time", "requests /s", "allocations", "added"}, rows)
	t.Log("\n" + b.String())
	if *folder != "" {
		if err := os.WriteFile(filepath.Join(*folder, "benchmarks-http.md"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// cost is what calls of one kind took.
type cost struct {
	times  []time.Duration
	allocs uint64
}

func (c *cost) run(call func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	call()
	c.times = append(c.times, time.Since(began))
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
}

func (c *cost) median() time.Duration {
	slices.Sort(c.times)
	return c.times[len(c.times)/2]
}

func (c *cost) allocations() float64 { return float64(c.allocs) / float64(len(c.times)) }

func (h *host) handlerRows(p plan) (rows [][]string) {
	handler, err := httpadapter.New(h.Service, httpadapter.Config{
		User: func(*http.Request) (chat.UserID, error) { return sender(0), nil },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	messages := "/rooms/" + room(1).String() + "/messages"
	for _, of := range []struct {
		name    string
		service func() error
		method  string
		target  string
		body    string
	}{
		{"send", func() error {
			_, err := h.SendMessage(h.ctx, sender(0), room(1), chat.NewMessage{Text: "hello"})
			return err
		}, "POST", messages, `{"text":"hello"}`},
		{"history", func() error {
			_, err := h.Messages(h.ctx, sender(0), room(0), chat.HistoryQuery{})
			return err
		}, "GET", "/rooms/" + room(0).String() + "/messages", ""},
		{"inbox", func() error { _, err := h.Rooms(h.ctx, sender(0), chat.RoomsQuery{}); return err }, "GET", "/rooms", ""},
	} {
		var bare, handled cost
		for range p.samples {
			bare.run(func() {
				if err := of.service(); err != nil {
					h.t.Fatal(err)
				}
			})
			handled.run(func() { h.request(handler, of.method, of.target, of.body) })
		}
		rows = append(rows, []string{map[bool]string{true: "PostgreSQL", false: "SQLite"}[h.postgres], of.name, short(bare.median()),
			short(handled.median()), fmt.Sprintf("%.2f ×", float64(handled.median())/float64(bare.median())),
			thousands(1 / handled.median().Seconds()), fmt.Sprintf("%.0f", handled.allocations()),
			fmt.Sprintf("%.0f", handled.allocations()-bare.allocations())})
	}
	return rows
}

// request serves one request. What the test's own request and recorder allocate is
// counted with the handler.
func (h *host) request(handler http.Handler, method, target, body string) {
	r := httptest.NewRequestWithContext(h.ctx, method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	w.Body = nil
	handler.ServeHTTP(w, r)
	if w.Code >= 300 {
		h.t.Fatalf("%s %s: %d", method, target, w.Code)
	}
	_, _ = io.Copy(io.Discard, r.Body)
}
