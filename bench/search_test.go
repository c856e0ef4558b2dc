package bench_test

import (
	"flag"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

var searchAt = flag.Int("search", 0, "measure the searches alone, and the sends of 64 senders with the index and without, at so many messages")

// TestSearches measures what concerns the search, of one size.
func TestSearches(t *testing.T) {
	if *searchAt == 0 {
		t.Skip("-search 1000000 runs it")
	}
	p := plans["full"]
	p.large, p.samples, p.timeout = *searchAt, 200, 8*time.Second
	t.Run("postgres", func(t *testing.T) {
		server := dbtest.NewServer(t)
		dsn := server.DSN(t, template(p))
		restart(t, server, openPostgres(t, dsn, 0), asMeasured...)
		measureSearches(t, p, openPostgres(t, dsn, p.large), (*host).barePostgres)
	})
	t.Run("sqlite", func(t *testing.T) {
		measureSearches(t, p, openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.large), (*host).bareSQLite)
	})
}

func measureSearches(t *testing.T, p plan, h *host, bareOf func(*host, plan) func(int) timing) {
	t.Helper()
	began := time.Now()
	h.grow(p)
	h.warm()
	progress(t, "%d messages in %v", p.large, time.Since(began))
	show := func(title string) {
		for _, x := range compare(p, h, h, searches()) {
			progress(t, "%s: %s: median %v, p99 %v of %d", title, x.name, x.large.p50, x.large.p99, x.samples)
		}
	}
	bare := bareOf(h, p)
	_ = bare(senders) // the first one fills caches
	sends := func(title string) {
		for _, s := range h.sendsAt64(p, bare) {
			progress(t, "%s: %d rooms: %.0f a second, floor %.0f", title, s.rooms, s.grouped.rate, s.floor.rate)
		}
	}
	show("no index")
	sends("no index")
	began = time.Now()
	if err := chat.Migrate(h.ctx, h.db, config(true)); err != nil {
		t.Fatal(err)
	}
	progress(t, "index in %v", time.Since(began))
	if h.postgres {
		h.exec("VACUUM (ANALYZE)", "CHECKPOINT")
	}
	h.serve(true)
	show("index")
	sends("index")
}
