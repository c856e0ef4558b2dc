package httpadapter_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

// What /me says is there, is there.
func TestMe(t *testing.T) {
	t.Parallel()
	plain := newHost(t, "sqlite", func(c *chat.Config, a *httpadapter.Config) { c.Media, a.UserMetadata = nil, false })
	room := plain.group()
	plain.send("alice", room, "one")
	plain.send("alice", room, "two")
	var got map[string]any
	ok(t, json.Unmarshal([]byte(plain.want(200, "", "bob", "GET /me", "").body), &got))
	limits, _ := got["limits"].(map[string]any)
	if limits["text_characters"] != 4000.0 || limits["upload_bytes"] != 26214400.0 || len(limits) != 17 {
		t.Errorf("the limits are %v", limits)
	}
	delete(got, "limits")
	want := map[string]any{
		"id": "2", "profile": map[string]any{"id": "2"}, "unread": map[string]any{"total": 2.0, "rooms": 1.0, "mentions": 0.0, "total_with_muted": 2.0, "rooms_with_muted": 1.0, "mentions_with_muted": 0.0},
		"features": map[string]any{
			"uploads": false, "message_search": false, "user_search": false, "profiles": false, "metadata": false, "signed_media": false,
		},
		"reactions": map[string]any{"policy": "emoji", "exclusive": false, "choices": []any{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	plain.want(501, "no_user_search", "bob", "GET /users?q=a", "")

	for name, c := range map[string]struct {
		policy chat.ReactionPolicy
		want   string
	}{
		"like": {chat.LikeDislike, `"reactions":{"policy":"like_dislike","exclusive":true,"choices":["like","dislike"]}`},
		"any":  {chat.AnyReaction, `"reactions":{"policy":"any","exclusive":false,"choices":[]}`},
		"own":  {ownPolicy{"x"}, `"reactions":{"policy":"custom","exclusive":false,"choices":["x"]}`},
	} {
		h := newHost(t, "sqlite", func(config *chat.Config, _ *httpadapter.Config) { config.Reactions = c.policy })
		if got := h.want(200, "", "alice", "GET /me", ""); !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

// ownPolicy is a host's, of a type that cannot be compared.
type ownPolicy []string

func (p ownPolicy) Canonical(reaction string) (string, error) { return reaction, nil }
func (p ownPolicy) Choices() []string                         { return p }

func TestDirectoryOfUsers(t *testing.T) {
	t.Parallel()
	var fault error
	var asked []any
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.Profiles = func(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			return map[chat.UserID]httpadapter.Profile{
				"1": {Name: "Alice", Metadata: chat.Metadata(`{"team":"red"}`)}, "2": {Name: "Bob"}, "3": {Name: "Carol"},
			}, nil
		}
		c.SearchUsers = func(r *http.Request, query string, limit int) ([]chat.UserID, error) {
			asked = []any{r.Header.Get("X-User"), query, limit}
			return []chat.UserID{"2", "+1", "2", "4", "3"}, fault
		}
	})
	const alice, bob = `{"id":"1","name":"Alice","metadata":{"team":"red"}}`, `{"id":"2","name":"Bob"}`
	for target, want := range map[string]string{
		"/users?q=b":         `{"items":[` + bob + `,` + alice + `,{"id":"4"},{"id":"3","name":"Carol"}]}`,
		"/users?q=b&limit=2": `{"items":[` + bob + `,` + alice + `]}`,
		"/users?ids=1":       `{"items":[` + alice + `]}`,
		"/users/1":           alice,
		"/users/2":           bob,
		"/users/me":          `{"id":"5"}`,
		"/users/5":           `{"id":"5"}`,
	} {
		if got := h.want(200, "", "erin", "GET "+target, ""); got.body != want {
			t.Errorf("%s: %s, want %s", target, got.body, want)
		}
	}
	h.want(200, "", "erin", "GET /users?q=%20x", "")
	if diff := cmp.Diff([]any{"erin", " x", 20}, asked); diff != "" {
		t.Errorf("asked for %s", diff)
	}
	h.want(200, "", "erin", "GET /users?q=&limit=1000", "")
	if diff := cmp.Diff([]any{"erin", "", 100}, asked); diff != "" {
		t.Errorf("asked for %s", diff)
	}
	for _, target := range []string{"/users/4", "/users/9", "/users/x", "/users/03", "/users/+1"} {
		h.want(404, "not_found", "erin", "GET "+target, "")
	}
	for _, target := range []string{"/users?q=a&ids=1", "/users?ids=1&limit=3", "/users?q=a&q=b", "/users?q=a&limit=0", "/users?q=" + strings.Repeat("x", 257)} {
		h.want(400, "malformed_query", "erin", "GET "+target, "")
	}
	fault = errBroken
	h.want(503, "unavailable", "erin", "GET /users?q=b", "")
}

func TestSearchesOfUsersCountAsSearches(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.Profiles = func(*http.Request, []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) { return nil, nil }
		c.SearchUsers = func(*http.Request, string, int) ([]chat.UserID, error) { return nil, nil }
		c.RateLimit.Search = httpadapter.Rate{PerSecond: 0.001}
	})
	h.want(200, "", "alice", "GET /users?q=a", "")
	h.want(429, "rate_limited", "alice", "GET /users?q=a", "")
	h.want(200, "", "alice", "GET /users?ids=1", "")
}

func TestJSONIsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	m := h.send("alice", h.group(), strings.Repeat("words and words ", 100))
	target := "GET /messages/" + m
	plain := h.want(200, "", "alice", target, "")
	h.check = false // the checker reads no gzip
	for accept, compressed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "*": true, "GZIP": true, "deflate": false, "gzip;q=0": false, "*;q=0": false, "*, gzip;q=0": false,
	} {
		got := h.want(200, "", "alice", target, "", "Accept-Encoding: "+accept)
		if is := got.header.Get("Content-Encoding") == "gzip"; is != compressed || !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %v", accept, got.header)
		}
		body := got.body
		if compressed {
			body = string(must(io.ReadAll(must(gzip.NewReader(strings.NewReader(got.body)))(t)))(t))
			if len(got.body) > 800 || got.header.Get("ETag") == plain.header.Get("ETag") {
				t.Errorf("%d bytes, with the entity tag %s", len(got.body), got.header.Get("ETag"))
			}
			h.want(304, "", "alice", target, "", "Accept-Encoding: gzip", "If-None-Match: "+got.header.Get("ETag"))
			h.want(200, "", "alice", "PATCH /messages/"+m, `{"text":"`+strings.Repeat("words and words ", 100)+`"}`, "If-Match: "+got.header.Get("ETag"))
		}
		if body != plain.body {
			t.Errorf("%s: another body", accept)
		}
	}
	if got := h.want(200, "", "alice", "GET /me", "", "Accept-Encoding: gzip"); got.header.Get("Content-Encoding") != "" {
		t.Errorf("%d bytes are compressed", len(got.body))
	}
	without := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.NoCompression = true })
	if got := without.want(200, "", "", "GET /openapi.json", "", "Accept-Encoding: gzip"); got.header.Get("Content-Encoding") != "" {
		t.Error("it is compressed, although the host said no")
	}
}

