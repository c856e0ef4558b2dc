package routers_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stream is a connection that events come over.
type stream struct {
	h        *host
	response *http.Response
	lines    *bufio.Reader
	last     string // the id of the last event
}

func (h *host) stream(who, last string) *stream {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+h.addr+"/chat/events", nil)
	ok(h.t, err)
	request.Header.Set("Authorization", "Bearer demo-"+who)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := client.Do(request) //nolint:bodyclose // cut closes it
	ok(h.t, err)
	s := &stream{h: h, response: response, lines: bufio.NewReader(response.Body)}
	h.t.Cleanup(s.cut)
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		h.t.Fatalf("the stream is answered with %d %v", response.StatusCode, response.Header)
	}
	return s
}

func (s *stream) cut() { _ = s.response.Body.Close() }

// want reads the next event, which has to be of a kind.
func (s *stream) want(kind string) (data string) {
	s.h.t.Helper()
	late := time.AfterFunc(20*time.Second, s.cut)
	defer late.Stop()
	got := ""
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.h.t.Fatalf("the stream ends with %v, want %s", err, kind)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			s.last = value
		case "event":
			got = value
		case "data":
			data = value
		case "":
			if got != kind {
				s.h.t.Fatalf("the event is %s %s, want %s", got, data, kind)
			}
			return data
		}
	}
}

// Events come one by one as they happen, through every router, and go on where they were.
func TestStreamOfEvents(t *testing.T) {
	over(t, func(h *host) {
		h.want(401, "unauthenticated", "", "GET", "/chat/events", nil)
		made := h.want(201, "", "alice", "POST", "/chat/rooms", []byte(`{"name":"Boats","members":[{"user_id":"bob"}]}`))
		messages := "/chat/rooms/" + made.id() + "/messages"
		bob := h.stream("bob", "")
		if hello := bob.want("hello"); !strings.Contains(hello, made.id()) {
			h.t.Errorf("hello is %s", hello)
		}
		for range 3 {
			h.want(201, "", "alice", "POST", messages, []byte(`{"text":"Ahoy"}`))
			if data := bob.want("message_created"); !strings.Contains(data, `"text":"Ahoy"`) {
				h.t.Errorf("the message is %s", data)
			}
		}
		bob.cut()
		h.want(201, "", "alice", "POST", messages, []byte(`{"text":"Missed"}`))
		bob = h.stream("bob", bob.last)
		bob.want("hello")
		if data := bob.want("message_created"); !strings.Contains(data, `"text":"Missed"`) {
			h.t.Errorf("the message is %s", data)
		}
		h.want(204, "", "alice", "DELETE", "/chat/rooms/"+made.id()+"/users/bob", nil)
		bob.want("user_removed")
		h.want(200, "", "bob", "GET", "/chat/events/poll?after="+bob.last, nil)
		ok(h.t, h.svc.Close()) // ends the streams of servers that do not say when they go down
	})
}
