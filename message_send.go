package chat

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// NewMessage is a message to be sent. It needs media or a text with something to see in it.
type NewMessage struct {
	// Text is at most Limits.TextCharacters and Limits.TextBytes, without control
	// characters other than tabs and line breaks (LF, CR).
	Text string
	// MediaIDs are uploads of the actor's own that are in no message yet, in the
	// order to show them, at most Limits.MediaPerMessage.
	MediaIDs []uuid.UUID
	// ReplyToID is the id of a message of the same room that this one replies to, and that
	// the actor sees.
	ReplyToID *uuid.UUID
	// ClientID makes the call safe to repeat: a second message of the same actor in
	// the same room with the same ClientID is not stored, and the first is returned as it
	// is by now, edited or deleted, also to a member who may write no more. With other
	// content than the first was sent with, or where the first is from before the actor came
	// back (see HistoryJoined), it is ErrConflict; metadata are compared as
	// JSON values, numbers by their exact decimal values. At most 255 bytes. Defaults to
	// none.
	ClientID string
	// Metadata is a JSON object of the host's, at most Limits.MetadataBytes.
	Metadata Metadata
	// Mentions are the users that the message mentions, at most
	// Limits.MentionsPerMessage: the text is not searched for them. Who is no member of
	// the room, the author, and repeats are left out.
	Mentions []UserID
	// MentionRoom mentions everybody who is in the room. In rooms of more than 20 members
	// it needs can_edit_room.
	MentionRoom bool
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
		return tooLarge("media_ids", CodeTooMany, int64(l.MediaPerMessage), "media a message")
	}
	for i, id := range in.MediaIDs {
		if slices.Contains(in.MediaIDs[:i], id) {
			return invalid(mediaField(i), CodeDuplicate, "is there twice")
		}
	}
	if reason := unstorableTextReason(in.ClientID); reason != "" {
		return invalid("client_id", CodeInvalidText, "%s", reason)
	}
	if len(in.ClientID) > clientIDBytes {
		return tooLarge("client_id", CodeTooLong, clientIDBytes, "bytes")
	}
	return l.checkMetadata(&in.Metadata)
}

func mediaField(i int) string { return "media_ids[" + strconv.Itoa(i) + "]" }

// SendMessage adds a message to a room, numbers it, and marks everything up to it
// as read by its author. It needs can_create_messages. In a room with a SlowMode, members
// without can_delete_messages wait between two messages; a repeat with a client id is
// no second message.
//
// It returns when ctx ends, and within some six seconds in any case outside of a host's
// transaction, Hooks.Before aside. With an error of ctx, as with one of the database that is not retryable,
// the message may be stored all the same: to send it again is safe with its ClientID.
//
// Errors: ErrNotFound, ErrForbidden, ErrInvalid (media that are not the actor's,
// a reply to another room), ErrTooLarge, ErrTooSoon, ErrConflict when a media item is in use, the
// replied-to message was deleted, or the client id came before with another input.
func (s *Service) SendMessage(ctx context.Context, actor Actor, room uuid.UUID, in NewMessage) (*Message, error) {
	if err := in.validate(s.config.Limits); err != nil {
		return nil, err
	}
	var err error
	if in.Mentions, err = s.config.mentionedIDs(in.Mentions); err != nil {
		return nil, err
	}
	p, err := s.principalOf(actor)
	if err != nil {
		return nil, err
	}
	one, err := newSend(p, room, in)
	if err != nil {
		return nil, err
	}
	if s.config.Hooks.Before != nil {
		if repeated, err := s.beforeSend(ctx, one); repeated != nil || err != nil {
			return repeated, err
		}
	}
	if one, err = s.store(ctx, one); err != nil {
		return nil, err
	}
	switch one.state {
	case sendRefused:
		return nil, one.err
	case sendRepeated: // as it is by now, and as this actor sees it
		repeated, err := s.Message(ctx, actor, one.message.ID)
		if errors.Is(err, ErrNotFound) && one.message.ID == one.id { // it says that nothing is stored
			err = &outage{ErrUnavailable, errUnseen}
		}
		return repeated, err
	}
	return one.message, nil
}

// send is one message on its way: what was asked for, and what has become of it.
type send struct {
	sender principal
	room   uuid.UUID
	group  string // what Config.SendContextKey has returned
	in     NewMessage
	// inputHash is of what the caller gave, and "" without a client id.
	inputHash string
	id        uuid.UUID // of the message, the same in every try, so that no two tries store it twice
	// doubtful says that a write of the message failed so that it may be stored all the same.
	doubtful bool
	outcome
	done chan struct{} // closed when the outcome is final
}

