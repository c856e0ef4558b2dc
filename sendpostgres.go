package chat

import (
	"github.com/google/uuid"
)

// writePostgres writes all in one statement. Messages and events are made of the same
// rows, in order.
func (b *batch) writePostgres() error {
	query := `WITH counted AS (
			UPDATE chat_rooms SET last_seq = j.last_seq, last_number = j.last_number, last_message_at = ?
			FROM ` + b.unnest("j", "id uuid", "last_seq bigint", "last_number bigint") + ` WHERE chat_rooms.id = j.id
		), accepted AS MATERIALIZED (
			SELECT * FROM ` + b.unnest("j", "id uuid", "room_id uuid", "number bigint", "seq bigint", "user_id user", "text text",
		"reply_to_id uuid", "client_id text", "metadata json", "newest boolean") + `
		), messages AS (
			INSERT INTO chat_messages (id, room_id, number, user_id, text, reply_to_id, client_id, metadata, created_at)
			SELECT id, room_id, number, user_id, text, reply_to_id, client_id, metadata, ? FROM accepted
		), events AS (
			INSERT INTO chat_events (room_id, seq, kind, message_id, actor_id, created_at)
			SELECT room_id, seq, '` + string(MessageCreated) + `', id, user_id, ? FROM accepted
		) UPDATE chat_room_users u SET last_read_number = a.number, last_seen_at = ?
			FROM accepted a WHERE a.newest AND u.room_id = a.room_id AND u.user_id = a.user_id`
	args := append([]any{b.now}, b.roomLists()...)
	args = append(args, b.messageLists()...)
	_, err := b.exec(query, append(args, b.now, b.now, b.now)...)
	return err
}

// roomLists are the rooms that are written to and their counters.
func (b *batch) roomLists() []any {
	known := make(map[uuid.UUID]bool, len(b.rooms))
	var ids, seqs, numbers list
	for _, m := range b.stored {
		if known[m.RoomID] {
			continue
		}
		known[m.RoomID] = true
		room := b.rooms[m.RoomID]
		ids.id(&room.ID)
		seqs.number(room.LastSeq)
		numbers.number(room.LastNumber)
	}
	return []any{ids.end(), seqs.end(), numbers.end()}
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
