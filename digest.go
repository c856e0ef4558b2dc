package chat

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// DigestQuery selects the users of a digest and what it has of them.
type DigestQuery struct {
	// UnseenFor leaves only users who were last seen, in any of their rooms, this long ago or
	// longer (RoomUser.LastSeenAt: they have read or sent), or who were never seen and have
	// been in a room for as long. Defaults to 0: everybody.
	UnseenFor time.Duration
	// Since is when the last digest of this kind was begun: rooms of which it has told are left
	// out, those in which nothing was sent since then and whose user had not been seen for
	// UnseenFor by then. Defaults to none.
	Since time.Time
	// RoomType leaves only rooms of this type. Defaults to all.
	RoomType RoomType
	// Messages is how many of the unread messages of each room are read, the oldest first, at
	// most Limits.PageMax. Defaults to 3.
	Messages int
}

const digestMessages = 3

// UserUnread is what a user has not read.
type UserUnread struct {
	UserID     UserID       `json:"user_id"`
	LastSeenAt *time.Time   `json:"last_seen_at"` // in any of their rooms; nil: never
	Total      int64        `json:"total"`        // how many messages are unread in Rooms
	Mentions   int64        `json:"mentions"`     // how many of them mention the user
	Rooms      []RoomUnread `json:"rooms"`        // the one with the newest message first
}

// RoomUnread is what a user has not read in one room.
type RoomUnread struct {
	// Room is the room as the user sees it, with Unread, MentionCount, Me and Other. Its
	// LastMessage and OtherMember are nil.
	Room Room `json:"room"`
	// Messages are the first of the unread messages, in ascending order of Number, with all
	// that a page of history shows of them but reactions of the user's own (Mine).
	Messages []Message `json:"messages"`
}

func (in DigestQuery) validate() error {
	if in.UnseenFor < 0 {
		return invalid("unseen_for", CodeOutOfRange, "is negative")
	}
	if in.Messages < 0 {
		return invalid("messages", CodeOutOfRange, "is negative")
	}
	return checkRoomType("room_type", in.RoomType)
}

// Digest goes through the users who have unread messages, in ascending order of their ids, each
// with the rooms, the counts and the first unread messages: for a mail to those who have not
// looked for a day. What is unread is as Unread counts it: archived rooms are there, muted ones
// are not, nor are tombstones and messages of one's own, nor rooms that are marked unread and
// have no such message.
//
// It reads 100 users at a time, in a constant number of statements whatever their rooms and
// messages are, and holds no connection between these reads, so that the loop may send mail.
// It moves no read marker. The first error is yielded beside a zero UserUnread, and is the
// last thing that is; the end of ctx is one.
//
// The host calls it from code of its own, so that there is no actor.
//
// Errors: ErrInvalid, naming the field.
func (s *Service) Digest(ctx context.Context, in DigestQuery) iter.Seq2[UserUnread, error] {
	if err := in.validate(); err != nil {
		return failed[UserUnread](err)
	}
	if in.Messages == 0 {
		in.Messages = digestMessages
	}
	in.Messages = min(in.Messages, s.config.Limits.PageMax)
	return sequence(ctx, s, System, UserID(""), func(c *call, after UserID) ([]UserUnread, UserID, bool, error) {
		d := &unreadDigest{call: c, query: in, byID: map[UserID]*UserUnread{}, told: map[UserID]bool{}}
		last, more, err := d.readUsers(after)
		if err != nil || len(d.users) == 0 {
			return nil, last, more, err
		}
		page, err := d.read()
		return page, last, more, err
	})
}

// unreadDigest is a page of a Digest on its way.
type unreadDigest struct {
	*call
	query DigestQuery
	users []UserUnread
	byID  map[UserID]*UserUnread
	told  map[UserID]bool // they were in the digest of Since, where they had unread messages
}

