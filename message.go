package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/textrule"
)

// Message is a row of chat_messages and what comes with it on a page.
type Message struct {
	ID         uuid.UUID  `gorm:"column:id;primaryKey;type:uuid;-:migration" json:"id"`
	RoomID     uuid.UUID  `gorm:"column:room_id;<-:create;-:migration" json:"room_id"`
	Number     int64      `gorm:"column:number;<-:create;-:migration" json:"number"`   // 1, 2, 3… in the room, without gaps
	UserID     *UserID    `gorm:"column:user_id;<-:create;-:migration" json:"user_id"` // the author; nil unless AuthorKind is AuthorKindUser
	AuthorKind AuthorKind `gorm:"column:author_kind;<-:create;-:migration" json:"author_kind"`
	Text       string     `gorm:"column:text;<-:create;-:migration" json:"text"`
	ReplyToID  *uuid.UUID `gorm:"column:reply_to_id;<-:create;-:migration" json:"reply_to_id"`
	ClientID   *string    `gorm:"column:client_id;<-:create;-:migration" json:"client_id"`
	Metadata   Metadata   `gorm:"column:metadata;<-:create;-:migration" json:"metadata"`
	CreatedAt  time.Time  `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`
	EditedAt   *time.Time `gorm:"column:edited_at;<-:create;-:migration" json:"edited_at"`
	DeletedAt  *time.Time `gorm:"column:deleted_at;<-:create;-:migration" json:"deleted_at"` // set on a tombstone, whose content was removed

	Media     []Media         `gorm:"-" json:"media"`     // in the sender's order
	Reactions []ReactionCount `gorm:"-" json:"reactions"` // the first reaction first
	ReplyTo   *MessageHead    `gorm:"-" json:"reply_to"`  // the message that this one replies to

	Mentions    []UserID `gorm:"-" json:"mentions"`     // the users that it mentions, in its author's order
	MentionRoom bool     `gorm:"-" json:"mention_room"` // it mentions everybody in the room
	ReplyCount  int64    `gorm:"-" json:"reply_count"`  // how many messages reply to it
}

// AuthorKind is what kind of author a message has.
type AuthorKind string

// The kinds of authors.
const (
	AuthorKindUser   AuthorKind = "user"   // the user whose id is UserID
	AuthorKindSystem AuthorKind = "system" // System, the host's own code
	AuthorKindErased AuthorKind = "erased" // a user whom EraseUser has removed
)

// TableName is the messages' table.
func (Message) TableName() string { return "chat_messages" }

// Deleted reports whether the message is a tombstone.
func (m *Message) Deleted() bool { return m.DeletedAt != nil }

// ChangedAt is when the message got the content it has: when it was deleted, last
// edited, or else created. It is what MessagePatch.IfChangedAt names.
func (m *Message) ChangedAt() time.Time {
	switch {
	case m.DeletedAt != nil:
		return *m.DeletedAt
	case m.EditedAt != nil:
		return *m.EditedAt
	}
	return m.CreatedAt
}

// unchanged reports whether something was last changed when the caller thinks.
func unchanged(known *time.Time, changed time.Time) bool {
	return known == nil || known.Equal(changed)
}

// MessageHead is what a reply shows of the message that it replies to, and a room of its
// last message.
type MessageHead struct {
	ID         uuid.UUID  `json:"id"`
	Number     int64      `json:"number"`
	UserID     *UserID    `json:"user_id"` // as Message.UserID
	AuthorKind AuthorKind `json:"author_kind"`
	Text       string     `json:"text"`
	Metadata   Metadata   `json:"metadata"`
	Media      *Media     `json:"media"`       // the first media item, nil when there is none
	MediaCount int        `json:"media_count"` // how many media items there are
	CreatedAt  time.Time  `json:"created_at"`
	EditedAt   *time.Time `json:"edited_at"`
	DeletedAt  *time.Time `json:"deleted_at"` // set on a tombstone, as Message.DeletedAt
}

