package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsonvalue"
)

// NewMessage is a message to be sent. It needs media or a text with something to see in it.
type NewMessage struct {
	// Text is at most Limits.TextCharacters and Limits.TextBytes, without control
	// characters other than tabs and line breaks (LF, CR).
	Text string
	// MediaIDs are uploads of the actor's own that are in no message yet, in the
	// order to show them, at most Limits.MediaPerMessage.
	MediaIDs []uuid.UUID
	// ReplyToID is a message of the same room that this one answers.
	ReplyToID *uuid.UUID
	// ClientID makes the call safe to repeat: a second message of the same actor in
	// the same room with the same ClientID is not stored, and the first is returned as it
	// is by now, edited or deleted, also to a member who may write no more. With other
	// content than the first was sent with it is ErrConflict; metadata are compared as
	// JSON values, numbers by their exact decimal values. At most 255 bytes. Defaults to
	// none.
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

// hash is the same of two inputs exactly if they ask for the same message. It is stored
// with the message, for a repeat to be compared with, whatever becomes of the message. It
// is "" without a client id.
func (in *NewMessage) hash() (string, error) {
	if in.ClientID == "" {
		return "", nil
	}
	metadata := in.Metadata
	if len(metadata) == 0 {
		metadata = Metadata("null") // as checkMetadata takes it
	}
	input, err := jsonvalue.Append(jsonvalue.AppendString(nil, in.Text), metadata)
	if err != nil {
		return "", err
	}
	reply := uuid.Nil
	if in.ReplyToID != nil {
		reply = *in.ReplyToID
	}
	input = append(input, reply[:]...)
	for _, id := range in.MediaIDs {
		input = append(input, id[:]...)
	}
	sum := sha256.Sum256(input)
	return hex.EncodeToString(sum[:16]), nil
}

// SendMessage adds a message to a room, numbers it, and marks everything up to it
// as read by its author. It needs can_create_messages.
//
// Errors: ErrNotFound, ErrForbidden, ErrInvalid (media that are not the actor's,
// a reply to another room), ErrTooLarge, ErrConflict when a media item is in use, the
// replied-to message was deleted, or the client id came before with another input.
func (s *Service) SendMessage(ctx context.Context, actor Actor, room uuid.UUID, in NewMessage) (*Message, error) {
	if err := in.validate(s.config.Limits); err != nil {
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
	if err := s.store(ctx, one); err != nil {
		return nil, err
	}
	switch one.state {
	case sendRefused:
		return nil, one.err
	case sendRepeated: // as it is by now, and as this actor sees it
		return s.Message(ctx, actor, one.message.ID)
	}
	return one.message, nil
}

// send is one message on its way: what was asked for, and what has become of it.
type send struct {
	sender principal
	room   uuid.UUID
	in     NewMessage
	// inputHash is of what the caller gave, and "" without a client id.
	inputHash string
	id        uuid.UUID // of the message, the same in every try, so that no two tries store it twice
	outcome
}

// newSend takes a valid input as the caller gave it.
func newSend(sender principal, room uuid.UUID, in NewMessage) (*send, error) {
	inputHash, err := in.hash()
	if err != nil {
		return nil, err
	}
	return &send{sender: sender, room: room, in: in, inputHash: inputHash}, nil
}

// outcome is what has become of a send. A batch decides state; it is settled when that
// is final.
//
//	state         message    err   settled
//	sendPending   nil        nil   never
//	sendHeld      nil        nil   never: the send goes on in a batch that waits for its room
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
	denied  error // why a member may not send anything new; a repeat is returned all the same
}

type sendState int

const (
	sendPending  sendState = iota // nothing is decided yet
	sendHeld                      // another transaction has the room's lock
	sendAccepted                  // numbered, and written with the batch
	sendRepeated                  // stored before: under the same client id, or by a try whose answer was lost
	sendRefused
)

func (o *outcome) accept(m *Message)   { o.state, o.message = sendAccepted, m }
func (o *outcome) repeatOf(m *Message) { o.state, o.message = sendRepeated, m }
func (o *outcome) refuse(err error)    { o.state, o.message, o.err = sendRefused, nil, err }

// fail settles a send whose transaction failed.
func (o *outcome) fail(err error) {
	o.refuse(err)
	o.settled = true
}

// store decides a send, and stores the message if it is accepted: in the host's
// transaction or, where there is none, in a group with what others send meanwhile.
func (s *Service) store(ctx context.Context, one *send) error {
	if s.tx != nil {
		_, err := transact(ctx, s, func(c *conn) (struct{}, error) {
			b := &batch{conn: c, sends: []*send{one}, wait: true}
			return struct{}{}, b.store()
		})
		return err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	return s.state.sends.Do(ctx, one.room, one)
}

// Concurrent sends meet in a queue and are committed in groups: under load one
// commit serves many messages, and a lone sender is a group of one.

const (
	sendBatch    = 256              // messages a transaction
	sendDeadline = 30 * time.Second // of a transaction
)

// sendLanes is how many groups are committed side by side. SQLite has one writer.
func sendLanes(d dialect.Dialect) int {
	if d == dialect.Postgres {
		return 2
	}
	return 1
}

// errBatchLost is what the others of a group get whose transaction panicked.
var errBatchLost = errors.New("chat: the group of messages that this one was in failed")

// commitSends settles a group, or what is not settled of it. Where the rest as a whole
// fails, each message is tried alone, so that one's fault is not the others'. It returns
// the rooms that it was not told to wait for and that others have locked.
func (s *Service) commitSends(ctx context.Context, group []*send, wait bool) (held []uuid.UUID) {
	deadline, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	done := false
	defer func() {
		if done {
			return
		}
		for _, one := range unsettled(group) { // a panic: what was accepted is rolled back, or its fate is not known
			one.fail(errBatchLost)
		}
	}()
	err := s.storeGroup(deadline, unsettled(group), wait)
	sends := unsettled(group)
	switch {
	case err == nil:
		for _, one := range sends {
			if one.settled = one.state != sendHeld; !one.settled {
				held = append(held, one.room)
			}
		}
	case len(sends) == 1:
		sends[0].fail(err)
	default:
		for _, one := range sends {
			held = append(held, s.commitSends(ctx, []*send{one}, wait)...)
		}
	}
	done = true
	return held
}

// unsettled are the sends whose outcome is not final yet.
func unsettled(sends []*send) (left []*send) {
	for _, one := range sends {
		if !one.settled {
			left = append(left, one)
		}
	}
	return left
}

// storeGroup stores what it can without a lock, and the rest under it.
func (s *Service) storeGroup(ctx context.Context, sends []*send, wait bool) error {
	if s.dialect == dialect.Postgres && !wait {
		if err := s.storeOptimistically(ctx, sends); err != nil {
			return err
		}
		sends = unsettled(sends)
	}
	if len(sends) == 0 {
		return nil
	}
	_, err := transact(ctx, s, func(c *conn) (struct{}, error) {
		b := &batch{conn: c, sends: sends, wait: wait}
		return struct{}{}, b.store()
	})
	return err
}

// storeOptimistically stores messages without locking their rooms first, in two
// statements rather than a transaction of five, and settles what it has stored. All that
// is accepted for a room is stored, or nothing. Left to the lock are messages with media,
// which are locked, and with them those to the same room; rooms that changed after they
// were read, or that somebody else has locked; and whatever would be refused or was sent
// before, which is decided under the lock alone.
func (s *Service) storeOptimistically(ctx context.Context, sends []*send) error {
	b := &batch{conn: s.newConn(ctx, s.db), optimistic: true, sends: withoutMedia(sends)}
	if len(b.sends) == 0 {
		return nil
	}
	if err := b.store(); err != nil {
		var retryable *retryableError
		if err = databaseError(s.dialect, err); errors.As(err, &retryable) && retryable.lockTimeout {
			return err // it has waited long enough
		}
		return nil // if it was written all the same, that is found under the lock
	}
	if len(b.accepted) > 0 {
		s.state.commits.notify()
	}
	for _, one := range b.sends {
		one.settled = one.state == sendAccepted && !b.changed[one.room]
	}
	return nil
}

// withoutMedia leaves out the rooms that somebody sends media to.
func withoutMedia(sends []*send) (left []*send) {
	media := make(map[uuid.UUID]bool)
	for _, one := range sends {
		if len(one.in.MediaIDs) > 0 {
			media[one.room] = true
		}
	}
	for _, one := range sends {
		if !media[one.room] {
			left = append(left, one)
		}
	}
	return left
}