// readUsers reads the next users of all memberships, each looked for by the index behind the
// one before: a DISTINCT might read all memberships. It keeps those who were last seen long
// enough ago.
func (d *unreadDigest) readUsers(after UserID) (last UserID, more bool, err error) {
	condition, args := "", []any(nil)
	if after != "" {
		condition, args = " WHERE o.user_id > ?", []any{after}
	}
	type seen struct {
		UserUnread
		joined time.Time // when they became a member of their first room
	}
	found, err := queryAll(d.conn, func(rows row) (u seen, err error) {
		err = rows.Scan(&u.UserID, scanTime(&u.LastSeenAt), scanRequiredTime(&u.joined))
		return u, err
	}, "WITH RECURSIVE page (user_id, n) AS (SELECT (SELECT o.user_id FROM chat_room_users o"+condition+` ORDER BY o.user_id LIMIT 1), 1
			UNION ALL SELECT (SELECT o.user_id FROM chat_room_users o WHERE o.user_id > page.user_id ORDER BY o.user_id LIMIT 1), page.n + 1
			FROM page WHERE page.user_id IS NOT NULL AND page.n < ?)
		SELECT u.user_id, MAX(u.last_seen_at), MIN(u.created_at) FROM page CROSS JOIN chat_room_users u WHERE u.user_id = page.user_id
		GROUP BY u.user_id ORDER BY u.user_id`, append(args, allBatch)...)
	if err != nil || len(found) == 0 {
		return after, false, err
	}
	for _, u := range found {
		at := u.joined
		if u.LastSeenAt != nil {
			at = *u.LastSeenAt
		}
		unseen := func(by time.Time) bool { return d.query.UnseenFor == 0 || !at.After(by.Add(-d.query.UnseenFor)) }
		if unseen(d.now) {
			d.users = append(d.users, u.UserUnread)
			d.told[u.UserID] = unseen(d.query.Since)
		}
	}
	return found[len(found)-1].UserID, len(found) == allBatch, nil
}

// read fills in what the users have not read, and returns those who have something.
func (d *unreadDigest) read() ([]UserUnread, error) {
	for i := range d.users {
		d.byID[d.users[i].UserID] = &d.users[i]
	}
	if err := d.readRooms(); err != nil {
		return nil, err
	}
	if err := d.readMessages(); err != nil {
		return nil, err
	}
	page := make([]UserUnread, 0, len(d.users))
	for _, u := range d.users {
		if len(u.Rooms) > 0 {
			page = append(page, u)
		}
	}
	return page, nil
}

// readRooms reads the rooms in which something is unread.
func (d *unreadDigest) readRooms() error {
	wanted := make([]dialect.Object, len(d.users))
	for i, u := range d.users {
		wanted[i] = dialect.Object{"user_id": u.UserID}
	}
	sql := filterSQL{"r.deleted_at IS NULL AND NOT " + mutedSQL + " AND r.last_number > " + unreadFromSQL, []any{dialect.JSONArray(wanted), d.now}}
	if d.query.RoomType != "" {
		sql.and("r.type = ?", d.query.RoomType)
	}
	return d.queryEach(func(rows row) (more bool, err error) {
		var r Room
		var me RoomUser
		if err = rows.Scan(append(append(r.fields(), me.fields()...), &r.Unread, &r.MentionCount)...); err != nil || r.Unread == 0 {
			return true, err
		}
		me.resolve(&r, d.now)
		r.viewAs(&me)
		if d.told[me.UserID] && r.LastMessageAt.Before(d.query.Since) {
			return true, nil
		}
		u := d.byID[me.UserID]
		u.Rooms, u.Total, u.Mentions = append(u.Rooms, RoomUnread{Room: r, Messages: []Message{}}), u.Total+r.Unread, u.Mentions+r.MentionCount
		return true, nil
	}, "SELECT "+prefixed("r", roomColumns)+", "+prefixed("u", roomUserColumns)+", "+unreadSQL+", "+mentionCountSQL+" FROM "+
		d.jsonRows("user_id user")+" JOIN chat_room_users u ON u.user_id = j.user_id JOIN chat_rooms r ON r.id = u.room_id WHERE "+
		sql.condition+" ORDER BY "+roomActivity+" DESC, r.id DESC", sql.args...)
}

