package chat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/words"
)

// A search reads the newest messages first, of each room as many as are likely to be as new
// as those that it reads of the others. Where that finds no page of them, what is searched
// for is rare, and the index is asked, for the newest parts of the rooms first. Each statement is
// told which messages of which rooms it may look at, and no other is: what is in
// others does not show by the time that it takes.

// messageSearch is one search on its way.
type messageSearch struct {
	*call
	query words.Query
	keys  []words.Key // of query, that the database looks for
	in    *MessageSearchQuery
	limit int

	ranges []*searchRange
	before searchKey // of the first message after the page; the zero value for the first page
	found  []Message // the newest that were found, one more than a page at most
	floor  searchKey // nothing is known of what comes after it
	began  time.Time // about when the newest message was sent
	looked int64     // messages that were looked at
	hits   int64     // what is searched for among them
	misses int64     // what only a look at the text told from it, as where there are no words
	read   bool      // something was read: a search that ends here has come further
}

// searchKey is a position in what a search finds: a number in one room, an id in all
// rooms.
type searchKey struct {
	number int64
	id     uuid.UUID
}

func (k searchKey) compare(other searchKey) int {
	return cmp.Or(cmp.Compare(k.number, other.number), bytes.Compare(k.id[:], other.id[:]))
}

// searchRange is what is not yet read of a room: the messages after low up to high.
type searchRange struct {
	room      uuid.UUID
	low, high int64
	from      int64     // the one being read is after it
	extra     int64     // messages to read again, which may have been stored out of order
	top       uuid.UUID // the id of the message high, or a later one; the zero value in one room
	at        time.Time // about when that was sent
	rate      float64   // about how many there are a second
	read      int64     // how many were read of it
	unworded  bool      // it may have messages that the index does not know
}

func (r *searchRange) done() bool { return r.high <= r.low }

// indexRounds are how many places of a room each round asks the index for.
var indexRounds = []int64{2, 8, 64, 512, 1024}

const (
	// placesPerStatement is how many places the index is asked for at once: fewer on SQLite, to which a
	// statement is no trip, and which looks through all that it is asked for at each message.
	placesPerStatement = 256
	placesOfSQLite     = 64
	// candidatesPerStatement is how many messages the index finds at most at once.
	candidatesPerStatement = 2000
	// outOfOrder is by how much the ids of a room's messages may be in another order than
	// their numbers, because one was made and then waited to be stored, or on another
	// machine: a time, and a number of messages.
	outOfOrder         = 10 * time.Second
	outOfOrderMessages = 256
)

var errSearchTime = errors.New("chat: the search could not read anything in Limits.SearchTime")

// page reads until there is a page of messages, or all was read, or enough.
func (s *messageSearch) page() ([]Message, string, error) {
	ctx := s.ctx
	if !s.inHost || s.dialect != dialect.Postgres {
		limited, cancel := context.WithTimeout(ctx, s.config.Limits.SearchTime)
		defer cancel()
		c := *s.conn
		c.ctx = limited
		s.call = &call{&c, s.actor}
	}
	err := s.run()
	if err != nil && s.ctx.Err() != nil && ctx.Err() == nil {
		if err = nil; !s.read {
			return nil, "", &retryableError{err: errSearchTime}
		}
	}
	if err != nil {
		return nil, "", err
	}
	return s.result()
}

func (s *messageSearch) run() error {
	if s.in.RoomID == nil {
		if s.actor.system {
			return s.scanAll()
		}
		if err := s.findRooms(); err != nil {
			return err
		}
	}
	for round := 0; round < scanRounds && s.looked < s.most(); round++ {
		s.allocate()
		if err := s.scan(); err != nil || s.full() {
			return err
		}
		if s.rare() {
			break
		}
	}
	if s.index == "" || s.common() && !s.unsure() {
		return nil
	}
	for _, places := range indexRounds {
		if err := s.askIndex(places); err != nil || s.full() || s.blocked() {
			return err
		}
	}
	return nil
}

// full reports whether nothing more needs to be read: there is a page, or all was read.
func (s *messageSearch) full() bool {
	open, any := s.open()
	return !any || len(s.found) > s.limit && s.key(&s.found[s.limit]).compare(open) > 0
}

// blocked reports whether a statement has left out what comes next, so that no other tells more.
func (s *messageSearch) blocked() bool {
	open, any := s.open()
	return any && open == s.floor
}

// open is the position from which on something may not have been read, if there is one.
func (s *messageSearch) open() (at searchKey, any bool) {
	at = s.floor
	for _, r := range s.ranges {
		if r.done() {
			continue
		}
		any = true
		key := searchKey{number: r.high}
		if s.in.RoomID == nil {
			key = searchKey{id: r.top}
		}
		if key.compare(at) > 0 {
			at = key
		}
	}
	if any && s.in.RoomID == nil && at != s.floor {
		at.id = s.margin(at.id)
	}
	return at, any || s.floor != (searchKey{})
}

