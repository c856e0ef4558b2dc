package chat

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// Cursor is a position in the log of events, opaque and the same for every reader. It
// says up to where the log was read, and nothing of what is in it.
type Cursor string

// position is what was read of the log. On PostgreSQL rows appear in the order in which
// their transactions commit, which is that of no column: what was read is what a
// snapshot saw, the transactions below Next that are not in Open. Next follows the last
// transaction that has a row, not the last one that has begun: a crash gives the numbers
// of those that left nothing behind to others. On SQLite, where one transaction writes at
// a time, it is the rows up to an id.
type position struct {
	ID   int64    `json:"i,omitempty"` // SQLite: the highest id
	Next uint64   `json:"n,omitempty"` // PostgreSQL: the transaction after the last one with a row
	Open []uint64 `json:"o,omitempty"` // and those below it that had not ended
	Low  int64    `json:"l,omitempty"` // PostgreSQL: rows up to this id are those of a dump
	Gone uint64   `json:"g,omitempty"` // up to where the log had been pruned, as logState.pruned
}

// has reports whether the row of an event was there at this position.
func (p *position) has(e *loggedEvent) bool {
	if e.tx == 0 {
		return e.ID <= p.ID
	}
	return e.ID <= p.Low || e.tx < p.Next && !slices.Contains(p.Open, e.tx)
}

// covers reports whether everything that was read at an earlier position was read at
// this one too.
func (p *position) covers(earlier *position) bool {
	if p.Next < earlier.Next || p.ID < earlier.ID {
		return false
	}
	for _, open := range p.Open {
		if open < earlier.Next && !slices.Contains(earlier.Open, open) {
			return false
		}
	}
	return true
}

// prunedKey is the key of chat_meta that is there when events were removed. The value is
// the epoch of the log, a colon, and the highest transaction of those events, or on SQLite
// the highest id.
const prunedKey = "events_pruned"

// parseSnapshot reads PostgreSQL's text of a snapshot, xmin:xmax:xip,xip,…, and leaves of
// the open transactions those below next.
func parseSnapshot(text string, next uint64) (p position, end uint64, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return p, 0, fmt.Errorf("chat: a snapshot of PostgreSQL is %q", text)
	}
	if end, err = strconv.ParseUint(parts[1], 10, 64); err != nil {
		return p, 0, err
	}
	p.Next = next
	for open := range strings.SplitSeq(parts[2], ",") {
		if open == "" {
			continue
		}
		id, err := strconv.ParseUint(open, 10, 64)
		if err != nil {
			return p, 0, err
		}
		if id < next {
			p.Open = append(p.Open, id)
		}
	}
	return p, end, nil
}

// cursorState is what a Cursor encodes: everything in From was read, and what is in
// Parts. The anchor is a row that must still be there: if it is not, the log is another,
// or has been pruned since.
type cursorState struct {
	Epoch  string       `json:"e"`
	From   position     `json:"f"`
	Parts  []cursorPart `json:"p,omitempty"`
	Anchor int64        `json:"a,omitempty"`
	Check  string       `json:"c,omitempty"` // of the anchor's row
}

// cursorPart is the rows up to an id of those that were there at a position.
type cursorPart struct {
	To  position `json:"t"`
	Row int64    `json:"r"`
}

// with returns the cursor after a row was read too, of those at a position, all before
// it having been read.
func (c cursorState) with(to position, e *loggedEvent) cursorState {
	parts := []cursorPart{{to, e.ID}}
	for _, part := range c.Parts {
		if part.Row > e.ID {
			parts = append(parts, part)
		}
	}
	return cursorState{Epoch: c.Epoch, From: c.From, Parts: parts, Anchor: e.ID, Check: e.check()}
}

func (c cursorState) encode() Cursor {
	encoded, err := json.Marshal(c)
	if err != nil {
		panic("chat: a cursor does not encode: " + err.Error())
	}
	return Cursor(base64.RawURLEncoding.EncodeToString(encoded))
}

// maxCursor is more than a cursor of some thousand open transactions takes.
const maxCursor = 64 << 10

func decodeCursor(cursor Cursor) (c cursorState, err error) {
	invalidCursor := invalid("after", CodeInvalidCursor, "is not a cursor of this log")
	if len(cursor) > maxCursor {
		return c, invalidCursor
	}
	decoded, err := base64.RawURLEncoding.DecodeString(string(cursor))
	if err != nil || json.Unmarshal(decoded, &c) != nil || c.Epoch == "" || c.Anchor < 0 || c.From.ID < 0 {
		return c, invalidCursor
	}
	return c, nil
}

// read reports whether the row of an event was read by whoever has the cursor.
func (c *cursorState) read(e *loggedEvent) bool {
	return c.From.has(e) || slices.ContainsFunc(c.Parts, func(part cursorPart) bool {
		return e.ID <= part.Row && part.To.has(e)
	})
}

// loggedEvent is an event with the transaction that wrote it, 0 on SQLite.
type loggedEvent struct {
	Event
	tx uint64
}