// Through a server, with a client that asks for gzip by itself, nothing of a stream waits.
func TestStreamsAreNotCompressed(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	server := h.listen()
	e := stream(t, server, "alice", "")
	if got := e.response.Header.Get("Content-Encoding"); got != "" || e.response.Uncompressed {
		t.Errorf("the stream is encoded: %q", got)
	}
	e.want("hello")
}

// aVersion is what If-Match takes, of what lists show too.
func TestVersionsOfLists(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "x")
		var rooms struct{ Items []struct{ Version string } }
		var page struct{ Items []struct{ Version string } }
		ok(t, json.Unmarshal([]byte(h.want(200, "", "alice", "GET /rooms", "").body), &rooms))
		ok(t, json.Unmarshal([]byte(h.want(200, "", "alice", "GET /rooms/"+room+"/messages", "").body), &page))
		h.made("bob", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`) // is no change of it
		for target, version := range map[string]string{"/rooms/" + room: rooms.Items[0].Version, "/messages/" + m: page.Items[0].Version} {
			body := map[bool]string{true: `{"name":"y"}`, false: `{"text":"y"}`}[strings.HasPrefix(target, "/rooms")]
			h.want(200, "", "alice", "PATCH "+target, body, "If-Match: "+version)
			h.want(412, "precondition_failed", "alice", "PATCH "+target, body, "If-Match: "+version)
		}
	})
}

func TestHeadersOfOtherOriginsPages(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.TrustedOrigins, c.CORSHeaders = []string{"https://app.example.com"}, []string{"X-CSRF-Token", "X-Request-Id"}
	})
	got := h.want(204, "", "", "OPTIONS /events", "", "Origin: https://app.example.com")
	allowed, shown := got.header.Get("Access-Control-Allow-Headers"), got.header.Get("Access-Control-Expose-Headers")
	for _, name := range []string{"Authorization", "If-Match", "Last-Event-ID", "X-CSRF-Token", "X-Request-Id"} {
		if !strings.Contains(allowed, name) {
			t.Errorf("%s may not be sent: %s", name, allowed)
		}
	}
	for _, name := range []string{"ETag", "Retry-After", "Content-Range", "X-CSRF-Token", "X-Request-Id"} {
		if !strings.Contains(shown, name) {
			t.Errorf("%s is not shown: %s", name, shown)
		}
	}
	for _, wrong := range []string{"", "*", "X CSRF", "X-A, X-B", "X-A:", "X-A\r\nX-B"} {
		if _, err := httpadapter.New(h.svc, httpadapter.Config{User: signedIn, CORSHeaders: []string{wrong}}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

var shortTime = regexp.MustCompile(`T\d\d:\d\d:\d\d(\.\d{0,5})?Z`)

func TestTimesHaveSixDigits(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := h.group()
		m := h.send("alice", room, "x") // the clock of the tests is one of milliseconds
		bob := stream(t, server, "bob", "")
		bodies := []string{bob.want("hello").data}
		h.want(204, "", "alice", "POST /rooms/"+room+"/bans", `{"user_id":"5","until":"2030-01-01T00:00:00Z"}`)
		bodies = append(bodies, bob.want("user_banned").data)
		h.want(204, "", "alice", "POST /rooms/"+room+"/typing", "")
		bodies = append(bodies, bob.want("typing").data)
		for _, target := range []string{"/rooms", "/messages/" + m, "/rooms/" + room + "/users", "/rooms/" + room + "/events", "/rooms/" + room + "/bans"} {
			bodies = append(bodies, h.want(200, "", "alice", "GET "+target, "").body)
		}
		for _, body := range bodies {
			if found := shortTime.FindString(body); found != "" || !strings.Contains(body, ":00.") && !strings.Contains(body, ".0") {
				t.Errorf("%q in %s", found, body)
			}
		}
	})
}

// What a private room shows of the other user, and marking read of what is left.
func TestRoomSaysWhatItsOtherUserHasRead(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.made("alice", "POST /rooms", `{"type":"private_messages","user_id":"2"}`)
		for _, text := range []string{"one", "two", "three"} {
			h.send("alice", room, text)
		}
		if got := h.want(200, "", "bob", "PUT /rooms/"+room+"/users/me/read", `{"number":2}`); got.field("unread") != "1" {
			t.Errorf("%s", got.body)
		}
		for _, target := range []string{"GET /rooms/" + room, "POST /rooms"} {
			body := map[bool]string{true: `{"type":"private_messages","user_id":"2"}`}[target == "POST /rooms"]
			var got struct {
				Other struct {
					ID             string  `json:"id"`
					LastSeenAt     *string `json:"last_seen_at"`
					LastReadNumber int64   `json:"last_read_number"`
				} `json:"other"`
				LastMessage struct{ Text string } `json:"last_message"`
			}
			ok(t, json.Unmarshal([]byte(h.want(200, "", "alice", target, body).body), &got))
			if got.Other.ID != "2" || got.Other.LastReadNumber != 2 || got.Other.LastSeenAt == nil || got.LastMessage.Text != "three" {
				t.Errorf("%s: %+v", target, got)
			}
		}
	})
}

func TestKindsOfMedia(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for content, want := range map[string][2]string{
			png: {"image", "true"}, webp: {"image", "true"}, jpegOf(900, 700): {"image", "true"}, "some text": {"file", "false"},
			"<html>": {"file", "false"}, "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 14) + "\x01vorbis": {"audio", "false"},
			"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm": {"video", "false"},
		} {
			got := h.want(200, "", "alice", "GET /media/"+h.upload("alice", "x", content), "")
			if thumbnail := got.field("thumbnail_url") != "<nil>"; got.field("kind") != want[0] || thumbnail != (want[1] == "true") {
				t.Errorf("%.10q: %s, want %v", content, got.body, want)
			}
		}
	})
}

// A recorder of httptest has no Vary of its own: what is small does not depend on encodings.
func TestSmallResponsesDoNotVary(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, h.request("alice", "GET /reactions", "", "Accept-Encoding: gzip"))
	if got := recorder.Header().Get("Vary"); got != "" {
		t.Errorf("it varies by %s", got)
	}
}
