package model_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// checkMentions refuses what is no user id, and drops repeats.
func (o *oracle) checkMentions(given []chat.UserID) (users []chat.UserID, err error) {
	for i, user := range given {
		if user == badUser {
			return nil, invalid(fmt.Sprintf("mentions[%d]", i))
		}
		if !slices.Contains(users, user) {
			users = append(users, user)
		}
	}
	return users, nil
}

// mentionable are those of the users who are members, the author aside.
func (r *modelRoom) mentionable(users []chat.UserID, author *chat.UserID) (members []chat.UserID) {
	for _, user := range users {
		if r.members[user] != nil && !same(author, user) {
			members = append(members, user)
		}
	}
	return members
}

// mentions: by name, or with everybody unless the user wrote it.
func (m *modelMessage) mentionsUser(user chat.UserID) bool {
	return slices.Contains(m.mentions, user) || m.everybody && !same(m.UserID, user)
}

// mentionCount counts what the member has not read.
func (r *modelRoom) mentionCount(user chat.UserID) (count int64) {
	read := r.members[user].LastReadNumber
	if marked := r.members[user].MarkedUnread; marked != nil {
		read = *marked - 1
	}
	for _, m := range r.messages {
		if m.Number > read && m.mentionsUser(user) {
			count++
		}
	}
	return count
}

// seenWithMentions is seen with the count of mentions.
func (r *modelRoom) seenWithMentions(viewer chat.UserID) *chat.Room {
	room := r.seen(viewer)
	if r.members[viewer] != nil {
		room.MentionCount = r.mentionCount(viewer)
	}
	return room
}

// MentionPages is Mentions, page after page.
func (o *oracle) MentionPages(actor chat.Actor, limit int) ([][]chat.MessageHit, error) {
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	var found []chat.MessageHit
	for _, r := range o.rooms {
		member := r.members[user]
		if r.DeletedAt != nil || member == nil {
			continue
		}
		for _, m := range r.messages {
			if !r.shows(user, m) {
				continue
			}
			named := slices.Contains(m.mentions, user)
			if named || m.mentionsUser(user) && !m.CreatedAt.Before(member.CreatedAt) {
				room := r.seen(user)
				found = append(found, chat.MessageHit{Message: *r.shown(m, user), Room: room})
			}
		}
	}
	slices.SortFunc(found, func(a, b chat.MessageHit) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return paged(found, size), nil
}

// ReplyPages is Replies, page after page.
func (o *oracle) ReplyPages(actor chat.Actor, message uuid.UUID, limit int) ([][]chat.Message, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	r, m, err := o.find(user, message)
	if err != nil {
		return nil, err
	}
	var found []chat.Message
	for _, x := range r.messages {
		if same(x.ReplyToID, m.ID) {
			found = append(found, *r.shown(x, user))
		}
	}
	return paged(found, size), nil
}

// findToPin is a message, for who may pin.
func (o *oracle) findToPin(actor chat.Actor, message uuid.UUID) (*modelRoom, *modelMessage, chat.UserID, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, nil, user, err
	}
	r, m, err := o.find(user, message)
	if err == nil && !r.may(user, chat.CanEditRoom) {
		err = chat.ErrForbidden
	}
	return r, m, user, err
}

func (o *oracle) PinMessage(actor chat.Actor, message uuid.UUID) (*chat.Pin, error) {
	r, m, user, err := o.findToPin(actor, message)
	switch {
	case err != nil:
		return nil, err
	case user != system && r.halfEmpty():
		return nil, chat.ErrForbidden
	case m.Deleted():
		return nil, chat.ErrConflict
	}
	if m.pin == nil {
		m.pin = &chat.Pin{MessageID: m.ID, RoomID: r.ID, UserID: ref(user), CreatedAt: o.now}
		o.log(r, chat.MessagePinned, user, &m.ID, nil)
	}
	return r.shownPin(m, user), nil
}

func (r *modelRoom) shownPin(m *modelMessage, viewer chat.UserID) *chat.Pin {
	pin := *m.pin
	pin.Message = r.shown(m, viewer)
	return &pin
}

func (o *oracle) UnpinMessage(actor chat.Actor, message uuid.UUID) error {
	r, m, user, err := o.findToPin(actor, message)
	if err != nil {
		return err
	}
	if m.pin != nil {
		m.pin = nil
		o.log(r, chat.MessageUnpinned, user, &m.ID, nil)
	}
	return nil
}

func (o *oracle) Pins(actor chat.Actor, room uuid.UUID) ([]chat.Pin, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(user, room)
	if err != nil {
		return nil, err
	}
	var pins []chat.Pin
	for _, m := range r.messages {
		if m.pin != nil && r.shows(user, m) {
			pins = append(pins, *r.shownPin(m, user))
		}
	}
	slices.SortFunc(pins, func(a, b chat.Pin) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return pins, nil
}

// mayWriteAgain: a room's slow mode lets them.
func (r *modelRoom) mayWriteAgain(user chat.UserID, now time.Time) bool {
	member := r.members[user]
	return r.SlowMode == 0 || member == nil || member.LastSentAt == nil || r.may(user, chat.CanDeleteMessages) ||
		!now.Before(member.LastSentAt.Add(time.Duration(r.SlowMode)*time.Second))
}

// mention is a row of chat_mentions, but for its place.
type mention struct {
	RoomID uuid.UUID    `gorm:"column:room_id"`
	Number int64        `gorm:"column:number"`
	UserID *chat.UserID `gorm:"column:user_id"`
}

func (mention) TableName() string { return "chat_mentions" }

// mentionRows are the room's rows.
func (r *modelRoom) mentionRows() (rows []mention) {
	for _, m := range r.messages {
		for i := range m.mentions {
			rows = append(rows, mention{r.ID, m.Number, &m.mentions[i]})
		}
		if m.everybody {
			rows = append(rows, mention{r.ID, m.Number, nil})
		}
	}
	return rows
}

func byMention(a, b mention) int {
	user := func(m mention) chat.UserID {
		if m.UserID == nil {
			return ""
		}
		return *m.UserID
	}
	return cmp.Or(byID(a.RoomID, b.RoomID), cmp.Compare(a.Number, b.Number), cmp.Compare(user(a), user(b)))
}
