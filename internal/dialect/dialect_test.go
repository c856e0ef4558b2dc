package dialect_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
)

func TestCollationIsForTextOnPostgreSQL(t *testing.T) {
	t.Parallel()
	const byBytes = ` COLLATE "C"`
	for _, test := range []struct{ dialect, userType, want string }{
		{"postgres", "text", byBytes},
		{"postgres", "TEXT", byBytes},
		{"postgres", "varchar(40)", byBytes},
		{"postgres", "character varying(40)", byBytes},
		{"postgres", "char(26)", byBytes},
		{"postgres", "character(26)", byBytes},
		{"postgres", "bigint", ""},
		{"postgres", "uuid", ""},
		{"postgres", "integer", ""},
		{"sqlite", "text", ""},
		{"sqlite", "varchar(40)", ""},
		{"sqlite", "bigint", ""},
	} {
		d := dialect.Dialect(test.dialect)
		if got := d.Collation(test.userType); got != test.want {
			t.Errorf("the collation of %q on %s is %q, want %q", test.userType, d, got, test.want)
		}
		if got, want := d.CastUser(test.userType), "CAST(? AS "+test.userType+")"+test.want; got != want {
			t.Errorf("a user id of %q on %s is %q, want %q", test.userType, d, got, want)
		}
	}
}

// PostgreSQL itself reads what Arrays writes in the root's tests of sends; this is the
// text of each kind of item.
func TestArrayIsPostgreSQLsText(t *testing.T) {
	t.Parallel()
	id, text := uuid.MustParse("018f4e9a-7b6c-7def-8abc-0123456789ab"), `a "b" \c, {d} NULL`
	var a dialect.Arrays
	a.End()
	a.ID(&id)
	a.ID(nil)
	a.Int(-7)
	a.Bool(true)
	a.Text(&text)
	a.Text(nil)
	a.End()
	a.Int(1)
	want := `{018f4e9a7b6c7def8abc0123456789ab,NULL,-7,true,"a \"b\" \\c, {d} NULL",NULL}`
	if got := a.Args(); len(got) != 2 || got[0] != "{}" || got[1] != want { // the third has no end
		t.Errorf("got %s, want {} and %s", got, want)
	}
}

type sqlState string

func (s sqlState) Error() string    { return "state " + string(s) }
func (s sqlState) SQLState() string { return string(s) }

type sqliteError struct{ Code, ExtendedCode int }

func (e sqliteError) Error() string { return fmt.Sprint("code ", e.Code) }

type pureGoError int

func (e pureGoError) Error() string { return fmt.Sprint("code ", int(e)) }
func (e pureGoError) Code() int     { return int(e) }

func TestErrorsOfTheDatabaseAreToldApart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		d                 dialect.Dialect
		err               error
		retryable, waited bool
		refusedCommit     bool
	}{
		{"serialization failure", dialect.Postgres, sqlState("40001"), true, false, true},
		{"deadlock, wrapped", dialect.Postgres, fmt.Errorf("write: %w", sqlState("40P01")), true, false, true},
		{"lock timeout", dialect.Postgres, sqlState("55P03"), true, true, false},
		{"foreign key", dialect.Postgres, sqlState("23503"), false, false, true},
		{"syntax", dialect.Postgres, sqlState("42601"), false, false, false},
		{"busy", dialect.SQLite, sqliteError{Code: 5, ExtendedCode: 517}, true, false, false},
		{"locked, joined", dialect.SQLite, errors.Join(errors.New("x"), sqliteError{Code: 6}), true, false, false},
		{"busy of a pure-Go driver", dialect.SQLite, pureGoError(261), true, false, false},
		{"constraint", dialect.SQLite, sqliteError{Code: 19, ExtendedCode: 787}, false, false, true},
		{"constraint, translated", dialect.SQLite, gorm.ErrForeignKeyViolated, false, false, true},
		{"something else", dialect.SQLite, errors.New("locked"), false, false, false},
	} {
		retryable, waited := test.d.GaveUp(test.err)
		if retryable != test.retryable || waited != test.waited {
			t.Errorf("%s: GaveUp is %v, %v", test.name, retryable, waited)
		}
		if got := dialect.RefusedCommit(test.err); got != test.refusedCommit {
			t.Errorf("%s: RefusedCommit is %v", test.name, got)
		}
	}
}

type closedConnection bool

func (closedConnection) Error() string       { return "conn closed" }
func (c closedConnection) SafeToRetry() bool { return bool(c) }

func TestOutagesAreToldFromFaults(t *testing.T) {
	t.Parallel()
	pg, lite := dialect.Postgres, dialect.SQLite
	for _, test := range []struct {
		name               string
		d                  dialect.Dialect
		err                error
		unavailable, space bool
	}{
		{"connection failure", pg, sqlState("08006"), true, false},
		{"connection refused by the server", pg, sqlState("08004"), true, false},
		{"terminated by an administrator", pg, sqlState("57P01"), true, false},
		{"crash shutdown, wrapped", pg, fmt.Errorf("read: %w", sqlState("57P02")), true, false},
		{"starting up", pg, sqlState("57P03"), true, false},
		{"too many connections", pg, sqlState("53300"), true, false},
		{"idle in a transaction for too long", pg, sqlState("25P03"), true, false},
		{"a transaction for too long", pg, sqlState("25P04"), true, false},
		{"idle for too long", pg, sqlState("57P05"), true, false},
		{"statement timeout", pg, sqlState("57014"), false, false},
		{"wrong password", pg, sqlState("28P01"), false, false},
		{"no such table", pg, sqlState("42P01"), false, false},
		{"a state that is no state", pg, sqlState("0"), false, false},
		{"disk full", pg, sqlState("53100"), false, true},
		{"bad connection", lite, fmt.Errorf("begin: %w", driver.ErrBadConn), true, false},
		{"connection returned", pg, sql.ErrConnDone, true, false},
		{"cut off", pg, fmt.Errorf("receive message: %w", io.ErrUnexpectedEOF), true, false},
		{"ended", pg, io.EOF, true, false},
		{"dial", pg, fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), true, false},
		{"reset", pg, syscall.ECONNRESET, true, false},
		{"no such host", pg, &net.DNSError{Err: "no such host", Name: "db"}, true, false},
		{"nothing was sent", pg, errors.Join(closedConnection(true)), true, false},
		{"something was sent", pg, closedConnection(false), false, false},
		{"cancelled", pg, fmt.Errorf("timeout: %w", errors.Join(context.Canceled, &net.OpError{Op: "read", Err: syscall.ETIMEDOUT})), false, false},
		{"deadline", pg, context.DeadlineExceeded, false, false},
		{"no such file", lite, &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, false, false},
		{"SQLite: full", lite, sqliteError{Code: 13, ExtendedCode: 13}, false, true},
		{"SQLite: full, wrapped", lite, fmt.Errorf("insert: %w", pureGoError(13)), false, true},
		{"SQLite: busy", lite, sqliteError{Code: 5, ExtendedCode: 5}, false, false},
		{"the file system", lite, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, false, true},
	} {
		if got := test.d.Unavailable(test.err); got != test.unavailable {
			t.Errorf("%s: Unavailable is %v", test.name, got)
		}
		if got := test.d.OutOfSpace(test.err); got != test.space {
			t.Errorf("%s: OutOfSpace is %v", test.name, got)
		}
	}
}
