package model_test

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (o *oracle) Room(actor chat.Actor, room uuid.UUID) (*chat.Room, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r := o.living(room)
	if r == nil || !r.has(user) && !r.Public {
		return nil, chat.ErrNotFound
	}
	return r.seenWithMentions(user), nil
}

// inbox is a user's rooms, pinned ones first, and then the one that was last written to.
func (o *oracle) inbox(user chat.UserID, asked func(*chat.Room) bool) (rooms []chat.Room) {
	for _, r := range o.rooms {
		if r.DeletedAt == nil && r.members[user] != nil {
			if seen := r.seenWithMentions(user); asked(seen) {
				rooms = append(rooms, *seen)
			}
		}
	}
	active := func(r chat.Room) time.Time {
		if r.LastMessageAt != nil {
			return *r.LastMessageAt
		}
		return r.CreatedAt
	}
	slices.SortFunc(rooms, func(a, b chat.Room) int {
		if a.Me.Pinned != b.Me.Pinned {
			return map[bool]int{true: -1, false: 1}[a.Me.Pinned]
		}
		return active(b).Compare(active(a))
	})
	return rooms
}

// RoomPages is Rooms, page after page.
func (o *oracle) RoomPages(actor chat.Actor, query chat.RoomsQuery) ([][]chat.Room, error) {
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(query.Limit)
	if err != nil {
		return nil, err
	}
	if kind := query.Type; kind != "" && kind != chat.PrivateMessages && kind != chat.Group && kind != chat.Channel {
		return nil, invalid("type")
	}
	return paged(o.inbox(user, func(r *chat.Room) bool {
		return (query.Type == "" || query.Type == r.Type) && query.Hidden == r.Me.Hidden &&
			(query.Muted == nil || *query.Muted == r.Me.Muted) && (query.Pinned == nil || *query.Pinned == r.Me.Pinned) &&
			(!query.Unread || r.Unread > 0 || r.Me.MarkedUnread != nil)
	}), size), nil
}

func (o *oracle) Unread(actor chat.Actor) (*chat.Unread, error) {
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	all := &chat.Unread{}
	for _, r := range o.inbox(user, func(*chat.Room) bool { return true }) {
		some := int64(0)
		if r.Unread > 0 || r.Me.MarkedUnread != nil {
			some = 1
		}
		all.TotalWithMuted, all.RoomsWithMuted = all.TotalWithMuted+r.Unread, all.RoomsWithMuted+some
		all.MentionsWithMuted += r.MentionCount
		if !r.Me.Muted {
			all.Mentions += r.MentionCount
			all.Total, all.Rooms = all.Total+r.Unread, all.Rooms+some
		}
	}
	return all, nil
}
