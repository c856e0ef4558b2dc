package chat

import (
	"errors"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// write writes what was accepted: messages, events, the rooms' counters and the
// senders' read markers, and then the messages' media.
func (b *batch) write() error {
	if len(b.accepted) == 0 {
		return nil
	}
	if b.dialect == dialect.Postgres {
		if err := b.writePostgres(); err != nil {
			return err
		}
	} else if err := b.writeSQLite(); err != nil {
		return err
	}
	return b.bindMedia()
}

func (b *batch) writeSQLite() error {
	events := make([]pendingEvent, len(b.accepted))
	for i, m := range b.accepted {
		events[i] = pendingEvent{RoomID: m.RoomID, Seq: m.seq, Kind: MessageCreated, MessageID: &m.ID, ActorID: m.UserID}
	}
	if err := b.insertMessages(); err != nil {
		return err
	}
	if err := b.insertMentions(b.mentionRows()); err != nil {
		return err
	}
	if err := b.insertEvents(events); err != nil {
		return err
	}
	if err := b.countMessages(); err != nil {
		return err
	}
	return b.markSent()
}

// messageRow is a message as insertMessages reads it.
type messageRow struct {
	ID        uuid.UUID  `json:"id"`
	RoomID    uuid.UUID  `json:"room_id"`
	Number    int64      `json:"number"`
	UserID    *UserID    `json:"user_id"`
	Text      string     `json:"text"`
	ReplyToID *uuid.UUID `json:"reply_to_id"`
	ClientID  *string    `json:"client_id"`
	InputHash *string    `json:"input_hash"`
	Metadata  *string    `json:"metadata"`
	CreatedAt string     `json:"created_at"`
	Words     *string    `json:"words"`
}

func (b *batch) insertMessages() error {
	rows := make([]messageRow, len(b.accepted))
	for i, m := range b.accepted {
		rows[i] = messageRow{ID: m.ID, RoomID: m.RoomID, Number: m.Number, UserID: m.UserID, Text: m.Text,
			ReplyToID: m.ReplyToID, ClientID: m.ClientID, InputHash: m.nullableHash(), Metadata: m.Metadata.text(),
			CreatedAt: dialect.FormatTime(m.CreatedAt), Words: b.keptWords(m.RoomID, m.Number, m.Text)}
	}
	_, err := b.exec(`INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, reply_to_id,
			client_id, input_hash, metadata, created_at, words)
		SELECT j.id, j.room_id, j.number, j.user_id, CASE WHEN j.user_id IS NULL THEN 'system' ELSE 'user' END, j.text, j.reply_to_id,
			j.client_id, j.input_hash, j.metadata, j.created_at, j.words FROM `+
		b.jsonRows("id uuid", "room_id uuid", "number bigint", "user_id user", "text text", "reply_to_id uuid",
			"client_id text", "input_hash text", "metadata text", "created_at text", "words text"), dialect.JSONArray(rows))
	return err
}

// nullableHash is input_hash as the column has it.
func (m *accepted) nullableHash() *string {
	if m.inputHash == "" {
		return nil
	}
	return &m.inputHash
}

type counterRow struct {
	ID         uuid.UUID `json:"id"`
	LastSeq    int64     `json:"last_seq"`
	LastNumber int64     `json:"last_number"`
	LastAt     string    `json:"last_message_at"`
}

func (b *batch) countMessages() error {
	touched := make(map[uuid.UUID]bool, len(b.rooms))
	rows := make([]counterRow, 0, len(b.rooms))
	for _, m := range b.accepted {
		if room := b.rooms[m.RoomID]; !touched[room.ID] {
			touched[room.ID] = true
			rows = append(rows, counterRow{room.ID, room.LastSeq, room.LastNumber, dialect.FormatTime(*room.LastMessageAt)})
		}
	}
	_, err := b.exec(`UPDATE chat_rooms SET last_seq = j.last_seq, last_number = j.last_number, last_message_at = j.last_message_at FROM `+
		b.jsonRows("id uuid", "last_seq bigint", "last_number bigint", "last_message_at text")+` WHERE chat_rooms.id = j.id`, dialect.JSONArray(rows))
	return err
}

type markerRow struct {
	RoomID uuid.UUID `json:"room_id"`
	UserID UserID    `json:"user_id"`
	Number int64     `json:"number"`
}

// markSent: one's own message, and all before it, is read.
func (b *batch) markSent() error {
	index := make(map[memberKey]int, len(b.accepted))
	rows := make([]markerRow, 0, len(b.accepted))
	for _, m := range b.accepted {
		if m.UserID == nil {
			continue
		}
		key := memberKey{m.RoomID, *m.UserID}
		if i, known := index[key]; known {
			rows[i].Number = m.Number
			continue
		}
		index[key] = len(rows)
		rows = append(rows, markerRow{key.room, key.user, m.Number})
	}
	_, err := b.exec(`UPDATE chat_room_users SET last_read_number = j.number, marked_unread = NULL, marked_own = NULL,
		last_seen_at = `+b.dialect.Later("last_seen_at")+`, last_sent_at = ? FROM `+
		b.jsonRows("room_id uuid", "user_id user", "number bigint")+
		` WHERE chat_room_users.room_id = j.room_id AND chat_room_users.user_id = j.user_id`, b.now, b.now, dialect.JSONArray(rows))
	return err
}

func (b *batch) bindMedia() error {
	var rows []dialect.Object
	for _, m := range b.accepted {
		for i, item := range m.Media {
			rows = append(rows, dialect.Object{"message_id": m.ID, "media_id": item.ID, "sequence": i})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := b.exec(`INSERT INTO chat_message_media (message_id, media_id, sequence)
		SELECT j.message_id, j.media_id, j.sequence FROM `+
		b.jsonRows("message_id uuid", "media_id uuid", "sequence int"), dialect.JSONArray(rows))
	return err
}

var errRoomChanged = errors.New("chat: a locked room was changed")

// writePostgres writes all in one statement. A room is written to only when its
// last_seq and last_number are those that were read: every change to the room, to its members
// and to its messages moves the one on, and an import, whose batches have no events, the
// other; what was accepted for other rooms, and for those that
// somebody else has locked, is not written.
func (b *batch) writePostgres() error {
	query, args := b.writeStatement()
	b.writing = true
	written, err := queryAll(b.conn, scanValue[uuid.UUID], query, args...)
	if err != nil {
		return err
	}
	done := make(map[uuid.UUID]bool, len(written))
	for _, id := range written {
		done[id] = true
	}
	b.changed = map[uuid.UUID]bool{}
	for _, m := range b.accepted {
		if !done[m.RoomID] {
			b.changed[m.RoomID] = true
		}
	}
	if len(b.changed) > 0 && !b.optimistic {
		return errRoomChanged
	}
	return nil
}

// writeStatement renders the statement. Without locks taken before, it locks what the
// write needs of the authors and of the messages that are answered, and leaves out the
// rooms of those that others have locked: their foreign keys would wait for them.
func (b *batch) writeStatement() (query string, args []any) {
	before, from, where := "", "", ""
	mentions, mentionArgs := b.mentionsWritten()
	if b.optimistic {
		before = "lock_timeout AS MATERIALIZED (" + setLockTimeoutSQL + "), senders AS MATERIALIZED (" + b.lockSendersSQL() +
			"), answered AS MATERIALIZED (SELECT m.room_id FROM " + b.unnest("a", "id uuid") + ` JOIN chat_messages m ON m.id = a.id
			FOR KEY SHARE OF m SKIP LOCKED
		), locked AS (
			SELECT room_id, count(*) AS rows FROM (SELECT room_id FROM senders UNION ALL SELECT room_id FROM answered) AS l GROUP BY room_id
		), `
		from = " CROSS JOIN lock_timeout LEFT JOIN locked l ON l.room_id = j.id"
		where = " WHERE j.needed = COALESCE(l.rows, 0)"
		args = b.neededArrays()
	}
	query = "WITH " + before + `found AS MATERIALIZED (
			SELECT r.id, j.last_seq, j.last_number, j.last_message_at FROM ` +
		b.unnest("j", "id uuid", "seen bigint", "seen_number bigint", "last_seq bigint", "last_number bigint", "last_message_at timestamptz", "needed bigint") + from + `
			JOIN chat_rooms r ON r.id = j.id AND r.last_seq = j.seen AND r.last_number = j.seen_number` + where + ` ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED
		), counted AS (
			UPDATE chat_rooms SET last_seq = f.last_seq, last_number = f.last_number, last_message_at = f.last_message_at
			FROM found f WHERE chat_rooms.id = f.id RETURNING chat_rooms.id
		), accepted AS MATERIALIZED (
			SELECT j.* FROM ` + b.unnest("j", "id uuid", "room_id uuid", "number bigint", "seq bigint", "user_id user", "text text",
		"reply_to_id uuid", "client_id text", "input_hash text", "metadata json", "created_at timestamptz", "newest boolean", "words text") + `
			WHERE j.room_id IN (SELECT id FROM counted) ORDER BY j.seq
		), messages AS (
			INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, reply_to_id,
				client_id, input_hash, metadata, created_at, words)
			SELECT id, room_id, number, user_id, CASE WHEN user_id IS NULL THEN 'system' ELSE 'user' END, text, reply_to_id,
				client_id, input_hash, metadata, created_at, ` + dialect.Words("words") + ` FROM accepted
		), events AS (
			INSERT INTO chat_events (room_id, seq, kind, message_id, actor_id, created_at)
			SELECT room_id, seq, '` + string(MessageCreated) + `', id, user_id, ? FROM accepted
		), markers AS (
			UPDATE chat_room_users u SET last_read_number = a.number, marked_unread = NULL, marked_own = NULL, last_seen_at = ` + b.dialect.Later("u.last_seen_at") + `,
				last_sent_at = CAST(? AS timestamptz)
			FROM accepted a WHERE a.newest AND u.room_id = a.room_id AND u.user_id = a.user_id
		)` + mentions + ` SELECT id FROM counted`
	args = append(args, b.roomArrays()...)
	args = append(args, b.messageArrays()...)
	return query, append(append(args, b.now, b.now, b.now), mentionArgs...)
}

// needs are the authors of the accepted messages, and the messages that these answer,
// each once.
func (b *batch) needs() (authors map[memberKey]bool, answered map[uuid.UUID]uuid.UUID) {
	authors, answered = map[memberKey]bool{}, map[uuid.UUID]uuid.UUID{}
	for _, m := range b.accepted {
		if m.UserID != nil {
			authors[memberKey{m.RoomID, *m.UserID}] = true
		}
		if m.ReplyToID != nil {
			answered[*m.ReplyToID] = m.RoomID
		}
	}
	return authors, answered
}

// neededArrays are the rooms and users of the authors, and the messages that are
// answered.
func (b *batch) neededArrays() []any {
	var rooms, users, messages dialect.Array
	authors, answered := b.needs()
	for m := range authors {
		rooms.ID(&m.room)
		users.Text((*string)(&m.user))
	}
	for id := range answered {
		messages.ID(&id)
	}
	return []any{rooms.String(), users.String(), messages.String()}
}

// roomArrays are the rooms that are written to: their ids, last_seq and last_number as they were read, the
// counters as they will be, and how many rows the write needs locked.
func (b *batch) roomArrays() []any {
	needed := map[uuid.UUID]int64{}
	authors, answered := b.needs()
	for m := range authors {
		needed[m.room]++
	}
	for _, room := range answered {
		needed[room]++
	}
	known := make(map[uuid.UUID]bool, len(b.rooms))
	var ids, seen, seenLast, seqs, numbers, times, locks dialect.Array
	for _, m := range b.accepted {
		if known[m.RoomID] {
			continue
		}
		known[m.RoomID] = true
		room := b.rooms[m.RoomID]
		ids.ID(&room.ID)
		seen.Int(b.readSeqs[room.ID])
		seenLast.Int(b.readLast[room.ID])
		seqs.Int(room.LastSeq)
		numbers.Int(room.LastNumber)
		times.Time(*room.LastMessageAt)
		locks.Int(needed[room.ID])
	}
	return []any{ids.String(), seen.String(), seenLast.String(), seqs.String(), numbers.String(), times.String(), locks.String()}
}

// messageArrays are the columns of the messages. The newest of its author's in its room
// is what its author has read.
func (b *batch) messageArrays() []any {
	newest := make(map[memberKey]int64, len(b.accepted))
	for _, m := range b.accepted {
		if m.UserID != nil {
			newest[memberKey{m.RoomID, *m.UserID}] = m.Number
		}
	}
	var ids, rooms, numbers, seqs, users, texts, replies, clients, hashes, metadata, times, marks, words dialect.Array
	for _, m := range b.accepted {
		ids.ID(&m.ID)
		rooms.ID(&m.RoomID)
		numbers.Int(m.Number)
		seqs.Int(m.seq)
		users.Text((*string)(m.UserID))
		texts.Text(&m.Text)
		replies.ID(m.ReplyToID)
		clients.Text(m.ClientID)
		hashes.Text(m.nullableHash())
		metadata.Text(m.Metadata.text())
		times.Time(m.CreatedAt)
		marks.Bool(m.UserID != nil && newest[memberKey{m.RoomID, *m.UserID}] == m.Number)
		words.Text(b.keptWords(m.RoomID, m.Number, m.Text))
	}
	return []any{ids.String(), rooms.String(), numbers.String(), seqs.String(), users.String(), texts.String(), replies.String(), clients.String(),
		hashes.String(), metadata.String(), times.String(), marks.String(), words.String()}
}
