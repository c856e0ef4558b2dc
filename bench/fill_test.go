package bench_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// template is a database with the rooms, the members and the first messages, which
// both sizes start from.
func template(p plan) dbtest.Template {
	return dbtest.Template{Key: "bench", Prepare: func(ctx context.Context, db *gorm.DB) error {
		db = db.WithContext(ctx)
		if err := db.Exec("CREATE TABLE users (id bigint PRIMARY KEY)").Error; err != nil {
			return err
		}
		if err := chat.Migrate(ctx, db, config(false)); err != nil {
			return err
		}
		return fill(db, p, 0, p.small)
	}}
}

// grow adds messages to a template's copy until there are as many as it says.
func (h *host) grow(p plan) *host {
	h.t.Helper()
	if err := fill(h.db, p, p.small, h.messages); err != nil {
		h.t.Fatal(err)
	}
	return h
}

// sqlOf are the spellings of one database.
type sqlOf struct {
	begin  []string // makes writing fast, on the connection that fills
	end    []string
	series string // rows n from the first %d to the last %d
	roomID string // of the room number %s
	msgID  string // a uuid of version 7, of the message number n
	at     string // when the message number n was sent
	hasNo  string // false
}

const since = 1735689600 // 2025-01-01, one message a second

var postgresSQL = sqlOf{
	begin:  []string{"SET session_replication_role = replica", "SET synchronous_commit = off"},
	end:    []string{"RESET session_replication_role", "RESET synchronous_commit", "VACUUM (ANALYZE)", "CHECKPOINT"},
	series: "generate_series(%d::bigint, %d::bigint) AS s(n)",
	roomID: "('018f0000-0000-7000-8000-' || lpad((%s)::text, 12, '0'))::uuid",
	msgID: fmt.Sprintf(`(lpad(to_hex((%d + n) * 1000 >> 16), 8, '0') || '-' || lpad(to_hex((%d + n) * 1000 & 65535), 4, '0') ||
		'-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`, since, since),
	at:    fmt.Sprintf("to_timestamp(%d + n)", since),
	hasNo: "false",
}

