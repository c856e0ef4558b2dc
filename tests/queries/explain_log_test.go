package queries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

const (
	logged        = 50_000 // events
	transactionOf = 5      // events
)

// fillLog writes a log of many transactions.
func (x *explained) fillLog() {
	x.T.Helper()
	x.exec("DELETE FROM chat_events")
	if x.Postgres {
		x.exec(fmt.Sprintf(`DO $$ BEGIN FOR i IN 0..%d LOOP
			INSERT INTO chat_events (room_id, seq, kind, created_at) SELECT '%s', i * %d + n + 10, 'room_updated', now() FROM generate_series(1, %d) AS s(n);
			COMMIT; END LOOP; END $$`, logged/transactionOf-1, x.big.ID, transactionOf, transactionOf))
	} else {
		x.exec("INSERT INTO chat_events (room_id, seq, kind, message_id, created_at) SELECT room_id, number + 10, 'message_created', id, created_at FROM chat_messages")
	}
	x.exec("UPDATE chat_rooms SET last_seq = ? WHERE id = ?", logged+10, x.big.ID)
	x.exec("INSERT INTO chat_restrictions (room_id, user_id, denied) SELECT room_id, ?, 1 FROM chat_messages WHERE room_id <> ?", x.Erin, x.big.ID)
	if x.Postgres {
		x.exec("ANALYZE")
	}
}

// followed is a subscription from its beginning to its end: to what is there, to what has
// come since its cursor, to news, and to none; while a host's transaction is open which
// has written an event before others that were committed.
func (x *explained) followed(actor chat.Actor) func() error {
	return func() error {
		svc, err := chat.New(x.DB, x.Config)
		if err != nil {
			return err
		}
		defer func() { _ = svc.Close() }() // and the goroutine that reads the log
		next := func(after chat.Cursor, kinds ...chat.UpdateKind) (*chat.Subscription, chat.Cursor) {
			sub := chatsuite.Must(svc.Subscribe(x.Ctx, actor, chat.SubscribeOptions{After: after}))(x.T)
			return sub, x.take(sub, kinds...)
		}
		send := func(text string) {
			chatsuite.Must(svc.SendMessage(x.Ctx, x.Bob, x.big.ID, chat.NewMessage{Text: text}))(x.T)
		}
		created := chat.UpdateKind(chat.MessageCreated)
		sub, cursor := next("", chat.UpdateHello)
		defer sub.Close()
		send("before")
		x.take(sub, created)
		if x.Postgres {
			open := x.DB.Begin()
			defer open.Rollback()
			inTx, _ := svc.WithTx(open)
			chatsuite.Must(inTx.CreateRoom(x.Ctx, x.Bob, chat.NewRoom{Name: "open"}))(x.T)
			send("beside it")
			x.take(sub, created)
		}
		late, cursor := next(cursor, chat.UpdateHello, created)
		defer late.Close()
		send("last")
		x.take(sub, created)
		again, _ := next(cursor, chat.UpdateHello)
		defer again.Close()
		time.Sleep(1200 * time.Millisecond) // it looks whether there is news, each second
		return nil
	}
}

// take takes the next updates, which have to be of these kinds, and returns the last cursor.
func (x *explained) take(sub *chat.Subscription, kinds ...chat.UpdateKind) (cursor chat.Cursor) {
	x.T.Helper()
	for _, kind := range kinds {
		ctx, cancel := context.WithTimeout(x.Ctx, chatsuite.Timeout)
		u := chatsuite.Must(sub.Next(ctx))(x.T)
		if cancel(); u.Kind != kind {
			x.T.Fatalf("the update is %s, want %s", u.Kind, kind)
		}
		cursor = u.Cursor
	}
	return cursor
}

