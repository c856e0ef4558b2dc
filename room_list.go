package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// Room returns a room as the actor sees it: with their membership, what is unread,
// and the last message.
//
// Errors: ErrNotFound.
func (s *Service) Room(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	return read(ctx, s, actor, func(c *call) (*Room, error) { return c.seeRoom(byRoom, room) })
}

// seeRoom returns a room with all that the actor sees of it, in one statement.
func (c *call) seeRoom(by roomOf, args ...any) (*Room, error) {
	reader := c.newRoomReader()
	query := c.text(seenRoomKey{by, c.actor.system}, func() string { return reader.seenRoomSQL(by) })
	if c.dialect == dialect.Postgres {
		args = append(slices.Clip(args), c.actor.nullableID())
	} else {
		args = append([]any{c.actor.nullableID()}, args...)
	}
	room, err := queryOne(c.conn, reader.scan, query, args...)
	if err != nil {
		return nil, err
	}
	if room == nil {
		return nil, ErrNotFound
	}
	return room, c.scope(room, room.Me).decide(opSeeRoom, target{})
}

// seenRoomKey is what the text of seenRoomSQL depends on.
type seenRoomKey struct {
	by     roomOf
	system bool
}

// seenRoomSQL has the parameters of by and the actor's id, on SQLite this first.
func (r *roomReader) seenRoomSQL(by roomOf) string {
	before, from, found := "", by.from, " WHERE "+by.is+" AND r.deleted_at IS NULL"
	if r.call.dialect == dialect.Postgres { // which would look for the last message among all of the room's, for a room it knows the id of
		before, from, found = "WITH r AS MATERIALIZED (SELECT r.* FROM "+from+found+") ", "r", ""
	}
	return before + "SELECT " + r.columns(mentionCountSQL) + " FROM " + from +
		" LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?" + r.joins() + found
}

// roomReader reads rooms r with all that the actor, whose membership is u, sees of them, one
// after the other into the same variables.
type roomReader struct {
	call      *call
	room      Room
	me, other optionalRoomUser
	last      optionalHead
	dest      []any
}

func (c *call) newRoomReader() *roomReader {
	r := &roomReader{call: c}
	r.dest = slices.Concat(r.room.fields(), r.me.fields(), []any{&r.room.Unread, &r.room.MentionCount}, r.other.fields(), r.last.fields())
	return r
}

// columns has the expression of MentionCount.
func (*roomReader) columns(mentions string) string {
	return prefixed("r", roomColumns) + ", " + prefixed("u", optionalRoomUserColumns) + ", COALESCE(" + unreadSQL + ", 0), " + mentions + ", " +
		prefixed("o", optionalRoomUserColumns) + ", " + headColumns + ", " + prefixed("f", mediaColumns)
}

// joins renders the other user of a private room, of whom there is none to System, and the
// last message where it is one that the actor sees.
func (r *roomReader) joins() string {
	d, last := r.call.dialect, " AND m.number > u.joined_number"
	if r.call.actor.system {
		last = ""
	}
	return d.LeftJoinRow("chat_room_users", "o", "o.room_id = r.id AND o.user_id = "+otherUserSQL) +
		d.LeftJoinRow("chat_messages", "m", "m.room_id = r.id AND m.number = r.last_number"+last) + headMedia(d)
}

// otherUserSQL is the other user of the private room r than the one whose membership u is.
const otherUserSQL = "CASE WHEN r.private_a = u.user_id THEN r.private_b WHEN u.user_id IS NOT NULL THEN r.private_a END"

func (r *roomReader) scan(rows row) (Room, error) {
	if err := rows.Scan(r.dest...); err != nil {
		return Room{}, err
	}
	room := r.room
	room.viewAs(r.me.of(&room, r.call.now))
	room.LastMessage = r.last.of()
	if room.OtherMember = r.other.of(&room, r.call.now); room.OtherMember != nil {
		r.call.scope(&room, room.Me).hideOwnState(room.OtherMember)
	}
	return room, nil
}

