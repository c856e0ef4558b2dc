package chat

import (
	"strconv"
	"time"

	"github.com/google/uuid"
)

// place is a room as the actor of a call finds it, and what the call does to it.
// Every operation on a room or on anything in it goes through one.
type place struct {
	*call
	room     *Room
	me       *RoomUser // nil for System and for people who are not members
	standing standing
	events   []pending
}

// roomOf says how a room is found: by its own id, or by that of something in it,
// so that nothing is reached past its room.
type roomOf string

const (
	byRoom     roomOf = "id = ?"
	byMessage  roomOf = "id = (SELECT room_id FROM chat_messages WHERE id = ?)"
	byReaction roomOf = "id = (SELECT m.room_id FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id WHERE x.id = ?)"
	byMedia    roomOf = "id = (SELECT m.room_id FROM chat_message_media x JOIN chat_messages m ON m.id = x.message_id WHERE x.media_id = ?)"
	byAvatar   roomOf = "avatar_id = ?"
)

// lock takes the room's lock and then, in a later statement, reads the actor's
// standing: what a transaction before us committed is seen. A deleted room, like
// one that never was, is ErrNotFound.
func (c *call) lock(by roomOf, id uuid.UUID) (*place, error) {
	room, err := one(c, scanRoom, c.lockRooms(roomColumns, string(by)), id)
	if err != nil {
		return nil, err
	}
	if room == nil {
		return nil, ErrNotFound
	}
	return c.placeIn(room)
}

// lockWait is how long a transaction of our own waits for what another holds; then
// the error is retryable. A host decides for its own transactions.
const lockWait = 5 * time.Second

// lockRooms renders the query that locks the living rooms of a condition, in
// ascending id. NO KEY leaves a host free to insert rows that refer to the room. On
// SQLite the whole transaction has the write lock already.
func (c *call) lockRooms(columns, condition string) string {
	found := " WHERE " + condition + " AND deleted_at IS NULL"
	switch {
	case c.dialect == sqlite:
		return "SELECT " + columns + " FROM chat_rooms" + found + " ORDER BY id"
	case c.tx != nil:
		return "SELECT " + columns + " FROM chat_rooms" + found + " ORDER BY id FOR NO KEY UPDATE"
	default: // the limit is set on the way to the lock, which saves a statement
		return "WITH patience AS MATERIALIZED (" + setPatience + ") SELECT " + columns +
			" FROM chat_rooms CROSS JOIN patience" + found + " AND is_set <> '' ORDER BY id FOR NO KEY UPDATE OF chat_rooms"
	}
}

// setPatience sets the limit for the transaction at hand.
var setPatience = "SELECT set_config('lock_timeout', '" + strconv.FormatInt(lockWait.Milliseconds(), 10) + "', true) AS is_set"

// waitBriefly sets the limit for a transaction that locks no room.
func (c *call) waitBriefly() error {
	if c.dialect == sqlite || c.tx != nil {
		return nil
	}
	_, err := c.exec(setPatience)
	return err
}

// look reads the room and the actor's standing without a lock.
func (c *call) look(by roomOf, id uuid.UUID) (*place, error) {
	room, err := one(c, scanRoom, "SELECT "+roomColumns+" FROM chat_rooms WHERE "+string(by)+
		" AND deleted_at IS NULL", id)
	if err != nil {
		return nil, err
	}
	if room == nil {
		return nil, ErrNotFound
	}
	return c.placeIn(room)
}

func (c *call) placeIn(room *Room) (*place, error) {
	p := &place{call: c, room: room, standing: standing{system: c.actor.system}}
	if p.standing.system {
		return p, nil
	}
	me, err := c.roomUser(room, c.actor.id)
	if err != nil || me == nil {
		return p, err
	}
	p.me = me
	p.standing = standingOf(me)
	return p, nil
}

func standingOf(member *RoomUser) standing {
	return standing{member: true, owner: member.Owner, permissions: member.Effective}
}

func (p *place) decide(op operation, on target) error {
	return decide(p.standing, op, p.room.state(), on)
}

// enter locks the room, or only reads it, and decides on an operation that has no
// target of its own.
func (c *call) enter(by roomOf, id uuid.UUID, op operation) (*place, error) {
	p, err := c.lock(by, id)
	if err != nil {
		return nil, err
	}
	return p, p.decide(op, target{})
}

func (c *call) visit(by roomOf, id uuid.UUID, op operation, on target) (*place, error) {
	p, err := c.look(by, id)
	if err != nil {
		return nil, err
	}
	return p, p.decide(op, on)
}

// record adds an event to the room's log, about a message, a user, both or
// neither.
func (p *place) record(kind EventKind, message *uuid.UUID, user *UserID) {
	p.room.LastSeq++
	p.events = append(p.events, pending{
		RoomID: p.room.ID, Seq: p.room.LastSeq, Kind: kind, MessageID: message, UserID: user, ActorID: p.actor.nullableID(),
	})
}

// save writes the room's row and the events that were recorded.
func (p *place) save() error {
	r := p.room
	if _, err := p.exec(`UPDATE chat_rooms SET name = ?, description = ?, avatar_id = ?, is_public = ?, owner_id = ?,
		default_permissions = ?, private_a = ?, private_b = ?, last_seq = ?, metadata = ?, updated_at = ?, deleted_at = ?
		WHERE id = ?`, r.Name, r.Description, r.AvatarID, r.Public, r.OwnerID, r.DefaultPermissions, r.PrivateA, r.PrivateB,
		r.LastSeq, r.Metadata, r.UpdatedAt, r.DeletedAt, r.ID); err != nil {
		return err
	}
	return p.insertEvents(p.events)
}
