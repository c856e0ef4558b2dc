package httpadapter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What one does with a room in one's own list, over HTTP: asked for, shown, filtered by,
// and told to one's other sessions by the stream and by the poll.
func TestOwnStateOverHTTP(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room, other := h.group(), h.group()
		h.send("alice", room, "one")
		h.send("alice", room, "two")
		h.want(200, "", "bob", "PUT /rooms/"+room+"/users/me/read", `{"number":2}`)
		bob := stream(t, server, "bob", "")
		bob.want("hello")
		me := "/rooms/" + room + "/users/me"
		wantState := func(want object) {
			t.Helper()
			state := bob.want("own_state").fields(t)["rooms"].([]any)[0].(map[string]any)
			for _, key := range []string{"room_id", "seq", "last_number"} {
				delete(state, key)
			}
			if diff := cmp.Diff(want, state); diff != "" {
				t.Error(diff)
			}
		}
		h.want(200, "", "bob", "PATCH "+me, `{"muted_until":"2126-01-01T00:00:00Z"}`)
		if muted := bob.want("muted"); !strings.Contains(muted.data, `"muted":true,"muted_until":"2126-01-01T00:00:00.000000Z"`) {
			t.Error(muted.data)
		}
		h.want(200, "", "bob", "PATCH "+me, `{"hidden":true,"pinned":true,"muted_until":null}`)
		want := object{"last_read_number": 2.0, "muted": true, "muted_until": "2126-01-01T00:00:00.000000Z", "hidden": true, "hidden_number": 2.0, "pinned": true}
		wantState(want)
		h.want(200, "", "bob", "PUT "+me+"/unread", `{"number":2}`)
		want["marked_unread"] = 2.0
		wantState(want)
		hello := h.want(200, "", "bob", "GET /events/poll", "").body
		for _, part := range []string{`"hidden_number":2,"pinned":true,"marked_unread":2`, `"muted_until":"2126-01-01T00:00:00.000000Z"`} {
			if !strings.Contains(hello, part) {
				t.Errorf("the poll's hello lacks %s: %s", part, hello)
			}
		}
		for query, want := range map[string][]string{
			"": {other}, "?hidden=false": {other}, "?hidden=true": {room}, "?hidden=true&muted=true&pinned=true&unread=true": {room},
			"?hidden=true&muted=false": {}, "?pinned=false&type=group": {other}, "?unread=true": {},
		} {
			page := h.want(200, "", "bob", "GET /rooms"+query, "").body
			for _, id := range []string{room, other} {
				shown := strings.Contains(page, `"items":[{"id":"`+id) || strings.Contains(page, `{"id":"`+id+`","type"`)
				if wanted := len(want) == 1 && want[0] == id; shown != wanted {
					t.Errorf("GET /rooms%s shows %s: %t\n%s", query, id, shown, page)
				}
			}
		}
		unread := h.want(200, "", "bob", "GET /unread", "").body
		for _, part := range []string{`"total":0,"rooms":0,"mentions":0,"total_with_muted":1,"rooms_with_muted":1,"mentions_with_muted":0`} {
			if !strings.Contains(unread, part) {
				t.Errorf("%s lacks %s", unread, part)
			}
		}
		if own := h.want(200, "", "bob", "GET "+me, "").body; !strings.Contains(own, `"muted":true,"muted_until":"2126-01-01T00:00:00.000000Z","hidden":true,"pinned":true,"marked_unread":2`) {
			t.Error(own)
		}
		for _, word := range []string{`"muted"`, `"muted_until"`, `"hidden"`, `"pinned"`, `"marked_unread"`} {
			if seen := h.want(200, "", "alice", "GET /rooms/"+room+"/users/2", "").body; strings.Contains(seen, word) {
				t.Errorf("alice is shown bob's %s: %s", word, seen)
			}
		}
		h.want(422, "", "bob", "PATCH "+me, `{"muted_until":"2001-01-01T00:00:00Z"}`)
		h.want(422, "", "bob", "PATCH "+me, `{"muted":false,"muted_until":"2126-01-01T00:00:00Z"}`)
		h.want(400, "", "bob", "PATCH "+me, `{"muted_until":"tomorrow"}`)
		h.want(422, "", "bob", "PUT "+me+"/unread", `{"number":0}`)
		h.want(400, "", "bob", "GET /rooms?hidden=1", "")
		h.want(400, "", "bob", "GET /rooms?q=&pinned=true", "")
		h.want(404, "", "carol", "PUT "+me+"/unread", `{"number":1}`)
	})
}
