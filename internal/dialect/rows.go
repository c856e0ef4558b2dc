package dialect

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// A statement over n rows must read the same for every n, so that the database plans it
// once. GORM expands slices, so rows are bound as one parameter: a JSON array or, where
// messages are sent on PostgreSQL, one array a column, which takes it a third of the time.

// userColumn is the type by which JSONRows and Unnest name columns of user ids.
const userColumn = "user"

// JSONRows renders a FROM item named j whose rows are the objects of the JSON array
// bound to its one parameter. Each column is "name type", with the type "user" for user
// ids, which are of the column type userType.
func (d Dialect) JSONRows(userType string, columns ...string) string {
	rendered := make([]string, len(columns))
	for i, column := range columns {
		name, kind := columnOf(userType, column)
		rendered[i] = name + " " + kind
		if d == SQLite {
			rendered[i] = "value->>'$." + name + "' AS " + name
		}
	}
	if d == SQLite {
		return "(SELECT " + strings.Join(rendered, ", ") + " FROM json_each(?)) AS j"
	}
	// Of 10 rows in place of 100, for which PostgreSQL would rather read a table of some thousand
	// rows from end to end.
	return "(SELECT * FROM json_to_recordset(CAST(? AS json)) AS x(" + strings.Join(rendered, ", ") +
		")" + UnseenLimit + ") AS j"
}

// UnseenLimit limits nothing. PostgreSQL's planner does not see that, and expects a tenth of the
// rows that it expected before.
const UnseenLimit = " LIMIT (SELECT 1000000000)"

// rendered are queries that were rendered for a database, of which there are some hundred.
type rendered struct {
	texts sync.Map
	count atomic.Int64
}

const renderedMost = 10_000

// once returns what render makes of a query.
func (r *rendered) once(query string, render func(string) string) string {
	if known, ok := r.texts.Load(query); ok {
		return known.(string)
	}
	text := render(query)
	if r.count.Add(1) <= renderedMost {
		r.texts.Store(query, text)
	}
	return text
}

var numbered, stable rendered

// Placeholders renders a query whose parameters are written as ? with the database's own
// names of parameters.
func (d Dialect) Placeholders(query string) string {
	if d == SQLite {
		return query
	}
	return numbered.once(query, func(query string) string {
		var text []byte
		parameters := 0
		for _, c := range []byte(query) {
			if c != '?' {
				text = append(text, c)
				continue
			}
			parameters++
			text = strconv.AppendInt(append(text, '$'), int64(parameters), 10)
		}
		return string(text)
	})
}

// InIDs renders the condition that a uuid is in the JSON array bound to its one
// parameter.
func (d Dialect) InIDs() string {
	if d == SQLite {
		return "IN (SELECT value FROM json_each(?))"
	}
	// An array, because the planner takes the length of a set of rows for 100, for
	// which it would rather read a table of some thousand rows from end to end.
	return "= ANY (ARRAY(SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(? AS json))))"
}

// JoinRow renders the join with the row of a table, named alias, whose id is that of a
// preceding item.
func (d Dialect) JoinRow(table, alias, id string) string {
	if d == SQLite {
		return "JOIN " + table + " " + alias + " ON " + alias + ".id = " + id
	}
	// OFFSET 0, because the planner would rather read a table of some thousand rows from
	// end to end than look up as many as it expects of arrays.
	return "CROSS JOIN LATERAL (SELECT * FROM " + table + " WHERE id = " + id + " OFFSET 0) " + alias
}

// LeftJoinRow renders the outer join with the row of a table, named alias, that a condition
// leaves, which is one at most and is found by an index.
func (d Dialect) LeftJoinRow(table, alias, condition string) string {
	if d == SQLite {
		return " LEFT JOIN " + table + " " + alias + " ON " + condition
	}
	return " LEFT JOIN LATERAL (SELECT * FROM " + table + " " + alias + " WHERE " + condition + " OFFSET 0) " + alias + " ON TRUE"
}

// InQuery renders the condition that a value is among what a query returns, which is much
// less than there is.
func (d Dialect) InQuery(query string) string {
	if d == SQLite {
		return "IN (" + query + ")"
	}
	// An array, because the planner would rather read the whole table than look up some
	// thousand rows of a query.
	return "= ANY (ARRAY(" + query + "))"
}

