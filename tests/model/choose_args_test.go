package model_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// The arguments of each command on the menu.

func (c chooser) someone() []any { return []any{c.person()} }

func (c chooser) someoneAndRoom() []any { return []any{c.person(), c.room().ID} }

func (c chooser) memberAndRoom() []any {
	r := c.room()
	return []any{c.member(r), r.ID}
}

func (c chooser) createRoom() []any {
	if len(c.livingRooms()) >= modelRooms && c.n(4) > 0 {
		return []any{c.person(), chat.NewRoom{Type: "party", Name: "too many"}}
	}
	actor := c.person()
	in := chat.NewRoom{
		Type: pick(c, "", chat.Group, chat.Channel), Name: c.name(), Public: c.oneIn(3), Members: c.newUsers(),
		DefaultPermissions: maybe(c, c.permissions), HistoryVisibility: rarely(c, pick(c, "", chat.HistoryAll, chat.HistoryJoined), "none"),
		Metadata: c.metadata(),
	}
	if actor == chat.System {
		in.Ownerless = c.oneIn(3)
		if !in.Ownerless || c.oneIn(8) {
			in.Owner = rarely(c, modelUser(1+c.n(modelUsers)), "", badUser)
		}
		in.Key = c.key()
	} else {
		in.Owner, in.Key, in.Ownerless = rarely(c, "", modelUser(1)), rarely(c, "", c.key()), c.oneIn(30)
	}
	return []any{actor, in}
}

// key is one of few, so that rooms have the same.
func (c chooser) key() string {
	return rarely(c, pick(c, "", "order/1", "order/2", "größe"), "a\x00b", "a\nb", strings.Repeat("k", 256))
}

func (c chooser) roomByKey() []any { return []any{c.person(), c.key()} }

func (c chooser) name() string {
	return rarely(c, pick(c, "Lunch", "Böse Überraschung"), "", "  ", strings.Repeat("x", 21), "a\x00b", "a\nb", "a\x1b", "\u3164\u202e", "a\u202eb")
}

func (c chooser) newUsers() []chat.NewRoomUser {
	users := make([]chat.NewRoomUser, rarely(c, c.n(4), 7))
	for i := range users {
		users[i] = chat.NewRoomUser{UserID: c.user()}
		if c.oneIn(3) {
			p := c.permissions()
			users[i].Permissions = &p
		}
	}
	return users
}

func (c chooser) openPrivate() []any {
	// Mostly among few, or there would be nothing but private rooms.
	return []any{rarely[chat.Actor](c, modelUser(1+c.n(3)), c.person()), rarely(c, modelUser(2+c.n(2)), c.user())}
}

func (c chooser) updateRoom() []any {
	r := c.room()
	actor := c.allowed(r, chat.CanEditRoom)
	var patch chat.RoomPatch
	switch c.n(9) {
	case 8:
		seconds := rarely(c, pick(c, 0, 0, 1), -1, 21601)
		patch.SlowMode = &seconds
	case 0:
		name := c.name()
		patch.Name = &name
	case 1:
		description := rarely(c, pick(c, "", "Every day"), strings.Repeat("x", 31), "\xff")
		patch.Description = &description
	case 2:
		public := c.oneIn(2)
		patch.Public = &public
	case 3:
		p := c.permissions()
		patch.DefaultPermissions = &p
	case 4:
		metadata := c.metadata()
		patch.Metadata = &metadata
	case 5:
		var avatar uuid.UUID
		actor, avatar = c.avatar(r, actor)
		patch.AvatarID = &avatar
	default:
		visibility := rarely(c, pick(c, chat.HistoryAll, chat.HistoryJoined), "", "none")
		patch.HistoryVisibility = &visibility
	}
	return []any{actor, r.ID, patch}
}

// avatar is mostly a picture that somebody may set, and who that is.
func (c chooser) avatar(r *modelRoom, otherwise chat.Actor) (chat.Actor, uuid.UUID) {
	for _, user := range slices.Sorted(maps.Keys(r.members)) {
		for _, m := range c.free(user) {
			if strings.HasPrefix(m.ContentType, "image/") && r.may(user, chat.CanEditRoom) && !c.oneIn(5) {
				return user, m.ID
			}
		}
	}
	return otherwise, pick(c, c.medium(otherwise), uuid.Nil)
}

func (c chooser) deleteRoom() []any {
	r := c.room()
	return []any{c.allowed(r, chat.CanDeleteRoom), r.ID}
}

func (c chooser) purgeRooms() []any { return []any{c.ago()} }

func (c chooser) addUsers() []any {
	r := c.room()
	needed := chat.CanAddUsers | r.DefaultPermissions
	if c.oneIn(2) {
		needed |= chat.CanEditRoom
	}
	if back, user := c.someoneDenied(); back != nil && c.oneIn(3) { // mostly alone, or others would be refused with them
		users := append(pick(c, nil, nil, c.newUsers()), chat.NewRoomUser{UserID: user, Permissions: rarely(c, nil, &needed)})
		return []any{pick(c, chat.Actor(chat.System), c.allowed(back, needed)), back.ID, users}
	}
	return []any{c.allowed(r, needed), r.ID, c.newUsers()}
}

// memberOf is mostly the id of a member.
func (c chooser) memberOf(r *modelRoom) chat.UserID {
	if len(r.members) == 0 || c.oneIn(8) {
		return c.user()
	}
	return pick(c, slices.Sorted(maps.Keys(r.members))...)
}

