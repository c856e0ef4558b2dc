package httpadapter

import (
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// request is a request on its way through an operation. Its readers note the first
// fault in err and return zero values, so that an operation reads all its input and
// then asks once.
type request struct {
	*http.Request
	h       *Handler
	w       *writer
	path    string // within the API, escaped
	route   *route
	params  params
	allowed string // for OPTIONS
	actor   chat.UserID

	bySignature bool // the actor is the one of a signed URL
	query       url.Values
	end         func() // of being served
	err         error
}

func (r *request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *request) operation() string {
	if r.route == nil {
		return ""
	}
	return r.route.id
}

// id reads an id of the path. What is no id names nothing.
func (r *request) id(name string) uuid.UUID {
	id, ok := parseID(r.params.get(name))
	if !ok {
		r.fail(chat.ErrNotFound)
	}
	return id
}

// parseID takes the spelling that the API gives out, in either case, since some clients
// write UUIDs in capitals. It takes no other that uuid.Parse knows.
func parseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == len(uuid.Nil.String())
}

// userID reads the {user} of the path, where "me" is the acting user.
func (r *request) userID() chat.UserID {
	user := chat.UserID(r.params.get("user"))
	if user == "me" {
		return r.actor
	}
	if !r.spelled(user) {
		r.fail(chat.ErrNotFound)
	}
	return user
}

// userIDIn checks how the user id in a field of the body is spelled.
func (r *request) userIDIn(field string, id chat.UserID) chat.UserID {
	if !r.spelled(id) {
		r.fail(invalidField(field, chat.CodeInvalidUserID, "is not a user id: it is not spelled as the API gives it out"))
	}
	return id
}

// spelled reports whether a user id may be spelled so: a whole number only as the API
// gives it out, since +3 and 03 are text that a client got wrong. What is no id at all is
// left to the service, and so are all other kinds of ids.
func (r *request) spelled(id chat.UserID) bool {
	if r.h.svc.UserIDType() != chat.Int64IDs {
		return true
	}
	canonical, err := chat.Int64IDs.Canonical(id)
	return err != nil || canonical == id
}

// param reads a query parameter; "" when it is not given.
func (r *request) param(name string) string {
	value, _ := r.given(name)
	return value
}

// readQuery reads the query, and refuses parameters that the operation does not have.
func (r *request) readQuery() error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	r.query = query
	if err != nil {
		return newProblem(http.StatusBadRequest, "malformed_query", "the query cannot be read")
	}
	known := strings.Fields(r.route.query)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			return badParameter(name, malformed, "is not known here")
		}
	}
	return nil
}

func (r *request) given(name string) (value string, given bool) {
	values := r.query[name]
	switch len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], true
	}
	r.fail(badParameter(name, chat.CodeDuplicate, "is given more than once"))
	return "", true
}

const maxIDs = 100

// ids reads the parameter ids of the query, which is given once for each.
func (r *request) ids() []string {
	ids := r.query["ids"]
	switch {
	case len(ids) == 0:
		r.fail(badParameter("ids", chat.CodeRequired, "is missing"))
	case len(ids) > maxIDs:
		p := badParameter("ids", chat.CodeTooMany, "is given more than 100 times")
		p.Errors[0].Limit = maxIDs
		r.fail(p)
	}
	return ids
}

// number reads a whole number of the query, nil when it is not given.
func (r *request) number(name string, least int64) *int64 {
	text, given := r.given(name)
	if !given {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || text[0] == '+' {
		r.fail(badParameter(name, malformed, "is not a whole number of 64 bits"))
		return nil
	}
	if n < least {
		r.fail(badParameter(name, chat.CodeOutOfRange, "is less than "+strconv.FormatInt(least, 10)))
	}
	return &n
}

// boolean reads a parameter of the query that is true or false, nil when it is not given.
func (r *request) boolean(name string) *bool {
	text, given := r.given(name)
	if !given {
		return nil
	}
	if text != "true" && text != "false" {
		r.fail(badParameter(name, malformed, "is neither true nor false"))
	}
	is := text == "true"
	return &is
}

// time reads a parameter that is a time, if it is there.
func (r *request) time(name string) (at time.Time) {
	text, given := r.given(name)
	if !given {
		return at
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
		r.fail(badParameter(name, malformed, "is not a time such as 2026-01-02T15:04:05Z"))
	}
	return at
}

// limit reads how many items a page should have: the service cuts it.
func (r *request) limit() int {
	n := r.number("limit", 1)
	if n == nil {
		return 0
	}
	return int(min(*n, 1<<30))
}

func (r *request) page() chat.Page {
	return chat.Page{Cursor: r.param("cursor"), Limit: r.limit()}
}

// mediaType is the body's, in lower case.
func (r *request) mediaType() (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil
	}
	return kind, params
}

// checkConditions refuses a condition that the operation would not look at, rather
// than do what the client wanted done only if it holds.
func (r *request) checkConditions() error {
	_, given := r.Header["If-Match"]
	if given && !r.route.conditional && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return newProblem(http.StatusBadRequest, "malformed_header", "this operation knows no If-Match")
	}
	if _, given := r.Header["Idempotency-Key"]; given && !r.route.idempotent {
		return newProblem(http.StatusBadRequest, "malformed_header", "this operation knows no Idempotency-Key")
	}
	return nil
}

// ifMatch is the version that the client wants to change, nil when it wants to
// change any. A tag that no version has is a time at which nothing was changed.
func (r *request) ifMatch() *time.Time {
	values := r.Header.Values("If-Match")
	if len(values) == 0 {
		return nil
	}
	tag := strings.TrimSpace(values[0])
	if len(values) > 1 || strings.Contains(tag, ",") {
		r.fail(newProblem(http.StatusBadRequest, "malformed_header", "If-Match takes one entity tag"))
		return nil
	}
	if tag == "*" {
		return nil
	}
	version := versionOf(tag)
	return &version
}

// idempotencyKey reads the header that is another name for client_id.
func (r *request) idempotencyKey(clientID string) string {
	keys := r.Header.Values("Idempotency-Key")
	switch {
	case len(keys) == 0:
		return clientID
	case len(keys) > 1 || keys[0] == "":
		r.fail(newProblem(http.StatusBadRequest, "malformed_header", "Idempotency-Key takes one value that is not empty"))
	case clientID != "" && clientID != keys[0]:
		r.fail(invalidField("client_id", chat.CodeExclusive, "differs from the Idempotency-Key"))
	}
	return keys[0]
}
