package model_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (o *oracle) checkNewRoom(in *chat.NewRoom) (err error) {
	in.Type = cmp.Or(in.Type, chat.Group)
	if in.Type != chat.Group && in.Type != chat.Channel {
		return invalid("type")
	}
	in.HistoryVisibility = cmp.Or(in.HistoryVisibility, chat.HistoryAll)
	if !knownVisibility(in.HistoryVisibility) {
		return invalid("history_visibility")
	}
	if err := o.checkName(&in.Name); err != nil {
		return err
	}
	if err := checkLine("description", in.Description, o.limits.Description); err != nil {
		return err
	}
	if err := grantable("default_permissions", in.DefaultPermissions); err != nil {
		return err
	}
	in.Metadata, err = o.checkMetadata(in.Metadata)
	return err
}

func knownVisibility(v chat.HistoryVisibility) bool {
	return v == chat.HistoryAll || v == chat.HistoryJoined
}

// checkName also drops what turns the direction of writing.
func (o *oracle) checkName(name *string) error {
	*name = strings.ReplaceAll(*name, "\u202e", "")
	if blank(*name) || strings.Contains(*name, "\n") {
		return invalid("name")
	}
	return checkLine("name", *name, o.limits.Name)
}

func (o *oracle) CreateRoom(actor chat.Actor, in chat.NewRoom) (*chat.Room, error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	fault := o.checkNewRoom(&in)
	if fault != nil && in.Key == "" {
		return nil, fault
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	switch r := o.keyed(in.Key); {
	case in.Key != "" && user != system:
		return nil, invalid("key")
	case r != nil:
		return r.seen(user), nil
	case fault != nil:
		return nil, fault
	}
	owner := in.Owner
	switch {
	case in.Ownerless && user != system:
		return nil, invalid("ownerless")
	case in.Ownerless && owner != "":
		return nil, invalid("owner")
	case in.Ownerless:
	case user == system && (owner == "" || owner == badUser), user != system && owner != "":
		return nil, invalid("owner")
	case user != system:
		owner = user
	}
	others, err := o.checkUsers(in.Members)
	if err != nil {
		return nil, err
	}
	var ownersOwn *chat.Permissions // what they will have when they hand the room on
	others = slices.DeleteFunc(others, func(u chat.NewRoomUser) bool {
		if u.UserID == owner {
			ownersOwn = u.Permissions
		}
		return u.UserID == owner
	})
	members := len(others)
	if !in.Ownerless {
		members++
	}
	if in.Type == chat.Group && members > o.limits.GroupMembers {
		return nil, tooLarge("members")
	}
	r := o.newRoom(in.Type)
	r.Name, r.Description, r.Public, r.Metadata, r.Ownerless = in.Name, in.Description, in.Public, in.Metadata, in.Ownerless
	if !in.Ownerless {
		r.OwnerID = &owner
	}
	if in.Key != "" {
		r.Key = &in.Key
	}
	r.HistoryVisibility = in.HistoryVisibility
	if in.DefaultPermissions != nil {
		r.DefaultPermissions = *in.DefaultPermissions
	}
	o.log(r, chat.RoomCreated, user, nil, r.OwnerID)
	if !in.Ownerless {
		o.enrol(r, user, owner, ownersOwn)
	}
	o.enter(r, user, others)
	made := r.seen(user)
	made.Created = true
	return made, nil
}

func checkKey(key string) error {
	if strings.Contains(key, "\n") {
		return invalid("key")
	}
	return checkLine("key", key, 255)
}

// keyed is the living room of a key.
func (o *oracle) keyed(key string) *modelRoom {
	for _, r := range o.rooms {
		if same(r.Key, key) {
			return r
		}
	}
	return nil
}

func (o *oracle) RoomByKey(actor chat.Actor, key string) (*chat.Room, error) {
	if key == "" {
		return nil, invalid("key")
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r := o.keyed(key)
	if r == nil || !r.has(user) && !r.Public {
		return nil, chat.ErrNotFound
	}
	return r.seenWithMentions(user), nil
}

func (o *oracle) newRoom(kind chat.RoomType) *modelRoom {
	r := &modelRoom{
		Room:    chat.Room{ID: o.newID(), Type: kind, FirstNumber: 1, HistoryVisibility: chat.HistoryAll, CreatedAt: o.now, UpdatedAt: o.now},
		now:     &o.now,
		members: map[chat.UserID]*chat.RoomUser{},
		denied:  map[chat.UserID]chat.Permissions{},
		bans:    map[chat.UserID]*chat.Ban{},
	}
	switch kind {
	case chat.PrivateMessages:
		r.DefaultPermissions = chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanDeleteRoom
	case chat.Group:
		r.DefaultPermissions = chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanAddUsers
	case chat.Channel:
		r.DefaultPermissions = chat.CanAddUsers
	}
	o.rooms = append(o.rooms, r)
	return r
}

func (o *oracle) OpenPrivate(actor chat.Actor, other chat.UserID) (*chat.Room, error) {
	if other == badUser {
		return nil, invalid("user_id")
	}
	me, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	if me == other {
		return nil, invalid("user_id")
	}
	if r := o.pair(me, other); r != nil {
		return r.seen(me), nil
	}
	a, b := min(me, other), max(me, other)
	r := o.newRoom(chat.PrivateMessages)
	r.PrivateA, r.PrivateB = &a, &b
	o.log(r, chat.RoomCreated, me, nil, nil)
	o.enrol(r, me, me, nil)
	o.enrol(r, me, other, nil)
	opened := r.seen(me)
	opened.Created = true
	return opened, nil
}

// pair is the private room of two users.
func (o *oracle) pair(one, other chat.UserID) *modelRoom {
	for _, r := range o.rooms {
		if same(r.PrivateA, min(one, other)) && same(r.PrivateB, max(one, other)) {
			return r
		}
	}
	return nil
}

func (o *oracle) PrivateRoom(actor chat.Actor, other chat.UserID) (*chat.Room, error) {
	if other == badUser {
		return nil, invalid("user_id")
	}
	me, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	if me == other {
		return nil, invalid("user_id")
	}
	r := o.pair(me, other)
	if r == nil {
		return nil, chat.ErrNotFound
	}
	return r.seenWithMentions(me), nil
}

func (o *oracle) UpdateRoom(actor chat.Actor, room uuid.UUID, patch chat.RoomPatch) (*chat.Room, error) {
	if err := o.checkPatch(&patch); err != nil {
		return nil, err
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(user, room)
	if err != nil {
		return nil, err
	}
	needed := chat.CanEditRoom
	if patch.DefaultPermissions != nil {
		needed |= *patch.DefaultPermissions ^ r.DefaultPermissions
	}
	if !r.Public && same(patch.Public, true) { // everybody gets the default
		needed |= chat.CanAddUsers
		if patch.DefaultPermissions != nil {
			needed |= *patch.DefaultPermissions
		} else {
			needed |= r.DefaultPermissions
		}
	}
	opens := same(patch.HistoryVisibility, chat.HistoryAll) && r.HistoryVisibility == chat.HistoryJoined
	switch {
	case !r.may(user, needed), opens && r.joined(user) > 0: // one shows others what one sees
		return nil, chat.ErrForbidden
	case r.private():
		return nil, chat.ErrConflict
	}
	if err := grantable("default_permissions", patch.DefaultPermissions); err != nil {
		return nil, err
	}
	if err := o.checkAvatar(user, r, patch.AvatarID); err != nil {
		return nil, err
	}
	if o.apply(r, patch) {
		r.UpdatedAt = o.now
		o.log(r, chat.RoomUpdated, user, nil, nil)
	}
	return r.seen(user), nil
}

func (o *oracle) checkPatch(patch *chat.RoomPatch) error {
	if patch.Name != nil {
		name := *patch.Name
		patch.Name = &name
		if err := o.checkName(patch.Name); err != nil {
			return err
		}
	}
	if patch.Description != nil {
		if err := checkLine("description", *patch.Description, o.limits.Description); err != nil {
			return err
		}
	}
	if patch.SlowMode != nil && (*patch.SlowMode < 0 || *patch.SlowMode > 21600) {
		return invalid("slow_mode")
	}
	if patch.Metadata != nil {
		kept, err := o.checkMetadata(*patch.Metadata)
		if err != nil {
			return err
		}
		patch.Metadata = &kept
	}
	if patch.HistoryVisibility != nil && !knownVisibility(*patch.HistoryVisibility) {
		return invalid("history_visibility")
	}
	return knownBits("default_permissions", patch.DefaultPermissions)
}

// apply reports whether the patch changed anything.
func (o *oracle) apply(r *modelRoom, patch chat.RoomPatch) bool {
	before := r.Room
	if patch.Name != nil {
		r.Name = *patch.Name
	}
	if patch.Description != nil {
		r.Description = *patch.Description
	}
	if patch.Public != nil {
		r.Public = *patch.Public
	}
	if patch.DefaultPermissions != nil {
		r.DefaultPermissions = *patch.DefaultPermissions
	}
	if patch.SlowMode != nil {
		r.SlowMode = *patch.SlowMode
	}
	if patch.HistoryVisibility != nil {
		r.HistoryVisibility = *patch.HistoryVisibility
	}
	if patch.Metadata != nil {
		r.Metadata = *patch.Metadata
	}
	if patch.AvatarID != nil && !same(r.AvatarID, *patch.AvatarID) {
		o.setAvatar(r, *patch.AvatarID)
	}
	return r.Name != before.Name || r.Description != before.Description || r.Public != before.Public ||
		r.DefaultPermissions != before.DefaultPermissions || string(r.Metadata) != string(before.Metadata) ||
		r.AvatarID != before.AvatarID || r.HistoryVisibility != before.HistoryVisibility || r.SlowMode != before.SlowMode
}

func (o *oracle) DeleteRoom(actor chat.Actor, room uuid.UUID) error {
	user, err := o.who(actor)
	if err != nil {
		return err
	}
	r, err := o.inside(user, room)
	if err != nil {
		return err
	}
	// In groups and channels nobody but the owner can hold the permission.
	if !r.may(user, chat.CanDeleteRoom) {
		return chat.ErrForbidden
	}
	o.end(r, user)
	return nil
}

func (o *oracle) end(r *modelRoom, by chat.UserID) {
	if r.AvatarID != nil {
		o.setAvatar(r, uuid.Nil)
	}
	for _, m := range r.messages {
		m.releaseMedia()
	}
	r.OwnerID, r.PrivateA, r.PrivateB, r.Key, r.MemberCount = nil, nil, nil, nil, 0
	r.DeletedAt, r.UpdatedAt = o.stamp(), o.now
	o.log(r, chat.RoomDeleted, by, nil, nil)
}

// PurgeRooms forgets rooms that were deleted for longer than olderThan.
func (o *oracle) PurgeRooms(olderThan time.Duration) (int, error) {
	before := len(o.rooms)
	o.rooms = slices.DeleteFunc(o.rooms, func(r *modelRoom) bool {
		return r.DeletedAt != nil && r.DeletedAt.Before(o.now.Add(-olderThan))
	})
	return before - len(o.rooms), nil
}

func (o *oracle) TransferOwnership(actor chat.Actor, room uuid.UUID, to chat.UserID) (*chat.Room, error) {
	if to == badUser {
		return nil, invalid("user_id")
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(user, room)
	switch {
	case err != nil:
		return nil, err
	case user != system && !same(r.OwnerID, user):
		return nil, chat.ErrForbidden
	case r.private():
		return nil, chat.ErrConflict
	case r.members[to] == nil:
		return nil, chat.ErrNotFound
	}
	if !same(r.OwnerID, to) {
		r.OwnerID, r.Ownerless, r.UpdatedAt = &to, false, o.now
		o.log(r, chat.OwnerChanged, user, nil, &to)
	}
	return r.seen(user), nil
}
