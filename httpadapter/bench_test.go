package httpadapter_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// What the handler adds to a call of the service, on the same database:
//
//	go test -run '^$' -bench . -benchmem ./httpadapter
func BenchmarkSend(b *testing.B) {
	h := newHost(b, "sqlite")
	room := h.group()
	id := uuid.MustParse(room)
	b.Run("service", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.svc.SendMessage(context.Background(), chat.UserID("1"), id, chat.NewMessage{Text: "hello"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handler", func(b *testing.B) { h.bench(b, 201, "POST /rooms/"+room+"/messages", `{"text":"hello"}`) })
}

func BenchmarkHistory(b *testing.B) {
	h := newHost(b, "sqlite")
	h.check = false
	room := h.group()
	for range 100 {
		h.send("alice", room, "hello")
	}
	id := uuid.MustParse(room)
	b.Run("service", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.svc.Messages(context.Background(), chat.UserID("1"), id, chat.HistoryQuery{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handler", func(b *testing.B) { h.bench(b, 200, "GET /rooms/"+room+"/messages", "") })
}

func BenchmarkInbox(b *testing.B) {
	h := newHost(b, "sqlite")
	h.check = false
	for range 50 {
		h.send("alice", h.group(), "hello")
	}
	b.Run("service", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.svc.Rooms(context.Background(), chat.UserID("1"), chat.RoomsQuery{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handler", func(b *testing.B) { h.bench(b, 200, "GET /rooms", "") })
}

// bench serves one request over and over, without what a connection would add.
func (h *host) bench(b *testing.B, status int, target, body string) {
	b.Helper()
	b.ReportAllocs()
	r := h.request("alice", target, body)
	for b.Loop() {
		if body != "" {
			r.Body = io.NopCloser(strings.NewReader(body))
		}
		w := &discarded{header: http.Header{}}
		h.ServeHTTP(w, r)
		if w.status != status {
			b.Fatalf("status %d", w.status)
		}
	}
}

// discarded is a response that nobody reads.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }

// An upload is streamed: what is held of it at any time is small.
func TestUploadHoldsLittle(t *testing.T) {
	h := newHost(t, "sqlite")
	const size, budget = 25 << 20, 128 << 10 // to read, to copy, and twice to hash: 32 KiB each at most
	var before runtime.MemStats
	worst := uint64(0)
	source := &zeros{left: size, every: size / 10, then: func() {
		var now runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc {
			worst = max(worst, now.HeapAlloc-before.HeapAlloc)
		}
	}}
	svc := must(chat.New(h.db, chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users", Media: storage.Dir(t.TempDir())}))(t)
	h.remount(svc)
	h.want(201, "", "alice", "POST /media", "warm up", "Content-Type: ")
	r := h.request("alice", "POST /media", "x", "Content-Type: ")
	r.Body, r.ContentLength = io.NopCloser(source), size
	recorder := httptest.NewRecorder()
	runtime.GC()
	runtime.GC() // what pools had goes with the second
	runtime.ReadMemStats(&before)
	h.ServeHTTP(recorder, r)
	if recorder.Code != 201 {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	t.Logf("%d bytes held", worst)
	if worst > budget {
		t.Errorf("%d bytes are held, want at most %d", worst, budget)
	}
}

// zeros calls then each so many bytes.
type zeros struct {
	left, every, since int
	then               func()
}

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	clear(p[:n])
	z.left -= n
	if z.since += n; z.since >= z.every {
		z.since = 0
		z.then()
	}
	return n, nil
}
