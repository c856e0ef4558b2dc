package authorization_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

const authorizationFile = "testdata/authorization.txt"

// The answers that the table's columns give.
const (
	isDone            = "ok"
	isNotFound        = "nf"
	isForbidden       = "fb"
	isConflict        = "cf"
	isInvalid         = "iv"
	isInvalidActor    = "ia"
	isUnauthenticated = "ua"
	isNot             = ".." // there is no such actor or target
	isNotFoundIfAny   = "n."
)

var allAnswers = []string{
	isDone, isNotFound, isForbidden, isConflict, isInvalid, isInvalidActor, isUnauthenticated, isNot, isNotFoundIfAny,
}

// authorization is the table of testdata/authorization.txt.
type authorization struct {
	noActor map[string]string                   // methods that act for nobody, and why
	rooms   []string                            // the kinds of rooms, in the file's order
	rows    map[string]map[useCase]*tableAnswer // by kind of room
}

// useCase is an operation on one kind of target.
type useCase struct{ method, target string }

// tableAnswer is a line of the table, as far as it is for one use case.
type tableAnswer struct {
	line  int
	to    map[string]string // by the actor's column
	needs []string
	names string // the field of an invalid input
}

// tableLine is a line before its stars are resolved.
type tableLine struct {
	*tableAnswer
	methods, targets []string
	used             bool
}

// readAuthorization reads the table and fails the test when a cell is missing, or a
// line is about nothing.
func readAuthorization(t testing.TB) *authorization {
	t.Helper()
	file, err := os.Open(authorizationFile)
	chatsuite.NoError(t, err)
	defer func() { chatsuite.NoError(t, file.Close()) }()
	r := &tableReader{t: t, table: authorization{
		noActor: map[string]string{}, rows: map[string]map[useCase]*tableAnswer{},
	}}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		r.number++
		r.read(strings.TrimSpace(lines.Text()))
	}
	chatsuite.NoError(t, lines.Err())
	r.endSection()
	if t.Failed() {
		t.FailNow()
	}
	return &r.table
}

type tableReader struct {
	t       testing.TB
	table   authorization
	number  int
	heading []string
	columns []string
	lines   []*tableLine
}

func (r *tableReader) errorf(line int, format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s:%d: "+format, append([]any{authorizationFile, line}, args...)...)
}

func (r *tableReader) read(line string) {
	if line == "" || strings.HasPrefix(line, "#") {
		return
	}
	if title, found := strings.CutPrefix(line, "== "); found {
		r.endSection()
		r.heading, r.columns = commaList(strings.TrimSuffix(title, "==")), nil
		return
	}
	fields := strings.Split(line, "|")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	switch {
	case len(fields) < 2:
		r.errorf(r.number, "not a line of the table")
	case slices.Equal(r.heading, []string{"no actor"}):
		r.table.noActor[fields[0]] = fields[1]
	case fields[0] == "columns":
		r.columns = strings.Fields(strings.Join(fields[2:], " "))
		if want := tableColumns(); !slices.Equal(r.columns, want) {
			r.errorf(r.number, "the columns are %v, want %v", r.columns, want)
		}
	default:
		r.readAnswers(fields)
	}
}

func (r *tableReader) readAnswers(fields []string) {
	line := &tableLine{
		tableAnswer: &tableAnswer{line: r.number, to: map[string]string{}},
		methods:     commaList(fields[0]), targets: commaList(fields[1]),
	}
	cells := fields[2:]
	last := cells[len(cells)-1]
	if strings.HasPrefix(last, "needs ") || strings.HasPrefix(last, "names ") {
		cells = cells[:len(cells)-1]
		for _, part := range strings.Split(last, ";") {
			word, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
			if word == "needs" {
				line.needs = commaList(rest)
			} else {
				line.names = strings.TrimSpace(rest)
			}
		}
	}
	answers := strings.Fields(strings.Join(cells, " "))
	if len(answers) != len(r.columns) {
		r.errorf(r.number, "%d answers for %d columns", len(answers), len(r.columns))
		return
	}
	for i, column := range r.columns {
		if !slices.Contains(allAnswers, answers[i]) {
			r.errorf(r.number, "%q is no answer", answers[i])
		}
		if answers[i] == isInvalid && line.names == "" {
			r.errorf(r.number, "does not name the invalid field")
		}
		line.to[column] = answers[i]
	}
	r.lines = append(r.lines, line)
}

