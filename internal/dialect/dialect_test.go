package dialect_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

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

// PostgreSQL itself reads what Array writes in the root's tests of sends; this is the
// text of each kind of item.
func TestArrayIsPostgreSQLsText(t *testing.T) {
	t.Parallel()
	id, text := uuid.MustParse("018f4e9a-7b6c-7def-8abc-0123456789ab"), `a "b" \c, {d} NULL`
	var a dialect.Array
	a.ID(&id)
	a.ID(nil)
	a.Int(-7)
	a.Bool(true)
	a.Text(&text)
	a.Text(nil)
	want := `{018f4e9a-7b6c-7def-8abc-0123456789ab,NULL,-7,true,"a \"b\" \\c, {d} NULL",NULL}`
	if got := a.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := new(dialect.Array).String(); got != "{}" {
		t.Errorf("without items: %s", got)
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
