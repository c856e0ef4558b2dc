package bench_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat/internal/dbtest"
)

var searchAt = flag.Int("search", 0, "measure the searches alone, and the sends of 64 senders with the index and without, at so many messages")

// TestSearches measures what concerns the search, of one size.
func TestSearches(t *testing.T) {
	if *searchAt == 0 {
		t.Skip("-search 1000000 runs it")
	}
	p := plans["full"]
	p.large, p.samples, p.timeout = *searchAt, 300, 20*time.Second
	t.Run("postgres", func(t *testing.T) {
		server := dbtest.NewServer(t)
		dsn := server.DSN(t, template(p))
		admin := openPostgres(t, dsn, 0)
		admin.exec("ALTER SYSTEM SET shared_buffers = '"+sharedBuffers+"'", "ALTER SYSTEM SET max_wal_size = '8GB'", "CHECKPOINT")
		hangUp(t, admin)
		server.Crash(t)
		measureSearches(t, p, openPostgres(t, dsn, p.large), (*host).barePostgres)
	})
	t.Run("sqlite", func(t *testing.T) {
		measureSearches(t, p, openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.large), (*host).bareSQLite)
	})
}

func measureSearches(t *testing.T, p plan, h *host, bareOf func(*host, plan) func(int) timing) {
	t.Helper()
	h.grow(p)
	h.warm()
	d := &database{}
	progress(t, "%d messages", p.large)
	show := func(title string) {
		for _, x := range compare(p, h, h, searches()) {
			progress(t, "%s: %s: median %v, p99 %v of %d", title, x.name, x.large.p50, x.large.p99, x.samples)
		}
	}
	bare := bareOf(h, p)
	sends := func(title string) {
		for _, s := range h.sendsAt64(p, bare) {
			progress(t, "%s: %d rooms: %.0f a second, floor %.0f", title, s.rooms, s.grouped.rate, s.floor.rate)
		}
	}
	sends("no index")
	d.measureIndex(p, h, h)
	trace(h)
	show("index")
	sends("index")
}

// trace prints how long each statement of a search takes.
func trace(h *host) {
	for _, r := range searches() {
		traced := *h
		traced.db = h.db.Session(&gorm.Session{Logger: traceLogger{logger.Discard, h.t}})
		traced.serve(true)
		for range 3 {
			h.t.Log("---- ", r.name)
			began := time.Now()
			_ = r.do(&traced)
			h.t.Log("==== ", time.Since(began))
		}
	}
}

type traceLogger struct {
	logger.Interface
	t testing.TB
}

func (l traceLogger) LogMode(logger.LogLevel) logger.Interface { return l }
func (l traceLogger) Trace(_ context.Context, begin time.Time, fc func() (string, int64), _ error) {
	took := time.Since(begin)
	sql, _ := fc()
	l.t.Logf("%v after %v of %d: %.150s", took, time.Since(begin), len(sql), strings.Join(strings.Fields(sql), " "))
}
