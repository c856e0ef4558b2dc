// Package httpadapter is a net/http handler that puts a chat behind a JSON API, to
// be mounted in the host's own mux after the host's own authentication:
//
//	api, err := httpadapter.New(svc, httpadapter.Config{
//		BasePath: "/chat",
//		User: func(r *http.Request) (chat.UserID, error) {
//			session, err := sessions.Of(r) // the host's own
//			if errors.Is(err, sessions.ErrNone) {
//				return "", chat.ErrUnauthenticated
//			}
//			return chat.ID(session.UserID), err // any other error is an outage
//		},
//	})
//	mux.Handle("/chat/", api)
//
// # Requests
//
// GET /openapi.json describes every operation. Bodies are JSON, read strictly:
// unknown, repeated and wrongly cased keys are refused. PATCH takes a merge patch
// (RFC 7396): what is absent stays, null removes or restores the default; metadata
// is replaced whole. In a POST null is as good as absent. Parameters of the query that
// an operation does not have are refused too. A message may be sent again with the same
// client_id, or Idempotency-Key, and is stored once; other operations refuse that header.
//
// # Errors
//
// Errors are problems (RFC 9457) with a stable code and, for inputs, the place of
// each fault. 400 is a request that cannot be read as the description has it; 422 is
// one that can be and asks for something that is refused. What the user may not see
// is 404, exactly as if it were not there.
//
// # Mounting
//
// The handler routes by itself, never redirects, and works under any router that
// takes an http.Handler, with BasePath still on the request's path or stripped from
// it. Uploads stream: a router's own limit on bodies must allow for them.
package httpadapter

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-df/chat"
)

// Handler serves the API. It is safe for concurrent use and starts no goroutine.
type Handler struct {
	svc       *chat.Service
	config    Config
	routes    router
	described rawJSON // openapi.json without what is disabled
	now       func() time.Time
	limiters  map[class]*limiter // nil: no limit
	flights   *inFlight
	streams   *inFlight
	bodies    map[string]int64 // the limits of JSON bodies, by operation
	grace     time.Duration
	origins   *origins

	streamTimes streamTimes
	shutdowns   shutdowns
}

// New returns the handler of a service. A wrong config is an error.
func New(svc *chat.Service, config Config) (*Handler, error) {
	if svc == nil {
		return nil, errors.New("httpadapter: the service is nil")
	}
	config = config.withDefaults(svc)
	if err := config.validate(); err != nil {
		return nil, err
	}
	trusted, err := newOrigins(config.TrustedOrigins, config.CORSHeaders)
	if err != nil {
		return nil, err
	}
	described, err := describe(config.Disable)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		svc: svc, config: config, routes: newRouter(routes, config.Disable), described: described, now: time.Now, origins: trusted, grace: writeGrace,
		flights: newInFlight(config.MaxInFlight), streams: newInFlight(config.MaxStreams),
		streamTimes: streamTimes{commentEach, userEach}, bodies: bodyLimits(svc.Limits()), limiters: map[class]*limiter{},
	}
	for class, rate := range config.RateLimit.all() {
		h.limiters[class] = newLimiter(*rate, time.Now)
	}
	return h, nil
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tracked := &writer{ResponseWriter: w, rate: h.config.MinDownloadRate, grace: h.grace}
	tracked.without = r.Context().Value(http.ServerContextKey) == nil
	req := &request{Request: r, h: h, w: tracked, end: func() {}}
	defer func() { req.end() }()
	defer tracked.finish()
	defer h.recoverPanic(req)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("Cache-Control", "private, no-cache")
	h.origins.allow(w.Header(), r)
	if response, err := h.serve(req); err != nil {
		req.refuse(err)
	} else {
		response.send(req)
	}
}

// serve finds the operation, identifies the user, and runs it.
func (h *Handler) serve(r *request) (*response, error) {
	if err := h.find(r); err != nil {
		return nil, err
	}
	if r.Method == http.MethodOptions {
		return h.options(r), nil
	}
	queryErr := r.readQuery()
	if r.signed() {
		if err := r.identifySigned(); err != nil {
			return nil, err
		}
	} else {
		if err := h.origins.check(r.Request, r.route.class == stream); err != nil {
			return nil, newProblem(http.StatusForbidden, "cross_origin", "a page of another site made this request")
		}
		if err := h.identify(r); err != nil {
			return nil, err
		}
	}
	if !r.route.open {
		if err := h.admit(r); err != nil {
			return nil, err
		}
	}
	if err := r.checkConditions(); err != nil {
		return nil, err
	}
	if queryErr != nil {
		return nil, queryErr
	}
	return r.route.serve(r)
}

// find matches the path and then the method.
func (h *Handler) find(r *request) error {
	whole := r.URL.EscapedPath()
	r.path = pathBehind(h.config.BasePath, whole)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	found, params := h.routes.match(r.path)
	if found == nil { // a base such as /messages, stripped, is also how a route begins
		if found, params = h.routes.match(whole); found != nil {
			r.path = whole
		}
	}
	if !found.has(method) {
		return newProblem(http.StatusNotFound, "not_found", notFoundDetail)
	}
	r.params = params
	if method == http.MethodOptions {
		r.allowed = found.allow
		return nil
	}
	if r.route = found.byMethod[method]; r.route == nil {
		p := newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "use one of "+found.allow)
		p.header = [2]string{"Allow", found.allow}
		return p
	}
	return nil
}

// identify calls Config.User, unless the operation is open to anybody.
func (h *Handler) identify(r *request) error {
	if r.route.open {
		return nil
	}
	user, err := h.config.User(r.Request)
	switch {
	case errors.Is(err, chat.ErrUnauthenticated):
		h.config.Logger.DebugContext(r.Context(), "a request is not authenticated", "error", err)
		return chat.ErrUnauthenticated
	case err != nil:
		return fmt.Errorf("%w: the host's Config.User: %w", retryLater("who makes this request cannot be determined at present: try again"), err)
	case user == "":
		return chat.ErrUnauthenticated
	}
	r.actor = h.canonical(user)
	return nil
}

// canonical is the service's spelling of an id that the host gives. What is none, the
// service refuses.
func (h *Handler) canonical(user chat.UserID) chat.UserID {
	if id, err := h.svc.UserIDType().Canonical(user); err == nil {
		return id
	}
	return user
}

// recoverPanic sends 500 for a request whose handling panicked, if nothing was
// sent of a response; otherwise the connection is broken off, so that the client does
// not take what it has for the whole.
func (h *Handler) recoverPanic(r *request) {
	value := recover()
	if value == nil {
		return
	}
	if err, isError := value.(error); isError && errors.Is(err, http.ErrAbortHandler) {
		panic(value)
	}
	h.config.Logger.ErrorContext(r.Context(), "a request panicked", "operation", r.operation(),
		"panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	if r.w.started {
		panic(http.ErrAbortHandler)
	}
	r.sendProblem(internalProblem())
}
