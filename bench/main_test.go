package bench_test

import (
	"flag"
	"testing"
	"time"

	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	report = flag.String("report", "", "make the report: full or quick")
	folder = flag.String("docs", "", "write the report and its pictures into this folder, not only to the output")
)

// plan is how much a run does.
type plan struct {
	name    string
	small   int           // messages
	large   int           // messages
	rooms   int           // beside the big one
	round   time.Duration // of sending
	rounds  int           // of which the one with the median rate counts
	samples int           // of a read
	calls   int           // of each call that is compared with its floor
	timeout time.Duration // with a read that is too slow for so many
	text    string        // SQL of a message's text where it is not as usual
	words   string        // SQL of its words where the fill makes them
}

var plans = map[string]plan{
	"full":  {name: "full", small: 10_000, large: 5_000_000, rooms: 2000, round: 1500 * time.Millisecond, rounds: 3, samples: 2000, calls: 1000, timeout: 5 * time.Second},
	"quick": {name: "quick", small: 10_000, large: 50_000, rooms: 2000, round: 250 * time.Millisecond, rounds: 1, samples: 100, calls: 300, timeout: time.Second},
}

// TestReport measures everything and writes the report.
func TestReport(t *testing.T) {
	p, known := plans[*report]
	if !known {
		t.Skip("make bench or make bench-quick runs it: -report full or quick")
	}
	r := &results{plan: p, machine: shape(), began: time.Now()}
	r.media = measureMedia(t, p) // before the disk is busy with the databases
	r.s3 = measureS3(t, p)
	for _, of := range []struct {
		name    string
		measure func(*testing.T, plan) *database
	}{{"postgres", measurePostgres}, {"sqlite", measureSQLite}} {
		t.Run(of.name, func(t *testing.T) { r.databases = append(r.databases, of.measure(t, p)) })
	}
	r.write(t, *folder)
}
