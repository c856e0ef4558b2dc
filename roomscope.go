package chat

import (
	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// roomScope is a room as the actor of a call finds it, and what the call does to it.
// Every operation on a room or on anything in it goes through one.
type roomScope struct {
	*call
	room   *Room
	number int64     // of the message that the room was reached by, or by something in it; 0: by none
	me     *RoomUser // nil for System and for people who are not members
	access access
	events []pendingEvent
	// deletedNumber is that of the last message which becomes a tombstone.
	deletedNumber int64
}

// roomOf is how a room is found: by what is its own alone, or by the id of something in it,
// so that nothing is reached past its room.
type roomOf struct {
	from  string // r is the room, and m the message
	is    string // the condition, with its parameters
	child bool   // by a message or something in it, which strangers to a public room do not see
}

var (
	byRoom     = roomOf{"chat_rooms r", "r.id = ?", false}
	byKey      = roomOf{"chat_rooms r", "r.key = ?", false}
	byPair     = roomOf{"chat_rooms r", "(r.private_a = ? AND r.private_b = ? OR r.private_a = ? AND r.private_b = ?)", false}
	byMessage  = roomOf{"chat_messages m JOIN chat_rooms r ON r.id = m.room_id", "m.id = ?", true}
	byReaction = roomOf{"chat_reactions x JOIN chat_messages m ON m.id = x.message_id JOIN chat_rooms r ON r.id = m.room_id", "x.id = ?", true}
)

// The condition that a member sees a message of their room: those before a newcomer may
// not exist for them. access.sees is the same in Go.
const (
	// visibleMessage is for a query in which m is the message and u the membership of its room.
	visibleMessage = "m.number > u.joined_number"
	// memberSeesMessage is for a query in which m is a message of any room: that a user, its
	// parameter, is a member and sees it. It looks the membership up for each message.
	memberSeesMessage = "m.number > (SELECT u.joined_number FROM chat_room_users u WHERE u.room_id = m.room_id AND u.user_id = ?)"
)

// andStillSees renders the condition that the actor is a member, and has not left and come
// back, since the room was read: the messages after access.joined are theirs.
func (p *roomScope) andStillSees() (condition string, args []any) {
	if p.access.system {
		return "", nil
	}
	return " AND EXISTS (SELECT 1 FROM chat_room_users WHERE room_id = ? AND user_id = ? AND joined_number <= ?)",
		[]any{p.room.ID, p.actor.id, p.access.joined}
}

// lockCondition renders the condition on chat_rooms that the room is the one that is meant
// and the actor sees it.
func (c *call) lockCondition(by roomOf, id uuid.UUID) (condition string, args []any) {
	switch {
	case !by.child && c.actor.system:
		return "id = ?", []any{id}
	case !by.child:
		return "id = ? AND (is_public OR EXISTS (SELECT 1 FROM chat_room_users u WHERE u.room_id = chat_rooms.id AND u.user_id = ?))",
			[]any{id, c.actor.id}
	case c.actor.system:
		return "id = (SELECT m.room_id FROM " + by.from + " WHERE " + by.is + ")", []any{id}
	}
	return "id = (SELECT m.room_id FROM " + by.from + " WHERE " + by.is + " AND " + memberSeesMessage + ")", []any{id, c.actor.id}
}

// lockRoom takes the room's lock and then, in a later statement, reads the actor's
// access: what a transaction before this one committed is seen. It returns ErrNotFound
// for a deleted room as for one that never was.
//
// A room that the actor does not see when the statement begins, or by a message that they
// do not see, is not locked, and not waited for: ErrNotFound takes one statement and the same
// time as for an id that never was. Whether the room that was locked is still seen is decided
// by its access.
func (c *call) lockRoom(by roomOf, id uuid.UUID) (*roomScope, error) {
	condition, args := c.lockCondition(by, id)
	room, err := c.lockOneRoom(condition, args...)
	if err != nil {
		return nil, err
	}
	if c.actor.system {
		return c.scope(room, nil), nil
	}
	me, err := c.roomUser(room, c.actor.id, "")
	if err != nil {
		return nil, err
	}
	return c.scope(room, me), nil
}

// roomAndMember is a room with a membership that may be missing, and the number of the
// message that the room was reached by.
type roomAndMember struct {
	room   Room
	number int64
	member *RoomUser
}

func (c *conn) scanRoomAndMember(rows row) (roomAndMember, error) {
	var found roomAndMember
	var member optionalRoomUser
	err := rows.Scan(append(append(found.room.fields(), member.fields()...), &found.number, &found.room.Unread, &found.room.MentionCount)...)
	found.member = member.of(&found.room, c.now)
	return found, err
}

// readRoom reads the room and the actor's access without a lock, in one statement.
func (c *call) readRoom(by roomOf, args ...any) (*roomScope, error) {
	number := "0"
	if by.child {
		number = "m.number"
	}
	found, err := queryOne(c.conn, c.scanRoomAndMember, "SELECT "+prefixed("r", roomColumns)+", "+prefixed("u", optionalRoomUserColumns)+
		", "+number+", 0, 0 FROM "+by.from+" LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?"+
		" WHERE "+by.is+" AND r.deleted_at IS NULL", append([]any{c.actor.nullableID()}, args...)...)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, ErrNotFound
	}
	p := c.scope(&found.room, found.member)
	p.number = found.number
	return p, nil
}

