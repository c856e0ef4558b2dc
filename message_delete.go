package chat

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// MessageFilter selects messages, for DeleteMessages and AllMessages: those for which all holds
// that is set.
type MessageFilter struct {
	// RoomID leaves only this room. Defaults to all rooms.
	RoomID *uuid.UUID
	// RoomType leaves only rooms of this type. Defaults to all.
	RoomType RoomType
	// Author leaves only what this user wrote. Defaults to everybody, System included.
	Author UserID
	// Since leaves only what was sent at this time or later. Defaults to any time.
	Since time.Time
	// Before leaves only what was sent before this time. Defaults to any time.
	Before time.Time
}

func (f *MessageFilter) validate(c *Config) (err error) {
	if err := checkRoomType("room_type", f.RoomType); err != nil {
		return err
	}
	if f.Author != "" {
		f.Author, err = c.userID("author", f.Author)
	}
	return err
}

// roomsThat renders the condition that a room r is the one of an id and of a type, where these
// are given.
func roomsThat(id *uuid.UUID, roomType RoomType) (condition string, args []any) {
	condition = "r.deleted_at IS NULL"
	if id != nil {
		condition, args = condition+" AND r.id = ?", append(args, *id)
	}
	if roomType != "" {
		condition, args = condition+" AND r.type = ?", append(args, roomType)
	}
	return condition, args
}

// messages renders the condition on the messages m, which are no tombstones.
func (f *MessageFilter) messages() (condition string, args []any) {
	sql := filterSQL{condition: "m.deleted_at IS NULL"}
	f.narrow(&sql, "m.")
	return sql.condition, sql.args
}

// narrow adds who wrote the messages and when, whose columns have a prefix.
func (f *MessageFilter) narrow(sql *filterSQL, prefix string) {
	if f.Author != "" {
		sql.and(prefix+"user_id = ?", f.Author)
	}
	sql.between(prefix+"created_at", f.Since, f.Before)
}

const (
	// deleteBatch is how many messages of a room one transaction of DeleteMessages deletes.
	// Each is an event.
	deleteBatch = 100
	// roomBatch is how many rooms are looked for at a time by what goes through them all.
	roomBatch = 100
)

// DeleteMessages turns the messages that a filter selects into tombstones, as DeleteMessage
// does, in batches of one transaction each, and returns how many. A filter that selects all
// messages of all rooms is refused.
//
// The host calls it from code of its own, so that there is no actor. It is safe to stop, to
// run twice at once, and beside everything else, and asks no hook; what was deleted before an
// error stays deleted. Inside InTx it is all part of that transaction.
//
// Errors: ErrInvalid for an empty filter, an unknown type and an id that is none,
// ErrNotFound for a RoomID that is not there.
func (s *Service) DeleteMessages(ctx context.Context, filter MessageFilter) (int, error) {
	if filter == (MessageFilter{}) {
		return 0, invalid("filter", CodeRequired, "selects every message there is")
	}
	if err := filter.validate(&s.config); err != nil {
		return 0, err
	}
	if filter.RoomID != nil {
		if _, err := read(ctx, s, System, func(c *call) (*roomScope, error) { return c.readRoom(byRoom, *filter.RoomID) }); err != nil {
			return 0, err
		}
	}
	deleted := 0
	err := s.eachRoom(ctx, func(c *conn, after uuid.UUID) ([]uuid.UUID, error) { return c.roomsToDeleteFrom(filter, after) },
		func(room uuid.UUID) error {
			n, err := s.deleteFrom(ctx, room, filter)
			deleted += n
			return err
		})
	return deleted, err
}

// eachRoom calls do for the rooms that find returns, which are those after an id, in
// ascending order, until there are no more.
func (s *Service) eachRoom(ctx context.Context, find func(c *conn, after uuid.UUID) ([]uuid.UUID, error), do func(room uuid.UUID) error) error {
	for last := uuid.Nil; ; {
		rooms, err := read(ctx, s, System, func(c *call) ([]uuid.UUID, error) { return find(c.conn, last) })
		if err != nil || len(rooms) == 0 {
			return err
		}
		for _, room := range rooms {
			if err := do(room); err != nil {
				return err
			}
		}
		last = rooms[len(rooms)-1]
	}
}

