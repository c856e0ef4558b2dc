package schema_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// firstCalls are the first calls of new services on a database: to read, to write, and in
// a transaction of the host's, which goes on after a refusal.
func firstCalls(t *testing.T, db *gorm.DB, config chat.Config) map[string]error {
	t.Helper()
	fresh := func() *chat.Service { return chatsuite.Must(chat.New(db, config))(t) }
	calls := map[string]error{
		"read":  chatsuite.ErrorOf(fresh().SearchRooms(t.Context(), chat.System, chat.RoomSearchQuery{})),
		"write": chatsuite.ErrorOf(fresh().CreateRoom(t.Context(), chat.ID(1), chat.NewRoom{Name: "x"})),
		"InTx":  fresh().InTx(t.Context(), func(*gorm.DB, *chat.Service) error { return nil }),
	}
	chatsuite.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		bound, _ := fresh().WithTx(tx)
		calls["WithTx"] = chatsuite.ErrorOf(bound.SearchRooms(t.Context(), chat.System, chat.RoomSearchQuery{}))
		return tx.Exec("SELECT 1").Error
	}))
	return calls
}

// wantFirstCalls wants the first calls to fail with this advice, or to work without any.
func wantFirstCalls(t *testing.T, db *gorm.DB, config chat.Config, advice ...string) {
	t.Helper()
	for name, err := range firstCalls(t, db, config) {
		if len(advice) > 0 {
			wantSchemaAdvice(t, err, advice...)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// bySearchPath opens a database with a search_path of its own.
func bySearchPath(t *testing.T, dsn, path string) *gorm.DB {
	t.Helper()
	return dbtest.Open(t, postgres.Open(dbtest.WithParameter(dsn, "search_path", path)), gorm.Config{})
}

func execAll(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		chatsuite.NoError(t, db.Exec(statement).Error)
	}
}

var numbered = chat.Config{UserIDs: chat.Int64IDs}

// schemasOfTables are the schemas that have chat tables.
func schemasOfTables(t *testing.T, db *gorm.DB) string {
	t.Helper()
	return chatsuite.QueryLines(t, db, `SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'chat_meta' ORDER BY 1`)
}

// The tables are in public, and a schema of the role's name comes later: a program that
// runs keeps on, and Migrate makes no second set.
func TestMigrateMakesNoSecondSetOfTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path    string
		prepare []string
		words   []string
	}{
		"a schema of the role's name": {`"$user", public`, []string{`CREATE SCHEMA AUTHORIZATION CURRENT_USER`}, []string{"public", "search_path"}},
		"a schema put in front":       {"app, public", []string{"CREATE SCHEMA app"}, []string{"public", "app", "search_path"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := bySearchPath(t, dbtest.PostgresDSN(t, dbtest.Template{}), test.path)
			chatsuite.NoError(t, chat.Migrate(t.Context(), db, numbered))
			execAll(t, db, test.prepare...)
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), append(test.words, strings.TrimSpace(
				chatsuite.QueryLines(t, db, "SELECT current_schema()")))...)
			if schemas := schemasOfTables(t, db); schemas != "public\n" {
				t.Errorf("the tables are in %q", schemas)
			}
			wantFirstCalls(t, db, numbered)
		})
	}
}

func TestTablesInSeveralSchemasAreInDoubt(t *testing.T) {
	t.Parallel()
	dsn := dbtest.PostgresDSN(t, dbtest.Template{})
	db := bySearchPath(t, dsn, "app, public")
	chatsuite.NoError(t, chat.Migrate(t.Context(), bySearchPath(t, dsn, "public"), numbered))
	execAll(t, db, "CREATE SCHEMA app")
	chatsuite.NoError(t, chat.Migrate(t.Context(), bySearchPath(t, dsn, "app"), numbered)) // a set for each, by a path for each
	wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), "app", "public", "search_path")
	wantFirstCalls(t, db, numbered, "app", "public", "search_path")
	for _, path := range []string{"app", "public", "nowhere, public"} {
		one := bySearchPath(t, dsn, path)
		chatsuite.NoError(t, chat.Migrate(t.Context(), one, numbered))
		wantFirstCalls(t, one, numbered)
	}
}

