package bench_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// database is what was measured on one database.
type database struct {
	name     string // PostgreSQL or SQLite
	version  string
	settings string
	filled   time.Duration
	indexed  time.Duration // how long Migrate made the search index
	reads    []read
	calls    []called
	scans    []read // searches without the index
	searches []read // and with it
	sends    []sendSettings
	imported float64 // messages a second
	perSend  allocations
	perRow   allocations
}

// sendSettings are the sends under one set of the database's settings.
type sendSettings struct {
	name string
	sent []sent
}

// allocations are of one operation.
type allocations struct{ count, bytes float64 }

func allocationsOf(n int, do func()) allocations {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return allocations{float64(after.Mallocs-before.Mallocs) / float64(n), float64(after.TotalAlloc-before.TotalAlloc) / float64(n)}
}

const sharedBuffers = "1GB"

func measurePostgres(t *testing.T, p plan) *database {
	dsns := servePostgres(t, p, 3)
	smallDSN, largeDSN := dsns[0], dsns[1]
	small, large := openPostgres(t, smallDSN, p.small), openPostgres(t, largeDSN, p.large)
	d := &database{
		name:     "PostgreSQL",
		version:  small.value("SHOW server_version"),
		settings: "fsync on, shared_buffers " + sharedBuffers + ", a pool of 20 connections",
	}
	d.measureReads(p, small, large)
	bare := large.barePostgres(p)
	d.measureSends(p, large, "fsync on", bare)
	d.imported = openPostgres(t, dsns[2], p.small).importing()
	d.measureIndex(p, small, large)
	d.sends = append(d.sends, sendSettings{"with the search index", large.sendsAt64(p, bare)})
	return d
}

// servePostgres starts a server with copies of the template, and returns where they are.
func servePostgres(t *testing.T, p plan, copies int) (dsns []string) {
	t.Helper()
	server := dbtest.NewServer(t)
	for range copies {
		dsns = append(dsns, server.DSN(t, template(p)))
	}
	// Restarted, for shared_buffers. The rest is as PostgreSQL comes.
	admin := openPostgres(t, dsns[0], 0)
	restart(t, server, admin, asMeasured...)
	return dsns
}

// asMeasured are the settings under which servers are measured.
var asMeasured = []string{"shared_buffers = '" + sharedBuffers + "'", "max_wal_size = '8GB'"}

// restart gives a server settings, and it starts with these alone.
func restart(t *testing.T, server *dbtest.Server, admin *host, settings ...string) {
	t.Helper()
	admin.exec("ALTER SYSTEM RESET ALL")
	for _, s := range settings {
		admin.exec("ALTER SYSTEM SET " + s)
	}
	admin.exec("CHECKPOINT")
	hangUp(t, admin)
	server.Crash(t)
}

func freshPostgres(p plan) func(t *testing.T) *host {
	return func(t *testing.T) *host { return openPostgres(t, servePostgres(t, p, 1)[0], p.small) }
}

func freshSQLite(p plan) func(t *testing.T) *host {
	return func(t *testing.T) *host {
		return openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.small)
	}
}

func measureSQLite(t *testing.T, p plan) *database {
	smallPath, largePath := dbtest.SQLitePath(t, template(p)), dbtest.SQLitePath(t, template(p))
	small, large := openSQLite(t, smallPath, "FULL", p.small), openSQLite(t, largePath, "FULL", p.large)
	d := &database{
		name:     "SQLite",
		version:  small.value("SELECT sqlite_version()"),
		settings: "WAL, one connection that writes, 4 that read, cache_size as it comes",
	}
	d.measureReads(p, small, large)
	bare := large.bareSQLite(p)
	d.measureSends(p, large, "synchronous=FULL", bare)
	d.imported = openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.small).importing()
	normal := openSQLite(t, largePath, "NORMAL", p.large)
	d.sends = append(d.sends, sendSettings{"synchronous=NORMAL", normal.sends(p, normal.bareSQLite(p))})
	d.measureIndex(p, small, large)
	d.sends = append(d.sends, sendSettings{"synchronous=FULL, with the search index", large.sendsAt64(p, bare)})
	return d
}

func hangUp(t testing.TB, h *host) {
	t.Helper()
	pool, err := h.db.DB()
	if err == nil {
		err = pool.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (d *database) measureReads(p plan, small, large *host) {
	began := time.Now()
	large.grow(p)
	d.filled = time.Since(began)
	progress(large.t, "%s: %d messages in %s", d.name, p.large, d.filled)
	small.warm()
	large.warm()
	d.reads = compare(p, small, large, readings())
	d.scans = compare(p, small, large, searches())
	progress(large.t, "%s: read", d.name)
	d.perRow = large.perRow()
	d.calls = measureCalls(p, large)[0]
	progress(large.t, "%s: called", d.name)
}

// perRow are the allocations of a row of a history page.
func (h *host) perRow() allocations {
	const pages = 20
	return allocationsOf(pages*50, func() {
		for range pages {
			if err := readings()[0].do(h); err != nil {
				h.t.Fatal(err)
			}
		}
	})
}

func (d *database) measureSends(p plan, large *host, settings string, bare func(int) timing) {
	const each = 100
	d.perSend = allocationsOf(each, func() {
		for range each {
			if err := large.send(0, 0); err != nil {
				large.t.Fatal(err)
			}
		}
	})
	d.sends = append(d.sends, sendSettings{settings, large.sends(p, bare)})
	progress(large.t, "%s: sent", d.name)
}

// measureIndex makes the search index and measures what uses it.
func (d *database) measureIndex(p plan, small, large *host) {
	for _, h := range []*host{small, large} {
		began := time.Now()
		if err := chat.Migrate(h.ctx, h.db, config(true)); err != nil {
			h.t.Fatal(err)
		}
		d.indexed = time.Since(began)
		if h.postgres {
			h.exec("VACUUM (ANALYZE)", "CHECKPOINT")
		}
		h.serve(true)
	}
	progress(large.t, "%s: search index in %s", d.name, d.indexed)
	d.searches = compare(p, small, large, searches())
}

// sendsAt64 measures the sends of 64 senders, grouped.
func (h *host) sendsAt64(p plan, bare func(int) timing) (all []sent) {
	for _, rooms := range []int{1, busyRooms} {
		var floor, grouped []timing
		for range p.rounds {
			floor = append(floor, bare(senders))
			grouped = append(grouped, h.sending(p, senders, rooms, h.send))
		}
		all = append(all, sent{senders: senders, rooms: rooms, floor: median(floor), grouped: median(grouped)})
	}
	return all
}

func progress(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Logf(format, args...)
}

// peakMemory is the most that this process has held, as Linux tells it.
func peakMemory() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