var sqliteSQL = sqlOf{
	begin: []string{"PRAGMA foreign_keys = 0", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -500000"},
	end: []string{"PRAGMA foreign_keys = 1", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -2000",
		"PRAGMA wal_checkpoint(TRUNCATE)"},
	series: "(WITH RECURSIVE s(n) AS (VALUES (%d) UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)",
	roomID: "printf('018f0000-0000-7000-8000-%%012d', %s)",
	msgID: fmt.Sprintf("printf('%%08x-%%04x-7000-8000-%%012x', (%d + n) * 1000 >> 16, (%d + n) * 1000 & 65535, n)",
		since, since),
	at:    fmt.Sprintf("strftime('%%Y-%%m-%%d %%H:%%M:%%S+00:00', %d + n, 'unixepoch')", since),
	hasNo: "0",
}

// fill writes the messages after number from up to number to, as if they had been
// sent: of five, three go to the big room and two to the others in turn. One in
// ten has two reactions, one in ten answers the one before it, and one in twenty has a file.
func fill(db *gorm.DB, p plan, from, to int) error {
	q := postgresSQL
	if db.Name() == "sqlite" {
		q = sqliteSQL
	}
	return db.Connection(func(conn *gorm.DB) error {
		statements := q.begin
		if from == 0 {
			statements = append(statements[:len(statements):len(statements)], q.roomsAndMembers(p)...)
		}
		for at := from; at < to; at += 250_000 {
			statements = append(statements, q.messages(p, at, min(to, at+250_000))...)
		}
		statements = append(append(statements, q.counters()...), q.end...)
		for _, s := range statements {
			if err := conn.Exec(s).Error; err != nil {
				return fmt.Errorf("%w: %s", err, s)
			}
		}
		return nil
	})
}

func (q sqlOf) rows(from, to int) string { return fmt.Sprintf(q.series, from, to) }

func (q sqlOf) roomsAndMembers(p plan) []string {
	id := fmt.Sprintf(q.roomID, "n")
	at := strings.ReplaceAll(q.at, "+ n", "- n")
	return []string{
		fmt.Sprintf("INSERT INTO users (id) SELECT n FROM %s", q.rows(1, senders+2)),
		fmt.Sprintf(`INSERT INTO chat_rooms (id, type, name, description, is_public, owner_id, default_permissions,
			history_visibility, member_count, last_seq, last_number, created_at, updated_at)
			SELECT %s, 'group', 'Room ' || n, '', %s, 2, %d, 'all', %d + CASE WHEN n < %d THEN 1 ELSE 0 END + CASE WHEN n < %d THEN 1 ELSE 0 END, 0, 0, %s, %s FROM %s`,
			id, q.hasNo, chat.DefaultPermissions(chat.Group), senders, busyRooms, fewRooms, at, at, q.rows(0, p.rooms)),
		fmt.Sprintf(`INSERT INTO chat_room_users (room_id, user_id, muted, pinned, last_read_number, joined_number, created_at)
			SELECT %s, u.id, %s, %s, 0, 0, %s FROM %s CROSS JOIN users u WHERE u.id BETWEEN 2 AND %d OR u.id = 1 AND n < %d OR u.id = %d AND n < %d`,
			id, q.hasNo, q.hasNo, at, q.rows(0, p.rooms), senders+1, busyRooms, senders+2, fewRooms),
	}
}

// Words of a text: one message in ten, in a thousand, in a hundred thousand has
// the same.
const text = "'Shall we meet a' || (n % 10) || ' or b' || (n * 7919 % 1000) || ' at noon? Say c' || (n * 104729 % 100000) || ' to the others'"

func (q sqlOf) messages(p plan, from, to int) []string {
	const (
		inBig  = "(n - 1) % 5 < 3"
		nth    = "((n - 1) / 5 * 2 + (n - 1) % 5 - 3)" // of the messages to the other rooms, from 0
		number = "CASE WHEN " + inBig + " THEN (n - 1) / 5 * 3 + (n - 1) % 5 + 1 ELSE "
	)
	numbered := fmt.Sprintf("%s%s / %d + 1 END", number, nth, p.rooms)
	inRoom := fmt.Sprintf("CASE WHEN %s THEN 0 ELSE %s %% %d + 1 END", inBig, nth, p.rooms)
	before := strings.NewReplacer("+ n)", "+ n - 1)", "to_hex(n)", "to_hex(n - 1)", ", n)", ", n - 1)").Replace(q.msgID)
	reactions := fmt.Sprintf(`INSERT INTO chat_reactions (id, message_id, user_id, reaction, created_at)
		SELECT %s, %s, 1 + n %% %d, '%%s', %s FROM %s WHERE n %% 20 IN (1, 5)`,
		strings.ReplaceAll(q.msgID, "-8000-", "-%s-"), q.msgID, senders, q.at, q.rows(from+1, to))
	reaction := func(mark, emoji string) string {
		return strings.NewReplacer("-%s-", "-"+mark+"-", "'%s'", "'"+emoji+"'").Replace(reactions)
	}
	columns := "id, room_id, number, user_id, author_kind, text, reply_to_id, created_at"
	rows := fmt.Sprintf("SELECT %s, %s, %s, 2 + n %% %d, 'user', %s, CASE WHEN n %% 10 = 3 THEN %s END, %s FROM %s",
		q.msgID, fmt.Sprintf(q.roomID, inRoom), numbered, senders, cmp.Or(p.text, text), before, q.at, q.rows(from+1, to))
	if p.words != "" {
		rows = fmt.Sprintf("SELECT m.*, %s FROM (%s) AS m (%s)", p.words, rows, columns)
		columns += ", words"
	}
	return []string{
		fmt.Sprintf("INSERT INTO chat_messages (%s) %s", columns, rows),
		reaction("8001", "👍"), reaction("8002", "🎉"),
		fmt.Sprintf(`INSERT INTO chat_media (id, user_id, key, state, file_name, content_type, size, width, height, sha256, created_at)
			SELECT %s, 2 + n %% %d, 'key' || n, 'ready', 'picture.jpeg', 'image/jpeg', 123456, 1600, 1200,
			'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', %s FROM %s WHERE n %% 20 = 2`, q.msgID, senders, q.at, q.rows(from+1, to)),
		fmt.Sprintf("INSERT INTO chat_message_media (message_id, media_id, sequence) SELECT %s, %s, 0 FROM %s WHERE n %% 20 = 2",
			q.msgID, q.msgID, q.rows(from+1, to)),
	}
}

// counters brings rooms and the reader's markers up to date.
func (q sqlOf) counters() []string {
	newest := func(column string) string {
		return "(SELECT m." + column + " FROM chat_messages m WHERE m.room_id = chat_rooms.id ORDER BY m.number DESC LIMIT 1)"
	}
	return []string{
		"UPDATE chat_rooms SET last_number = " + newest("number") + ", last_seq = " + newest("number") +
			", last_message_at = " + newest("created_at"),
		`UPDATE chat_room_users SET last_read_number = (SELECT last_number - last_number % 3 FROM chat_rooms WHERE id = room_id)
			WHERE user_id IN (1, 66)`,
	}
}
