package schema_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// runTool runs a database's own command line tool, with a script as its input.
func runTool(t *testing.T, script, path string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), path, args...)
	command.Stdin = strings.NewReader(script)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, output)
	}
	return string(output)
}

// The host that runs its migrations itself has the same tables as the one that calls
// Migrate, and Migrate finds nothing to do there.
func TestMigrationSQLMakesWhatMigrateMakes(t *testing.T) {
	overMigrations(t, func(t *testing.T, v chatsuite.Variant, search bool) {
		config := hostConfig(v, search)
		script := chatsuite.Must(chat.MigrationSQL(v.Dialect(), config))(t)
		want := migrated(t, v, search)
		db := byScript(t, v, script)
		if diff := cmp.Diff(schemaDump(t, want), schemaDump(t, db)); diff != "" {
			t.Errorf("the script makes another schema than Migrate:\n%s", diff)
		}
		before := schemaDump(t, db) + settingsDump(t, db)
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, config))
		if diff := cmp.Diff(before, schemaDump(t, db)+settingsDump(t, db)); diff != "" {
			t.Errorf("Migrate found something to do after the script:\n%s", diff)
		}
		svc := chatsuite.Must(chat.New(db, config))(t)
		if v.UsersTable {
			chatsuite.NoError(t, db.Exec("INSERT INTO users (id) VALUES (?), (?)", v.UserID(1), v.UserID(2)).Error)
		}
		room := chatsuite.Must(svc.OpenPrivate(t.Context(), v.UserID(1), v.UserID(2)))(t)
		chatsuite.Must(svc.SendMessage(t.Context(), v.UserID(1), room.ID, chat.NewMessage{Text: "hello"}))(t)
	})
}

// byScript makes a database of the host's users and a script, as the host's own tool
// runs it: psql, and the driver.
func byScript(t *testing.T, v chatsuite.Variant, script string) *gorm.DB {
	t.Helper()
	if !v.Postgres {
		db := emptyDatabase(t, v)
		_, err := chatsuite.Must(db.DB())(t).ExecContext(t.Context(), script)
		chatsuite.NoError(t, err)
		return db
	}
	address := dbtest.PostgresDSN(t, dbtest.Template{})
	db := dbtest.Open(t, postgres.Open(address), gorm.Config{})
	if v.UsersTable {
		chatsuite.NoError(t, v.CreateUsersTable(db))
	}
	runTool(t, script, dbtest.PsqlPath(t), "-v", "ON_ERROR_STOP=1", "-X", "-q", address)
	return db
}

func TestMigrationSQLRunsInTheSQLiteShell(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("no sqlite3 on PATH")
	}
	for _, search := range []bool{false, true} {
		v := chatsuite.Variant{UserIDs: chat.Int64IDs, File: true}
		path := filepath.Join(t.TempDir(), "chat.db")
		runTool(t, chatsuite.Must(chat.MigrationSQL("sqlite", hostConfig(v, search)))(t), shell, "-bail", path)
		db := dbtest.Open(t, sqlite.Open(dbtest.SQLiteDSN(path)), gorm.Config{})
		if diff := cmp.Diff(schemaDump(t, migrated(t, v, search)), schemaDump(t, db)); diff != "" {
			t.Error(diff)
		}
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, hostConfig(v, search)))
	}
}

// A script that was applied before is refused as a whole, and harms nothing.
func TestMigrationSQLTwiceIsRefused(t *testing.T) {
	t.Parallel()
	address := dbtest.PostgresDSN(t, dbtest.Template{})
	db := dbtest.Open(t, postgres.Open(address), gorm.Config{})
	script := chatsuite.Must(chat.MigrationSQL("postgres", chat.Config{}))(t)
	psql := dbtest.PsqlPath(t)
	runTool(t, script, psql, "-v", "ON_ERROR_STOP=1", "-X", "-q", address)
	before := schemaDump(t, db) + settingsDump(t, db)
	again := exec.CommandContext(t.Context(), psql, "-v", "ON_ERROR_STOP=1", "-X", "-q", address)
	again.Stdin = strings.NewReader(script)
	if output, err := again.CombinedOutput(); err == nil || !strings.Contains(string(output), "already exists") {
		t.Errorf("the second run says %v\n%s", err, output)
	}
	if diff := cmp.Diff(before, schemaDump(t, db)+settingsDump(t, db)); diff != "" {
		t.Error(diff)
	}
}

// What pg_dump writes is what a host compares and restores.
func TestMigrationSQLAndMigrateDumpAlike(t *testing.T) {
	t.Parallel()
	psql := dbtest.PsqlPath(t)
	dumper, err := exec.LookPath(filepath.Join(filepath.Dir(psql), "pg_dump"))
	if err != nil {
		t.Skip("no pg_dump beside psql")
	}
	v := chatsuite.Variant{UserIDs: chat.StringIDs, Postgres: true, UsersTable: true}
	dump := func(make func(db *gorm.DB, address string)) string {
		address := dbtest.PostgresDSN(t, dbtest.Template{})
		db := dbtest.Open(t, postgres.Open(address), gorm.Config{})
		chatsuite.NoError(t, v.CreateUsersTable(db))
		make(db, address)
		var lines []string
		for line := range strings.Lines(runTool(t, "", dumper, "--schema-only", address)) {
			// Newer versions put a random word on these two.
			if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	byMigrate := dump(func(db *gorm.DB, _ string) {
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, hostConfig(v, false)))
	})
	byScript := dump(func(_ *gorm.DB, address string) {
		runTool(t, chatsuite.Must(chat.MigrationSQL("postgres", hostConfig(v, false)))(t), psql, "-v", "ON_ERROR_STOP=1", "-X", "-q", address)
	})
	if diff := cmp.Diff(byMigrate, byScript); diff != "" {
		t.Error(diff)
	}
}

// The script is text that a host reviews and keeps: the same config gives the same
// bytes.
func TestMigrationSQLIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, v := range chatsuite.AllVariants() {
		first := chatsuite.Must(chat.MigrationSQL(v.Dialect(), hostConfig(v, true)))(t)
		if again := chatsuite.Must(chat.MigrationSQL(v.Dialect(), hostConfig(v, true)))(t); again != first {
			t.Errorf("%v: %s", v, cmp.Diff(first, again))
		}
		if strings.Contains(first, "{{") {
			t.Errorf("%v: the script has an unrendered part:\n%s", v, first)
		}
	}
}
