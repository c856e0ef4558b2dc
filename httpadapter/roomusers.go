package httpadapter

import (
	"time"

	"github.com/go-df/chat"
)

func roomUserList(r *request) (*response, error) {
	room, page := r.id("room"), r.page()
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.RoomUsers(r.Context(), r.actor, room, page)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.roomUser), v), nil
}

// roomUserCreate adds people. Who was there already is in the response too, which is
// why it is not 201.
func roomUserCreate(r *request) (*response, error) {
	room := r.id("room")
	in := readBody[struct {
		Members []newRoomUser `json:"members"`
	}](r)
	added := r.newRoomUsers(in.Members)
	if r.err != nil {
		return nil, r.err
	}
	members, err := r.h.svc.AddUsers(r.Context(), r.actor, room, added...)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(members, "", v.roomUser), v), nil
}

func roomUserRetrieve(r *request) (*response, error) {
	room, user := r.id("room"), r.userID()
	if r.err != nil {
		return nil, r.err
	}
	member, err := r.h.svc.RoomUser(r.Context(), r.actor, room, user)
	if err != nil {
		return nil, err
	}
	return roomUserShown(r, member), nil
}

func roomUserShown(r *request, member *chat.RoomUser) *response {
	v := r.view()
	return ok(v.roomUser(member), v)
}

type roomUserPatch struct {
	Permissions field[chat.Permissions] `json:"permissions"`
	Muted       field[bool]             `json:"muted"`
	MutedUntil  *time.Time              `json:"muted_until"`
	Hidden      field[bool]             `json:"hidden"`
	Pinned      field[bool]             `json:"pinned"`
}

// roomUserUpdate: null permissions are the room's default.
func roomUserUpdate(r *request) (*response, error) {
	room, user, in := r.id("room"), r.userID(), readBody[roomUserPatch](r)
	if r.err != nil {
		return nil, r.err
	}
	changes := chat.RoomUserPatch{
		Muted: in.Muted.or(false), MutedUntil: in.MutedUntil, Hidden: in.Hidden.or(false), Pinned: in.Pinned.or(false),
		ResetPermissions: in.Permissions.null,
	}
	if !in.Permissions.null {
		changes.Permissions = in.Permissions.or(0)
	}
	member, err := r.h.svc.UpdateRoomUser(r.Context(), r.actor, room, user, changes)
	if err != nil {
		return nil, err
	}
	return roomUserShown(r, member), nil
}

// roomUserDelete removes a member; of oneself, it is leaving.
func roomUserDelete(r *request) (*response, error) {
	room, user := r.id("room"), r.userID()
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.RemoveUser(r.Context(), r.actor, room, user); err != nil {
		return nil, err
	}
	return noContent(), nil
}

func roomUserRead(r *request) (*response, error) {
	room, number := r.id("room"), r.numberOfBody()
	if r.err != nil {
		return nil, r.err
	}
	me, err := r.h.svc.MarkRead(r.Context(), r.actor, room, number)
	if err != nil {
		return nil, err
	}
	return unreadShown(r, me), nil
}

func roomUserUnread(r *request) (*response, error) {
	room, number := r.id("room"), r.numberOfBody()
	if r.err != nil {
		return nil, r.err
	}
	me, err := r.h.svc.MarkUnread(r.Context(), r.actor, room, number)
	if err != nil {
		return nil, err
	}
	return unreadShown(r, me), nil
}

// unreadShown is the actor's membership with what is unread then.
func unreadShown(r *request, me *chat.RoomUser) *response {
	v := r.view()
	shown := v.roomUser(me)
	shown.Unread = &me.Unread
	return ok(shown, v)
}

// numberOfBody reads a body that is a message's number.
func (r *request) numberOfBody() int64 {
	in := readBody[struct {
		Number *int64 `json:"number"`
	}](r)
	if r.err == nil && in.Number == nil {
		r.fail(invalidField("number", chat.CodeRequired, "is missing"))
	}
	if r.err != nil {
		return 0
	}
	return *in.Number
}

func roomTyping(r *request) (*response, error) {
	room := r.id("room")
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.Typing(r.Context(), r.actor, room); err != nil {
		return nil, err
	}
	return noContent(), nil
}