// RoomsQuery selects a page of the actor's rooms.
type RoomsQuery struct {
	// Type leaves only rooms of this type. Defaults to all.
	Type RoomType
	// Hidden leaves only the rooms that the actor has archived (RoomUser.Hidden).
	// Defaults to the others, so that a room is in one of the two lists.
	Hidden bool
	// Muted leaves only the rooms that are muted, or only those that are not. Defaults to
	// all.
	Muted *bool
	// Pinned leaves only the rooms that are pinned, or only those that are not. Defaults
	// to all.
	Pinned *bool
	// Unread leaves only the rooms in which something is unread, or marked as such.
	// Defaults to all.
	Unread bool
	Page
}

// RoomsPage is a page of rooms.
type RoomsPage struct {
	Items []Room `json:"items"`
	Next  string `json:"next"` // the cursor of the next page, "" after the last
}

// Rooms is the actor's inbox: their rooms but those that are archived, pinned ones
// first, and of these and of the others the one with the newest message first. Each
// comes with the last message, what is unread, the actor's membership (Me: whether the
// room is muted, archived, pinned or marked unread), and the other user of a private
// room, in one query.
//
// A room that moves between two pages, because of a message or of what the actor does
// with it, may be missing from the later one or come again there; every other is on
// one page.
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
		page.Items, page.Next = trimPage(rooms, limit, func(r Room) string { return cursor(r.place()) })
		return page, nil
	})
}

// roomCursor is a position in the inbox.
type roomCursor struct {
	Pinned bool `json:"p"`
	momentCursor
}

// place is the position of a room in the inbox.
func (r Room) place() roomCursor {
	at := r.CreatedAt
	if r.LastMessageAt != nil {
		at = *r.LastMessageAt
	}
	return roomCursor{r.Me.Pinned, momentCursor{"rooms", at, r.ID}}
}

const roomActivity = "COALESCE(r.last_message_at, r.created_at)"

// condition renders which rooms of the inbox are asked for, and its arguments.
func (in *RoomsQuery) condition(c *conn) (string, []any, error) {
	condition, args := " AND NOT "+hiddenSQL, []any{c.now}
	if in.Hidden {
		condition = " AND " + hiddenSQL
	}
	add := func(further string, more ...any) { condition, args = condition+further, append(args, more...) }
	if err := checkRoomType("type", in.Type); err != nil {
		return "", nil, err
	}
	if in.Type != "" {
		add(" AND r.type = "+c.dialect.OnePlan("text"), in.Type)
	}
	if in.Muted != nil {
		add(" AND "+mutedSQL+" = "+c.dialect.OnePlan("boolean"), c.now, *in.Muted)
	}
	if in.Pinned != nil {
		add(" AND u.pinned = "+c.dialect.OnePlan("boolean"), *in.Pinned)
	}
	if in.Unread {
		add(" AND (" + markedSQL + " OR " + unmarkedUnreadSQL + " > 0)")
	}
	if in.Cursor != "" {
		var at roomCursor
		if err := parseCursor(in.Cursor, &at); err != nil {
			return "", nil, err
		}
		if err := at.check("rooms"); err != nil {
			return "", nil, err
		}
		add(" AND (u.pinned, "+roomActivity+", r.id) < ("+c.dialect.OnePlan("boolean")+", "+c.dialect.OnePlan("timestamptz")+", "+c.dialect.OnePlan("uuid")+")",
			at.Pinned, at.At, at.ID)
	}
	return condition, args, nil
}

// inbox cuts the page before it reads what a page shows: that much less is sorted.
func (c *call) inbox(me UserID, in RoomsQuery, limit int) ([]Room, error) {
	pinnedFirst := "u.pinned"
	if c.dialect == dialect.Postgres { // of booleans, which are mostly equal, it would have to compare the next column each time
		pinnedFirst = "CASE WHEN u.pinned THEN 'infinity' ELSE " + roomActivity + " END"
	}
	order := " ORDER BY " + pinnedFirst + " DESC, " + roomActivity + " DESC, r.id DESC"
	condition, args, err := in.condition(c.conn)
	if err != nil {
		return nil, err
	}
	args = append(append([]any{me}, args...), limit+1, me)
	reader := c.newRoomReader()
	return queryAll(c.conn, reader.scan, "WITH found AS (SELECT r.id FROM chat_room_users u "+c.dialect.JoinRow("chat_rooms", "r", "u.room_id")+
		" WHERE u.user_id = "+c.onePlanUser()+" AND r.deleted_at IS NULL"+condition+order+" LIMIT "+c.dialect.OnePlan("bigint")+
		"), page AS (SELECT id FROM found LIMIT "+strconv.Itoa(c.config.Limits.PageMax+1)+") SELECT "+reader.columns(mentionCountSQL)+
		" FROM page "+c.dialect.JoinRow("chat_rooms", "r", "page.id")+
		c.dialect.LeftJoinRow("chat_room_users", "u", "u.room_id = r.id AND u.user_id = ?")+reader.joins()+order, args...)
}

