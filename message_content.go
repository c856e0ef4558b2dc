package chat

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// What a page shows of a message beside its row is read in the statement that reads the row:
// its media, reactions and mentions and the head of the message that it replies to, each as
// JSON and NULL where there are none, and the count of its replies. To look for them one
// message at a time costs the databases a microsecond each where there are none, which is
// most often so; a statement more costs PostgreSQL's client a hundred.

// contentColumns renders the content of the message m as the actor sees it, in the order in
// which content scans it, and its parameters. replied is the condition, with its parameters,
// on which the head of the message h that m replies to is read.
func (c *call) contentColumns(replied string, args ...any) (columns string, all []any) {
	d := c.dialect
	media := mediaTuple(d)
	reactions, all := c.reactionsColumn()
	return `CASE WHEN EXISTS (SELECT 1 FROM chat_message_media x WHERE x.message_id = m.id) THEN ` +
		d.JSONList(media, `FROM chat_message_media x JOIN chat_media f ON f.id = x.media_id WHERE x.message_id = m.id`) + ` END,
		` + reactions + `,
		CASE WHEN EXISTS (SELECT 1 FROM chat_mentions x WHERE x.room_id = m.room_id AND x.number = m.number) THEN ` +
		d.JSONList(d.JSONTuple("x.sequence", "CAST(x.user_id AS text)"), "FROM chat_mentions x WHERE x.room_id = m.room_id AND x.number = m.number") + ` END,
		(SELECT count(*) FROM chat_messages x WHERE x.reply_to_id = m.id),
		CASE WHEN m.reply_to_id IS NOT NULL THEN (SELECT ` + d.JSONTuple("h.id", "h.number", "CAST(h.user_id AS text)", "h.author_kind", "h.text", "CAST(h.metadata AS text)",
		d.JSONTime("h.created_at"), d.JSONTime("h.edited_at"), d.JSONTime("h.deleted_at"), "(SELECT count(*) FROM chat_message_media x WHERE x.message_id = h.id)",
		d.JSONNested("(SELECT "+media+" FROM chat_message_media x JOIN chat_media f ON f.id = x.media_id WHERE x.message_id = h.id AND x.sequence = 0)")) +
		` FROM chat_messages h WHERE h.id = m.reply_to_id` + replied + `) END`, append(all, args...)
}

// content is contentColumns of messages of any rooms that the actor is in.
func (c *call) content() (columns string, args []any) {
	if c.actor.system {
		return c.contentColumns("")
	}
	return c.contentColumns(" AND h.number > (SELECT u.joined_number FROM chat_room_users u WHERE u.room_id = h.room_id AND u.user_id = ?)", c.actor.id)
}

// reactionsColumn renders the reactions to the message m, with who gave them first. The first
// users are read of each reaction by itself, by an index: to number all of a reaction's would
// cost as much as there are.
func (c *call) reactionsColumn() (column string, args []any) {
	return c.reactionsIn("chat_reactions", "m.id")
}

// reactionsIn renders the reactions to a message in a table, or in rows, of reactions.
func (c *call) reactionsIn(table, message string) (column string, args []any) {
	d, mine := c.dialect, "NULL"
	if !c.actor.system {
		mine, args = "MAX(CASE WHEN x.user_id = ? THEN CAST(x.id AS text) END)", []any{c.actor.id}
	}
	given := "FROM " + table + " x WHERE x.message_id = " + message
	users := `CASE WHEN each.given > 1 THEN ` + d.JSONNested(`(SELECT `+d.JSONAggregate()+`(first_users.user_id) FROM (
			SELECT CAST(x.user_id AS text) AS user_id `+given+` AND x.reaction = each.reaction ORDER BY x.created_at, x.id LIMIT `+strconv.Itoa(firstUsers)+`) AS first_users)`) + " END"
	return `CASE WHEN EXISTS (SELECT 1 ` + given + `) THEN ` + d.JSONList(d.JSONTuple("each.reaction", "each.given", "each.mine", d.JSONTime("each.first_at"), "each.only_user", users),
		`FROM (SELECT x.reaction, count(*) AS given, MIN(x.created_at) AS first_at, `+mine+` AS mine, MIN(CAST(x.user_id AS text)) AS only_user
			`+given+` GROUP BY x.reaction) AS each`) + ` END`, args
}

