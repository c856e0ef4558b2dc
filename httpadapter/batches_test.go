package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestMediaInBatches(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		used, own, others := h.upload("alice", "a.png", png), h.upload("bob", "b.png", png), h.upload("alice", "c.png", png)
		m := h.made("alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+used+`"]}`)
		names := func(who string, ids ...string) (names []string) {
			got := h.want(200, "", who, "GET /media?"+url.Values{"ids": ids}.Encode(), "")
			var page struct {
				Items []struct {
					FileName string `json:"file_name"`
				}
			}
			ok(t, json.Unmarshal([]byte(got.body), &page))
			for _, item := range page.Items {
				names = append(names, item.FileName)
			}
			return names
		}
		all := []string{own, nowhere, strings.ToUpper(used), others, used}
		for who, want := range map[string][]string{"bob": {"a.png", "b.png"}, "alice": {"a.png", "c.png"}, "carol": nil} {
			if diff := cmp.Diff(want, names(who, all...)); diff != "" {
				t.Errorf("%s is shown %s", who, diff)
			}
		}
		h.want(204, "", "alice", "DELETE /messages/"+m, "")
		if got := names("bob", all...); len(got) != 1 {
			t.Errorf("of a deleted message there is %v", got)
		}
	})
}

func TestUsersInBatches(t *testing.T) {
	t.Parallel()
	var asked []chat.UserID
	var fault error
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.Profiles = func(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			asked = ids
			return map[chat.UserID]httpadapter.Profile{"1": {Name: "Alice"}, "2": {Name: "Bob", AvatarURL: "/b.png"}, "9": {Name: "unasked"}}, fault
		}
	})
	got := h.want(200, "", "carol", "GET /users?ids=2&ids=1&ids=3&ids=2&ids=x&ids=%2B1", "")
	if got.body != `{"items":[{"id":"2","name":"Bob","avatar_url":"/b.png"},{"id":"1","name":"Alice"}]}` {
		t.Errorf("%s", got.body)
	}
	if diff := cmp.Diff([]chat.UserID{"2", "1", "3"}, asked); diff != "" {
		t.Errorf("asked for %s", diff)
	}
	h.want(400, "malformed_query", "carol", "GET /users", "")
	h.want(400, "malformed_query", "carol", "GET /users?ids=1"+strings.Repeat("&ids=1", 100), "")
	fault = errBroken
	h.want(503, "unavailable", "carol", "GET /users?ids=1", "")
	h.want(503, "unavailable", "carol", "GET /users/1", "")
	without := newHost(t, "sqlite")
	without.want(404, "not_found", "carol", "GET /users?ids=1", "")
}

// A line break in metadata, as a host may have stored it, is none of the stream's.
func TestMetadataOnSeveralLines(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		server := h.listen()
		room := must(h.svc.CreateRoom(t.Context(), id("alice"), chat.NewRoom{Name: "x"}))(t)
		alice := stream(t, server, "alice", "")
		alice.want("hello")
		_ = must(h.svc.SendMessage(t.Context(), id("alice"), room.ID, chat.NewMessage{Text: "x", Metadata: chat.Metadata("{\n\"a\":\r\n\"\\n\"}")}))(t)
		if e := alice.want("message_created"); !strings.Contains(e.data, `"metadata":{"a":"\n"}`) {
			t.Errorf("%s", e.data)
		}
	})
}
