package queries_test

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// explained is a host whose hot queries are read with EXPLAIN, with enough rows that
// an index pays: one big room, and users in rooms of their own.
type explained struct {
	*counted
	big     *chat.Room
	reacted uuid.UUID
	crowded chat.UserID // in those rooms
	// customPlans leaves plans for any values out, where all rows have the same one.
	customPlans bool
}

const (
	smallRooms = 20_000 // of a member and a message each
	members    = 400    // who have them in turn
	bigRoom    = 20_000 // messages
	aPage      = 110    // rows at most, and what an aggregate adds
)

func newExplained(t *testing.T, v chatsuite.Variant) *explained {
	t.Helper()
	h := chatsuite.New(t, v, func(c *chat.Config) { c.MessageSearch = true })
	x := &explained{counted: &counted{Host: h, svc: h.Service}, crowded: h.UserID(21)}
	chatsuite.NoError(t, h.DB.Transaction(func(tx *gorm.DB) error { // the owners are checked at the commit
		inTx := *h
		inTx.DB = tx
		(&explained{counted: &counted{Host: &inTx}}).fillSmall()
		return nil
	}))
	x.big = h.NewGroup(h.Bob, x.crowded)
	x.fillBig()
	chatsuite.NoError(t, chat.Migrate(h.Ctx, h.DB, h.Config)) // which makes the words
	return x
}

// series is SQL for rows n from 1 to last, for an id made of n, and for one of the
// members.
func (x *explained) series(last int) (from string, id func(kind int) string, user string) {
	from = fmt.Sprintf("generate_series(1, %d) AS s(n)", last)
	format := "CAST('00000000-0000-7000-%d-' || lpad(CAST(n AS text), 12, '0') AS uuid)"
	user = fmt.Sprintf("(n %% %d + 1)", members)
	if !x.Postgres {
		from = fmt.Sprintf("(WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)", last)
		format = "printf('00000000-0000-7000-%d-%%012d', n)"
		user = "printf('user-%02d', " + user + ")"
	}
	return from, func(kind int) string { return fmt.Sprintf(format, 8000+kind) }, user
}

