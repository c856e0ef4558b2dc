package model_test

import (
	"maps"
	"slices"

	"github.com/go-df/chat"
)

// EraseUser takes a user out of everything, deleted rooms too.
func (o *oracle) EraseUser(actor chat.Actor, user chat.UserID, in chat.EraseOptions) error {
	if user == badUser {
		return invalid("user_id")
	}
	by, err := o.who(actor)
	if err != nil {
		return err
	}
	if by != system {
		return chat.ErrForbidden
	}
	for room, successor := range in.Successors {
		r := o.living(room)
		if r == nil || !same(r.OwnerID, user) || successor == user || r.members[successor] == nil {
			return invalid("successors")
		}
	}
	for _, r := range o.rooms {
		if r.DeletedAt == nil && r.knows(user) {
			successor, named := in.Successors[r.ID]
			o.loseUser(r, user, successor, named)
		}
		r.erase(user)
	}
	for _, m := range o.media {
		if same(m.UserID, user) {
			if !o.bound(m) {
				m.State = chat.MediaReleased
			}
			m.UserID = nil
		}
	}
	return nil
}

// knows: the user is a member or restricted, wrote here, or reacted here.
func (r *modelRoom) knows(user chat.UserID) bool {
	return r.members[user] != nil || r.denied[user] != 0 || r.bans[user] != nil || slices.ContainsFunc(r.messages, func(m *modelMessage) bool {
		return same(m.UserID, user) || slices.Contains(m.mentions, user) || m.pin != nil && same(m.pin.UserID, user) || slices.ContainsFunc(m.reactions, func(x *chat.Reaction) bool { return x.UserID == user })
	})
}

// loseUser is what a room that is not deleted does when the user is erased.
func (o *oracle) loseUser(r *modelRoom, user, successor chat.UserID, named bool) {
	if same(r.OwnerID, user) && !named {
		o.end(r, system)
		return
	}
	r.UpdatedAt = o.now
	if same(r.OwnerID, user) {
		r.OwnerID = &successor
		o.log(r, chat.OwnerChanged, system, nil, &successor)
	}
	if same(r.PrivateA, user) || same(r.PrivateB, user) {
		r.PrivateA, r.PrivateB = nil, nil
	}
	o.log(r, chat.AuthorErased, system, nil, nil)
}

// erase empties every reference to the user.
func (r *modelRoom) erase(user chat.UserID) {
	if r.members[user] != nil && r.DeletedAt == nil {
		r.MemberCount--
	}
	delete(r.members, user)
	delete(r.denied, user)
	delete(r.bans, user)
	for ban := range maps.Values(r.bans) {
		if same(ban.BannedBy, user) {
			ban.BannedBy = nil
		}
	}
	for member := range maps.Values(r.members) {
		if same(member.CreatedBy, user) {
			member.CreatedBy = nil
		}
	}
	for _, m := range r.messages {
		if same(m.UserID, user) {
			m.UserID, m.AuthorKind, m.ClientID, m.input = nil, chat.AuthorKindErased, nil, nil
		}
		m.mentions = slices.DeleteFunc(m.mentions, func(u chat.UserID) bool { return u == user })
		if m.pin != nil && same(m.pin.UserID, user) {
			m.pin.UserID = nil
		}
		m.reactions = slices.DeleteFunc(m.reactions, func(x *chat.Reaction) bool { return x.UserID == user })
	}
	for i := range r.events {
		e := &r.events[i]
		if same(e.UserID, user) {
			e.UserID = nil
		}
		if same(e.ActorID, user) {
			e.ActorID = nil
		}
	}
}
