package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// The errors to branch on, with errors.Is. Every refusal of this package wraps
// exactly one of them; any other error is the database's or the context's, and says
// so.
var (
	// ErrUnauthenticated: there is no acting user, or the id is empty.
	ErrUnauthenticated = errors.New("chat: no acting user")
	// ErrNotFound: it does not exist, or the actor may not know that it does.
	// The two cannot be told apart.
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
	// again for another message.
	ErrConflict = errors.New("chat: conflict")
	// ErrPrecondition: it was changed since the caller last saw it, as IfChangedAt
	// of a patch says.
	ErrPrecondition = errors.New("chat: changed in the meantime")
	// ErrSchema: the tables are missing, or of another version or configuration
	// than this code. The message says what to run.
	ErrSchema = errors.New("chat: database schema")
	// ErrNoMediaStore: Config.Media is not set.
	ErrNoMediaStore = errors.New("chat: no media store is configured")
	// ErrMediaStore: the media store failed, with an error that is wrapped too.
	ErrMediaStore = errors.New("chat: media store")
	// ErrClosed: the Service was closed.
	ErrClosed = errors.New("chat: service is closed")
)

// FieldError says which input was refused and why. It wraps ErrInvalid or
// ErrTooLarge.
type FieldError struct {
	// Field is the input's name as the wire spells it, such as "text",
	// "media_ids[2]" or "members[0].permissions".
	Field string
	// Reason is a sentence fragment for people: "is empty".
	Reason string
	// Limit is the limit that was crossed, in the unit that Reason names, or 0.
	Limit int64

	kind error
}

func (e *FieldError) Error() string { return e.kind.Error() + ": " + e.Field + " " + e.Reason }

func (e *FieldError) Unwrap() error { return e.kind }

func invalid(field, format string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...), kind: ErrInvalid}
}

func tooLarge(field string, limit int64, unit string) error {
	reason := "is over the limit of " + strconv.FormatInt(limit, 10) + " " + unit
	return &FieldError{Field: field, Reason: reason, Limit: limit, kind: ErrTooLarge}
}

func conflict(reason string) error { return fmt.Errorf("%w: %s", ErrConflict, reason) }

// retryableError marks a failure that a second try of the whole transaction may
// not meet: the database gave up on a deadlock, a serialization or a lock.
type retryableError struct {
	err     error
	patient bool // it has waited for a lock already: trying again is left to the caller
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

// databaseError marks what a driver said when the database gave up on the
// transaction rather than on the statement.
func (d dialect) databaseError(err error) error {
	if err == nil || IsRetryable(err) {
		return err
	}
	if d == postgres {
		var coded interface{ SQLState() string }
		if errors.As(err, &coded) {
			switch coded.SQLState() {
			case "40001", "40P01": // serialization failure, deadlock
				return &retryableError{err: err}
			case "55P03": // lock_timeout
				return &retryableError{err: err, patient: true}
			}
		}
		return err
	}
	if sqliteBusy(err) {
		return &retryableError{err: err}
	}
	return err
}

// refusedCommit reports whether the database answered a COMMIT with a constraint or a
// conflict, after which nothing of the transaction is there.
func refusedCommit(err error) bool {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		class := coded.SQLState()[:min(2, len(coded.SQLState()))]
		return class == "23" || class == "40"
	}
	const constraint = 19
	return sqliteCode(err)&0xff == constraint
}

// sqliteBusy looks through everything that err wraps, as errors.As does.
func sqliteBusy(err error) bool {
	if err == nil {
		return false
	}
	if code := sqliteCode(err) & 0xff; code == 5 || code == 6 { // BUSY, LOCKED
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), sqliteBusy)
	}
	return sqliteBusy(errors.Unwrap(err))
}

// sqliteCode reads SQLite's result code without importing a driver: as a method
// of the pure-Go drivers, or as the field that GORM's own Translate reads.
func sqliteCode(err error) int {
	if coded, ok := err.(interface{ Code() int }); ok {
		return coded.Code()
	}
	encoded, marshalErr := json.Marshal(err)
	if marshalErr != nil {
		return 0
	}
	var fields struct{ Code, ExtendedCode *int }
	if json.Unmarshal(encoded, &fields) != nil || fields.Code == nil || fields.ExtendedCode == nil {
		return 0
	}
	return *fields.Code
}
