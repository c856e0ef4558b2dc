package httpadapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-df/chat"
)

// streamTimes are what a stream does when.
type streamTimes struct {
	comment time.Duration // when nothing else was sent
	user    time.Duration // asks Config.User again
}

const (
	commentEach = 20 * time.Second
	userEach    = time.Minute
)

// eventStream responds with a stream of server-sent events, one of the user for all of
// their rooms, until the client goes away or it is to connect again.
func eventStream(r *request) (*response, error) {
	after, last := chat.Cursor(r.param("after")), r.Header.Values("Last-Event-ID")
	if len(last) > 1 {
		r.fail(newProblem(http.StatusBadRequest, "malformed_header", "Last-Event-ID takes one value"))
	}
	if r.err != nil {
		return nil, r.err
	}
	again := len(last) > 0 && last[0] != "" // a browser connects again with the query of the first time
	if again {
		after = chat.Cursor(last[0])
	}
	if r.Method == http.MethodHead {
		return &response{write: func() {
			r.streamHeader()
			r.w.WriteHeader(http.StatusOK)
		}}, nil
	}
	if err := canFlush(r.w.ResponseWriter); err != nil {
		return nil, err
	}
	sub, err := r.subscribe(after)
	switch {
	case again && errors.Is(err, chat.ErrInvalid):
		return nil, newProblem(http.StatusBadRequest, "malformed_header", "Last-Event-ID is not the id of an event")
	case err != nil:
		return nil, err
	}
	return &response{write: func() {
		defer sub.Close()
		s := &eventWriter{r: r, sub: sub, control: http.NewResponseController(r.w.ResponseWriter)}
		ctx, end := r.h.shutdowns.begin(r.Request)
		defer end()
		reason := s.run(ctx)
		r.h.config.Logger.DebugContext(r.Context(), "a stream of events ends", "operation", r.operation(), "reason", reason)
	}}, nil
}

func (r *request) streamHeader() {
	header := r.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would keep the events
}

// canFlush looks for what can flush below all middlewares, before anything is sent.
func canFlush(w http.ResponseWriter) error {
	for {
		wrapper, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			break
		}
		w = wrapper.Unwrap()
	}
	switch w.(type) {
	case http.Flusher, interface{ FlushError() error }:
		return nil
	}
	return newProblem(http.StatusInternalServerError, "no_streaming", fmt.Sprintf("events cannot be streamed here: a middleware wraps "+
		"the http.ResponseWriter in a %T that has neither Flush nor Unwrap() http.ResponseWriter", w))
}

// eventWriter writes one stream.
type eventWriter struct {
	r       *request
	sub     *chat.Subscription
	control *http.ResponseController
	buffer  []byte

	comment, user, end time.Time // when each is due
}

var (
	errStreamLife = errors.New("it has lived as long as StreamLife says")
	errStreamUser = errors.New("its user is no longer signed in")
	errWritten    = errors.New("the client does not take it")
)

// run writes until something ends the stream, which it returns.
func (s *eventWriter) run(ctx context.Context) error {
	now := time.Now()
	times := s.r.h.streamTimes
	s.comment, s.user, s.end = now.Add(times.comment), now.Add(times.user), now.Add(s.r.h.config.StreamLife)
	_ = s.control.SetReadDeadline(time.Time{}) // a server's ReadTimeout would end it
	s.r.streamHeader()
	s.r.w.started = true
	s.deadline(0)
	s.r.w.ResponseWriter.WriteHeader(http.StatusOK)
	for {
		if err := s.available(); err != nil {
			return err
		}
		u, err := s.wait(ctx)
		switch {
		case err == nil:
			err = s.event(&u)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			err = s.due(time.Now())
		}
		if err != nil {
			return err
		}
	}
}

// ended is a context that waits for nothing.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// available writes what can be had without waiting, and sends it.
func (s *eventWriter) available() error {
	for {
		u, err := s.sub.Next(ended)
		if err == nil {
			err = s.event(&u)
		}
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			_ = s.flush() // what was written before is worth having
			return err
		}
	}
	return s.flush()
}

