package httpadapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/httpadapter"
)

// The holes that chat APIs are known for, each shown closed.

func TestStrangerReadsNothingOfARoom(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "secret")
		for _, target := range []string{
			"/rooms/" + room, "/rooms/" + room + "/messages", "/rooms/" + room + "/users", "/rooms/" + room + "/users/1",
			"/messages/" + m, "/messages/" + m + "/reactions", "/messages?q=secret&room=" + room,
		} {
			h.want(404, "not_found", "carol", "GET "+target, "")
		}
		for _, target := range []string{"/rooms", "/rooms?q=", "/messages?q=secret", "/reactions"} {
			if got := h.want(200, "", "carol", "GET "+target, ""); got.body != `{"items":[],"next":null}` {
				t.Errorf("%s shows %s", target, got.body)
			}
		}
	})
}

func TestStrangerChangesNothingInARoom(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "here first")
		before := h.dump()
		for _, c := range [][2]string{
			{"POST /rooms/" + room + "/messages", `{"text":"let me in"}`},
			{"PATCH /messages/" + m, `{"text":"rewritten"}`},
			{"DELETE /messages/" + m, ""},
			{"POST /messages/" + m + "/reactions", `{"reaction":"👎"}`},
			{"PATCH /rooms/" + room, `{"name":"mine"}`},
			{"DELETE /rooms/" + room, ""},
			{"POST /rooms/" + room + "/join", ""},
			{"POST /rooms/" + room + "/transfer", `{"user_id":"3"}`},
			{"POST /rooms/" + room + "/users", `{"members":[{"user_id":"3"}]}`},
			{"PATCH /rooms/" + room + "/users/me", `{"muted":true}`},
			{"DELETE /rooms/" + room + "/users/2", ""},
			{"PUT /rooms/" + room + "/users/me/read", `{"number":1}`},
		} {
			h.want(404, "not_found", "carol", c[0], c[1])
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("a refusal changed something: %s", diff)
		}
	})
}

func TestNobodySpeaksForAnotherByAFieldOfTheBody(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		for _, key := range []string{"user", "user_id", "author", "author_id", "created_by", "sender"} {
			body := fmt.Sprintf(`{"text":"I am Alice","%s":"1"}`, key)
			h.want(400, "malformed_body", "bob", "POST /rooms/"+room+"/messages", body)
			h.want(400, "malformed_body", "bob", "POST /messages/"+m+"/reactions", fmt.Sprintf(`{"reaction":"👍","%s":"1"}`, key))
		}
		h.want(400, "malformed_body", "bob", "POST /rooms", `{"name":"x","owner":"1"}`)
		h.want(400, "malformed_body", "bob", "PUT /rooms/"+room+"/users/me/read", `{"number":1,"user_id":"1"}`)
		h.want(400, "malformed_query", "bob", "POST /rooms/"+room+"/messages?user_id=1", `{"text":"me"}`)
		sent := h.want(201, "", "bob", "POST /rooms/"+room+"/messages", `{"text":"me"}`)
		if !strings.Contains(sent.body, `"user":{"id":"2"}`) {
			t.Errorf("bob's message is %s", sent.body)
		}
	})
}

func TestMemberCannotRenameDeleteOrEmptyARoom(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		before := h.dump()
		for _, c := range [][2]string{
			{"PATCH /rooms/" + room, `{"name":"Bob's room"}`},
			{"PATCH /rooms/" + room, `{"default_permissions":[]}`},
			{"PATCH /rooms/" + room, `{"is_public":true}`},
			{"DELETE /rooms/" + room, ""},
			{"DELETE /rooms/" + room + "/users/1", ""},
			{"POST /rooms/" + room + "/transfer", `{"user_id":"2"}`},
			{"PATCH /rooms/" + room + "/users/me", `{"permissions":["can_edit_room"]}`},
			{"POST /rooms/" + room + "/users", `{"members":[{"user_id":"3","permissions":["can_edit_room"]}]}`},
		} {
			h.want(403, "forbidden", "bob", c[0], c[1])
		}
		for _, key := range []string{"users", "members", "owner", "user_ids"} { // no field of a patch replaces the members
			h.want(400, "malformed_body", "alice", "PATCH /rooms/"+room, `{"`+key+`":[]}`)
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("a refusal changed something: %s", diff)
		}
	})
}