func (x *explained) fillSmall() {
	from, id, user := x.series(smallRooms)
	now := x.Clock.Now()
	x.exec("INSERT INTO users (id) SELECT DISTINCT " + user + " FROM " + from + " WHERE " + user + " NOT IN (SELECT id FROM users)")
	x.exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, owner_id, default_permissions,
		history_visibility, member_count, last_seq, last_number, last_message_at, created_at, updated_at)
		SELECT `+id(1)+", 'group', 'x', '', ?, "+user+", 0, 'all', 1, 1, 1, ?, ?, ? FROM "+from, false, now, now, now)
	x.exec("INSERT INTO chat_room_users (room_id, user_id, muted, pinned, last_read_number, joined_number, created_at) SELECT "+
		id(1)+", "+user+", FALSE, ?, 0, 0, ? FROM "+from, false, now)
	x.exec("INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, created_at) SELECT "+
		id(2)+", "+id(1)+", 1, "+user+", 'user', 'Other', ? FROM "+from, now)
}

func (x *explained) fillBig() {
	from, id, _ := x.series(bigRoom)
	now := x.Clock.Now()
	x.exec("INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, created_at) SELECT "+
		id(3)+", ?, n, ?, 'user', 'Word and w' || (n % 100) || ' of r' || n, ? FROM "+from, x.big.ID, x.Bob, now)
	x.exec("INSERT INTO chat_reactions (id, message_id, user_id, reaction, created_at) SELECT "+
		id(4)+", "+id(3)+", ?, '👍', ? FROM "+from, x.Bob, now)
	x.exec(`INSERT INTO chat_events (room_id, seq, kind, message_id, created_at)
		SELECT room_id, number + 10, 'message_created', id, created_at FROM chat_messages`)
	x.exec(`INSERT INTO chat_media (id, user_id, key, state, file_name, content_type, size, sha256, created_at)
		SELECT id, user_id, 'key' || number, 'ready', '', '', 1, '', created_at FROM chat_messages WHERE room_id = ?`, x.big.ID)
	x.exec("INSERT INTO chat_message_media (message_id, media_id, sequence) SELECT id, id, 0 FROM chat_messages WHERE room_id = ?", x.big.ID)
	x.exec(`INSERT INTO chat_mentions (room_id, number, sequence, user_id, created_at)
		SELECT room_id, number, 0, user_id, created_at FROM chat_messages WHERE room_id <> ? OR number % 100 = 0`, x.big.ID)
	x.exec("INSERT INTO chat_mentions (room_id, number, sequence, created_at) SELECT room_id, number, 1, created_at FROM chat_messages WHERE room_id <> ? OR number % 500 = 0", x.big.ID)
	x.exec("INSERT INTO chat_pins (message_id, room_id, created_at) SELECT id, room_id, created_at FROM chat_messages WHERE room_id <> ?", x.big.ID)
	x.exec("UPDATE chat_room_users SET last_read_number = ? WHERE room_id = ? AND user_id = ?", bigRoom-1000, x.big.ID, x.Bob)
	x.exec("UPDATE chat_rooms SET last_number = ?, last_seq = ? + 10, last_message_at = ? WHERE id = ?", bigRoom, bigRoom, now, x.big.ID)
	chatsuite.NoError(x.T, x.DB.Raw("SELECT id FROM chat_messages WHERE room_id = ? AND number = 777", x.big.ID).Row().Scan(&x.reacted))
}

func (x *explained) exec(query string, args ...any) {
	x.T.Helper()
	chatsuite.NoError(x.T, x.DB.Exec(query, args...).Error)
}

// hot is an operation whose queries are explained. Where it sorts more than a page,
// it says how many rows that may be.
type hot struct {
	name  string
	do    func() error
	sorts int
}

func (x *explained) hot() []hot {
	history := func(at chat.HistoryQuery) func() error {
		return func() error { return chatsuite.ErrorOf(x.Messages(x.Ctx, x.Bob, x.big.ID, at)) }
	}
	middle := int64(bigRoom / 2)
	inbox := func(cursor string) func() error {
		return func() error {
			return chatsuite.ErrorOf(x.Rooms(x.Ctx, x.crowded, chat.RoomsQuery{Page: chat.Page{Cursor: cursor}}))
		}
	}
	first := chatsuite.Must(x.Rooms(x.Ctx, x.crowded, chat.RoomsQuery{}))(x.T)
	// Of what is common the newest messages are read, of what is rare the index is asked after that.
	search := func(who chat.Actor, query string, room *uuid.UUID) func() error {
		return func() error {
			return chatsuite.ErrorOf(x.SearchMessages(x.Ctx, who, chat.MessageSearchQuery{Query: query, RoomID: room}))
		}
	}
	const read = chat.SearchScanRows + smallRooms/members
	return []hot{
		{name: "the newest messages", do: history(chat.HistoryQuery{})},
		{name: "messages before", do: history(chat.HistoryQuery{Before: &middle})},
		{name: "messages after", do: history(chat.HistoryQuery{After: &middle})},
		{name: "messages around", do: history(chat.HistoryQuery{Around: &middle})},
		{name: "one message", do: func() error { return chatsuite.ErrorOf(x.Message(x.Ctx, x.Bob, x.reacted)) }},
		{name: "reactions", do: func() error {
			return chatsuite.ErrorOf(x.Reactions(x.Ctx, x.Bob, chat.ReactionsQuery{MessageID: &x.reacted}))
		}},
		{name: "replies", do: func() error { return chatsuite.ErrorOf(x.Replies(x.Ctx, x.Bob, x.reacted, chat.Page{})) }},
		{name: "mentions", do: func() error { return chatsuite.ErrorOf(x.Mentions(x.Ctx, x.Bob, chat.Page{})) }, sorts: bigRoom / 50},
		{name: "pins", do: func() error { return chatsuite.ErrorOf(x.Pins(x.Ctx, x.Bob, x.big.ID)) }, sorts: 1},
		{name: "one room", do: func() error { return chatsuite.ErrorOf(x.Room(x.Ctx, x.Bob, x.big.ID)) }},
		{name: "members", do: func() error { return chatsuite.ErrorOf(x.RoomUsers(x.Ctx, x.Bob, x.big.ID, chat.Page{})) }},
		{name: "a send", do: func() error {
			return chatsuite.ErrorOf(x.SendMessage(x.Ctx, x.Bob, x.big.ID, chat.NewMessage{Text: "Word", ClientID: uuid.NewString(), ReplyToID: &x.reacted}))
		}},
		{name: "marking as unread", do: func() error { return chatsuite.ErrorOf(x.MarkUnread(x.Ctx, x.Bob, x.big.ID, bigRoom)) }},
		{name: "what is unread", do: func() error { return chatsuite.ErrorOf(x.Unread(x.Ctx, x.crowded)) }, sorts: smallRooms/members + 1},
		{name: "the unread rooms", do: func() error {
			return chatsuite.ErrorOf(x.Rooms(x.Ctx, x.crowded, chat.RoomsQuery{Unread: true}))
		}, sorts: smallRooms/members + 1},
		{name: "marking as read", do: func() error { return chatsuite.ErrorOf(x.MarkRead(x.Ctx, x.Bob, x.big.ID, middle)) }},
		{name: "the inbox", do: inbox(""), sorts: smallRooms/members + 1},
		{name: "a later page of the inbox", do: inbox(first.Next), sorts: smallRooms/members + 1},
		{name: "events after a number", do: func() error {
			var events []chat.Event
			return x.DB.Raw("SELECT id, room_id, seq, kind, message_id FROM chat_events WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT 100",
				x.big.ID, middle).Scan(&events).Error
		}},
		{name: "search in a room", do: search(x.Bob, "w17", &x.big.ID), sorts: read},
		{name: "search in all rooms", do: search(x.Bob, "w17", nil), sorts: read},
		{name: "search of what is rare in a room", do: search(x.Bob, `"r777"`, &x.big.ID), sorts: read},
		{name: "search of what is rare in all rooms", do: search(x.crowded, `"r777"`, nil), sorts: read},
		{name: "search of System in all rooms", do: search(chat.System, "nothing", nil), sorts: read},
		{name: "search of public rooms", do: func() error {
			return chatsuite.ErrorOf(x.SearchRooms(x.Ctx, x.Bob, chat.RoomSearchQuery{Query: "nothing"}))
		}},
	}
}

// asked is a query as it was run.
type asked struct {
	query string
	args  []any
}

// ask returns the queries that an operation runs.
func (x *explained) ask(do func() error) (queries []asked) {
	x.T.Helper()
	name := x.T.Name() + fmt.Sprint(time.Now().UnixNano())
	var mu sync.Mutex // a subscription's statements are run beside the others
	keep := func(db *gorm.DB) {
		mu.Lock()
		defer mu.Unlock()
		if query := db.Statement.SQL.String(); !strings.HasPrefix(query, "PRAGMA") {
			queries = append(queries, asked{query, slices.Clone(db.Statement.Vars)})
		}
	}
	row, raw := x.DB.Callback().Row(), x.DB.Callback().Raw()
	chatsuite.NoError(x.T, errors.Join(row.After("gorm:row").Register(name, keep), raw.After("gorm:raw").Register(name, keep)))
	err := do()
	chatsuite.NoError(x.T, errors.Join(row.Remove(name), raw.Remove(name), err))
	return queries
}

// TestHotQueriesUseIndexes reads the plans of the queries that chat lives on: none
// reads a whole table or sorts a whole room. The inbox sorts the user's own rooms.
func TestHotQueriesUseIndexes(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		for _, analyzed := range []bool{false, true} {
			if analyzed || x.Postgres { // PostgreSQL's autovacuum does it; on SQLite a host may never
				x.exec("ANALYZE")
			}
			for _, op := range x.hot() {
				queries := x.ask(op.do)
				if len(queries) == 0 {
					t.Errorf("%s: no query", op.name)
				}
				for _, q := range queries {
					for _, fault := range x.faults(q, op.sorts) {
						t.Errorf("%s, analyzed %t: %s\n%s", op.name, analyzed, fault, q.query)
					}
				}
			}
			if x.Postgres {
				break
			}
		}
	})
}

// TestExplainSeesFaults: what the test above looks for, it would find.
func TestExplainSeesFaults(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		x.exec("ANALYZE")
		for _, query := range []string{
			"SELECT id FROM chat_messages WHERE text = 'x'",
			"SELECT id FROM chat_messages WHERE room_id = '" + x.big.ID.String() + "' ORDER BY text LIMIT 10",
			"SELECT id FROM chat_rooms ORDER BY last_message_at DESC LIMIT 10",
		} {
			if len(x.faults(asked{query: query}, 0)) == 0 {
				t.Errorf("no fault in %s", query)
			}
		}
	})
}

// TestInboxOfVeryManyRooms: the pages of a user in 10,000 rooms have each room once,
// in order, and cost the same number of statements.
func TestInboxOfVeryManyRooms(t *testing.T) {
	const rooms = 10_000
	overCounted(t, func(t *testing.T, c *counted) {
		user := c.UserID(20)
		c.inbox(user, rooms)
		seen := map[uuid.UUID]bool{}
		var before time.Time
		for at := (chat.Page{Limit: 100}); ; {
			var page *chat.RoomsPage
			c.costs("Rooms", wants{1, 1}, func() (err error) {
				page, err = c.svc.Rooms(c.Ctx, user, chat.RoomsQuery{Page: at})
				return err
			})
			for _, r := range page.Items {
				if seen[r.ID] || len(seen) > 0 && r.LastMessageAt.After(before) || r.LastMessage == nil {
					t.Fatalf("after %d rooms: %+v", len(seen), r)
				}
				seen[r.ID], before = true, *r.LastMessageAt
			}
			if at.Cursor = page.Next; at.Cursor == "" || !chatsuite.Long() && len(seen) == 500 {
				break
			}
		}
		if want := map[bool]int{true: rooms, false: 500}[chatsuite.Long()]; len(seen) != want {
			t.Errorf("%d rooms, want %d", len(seen), want)
		}
	})
}

// overExplained runs a test on both databases.
func overExplained(t *testing.T, test func(t *testing.T, x *explained)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newExplained(t, v))
		})
	}
}

// faults says what is wrong with a query's plan: it reads a whole table, or sorts
// more rows than it may.
func (x *explained) faults(q asked, sorts int) (faults []string) {
	x.T.Helper()
	if !x.Postgres {
		return x.sqliteFaults(q, sorts)
	}
	modes := []string{"force_custom_plan", "force_generic_plan"}
	if x.customPlans {
		modes = modes[:1]
	}
	for _, mode := range modes {
		var plan string
		// As the drivers do it: prepared, planned for the values or for any.
		chatsuite.NoError(x.T, x.DB.Connection(func(conn *gorm.DB) error {
			if err := errors.Join(conn.Exec("SET plan_cache_mode = "+mode).Error, conn.Exec("PREPARE asked AS "+q.query).Error); err != nil {
				return err
			}
			execute := "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked"
			if strings.Contains(q.query, "INSERT INTO chat_") || strings.Contains(q.query, "UPDATE chat_") || strings.Contains(q.query, "DELETE FROM chat_") { // it is not run again
				execute = "EXPLAIN (FORMAT JSON) EXECUTE asked"
			}
			if len(q.args) > 0 {
				execute += "(" + strings.Join(literals(x.T, q.args), ", ") + ")"
			}
			pool := conn.Statement.ConnPool // GORM would take a ? in a value for a parameter
			err := pool.QueryRowContext(x.Ctx, execute).Scan(&plan)
			return errors.Join(err, conn.Exec("DEALLOCATE asked").Error, conn.Exec("RESET plan_cache_mode").Error)
		}))
		var parsed []struct{ Plan node }
		chatsuite.NoError(x.T, json.Unmarshal([]byte(plan), &parsed))
		for _, fault := range parsed[0].Plan.faults(max(sorts, aPage)) {
			faults = append(faults, mode+": "+fault)
		}
	}
	return faults
}

// literals are values as SQL writes them.
func literals(t testing.TB, args []any) []string {
	t.Helper()
	list := make([]string, len(args))
	for i, arg := range args {
		if value := reflect.ValueOf(arg); value.Kind() == reflect.Pointer && value.IsNil() {
			arg = nil
		}
		if valuer, is := arg.(driver.Valuer); is {
			arg = chatsuite.Must(valuer.Value())(t)
		}
		switch value := arg.(type) {
		case time.Time:
			arg = value.Format(time.RFC3339Nano)
		case *time.Time:
			arg = value.Format(time.RFC3339Nano)
		case []byte:
			arg = string(value)
		case nil:
			list[i] = "NULL"
			continue
		}
		list[i] = "'" + strings.ReplaceAll(fmt.Sprint(arg), "'", "''") + "'"
	}
	return list
}

// node is a step of a plan of PostgreSQL's.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []node
}

func (n node) faults(sorts int) (faults []string) {
	if n.Type == "Seq Scan" && strings.HasPrefix(n.Relation, "chat_") && n.Relation != "chat_meta" { // which has a few rows
		faults = append(faults, "reads all of "+n.Relation)
	}
	if read := (n.Rows + n.Removed) * n.Loops; read > float64(sorts) && n.Relation != "users" { // of the host, of 400 rows
		faults = append(faults, fmt.Sprintf("%s %s of %.0f rows", n.Type, n.Relation, read))
	}
	for _, below := range n.Plans {
		faults = append(faults, below.faults(sorts)...)
	}
	return faults
}

// sqliteFaults: SQLite does not say how many rows it sorts. Beside the inbox and the
// matches of a search, only a page, and what belongs to one or to a message, is sorted.
func (x *explained) sqliteFaults(q asked, sorts int) (faults []string) {
	x.T.Helper()
	rows, err := x.DB.Statement.ConnPool.QueryContext(x.Ctx, "EXPLAIN QUERY PLAN "+q.query, q.args...)
	chatsuite.NoError(x.T, err)
	defer func() { chatsuite.NoError(x.T, rows.Close()) }()
	ofPage := slices.ContainsFunc([]string{
		"FROM chat_reactions WHERE message_id IN", "FROM chat_reactions x WHERE x.message_id = (SELECT ?)", "FROM chat_message_media x",
		"number BETWEEN ? AND ?",
	}, func(part string) bool { return strings.Contains(q.query, part) })
	for rows.Next() {
		var id, parent, unused int
		var step string
		chatsuite.NoError(x.T, rows.Scan(&id, &parent, &unused, &step))
		switch {
		case step == "SCAN m USING INDEX sqlite_autoindex_chat_messages_1", step == "SCAN chat_rooms USING INDEX chat_rooms_public": // in order, up to a limit
		case slices.Contains([]string{"SCAN each", "SCAN first_users", "SCAN counted", "SCAN s", "SCAN unread", "SCAN w"}, step): // of the rows that a subquery has found, as page is
		case strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "VIRTUAL TABLE") && step != "SCAN CONSTANT ROW" && step != "SCAN page" && step != "SCAN mine" &&
			step != "SCAN f" && step != "SCAN found" && step != "SCAN j" && step != "SCAN known" && step != "SCAN unknown" && step != "SCAN s" && step != "SCAN seek": // what WITH has made
			faults = append(faults, step)
		case strings.HasPrefix(step, "USE TEMP B-TREE") && !ofPage && sorts == 0:
			faults = append(faults, step)
		}
	}
	chatsuite.NoError(x.T, rows.Err())
	return faults
}