// A table of the host's own that is found in place of one of ours.
func TestTablesInFrontOfOursAreInDoubt(t *testing.T) {
	t.Parallel()
	for _, front := range []string{"TABLE app.chat_rooms (id int)", "VIEW app.chat_messages AS SELECT 1 AS id", "TEMPORARY TABLE chat_media (id int)"} {
		t.Run(front, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.PostgresDSN(t, dbtest.Template{})
			chatsuite.NoError(t, chat.Migrate(t.Context(), bySearchPath(t, dsn, "public"), numbered))
			db := bySearchPath(t, dsn, "app, public")
			chatsuite.Must(db.DB())(t).SetMaxOpenConns(1) // that of the temporary table
			execAll(t, db, "CREATE SCHEMA app", "CREATE "+front, "CREATE TABLE app.chat_of_the_host (id int)")
			name := strings.TrimPrefix(strings.Fields(strings.ReplaceAll(front, "TEMPORARY ", ""))[1], "app.")
			wantFirstCalls(t, db, numbered, "public", name, "search_path")
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), "public", name)
		})
	}
}

// Other tables of the name are nobody's business where ours come first, or are elsewhere.
func TestTablesBehindOursAreNone(t *testing.T) {
	t.Parallel()
	db := bySearchPath(t, dbtest.PostgresDSN(t, dbtest.Template{}), "app, public")
	execAll(t, db, "CREATE SCHEMA app", "CREATE TABLE public.chat_rooms (id int)", "CREATE SCHEMA other",
		"CREATE TABLE other.chat_migrations (id int)")
	for range 2 {
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, numbered))
	}
	wantFirstCalls(t, db, numbered)
}

func TestMigrateNeedsASchemaToMakeTablesIn(t *testing.T) {
	t.Parallel()
	db := bySearchPath(t, dbtest.PostgresDSN(t, dbtest.Template{}), "nowhere")
	wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), "search_path")
	wantFirstCalls(t, db, numbered, "chat.Migrate")
}

// A host may migrate from a migration of its own goose, which holds goose's own lock.
func TestMigrateDoesNotWaitForTheHostsGoose(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t, dbtest.Template{})
	held := chatsuite.Must(chatsuite.Must(db.DB())(t).Conn(t.Context()))(t)
	defer func() { chatsuite.NoError(t, held.Close()) }()
	_, err := held.ExecContext(t.Context(), "SELECT pg_advisory_lock($1)", lock.DefaultLockID)
	chatsuite.NoError(t, err)
	began := time.Now()
	chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{MessageSearch: true}))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("Migrate took %v", took)
	}
}

// inEncoding is a new database of PostgreSQL's in another encoding.
func inEncoding(t *testing.T, encoding string) *gorm.DB {
	t.Helper()
	dsn := dbtest.PostgresDSN(t, dbtest.Template{})
	admin := dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
	name := chatsuite.Must(pgx.ParseConfig(dsn))(t).Database + "_" + strings.ToLower(encoding)
	locale := " LC_COLLATE 'C' LC_CTYPE 'C'"
	var version int
	chatsuite.NoError(t, admin.Raw("SELECT current_setting('server_version_num')::int").Scan(&version).Error)
	if version >= 150000 {
		locale += " LOCALE_PROVIDER 'libc'" // ICU does not do all encodings
	}
	execAll(t, admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING '"+encoding+"'"+locale)
	t.Cleanup(func() {
		execAll(t, admin, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return dbtest.Open(t, postgres.Open(dbtest.WithParameter(dsn, "dbname", name)), gorm.Config{})
}

func TestADatabaseThatIsNotUTF8IsRefused(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"SQL_ASCII", "LATIN1", "EUC_JP"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			db := inEncoding(t, encoding)
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), encoding, "UTF8")
			if tables := schemasOfTables(t, db); tables != "\n" {
				t.Errorf("something was made in %q", tables)
			}
			script := chatsuite.Must(chat.MigrationSQL("postgres", numbered))(t)
			_, err := chatsuite.Must(db.DB())(t).ExecContext(t.Context(), script)
			chatsuite.NoError(t, err) // by the host's own hands
			wantFirstCalls(t, db, numbered, encoding, "UTF8")
		})
	}
}

