package httpadapter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// databases are those that the suite runs over: make test-long has both.
func databases() []string {
	if os.Getenv("CHAT_TEST_LONG") != "" {
		return []string{"sqlite", "postgres"}
	}
	return []string{"sqlite"}
}

// over runs a test in parallel over the databases.
func over(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	t.Parallel()
	for _, database := range databases() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, database))
		})
	}
}

// people are the host's users, whose ids are 1, 2, 3….
var people = []string{"alice", "bob", "carol", "dave", "erin"}

func id(name string) chat.UserID {
	for i, known := range people {
		if name == known {
			return chat.ID(i + 1)
		}
	}
	return ""
}

// host is a host application with the API of a chat, for one test.
type host struct {
	http.Handler
	t      testing.TB
	svc    *chat.Service
	db     *gorm.DB
	store  chat.MediaStore
	config httpadapter.Config
	log    *logged
	check  bool // every exchange against openapi.json
}

// option changes a host before it opens.
type option func(*chat.Config, *httpadapter.Config)

func newHost(t testing.TB, database string, options ...option) *host {
	t.Helper()
	h := &host{t: t, log: &logged{}, check: true}
	clock := &clock{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	config := chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users", Media: storage.Memory(), Clock: clock.now}
	config.Limits.SearchTime = time.Minute // what is found is not the machine's to decide
	h.config = httpadapter.Config{User: signedIn, UserMetadata: true, Logger: slog.New(slog.NewTextHandler(h.log, nil))}
	for _, option := range options {
		option(&config, &h.config)
	}
	h.store = config.Media
	template := dbtest.Template{Key: "http/" + database, Prepare: func(ctx context.Context, db *gorm.DB) error {
		return prepare(ctx, db.WithContext(ctx), config)
	}}
	if database == "postgres" {
		h.db = dbtest.Postgres(t, template)
	} else {
		h.db = dbtest.SQLiteMemory(t, template)
	}
	h.svc = must(chat.New(h.db, config))(t)
	h.Handler = must(httpadapter.New(h.svc, h.config))(t)
	return h
}

// remount serves another service on the same database.
func (h *host) remount(svc *chat.Service) {
	h.t.Helper()
	h.svc = svc
	h.Handler = must(httpadapter.New(svc, h.config))(h.t)
}

func prepare(ctx context.Context, db *gorm.DB, config chat.Config) error {
	if err := db.Exec("CREATE TABLE users (id bigint PRIMARY KEY, name text)").Error; err != nil {
		return err
	}
	for _, name := range people {
		if err := db.Exec("INSERT INTO users (id, name) VALUES (?, ?)", id(name), name).Error; err != nil {
			return err
		}
	}
	return chat.Migrate(ctx, db, config)
}

// signedIn is a host's authentication: requests of the tests carry a name.
func signedIn(r *http.Request) (chat.UserID, error) {
	if name := r.Header.Get("X-User"); name != "" {
		return id(name), nil
	}
	return "", fmt.Errorf("%w: no X-User", chat.ErrUnauthenticated)
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// code is a problem's.
func (a answer) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &p)
	return p.Code
}

// field is a member of the answer's object, as text.
func (a answer) field(name string) string {
	var fields map[string]any
	_ = json.Unmarshal([]byte(a.body), &fields)
	return fmt.Sprint(fields[name])
}

// request makes a request: "POST /rooms", a body or none, and headers "Name: value".
func (h *host) request(who, target, body string, headers ...string) *http.Request {
	method, path, _ := strings.Cut(target, " ")
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	if who != "" {
		r.Header.Set("X-User", who)
	}
	if body != "" && (method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch) {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Add(name, value)
	}
	return r
}

// do makes a request and holds it and its answer against openapi.json.
func (h *host) do(who, target, body string, headers ...string) answer {
	h.t.Helper()
	return h.serve(h.request(who, target, body, headers...))
}

func (h *host) serve(r *http.Request) answer {
	h.t.Helper()
	var sent []byte
	if r.Body != nil {
		sent = must(io.ReadAll(r.Body))(h.t)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	result := recorder.Result()
	defer func() { _ = result.Body.Close() }()
	got := answer{result.StatusCode, result.Header, string(must(io.ReadAll(result.Body))(h.t))}
	if h.check {
		described.check(h.t, r, sent, got)
	}
	return got
}

// made makes a request that makes something, and returns its id.
func (h *host) made(who, target, body string, headers ...string) string {
	h.t.Helper()
	got := h.do(who, target, body, headers...)
	if got.status != http.StatusCreated {
		h.t.Fatalf("%s: %d %s", target, got.status, got.body)
	}
	return got.field("id")
}

// want makes a request and compares the status and, of a problem, the code.
func (h *host) want(status int, code, who, target, body string, headers ...string) answer {
	h.t.Helper()
	got := h.do(who, target, body, headers...)
	if got.status != status || code != "" && got.code() != code {
		h.t.Errorf("%s %s %s: %d %s, want %d %s", who, target, body, got.status, got.body, status, code)
	}
	return got
}

// group makes a group of alice's with bob in it.
func (h *host) group() string {
	h.t.Helper()
	return h.made("alice", "POST /rooms", `{"name":"Group","members":[{"user_id":"2"}]}`)
}

// send sends a message and returns its id.
func (h *host) send(who, room, text string) string {
	h.t.Helper()
	return h.made(who, "POST /rooms/"+room+"/messages", `{"text":"`+text+`"}`)
}

func (h *host) upload(who, name, content string) string {
	h.t.Helper()
	return h.made(who, "POST /media", content, "Content-Type: ", `Content-Disposition: attachment; filename="`+name+`"`)
}

// png is the head of a picture, by which its type is told.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

var nowhere = uuid.MustParse("01990f5e-0000-7000-8000-000000000000").String()

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return value
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// clock moves a millisecond at each reading.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// webp is the head of a picture of 4 × 3 pixels.
const webp = "RIFF\x2a\x00\x00\x00WEBPVP8 \x1e\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x04\x00\x03\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// jpegOf is a photograph of something gray.
func jpegOf(w, h int) string {
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err) // nothing was written to a disk
	}
	return encoded.String()
}
