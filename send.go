package chat

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// NewMessage is a message to be sent. It needs a text or media.
type NewMessage struct {
	// Text is at most Limits.TextCharacters and Limits.TextBytes.
	Text string
	// MediaIDs are uploads of the actor's own that are in no message yet, in the
	// order to show them, at most Limits.MediaPerMessage.
	MediaIDs []uuid.UUID
	// ReplyToID is a message of the same room that this one answers.
	ReplyToID *uuid.UUID
	// ClientID makes the call safe to repeat: a second message of the same actor in
	// the same room with the same ClientID is not stored, and the first is returned.
	// At most 255 bytes. Defaults to none.
	ClientID string
	// Metadata is a JSON object of the host's, at most Limits.MetadataBytes.
	Metadata Metadata
}

const clientIDBytes = 255

func (in *NewMessage) validate(l Limits) error {
	if err := l.checkText(in.Text); err != nil {
		return err
	}
	if err := checkBody(in.Text, len(in.MediaIDs)); err != nil {
		return err
	}
	if len(in.MediaIDs) > l.MediaPerMessage {
		return tooLarge("media_ids", int64(l.MediaPerMessage), "media a message")
	}
	for i, id := range in.MediaIDs {
		if slices.Contains(in.MediaIDs[:i], id) {
			return invalid(mediaField(i), "is there twice")
		}
	}
	if reason := notText(in.ClientID); reason != "" {
		return invalid("client_id", "%s", reason)
	}
	if len(in.ClientID) > clientIDBytes {
		return tooLarge("client_id", clientIDBytes, "bytes")
	}
	return l.checkMetadata(&in.Metadata)
}

func mediaField(i int) string { return "media_ids[" + strconv.Itoa(i) + "]" }

// SendMessage adds a message to a room, numbers it, and marks everything up to it
// as read by its author. It needs can_create_messages.
//
// Errors: ErrNotFound, ErrForbidden, ErrInvalid (media that are not the actor's,
// a reply to another room), ErrTooLarge, ErrConflict when a medium is in use, the
// replied-to message was deleted, or the client id came before with another body.
func (s *Service) SendMessage(ctx context.Context, actor Actor, room uuid.UUID, in NewMessage) (*Message, error) {
	if err := in.validate(s.config.Limits); err != nil {
		return nil, err
	}
	w, err := s.principalOf(actor)
	if err != nil {
		return nil, err
	}
	one := &send{actor: w, room: room, in: in}
	if s.tx != nil {
		err = s.write(ctx, actor, func(c *call) error { return c.store(one) })
	} else {
		err = s.queue(ctx, one)
	}
	if err == nil {
		err = one.err
	}
	switch {
	case err != nil:
		return nil, err
	case one.repeat: // as it is by now, and as this actor sees it
		return s.Message(ctx, actor, one.message.ID)
	}
	return one.message, nil
}

// send is one message of a batch on its way, and what became of it.
type send struct {
	actor principal
	room  uuid.UUID
	in    NewMessage

	message *Message // stored, or the first one when this is a repeat
	repeat  bool     // the message was sent before
	err     error    // why it was refused
	held    bool     // somebody else has the room's lock

	id      uuid.UUID // of the message, the same in every try, so that none stores it twice
	settled bool      // what has become of it stands, whatever becomes of the others
}

// open reports whether nothing has become of it yet.
func (s *send) open() bool { return s.message == nil && s.err == nil && !s.held }

// forget makes as if nothing had become of it.
func (s *send) forget() { s.message, s.repeat, s.err, s.held = nil, false, nil, false }

// store stores messages in a host's transaction.
func (c *call) store(sends ...*send) error {
	b := &batch{call: c, sends: sends, wait: true}
	return b.store()
}

// store stores any number of messages in any number of rooms with a constant number
// of statements. Each send has its own outcome; an error is the whole batch's.
func (b *batch) store() error {
	b.stored = nil // of a try before
	for _, s := range b.sends {
		s.forget()
	}
	for _, step := range []func() error{b.lock, b.look, b.readTried, b.readRepeats, b.readReplies, b.lockMedia} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, s := range b.sends {
		if s.open() {
			s.message, s.err = b.accept(s)
		}
	}
	return b.write()
}

// batch is what store knows of the messages at hand.
type batch struct {
	*call
	sends   []*send
	wait    bool // for rooms that somebody else has locked, rather than leave them out
	free    bool // of locks: what changed since it was read is found when it is written
	locked  map[uuid.UUID]bool
	rooms   map[uuid.UUID]*Room
	seen    map[uuid.UUID]int64 // the rooms' last_seq as it was read
	members map[memberKey]*RoomUser
	first   map[clientKey]*Message // the message that a client id stands for
	replies map[uuid.UUID]*repliedTo
	media   map[uuid.UUID]*Media // the ready ones that are named
	used    map[uuid.UUID]bool   // those of them that are in a message or a room already

	stored  []stored
	changed map[uuid.UUID]bool // rooms that changed after they were read: nothing was written to them
}

// stored is a message that was accepted, and the place of its event.
type stored struct {
	*Message
	seq int64
}

