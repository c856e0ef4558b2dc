// Package schema_test checks what Migrate and MigrationSQL make of a database, that the
// models have its columns, and that its constraints keep the rules by themselves.
package schema_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestMigrateTwiceChangesNothing(t *testing.T) {
	overMigrations(t, func(t *testing.T, v chatsuite.Variant, search bool) {
		db := migrated(t, v, search)
		tables, settings := schemaDump(t, db), settingsDump(t, db)
		if !strings.Contains(tables, "chat_room_users") {
			t.Fatalf("Migrate made no tables:\n%s", tables)
		}
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, hostConfig(v, search)))
		if diff := cmp.Diff(tables, schemaDump(t, db)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(settings, settingsDump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// databaseAddress is a fresh empty database that several pools and processes can open.
func databaseAddress(t *testing.T, v chatsuite.Variant) string {
	t.Helper()
	if v.Postgres {
		return dbtest.PostgresDSN(t, dbtest.Template{})
	}
	return dbtest.SQLiteDSN(dbtest.SQLitePath(t, dbtest.Template{}))
}

const runsAtOnce = 6

func TestMigrateSixTimesAtOnce(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{{UserIDs: chat.StringIDs, File: true}, {UserIDs: chat.StringIDs, Postgres: true}} {
		for _, search := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/search=%v", v, search), func(t *testing.T) {
				t.Parallel()
				address := databaseAddress(t, v)
				pools := make([]*gorm.DB, runsAtOnce)
				for i := range pools {
					pools[i] = dbtest.Open(t, v.Dialector(address), gorm.Config{})
				}
				var runs sync.WaitGroup
				for _, db := range pools {
					runs.Go(func() {
						if err := chat.Migrate(t.Context(), db, hostConfig(v, search)); err != nil {
							t.Errorf("one of six: %v", err)
						}
					})
				}
				runs.Wait()
				if diff := cmp.Diff(schemaDump(t, migrated(t, v, search)), schemaDump(t, pools[0])); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// The child process of TestMigrateInSixProcesses.
func TestMigrateInThisProcess(t *testing.T) {
	address := os.Getenv("CHAT_TEST_MIGRATE")
	if address == "" {
		t.Skip("runs as a child of TestMigrateInSixProcesses")
	}
	v := chatsuite.Variant{UserIDs: chat.StringIDs, Postgres: !strings.HasPrefix(address, "file:")}
	chatsuite.NoError(t, chat.Migrate(t.Context(), dbtest.Open(t, v.Dialector(address), gorm.Config{}), hostConfig(v, false)))
}

func TestMigrateInSixProcesses(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{{UserIDs: chat.StringIDs, File: true}, {UserIDs: chat.StringIDs, Postgres: true}} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			address := databaseAddress(t, v)
			var runs sync.WaitGroup
			for range runsAtOnce {
				runs.Go(func() {
					child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrateInThisProcess$", "-test.v")
					child.Env = append(os.Environ(), "CHAT_TEST_MIGRATE="+address)
					output, err := child.CombinedOutput()
					if err != nil || !strings.Contains(string(output), "--- PASS: TestMigrateInThisProcess") {
						t.Errorf("one of six: %v\n%s", err, output)
					}
				})
			}
			runs.Wait()
			db := dbtest.Open(t, v.Dialector(address), gorm.Config{})
			if diff := cmp.Diff(schemaDump(t, migrated(t, v, false)), schemaDump(t, db)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMigrateNeedsOneConnectionAndGivesItBack(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{{UserIDs: chat.StringIDs}, {UserIDs: chat.StringIDs, File: true}, {UserIDs: chat.StringIDs, Postgres: true}} {
		for _, search := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/file=%v/search=%v", v, v.File, search), func(t *testing.T) {
				t.Parallel()
				db := emptyDatabase(t, v)
				pool := chatsuite.Must(db.DB())(t)
				pool.SetMaxOpenConns(1)
				for range 2 {
					chatsuite.NoError(t, chat.Migrate(t.Context(), db, hostConfig(v, search)))
				}
				if stats := pool.Stats(); stats.InUse != 0 {
					t.Errorf("%d connections are still in use", stats.InUse)
				}
				chatsuite.NoError(t, pool.PingContext(t.Context())) // a closed pool fails
				if v.Postgres {
					const locks = `SELECT locktype FROM pg_locks WHERE locktype = 'advisory'
						AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
					if held := chatsuite.QueryLines(t, db, locks); held != "\n" {
						t.Errorf("a lock is still held: %s", held)
					}
				}
			})
		}
	}
}

// Not parallel: goose's registry is the process's.
func TestMigrateLeavesGooseOfTheHostAlone(t *testing.T) {
	ran := false
	goose.ResetGlobalMigrations()
	t.Cleanup(goose.ResetGlobalMigrations)
	chatsuite.NoError(t, goose.SetGlobalMigrations(goose.NewGoMigration(7, &goose.GoFunc{
		RunTx: func(context.Context, *sql.Tx) error { ran = true; return nil },
	}, nil)))
	table := goose.TableName()

	db := migrated(t, chatsuite.SQLite, true)

	provider, err := goose.NewProvider(goose.DialectSQLite3, chatsuite.Must(db.DB())(t), nil)
	chatsuite.NoError(t, err)
	sources := provider.ListSources()
	if len(sources) != 1 || sources[0].Version != 7 {
		t.Errorf("the host's own migrations are now %v", sources)
	}
	if ran || goose.TableName() != table || db.Migrator().HasTable(table) {
		t.Errorf("Migrate touched the host's own migrations: ran %v, table %q", ran, goose.TableName())
	}
}

func TestMigrateWorksInTheHostsOwnSchema(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(dbtest.PostgresDSN(t, dbtest.Template{}))
	if err != nil || address.Scheme == "" {
		t.Skip("the server is not named by a URL")
	}
	query := address.Query()
	query.Set("search_path", "app")
	address.RawQuery = query.Encode()
	db := dbtest.Open(t, postgres.Open(address.String()), gorm.Config{})
	chatsuite.NoError(t, db.Exec("CREATE SCHEMA app").Error)
	chatsuite.NoError(t, db.Exec("CREATE SCHEMA people").Error)
	chatsuite.NoError(t, db.Exec(`CREATE TABLE people."Users" (id bigint PRIMARY KEY)`).Error)
	chatsuite.NoError(t, db.Exec(`INSERT INTO people."Users" VALUES (1), (2)`).Error)

	config := chat.Config{UserIDs: chat.Int64IDs, UsersTable: "people.Users"}
	for range 2 {
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, config))
	}
	svc := chatsuite.Must(chat.New(db, config))(t)
	chatsuite.Must(svc.OpenPrivate(t.Context(), chat.ID(1), chat.ID(2)))(t)
	if _, err := svc.OpenPrivate(t.Context(), chat.ID(1), chat.ID(3)); err == nil {
		t.Error("a user who is not in people.Users has a room")
	}
	if tables := chatsuite.QueryLines(t, db, `SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'chat\_%'`); tables != "app\n" {
		t.Errorf("the tables are in %q", tables)
	}
}

func TestConfigCannotChangeAfterMigrate(t *testing.T) {
	overMigrations(t, func(t *testing.T, v chatsuite.Variant, search bool) {
		db := migrated(t, v, search)
		before := schemaDump(t, db) + settingsDump(t, db)
		otherIDs := hostConfig(v, search)
		otherIDs.UserIDs = chat.Int64IDs
		if v.UserIDs == chat.Int64IDs {
			otherIDs.UserIDs = chat.StringIDs
		}
		otherTable := hostConfig(v, search)
		otherTable.UsersTable = "people"
		if v.UsersTable {
			otherTable.UsersTable = ""
		}
		for setting, config := range map[string]chat.Config{"user_id_type": otherIDs, "users_table": otherTable} {
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, config), setting)
			_, err := chatsuite.Must(chat.New(db, config))(t).Room(t.Context(), chat.System, uuid.New())
			wantSchemaAdvice(t, err, setting)
		}
		if diff := cmp.Diff(before, schemaDump(t, db)+settingsDump(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// wantSchemaAdvice wants an ErrSchema that says each of the words.
func wantSchemaAdvice(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, chat.ErrSchema) {
		t.Errorf("error is %v, want %v", err, chat.ErrSchema)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

func TestTablesThatDoNotFitAreRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, {UserIDs: chat.StringIDs, Postgres: true}} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			db, config := emptyDatabase(t, v), hostConfig(v, false)
			svc := chatsuite.Must(chat.New(db, config))(t)
			firstCall := func() error {
				_, err := svc.OpenPrivate(t.Context(), v.UserID(1), v.UserID(2))
				return err
			}
			inHostsTransaction := func() error {
				return db.Transaction(func(tx *gorm.DB) error {
					bound, _ := svc.WithTx(tx)
					_, err := bound.Unread(t.Context(), v.UserID(1))
					chatsuite.NoError(t, tx.Exec("CREATE TABLE IF NOT EXISTS notes (n int)").Error) // the transaction goes on
					return err
				})
			}
			wantSchemaAdvice(t, firstCall(), "chat.Migrate")
			wantSchemaAdvice(t, inHostsTransaction(), "chat.Migrate", "chat.MigrationSQL")

			chatsuite.NoError(t, chat.Migrate(t.Context(), db, config))
			newest := chatsuite.QueryLines(t, db, "SELECT CAST(max(version_id) AS text) FROM chat_migrations")
			chatsuite.NoError(t, db.Exec("DELETE FROM chat_migrations WHERE version_id > 0").Error)
			wantSchemaAdvice(t, firstCall(), "version 0", "chat.Migrate")

			chatsuite.NoError(t, db.Exec("INSERT INTO chat_migrations (version_id, is_applied) VALUES (?, ?), (99, ?)",
				strings.TrimSpace(newest), true, true).Error)
			wantSchemaAdvice(t, firstCall(), "version 99", "upgrade")
			wantSchemaAdvice(t, inHostsTransaction(), "version 99", "upgrade")
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, config), "version 99", "upgrade")

			chatsuite.NoError(t, db.Exec("DELETE FROM chat_migrations WHERE version_id = 99").Error)
			chatsuite.NoError(t, firstCall()) // the same service works as soon as the tables fit
		})
	}
}

func TestMigrateWithoutTheUsersTableSaysSo(t *testing.T) {
	t.Parallel()
	for _, v := range chatsuite.AllVariants() {
		if !v.UsersTable {
			continue
		}
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			config := hostConfig(v, false)
			v.UsersTable = false
			db := emptyDatabase(t, v)
			err := chat.Migrate(t.Context(), db, config)
			if err == nil || !strings.Contains(err.Error(), "users") || !strings.Contains(err.Error(), "migrate") {
				t.Errorf("error is %v, want one that names the table", err)
			}
			if left := schemaDump(t, db); strings.Contains(left, "chat_rooms") {
				t.Errorf("half a schema is left:\n%s", left)
			}
			chatsuite.NoError(t, v.CreateUsersTable(db))
			chatsuite.NoError(t, chat.Migrate(t.Context(), db, config)) // the host's own tables came late
		})
	}
}

func TestUsersTableIsAPlainName(t *testing.T) {
	t.Parallel()
	db := emptyDatabase(t, chatsuite.SQLite)
	for _, name := range []string{
		"users; DROP TABLE accounts", `"users"`, `users"`, "a.b.c", "1users", "users--", " users", "usérs", "users\n", ".", "users.",
		"users(id)", "us'ers", "users\x00",
	} {
		config := chat.Config{UsersTable: name}
		_, err := chat.New(db, config)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "UsersTable", 0)
		chatsuite.WantFieldError(t, chat.Migrate(t.Context(), db, config), chat.ErrInvalid, "UsersTable", 0)
		for _, dialect := range []string{"sqlite", "postgres"} {
			_, err = chat.MigrationSQL(dialect, config)
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "UsersTable", 0)
		}
	}
	// SQLite's foreign keys stay within their database, and a name with a dot in it is
	// not one of them.
	_, err := chat.MigrationSQL("sqlite", chat.Config{UsersTable: "app.users"})
	chatsuite.WantFieldError(t, err, chat.ErrInvalid, "UsersTable", 0)
	chatsuite.WantFieldError(t, chat.Migrate(t.Context(), db, chat.Config{UsersTable: "app.users"}), chat.ErrInvalid, "UsersTable", 0)
	if tables := schemaDump(t, db); tables != "\n" {
		t.Errorf("something was made: %s", tables)
	}
}

func TestMigrateRefusesWhatItCannotMigrate(t *testing.T) {
	t.Parallel()
	_, err := chat.MigrationSQL("mysql", chat.Config{})
	chatsuite.WantFieldError(t, err, chat.ErrInvalid, "dialect", 0)
	chatsuite.WantFieldError(t, chat.Migrate(t.Context(), nil, chat.Config{}), chat.ErrInvalid, "db", 0)
	db := emptyDatabase(t, chatsuite.SQLite)
	chatsuite.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		chatsuite.WantFieldError(t, chat.Migrate(t.Context(), tx, chat.Config{}), chat.ErrInvalid, "db", 0)
		return nil
	}))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	chatsuite.WantError(t, chat.Migrate(gone, db, chat.Config{}), context.Canceled)
	chatsuite.WantFieldError(t, chat.Migrate(t.Context(), db, chat.Config{Limits: chat.Limits{Name: -1}}), chat.ErrInvalid, "Limits", 0)
}
