package chat

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// RoomFilter selects rooms: those for which all holds that is set.
type RoomFilter struct {
	// Type leaves only rooms of this type. Defaults to all.
	Type RoomType
	// UserID leaves only rooms of which this user is a member. Defaults to all.
	UserID UserID
	// Since leaves only rooms that were made at this time or later. Defaults to any time.
	Since time.Time
	// Before leaves only rooms that were made before this time. Defaults to any time.
	Before time.Time
}

// AllRooms goes through all rooms in ascending order of their ids, which is the order in which
// they were made, each as Room shows it: all there are for System, and for a user those that
// they are a member of, archived ones included. Deleted rooms are left out.
//
// It reads 100 rooms at a time and holds no connection between these reads, so that the loop
// may use the service and take its time. A room that is made, deleted, joined or left
// meanwhile is there or not as of when its page is read. The first error is yielded beside a
// zero Room, and is the last thing that is; the end of ctx is one.
//
// Errors: ErrInvalid for a filter with an unknown type or an id that is none (fields "type"
// and "user_id").
func (s *Service) AllRooms(ctx context.Context, actor Actor, filter RoomFilter) iter.Seq2[Room, error] {
	err := checkRoomType("type", filter.Type)
	if err == nil && filter.UserID != "" {
		filter.UserID, err = s.config.userID("user_id", filter.UserID)
	}
	if err != nil {
		return failed[Room](err)
	}
	return sequence(ctx, s, actor, uuid.Nil, func(c *call, after uuid.UUID) ([]Room, uuid.UUID, bool, error) {
		rooms, err := c.allRooms(filter, after)
		if err != nil || len(rooms) == 0 {
			return nil, after, false, err
		}
		return rooms, rooms[len(rooms)-1].ID, len(rooms) == allBatch, c.attachHeads(pointers(rooms))
	})
}

func (c *call) allRooms(f RoomFilter, after uuid.UUID) ([]Room, error) {
	join := "LEFT JOIN"
	if !c.actor.system {
		join = "JOIN"
	}
	sql := filterSQL{"r.id > ? AND r.deleted_at IS NULL", []any{c.actor.nullableID(), after}}
	if f.Type != "" {
		sql.and("r.type = ?", f.Type)
	}
	if f.UserID != "" {
		sql.and("EXISTS (SELECT 1 FROM chat_room_users o WHERE o.room_id = r.id AND o.user_id = ?)", f.UserID)
	}
	sql.between("r.created_at", f.Since, f.Before)
	found, err := queryAll(c.conn, c.scanRoomAndMember, "SELECT "+prefixed("r", roomColumns)+", "+prefixed("u", optionalRoomUserColumns)+
		", 0, COALESCE("+unreadSQL+", 0), "+mentionCountSQL+" FROM chat_rooms r "+join+" chat_room_users u ON u.room_id = r.id AND u.user_id = ?"+
		" WHERE "+sql.condition+" ORDER BY r.id LIMIT ?", append(sql.args, allBatch)...)
	rooms := make([]Room, len(found))
	for i := range found {
		found[i].room.viewAs(found[i].member)
		rooms[i] = found[i].room
	}
	return rooms, err
}

// RoomUserFilter selects memberships: those for which all holds that is set.
type RoomUserFilter struct {
	// RoomID leaves only the members of this room. Defaults to all rooms.
	RoomID *uuid.UUID
	// RoomType leaves only rooms of this type. Defaults to all.
	RoomType RoomType
	// UserID leaves only the memberships of this user. Defaults to everybody's.
	UserID UserID
}

// AllRoomUsers goes through all memberships in ascending order of the room's id and the user's,
// each as RoomUser shows it: all there are for System, and for a user those of the rooms that
// they are a member of. Those of deleted rooms are left out.
//
// It reads and fails as AllRooms does. With a RoomID every page is decided as RoomUsers is: who
// is removed from the room meanwhile gets an error rather than an end.
//
// Errors: ErrInvalid for a filter with an unknown type or an id that is none (fields "room_type"
// and "user_id"); and of RoomID ErrNotFound, or ErrForbidden to those who only see a public room.
func (s *Service) AllRoomUsers(ctx context.Context, actor Actor, filter RoomUserFilter) iter.Seq2[RoomUser, error] {
	err := checkRoomType("room_type", filter.RoomType)
	if err == nil && filter.UserID != "" {
		filter.UserID, err = s.config.userID("user_id", filter.UserID)
	}
	if err != nil {
		return failed[RoomUser](err)
	}
	return sequence(ctx, s, actor, roomUserPosition{}, func(c *call, after roomUserPosition) ([]RoomUser, roomUserPosition, bool, error) {
		if filter.RoomID != nil {
			if _, err := c.readFor(byRoom, *filter.RoomID, opRead, target{}); err != nil {
				return nil, after, false, err
			}
		}
		members, err := c.allRoomUsers(filter, after)
		if err != nil || len(members) == 0 {
			return nil, after, false, err
		}
		last := members[len(members)-1]
		return members, roomUserPosition{last.RoomID, last.UserID}, len(members) == allBatch, nil
	})
}

// roomUserPosition is a position among all memberships; without a user before the first.
type roomUserPosition struct {
	room uuid.UUID
	user UserID
}

// allRoomUsers reads memberships u of rooms r, with the actor's own membership a of each.
func (c *call) allRoomUsers(f RoomUserFilter, after roomUserPosition) ([]RoomUser, error) {
	from, order := "chat_room_users u JOIN chat_rooms r ON r.id = u.room_id LEFT JOIN chat_room_users a ON a.room_id = u.room_id AND a.user_id = ?", "u.room_id"
	if !c.actor.system { // from the actor's rooms to who is in them, which SQLite keeps for a CROSS JOIN
		from, order = "chat_room_users a CROSS JOIN chat_room_users u CROSS JOIN chat_rooms r", "a.room_id"
	}
	sql := filterSQL{"r.deleted_at IS NULL", []any{c.actor.nullableID()}}
	if !c.actor.system {
		sql.condition = "a.user_id = ? AND u.room_id = a.room_id AND r.id = a.room_id AND r.deleted_at IS NULL"
	}
	if after.user != "" {
		sql.and(order+" >= ? AND (u.room_id, u.user_id) > (?, ?)", after.room, after.room, after.user)
	}
	if f.RoomID != nil {
		sql.and(order+" = ?", *f.RoomID)
	}
	if f.RoomType != "" {
		sql.and("r.type = ?", f.RoomType)
	}
	if f.UserID != "" {
		sql.and("u.user_id = ?", f.UserID)
	}
	return queryAll(c.conn, c.scanRoomUserOf, "SELECT "+prefixed("u", roomUserColumns)+
		", r.type, r.is_public, r.owner_id, r.default_permissions, r.member_count, r.first_number, r.last_number, "+
		prefixed("a", optionalRoomUserColumns)+" FROM "+from+" WHERE "+sql.condition+
		" ORDER BY "+order+", u.user_id LIMIT ?", append(sql.args, allBatch)...)
}

// scanRoomUserOf scans a membership, what it needs to know of its room, and the actor's own.
func (c *call) scanRoomUserOf(rows row) (RoomUser, error) {
	var u RoomUser
	var r Room
	var mine optionalRoomUser
	err := rows.Scan(append(append(u.fields(), &r.Type, &r.Public, &r.OwnerID, &r.DefaultPermissions, &r.MemberCount, &r.FirstNumber, &r.LastNumber),
		mine.fields()...)...)
	r.ID = u.RoomID
	u.resolve(&r, c.now)
	c.scope(&r, mine.of(&r, c.now)).hideOwnState(&u)
	return u, err
}