// readMessages reads the first unread messages of the rooms: their ids for each user, whose
// membership is in the statement, and then each message once, however many have not read it.
func (d *unreadDigest) readMessages() error {
	wanted, places := []dialect.Object{}, map[memberKey]*RoomUnread{}
	for i := range d.users {
		for j := range d.users[i].Rooms {
			in := &d.users[i].Rooms[j]
			wanted = append(wanted, dialect.Object{"room_id": in.Room.ID, "user_id": d.users[i].UserID, "after": in.Room.Me.unreadFrom(&in.Room)})
			places[memberKey{in.Room.ID, d.users[i].UserID}] = in
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	firsts, err := d.firstUnread(wanted)
	if err != nil {
		return err
	}
	messages, err := d.messagesByID(firsts)
	if err != nil {
		return err
	}
	for at, ids := range firsts {
		in := places[at]
		for _, id := range ids {
			if m, there := messages[id]; there {
				in.Messages = append(in.Messages, m.hidingReplyTo(in.Room.Me.JoinedNumber))
			}
		}
	}
	return nil
}

// firstUnread reads the ids of the first unread messages of members, by their room and user.
func (d *unreadDigest) firstUnread(wanted []dialect.Object) (map[memberKey][]uuid.UUID, error) {
	firsts := make(map[memberKey][]uuid.UUID, len(wanted))
	_, err := queryAll(d.conn, func(rows row) (at memberKey, err error) {
		var list []byte
		var ids []uuid.UUID
		if err = rows.Scan(&at.room, &at.user, &list); err == nil && list != nil {
			err = json.Unmarshal(list, &ids)
		}
		firsts[at] = ids
		return at, err
	}, `SELECT u.room_id, u.user_id, (SELECT `+d.dialect.JSONAggregate()+`(CAST(unread.id AS text)) FROM (
			SELECT m.id FROM chat_messages m WHERE m.room_id = u.room_id AND m.number > j.after AND `+visibleMessage+` AND m.deleted_at IS NULL
			AND (m.user_id IS NULL OR m.user_id <> u.user_id) ORDER BY m.number LIMIT ?) AS unread)
		FROM `+d.jsonRows("room_id uuid", "user_id user", "after bigint")+
		" JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id", d.query.Messages, dialect.JSONArray(wanted))
	return firsts, err
}

// messagesByID reads messages with all that a page shows of them.
func (d *unreadDigest) messagesByID(firsts map[memberKey][]uuid.UUID) (map[uuid.UUID]*Message, error) {
	wanted := map[uuid.UUID]bool{}
	for _, ids := range firsts {
		for _, id := range ids {
			wanted[id] = true
		}
	}
	found, err := d.messagesWith("FROM chat_messages m WHERE m.deleted_at IS NULL AND m.id "+d.dialect.InIDs(), dialect.JSONArray(keys(wanted)))
	if err != nil {
		return nil, err
	}
	messages := make(map[uuid.UUID]*Message, len(found))
	for i := range found {
		messages[found[i].ID] = &found[i]
	}
	return messages, nil
}

// unreadFrom is unreadFromSQL in Go: the messages after it are unread.
func (u *RoomUser) unreadFrom(r *Room) int64 {
	if u.MarkedUnread != nil {
		return *u.MarkedUnread - 1
	}
	return max(u.LastReadNumber, r.FirstNumber-1)
}

// hidingReplyTo returns the message as a member sees it to whom messages up to a number do not
// exist.
func (m *Message) hidingReplyTo(joined int64) Message {
	copied := *m
	if m.ReplyTo != nil && m.ReplyTo.Number <= joined {
		copied.ReplyTo, copied.ReplyToID = nil, nil
	}
	return copied
}