type memberKey struct {
	room uuid.UUID
	user UserID
}

type clientKey struct {
	memberKey
	client string
}

func (s *send) member() memberKey { return memberKey{s.room, s.actor.id} }
func (s *send) client() clientKey { return clientKey{s.member(), s.in.ClientID} }

// readTried finds the messages that an earlier try has stored, and whose answer was lost.
func (b *batch) readTried() error {
	tried := make(map[uuid.UUID]*send)
	for _, s := range b.sends {
		if s.open() && s.id != uuid.Nil {
			tried[s.id] = s
		}
	}
	if len(tried) == 0 {
		return nil
	}
	known, err := all(b.call, scanMessage, "SELECT "+messageColumns+" FROM chat_messages WHERE id "+b.among(), jsonArray(keys(tried)))
	for i, m := range known {
		tried[m.ID].message, tried[m.ID].repeat = &known[i], true
	}
	return err
}

// readRepeats finds the messages that were sent before under the same client ids.
func (b *batch) readRepeats() error {
	var wanted []object
	for _, s := range b.sends {
		if s.open() && s.in.ClientID != "" {
			wanted = append(wanted, object{"room_id": s.room, "client_id": s.in.ClientID})
		}
	}
	b.first = make(map[clientKey]*Message, len(wanted))
	if len(wanted) == 0 {
		return nil
	}
	known, err := all(b.call, scanMessage, "SELECT "+messageColumns+` FROM chat_messages
		WHERE (room_id, client_id) IN (SELECT j.room_id, j.client_id FROM `+b.records("room_id uuid", "client_id text")+")",
		jsonArray(wanted))
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*Message, len(known))
	for i, m := range known {
		byID[m.ID] = &known[i]
		author := UserID("")
		if m.UserID != nil {
			author = *m.UserID
		}
		b.first[clientKey{memberKey{m.RoomID, author}, *m.ClientID}] = &known[i]
	}
	return b.showMedia(byID) // what repeats compares
}

type repliedTo struct {
	MessageHead
	room uuid.UUID
}

func (b *batch) readReplies() error {
	var ids []uuid.UUID
	for _, s := range b.sends {
		if s.open() && s.in.ReplyToID != nil {
			ids = append(ids, *s.in.ReplyToID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := all(b.call, func(rows row) (repliedTo, error) {
		var r repliedTo
		err := rows.Scan(&r.ID, &r.room, &r.Number, &r.UserID, &r.Text, scanTime(&r.DeletedAt))
		return r, err
	}, "SELECT id, room_id, number, user_id, text, deleted_at FROM chat_messages WHERE id "+b.among(), jsonArray(ids))
	if err != nil {
		return err
	}
	b.replies = make(map[uuid.UUID]*repliedTo, len(found))
	for i := range found {
		b.replies[found[i].ID] = &found[i]
	}
	return nil
}

// accept settles one message: a repeat, a refusal, or the next number of its room.
func (b *batch) accept(s *send) (*Message, error) {
	if s.in.ClientID != "" {
		if first := b.first[s.client()]; first != nil {
			s.repeat = true
			return first, s.in.repeats(first)
		}
	}
	if s.id == uuid.Nil {
		s.id = newID()
	}
	m := &Message{
		ID: s.id, RoomID: s.room, UserID: s.actor.nullableID(), Text: s.in.Text, ReplyToID: s.in.ReplyToID,
		Metadata: s.in.Metadata, CreatedAt: b.now,
	}
	if s.in.ReplyToID != nil {
		replied := b.replies[*s.in.ReplyToID]
		switch {
		case replied == nil || replied.room != s.room:
			return nil, invalid("reply_to_id", "is not a message of this room")
		case replied.DeletedAt != nil:
			return nil, conflict("the message replied to was deleted")
		}
		head := replied.MessageHead
		m.ReplyTo = &head
	}
	if err := b.takeMedia(m, s); err != nil {
		return nil, err
	}
	room := b.rooms[s.room]
	room.LastNumber++
	room.LastSeq++
	m.Number = room.LastNumber
	if s.in.ClientID != "" {
		m.ClientID = &s.in.ClientID
		b.first[s.client()] = m
	}
	b.stored = append(b.stored, stored{m, room.LastSeq})
	return m, nil
}

// repeats compares a message with the one that its client id stands for. What was
// edited or deleted since cannot be compared.
func (in *NewMessage) repeats(first *Message) error {
	if first.EditedAt != nil || first.Deleted() {
		return nil
	}
	same := in.Text == first.Text && string(in.Metadata) == string(first.Metadata) &&
		(in.ReplyToID == nil) == (first.ReplyToID == nil) && len(in.MediaIDs) == len(first.Media)
	if same && in.ReplyToID != nil {
		same = *in.ReplyToID == *first.ReplyToID
	}
	for i := 0; same && i < len(in.MediaIDs); i++ {
		same = in.MediaIDs[i] == first.Media[i].ID
	}
	if !same {
		return conflict("the client id was used for another message")
	}
	return nil
}
