package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// RoomUser is a row of chat_room_users: a user's membership of a room.
type RoomUser struct {
	RoomID         uuid.UUID    `gorm:"column:room_id;primaryKey;-:migration"`
	UserID         UserID       `gorm:"column:user_id;primaryKey;-:migration"`
	Permissions    *Permissions `gorm:"column:permissions;-:migration"` // nil: the room's default
	Muted          bool         `gorm:"column:muted;-:migration"`       // shown to the member alone
	CreatedBy      *UserID      `gorm:"column:created_by;-:migration"`  // who added them; nil for System, or when erased
	LastSeenAt     *time.Time   `gorm:"column:last_seen_at;-:migration"`
	LastReadNumber int64        `gorm:"column:last_read_number;-:migration"` // the number of the last message read
	CreatedAt      time.Time    `gorm:"column:created_at;-:migration"`

	Owner     bool        `gorm:"-"` // of the room
	Effective Permissions `gorm:"-"` // what the member may do: their own set, the room's default, or all for the owner
}

// TableName is the memberships' table.
func (RoomUser) TableName() string { return "chat_room_users" }

const roomUserColumns = "room_id, user_id, permissions, muted, created_by, last_seen_at, last_read_number, created_at"

func (u *RoomUser) fields() []any {
	return []any{
		&u.RoomID, &u.UserID, &u.Permissions, &u.Muted, &u.CreatedBy, scanTime(&u.LastSeenAt), &u.LastReadNumber,
		scanRequiredTime(&u.CreatedAt),
	}
}

func scanRoomUser(rows row) (RoomUser, error) {
	var u RoomUser
	err := rows.Scan(u.fields()...)
	return u, err
}

// in fills in what depends on the room.
func (u *RoomUser) in(room *Room) {
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

// roomUser reads a membership, nil when there is none.
func (c *call) roomUser(room *Room, user UserID) (*RoomUser, error) {
	member, err := one(c, scanRoomUser, "SELECT "+roomUserColumns+
		" FROM chat_room_users WHERE room_id = ? AND user_id = ?", room.ID, user)
	if member != nil {
		member.in(room)
	}
	return result(member, err)
}

// hideFrom leaves a member's own state to the member.
func (u *RoomUser) hideFrom(w principal) {
	if !w.system && w.id != u.UserID {
		u.Muted = false
	}
}

// RoomUser returns one membership. Members see each other's, except whether
// another has muted the room.
//
// Errors: ErrNotFound when the room is hidden or the user is no member,
// ErrForbidden to those who only see a public room, ErrInvalid.
func (s *Service) RoomUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) (*RoomUser, error) {
	user, err := s.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	var member *RoomUser
	err = s.read(ctx, actor, func(c *call) error {
		p, err := c.visit(byRoom, room, opRead, target{})
		if err != nil {
			return err
		}
		member, err = p.member(user)
		return err
	})
	return result(member, err)
}

// member reads a membership as the actor may see it.
func (p *place) member(user UserID) (*RoomUser, error) {
	member, err := p.roomUser(p.room, user)
	if err != nil {
		return nil, err
	}
	if member == nil {
		return nil, ErrNotFound
	}
	member.hideFrom(p.actor)
	return member, nil
}

// RoomUsersPage is a page of a room's members.
type RoomUsersPage struct {
	Items []RoomUser
	Next  string // the cursor of the next page, "" after the last
}

// Page asks for a part of a list.
type Page struct {
	// Cursor is the Next of the page before. Defaults to the first page.
	Cursor string
	// Limit is how many items to return, cut to Limits.PageMax. Defaults to
	// Limits.PageSize.
	Limit int
}