func (c chooser) updateRoomUser() []any {
	r := c.room()
	user := c.memberOf(r)
	if c.oneIn(2) { // mostly for oneself
		return []any{rarely[chat.Actor](c, user, c.member(r)), r.ID, user, c.ownState()}
	}
	var patch chat.RoomUserPatch
	if c.oneIn(3) {
		patch.ResetPermissions = true
	} else {
		p := c.permissions()
		patch.Permissions = &p
	}
	if c.oneIn(16) {
		patch.ResetPermissions = true
	}
	return []any{c.allowed(r, chat.CanEditRoom), r.ID, user, patch}
}

// ownState mutes, mostly for a while of some operations, archives and pins.
func (c chooser) ownState() (patch chat.RoomUserPatch) {
	yes := c.oneIn(2)
	switch c.n(4) {
	case 0:
		patch.Muted = &yes
	case 1:
		until := c.now.Add(rarely(c, time.Duration(2+c.n(40))*time.Millisecond, time.Millisecond, 0, -time.Hour))
		patch.MutedUntil = &until
		patch.Hidden = pick(c, nil, &yes)
		patch.Muted = rarely(c, nil, &yes)
	case 2:
		patch.Hidden = &yes
	case 3:
		patch.Pinned = &yes
	}
	return patch
}

func (c chooser) removeUser() []any {
	r := c.room()
	return []any{c.allowed(r, chat.CanRemoveUsers), r.ID, c.memberOf(r)}
}

// banUser is for a while of some operations, or for good.
func (c chooser) banUser() []any {
	r := c.room()
	in := chat.BanOptions{Reason: rarely(c, pick(c, "", "spam"), "more than ten", "\xff")}
	if c.oneIn(2) {
		until := c.now.Add(rarely(c, time.Duration(2+c.n(40))*time.Millisecond, time.Millisecond, -time.Hour))
		in.Until = &until
	}
	return []any{c.allowed(r, chat.CanRemoveUsers), r.ID, rarely(c, c.memberOf(r), c.outsiderOf(r)), in}
}

func (c chooser) unbanUser() []any {
	r := c.room()
	return []any{c.allowed(r, chat.CanRemoveUsers), r.ID, c.outsiderOf(r)}
}

func (c chooser) banPages() []any {
	r := c.room()
	return []any{c.allowed(r, chat.CanRemoveUsers), r.ID, c.limit()}
}

// outsiderOf is mostly somebody who is banned from the room, or denied something.
func (c chooser) outsiderOf(r *modelRoom) chat.UserID {
	known := append(slices.Sorted(maps.Keys(r.bans)), slices.Sorted(maps.Keys(r.denied))...)
	if len(known) == 0 || c.oneIn(8) {
		return c.user()
	}
	return pick(c, known...)
}

// someoneDenied is somebody who left a room and lacked something of its default.
func (c chooser) someoneDenied() (*modelRoom, chat.UserID) {
	for _, r := range c.livingRooms() {
		for _, user := range slices.Sorted(maps.Keys(r.denied)) {
			if r.members[user] == nil {
				return r, user
			}
		}
	}
	return nil, ""
}

// joinRoom is mostly of a public room, and often by who was there.
func (c chooser) joinRoom() []any {
	public := slices.DeleteFunc(c.livingRooms(), func(r *modelRoom) bool { return !r.Public })
	if len(public) == 0 || c.oneIn(4) {
		return c.someoneAndRoom()
	}
	r := pick(c, public...)
	return []any{rarely[chat.Actor](c, c.outsiderOf(r), c.person()), r.ID}
}

func (c chooser) transferOwnership() []any {
	r := c.room()
	if r.OwnerID != nil && c.n(3) > 0 {
		return []any{*r.OwnerID, r.ID, c.memberOf(r)}
	}
	return []any{c.member(r), r.ID, c.memberOf(r)}
}

func (c chooser) eraseUser() []any {
	user := c.user()
	successors := map[uuid.UUID]chat.UserID{}
	for _, r := range c.livingRooms() {
		if same(r.OwnerID, user) && c.n(4) > 0 {
			if others := slices.DeleteFunc(slices.Sorted(maps.Keys(r.members)), func(u chat.UserID) bool {
				return u == user
			}); len(others) > 0 {
				successors[r.ID] = pick(c, others...)
			}
		}
	}
	if c.oneIn(12) {
		successors[c.room().ID] = c.user()
	}
	return []any{rarely[chat.Actor](c, chat.System, c.person()), user, chat.EraseOptions{Successors: successors}}
}

func (c chooser) roomUser() []any {
	r := c.room()
	return []any{c.member(r), r.ID, c.memberOf(r)}
}

func (c chooser) userPages() []any {
	r := c.room()
	return []any{c.member(r), r.ID, c.limit()}
}

func (c chooser) roomPages() []any {
	if c.oneIn(16) {
		return []any{c.person(), chat.RoomsQuery{Type: "party"}}
	}
	yes := c.oneIn(2)
	query := chat.RoomsQuery{
		Type: pick(c, "", "", chat.Group, chat.PrivateMessages, chat.Channel), Hidden: c.oneIn(3), Unread: c.oneIn(4),
		Muted: pick(c, nil, nil, &yes), Pinned: pick(c, nil, nil, &yes), Page: chat.Page{Limit: c.limit()},
	}
	return []any{c.person(), query}
}

// markUnread is mostly of a message that was read.
func (c chooser) markUnread() []any {
	r := c.written()
	actor := c.member(r)
	last := len(r.messages)
	if user, is := actor.(chat.UserID); is && r.members[user] != nil {
		last = rarely(c, int(r.members[user].LastReadNumber), last)
	}
	return []any{actor, r.ID, rarely(c, int64(1+c.n(last+1)), 0, -1, 1<<40)}
}

func (c chooser) markRead() []any {
	r := c.written()
	return []any{c.member(r), r.ID, rarely(c, int64(c.n(len(r.messages)+2)), -1, 1<<40)}
}
