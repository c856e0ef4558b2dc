package model_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// oracle is the chat as the design describes it, in plain maps and slices: no
// database, no locks, and its own reading of the rules. Its methods have the names
// and the arguments of Service's, without the context.
type oracle struct {
	now       time.Time // of the operation at hand
	limits    chat.Limits
	reactions map[string]string // what may be said, and how it is spelled
	exclusive bool              // one reaction a user and message

	made    uint64 // ids handed out
	rooms   []*modelRoom
	media   []*chat.Media
	content map[uuid.UUID]string
}

// modelRoom is a room's row and all that is in it.
type modelRoom struct {
	chat.Room
	now      *time.Time // the oracle's
	members  map[chat.UserID]*chat.RoomUser
	denied   map[chat.UserID]chat.Permissions
	bans     map[chat.UserID]*chat.Ban // also those that are over
	messages []*modelMessage           // those that are kept: the one numbered n at n-FirstNumber
	events   []chat.Event
}

type modelMessage struct {
	chat.Message
	input     *chat.NewMessage // what it was sent with, where a client id stands for it
	media     []*chat.Media
	reactions []*chat.Reaction
	mentions  []chat.UserID
	everybody bool // is mentioned
	pin       *chat.Pin
}

// refusal is the oracle's error: one of the sentinels, and the field that a
// *chat.FieldError would name.
type refusal struct {
	kind  error
	field string
}

func (r refusal) Error() string { return strings.TrimSpace(r.kind.Error() + " " + r.field) }
func (r refusal) Unwrap() error { return r.kind }

func invalid(field string) error  { return refusal{chat.ErrInvalid, field} }
func tooLarge(field string) error { return refusal{chat.ErrTooLarge, field} }

// The oracle's ids count up, so that a failure reads well and repeats exactly.
func modelID(n uint64) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

func (o *oracle) newID() uuid.UUID {
	o.made++
	return modelID(o.made)
}

// stamp is the time as nullable columns have it.
func (o *oracle) stamp() *time.Time {
	now := o.now
	return &now
}

// system is how the oracle writes chat.System among users.
const system chat.UserID = ""

// badUser is an id that no kind of user ids allows.
const badUser chat.UserID = "me"

func (o *oracle) who(actor chat.Actor) (chat.UserID, error) {
	switch a := actor.(type) {
	case nil:
		return "", chat.ErrUnauthenticated
	case chat.UserID:
		switch a {
		case "":
			return "", chat.ErrUnauthenticated
		case badUser:
			return "", invalid("actor")
		}
		return a, nil
	default:
		return system, nil
	}
}

// person is who, for what System cannot do because it is about oneself.
func (o *oracle) person(actor chat.Actor) (chat.UserID, error) {
	user, err := o.who(actor)
	if err == nil && user == system {
		err = invalid("actor")
	}
	return user, err
}

// ref is a user as nullable columns have it.
func ref(user chat.UserID) *chat.UserID {
	if user == system {
		return nil
	}
	return &user
}

func same[T comparable](p *T, value T) bool { return p != nil && *p == value }

// living is a room that was not deleted, or nil.
func (o *oracle) living(id uuid.UUID) *modelRoom {
	for _, r := range o.rooms {
		if r.ID == id && r.DeletedAt == nil {
			return r
		}
	}
	return nil
}

func (r *modelRoom) has(user chat.UserID) bool { return user == system || r.members[user] != nil }

// shows reports whether the user is in the room and came before the message, or the room
// showed newcomers its history when they came.
func (r *modelRoom) shows(user chat.UserID, m *modelMessage) bool {
	return r.has(user) && m.Number > r.joined(user)
}

// joined is the number of the last message that does not exist for the user.
func (r *modelRoom) joined(user chat.UserID) int64 {
	if member := r.members[user]; member != nil && user != system {
		return member.JoinedNumber
	}
	return 0
}

// inside is the room for those who may look into it. Others learn of a public room
// that they may not, and of another nothing.
func (o *oracle) inside(user chat.UserID, id uuid.UUID) (*modelRoom, error) {
	r := o.living(id)
	switch {
	case r == nil:
		return nil, chat.ErrNotFound
	case r.has(user):
		return r, nil
	case r.Public:
		return nil, chat.ErrForbidden
	}
	return nil, chat.ErrNotFound
}

// find is a message, of a room that the user may look into.
func (o *oracle) find(user chat.UserID, id uuid.UUID) (*modelRoom, *modelMessage, error) {
	for _, r := range o.rooms {
		for _, m := range r.messages {
			if m.ID == id && r.DeletedAt == nil && r.shows(user, m) {
				return r, m, nil
			}
		}
	}
	return nil, nil, chat.ErrNotFound
}

