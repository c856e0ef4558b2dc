package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// RoomUser is a row of chat_room_users: a user's membership of a room.
type RoomUser struct {
	RoomID         uuid.UUID    `gorm:"column:room_id;primaryKey;type:uuid;-:migration" json:"room_id"`
	UserID         UserID       `gorm:"column:user_id;primaryKey;-:migration" json:"user_id"`
	Permissions    *Permissions `gorm:"column:permissions;<-:create;-:migration" json:"permissions"`           // nil: the room's default
	Muted          bool         `gorm:"column:muted;<-:create;-:migration" json:"muted"`                       // by now; shown to the member alone, as are the next four
	MutedUntil     *time.Time   `gorm:"column:muted_until;<-:create;-:migration" json:"muted_until"`           // when the mute ends by itself; nil: it does not
	HiddenNumber   *int64       `gorm:"column:hidden_number;<-:create;-:migration" json:"hidden_number"`       // the room's LastNumber when the member archived it: see Hidden
	Pinned         bool         `gorm:"column:pinned;<-:create;-:migration" json:"pinned"`                     // before the other rooms in Rooms
	CreatedBy      *UserID      `gorm:"column:created_by;<-:create;-:migration" json:"created_by"`             // who added them; nil for System, or when erased
	LastSeenAt     *time.Time   `gorm:"column:last_seen_at;<-:create;-:migration" json:"last_seen_at"`         // nil also where it is not shown
	LastReadNumber int64        `gorm:"column:last_read_number;<-:create;-:migration" json:"last_read_number"` // the number of the last message read; 0 also where it is not shown
	JoinedNumber   int64        `gorm:"column:joined_number;<-:create;-:migration" json:"joined_number"`       // messages up to this number do not exist for the member: see HistoryJoined; 0: they see all
	MarkedUnread   *int64       `gorm:"column:marked_unread;<-:create;-:migration" json:"marked_unread"`       // from which number on messages are unread again: see MarkUnread
	LastSentAt     *time.Time   `gorm:"column:last_sent_at;<-:create;-:migration" json:"last_sent_at"`         // their last message in the room; shown to the member alone
	CreatedAt      time.Time    `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`

	Hidden    bool        `gorm:"-" json:"hidden"`    // archived: no message is newer than HiddenNumber, or the room is muted
	Owner     bool        `gorm:"-" json:"owner"`     // of the room
	Effective Permissions `gorm:"-" json:"effective"` // what the member may do: their own set, the room's default, or all for the owner
	Unread    int64       `gorm:"-" json:"unread"`    // how many messages are after the read marker; set by MarkRead
}

// TableName is the memberships' table.
func (RoomUser) TableName() string { return "chat_room_users" }

const roomUserColumns = "room_id, " + optionalRoomUserColumns

func (u *RoomUser) fields() []any {
	return []any{
		&u.RoomID, &u.UserID, &u.Permissions, &u.Muted, scanTime(&u.MutedUntil), &u.HiddenNumber, &u.Pinned, &u.CreatedBy,
		scanTime(&u.LastSeenAt), &u.LastReadNumber, &u.JoinedNumber, &u.MarkedUnread, scanTime(&u.LastSentAt), scanRequiredTime(&u.CreatedAt),
	}
}

func scanRoomUser(rows row) (RoomUser, error) {
	var u RoomUser
	err := rows.Scan(u.fields()...)
	return u, err
}

// optionalRoomUser scans a membership that an outer join may have left out.
type optionalRoomUser struct {
	user           *UserID
	permissions    *Permissions
	muted          *bool
	mutedUntil     *time.Time
	hiddenNumber   *int64
	pinned         *bool
	createdBy      *UserID
	lastSeenAt     *time.Time
	lastReadNumber *int64
	joinedNumber   *int64
	markedUnread   *int64
	lastSentAt     *time.Time
	createdAt      *time.Time
}

const optionalRoomUserColumns = "user_id, permissions, muted, muted_until, hidden_number, pinned, created_by, last_seen_at, last_read_number, joined_number, marked_unread, last_sent_at, created_at"

func (o *optionalRoomUser) fields() []any {
	return []any{
		&o.user, &o.permissions, &o.muted, scanTime(&o.mutedUntil), &o.hiddenNumber, &o.pinned, &o.createdBy,
		scanTime(&o.lastSeenAt), &o.lastReadNumber, &o.joinedNumber, &o.markedUnread, scanTime(&o.lastSentAt), scanTime(&o.createdAt),
	}
}

// of returns the membership of a room, nil when there is none.
func (o *optionalRoomUser) of(room *Room, now time.Time) *RoomUser {
	if o.user == nil {
		return nil
	}
	member := &RoomUser{
		RoomID: room.ID, UserID: *o.user, Permissions: o.permissions, Muted: *o.muted, MutedUntil: o.mutedUntil,
		HiddenNumber: o.hiddenNumber, Pinned: *o.pinned, CreatedBy: o.createdBy, LastSeenAt: o.lastSeenAt,
		LastReadNumber: *o.lastReadNumber, JoinedNumber: *o.joinedNumber, MarkedUnread: o.markedUnread, LastSentAt: o.lastSentAt, CreatedAt: *o.createdAt,
	}
	member.resolve(room, now)
	return member
}

