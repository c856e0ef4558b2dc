package chat

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// NewRoomUser is a user to be added to a room.
type NewRoomUser struct {
	UserID UserID
	// Permissions of their own. Defaults to nil: the room's default, whatever it
	// will be. A pointer to NoPermissions means none.
	Permissions *Permissions
}

// newUsers checks the users that came in, and drops repeats.
func (c *call) newUsers(t RoomType, users []NewRoomUser) ([]NewRoomUser, error) {
	if limit := c.config.Limits.UsersPerCall; len(users) > limit {
		return nil, tooLarge("members", int64(limit), "users a call")
	}
	checked := make([]NewRoomUser, 0, len(users))
	seen := make(map[UserID]bool, len(users))
	for i, user := range users {
		field := "members[" + strconv.Itoa(i) + "]"
		id, err := c.userID(field+".user_id", user.UserID)
		if err != nil {
			return nil, err
		}
		if err := checkPermissions(field+".permissions", t, user.Permissions); err != nil {
			return nil, err
		}
		if !seen[id] {
			seen[id] = true
			checked = append(checked, NewRoomUser{id, user.Permissions})
		}
	}
	return checked, nil
}

func userIDs(users []NewRoomUser) []UserID {
	ids := make([]UserID, len(users))
	for i, user := range users {
		ids[i] = user.UserID
	}
	return ids
}

// checkUsers refuses ids that are not in the host's table, where the chat knows it:
// the foreign key would refuse them too, and end a host's transaction. The lock is
// the one that the foreign key takes.
func (c *call) checkUsers(field string, ids ...UserID) error {
	table := c.config.schema(c.dialect).QuotedUsersTable()
	if table == "" {
		return nil
	}
	rows := make([]object, len(ids))
	for i, id := range ids {
		rows[i] = object{"id": id}
	}
	query := "SELECT id FROM " + table + " WHERE id IN (SELECT j.id FROM " + c.records("id user") + ")"
	if c.dialect == postgres {
		query += " FOR KEY SHARE"
	}
	known, err := all(c, scanValue[UserID], query, jsonArray(rows))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return invalid(field, "is not a user: there is no %q", id)
		}
	}
	return nil
}

func without(users []NewRoomUser, id UserID) []NewRoomUser {
	return slices.DeleteFunc(slices.Clone(users), func(u NewRoomUser) bool { return u.UserID == id })
}

// insertUsers adds members in one statement. A newcomer has nothing unread.
func (p *place) insertUsers(users []NewRoomUser) error {
	rows := make([]object, len(users))
	for i, user := range users {
		rows[i] = object{"user_id": user.UserID}
		if user.Permissions != nil {
			rows[i]["permissions"] = int64(*user.Permissions)
		}
	}
	_, err := p.exec(`INSERT INTO chat_room_users (room_id, user_id, permissions, muted, created_by, last_read_number, created_at)
		SELECT ?, j.user_id, j.permissions, ?, ?, ?, ? FROM `+
		p.records("user_id user", "permissions bigint"), p.room.ID, false, p.actor.nullableID(), p.room.LastNumber, p.now, jsonArray(rows))
	return err
}

// AddUsers adds people to a group or a channel, at most Limits.UsersPerCall, one
// event each; who is a member already is skipped and keeps what they have. It
// needs can_add_users, and for permissions other than the room's default also
// can_edit_room and every permission by which they differ from it. It returns the
// memberships of all the users named, by user id.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict in a private room, ErrInvalid, also
// for ids that are not in Config.UsersTable, ErrTooLarge when the call or the group
// would be too large.
func (s *Service) AddUsers(ctx context.Context, actor Actor, room uuid.UUID, users ...NewRoomUser) ([]RoomUser, error) {
	for i, user := range users {
		if err := checkBits("members["+strconv.Itoa(i)+"].permissions", user.Permissions); err != nil {
			return nil, err
		}
	}
	var members []RoomUser
	err := s.write(ctx, actor, func(c *call) error {
		p, err := c.lock(byRoom, room)
		if err != nil {
			return err
		}
		if err := p.decide(opAddUsers, p.grants(users)); err != nil {
			return err
		}
		checked, err := c.newUsers(p.room.Type, users)
		if err != nil {
			return err
		}
		members, err = p.addUsers(checked)
		return err
	})
	return members, err
}

// grants says which bits the users' own sets add to or take from the default.
func (p *place) grants(users []NewRoomUser) target {
	var on target
	for _, user := range users {
		if user.Permissions != nil {
			on.set = true
			on.changed |= *user.Permissions ^ p.room.DefaultPermissions
		}
	}
	return on
}

// addUsers adds those who are not members yet.
func (p *place) addUsers(users []NewRoomUser) ([]RoomUser, error) {
	present, err := p.membersAmong(users)
	if err != nil {
		return nil, err
	}
	absent := users
	for _, member := range present {
		absent = without(absent, member.UserID)
	}
	if len(absent) == 0 {
		return present, nil
	}
	if err := p.roomFor(len(absent)); err != nil {
		return nil, err
	}
	if err := p.checkUsers("members", userIDs(absent)...); err != nil {
		return nil, err
	}
	if err := p.insertUsers(absent); err != nil {
		return nil, err
	}
	for _, user := range absent {
		p.record(UserAdded, nil, &user.UserID)
	}
	if err := p.save(); err != nil {
		return nil, err
	}
	return p.membersAmong(users)
}

func (p *place) membersAmong(users []NewRoomUser) ([]RoomUser, error) {
	ids := make([]object, len(users))
	for i, user := range users {
		ids[i] = object{"user_id": user.UserID}
	}
	members, err := all(p.call, scanRoomUser, "SELECT "+roomUserColumns+` FROM chat_room_users WHERE room_id = ?
		AND user_id IN (SELECT j.user_id FROM `+p.records("user_id user")+") ORDER BY user_id", p.room.ID, jsonArray(ids))
	for i := range members {
		members[i].in(p.room)
		members[i].hideFrom(p.actor)
	}
	return members, err
}

// roomFor refuses what would make a group too large.
func (p *place) roomFor(more int) error {
	if p.room.Type != Group {
		return nil
	}
	limit := p.config.Limits.GroupMembers
	members, err := one(p.call, scanValue[int], "SELECT count(*) FROM chat_room_users WHERE room_id = ?", p.room.ID)
	if err != nil {
		return err
	}
	if *members+more > limit {
		return tooLarge("members", int64(limit), "members of a group")
	}
	return nil
}

// JoinRoom makes the actor a member of a public room, with the room's default
// permissions. Joining again changes nothing.
//
// Errors: ErrNotFound also when the room is not public, ErrTooLarge when the group
// is full, ErrInvalid for System.
func (s *Service) JoinRoom(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	var joined *Room
	err := s.write(ctx, actor, func(c *call) error {
		me, err := c.actor.user()
		if err != nil {
			return err
		}
		p, err := c.enter(byRoom, room, opJoin)
		if err != nil {
			return err
		}
		joined = p.room
		if p.me == nil {
			if _, err := p.addUsers([]NewRoomUser{{UserID: me}}); err != nil {
				return err
			}
		}
		return c.showRoom(joined)
	})
	return result(joined, err)
}
