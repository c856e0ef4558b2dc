package httpadapter

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-df/chat"
)

// problem is a response that is an error (RFC 9457).
type problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Code     string  `json:"code"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance"`
	Errors   []fault `json:"errors,omitzero"`

	header [2]string // one to send along
}

// fault is one thing that is wrong with an input: in the body at a JSON pointer, or
// in a parameter of the query.
type fault struct {
	Pointer   *string `json:"pointer,omitzero"`
	Parameter string  `json:"parameter,omitzero"`
	Code      string  `json:"code"` // a chat.FieldError's, or malformed
	Detail    string  `json:"detail"`
	Limit     int64   `json:"limit,omitzero"` // the limit that was crossed
}

func (p *problem) Error() string { return p.Detail }

const notFoundDetail = "there is nothing here, or nothing that you may see"

func newProblem(status int, code, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func internalProblem() *problem {
	return newProblem(http.StatusInternalServerError, "internal", "something went wrong")
}

// malformed is the code of a fault in the form of a request, which the service has not
// seen.
const malformed = "malformed"

func badParameter(name, code, reason string) *problem {
	p := newProblem(http.StatusBadRequest, "malformed_query", name+" "+reason)
	p.Errors = []fault{{Parameter: name, Code: code, Detail: reason}}
	return p
}

func badBody(pointer, reason string) *problem {
	what := pointer
	if what == "" {
		what = "the body"
	}
	p := newProblem(http.StatusBadRequest, "malformed_body", what+" "+reason)
	p.Errors = []fault{{Pointer: &pointer, Code: malformed, Detail: reason}}
	return p
}

func invalidField(field, code, reason string) *problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalid", field+" "+reason)
	p.Errors = []fault{{Pointer: pointerTo(field), Code: code, Detail: reason}}
	return p
}

// pointerTo turns "members[0].user_id" into "/members/0/user_id".
func pointerTo(field string) *string {
	pointer := "/" + strings.NewReplacer("[", "/", "].", "/", "]", "", ".", "/").Replace(field)
	return &pointer
}

func bodyTooLarge(limit int64) *problem {
	reason := "is over the limit of " + strconv.FormatInt(limit, 10) + " bytes"
	p := newProblem(http.StatusRequestEntityTooLarge, "too_large", "the body "+reason)
	whole := ""
	p.Errors = []fault{{Pointer: &whole, Code: chat.CodeTooLarge, Detail: reason, Limit: limit}}
	return p
}

func unsupportedMedia(method string) *problem {
	p := newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be "+mediaJSON+" in UTF-8")
	if method == http.MethodPatch {
		p.header = [2]string{"Accept-Patch", mediaMergePatch + ", " + mediaJSON}
	}
	return p
}

