package chat

import (
	"database/sql"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsontuple"
)

// scopedPage is a page of a room's messages, which is read together with the room and the
// actor's membership of it, in one statement, which makes one trip to the server of it.
type scopedPage struct {
	room        uuid.UUID
	size        int    // how many messages there are at most
	asked       int64  // the number that is asked for
	first, last string // the numbers of the page, over the room f with before, asked and size: see historyRange
}

// foundMessages are what was found of messages and their room, the messages in ascending order
// of Number.
type foundMessages struct {
	scope               *roomScope
	messages            []Message
	mentions            []placedMention
	before, first, last int64
}

// readPage reads a page of messages, and decides whether the actor may read them. The condition
// that they see them is in the statement as well.
func (c *call) readPage(in scopedPage) (*foundMessages, error) {
	query := c.text(scopedKey{in.first, in.last, c.actor.system}, func() string { return c.scopedPageSQL(in) })
	args := []any{in.asked, in.size, c.actor.nullableID(), in.room}
	if c.dialect == dialect.SQLite {
		args = append(c.mineArgs(), args...)
	} else {
		args = append(args, c.mineArgs()...)
	}
	found, err := c.readScoped(in.size, query, args)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found.messages, func(a, b Message) int { return int(a.Number - b.Number) })
	attachMentions(found.messages, found.mentions)
	return found, found.scope.decide(opRead, target{})
}

// readMessage reads one message, and decides whether the actor may read it.
func (c *call) readMessage(id uuid.UUID) (*Message, error) {
	query := c.text(scopedKey{system: c.actor.system}, c.scopedMessageSQL)
	found, err := c.readScoped(1, query, append(c.mineArgs(), c.actor.nullableID(), id))
	if err != nil {
		return nil, err
	}
	if err := found.scope.decide(opRead, target{child: true}); err != nil {
		return nil, err
	}
	attachMentions(found.messages, found.mentions)
	dropReplies(found.messages)
	return &found.messages[0], nil
}

// readScoped runs a statement that reads messages and, with the first of them or in place of
// them, their room. It returns ErrNotFound where there is none.
func (c *call) readScoped(most int, query string, args []any) (*foundMessages, error) {
	found := &foundMessages{messages: make([]Message, 0, most)}
	var scope sql.RawBytes
	r := newScopedReader(&scope)
	err := c.queryEach(func(rows row) (bool, error) {
		m, err := r.scan(rows)
		if err == nil && m.Number > 0 {
			found.messages = append(found.messages, m)
		}
		if err == nil && scope != nil {
			err = found.readScope(c, scope)
		}
		return true, err
	}, query, args...)
	switch {
	case err != nil:
		return nil, err
	case found.scope == nil:
		return nil, ErrNotFound
	}
	for i := range found.messages {
		found.messages[i].RoomID = found.scope.room.ID
	}
	return found, nil
}

// scopedKey is what the texts of scopedPageSQL and, without numbers, scopedMessageSQL depend on.
type scopedKey struct {
	first, last string
	system      bool
}

// scopedPageSQL has the parameters asked, size, the actor's id and the room's, and those of
// mineArgs, on SQLite these first.
func (c *call) scopedPageSQL(in scopedPage) string {
	d, sees, mentioned, replied := c.dialect, "", "", " AND h.number < s.first"
	if !c.actor.system {
		sees, mentioned = " AND s.member IS NOT NULL AND m.number > s.joined", " AND s.member IS NOT NULL AND x.number > s.joined"
		replied += " AND h.number > s.joined"
	}
	content, _ := c.contentColumns("NULL", replied)
	scope := "SELECT f.*, " + in.first + " AS first, " + in.last + ` AS last FROM (
			SELECT r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a, r.first_number, r.last_number,
				u.user_id AS member, u.permissions, COALESCE(u.joined_number, 0) AS joined,
				` + d.Greatest() + `(COALESCE(u.joined_number, 0), r.first_number - 1) AS before, CAST(? AS bigint) AS asked, CAST(? AS bigint) AS size
			FROM ` + byRoom.from + " LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE " + byRoom.is + " AND r.deleted_at IS NULL) AS f"
	query := "SELECT CASE WHEN m.number IS NULL OR m.number = s.first THEN " +
		scopeTuple(d, "s", "s.member", "s.permissions", "s.joined", "0", "s.before", "s.first", "s.last",
			"FROM chat_mentions x WHERE x.room_id = s.id AND x.number BETWEEN s.first AND s.last"+mentioned) + " END, " +
		scopedMessageColumns + ", " + content + " FROM "
	const those = "m.room_id = s.id AND m.number BETWEEN s.first AND s.last"
	if d == dialect.SQLite { // for which a table of one row takes longer than to read a message
		return query + "(" + scope + ") AS s LEFT JOIN chat_messages m ON " + those + sees
	}
	// PostgreSQL takes a range for a part of the room, for which it would compile the plan: the
	// limit tells it otherwise.
	return "WITH scope AS MATERIALIZED (" + scope + ") " + query + "scope s LEFT JOIN LATERAL (SELECT " + messageColumns + " FROM chat_messages m WHERE " +
		those + sees + " ORDER BY m.number LIMIT " + strconv.Itoa(c.config.Limits.PageMax) + ") AS m ON TRUE"
}

