package dialect_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-df/chat/internal/dialect"
)

// TestParseTime: times are read as time.Parse reads them, in all layouts that there are, and in
// UTC.
func TestParseTime(t *testing.T) {
	t.Parallel()
	layouts := []string{
		"2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.000000",
	}
	zones := []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -8*3600)}
	for range 20_000 {
		at := time.Date(1+rand.N(9999), time.Month(1+rand.N(12)), 1+rand.N(31), rand.N(24), rand.N(60), rand.N(60), rand.N(1_000_000)*1000, zones[rand.N(len(zones))])
		layout := layouts[rand.N(len(layouts))]
		text := at.Format(layout)
		want, err := time.Parse(layout, text)
		if err != nil {
			continue // of year 10000
		}
		for _, got := range []func() (time.Time, error){
			func() (time.Time, error) { return dialect.ParseTime(text) },
			func() (time.Time, error) { return dialect.ParseTime([]byte(text)) },
		} {
			if got, err := got(); err != nil || !got.Equal(want) || got.Location() != time.UTC {
				t.Fatalf("%q is %v, %v, want %v", text, got, err, want)
			}
		}
	}
}

// TestParseTimeRefuses: what is no time is an error.
func TestParseTimeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "now", "2026-02-30 12:00:00+00:00", "2026-13-01 12:00:00", "2026-01-01 24:00:00", "2026-01-01 12:60:00", "2026-01-01 12:00:61", "2026-01-01",
		"2026-01-01 12:00:00.", "2026-01-01 12:00:00 UTC", "2026-01-01 12:00:0x", "-026-01-01 12:00:00", "2026-01-01 12:00:00+00:00x", "0000-00-00 00:00:00",
	} {
		if got, err := dialect.ParseTime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