// RoomUsers lists a room's members by user id.
//
// Errors: as RoomUser, and ErrInvalid for a cursor that no page returned.
func (s *Service) RoomUsers(ctx context.Context, actor Actor, room uuid.UUID, page Page) (*RoomUsersPage, error) {
	var list RoomUsersPage
	err := s.read(ctx, actor, func(c *call) error {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return err
		}
		p, err := c.visit(byRoom, room, opRead, target{})
		if err != nil {
			return err
		}
		query, args := "SELECT "+roomUserColumns+" FROM chat_room_users WHERE room_id = ?", []any{room}
		if page.Cursor != "" {
			var after UserID
			if err := parseCursor(page.Cursor, &after); err != nil {
				return err
			}
			if after, err = c.userID("cursor", after); err != nil {
				return err
			}
			query, args = query+" AND user_id > ?", append(args, after)
		}
		members, err := all(c, scanRoomUser, query+" ORDER BY user_id LIMIT ?", append(args, limit+1)...)
		if err != nil {
			return err
		}
		list.Items, list.Next = cut(members, limit, func(u RoomUser) string { return cursor(u.UserID) })
		for i := range list.Items {
			list.Items[i].in(p.room)
			list.Items[i].hideFrom(c.actor)
		}
		return nil
	})
	return result(&list, err)
}

// RoomUserPatch says what to change of a membership; what is nil stays.
type RoomUserPatch struct {
	// Permissions gives the member a set of their own; a pointer to NoPermissions
	// means none.
	Permissions *Permissions
	// ResetPermissions takes the member's own set away, so that the room's
	// default holds again.
	ResetPermissions bool
	// Muted is the actor's own to set.
	Muted *bool
}

// UpdateRoomUser changes a member's permissions, or mutes the room for oneself.
//
// Permissions need can_edit_room, and the actor must hold every permission that
// changes. The owner's never change.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict for the owner's permissions and in
// a private room, ErrInvalid.
func (s *Service) UpdateRoomUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID, patch RoomUserPatch) (*RoomUser, error) {
	user, err := s.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	if patch.Permissions != nil && patch.ResetPermissions {
		return nil, invalid("permissions", "cannot be given and left to the default at once")
	}
	if err := checkBits("permissions", patch.Permissions); err != nil {
		return nil, err
	}
	var member *RoomUser
	err = s.write(ctx, actor, func(c *call) error {
		p, err := c.lock(byRoom, room)
		if err != nil {
			return err
		}
		member, err = p.updateUser(user, patch)
		return err
	})
	return result(member, err)
}

func (p *place) updateUser(user UserID, patch RoomUserPatch) (*RoomUser, error) {
	if err := p.decide(opRead, target{}); err != nil {
		return nil, err
	}
	member, err := p.member(user)
	if err != nil {
		return nil, err
	}
	permissions := patch.Permissions != nil || patch.ResetPermissions
	if permissions {
		if err := p.decide(opSetPermissions, p.change(member, patch)); err != nil {
			return nil, err
		}
		if err := checkPermissions("permissions", p.room.Type, patch.Permissions); err != nil {
			return nil, err
		}
	}
	if patch.Muted != nil {
		if err := p.decide(opKeepOwnState, target{own: user == p.actor.id}); err != nil {
			return nil, err
		}
		if _, err := p.exec("UPDATE chat_room_users SET muted = ? WHERE room_id = ? AND user_id = ?",
			*patch.Muted, p.room.ID, user); err != nil {
			return nil, err
		}
	}
	if permissions && !samePermissions(member.Permissions, patch.Permissions) {
		if _, err := p.exec("UPDATE chat_room_users SET permissions = ? WHERE room_id = ? AND user_id = ?",
			patch.Permissions, p.room.ID, user); err != nil {
			return nil, err
		}
		p.record(UserUpdated, nil, &user)
		if err := p.save(); err != nil {
			return nil, err
		}
	}
	return p.member(user)
}

// change is which bits a patch of permissions turns over.
func (p *place) change(member *RoomUser, patch RoomUserPatch) target {
	after := p.room.DefaultPermissions
	if patch.Permissions != nil {
		after = *patch.Permissions
	}
	return target{set: true, owner: member.Owner, changed: member.Effective ^ after}
}

func samePermissions(a, b *Permissions) bool {
	return a == b || a != nil && b != nil && *a == *b
}