const eventColumns = "id, room_id, seq, kind, message_id, user_id, actor_id, created_at"

func (e *Event) fields() []any {
	return []any{&e.ID, &e.RoomID, &e.Seq, &e.Kind, &e.MessageID, &e.UserID, &e.ActorID, scanRequiredTime(&e.CreatedAt)}
}

func scanLoggedEvent(rows row) (loggedEvent, error) {
	var e loggedEvent
	err := rows.Scan(append(e.fields(), &e.tx)...)
	return e, err
}

// check is a hash of what a row of the log says, to tell it from another with its id.
func (e *Event) check() string {
	message := uuid.Nil
	if e.MessageID != nil {
		message = *e.MessageID
	}
	// Not who it is about and who did it: to erase a user takes that away.
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s %s %d", e.RoomID, e.Seq, e.Kind, message, e.CreatedAt.UnixMicro()))
	return hex.EncodeToString(sum[:6])
}

// logState is where the log is, in a snapshot.
type logState struct {
	at    position
	epoch string // see epochSQL
	end   uint64 // PostgreSQL: the first transaction that had not begun

	pruned uint64 // the last of the events that were removed, as prunedKey says
}

// holds reports whether the log has all since a position of its epoch: whether what was
// removed had been read by then, and the server has not lost transactions that were seen,
// which happens where commits do not wait for the disk.
func (l *logState) holds(p *position) bool {
	unread := slices.ContainsFunc(p.Open, func(open uint64) bool { return open <= l.pruned })
	if l.end == 0 { // SQLite
		return p.ID >= int64(l.pruned) //nolint:gosec // an id of SQLite, which is an int64
	}
	return p.Next <= l.end && (p.Gone == l.pruned || p.Next > l.pruned && !unread)
}

// setEpoch takes what identifies the log, and what was removed of it. A position goes on
// after that, also where nothing is left.
func (l *logState) setEpoch(epoch, pruned string) (err error) {
	if l.epoch, err = hashEpoch(epoch); err != nil {
		return err
	}
	of, last, _ := strings.Cut(pruned, ":")
	if of != l.epoch { // it is of the log that this is a copy of
		return nil
	}
	if l.pruned, err = strconv.ParseUint(last, 10, 64); err != nil {
		return fmt.Errorf("chat: %s of chat_meta: %w", prunedKey, err)
	}
	if l.end == 0 {
		l.at.ID = max(l.at.ID, int64(l.pruned)) //nolint:gosec // an id of SQLite, which is an int64
	}
	return nil
}

const prunedSQL = "COALESCE((SELECT value FROM chat_meta WHERE key = '" + prunedKey + "'), '')"

// logState reads up to where the log is, but for position.Low.
func (c *conn) logState() (logState, error) {
	if c.dialect == dialect.SQLite {
		state, err := queryOne(c, func(rows row) (l logState, err error) {
			var epoch, pruned string
			if err := rows.Scan(&l.at.ID, &epoch, &pruned); err != nil {
				return l, err
			}
			return l, l.setEpoch(epoch, pruned)
		}, "SELECT COALESCE(max(id), 0), "+c.epochSQL()+", "+prunedSQL+" FROM chat_events")
		if err != nil {
			return logState{}, err
		}
		return *state, nil
	}
	state, err := queryOne(c, func(rows row) (l logState, err error) {
		var snapshot, epoch, pruned string
		var last uint64
		if err := rows.Scan(&snapshot, &last, &epoch, &pruned); err != nil {
			return l, err
		}
		if err := l.setEpoch(epoch, pruned); err != nil {
			return l, err
		}
		l.at, l.end, err = parseSnapshot(snapshot, max(last, l.pruned)+1)
		l.at.Gone = l.pruned
		return l, err
	}, `SELECT CAST(pg_current_snapshot() AS text), COALESCE((SELECT CAST(CAST(e.tx AS text) AS bigint) FROM chat_events e
		WHERE e.tx < pg_snapshot_xmax(pg_current_snapshot()) ORDER BY e.tx DESC LIMIT 1), 0), `+c.epochSQL()+", "+prunedSQL)
	if err != nil {
		return logState{}, err
	}
	return *state, nil
}

// restoredRows is the highest id of the rows that no transaction of this server can have
// written, since it has not begun or has not ended: those of a dump. Such a transaction
// would make them news when it comes.
func (c *conn) restoredRows() (int64, error) {
	if c.dialect == dialect.SQLite {
		return 0, nil
	}
	id, err := queryOne(c, scanValue[int64], `SELECT COALESCE(max(id), 0) FROM (SELECT id, tx FROM chat_events
		WHERE tx >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY tx OFFSET 0) e WHERE NOT pg_visible_in_snapshot(tx, pg_current_snapshot())`)
	if err != nil {
		return 0, err
	}
	return *id, nil
}

