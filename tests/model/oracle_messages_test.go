package model_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (o *oracle) checkNewMessage(in *chat.NewMessage) (err error) {
	if err := o.checkText(in.Text); err != nil {
		return err
	}
	if blank(in.Text) && len(in.MediaIDs) == 0 {
		return invalid("text")
	}
	if len(in.MediaIDs) > o.limits.MediaPerMessage {
		return tooLarge("media_ids")
	}
	for i, id := range in.MediaIDs {
		if slices.Index(in.MediaIDs, id) < i {
			return invalid(fmt.Sprintf("media_ids[%d]", i))
		}
	}
	if strings.Contains(in.ClientID, "\x00") {
		return invalid("client_id")
	}
	if len(in.ClientID) > 255 {
		return tooLarge("client_id")
	}
	if in.Metadata, err = o.checkMetadata(in.Metadata); err != nil {
		return err
	}
	in.Mentions, err = o.checkMentions(in.Mentions)
	return err
}

func (o *oracle) SendMessage(actor chat.Actor, room uuid.UUID, in chat.NewMessage) (*chat.Message, error) {
	if err := o.checkNewMessage(&in); err != nil {
		return nil, err
	}
	author, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(author, room)
	if err != nil {
		return nil, err
	}
	first := r.sentBefore(author, in.ClientID)
	if first != nil && first.repeats(in) && r.shows(author, first) { // also of those who may write no more
		return r.shown(first, author), nil
	}
	if author != system && (!r.may(author, chat.CanCreateMessages) || r.halfEmpty()) {
		return nil, chat.ErrForbidden
	}
	if first != nil {
		return nil, chat.ErrConflict
	}
	if !r.mayWriteAgain(author, o.now) {
		return nil, chat.ErrTooSoon
	}
	if err := r.checkReply(author, in.ReplyToID); err != nil {
		return nil, err
	}
	media, err := o.checkUploads(author, in.MediaIDs)
	if err != nil {
		return nil, err
	}
	return r.shown(o.post(r, author, in, media), author), nil
}

// sentBefore is the message that a client id stands for.
func (r *modelRoom) sentBefore(author chat.UserID, clientID string) *modelMessage {
	for _, m := range r.messages {
		mine := m.UserID == nil && author == system || same(m.UserID, author)
		if clientID != "" && mine && same(m.ClientID, clientID) {
			return m
		}
	}
	return nil
}

// repeats compares with what the message was sent with, whatever has become of it.
func (m *modelMessage) repeats(in chat.NewMessage) bool {
	var reply, replied uuid.UUID
	if in.ReplyToID != nil {
		reply = *in.ReplyToID
	}
	if m.input.ReplyToID != nil {
		replied = *m.input.ReplyToID
	}
	return in.Text == m.input.Text && sameJSON(in.Metadata, m.input.Metadata) && reply == replied &&
		slices.Equal(in.MediaIDs, m.input.MediaIDs) && slices.Equal(in.Mentions, m.input.Mentions) && in.MentionRoom == m.input.MentionRoom
}

