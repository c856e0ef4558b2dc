package chat

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// MarkRead moves the actor's read marker of a room forward to the message with
// this number, and stamps when they were last seen. A number past the last message
// means all of them; a smaller one than before moves nothing back. What MarkUnread did is
// undone, whatever the number. It takes no lock and makes no event: the marker is the
// member's own. The membership that it returns says what is Unread then. Their subscriptions get a
// read_marker, and those of the other members of a small room a receipt.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room, ErrInvalid
// for a negative number and for System, which reads nothing.
func (s *Service) MarkRead(ctx context.Context, actor Actor, room uuid.UUID, number int64) (*RoomUser, error) {
	if number < 0 {
		return nil, invalid("number", CodeOutOfRange, "is negative")
	}
	me, err := writeAtOnce(ctx, s, actor, func(c *call) (*RoomUser, error) {
		user, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		me, err := c.moveMarker(room, user, number)
		if c.dialect == dialect.Postgres && (errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden)) { // see lockOwn
			me, err = c.moveMarker(room, user, number)
		}
		return me, err
	})
	if err == nil {
		s.tell(signalRead, room, me.UserID)
	}
	return me, err
}

// ownUnread reads the actor's membership with what is unread.
func (c *call) ownUnread(room uuid.UUID) (*RoomUser, error) {
	return c.unreadOf("", "chat_room_users", room)
}

// unreadOf reads the actor's membership of a room, in a table or what a statement has changed
// in it, with what is unread. Whoever waited for the row of a member who sent meanwhile finds
// their marker after what was the last message when the statement began.
func (c *call) unreadOf(before, members string, room uuid.UUID, args ...any) (*RoomUser, error) {
	found, err := queryOne(c.conn, c.scanRoomAndMember, before+"SELECT "+prefixed("r", roomColumns)+", "+prefixed("u", optionalRoomUserColumns)+
		", 0, "+c.dialect.Greatest()+"(0, COALESCE("+unreadSQL+", 0)), 0 FROM chat_rooms r LEFT JOIN "+members+
		" u ON u.room_id = r.id AND u.user_id = ? WHERE r.id = ? AND r.deleted_at IS NULL", append(args, c.actor.id, room)...)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, ErrNotFound
	}
	p := c.scope(&found.room, found.member)
	if err := p.decide(opKeepOwnState, target{own: true}); err != nil {
		return nil, err
	}
	p.me.Unread = found.room.Unread
	return p.me, nil
}

// moveMarker moves the actor's marker, if they are a member, and returns their membership. On
// PostgreSQL it is one statement, with the lock timeout.
func (c *call) moveMarker(room uuid.UUID, user UserID, number int64) (*RoomUser, error) {
	least, greatest := c.dialect.Least(), c.dialect.Greatest()
	update := `UPDATE chat_room_users SET last_seen_at = ` + c.dialect.Later("last_seen_at") + `, last_read_number = ` + greatest + `(last_read_number,
			` + least + `(CAST(? AS bigint), (SELECT last_number FROM chat_rooms WHERE id = room_id))), marked_unread = NULL, marked_own = NULL`
	condition := ` WHERE room_id = ? AND user_id = ? AND EXISTS (SELECT 1 FROM chat_rooms WHERE id = room_id AND deleted_at IS NULL)`
	args := []any{c.now, number, room, user}
	switch {
	case c.dialect == dialect.SQLite: // whose UPDATE cannot be a part of a query
		if _, err := c.exec(update+condition, args...); err != nil {
			return nil, err
		}
		return c.ownUnread(room)
	case !c.inHost:
		wait := setLockTimeoutSQL
		if c.limit == nil { // it is a statement by itself
			wait = setTryLockTimeoutSQL
		}
		update, condition = "WITH lock_timeout AS MATERIALIZED ("+wait+"), moved AS ("+update+" FROM lock_timeout", condition+" AND is_set <> ''"
	default:
		update = "WITH moved AS (" + update
	}
	return c.unreadOf(update+condition+" RETURNING chat_room_users.*) ", "moved", room, args...)
}

