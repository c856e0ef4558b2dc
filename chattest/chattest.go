// Package chattest gives each test of a host application a chat of its own: a
// [chat.Service] on a migrated SQLite database in memory, with a clock that the test
// moves and a media store in memory. All of it is gone when the test ends.
//
//	func TestWelcome(t *testing.T) {
//		c := chattest.New(t)
//		room, err := c.OpenPrivate(t.Context(), chat.ID(1), chat.ID(2))
//		…
//		c.Clock.Advance(time.Hour)
//		…
//	}
//
// It is for tests alone: programs that ship have no business importing it.
package chattest

import (
	"context"
	"database/sql"
	"strconv"
	"sync/atomic"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// Chat is a chat for one test.
type Chat struct {
	*chat.Service

	// DB is the database, with the chat's tables in it and room for the host's. It
	// has one connection: within a transaction use the transaction's handle, since
	// a statement beside it would wait for ever.
	DB *gorm.DB

	// Clock is the service's clock, unless the test's config brought a clock.
	Clock *Clock

	// Store has the media's bytes, unless the test's config brought a store.
	Store *storage.MemoryStore
}

// Options are what a host's tests want otherwise than New has it. The zero Options
// are New's.
type Options struct {
	// Config is the host's own. Its Clock defaults to the Chat's Clock, its Media to
	// the Chat's Store, and the rest as chat.New has it: user ids are text, which
	// chat.ID(42) is too.
	Config chat.Config

	// Migrate makes the host's own tables, before the chat's, which may refer to
	// them: see chat.Config.UsersTable. Defaults to nothing.
	Migrate func(db *gorm.DB) error
}

// New returns a chat that is empty and belongs to the test.
func New(t testing.TB) *Chat {
	t.Helper()
	return NewWith(t, Options{})
}

// NewWith is New for a host that has a config or tables of its own.
func NewWith(t testing.TB, options Options) *Chat {
	t.Helper()
	c := &Chat{DB: open(t), Clock: newClock(), Store: storage.Memory()}
	config := options.Config
	if config.Clock == nil {
		config.Clock = c.Clock.Now
	}
	if config.Media == nil {
		config.Media = c.Store
	}
	if options.Migrate != nil {
		if err := options.Migrate(c.DB); err != nil {
			t.Fatalf("chattest: migrate the host's tables: %v", err)
		}
	}
	if err := chat.Migrate(context.Background(), c.DB, config); err != nil {
		t.Fatalf("chattest: %v", err)
	}
	service, err := chat.New(c.DB, config)
	if err != nil {
		t.Fatalf("chattest: %v", err)
	}
	c.Service = service
	return c
}

// opened numbers the databases of this process: each is known by a name.
var opened atomic.Int64

// open returns an empty database in memory. It outlives its connection, which
// database/sql drops when a transaction's context is cancelled: a second one, that
// nobody uses, keeps it.
func open(t testing.TB) *gorm.DB {
	t.Helper()
	dsn := "file:/chattest-" + strconv.FormatInt(opened.Add(1), 10) +
		"?vfs=memdb&_txlock=immediate&_foreign_keys=1&_stmt_cache_size=64"
	keeper, err := sql.Open(sqlite.DriverName, dsn)
	if err == nil {
		t.Cleanup(func() { _ = keeper.Close() })
		err = keeper.PingContext(context.Background())
	}
	if err != nil {
		t.Fatalf("chattest: open a database: %v", err)
	}
	db, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatalf("chattest: open the database: %v", err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatalf("chattest: open the database: %v", err)
	}
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("chattest: close the database: %v", err)
		}
	})
	return db
}
