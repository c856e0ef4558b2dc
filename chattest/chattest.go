// Package chattest gives each test of a host application a chat of its own: a
// [chat.Service] on a migrated SQLite database in memory, or in a transaction of the host's
// own database that is rolled back, with a clock that the test moves and a media store in
// memory. All of it is gone when the test ends.
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

	// Config is the service's config, for a second service on DB.
	Config chat.Config

	// Clock is the service's clock, unless the test's config brought a clock.
	Clock *Clock

	// Store has the media's bytes, unless the test's config brought a store.
	Store *storage.MemoryStore

	t      testing.TB
	waited waited
}

// Options are what a host's tests want otherwise than New has it. The zero Options
// are New's.
type Options struct {
	// Config is the host's own. Its Clock defaults to the Chat's Clock, its Media to
	// the Chat's Store, and the rest as chat.New has it: user ids are text, which
	// chat.ID(42) is too.
	Config chat.Config

	// DB is a handle of the host's own database, PostgreSQL or SQLite, that is no
	// transaction. The Chat is then on one connection of it, in a transaction that is
	// rolled back when the test ends: whatever the test, the host and the service do and commit
	// on the Chat's DB is undone. Their transactions are savepoints of it.
	//
	// What is not there yet of tables is made in it, and undone too. Tests that run in
	// parallel wait for each other then, so migrate the database once before them, in
	// TestMain. Subscribe tells nothing that happens in the transaction, since on PostgreSQL
	// it is not committed: read Chat.Events. A context that ends while a statement runs takes the
	// connection with it. Defaults to a database in memory.
	DB *gorm.DB

	// GORM is how the database in memory is opened. Its Logger defaults to one that
	// discards. It goes with no DB, which has a config. Defaults to GORM's own defaults.
	GORM *gorm.Config

	// Migrate makes the host's own tables, to which the chat's may refer: see
	// chat.Config.UsersTable. It may call chat.Migrate. Defaults to nothing.
	Migrate func(db *gorm.DB) error
}

// New returns a chat that is empty and belongs to the test.
func New(t testing.TB) *Chat {
	t.Helper()
	return NewWith(t, Options{})
}

// NewWith is New for a host that has a config, tables or a database of its own.
func NewWith(t testing.TB, options Options) *Chat {
	t.Helper()
	c := &Chat{Clock: newClock(), Store: storage.Memory(), t: t}
	c.Config = options.Config
	if c.Config.Clock == nil {
		c.Config.Clock = c.Clock.Now
	}
	if c.Config.Media == nil {
		c.Config.Media = c.Store
	}
	if options.DB != nil {
		c.DB = openTransaction(t, options)
	} else {
		var name string
		c.DB, name = openMemory(t, options.GORM)
		copyTemplate(t, name, c.Config)
	}
	if options.Migrate != nil {
		if err := options.Migrate(c.DB); err != nil {
			t.Fatalf("chattest: migrate the host's tables: %v", err)
		}
	}
	c.migrate(options)
	service, err := chat.New(c.DB, c.Config)
	if err != nil {
		t.Fatalf("chattest: %v", err)
	}
	c.Service = service
	t.Cleanup(func() { _ = service.Close() })
	return c
}

// migrate makes the chat's tables where they are not there from the template.
func (c *Chat) migrate(options Options) {
	c.t.Helper()
	if options.DB == nil {
		checkUsersTable(c.t, c.DB, c.Config)
		return
	}
	if err := chat.Migrate(context.Background(), c.DB, c.Config); err != nil {
		c.t.Fatalf("chattest: %v", err)
	}
}

// opened numbers the databases of this process: each is known by a name.
var opened atomic.Int64

// memoryDSN names a database in memory.
func memoryDSN(name string) string {
	return "file:/chattest-" + name + "?vfs=memdb&_txlock=immediate&_foreign_keys=1&_stmt_cache_size=64"
}

// memoryName finds the name of a new database in memory.
func memoryName() string { return strconv.FormatInt(opened.Add(1), 10) }

// openMemory returns an empty database in memory. It outlives its connection, which
// database/sql drops when a transaction's context is cancelled: a second one, that
// nobody uses, keeps it.
func openMemory(t testing.TB, config *gorm.Config) (db *gorm.DB, name string) {
	t.Helper()
	name = memoryName()
	dsn := memoryDSN(name)
	keeper, err := sql.Open(sqlite.DriverName, dsn)
	if err == nil {
		t.Cleanup(func() { _ = keeper.Close() })
		err = keeper.PingContext(context.Background())
	}
	if err != nil {
		t.Fatalf("chattest: open a database: %v", err)
	}
	var settings gorm.Config
	if config != nil {
		settings = *config
	}
	if settings.Logger == nil {
		settings.Logger = logger.Discard
	}
	db, err = gorm.Open(sqlite.Open(dsn), &settings)
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
	return db, name
}