// scope is a room as the actor finds it, with their membership, if any.
func (c *call) scope(room *Room, me *RoomUser) *roomScope {
	p := &roomScope{call: c, room: room, access: access{system: c.actor.system}}
	if me != nil && !p.access.system {
		p.me, p.access = me, accessOf(me)
	}
	return p
}

func accessOf(member *RoomUser) access {
	return access{member: true, owner: member.Owner, permissions: member.Effective, joined: member.JoinedNumber}
}

// lockRoomsSQL renders the query that locks the rooms of a condition that are not
// deleted, in ascending id. NO KEY lets a host insert rows that refer to the room. On
// SQLite the transaction has the write lock already.
func (c *conn) lockRoomsSQL(columns, condition string) string {
	found := " WHERE " + condition + " AND deleted_at IS NULL"
	if c.dialect == dialect.SQLite || c.inHost {
		return "SELECT " + columns + " FROM chat_rooms" + found + " ORDER BY id" + c.dialect.Lock("FOR NO KEY UPDATE")
	}
	// The lock timeout is set in the same statement, which saves a round trip.
	return "WITH lock_timeout AS MATERIALIZED (" + setLockTimeoutSQL + ") SELECT " + columns +
		" FROM chat_rooms CROSS JOIN lock_timeout" + found + " AND is_set <> '' ORDER BY id FOR NO KEY UPDATE OF chat_rooms"
}

func (p *roomScope) decide(op operation, on target) error {
	on.number = p.number
	return decide(p.access, op, p.room.state(), on)
}

// lockFor locks the room and decides on an operation that has no target of its own.
func (c *call) lockFor(by roomOf, id uuid.UUID, op operation) (*roomScope, error) {
	p, err := c.lockRoom(by, id)
	if err != nil {
		return nil, err
	}
	if err := p.decide(op, target{}); err != nil {
		return nil, err
	}
	return p, nil
}

// readFor reads the room without a lock and decides on an operation.
func (c *call) readFor(by roomOf, id uuid.UUID, op operation, on target) (*roomScope, error) {
	p, err := c.readRoom(by, id)
	if err != nil {
		return nil, err
	}
	if err := p.decide(op, on); err != nil {
		return nil, err
	}
	return p, nil
}

// record adds an event to the room's log, about a message, a user, both or
// neither.
func (p *roomScope) record(kind EventKind, message *uuid.UUID, user *UserID) {
	p.room.LastSeq++
	p.events = append(p.events, pendingEvent{
		RoomID: p.room.ID, Seq: p.room.LastSeq, Kind: kind, MessageID: message, UserID: user, ActorID: p.actor.nullableID(),
	})
}

// save writes the room's row and the events that were recorded.
func (p *roomScope) save() error {
	r := p.room
	if _, err := p.exec(`UPDATE chat_rooms SET name = ?, description = ?, avatar_id = ?, is_public = ?, key = ?, ownerless = ?, owner_id = ?,
		default_permissions = ?, slow_mode = ?, history_visibility = ?, member_count = ?, private_a = ?, private_b = ?, last_seq = ?, first_number = ?,
		last_deleted_number = `+p.dialect.Greatest()+`(last_deleted_number, ?), metadata = ?, updated_at = ?, deleted_at = ?
		WHERE id = ?`, r.Name, r.Description, r.AvatarID, r.Public, r.Key, r.Ownerless, r.OwnerID, r.DefaultPermissions, r.SlowMode, r.HistoryVisibility,
		r.MemberCount, r.PrivateA, r.PrivateB, r.LastSeq, r.FirstNumber, p.deletedNumber, r.Metadata, r.UpdatedAt, r.DeletedAt, r.ID); err != nil {
		return err
	}
	return p.insertEvents(p.events)
}