// TestLogIsReadByIndexes reads the plans of the statements on the log of events, which
// each process runs for each commit: none reads more of the log than it returns.
func TestLogIsReadByIndexes(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		x.fillLog()
		seen := map[string]bool{}
		for _, actor := range []chat.Actor{chat.System, x.Bob} {
			for _, q := range x.ask(x.followed(actor)) {
				if strings.Contains(q.query, "FROM chat_events") {
					seen[q.query] = true
				}
				if strings.Contains(q.query, "chat_migrations") || strings.HasSuffix(q.query, "FROM chat_meta") {
					continue // the schema is checked once
				}
				if !x.Postgres && strings.HasSuffix(q.query, "FROM chat_events ORDER BY id DESC LIMIT 1") {
					continue // SQLite scans in this order, and stops
				}
				sorts := 0
				if strings.Contains(q.query, "JOIN chat_rooms") {
					sorts = 1 // the user's own rooms
				}
				if strings.Contains(q.query, "WHERE NOT pg_visible") {
					sorts = 2 * logged // what came since the oldest transaction of the server, which may be of another test
				}
				for _, fault := range x.faults(q, sorts) {
					t.Errorf("of %v: %s\n%s", actor, fault, q.query)
				}
			}
		}
		statements := []string{"max(id), 0), (SELECT value", "SELECT 1 FROM chat_events WHERE id > ", " FROM chat_events WHERE id > ? AND (room_id IN", "DESC LIMIT 1"}
		if x.Postgres {
			statements = []string{"OFFSET 0) e WHERE NOT pg_visible", "SELECT 1 FROM chat_events WHERE tx >= ", "SELECT 1 FROM chat_events WHERE tx = ANY", "UNION ALL",
				"AND (room_id IN", "ORDER BY e.tx DESC LIMIT 1", "ORDER BY id DESC LIMIT 1"}
		}
		for _, part := range statements {
			found := false
			for query := range seen {
				found = found || strings.Contains(query, part)
			}
			if !found {
				t.Errorf("no statement has %q", part)
			}
		}
	})
}

// TestExplainSeesReadersOfTheWholeLog: statements that the planner of PostgreSQL answers by
// reading the log from one end to the other.
func TestExplainSeesReadersOfTheWholeLog(t *testing.T) {
	t.Parallel()
	x := newExplained(t, chatsuite.Postgres)
	x.fillLog()
	var next string
	chatsuite.NoError(t, x.DB.Raw("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)").Row().Scan(&next))
	columns := "id, room_id, seq, kind, message_id, user_id, actor_id, created_at, CAST(CAST(tx AS text) AS bigint) AS t"
	for _, q := range []asked{
		{"SELECT " + columns + " FROM chat_events WHERE tx >= CAST(CAST($1 AS text) AS xid8) ORDER BY id LIMIT $2", []any{next, 20_001}},
		{"SELECT EXISTS (SELECT 1 FROM chat_events WHERE tx >= CAST(CAST($1 AS text) AS xid8))", []any{next}},
	} {
		if len(x.faults(q, 0)) == 0 {
			t.Errorf("no fault in %s", q.query)
		}
	}
}

// seldom is an operation that few ask for, and what of its plans is known: reads all of a
// table, as the plan says it.
type seldom struct {
	name  string
	do    func() error
	sorts int // 1: what it was given
	reads string
}

