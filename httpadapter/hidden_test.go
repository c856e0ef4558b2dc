package httpadapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/httpadapter"
)

// hidden is how each route with an id is asked for something that is there and that
// one may not see.
var hidden = map[string]string{ // by operation: the body
	"chat_room_retrieve":              "",
	"chat_room_update":                `{"name":"x"}`,
	"chat_room_delete":                "",
	"chat_room_join":                  "",
	"chat_room_transfer":              `{"user_id":"2"}`,
	"room_user_list":                  "",
	"room_user_create":                `{"members":[{"user_id":"4"}]}`,
	"room_user_retrieve":              "",
	"room_user_update":                `{"permissions":[]}`,
	"room_user_delete":                "",
	"room_user_read":                  `{"number":1}`,
	"room_user_unread":                `{"number":1}`,
	"room_typing":                     "",
	"room_event_list":                 "",
	"room_ban_list":                   "",
	"user_retrieve":                   "",
	"room_ban_create":                 `{"user_id":"4"}`,
	"room_ban_delete":                 "",
	"chat_message_list":               "",
	"chat_message_create":             `{"text":"x"}`,
	"chat_message_retrieve":           "",
	"chat_message_update":             `{"text":"x"}`,
	"chat_message_delete":             "",
	"chat_message_replies_list":       "",
	"chat_message_pin":                "",
	"chat_message_unpin":              "",
	"chat_pin_list":                   "",
	"chat_message_reactions_list":     "",
	"chat_message_reactions_create":   `{"reaction":"👍"}`,
	"chat_message_reactions_retrieve": "",
	"chat_message_reactions_delete":   "",
	"chat_media_retrieve":             "",
	"chat_media_content":              "",
	"chat_media_delete":               "",
}

// What one may not see answers byte for byte as what was never there, headers
// included.
func TestHiddenEqualsAbsent(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		file := h.upload("alice", "a.png", png)
		m := h.made("alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+file+`"]}`)
		r := h.made("alice", "POST /messages/"+m+"/reactions", `{"reaction":"👍"}`)
		loose := h.upload("alice", "b.png", png)
		h.want(204, "", "bob", "DELETE /rooms/"+room+"/users/me", "")

		there := strings.NewReplacer("{room}", room, "{message}", m, "{reaction}", r, "{media}", file, "{user}", "1")
		absent := strings.NewReplacer("{room}", nowhere, "{message}", nowhere, "{reaction}", nowhere, "{media}", nowhere, "{user}", "1")
		asked := 0
		for _, route := range httpadapter.Routes() {
			parts := strings.Fields(route)
			body, known := hidden[parts[2]]
			if !strings.Contains(parts[1], "{") {
				continue
			}
			if !known {
				t.Errorf("the table lacks %s", route)
				continue
			}
			asked++
			for _, who := range []string{"carol", "bob"} { // a stranger, and one who left
				for _, method := range methodsOf(parts[0]) {
					want := h.do(who, method+" "+absent.Replace(parts[1]), body)
					got := h.do(who, method+" "+there.Replace(parts[1]), body)
					if diff := cmp.Diff(bytesOf(want), bytesOf(got)); diff != "" || got.status != http.StatusNotFound {
						t.Errorf("%s %s: %d, absent (-) and hidden (+): %s", who, route, got.status, diff)
					}
				}
			}
		}
		if asked != len(hidden) {
			t.Errorf("%d routes were asked, the table has %d", asked, len(hidden))
		}
		for _, target := range []string{"/media/", "/rooms/"} { // an upload that is in no message is its uploader's alone
			want, got := h.do("carol", "GET "+target+nowhere, ""), h.do("carol", "GET "+target+loose, "")
			if diff := cmp.Diff(bytesOf(want), bytesOf(got)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func methodsOf(method string) []string {
	if method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{method}
}

// bytesOf is an answer with the one thing that may differ, the instance, taken out.
func bytesOf(a answer) string {
	var headers []string
	for name, values := range a.header {
		headers = append(headers, fmt.Sprint(name, values))
	}
	slices.Sort(headers)
	before, _, _ := strings.Cut(a.body, `"instance":`)
	return fmt.Sprint(a.status, headers, before)
}