func (c *conn) roomsToDeleteFrom(f MessageFilter, after uuid.UUID) ([]uuid.UUID, error) {
	rooms, args := roomsThat(f.RoomID, f.RoomType)
	messages, more := f.messages()
	return queryAll(c, scanValue[uuid.UUID], "SELECT r.id FROM chat_rooms r WHERE r.id > ? AND "+rooms+
		" AND EXISTS (SELECT 1 FROM chat_messages m WHERE m.room_id = r.id AND "+messages+") ORDER BY r.id LIMIT ?",
		append(append(append([]any{after}, args...), more...), roomBatch)...)
}

// deleteFrom deletes messages of one room. One that was deleted meanwhile has none.
func (s *Service) deleteFrom(ctx context.Context, room uuid.UUID, f MessageFilter) (deleted int, err error) {
	condition, args := f.messages()
	query := "SELECT " + prefixed("m", messageColumns) + " FROM chat_messages m WHERE m.room_id = ? AND m.number > ? AND " +
		condition + " ORDER BY m.number LIMIT ?"
	for last := int64(0); ; {
		found, err := write(ctx, s, System, func(c *call) ([]Message, error) {
			p, err := c.lockFor(byRoom, room, opDelete)
			if err != nil {
				return nil, ignoreNotFound(err)
			}
			found, err := queryAll(c.conn, scanMessage, query, append(append([]any{room, last}, args...), deleteBatch)...)
			if err != nil || len(found) == 0 {
				return nil, err
			}
			return found, p.tombstones(pointers(found)...)
		})
		if deleted += len(found); err != nil || len(found) < deleteBatch {
			return deleted, err
		}
		last = found[len(found)-1].Number
	}
}

// tombstones makes tombstones of messages, which are in ascending order of Number.
func (p *roomScope) tombstones(messages ...*Message) error {
	numbers, changed := make([]dialect.Object, len(messages)), make([]dialect.Object, len(messages))
	for i, m := range messages {
		numbers[i] = dialect.Object{"number": m.Number}
		changed[i] = dialect.Object{"id": m.ID, "deleted_at": dialect.FormatTime(later(p.now, m.ChangedAt()))}
	}
	those, wanted := "number = ?", any(messages[0].Number)
	if len(messages) > 1 {
		those, wanted = "number IN (SELECT j.number FROM "+p.jsonRows("number bigint")+")", dialect.JSONArray(numbers)
	}
	if err := p.releaseMedia("id "+p.dialect.InQuery("SELECT x.media_id FROM chat_messages JOIN chat_message_media x ON x.message_id = id"+
		" WHERE room_id = ? AND "+those), p.room.ID, wanted); err != nil {
		return err
	}
	if err := p.removeContent(p.room.ID, those, wanted); err != nil {
		return err
	}
	if _, err := p.exec(`UPDATE chat_messages SET text = '', metadata = NULL, reply_to_id = NULL, words = NULL, deleted_at = j.deleted_at FROM `+
		p.jsonRows("id uuid", "deleted_at timestamptz")+" WHERE chat_messages.id = j.id", dialect.JSONArray(changed)); err != nil {
		return err
	}
	for _, m := range messages {
		p.deletedNumber = m.Number
		p.record(MessageDeleted, &m.ID, nil)
	}
	return p.save()
}

// removeContent removes the rows that belong to the messages of a room whose numbers meet a
// condition: what becomes of a message that is deleted, of those that are removed for good,
// and of a room's when it is purged. The media themselves are released or swept by the caller.
func (c *conn) removeContent(room uuid.UUID, numbers string, args ...any) error {
	those := c.dialect.InQuery("SELECT id FROM chat_messages WHERE room_id = ? AND " + numbers)
	args = append([]any{room}, args...)
	for _, query := range []string{
		"DELETE FROM chat_message_media WHERE message_id " + those,
		"DELETE FROM chat_reactions WHERE message_id " + those,
		"DELETE FROM chat_pins WHERE message_id " + those,
		"DELETE FROM chat_mentions WHERE room_id = ? AND " + numbers,
	} {
		if _, err := c.exec(query, args...); err != nil {
			return err
		}
	}
	return nil
}
