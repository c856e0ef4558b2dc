package dialect

import (
	"fmt"
	"time"
)

// FormatTime writes a time as the drivers of SQLite bind it, for rows in JSON: times in
// several formats would not sort.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999999-07:00") }

// timeLayouts are SQLite's, and PostgreSQL's of a time without a zone in JSON.
var timeLayouts = []string{"2006-01-02 15:04:05.999999999-07:00", time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"}

// ParseTime reads a time as either database writes it in text or in JSON. One without a zone is
// in UTC, as the result is.
func ParseTime[T string | []byte](text T) (time.Time, error) {
	if t, ok := parseUTC(text); ok {
		return t, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, string(text)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("chat: cannot read a time from %q", string(text))
}

// parseUTC reads the times that the library itself has written, which are in UTC. It takes a
// fifth of the time of time.Parse, and needs no error for each layout that it is not in.
func parseUTC[T string | []byte](text T) (time.Time, bool) {
	const length = len("2006-01-02 15:04:05")
	if len(text) < length || text[4] != '-' || text[7] != '-' || text[10] != ' ' && text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := digits(text[:4]), digits(text[5:7]), digits(text[8:10])
	hour, minute, second := digits(text[11:13]), digits(text[14:16]), digits(text[17:length])
	rest, nanoseconds := text[length:], 0
	if len(rest) > 1 && rest[0] == '.' {
		end := 1
		for unit := 100_000_000; end < len(rest) && rest[end] >= '0' && rest[end] <= '9'; end, unit = end+1, unit/10 {
			nanoseconds += int(rest[end]-'0') * unit
		}
		rest = rest[end:]
	}
	switch string(rest) {
	case "", "Z", "+00:00":
	default:
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC)
	// A time that there is none of was made another.
	if year < 0 || t.Year() != year || t.Month() != time.Month(month) || t.Day() != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second {
		return time.Time{}, false
	}
	return t, true
}

// digits reads a number, -1 where something else is among them.
func digits[T string | []byte](text T) (n int) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return -1
		}
		n = n*10 + int(text[i]-'0')
	}
	return n
}