// scopedMessageSQL has the parameters of mineArgs, the actor's id and the message's.
func (c *call) scopedMessageSQL() string {
	sees, replied := "", ""
	if !c.actor.system {
		sees, replied = " AND "+visibleMessage, " AND h.number > u.joined_number"
	}
	content, _ := c.contentColumns("NULL", replied)
	return "SELECT " + scopeTuple(c.dialect, "r", "u.user_id", "u.permissions", "COALESCE(u.joined_number, 0)", "m.number", "0", "m.number", "m.number",
		"FROM chat_mentions x WHERE x.room_id = m.room_id AND x.number = m.number") + ", " + scopedMessageColumns + ", " + content +
		" FROM " + byMessage.from + " LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE " + byMessage.is +
		" AND r.deleted_at IS NULL" + sees
}

// scopeTuple renders a room, a membership, numbers and mentions x for readScope.
func scopeTuple(d dialect.Dialect, room, member, permissions, joined, number, before, first, last, mentions string) string {
	of := func(column string) string { return room + "." + column }
	return d.JSONTuple(of("id"), of("type"), "CASE WHEN "+of("is_public")+" THEN 1 ELSE 0 END", "CAST("+of("owner_id")+" AS text)", of("default_permissions"),
		"CAST("+of("private_a")+" AS text)", of("first_number"), of("last_number"), "CAST("+member+" AS text)", permissions, joined, number,
		before, first, last, d.JSONNested(d.JSONList(mentionTuple(d), mentions)))
}

// scopedMessageColumns are of a message m that an outer join may have left out, whose number is
// 0 then. The kind of most authors is none.
const scopedMessageColumns = `m.id, COALESCE(m.number, 0), m.user_id, CASE WHEN m.author_kind <> 'user' THEN m.author_kind END, COALESCE(m.text, ''),
	m.reply_to_id, m.client_id, m.metadata, m.created_at, m.edited_at, m.deleted_at`

// newScopedReader scans the scope, and then a message with its content.
func newScopedReader(scope *sql.RawBytes) *messageReader {
	r := &messageReader{}
	m := &r.message
	r.dest = append([]any{
		scope, &m.ID, &m.Number, &m.UserID, optionalKind{&m.AuthorKind}, &m.Text, &m.ReplyToID, &m.ClientID, &m.Metadata,
		scanRequiredTime(&m.CreatedAt), scanTime(&m.EditedAt), scanTime(&m.DeletedAt),
	}, r.contentFields()...)
	return r
}

// optionalKind scans the kind of an author, of which NULL is a user.
type optionalKind struct{ dest *AuthorKind }

// Scan reads a kind.
func (k optionalKind) Scan(src any) error {
	switch kind := src.(type) {
	case nil:
		*k.dest = AuthorKindUser
	case string:
		*k.dest = AuthorKind(kind)
	case []byte:
		*k.dest = AuthorKind(kind)
	}
	return nil
}

// readScope reads the room and the membership, and the mentions of the messages.
func (f *foundMessages) readScope(c *call, data []byte) error {
	room, member := &Room{}, &RoomUser{}
	r := jsontuple.New(data)
	r.Open()
	room.ID, room.Type, room.Public, room.OwnerID = readID(&r), RoomType(r.Text()), r.Int() != 0, jsontuple.Optional(&r, readUser)
	room.DefaultPermissions, room.PrivateA = Permissions(r.Int()), jsontuple.Optional(&r, readUser)
	room.FirstNumber, room.LastNumber = r.Int(), r.Int()
	user := jsontuple.Optional(&r, readUser)
	member.Permissions = jsontuple.Optional(&r, readPermissions)
	member.JoinedNumber = r.Int()
	number := r.Int()
	f.before, f.first, f.last = r.Int(), r.Int(), r.Int()
	if !r.Null() {
		for r.Open(); r.More(); {
			f.mentions = append(f.mentions, readMention(&r))
		}
	}
	r.Close()
	if err := r.Err(); err != nil {
		return err
	}
	if user == nil {
		member = nil
	} else {
		member.RoomID, member.UserID = room.ID, *user
		member.resolve(room, c.now)
	}
	f.scope = c.scope(room, member)
	f.scope.number = number
	return nil
}

func readPermissions(r *jsontuple.Reader) Permissions { return Permissions(r.Int()) }
