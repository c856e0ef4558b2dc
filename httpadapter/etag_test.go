package httpadapter_test

import (
	"strings"
	"testing"
)

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		for _, target := range []string{"/rooms", "/rooms/" + room, "/rooms/" + room + "/messages", "/messages/" + m, "/rooms/" + room + "/users"} {
			first := h.want(200, "", "bob", "GET "+target, "")
			tag := first.header.Get("ETag")
			for _, condition := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
				got := h.want(304, "", "bob", "GET "+target, "", "If-None-Match: "+condition)
				if got.body != "" || got.header.Get("ETag") != tag {
					t.Errorf("304 has %q and %v", got.body, got.header)
				}
				h.want(304, "", "bob", "HEAD "+target, "", "If-None-Match: "+condition)
			}
			h.want(200, "", "bob", "GET "+target, "", `If-None-Match: "x"`)
		}
		before := h.do("bob", "GET /messages/"+m, "").header.Get("ETag")
		h.made("bob", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`)
		h.want(200, "", "bob", "GET /messages/"+m, "", "If-None-Match: "+before) // a reaction is another body
	})
}

func TestEditOfAnOlderVersionIsRefused(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		for target, body := range map[string]string{"/messages/" + m: `{"text":"%"}`, "/rooms/" + room: `{"name":"%"}`} {
			edit := func(n string) string { return strings.Replace(body, "%", n, 1) }
			tag := h.do("alice", "GET "+target, "").header.Get("ETag")
			h.made("bob", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`) // no reason to refuse
			edited := h.want(200, "", "alice", "PATCH "+target, edit("1"), "If-Match: "+tag)
			h.want(412, "precondition_failed", "alice", "PATCH "+target, edit("2"), "If-Match: "+tag)
			h.want(412, "precondition_failed", "alice", "PATCH "+target, edit("2"), `If-Match: "x"`)
			h.want(412, "precondition_failed", "alice", "PATCH "+target, edit("2"), `If-Match: x`)
			h.want(412, "precondition_failed", "alice", "PATCH "+target, edit("2"), "If-Match: W/"+edited.header.Get("ETag"))
			h.want(412, "precondition_failed", "alice", "PATCH "+target, edit("2"), `If-Match: "zzzzzzzzzzzzzzzzzzzzz.x"`)
			h.want(200, "", "alice", "PATCH "+target, edit("2"), "If-Match: *")
			latest := h.do("alice", "GET "+target, "").header.Get("ETag")
			h.want(200, "", "alice", "PATCH "+target, edit("3"), "If-Match: "+latest)
			// What one may not see or do is not told apart by its version.
			h.want(404, "not_found", "carol", "PATCH "+target, edit("4"), `If-Match: "x"`)
			h.want(403, "forbidden", "bob", "PATCH "+target, edit("4"), `If-Match: "x"`)
		}
		h.want(400, "malformed_header", "alice", "DELETE /messages/"+m, "", "If-Match: *")
		h.want(400, "malformed_header", "alice", "POST /rooms/"+room+"/messages", `{"text":"x"}`, `If-Match: "x"`)
	})
}

func TestIdempotencyKeyIsTheClientID(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		target := "POST /rooms/" + h.group() + "/messages"
		first := h.made("alice", target, `{"text":"x"}`, "Idempotency-Key: k")
		for _, again := range []string{
			h.made("alice", target, `{"text":"x"}`, "Idempotency-Key: k"),
			h.made("alice", target, `{"text":"x","client_id":"k"}`),
			h.made("alice", target, `{"text":"x","client_id":"k"}`, "Idempotency-Key: k"),
		} {
			if again != first {
				t.Errorf("sent again as %s, want %s", again, first)
			}
		}
		if theirs := h.made("bob", target, `{"text":"x"}`, "Idempotency-Key: k"); theirs == first {
			t.Error("bob's key found alice's message")
		}
		h.want(409, "conflict", "alice", target, `{"text":"y"}`, "Idempotency-Key: k")
		h.want(422, "invalid", "alice", target, `{"text":"x","client_id":"l"}`, "Idempotency-Key: k")
		h.want(400, "malformed_header", "alice", target, `{"text":"x"}`, "Idempotency-Key: k", "Idempotency-Key: l")
	})
}
