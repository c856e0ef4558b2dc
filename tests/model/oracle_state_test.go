package model_test

import (
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// settle makes of a member's row what is so by now.
func (r *modelRoom) settle(member *chat.RoomUser) {
	if member.MutedUntil != nil && !r.now.Before(*member.MutedUntil) {
		member.Muted, member.MutedUntil = false, nil
	}
	newer := member.HiddenNumber != nil && r.LastNumber > *member.HiddenNumber
	member.Hidden = member.HiddenNumber != nil && (member.Muted || !newer)
}

// keep changes what a member does with the room in their own list.
func (r *modelRoom) keep(member *chat.RoomUser, patch chat.RoomUserPatch) {
	r.settle(member)
	if !member.Hidden { // it came back
		member.HiddenNumber = nil
	}
	member.Hidden = false // the row has none
	if patch.Muted != nil {
		member.Muted, member.MutedUntil = *patch.Muted, nil
	}
	if patch.MutedUntil != nil {
		until := *patch.MutedUntil
		member.Muted, member.MutedUntil = true, &until
	}
	if patch.Hidden != nil {
		member.HiddenNumber = nil
		if number := r.LastNumber; *patch.Hidden {
			member.HiddenNumber = &number
		}
	}
	if patch.Pinned != nil {
		member.Pinned = *patch.Pinned
	}
}

// unread counts one by one.
func (r *modelRoom) unread(member *chat.RoomUser) (count int64) {
	for _, m := range r.messages {
		after := m.Number > member.LastReadNumber || member.MarkedUnread != nil && m.Number >= *member.MarkedUnread
		if after && !m.Deleted() && !same(m.UserID, member.UserID) {
			count++
		}
	}
	return count
}

func (o *oracle) MarkUnread(actor chat.Actor, room uuid.UUID, number int64) (*chat.RoomUser, error) {
	if number < 1 {
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
	me.MarkedUnread = nil
	number = max(number, me.JoinedNumber+1, r.FirstNumber)
	if number <= me.LastReadNumber {
		me.MarkedUnread = &number
	}
	marked := r.membership(user, user)
	marked.Unread = r.unread(me)
	return marked, nil
}
