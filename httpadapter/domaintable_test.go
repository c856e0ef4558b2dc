package httpadapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

// Every cell of the domain's table is asked for through HTTP. What is done is rolled
// back again.
func TestEveryAnswerOfTheAPIIsTheDomainTables(t *testing.T) {
	t.Parallel()
	table := readDomainTable(t)
	for _, name := range table.rooms {
		for _, database := range databases() {
			t.Run(name+"/"+database, func(t *testing.T) {
				t.Parallel()
				room := parseDomainRoom(name)
				h := newHost(t, database, func(_ *chat.Config, api *httpadapter.Config) { api.User = userOfHeader })
				e := &domainExaminer{
					host: h, table: table, name: name, room: room, settings: domainSettings(h, room), compared: map[string]bool{},
				}
				e.examine()
			})
		}
	}
}

// userOfHeader lets a test be anybody, also those whom signedIn would not know.
func userOfHeader(r *http.Request) (chat.UserID, error) {
	return chat.UserID(r.Header.Get("X-User-Id")), nil
}

// An operation of the table that no request asks for would be untested, and a route
// that no line is about might be open to anyone.
func TestEveryRouteAndEveryOperationOfTheDomainTableMeet(t *testing.T) {
	t.Parallel()
	table := readDomainTable(t)
	tried, methods, asked := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, room := range table.rooms {
		for _, try := range domainTries(parseDomainRoom(room)) {
			tried[room+"|"+try.method+"|"+try.target] = true
			methods[try.method], asked[try.route] = true, true
		}
	}
	known := map[string]bool{}
	for _, method := range table.noActor {
		known[method] = true
	}
	for room, lines := range table.lines {
		for _, line := range lines {
			for _, method := range line.methods {
				known[method] = true
				for _, target := range line.targets {
					_, without := domainMethodsWithoutRoute[method]
					if method != "*" && target != "*" && !without && !tried[room+"|"+method+"|"+target] {
						t.Errorf("%s:%d: no request asks for %s | %s in a %s", domainFile, line.number, method, target, room)
					}
				}
			}
		}
	}
	for method, reason := range domainMethodsWithoutRoute {
		if !known[method] || methods[method] || reason == "" {
			t.Errorf("%s is listed as an operation without a route, and is not one of the table's", method)
		}
	}
	for method := range known {
		if _, without := domainMethodsWithoutRoute[method]; !methods[method] && !without && method != "*" {
			t.Errorf("no request asks for %s", method)
		}
	}
	for _, route := range httpadapter.Routes() {
		id := strings.Fields(route)[2]
		if _, without := domainRoutesWithoutLine[id]; asked[id] == without {
			t.Errorf("%s: a line of %s is about it: %t, it is listed as one that none is about: %t", route, domainFile, asked[id], without)
		}
	}
}

// domainExaminer asks for the cells of one kind of room on one database.
type domainExaminer struct {
	*host
	table    *domainTable
	name     string
	room     domainRoom
	settings []*domainSetting
	before   string          // all rows of all tables
	brief    string          // what a change of any of them would change
	compared map[string]bool // the answers that were held against openapi.json
}

func (e *domainExaminer) examine() {
	e.before, e.brief = e.fingerprint(), e.summary()
	cells := 0
	for _, sc := range e.settings {
		for _, try := range domainTries(e.room) {
			line := e.table.line(e.name, try.method, try.target)
			if line == nil {
				e.t.Errorf("%s has no line for %s | %s in a %s", domainFile, try.method, try.target, e.name)
				continue
			}
			c := &domainCell{domainTry: try, line: line, by: sc, want: line.to[sc.column]}
			if e.cell(c) {
				cells++
			}
		}
		if now := e.fingerprint(); now != e.before {
			e.t.Errorf("what was refused to %s, or undone, changed a table", sc.column)
			e.before = now
		}
	}
	if cells == 0 {
		e.t.Error("nothing was asked for")
	}
}

// domainCell is a cell of the table at work.
type domainCell struct {
	domainTry
	line *domainLine
	by   *domainSetting
	want string
}

// cell reports whether there was something to ask for.
func (e *domainExaminer) cell(c *domainCell) bool {
	x := domainCall{kind: e.room, room: c.by.things["room"]}
	var hasThing, hasUser bool
	x.id, hasThing = c.by.things[c.on]
	x.user, hasUser = c.by.users[c.user]
	there := hasThing && (hasUser || c.user == "")
	if c.by.nobody && !there { // who is nobody is refused whatever they name
		x.id, x.user, there = uuid.New(), c.by.users["a stranger"], true
	}
	if none := c.want == ".." || c.want == "n." && !there; none || !there {
		if none == there {
			e.errorf(c, "the table says %s, and whether there is such a target is %t", c.want, there)
		}
		return false
	}
	// One answer of a kind is enough to hold against the description, which is slow.
	kind := c.method + c.target + c.want
	e.check = !e.compared[kind]
	e.compared[kind] = true
	if c.want == "ok" {
		e.allowed(c, x)
	} else {
		e.refused(c, x)
	}
	return true
}

