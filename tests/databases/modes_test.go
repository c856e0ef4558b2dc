// Package databases_test runs the library on databases as hosts have them: in each of
// pgx's ways of running a query, through PgBouncer, beside replicas that lag behind, and
// with settings of the connection's own.
package databases_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// queryModes are pgx's, of which the first is its default.
var queryModes = []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"}

// kinds are PostgreSQL with each kind of user ids.
var kinds = []chatsuite.Variant{
	{Postgres: true, UserIDs: chat.StringIDs, UsersTable: true},
	{Postgres: true, UserIDs: chat.Int64IDs, UsersTable: true},
	{Postgres: true, UserIDs: chat.UUIDs, UsersTable: true},
}

// inMode is a host whose pgx runs queries in a mode.
func inMode(t *testing.T, v chatsuite.Variant, mode string, options ...func(*chat.Config)) *chatsuite.Host {
	t.Helper()
	return chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
		dsn := dbtest.WithParameter(dbtest.PostgresDSN(t, template), "default_query_exec_mode", mode)
		return dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
	}, options...)
}

// storyOnSQLite is what a story on PostgreSQL is compared with.
func storyOnSQLite(t *testing.T, v chatsuite.Variant) []string {
	t.Helper()
	v.Postgres = false
	return tell(func(option func(*chat.Config)) *chatsuite.Host { return chatsuite.New(t, v, option) })
}

// Whether pgx knows the types of a statement's parameters depends on the mode: where it
// does not, it goes by what Go says of a value.
func TestEveryOperationInEveryQueryMode(t *testing.T) {
	t.Parallel()
	for _, v := range kinds {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			want := storyOnSQLite(t, v)
			for _, mode := range queryModes {
				t.Run(mode, func(t *testing.T) {
					t.Parallel()
					got := tell(func(option func(*chat.Config)) *chatsuite.Host { return inMode(t, v, mode, option) })
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("SQLite (-) and PostgreSQL (+):\n%s", diff)
					}
				})
			}
		})
	}
}

// Migrate runs without arguments for pgx to bind, and goose's statements with some.
func TestMigrateInEveryQueryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.WithParameter(dbtest.PostgresDSN(t, dbtest.Template{}), "default_query_exec_mode", mode)
			db := dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
			for _, search := range []bool{false, true, true, false} {
				chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{UserIDs: chat.UUIDs, MessageSearch: search}))
			}
		})
	}
}