// MarkUnread makes the messages of a room from this number on, but the actor's own, unread
// again. The read marker and the receipts that others have got stay where they are;
// RoomUser.MarkedUnread is the number, and Unread what is unread then. The next MarkRead and the next message of the
// actor's own take it away. Of a number after the read marker, whose messages are unread
// already, nothing is left but to take an earlier mark away. A number before the first
// message that there is, and that the actor sees, is that of this message.
//
// It makes no event; the actor's subscriptions get an update of kind own_state.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room, ErrInvalid
// for a number below 1 and for System, which reads nothing.
func (s *Service) MarkUnread(ctx context.Context, actor Actor, room uuid.UUID, number int64) (*RoomUser, error) {
	if number < 1 {
		return nil, invalid("number", CodeOutOfRange, "is less than 1")
	}
	me, err := write(ctx, s, actor, func(c *call) (*RoomUser, error) {
		if _, err := c.actor.user(); err != nil {
			return nil, err
		}
		p, err := c.readFor(byRoom, room, opKeepOwnState, target{own: true})
		if err != nil {
			return nil, err
		}
		if err := p.markUnread(number); err != nil {
			return nil, err
		}
		return c.ownUnread(room)
	})
	if err == nil {
		s.tell(signalOwnState, room, me.UserID)
	}
	return me, err
}

// markUnread locks the membership first, as a send of the member's does, and counts in a
// later statement: what was sent until then is counted, and what comes later takes the
// mark away.
func (p *roomScope) markUnread(number int64) error {
	if err := p.setLockTimeout(); err != nil {
		return err
	}
	me, err := p.lockOwn()
	if err != nil {
		return err
	}
	number = max(number, me.JoinedNumber+1, p.room.FirstNumber) // what does not exist for them is not unread
	if number > me.LastReadNumber {
		_, err = p.exec("UPDATE chat_room_users SET marked_unread = NULL, marked_own = NULL WHERE room_id = ? AND user_id = ?", p.room.ID, me.UserID)
		return err
	}
	_, err = p.exec(`UPDATE chat_room_users SET marked_unread = ?, marked_own = (
			SELECT count(*) FROM chat_messages m WHERE m.room_id = chat_room_users.room_id AND m.user_id = chat_room_users.user_id
			AND m.number BETWEEN ? AND chat_room_users.last_read_number)
		WHERE room_id = ? AND user_id = ?`, number, number, p.room.ID, me.UserID)
	return err
}

// lockOwn locks the actor's membership. The room is not locked: a transaction that removes them
// and adds them again is waited for by the row that it removes, and the row that it adds is
// seen by the next statement alone. Such a member was one all the time.
func (p *roomScope) lockOwn() (*RoomUser, error) {
	lock := p.dialect.Lock("FOR NO KEY UPDATE")
	me, err := p.lockMember(p.actor.id, lock)
	if errors.Is(err, ErrNotFound) {
		me, err = p.lockMember(p.actor.id, lock)
	}
	return me, err
}

