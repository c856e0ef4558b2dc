package httpadapter_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func (h *host) handler() *httpadapter.Handler { return h.Handler.(*httpadapter.Handler) }

func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.MaxInFlight, c.MaxStreams = 1, 2 })
	server := h.listen()
	one, two := stream(t, server, "alice", ""), stream(t, server, "alice", "")
	one.want("hello")
	two.want("hello")
	h.want(429, "rate_limited", "alice", "GET /events", "")
	h.want(429, "rate_limited", "alice", "GET /events/poll", "")
	h.want(200, "", "alice", "GET /rooms", "") // which a stream does not count for
	h.want(200, "", "bob", "GET /events/poll", "")
	one.cut()
	for end := time.Now().Add(10 * time.Second); h.do("alice", "GET /events/poll", "").status != 200; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a stream that was cut still counts")
		}
	}
	// To open one is a read, for the rates.
	h = newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.RateLimit.Read = httpadapter.Rate{PerSecond: 0.001, Burst: 2}
	})
	h.want(200, "", "alice", "GET /events/poll", "")
	h.want(200, "", "alice", "GET /events/poll", "")
	h.want(429, "rate_limited", "alice", "GET /events", "")
}

func TestStreamsOfDefaultLimit(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	server := h.listen()
	for range 10 {
		stream(t, server, "alice", "").want("hello")
	}
	h.want(429, "rate_limited", "alice", "GET /events", "")
}

// Whoever is signed out while a stream is open, or becomes another user, is told no more.
func TestStreamEndsWithTheSession(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func() (chat.UserID, error){
		"signed out":     func() (chat.UserID, error) { return "", chat.ErrUnauthenticated },
		"nobody":         func() (chat.UserID, error) { return "", nil },
		"an outage":      func() (chat.UserID, error) { return "", errors.New("the sessions are gone") },
		"somebody else":  func() (chat.UserID, error) { return "1", nil },
		"still the same": func() (chat.UserID, error) { return "2", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var over atomic.Bool
			h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
				c.User = func(r *http.Request) (chat.UserID, error) {
					if over.Load() && r.Header.Get("X-User") == "bob" {
						return answer()
					}
					return signedIn(r)
				}
			})
			h.handler().SetStreamTimes(time.Hour, 20*time.Millisecond)
			server, room := h.listen(), h.group()
			bob := stream(t, server, "bob", "")
			bob.want("hello")
			time.Sleep(60 * time.Millisecond)
			h.send("alice", room, "before")
			bob.want("message_created")
			over.Store(true)
			if name == "still the same" {
				time.Sleep(100 * time.Millisecond)
				h.send("alice", room, "after")
				bob.want("message_created")
				return
			}
			if rest := bob.ends(20 * time.Second); len(rest) > 0 {
				t.Errorf("it is told %v", rest)
			}
		})
	}
}

func TestStreamLivesItsTime(t *testing.T) {
	t.Parallel()
	const life = 300 * time.Millisecond
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.StreamLife = life })
	h.handler().SetStreamTimes(50*time.Millisecond, time.Hour)
	server := h.listen()
	begin := time.Now()
	bob := stream(t, server, "bob", "")
	bob.want("hello")
	rest := bob.ends(20 * time.Second)
	if len(rest) == 0 || !rest[0].comment || time.Since(begin) < life {
		t.Errorf("after %v there were %v", time.Since(begin), rest)
	}
}

func TestStreamsEndWithTheServiceAndTheServer(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		bob := stream(t, server, "bob", "")
		bob.want("hello")
		begin := time.Now()
		ok(t, server.Config.Shutdown(t.Context()))
		bob.ends(10 * time.Second)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the server went down in %v", took)
		}
		server = h.listen()
		alice, bob := stream(t, server, "alice", ""), stream(t, server, "bob", "")
		alice.want("hello")
		bob.want("hello")
		ok(t, h.svc.Close())
		alice.ends(5 * time.Second)
		bob.ends(5 * time.Second)
		h.want(503, "unavailable", "alice", "GET /events", "")
	})
}

// A server's own timeouts are for other responses.
func TestStreamOutlivesTheServersTimeouts(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprint("http2 ", http2), func(t *testing.T) {
			t.Parallel()
			atAnyPace(t, func(unit time.Duration) error { return outlive(t, http2, unit) })
		})
	}
}

