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
func (c *Config) newUsers(t RoomType, users []NewRoomUser) ([]NewRoomUser, error) {
	if limit := c.Limits.UsersPerCall; len(users) > limit {
		return nil, tooLarge("members", CodeTooMany, int64(limit), "users a call")
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
func (c *conn) checkUsers(field string, ids ...UserID) error {
	unknown, err := c.unknownUsers(ids...)
	if err == nil && len(unknown) > 0 {
		err = noSuchUser(field)
	}
	return err
}

// unknownUsers returns those that are not in the host's table, where the chat knows it. The
// others' rows are locked as a foreign key would.
func (c *conn) unknownUsers(ids ...UserID) ([]UserID, error) {
	table := c.config.schema(c.dialect).QuotedUsersTable()
	if table == "" {
		return nil, nil
	}
	rows := make([]dialect.Object, len(ids))
	for i, id := range ids {
		rows[i] = dialect.Object{"id": id}
	}
	query := "SELECT id FROM " + table + " WHERE id IN (SELECT j.id FROM " + c.jsonRows("id user") + ")"
	known, err := queryAll(c, scanValue[UserID], query+c.dialect.Lock("FOR KEY SHARE"), dialect.JSONArray(rows))
	if err != nil {
		return nil, err
	}
	found := make(map[UserID]bool, len(known))
	for _, id := range known {
		found[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id UserID) bool { return found[id] }), nil
}

// noSuchUser does not say which one it is: a list would tell who has an account.
func noSuchUser(field string) error {
	return invalid(field, CodeNoSuchUser, "names somebody who is not a user")
}

func without(users []NewRoomUser, id UserID) []NewRoomUser {
	return slices.DeleteFunc(slices.Clone(users), func(u NewRoomUser) bool { return u.UserID == id })
}

// insertUsers adds members in one statement, whom the caller counts. A newcomer has nothing
// unread, and sees of the history what the room shows.
func (p *roomScope) insertUsers(users []NewRoomUser) error {
	rows := make([]dialect.Object, len(users))
	for i, user := range users {
		rows[i] = dialect.Object{"user_id": user.UserID}
		if user.Permissions != nil {
			rows[i]["permissions"] = int64(*user.Permissions)
		}
	}
	joined := int64(0)
	if p.room.HistoryVisibility == HistoryJoined {
		joined = p.room.LastNumber
	}
	_, err := p.exec(`INSERT INTO chat_room_users (room_id, user_id, permissions, muted, pinned, created_by, last_read_number, joined_number, created_at)
		SELECT ?, j.user_id, j.permissions, ?, ?, ?, ?, ?, ? FROM `+p.jsonRows("user_id user", "permissions bigint"),
		p.room.ID, false, false, p.actor.nullableID(), p.room.LastNumber, joined, p.now, dialect.JSONArray(rows))
	return err
}

// AddUsers adds people to a group or a channel, at most Limits.UsersPerCall, one
// event each; who is a member already is skipped and keeps what they have. It
// needs can_add_users and every permission of the room's default, and to give
// somebody permissions of their own also can_edit_room and each of those. It returns
// the memberships of all the users named, by user id.
//
// Who lacked some of the default when they last left the room comes back without
// it, unless they are given permissions of their own, or System adds them. What new members
// see of the history is as Room.HistoryVisibility says, also of those who come back.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict in a private room and for users who
// are banned, naming the first of them by its index, as in "members[0]", ErrInvalid,
// also for ids that are not in Config.UsersTable, ErrTooLarge when the call or the
// group would be too large.
func (s *Service) AddUsers(ctx context.Context, actor Actor, room uuid.UUID, users ...NewRoomUser) ([]RoomUser, error) {
	for i, user := range users {
		if err := checkBits("members["+strconv.Itoa(i)+"].permissions", user.Permissions); err != nil {
			return nil, err
		}
	}
	if err := s.before(ctx, actor, func(principal) (Operation, error) { return s.addOperation(room, users), nil }); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) ([]RoomUser, error) {
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return nil, err
		}
		if err := p.decide(opAddUsers, p.addTarget(users)); err != nil {
			return nil, err
		}
		checked, err := c.config.newUsers(p.room.Type, users)
		if err != nil {
			return nil, err
		}
		known, err := p.userStates(userIDs(checked))
		if err != nil {
			return nil, err
		}
		if err := p.refuseBanned(users, known); err != nil {
			return nil, err
		}
		if err := p.addUsers(checked, known); err != nil {
			return nil, err
		}
		return p.membersOf(checked, known)
	})
}

// addTarget returns which bits are given to users: the default to all of them, since
// they may be left to it later, and their own sets.
func (p *roomScope) addTarget(users []NewRoomUser) target {
	on := target{changed: p.room.DefaultPermissions}
	for _, user := range users {
		if user.Permissions != nil {
			on.set = true
			on.changed |= *user.Permissions
		}
	}
	return on
}

