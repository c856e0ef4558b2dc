package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-df/chat/internal/dialect"
)

// The errors to branch on, with errors.Is. Every refusal of this package wraps
// exactly one of them, except that a media store without space is ErrMediaStore and
// ErrNoSpace; any other error is that of the database or of the context.
var (
	// ErrUnauthenticated: there is no acting user, or the id is empty.
	ErrUnauthenticated = errors.New("chat: no acting user")
	// ErrNotFound: it does not exist, or the actor may not know that it does.
	// The two cannot be distinguished.
	ErrNotFound = errors.New("chat: not found")
	// ErrForbidden: the actor sees it and lacks the right to do this.
	ErrForbidden = errors.New("chat: forbidden")
	// ErrInvalid: an input is wrong. The error is a *FieldError.
	ErrInvalid = errors.New("chat: invalid input")
	// ErrTooLarge: an input, or what it would make, is over one of
	// Config.Limits. The error is a *FieldError and names the limit.
	ErrTooLarge = errors.New("chat: too large")
	// ErrConflict: the state of the room or of its content does not allow this,
	// whoever asks: the owner leaving, a tombstone edited, a client id used
	// again with another input.
	ErrConflict = errors.New("chat: conflict")
	// ErrPrecondition: it was changed since the caller last saw it, as IfChangedAt
	// of a patch compares.
	ErrPrecondition = errors.New("chat: changed in the meantime")
	// ErrTooSoon: the room is in slow mode, and the actor's last message in it is not long
	// enough ago. The error is a *TooSoonError.
	ErrTooSoon = errors.New("chat: too soon after the last message")
	// ErrSchema: the tables are missing, of another version or configuration than
	// this code, or in more than one place; or the database cannot hold them. The
	// message has what to do.
	ErrSchema = errors.New("chat: database schema")
	// ErrNoMediaStore: Config.Media is not set.
	ErrNoMediaStore = errors.New("chat: no media store is configured")
	// ErrMediaStore: the media store failed, with an error that is wrapped too.
	ErrMediaStore = errors.New("chat: media store")
	// ErrLagged: the subscription did not keep up, or the log could not be read for a
	// time. Subscribe again After the last Cursor.
	ErrLagged = errors.New("chat: the subscription did not keep up")
	// ErrUnavailable: the database cannot be reached at present, because a connection
	// was lost or not made, or the server is starting up, shutting down or has too many
	// connections; or too many thumbnails are waited for. A later call may succeed. The
	// database's own error is wrapped too.
	ErrUnavailable = errors.New("chat: not available at present")
	// ErrNoSpace: the disk of the database, of the media store, or of the temporary files of
	// uploads is full. Its own error is wrapped too.
	ErrNoSpace = errors.New("chat: no space left")
	// ErrClosed: the Service was closed.
	ErrClosed = errors.New("chat: service is closed")
)

// FieldError is an input that was refused. It wraps ErrInvalid or
// ErrTooLarge.
type FieldError struct {
	// Field is the input's name as the wire spells it, such as "text",
	// "media_ids[2]" or "members[0].permissions".
	Field string
	// Code is one of the Code constants. It does not change with the wording of
	// Reason, so that a client can branch on it and translate it.
	Code string
	// Reason is a sentence fragment for people: "is empty".
	Reason string
	// Limit is the limit that was crossed, in the unit that Reason names, or 0.
	Limit int64

	kind error
}