// mediaTuple renders the media item f, with its place x in a message, for mediaJSON.
func mediaTuple(d dialect.Dialect) string {
	return d.JSONTuple("x.sequence", "f.id", "CAST(f.user_id AS text)", "f.key", "f.state", "f.file_name", "f.content_type", "f.size", "f.width", "f.height",
		"f.duration_ms", "f.sha256", "f.thumbnail_key", d.JSONTime("f.created_at"))
}

// jsonTime is a time as either database writes it in JSON.
type jsonTime struct{ dest **time.Time }

func (t jsonTime) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	return utc(t).Scan(*text)
}

// tuple decodes a JSON array into where its values go.
func tuple(data []byte, dest ...any) error { return json.Unmarshal(data, &dest) }

// mediaJSON is a media item as mediaTuple renders it.
type mediaJSON struct {
	Media
	sequence int
}

// UnmarshalJSON reads a media item.
func (m *mediaJSON) UnmarshalJSON(data []byte) error {
	var at *time.Time
	err := tuple(data, &m.sequence, &m.ID, &m.UserID, &m.Key, &m.State, &m.FileName, &m.ContentType, &m.Size, &m.Width, &m.Height, &m.DurationMS, &m.SHA256,
		&m.ThumbnailKey, &jsonTime{&at})
	if err == nil && at != nil {
		m.CreatedAt = *at
	}
	return err
}

// reactionJSON is a reaction as reactionsIn renders it.
type reactionJSON struct {
	ReactionCount
	first *time.Time // when it was given first
}

// UnmarshalJSON reads a reaction.
func (r *reactionJSON) UnmarshalJSON(data []byte) error {
	var only UserID
	err := tuple(data, &r.Reaction, &r.Count, &r.Mine, &jsonTime{&r.first}, &only, &r.Users)
	if r.Users == nil {
		r.Users = []UserID{only}
	}
	return err
}

// reactionCountsOf reads what reactionsIn has rendered.
func reactionCountsOf(data []byte) ([]ReactionCount, error) {
	if data == nil {
		return nil, nil
	}
	var list []reactionJSON
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b reactionJSON) int {
		return cmp.Or(a.first.Compare(*b.first), strings.Compare(a.Reaction, b.Reaction))
	})
	counts := make([]ReactionCount, len(list))
	for i := range list {
		counts[i] = list[i].ReactionCount
	}
	return counts, nil
}

// mentionJSON is a mention as contentColumns renders it.
type mentionJSON struct {
	sequence int
	user     *UserID // nil: everybody
}

// UnmarshalJSON reads a mention.
func (m *mentionJSON) UnmarshalJSON(data []byte) error { return tuple(data, &m.sequence, &m.user) }

// headJSON is the head of a message as contentColumns renders it.
type headJSON MessageHead

// UnmarshalJSON reads the head of a message.
func (h *headJSON) UnmarshalJSON(data []byte) error {
	var at *time.Time
	var metadata *string
	var media *mediaJSON
	err := tuple(data, &h.ID, &h.Number, &h.UserID, &h.AuthorKind, &h.Text, &metadata, &jsonTime{&at}, &jsonTime{&h.EditedAt}, &jsonTime{&h.DeletedAt},
		&h.MediaCount, &media)
	if err != nil {
		return err
	}
	h.CreatedAt = *at
	if media != nil {
		h.Media = &media.Media
	}
	if metadata != nil {
		h.Metadata = Metadata(*metadata)
	}
	return nil
}

