package chat

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// NewRoomUser is a user to be added to a room.
type NewRoomUser struct {
	UserID UserID
	// Permissions of their own. Defaults to nil: the room's default, whatever it
	// will be. A pointer to NoPermissions means none.
	Permissions *Permissions
}

// newUsers checks the users that came in, and drops repeats.
func (c *conn) newUsers(t RoomType, users []NewRoomUser) ([]NewRoomUser, error) {
	if limit := c.config.Limits.UsersPerCall; len(users) > limit {
		return nil, tooLarge("members", CodeTooMany, int64(limit), "users a call")
	}
	checked := make([]NewRoomUser, 0, len(users))
	seen := make(map[UserID]bool, len(users))
	for i, user := range users {
		field := "members[" + strconv.Itoa(i) + "]"
		id, err := c.config.userID(field+".user_id", user.UserID)
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
func (c *conn) checkUsers(field string, ids ...UserID) error {
	table := c.config.schema(c.dialect).QuotedUsersTable()
	if table == "" {
		return nil
	}
	rows := make([]dialect.Object, len(ids))
	for i, id := range ids {
		rows[i] = dialect.Object{"id": id}
	}
	query := "SELECT id FROM " + table + " WHERE id IN (SELECT j.id FROM " + c.jsonRows("id user") + ")"
	known, err := queryAll(c, scanValue[UserID], query+c.dialect.Lock("FOR KEY SHARE"), dialect.JSONArray(rows))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return invalid(field, CodeNoSuchUser, "is not a user: there is no %q", id)
		}
	}
	return nil
}

func without(users []NewRoomUser, id UserID) []NewRoomUser {
	return slices.DeleteFunc(slices.Clone(users), func(u NewRoomUser) bool { return u.UserID == id })
}

// insertUsers adds members in one statement. A newcomer has nothing unread.
func (p *roomScope) insertUsers(users []NewRoomUser) error {
	rows := make([]dialect.Object, len(users))
	for i, user := range users {
		rows[i] = dialect.Object{"user_id": user.UserID}
		if user.Permissions != nil {
			rows[i]["permissions"] = int64(*user.Permissions)
		}
	}
	_, err := p.exec(`INSERT INTO chat_room_users (room_id, user_id, permissions, muted, created_by, last_read_number, created_at)
		SELECT ?, j.user_id, j.permissions, ?, ?, ?, ? FROM `+
		p.jsonRows("user_id user", "permissions bigint"), p.room.ID, false, p.actor.nullableID(), p.room.LastNumber, p.now, dialect.JSONArray(rows))
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
	return write(ctx, s, actor, func(c *call) ([]RoomUser, error) {
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return nil, err
		}
		if err := p.decide(opAddUsers, p.addTarget(users)); err != nil {
			return nil, err
		}
		checked, err := c.newUsers(p.room.Type, users)
		if err != nil {
			return nil, err
		}
		return p.addUsers(checked)
	})
}

// addTarget returns which bits the users' own sets add to or take from the default.
func (p *roomScope) addTarget(users []NewRoomUser) target {
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
func (p *roomScope) addUsers(users []NewRoomUser) ([]RoomUser, error) {
	present, err := p.membersOf(users)
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
	if err := p.checkGroupSize(len(absent)); err != nil {
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
	return p.membersOf(users)
}

func (p *roomScope) membersOf(users []NewRoomUser) ([]RoomUser, error) {
	ids := make([]dialect.Object, len(users))
	for i, user := range users {
		ids[i] = dialect.Object{"user_id": user.UserID}
	}
	members, err := queryAll(p.conn, scanRoomUser, "SELECT "+roomUserColumns+` FROM chat_room_users WHERE room_id = ?
		AND user_id IN (SELECT j.user_id FROM `+p.jsonRows("user_id user")+") ORDER BY user_id", p.room.ID, dialect.JSONArray(ids))
	for i := range members {
		members[i].resolve(p.room)
		members[i].hideOwnState(p.actor)
	}
	return members, err
}

// checkGroupSize refuses what would make a group too large.
func (p *roomScope) checkGroupSize(more int) error {
	if p.room.Type != Group {
		return nil
	}
	limit := p.config.Limits.GroupMembers
	members, err := queryOne(p.conn, scanValue[int], "SELECT count(*) FROM chat_room_users WHERE room_id = ?", p.room.ID)
	if err != nil {
		return err
	}
	if *members+more > limit {
		return tooLarge("members", CodeTooMany, int64(limit), "members of a group")
	}
	return nil
}

// JoinRoom makes the actor a member of a public room, with the room's default
// permissions. Joining again changes nothing.
//
// Errors: ErrNotFound also when the room is not public, ErrTooLarge when the group
// is full, ErrInvalid for System.
func (s *Service) JoinRoom(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		p, err := c.lockFor(byRoom, room, opJoin)
		if err != nil {
			return nil, err
		}
		if p.me == nil {
			if _, err := p.addUsers([]NewRoomUser{{UserID: me}}); err != nil {
				return nil, err
			}
		}
		return p.room, c.attachMembership(p.room)
	})
}

// RemoveUser takes a member out of a group or a channel; they see nothing of it
// from then on, and their messages stay under their name. It needs
// can_remove_users, or is LeaveRoom when the actor removes themselves.
//
// Errors: ErrNotFound also when the user is no member, ErrForbidden, ErrConflict
// for the owner and in a private room.
func (s *Service) RemoveUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return err
		}
		op := opRemoveUser
		if user == c.actor.id {
			op = opLeave
		}
		return p.removeUser(op, user)
	})
}

// LeaveRoom ends the actor's membership of a group or a channel.
//
// Errors: ErrNotFound, ErrConflict for the owner, who transfers the room first,
// and in a private room; ErrInvalid for System.
func (s *Service) LeaveRoom(ctx context.Context, actor Actor, room uuid.UUID) error {
	return s.do(ctx, actor, func(c *call) error {
		me, err := c.actor.user()
		if err != nil {
			return err
		}
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return err
		}
		return p.removeUser(opLeave, me)
	})
}

func (p *roomScope) removeUser(op operation, user UserID) error {
	isOwner := p.room.OwnerID != nil && *p.room.OwnerID == user
	if err := p.decide(op, target{own: user == p.actor.id, owner: isOwner}); err != nil {
		return err
	}
	removed, err := p.exec("DELETE FROM chat_room_users WHERE room_id = ? AND user_id = ?", p.room.ID, user)
	if err != nil {
		return err
	}
	if removed == 0 {
		return ErrNotFound
	}
	p.record(UserRemoved, nil, &user)
	return p.save()
}