func (e *domainExaminer) errorf(c *domainCell, format string, args ...any) {
	e.t.Helper()
	e.t.Errorf("%s:%d: %s | %s by %s: "+format, append([]any{
		domainFile, c.line.number, c.method, c.target, c.by.column}, args...)...)
}

// ask makes the cell's request.
func (h *host) ask(c *domainCell, x domainCall) answer {
	h.t.Helper()
	user := string(x.user)
	if c.user == "" {
		user = "me"
	}
	id := x.id.String()
	target := strings.NewReplacer("{room}", x.room.String(), "{user}", user, "{message}", id, "{media}", id, "{reaction}", id).
		Replace(domainRoutes[c.route] + c.query)
	headers := []string{"X-User-Id: " + string(c.by.id)}
	body := ""
	switch {
	case c.body != nil:
		body = string(must(json.Marshal(c.body(x)))(h.t))
	case c.method == "UploadMedia":
		body = "some bytes"
		headers = append(headers, "Content-Type: application/octet-stream")
	}
	return h.serve(withHeaders(h.request("", target, body), headers))
}

func withHeaders(r *http.Request, headers []string) *http.Request {
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// domainRoutes are "GET /rooms/{room}" by operation id.
var domainRoutes = func() map[string]string {
	routes := map[string]string{}
	for _, route := range httpadapter.Routes() {
		parts := strings.Fields(route)
		routes[parts[2]] = parts[0] + " " + parts[1]
	}
	return routes
}()

var errUndo = errors.New("what was done is undone")

// allowed asks a handler on a service that is in a transaction, which is rolled back.
func (e *domainExaminer) allowed(c *domainCell, x domainCall) {
	e.t.Helper()
	err := e.svc.InTx(context.Background(), func(_ *gorm.DB, s *chat.Service) error {
		inside := *e.host
		inside.remount(s)
		if got := inside.ask(c, x); got.status != c.doneStatus() {
			e.errorf(c, "%d %s, want %d", got.status, got.body, c.doneStatus())
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		e.errorf(c, "the transaction's error is %v", err)
	}
}

func (c *domainCell) doneStatus() int {
	switch method, _, _ := strings.Cut(domainRoutes[c.route], " "); {
	case c.done != 0:
		return c.done
	case method == http.MethodPost:
		return http.StatusCreated
	case method == http.MethodDelete:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

// refused asks where it would leave a trace.
func (e *domainExaminer) refused(c *domainCell, x domainCall) {
	e.t.Helper()
	got := e.ask(c, x)
	if want, code, pointer := c.refusal(); got.status != want || got.code() != code || pointer != got.pointer() {
		e.errorf(c, "%d %s, want %d %s %s", got.status, got.body, want, code, pointer)
	}
	e.check = false
	if absent, hides := c.absent(x); hides {
		if diff := cmp.Diff(bytesOf(e.ask(c, absent)), bytesOf(got)); diff != "" {
			e.errorf(c, "what never was (-) and what is hidden (+) are answered differently: %s", diff)
		}
	}
	if now := e.summary(); now != e.brief {
		e.errorf(c, "the refusal changed a table: %s", cmp.Diff(e.brief, now))
		e.brief = now
	}
}

// refusal is how the API tells the table's answer: the status, the problem's code and
// the place of an input that is invalid.
func (c *domainCell) refusal() (status int, code, pointer string) {
	switch {
	case c.unknownKey && c.by.id != "":
		return http.StatusBadRequest, "malformed_body", domainPointer(c.line.names)
	case c.want == "nf", c.want == "n.":
		return http.StatusNotFound, "not_found", ""
	case c.want == "fb":
		return http.StatusForbidden, "forbidden", ""
	case c.want == "cf":
		return http.StatusConflict, "conflict", ""
	case c.want == "iv":
		return http.StatusUnprocessableEntity, "invalid", domainPointer(c.line.names)
	case c.want == "ua", c.want == "ia": // whom the chat cannot know, it does not know
		return http.StatusUnauthorized, "unauthenticated", ""
	}
	return 0, "an answer " + c.want + " that is known", ""
}

var notInPointers = regexp.MustCompile(`[\[\].]+`)

// domainPointer turns "members[0].user_id" into "/members/0/user_id".
func domainPointer(field string) string {
	return "/" + strings.TrimSuffix(notInPointers.ReplaceAllString(field, "/"), "/")
}

// pointer is the place of a problem's first fault.
func (a answer) pointer() string {
	var p struct{ Errors []struct{ Pointer string } }
	_ = json.Unmarshal([]byte(a.body), &p)
	if len(p.Errors) == 0 {
		return ""
	}
	return p.Errors[0].Pointer
}

// absent is the request for what never was, if the answer hides that there is
// something.
func (c *domainCell) absent(x domainCall) (domainCall, bool) {
	switch {
	case c.want == "nf" || c.want == "n.":
		x.room, x.id = uuid.New(), uuid.New()
		return x, true
	case c.want == "iv" && strings.Contains(c.on, "another"):
		x.id = uuid.New()
		return x, true
	}
	return x, false
}
