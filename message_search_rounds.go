package chat

import (
	"bytes"
	"math"
	"slices"
	"time"
)

// allocate decides how much is read of each range: what is likely to be as new as the
// rest, so that together it is about as many messages as budget.
func (s *messageSearch) allocate(round scanRound) {
	budget := round.budget
	if len(s.ranges) == 1 {
		r := s.ranges[0]
		r.from = max(r.low, r.high-budget-r.extra)
		r.extra = 0
		return
	}
	if round.catchUp {
		s.catchUp(budget)
		return
	}
	var newest *searchRange
	for _, r := range s.ranges {
		if !r.done() && (newest == nil || bytes.Compare(r.top[:], newest.top[:]) > 0) {
			newest = r
		}
	}
	if newest == nil {
		return
	}
	s.since = s.sinceFor(budget)
	for _, r := range s.ranges {
		take := r.extra + r.expected(s.since)
		if r == newest {
			take++
		}
		r.from = max(r.low, r.high-take)
		r.extra = 0
	}
}

// catchUp reads more of the ranges that have not come as far back as they were to, those first that lack most.
func (s *messageSearch) catchUp(budget int64) {
	slices.SortFunc(s.ranges, func(a, b *searchRange) int { return bytes.Compare(b.top[:], a.top[:]) })
	for _, r := range s.ranges {
		take := int64(0)
		if n := r.expected(s.since); n > 0 && budget > 0 {
			take = min(2*n+4, r.high-r.low, budget)
		}
		r.from, budget = r.high-take, budget-take
	}
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