// endSection gives each use case of the section's rooms its one line.
func (r *tableReader) endSection() {
	for _, room := range r.heading {
		if room == "no actor" {
			continue
		}
		rows := map[useCase]*tableAnswer{}
		r.table.rooms = append(r.table.rooms, room)
		r.table.rows[room] = rows
		known := useCases(room)
		for _, stars := range []bool{false, true} {
			for _, line := range r.lines {
				if slices.Contains(line.methods, "*") || slices.Contains(line.targets, "*") == stars {
					r.fill(rows, line, known, stars)
				}
			}
		}
		for _, u := range known {
			if rows[u] == nil {
				r.t.Errorf("%s has no line for %s | %s in the section %q", authorizationFile, u.method, u.target, room)
			}
		}
	}
	for _, line := range r.lines {
		if !line.used {
			r.errorf(line.line, "is about nothing")
		}
	}
	r.lines = nil
}

func (r *tableReader) fill(rows map[useCase]*tableAnswer, line *tableLine, known []useCase, stars bool) {
	if !stars {
		for _, method := range line.methods {
			for _, target := range line.targets {
				if u := (useCase{method, target}); method != "*" && target != "*" && !slices.Contains(known, u) {
					r.errorf(line.line, "there is no %s | %s here", method, target)
				}
			}
		}
	}
	for _, u := range known {
		if !matches(line.methods, u.method, stars) || !matches(line.targets, u.target, stars) {
			continue
		}
		switch first := rows[u]; {
		case first == nil:
			rows[u], line.used = line.tableAnswer, true
		case !stars:
			r.errorf(line.line, "%s | %s is answered in line %d", u.method, u.target, first.line)
		}
	}
}

func matches(names []string, name string, stars bool) bool {
	return slices.Contains(names, name) || stars && slices.Contains(names, "*")
}

// list splits "a, b".
func commaList(text string) []string {
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// The members' defaults, as the design has them.
var defaultSets = map[chat.RoomType]chat.Permissions{
	chat.PrivateMessages: chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanDeleteRoom,
	chat.Group:           chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanAddUsers,
	chat.Channel:         chat.CanAddUsers,
}

// givable is all that a room of this type can give.
func givable(t chat.RoomType) chat.Permissions {
	if t == chat.PrivateMessages {
		return chat.AllPermissions
	}
	return chat.AllPermissions &^ chat.CanDeleteRoom
}

// met reports whether a member of a room of this type with this set has what the
// line needs.
func (a *tableAnswer) met(t testing.TB, room chat.RoomType, set chat.Permissions) bool {
	t.Helper()
	for _, need := range a.needs {
		var wanted chat.Permissions
		switch need {
		case "ownership", "nobody":
			return false
		case "default":
			wanted = defaultSets[room]
		case "givable":
			wanted = givable(room)
		default:
			wanted = chatsuite.Must(chat.ParsePermissions(need))(t)
		}
		if !set.Has(wanted) {
			return false
		}
	}
	return true
}

// toSet is the answer to a member with a set that has no column.
func (a *tableAnswer) toSet(t testing.TB, room chat.RoomType, set chat.Permissions) string {
	t.Helper()
	switch {
	case !a.met(t, room, set) || len(a.needs) == 0:
		return a.to["non"]
	case a.met(t, room, givable(room)):
		return a.to["adm"]
	default:
		return a.to["sys"]
	}
}
