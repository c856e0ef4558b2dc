package chatsuite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// Variant is a kind of host.
type Variant struct {
	Postgres   bool            // its database is PostgreSQL, not SQLite
	UserIDs    chat.UserIDType // of its users
	UsersTable bool            // the chat's tables refer to its users
	File       bool            // SQLite: a file with several connections, rather than memory with one
}

// The variants that most tests run over.
var (
	SQLite     = Variant{UserIDs: chat.StringIDs}
	SQLiteFile = Variant{UserIDs: chat.StringIDs, File: true}
	Postgres   = Variant{Postgres: true, UserIDs: chat.Int64IDs, UsersTable: true}
)

// AllVariants returns each database with each kind of user ids, with and without
// foreign keys to the host's users.
func AllVariants() (all []Variant) {
	for _, postgres := range []bool{false, true} {
		for _, ids := range []chat.UserIDType{chat.StringIDs, chat.Int64IDs, chat.UUIDs} {
			for _, usersTable := range []bool{false, true} {
				all = append(all, Variant{Postgres: postgres, UserIDs: ids, UsersTable: usersTable})
			}
		}
	}
	return all
}

// Run runs a test in parallel over both databases.
func Run(t *testing.T, test func(t *testing.T, h *Host)) {
	t.Helper()
	RunOn(t, []Variant{SQLite, Postgres}, test)
}

// RunPooled is Run with several connections on both databases.
func RunPooled(t *testing.T, test func(t *testing.T, h *Host)) {
	t.Helper()
	RunOn(t, []Variant{SQLiteFile, Postgres}, test)
}

// RunOn runs a test in parallel over variants.
func RunOn(t *testing.T, variants []Variant, test func(t *testing.T, h *Host)) {
	t.Helper()
	t.Parallel()
	for _, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, New(t, v))
		})
	}
}

// Dialect returns GORM's name of the database.
func (v Variant) Dialect() string {
	if v.Postgres {
		return "postgres"
	}
	return "sqlite"
}

// String returns the variant's name in names of tests.
func (v Variant) String() string {
	name := v.Dialect() + "/" + map[chat.UserIDType]string{
		chat.StringIDs: "text", chat.Int64IDs: "bigint", chat.UUIDs: "uuid",
	}[v.UserIDs]
	if v.UsersTable {
		name += "/users"
	}
	return name
}

// Users is how many users a host's table has.
const Users = 64

// UserID returns the id of a host's n-th user, 1 to [Users].
func (v Variant) UserID(n int) chat.UserID {
	switch v.UserIDs {
	case chat.Int64IDs:
		return chat.ID(n)
	case chat.UUIDs:
		return chat.ID(uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)))
	default:
		return chat.ID(fmt.Sprintf("user-%02d", n))
	}
}

// CreateUsersTable creates the host's empty table of users.
func (v Variant) CreateUsersTable(db *gorm.DB) error {
	return db.Exec("CREATE TABLE users (id " + v.UserIDs.ColumnType(v.Dialect()) + " PRIMARY KEY, name text)").Error
}

// Template is a database with the host's users, migrated for config.
func (v Variant) Template(config chat.Config) dbtest.Template {
	key := v.String()
	if config.MessageSearch {
		key += "/search"
	}
	return dbtest.Template{Key: key, Prepare: func(ctx context.Context, db *gorm.DB) error {
		db = db.WithContext(ctx)
		if err := v.CreateUsersTable(db); err != nil {
			return err
		}
		for n := 1; n <= Users; n++ {
			if err := db.Exec("INSERT INTO users (id, name) VALUES (?, ?)", v.UserID(n), fmt.Sprint("user", n)).Error; err != nil {
				return err
			}
		}
		return chat.Migrate(ctx, db, config)
	}}
}

// Dialector returns GORM's dialector for a DSN of the variant's database.
func (v Variant) Dialector(dsn string) gorm.Dialector {
	if v.Postgres {
		return postgres.Open(dsn)
	}
	return sqlite.Open(dsn)
}

// PoolDialector returns GORM's dialector for connections that are open already.
func (v Variant) PoolDialector(pool gorm.ConnPool) gorm.Dialector {
	if v.Postgres {
		return postgres.New(postgres.Config{Conn: pool})
	}
	return sqlite.New(sqlite.Config{Conn: pool})
}

// PrefixedIDs is a host's own kind of user ids: "u_" and a number, in any case and
// with or without zeros before it.
type PrefixedIDs struct{}

// Canonical implements [chat.UserIDType].
func (PrefixedIDs) Canonical(id chat.UserID) (chat.UserID, error) {
	number, prefixed := strings.CutPrefix(strings.ToLower(string(id)), "u_")
	n, err := strconv.ParseUint(number, 10, 32)
	if !prefixed || err != nil {
		return "", errors.New(`is not "u_" and a number`)
	}
	return chat.UserID(fmt.Sprintf("u_%d", n)), nil
}

// ColumnType implements [chat.UserIDType].
func (PrefixedIDs) ColumnType(string) string { return "varchar(40)" }