// What is unread of the membership u of the room r: the messages after the read marker, or
// from the mark on, without tombstones and without the member's own. Own messages are
// never after the marker, which each of them moves; those behind a mark were counted when
// it was set, and so are left out of the tombstones. Of the messages the tombstones alone
// are read, in an index of theirs, and these only where there are any so late in the room.
// What was removed from the beginning of the room is not unread: behind a mark on such a
// message the own ones that are left are counted again.
const (
	markerSQL     = "COALESCE(u.marked_unread - 1, u.last_read_number)"
	unreadFromSQL = "CASE WHEN " + markerSQL + " < r.first_number THEN r.first_number - 1 ELSE " + markerSQL + " END"
	// ownMarkedSQL has a limit without which PostgreSQL would compile what is hardly ever run.
	ownMarkedSQL = `CASE WHEN u.marked_unread < r.first_number THEN (SELECT count(*) FROM (SELECT o.user_id FROM chat_messages o
		WHERE o.room_id = r.id AND o.number BETWEEN r.first_number AND u.last_read_number` + dialect.UnseenLimit + `) AS counted WHERE counted.user_id = u.user_id)
		ELSE COALESCE(u.marked_own, 0) END`
	unreadSQL = unmarkedUnreadSQL + " - " + ownMarkedSQL
	// unmarkedUnreadSQL is for where there is no mark.
	unmarkedUnreadSQL = "r.last_number - " + unreadFromSQL + " - CASE WHEN r.last_deleted_number > " + unreadFromSQL + `
		THEN (SELECT count(*) FROM chat_messages t WHERE t.room_id = r.id AND t.deleted_at IS NOT NULL AND t.number > ` + unreadFromSQL + `
			AND (t.user_id IS NULL OR t.user_id <> u.user_id)) ELSE 0 END`
)

// Unread is what a user has not read in all of their rooms, archived ones included.
type Unread struct {
	// Total is how many messages are unread in the rooms that are not muted: the sum of
	// Room.Unread.
	Total int64 `json:"total"`
	// Rooms is in how many of these rooms something is unread, or marked as such.
	Rooms int64 `json:"rooms"`
	// Mentions is how many of the unread messages mention the user: the sum of
	// Room.MentionCount, which counts up to 1,000.
	Mentions int64 `json:"mentions"`

	// The same of all rooms, muted ones included.
	TotalWithMuted    int64 `json:"total_with_muted"`
	RoomsWithMuted    int64 `json:"rooms_with_muted"`
	MentionsWithMuted int64 `json:"mentions_with_muted"`
}

// Unread counts what the actor has not read in all their rooms, without those that are
// muted and with them. Tombstones and one's own messages are never unread.
//
// Errors: ErrInvalid for System, which reads nothing.
func (s *Service) Unread(ctx context.Context, actor Actor) (*Unread, error) {
	return read(ctx, s, actor, func(c *call) (*Unread, error) {
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		sums, err := queryAll(c.conn, scanUnreadSums, c.unreadSumsSQL(), c.now, me)
		if err != nil {
			return nil, err
		}
		n := &Unread{}
		for _, sum := range sums {
			n.TotalWithMuted += sum.total
			n.RoomsWithMuted += sum.rooms
			n.MentionsWithMuted += sum.mentions
			if !sum.muted {
				n.Total, n.Rooms, n.Mentions = sum.total, sum.rooms, sum.mentions
			}
		}
		return n, nil
	})
}

// unreadSums is what is unread in the rooms that are muted, or in those that are not.
type unreadSums struct {
	muted                  bool
	total, rooms, mentions int64
}

func scanUnreadSums(rows row) (s unreadSums, err error) {
	err = rows.Scan(&s.muted, &s.total, &s.rooms, &s.mentions)
	return s, err
}

// unreadSumsSQL reads the rooms once: without MATERIALIZED PostgreSQL would count the
// tombstones anew wherever the count is named.
func (c *conn) unreadSumsSQL() string {
	return `WITH mine AS MATERIALIZED (
		SELECT ` + mutedSQL + ` AS muted, ` + unreadSQL + ` AS unread, ` + markedSQL + ` AS marked, ` + mentionCountSQL + ` AS mentions
		FROM chat_room_users u ` + c.dialect.JoinRow("chat_rooms", "r", "u.room_id") + `
		WHERE u.user_id = ` + c.onePlanUser() + ` AND r.deleted_at IS NULL AND (r.last_number > ` + unreadFromSQL + ` OR ` + markedSQL + `)
	) SELECT muted, CAST(SUM(unread) AS bigint), COUNT(CASE WHEN unread > 0 OR marked THEN 1 END), CAST(SUM(mentions) AS bigint)
	FROM mine GROUP BY muted`
}
