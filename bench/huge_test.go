package bench_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/internal/schema"
)

var (
	hugeFolder   = flag.String("huge", "", "compare two sizes on a PostgreSQL server whose data is kept in this folder, and made where it is not there")
	hugeMessages = flag.Int("huge.messages", 50_000_000, "the messages of the larger size; the smaller one has a tenth")
)

// TestHuge compares a database with one of ten times the messages, and writes the report of that.
func TestHuge(t *testing.T) {
	if *hugeFolder == "" && *report != "quick" {
		t.Skip("make bench-huge runs it: -huge /var/tmp/chat-huge")
	}
	p := plans["full"]
	if p.large, p.timeout = *hugeMessages, 15*time.Second; *report == "quick" {
		p = plans["quick"]
	}
	p.small, p.text, p.words = p.large/10, hugeText, hugeWords
	server := dbtest.KeptServer(t, *hugeFolder)
	dsns := []string{hugeDatabase(t, server, p, p.small), hugeDatabase(t, server, p, p.large)}
	restart(t, server, connectPostgres(t, server.DSNOf("postgres"), 0), asMeasured...)
	r := &hugeReport{plan: p, machine: shape(), began: time.Now()}
	present := emptyDatabase(t, server, "chat_empty", 0, true).layout()
	small, large := openHuge(t, dsns[0], p.small, present), openHuge(t, dsns[1], p.large, present)
	r.describe(small, large)
	r.measure(small, large)
	small.exec("CHECKPOINT")
	r.write(t, *folder)
}

func openHuge(t *testing.T, dsn string, messages int, layout []string) *host {
	t.Helper()
	h := connectPostgres(t, dsn, messages)
	h.accept(layout)
	h.index(false)
	return h.serve(false).warm()
}

// index says whether sends and searches use the search index. Where they do not, the index of the
// words stays, which would take long to make again, and nothing is written to it.
func (h *host) index(used bool) {
	h.t.Helper()
	h.exec("DELETE FROM chat_meta WHERE key = '"+schema.SearchKey+"'", "DROP INDEX IF EXISTS chat_messages_unworded")
	if !used {
		return
	}
	made, err := schema.MakeSearch(schema.SearchPostgres)
	h.must("search index", err)
	h.exec(strings.Replace(made, "CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1))
	h.must("search index", chat.Migrate(h.ctx, h.db, config(true))) // makes the words of what was sent without
	h.exec("VACUUM (ANALYZE)", "CHECKPOINT")
	h.serve(true)
}

// grown is what was measured of something at both sizes.
type grown struct {
	what, figure string
	small, large string
	ratio        float64 // how many times as long it takes in the larger one
}

// hugeGoal is that of each ratio.
const hugeGoal = 1.3

// hugeReport is all that a run measured.
type hugeReport struct {
	plan     plan
	machine  string
	began    time.Time
	settings string
	rows     []grown
}

func (r *hugeReport) measure(small, large *host) {
	r.reads(compare(r.plan, small, large, readings()), "")
	r.reads(compare(r.plan, small, large, searches()), ", without an index")
	r.calls(measureCalls(r.plan, small, large))
	r.sends(small, large, "")
	small.index(true)
	large.index(true)
	r.reads(compare(r.plan, small, large, searches()), ", with the index")
	r.sends(small, large, ", with the search index")
}

func (r *hugeReport) add(what, figure, small, large string, ratio float64) {
	r.rows = append(r.rows, grown{what, figure, small, large, ratio})
}

func (r *hugeReport) reads(list []read, how string) {
	for _, x := range list {
		r.add(x.name+how, "p50 / p99", short(x.small.p50)+" / "+short(x.small.p99), short(x.large.p50)+" / "+short(x.large.p99), x.slower())
	}
}

func (r *hugeReport) calls(all [][]called) {
	for i, small := range all[0] {
		large := all[1][i]
		r.add(small.name, "p50", short(small.took), short(large.took), float64(large.took)/float64(small.took))
	}
}

// sends measures a lone sender and 64 senders, at both sizes in turn.
func (r *hugeReport) sends(small, large *host, how string) {
	sending := func(senders, rooms int) (timing, timing) {
		var took [2][]timing
		for range r.plan.rounds {
			for i, h := range []*host{small, large} {
				took[i] = append(took[i], h.sending(r.plan, senders, rooms, h.send))
			}
		}
		return median(took[0]), median(took[1])
	}
	a, b := sending(1, 1)
	r.add("send, 1 sender"+how, "p50", short(a.p50), short(b.p50), float64(b.p50)/float64(a.p50))
	for _, rooms := range []int{1, busyRooms} {
		a, b := sending(senders, rooms)
		r.add(fmt.Sprintf("send, %d senders, %s%s", senders, roomsName(rooms), how), "a second", thousands(a.rate), thousands(b.rate), a.rate/b.rate)
	}
}

func (r *hugeReport) describe(small, large *host) {
	size := func(h *host) string { return h.value("SELECT pg_size_pretty(pg_database_size(current_database()))") }
	r.settings = fmt.Sprintf("%s, fsync on, shared_buffers %s, a pool of 20 connections; the databases take %s and %s",
		small.value("SHOW server_version"), sharedBuffers, size(small), size(large))
}

const hugeFile = "benchmarks-huge.md"

func (r *hugeReport) write(t *testing.T, folder string) {
	t.Helper()
	written := r.markdown()
	fmt.Println(written)
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, hugeFile), []byte(written), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (r *hugeReport) markdown() string {
	var b strings.Builder
	small, large := thousands(float64(r.plan.small)), thousands(float64(r.plan.large))
	fmt.Fprintf(&b, `# Benchmarks of a huge database

<!-- Written by make bench-huge: change bench/huge_test.go, not this file. -->

    make bench-huge HUGE=/var/tmp/chat-huge

fills the folder where it is empty, which takes some 24 GB and half an hour or more, and measures in some minutes.

What calls on PostgreSQL take with %s messages against %s: two databases on one server, asked in
turn in one run, with the same rooms, members and reader, and messages as in [the benchmarks](benchmarks.md) but for
their texts, which are shorter. The goal is at most %.1f times as long: by the 99th percentile where a reading has one, by
the median of calls and of a lone sender, and by the time a message where 64 send.

One run of %s, on %s. PostgreSQL %s. Where nothing else is said
the search index is off: it is there, but nothing reads it or writes to it.

`, large, small, hugeGoal, time.Since(r.began).Round(time.Second), r.machine, r.settings)
	if r.plan.large < 50_000_000 {
		b.WriteString("The disk had no room for 50,000,000 messages, which the goal is about.\n\n")
	}
	var rows [][]string
	var missed []string
	for _, g := range r.rows {
		ratio := fmt.Sprintf("%.2f ×", g.ratio)
		if g.ratio > hugeGoal {
			ratio += ", **missed**"
			missed = append(missed, g.what)
		}
		rows = append(rows, []string{g.what, g.figure, g.small, g.large, ratio})
	}
	table(&b, []string{"what", "", small, large, fmt.Sprintf("goal: ≤ %.1f ×", hugeGoal)}, rows)
	if len(missed) == 0 {
		missed = []string{"nothing"}
	}
	fmt.Fprintf(&b, "Missed: %s.\n", strings.Join(missed, "; "))
	return b.String()
}