// headColumns are what is read of a message m for its head, with headMedia, which joins its
// first media item.
const headColumns = `m.id, m.number, m.user_id, m.author_kind, m.text, m.metadata, m.created_at, m.edited_at, m.deleted_at,
		CASE WHEN x.message_id IS NULL THEN 0 ELSE (SELECT COUNT(*) FROM chat_message_media y WHERE y.message_id = m.id) END`

func headMedia(d dialect.Dialect) string {
	return d.LeftJoinRow("chat_message_media", "x", "x.message_id = m.id AND x.sequence = 0") + d.LeftJoinRow("chat_media", "f", "f.id = x.media_id")
}

// optionalHead scans the head of a message that an outer join may have left out.
type optionalHead struct {
	head      MessageHead
	id        *uuid.UUID
	number    *int64
	kind      *AuthorKind
	text      *string
	createdAt *time.Time
	media     optionalMedia
}

// fields are where headColumns and the columns of the media item are scanned into.
func (o *optionalHead) fields() []any {
	return append([]any{
		&o.id, &o.number, &o.head.UserID, &o.kind, &o.text, &o.head.Metadata, scanTime(&o.createdAt), scanTime(&o.head.EditedAt),
		scanTime(&o.head.DeletedAt), &o.head.MediaCount,
	}, o.media.fields()...)
}

// of returns a copy of the head, nil when there is none.
func (o *optionalHead) of() *MessageHead {
	if o.id == nil {
		return nil
	}
	head := o.head
	head.ID, head.Number, head.AuthorKind, head.Text, head.CreatedAt = *o.id, *o.number, *o.kind, *o.text, *o.createdAt
	head.Media = o.media.of()
	return &head
}

const messageColumns = "id, room_id, number, user_id, author_kind, text, reply_to_id, client_id, metadata, created_at, edited_at, deleted_at"

func (m *Message) fields() []any {
	return []any{
		&m.ID, &m.RoomID, &m.Number, &m.UserID, &m.AuthorKind, &m.Text, &m.ReplyToID, &m.ClientID, &m.Metadata,
		scanRequiredTime(&m.CreatedAt), scanTime(&m.EditedAt), scanTime(&m.DeletedAt),
	}
}

func scanMessage(rows row) (Message, error) {
	var m Message
	err := rows.Scan(m.fields()...)
	return m, err
}

// checkText refuses a text that cannot be kept or is over a limit. It may be empty.
func (l Limits) checkText(text string) error {
	if reason := invalidTextReason(text); reason != "" {
		return invalid("text", CodeInvalidText, "%s", reason)
	}
	if len(text) > l.TextBytes {
		return tooLarge("text", CodeTooLong, int64(l.TextBytes), "bytes")
	}
	if utf8.RuneCountInString(text) > l.TextCharacters {
		return tooLarge("text", CodeTooLong, int64(l.TextCharacters), "characters")
	}
	return nil
}

// checkBody refuses a message without media and with nothing to see in its text.
func checkBody(body string, media int) error {
	if media == 0 && !textrule.Visible(body) {
		return invalid("text", CodeRequired, "is empty, and there are no media")
	}
	return nil
}

// MessagePatch is what to change of a message; a nil field is left as it is.
type MessagePatch struct {
	// Text may be set to empty in a message with media.
	Text *string
	// Metadata replaces the whole object; a pointer to none removes it.
	Metadata *Metadata
	// Mentions replaces the users that the message mentions; as in NewMessage.
	Mentions *[]UserID
	// MentionRoom is whether the message mentions everybody; as in NewMessage.
	MentionRoom *bool
	// IfChangedAt is when the message was last edited, or else created, as far as
	// the caller knows: if that is no longer so, nothing is changed. Defaults to
	// nil: whatever it is.
	IfChangedAt *time.Time
}

// validate works on a copy, so that what it tidies does not reach the caller.
func (patch MessagePatch) validate(l Limits) (MessagePatch, error) {
	if patch.Text != nil {
		if err := l.checkText(*patch.Text); err != nil {
			return patch, err
		}
	}
	if patch.Metadata != nil {
		copied := *patch.Metadata
		patch.Metadata = &copied
		return patch, l.checkMetadata(&copied)
	}
	return patch, nil
}