// JSONArray encodes rows for JSONRows, or ids for InIDs.
func JSONArray[T any](items []T) string {
	encoded, err := json.Marshal(items)
	if err != nil {
		panic("chat: rows for the database do not encode: " + err.Error())
	}
	return string(encoded)
}

// Object is a row for JSONRows.
type Object map[string]any

// Unnest renders a FROM item of PostgreSQL's whose columns are the arrays bound to its
// parameters, written by Arrays. Columns are named as in JSONRows. The planner
// must not see how long the arrays are: it would plan anew for each length.
func Unnest(userType, name string, columns ...string) string {
	names, arrays := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		columnName, kind := columnOf(userType, column)
		names[i], arrays[i] = columnName, "(SELECT CAST(? AS "+kind+"[]))"
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS " + name + "(" + strings.Join(names, ", ") + ")"
}

// OneRow renders what Unnest does for the one row that Arrays with One write: a send by itself
// takes PostgreSQL a sixth less with it.
func OneRow(userType, name string, columns ...string) string {
	values := make([]string, len(columns))
	for i, column := range columns {
		columnName, kind := columnOf(userType, column)
		values[i] = "CAST(? AS " + kind + ") AS " + columnName
	}
	return "(SELECT " + strings.Join(values, ", ") + ") AS " + name
}

func columnOf(userType, column string) (name, kind string) {
	name, kind, _ = strings.Cut(column, " ")
	if kind == userColumn {
		kind = userType
	}
	return name, kind
}

// Arrays writes arrays of PostgreSQL's as text, one after the other, which every driver binds
// as it is.
type Arrays struct {
	One bool // there is one row, for OneRow: its values are written, rather than arrays

	text  []byte
	start int   // of the column at hand
	null  bool  // and whether it is the NULL of one row
	ends  []int // of the columns that are done, or none for NULL
}

const none = -1

func (a *Arrays) next() {
	switch {
	case a.One:
	case len(a.text) == a.start:
		a.text = append(a.text, '{')
	default:
		a.text = append(a.text, ',')
	}
}

// End ends a column.
func (a *Arrays) End() {
	if a.null {
		a.ends, a.null = append(a.ends, none), false
		return
	}
	if !a.One {
		if len(a.text) == a.start {
			a.text = append(a.text, '{')
		}
		a.text = append(a.text, '}')
	}
	a.start = len(a.text)
	a.ends = append(a.ends, a.start)
}

// Args returns the columns that are done.
func (a *Arrays) Args() []any {
	args := make([]any, len(a.ends))
	text, begin := string(a.text), 0
	for i, end := range a.ends {
		if end != none {
			args[i], begin = text[begin:end], end
		}
	}
	return args
}

// Null appends NULL.
func (a *Arrays) Null() {
	if a.One {
		a.null = true
		return
	}
	a.next()
	a.text = append(a.text, "NULL"...)
}

// ID appends a uuid, or NULL for nil.
func (a *Arrays) ID(id *uuid.UUID) {
	if id == nil {
		a.Null()
		return
	}
	a.next()
	a.text = hex.AppendEncode(a.text, id[:])
}

// Int appends a number.
func (a *Arrays) Int(n int64) {
	a.next()
	a.text = strconv.AppendInt(a.text, n, 10)
}

// Bool appends a boolean.
func (a *Arrays) Bool(b bool) {
	a.next()
	a.text = strconv.AppendBool(a.text, b)
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Text appends a text, or NULL for nil.
func (a *Arrays) Text(s *string) {
	switch {
	case s == nil:
		a.Null()
	case a.One:
		a.text = append(a.text, *s...)
	default:
		a.next()
		a.text = append(a.text, '"')
		a.text = append(a.text, arrayEscapes.Replace(*s)...)
		a.text = append(a.text, '"')
	}
}

// Time appends a time.
func (a *Arrays) Time(t time.Time) {
	a.next()
	if !a.One {
		a.text = append(a.text, '"')
	}
	a.text = t.UTC().AppendFormat(a.text, time.RFC3339Nano)
	if !a.One {
		a.text = append(a.text, '"')
	}
}