func TestPartnerOfAPrivateRoomIsNotSwapped(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.made("alice", "POST /rooms", `{"type":"private_messages","user_id":"2"}`)
		before := h.dump()
		for _, body := range []string{`{"user_id":"3"}`, `{"other":"3"}`, `{"members":[{"user_id":"3"}]}`} {
			h.want(400, "malformed_body", "alice", "PATCH /rooms/"+room, body)
		}
		h.want(403, "forbidden", "alice", "PATCH /rooms/"+room, `{"name":"x"}`)
		h.want(403, "forbidden", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"3"}]}`)
		h.want(403, "forbidden", "alice", "DELETE /rooms/"+room+"/users/2", "")
		h.want(409, "conflict", "alice", "DELETE /rooms/"+room+"/users/me", "")
		h.want(404, "not_found", "carol", "POST /rooms/"+room+"/join", "")
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("a refusal changed something: %s", diff)
		}
	})
}

func TestTypeOfARoomNeverChanges(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		for _, kind := range []string{"channel", "private_messages", "group"} {
			h.want(400, "malformed_body", "alice", "PATCH /rooms/"+room, `{"type":"`+kind+`"}`)
		}
	})
}

func TestPrivateRoomBetweenTwoOthersIsNotOpened(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for body, status := range map[string]int{
			`{"type":"private_messages","user_id":"2","members":[{"user_id":"3"}]}`:                422,
			`{"type":"private_messages","members":[{"user_id":"2"},{"user_id":"3"}]}`:              422,
			`{"type":"private_messages","user_ids":["2","3"]}`:                                     400,
			`{"type":"private_messages","user_id":["2","3"]}`:                                      400,
			`{"type":"private_messages","private_a":"2","private_b":"3"}`:                          400,
			`{"type":"private_messages","user_id":"2","user_id":"3"}`:                              400,
			`{"type":"private_messages","user_id":"2","metadata":{"x":1}}`:                         422,
			`{"type":"private_messages","user_id":"2","is_public":true}`:                           422,
			`{"type":"private_messages","user_id":"2","default_permissions":["can_add_users"]}`:    422,
			`{"type":"private_messages","user_id":"2","description":"a room of the three of us."}`: 422,
		} {
			h.want(status, "", "alice", "POST /rooms", body)
		}
		h.made("alice", "POST /rooms", `{"type":"private_messages","user_id":"2"}`)
		for _, who := range []string{"carol", "dave"} {
			if got := h.do(who, "GET /rooms", ""); got.body != `{"items":[],"next":null}` {
				t.Errorf("%s is in %s", who, got.body)
			}
		}
	})
}

func TestPairOfOneselfIsRefused(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, self := range []string{"1", "01", "+1"} { // the others are nobody
			h.want(422, "invalid", "alice", "POST /rooms", `{"type":"private_messages","user_id":"`+self+`"}`)
		}
		h.want(422, "invalid", "alice", "POST /rooms", `{"type":"private_messages","user_id":"me"}`)
	})
}

func TestMembershipIsNeverDoubled(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.made("alice", "POST /rooms", `{"name":"x","members":[{"user_id":"2"},{"user_id":"2"},{"user_id":"1"}]}`)
		h.want(200, "", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"2"},{"user_id":"3"},{"user_id":"3"}]}`)
		var members struct {
			Items []struct{ User struct{ ID string } }
		}
		ok(t, json.Unmarshal([]byte(h.do("alice", "GET /rooms/"+room+"/users", "").body), &members))
		ids := ""
		for _, m := range members.Items {
			ids += m.User.ID
		}
		if ids != "123" {
			t.Errorf("the members are %s", ids)
		}
	})
}

func TestLimitOfThePageIsCapped(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		for n := range 120 {
			h.send("alice", room, fmt.Sprint("message ", n))
		}
		for _, target := range []string{"/rooms/" + room + "/messages?", "/messages?q=message&"} {
			for _, limit := range []string{"101", "1000000", "9223372036854775807"} {
				got := h.want(200, "", "bob", "GET "+target+"limit="+limit, "")
				var page struct{ Items []json.RawMessage }
				ok(t, json.Unmarshal([]byte(got.body), &page))
				if len(page.Items) != 100 {
					t.Errorf("%slimit=%s has %d items", target, limit, len(page.Items))
				}
			}
			for _, limit := range []string{"0", "-1", "-9223372036854775808", "99999999999999999999", "1e3", "0x10", "", "%2B5"} {
				h.want(400, "malformed_query", "bob", "GET "+target+"limit="+limit, "")
			}
		}
	})
}

func TestPatchMayLackAnyKey(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		before := h.dump()
		for _, target := range []string{"/rooms/" + room, "/messages/" + m, "/rooms/" + room + "/users/2", "/rooms/" + room + "/users/me"} {
			h.want(200, "", "alice", "PATCH "+target, "{}")
			h.want(400, "malformed_body", "alice", "PATCH "+target, "null")
			h.want(400, "malformed_body", "alice", "PATCH "+target, "[]")
			h.want(400, "malformed_body", "alice", "PATCH "+target, " ")
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("empty patches changed something: %s", diff)
		}
		for _, target := range []string{"/rooms", "/rooms/" + room + "/messages", "/rooms/" + room + "/transfer", "/messages/" + m + "/reactions"} {
			h.want(422, "invalid", "alice", "POST "+target, "{}")
		}
	})
}

