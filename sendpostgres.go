package chat

import (
	"errors"

	"github.com/google/uuid"
)

var errRoomChanged = errors.New("chat: a locked room was changed")

// writePostgres writes all in one statement. A room is written to only when its
// last_seq is the one that was read, which every change to the room, to its members
// and to its messages moves on; what was accepted for other rooms, and for those that
// somebody else has locked, is not written.
func (b *batch) writePostgres() error {
	query, args := b.writeStatement()
	written, err := all(b.call, scanValue[uuid.UUID], query, args...)
	if err != nil {
		return err
	}
	done := make(map[uuid.UUID]bool, len(written))
	for _, id := range written {
		done[id] = true
	}
	b.changed = map[uuid.UUID]bool{}
	for _, m := range b.stored {
		if !done[m.RoomID] {
			b.changed[m.RoomID] = true
		}
	}
	if len(b.changed) > 0 && !b.free {
		return errRoomChanged
	}
	return nil
}

func (b *batch) writeStatement() (query string, args []any) {
	patience, is := "", ""
	if b.free { // else it was set on the way to the locks
		patience, is = "patience AS MATERIALIZED ("+setPatience+"), ", " CROSS JOIN patience"
	}
	query = "WITH " + patience + `found AS MATERIALIZED (
			SELECT r.id, j.last_seq, j.last_number FROM ` +
		b.unnest("j", "id uuid", "seen bigint", "last_seq bigint", "last_number bigint") + is + `
			JOIN chat_rooms r ON r.id = j.id AND r.last_seq = j.seen ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED
		), counted AS (
			UPDATE chat_rooms SET last_seq = f.last_seq, last_number = f.last_number, last_message_at = ?
			FROM found f WHERE chat_rooms.id = f.id RETURNING chat_rooms.id
		), accepted AS MATERIALIZED (
			SELECT j.* FROM ` + b.unnest("j", "id uuid", "room_id uuid", "number bigint", "seq bigint", "user_id user", "text text",
		"reply_to_id uuid", "client_id text", "metadata json", "newest boolean") + `
			WHERE j.room_id IN (SELECT id FROM counted) ORDER BY j.seq
		), messages AS (
			INSERT INTO chat_messages (id, room_id, number, user_id, text, reply_to_id, client_id, metadata, created_at)
			SELECT id, room_id, number, user_id, text, reply_to_id, client_id, metadata, ? FROM accepted
		), events AS (
			INSERT INTO chat_events (room_id, seq, kind, message_id, actor_id, created_at)
			SELECT room_id, seq, '` + string(MessageCreated) + `', id, user_id, ? FROM accepted
		), markers AS (
			UPDATE chat_room_users u SET last_read_number = a.number, last_seen_at = ?
			FROM accepted a WHERE a.newest AND u.room_id = a.room_id AND u.user_id = a.user_id
		) SELECT id FROM counted`
	args = append(args, b.roomLists()...)
	args = append(args, b.now)
	args = append(args, b.messageLists()...)
	return query, append(args, b.now, b.now, b.now)
}

// roomLists are the rooms that are written to: their ids, last_seq as it was read, and
// both counters as they will be.
func (b *batch) roomLists() []any {
	known := make(map[uuid.UUID]bool, len(b.rooms))
	var ids, seen, seqs, numbers list
	for _, m := range b.stored {
		if known[m.RoomID] {
			continue
		}
		known[m.RoomID] = true
		room := b.rooms[m.RoomID]
		ids.id(&room.ID)
		seen.number(b.seen[room.ID])
		seqs.number(room.LastSeq)
		numbers.number(room.LastNumber)
	}
	return []any{ids.end(), seen.end(), seqs.end(), numbers.end()}
}

// messageLists are the columns of the messages. The newest of its author's in its room
// says what its author has read.
func (b *batch) messageLists() []any {
	newest := make(map[memberKey]int64, len(b.stored))
	for _, m := range b.stored {
		if m.UserID != nil {
			newest[memberKey{m.RoomID, *m.UserID}] = m.Number
		}
	}
	var ids, rooms, numbers, seqs, users, texts, replies, clients, metadata, marks list
	for _, m := range b.stored {
		ids.id(&m.ID)
		rooms.id(&m.RoomID)
		numbers.number(m.Number)
		seqs.number(m.seq)
		users.user(m.UserID)
		texts.string(&m.Text)
		replies.id(m.ReplyToID)
		clients.string(m.ClientID)
		metadata.string(m.Metadata.text())
		marks.bool(m.UserID != nil && newest[memberKey{m.RoomID, *m.UserID}] == m.Number)
	}
	return []any{ids.end(), rooms.end(), numbers.end(), seqs.end(), users.end(), texts.end(), replies.end(), clients.end(),
		metadata.end(), marks.end()}
}
