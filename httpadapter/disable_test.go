package httpadapter_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func without(ids ...string) option {
	return func(_ *chat.Config, c *httpadapter.Config) { c.Disable = ids }
}

// What is disabled is answered as a path that never was, to everybody, whatever the method's
// neighbours do.
func TestDisabledOperationsAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", without("chat_room_create", "chat_room_join", "chat_room_retrieve", "chat_reactions_list", "chat_media_create"))
	h.check = false // the answers are not those of the whole description
	room := must(h.svc.CreateRoom(t.Context(), id("alice"), chat.NewRoom{Name: "x", Public: true}))(t).ID.String()
	absent := h.want(404, "not_found", "alice", "GET /nowhere", "")
	for _, target := range []string{
		"POST /rooms", "POST /rooms/" + room + "/join", "GET /rooms/" + room, "HEAD /rooms/" + room, "GET /reactions",
		"DELETE /reactions", "OPTIONS /reactions", "POST /media",
	} {
		for _, who := range []string{"", "alice"} {
			got := h.do(who, target, "")
			_, path, _ := strings.Cut(target, " ")
			want := strings.Replace(absent.body, "/nowhere", path, 1)
			if got.status != 404 || got.header.Get("Allow") != "" || !strings.HasPrefix(target, "HEAD") && got.body != want {
				t.Errorf("%s by %q: %d %s %v", target, who, got.status, got.body, got.header)
			}
		}
	}
	h.want(200, "", "alice", "GET /rooms", "")
	h.want(200, "", "alice", "PATCH /rooms/"+room, `{"name":"y"}`)
	h.want(200, "", "alice", "GET /media?ids="+nowhere, "")
	h.want(405, "method_not_allowed", "alice", "PUT /rooms/"+room, "")
	if got := h.do("alice", "OPTIONS /rooms/"+room, "").header.Get("Allow"); got != "DELETE, OPTIONS, PATCH" {
		t.Errorf("Allow is %q", got)
	}
}

// The description that is served has what is left, and nothing else is changed in it.
func TestDescriptionWithoutWhatIsDisabled(t *testing.T) {
	t.Parallel()
	disabled := []string{"chat_room_create", "chat_room_join", "chat_reactions_list"}
	h := newHost(t, "sqlite", without(disabled...))
	h.check = false
	got := h.want(200, "", "", "GET /openapi.json", "")
	doc := must(openapi3.NewLoader().LoadFromData([]byte(got.body)))(t)
	ok(t, doc.Validate(context.Background()))
	whole := must(openapi3.NewLoader().LoadFromFile("openapi.json"))(t)
	for _, path := range []string{"/rooms/{room}/join", "/reactions"} {
		if whole.Paths.Find(path) == nil || doc.Paths.Find(path) != nil {
			t.Errorf("%s is still described", path)
		}
		whole.Paths.Delete(path)
	}
	whole.Paths.Find("/rooms").SetOperation(http.MethodPost, nil)
	if diff := cmp.Diff(string(must(whole.MarshalJSON())(t)), string(must(doc.MarshalJSON())(t))); diff != "" {
		t.Error(diff)
	}
	h.want(304, "", "", "GET /openapi.json", "", "If-None-Match: "+got.header.Get("ETag"))
}

func TestEveryOperationCanBeDisabled(t *testing.T) {
	t.Parallel()
	var all []string
	for _, route := range httpadapter.Routes() {
		all = append(all, strings.Fields(route)[2])
	}
	h := newHost(t, "sqlite", without(all...))
	h.check = false
	for _, route := range httpadapter.Routes() {
		method, path := strings.Fields(route)[0], strings.Fields(route)[1]
		h.want(404, "not_found", "alice", method+" "+path, "")
	}
}

// An operation that is spelled wrongly would be served all the same.
func TestDisablingWhatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	for _, unknown := range []string{"", "chat_room_creat", "POST /rooms", "Chat_room_create"} {
		h.config.Disable = []string{"chat_room_join", unknown}
		_, err := httpadapter.New(h.svc, h.config)
		if err == nil || !strings.Contains(err.Error(), "Config.Disable") {
			t.Errorf("%q: error is %v", unknown, err)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	doc := described.doc
	named := func(what, name, text string) {
		if len(strings.Fields(text)) < 3 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s %s has no description: %q", what, name, text)
		}
	}
	for path, item := range doc.Paths.Map() {
		parameters := item.Parameters
		for method, op := range item.Operations() {
			named(method, path, op.Description)
			if op.Description == op.Summary {
				t.Errorf("%s %s says the same twice", method, path)
			}
			parameters = append(parameters, op.Parameters...)
		}
		for _, p := range parameters {
			named(path, p.Value.Name, p.Value.Description)
		}
	}
	for name, p := range doc.Components.Parameters {
		named("parameter", name, p.Value.Description)
	}
}
