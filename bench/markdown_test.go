package bench_test

import (
	"fmt"
	"strings"
	"time"
)

// markdown is the report.
func (r *results) markdown() string {
	var b strings.Builder
	p := r.plan
	fmt.Fprintf(&b, `# Benchmarks

<!-- Written by make bench: change bench/markdown_test.go, not this file. -->

    make bench        # this page and its pictures; some minutes, on a quiet machine
    make bench-quick  # the same with small numbers, printed; some minutes

[Ten times as many messages](benchmarks-huge.md) are compared in a run of its own, make bench-huge.

All figures are of one run, on %s. The run took %s. What a machine does is its own affair: compare
ratios, not milliseconds.

`, r.machine, time.Since(r.began).Round(time.Second))
	for _, d := range r.databases {
		fmt.Fprintf(&b, "- **%s %s**: %s.\n", d.name, d.version, d.settings)
	}
	fmt.Fprintf(&b, `
There are %s messages and then %s: six in ten of them in one big room, the rest in
turn in %s rooms. Both sizes have the same rooms and members: the reader is in %s
rooms, and each of the %d senders in all. User ids are bigint, with foreign keys to
the host's users. The floor is a bare one-row INSERT and commit of a text of the same
length by as many clients: pgbench's with prepared statements on PostgreSQL, one
connection of database/sql's on SQLite. Each rate is the median of %d rounds.

`, thousands(float64(p.small)), thousands(float64(p.large)), thousands(float64(p.rooms)), thousands(busyRooms), senders, p.rounds)
	r.figures(&b)
	r.sending(&b)
	r.importing(&b)
	r.reading(&b)
	r.media.markdown(&b)
	r.s3.markdown(&b)
	b.WriteString(previews)
	r.memory(&b)
	b.WriteString(overHTTP)
	b.WriteString(settings)
	return b.String()
}

// table writes rows under a head.
func table(b *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
	b.WriteString("\n")
}

// figure is a number with its goal, "at least" or "at most".
type figure struct {
	name   string
	unit   string // " ×" where it is a ratio
	least  bool
	goals  map[string]float64 // by database
	actual func(d *database) float64
}

func figures() []figure {
	ratio := func(rooms int) func(d *database) float64 {
		return func(d *database) float64 {
			s := d.sendsOf(0, senders, rooms)
			return s.grouped.rate / s.floor.rate
		}
	}
	// Each against its own floor, since the rounds are not in turn.
	indexed := func(rooms int) func(d *database) float64 {
		return func(d *database) float64 {
			s := d.sendsOf(len(d.sends)-1, senders, rooms)
			return s.grouped.rate / s.floor.rate / ratio(rooms)(d)
		}
	}
	slower := func(i int) func(d *database) float64 {
		return func(d *database) float64 { return d.reads[i].slower() }
	}
	list := []figure{
		{"send, 64 senders, one room: rate against the floor", times, true, both(1), ratio(1)},
		{"send, 64 senders, 1,000 rooms: rate against the floor", times, true, both(1), ratio(busyRooms)},
		{"send, 1 sender: median latency against the floor", times, false, both(2.5), func(d *database) float64 {
			s := d.sendsOf(0, 1, 1)
			return float64(s.grouped.p50) / float64(s.floor.p50)
		}},
		{"send, 64 senders, one room: with the search index against without", times, true, both(0.8), indexed(1)},
		{"send, 64 senders, 1,000 rooms: with the search index against without", times, true, both(0.8), indexed(busyRooms)},
	}
	for i, r := range readings() {
		if r.flat {
			list = append(list, figure{r.name + ": p99, large against small", times, false, both(1.3), slower(i)})
		}
	}
	for i, r := range readings() {
		if r.hot {
			list = append(list, figure{r.name + ": time against database/sql", times, false, both(1.5),
				func(d *database) float64 { return d.reads[i].ratio }})
		}
	}
	for i, c := range calls() {
		if c.goals != nil {
			list = append(list, figure{c.name + ": median time, in times " + c.floor, times, false, c.goals, func(d *database) float64 { return d.calls[i].ratio() }})
		}
	}
	for i, r := range searches() {
		list = append(list,
			figure{r.name + ", with the index: p99, large", " ms", false, both(50), func(d *database) float64 { return milliseconds(d.searches[i].large.p99) }},
			figure{r.name + ", without an index: p99, large", " ms", false, both(150), func(d *database) float64 { return milliseconds(d.scans[i].large.p99) }})
	}
	return append(list,
		figure{"allocations a send, one sender", "", false, map[string]float64{"PostgreSQL": 150, "SQLite": 200}, func(d *database) float64 { return d.perSend.count }},
		figure{"allocations a row of history", "", false, both(15), func(d *database) float64 { return d.perRow.count }})
}

const times = " ×"

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

