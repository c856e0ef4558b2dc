package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stub is a server with rooms, messages and a stream of events.
type stub struct {
	mu      sync.Mutex
	streams map[chan string]bool
	ids     atomic.Int64
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Cookie") != "who=alice" && r.Header.Get("Cookie") != "who=bob" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet && r.URL.Path == "/chat/events" {
		s.stream(w, r)
		return
	}
	id := fmt.Sprint(s.ids.Add(1))
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"id": id})
	if strings.HasSuffix(r.URL.Path, "/messages") {
		s.mu.Lock()
		defer s.mu.Unlock()
		for stream := range s.streams {
			stream <- id
		}
	}
}

func (s *stub) stream(w http.ResponseWriter, r *http.Request) {
	told := make(chan string, 100_000)
	s.mu.Lock()
	s.streams[told] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.streams, told)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = fmt.Fprint(w, ": hello\n\nid: c0\ndata: {\"kind\":\"hello\"}\n\n")
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case id := <-told:
			_, _ = fmt.Fprintf(w, "id: c%s\ndata: {\"kind\":\"message_created\",\ndata: \"message_id\":\"%s\"}\n\n", id, id)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func serve(t *testing.T, s *stub) options {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return options{url: server.URL + "/chat", cookie: "who=%s", users: []string{"alice", "bob"}, ids: []string{"1", "2"},
		senders: 4, rooms: 2, listeners: 3, duration: 100 * time.Millisecond}
}

func TestEveryMessageIsCounted(t *testing.T) {
	s := &stub{streams: map[chan string]bool{}}
	found, err := measure(t.Context(), serve(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if len(found.sends) == 0 || int64(len(found.sends)+2) != s.ids.Load() || len(found.behind) != 3*len(found.sends) || found.lost != 0 {
		t.Errorf("%d sends of %d, %d deliveries, %d lost", len(found.sends), s.ids.Load()-2, len(found.behind), found.lost)
	}
	if text := found.String(); !strings.Contains(text, "missing       0 of") {
		t.Error(text)
	}
}

func TestARefusalIsAnError(t *testing.T) {
	o := serve(t, &stub{streams: map[chan string]bool{}})
	o.cookie = "who=nobody%s"
	if _, err := measure(t.Context(), o); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("error is %v", err)
	}
}

func TestNamesMayBeARange(t *testing.T) {
	for list, want := range map[string]string{
		"alice,bob": "[alice bob]", "user8..user11": "[user8 user9 user10 user11]", "5..7,9": "[5 6 7 9]", "a..b": "[a..b]",
	} {
		if got := fmt.Sprint(names(list)); got != want {
			t.Errorf("%s is %s, want %s", list, got, want)
		}
	}
}