// resolve fills in what depends on the room and on the time.
func (u *RoomUser) resolve(room *Room, now time.Time) {
	u.resolveOwnState(room.FirstNumber, room.LastNumber, now)
	u.Owner = room.OwnerID != nil && *room.OwnerID == u.UserID
	switch {
	case u.Owner:
		u.Effective = AllPermissions
	case u.Permissions != nil:
		u.Effective = *u.Permissions
	default:
		u.Effective = room.DefaultPermissions
	}
}

// roomUser reads a membership, nil when there is none. lock is a locking clause or "".
func (c *conn) roomUser(room *Room, user UserID, lock string) (*RoomUser, error) {
	member, err := queryOne(c, scanRoomUser, "SELECT "+roomUserColumns+
		" FROM chat_room_users WHERE room_id = ? AND user_id = ?"+lock, room.ID, user)
	if err != nil || member == nil {
		return nil, err
	}
	member.resolve(room, c.now)
	return member, nil
}

// hideOwnState leaves a member's own state to the member: what they did with the room
// in their list and, in a public room, when they were last seen, unless the actor was added by
// somebody else, owns the room, or Config.ShowLastSeen is set. Nor is it shown up to which
// of the messages that the actor does not see another has read, nor how far, where the room
// has no receipts.
func (p *roomScope) hideOwnState(u *RoomUser) {
	if p.access.system || p.me != nil && p.me.UserID == u.UserID {
		return
	}
	u.clearOwnState()
	if !p.access.sees(u.LastReadNumber) || !p.receipts(p.room.MemberCount) {
		u.LastReadNumber = 0
	}
	joined := p.me == nil || !p.me.Owner && p.me.CreatedBy != nil && *p.me.CreatedBy == p.me.UserID
	if p.room.Public && joined && !p.config.ShowLastSeen {
		u.LastSeenAt = nil
	}
}

// RoomUser returns one membership. Members see each other's, except whether another
// has muted, archived, pinned or marked the room; how far another has read, in rooms of
// more than Limits.ReceiptMembers members and with Config.NoReceipts; and, for those who
// joined a public room by themselves, when another was last seen: see Config.ShowLastSeen.
//
// Errors: ErrNotFound when the room is hidden or the user is no member,
// ErrForbidden to those who only see a public room, ErrInvalid.
func (s *Service) RoomUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) (*RoomUser, error) {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*RoomUser, error) {
		p, err := c.readFor(byRoom, room, opRead, target{})
		if err != nil {
			return nil, err
		}
		return p.member(user)
	})
}

// member reads a membership as the actor may see it.
func (p *roomScope) member(user UserID) (*RoomUser, error) { return p.lockMember(user, "") }

// lockMember is member with a locking clause.
func (p *roomScope) lockMember(user UserID, lock string) (*RoomUser, error) {
	member, err := p.roomUser(p.room, user, lock)
	if err != nil {
		return nil, err
	}
	if member == nil {
		return nil, ErrNotFound
	}
	p.hideOwnState(member)
	return member, nil
}

// RoomUsersPage is a page of a room's members.
type RoomUsersPage struct {
	Items []RoomUser `json:"items"`
	Next  string     `json:"next"` // the cursor of the next page, "" after the last
}

// Page selects a part of a list.
type Page struct {
	// Cursor is the Next of the page before. Defaults to the first page.
	Cursor string
	// Limit is how many items to return, at most Limits.PageMax. Defaults to
	// Limits.PageSize.
	Limit int
}

// RoomUsers lists a room's members by user id.
//
// Errors: as RoomUser, and ErrInvalid for a cursor that no page returned.
func (s *Service) RoomUsers(ctx context.Context, actor Actor, room uuid.UUID, page Page) (*RoomUsersPage, error) {
	return read(ctx, s, actor, func(c *call) (*RoomUsersPage, error) {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		p, err := c.readFor(byRoom, room, opRead, target{})
		if err != nil {
			return nil, err
		}
		query, args := "SELECT "+roomUserColumns+" FROM chat_room_users WHERE room_id = ?", []any{room}
		if page.Cursor != "" {
			after, err := c.userCursor(page.Cursor)
			if err != nil {
				return nil, err
			}
			query, args = query+" AND user_id > ?", append(args, after)
		}
		members, err := queryAll(c.conn, scanRoomUser, query+" ORDER BY user_id LIMIT ?", append(args, limit+1)...)
		if err != nil {
			return nil, err
		}
		list := &RoomUsersPage{}
		list.Items, list.Next = trimPage(members, limit, func(u RoomUser) string { return cursor(u.UserID) })
		for i := range list.Items {
			list.Items[i].resolve(p.room, c.now)
			p.hideOwnState(&list.Items[i])
		}
		return list, nil
	})
}