// EditMessage changes the text, metadata or mentions of a message and stamps EditedAt. One's
// own needs can_edit_own_messages and can_create_messages, another's
// can_edit_messages; to mention everybody is as in NewMessage. A patch that changes nothing
// does nothing.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict on a tombstone, ErrPrecondition,
// ErrInvalid, ErrTooLarge.
func (s *Service) EditMessage(ctx context.Context, actor Actor, message uuid.UUID, patch MessagePatch) (*Message, error) {
	patch, err := patch.validate(s.config.Limits)
	if err != nil {
		return nil, err
	}
	if patch.Mentions != nil {
		mentions, err := s.config.mentionedIDs(*patch.Mentions)
		if err != nil {
			return nil, err
		}
		patch.Mentions = &mentions
	}
	if s.config.Hooks.Before != nil {
		if patch, err = s.beforeEdit(ctx, actor, message, patch); err != nil {
			return nil, err
		}
	}
	return changeMessage(ctx, s, actor, message, opEdit, func(p *roomScope, m *messageTarget) (*Message, error) {
		if !unchanged(patch.IfChangedAt, m.ChangedAt()) {
			return nil, ErrPrecondition
		}
		return m.Message, p.edit(m.Message, patch)
	})
}

func (p *roomScope) edit(m *Message, patch MessagePatch) error {
	text, metadata := m.Text, m.Metadata
	if patch.Text != nil {
		text = *patch.Text
	}
	if patch.Metadata != nil {
		metadata = *patch.Metadata
	}
	if err := checkBody(text, len(m.Media)); err != nil {
		return err
	}
	if p.pending != nil && (patch.Mentions != nil || patch.MentionRoom != nil) { // rows take the place of others, in two statements
		return errNeedsLock
	}
	mentions, err := p.editMentions(m, patch.Mentions, patch.MentionRoom)
	if err != nil || !mentions && text == m.Text && string(metadata) == string(m.Metadata) {
		return err
	}
	at := later(p.now, m.ChangedAt())
	m.Text, m.Metadata, m.EditedAt = text, metadata, &at
	if _, err := p.exec("UPDATE chat_messages SET text = ?, metadata = ?, edited_at = ?, words = "+p.words("?")+" WHERE id = ?",
		text, metadata, at, p.keptWords(m.RoomID, m.Number, text), m.ID); err != nil {
		return err
	}
	if mentions {
		if err := p.replaceMentions(m); err != nil {
			return err
		}
	}
	p.record(MessageEdited, &m.ID, nil)
	return p.save()
}

// DeleteMessage turns a message into a tombstone: its number, author and time stay,
// its text, media, reactions, mentions and metadata go, and it is pinned no more. One's own needs
// can_delete_own_messages, another's can_delete_messages. Deleting it again does
// nothing.
//
// Errors: ErrNotFound, ErrForbidden.
func (s *Service) DeleteMessage(ctx context.Context, actor Actor, message uuid.UUID) error {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &DeleteMessageOperation{operationOn(byMessage, message), message}, nil
	}); err != nil {
		return err
	}
	_, err := changeMessage(ctx, s, actor, message, opDelete, func(p *roomScope, m *messageTarget) (struct{}, error) {
		if m.Deleted() {
			return struct{}{}, nil
		}
		return struct{}{}, p.tombstones(m.Message)
	})
	return err
}

// own: nobody owns what System, or somebody who was erased, wrote.
func (p *roomScope) own(m *Message) bool { return m.UserID != nil && *m.UserID == p.actor.id }

// Message returns one message with all that a page shows of it.
//
// Errors: ErrNotFound.
func (s *Service) Message(ctx context.Context, actor Actor, message uuid.UUID) (*Message, error) {
	return read(ctx, s, actor, func(c *call) (*Message, error) { return c.readMessage(message) })
}