// findReaction is a reaction, where and as find finds messages.
func (o *oracle) findReaction(user chat.UserID, id uuid.UUID) (*modelRoom, *modelMessage, *chat.Reaction, error) {
	for _, r := range o.rooms {
		for _, m := range r.messages {
			for _, x := range m.reactions {
				if x.ID == id && r.DeletedAt == nil && r.shows(user, m) {
					return r, m, x, nil
				}
			}
		}
	}
	return nil, nil, nil, chat.ErrNotFound
}

// rights are a member's effective permissions.
func (r *modelRoom) rights(user chat.UserID) chat.Permissions {
	member := r.members[user]
	switch {
	case user == system || same(r.OwnerID, user):
		return chat.AllPermissions
	case member == nil:
		return chat.NoPermissions
	case member.Permissions != nil:
		return *member.Permissions
	}
	return r.DefaultPermissions
}

func (r *modelRoom) may(user chat.UserID, needed chat.Permissions) bool {
	return r.rights(user)&needed == needed
}

func (r *modelRoom) private() bool { return r.Type == chat.PrivateMessages }

// halfEmpty is a private room that lost one of its two.
func (r *modelRoom) halfEmpty() bool { return r.private() && r.PrivateA == nil }

// log adds an event.
func (o *oracle) log(r *modelRoom, kind chat.EventKind, actor chat.UserID, message *uuid.UUID, about *chat.UserID) {
	r.LastSeq++
	r.events = append(r.events, chat.Event{
		RoomID: r.ID, Seq: r.LastSeq, Kind: kind, MessageID: message, UserID: about, ActorID: ref(actor), CreatedAt: o.now,
	})
}

// enrol makes a member, who has nothing unread.
func (o *oracle) enrol(r *modelRoom, by, user chat.UserID, permissions *chat.Permissions) {
	member := &chat.RoomUser{
		RoomID: r.ID, UserID: user, Permissions: permissions, CreatedBy: ref(by), LastReadNumber: r.LastNumber, CreatedAt: o.now,
	}
	if r.HistoryVisibility == chat.HistoryJoined {
		member.JoinedNumber = r.LastNumber
	}
	r.members[user] = member
	r.MemberCount++
}

// membership is how viewer sees a member.
func (r *modelRoom) membership(user, viewer chat.UserID) *chat.RoomUser {
	member := *r.members[user]
	member.Owner = same(r.OwnerID, user)
	member.Effective = r.rights(user)
	r.settle(&member)
	if member.MarkedUnread != nil && member.LastReadNumber < r.FirstNumber { // none of what it was on is left
		member.MarkedUnread = nil
	}
	if member.MarkedUnread != nil {
		marked := max(*member.MarkedUnread, r.FirstNumber)
		member.MarkedUnread = &marked
	}
	if viewer != user && viewer != system {
		member.Muted, member.MutedUntil, member.HiddenNumber, member.Hidden = false, nil, nil, false
		member.Pinned, member.MarkedUnread, member.LastSentAt = false, nil, nil
		if member.LastReadNumber <= r.joined(viewer) || len(r.members) > receiptMembers {
			member.LastReadNumber = 0
		}
		if me := r.members[viewer]; r.Public && same(me.CreatedBy, viewer) && !same(r.OwnerID, viewer) {
			member.LastSeenAt = nil // the viewer came by themselves
		}
	}
	return &member
}

// seen is the room as viewer sees it.
func (r *modelRoom) seen(viewer chat.UserID) *chat.Room {
	room := r.Room
	if member := r.members[viewer]; member != nil {
		room.Me = r.membership(viewer, viewer)
		room.Unread = r.unread(member)
		switch {
		case same(r.PrivateA, viewer):
			room.Other = r.PrivateB
		case same(r.PrivateB, viewer):
			room.Other = r.PrivateA
		}
		if room.Other != nil {
			room.OtherMember = r.membership(*room.Other, viewer)
		}
	}
	if len(r.messages) > 0 && r.has(viewer) && r.shows(viewer, r.messages[len(r.messages)-1]) {
		room.LastMessage = r.messages[len(r.messages)-1].head()
	}
	return &room
}

// bare is a message with its media.
func (m *modelMessage) bare() chat.Message {
	message := m.Message
	for _, medium := range m.media {
		message.Media = append(message.Media, *medium)
	}
	return message
}

