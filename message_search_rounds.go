package chat

import (
	"bytes"
	"math"
	"slices"
	"time"
)

// allocate decides how much is read of each range, budget messages in all and what is to be read again: what is
// likely to be as new as the rest. Ranges that have not come as far back as they were to, since more was sent
// lately than their rates say, are read further first, the newest of them first.
func (s *messageSearch) allocate(budget int64) {
	if len(s.ranges) == 1 {
		r := s.ranges[0]
		r.from = max(r.low, r.high-budget-r.extra)
		r.extra = 0
		return
	}
	slices.SortFunc(s.ranges, func(a, b *searchRange) int { return bytes.Compare(b.top[:], a.top[:]) })
	catchUp, least := s.aim(budget), int64(1)
	for _, r := range s.ranges {
		take := max(r.expected(s.since), least)
		if catchUp && take > 0 {
			take = 2*take + 1 // there was more than was expected before
		}
		take = min(take, r.high-r.low, budget)
		if budget -= take; take > 0 {
			take, r.extra, least = take+r.extra, 0, 0
		}
		r.from = max(r.low, r.high-take)
	}
}

// aim decides from when on the next messages are read, and whether that is as it was for the round before.
func (s *messageSearch) aim(budget int64) (again bool) {
	since := s.sinceFor(budget)
	if s.aimed && since.Before(s.since) && slices.ContainsFunc(s.ranges, func(r *searchRange) bool { return r.expected(s.since) > 0 }) {
		return true
	}
	s.since, s.aimed = since, true
	return false
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
