package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// call is one operation beside its floor: a bare statement through database/sql that reads the
// same rows into plain variables or, of what is about one row, SELECT 1.
type call struct {
	name  string
	floor string             // what the floor is
	goals map[string]float64 // by database, in floors; none: it is measured alone
	bare  func(h *host) error
	// prepare makes what do works on, outside the time.
	prepare func(h *host) error
	do      func(h *host) error
}

const trip = "SELECT 1"

func both(x float64) map[string]float64 { return map[string]float64{"PostgreSQL": x, "SQLite": x} }

func onPostgres(x float64) map[string]float64 { return map[string]float64{"PostgreSQL": x} }

// calls are measured in this order: the last ones write.
func calls() []call {
	return []call{
		{name: "history page of 50", floor: "the bare page", goals: both(2), bare: (*host).barePage, do: readings()[0].do},
		{name: "inbox page of 50", floor: "the bare join", goals: both(1.3), bare: (*host).bareInbox, do: func(h *host) error { return h.inbox(fewReader, "") }},
		trips("Message", 3, nil, func(h *host) error { return of(h.Message(h.ctx, reader, h.target)) }),
		trips("Room", 3, nil, func(h *host) error { return of(h.Room(h.ctx, reader, room(1))) }),
		trips("Unread", 0, nil, func(h *host) error { return of(h.Unread(h.ctx, fewReader)) }),
		trips("MarkRead", 3, (*host).nextNumber, func(h *host) error { return of(h.MarkRead(h.ctx, reader, room(1), h.number)) }),
		trips("React", 6, (*host).nextMessage, func(h *host) error { return of(h.React(h.ctx, reader, h.target, "🎈")) }),
		trips("React again", 6, nil, func(h *host) error { return of(h.React(h.ctx, reader, h.target, "🎈")) }),
		trips("EditMessage", 6, (*host).nextMessage, func(h *host) error {
			text := newText()
			return of(h.EditMessage(h.ctx, sender(0), h.target, chat.MessagePatch{Text: &text}))
		}),
		trips("DeleteMessage", 6, (*host).nextMessage, func(h *host) error { return h.DeleteMessage(h.ctx, sender(0), h.target) }),
	}
}

func trips(name string, goal float64, prepare, do func(h *host) error) call {
	c := call{name: name, floor: trip, bare: (*host).selectOne, prepare: prepare, do: do}
	if goal > 0 {
		c.goals = onPostgres(goal)
	}
	return c
}

// nextMessage sends a message to work on.
func (h *host) nextMessage() error {
	m, err := h.SendMessage(h.ctx, sender(0), room(0), chat.NewMessage{Text: newText()})
	if err == nil {
		h.target = m.ID
	}
	return err
}

// nextNumber is that of a message that the reader has not read.
func (h *host) nextNumber() error {
	m, err := h.SendMessage(h.ctx, sender(0), room(1), chat.NewMessage{Text: newText()})
	if err == nil {
		h.number = m.Number
	}
	return err
}

// called is what was measured of a call.
type called struct {
	call
	floor, took time.Duration // the medians
}

// ratio is how many floors the call takes.
func (c called) ratio() float64 { return float64(c.took) / float64(c.floor) }

// measureCalls measures each call and its floor in turn, so that what else the machine does
// meets both, and so on each of the hosts.
func measureCalls(p plan, hosts ...*host) (all [][]called) {
	all = make([][]called, len(hosts))
	for _, c := range calls() {
		for _, h := range hosts {
			h.must(c.name, h.nextMessage())
			h.must(c.name, h.nextNumber())
		}
		floors, took := make([][]time.Duration, len(hosts)), make([][]time.Duration, len(hosts))
		for range p.calls {
			for i, h := range hosts {
				floor, whole := h.timed(c)
				floors[i], took[i] = append(floors[i], floor), append(took[i], whole)
			}
		}
		for i := range hosts {
			slices.Sort(floors[i])
			slices.Sort(took[i])
			all[i] = append(all[i], called{c, floors[i][p.calls/2], took[i][p.calls/2]})
		}
	}
	return all
}

// timed runs a call once, after its floor.
func (h *host) timed(c call) (floor, took time.Duration) {
	h.t.Helper()
	if c.prepare != nil {
		h.must(c.name, c.prepare(h))
	}
	from := time.Now()
	h.must(c.name, c.bare(h))
	between := time.Now()
	h.must(c.name, c.do(h))
	return between.Sub(from), time.Since(between)
}

func (h *host) must(name string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%s, %d messages: %v", name, h.messages, err)
	}
}

// readers is the pool that reads.
func (h *host) readers() *sql.DB {
	h.t.Helper()
	if split, is := h.db.ConnPool.(*splitPool); is {
		return split.read
	}
	pool, err := h.db.DB()
	if err != nil {
		h.t.Fatal(err)
	}
	return pool
}

