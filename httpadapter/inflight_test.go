package httpadapter_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
)

// held is a host of which the statements that contain a text wait until they are let go.
type held struct {
	*host
	text    atomic.Value // string; "": none
	waiting atomic.Int64
	release chan struct{}
	all     sync.WaitGroup
	mu      sync.Mutex
	served  map[int]int // by status
}

func newHeld(t *testing.T, options ...option) *held {
	t.Helper()
	h := &held{host: newHost(t, "sqlite", options...), release: make(chan struct{}), served: map[int]int{}}
	h.text.Store("")
	wait := func(db *gorm.DB) {
		if text := h.text.Load().(string); text != "" && strings.Contains(db.Statement.SQL.String(), text) {
			h.waiting.Add(1)
			<-h.release
		}
	}
	ok(t, h.db.Callback().Row().Before("gorm:row").Register("hold", wait))
	return h
}

// ask makes a request beside the test.
func (h *held) ask(who, target string) {
	h.all.Go(func() {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, h.request(who, target, ""))
		h.mu.Lock()
		defer h.mu.Unlock()
		h.served[recorder.Code]++
	})
}

func (h *held) wait(n int64) {
	h.t.Helper()
	for end := time.Now().Add(10 * time.Second); h.waiting.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%d requests wait, want %d", h.waiting.Load(), n)
		}
	}
}

func TestRequestsInFlightAreCapped(t *testing.T) {
	t.Parallel()
	h := newHeld(t)
	room := h.group()
	h.text.Store("chat_room_users u JOIN chat_rooms r") // the inbox
	for range 16 {
		h.ask("alice", "GET /rooms")
	}
	h.wait(16)
	h.text.Store("")
	for _, target := range []string{"GET /rooms", "GET /rooms/" + room, "HEAD /rooms/" + room, "POST /rooms/" + room + "/join", "DELETE /rooms/" + nowhere} {
		got := h.do("alice", target, "")
		if got.status != 429 || got.header.Get("Retry-After") != "1" || got.body != "" && got.code() != "rate_limited" {
			t.Errorf("one more, %s: %d %v %s", target, got.status, got.header, got.body)
		}
	}
	h.want(200, "", "bob", "GET /rooms", "") // is another
	h.want(200, "", "alice", "GET /openapi.json", "")
	h.want(401, "", "", "GET /rooms", "")
	close(h.release)
	h.all.Wait()
	if h.served[200] != 16 {
		t.Errorf("they were answered %v", h.served)
	}
	h.want(200, "", "alice", "GET /rooms", "")
}

func TestSearchesInFlightAreCapped(t *testing.T) {
	t.Parallel()
	h := newHeld(t)
	room := h.group()
	h.text.Store("chat_room_users u JOIN chat_rooms r")
	h.ask("alice", "GET /messages?q=x")
	h.wait(1)
	h.text.Store("FROM chat_rooms WHERE is_public")
	h.ask("alice", "GET /rooms?q=x")
	h.wait(2)
	h.text.Store("")
	for _, target := range []string{"GET /messages?q=x", "GET /messages?q=x&room=" + room, "HEAD /rooms?q=", "GET /rooms?q=x&limit=1"} {
		if got := h.do("alice", target, ""); got.status != 429 || got.header.Get("Retry-After") != "1" {
			t.Errorf("a third, %s: %d %v", target, got.status, got.header)
		}
	}
	h.want(200, "", "bob", "GET /messages?q=x", "")
	h.want(200, "", "alice", "GET /rooms", "") // the inbox is no search
	h.want(200, "", "alice", "GET /rooms/"+room+"/messages", "")
	close(h.release)
	h.all.Wait()
	h.want(200, "", "alice", "GET /messages?q=x", "")
}

func TestCapOfRequestsInFlightIsASetting(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]int{1: 429, 2: 200, -1: 200} {
		h := newHeld(t, func(_ *chat.Config, c *httpadapter.Config) { c.MaxInFlight = most })
		h.text.Store("chat_room_users u JOIN chat_rooms r")
		h.ask("alice", "GET /rooms")
		h.wait(1)
		h.text.Store("")
		h.want(want, "", "alice", "GET /reactions", "")
		close(h.release)
		h.all.Wait()
	}
}

