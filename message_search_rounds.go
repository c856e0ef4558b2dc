package chat

import (
	"bytes"
	"math"
	"slices"
	"time"
)

const (
	// scanRounds is how many statements read the newest messages at most.
	scanRounds = 8
	// firstOfRoom and firstOfAll are how many messages the first round reads, in one room and in all.
	firstOfRoom = 1000
	firstOfAll  = 500
)

// rare reports whether what was read so far lets expect that the index knows most messages, and that there is
// no page of what is searched for among SearchScanRows.
func (s *messageSearch) rare() bool {
	return (s.looked >= firstOfRoom || s.hits == 0) && s.misses < s.looked/8 && s.hits*SearchScanRows < int64(s.limit+1)*s.looked
}

// wanted is about how many messages are to be read next, for a page to be among them.
func (s *messageSearch) wanted() int64 {
	most := SearchScanRows - s.looked
	switch {
	case s.looked == 0 && s.in.RoomID != nil:
		return firstOfRoom
	case s.looked == 0:
		return firstOfAll
	case s.hits == 0:
		return most
	}
	return min(most, max(firstOfAll, s.looked*int64(s.limit+1)*5/(4*s.hits)-s.looked))
}

// allocate decides how much is read of each range: what is likely to be as new as the rest. Once there is a
// page, ranges are read back to its end alone, and further than their rates say, since more was sent lately.
func (s *messageSearch) allocate() {
	budget := s.wanted()
	if len(s.ranges) == 1 {
		r := s.ranges[0]
		r.from = max(r.low, r.high-budget-r.extra)
		r.extra = 0
		return
	}
	slices.SortFunc(s.ranges, func(a, b *searchRange) int { return bytes.Compare(b.top[:], a.top[:]) })
	since, page := s.sinceFor(budget), false
	if len(s.found) > s.limit {
		page = true
		if end := s.endOfPage(); end.After(since) {
			since = end
		}
	}
	least := int64(1)
	for _, r := range s.ranges {
		take := max(r.expected(since), least)
		if page && take > 0 {
			take = 2*take + 1
		}
		take = min(take, r.high-r.low, budget)
		if budget -= take; take > 0 {
			take, r.extra, least = take+r.extra, 0, 0
		}
		r.from = max(r.low, r.high-take)
	}
}

// endOfPage is how far back all ranges are to be read so that the page that was found is whole.
func (s *messageSearch) endOfPage() time.Time {
	begin, end := idTime(s.pageBegin()), idTime(s.found[s.limit].ID)
	return time.UnixMilli(end - 1 - min(outOfOrder.Milliseconds(), max(0, begin-end)))
}

// sinceFor is the time from which on about that many messages are expected in all ranges.
func (s *messageSearch) sinceFor(budget int64) time.Time {
	var latest time.Time
	for _, r := range s.ranges {
		if !r.done() && r.at.After(latest) {
			latest = r.at
		}
	}
	// Doubled until it is too much, and then halved into.
	enough := func(span float64) bool {
		at, sum := latest.Add(-time.Duration(span*float64(time.Second))), int64(0)
		for _, r := range s.ranges {
			sum += r.expected(at)
		}
		return sum >= budget
	}
	span := 1.0
	for span < 4e9 && !enough(span) {
		span *= 2
	}
	if span >= 4e9 { // all there is
		return time.Time{}
	}
	low := span / 2
	for range 12 {
		if middle := (low + span) / 2; enough(middle) {
			span = middle
		} else {
			low = middle
		}
	}
	return latest.Add(-time.Duration(span * float64(time.Second)))
}

// expected is how many messages of the range are likely to be from a time or later.
func (r *searchRange) expected(since time.Time) int64 {
	if r.done() || !r.at.After(since) {
		return 0
	}
	return int64(min(float64(r.high-r.low), math.Ceil(r.at.Sub(since).Seconds()*r.rate)))
}
