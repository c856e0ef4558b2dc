package chat

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// What a page shows of a message beside its row is read in the statement that reads the row:
// its media, reactions and mentions and the head of the message that it replies to, each as
// JSON and NULL where there are none, and the count of its replies. To look for them one
// message at a time costs the databases a microsecond each where there are none, which is
// most often so; a statement more costs PostgreSQL's client a hundred.

// contentColumns renders the content of the message m as the actor sees it, in the order in
// which messageReader scans it, and its parameters. mentions renders the mentions, and replied
// is the condition, with its parameters, on which the head of the message h that m replies to is
// read.
func (c *call) contentColumns(mentions, replied string, args ...any) (columns string, all []any) {
	d := c.dialect
	media := mediaTuple(d)
	reactions, all := c.reactionsColumn()
	return `CASE WHEN EXISTS (SELECT 1 FROM chat_message_media x WHERE x.message_id = m.id) THEN ` +
		d.JSONList(media, `FROM chat_message_media x JOIN chat_media f ON f.id = x.media_id WHERE x.message_id = m.id`) + ` END,
		` + reactions + `,
		` + mentions + `,
		(SELECT count(*) FROM chat_messages x WHERE x.reply_to_id = m.id),
		CASE WHEN m.reply_to_id IS NOT NULL THEN (SELECT ` + d.JSONTuple("h.id", "h.number", "CAST(h.user_id AS text)", "h.author_kind", "h.text", "CAST(h.metadata AS text)",
		d.JSONTime("h.created_at"), d.JSONTime("h.edited_at"), d.JSONTime("h.deleted_at"), "(SELECT count(*) FROM chat_message_media x WHERE x.message_id = h.id)",
		d.JSONNested("(SELECT "+media+" FROM chat_message_media x JOIN chat_media f ON f.id = x.media_id WHERE x.message_id = h.id AND x.sequence = 0)")) +
		` FROM chat_messages h WHERE h.id = m.reply_to_id` + replied + `) END`, append(all, args...)
}

// content is contentColumns of messages of any rooms that the actor is in.
func (c *call) content() (columns string, args []any) {
	const those = " FROM chat_mentions x WHERE x.room_id = m.room_id AND x.number = m.number"
	mentions := "CASE WHEN EXISTS (SELECT 1" + those + ") THEN " + c.dialect.JSONList(mentionTuple(c.dialect), those) + " END"
	if c.actor.system {
		return c.contentColumns(mentions, "")
	}
	return c.contentColumns(mentions, " AND h.number > (SELECT u.joined_number FROM chat_room_users u WHERE u.room_id = h.room_id AND u.user_id = ?)", c.actor.id)
}

// mentionTuple renders the mention x for readMention.
func mentionTuple(d dialect.Dialect) string {
	return d.JSONTuple("x.number", "x.sequence", "CAST(x.user_id AS text)")
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
		mine = "MAX(CASE WHEN x.user_id = ? THEN CAST(x.id AS text) END)"
	}
	given := "FROM " + table + " x WHERE x.message_id = " + message
	users := `CASE WHEN each.given > 1 THEN ` + d.JSONNested(`(SELECT `+d.JSONAggregate()+`(first_users.user_id) FROM (
			SELECT CAST(x.user_id AS text) AS user_id `+given+` AND x.reaction = each.reaction ORDER BY x.created_at, x.id LIMIT `+strconv.Itoa(firstUsers)+`) AS first_users)`) + " END"
	return `CASE WHEN EXISTS (SELECT 1 ` + given + `) THEN ` + d.JSONList(d.JSONTuple("each.reaction", "each.given", "each.mine", d.JSONTime("each.first_at"), "each.only_user", users),
		`FROM (SELECT x.reaction, count(*) AS given, MIN(x.created_at) AS first_at, `+mine+` AS mine, MIN(CAST(x.user_id AS text)) AS only_user
			`+given+` GROUP BY x.reaction) AS each`) + ` END`, c.mineArgs()
}

// mineArgs are the parameters of reactionsIn.
func (c *call) mineArgs() []any {
	if c.actor.system {
		return nil
	}
	return []any{c.actor.id}
}

// mediaTuple renders the media item f, with its place x in a message, for readMedia.
func mediaTuple(d dialect.Dialect) string {
	return d.JSONTuple("x.sequence", "f.id", "CAST(f.user_id AS text)", "f.key", "f.state", "f.file_name", "f.content_type", "f.size", "f.width", "f.height",
		"f.duration_ms", "f.sha256", "f.thumbnail_key", d.JSONTime("f.created_at"))
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
