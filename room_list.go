package chat

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// Room returns a room as the actor sees it: with their membership, what is unread,
// and the last message.
//
// Errors: ErrNotFound.
func (s *Service) Room(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	return read(ctx, s, actor, func(c *call) (*Room, error) {
		p, err := c.readFor(inboxRoom, room, opSeeRoom, target{})
		if err != nil {
			return nil, err
		}
		p.room.viewAs(p.me)
		if p.me == nil && !c.actor.system {
			return p.room, nil
		}
		return p.room, c.attachLastMessages([]*Room{p.room})
	})
}

// RoomsQuery selects a page of the actor's rooms.
type RoomsQuery struct {
	// Type leaves only rooms of this type. Defaults to all.
	Type RoomType
	Page
}

// RoomsPage is a page of rooms.
type RoomsPage struct {
	Items []Room `json:"items"`
	Next  string `json:"next"` // the cursor of the next page, "" after the last
}

// Rooms is the actor's inbox: their rooms, the one with the newest message first,
// each with the last message, what is unread, whether it is muted (Me.Muted), and
// the other user of a private room. The number of queries is constant.
//
// Errors: ErrInvalid for an unknown type, a cursor that no page returned, and for
// System, which is in no room.
func (s *Service) Rooms(ctx context.Context, actor Actor, in RoomsQuery) (*RoomsPage, error) {
	return read(ctx, s, actor, func(c *call) (*RoomsPage, error) {
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		rooms, err := c.inbox(me, in, limit)
		if err != nil {
			return nil, err
		}
		page := &RoomsPage{}
		page.Items, page.Next = trimPage(rooms, limit, func(r Room) string { return cursor(r.activity()) })
		return page, c.attachLastMessages(pointers(page.Items))
	})
}

// activity is the position of a room in the inbox.
func (r Room) activity() momentCursor {
	if r.LastMessageAt != nil {
		return momentCursor{"rooms", *r.LastMessageAt, r.ID}
	}
	return momentCursor{"rooms", r.CreatedAt, r.ID}
}

const roomActivity = "COALESCE(r.last_message_at, r.created_at)"

// inbox cuts the page before it reads what a page shows: that much less is sorted.
func (c *call) inbox(me UserID, in RoomsQuery, limit int) ([]Room, error) {
	const from = " FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id WHERE u.user_id = ? AND r.deleted_at IS NULL"
	const order = " ORDER BY " + roomActivity + " DESC, r.id DESC"
	condition, args := "", []any{me}
	switch in.Type {
	case "":
	case PrivateMessages, Group, Channel:
		condition, args = " AND r.type = ?", append(args, in.Type)
	default:
		return nil, invalid("type", CodeUnknownValue, "is no type of room: %q", in.Type)
	}
	keyset, position, err := c.keysetCondition("rooms", in.Cursor, roomActivity, "r.id")
	if err != nil {
		return nil, err
	}
	return queryAll(c.conn, func(rows row) (Room, error) {
		var r Room
		var u RoomUser
		err := rows.Scan(append(append(r.fields(), u.fields()...), &r.MentionCount)...)
		u.resolve(&r)
		r.viewAs(&u)
		return r, err
	}, "WITH page AS (SELECT r.id"+from+condition+keyset+order+" LIMIT ?) SELECT "+prefixed("r", roomColumns)+", "+
		prefixed("u", roomUserColumns)+", "+mentionCountSQL("r.id", "u.user_id", "u.last_read_number")+" FROM page JOIN chat_rooms r ON r.id = page.id"+
		" JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?"+order, append(append(args, position...), limit+1, me)...)
}

// attachLastMessages fills in the last messages of rooms, with their media.
func (c *conn) attachLastMessages(rooms []*Room) error {
	wanted := make([]dialect.Object, 0, len(rooms))
	byRoom := make(map[uuid.UUID]*Room, len(rooms))
	for _, r := range rooms {
		if r.LastNumber > 0 {
			wanted = append(wanted, dialect.Object{"room_id": r.ID, "number": r.LastNumber})
			byRoom[r.ID] = r
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	last, err := queryAll(c, scanMessage, "SELECT "+prefixed("m", messageColumns)+" FROM "+c.jsonRows("room_id uuid", "number bigint")+
		" JOIN chat_messages m ON m.room_id = j.room_id AND m.number = j.number", dialect.JSONArray(wanted))
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*Message, len(last))
	for i := range last {
		byRoom[last[i].RoomID].LastMessage = &last[i]
		byID[last[i].ID] = &last[i]
	}
	return c.attachMedia(byID)
}

// attachMembership fills in a room that the call has just changed.
func (c *call) attachMembership(r *Room) error {
	if c.actor.system {
		return nil
	}
	me, err := c.roomUser(r, c.actor.id, "")
	r.viewAs(me)
	return err
}

// prefixed puts a table's alias before each of its columns.
func prefixed(alias, columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = alias + "." + strings.TrimSpace(name)
	}
	return strings.Join(names, ", ")
}

