package httpadapter_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestBodyOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.MaxBody = 1000 })
	body := func(n int) string { return `{"name":"x","description":"` + strings.Repeat("y", n-29) + `"}` }
	h.want(201, "", "alice", "POST /rooms", body(1000))
	h.want(413, "too_large", "alice", "POST /rooms", body(1001))

	endless := h.request("alice", "POST /rooms", "x")
	source := &counted{Reader: strings.NewReader(body(100_000))}
	endless.Body, endless.ContentLength = io.NopCloser(source), -1 // chunked: its length is not known
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, endless)
	if recorder.Code != 413 || source.n.Load() > 5000 {
		t.Errorf("%d after %d bytes", recorder.Code, source.n.Load())
	}
}

func TestDepthOfABodyIsLimited(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		nest := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
		h.want(201, "", "alice", "POST /rooms/"+room+"/messages", `{"text":"x","metadata":`+nest(64)+`}`)
		h.want(422, "invalid", "alice", "POST /rooms/"+room+"/messages", `{"text":"x","metadata":`+nest(65)+`}`)
		h.want(400, "malformed_body", "alice", "POST /rooms", strings.Repeat("[", 60_000))
		h.want(400, "malformed_body", "alice", "POST /rooms", strings.Repeat(`{"name":`, 8000))
		h.want(400, "malformed_body", "alice", "POST /rooms", `{"name":"x","metadata":`+strings.Repeat("[", 60_000))
	})
}

func TestLimitOfAValueIsNamed(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		got := h.want(422, "over_limit", "alice", "POST /rooms/"+room+"/messages", `{"text":"`+strings.Repeat("é", 4001)+`"}`)
		if want := `[{"pointer":"/text","code":"too_long","detail":"is over the limit of 4000 characters","limit":4000}]`; !strings.Contains(got.body, want) {
			t.Errorf("%s, want %s", got.body, want)
		}
		h.want(422, "over_limit", "alice", "POST /rooms/"+room+"/messages", `{"text":"x"}`, "Idempotency-Key: "+strings.Repeat("k", 256))
		h.want(400, "malformed_query", "alice", "GET /messages?q="+strings.Repeat("x", 257), "")
	})
}

func TestBadUTF8IsRefusedEverywhere(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		h.want(400, "malformed_body", "alice", "POST /rooms", "{\"name\":\"\xff\"}")
		h.want(400, "malformed_query", "alice", "GET /messages?q=%ff", "")
		h.want(400, "malformed_query", "alice", "GET /rooms?q=%00", "")
		h.want(422, "invalid", "alice", "POST /rooms/"+room+"/messages", `{"text":"x"}`, "Idempotency-Key: \xff")
		h.want(422, "invalid", "alice", "POST /rooms/"+room+"/messages", `{"text":"a\u0000b"}`)
		h.want(404, "not_found", "alice", "GET /rooms/"+room+"/users/%00", "")
		h.want(404, "not_found", "alice", "GET /rooms/"+room+"/users/%ff", "")
	})
}

// counted knows how much of it was read.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

const uploadLimit = 100_000

func withUploadLimit(c *chat.Config, _ *httpadapter.Config) { c.Limits.UploadBytes = uploadLimit }

func TestUploadEndsAsSoonAsItIsOverTheLimit(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", withUploadLimit)
	for name, c := range map[string]struct{ kind, head string }{
		"raw":  {"", ""},
		"form": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"},
	} {
		r := h.request("alice", "POST /media", "x", "Content-Type: ")
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		source := &counted{Reader: io.MultiReader(strings.NewReader(c.head), bytes.NewReader(make([]byte, 50*uploadLimit)))}
		r.Body, r.ContentLength = io.NopCloser(source), -1
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, r)
		if recorder.Code != http.StatusRequestEntityTooLarge || source.n.Load() > 2*uploadLimit {
			t.Errorf("%s: %d %s after %d bytes", name, recorder.Code, recorder.Body, source.n.Load())
		}
	}
	exact := h.want(201, "", "alice", "POST /media", strings.Repeat("x", uploadLimit), "Content-Type: ")
	if exact.field("size") != "100000" {
		t.Errorf("%s", exact.body)
	}
	got := h.want(413, "too_large", "alice", "POST /media", strings.Repeat("x", uploadLimit+1), "Content-Type: ")
	if !strings.Contains(got.body, `"limit":100000`) {
		t.Errorf("%s does not name the limit", got.body)
	}
	var rows int64
	ok(t, h.db.Table("chat_media").Where("state = 'ready'").Count(&rows).Error)
	if rows != 1 {
		t.Errorf("%d files are there", rows)
	}
}

// A host may have a limit of its own around the handler.
func TestLimitOfTheHostIs413(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	h.Handler = http.MaxBytesHandler(h.Handler, 100)
	h.want(413, "too_large", "alice", "POST /media", strings.Repeat("x", 101), "Content-Type: ")
	h.want(413, "too_large", "alice", "POST /rooms", `{"name":"`+strings.Repeat("x", 101)+`"}`)
}

// The answer reaches a client that is still sending.
func TestClientHearsThatItsUploadIsTooLarge(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", withUploadLimit)
	server := httptest.NewServer(h)
	defer server.Close()
	source := &counted{Reader: io.LimitReader(zeroes{}, 1<<30)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/media", source)
	ok(t, err)
	r.Header.Set("X-User", "alice")
	response, err := server.Client().Do(r)
	ok(t, err)
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusRequestEntityTooLarge || source.n.Load() > 1<<28 {
		t.Errorf("%d after %d bytes", response.StatusCode, source.n.Load())
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