// messageReader scans messages with their content, one after the other into the same
// variables.
type messageReader struct {
	message                             Message
	media, reactions, mentions, replied sql.RawBytes
	dest                                []any
}

// newMessageReader scans further columns first.
func newMessageReader(first ...any) *messageReader {
	r := &messageReader{}
	r.dest = slices.Concat(first, r.message.fields(), []any{&r.media, &r.reactions, &r.mentions, &r.message.ReplyCount, &r.replied})
	return r
}

func (r *messageReader) scan(rows row) (Message, error) {
	r.message = Message{}
	if err := rows.Scan(r.dest...); err != nil {
		return Message{}, err
	}
	err := r.decode(&r.message)
	return r.message, err
}

// decode fills in the content of a message that was scanned.
func (r *messageReader) decode(m *Message) (err error) {
	if len(r.media) > 0 {
		var list []mediaJSON
		err = json.Unmarshal(r.media, &list)
		slices.SortFunc(list, func(a, b mediaJSON) int { return a.sequence - b.sequence })
		m.Media = make([]Media, len(list))
		for i := range list {
			m.Media[i] = list[i].Media
		}
	}
	if err == nil && len(r.reactions) > 0 {
		m.Reactions, err = reactionCountsOf(r.reactions)
	}
	if err == nil && len(r.mentions) > 0 {
		var list []mentionJSON
		err = json.Unmarshal(r.mentions, &list)
		slices.SortFunc(list, func(a, b mentionJSON) int { return a.sequence - b.sequence })
		for _, mention := range list {
			if mention.user == nil {
				m.MentionRoom = true
				continue
			}
			m.Mentions = append(m.Mentions, *mention.user)
		}
	}
	if err == nil && len(r.replied) > 0 {
		m.ReplyTo = &MessageHead{}
		err = json.Unmarshal(r.replied, (*headJSON)(m.ReplyTo))
	}
	return err
}

// head is what a reply shows of the message.
func (m *Message) head() *MessageHead {
	h := &MessageHead{
		ID: m.ID, Number: m.Number, UserID: m.UserID, AuthorKind: m.AuthorKind, Text: m.Text, Metadata: m.Metadata,
		MediaCount: len(m.Media), CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
	}
	if len(m.Media) > 0 {
		h.Media = &m.Media[0]
	}
	return h
}

// dropReplies: what replies to a message that the actor does not see is shown as no reply.
func dropReplies(messages []Message) {
	for i := range messages {
		if m := &messages[i]; m.ReplyTo == nil {
			m.ReplyToID = nil
		}
	}
}

// messagesWith reads messages m, which the actor was decided to see, with their content. rest
// is what follows SELECT and the columns.
func (c *call) messagesWith(rest string, args ...any) ([]Message, error) {
	columns, before := c.content()
	messages, err := queryAll(c.conn, newMessageReader().scan, "SELECT "+prefixed("m", messageColumns)+", "+columns+" "+rest, append(before, args...)...)
	dropReplies(messages)
	return messages, err
}

// attachContent fills in the content of messages that were read without it.
func (c *call) attachContent(messages []*Message) error {
	if len(messages) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	found, err := c.messagesWith("FROM chat_messages m WHERE m.id "+c.dialect.InIDs(), dialect.JSONArray(ids))
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*Message, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	for _, m := range messages {
		from := byID[m.ID]
		if from == nil { // removed for good since
			m.ReplyToID = nil
			continue
		}
		m.Media, m.Reactions, m.Mentions, m.MentionRoom = from.Media, from.Reactions, from.Mentions, from.MentionRoom
		m.ReplyCount, m.ReplyTo, m.ReplyToID = from.ReplyCount, from.ReplyTo, from.ReplyToID
	}
	return nil
}

// scopedMessages are messages that are read together with their room and the actor's
// membership of it, in one statement, which makes one trip to the server of it.
type scopedMessages struct {
	by   roomOf
	id   uuid.UUID
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
	before, first, last int64
}