func TestSQLiteInUTF16IsRefused(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"UTF-16", "UTF-16le", "UTF-16be"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			db := dbtest.SQLiteMemory(t, dbtest.Template{})
			execAll(t, db, `PRAGMA encoding = "`+encoding+`"`, "CREATE TABLE users (id text PRIMARY KEY)")
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), encoding, "UTF-8")
			if tables := schemaDump(t, db); strings.Contains(tables, "chat_") {
				t.Errorf("something was made: %s", tables)
			}
			script := chatsuite.Must(chat.MigrationSQL("sqlite", numbered))(t)
			_, err := chatsuite.Must(db.DB())(t).ExecContext(t.Context(), script)
			chatsuite.NoError(t, err)
			wantFirstCalls(t, db, numbered, encoding)
		})
	}
}

func TestSQLiteWithoutForeignKeysIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"", "?_foreign_keys=0", "?_fk=off&_txlock=immediate"} {
		t.Run(off, func(t *testing.T) {
			t.Parallel()
			path := dbtest.SQLitePath(t, dbtest.Template{})
			db := dbtest.Open(t, sqlite.Open("file:"+path+off), gorm.Config{})
			advice := []string{"_foreign_keys=1", "_pragma=foreign_keys(1)"}
			wantSchemaAdvice(t, chat.Migrate(t.Context(), db, numbered), advice...)
			if tables := schemaDump(t, db); strings.Contains(tables, "chat_") {
				t.Errorf("something was made: %s", tables)
			}
			wantFirstCalls(t, db, numbered, advice...)
			on := dbtest.Open(t, sqlite.Open(dbtest.SQLiteDSN(path)), gorm.Config{})
			chatsuite.NoError(t, chat.Migrate(t.Context(), on, numbered))
			wantFirstCalls(t, db, numbered, advice...)
			wantFirstCalls(t, on, numbered)
		})
	}
}

// One connection of a pool may be other than those that were looked at.
func TestSQLiteConnectionThatTurnedForeignKeysOffWritesNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLiteMemory(t, dbtest.Template{})
	chatsuite.NoError(t, chat.Migrate(t.Context(), db, numbered))
	svc := chatsuite.Must(chat.New(db, numbered))(t)
	chatsuite.Must(svc.Unread(t.Context(), chat.ID(1)))(t)
	execAll(t, db, "PRAGMA foreign_keys = OFF")
	wantSchemaAdvice(t, chatsuite.ErrorOf(svc.OpenPrivate(t.Context(), chat.ID(1), chat.ID(2))), "_foreign_keys=1")
}

// Until the first release migration 1 may change, and the tables that an earlier text of
// it made are another's.
func TestTablesOfAnotherTextOfMigration1AreRefused(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, {UserIDs: chat.StringIDs, Postgres: true}} {
		for name, change := range map[string]string{
			"another text":        "UPDATE chat_meta SET value = '0123456789abcdef' WHERE key = 'migration_hash'",
			"before it was noted": "DELETE FROM chat_meta WHERE key = 'migration_hash'",
		} {
			t.Run(v.Dialect()+"/"+name, func(t *testing.T) {
				t.Parallel()
				db, config := migrated(t, v, false), hostConfig(v, false)
				execAll(t, db, change)
				advice := []string{"another text of migration 1", "drop the tables named chat_", "chat.Migrate"}
				wantSchemaAdvice(t, chat.Migrate(t.Context(), db, config), advice...)
				wantFirstCalls(t, db, config, advice...)
				_, err := chatsuite.Must(chat.New(db, config))(t).Room(t.Context(), chat.System, uuid.New())
				wantSchemaAdvice(t, err, advice...)
			})
		}
	}
}