// newSend takes a valid input as the caller gave it, and copies what the caller may
// change after an early return.
func newSend(sender principal, room uuid.UUID, in NewMessage) (*send, error) {
	inputHash, err := in.hash()
	if err != nil {
		return nil, err
	}
	in.MediaIDs = slices.Clone(in.MediaIDs)
	in.Metadata = slices.Clone(in.Metadata)
	if in.ReplyToID != nil {
		id := *in.ReplyToID
		in.ReplyToID = &id
	}
	return &send{sender: sender, room: room, in: in, inputHash: inputHash, done: make(chan struct{})}, nil
}

// outcome is what has become of a send. A batch decides state; it is settled when that
// is final.
//
//	state         message    err   settled
//	sendPending   nil        nil   never
//	sendRoomLocked      nil        nil   never: the send goes on in a batch that waits for its room
//	sendBlocked   nil        nil   once the transaction that found it has ended: the caller
//	                               sends again, with the same id
//	sendAccepted  the new    nil   once it is committed
//	sendRepeated  the first  nil   once the transaction that found it has ended
//	sendRefused   nil        why   once the transaction that decided it has ended, or when
//	                               it is not known whether it is stored
//
// What is not settled when a try has failed is pending again in the next.
type outcome struct {
	state   sendState
	message *Message
	err     error
	settled bool
	newID   bool  // the id of the send was made by this try
	denied  error // why a member may not send anything new; a repeat is returned all the same
}

type sendState int

const (
	sendPending    sendState = iota // nothing is decided yet
	sendRoomLocked                  // another transaction has the room's lock
	sendBlocked                     // another transaction has the lock of the author's row, their membership or media
	sendAccepted                    // numbered, and written with the batch
	sendRepeated                    // stored before: under the same client id, or by a try whose response was lost
	sendRefused
)

func (o *outcome) accept(m *Message)   { o.state, o.message = sendAccepted, m }
func (o *outcome) repeatOf(m *Message) { o.state, o.message = sendRepeated, m }
func (o *outcome) refuse(err error)    { o.state, o.message, o.err = sendRefused, nil, err }

// settle makes the outcome of a send final.
func (s *send) settle() {
	if !s.settled {
		s.settled = true
		close(s.done)
	}
}

// Settled is part of sendq.Item.
func (s *send) Settled() <-chan struct{} { return s.done }

var (
	errDoubtful = errors.New("chat: it is not known whether the message is stored")
	errUnseen   = errors.New("chat: the message is stored, and its author sees the room no longer")
)

// unlessStored is err, which says that nothing is stored, unless the message may be.
func (s *send) unlessStored(err error) error {
	if s.doubtful {
		return &outage{ErrUnavailable, errDoubtful}
	}
	return err
}

// Fail settles a send whose transaction failed, unless it is settled. Of a message that
// may be stored all the same the error is not retryable: sent again it would be there twice.
func (s *send) Fail(err error) {
	if s.settled {
		return
	}
	if IsRetryable(err) {
		err = s.unlessStored(err)
	}
	s.refuse(err)
	s.settle()
}

// store decides a send, and stores the message if it is accepted: in the host's
// transaction or, where there is none, in a group with what others send meanwhile.
func (s *Service) store(ctx context.Context, one *send) (*send, error) {
	if s.tx != nil {
		_, err := transact(ctx, s, func(c *conn) (struct{}, error) {
			b := &batch{conn: c, sends: []*send{one}, wait: true}
			return struct{}{}, b.store()
		})
		return one, err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return nil, err
	}
	if s.config.SendContextKey != nil {
		one.group = s.config.SendContextKey(ctx)
	}
	began := time.Now()
	for try := 1; ; try++ {
		if err := s.state.sends.Do(ctx, one.room, one.group, one); err != nil {
			return nil, err
		}
		if one.state != sendBlocked {
			return one, nil
		}
		if time.Since(began) > lockTimeout {
			return nil, one.unlessStored(&retryableError{err: errSenderLocked, lockTimeout: true})
		}
		if err := pause(ctx, min(try, blockedTries)); err != nil {
			return nil, err
		}
		one = &send{sender: one.sender, room: one.room, group: one.group, in: one.in, inputHash: one.inputHash, id: one.id, doubtful: one.doubtful, done: make(chan struct{})}
	}
}

// blockedTries bounds the pause before a blocked send is tried again: pause doubles it
// with each try.
const blockedTries = 4

var errSenderLocked = errors.New("chat: the author's rows stayed locked by another transaction")
