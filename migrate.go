package chat

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// Migrate makes the tables of this package, all named chat_…, or brings them to
// this version. It changes nothing else, may run in several processes at once, and
// does nothing when there is nothing to do. With Config.UsersTable the host migrates
// its own tables first. Config.UserIDs and UsersTable cannot change afterwards: that
// is ErrSchema.
//
// ErrSchema is also a database that cannot hold the tables: PostgreSQL or SQLite in an
// encoding other than UTF-8, SQLite whose connections do not enforce foreign keys. And it is
// a search_path of PostgreSQL by which it is in doubt where the tables are: they are in
// another schema than the one where CREATE TABLE would make them, or in several.
//
// Config.MessageSearch may change: Migrate then makes the index of messages, filled,
// while sends wait, or drops it. A program uses the index that was there at its first
// call, so restart those that search after it was dropped.
func Migrate(ctx context.Context, db *gorm.DB, config Config) error {
	s, err := New(db, config)
	if err != nil {
		return err
	}
	pool, err := onPrimary(newSession(ctx, s.db)).DB()
	if err != nil {
		return invalid("db", CodeInvalidConfig, "gives no *sql.DB to migrate with: hand over the handle of the whole pool: %v", err)
	}
	if err := s.checkSearchPath(ctx); err != nil {
		return err
	}
	if err := s.checkUsersTable(ctx); err != nil {
		return err
	}
	if err := schema.Up(ctx, pool, s.config.schema(s.dialect)); err != nil {
		return fmt.Errorf("chat: migrate: %w", endedError(ctx, err))
	}
	if err := s.checkSchema(ctx, s.db); err != nil {
		return err
	}
	if err := schema.Search(ctx, pool, s.config.schema(s.dialect)); err != nil {
		return fmt.Errorf("chat: migrate: index of messages: %w", endedError(ctx, err))
	}
	return s.checkSchema(ctx, s.db)
}

// checkUsersTable returns ErrSchema if Config.UsersTable is missing on SQLite, which makes
// foreign keys to a table that is not there, and fails at the first row. Where the tables
// of ours are there already, checkSchema compares them with the config.
func (s *Service) checkUsersTable(ctx context.Context) error {
	if s.dialect != dialect.SQLite || s.config.UsersTable == "" {
		return nil
	}
	c := s.newConn(ctx, s.db)
	found, err := queryOne(c, scanValue[int], `SELECT (SELECT count(*) FROM pragma_table_info(?) WHERE name = 'id') +
		(SELECT count(*) FROM sqlite_master WHERE name = 'chat_rooms')`, s.config.UsersTable)
	if err != nil {
		return fmt.Errorf("chat: migrate: %w", err)
	}
	if *found == 0 {
		return fmt.Errorf("%w: cannot migrate: there is no table %q with a column id: migrate the host's own tables first",
			ErrSchema, s.config.UsersTable)
	}
	return nil
}

// MigrationSQL returns what Migrate does to an empty database, as a script for hosts
// that run their migrations themselves. The dialect is "sqlite" or "postgres". With
// Config.MessageSearch the index of SQLite is made with FTS4; where the driver has
// only FTS5, leave it out and let Migrate make it.
func MigrationSQL(dialectName string, config Config) (string, error) {
	d := dialect.Dialect(dialectName)
	config = config.withDefaults()
	if err := config.validate(d); err != nil {
		return "", err
	}
	if !d.Known() {
		return "", invalid("dialect", CodeUnknownValue, "is %q: only sqlite and postgres are supported", d)
	}
	return schema.Script(config.schema(d))
}

func (c Config) schema(d dialect.Dialect) schema.Options {
	return schema.Options{Dialect: string(d), UserType: c.UserIDs.ColumnType(string(d)), UsersTable: c.UsersTable,
		MessageSearch: c.MessageSearch}
}

// tableSchemas are the schemas where the tables are and where Migrate would make them.
type tableSchemas struct {
	home string // their schema, "" when there are none
	next string // the schema in which CREATE TABLE makes tables, "" for none
}

// findTables looks for the tables in the catalogue, because a failing query would end a
// host's transaction. It refuses a database that cannot hold them, and one in which
// statements would meet other tables than Migrate has made.
func (c *conn) findTables() (tableSchemas, error) {
	if c.dialect == dialect.SQLite {
		return c.findTablesSQLite()
	}
	return c.findTablesPostgres()
}

func (c *conn) findTablesSQLite() (tableSchemas, error) {
	type facts struct {
		tables, foreignKeys int
		encoding            string
	}
	found, err := queryOne(c, func(r row) (f facts, err error) {
		err = r.Scan(&f.tables, &f.foreignKeys, &f.encoding)
		return f, err
	}, `SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '`+schema.Table+`'),
		(SELECT foreign_keys FROM pragma_foreign_keys), (SELECT encoding FROM pragma_encoding)`)
	switch {
	case err != nil:
		return tableSchemas{}, err
	case found.foreignKeys == 0:
		return tableSchemas{}, errForeignKeysOff
	case found.encoding != "UTF-8":
		return tableSchemas{}, fmt.Errorf("%w: this SQLite database keeps its text as %s, in which user ids sort otherwise "+
			"than in Go: make one without PRAGMA encoding, which is UTF-8", ErrSchema, found.encoding)
	case found.tables == 0:
		return tableSchemas{next: "main"}, nil
	}
	return tableSchemas{home: "main", next: "main"}, nil
}

