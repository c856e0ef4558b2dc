package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/chatsuite"
)

// UUIDs may be in capitals wherever a client gives one: in paths, bodies and the query.
func TestIDsMayBeInCapitals(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		capitals := strings.ToUpper
		room := h.group()
		message := h.send("alice", room, "hello")
		reaction := h.made("bob", "POST /messages/"+message+"/reactions", `{"reaction":"👍"}`)
		media, avatar := h.upload("alice", "a.txt", "text"), h.upload("alice", "a.png", png)
		for _, mixed := range []string{capitals(room), capitals(room[:20]) + room[20:]} {
			for _, target := range []string{"GET /rooms/" + mixed, "GET /rooms/" + mixed + "/messages", "GET /messages?q=hello&room=" + mixed} {
				same := strings.Replace(target, mixed, room, 1)
				if got, want := h.want(200, "", "bob", target, ""), h.want(200, "", "bob", same, ""); got.body != want.body {
					t.Errorf("%s is %s, want %s", target, got.body, want.body)
				}
			}
		}
		if got := h.want(200, "", "bob", "GET /rooms/"+capitals(room), ""); got.field("id") != room {
			t.Errorf("the room's id is %s, want %s", got.field("id"), room)
		}
		sent := h.want(201, "", "alice", "POST /rooms/"+capitals(room)+"/messages",
			`{"reply_to_id":"`+capitals(message)+`","media_ids":["`+capitals(media)+`"]}`)
		if sent.field("reply_to_id") != message {
			t.Errorf("the answer is to %s, want %s", sent.field("reply_to_id"), message)
		}
		h.want(422, "invalid", "alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+nowhere+`","`+capitals(nowhere)+`"]}`)
		h.want(200, "", "alice", "PATCH /rooms/"+capitals(room), `{"avatar_id":"`+capitals(avatar)+`"}`)
		h.want(200, "", "bob", "GET /media/"+capitals(media)+"/content", "")
		h.want(200, "", "bob", "GET /messages/"+capitals(message)+"/reactions", "")
		h.want(200, "", "bob", "GET /messages?q=hello&room="+capitals(room), "")
		h.want(200, "", "bob", "DELETE /reactions/"+capitals(reaction), "")
		h.want(204, "", "alice", "DELETE /messages/"+capitals(message), "")
		for _, odd := range []string{"{" + room + "}", "urn:uuid:" + room, strings.ReplaceAll(room, "-", ""), room + "0", room[1:]} {
			h.want(404, "not_found", "bob", "GET /rooms/"+odd, "")
			h.want(404, "not_found", "bob", "GET /messages?q=hello&room="+odd, "")
			h.want(400, "malformed_body", "bob", "POST /rooms/"+room+"/messages", `{"text":"a","reply_to_id":"`+odd+`"}`)
		}
	})
}

// Whole numbers are user ids in one spelling only.
func TestNumbersHaveOneSpelling(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		for _, odd := range []string{"+2", "02", "002", " 2", "2 ", "-02", "+02", "2.0", "0x2", "٢", "-0", "0"} {
			path := strings.NewReplacer(" ", "%20", "+", "%2B").Replace(odd)
			for _, target := range []string{"GET /rooms/" + room + "/users/" + path, "DELETE /rooms/" + room + "/users/" + path, "DELETE /rooms/" + room + "/bans/" + path} {
				h.want(404, "not_found", "alice", target, "")
			}
			h.want(404, "not_found", "alice", "PATCH /rooms/"+room+"/users/"+path, `{"permissions":[]}`)
			for target, body := range map[string]string{
				"POST /rooms":                       `{"type":"private_messages","user_id":"` + odd + `"}`,
				"POST /rooms/" + room + "/transfer": `{"user_id":"` + odd + `"}`,
				"POST /rooms/" + room + "/bans":     `{"user_id":"` + odd + `","reason":"x"}`,
				"POST /rooms/" + room + "/users":    `{"members":[{"user_id":"3"},{"user_id":"` + odd + `"}]}`,
				"POST /rooms?":                      `{"name":"x","members":[{"user_id":"3"},{"user_id":"` + odd + `"}]}`,
			} {
				got := h.want(422, "invalid", "alice", strings.TrimSuffix(target, "?"), body)
				pointer := `"pointer":"/user_id"`
				if strings.Contains(body, "members") {
					pointer = `"pointer":"/members/1/user_id"`
				}
				if !strings.Contains(got.body, `"code":"invalid_user_id"`) || !strings.Contains(got.body, pointer) {
					t.Errorf("%s %s: %s", target, body, got.body)
				}
			}
		}
		h.want(200, "", "alice", "GET /rooms/"+room+"/users/2", "")
		h.want(404, "", "alice", "GET /rooms/"+room+"/users/3", "") // nobody was added
	})
}

// Users whose ids are UUIDs may be named in capitals, by clients and by the host.
func TestUserIDsMayBeInCapitals(t *testing.T) {
	variants := []chatsuite.Variant{{UserIDs: chat.UUIDs}, {UserIDs: chat.UUIDs, Postgres: true}}
	chatsuite.RunOn(t, variants, func(t *testing.T, h *chatsuite.Host) {
		handler := chatsuite.Must(httpadapter.New(h.Service, httpadapter.Config{
			User: func(r *http.Request) (chat.UserID, error) { return chat.UserID(r.Header.Get("X-User")), nil },
		}))(t)
		capitals := func(id chat.UserID) string { return strings.ToUpper(string(id)) }
		ask := func(who, method, path, body string) string {
			t.Helper()
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("X-User", who)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code >= 300 {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
			return w.Body.String()
		}
		room := h.NewGroup().ID.String()
		ask(capitals(h.Alice), "POST", "/rooms/"+room+"/users", `{"members":[{"user_id":"`+capitals(h.Bob)+`"},{"user_id":"`+string(h.Bob)+`"}]}`)
		for _, who := range []string{string(h.Bob), capitals(h.Bob)} {
			for _, user := range []string{"me", string(h.Bob), capitals(h.Bob)} {
				got := ask(who, "GET", "/rooms/"+room+"/users/"+user, "")
				if !strings.Contains(got, `"id":"`+string(h.Bob)+`"`) || !strings.Contains(got, `"muted":false`) {
					t.Errorf("%s sees of %s %s", who, user, got)
				}
			}
		}
		ask(string(h.Alice), "POST", "/rooms", `{"type":"private_messages","user_id":"`+capitals(h.Bob)+`"}`)
		ask(string(h.Alice), "POST", "/rooms/"+room+"/transfer", `{"user_id":"`+capitals(h.Bob)+`"}`)
		ask(capitals(h.Bob), "DELETE", "/rooms/"+room+"/users/"+capitals(h.Alice), "")
		if members := chatsuite.Must(h.RoomUsers(h.Ctx, h.Bob, chatsuite.Must(h.Rooms(h.Ctx, h.Bob, chat.RoomsQuery{Type: chat.Group}))(t).Items[0].ID, chat.Page{}))(t); len(members.Items) != 1 {
			t.Errorf("there are %d members, want bob alone", len(members.Items))
		}
	})
}
