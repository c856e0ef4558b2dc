package httpadapter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestStreamTellsWhatHappens(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := h.group()
		first := h.send("alice", room, "first")
		bob := stream(t, server, "bob", "")
		header := bob.response.Header
		if header.Get("Content-Type") != "text/event-stream" || header.Get("Cache-Control") != "no-store" || header.Get("X-Accel-Buffering") != "no" {
			t.Errorf("the headers are %v", header)
		}
		hello := bob.want("hello")
		want := []any{map[string]any{"room_id": room, "seq": 3.0, "last_number": 1.0, "last_read_number": 0.0, "muted": false}}
		if diff := cmp.Diff(want, hello.fields(t)["rooms"]); diff != "" {
			t.Error(diff)
		}
		file := h.upload("alice", "a.png", png)
		sent := h.made("alice", "POST /rooms/"+room+"/messages",
			`{"text":"two\nlines","media_ids":["`+file+`"],"reply_to_id":"`+first+`","client_id":"x","metadata":{"a":1}}`)
		message := bob.want("message_created").fields(t)["message"].(map[string]any)
		if got := h.want(200, "", "alice", "GET /messages/"+sent, "").field("version"); message["version"] != got {
			t.Errorf("the version is %v, and elsewhere %s", message["version"], got)
		}
		delete(message, "created_at")
		delete(message, "version")
		if diff := cmp.Diff(map[string]any{
			"id": sent, "room_id": room, "number": 2.0, "user_id": "1", "author_kind": "user", "text": "two\nlines", "media": []any{map[string]any{
				"id": file, "kind": "image", "file_name": "a.png", "content_type": "image/png", "size": float64(len(png)), "width": 1.0, "height": 1.0, "duration_ms": nil,
			}},
			"reactions": []any{}, "reply_to_id": first, "reply_to_number": 1.0,
			"mentions": []any{}, "mention_room": false, "reply_count": 0.0, "metadata": map[string]any{"a": 1.0}, "edited_at": nil, "deleted_at": nil,
		}, message); diff != "" {
			t.Error(diff)
		}
		h.made("bob", "POST /messages/"+sent+"/reactions", `{"reaction":"👍"}`)
		if e := bob.want("reaction_added"); !strings.Contains(e.data, `"reactions":[{"reaction":"👍","count":1,"user_ids":["2"]}]`) || !strings.Contains(e.data, `"user_id":"2"`) {
			t.Errorf("%s", e.data)
		}
		h.want(200, "", "alice", "PATCH /messages/"+sent, `{"text":"edited"}`)
		if e := bob.want("message_edited"); !strings.Contains(e.data, `"text":"edited"`) {
			t.Errorf("%s", e.data)
		}
		h.want(204, "", "alice", "DELETE /messages/"+sent, "")
		if e := bob.want("message_deleted"); strings.Contains(e.data, "edited\"") || strings.Contains(e.data, file) {
			t.Errorf("%s", e.data)
		}
		h.want(200, "", "alice", "PATCH /rooms/"+room, `{"name":"Other"}`)
		if e := bob.want("room_updated"); !strings.Contains(e.data, `"name":"Other"`) {
			t.Errorf("%s", e.data)
		}
		h.want(200, "", "alice", "PATCH /rooms/"+room+"/users/2", `{"permissions":["can_create_messages"]}`)
		if e := bob.want("user_updated"); !strings.Contains(e.data, `"permissions":["can_create_messages"]`) {
			t.Errorf("%s", e.data)
		}
		h.want(204, "", "alice", "POST /rooms/"+room+"/bans", `{"user_id":"5"}`)
		bob.want("user_banned")
		h.want(200, "", "alice", "POST /rooms/"+room+"/transfer", `{"user_id":"2"}`)
		if e := bob.want("owner_changed"); !strings.Contains(e.data, `"owner_id":"2"`) {
			t.Errorf("%s", e.data)
		}
		other := h.made("carol", "POST /rooms", `{"name":"New","members":[{"user_id":"2"}]}`)
		bob.want("user_added") // what was before is in the room_state
		if e := bob.want("room_state"); !strings.Contains(e.data, other) {
			t.Errorf("%s", e.data)
		}
		h.want(204, "", "carol", "DELETE /rooms/"+other, "")
	})
}