// newSince renders the condition of the rows that a position has not seen, and its
// arguments. On PostgreSQL it is two conditions, each for the index on tx.
func (c *conn) newSince(p position) (conditions []string, args [][]any) {
	if c.dialect == dialect.SQLite {
		return []string{"id > ?"}, [][]any{{p.ID}}
	}
	conditions, args = []string{"tx >= CAST(CAST(? AS text) AS xid8)"}, [][]any{{strconv.FormatUint(p.Next, 10)}}
	if len(p.Open) > 0 {
		open := make([]string, len(p.Open))
		for i, id := range p.Open {
			open[i] = strconv.FormatUint(id, 10)
		}
		conditions = append(conditions, "tx = ANY (CAST(CAST(? AS text) AS xid8[]))")
		args = append(args, []any{"{" + strings.Join(open, ",") + "}"})
	}
	if p.Low > 0 {
		for i := range conditions {
			conditions[i] += " AND id > ?"
			args[i] = append(args[i], p.Low)
		}
	}
	return conditions, args
}

// eventsSince reads what a position has not seen, in the order of ids, which is that of
// seq in each room. among is a further condition, "" for all rooms. At most limit, of
// the lowest ids on SQLite and the lowest transactions on PostgreSQL: asked for the lowest
// ids, its planner would read the whole log in their order.
func (c *conn) eventsSince(p position, among string, amongArgs []any, limit int) ([]loggedEvent, error) {
	tx := "0"
	if c.dialect == dialect.Postgres {
		tx = "CAST(CAST(tx AS text) AS bigint)"
		// Rows of transactions to come are those of a dump that is being restored.
		among += " AND tx < pg_snapshot_xmax(pg_current_snapshot())"
	}
	conditions, values := c.newSince(p)
	parts := make([]string, len(conditions))
	var args []any
	for i, condition := range conditions {
		parts[i] = "SELECT " + eventColumns + ", " + tx + " AS t FROM chat_events WHERE " + condition + among
		args = append(append(args, values[i]...), amongArgs...)
		if c.dialect == dialect.Postgres {
			parts[i] = "(" + parts[i] + " ORDER BY chat_events.tx LIMIT ?)"
			args = append(args, limit)
		}
	}
	if c.dialect == dialect.Postgres {
		parts = []string{"SELECT * FROM (" + strings.Join(parts, " UNION ALL ") + ") e"}
	}
	return queryAll(c, scanLoggedEvent, strings.Join(parts, " UNION ALL ")+" ORDER BY id LIMIT ?", append(args, limit)...)
}

// hasNews reports whether there is anything that a position has not seen, or the log is
// another than that of an epoch.
func (c *conn) hasNews(p position, epoch string) (bool, error) {
	conditions, values := c.newSince(p)
	parts := make([]string, len(conditions))
	var args []any
	for i, condition := range conditions {
		order := "id"
		if c.dialect == dialect.Postgres { // in the order of the index, or the planner may look through the whole log
			condition, order = condition+" AND tx < pg_snapshot_xmax(pg_current_snapshot())", "tx"
		}
		parts[i] = "(SELECT 1 FROM chat_events WHERE " + condition + " ORDER BY " + order + " LIMIT 1) IS NOT NULL"
		args = append(args, values[i]...)
	}
	type look struct {
		found int
		epoch string
	}
	now, err := queryOne(c, func(rows row) (l look, err error) {
		err = rows.Scan(&l.found, &l.epoch)
		return l, err
	}, "SELECT CASE WHEN "+strings.Join(parts, " OR ")+" THEN 1 ELSE 0 END, "+c.epochSQL(), args...)
	if err != nil {
		return false, err
	}
	hash, err := hashEpoch(now.epoch)
	return now.found == 1 || hash != epoch, err
}

// newestEvent reads the row that a cursor is anchored at, nil when there is none.
func (c *conn) newestEvent() (*Event, error) {
	return queryOne(c, scanEvent, "SELECT "+eventColumns+" FROM chat_events ORDER BY id DESC LIMIT 1")
}

func scanEvent(rows row) (Event, error) {
	var e Event
	err := rows.Scan(e.fields()...)
	return e, err
}

// epochSQL renders what identifies the log: another database, a copy of it that was
// restored, or a standby that was promoted has another. On a standby, where the log is
// what the primary has sent so far, and snapshots do not tell what is in flight, it is
// empty.
func (c *conn) epochSQL() string {
	if c.dialect == dialect.SQLite {
		return "(SELECT value FROM chat_meta WHERE key = 'epoch')"
	}
	return `CASE WHEN pg_is_in_recovery() THEN '' ELSE
		(SELECT value FROM chat_meta WHERE key = 'epoch') || '/' || (SELECT system_identifier FROM pg_control_system()) || '/' ||
		(SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) END`
}

// hashEpoch makes of an epoch what a cursor may tell. It fails on a standby.
func hashEpoch(epoch string) (string, error) {
	if epoch == "" {
		return "", &outage{ErrUnavailable, errStandby}
	}
	sum := sha256.Sum256([]byte(epoch))
	return hex.EncodeToString(sum[:8]), nil
}

var errStandby = errors.New("the log of events is not told by a standby: subscribe at the primary")