// addUsers adds those who are not members yet.
func (p *roomScope) addUsers(users []NewRoomUser, known []*userState) error {
	absent := users
	for _, user := range known {
		if user.member != nil {
			absent = without(absent, user.id)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	if err := p.checkGroupSize(len(absent)); err != nil {
		return err
	}
	if err := p.checkNewUsers("members", userIDs(absent)...); err != nil {
		return err
	}
	absent, err := p.restrictNewUsers(absent, known)
	if err != nil {
		return err
	}
	if err := p.insertUsers(absent); err != nil {
		return err
	}
	p.room.MemberCount += int64(len(absent))
	for _, user := range absent {
		p.record(UserAdded, nil, &user.UserID)
	}
	return p.save()
}

// membersOf returns the memberships of users, which need not be read again when all of
// them were members already.
func (p *roomScope) membersOf(users []NewRoomUser, known []*userState) ([]RoomUser, error) {
	members := make([]RoomUser, 0, len(known))
	for _, user := range known {
		if user.member != nil {
			members = append(members, *user.member)
		}
	}
	if len(members) < len(known) {
		var err error
		if members, err = p.readMembers(users); err != nil {
			return nil, err
		}
	}
	for i := range members {
		p.hideOwnState(&members[i])
	}
	return members, nil
}

func (p *roomScope) readMembers(users []NewRoomUser) ([]RoomUser, error) {
	members, err := queryAll(p.conn, scanRoomUser, "SELECT "+roomUserColumns+` FROM chat_room_users WHERE room_id = ?
		AND user_id IN (SELECT j.user_id FROM `+p.jsonRows("user_id user")+") ORDER BY user_id", p.room.ID, userRows(userIDs(users)))
	for i := range members {
		members[i].resolve(p.room, p.now)
	}
	return members, err
}

// checkGroupSize refuses what would make a group too large.
func (p *roomScope) checkGroupSize(more int) error {
	if p.room.Type != Group {
		return nil
	}
	if limit := int64(p.config.Limits.GroupMembers); p.room.MemberCount+int64(more) > limit {
		return tooLarge("members", CodeTooMany, limit, "members of a group")
	}
	return nil
}

// JoinRoom makes the actor a member of a public room, with the room's default
// permissions, less what they lacked of them when they last left it. What they see of the
// history is as for AddUsers. Joining again changes nothing.
//
// Errors: ErrNotFound also when the room is not public, ErrForbidden for who is
// banned, ErrTooLarge when the group is full, ErrInvalid for System.
func (s *Service) JoinRoom(ctx context.Context, actor Actor, room uuid.UUID) (*Room, error) {
	if err := s.before(ctx, actor, func(p principal) (Operation, error) {
		_, err := p.user()
		return &JoinOperation{operationOn(byRoom, room), room}, err
	}); err != nil {
		return nil, err
	}
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
			if err := p.join(me); err != nil {
				return nil, err
			}
		}
		return p.room, c.attachViews([]*Room{p.room})
	})
}

// join decides again, knowing whether the actor is banned: to those from whom the room
// is hidden nothing more was read.
func (p *roomScope) join(me UserID) error {
	known, err := p.userStates([]UserID{me})
	if err != nil {
		return err
	}
	p.access.banned = known[0].banned(p.now)
	if err := p.decide(opJoin, target{}); err != nil {
		return err
	}
	return p.addUsers([]NewRoomUser{{UserID: me}}, known)
}

// RemoveUser takes a member out of a group or a channel; they see nothing of it
// from then on, and their messages stay under their name. It needs can_remove_users
// and, of can_remove_users, can_delete_messages, can_edit_messages and can_edit_room,
// every permission that the member holds; or is LeaveRoom when the actor removes
// themselves. What they lacked of the room's default they lack again when they come
// back.
//
// Errors: ErrNotFound also when the user is no member, ErrForbidden, ErrConflict
// for the owner and in a private room.
func (s *Service) RemoveUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	if err := s.before(ctx, actor, func(p principal) (Operation, error) { return removeOperation(p, room, user), nil }); err != nil {
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
	if err := s.before(ctx, actor, func(p principal) (Operation, error) {
		me, err := p.user()
		return removeOperation(p, room, me), err
	}); err != nil {
		return err
	}
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
	known, err := p.userStateFor(op, user)
	if err != nil {
		return err
	}
	if known.member == nil {
		return ErrNotFound
	}
	denied := known.denied
	if err := p.endMembership(known); err != nil {
		return err
	}
	if known.denied != denied {
		if err := p.restrict(known); err != nil {
			return err
		}
	}
	return p.save()
}

// endMembership removes a member. What outlives the membership is in known, to be written
// by restrict.
func (p *roomScope) endMembership(known *userState) error {
	if _, err := p.exec("DELETE FROM chat_room_users WHERE room_id = ? AND user_id = ?", p.room.ID, known.id); err != nil {
		return err
	}
	known.denied = (known.denied | p.room.DefaultPermissions) &^ known.member.Effective
	known.member = nil
	p.room.MemberCount--
	p.record(UserRemoved, nil, &known.id)
	return nil
}
