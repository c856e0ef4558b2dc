package bench_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// sample are results as a run might have them.
func sample() *results {
	took := timing{rate: 1000, p50: time.Millisecond, p99: 3 * time.Millisecond}
	d := &database{name: "SQLite", version: "3", settings: "as it comes"}
	for range readings() {
		d.reads = append(d.reads, read{name: "a <page>", small: took, large: took, ratio: 2})
	}
	for range searches() {
		d.scans = append(d.scans, read{name: "a word", small: took, large: took})
		d.searches = append(d.searches, read{name: "a word", small: took, large: timing{rate: 1, p50: time.Second, p99: time.Second}})
	}
	for _, c := range calls() {
		d.calls = append(d.calls, called{c, time.Millisecond, 2 * time.Millisecond})
	}
	s := sendSettings{name: "durable"}
	for _, rooms := range []int{1, busyRooms} {
		for _, n := range senderCounts {
			s.sent = append(s.sent, sent{senders: n, rooms: rooms, floor: took, grouped: took, separate: took})
		}
	}
	d.sends = append(d.sends, s)
	d.imported = 19_999
	return &results{plan: plans["quick"], databases: []*database{d}}
}

func TestPicturesAreWellFormed(t *testing.T) {
	for name, picture := range map[string]string{sendsFile: sample().sendsPicture(), readsFile: sample().readsPicture()} {
		tokens := xml.NewDecoder(strings.NewReader(picture))
		for {
			if _, err := tokens.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, picture)
			}
		}
		if strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
			t.Errorf("%s has no numbers:\n%s", name, picture)
		}
	}
}

func TestReportSaysWhatIsMissed(t *testing.T) {
	report := sample().markdown()
	for _, line := range []string{
		"| send, 64 senders, one room: rate against the floor | ≥ 1.0 × | 1.00 × |",
		"| history: the newest: p99, large against small | ≤ 1.3 × | 1.00 × |",
		"| history: the newest: time against database/sql | ≤ 1.5 × | 2.00 ×, **missed** |",
		"| search: a word of 1 in 10, one room, with the index: p99, large | ≤ 50.0 ms | 1000.00 ms, **missed** |",
		"| send, 64 senders, one room: with the search index against without | ≥ 0.8 × | 1.00 × |",
		"| SQLite | ≥ 20,000 | 19,999, **missed** |",
	} {
		if !strings.Contains(report, line) {
			t.Errorf("not in the report: %s\n%s", line, report)
		}
	}
}

func TestMedianOfRounds(t *testing.T) {
	if got := median([]timing{{rate: 3}, {rate: 1}, {rate: 2}}); got.rate != 2 {
		t.Errorf("the median round has the rate %v", got.rate)
	}
	took := make([]time.Duration, 101)
	for i := range took {
		took[i] = time.Duration(100 - i)
	}
	if got := timingOf(took, time.Second); got != (timing{rate: 101, p50: 50, p99: 99}) {
		t.Errorf("timing is %+v", got)
	}
}
