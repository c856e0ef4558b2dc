package schema

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

func TestVersionIsThatOfTheNewestMigration(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"sqlite", "postgres"} {
		entries, err := fs.ReadDir(files, dialect)
		if err != nil {
			t.Fatal(err)
		}
		for i, entry := range entries {
			version, err := goose.NumericComponent(entry.Name())
			if err != nil || version != int64(i+1) {
				t.Errorf("%s has the version %d, want %d (%v)", path.Join(dialect, entry.Name()), version, i+1, err)
			}
		}
		if len(entries) != Version {
			t.Errorf("%s has %d migrations and Version is %d", dialect, len(entries), Version)
		}
	}
}

func TestReferencesQuoteTheHostsTable(t *testing.T) {
	t.Parallel()
	for table, want := range map[string]string{
		"":             "",
		"users":        ` REFERENCES "users" (id)`,
		"Users":        ` REFERENCES "Users" (id)`,
		"people.users": ` REFERENCES "people"."users" (id)`,
	} {
		if got := (Options{UsersTable: table}).References(); got != want {
			t.Errorf("References of %q is %q, want %q", table, got, want)
		}
	}
}

func TestScriptIsOneTransaction(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"sqlite", "postgres"} {
		for _, users := range []string{"", "users"} {
			script, err := Script(Options{Dialect: dialect, UserType: "bigint", UsersTable: users})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(script, "BEGIN;") || !strings.HasSuffix(script, "COMMIT;\n") {
				t.Errorf("%s: the script is no transaction", dialect)
			}
			if strings.Contains(script, "REFERENCES \"users\"") != (users != "") {
				t.Errorf("%s, users table %q: wrong foreign keys", dialect, users)
			}
			if strings.Contains(script, "{{") || strings.Contains(script, "<no value>") {
				t.Errorf("%s: a part of the script is not rendered", dialect)
			}
		}
	}
}

func TestUnknownDialectHasNoMigrations(t *testing.T) {
	t.Parallel()
	if _, err := Script(Options{Dialect: "mysql", UserType: "bigint"}); err == nil || !strings.Contains(err.Error(), "mysql") {
		t.Errorf("error is %v, want one that names the dialect", err)
	}
}

// SQLite's runs beside others tell what to try again from what went wrong for good.
func TestContendedKnowsAnotherRun(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"database is locked":                                   true,
		"table chat_meta already exists":                       true,
		"UNIQUE constraint failed: chat_migrations.version_id": true,
		"near \"REFERENCES\": syntax error":                    false,
		"no such table: users":                                 false,
	} {
		if got := contended(&goose.PartialError{Err: errText(message), Failed: &goose.MigrationResult{
			Source: &goose.Source{Version: 1}}}); got != want {
			t.Errorf("contended(%q) = %v, want %v", message, got, want)
		}
	}
}

type errText string

func (e errText) Error() string { return string(e) }