// readMessages reads messages, and decides whether the actor may read them. The condition that
// they see them is in the statement as well.
func (c *call) readMessages(in scopedMessages) (*foundMessages, error) {
	query, args := c.scopedQuery(in)
	found := &foundMessages{messages: []Message{}}
	var scope sql.RawBytes
	r := newMessageReader(&scope)
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
	slices.SortFunc(found.messages, func(a, b Message) int { return int(a.Number - b.Number) })
	return found, found.scope.decide(opRead, target{child: in.by.child})
}

func (c *call) scopedQuery(in scopedMessages) (query string, args []any) {
	d := c.dialect
	number, sees, joined := "0", "", ""
	if in.by.child {
		number = "m.number"
	}
	if !c.actor.system {
		sees, joined = " AND s.member IS NOT NULL AND m.number > s.joined", " AND h.number > s.joined"
	}
	content, contentArgs := c.contentColumns(in.replied + joined)
	scope := "SELECT f.*, " + in.first + " AS first, " + in.last + ` AS last FROM (
			SELECT r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a, r.first_number, r.last_number,
				u.user_id AS member, u.permissions, COALESCE(u.joined_number, 0) AS joined, ` + number + " AS number" + in.room + `
			FROM ` + in.by.from + " LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE " + in.by.is + " AND r.deleted_at IS NULL) AS f"
	scopeArgs := slices.Concat(in.args, []any{c.actor.nullableID(), in.id})
	query = "SELECT CASE WHEN m.number IS NULL OR m.number = s.first THEN " +
		d.JSONTuple("s.id", "s.type", "CASE WHEN s.is_public THEN 1 ELSE 0 END", "CAST(s.owner_id AS text)", "s.default_permissions", "CAST(s.private_a AS text)",
			"s.first_number", "s.last_number", "CAST(s.member AS text)", "s.permissions", "s.joined", "s.number", "s.before", "s.first", "s.last") + " END, " +
		scopedMessageColumns + ", " + content + " FROM "
	if d == dialect.SQLite { // for which a table of one row takes longer than to read a message
		return query + "(" + scope + ") AS s LEFT JOIN chat_messages m ON " + in.those + sees, append(contentArgs, scopeArgs...)
	}
	// PostgreSQL takes a range for a part of the room, for which it would compile the plan: the
	// limit tells it otherwise.
	return "WITH scope AS MATERIALIZED (" + scope + ") " + query + "scope s LEFT JOIN LATERAL (SELECT " + messageColumns + " FROM chat_messages m WHERE " +
		in.those + sees + " ORDER BY m.number LIMIT " + strconv.Itoa(c.config.Limits.PageMax) + ") AS m ON TRUE", append(scopeArgs, contentArgs...)
}

// scopedMessageColumns are messageColumns of a message m that an outer join may have left
// out, whose number is 0 then.
const scopedMessageColumns = `m.id, NULL, COALESCE(m.number, 0), m.user_id, COALESCE(m.author_kind, ''), COALESCE(m.text, ''), m.reply_to_id, m.client_id,
	m.metadata, m.created_at, m.edited_at, m.deleted_at`

// readScope reads the room and the membership.
func (f *foundMessages) readScope(c *call, data []byte) error {
	room, member := &Room{}, &RoomUser{}
	var public int
	var user *UserID
	var number int64
	var permissions *int64
	if err := tuple(data, &room.ID, &room.Type, &public, &room.OwnerID, (*int64)(&room.DefaultPermissions), &room.PrivateA, &room.FirstNumber, &room.LastNumber,
		&user, &permissions, &member.JoinedNumber, &number, &f.before, &f.first, &f.last); err != nil {
		return err
	}
	room.Public = public != 0
	if user == nil {
		member = nil
	} else {
		member.RoomID, member.UserID, member.Permissions = room.ID, *user, (*Permissions)(permissions)
		member.resolve(room, c.now)
	}
	f.scope = c.scope(room, member)
	f.scope.number = number
	return nil
}