// What a stream tells, cut after each event, what polls tell, and what the pages of the
// rooms' events have is the same.
func TestStreamPollAndPagesAreTheSame(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := h.group()
		at := stream(t, server, "bob", "")
		after := at.want("hello").id
		at.cut()
		happen := func(n int) {
			for i := range n {
				m := h.send("alice", room, fmt.Sprint("message ", i))
				h.made("bob", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`)
				h.want(200, "", "alice", "PATCH /messages/"+m, `{"text":"edited"}`)
			}
		}
		happen(4)
		var streamed []string
		last := after
		for n := 0; len(streamed) < 12+9; n++ {
			if len(streamed) == 12 {
				happen(3)
			}
			l := connect(t, server, "bob", "/events", "Last-Event-ID: "+last)
			l.want("hello")
			for range 1 + n%3 {
				if len(streamed) < 12+9 {
					e, err := l.take()
					ok(t, err)
					streamed = append(streamed, e.data)
				}
			}
			last = l.last
			l.cut()
		}
		var polled []string
		for updates, cursor := h.poll("bob", after, ""); ; updates, cursor = h.poll("bob", cursor, "") {
			if updates[0].kind != "hello" {
				t.Fatalf("a poll begins with %s", updates[0].data)
			}
			if len(updates) == 1 {
				break
			}
			for _, e := range updates[1:] {
				polled = append(polled, e.data)
			}
		}
		var listed []string
		var page struct {
			Items   []json.RawMessage
			HasMore bool `json:"has_more"`
			Reset   bool
		}
		for seq, more := 2, true; more; more = page.HasMore {
			got := h.want(200, "", "bob", fmt.Sprintf("GET /rooms/%s/events?after=%d&limit=5", room, seq), "")
			ok(t, json.Unmarshal([]byte(got.body), &page))
			for _, e := range h.updates(page.Items) {
				seq++
				if e.seq(t) != seq || page.Reset {
					t.Errorf("seq %d has %s", seq, e.data)
				}
				listed = append(listed, e.data)
			}
		}
		// All content is as it is by now but in the part that was streamed before the rest happened.
		seqs := func(of []string) (seqs []string) {
			for _, data := range of {
				e := told{data: data}
				seqs = append(seqs, fmt.Sprint(e.seq(t), e.fields(t)["kind"]))
			}
			return seqs
		}
		if diff := cmp.Diff(seqs(listed), seqs(streamed)); diff != "" {
			t.Errorf("listed (-) and streamed (+): %s", diff)
		}
		if diff := cmp.Diff(listed, polled); diff != "" {
			t.Errorf("listed (-) and polled (+): %s", diff)
		}
	})
}

func TestPollWaits(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		hello, cursor := h.poll("bob", "", "30") // not without a cursor
		if len(hello) != 1 || hello[0].kind != "hello" {
			t.Fatalf("%v", hello)
		}
		begin := time.Now()
		if updates, _ := h.poll("bob", cursor, "1"); len(updates) != 1 || time.Since(begin) < time.Second {
			t.Errorf("after %v there is %v", time.Since(begin), updates)
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			time.Sleep(200 * time.Millisecond)
			h.send("alice", room, "news")
		}()
		begin = time.Now()
		updates, next := h.poll("bob", cursor, "30")
		<-sent
		if len(updates) != 2 || updates[1].kind != "message_created" || time.Since(begin) > 15*time.Second {
			t.Errorf("after %v there is %v", time.Since(begin), updates)
		}
		if updates, _ = h.poll("bob", next, ""); len(updates) != 1 {
			t.Errorf("there is %v", updates)
		}
	})
}

func TestStreamsAreForMembers(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := h.made("alice", "POST /rooms", `{"name":"Public","is_public":true,"members":[{"user_id":"2"}]}`)
		m := h.send("alice", room, "before")
		carol, bob := stream(t, server, "carol", ""), stream(t, server, "bob", "")
		if hello := carol.want("hello"); !strings.Contains(hello.data, `"rooms":[]`) {
			t.Errorf("a stranger is told %s", hello.data)
		}
		cursor := bob.want("hello").id
		h.send("alice", room, "hello")
		bob.want("message_created")
		h.want(204, "", "alice", "DELETE /rooms/"+room+"/users/2", "")
		bob.want("user_removed")
		h.want(200, "", "alice", "PATCH /messages/"+m, `{"text":"secret"}`)
		h.send("alice", room, "secret")
		bob.silent(300 * time.Millisecond)
		carol.silent(time.Millisecond)
		again := stream(t, server, "bob", cursor)
		if hello := again.want("hello"); !strings.Contains(hello.data, `"rooms":[]`) {
			t.Errorf("who was removed is told %s", hello.data)
		}
		again.want("user_removed")
		again.silent(300 * time.Millisecond)
		updates, _ := h.poll("bob", cursor, "")
		if len(updates) != 2 || updates[1].kind != "user_removed" {
			t.Errorf("%v", updates)
		}
		// The cursor of another user gives nothing of theirs.
		if updates, _ = h.poll("carol", cursor, ""); len(updates) != 1 {
			t.Errorf("%v", updates)
		}
		h.want(403, "forbidden", "carol", "GET /rooms/"+room+"/events", "")
	})
}

func TestWrongInputToEvents(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		for target, code := range map[string]string{
			"/events?after=x": "invalid_cursor", "/events/poll?after=%21": "invalid_cursor", "/events?after=" + strings.Repeat("A", 70_000): "invalid_cursor",
			"/events/poll?wait=56": "out_of_range", "/events/poll?wait=-1": "out_of_range", "/events/poll?wait=x": "malformed",
			"/events?wait=1": "malformed", "/events?rooms=1": "malformed", "/events?after=x&after=y": "duplicate",
			"/rooms/" + room + "/events?after=-1": "out_of_range", "/rooms/" + room + "/events?cursor=x": "malformed",
			"/media": "required", "/media?ids=x": "malformed", "/media?ids=" + nowhere + strings.Repeat("&ids="+nowhere, 100): "too_many",
		} {
			got := h.want(400, "malformed_query", "alice", "GET "+target, "")
			if !strings.Contains(got.body, `"code":"`+code+`"`) {
				t.Errorf("%.100s: %s, want %s", target, got.body, code)
			}
		}
		h.want(400, "malformed_header", "alice", "GET /events", "", "Last-Event-ID: x")
		h.want(400, "malformed_header", "alice", "GET /events", "", "Last-Event-ID: x", "Last-Event-ID: y")
		h.want(401, "unauthenticated", "", "GET /events", "")
		head := h.want(200, "", "alice", "HEAD /events", "")
		if head.header.Get("Content-Type") != "text/event-stream" || head.body != "" {
			t.Errorf("HEAD: %v %q", head.header, head.body)
		}
		other := newHost(t, "sqlite")
		other.group()
		_, cursor := other.poll("alice", "", "")
		updates, _ := h.poll("alice", cursor, "30")
		if len(updates) != 2 || updates[1].kind != "reset" {
			t.Errorf("a cursor of another database is told %v", updates)
		}
	})
}

// Another site's page could not read a stream, and would hold it open.
func TestStreamsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.TrustedOrigins = []string{"https://app.example"} })
	for _, target := range []string{"GET /events", "GET /events/poll"} {
		for _, from := range [][]string{
			{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"},
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Origin: https://evil.example"},
		} {
			wantNoCORS(t, h.want(403, "cross_origin", "alice", target, "", from...))
		}
	}
	trusted := []string{"Origin: https://app.example", "Sec-Fetch-Site: cross-site"}
	if got := h.want(200, "", "alice", "GET /events/poll", "", trusted...); got.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("%v", got.header)
	}
	got := h.want(204, "", "", "OPTIONS /events", "", append(trusted, "Access-Control-Request-Method: GET")...)
	if !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Last-Event-ID") {
		t.Errorf("%v", got.header)
	}
}

// A hello that is longer than a response to a poll shall be does not keep the rest away.
func TestPollGoesOnAfterALongHello(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	const rooms = 10_000
	id := "printf('00000000-0000-7000-8000-%012d', n)"
	from := fmt.Sprintf("(WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)", rooms)
	at := "'2026-01-01 00:00:00+00:00'"
	ok(t, h.db.Transaction(func(tx *gorm.DB) error { // the owners are checked at the commit
		return errors.Join(tx.Exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, owner_id, default_permissions,
			history_visibility, member_count, last_seq, last_number, created_at, updated_at) SELECT `+id+", 'channel', 'x', '', FALSE, 2, 0, 'all', 1, 0, 0, "+at+", "+at+" FROM "+from).Error,
			tx.Exec("INSERT INTO chat_room_users (room_id, user_id, muted, pinned, last_read_number, joined_number, created_at) SELECT "+id+", 2, FALSE, FALSE, 0, 0, "+at+" FROM "+from).Error)
	}))
	hello, cursor := h.poll("bob", "", "")
	if len(hello) != 1 || len(hello[0].data) < 1<<20 {
		t.Fatalf("%d updates, the first of %d bytes", len(hello), len(hello[0].data))
	}
	h.send("alice", h.group(), "news")
	if updates, next := h.poll("bob", cursor, ""); updates[len(updates)-1].kind != "message_created" || next == cursor {
		t.Errorf("there are %d updates, the last is %s", len(updates), updates[len(updates)-1].kind)
	}
}

// Members show how far they have read where there are receipts, and 0 elsewhere.
func TestReadMarkersOfOthers(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Limits.ReceiptMembers = 2 })
	room := h.group()
	h.send("alice", room, "x")
	h.want(200, "", "bob", "PUT /rooms/"+room+"/users/me/read", `{"number":1}`)
	shown := func(of string) string {
		return h.want(200, "", "alice", "GET /rooms/"+room+"/users/"+of, "").field("last_read_number")
	}
	if before := shown("2"); before != "1" {
		t.Errorf("bob has read up to %s", before)
	}
	h.want(200, "", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"3"}]}`)
	if after := shown("2"); after != "0" || shown("1") != "1" || shown("me") != "1" {
		t.Errorf("in a room of three bob has read up to %s", after)
	}
	got := h.want(200, "", "alice", "GET /rooms/"+room+"/users", "")
	if strings.Count(got.body, `"last_read_number":0`) != 2 || strings.Count(got.body, `"last_read_number":1`) != 1 {
		t.Errorf("the list is %s", got.body)
	}
}
