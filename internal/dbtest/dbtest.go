// Package dbtest gives this module's tests databases of their own: SQLite in
// memory or in a file, and PostgreSQL on the server that CHAT_TEST_POSTGRES
// names or on a throwaway one. A package that uses PostgreSQL hands its
// TestMain to [Main]:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// The command withpostgres starts one server for all packages of a go test.
//
// Every database is empty or a copy of a [Template], belongs to one test, and is
// gone when that test ends.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Template is what a new database starts from. The zero Template is an empty
// database.
type Template struct {
	// Key names the template: databases that should be alike share a key. One key
	// stands for one template on SQLite files and for another on PostgreSQL.
	Key string

	// Prepare fills an empty database. It runs once per key in a process, except
	// on SQLite in memory, which cannot be copied and runs it every time.
	Prepare func(context.Context, *gorm.DB) error
}

func (t Template) validate() error {
	if t.Prepare != nil && t.Key == "" {
		return errors.New("dbtest: a template with a Prepare needs a Key")
	}
	return nil
}

// The most connections that a pool holds. SQLite has one writer however many
// there are, and loses a database in memory with its connection.
const (
	postgresPool     = 20
	sqliteFilePool   = 4
	sqliteMemoryPool = 1
)

// Open opens a further pool on the database of dialector, closed when the test
// ends, for tests that need a second pool or a [gorm.Config] of their own. GORM
// is silent unless config has a Logger.
func Open(t testing.TB, dialector gorm.Dialector, config gorm.Config) *gorm.DB {
	t.Helper()
	size := postgresPool
	if dialector.Name() == "sqlite" {
		size = sqliteFilePool
	}
	return open(t, dialector, config, size)
}

func open(t testing.TB, dialector gorm.Dialector, config gorm.Config, size int) *gorm.DB {
	t.Helper()
	db, err := connect(dialector, config, size)
	if err != nil {
		t.Fatalf("dbtest: open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := disconnect(db); err != nil {
			t.Errorf("dbtest: close the database: %v", err)
		}
	})
	return db
}

func connect(dialector gorm.Dialector, config gorm.Config, size int) (*gorm.DB, error) {
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(dialector, &config)
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size) // opening a connection costs more than most tests' queries
	return db, nil
}

func disconnect(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// Main runs the tests of a package and stops what they started. It does not
// return.
func Main(m *testing.M) {
	os.Exit(M{M: m}.Run())
}

// M is a [testing.M] whose Run ends with [Close], for packages whose TestMain
// has more to do: goleak.VerifyTestMain(dbtest.M{M: m}).
type M struct{ *testing.M }

// Run runs the tests and stops what they started.
func (m M) Run() int {
	code := m.M.Run()
	if err := Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}