// attachHeads fills in, of rooms that the actor is in, the heads of the last messages and
// the memberships of the other users of private rooms, with one query.
func (c *call) attachHeads(rooms []*Room) error {
	return c.attachSeen(slices.DeleteFunc(rooms, func(r *Room) bool { // where there is nothing of the sort
		return r.Me == nil && !c.actor.system || r.LastNumber == 0 && r.Other == nil
	}), false)
}

// attachViews fills in how the actor sees rooms: their own memberships, with what is unread,
// and what attachHeads does, with one query.
func (c *call) attachViews(rooms []*Room) error {
	if c.actor.system {
		return c.attachHeads(rooms)
	}
	return c.attachSeen(rooms, true)
}

// attachSeen reads what is seen of rooms, and with mine the actor's membership of each. The
// last message is read where it is one that the actor sees.
func (c *call) attachSeen(rooms []*Room, mine bool) error {
	if len(rooms) == 0 {
		return nil
	}
	wanted, byID := make([]dialect.Object, len(rooms)), make(map[uuid.UUID]*Room, len(rooms))
	for i, r := range rooms {
		joined := int64(0)
		if r.Me != nil {
			joined = r.Me.JoinedNumber
		}
		other := r.otherThan(c.actor.id)
		if c.actor.system { // neither is the other to it
			other = nil
		}
		wanted[i] = dialect.Object{"room_id": r.ID, "number": r.LastNumber, "joined": joined, "other": other}
		byID[r.ID] = r
	}
	columns, join, joined, args := "", "", "j.joined", []any{dialect.JSONArray(wanted)}
	if mine {
		columns, joined = prefixed("u", optionalRoomUserColumns)+", COALESCE("+unreadSQL+", 0), ", "u.joined_number"
		join = " JOIN chat_rooms r ON r.id = j.room_id LEFT JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = ?"
		args = append(args, c.actor.id)
	}
	_, err := queryAll(c.conn, func(rows row) (uuid.UUID, error) { return c.scanSeen(rows, byID, mine) },
		"SELECT j.room_id, "+columns+prefixed("o", optionalRoomUserColumns)+", "+headColumns+", "+prefixed("f", mediaColumns)+
			" FROM "+c.jsonRows("room_id uuid", "number bigint", "joined bigint", "other user")+join+
			" LEFT JOIN chat_room_users o ON o.room_id = j.room_id AND o.user_id = j.other"+
			" LEFT JOIN chat_messages m ON m.room_id = j.room_id AND m.number = j.number AND m.number > "+joined+headMedia(c.dialect), args...)
	return err
}

func (c *call) scanSeen(rows row, byID map[uuid.UUID]*Room, mine bool) (id uuid.UUID, err error) {
	var me, other optionalRoomUser
	var last optionalHead
	var unread int64
	fields := slices.Concat([]any{&id}, other.fields(), last.fields())
	if mine {
		fields = slices.Insert(fields, 1, append(me.fields(), &unread)...)
	}
	if err = rows.Scan(fields...); err != nil {
		return id, err
	}
	r := byID[id]
	if mine {
		r.Unread = unread
		r.viewAs(me.of(r, c.now))
	}
	if r.Me != nil || c.actor.system {
		r.LastMessage = last.of()
	}
	if r.Other == nil {
		return id, nil
	}
	if r.OtherMember = other.of(r, c.now); r.OtherMember != nil {
		c.scope(r, r.Me).hideOwnState(r.OtherMember)
	}
	return id, nil
}

// prefixes are what prefixed has rendered.
var prefixes sync.Map

// prefixed puts a table's alias before each of its columns.
func prefixed(alias, columns string) string {
	key := [2]string{alias, columns}
	if known, ok := prefixes.Load(key); ok {
		return known.(string)
	}
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = alias + "." + strings.TrimSpace(name)
	}
	text := strings.Join(names, ", ")
	prefixes.Store(key, text)
	return text
}