func (r *results) figures(b *strings.Builder) {
	b.WriteString("## The figures to reach\n\nWith the search index off where nothing else is said.\n\n")
	head := []string{"what"}
	for _, d := range r.databases {
		head = append(head, d.name+": goal", "reached")
	}
	var rows [][]string
	for _, f := range figures() {
		row := []string{f.name}
		for _, d := range r.databases {
			if f.goals[d.name] == 0 {
				row = append(row, "", fmt.Sprintf("%.2f%s", f.actual(d), f.unit))
				continue
			}
			sign, actual := "≤", f.actual(d)
			met := actual <= f.goals[d.name]
			if f.least {
				sign, met = "≥", actual >= f.goals[d.name]
			}
			mark := ""
			if !met {
				mark = ", **missed**"
			}
			row = append(row, fmt.Sprintf("%s %.1f%s", sign, f.goals[d.name], f.unit), fmt.Sprintf("%.2f%s%s", actual, f.unit, mark))
		}
		rows = append(rows, row)
	}
	table(b, head, rows)
	b.WriteString("Where the time of a send goes is in [the design](design.md#12-figures-to-reach).\n\n")
}

func (r *results) sending(b *strings.Builder) {
	fmt.Fprintf(b, `## Sending

![Messages a second against senders](%s)

Grouped is SendMessage. Ungrouped is a transaction (InTx) a message.

`, sendsFile)
	for _, d := range r.databases {
		for _, s := range d.sends {
			fmt.Fprintf(b, "### %s, %s\n\n", d.name, s.name)
			var rows [][]string
			for _, x := range s.sent {
				row := []string{fmt.Sprint(x.senders), roomsName(x.rooms)}
				for _, t := range []timing{x.floor, x.grouped, x.separate} {
					if t.rate == 0 {
						row = append(row, "", "")
						continue
					}
					row = append(row, thousands(t.rate), short(t.p50)+" / "+short(t.p99))
				}
				rows = append(rows, append(row, fmt.Sprintf("%.2f ×", x.grouped.rate/x.floor.rate)))
			}
			table(b, []string{"senders", "to", "floor /s", "p50 / p99", "grouped /s", "p50 / p99", "ungrouped /s", "p50 / p99", "grouped against the floor"}, rows)
		}
	}
}

func (r *results) importing(b *strings.Builder) {
	fmt.Fprintf(b, `## Importing

%s messages with client ids in one call of ImportMessages, of which a tenth are replies and a
twentieth have two reactions, into a room of the small size: the median of three. The settings are
those of the first table of sends.

`, thousands(importCount))
	var rows [][]string
	for _, d := range r.databases {
		mark := ""
		if d.imported < importGoal {
			mark = ", **missed**"
		}
		rows = append(rows, []string{d.name, "≥ " + thousands(importGoal), thousands(d.imported) + mark})
	}
	table(b, []string{"", "goal, messages a second", "reached"}, rows)
}

// slower is how much longer the slowest of the large size take.
func (r read) slower() float64 { return float64(r.large.p99) / float64(r.small.p99) }

func (r *results) reading(b *strings.Builder) {
	fmt.Fprintf(b, `## Reading

![Latency against the number of messages](%s)

One caller, who asks both sizes in turn. Pages have 50 items.

`, readsFile)
	for _, d := range r.databases {
		for _, list := range []struct {
			name  string
			reads []read
		}{{"", d.reads}, {", search without an index", d.scans}, {", search with the index", d.searches}} {
			fmt.Fprintf(b, "### %s%s\n\n", d.name, list.name)
			var rows [][]string
			for _, x := range list.reads {
				rows = append(rows, []string{
					x.name, short(x.small.p50) + " / " + short(x.small.p99), short(x.large.p50) + " / " + short(x.large.p99),
					fmt.Sprintf("%.2f ×", x.slower()), fmt.Sprint(x.samples),
				})
			}
			table(b, []string{"what", thousands(float64(r.plan.small)) + ": p50 / p99",
				thousands(float64(r.plan.large)) + ": p50 / p99", "p99, large against small", "samples"}, rows)
		}
	}
	fmt.Fprintf(b, `### Calls beside their floors

Each in turn with the same rows read by one bare statement through database/sql or, of what is about one row, with
SELECT 1, which is what a trip to the server costs; %s messages. The inbox is of %d rooms.

`, thousands(float64(r.plan.large)), fewRooms)
	for _, d := range r.databases {
		table(b, []string{d.name, "median", "floor", "median", "ratio"}, callRows(d.calls))
	}
}

func (r *results) memory(b *strings.Builder) {
	b.WriteString("## Memory\n\n")
	head, sends, rows := []string{""}, []string{"allocated a send, one sender"}, []string{"allocated a row of a history page"}
	index := []string{"time to make the search index of the large size"}
	for _, d := range r.databases {
		head = append(head, d.name)
		sends = append(sends, d.perSend.String())
		rows = append(rows, d.perRow.String())
		index = append(index, d.indexed.Round(100*time.Millisecond).String())
	}
	table(b, head, [][]string{sends, rows, index})
	fmt.Fprintf(b, "The whole program, SQLite and its caches included, held %s at most.\n\n", peakMemory())
}

