package chat

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsontuple"
)

// What is done to a message that is there: edits, tombstones, reactions, pins.

// messageTarget is a message that an operation is about, with all that a page shows of it.
type messageTarget struct {
	*Message
	mine        []Reaction // the actor's own reactions
	lastReacted *time.Time // when the last reaction to it was given
}

// changeMessage runs fn on a message, after the decision whether the actor may do what op is.
//
// On PostgreSQL it is tried without a lock first, in two statements rather than a transaction
// of six: one reads the room, the membership and the message in one snapshot, of which it is
// decided, and the other does all that fn has written, if the room is still as it was read. See
// pendingWrites. What changed meanwhile, or is locked for longer than tryLockTimeout, goes the
// way of a lock.
func changeMessage[T any](ctx context.Context, s *Service, actor Actor, id uuid.UUID, op operation, fn func(*roomScope, *messageTarget) (T, error)) (T, error) {
	locked := func(c *call) (result T, err error) {
		p, m, err := c.lockTarget(id, op)
		if err != nil {
			return result, err
		}
		return fn(p, m)
	}
	if s.dialect != dialect.Postgres || s.tx != nil {
		return write(ctx, s, actor, locked)
	}
	within, cancel := context.WithTimeoutCause(ctx, transactionTime, errTooLong)
	defer cancel()
	changed := false
	result, err := read(within, s, actor, func(c *call) (result T, err error) {
		p, m, err := c.readTarget(id, op)
		if err != nil {
			return result, err
		}
		c.pending = &pendingWrites{room: p.room.ID, seq: p.room.LastSeq, number: p.room.LastNumber}
		if result, err = fn(p, m); err == nil {
			changed, err = c.writePending()
		}
		return result, err
	})
	var again *retryableError
	switch {
	case err == nil && changed:
		s.committed()
	case errors.Is(err, errNeedsLock), errors.As(err, &again):
		return write(within, s, actor, locked)
	case err != nil && changed && errors.Is(context.Cause(within), errTooLong): // it may be stored all the same
		err = &outage{ErrUnavailable, errTooLong}
	case err != nil:
		err = tooLong(within, err)
	}
	return result, err
}

// errNeedsLock ends a try without a lock.
var errNeedsLock = errors.New("chat: the room changed, or is locked")

// pendingWrites are the statements of an operation that has no lock. They become one
// statement, which locks the room if its last_seq and last_number are those that were read:
// every change to the room, to its members and to its messages moves the one on, and an import
// the other, so that what was decided still holds. It does not wait for the room.
type pendingWrites struct {
	room        uuid.UUID
	seq, number int64
	statements  []string
	args        []any
}

// add adds a statement that ends in a condition.
func (w *pendingWrites) add(query string, args []any) {
	w.statements = append(w.statements, query+" AND EXISTS (SELECT 1 FROM found)")
	w.args = append(w.args, args...)
}

// writePending reports whether there was anything to write, and returns errNeedsLock when
// nothing was written.
func (c *call) writePending() (wrote bool, err error) {
	w := c.pending
	if len(w.statements) == 0 {
		return false, nil
	}
	var query strings.Builder
	query.WriteString("WITH lock_timeout AS MATERIALIZED (" + setTryLockTimeoutSQL + `), found AS MATERIALIZED (
			SELECT r.id FROM lock_timeout CROSS JOIN chat_rooms r WHERE r.id = ? AND r.last_seq = ? AND r.last_number = ? AND r.deleted_at IS NULL
			AND is_set <> '' FOR NO KEY UPDATE OF r SKIP LOCKED)`)
	for i, statement := range w.statements {
		query.WriteString(", write_" + strconv.Itoa(i) + " AS (" + statement + ")")
	}
	query.WriteString(" SELECT count(*) FROM found")
	found, err := queryOne(c.conn, scanValue[int], query.String(), append([]any{w.room, w.seq, w.number}, w.args...)...)
	if err == nil && *found == 0 {
		err = errNeedsLock
	}
	return true, err
}

// readTarget reads a message with its room and the actor's membership, in one statement, and
// decides on an operation on it.
func (c *call) readTarget(id uuid.UUID, op operation) (*roomScope, *messageTarget, error) {
	var found roomAndMember
	var member optionalRoomUser
	var mine sql.RawBytes
	target := &messageTarget{}
	columns, args := c.content()
	reactions, condition := "NULL, NULL", ""
	if !c.actor.system {
		condition = " AND " + visibleMessage
		reactions = "(SELECT " + c.dialect.JSONAggregate() + "(" + c.dialect.JSONTuple("x.id", "x.reaction", c.dialect.JSONTime("x.created_at")) + `)
			FROM chat_reactions x WHERE x.message_id = m.id AND x.user_id = u.user_id), (SELECT MAX(x.created_at) FROM chat_reactions x WHERE x.message_id = m.id)`
	}
	reader := newMessageReader(slices.Concat(found.room.fields(), member.fields(), []any{&mine, scanTime(&target.lastReacted)})...)
	m, err := queryOne(c.conn, func(rows row) (Message, error) {
		m, err := reader.scan(rows)
		if err == nil {
			err = target.readMine(mine)
		}
		return m, err
	}, "SELECT "+prefixed("r", roomColumns)+", "+prefixed("u", optionalRoomUserColumns)+", "+reactions+", "+prefixed("m", messageColumns)+", "+columns+
		" FROM "+byMessage.from+" LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE "+byMessage.is+" AND r.deleted_at IS NULL"+condition,
		append(args, c.actor.nullableID(), id)...)
	if err != nil {
		return nil, nil, err
	}
	if m == nil {
		return nil, nil, ErrNotFound
	}
	if m.ReplyTo == nil {
		m.ReplyToID = nil
	}
	target.Message = m
	for i := range target.mine {
		target.mine[i].MessageID, target.mine[i].UserID = id, c.actor.id
	}
	p := c.scope(&found.room, member.of(&found.room, c.now))
	p.number = m.Number
	return p, target, p.decide(op, targetOf(p, m))
}

func targetOf(p *roomScope, m *Message) target {
	return target{child: true, own: p.own(m), deleted: m.Deleted()}
}

// readMine reads the actor's own reactions.
func (t *messageTarget) readMine(data []byte) error {
	if data == nil {
		return nil
	}
	r := jsontuple.New(data)
	for r.Open(); r.More(); {
		var one Reaction
		r.Open()
		one.ID, one.Reaction, one.CreatedAt = readID(&r), r.Text(), readTime(&r)
		r.Close()
		t.mine = append(t.mine, one)
	}
	return r.Err()
}

// lockTarget locks a message's room, and then reads the message and decides on an operation
// on it.
func (c *call) lockTarget(id uuid.UUID, op operation) (*roomScope, *messageTarget, error) {
	condition, args := c.lockCondition(byMessage, id)
	if _, err := c.lockOneRoom(condition, args...); err != nil {
		return nil, nil, err
	}
	return c.readTarget(id, op)
}
