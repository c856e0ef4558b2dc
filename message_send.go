package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/sendq"
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
		return tooLarge("media_ids", CodeTooMany, int64(l.MediaPerMessage), "media a message")
	}
	for i, id := range in.MediaIDs {
		if slices.Contains(in.MediaIDs[:i], id) {
			return invalid(mediaField(i), CodeDuplicate, "is there twice")
		}
	}
	if reason := invalidTextReason(in.ClientID); reason != "" {
		return invalid("client_id", CodeInvalidText, "%s", reason)
	}
	if len(in.ClientID) > clientIDBytes {
		return tooLarge("client_id", CodeTooLong, clientIDBytes, "bytes")
	}
	return l.checkMetadata(&in.Metadata)
}

func mediaField(i int) string { return "media_ids[" + strconv.Itoa(i) + "]" }

// checkRepeat compares a message with the one that its client id stands for. What was
// edited or deleted since cannot be compared.
func (in *NewMessage) checkRepeat(first *Message) error {
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

// SendMessage adds a message to a room, numbers it, and marks everything up to it
// as read by its author. It needs can_create_messages.
//
// It returns when ctx ends, and within some six seconds in any case outside of a host's
// transaction. With an error of ctx, as with one of the database that is not retryable,
// the message may be stored all the same: to send it again is safe with its ClientID.
//
// Errors: ErrNotFound, ErrForbidden, ErrInvalid (media that are not the actor's,
// a reply to another room), ErrTooLarge, ErrConflict when a media item is in use, the
// replied-to message was deleted, or the client id came before with another body.
func (s *Service) SendMessage(ctx context.Context, actor Actor, room uuid.UUID, in NewMessage) (*Message, error) {
	if err := in.validate(s.config.Limits); err != nil {
		return nil, err
	}
	p, err := s.principalOf(actor)
	if err != nil {
		return nil, err
	}
	one, err := s.store(ctx, newSend(p, room, in))
	if err != nil {
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
	id     uuid.UUID // of the message, the same in every try, so that no two tries store it twice
	// doubtful says that a write of the message failed so that it may be stored all the same.
	doubtful bool
	outcome
	done chan struct{} // closed when the outcome is final
}

// newSend copies what a caller may change after an early return.
func newSend(p principal, room uuid.UUID, in NewMessage) *send {
	in.MediaIDs = slices.Clone(in.MediaIDs)
	in.Metadata = slices.Clone(in.Metadata)
	if in.ReplyToID != nil {
		id := *in.ReplyToID
		in.ReplyToID = &id
	}
	return &send{sender: p, room: room, in: in, done: make(chan struct{})}
}

// outcome is what has become of a send. A batch decides state; it is settled when that
// is final.
//
//	state         message    err   settled
//	sendPending   nil        nil   never
//	sendHeld      nil        nil   never: the send goes on in a batch that waits for its room
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
}

type sendState int

const (
	sendPending  sendState = iota // nothing is decided yet
	sendHeld                      // another transaction has the room's lock
	sendBlocked                   // another transaction has the lock of the author's row, their membership or media
	sendAccepted                  // numbered, and written with the batch
	sendRepeated                  // stored before: under the same client id, or by a try whose answer was lost
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

// Fail settles a send whose transaction failed, unless it is settled.
func (s *send) Fail(err error) {
	if !s.settled {
		s.refuse(err)
		s.settle()
	}
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
	group := ""
	if s.config.SendContextKey != nil {
		group = s.config.SendContextKey(ctx)
	}
	began := time.Now()
	for try := 1; ; try++ {
		if err := s.state.sends.Do(ctx, one.room, group, one); err != nil {
			return nil, err
		}
		if one.state != sendBlocked {
			return one, nil
		}
		if time.Since(began) > lockTimeout {
			return nil, &retryableError{err: errSenderLocked, lockTimeout: true}
		}
		if err := pause(ctx, min(try, blockedTries)); err != nil {
			return nil, err
		}
		one = &send{sender: one.sender, room: one.room, in: one.in, id: one.id, done: make(chan struct{})}
	}
}

// blockedTries bounds the pause before a blocked send is tried again: pause doubles it
// with each try.
const blockedTries = 4

var errSenderLocked = errors.New("chat: the author's rows stayed locked by another transaction")

// Concurrent sends meet in a queue and are committed in groups: under load one
// commit serves many messages, and a lone sender is a group of one.

const (
	sendBatch = 256 // messages a group

	// sendDeadline is for all that a group does. It is longer than lockTimeout, and with
	// sendPatience shorter than the six seconds that SendMessage promises.
	sendDeadline = lockTimeout + 300*time.Millisecond
	// sendPatience is how long a message may have queued when a group before it gives up:
	// longer, and it fails with that group.
	sendPatience = 500 * time.Millisecond
	// sendLaneTime is when a group that has not ended makes room for others.
	sendLaneTime = time.Second
)

// sendQueue is how sends are grouped. SQLite has one writer.
func (s *Service) sendQueue() sendq.Options[uuid.UUID, *send] {
	lanes := 1
	if s.dialect == dialect.Postgres {
		lanes = 2
	}
	return sendq.Options[uuid.UUID, *send]{
		Lanes: lanes, Size: sendBatch, LaneTime: sendLaneTime, Patience: sendPatience,
		Commit: s.commitSends, Panicked: s.sendPanicked,
	}
}

// errGroupLost is the error of the messages of a group whose transaction panicked.
var errGroupLost = errors.New("chat: the group of messages that this one was in failed")

func (s *Service) sendPanicked(ctx context.Context, recovered any, stack []byte) error {
	s.config.Logger.ErrorContext(ctx, "a group of messages panicked", "panic", fmt.Sprint(recovered), "stack", string(stack))
	return errGroupLost
}

// commitSends settles a group, and returns the rooms that it was not told to wait for and
// that others have locked.
func (s *Service) commitSends(ctx context.Context, group []*send, wait bool) sendq.Result[uuid.UUID] {
	ctx, cancel := context.WithTimeoutCause(ctx, sendDeadline, errTooLong)
	defer cancel()
	var turn *lockTurn
	if wait && s.dialect == dialect.Postgres { // all of the group is for one room
		var err error
		if turn, err = s.state.locks.wait(ctx, group[0].room); err != nil {
			return giveUp(group, tooLong(ctx, err))
		}
		defer func() { turn.end() }()
	}
	return s.settleSends(ctx, group, turn)
}

// settleSends settles what is not settled of a group. Where it fails as a whole, each
// message is tried alone, so that one's fault is not the others'; but when it has waited
// for too long, that settles all of it.
func (s *Service) settleSends(ctx context.Context, group []*send, turn *lockTurn) (result sendq.Result[uuid.UUID]) {
	err := s.storeGroup(ctx, group, turn)
	sends := unsettled(group)
	var retryable *retryableError
	switch {
	case err == nil:
		for _, one := range sends {
			if one.state == sendHeld {
				result.Held = append(result.Held, one.room)
				continue
			}
			one.settle()
		}
	case errors.As(err, &retryable) && retryable.lockTimeout:
		return giveUp(sends, err)
	case ctx.Err() != nil: // some of it may be stored all the same
		return giveUp(sends, fmt.Errorf("chat: the messages took too long to store: %w", ctx.Err()))
	case len(sends) == 1:
		sends[0].Fail(err)
	default:
		for _, one := range sends {
			alone := s.settleSends(ctx, []*send{one}, turn)
			result.Held = append(result.Held, alone.Held...)
			if alone.GaveUp != nil {
				result.GaveUp = alone.GaveUp
			}
		}
	}
	return result
}

// giveUp settles all of a group with why it has waited for too long. Of a message that
// may be stored all the same, that error is not retryable.
func giveUp(group []*send, err error) sendq.Result[uuid.UUID] {
	for _, one := range group {
		if one.doubtful {
			one.Fail(fmt.Errorf("chat: it is not known whether the message is stored: %w", context.DeadlineExceeded))
			continue
		}
		one.Fail(err)
	}
	return sendq.Result[uuid.UUID]{GaveUp: err}
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

// storeGroup stores what it can without a lock, and the rest under it. With a turn it
// waits for the room's lock.
func (s *Service) storeGroup(ctx context.Context, sends []*send, turn *lockTurn) error {
	if s.dialect == dialect.Postgres && turn == nil {
		if err := s.storeOptimistically(ctx, sends); err != nil {
			return err
		}
		sends = unsettled(sends)
	}
	if len(sends) == 0 {
		return nil
	}
	_, err := transactInTurn(ctx, s, turn, func(c *conn) (struct{}, error) {
		b := &batch{conn: c, sends: sends, wait: turn != nil}
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
		err = databaseError(s.dialect, err)
		switch {
		case errors.As(err, &retryable) && retryable.lockTimeout:
			return err // it has waited long enough
		case retryable != nil: // nothing was written
		case b.writing: // if it was written all the same, that is found under the lock
			for _, one := range b.sends {
				one.doubtful = one.state == sendAccepted
			}
		}
		if ctx.Err() != nil {
			return tooLong(ctx, err)
		}
		return nil
	}
	if len(b.accepted) > 0 {
		s.state.commits.notify()
	}
	for _, one := range b.sends {
		if one.state == sendAccepted && !b.changed[one.room] {
			one.settle()
		}
	}
	return nil
}