// findTablesSQL returns one row: the encoding, the schema in which CREATE TABLE makes
// tables, how many schemas of the search_path have chat tables and which, and which
// other tables the search_path finds in place of them.
const findTablesSQL = `WITH found AS (
		SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY (current_schemas(true)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN ('%s')
	), homes AS (SELECT schema FROM found WHERE name = '` + schema.Table + `')
	SELECT current_setting('server_encoding'), COALESCE(current_schema(), ''), (SELECT count(*) FROM homes),
	COALESCE((SELECT string_agg(schema, ', ' ORDER BY schema) FROM homes), ''),
	COALESCE((SELECT string_agg(schema || '.' || name, ', ' ORDER BY name) FROM found
		WHERE visible AND EXISTS (SELECT 1 FROM homes) AND schema NOT IN (SELECT schema FROM homes)), '')`

func (c *conn) findTablesPostgres() (tableSchemas, error) {
	tables, err := c.config.schema(c.dialect).Tables()
	if err != nil {
		return tableSchemas{}, err
	}
	type facts struct {
		tableSchemas
		encoding, shadowing string
		homes               int
	}
	found, err := queryOne(c, func(r row) (f facts, err error) {
		err = r.Scan(&f.encoding, &f.next, &f.homes, &f.home, &f.shadowing)
		return f, err
	}, fmt.Sprintf(findTablesSQL, strings.Join(tables, "', '")))
	switch {
	case err != nil:
		return tableSchemas{}, err
	case found.encoding != "UTF8":
		return tableSchemas{}, fmt.Errorf("%w: the encoding of this database is %s: create one with ENCODING 'UTF8'", ErrSchema, found.encoding)
	case found.homes > 1:
		return tableSchemas{}, fmt.Errorf("%w: there are chat tables in several schemas of the search_path: %s: "+
			"leave only the right one of them in the search_path of the DSN", ErrSchema, found.home)
	case found.shadowing != "":
		return tableSchemas{}, fmt.Errorf("%w: the chat tables are in the schema %s, and the search_path finds %s before them: "+
			"name %[2]s first in the search_path of the DSN", ErrSchema, found.home, found.shadowing)
	}
	return found.tableSchemas, nil
}

// checkSearchPath refuses to migrate where that would make a second set of tables.
func (s *Service) checkSearchPath(ctx context.Context) error {
	at, err := s.newConn(ctx, s.db).findTables()
	switch {
	case err != nil:
		return err
	case at.next == "":
		return fmt.Errorf("%w: cannot migrate: no schema of the search_path exists, so that there is none to make tables in", ErrSchema)
	case at.home != "" && at.home != at.next:
		return fmt.Errorf("%w: cannot migrate: the chat tables are in the schema %s, and new ones would be made in %s, "+
			"which comes before it in the search_path: name %[2]s first in the search_path of the DSN, or move the tables", ErrSchema, at.home, at.next)
	}
	return nil
}

// checkSchema compares the tables with what this code and config need, and remembers which
// index of messages there is.
func (s *Service) checkSchema(ctx context.Context, db *gorm.DB) error {
	index, err := s.newConn(ctx, db).checkTables()
	if err == nil {
		s.state.searchIndex.Store(index)
	}
	return err
}

// checkTables compares the tables with what this code and config need, and returns which
// index of messages there is.
func (c *conn) checkTables() (searchIndex string, err error) {
	at, err := c.findTables()
	if err != nil {
		return "", err
	}
	if at.home == "" {
		return "", fmt.Errorf("%w: there are no chat tables here: call chat.Migrate, or run what chat.MigrationSQL returns", ErrSchema)
	}
	version, err := queryOne(c, scanValue[int64], "SELECT COALESCE(max(version_id), 0) FROM "+schema.Table)
	switch {
	case err != nil:
		return "", err
	case *version < schema.Version:
		return "", fmt.Errorf("%w: the tables are at version %d and this code needs %d: call chat.Migrate", ErrSchema, *version, schema.Version)
	case *version > schema.Version:
		return "", fmt.Errorf("%w: the tables are at version %d and this code knows %d: upgrade this program's chat module",
			ErrSchema, *version, schema.Version)
	}
	return c.checkMeta()
}

// checkMeta refuses a config that differs from the one the tables were made with, and
// returns which index of messages there is.
func (c *conn) checkMeta() (searchIndex string, err error) {
	type setting struct{ key, value string }
	made, err := queryAll(c, func(rows row) (s setting, err error) {
		err = rows.Scan(&s.key, &s.value)
		return s, err
	}, "SELECT key, value FROM chat_meta")
	if err != nil {
		return "", err
	}
	hash, err := c.config.schema(c.dialect).MigrationHash()
	if err != nil {
		return "", err
	}
	madeBy, version := "", ""
	want := map[string]string{
		"user_id_type": c.config.UserIDs.ColumnType(string(c.dialect)),
		"users_table":  c.config.UsersTable,
	}
	for _, s := range made {
		switch s.key {
		case schema.SearchKey:
			searchIndex = s.value
		case schema.WordsKey:
			version = s.value
		case schema.HashKey:
			madeBy = s.value
		}
		if value, known := want[s.key]; known && value != s.value {
			return "", fmt.Errorf("%w: the tables were made with %s %q and the config says %q, which cannot change",
				ErrSchema, s.key, s.value, value)
		}
	}
	if madeBy != hash {
		return "", fmt.Errorf("%w: the tables were made by another text of migration 1, which may change until the first release: "+
			"in this development database, drop the tables named chat_… and call chat.Migrate", ErrSchema)
	}
	if version != words.Version { // until Migrate has made them anew
		searchIndex = ""
	}
	return searchIndex, nil
}
