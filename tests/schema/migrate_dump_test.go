package schema_test

import (
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// emptyDatabase is a database with nothing in it but the users that a host of this
// variant migrated first.
func emptyDatabase(t testing.TB, v chatsuite.Variant) *gorm.DB {
	t.Helper()
	var db *gorm.DB
	switch {
	case v.Postgres:
		db = dbtest.Postgres(t, dbtest.Template{})
	case v.File:
		db = dbtest.SQLiteFile(t, dbtest.Template{})
	default:
		db = dbtest.SQLiteMemory(t, dbtest.Template{})
	}
	if v.UsersTable {
		chatsuite.NoError(t, v.CreateUsersTable(db))
	}
	return db
}

// hostConfig is how a host of this variant configures its chat.
func hostConfig(v chatsuite.Variant, search bool) chat.Config {
	config := chat.Config{UserIDs: v.UserIDs, MessageSearch: search}
	if v.UsersTable {
		config.UsersTable = "users"
	}
	return config
}

// schemaDump says everything that the database knows of its tables, a line each.
func schemaDump(t testing.TB, db *gorm.DB) string {
	t.Helper()
	if db.Name() == "sqlite" {
		return chatsuite.QueryLines(t, db, `SELECT type || ' ' || name || ' on ' || tbl_name || ': ' || COALESCE(sql, '')
			FROM sqlite_master ORDER BY 1`)
	}
	// A run beside others may find the name of the sequence behind goose's ids taken.
	const ours = `c.relname NOT LIKE 'chat\_migrations\_id\_seq%' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`
	return chatsuite.QueryLines(t, db, `SELECT concat_ws(' ', 'relation', n.nspname, c.relname, c.relkind, c.reloptions)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE `+ours+`
		UNION ALL SELECT concat_ws(' ', 'column', n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
			'collate', o.collname, 'not null', a.attnotnull, 'identity', a.attidentity, pg_get_expr(d.adbin, d.adrelid))
			FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			LEFT JOIN pg_collation o ON o.oid = a.attcollation
			LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			WHERE c.relkind = 'r' AND `+ours+`
		UNION ALL SELECT concat_ws(' ', 'constraint', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
			FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE `+ours+`
		UNION ALL SELECT concat_ws(' ', 'index', n.nspname, pg_get_indexdef(i.indexrelid))
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE `+ours+`
		UNION ALL SELECT concat_ws(' ', 'trigger', c.relname, pg_get_triggerdef(g.oid))
			FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal
		UNION ALL SELECT concat_ws(' ', 'function', pg_get_functiondef(f.oid))
			FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
			WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
		ORDER BY 1`)
}

// settingsDump is what the chat keeps of itself, its epoch and goose's times included.
func settingsDump(t testing.TB, db *gorm.DB) string {
	t.Helper()
	return chatsuite.QueryLines(t, db, "SELECT 'meta ' || key || ' = ' || value FROM chat_meta ORDER BY 1") +
		chatsuite.QueryLines(t, db, "SELECT 'version ' || version_id || ' at ' || CAST(tstamp AS text) FROM chat_migrations ORDER BY version_id")
}

// migrated is a fresh database that Migrate has been through.
func migrated(t testing.TB, v chatsuite.Variant, search bool) *gorm.DB {
	t.Helper()
	db := emptyDatabase(t, v)
	chatsuite.NoError(t, chat.Migrate(t.Context(), db, hostConfig(v, search)))
	return db
}

// overMigrations runs a test in parallel over every kind of host, each without the
// index of messages, and one on each database with it.
func overMigrations(t *testing.T, test func(t *testing.T, v chatsuite.Variant, search bool)) {
	t.Helper()
	t.Parallel()
	for _, v := range chatsuite.AllVariants() {
		for _, search := range []bool{false, true} {
			if search && (v.UserIDs != chat.StringIDs || v.UsersTable) {
				continue
			}
			t.Run(fmt.Sprintf("%v/search=%v", v, search), func(t *testing.T) {
				t.Parallel()
				test(t, v, search)
			})
		}
	}
}