// wait waits for the next update, and no longer than until something else is due.
func (s *eventWriter) wait(ctx context.Context) (chat.Update, error) {
	due := s.comment
	for _, at := range []time.Time{s.user, s.end} {
		if at.Before(due) {
			due = at
		}
	}
	ctx, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	return s.sub.Next(ctx)
}

// due does what is due.
func (s *eventWriter) due(now time.Time) error {
	times := s.r.h.streamTimes
	if !now.Before(s.end) {
		return errStreamLife
	}
	if !now.Before(s.user) {
		s.user = now.Add(times.user)
		user, err := s.r.h.config.User(s.r.Request)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errStreamUser, err)
		case s.r.h.canonical(user) != s.r.actor:
			return errStreamUser
		}
	}
	if !now.Before(s.comment) {
		s.comment = now.Add(times.comment)
		return s.write([]byte(":\n\n"))
	}
	return nil
}

func (s *eventWriter) event(u *chat.Update) error {
	data := encodedUpdate(u)
	if data == nil {
		s.r.h.config.Logger.ErrorContext(s.r.Context(), "an update does not encode", "kind", u.Kind, "room_id", u.RoomID, "seq", u.Seq)
		return errUpdate
	}
	s.comment = time.Now().Add(s.r.h.streamTimes.comment)
	piece := s.buffer[:0]
	piece = append(append(piece, "id: "...), u.Cursor...)
	piece = append(append(piece, "\nevent: "...), u.Kind...)
	piece = append(append(piece, "\ndata: "...), data...) // which has no line breaks
	piece = append(piece, "\n\n"...)
	if s.buffer = piece; cap(piece) > keptBuffer {
		s.buffer = nil // there are many streams
	}
	return s.write(piece)
}

const keptBuffer = 1 << 10

func (s *eventWriter) write(piece []byte) error {
	s.deadline(len(piece))
	if _, err := s.r.w.ResponseWriter.Write(piece); err != nil {
		return fmt.Errorf("%w: %w", errWritten, err)
	}
	return nil
}

// deadline gives a client as long for a piece as it has for any other response. Servers
// that know no deadlines have to have one of their own.
func (s *eventWriter) deadline(size int) {
	rate := max(s.r.w.rate, 0)
	if rate == 0 {
		rate = defaultDownloadRate
	}
	lasting := time.Duration(float64(size) / float64(rate) * float64(time.Second))
	_ = s.control.SetWriteDeadline(time.Now().Add(s.r.w.grace + lasting))
}

// flush sends what was written, and takes the deadline away: HTTP/2 ends a stream when it
// passes, whether or not anything is being written.
func (s *eventWriter) flush() error {
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errWritten, err)
	}
	_ = s.control.SetWriteDeadline(time.Time{})
	return nil
}

// shutdowns ends streams and polls when their server is shut down, which would wait for
// them otherwise.
type shutdowns struct {
	mu      sync.Mutex
	servers map[*http.Server]*serverStreams
}

type serverStreams struct {
	down bool // Shutdown was called
	open map[*http.Request]context.CancelFunc
}

// begin returns a context that ends with the request, or with the server's Shutdown.
func (d *shutdowns) begin(r *http.Request) (context.Context, func()) {
	ctx, cancel := context.WithCancel(r.Context())
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	if server == nil {
		return ctx, cancel
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	streams := d.servers[server]
	if streams == nil {
		streams = &serverStreams{open: map[*http.Request]context.CancelFunc{}}
		if d.servers == nil {
			d.servers = map[*http.Server]*serverStreams{}
		}
		d.servers[server] = streams
		server.RegisterOnShutdown(func() { d.end(streams) })
	}
	if streams.down {
		cancel()
	}
	streams.open[r] = cancel
	return ctx, func() {
		cancel()
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(streams.open, r)
	}
}

func (d *shutdowns) end(streams *serverStreams) {
	d.mu.Lock()
	defer d.mu.Unlock()
	streams.down = true
	for _, cancel := range streams.open {
		cancel()
	}
}
