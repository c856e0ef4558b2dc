package dialect

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

	"gorm.io/gorm"
)

// Errors of drivers are classified by SQLSTATE or SQLite's result code, read through
// interfaces, so that no driver is imported and the host's TranslateError does not
// matter.

// GaveUp reports whether err says that the database gave up on the transaction rather
// than on the statement, so that running the transaction again may succeed. waited says
// that it has waited for a lock for as long as lock_timeout allows.
func (d Dialect) GaveUp(err error) (retryable, waited bool) {
	if d == SQLite {
		const busy, locked = 5, 6
		return sqliteAny(err, busy, locked), false
	}
	switch sqlState(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true, false
	case "55P03": // lock_timeout
		return true, true
	}
	return false, false
}

// OutOfSpace reports whether err says that a disk is full.
func (d Dialect) OutOfSpace(err error) bool {
	const full = 13
	return errors.Is(err, syscall.ENOSPC) || sqlState(err) == "53100" || d == SQLite && sqliteAny(err, full)
}

// unreachable are the errors of connections that were lost or could not be made.
var unreachable = []error{
	driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
}

// serverAway are the SQLSTATEs with which PostgreSQL ends a connection, or makes none:
// terminated by an administrator, a crash, starting up, too many connections, and the timeouts
// of idle transactions, of transactions and of idle sessions, of which it tells who asks next.
var serverAway = []string{"57P01", "57P02", "57P03", "53300", "25P03", "25P04", "57P05"}

// Unavailable reports whether err says that the database cannot be reached at present:
// a connection was lost, ended by the server or not made, or the server is starting up,
// shutting down or has too many connections. A context that ended is another matter.
func (d Dialect) Unavailable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	switch state := sqlState(err); {
	case slices.Contains(serverAway, state):
		return true
	case state != "":
		return state[:min(2, len(state))] == "08" // connection exceptions
	}
	if slices.ContainsFunc(unreachable, func(known error) bool { return errors.Is(err, known) }) {
		return true
	}
	var operation *net.OpError
	var lookUp *net.DNSError
	var closed interface{ SafeToRetry() bool } // pgx: nothing was sent, since the connection is closed
	return errors.As(err, &operation) || errors.As(err, &lookUp) || errors.As(err, &closed) && closed.SafeToRetry()
}

// translated are the errors of constraints that GORM makes of the drivers', whose codes are
// then lost, in transactions of a host's with TranslateError.
var translated = []error{gorm.ErrDuplicatedKey, gorm.ErrForeignKeyViolated, gorm.ErrCheckConstraintViolated}

// RefusedCommit reports whether the database refused a COMMIT for a constraint or a
// conflict, after which nothing of the transaction is stored.
func RefusedCommit(err error) bool {
	if slices.ContainsFunc(translated, func(known error) bool { return errors.Is(err, known) }) {
		return true
	}
	if state := sqlState(err); state != "" {
		class := state[:min(2, len(state))]
		return class == "23" || class == "40"
	}
	const constraint = 19
	return sqliteCode(err)&0xff == constraint
}

func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// sqliteAny reports whether err, or anything that it wraps, has one of SQLite's primary
// result codes. It looks through everything, as errors.As does.
func sqliteAny(err error, codes ...int) bool {
	if err == nil {
		return false
	}
	if slices.Contains(codes, sqliteCode(err)&0xff) {
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return sqliteAny(err, codes...) })
	}
	return sqliteAny(errors.Unwrap(err), codes...)
}

// sqliteCode reads SQLite's result code: as a method of the pure-Go drivers, or as the
// field that GORM's own Translate reads.
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
