package httpadapter_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// user is null both for the host's own code and for an author who was erased, and
// author_kind says which.
func TestAuthorKindIsShown(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		ctx := context.Background()
		noted := must(h.svc.SendMessage(ctx, chat.System, uuid.MustParse(room), chat.NewMessage{Text: "noted"}))(t)
		for _, answered := range []string{h.send("alice", room, "by alice"), noted.ID.String(), h.send("bob", room, "by bob")} {
			h.made("alice", "POST /rooms/"+room+"/messages", `{"text":"re","reply_to_id":"`+answered+`"}`)
		}
		ok(t, h.svc.EraseUser(ctx, chat.System, id("bob"), chat.EraseOptions{}))
		type author struct {
			User *struct{ ID string }
			Kind string `json:"author_kind"`
		}
		var page struct {
			Items []struct {
				author
				Text    string
				ReplyTo *author `json:"reply_to"`
			}
		}
		ok(t, json.Unmarshal([]byte(h.want(200, "", "alice", "GET /rooms/"+room+"/messages", "").body), &page))
		for i, want := range []string{"system", "user", "erased"} { // and then alice's answers
			if m := page.Items[i]; m.Kind != want || (m.User == nil) != (want != "user") {
				t.Errorf("%q is by %q, want %q", m.Text, m.Kind, want)
			}
		}
		for i, want := range []string{"user", "system", "erased"} {
			if m := page.Items[3+i]; m.ReplyTo.Kind != want || (m.ReplyTo.User == nil) != (want != "user") || m.Kind != "user" {
				t.Errorf("answer %d is to %q, want %q", i, m.ReplyTo.Kind, want)
			}
		}
	})
}
