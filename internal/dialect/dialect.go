// Package dialect has what differs between SQLite and PostgreSQL: names of functions
// and types, clauses of statements, and how errors are classified. The statements
// themselves are beside the operations that run them.
package dialect

import (
	"database/sql"
	"strings"
)

// Dialect is a kind of database, by the name that GORM has for it.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Known reports whether d is one of the dialects.
func (d Dialect) Known() bool { return d == SQLite || d == Postgres }

// TxOptions are the options of the package's own transactions: READ COMMITTED on
// PostgreSQL, because a session's default of REPEATABLE READ would make every wait for
// a room's lock a serialization failure.
func (d Dialect) TxOptions() *sql.TxOptions {
	if d == Postgres {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return &sql.TxOptions{}
}

// Lock returns a locking clause such as "FOR UPDATE", to be appended to a query. It is
// empty on SQLite, where a writing transaction has the database's one write lock.
func (d Dialect) Lock(clause string) string {
	if d == SQLite {
		return ""
	}
	return " " + clause
}

// Least is the function that returns the smallest of its arguments.
func (d Dialect) Least() string {
	if d == SQLite {
		return "MIN"
	}
	return "LEAST"
}

// Greatest is the function that returns the largest of its arguments.
func (d Dialect) Greatest() string {
	if d == SQLite {
		return "MAX"
	}
	return "GREATEST"
}

// Words renders PostgreSQL's vector of words that have a space between them, which depends on
// neither locale nor configuration.
func Words(text string) string { return "array_to_tsvector(string_to_array(" + text + ", ' '))" }

// JSONAggregate is the function that makes a JSON array of rows' values, in their order.
func (d Dialect) JSONAggregate() string {
	if d == SQLite {
		return "json_group_array"
	}
	return "json_agg"
}

// TimeType is a type to cast a bound time to that leaves it as it is stored.
func (d Dialect) TimeType() string {
	if d == SQLite {
		return "text"
	}
	return "timestamptz"
}

// Later renders the later of a column of times, which may be NULL, and a parameter.
func (d Dialect) Later(column string) string {
	if d == SQLite {
		return "MAX(COALESCE(" + column + ", ''), ?)"
	}
	return "GREATEST(" + column + ", CAST(? AS timestamptz))"
}

// Collation is what a column or an expression of user ids of this type needs beside
// its type, so that PostgreSQL compares text byte by byte, as SQLite does.
func (d Dialect) Collation(userType string) string {
	kind := strings.ToLower(userType)
	if d == Postgres && (strings.HasPrefix(kind, "text") || strings.HasPrefix(kind, "varchar") ||
		strings.HasPrefix(kind, "char")) {
		return ` COLLATE "C"`
	}
	return ""
}

// CastUser renders a parameter as a user id of the column type userType, for where no
// column says so, to be compared as the column compares.
func (d Dialect) CastUser(userType string) string {
	return "CAST(? AS " + userType + ")" + d.Collation(userType)
}

// JSONTuple renders a JSON array of values, of which those that are JSON themselves are
// rendered by JSONNested.
func (d Dialect) JSONTuple(values ...string) string {
	name := "json_build_array("
	if d == SQLite {
		name = "json_array("
	}
	return name + strings.Join(values, ", ") + ")"
}

// JSONTime renders a time as a value in JSON. PostgreSQL writes it in the time zone of the
// session otherwise, which may have been some minutes and seconds away from UTC, or a day.
func (d Dialect) JSONTime(value string) string {
	if d == SQLite {
		return value
	}
	return "(" + value + " AT TIME ZONE 'UTC')"
}

// JSONNested renders JSON that is a value in other JSON: SQLite takes it for text otherwise.
func (d Dialect) JSONNested(value string) string {
	if d == SQLite {
		return "json(" + value + ")"
	}
	return value
}

// JSONList renders a query of the JSON array of the JSONTuples that a FROM clause makes, in no
// order: what sorts rows first costs more than they do.
func (d Dialect) JSONList(tuple, from string) string {
	return "(SELECT " + d.JSONAggregate() + "(" + tuple + ") " + from + ")"
}

// OnePlan renders a parameter of a type so that PostgreSQL's planner does not see its value, and
// plans a statement once for all values. Where it would rather plan for each value, and there are
// a dozen tables, the plan takes as long as to run it.
func (d Dialect) OnePlan(kind string) string {
	if d == SQLite {
		return "?"
	}
	return "(SELECT CAST(? AS " + kind + "))"
}

// Stable renders a query so that a statement which was prepared stays so. SQLite compiles a
// join in which a column equals a bare parameter anew whenever another value is bound, and what
// has a bare parameter as its limit whenever any is, which takes it several times as long as to
// run it.
func (d Dialect) Stable(query string) string {
	if d == Postgres {
		return query
	}
	return stable.once(query, strings.NewReplacer(" = ?", " = (SELECT ?)", " LIMIT ?", " LIMIT CAST(? AS integer)").Replace)
}
