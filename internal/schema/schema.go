// Package schema has the tables of the chat package as versioned SQL, one folder a
// dialect, and brings a database to the newest version. A released migration never
// changes.
package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"text/template"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"github.com/go-df/chat/internal/dialect"
)

// Version is the schema version that the code of this module needs.
const Version = 1

// Table is where goose keeps the versions that were applied.
const Table = "chat_migrations"

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Options are what a host decides about its tables.
type Options struct {
	Dialect    string // "sqlite" or "postgres"
	UserType   string // the SQL type of the host's user ids
	UsersTable string // the host's table of users, or ""

	MessageSearch bool // keep a full-text index of messages
}

// User is the type of a column of user ids.
func (o Options) User() string { return o.UserType + dialect.Dialect(o.Dialect).Collation(o.UserType) }

// References is the foreign key of such a column.
func (o Options) References() string {
	if o.UsersTable == "" {
		return ""
	}
	return " REFERENCES " + o.QuotedUsersTable() + " (id)"
}

// QuotedUsersTable is the host's table of users as SQL names it, or "".
func (o Options) QuotedUsersTable() string {
	if o.UsersTable == "" {
		return ""
	}
	return `"` + strings.ReplaceAll(o.UsersTable, ".", `"."`) + `"`
}

// HashKey is the key of chat_meta that has the MigrationHash of what made the tables.
const HashKey = "migration_hash"

// MigrationHash identifies the text of migration 1, which may change until the first
// release: tables made by another text of it are not what this code needs.
func (o Options) MigrationHash() (string, error) {
	text, err := fs.ReadFile(files, o.Dialect+"/0001_chat.sql")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

type migration struct {
	version int64
	sql     string
}

// migrations renders the files of a dialect, in order.
func (o Options) migrations() ([]migration, error) {
	entries, err := fs.ReadDir(files, o.Dialect)
	if err != nil {
		return nil, fmt.Errorf("no migrations for %q: %w", o.Dialect, err)
	}
	list := make([]migration, len(entries))
	for i, entry := range entries {
		parsed, err := template.ParseFS(files, o.Dialect+"/"+entry.Name())
		if err != nil {
			return nil, err
		}
		var rendered strings.Builder
		if err := parsed.Execute(&rendered, o); err != nil {
			return nil, err
		}
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return nil, err
		}
		list[i] = migration{version, rendered.String()}
	}
	return list, nil
}

var createTable = regexp.MustCompile(`CREATE TABLE (\w+)`)

// Tables lists the tables that the migrations make, and the one of their versions.
func (o Options) Tables() ([]string, error) {
	migrations, err := o.migrations()
	if err != nil {
		return nil, err
	}
	tables := []string{Table}
	for _, m := range migrations {
		for _, found := range createTable.FindAllStringSubmatch(m.sql, -1) {
			tables = append(tables, found[1])
		}
	}
	return tables, nil
}

// migrateLock is the key of the advisory lock under which migrations run; it spells
// "chatmgrt". goose's own key would wait for the host's migrations, which may be what
// calls Migrate.
const migrateLock = 0x636861746d677274

// sqliteTries bounds how often SQLite, which has no lock to wait for across a whole
// run, tries again beside other runs.
const sqliteTries = 100

// Up brings the database to Version. Any number of processes may do so at once.
func Up(ctx context.Context, db *sql.DB, o Options) error {
	provider, err := o.provider(db)
	if err != nil {
		return err
	}
	// The provider is not closed: that would close the host's pool.
	for try := 1; ; try++ {
		_, err := provider.Up(ctx)
		if err == nil || o.Dialect == "postgres" {
			return err
		}
		if at, versionErr := provider.GetDBVersion(ctx); versionErr == nil && at >= Version {
			return nil
		}
		if try == sqliteTries || !contended(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// contended reports whether an error comes from another run rather than from a fault of
// the migration itself.
func contended(err error) bool {
	for _, trace := range []string{"locked", "busy", "already exists", "UNIQUE constraint"} {
		if strings.Contains(err.Error(), trace) {
			return true
		}
	}
	return false
}

func (o Options) provider(db *sql.DB) (*goose.Provider, error) {
	migrations, err := o.migrations()
	if err != nil {
		return nil, err
	}
	steps := make([]*goose.Migration, len(migrations))
	for i, m := range migrations {
		steps[i] = goose.NewGoMigration(m.version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, m.sql)
			return err
		}}, nil)
	}
	options := []goose.ProviderOption{
		goose.WithGoMigrations(steps...),
		goose.WithTableName(Table),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	}
	if o.Dialect == "sqlite" {
		return goose.NewProvider(database.DialectSQLite3, db, nil, options...)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrateLock), lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(database.DialectPostgres, db, nil, append(options, goose.WithSessionLocker(locker))...)
}

// Script is what Up does to an empty database, as SQL for a host that runs its
// migrations itself.
func Script(o Options) (string, error) {
	migrations, err := o.migrations()
	if err != nil {
		return "", err
	}
	var script strings.Builder
	script.WriteString("BEGIN;\n\n" + versionTable(o.Dialect) + "\n")
	fmt.Fprintf(&script, "INSERT INTO %s (version_id, is_applied) VALUES (0, %s);\n", Table, yes(o.Dialect))
	for _, m := range migrations {
		fmt.Fprintf(&script, "\n%s\nINSERT INTO %s (version_id, is_applied) VALUES (%d, %s);\n",
			m.sql, Table, m.version, yes(o.Dialect))
	}
	if o.MessageSearch {
		search, err := MakeSearch(o.searchKinds()[0])
		if err != nil {
			return "", err
		}
		script.WriteString("\n" + search)
	}
	script.WriteString("\nCOMMIT;\n")
	return script.String(), nil
}

// versionTable is the table that goose would make.
func versionTable(kind string) string {
	if kind == "sqlite" {
		return `CREATE TABLE ` + Table + ` (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);`
	}
	return `CREATE TABLE ` + Table + ` (
		id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
		version_id bigint NOT NULL,
		is_applied boolean NOT NULL,
		tstamp timestamp NOT NULL DEFAULT now()
	);`
}

func yes(kind string) string {
	if kind == "sqlite" {
		return "1"
	}
	return "true"
}