func tooManyRequests(wait time.Duration, detail string) *problem {
	p := newProblem(http.StatusTooManyRequests, "rate_limited", detail)
	p.header = [2]string{"Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds())))}
	return p
}

// errorStatuses maps the errors of the service to problems. What is not here is shown as
// nothing and logged.
var errorStatuses = []struct {
	err    error
	status int
	code   string
	detail string // "" shows the error's own
}{
	{chat.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", "it is not known who makes this request"},
	{chat.ErrNotFound, http.StatusNotFound, "not_found", notFoundDetail},
	{chat.ErrForbidden, http.StatusForbidden, "forbidden", "you may not do this here"},
	{chat.ErrConflict, http.StatusConflict, "conflict", ""},
	{chat.ErrPrecondition, http.StatusPreconditionFailed, "precondition_failed", "it was changed in the meantime"},
	{chat.ErrNoMediaStore, http.StatusNotImplemented, "no_media", "files cannot be uploaded here"},
	{chat.ErrNoSpace, http.StatusInsufficientStorage, "no_space", "there is no room left to store this"},
	{chat.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "this is not available at present: try again later"},
	{fs.ErrNotExist, http.StatusInternalServerError, "internal", "something went wrong"}, // a file that is lost
	{chat.ErrMediaStore, http.StatusServiceUnavailable, "unavailable", "files are not available: try again later"},
	{chat.ErrLagged, http.StatusServiceUnavailable, "unavailable", "there is too much to tell at once: try again"},
	{chat.ErrClosed, http.StatusServiceUnavailable, "unavailable", "the service is going down: try again"},
	{context.Canceled, http.StatusServiceUnavailable, "unavailable", "the request was given up"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "this took too long: try again"},
}

// problemOf returns the problem that an error is shown as.
func (r *request) problemOf(err error) *problem {
	return problemOf(err, r.Method, r.params.get("user"))
}

// problemOf is of a request with this method and, "" if it has none, this user in its path.
func problemOf(err error, method, user string) *problem {
	var known *problem
	var field *chat.FieldError
	var soon *chat.TooSoonError
	var refusal *chat.RefusalError
	var tooLarge *http.MaxBytesError // of a host's handler: in requests of this package's own it is a problem already
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &field):
		return fieldProblem(field, method, user)
	case errors.As(err, &soon):
		p := tooManyRequests(soon.RetryAfter, "the room is in slow mode: wait until your next message")
		p.Code = "too_soon"
		return p
	case errors.As(err, &refusal) && refusal.Reason != "":
		return newProblem(http.StatusForbidden, "forbidden", refusal.Reason)
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case chat.IsRetryable(err):
		return retryLater("this met another change: try again")
	}
	for _, a := range errorStatuses {
		if !errors.Is(err, a.err) {
			continue
		}
		detail := a.detail
		if detail == "" {
			detail = strings.TrimPrefix(err.Error(), a.err.Error()+": ")
		}
		if a.status == http.StatusServiceUnavailable {
			return retryLater(detail)
		}
		return newProblem(a.status, a.code, detail)
	}
	return internalProblem()
}

// notUsers refuses metadata, which is the host's own unless Config.UserMetadata says
// otherwise.
func (r *request) notUsers(metadata bool) {
	if metadata && !r.h.config.UserMetadata {
		r.fail(invalidField("metadata", chat.CodeNotAllowed, "is the host's own, not a user's to set"))
	}
}

func retryLater(detail string) *problem {
	p := newProblem(http.StatusServiceUnavailable, "unavailable", detail)
	p.header = [2]string{"Retry-After", "1"}
	return p
}

// fieldProblem names the input that was refused. The input of a GET is in its query.
func fieldProblem(e *chat.FieldError, method, user string) *problem {
	switch {
	// The host's user is none that the chat can have, whether as actor or as "me".
	case e.Field == "actor", e.Field == "user_id" && user == "me":
		return problemOf(chat.ErrUnauthenticated, method, user)
	case e.Field == "user_id" && user != "": // of the path
		return problemOf(chat.ErrNotFound, method, user)
	case e.Field == "body" && errors.Is(e, chat.ErrTooLarge):
		return bodyTooLarge(e.Limit)
	case method == http.MethodGet || method == http.MethodHead:
		p := badParameter(e.Field, e.Code, e.Reason)
		p.Errors[0].Limit = e.Limit
		return p
	}
	p := invalidField(e.Field, e.Code, e.Reason)
	p.Errors[0].Limit = e.Limit
	if errors.Is(e, chat.ErrTooLarge) {
		p.Code = "over_limit"
	}
	return p
}

// WriteError responds with an error of the service's as the API's own handlers do, for a
// host's handlers beside them: a problem (RFC 9457) with the status, the code and, for a
// [chat.FieldError], the input that is wrong, in the query of a GET or a HEAD and else in the
// body. An error that is not the chat's is 500 without details: log it, as nothing is logged
// here. It must be called before anything else is written.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err, r.Method, "")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	writeProblem(w, r, p, r.URL.EscapedPath())
}

// refuse sends an error, and logs what the client does not get.
func (r *request) refuse(err error) {
	p := r.problemOf(err)
	switch {
	case r.Context().Err() != nil:
		r.h.config.Logger.DebugContext(r.Context(), "the client went away", "operation", r.operation(), "error", err)
	case p.Status >= http.StatusInternalServerError && p.Status != http.StatusNotImplemented:
		r.h.config.Logger.ErrorContext(r.Context(), "a request failed", "operation", r.operation(), "status", p.Status, "error", err)
	case p.Code == "unauthenticated" && r.actor != "":
		r.h.config.Logger.WarnContext(r.Context(), "a user of the host's is refused", "operation", r.operation(), "error", err)
	}
	r.sendProblem(p)
}
