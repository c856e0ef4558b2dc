package httpadapter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestProfilesAreLookedUpOnceAPage(t *testing.T) {
	t.Parallel()
	var asked [][]chat.UserID
	var fault error
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.Profiles = func(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			asked = append(asked, slices.Sorted(slices.Values(ids)))
			return map[chat.UserID]httpadapter.Profile{
				"1": {Name: "Alice", AvatarURL: "/a.png"}, "2": {Name: "Bob"}, "99": {Name: "nobody here"},
			}, fault
		}
	})
	room := h.group()
	h.want(200, "", "alice", "POST /rooms/"+room+"/users", `{"members":[{"user_id":"3"}]}`)
	for _, who := range []string{"alice", "bob", "carol", "alice"} {
		h.send(who, room, "hi")
	}
	asked = nil
	got := h.want(200, "", "bob", "GET /rooms/"+room+"/messages", "")
	if diff := cmp.Diff([][]chat.UserID{{"1", "2", "3"}}, asked); diff != "" {
		t.Errorf("asked for %s", diff)
	}
	if n := strings.Count(got.body, `"user":{"id":"1","name":"Alice","avatar_url":"/a.png"}`); n != 2 {
		t.Errorf("alice is shown %d times in %s", n, got.body)
	}
	if !strings.Contains(got.body, `"user":{"id":"3"}`) {
		t.Errorf("carol, whom the host does not name, is not in %s", got.body)
	}
	fault = errBroken
	if got := h.want(200, "", "bob", "GET /rooms/"+room, ""); !strings.Contains(got.body, `"owner":{"id":"1"}`) {
		t.Errorf("%s", got.body)
	}
	if !strings.Contains(h.log.String(), "on fire") {
		t.Error("the host's fault is not logged")
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.RateLimit.Read = httpadapter.Rate{PerSecond: 0.001, Burst: 2}
	})
	h.want(200, "", "alice", "GET /rooms", "")
	h.want(404, "", "alice", "GET /rooms/"+nowhere, "")
	got := h.want(429, "rate_limited", "alice", "GET /rooms", "")
	if wait := got.header.Get("Retry-After"); wait != "1000" && wait != "999" {
		t.Errorf("Retry-After is %s", wait)
	}
	h.want(200, "", "bob", "GET /rooms", "") // each user has a limit of their own
	h.want(200, "", "alice", "GET /openapi.json", "")
}

func TestRateLimitFillsUpAndForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	l := httpadapter.NewLimiter(httpadapter.Rate{PerSecond: 2, Burst: 1}, func() time.Time { return now })
	take := func() time.Duration { return httpadapter.Take(l, "1") }
	waits := []time.Duration{take(), take(), take()}
	now = now.Add(500 * time.Millisecond)
	waits = append(waits, take(), take())
	half := 500 * time.Millisecond
	if diff := cmp.Diff([]time.Duration{0, half, half, 0, half}, waits); diff != "" {
		t.Error(diff)
	}
	for n := range 5000 {
		now = now.Add(time.Second)
		httpadapter.Take(l, chat.ID(n))
	}
	if n := l.Buckets(); n > 1001 {
		t.Errorf("%d users are remembered", n)
	}
}