// The answer to what one may not see is the answer to what is not there, and inputs
// are checked before either.
func TestNoErrorTellsThatAnIDExists(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		own := h.made("carol", "POST /rooms", `{"name":"Carol's"}`)
		file := h.upload("alice", "a.png", png)
		for _, c := range [][3]string{
			{"POST /rooms/" + own + "/messages", `{"text":"x","reply_to_id":"%s"}`, m},
			{"POST /rooms/" + own + "/messages", `{"media_ids":["%s"]}`, file},
			{"PATCH /rooms/" + own, `{"avatar_id":"%s"}`, file},
			{"POST /rooms/%s/messages", `{"text":""}`, room},
			{"POST /rooms/%s/users", `{"members":[{"user_id":"nobody"}]}`, room},
			{"PATCH /rooms/%s", `{"name":""}`, room},
			{"PATCH /messages/%s", `{"text":"\u0000"}`, m},
			{"GET /rooms/%s/messages?before=1&after=1", "", room},
			{"GET /messages?q=x&room=%s", "", room},
		} {
			ask := func(id string) string {
				fill := func(s string) string { return strings.ReplaceAll(s, "%s", id) }
				got := h.do("carol", fill(c[0]), fill(c[1]))
				return fmt.Sprint(got.status) + strings.ReplaceAll(got.body, id, "<id>")
			}
			if diff := cmp.Diff(ask(nowhere), ask(c[2])); diff != "" {
				t.Errorf("%s %s tells: %s", c[0], c[1], diff)
			}
		}
	})
}

// A cursor is a position, and no more: whoever has another's sees their own.
func TestCursorOfAnotherShowsNothingOfTheirs(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		var m string
		for range 3 {
			m = h.send("alice", h.group(), "secret")
			h.made("alice", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`)
		}
		own := h.made("carol", "POST /rooms", `{"name":"Carol's"}`)
		for _, target := range []string{"/rooms?", "/reactions?", "/messages?q=secret&"} {
			cursor := h.want(200, "", "alice", "GET "+target+"limit=1", "").field("next")
			if cursor == "<nil>" {
				t.Fatalf("%s has no next page", target)
			}
			got := h.want(200, "", "carol", "GET "+target+"cursor="+cursor, "")
			if strings.Contains(strings.ReplaceAll(got.body, own, ""), `"id":"0`) {
				t.Errorf("%s with alice's cursor shows carol %s", target, got.body)
			}
			for i := range cursor { // each letter of it changed
				tampered := cursor[:i] + string(rune('A'+(int(cursor[i])+1)%26)) + cursor[i+1:]
				got := h.do("carol", "GET "+target+"cursor="+tampered, "")
				shows := strings.Contains(strings.ReplaceAll(got.body, own, ""), `"id":"0`)
				if got.status != 200 && got.status != 400 || shows {
					t.Errorf("%s with the cursor %s: %d %s", target, tampered, got.status, got.body)
				}
			}
		}
	})
}

func TestNobodyGetsAnythingButTheDescription(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, route := range httpadapter.Routes() {
			parts := strings.Fields(route)
			path := strings.NewReplacer("{room}", nowhere, "{message}", nowhere, "{media}", nowhere, "{reaction}", nowhere, "{user}", "1").Replace(parts[1])
			want := 401
			if parts[2] == "openapi_retrieve" {
				want = 200
			}
			h.want(want, "", "", parts[0]+" "+path, "{}")
		}
	})
}

func TestThereIsNoListOfUsers(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, target := range []string{"/users", "/users/2", "/members", "/rooms/users"} {
			if got := h.do("alice", "GET "+target, ""); got.status != http.StatusNotFound {
				t.Errorf("%s: %d", target, got.status)
			}
		}
	})
}

// dump is all that the tables have.
func (h *host) dump() map[string][]map[string]any {
	h.t.Helper()
	tables := map[string][]map[string]any{}
	for _, table := range []string{
		"chat_rooms", "chat_room_users", "chat_restrictions", "chat_messages", "chat_message_media", "chat_media",
		"chat_reactions", "chat_events",
	} {
		var rows []map[string]any
		ok(h.t, h.db.Table(table).Order("1, 2").Find(&rows).Error)
		tables[table] = rows
	}
	return tables
}
