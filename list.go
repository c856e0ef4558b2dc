package chat

import (
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// list writes an array of PostgreSQL's as text, which any driver binds as it is. Rows
// for a statement are bound as one array a column: PostgreSQL takes a third of the
// time for them that it takes for rows in JSON.
type list struct{ text []byte }

func (l *list) next() {
	if len(l.text) == 0 {
		l.text = append(l.text, '{')
	} else {
		l.text = append(l.text, ',')
	}
}

func (l *list) null() { l.next(); l.text = append(l.text, "NULL"...) }

func (l *list) id(id *uuid.UUID) {
	if id == nil {
		l.null()
		return
	}
	l.next()
	l.text = append(l.text, id.String()...)
}

func (l *list) number(n int64) {
	l.next()
	l.text = strconv.AppendInt(l.text, n, 10)
}

func (l *list) bool(b bool) {
	l.next()
	l.text = strconv.AppendBool(l.text, b)
}

var escapeInList = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func (l *list) string(s *string) {
	if s == nil {
		l.null()
		return
	}
	l.next()
	l.text = append(l.text, '"')
	l.text = append(l.text, escapeInList.Replace(*s)...)
	l.text = append(l.text, '"')
}

func (l *list) user(id *UserID) { l.string((*string)(id)) }

// end is the array.
func (l *list) end() string {
	if len(l.text) == 0 {
		return "{}"
	}
	return string(append(l.text, '}'))
}

// unnest renders a FROM item of PostgreSQL's whose columns are the lists bound to its
// parameters. Each column is "name type", with the type "user" for user ids. The
// planner must not see how long the lists are: it would plan anew for each length.
func (c *call) unnest(name string, columns ...string) string {
	names, lists := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		columnName, kind, _ := strings.Cut(column, " ")
		if kind == "user" {
			kind = c.config.UserIDs.ColumnType(string(c.dialect))
		}
		names[i], lists[i] = columnName, "(SELECT CAST(? AS "+kind+"[]))"
	}
	return "unnest(" + strings.Join(lists, ", ") + ") AS " + name + "(" + strings.Join(names, ", ") + ")"
}
