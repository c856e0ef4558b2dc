package chat

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
)

// Migrate makes the tables of this package, all named chat_…, or brings them to
// this version. It changes nothing else, may run in several processes at once, and
// does nothing when there is nothing to do. With Config.UsersTable the host migrates
// its own tables first. Config.UserIDs and UsersTable cannot change afterwards: that
// is ErrSchema.
//
// Config.MessageSearch may change: Migrate then makes the index of messages, filled,
// while sends wait, or drops it. A program uses the index that was there at its first
// call, so restart those that search after it was dropped.
func Migrate(ctx context.Context, db *gorm.DB, config Config) error {
	s, err := New(db, config)
	if err != nil {
		return err
	}
	pool, err := s.db.DB()
	if err != nil {
		return fmt.Errorf("chat: migrate: %w", err)
	}
	if err := s.checkUsersTable(ctx); err != nil {
		return err
	}
	if err := schema.Up(ctx, pool, s.config.schema(s.dialect)); err != nil {
		return fmt.Errorf("chat: migrate: %w", err)
	}
	if err := s.checkSchema(ctx, s.db); err != nil {
		return err
	}
	if err := schema.Search(ctx, pool, s.config.schema(s.dialect)); err != nil {
		return fmt.Errorf("chat: migrate: index of messages: %w", err)
	}
	return s.checkSchema(ctx, s.db)
}

// checkUsersTable: SQLite makes foreign keys to a table that is not there, and fails
// at the first row. Tables of ours that are there already are checkSchema's to judge.
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

// checkSchema compares the tables with what this code and config need.
func (s *Service) checkSchema(ctx context.Context, db *gorm.DB) error {
	c := s.newConn(ctx, db)
	// Asked of the catalogue first: a failing query would end a host's transaction.
	exists := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '" + schema.Table + "'"
	if s.dialect == dialect.Postgres {
		exists = "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('" + schema.Table + "')"
	}
	tables, err := queryOne(c, scanValue[int], exists)
	if err != nil {
		return err
	}
	if *tables == 0 {
		return fmt.Errorf("%w: there are no chat tables here: call chat.Migrate, or run what chat.MigrationSQL returns", ErrSchema)
	}
	version, err := queryOne(c, scanValue[int64], "SELECT COALESCE(max(version_id), 0) FROM "+schema.Table)
	switch {
	case err != nil:
		return err
	case *version < schema.Version:
		return fmt.Errorf("%w: the tables are at version %d and this code needs %d: call chat.Migrate", ErrSchema, *version, schema.Version)
	case *version > schema.Version:
		return fmt.Errorf("%w: the tables are at version %d and this code knows %d: upgrade this program's chat module",
			ErrSchema, *version, schema.Version)
	}
	index, err := c.checkMeta()
	if err != nil {
		return err
	}
	s.state.searchIndex.Store(index)
	return nil
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
	madeBy := ""
	want := map[string]string{
		"user_id_type": c.config.UserIDs.ColumnType(string(c.dialect)),
		"users_table":  c.config.UsersTable,
	}
	for _, s := range made {
		switch s.key {
		case schema.SearchKey:
			searchIndex = s.value
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
	return searchIndex, nil
}
