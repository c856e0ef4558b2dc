package httpadapter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func under(base string) option {
	return func(_ *chat.Config, c *httpadapter.Config) { c.BasePath = base }
}

// The base may be on the path, or have been stripped from it: the answers are the
// same to the byte.
func TestMountedUnderABase(t *testing.T) {
	t.Parallel()
	for name, strip := range map[string]bool{"whole path": false, "stripped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "sqlite", under("/chat/"))
			h.check = false // the document's paths are those behind the base
			mux := http.NewServeMux()
			if strip {
				mux.Handle("/chat/", http.StripPrefix("/chat", h.Handler))
			} else {
				mux.Handle("/chat/", h.Handler)
			}
			h.Handler = mux

			made := h.want(201, "", "alice", "POST /chat/rooms", `{"name":"x"}`)
			room := made.header.Get("Location")
			if room != "/chat/rooms/"+made.field("id") {
				t.Errorf("the room is at %s", room)
			}
			h.want(200, "", "alice", "GET "+room, "")
			if head := h.want(200, "", "alice", "HEAD "+room, ""); head.body != "" || head.header.Get("Content-Length") == "" {
				t.Errorf("HEAD: %q %v", head.body, head.header)
			}
			file := h.want(201, "", "alice", "POST /chat/media", png, "Content-Type: ")
			h.want(200, "", "alice", "GET "+file.field("url"), "")
			missing := h.want(404, "not_found", "alice", "GET /chat/nowhere", "")
			if !strings.Contains(missing.body, `"instance":"/chat/nowhere"`) {
				t.Errorf("%s", missing.body)
			}
			h.want(405, "method_not_allowed", "alice", "DELETE /chat/rooms", "")
			h.want(404, "not_found", "alice", "GET /chat/rooms/", "")
			h.want(404, "not_found", "alice", "GET /chat/", "")
			h.want(200, "", "", "GET /chat/openapi.json", "")
		})
	}
}

// A base may be called what a resource of the API is called.
func TestMountedUnderANameOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, strip := range map[string]string{"whole path": "", "stripped": "/messages"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "sqlite", under("/messages"))
			h.check = false // the document's paths are those behind the base
			h.Handler = http.StripPrefix(strip, h.Handler)
			room := h.want(201, "", "alice", "POST /messages/rooms", `{"name":"x"}`)
			sent := h.want(201, "", "alice", "POST "+room.header.Get("Location")+"/messages", `{"text":"x"}`)
			h.want(200, "", "alice", "GET "+sent.header.Get("Location"), "")
			h.want(200, "", "alice", "GET /messages/messages?q=x", "")
			absent := h.want(404, "not_found", "alice", "GET /messages/messages/"+nowhere, "")
			if !strings.Contains(absent.body, `"instance":"/messages/messages/`+nowhere) {
				t.Errorf("%s", absent.body)
			}
		})
	}
}

// Ids of users may hold anything, a slash too.
func TestEscapedIDsOfUsers(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, a *httpadapter.Config) {
		c.UserIDs, c.UsersTable = chat.StringIDs, ""
		a.User = func(r *http.Request) (chat.UserID, error) { return chat.UserID(r.Header.Get("X-User")), nil }
	})
	room := h.made("alice", "POST /rooms", `{"name":"x","members":[{"user_id":"a/b c?d#e%f"},{"user_id":".."},{"user_id":"read"},{"user_id":"日本"}]}`)
	for escaped, user := range map[string]string{
		"a%2Fb%20c%3Fd%23e%25f": "a/b c?d#e%f", "..": "..", "%2E%2E": "..", "read": "read", "%E6%97%A5%E6%9C%AC": "日本", "me": "alice", "%6de": "alice",
	} {
		got := h.want(200, "", "alice", "GET /rooms/"+room+"/users/"+escaped, "")
		if !strings.Contains(got.body, `"user":{"id":"`+user+`"}`) {
			t.Errorf("%s is %s", escaped, got.body)
		}
	}
	h.want(404, "not_found", "alice", "GET /rooms/"+room+"/users/a/b", "")
	h.want(404, "not_found", "alice", "GET /rooms/"+room+"/users/", "")
}

func TestNoPathIsAnsweredWithARedirect(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, path := range []string{
			"/rooms/", "//rooms", "/rooms//", "/./rooms", "/rooms/.", "/rooms/..", "/x/../rooms", "/rooms/%2e%2e/rooms", "/", "/rooms/%00", "/%2Frooms",
		} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				got := h.do("alice", method+" "+path, "")
				if got.status != 404 && got.status != 405 || got.header.Get("Location") != "" {
					t.Errorf("%s %s: %d %v", method, path, got.status, got.header)
				}
			}
		}
	})
}

func TestWrongConfigIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	for name, config := range map[string]httpadapter.Config{
		"no User":             {},
		"a base without /":    {User: signedIn, BasePath: "chat"},
		"a base with a space": {User: signedIn, BasePath: "/my chat"},
		"a base with //":      {User: signedIn, BasePath: "/a//b"},
		"a negative MaxBody":  {User: signedIn, MaxBody: -1},
		"a negative rate":     {User: signedIn, RateLimit: httpadapter.RateLimit{Search: httpadapter.Rate{PerSecond: -1}}},
		"a wrong origin":      {User: signedIn, TrustedOrigins: []string{"app.example"}},
		"an origin's path":    {User: signedIn, TrustedOrigins: []string{"https://app.example/chat"}},
		"any origin":          {User: signedIn, TrustedOrigins: []string{"*"}},
	} {
		if _, err := httpadapter.New(h.svc, config); err == nil || !strings.HasPrefix(err.Error(), "httpadapter: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := httpadapter.New(nil, httpadapter.Config{User: signedIn}); err == nil {
		t.Error("no service is no error")
	}
}
