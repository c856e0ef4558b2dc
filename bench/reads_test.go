package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// reading is one operation that reads, from a host with so many messages.
type reading struct {
	name string
	do   func(h *host) error
	flat bool // to be as fast with many messages as with few
	hot  bool // compared with database/sql
}

func (h *host) bigRoom() int64 { return int64(h.messages / 5 * 3) }

func readings() []reading {
	messages := func(at func(h *host) chat.HistoryQuery) func(h *host) error {
		return func(h *host) error {
			page, err := h.Messages(h.ctx, reader, room(0), at(h))
			if err == nil && len(page.Items) < 50 {
				err = fmt.Errorf("%d messages", len(page.Items))
			}
			return err
		}
	}
	number := func(h *host) *int64 { n := 100 + rand.N(h.bigRoom()-200); return &n }
	return []reading{
		{"history: the newest", messages(func(*host) chat.HistoryQuery { return chat.HistoryQuery{} }), true, true},
		{"history: before a random number", messages(func(h *host) chat.HistoryQuery { return chat.HistoryQuery{Before: number(h)} }), true, false},
		{"history: around a random number", messages(func(h *host) chat.HistoryQuery { return chat.HistoryQuery{Around: number(h)} }), true, false},
		{"inbox: the first page", func(h *host) error { return h.inbox(reader, "") }, true, true},
		{"inbox: a later page", func(h *host) error { return h.inbox(reader, h.laterPage()) }, true, false},
		{"unread, all rooms", func(h *host) error { return of(h.Unread(h.ctx, reader)) }, false, false},
		{"reactions to a message", func(h *host) error {
			message := h.reacted[rand.N(len(h.reacted))]
			return of(h.Reactions(h.ctx, reader, chat.ReactionsQuery{MessageID: &message}))
		}, false, false},
	}
}

// searches are a common, a usual and a rare word, in the big room and in all rooms
// of the reader.
func searches() (list []reading) {
	for _, one := range []struct {
		name string
		word func() string
	}{
		{"1 in 10", func() string { return fmt.Sprint("a", rand.N(10)) }},
		{"1 in 1,000", func() string { return fmt.Sprint("b", rand.N(1000)) }},
		{"1 in 100,000", func() string { return fmt.Sprint("c", rand.N(100_000)) }},
	} {
		for _, inRoom := range []bool{true, false} {
			name := "search: a word of " + one.name + ", all rooms"
			if inRoom {
				name = "search: a word of " + one.name + ", one room"
			}
			list = append(list, reading{name, func(h *host) error {
				query := chat.MessageSearchQuery{Query: one.word()}
				if id := room(0); inRoom {
					query.RoomID = &id
				}
				return of(h.SearchMessages(h.ctx, reader, query))
			}, false, false})
		}
	}
	return list
}

func of[T any](_ T, err error) error { return err }

func (h *host) inbox(who chat.UserID, cursor string) error {
	page, err := h.Rooms(h.ctx, who, chat.RoomsQuery{Page: chat.Page{Cursor: cursor}})
	if err == nil && len(page.Items) != 50 {
		err = fmt.Errorf("%d rooms", len(page.Items))
	}
	return err
}

// laterPage is a cursor in the middle of the inbox.
func (h *host) laterPage() string {
	for range 10 - len(h.cursors) {
		last := ""
		if len(h.cursors) > 0 {
			last = h.cursors[len(h.cursors)-1]
		}
		page, err := h.Rooms(h.ctx, reader, chat.RoomsQuery{Page: chat.Page{Cursor: last}})
		if err != nil {
			h.t.Fatal(err)
		}
		h.cursors = append(h.cursors, page.Next)
	}
	return h.cursors[rand.N(len(h.cursors))]
}

// warm reads what the readings need, and the newest of each room.
func (h *host) warm() *host {
	h.t.Helper()
	if err := h.db.Raw(`SELECT id FROM chat_messages m WHERE room_id = ? AND number > ?
		AND EXISTS (SELECT 1 FROM chat_reactions WHERE message_id = m.id)`,
		room(0), h.bigRoom()-5000).Scan(&h.reacted).Error; err != nil {
		h.t.Fatal(err)
	}
	h.laterPage()
	page, err := h.Messages(h.ctx, reader, room(0), chat.HistoryQuery{Limit: 1})
	if err != nil {
		h.t.Fatal(err)
	}
	h.lastNumber = page.Items[0].Number
	return h
}

// read is what was measured of one reading at both sizes.
type read struct {
	name         string
	samples      int
	small, large timing
	ratio        float64 // of the time against database/sql's, 0 where it was not compared
}

// compare measures readings on a small and a large host in turn, so that what else
// the machine does meets both.
func compare(p plan, small, large *host, list []reading) (all []read) {
	small.t.Helper()
	for _, r := range list {
		var took [2][]time.Duration
		began := time.Now()
		for i := range p.samples + p.samples/10 {
			if i >= leastSamples && time.Since(began) > p.timeout {
				break
			}
			for k, h := range []*host{small, large} {
				from := time.Now()
				if err := r.do(h); err != nil {
					small.t.Fatalf("%s, %d messages: %v", r.name, h.messages, err)
				}
				took[k] = append(took[k], time.Since(from))
			}
		}
		for k := range took {
			took[k] = took[k][len(took[k])/11:] // the first ones fill caches
		}
		found := read{name: r.name, samples: len(took[0])}
		found.small, found.large = timingOf(took[0], time.Since(began)), timingOf(took[1], time.Since(began))
		if r.hot {
			found.ratio = large.againstSQL(p, r)
		}
		all = append(all, found)
	}
	return all
}

// leastSamples are taken of the slowest reading.
const leastSamples = 3

// againstSQL compares a reading with its own statements, run by database/sql and
// read into plain variables.
func (h *host) againstSQL(p plan, r reading) float64 {
	h.t.Helper()
	pool := h.readers()
	var whole, plain []time.Duration
	for range p.samples {
		ran := h.captured(func() {
			from := time.Now()
			if err := r.do(h); err != nil {
				h.t.Fatal(err)
			}
			whole = append(whole, time.Since(from))
		})
		from := time.Now()
		for _, s := range ran {
			if err := readAll(h.ctx, pool, s); err != nil {
				h.t.Fatalf("%v: %s", err, s.query)
			}
		}
		plain = append(plain, time.Since(from))
	}
	slices.Sort(whole)
	slices.Sort(plain)
	return float64(whole[len(whole)/2]) / float64(plain[len(plain)/2])
}

type statement struct {
	query string
	args  []any
}

// captured returns the queries that fn runs.
func (h *host) captured(fn func()) (ran []statement) {
	h.t.Helper()
	rows := h.db.Callback().Row()
	if err := rows.After("gorm:row").Register("bench:capture", func(db *gorm.DB) {
		ran = append(ran, statement{db.Statement.SQL.String(), slices.Clone(db.Statement.Vars)})
	}); err != nil {
		h.t.Fatal(err)
	}
	fn()
	if err := rows.Remove("bench:capture"); err != nil {
		h.t.Fatal(err)
	}
	return ran
}

func readAll(ctx context.Context, pool *sql.DB, s statement) error {
	rows, err := pool.QueryContext(ctx, s.query, s.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