func (a allocations) String() string {
	return fmt.Sprintf("%.0f times, %.1f KiB", a.count, a.bytes/1024)
}

// previews is of a run of heicpreview, a module of its own: its figures are changed here by hand.
const previews = "" +
	"Previews of 4032 × 3024 pixels by heicpreview, of a photograph's complexity, measured in a run of its own with one\n" +
	"core (`BenchmarkPreview` has the tiles; heif-enc made the others, of 2.9 and 3.2 MB). It is the processor's time,\n" +
	"since other programs kept the machine busy. The first one of a process takes half a second more. Since then decoders\n" +
	"let other goroutines run meanwhile, for which they take about a sixth longer.\n" +
	"\n" +
	"| what | processor | decoder's memory | the program grows by |\n" +
	"| --- | --- | --- | --- |\n" +
	"| HEIC, in 48 tiles as phones make it | 2.5 s | 71 MiB | 135 MB |\n" +
	"| HEIC, in one piece | 1.9 s | 77 MiB | 152 MB |\n" +
	"| AVIF, in 48 tiles | 2.0 s | 118 MiB | 249 MB |\n" +
	"| AVIF, in one piece | 2.0 s | 246 MiB | 378 MB |\n" +
	"\n"

// overHTTP is of a run of its own, by bench/load against examples/webchat: its figures are
// changed here by hand.
const overHTTP = "## Over HTTP\n" +
	"\n" +
	"Measured in a run of its own by `go run ./bench/load`, whose comment says how, on an idle machine of 2 cores\n" +
	"that also ran PostgreSQL 15 with fsync, `examples/webchat` as the host and the load program; 64 users in each\n" +
	"room, one listener on `GET /events`. \"Behind\" is from the acknowledgement of a message to its delivery.\n" +
	"\n" +
	"| what | goal | acknowledged a second | delivered a second | behind, p50 and p99 |\n" +
	"| --- | --- | --- | --- | --- |\n" +
	"| 64 senders, 1 room | ≥ 4,000 | 7,646 | 7,643 | 4.7 ms, 17.8 ms |\n" +
	"| 64 senders, 64 rooms | ≥ 5,000 | 6,389 | 6,388 | 7.5 ms, 23.3 ms |\n" +
	"| one sender | ≥ 1,000 | 943, **missed** | 943 | 1.5 ms, 4.0 ms |\n" +
	"\n" +
	"The slower of two runs of 8 s each; in the other one sender had 985. The goal of the p99 is 25 ms. In the first\n" +
	"minute of a new database, before PostgreSQL has counted its tables, it was 91 and 96 ms. A lone sender's request\n" +
	"takes 1.0 ms, of which the send is about 0.6 ms: one statement, which waits for the disk. The host's sign-in and\n" +
	"profiles are in its memory and ask the database nothing. Beside the request runs the delivery of the message\n" +
	"before it, and the load program, on the same two cores.\n" +
	"\n" +
	"The `hello` of 1,000 rooms, on PostgreSQL through the service (goal: 20 ms): 3 ms at best, and 15 to 19 ms at p50\n" +
	"where other programs kept the two cores at a load of 18. The statement takes 1.4 ms of it, half a millisecond goes\n" +
	"to finding where the log is, and the rest to carrying and reading a thousand rows.\n\n"

const settings = "## Settings that matter\n\n" +
	"- SQLite: `synchronous=NORMAL` loses the last commits in a power cut, though not in a crash of the program, and\n" +
	"  makes each commit many times cheaper. `synchronous=FULL` is what acknowledged messages need.\n" +
	"- SQLite: one connection that writes and a few that only read (`_query_only=1`), as `splitPool` in\n" +
	"  `bench/host_test.go` gives them to GORM. With one pool for both, readers wait for writers and writers meet\n" +
	"  \"database is locked\".\n" +
	"- PostgreSQL: groups need two connections however many senders there are. Ungrouped sends to one room take turns\n" +
	"  at its lock, each with a connection of its own.\n" +
	"- PostgreSQL: `synchronous_commit=off` may lose the last acknowledged messages in a crash of the server.\n\n" +
	"## Comparing two versions\n\n" +
	"The Go benchmarks count time and allocations of a send and of a row of history. benchstat tells what changed:\n\n" +
	"    go install golang.org/x/perf/cmd/benchstat@latest\n" +
	"    go test ./bench -run '^$' -bench . -benchmem -count 10 > old.txt\n" +
	"    go test ./bench -run '^$' -bench . -benchmem -count 10 > new.txt   # of the other version\n" +
	"    benchstat old.txt new.txt\n"
