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
	query := b.text("insert messages", func() string {
		return `INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, reply_to_id,
				client_id, input_hash, metadata, created_at, words)
			SELECT j.id, j.room_id, j.number, j.user_id, CASE WHEN j.user_id IS NULL THEN 'system' ELSE 'user' END, j.text, j.reply_to_id,
				j.client_id, j.input_hash, j.metadata, j.created_at, j.words FROM ` +
			b.jsonRows("id uuid", "room_id uuid", "number bigint", "user_id user", "text text", "reply_to_id uuid",
				"client_id text", "input_hash text", "metadata text", "created_at text", "words text")
	})
	_, err := b.exec(query, dialect.JSONArray(rows))
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
	query := b.text("count messages", func() string {
		return `UPDATE chat_rooms SET last_seq = j.last_seq, last_number = j.last_number, last_message_at = j.last_message_at FROM ` +
			b.jsonRows("id uuid", "last_seq bigint", "last_number bigint", "last_message_at text") + ` WHERE chat_rooms.id = j.id`
	})
	_, err := b.exec(query, dialect.JSONArray(rows))
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
	query := b.text("mark sent", func() string {
		return `UPDATE chat_room_users SET last_read_number = j.number, marked_unread = NULL, marked_own = NULL,
			last_seen_at = ` + b.dialect.Later("last_seen_at") + `, last_sent_at = ? FROM ` +
			b.jsonRows("room_id uuid", "user_id user", "number bigint") +
			` WHERE chat_room_users.room_id = j.room_id AND chat_room_users.user_id = j.user_id`
	})
	_, err := b.exec(query, b.now, b.now, dialect.JSONArray(rows))
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
	args, shape := b.writeArgs()
	query := b.text(shape, func() string { return b.writeSQL(shape) })
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

// writeShape is what the statement has parts for.
type writeShape struct {
	one      bool // message, which is not System's: all but mentions is of one row
	locks    bool // of what would have been locked before
	replies  bool // among what is locked
	clients  bool // client ids, which are used once
	mentions bool
	words    bool // that the index keeps
}

// writeArgs are the parameters of the statement.
func (b *batch) writeArgs() (args []any, shape writeShape) {
	needed := map[uuid.UUID]int64{}
	shape.one = len(b.accepted) == 1 && b.accepted[0].UserID != nil
	a := dialect.Arrays{One: shape.one}
	if b.optimistic {
		shape.locks = true
		b.writeAuthors(&a, needed)
		shape.replies = b.writeReplied(&a, needed)
		shape.clients = b.writeClients(&a)
	}
	b.writeRooms(&a, needed)
	b.writeMessages(&a)
	mentions := b.mentionArrays()
	shape.mentions, shape.words = mentions != nil, b.index != ""
	return append(append(a.Args(), b.now, b.now, b.now), mentions...), shape
}

// writeSQL renders the statement.
func (b *batch) writeSQL(shape writeShape) string {
	locks, from, where := b.locksSQL(shape)
	mentions, words, column, kept := "", []string{}, "", ""
	if shape.words {
		words, column, kept = []string{"words text"}, ", words", ", "+dialect.Words("words")
	}
	if shape.mentions {
		mentions = b.mentionsSQL()
	}
	return "WITH " + locks + `found AS MATERIALIZED (
			SELECT r.id, j.last_seq, j.last_number, j.last_message_at FROM ` +
		b.rows(shape.one, "j", "id uuid", "seen bigint", "seen_number bigint", "last_seq bigint", "last_number bigint", "last_message_at timestamptz", "needed bigint") + from + `
			JOIN chat_rooms r ON r.id = j.id AND r.last_seq = j.seen AND r.last_number = j.seen_number` + where + ` ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED
		), counted AS (
			UPDATE chat_rooms SET last_seq = f.last_seq, last_number = f.last_number, last_message_at = f.last_message_at
			FROM found f WHERE chat_rooms.id = f.id RETURNING chat_rooms.id
		), accepted AS MATERIALIZED (
			SELECT j.* FROM ` + b.rows(shape.one, "j", append([]string{"id uuid", "room_id uuid", "number bigint", "seq bigint", "user_id user", "text text",
		"reply_to_id uuid", "client_id text", "input_hash text", "metadata json", "created_at timestamptz", "newest boolean"}, words...)...) + `
			WHERE j.room_id IN (SELECT id FROM counted) ORDER BY j.seq
		), messages AS (
			INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, reply_to_id,
				client_id, input_hash, metadata, created_at` + column + `)
			SELECT id, room_id, number, user_id, CASE WHEN user_id IS NULL THEN 'system' ELSE 'user' END, text, reply_to_id,
				client_id, input_hash, metadata, created_at` + kept + ` FROM accepted
		), events AS (
			INSERT INTO chat_events (room_id, seq, kind, message_id, actor_id, created_at)
			SELECT room_id, seq, '` + string(MessageCreated) + `', id, user_id, ? FROM accepted
		), markers AS (
			UPDATE chat_room_users u SET last_read_number = a.number, marked_unread = NULL, marked_own = NULL, last_seen_at = ` + b.dialect.Later("u.last_seen_at") + `,
				last_sent_at = CAST(? AS timestamptz)
			FROM accepted a WHERE a.newest AND u.room_id = a.room_id AND u.user_id = a.user_id
		)` + mentions + ` SELECT id FROM counted`
}

// locksSQL renders the part of the statement that takes the place of locks taken before. It
// locks what the write needs of the authors and of the messages that are replied to, and
// leaves out the rooms of those that others have locked: their foreign keys would wait for
// them. It leaves out too the rooms in which one of the client ids was used before.
func (b *batch) locksSQL(shape writeShape) (with, from, where string) {
	if !shape.locks {
		return "", "", ""
	}
	with = "lock_timeout AS MATERIALIZED (" + setLockTimeoutSQL + "), senders AS MATERIALIZED (" + b.lockSendersSQL(shape.one) + "), "
	rows := "SELECT room_id FROM senders"
	if shape.replies {
		with += "replied AS MATERIALIZED (SELECT m.room_id FROM " + b.rows(shape.one, "a", "id uuid") +
			" JOIN chat_messages m ON m.id = a.id FOR KEY SHARE OF m SKIP LOCKED), "
		rows += " UNION ALL SELECT room_id FROM replied"
	}
	from = " CROSS JOIN lock_timeout LEFT JOIN locked l ON l.room_id = j.id"
	where = " WHERE j.needed = COALESCE(l.rows, 0)"
	if shape.clients {
		with += "repeated AS MATERIALIZED (SELECT c.room_id FROM " + b.rows(shape.one, "c", "room_id uuid", "client_id text", "user_id user") + `
			CROSS JOIN LATERAL (SELECT 1 FROM chat_messages m WHERE m.room_id = c.room_id AND m.client_id = c.client_id AND m.user_id IS NOT DISTINCT FROM c.user_id OFFSET 0) m), `
		where += " AND j.id NOT IN (SELECT room_id FROM repeated)"
	}
	with += "locked AS (SELECT room_id, count(*) AS rows FROM (" + rows + ") AS l GROUP BY room_id), "
	return with, from, where
}