// What a query may bring at most.
const (
	queryBytes = 256
	queryWords = 16
)

// RoomSearchQuery selects a page of public rooms.
type RoomSearchQuery struct {
	// Query is text of which the name or the description of a room must hold every
	// word, or piece of a word, in upper or lower case. At most 256 bytes and 16
	// words. "" lists all public rooms.
	Query string
	Page
}

// SearchRooms finds public rooms by name and description, the newest first. Anyone
// may search, and sees of each room what Room shows to those who are not in it, and
// their own membership (Me) where they have one; never the last message.
//
// Errors: ErrInvalid (text that cannot be kept, a cursor that no page returned),
// ErrTooLarge.
func (s *Service) SearchRooms(ctx context.Context, actor Actor, in RoomSearchQuery) (*RoomsPage, error) {
	pieces, err := in.pieces()
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*RoomsPage, error) {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		keyset, position, err := c.keysetCondition("public rooms", in.Cursor, "created_at", "id")
		if err != nil {
			return nil, err
		}
		query, args := c.roomsWith(pieces)
		rooms, err := queryAll(c.conn, scanRoom, "SELECT "+roomColumns+" FROM chat_rooms WHERE is_public AND deleted_at IS NULL"+
			query+keyset+" ORDER BY created_at DESC, id DESC LIMIT ?", append(append(args, position...), limit+1)...)
		if err != nil {
			return nil, err
		}
		page := &RoomsPage{}
		page.Items, page.Next = trimPage(rooms, limit, func(r Room) string { return cursor(momentCursor{"public rooms", r.CreatedAt, r.ID}) })
		return page, c.attachMemberships(pointers(page.Items))
	})
}

func (in RoomSearchQuery) pieces() ([]string, error) {
	if err := checkQuery(in.Query); err != nil {
		return nil, err
	}
	pieces := strings.Fields(in.Query)
	if len(pieces) > queryWords {
		return nil, tooLarge("q", CodeTooMany, queryWords, "words")
	}
	return pieces, nil
}

func checkQuery(query string) error {
	if reason := unstorableTextReason(query); reason != "" {
		return invalid("q", CodeInvalidText, "%s", reason)
	}
	if len(query) > queryBytes {
		return tooLarge("q", CodeTooLong, queryBytes, "bytes")
	}
	return nil
}

// roomsWith renders the condition that name or description hold all pieces.
func (c *conn) roomsWith(pieces []string) (string, []any) {
	like := " " + c.dialect.Like()
	var query strings.Builder
	var args []any
	for _, piece := range pieces {
		query.WriteString(" AND (FALSE")
		for _, spelling := range spellings(piece) {
			query.WriteString(" OR name" + like + " OR description" + like)
			pattern := "%" + escapeLike.Replace(spelling) + "%"
			args = append(args, pattern, pattern)
		}
		query.WriteString(")")
	}
	return query.String(), args
}

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// spellings are the usual cases of a word. SQLite, and PostgreSQL in the C locale,
// know no upper and lower case outside ASCII.
func spellings(word string) []string {
	lower := strings.ToLower(word)
	list := []string{word}
	if strings.IndexFunc(word, func(c rune) bool { return c >= utf8.RuneSelf }) < 0 {
		return list
	}
	first, size := utf8.DecodeRuneInString(lower)
	for _, spelling := range []string{lower, strings.ToUpper(word), string(unicode.ToTitle(first)) + lower[size:]} {
		if spelling != word {
			list = append(list, spelling)
		}
	}
	return list
}

// attachMemberships fills in the actor's memberships of rooms.
func (c *call) attachMemberships(rooms []*Room) error {
	if c.actor.system || len(rooms) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]*Room, len(rooms))
	for _, r := range rooms {
		byID[r.ID] = r
	}
	mine, err := queryAll(c.conn, scanRoomUser, "SELECT "+roomUserColumns+" FROM chat_room_users WHERE user_id = ? AND room_id "+
		c.dialect.InIDs(), c.actor.id, dialect.JSONArray(keys(byID)))
	if err != nil {
		return err
	}
	for i := range mine {
		room := byID[mine[i].RoomID]
		mine[i].resolve(room)
		room.viewAs(&mine[i])
	}
	return nil
}
