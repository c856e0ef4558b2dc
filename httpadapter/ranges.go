package httpadapter

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxRanges is how many ranges of a file a request may name. More get the whole file.
const maxRanges = 10

// ranges is what a request wants of a file: all of it, some of it, or what is not there.
type ranges struct {
	header        string // "bytes=0-4,8-9", of ranges that are there; "": the whole file
	unsatisfiable bool
}

// readRanges reads the header Range as RFC 9110, section 14, has it. http.ServeContent
// would refuse other units than bytes, counts -0 and an empty file's ranges as there, and
// reads any number of ranges.
func readRanges(r *http.Request, size int64, tag string) ranges {
	values, conditions := r.Header.Values("Range"), r.Header.Values("If-Range")
	if r.Method != http.MethodGet || len(values) != 1 || len(conditions) > 0 && (len(conditions) > 1 || conditions[0] != tag) {
		return ranges{} // If-Range names another file, or a date, of which files have none
	}
	unit, set, found := strings.Cut(values[0], "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return ranges{}
	}
	var wanted []span
	named := 0
	for text := range strings.SplitSeq(set, ",") {
		if text = strings.Trim(text, " \t"); text == "" {
			continue
		}
		if named++; named > maxRanges {
			return ranges{}
		}
		s, valid := parseSpan(text, size)
		switch {
		case !valid:
			return ranges{unsatisfiable: true}
		case s.first <= s.last:
			wanted = append(wanted, s)
		}
	}
	switch {
	case len(wanted) == 0 && size == 0 && suffixOf(set):
		return ranges{} // all that there is
	case len(wanted) == 0:
		return ranges{unsatisfiable: true}
	case overlaps(wanted) > 1:
		return ranges{}
	}
	texts := make([]string, len(wanted))
	for i, s := range wanted {
		texts[i] = strconv.FormatInt(s.first, 10) + "-" + strconv.FormatInt(s.last, 10)
	}
	return ranges{header: "bytes=" + strings.Join(texts, ",")}
}

// span is a range with both its ends. One whose last byte is before its first has none.
type span struct{ first, last int64 }

// parseSpan reads "0-4", "5-" or "-3" of a file, limited to what there is.
func parseSpan(text string, size int64) (s span, valid bool) {
	first, last, found := strings.Cut(text, "-")
	if !found || first == "" && last == "" || !digits(first) || !digits(last) {
		return s, false
	}
	if first == "" {
		return span{size - min(number(last), size), size - 1}, true
	}
	s = span{number(first), size - 1}
	if last != "" {
		end := number(last)
		if end < s.first {
			return s, false
		}
		s.last = min(end, size-1)
	}
	return s, true
}

func digits(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' })
}

// number reads digits; there is no file of more than the largest int64.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}

// suffixOf reports whether a set has a suffix that asks for something.
func suffixOf(set string) bool {
	for text := range strings.SplitSeq(set, ",") {
		if last, found := strings.CutPrefix(strings.Trim(text, " \t"), "-"); found && number(last) > 0 {
			return true
		}
	}
	return false
}

// overlaps counts the ranges that begin within another.
func overlaps(wanted []span) (n int) {
	sorted := slices.SortedFunc(slices.Values(wanted), func(a, b span) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		}
		return 0
	})
	end := int64(-1)
	for _, s := range sorted {
		if s.first <= end {
			n++
		}
		end = max(end, s.last)
	}
	return n
}