// outlive is a stream of 200 units on a server whose timeouts are 40.
func outlive(t *testing.T, http2 bool, unit time.Duration) error {
	t.Helper()
	h := newHost(t, "sqlite")
	h.handler().SetWriteGrace(30 * unit)
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 40*unit, 40*unit
	server.EnableHTTP2 = http2
	if http2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	room := h.group()
	bob, err := tryConnect(t, server, "bob", "/events")
	if err != nil {
		return err
	}
	if proto := bob.response.ProtoMajor; bob.response.StatusCode != http.StatusOK || (proto == 2) != http2 {
		t.Errorf("it is HTTP/%d, %d", proto, bob.response.StatusCode)
	}
	if _, err := bob.next("hello"); err != nil {
		return err
	}
	for range 4 {
		time.Sleep(50 * unit)
		h.send("alice", room, "hi")
		if _, err := bob.next("message_created"); err != nil {
			return err
		}
	}
	return nil
}

// zipper is a middleware's writer that compresses what is flushed.
type zipper struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (z *zipper) Write(p []byte) (int, error) { return z.zip.Write(p) }

// unwrapping can be flushed, and lets deadlines through.
type unwrapping struct{ *zipper }

func (z unwrapping) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z unwrapping) FlushError() error {
	if err := z.zip.Flush(); err != nil {
		return err
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

func TestStreamBehindMiddlewares(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	room := h.group()
	serve := func(wrap func(http.ResponseWriter) http.ResponseWriter) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrap(w), r) }))
		t.Cleanup(server.Close)
		return server
	}
	zipped := serve(func(w http.ResponseWriter) http.ResponseWriter {
		w.Header().Set("Content-Encoding", "gzip")
		return unwrapping{&zipper{w, gzip.NewWriter(w)}}
	})
	bob := connect(t, zipped, "bob", "/events")
	bob.want("hello") // the client decompresses
	for range 3 {
		h.send("alice", room, "hi")
		bob.want("message_created")
	}
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"without both": func(w http.ResponseWriter) http.ResponseWriter { return struct{ http.ResponseWriter }{w} },
		"below another": func(w http.ResponseWriter) http.ResponseWriter {
			inner := struct{ http.ResponseWriter }{w}
			return unwrapping{&zipper{inner, gzip.NewWriter(io.Discard)}}
		},
	} {
		l := connect(t, serve(wrap), "bob", "/events")
		body := ""
		if name == "without both" {
			body = string(must(io.ReadAll(l.reader))(t))
		}
		if l.response.StatusCode != http.StatusInternalServerError || name == "without both" && (!strings.Contains(body, `"code":"no_streaming"`) || !strings.Contains(body, "Unwrap")) {
			t.Errorf("%s: %d %s", name, l.response.StatusCode, body)
		}
	}
	if log := h.log.String(); !strings.Contains(log, "Unwrap() http.ResponseWriter") {
		t.Errorf("the log is %s", log)
	}
}

// A client that reads nothing is given up, and nobody waits for it.
func TestStreamThatIsNotRead(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.MaxStreams = 1 })
	h.handler().SetWriteGrace(200 * time.Millisecond)
	server := h.listen(smallBuffers)
	room := h.group()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	ok(t, err)
	defer func() { _ = connection.Close() }()
	ok(t, connection.(*net.TCPConn).SetReadBuffer(4<<10))
	_, err = io.WriteString(connection, "GET /events HTTP/1.1\r\nHost: x\r\nX-User: bob\r\n\r\n")
	ok(t, err)
	alice := stream(t, server, "alice", "")
	alice.want("hello")
	text := strings.Repeat("x", 4000)
	gone := false
	for n := 0; n < 2000 && !gone; n++ {
		h.send("alice", room, text)
		alice.want("message_created")
		gone = n > 20 && h.do("bob", "GET /events/poll", "").status == http.StatusOK
	}
	for end := time.Now().Add(10 * time.Second); !gone && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		gone = h.do("bob", "GET /events/poll", "").status == http.StatusOK
	}
	if !gone {
		t.Error("a stream that is not read is still open")
	}
}

// Who falls behind is closed, and goes on from the last id.
func TestStreamThatFallsBehindGoesOn(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	server := h.listen(smallBuffers)
	room := h.group()
	slow := stream(t, server, "bob", "")
	slow.want("hello")
	const sent = 1500
	text := strings.Repeat("x", 3000)
	for range sent {
		_ = must(h.svc.SendMessage(context.Background(), id("alice"), uuid.MustParse(room), chat.NewMessage{Text: text}))(t)
	}
	seen, cut := 0, 0
	for seen < sent {
		e, err := slow.take()
		switch {
		case err != nil:
			cut++
			slow = stream(t, server, "bob", slow.last)
			slow.want("hello")
		case e.comment:
		case e.seq(t) != seen+3:
			t.Fatalf("seq %d comes after %d", e.seq(t), seen+2)
		default:
			seen++
		}
	}
	if cut == 0 {
		t.Error("it was never closed")
	}
}