// sameJSON compares values. The model's numbers are small.
func sameJSON(a, b chat.Metadata) bool {
	var x, y any
	return len(a) == len(b) && len(a) == 0 ||
		json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func (r *modelRoom) checkReply(author chat.UserID, id *uuid.UUID) error {
	if id == nil {
		return nil
	}
	for _, m := range r.messages {
		switch {
		case m.ID != *id || !r.shows(author, m):
		case m.Deleted():
			return chat.ErrConflict
		default:
			return nil
		}
	}
	return invalid("reply_to_id")
}

func (o *oracle) post(r *modelRoom, author chat.UserID, in chat.NewMessage, media []*chat.Media) *modelMessage {
	r.LastNumber++
	r.LastMessageAt = o.stamp()
	m := &modelMessage{media: media, Message: chat.Message{
		ID: o.newID(), RoomID: r.ID, Number: r.LastNumber, UserID: ref(author), AuthorKind: chat.AuthorKindUser, Text: in.Text, ReplyToID: in.ReplyToID,
		Metadata: in.Metadata, CreatedAt: o.now,
	}}
	if author == system {
		m.AuthorKind = chat.AuthorKindSystem
	}
	m.mentions, m.everybody = r.mentionable(in.Mentions, m.UserID), in.MentionRoom
	if in.ClientID != "" {
		m.ClientID, m.input = &in.ClientID, &in
	}
	r.messages = append(r.messages, m)
	if member := r.members[author]; member != nil {
		member.LastReadNumber, member.LastSeenAt, member.MarkedUnread, member.LastSentAt = m.Number, o.stamp(), nil, o.stamp()
	}
	o.log(r, chat.MessageCreated, author, &m.ID, nil)
	return m
}

func (o *oracle) EditMessage(actor chat.Actor, message uuid.UUID, patch chat.MessagePatch) (*chat.Message, error) {
	if patch.Text != nil {
		if err := o.checkText(*patch.Text); err != nil {
			return nil, err
		}
	}
	if patch.Metadata != nil {
		kept, err := o.checkMetadata(*patch.Metadata)
		if err != nil {
			return nil, err
		}
		patch.Metadata = &kept
	}
	if patch.Mentions != nil {
		users, err := o.checkMentions(*patch.Mentions)
		if err != nil {
			return nil, err
		}
		patch.Mentions = &users
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, m, err := o.find(user, message)
	if err != nil {
		return nil, err
	}
	allowed := r.may(user, chat.CanEditMessages)
	if user != system && same(m.UserID, user) {
		allowed = r.may(user, chat.CanEditOwnMessages|chat.CanCreateMessages) && !r.halfEmpty()
	}
	switch {
	case !allowed:
		return nil, chat.ErrForbidden
	case m.Deleted():
		return nil, chat.ErrConflict
	}
	return o.rewrite(r, m, user, patch)
}

func (o *oracle) rewrite(r *modelRoom, m *modelMessage, user chat.UserID, patch chat.MessagePatch) (*chat.Message, error) {
	text, metadata := m.Text, m.Metadata
	if patch.Text != nil {
		text = *patch.Text
	}
	if patch.Metadata != nil {
		metadata = *patch.Metadata
	}
	if blank(text) && len(m.media) == 0 {
		return nil, invalid("text")
	}
	mentions, everybody := m.mentions, m.everybody
	if patch.Mentions != nil {
		mentions = r.mentionable(*patch.Mentions, m.UserID)
	}
	if patch.MentionRoom != nil {
		everybody = *patch.MentionRoom
	}
	if text != m.Text || string(metadata) != string(m.Metadata) || !slices.Equal(mentions, m.mentions) || everybody != m.everybody {
		m.mentions, m.everybody = mentions, everybody
		m.Text, m.Metadata, m.EditedAt = text, metadata, o.stamp()
		o.log(r, chat.MessageEdited, user, &m.ID, nil)
	}
	return r.shown(m, user), nil
}

func (o *oracle) DeleteMessage(actor chat.Actor, message uuid.UUID) error {
	user, err := o.who(actor)
	if err != nil {
		return err
	}
	r, m, err := o.find(user, message)
	if err != nil {
		return err
	}
	needed := chat.CanDeleteMessages
	if user != system && same(m.UserID, user) {
		needed = chat.CanDeleteOwnMessages
	}
	switch {
	case !r.may(user, needed):
		return chat.ErrForbidden
	case m.Deleted():
		return nil
	}
	o.bury(r, m, user)
	return nil
}

// bury makes a tombstone.
func (o *oracle) bury(r *modelRoom, m *modelMessage, by chat.UserID) {
	m.releaseMedia()
	m.media, m.reactions, m.mentions, m.everybody, m.pin = nil, nil, nil, false, nil
	m.Text, m.Metadata, m.ReplyToID, m.DeletedAt = "", nil, nil, o.stamp()
	o.log(r, chat.MessageDeleted, by, &m.ID, nil)
}

// DeleteMessages is the host's.
func (o *oracle) DeleteMessages(filter chat.MessageFilter) (deleted int, err error) {
	switch {
	case filter == (chat.MessageFilter{}):
		return 0, invalid("filter")
	case filter.Author == badUser:
		return 0, invalid("author")
	case filter.RoomID != nil && o.living(*filter.RoomID) == nil:
		return 0, chat.ErrNotFound
	}
	for _, r := range o.rooms {
		if r.DeletedAt != nil || filter.RoomID != nil && r.ID != *filter.RoomID || filter.RoomType != "" && r.Type != filter.RoomType {
			continue
		}
		for _, m := range r.messages {
			if !m.Deleted() && (filter.Author == "" || same(m.UserID, filter.Author)) {
				o.bury(r, m, system)
				deleted++
			}
		}
	}
	return deleted, nil
}

// Retain removes the oldest messages of each room for good, up to the first that is young
// enough.
func (o *oracle) Retain(age time.Duration) (removed int, err error) {
	if age < 0 {
		return 0, invalid("retention[0].age")
	}
	for _, r := range o.rooms {
		old := 0
		for age > 0 && r.DeletedAt == nil && old < len(r.messages) && r.messages[old].CreatedAt.Before(o.now.Add(-age)) {
			r.messages[old].releaseMedia()
			old++
		}
		if old == 0 {
			continue
		}
		for _, m := range r.messages[old:] {
			if slices.ContainsFunc(r.messages[:old], func(x *modelMessage) bool { return same(m.ReplyToID, x.ID) }) {
				m.ReplyToID = nil
			}
		}
		r.messages, r.FirstNumber = r.messages[old:], r.FirstNumber+int64(old)
		o.log(r, chat.MessagesRemoved, system, nil, nil)
		removed += old
	}
	return removed, nil
}

func (m *modelMessage) releaseMedia() {
	for _, medium := range m.media {
		medium.State = chat.MediaReleased
	}
}

func (o *oracle) Message(actor chat.Actor, message uuid.UUID) (*chat.Message, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, m, err := o.find(user, message)
	if err != nil {
		return nil, err
	}
	return r.shown(m, user), nil
}

func (o *oracle) Messages(actor chat.Actor, room uuid.UUID, at chat.HistoryQuery) (*chat.MessagesPage, error) {
	given := 0
	for i, number := range []*int64{at.Before, at.After, at.Around} {
		if number == nil {
			continue
		}
		if given++; given > 1 || *number < 0 {
			return nil, invalid([]string{"before", "after", "around"}[i])
		}
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	limit, err := o.pageSize(at.Limit)
	if err != nil {
		return nil, err
	}
	r, err := o.inside(user, room)
	if err != nil {
		return nil, err
	}
	removed := int(r.FirstNumber - 1)
	hidden := max(int(r.joined(user)), removed)
	from, to := r.stretch(at, hidden, limit)
	page := &chat.MessagesPage{HasBefore: from > hidden, HasAfter: to < int(r.LastNumber)}
	for _, m := range r.messages[from-removed : max(from, to)-removed] {
		page.Items = append(page.Items, *r.shown(m, user))
	}
	return page, nil
}

// stretch is which of a room's messages, counted from the first that ever was, of which the
// first hidden ones do not exist for the reader, are on a page.
func (r *modelRoom) stretch(at chat.HistoryQuery, hidden, limit int) (from, to int) {
	all := int(r.LastNumber)
	within := func(number int64) int { return max(hidden, min(all, int(min(number, 1<<30)))) }
	switch {
	case at.Before != nil:
		to = within(*at.Before - 1)
		return max(hidden, to-limit), to
	case at.After != nil:
		from = within(*at.After)
		return from, min(all, from+limit)
	case at.Around != nil:
		middle := max(hidden, within(*at.Around)-1)
		from = max(hidden, middle-limit/2)
		return from, min(all, from+limit)
	}
	return max(hidden, all-limit), all
}
