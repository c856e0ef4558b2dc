package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is from before a newcomer joined is hidden in streams, polls and pages of events
// alike, without a gap.
func TestEventsOfHiddenMessages(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := h.made("alice", "POST /rooms", `{"name":"Group","history_visibility":"joined","members":[{"user_id":"2"}]}`)
		old := h.send("alice", room, "from before")
		h.want(200, "", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"3"}]}`)
		carol, bob := stream(t, server, "carol", ""), stream(t, server, "bob", "")
		after := carol.want("hello").id
		bob.want("hello")
		h.want(200, "", "alice", "PATCH /messages/"+old, `{"text":"edited"}`)
		h.made("alice", "POST /rooms/"+room+"/messages", `{"text":"re","reply_to_id":"`+old+`"}`)

		hidden := carol.want("hidden")
		fields := hidden.fields(t)
		delete(fields, "created_at")
		if diff := cmp.Diff(map[string]any{"kind": "hidden", "room_id": room, "seq": 5.0}, fields); diff != "" {
			t.Error(diff)
		}
		reply := carol.want("message_created")
		if m := reply.fields(t)["message"].(map[string]any); m["reply_to_id"] != nil || m["reply_to_number"] != nil {
			t.Errorf("the reply is told as %s", reply.data)
		}
		if strings.Contains(hidden.data+reply.data, old) {
			t.Errorf("the hidden message is named: %s %s", hidden.data, reply.data)
		}
		bob.want("message_edited")
		if e := bob.want("message_created"); !strings.Contains(e.data, old) {
			t.Errorf("who was there is told %s", e.data)
		}
		updates, _ := h.poll("carol", after, "")
		var page struct{ Items []json.RawMessage }
		ok(t, json.Unmarshal([]byte(h.want(200, "", "carol", "GET /rooms/"+room+"/events?after=4", "").body), &page))
		for how, got := range map[string][]told{"poll": updates[1:], "page": h.updates(page.Items)} {
			if len(got) != 2 || got[0].data != hidden.data || got[1].data != reply.data {
				t.Errorf("%s: %v", how, got)
			}
		}
	})
}

func TestHistoryVisibilityOverHTTP(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.made("alice", "POST /rooms", `{"name":"Group","history_visibility":null,"members":[{"user_id":"2"}]}`)
		h.send("alice", room, "1")
		shown := func(want string) {
			t.Helper()
			got := h.want(200, "", "alice", "GET /rooms/"+room, "")
			if got.field("history_visibility") != want {
				t.Errorf("the room is %s, want %s", got.body, want)
			}
		}
		shown("all")
		h.want(200, "", "alice", "PATCH /rooms/"+room, `{"history_visibility":"joined"}`)
		shown("joined")
		for _, wrong := range []string{`null`, `""`, `"shared"`} {
			h.want(http.StatusUnprocessableEntity, "", "alice", "PATCH /rooms/"+room, `{"history_visibility":`+wrong+`}`)
		}
		h.want(http.StatusBadRequest, "", "alice", "PATCH /rooms/"+room, `{"history_visibility":1}`)
		for _, wrong := range []string{`""`, `"shared"`} {
			h.want(http.StatusUnprocessableEntity, "", "alice", "POST /rooms", `{"name":"x","history_visibility":`+wrong+`}`)
		}
		h.want(http.StatusUnprocessableEntity, "", "alice", "POST /rooms", `{"type":"private_messages","user_id":"2","history_visibility":"all"}`)
		shown("joined")
		h.want(200, "", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"3","permissions":["can_edit_room"]}]}`)
		h.want(http.StatusForbidden, "", "carol", "PATCH /rooms/"+room, `{"history_visibility":"all"}`)
		page := h.want(200, "", "carol", "GET /rooms/"+room+"/messages", "")
		if !strings.Contains(page.body, `"items":[],"has_before":false,"has_after":false`) {
			t.Errorf("the newcomer is shown %s", page.body)
		}
	})
}