// The codes of FieldErrors, in words that never change.
const (
	CodeRequired      = "required"        // missing, empty, or nothing that can be seen
	CodeTooLong       = "too_long"        // a text of too many characters or bytes
	CodeTooMany       = "too_many"        // too many items, words or members
	CodeTooLarge      = "too_large"       // an upload of too many bytes
	CodeInvalidText   = "invalid_text"    // not UTF-8, or characters that are refused
	CodeInvalidJSON   = "invalid_json"    // not the JSON that is wanted here
	CodeInvalidCursor = "invalid_cursor"  // not a cursor that a page of this list returned
	CodeInvalidUserID = "invalid_user_id" // not an id that Config.UserIDs accepts
	CodeInvalidConfig = "invalid_config"  // an argument of New, WithTx or MigrationSQL
	CodeUnknownValue  = "unknown_value"   // none of the values that there are
	CodeOutOfRange    = "out_of_range"    // a number below the smallest that is accepted, or a time that is not
	CodeDuplicate     = "duplicate"       // given twice
	CodeExclusive     = "exclusive"       // given together with another that excludes it
	CodeNotAllowed    = "not_allowed"     // well-formed, and never allowed for this actor or room
	CodeNoSuchUser    = "no_such_user"    // not in Config.UsersTable
	CodeNotAMember    = "not_a_member"    // a user who has to be a member of the room and is not
	CodeNotInRoom     = "not_in_room"     // a message of another room, or of none
	CodeNotOwnUpload  = "not_own_upload"  // not a ready upload of the actor's own
	CodeNotAnImage    = "not_an_image"    // a file other than png, jpeg, gif or webp
	CodeNotAReaction  = "not_a_reaction"  // refused by Config.Reactions
	CodeDamaged       = "damaged"         // a file that cannot be read, and so not be stripped
)

func (e *FieldError) Error() string { return e.kind.Error() + ": " + e.Field + " " + e.Reason }

func (e *FieldError) Unwrap() error { return e.kind }

func invalid(field, code, format string, args ...any) error {
	return &FieldError{Field: field, Code: code, Reason: fmt.Sprintf(format, args...), kind: ErrInvalid}
}

func tooLarge(field, code string, limit int64, unit string) error {
	reason := "is over the limit of " + strconv.FormatInt(limit, 10) + " " + unit
	return &FieldError{Field: field, Code: code, Reason: reason, Limit: limit, kind: ErrTooLarge}
}

// TooSoonError is a message that was refused because of its room's slow mode. It wraps
// ErrTooSoon.
type TooSoonError struct {
	// RetryAfter is how long from now a message of the actor's will be taken.
	RetryAfter time.Duration
}

func (e *TooSoonError) Error() string { return ErrTooSoon.Error() + ": wait " + e.RetryAfter.String() }

func (e *TooSoonError) Unwrap() error { return ErrTooSoon }

func conflict(reason string) error { return fmt.Errorf("%w: %s", ErrConflict, reason) }

// retryableError marks a failure that a second try of the whole transaction may
// not meet: the database gave up on a deadlock, a serialization or a lock.
type retryableError struct {
	err         error
	lockTimeout bool // it has waited for a lock already: trying again is left to the caller
}

func (e *retryableError) Error() string { return e.err.Error() }
func (e *retryableError) Unwrap() error { return e.err }

// IsRetryable reports whether the same call may succeed when its transaction is
// run again from the start. The package has already tried again where it opened
// the transaction; inside InTx or WithTx only the host can, by running the whole
// transaction once more.
func IsRetryable(err error) bool {
	var r *retryableError
	return errors.As(err, &r)
}

// outage is ErrUnavailable or ErrNoSpace, with its cause.
type outage struct{ kind, err error }

func (e *outage) Error() string   { return e.kind.Error() + ": " + e.err.Error() }
func (e *outage) Unwrap() []error { return []error{e.kind, e.err} }

// databaseError marks an error with which the database gave up on the transaction
// rather than on the statement, and one that says that it is out of reach or full. The
// error of a context that has ended is ctx's.
func databaseError(ctx context.Context, d dialect.Dialect, err error) error {
	err = retryableOf(d, endedError(ctx, err))
	switch {
	case err == nil, IsRetryable(err), errors.Is(err, ErrUnavailable), errors.Is(err, ErrNoSpace), errors.Is(err, ErrMediaStore):
		return err
	case d.OutOfSpace(err):
		return &outage{ErrNoSpace, err}
	case d.Unavailable(err):
		return &outage{ErrUnavailable, err}
	}
	return err
}

// endedError is ctx's error in place of sql.ErrTxDone: database/sql rolls a transaction
// back when its context ends, and says of whatever comes then, the commit included, only
// that the transaction is no more.
func endedError(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("chat: the transaction has ended: %w", ended)
	}
	return err
}

// retryableOf marks an error with which the database gave up on the transaction.
func retryableOf(d dialect.Dialect, err error) error {
	if err == nil || IsRetryable(err) {
		return err
	}
	if retryable, waited := d.GaveUp(err); retryable {
		return &retryableError{err: err, lockTimeout: waited}
	}
	return err
}