// RoomUserPatch is what to change of a membership; a nil field is left as it is.
type RoomUserPatch struct {
	// Permissions gives the member a set of their own; a pointer to NoPermissions
	// means none.
	Permissions *Permissions
	// ResetPermissions takes the member's own set away, so that the room's
	// default holds again.
	ResetPermissions bool

	// The following are the actor's own to set. They make no event; the other
	// subscriptions of the actor get an update of kind muted or own_state.

	// Muted mutes the room, without an end where MutedUntil gives none, or no longer.
	Muted *bool
	// MutedUntil mutes the room until then, a time in the future by Config.Clock. From
	// then on the room is not muted, without a write.
	MutedUntil *time.Time
	// Hidden archives the room, or no longer: see RoomsQuery.Hidden. A message that is
	// newer than that, the actor's own included, brings the room back unless it is muted.
	Hidden *bool
	// Pinned puts the room before the others in Rooms, or no longer.
	Pinned *bool
}

// ownState reports whether the patch changes what is the member's own.
func (patch *RoomUserPatch) ownState() bool {
	return patch.Muted != nil || patch.MutedUntil != nil || patch.Hidden != nil || patch.Pinned != nil
}

// UpdateRoomUser changes a member's permissions, or mutes, archives or pins the room for
// oneself.
//
// Permissions need can_edit_room, and the actor must hold every permission that
// changes and, for a set of their own to a member who had none, every permission of
// that set, which would outlast a narrower default. The owner's never
// change. A change lifts what the member was denied when they last left the room.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict for the owner's permissions and in
// a private room, ErrInvalid, also for a MutedUntil that is not in the future.
func (s *Service) UpdateRoomUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID, patch RoomUserPatch) (*RoomUser, error) {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	if patch.Permissions != nil && patch.ResetPermissions {
		return nil, invalid("permissions", CodeExclusive, "cannot be given and left to the default at once")
	}
	if patch.Muted != nil && !*patch.Muted && patch.MutedUntil != nil {
		return nil, invalid("muted_until", CodeExclusive, "cannot be given where muted is false")
	}
	if err := checkBits("permissions", patch.Permissions); err != nil {
		return nil, err
	}
	if patch.Permissions != nil || patch.ResetPermissions {
		if err := s.before(ctx, actor, func(principal) (Operation, error) { return updateUserOperation(room, user, patch), nil }); err != nil {
			return nil, err
		}
	}
	member, err := write(ctx, s, actor, func(c *call) (*RoomUser, error) {
		var err error
		if patch.MutedUntil, err = futureTime("muted_until", patch.MutedUntil, c.now); err != nil {
			return nil, err
		}
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return nil, err
		}
		return p.updateUser(user, patch)
	})
	if err == nil {
		s.tellOwnState(room, member.UserID, patch)
	}
	return member, err
}

func (p *roomScope) updateUser(user UserID, patch RoomUserPatch) (*RoomUser, error) {
	if err := p.decide(opRead, target{}); err != nil {
		return nil, err
	}
	member, err := p.member(user)
	if err != nil {
		return nil, err
	}
	permissions := patch.Permissions != nil || patch.ResetPermissions
	if permissions {
		if err := p.decide(opSetPermissions, p.permissionsTarget(member, patch)); err != nil {
			return nil, err
		}
		if err := checkPermissions("permissions", p.room.Type, patch.Permissions); err != nil {
			return nil, err
		}
	}
	if patch.ownState() {
		if err := p.decide(opKeepOwnState, target{own: user == p.actor.id}); err != nil {
			return nil, err
		}
		if err := p.keepOwnState(member, patch); err != nil {
			return nil, err
		}
	}
	if permissions && !samePermissions(member.Permissions, patch.Permissions) {
		if err := p.setPermissions(user, patch.Permissions); err != nil {
			return nil, err
		}
	}
	return p.member(user)
}

// setPermissions gives a member a set of their own, or with nil the room's default, and
// lifts what they were denied.
func (p *roomScope) setPermissions(user UserID, permissions *Permissions) error {
	if _, err := p.exec("UPDATE chat_room_users SET permissions = ? WHERE room_id = ? AND user_id = ?",
		permissions, p.room.ID, user); err != nil {
		return err
	}
	if err := p.liftRestrictions([]UserID{user}); err != nil {
		return err
	}
	p.record(UserUpdated, nil, &user)
	return p.save()
}

// permissionsTarget returns which bits a patch of permissions gives or takes. All of a
// set is given to a member who had the default.
func (p *roomScope) permissionsTarget(member *RoomUser, patch RoomUserPatch) target {
	after := p.room.DefaultPermissions
	if patch.Permissions != nil {
		after = *patch.Permissions
	}
	changed := member.Effective ^ after
	if member.Permissions == nil && patch.Permissions != nil {
		changed |= after
	}
	return target{set: true, owner: member.Owner, changed: changed}
}

func samePermissions(a, b *Permissions) bool {
	return a == b || a != nil && b != nil && *a == *b
}
