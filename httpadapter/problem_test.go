package httpadapter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestFaultOfTheDatabaseIsLoggedAndNotShown(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		ok(t, h.db.Exec("ALTER TABLE chat_messages RENAME TO moved").Error)
		got := h.want(500, "internal", "alice", "POST /rooms/"+room+"/messages", `{"text":"my secret"}`)
		want := `{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal","detail":"something went wrong",` +
			`"instance":"/rooms/` + room + `/messages"}`
		if got.body != want {
			t.Errorf("%s, want %s", got.body, want)
		}
		log := h.log.String()
		if !strings.Contains(log, "chat_messages") || !strings.Contains(log, "operation=chat_message_create") {
			t.Errorf("the log is %s", log)
		}
		if strings.Contains(log, "my secret") {
			t.Error("the log has the message's text")
		}
	})
}

func TestPanicIs500AndLogged(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.User = func(r *http.Request) (chat.UserID, error) {
			if r.Header.Get("X-Abort") != "" {
				panic(http.ErrAbortHandler)
			}
			panic("boom: the password is 1234")
		}
	})
	got := h.want(500, "internal", "alice", "GET /rooms", "")
	if strings.Contains(got.body, "boom") {
		t.Errorf("the answer shows %s", got.body)
	}
	if log := h.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, "problem_test.go") {
		t.Errorf("the log is %s", log)
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("an aborted request panics with %v", err)
		}
	}()
	h.do("alice", "GET /rooms", "", "X-Abort: 1")
}

func TestServiceThatIsClosed(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		ok(t, h.svc.Close())
		got := h.want(503, "unavailable", "alice", "GET /rooms", "")
		if got.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
		}
	})
}

func TestHeldLockIsAskedToWait(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	_ = h.db.Callback().Raw().Before("gorm:raw").Register("busy", func(db *gorm.DB) {
		if strings.Contains(db.Statement.SQL.String(), "UPDATE chat_meta") {
			_ = db.AddError(busy{})
		}
	})
	got := h.want(503, "unavailable", "alice", "POST /rooms", `{"name":"x"}`)
	if got.header.Get("Retry-After") != "1" || strings.Contains(got.body, "locked") {
		t.Errorf("%v %s", got.header, got.body)
	}
}

// busy is what SQLite says when another has the lock.
type busy struct{}

func (busy) Error() string { return "database is locked" }
func (busy) Code() int     { return 5 }

func TestClientThatGoesAwayIsNoError(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, h.request("alice", "GET /rooms", "").WithContext(ctx))
		if strings.Contains(h.log.String(), "level=ERROR") {
			t.Errorf("the log is %s", h.log)
		}
	})
}

// A user whom the host lets in and the chat cannot have: an id of another kind, or
// one that was deleted.
func TestUserThatTheChatCannotHave(t *testing.T) {
	t.Parallel()
	user := chat.UserID("")
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.User = func(*http.Request) (chat.UserID, error) { return user, nil }
	})
	for _, user = range []chat.UserID{"", "alice", "0"} {
		h.want(401, "unauthenticated", "", "GET /rooms", "")
	}
	user = "999"
	h.want(401, "unauthenticated", "", "POST /rooms", `{"type":"private_messages","user_id":"1"}`)
	h.want(401, "unauthenticated", "", "POST /media", "x", "Content-Type: ")
	if log := h.log.String(); !strings.Contains(log, "level=WARN") {
		t.Errorf("the log is %s", log)
	}
}

// An outage of the host's sign-in is none of being signed out, and its operator hears
// of it, though not of everybody who is not signed in.
func TestOutageOfTheHostsSignIn(t *testing.T) {
	t.Parallel()
	var fault error
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.User = func(*http.Request) (chat.UserID, error) { return "", fault }
	})
	for _, fault = range []error{nil, chat.ErrUnauthenticated, fmt.Errorf("%w: the token has expired", chat.ErrUnauthenticated)} {
		h.want(401, "unauthenticated", "", "GET /rooms", "")
	}
	if log := h.log.String(); log != "" {
		t.Errorf("the log is %s", log)
	}
	for what, of := range map[string]error{
		"unknown": errors.New("the sessions are out of reach: unknown"), "late": context.DeadlineExceeded, "lost": io.ErrUnexpectedEOF,
		"not there": fmt.Errorf("not there: %w", chat.ErrNotFound), "locked": busy{},
	} {
		fault = of
		for _, target := range []string{"GET /rooms", "HEAD /rooms", "GET /media/" + nowhere + "/content", "DELETE /rooms/" + nowhere} {
			got := h.want(503, "", "", target, "")
			if got.header.Get("Retry-After") == "" || got.body != "" && got.code() != "unavailable" || strings.Contains(got.body, of.Error()) {
				t.Errorf("%s: %v %s", what, got.header, got.body)
			}
		}
		if log := h.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, of.Error()) {
			t.Errorf("%s: the log is %s", what, log)
		}
	}
}

// A client that falls back to a copy shows what its user may not see any more.
func TestAnswersAreAskedForAgain(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		for want, answers := range map[string][]answer{
			"no-store": {h.want(404, "", "alice", "GET /x", ""), h.want(401, "", "", "GET /rooms", ""), h.want(403, "", "bob", "DELETE /rooms/"+room, "")},
			"private, no-cache": {
				h.want(200, "", "alice", "GET /rooms", ""), h.want(200, "", "alice", "GET /rooms/"+room, ""),
				h.want(200, "", "bob", "GET "+h.sent("a.txt", "x"), ""), h.want(201, "", "alice", "POST /rooms", `{"name":"x"}`),
				h.want(204, "", "alice", "DELETE /rooms/"+room, ""),
			},
		} {
			for _, got := range answers {
				if got.header.Get("Cache-Control") != want || got.header.Get("X-Content-Type-Options") != "nosniff" ||
					got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
					t.Errorf("%v", got.header)
				}
			}
		}
	})
}

// Metadata that a host stored through Go may be what the API would not take in.
func TestMetadataOfTheHostIsShownAsItIs(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	room := must(h.svc.CreateRoom(context.Background(), id("alice"), chat.NewRoom{Name: "x", Metadata: chat.Metadata(`{"a":1,"a":2}`)}))(t)
	h.check = false // the checker's own JSON would not take it either
	if got := h.do("alice", "GET /rooms/"+room.ID.String(), ""); got.status != 200 || !strings.Contains(got.body, `"a":1,"a":2`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}
