package model_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/go-df/chat"
)

// What goes through everything, whose ids are in the order in which things were made.

func (o *oracle) AllRooms(actor chat.Actor, filter chat.RoomFilter) (rooms []chat.Room, err error) {
	if filter.UserID == badUser {
		return nil, invalid("user_id")
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	for _, r := range o.rooms {
		if r.DeletedAt == nil && r.has(user) && (filter.Type == "" || filter.Type == r.Type) && (filter.UserID == "" || r.members[filter.UserID] != nil) {
			rooms = append(rooms, *r.seenWithMentions(user))
		}
	}
	slices.SortFunc(rooms, func(a, b chat.Room) int { return byID(a.ID, b.ID) })
	return rooms, nil
}

func (o *oracle) AllRoomUsers(actor chat.Actor, filter chat.RoomUserFilter) (members []chat.RoomUser, err error) {
	if filter.UserID == badUser {
		return nil, invalid("user_id")
	}
	viewer, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	if filter.RoomID != nil {
		if _, err := o.inside(viewer, *filter.RoomID); err != nil {
			return nil, err
		}
	}
	for _, r := range o.rooms {
		if r.DeletedAt != nil || !r.has(viewer) || filter.RoomID != nil && r.ID != *filter.RoomID || filter.RoomType != "" && r.Type != filter.RoomType {
			continue
		}
		for _, user := range slices.Sorted(maps.Keys(r.members)) {
			if filter.UserID == "" || filter.UserID == user {
				members = append(members, *r.membership(user, viewer))
			}
		}
	}
	slices.SortStableFunc(members, func(a, b chat.RoomUser) int { return byID(a.RoomID, b.RoomID) })
	return members, nil
}

func (o *oracle) AllMessages(actor chat.Actor, filter chat.MessageFilter) (messages []chat.Message, err error) {
	if filter.Author == badUser {
		return nil, invalid("author")
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	if filter.RoomID != nil {
		if _, err := o.inside(user, *filter.RoomID); err != nil {
			return nil, err
		}
	}
	for _, r := range o.rooms {
		if r.DeletedAt != nil || !r.has(user) || filter.RoomID != nil && r.ID != *filter.RoomID || filter.RoomType != "" && r.Type != filter.RoomType {
			continue
		}
		for _, m := range r.messages {
			if r.shows(user, m) && (filter.Author == "" || same(m.UserID, filter.Author)) {
				messages = append(messages, *r.shown(m, user))
			}
		}
	}
	slices.SortFunc(messages, func(a, b chat.Message) int { return byID(a.ID, b.ID) })
	return messages, nil
}

func (o *oracle) AllMedia(actor chat.Actor, filter chat.MediaFilter) (media []chat.Media, err error) {
	if filter.UserID == badUser {
		return nil, invalid("user_id")
	}
	if _, err := o.who(actor); err != nil {
		return nil, err
	}
	for _, m := range o.media {
		if seen, err := o.Media(actor, m.ID); err == nil && (filter.UserID == "" || same(m.UserID, filter.UserID)) {
			media = append(media, *seen)
		}
	}
	slices.SortFunc(media, func(a, b chat.Media) int { return byID(a.ID, b.ID) })
	return media, nil
}

// MessageByPages is MessagesBy, page after page.
func (o *oracle) MessageByPages(actor chat.Actor, user chat.UserID, limit int) ([][]chat.Message, error) {
	if user == badUser {
		return nil, invalid("user_id")
	}
	messages, err := o.AllMessages(actor, chat.MessageFilter{Author: user})
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	slices.Reverse(messages)
	return paged(messages, size), nil
}

// MediaByPages is MediaBy, page after page.
func (o *oracle) MediaByPages(actor chat.Actor, user chat.UserID, limit int) ([][]chat.Media, error) {
	media, err := o.AllMedia(actor, chat.MediaFilter{UserID: user})
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	slices.Reverse(media)
	return paged(media, size), nil
}

// Digest is made of what each user sees themselves.
func (o *oracle) Digest(in chat.DigestQuery) (users []chat.UserUnread, err error) {
	if in.UnseenFor < 0 {
		return nil, invalid("unseen_for")
	}
	for n := 1; n <= modelUsers; n++ {
		u := chat.UserUnread{UserID: modelUser(n)}
		seen, member := o.lastSeen(u.UserID)
		u.LastSeenAt = seen
		at := cmp.Or(seen, &member)
		if in.UnseenFor > 0 && at.After(o.now.Add(-in.UnseenFor)) {
			continue
		}
		for _, room := range o.inbox(u.UserID, func(r *chat.Room) bool {
			return r.Unread > 0 && !r.Me.Muted && (in.RoomType == "" || in.RoomType == r.Type)
		}) {
			u.Total, u.Mentions = u.Total+room.Unread, u.Mentions+room.MentionCount
			u.Rooms = append(u.Rooms, chat.RoomUnread{Room: room, Messages: o.firstUnread(room, min(in.Messages, o.limits.PageMax))})
		}
		slices.SortFunc(u.Rooms, func(a, b chat.RoomUnread) int { return b.Room.LastMessageAt.Compare(*a.Room.LastMessageAt) })
		for i := range u.Rooms {
			u.Rooms[i].Room.LastMessage, u.Rooms[i].Room.OtherMember = nil, nil
		}
		if len(u.Rooms) > 0 {
			users = append(users, u)
		}
	}
	return users, nil
}

// lastSeen is when a user was last seen in any room, and since when they are in one.
func (o *oracle) lastSeen(user chat.UserID) (seen *time.Time, member time.Time) {
	for _, r := range o.rooms {
		me := r.members[user]
		if me == nil {
			continue
		}
		if member.IsZero() || me.CreatedAt.Before(member) {
			member = me.CreatedAt
		}
		if me.LastSeenAt != nil && (seen == nil || me.LastSeenAt.After(*seen)) {
			seen = me.LastSeenAt
		}
	}
	return seen, member
}

func (o *oracle) firstUnread(room chat.Room, limit int) (messages []chat.Message) {
	if limit == 0 {
		limit = 3
	}
	r, user, after := o.living(room.ID), room.Me.UserID, room.Me.LastReadNumber
	if room.Me.MarkedUnread != nil {
		after = *room.Me.MarkedUnread - 1
	}
	for _, m := range r.messages {
		if m.Number <= after || m.Deleted() || same(m.UserID, user) || len(messages) == limit {
			continue
		}
		message := *r.shown(m, user)
		for i := range message.Reactions {
			message.Reactions[i].Mine = nil
		}
		messages = append(messages, message)
	}
	return messages
}
