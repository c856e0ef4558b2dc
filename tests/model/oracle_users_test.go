package model_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (o *oracle) JoinRoom(actor chat.Actor, room uuid.UUID) (*chat.Room, error) {
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	r := o.living(room)
	if r == nil || !r.has(user) && !r.Public {
		return nil, chat.ErrNotFound
	}
	if !r.has(user) {
		if o.isBanned(r, user) {
			return nil, chat.ErrForbidden
		}
		if o.full(r, 1) {
			return nil, tooLarge("members")
		}
		o.enter(r, user, []chat.NewRoomUser{{UserID: user}})
	}
	return r.seen(user), nil
}

func (o *oracle) full(r *modelRoom, more int) bool {
	return r.Type == chat.Group && len(r.members)+more > o.limits.GroupMembers
}

// AddUsers returns the members by user id.
func (o *oracle) AddUsers(actor chat.Actor, room uuid.UUID, users []chat.NewRoomUser) (members []chat.RoomUser, err error) {
	for i, u := range users {
		if err := knownBits(fmt.Sprintf("members[%d].permissions", i), u.Permissions); err != nil {
			return nil, err
		}
	}
	by, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(by, room)
	if err != nil {
		return nil, err
	}
	needed := chat.CanAddUsers | r.DefaultPermissions
	for _, u := range users {
		if u.Permissions != nil {
			needed |= chat.CanEditRoom | *u.Permissions
		}
	}
	switch {
	case !r.may(by, needed):
		return nil, chat.ErrForbidden
	case r.private():
		return nil, chat.ErrConflict
	}
	users, err = o.checkUsers(users)
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(slices.Clone(users), func(u chat.NewRoomUser) bool { return r.has(u.UserID) })
	if slices.ContainsFunc(fresh, func(u chat.NewRoomUser) bool { return o.isBanned(r, u.UserID) }) {
		return nil, chat.ErrConflict
	}
	if len(fresh) > 0 && o.full(r, len(fresh)) {
		return nil, tooLarge("members")
	}
	o.enter(r, by, fresh)
	for _, u := range users {
		members = append(members, *r.membership(u.UserID, by))
	}
	slices.SortFunc(members, byUserID)
	return members, nil
}

func (o *oracle) UpdateRoomUser(actor chat.Actor, room uuid.UUID, user chat.UserID, patch chat.RoomUserPatch) (*chat.RoomUser, error) {
	if user == badUser {
		return nil, invalid("user_id")
	}
	if patch.Permissions != nil && patch.ResetPermissions {
		return nil, invalid("permissions")
	}
	if same(patch.Muted, false) && patch.MutedUntil != nil {
		return nil, invalid("muted_until")
	}
	if err := knownBits("permissions", patch.Permissions); err != nil {
		return nil, err
	}
	by, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	if patch.MutedUntil != nil && !patch.MutedUntil.After(o.now) {
		return nil, invalid("muted_until")
	}
	r, err := o.inside(by, room)
	if err != nil {
		return nil, err
	}
	member := r.members[user]
	if member == nil {
		return nil, chat.ErrNotFound
	}
	permits := patch.Permissions != nil || patch.ResetPermissions
	if permits {
		if err := r.checkPermits(by, user, patch.Permissions); err != nil {
			return nil, err
		}
	}
	if patch.Muted != nil || patch.MutedUntil != nil || patch.Hidden != nil || patch.Pinned != nil {
		if by != user && by != system {
			return nil, chat.ErrForbidden
		}
		r.keep(member, patch)
	}
	if had := member.Permissions; permits && (had == nil) != (patch.Permissions == nil) ||
		had != nil && patch.Permissions != nil && *had != *patch.Permissions {
		member.Permissions = patch.Permissions
		delete(r.denied, user)
		o.log(r, chat.UserUpdated, by, nil, &user)
	}
	return r.membership(user, by), nil
}

// checkPermits: one gives and takes what one holds. What the owner may do never
// changes, so nothing is given or taken there.
func (r *modelRoom) checkPermits(by, user chat.UserID, given *chat.Permissions) error {
	owner := same(r.OwnerID, user)
	needed := chat.CanEditRoom
	switch {
	case owner:
	case given != nil && r.members[user].Permissions == nil: // all of a first set is given
		needed |= *given | r.rights(user)
	case given != nil:
		needed |= *given ^ r.rights(user)
	default:
		needed |= r.DefaultPermissions ^ r.rights(user)
	}
	switch {
	case !r.may(by, needed):
		return chat.ErrForbidden
	case owner || r.private():
		return chat.ErrConflict
	}
	return grantable("permissions", given)
}

func (o *oracle) LeaveRoom(actor chat.Actor, room uuid.UUID) error {
	user, err := o.person(actor)
	if err != nil {
		return err
	}
	return o.RemoveUser(user, room, user)
}

func (o *oracle) RemoveUser(actor chat.Actor, room uuid.UUID, user chat.UserID) error {
	if user == badUser {
		return invalid("user_id")
	}
	by, err := o.who(actor)
	if err != nil {
		return err
	}
	r, err := o.inside(by, room)
	switch {
	case err != nil:
		return err
	case by != user && !r.mayExpel(by, user):
		return chat.ErrForbidden
	case r.private() || same(r.OwnerID, user):
		return chat.ErrConflict
	case r.members[user] == nil:
		return chat.ErrNotFound
	}
	o.exit(r, by, user)
	return nil
}

func (o *oracle) RoomUser(actor chat.Actor, room uuid.UUID, user chat.UserID) (*chat.RoomUser, error) {
	if user == badUser {
		return nil, invalid("user_id")
	}
	viewer, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(viewer, room)
	if err != nil {
		return nil, err
	}
	if r.members[user] == nil {
		return nil, chat.ErrNotFound
	}
	return r.membership(user, viewer), nil
}

// UserPages is RoomUsers, page after page.
func (o *oracle) UserPages(actor chat.Actor, room uuid.UUID, limit int) ([][]chat.RoomUser, error) {
	viewer, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(viewer, room)
	if err != nil {
		return nil, err
	}
	var members []chat.RoomUser
	for _, user := range slices.Sorted(maps.Keys(r.members)) {
		members = append(members, *r.membership(user, viewer))
	}
	return paged(members, size), nil
}

func (o *oracle) MarkRead(actor chat.Actor, room uuid.UUID, number int64) (*chat.RoomUser, error) {
	if number < 0 {
		return nil, invalid("number")
	}
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(user, room)
	if err != nil {
		return nil, err
	}
	me := r.members[user]
	me.LastReadNumber = max(me.LastReadNumber, min(number, r.LastNumber))
	me.LastSeenAt, me.MarkedUnread = o.stamp(), nil
	marked := r.membership(user, user)
	marked.Unread = r.unread(me)
	return marked, nil
}
