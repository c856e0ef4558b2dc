package chat

import (
	"database/sql"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsontuple"
)

// scopedMessages are messages that are read together with their room and the actor's
// membership of it, in one statement, which makes one trip to the server of it.
type scopedMessages struct {
	by   roomOf
	id   uuid.UUID
	size int    // how many messages there are at most
	room string // further columns of the room r and the membership u, which are f to first and last
	args []any  // of these
	// first and last are the numbers of a page, over f.
	first, last string
	those       string // the condition of the messages m, over s, which has the columns of f, first and last
	replied     string // the condition on which the head of the message h that one replies to is read
}

// foundMessages are what readMessages has found, the messages in ascending order of Number.
type foundMessages struct {
	scope               *roomScope
	messages            []Message
	mentions            []placedMention
	before, first, last int64
}

// readMessages reads messages, and decides whether the actor may read them. The condition that
// they see them is in the statement as well.
func (c *call) readMessages(in scopedMessages) (*foundMessages, error) {
	query := c.text(scopedKey{in.by, in.first, in.last, c.actor.system}, func() string { return c.scopedQuery(in) })
	found := &foundMessages{messages: make([]Message, 0, in.size)}
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
	}, query, c.scopedArgs(in)...)
	switch {
	case err != nil:
		return nil, err
	case found.scope == nil:
		return nil, ErrNotFound
	}
	for i := range found.messages {
		found.messages[i].RoomID = found.scope.room.ID
	}
	slices.SortFunc(found.messages, func(a, b Message) int { return int(a.Number - b.Number) })
	attachMentions(found.messages, found.mentions)
	return found, found.scope.decide(opRead, target{child: in.by.child})
}

// scopedKey is what the text of scopedQuery depends on.
type scopedKey struct {
	by          roomOf
	first, last string
	system      bool
}

func (c *call) scopedQuery(in scopedMessages) string {
	d := c.dialect
	number, sees, mentioned, joined := "0", "", "", ""
	if in.by.child {
		number = "m.number"
	}
	if !c.actor.system {
		sees, joined = " AND s.member IS NOT NULL AND m.number > s.joined", " AND h.number > s.joined"
		mentioned = " AND s.member IS NOT NULL AND x.number > s.joined"
	}
	content, _ := c.contentColumns("NULL", in.replied+joined)
	mentions := d.JSONNested(d.JSONList(mentionTuple(d), "FROM chat_mentions x WHERE x.room_id = s.id AND x.number BETWEEN s.first AND s.last"+mentioned))
	scope := "SELECT f.*, " + in.first + " AS first, " + in.last + ` AS last FROM (
			SELECT r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a, r.first_number, r.last_number,
				u.user_id AS member, u.permissions, COALESCE(u.joined_number, 0) AS joined, ` + number + " AS number" + in.room + `
			FROM ` + in.by.from + " LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE " + in.by.is + " AND r.deleted_at IS NULL) AS f"
	query := "SELECT CASE WHEN m.number IS NULL OR m.number = s.first THEN " +
		d.JSONTuple("s.id", "s.type", "CASE WHEN s.is_public THEN 1 ELSE 0 END", "CAST(s.owner_id AS text)", "s.default_permissions", "CAST(s.private_a AS text)",
			"s.first_number", "s.last_number", "CAST(s.member AS text)", "s.permissions", "s.joined", "s.number", "s.before", "s.first", "s.last", mentions) + " END, " +
		scopedMessageColumns + ", " + content + " FROM "
	if d == dialect.SQLite { // for which a table of one row takes longer than to read a message
		return query + "(" + scope + ") AS s LEFT JOIN chat_messages m ON " + in.those + sees
	}
	// PostgreSQL takes a range for a part of the room, for which it would compile the plan: the
	// limit tells it otherwise.
	return "WITH scope AS MATERIALIZED (" + scope + ") " + query + "scope s LEFT JOIN LATERAL (SELECT " + messageColumns + " FROM chat_messages m WHERE " +
		in.those + sees + " ORDER BY m.number LIMIT " + strconv.Itoa(c.config.Limits.PageMax) + ") AS m ON TRUE"
}

// scopedArgs are the parameters of scopedQuery.
func (c *call) scopedArgs(in scopedMessages) []any {
	scope := slices.Concat(in.args, []any{c.actor.nullableID(), in.id})
	content := c.mineArgs()
	if c.dialect == dialect.SQLite {
		return append(content, scope...)
	}
	return append(scope, content...)
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

// readScope reads the room and the membership, and the mentions of the page.
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