// A request that panics, or whose client goes away, is over too.
func TestRequestsInFlightEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.MaxInFlight = 1
		c.Profiles = func(r *http.Request, _ []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			if r.Header.Get("X-Panic") != "" {
				panic("boom")
			}
			return nil, nil
		}
	})
	room := h.group()
	for range 3 {
		h.want(500, "internal", "alice", "GET /rooms/"+room, "", "X-Panic: 1")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h.ServeHTTP(httptest.NewRecorder(), h.request("alice", "GET /rooms", "").WithContext(ctx))
		h.want(404, "", "alice", "GET /rooms/"+nowhere, "")
	}
	h.want(200, "", "alice", "GET /rooms/"+room, "")
}

func TestRatesAreOfClasses(t *testing.T) {
	t.Parallel()
	one := httpadapter.Rate{PerSecond: 0.001, Burst: 1}
	room, picture := "", ""
	classes := map[string]struct {
		limit    httpadapter.RateLimit
		requests []string
	}{
		"write":  {httpadapter.RateLimit{Write: one}, []string{"POST /rooms/%/messages", "PATCH /rooms/%", "PUT /rooms/%/users/me/read", "DELETE /messages/" + nowhere}},
		"upload": {httpadapter.RateLimit{Upload: one}, []string{"POST /media"}},
		"search": {httpadapter.RateLimit{Search: one}, []string{"GET /messages?q=x", "GET /rooms?q=x", "HEAD /rooms?q="}},
		"read":   {httpadapter.RateLimit{Read: one}, []string{"GET /rooms", "GET /rooms/%", "HEAD /rooms/%/messages", "GET /media/" + nowhere + "/content"}},
	}
	for limited, class := range classes {
		h := newHost(t, "sqlite")
		h.check = false // the bodies are whatever
		room = h.group()
		picture = h.sent("a.jpg", jpegOf(600, 300))
		h.config.RateLimit = class.limit
		h.remount(h.svc)
		for name, other := range classes {
			for _, target := range other.requests {
				target = strings.ReplaceAll(target, "%", room)
				first, second := h.do("alice", target, "{}"), h.do("alice", target, "{}")
				if (second.status == 429) != (name == limited) || name != limited && first.status == 429 {
					t.Errorf("with a limit on %s, %s: %d, %d", limited, target, first.status, second.status)
				}
			}
		}
		for range 3 {
			h.want(200, "", "bob", "GET "+picture+"?variant=thumbnail", "") // is in no class
		}
	}
}

// slowStore has a reader that waits at the first read of an object.
type slowStore struct {
	chat.MediaStore
	entered, release chan struct{}
	slow             atomic.Bool
}

func (s *slowStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if s.slow.CompareAndSwap(true, false) {
		close(s.entered)
		<-s.release
	}
	return s.MediaStore.Open(ctx, key)
}

// While one thumbnail is made and 16 are waited for, one more is told to come later, and
// those that exist are served.
func TestThumbnailsThatAreWaitedFor(t *testing.T) {
	t.Parallel()
	store := &slowStore{MediaStore: storage.Memory(), entered: make(chan struct{}), release: make(chan struct{})}
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = store })
	var paths []string
	for n := range 19 {
		paths = append(paths, h.sent("a.jpg", jpegOf(600, 300+n))+"?variant=thumbnail")
	}
	h.want(200, "", "bob", "GET "+paths[18], "")
	store.slow.Store(true)
	var all sync.WaitGroup
	var served, refused atomic.Int64
	ask := func(path string) {
		all.Go(func() {
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, h.request("alice", "GET "+path, ""))
			switch {
			case recorder.Code == 200:
				served.Add(1)
			case recorder.Code == 503 && recorder.Header().Get("Retry-After") != "":
				refused.Add(1)
			default:
				t.Errorf("%d %s", recorder.Code, recorder.Body)
			}
		})
	}
	began := time.Now()
	ask(paths[0])
	<-store.entered
	for n := 1; n < 18; n++ {
		ask(paths[n])
	}
	for end := time.Now().Add(5 * time.Second); refused.Load() < 1 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	h.want(200, "", "alice", "GET "+paths[18], "")
	close(store.release)
	all.Wait()
	// On a machine that takes more than the ten seconds for 17 small pictures, others are
	// told to come later too.
	slow := time.Since(began) > 9*time.Second
	if served.Load()+refused.Load() != 18 || refused.Load() < 1 || !slow && refused.Load() != 1 {
		t.Errorf("%d were served and %d refused", served.Load(), refused.Load())
	}
}
