package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/words"
)

// Mentions are rows of chat_mentions: one for each user that a message mentions, and one
// for everybody in its room, however many that are.

// crowd is up to how many members a room has for anyone to mention everybody in it.
const crowd = 20

// mentionedIDs checks the users that a message is to mention, and drops repeats.
func (c *Config) mentionedIDs(given []UserID) ([]UserID, error) {
	if limit := c.Limits.MentionsPerMessage; len(given) > limit {
		return nil, tooLarge("mentions", CodeTooMany, int64(limit), "mentions a message")
	}
	var ids []UserID
	for i, id := range given {
		id, err := c.userID("mentions["+strconv.Itoa(i)+"]", id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// mentioned are those whom a send mentions: members of the room, the author aside.
func (b *batch) mentioned(s *send) (users []UserID) {
	for _, user := range s.in.Mentions {
		if user != s.sender.id && b.members[memberKey{s.room, user}] != nil {
			users = append(users, user)
		}
	}
	return users
}

// mentionRow is a mention as jsonRows reads it.
type mentionRow struct {
	RoomID    uuid.UUID `json:"room_id"`
	Number    int64     `json:"number"`
	Sequence  int       `json:"sequence"`
	UserID    *UserID   `json:"user_id"` // nil: everybody
	CreatedAt time.Time `json:"-"`
	At        string    `json:"created_at"` // CreatedAt, as SQLite has it
}

// mentionRows are the rows of a message's mentions. That of everybody is the last.
func (m *Message) mentionRows() []mentionRow {
	var rows []mentionRow
	add := func(user *UserID) {
		rows = append(rows, mentionRow{m.RoomID, m.Number, len(rows), user, m.CreatedAt, dialect.FormatTime(m.CreatedAt)})
	}
	for i := range m.Mentions {
		add(&m.Mentions[i])
	}
	if m.MentionRoom {
		add(nil)
	}
	return rows
}

func (b *batch) mentionRows() (rows []mentionRow) {
	for _, m := range b.accepted {
		if len(m.Mentions) > 0 || m.MentionRoom {
			rows = append(rows, m.mentionRows()...)
		}
	}
	return rows
}

// insertMentions writes mentions, if there are any, in one statement.
func (c *conn) insertMentions(rows []mentionRow) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := c.exec(`INSERT INTO chat_mentions (room_id, number, sequence, user_id, created_at)
		SELECT j.room_id, j.number, j.sequence, j.user_id, j.created_at FROM `+
		c.jsonRows("room_id uuid", "number bigint", "sequence int", "user_id user", "created_at "+c.dialect.TimeType()), dialect.JSONArray(rows))
	return err
}

// mentionArrays are the columns of the mentions; nil where nobody is mentioned.
func (b *batch) mentionArrays() []any {
	rows := b.mentionRows()
	if len(rows) == 0 {
		return nil
	}
	var a dialect.Arrays
	column(&a, rows, func(m *mentionRow) { a.ID(&m.RoomID) })
	column(&a, rows, func(m *mentionRow) { a.Int(m.Number) })
	column(&a, rows, func(m *mentionRow) { a.Int(int64(m.Sequence)) })
	column(&a, rows, func(m *mentionRow) { a.Text((*string)(m.UserID)) })
	column(&a, rows, func(m *mentionRow) { a.Time(m.CreatedAt) })
	return a.Args()
}

// mentionsSQL renders the part of writeSQL that writes the mentions of the rooms that are
// written to.
func (b *batch) mentionsSQL() string {
	return `, mentions AS (
			INSERT INTO chat_mentions (room_id, number, sequence, user_id, created_at)
			SELECT * FROM ` + b.unnest("x", "room_id uuid", "number bigint", "sequence int", "user_id user", "created_at timestamptz") + `
			WHERE x.room_id IN (SELECT id FROM counted)
		)`
}

// editMentions sets whom a message mentions, of those who are members now.
func (p *roomScope) editMentions(m *Message, users *[]UserID, everybody *bool) (changed bool, err error) {
	mentions, room := m.Mentions, m.MentionRoom
	if users != nil {
		if mentions, err = p.mentionable(*users, m.UserID); err != nil {
			return false, err
		}
	}
	if everybody != nil {
		room = *everybody
	}
	if slices.Equal(mentions, m.Mentions) && room == m.MentionRoom {
		return false, nil
	}
	if room && !m.MentionRoom {
		if err := p.decide(opMentionRoom, target{crowded: p.room.MemberCount > crowd}); err != nil {
			return false, err
		}
	}
	m.Mentions, m.MentionRoom = mentions, room
	return true, nil
}

// mentionable returns those of the users who are members of the room, the author aside.
func (p *roomScope) mentionable(users []UserID, author *UserID) (members []UserID, err error) {
	if len(users) == 0 {
		return nil, nil
	}
	rows := make([]dialect.Object, len(users))
	for i, user := range users {
		rows[i] = dialect.Object{"user_id": user}
	}
	found, err := queryAll(p.conn, scanValue[UserID], "SELECT u.user_id FROM "+p.jsonRows("user_id user")+
		" JOIN chat_room_users u ON u.user_id = j.user_id WHERE u.room_id = ?", dialect.JSONArray(rows), p.room.ID)
	for _, user := range users {
		if slices.Contains(found, user) && (author == nil || *author != user) {
			members = append(members, user)
		}
	}
	return members, err
}

// replaceMentions writes whom a message mentions in place of whom it mentioned.
func (p *roomScope) replaceMentions(m *Message) error {
	if err := p.deleteMentions(m); err != nil {
		return err
	}
	return p.insertMentions(m.mentionRows())
}

func (p *roomScope) deleteMentions(m *Message) error {
	_, err := p.exec("DELETE FROM chat_mentions WHERE room_id = ? AND number = ?", m.RoomID, m.Number)
	return err
}

// otherAuthorSQL is the condition that the mention x is not in the member u's own message. A
// scalar, because PostgreSQL would read all messages of the user for a NOT EXISTS.
const otherAuthorSQL = "COALESCE((SELECT o.user_id FROM chat_messages o WHERE o.room_id = x.room_id AND o.number = x.number) <> u.user_id, TRUE)"

// mentionsCounted is up to how many mentions are counted in a room: what a badge shows is
// "999+" long before, and each of them is looked at.
const mentionsCounted = 1000

// mentionCountSQL counts those of the unread messages of the membership u of the room r that
// mention the user, by themselves or with everybody, up to mentionsCounted. It looks for none
// where nothing is after the marker.
var mentionCountSQL = `CASE WHEN r.last_number > ` + unreadFromSQL + ` THEN (SELECT count(*) FROM (
		SELECT 1 FROM chat_mentions x WHERE x.room_id = r.id AND x.user_id = u.user_id AND x.number > ` + unreadFromSQL + `
		UNION ALL SELECT 1 FROM chat_mentions x WHERE x.room_id = r.id AND x.user_id IS NULL AND x.number > ` + unreadFromSQL + " AND " + otherAuthorSQL + `
			AND (SELECT count(*) FROM chat_mentions y WHERE y.room_id = x.room_id AND y.number = x.number AND y.user_id = u.user_id) = 0
		LIMIT ` + strconv.Itoa(mentionsCounted) + `) AS counted) ELSE 0 END`

// MentionsPage is a page of the messages that mention the actor, the newest first.
type MentionsPage struct {
	Items []MessageHit `json:"items"`
	Next  string       `json:"next"` // the cursor of the next page, "" after the last
}

// Mentions lists the messages that mention the actor in their rooms, muted ones included,
// with all that a page of history shows of them, the newest first: those that name the actor,
// and those of others that mentioned everybody since the actor joined. It moves no read marker.
//
// Errors: ErrInvalid for a cursor that no page returned, and for System, which nobody
// mentions.
func (s *Service) Mentions(ctx context.Context, actor Actor, page Page) (*MentionsPage, error) {
	return read(ctx, s, actor, func(c *call) (*MentionsPage, error) {
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		return c.mentionsOf(me, page.Cursor, limit)
	})
}

// mentionCursor is a position in the list of a user's mentions.
type mentionCursor struct {
	List   string    `json:"l"`
	At     time.Time `json:"t"`
	Room   uuid.UUID `json:"r"`
	Number int64     `json:"n"`
}

func (c *call) mentionsOf(me UserID, from string, limit int) (*MentionsPage, error) {
	keyset, position, err := mentionsKeyset(from)
	if err != nil {
		return nil, err
	}
	columns, content := c.content()
	named, namedArgs := c.mentionsIn(me, "x.user_id = ?", keyset, position, limit, me)
	everybody, everybodyArgs := c.mentionsIn(me, "x.user_id IS NULL AND x.created_at >= u.created_at AND "+otherAuthorSQL, keyset, position, limit)
	args := slices.Concat(namedArgs, everybodyArgs, []any{limit + 1}, content)
	found, err := queryAll(c.conn, newMessageReader().scan, "WITH found AS ("+named+" UNION "+everybody+`),
		page AS (SELECT room_id, number, created_at FROM found ORDER BY created_at DESC, room_id DESC, number DESC LIMIT ?)
		SELECT `+prefixed("m", messageColumns)+", "+columns+` FROM page f JOIN chat_messages m ON m.room_id = f.room_id AND m.number = f.number
		ORDER BY f.created_at DESC, f.room_id DESC, f.number DESC`, args...)
	if err != nil {
		return nil, err
	}
	dropReplies(found)
	items, next := trimPage(found, limit, func(m Message) string {
		return cursor(mentionCursor{"mentions", m.CreatedAt, m.RoomID, m.Number})
	})
	hits, err := c.hits(items, words.Query{})
	return &MentionsPage{hits, next}, err
}

// mentionsIn renders the query of the mentions x of a condition in the rooms of a user, which
// is a parameter of it, beyond a position. Of each room no more are read than a page has.
func (c *call) mentionsIn(me UserID, those, keyset string, position []any, limit int, args ...any) (query string, all []any) {
	those = "x.room_id = u.room_id AND x.number > u.joined_number AND " + those + keyset
	if c.dialect == dialect.Postgres {
		return `SELECT x.room_id, x.number, x.created_at FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id AND r.deleted_at IS NULL
			CROSS JOIN LATERAL (SELECT x.room_id, x.number, x.created_at FROM chat_mentions x WHERE ` + those + ` ORDER BY x.number DESC LIMIT ?) AS x
			WHERE u.user_id = ?`, slices.Concat(args, position, []any{limit + 1, me})
	}
	// SQLite, which knows no LATERAL, keeps the order of a CROSS JOIN: from the user's rooms to
	// what is in them, from the last one of the page on.
	oldest := strings.NewReplacer("x.", "y.").Replace(those)
	return `SELECT x.room_id, x.number, x.created_at FROM chat_room_users u CROSS JOIN chat_mentions x
		JOIN chat_rooms r ON r.id = x.room_id AND r.deleted_at IS NULL WHERE u.user_id = ? AND ` + those + `
			AND x.number >= COALESCE((SELECT y.number FROM chat_mentions y WHERE ` + oldest + ` ORDER BY y.number DESC LIMIT 1 OFFSET ?), 0)`,
		slices.Concat([]any{me}, args, position, args, position, []any{limit})
}

// mentionsKeyset renders the condition that a mention x is beyond a position.
func mentionsKeyset(from string) (string, []any, error) {
	if from == "" {
		return "", nil, nil
	}
	var position mentionCursor
	if err := parseCursor(from, &position); err != nil {
		return "", nil, err
	}
	at := position.At.UTC().Truncate(time.Microsecond)
	if position.List != "mentions" || position.Number < 1 || at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
		return "", nil, badCursor()
	}
	return " AND (x.created_at, x.room_id, x.number) < (?, ?, ?)", []any{at, position.Room, position.Number}, nil
}