// large are operations on large tables. What each may read beyond a page
// is what it is there to change.
func (x *explained) large(user chat.UserID) []seldom {
	public := func(query string) func() error {
		return func() error {
			return chatsuite.ErrorOf(x.SearchRooms(x.Ctx, x.Bob, chat.RoomSearchQuery{Query: query}))
		}
	}
	forbidden := x.UserID(30)
	private := chatsuite.Must(x.OpenPrivate(x.Ctx, x.Bob, user))(x.T)
	group := x.NewGroup(user)
	sent := x.Send(user, group.ID, "x")
	return []seldom{
		{name: "a room's events", do: func() error { return chatsuite.ErrorOf(x.Events(x.Ctx, x.Bob, x.big.ID, chat.EventsQuery{After: 77})) }},
		{name: "a ban", do: func() error { return x.BanUser(x.Ctx, x.Alice, x.big.ID, forbidden, chat.BanOptions{}) }, sorts: 1},
		{name: "bans", do: func() error { return chatsuite.ErrorOf(x.Bans(x.Ctx, x.Alice, x.big.ID, chat.Page{})) }},
		{name: "adding", do: func() error {
			return chatsuite.ErrorOf(x.AddUsers(x.Ctx, x.Alice, x.big.ID, chat.NewRoomUser{UserID: user}))
		}, sorts: 1},
		{name: "leaving", do: func() error { return x.RemoveUser(x.Ctx, user, x.big.ID, user) }, sorts: 1},
		{name: "public rooms", do: public(""), reads: "SCAN chat_rooms USING INDEX chat_rooms_public"},
		{name: "unread", do: func() error { return chatsuite.ErrorOf(x.Unread(x.Ctx, x.crowded)) }, sorts: 1}, // the rooms that are muted, and the others
		{name: "a pair's room", do: func() error { return chatsuite.ErrorOf(x.OpenPrivate(x.Ctx, x.Bob, user)) }},
		{name: "one's reactions", do: func() error { return chatsuite.ErrorOf(x.Reactions(x.Ctx, x.Bob, chat.ReactionsQuery{})) }, sorts: bigRoom + 100}, // all of one moment
		{name: "an edit", do: func() error {
			text := "y"
			return chatsuite.ErrorOf(x.EditMessage(x.Ctx, user, sent.ID, chat.MessagePatch{Text: &text}))
		}},
		{name: "a reaction", do: func() error { return chatsuite.ErrorOf(x.React(x.Ctx, user, sent.ID, "👍")) }, sorts: 1},
		{name: "a deletion", do: func() error { return x.DeleteMessage(x.Ctx, user, sent.ID) }},
		{name: "a deleted room", do: func() error { return x.DeleteRoom(x.Ctx, user, private.ID) }},
		{name: "the purge", do: func() error { x.Clock.Advance(time.Hour); return chatsuite.ErrorOf(x.PurgeRooms(x.Ctx, time.Minute)) }},
		{name: "erasing", do: func() error { return x.EraseUser(x.Ctx, chat.System, user, chat.EraseOptions{}) }, sorts: logged + 100, reads: "chat_events"},
		{name: "the sweep", do: func() error { return chatsuite.ErrorOf(x.SweepMedia(x.Ctx, 1000*time.Hour)) }, sorts: bigRoom},
		{name: "no pruning", do: func() error { return chatsuite.ErrorOf(x.PruneEvents(x.Ctx, 1000*time.Hour)) }, sorts: 5000, reads: "SCAN chat_events"},
	}
}

// TestLargeTablesAreReadByIndexes reads the plans of what is done seldom, where tables are large.
func TestLargeTablesAreReadByIndexes(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		x.fillLog()
		x.customPlans = true
		for _, op := range x.large(x.UserID(31)) {
			for _, q := range x.ask(op.do) {
				for _, fault := range x.faults(q, op.sorts) {
					if op.reads != "" && strings.HasSuffix(fault, op.reads) {
						continue
					}
					t.Errorf("%s: %s\n%s", op.name, fault, q.query)
				}
			}
		}
	})
}

// TestUpdatesReadTheirMessagesOnce: a message's media and reactions are read in the statement
// that reads the message.
func TestUpdatesReadTheirMessagesOnce(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		x := &explained{counted: c}
		room := c.NewGroup(c.Bob)
		sub := chatsuite.Must(c.svc.Subscribe(c.Ctx, c.Alice, chat.SubscribeOptions{}))(t)
		defer sub.Close()
		x.take(sub, chat.UpdateHello)
		read := func() [3]int {
			return [3]int{len(c.log.Matching("SELECT m.id, m.room_id")), len(c.log.Matching("FROM chat_message_media")), len(c.log.Matching("FROM chat_reactions"))}
		}
		chatsuite.Must(c.svc.SendMessage(c.Ctx, c.Bob, room.ID, chat.NewMessage{Text: "x"}))(t)
		x.take(sub, chat.UpdateKind(chat.MessageCreated))
		if got := read(); got != [3]int{1, 1, 1} {
			t.Errorf("for a text %v statements read messages, media and reactions", got)
		}
		media := c.Upload(c.Bob, "x").ID
		chatsuite.NoError(t, c.svc.InTx(c.Ctx, func(_ *gorm.DB, s *chat.Service) error { // is told at once
			m, err := s.SendMessage(c.Ctx, c.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media}})
			if err != nil {
				return err
			}
			return chatsuite.ErrorOf(s.React(c.Ctx, c.Bob, m.ID, "👍"))
		}))
		ctx, cancel := context.WithTimeout(c.Ctx, chatsuite.Timeout)
		defer cancel()
		u := chatsuite.Must(sub.Next(ctx))(t)
		if u.Message == nil || len(u.Message.Media) != 1 || len(u.Message.Reactions) != 1 {
			t.Errorf("the update is %+v", u.Message)
		}
	})
}
