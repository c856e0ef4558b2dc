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

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

// A host's handler answers as the API does.
func TestWriteError(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	room := must(h.svc.OpenPrivate(t.Context(), id("alice"), id("bob")))(t).ID
	send := func(actor chat.Actor, room uuid.UUID, text string) error {
		_, err := h.svc.SendMessage(t.Context(), actor, room, chat.NewMessage{Text: text})
		return err
	}
	_, cursor := h.svc.Rooms(t.Context(), id("alice"), chat.RoomsQuery{Page: chat.Page{Cursor: "x"}})
	_, tooLarge := io.ReadAll(http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("xxx")), 2))
	for name, c := range map[string]struct {
		method string
		err    error
		status int
		part   string // of the body
	}{
		"not found":         {"POST", send(id("carol"), room, "x"), 404, `"code":"not_found"`},
		"nobody":            {"POST", send(chat.UserID(""), room, "x"), 401, `"code":"unauthenticated"`},
		"forbidden":         {"POST", fmt.Errorf("send: %w", chat.ErrForbidden), 403, `"detail":"you may not do this here"`},
		"refused":           {"POST", fmt.Errorf("hook: %w", chat.Refuse("wait a day")), 403, `"code":"forbidden","detail":"wait a day"`},
		"refused, silently": {"POST", chat.Refuse(""), 403, `"detail":"you may not do this here"`},
		"a field":           {"POST", send(id("alice"), room, ""), 422, `"errors":[{"pointer":"/text","code":"required"`},
		"a limit":           {"POST", send(id("alice"), room, strings.Repeat("x", 5000)), 422, `"limit":4000`},
		"a parameter":       {"GET", cursor, 400, `"errors":[{"parameter":"cursor"`},
		"a body":            {"POST", tooLarge, 413, `"limit":2`},
		"an outage":         {"GET", chat.ErrUnavailable, 503, `"code":"unavailable"`},
		"given up":          {"GET", context.Canceled, 503, `"code":"unavailable"`},
		"the host's own":    {"GET", errors.New("password=secret"), 500, `"detail":"something went wrong"`},
		"none":              {"GET", nil, 500, `"code":"internal"`},
	} {
		recorder := httptest.NewRecorder()
		httpadapter.WriteError(recorder, httptest.NewRequest(c.method, "/orders/7?x=1", nil), c.err)
		got, body := recorder.Result(), recorder.Body.String()
		if got.StatusCode != c.status || !strings.Contains(body, c.part) || !strings.Contains(body, `"instance":"/orders/7"`) ||
			strings.Contains(body, "secret") || got.Header.Get("Content-Type") != "application/problem+json" ||
			got.Header.Get("Cache-Control") != "no-store" || (c.status == 503) != (got.Header.Get("Retry-After") != "") {
			t.Errorf("%s: %d %s %v, want %d with %s", name, got.StatusCode, body, got.Header, c.status, c.part)
		}
	}
	recorder := httptest.NewRecorder()
	httpadapter.WriteError(recorder, httptest.NewRequest(http.MethodHead, "/", nil), chat.ErrNotFound)
	if recorder.Code != 404 || recorder.Body.Len() != 0 {
		t.Errorf("HEAD: %d %s", recorder.Code, recorder.Body)
	}
}

// The reason of a hook is shown, as a rule of the room's is not.
func TestRefusalsOfTheHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) {
		c.Hooks.Before = func(_ context.Context, actor chat.Actor, op chat.Operation) error {
			if actor == chat.System {
				return nil
			}
			switch op := op.(type) {
			case *chat.SendOperation:
				if op.Text == "outage" {
					return errors.New("the moderators are out of reach")
				}
				return chat.Refuse("not today")
			case *chat.UploadOperation:
				op.MaxBytes = 3
			}
			return nil
		}
	})
	room := h.group()
	got := h.want(403, "forbidden", "alice", "POST /rooms/"+room+"/messages", `{"text":"x"}`)
	if got.field("detail") != "not today" {
		t.Errorf("%s", got.body)
	}
	h.want(404, "not_found", "carol", "POST /rooms/"+room+"/messages", `{"text":"x"}`)
	h.want(404, "not_found", "carol", "POST /rooms/"+room+"/messages", `{"text":"outage"}`)
	h.want(500, "internal", "bob", "POST /rooms/"+room+"/messages", `{"text":"outage"}`)
	h.want(413, "too_large", "bob", "POST /media", "four", "Content-Type: ")
	h.upload("bob", "a.txt", "abc")
}
