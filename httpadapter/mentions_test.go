package httpadapter_test

import (
	"strings"
	"testing"
)

func TestMentionsPinsAndReplies(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.made("alice", "POST /rooms/"+room+"/messages", `{"text":"look","mentions":["2","99"],"mention_room":true}`)
		reply := h.made("bob", "POST /rooms/"+room+"/messages", `{"text":"re","reply_to_id":"`+m+`"}`)
		for request, part := range map[string]string{
			"GET /messages/" + m:              `"mention_room":true,"reply_count":1`,
			"GET /messages/" + m + "/replies": `"id":"` + reply + `"`,
			"GET /mentions":                   `{"items":[{"message":{"id":"` + m + `"`,
			"GET /mentions?limit=1":           `"room":{"id":"` + room + `"`,
			"GET /messages?q=look":            `"matches":[{"start":0,"end":4}]`,
		} {
			if got := h.want(200, "", "bob", request, ""); !strings.Contains(got.body, part) {
				t.Errorf("%s: %s lacks %s", request, got.body, part)
			}
		}
		if got := h.want(200, "", "alice", "PATCH /messages/"+m, `{"mentions":null,"mention_room":false}`); !strings.Contains(got.body, `"mentions":[],"mention_room":false`) {
			t.Errorf("the edited message is %s", got.body)
		}
		for range 2 {
			h.want(200, "", "alice", "PUT /messages/"+m+"/pin", "")
		}
		if got := h.want(200, "", "bob", "GET /rooms/"+room+"/pins", ""); !strings.Contains(got.body, `"pinned_by":{"id":"1"`) {
			t.Errorf("the pins are %s", got.body)
		}
		h.want(204, "", "alice", "DELETE /messages/"+m+"/pin", "")
		h.want(422, "invalid", "alice", "POST /rooms/"+room+"/messages", `{"text":"x","mentions":["03"]}`)
	})
}

func TestSlowModeSaysWhenToTryAgain(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		h.want(200, "", "alice", "PATCH /rooms/"+room, `{"slow_mode":60}`)
		h.made("bob", "POST /rooms/"+room+"/messages", `{"text":"one","client_id":"1"}`)
		got := h.want(429, "too_soon", "bob", "POST /rooms/"+room+"/messages", `{"text":"two"}`)
		if after := got.header.Get("Retry-After"); after != "60" {
			t.Errorf("Retry-After is %s", after)
		}
		h.made("bob", "POST /rooms/"+room+"/messages", `{"text":"one","client_id":"1"}`)
		h.made("alice", "POST /rooms/"+room+"/messages", `{"text":"two"}`)
		h.want(422, "invalid", "alice", "PATCH /rooms/"+room, `{"slow_mode":21601}`)
	})
}
