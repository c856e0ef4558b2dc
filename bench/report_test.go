package bench_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// results are all that a run measured.
type results struct {
	plan      plan
	machine   string
	began     time.Time
	databases []*database
	media     mediaResults
	s3        s3Results
}

// The report's files.
const (
	reportFile = "benchmarks.md"
	sendsFile  = "benchmarks-sends.svg"
	readsFile  = "benchmarks-reads.svg"
)

// write prints the report, and writes it with its pictures into a folder when there
// is one.
func (r *results) write(t *testing.T, folder string) {
	t.Helper()
	files := map[string]string{reportFile: r.markdown(), sendsFile: r.sendsPicture(), readsFile: r.readsPicture()}
	fmt.Println(files[reportFile])
	if folder == "" {
		return
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shape is what the machine is.
func shape() string {
	return fmt.Sprintf("%d cores of %s, %s of memory, %s %s, %s, load %s before the run", runtime.NumCPU(),
		field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal"), runtime.GOOS,
		field("/proc/sys/kernel/osrelease", ""), runtime.Version(), field("/proc/loadavg", ""))
}

// field reads a line of a file of Linux's, "name : value", or the first word of all.
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return "?"
	}
	if name == "" {
		return strings.Fields(string(content) + " ?")[0]
	}
	_, rest, _ := strings.Cut(string(content), name)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), ":"))
}

// sendsOf are what was measured for so many senders and rooms.
func (d *database) sendsOf(settings, senders, rooms int) sent {
	for _, s := range d.sends[settings].sent {
		if s.senders == senders && s.rooms == rooms {
			return s
		}
	}
	return sent{}
}

func (r *results) sendsPicture() string {
	var panels []panel
	for _, d := range r.databases {
		for _, rooms := range []int{1, busyRooms} {
			grouped, separate, floor := series{"SendMessage: grouped", blue, nil},
				series{"a transaction a message", orange, nil}, series{"a bare INSERT a commit", gray, nil}
			var places []string
			for _, senders := range senderCounts {
				s := d.sendsOf(0, senders, rooms)
				grouped.values = append(grouped.values, s.grouped.rate)
				separate.values = append(separate.values, s.separate.rate)
				floor.values = append(floor.values, s.floor.rate)
				places = append(places, strconv.Itoa(senders))
			}
			panels = append(panels, panel{fmt.Sprintf("%s, %s", d.name, roomsName(rooms)), places, []series{grouped, separate, floor}})
		}
	}
	return linePanels("Messages a second", "senders", panels)
}

func (r *results) readsPicture() string {
	var panels []barPanel
	ms := func(t timing) [2]float64 { return [2]float64{t.p50.Seconds() * 1000, t.p99.Seconds() * 1000} }
	for _, d := range r.databases {
		panel := barPanel{title: d.name}
		for _, x := range d.reads {
			panel.pairs = append(panel.pairs, pair{x.name, ms(x.small), ms(x.large)})
		}
		panels = append(panels, panel)
	}
	return barPanels("Latency against the number of messages", "bars: the median, lines: the 99th percentile",
		thousands(float64(r.plan.small))+" messages", thousands(float64(r.plan.large))+" messages", panels)
}

func roomsName(n int) string {
	if n == 1 {
		return "one room"
	}
	return thousands(float64(n)) + " rooms"
}

// thousands writes a whole number with commas.
func thousands(x float64) string {
	digits := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// short writes a duration in milliseconds with about three digits.
func short(d time.Duration) string {
	ms := d.Seconds() * 1000
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return thousands(ms) + " ms"
	}
}