// margin moves a position on by what may be out of order there, though never to the
// beginning of the page.
func (s *messageSearch) margin(id uuid.UUID) uuid.UUID {
	at, until := idTime(id), idTime(s.pageBegin())
	by := min(outOfOrder.Milliseconds(), (until-at)/2)
	if by <= 0 {
		return id
	}
	var moved uuid.UUID
	binary.BigEndian.PutUint64(moved[:], uint64(at+by)<<16) //nolint:gosec // 48 bits
	return moved
}

// pageBegin is the newest id that the page may have.
func (s *messageSearch) pageBegin() uuid.UUID {
	switch {
	case len(s.found) > 0:
		return s.found[0].ID
	case s.before.id == uuid.Nil:
		return newID()
	}
	return s.before.id
}

// idTime is when an id was made, in milliseconds.
func idTime(id uuid.UUID) int64 {
	return int64(binary.BigEndian.Uint64(id[:8]) >> 16)
}

func (s *messageSearch) key(m *Message) searchKey {
	if s.in.RoomID != nil {
		return searchKey{number: m.Number}
	}
	return searchKey{id: m.ID}
}

// result is the page, and the cursor of the next one.
func (s *messageSearch) result() ([]Message, string, error) {
	open, any := s.open()
	items := s.found
	if any {
		items = slices.DeleteFunc(items, func(m Message) bool { return s.key(&m).compare(open) <= 0 })
	}
	if len(items) > s.limit {
		items = items[:s.limit]
		return items, s.cursorOf(s.key(&items[s.limit-1])), nil
	}
	if !any {
		return items, "", nil
	}
	next := open
	if s.in.RoomID != nil {
		next.number++
	} else {
		next.id = idAfter(next.id)
	}
	return items, s.cursorOf(next), nil
}

// idAfter is the next id in their order.
func idAfter(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}

// keep keeps a message that was read, if it has what is searched for and may be on the page.
func (s *messageSearch) keep(m *Message) {
	key := s.key(m)
	if m.Deleted() || s.before != (searchKey{}) && key.compare(s.before) >= 0 {
		return
	}
	newest := func(a Message, b searchKey) int { return b.compare(s.key(&a)) }
	at, known := slices.BinarySearchFunc(s.found, key, newest)
	if known {
		return
	}
	if at > s.limit { // hits decide only where there are few
		s.hits++
		return
	}
	if _, has := s.query.Match(m.Text); !has {
		s.misses++
		return
	}
	s.hits++
	s.found = slices.Insert(s.found, at, *m)
	if len(s.found) > s.limit+1 {
		s.found = s.found[:s.limit+1]
	}
}

// advance moves the ranges that were read on, to the messages that stand where they end.
func (s *messageSearch) advance(asked []*searchRange, tops map[uuid.UUID]uuid.UUID) {
	for _, r := range asked {
		read := r.high - r.from
		s.looked += read
		r.read += read
		r.high = r.from
		if s.in.RoomID != nil || r.done() {
			continue
		}
		top, there := tops[r.room]
		if !there { // it was removed meanwhile, or the actor was
			r.high = r.low
			continue
		}
		at := time.UnixMilli(idTime(top))
		if past := s.began.Sub(at).Seconds(); past > 0 {
			r.rate = (float64(r.read) - 0.5) / past // of so many before the last one
		}
		r.top, r.at = top, at
	}
	s.read = true
}

// askIndex asks for as many places of each range, the newest ranges first.
func (s *messageSearch) askIndex(places int64) error {
	var open []*searchRange
	for _, r := range s.ranges {
		if !r.done() {
			r.from = max(r.low, (r.high/words.PlaceMessages-places+1)*words.PlaceMessages-1)
			open = append(open, r)
		}
	}
	slices.SortFunc(open, func(a, b *searchRange) int { return bytes.Compare(b.top[:], a.top[:]) })
	most := int64(placesPerStatement)
	if s.dialect == dialect.SQLite {
		most = placesOfSQLite
	}
	for len(open) > 0 && !s.full() && !s.blocked() {
		n, sum := 0, int64(0)
		for n < len(open) && (n == 0 || sum+open[n].places() <= most) {
			sum += open[n].places()
			n++
		}
		if err := s.ask(open[:n]); err != nil {
			return err
		}
		open = open[n:]
	}
	return nil
}

// places is how many places the range that is being read has.
func (r *searchRange) places() int64 {
	return r.high/words.PlaceMessages - (r.from+1)/words.PlaceMessages + 1
}
