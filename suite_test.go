package chat_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// long reports whether the long forms of tests are wanted: make test-long.
func long() bool { return os.Getenv("CHAT_TEST_LONG") != "" }

// variant is a kind of host: its database, its user ids, and whether the chat's
// tables refer to its users.
type variant struct {
	postgres   bool
	ids        chat.UserIDType
	usersTable bool
	file       bool // SQLite: a file with several connections, rather than memory with one
}

// The two variants that the whole suite runs over.
var (
	onSQLite     = variant{ids: chat.StringIDs}
	onSQLiteFile = variant{ids: chat.StringIDs, file: true}
	onPostgres   = variant{postgres: true, ids: chat.Int64IDs, usersTable: true}
)

// everyVariant is each database with each kind of user ids, with and without
// foreign keys to the host's users.
func everyVariant() (all []variant) {
	for _, postgres := range []bool{false, true} {
		for _, ids := range []chat.UserIDType{chat.StringIDs, chat.Int64IDs, chat.UUIDs} {
			for _, usersTable := range []bool{false, true} {
				all = append(all, variant{postgres: postgres, ids: ids, usersTable: usersTable})
			}
		}
	}
	return all
}

func (v variant) dialect() string {
	if v.postgres {
		return "postgres"
	}
	return "sqlite"
}

func (v variant) String() string {
	name := v.dialect() + "/" + map[chat.UserIDType]string{
		chat.StringIDs: "text", chat.Int64IDs: "bigint", chat.UUIDs: "uuid",
	}[v.ids]
	if v.usersTable {
		name += "/users"
	}
	return name
}

// over runs a test in parallel over variants.
func over(t *testing.T, variants []variant, test func(t *testing.T, h *host)) {
	t.Helper()
	t.Parallel()
	for _, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, v))
		})
	}
}

// overBoth runs a test over both databases.
func overBoth(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	over(t, []variant{onSQLite, onPostgres}, test)
}

// hostUsers is how many users a host's table has.
const hostUsers = 64

// id is the id of a host's n-th user, 1 to hostUsers.
func (v variant) id(n int) chat.UserID {
	switch v.ids {
	case chat.Int64IDs:
		return chat.ID(n)
	case chat.UUIDs:
		return chat.ID(uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)))
	default:
		return chat.ID(fmt.Sprintf("user-%02d", n))
	}
}

// template is a migrated database with the host's users.
func (v variant) template(config chat.Config) dbtest.Template {
	key := v.String()
	if config.MessageSearch {
		key += "/search"
	}
	return dbtest.Template{Key: key, Prepare: func(ctx context.Context, db *gorm.DB) error {
		db = db.WithContext(ctx)
		if err := db.Exec("CREATE TABLE users (id " + v.ids.ColumnType(v.dialect()) + " PRIMARY KEY, name text)").Error; err != nil {
			return err
		}
		for n := 1; n <= hostUsers; n++ {
			if err := db.Exec("INSERT INTO users (id, name) VALUES (?, ?)", v.id(n), fmt.Sprint("user", n)).Error; err != nil {
				return err
			}
		}
		return chat.Migrate(ctx, db, config)
	}}
}

// host is a host application with a chat, for one test.
type host struct {
	*chat.Service
	variant
	t      testing.TB
	ctx    context.Context
	db     *gorm.DB
	config chat.Config
	store  *storage.MemoryStore
	clock  *clock

	alice, bob, carol, dave, erin chat.UserID
}

// signingStore is a store whose objects have URLs.
type signingStore struct{ *storage.MemoryStore }

func (signingStore) SignURL(_ context.Context, key string, in chat.SignURLOptions) (string, error) {
	return fmt.Sprintf("https://media.example/%s?valid=%v&type=%s&as=%s", key, in.Valid, in.ContentType, in.ContentDisposition), nil
}

// newHost opens a fresh migrated database, and a service on it. The options change
// the config.
func newHost(t testing.TB, v variant, options ...func(*chat.Config)) *host {
	t.Helper()
	h := &host{variant: v, t: t, ctx: context.Background(), store: storage.Memory(), clock: newClock()}
	h.config = chat.Config{UserIDs: v.ids, Media: signingStore{h.store}, Clock: h.clock.now}
	if v.usersTable {
		h.config.UsersTable = "users"
	}
	for _, option := range options {
		option(&h.config)
	}
	switch template := v.template(h.config); {
	case v.postgres:
		h.db = dbtest.Postgres(t, template)
	case v.file:
		h.db = dbtest.SQLiteFile(t, template)
	default:
		h.db = dbtest.SQLiteMemory(t, template)
	}
	svc, err := chat.New(h.db, h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = svc
	h.alice, h.bob, h.carol, h.dave, h.erin = v.id(1), v.id(2), v.id(3), v.id(4), v.id(5)
	return h
}

// group is a group of alice's with these members.
func (h *host) group(members ...chat.UserID) *chat.Room { return h.room(chat.Group, members...) }

// room is a group or channel of alice's with these members.
func (h *host) room(kind chat.RoomType, members ...chat.UserID) *chat.Room {
	h.t.Helper()
	in := chat.NewRoom{Type: kind, Name: "A " + string(kind)}
	for _, id := range members {
		in.Members = append(in.Members, chat.NewRoomUser{UserID: id})
	}
	return must(h.CreateRoom(h.ctx, h.alice, in))(h.t)
}

func (h *host) send(actor chat.Actor, room uuid.UUID, text string) *chat.Message {
	h.t.Helper()
	return must(h.SendMessage(h.ctx, actor, room, chat.NewMessage{Text: text}))(h.t)
}

// events reads a room's log.
func (h *host) events(room uuid.UUID) (events []chat.Event) {
	h.t.Helper()
	if err := h.db.Where("room_id = ?", room).Order("seq").Find(&events).Error; err != nil {
		h.t.Fatal(err)
	}
	return events
}

// kinds are the kinds of a room's events, in order.
func (h *host) kinds(room uuid.UUID) (kinds []chat.EventKind) {
	h.t.Helper()
	for _, e := range h.events(room) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// must passes a result on and fails the test on an error: must(f())(t).
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

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// clock is a host's clock: it moves a millisecond at each reading, and further when
// told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.advance(time.Millisecond) }

func (c *clock) advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}