func (h *host) selectOne() error {
	var one int
	return h.readers().QueryRowContext(h.ctx, trip).Scan(&one)
}

// bound spells the parameters of a query as the database does.
func (h *host) bound(query string) string {
	if !h.postgres {
		return query
	}
	for n := 1; strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
	}
	return query
}

// barePage reads the newest 50 messages of a room, and no more than their rows.
func (h *host) barePage() error {
	last := h.lastNumber
	n, err := scanAll(h.ctx, h.readers(), func(rows *sql.Rows) error {
		var m struct {
			id, room, kind, text    string
			user                    *int64
			number                  int64
			reply, client, metadata *string
			createdAt               time.Time
			editedAt, deletedAt     *time.Time
		}
		return rows.Scan(&m.id, &m.room, &m.number, &m.user, &m.kind, &m.text, &m.reply, &m.client, &m.metadata, &m.createdAt, &m.editedAt, &m.deletedAt)
	}, h.bound(`SELECT id, room_id, number, user_id, author_kind, text, reply_to_id, client_id, metadata, created_at, edited_at, deleted_at
		FROM chat_messages WHERE room_id = ? AND number BETWEEN ? AND ? ORDER BY number`), room(0).String(), last-49, last)
	if err == nil && n != 50 {
		err = fmt.Errorf("%d messages", n)
	}
	return err
}

// bareInbox reads the first 50 rooms with their memberships, and no more than these rows.
func (h *host) bareInbox() error {
	n, err := scanAll(h.ctx, h.readers(), func(rows *sql.Rows) error {
		var r struct {
			id, kind, name, description, history           string
			avatar, key, metadata                          *string
			public, ownerless, muted, pinned               bool
			owner, privateA, privateB, permissions, hidden *int64
			createdBy, marked                              *int64
			byDefault, members, seq, first, last, slow     int64
			read, joined                                   int64
			created, updated, since                        time.Time
			lastAt, deleted, until, seen, sent             *time.Time
		}
		return rows.Scan(&r.id, &r.kind, &r.name, &r.description, &r.avatar, &r.public, &r.key, &r.ownerless, &r.owner, &r.byDefault, &r.history,
			&r.members, &r.privateA, &r.privateB, &r.seq, &r.first, &r.last, &r.lastAt, &r.slow, &r.metadata, &r.created, &r.updated, &r.deleted,
			&r.permissions, &r.muted, &r.until, &r.hidden, &r.pinned, &r.createdBy, &r.seen, &r.read, &r.joined, &r.marked, &r.sent, &r.since)
	}, h.bound(`SELECT r.id, r.type, r.name, r.description, r.avatar_id, r.is_public, r.key, r.ownerless, r.owner_id, r.default_permissions, r.history_visibility,
			r.member_count, r.private_a, r.private_b, r.last_seq, r.first_number, r.last_number, r.last_message_at, r.slow_mode, r.metadata,
			r.created_at, r.updated_at, r.deleted_at, u.permissions, u.muted, u.muted_until, u.hidden_number, u.pinned, u.created_by, u.last_seen_at,
			u.last_read_number, u.joined_number, u.marked_unread, u.last_sent_at, u.created_at
		FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id WHERE u.user_id = ? AND r.deleted_at IS NULL
		ORDER BY u.pinned DESC, COALESCE(r.last_message_at, r.created_at) DESC, r.id DESC LIMIT 50`), 2+senders)
	if err == nil && n != 50 {
		err = fmt.Errorf("%d rooms", n)
	}
	return err
}

func scanAll(ctx context.Context, pool *sql.DB, scan func(*sql.Rows) error, query string, args ...any) (n int, err error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		if err := scan(rows); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// targets are what the calls are about.
type targets struct {
	target     uuid.UUID // a message of the big room
	number     int64     // of a message of room 1
	lastNumber int64     // of the big room, when the page is read
}

func callRows(list []called) (rows [][]string) {
	for _, c := range list {
		rows = append(rows, []string{c.name, short(c.took), c.call.floor, short(c.floor), fmt.Sprintf("%.2f ×", c.ratio())})
	}
	return rows
}

// TestCalls prints what TestReport has of calls beside their floors, on the small size alone.
func TestCalls(t *testing.T) {
	p, known := plans[*report]
	if !known {
		t.Skip("-report full or quick runs it")
	}
	for name, open := range map[string]func(t *testing.T) *host{"postgres": freshPostgres(p), "sqlite": freshSQLite(p)} {
		t.Run(name, func(t *testing.T) {
			h := open(t).warm()
			var b strings.Builder
			table(&b, []string{"call", "median", "floor", "median", "ratio"}, callRows(measureCalls(p, h)[0]))
			perRow := h.perRow()
			t.Logf("allocated a row of history: %s\n%s", perRow, b.String())
		})
	}
}
