package chat

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

// Room returns a room as the actor sees it: with their membership, what is unread,
// and the last message.
//
// Errors: ErrNotFound.
func (s *Service) Room(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	var found *Room
	err := s.read(ctx, actor, func(c *call) error {
		p, err := c.visit(byRoom, room, opSeeRoom, target{})
		if err != nil {
			return err
		}
		found = p.room
		found.seenBy(p.me)
		if p.me == nil && !c.actor.system {
			return nil
		}
		return c.showLast([]*Room{found})
	})
	return result(found, err)
}

// RoomsQuery asks for a page of the actor's rooms.
type RoomsQuery struct {
	// Type leaves only rooms of this type. Defaults to all.
	Type RoomType
	Page
}

// RoomsPage is a page of rooms.
type RoomsPage struct {
	Items []Room
	Next  string // the cursor of the next page, "" after the last
}

// Rooms is the actor's inbox: their rooms, the one with the newest message first,
// each with the last message, what is unread, whether it is muted (Me.Muted), and
// the other user of a private room. The number of queries is constant.
//
// Errors: ErrInvalid for an unknown type, a cursor that no page returned, and for
// System, which is in no room.
func (s *Service) Rooms(ctx context.Context, actor Actor, in RoomsQuery) (*RoomsPage, error) {
	var page RoomsPage
	err := s.read(ctx, actor, func(c *call) error {
		me, err := c.actor.user()
		if err != nil {
			return err
		}
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return err
		}
		rooms, err := c.inbox(me, in, limit)
		if err != nil {
			return err
		}
		page.Items, page.Next = cut(rooms, limit, func(r Room) string { return cursor(r.activity()) })
		return c.showLast(pointers(page.Items))
	})
	return result(&page, err)
}

// activity is where a room stands in the inbox.
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
		return nil, invalid("type", "is no type of room: %q", in.Type)
	}
	behind, position, err := c.behind("rooms", in.Cursor, roomActivity, "r.id")
	if err != nil {
		return nil, err
	}
	return all(c, func(rows row) (Room, error) {
		var r Room
		var u RoomUser
		err := rows.Scan(append(r.fields(), u.fields()...)...)
		u.in(&r)
		r.seenBy(&u)
		return r, err
	}, "WITH page AS (SELECT r.id"+from+condition+behind+order+" LIMIT ?) SELECT "+prefixed("r", roomColumns)+", "+
		prefixed("u", roomUserColumns)+" FROM page JOIN chat_rooms r ON r.id = page.id"+
		" JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?"+order, append(append(args, position...), limit+1, me)...)
}

// showLast fills in the last messages of rooms, with their media.
func (c *call) showLast(rooms []*Room) error {
	wanted := make([]object, 0, len(rooms))
	byRoom := make(map[uuid.UUID]*Room, len(rooms))
	for _, r := range rooms {
		if r.LastNumber > 0 {
			wanted = append(wanted, object{"room_id": r.ID, "number": r.LastNumber})
			byRoom[r.ID] = r
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	last, err := all(c, scanMessage, "SELECT "+prefixed("m", messageColumns)+" FROM "+c.records("room_id uuid", "number bigint")+
		" JOIN chat_messages m ON m.room_id = j.room_id AND m.number = j.number", jsonArray(wanted))
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*Message, len(last))
	for i := range last {
		byRoom[last[i].RoomID].LastMessage = &last[i]
		byID[last[i].ID] = &last[i]
	}
	return c.showMedia(byID)
}

// showRoom fills in a room that the call has just changed.
func (c *call) showRoom(r *Room) error {
	if c.actor.system {
		return nil
	}
	me, err := c.roomUser(r, c.actor.id)
	r.seenBy(me)
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