// head is what a reply and a list of rooms show of a message.
func (m *modelMessage) head() *chat.MessageHead {
	head := &chat.MessageHead{
		ID: m.ID, Number: m.Number, UserID: m.UserID, AuthorKind: m.AuthorKind, Text: m.Text, Metadata: m.Metadata,
		MediaCount: len(m.media), CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
	}
	if len(m.media) > 0 {
		first := *m.media[0]
		head.Media = &first
	}
	return head
}

// shown is a message with all that a page shows.
func (r *modelRoom) shown(m *modelMessage, viewer chat.UserID) *chat.Message {
	message := m.bare()
	if m.ReplyToID != nil {
		head := r.messages[slices.IndexFunc(r.messages, func(x *modelMessage) bool { return x.ID == *m.ReplyToID })]
		if !r.shows(viewer, head) {
			message.ReplyToID = nil
			return r.reacted(&message, m, viewer)
		}
		message.ReplyTo = head.head()
	}
	return r.reacted(&message, m, viewer)
}

// reacted adds the counts of a message's reactions and replies, and whom it mentions.
func (r *modelRoom) reacted(message *chat.Message, m *modelMessage, viewer chat.UserID) *chat.Message {
	message.Mentions, message.MentionRoom = slices.Clone(m.mentions), m.everybody
	for _, x := range r.messages {
		if same(x.ReplyToID, m.ID) {
			message.ReplyCount++
		}
	}
	for _, x := range m.reactions { // the oldest first
		i := slices.IndexFunc(message.Reactions, func(c chat.ReactionCount) bool { return c.Reaction == x.Reaction })
		if i < 0 {
			i = len(message.Reactions)
			message.Reactions = append(message.Reactions, chat.ReactionCount{Reaction: x.Reaction})
		}
		message.Reactions[i].Count++
		if given := &message.Reactions[i].Users; len(*given) < 5 {
			*given = append(*given, x.UserID)
		}
		if x.UserID == viewer {
			message.Reactions[i].Mine = &x.ID
		}
	}
	return message
}

// paged cuts a list into the pages that a client would follow.
func paged[T any](items []T, size int) [][]T {
	pages := slices.Collect(slices.Chunk(items, size))
	if len(pages) == 0 {
		pages = [][]T{nil}
	}
	return pages
}

func (o *oracle) pageSize(limit int) (int, error) {
	if limit < 0 {
		return 0, invalid("limit")
	}
	return min(cmp.Or(limit, o.limits.PageSize), o.limits.PageMax), nil
}

// checkLine checks a name, a description or a text: what cannot be stored, and what
// is too long.
func checkLine(field, text string, limit int) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b"):
		return invalid(field)
	case utf8.RuneCountInString(text) > limit:
		return tooLarge(field)
	}
	return nil
}

// blank: the model's texts have few characters that cannot be seen.
func blank(text string) bool { return strings.Trim(text, " \n\u200b\u3164\u202e") == "" }

func (o *oracle) checkText(text string) error {
	if len(text) > o.limits.TextBytes {
		return tooLarge("text")
	}
	return checkLine("text", text, o.limits.TextCharacters)
}

// checkMetadata returns the object as it is kept.
func (o *oracle) checkMetadata(given chat.Metadata) (chat.Metadata, error) {
	kept := bytes.TrimSpace(given)
	switch {
	case len(kept) == 0 || string(kept) == "null":
		return nil, nil
	case len(kept) > o.limits.MetadataBytes:
		return nil, tooLarge("metadata")
	case kept[0] != '{' || !json.Valid(kept):
		return nil, invalid("metadata")
	}
	return kept, nil
}

// knownBits refuses what is no set of permissions anywhere.
func knownBits(field string, p *chat.Permissions) error {
	if p != nil && *p&^chat.AllPermissions != 0 {
		return invalid(field)
	}
	return nil
}

// grantable refuses what groups and channels cannot give.
func grantable(field string, p *chat.Permissions) error {
	if p != nil && *p&chat.CanDeleteRoom != 0 {
		return invalid(field)
	}
	return knownBits(field, p)
}

// checkUsers checks people who are to become members, and drops repeats.
func (o *oracle) checkUsers(users []chat.NewRoomUser) (kept []chat.NewRoomUser, err error) {
	if len(users) > o.limits.UsersPerCall {
		return nil, tooLarge("members")
	}
	for i, u := range users {
		if u.UserID == badUser {
			return nil, invalid(fmt.Sprintf("members[%d].user_id", i))
		}
		if err := grantable(fmt.Sprintf("members[%d].permissions", i), u.Permissions); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(kept, func(k chat.NewRoomUser) bool { return k.UserID == u.UserID }) {
			kept = append(kept, u)
		}
	}
	return kept, nil
}
