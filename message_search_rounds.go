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
	// scanBesideIndex is how many are read at most of several rooms where there is an index.
	scanBesideIndex = 5000
)

// most is how many messages are read at most.
func (s *messageSearch) most() int64 {
	if s.index == "" || len(s.ranges) == 1 || s.unsure() {
		return SearchScanRows
	}
	return scanBesideIndex
}

// unsure reports whether many messages had to be looked at one by one, since they have no words.
func (s *messageSearch) unsure() bool { return s.misses > 0 && s.misses >= s.looked/8 }

// common reports whether, by what was read so far, a page of what is searched for is among SearchScanRows
// messages, so that to read on costs less than to ask the index.
func (s *messageSearch) common() bool {
	return s.hits*SearchScanRows >= int64(s.limit+1)*s.looked
}

// rare reports whether it is time to ask the index.
func (s *messageSearch) rare() bool {
	return s.index != "" && (s.looked >= firstOfRoom || s.hits == 0) && !s.common() && !s.unsure()
}

// wanted is about how many messages are to be read next, for a page to be among them.
func (s *messageSearch) wanted() int64 {
	most := s.most() - s.looked
	switch {
	case s.looked == 0 && s.in.RoomID != nil:
		return firstOfRoom
	case s.looked == 0:
		return firstOfAll
	case s.in.RoomID == nil:
		most = min(most, 2*s.looked) // the rates are of what was read
	}
	if s.hits == 0 {
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
	if s.looked == 0 && len(s.ranges) > 0 {
		s.began = s.ranges[0].at
	}
	since, page := s.sinceFor(budget), len(s.found) > s.limit
	if page {
		since, budget = s.untilPage(), s.most()-s.looked
	}
	least := int64(1)
	for _, r := range s.ranges {
		take := max(r.expected(since), least)
		if page && take > 0 {
			take += take/2 + 1
		}
		if r.read > 0 { // a rate of few messages says little
			take = min(take, 16*r.read+16)
		}
		take = min(take, r.high-r.low, budget)
		if budget -= take; take > 0 {
			take, r.extra, least = take+r.extra, 0, 0
		}
		r.from = max(r.low, r.high-take)
	}
}

// untilPage is how far back all ranges are to be read so that a page is whole: to the end of what was found, or
// to where it is likely to end once more is found of those ranges that were read less far.
func (s *messageSearch) untilPage() time.Time {
	begin := time.UnixMilli(idTime(s.pageBegin()))
	with := func(end time.Time) time.Time { // what may be out of order
		return end.Add(-time.Millisecond - min(outOfOrder, max(0, begin.Sub(end))))
	}
	found := with(time.UnixMilli(idTime(s.found[s.limit].ID)))
	rate := 0.0
	for _, r := range s.ranges {
		rate += r.rate
	}
	wanted := float64(s.limit+1) * float64(s.looked) / float64(s.hits)
	likely := with(s.began.Add(-time.Duration(wanted / rate * float64(time.Second))))
	if likely.After(found) && slices.ContainsFunc(s.ranges, func(r *searchRange) bool { return r.expected(likely) > 0 }) {
		return likely
	}
	return found
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
