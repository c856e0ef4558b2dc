package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

func TestChoose(t *testing.T) {
	const dsn, binaries, ci = "postgres://db/", "/usr/bin", "true"
	for name, test := range map[string]struct {
		dsn, binaries, ci string
		want              source
	}{
		"a named server":            {dsn, "", "", named},
		"a named server goes first": {dsn, binaries, ci, named},
		"binaries":                  {"", binaries, "", throwaway},
		"binaries in CI":            {"", binaries, ci, throwaway},
		"nothing":                   {"", "", "", absent},
		"nothing in CI":             {"", "", ci, missing},
	} {
		t.Run(name, func(t *testing.T) {
			if got := choose(test.dsn, test.binaries, test.ci); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestNewest(t *testing.T) {
	got := newest([]string{"/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/13/bin"})
	if want := "/usr/lib/postgresql/15/bin"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := newest(nil); got != "" {
		t.Errorf("got %q from nothing", got)
	}
}

func TestWithDatabase(t *testing.T) {
	for dsn, want := range map[string]string{
		"host=db user=u dbname=a":                      "host=db user=u dbname=a dbname=x",
		"postgres://u@db:5433/a?sslmode=disable":       "postgres://u@db:5433/x?sslmode=disable",
		"postgresql://u:p@db?dbname=a&sslmode=disable": "postgresql://u:p@db/x?sslmode=disable",
		"postgres://u:p%40ss@db/a":                     "postgres://u:p%40ss@db/x",
	} {
		if got := withDatabase(dsn, "x"); got != want {
			t.Errorf("%s becomes %s, want %s", dsn, got, want)
		}
	}
}

func TestPostgresIsTheTestsOwn(t *testing.T) {
	if prepared := checkIsolation(t, Postgres); prepared != 1 {
		t.Errorf("prepared %d times, want once", prepared)
	}
}

func TestPostgresIsEmptyWithoutATemplate(t *testing.T) {
	var tables int
	err := Postgres(t, Template{}).
		Raw("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").Scan(&tables).Error
	if err != nil || tables != 0 {
		t.Errorf("%d tables, %v", tables, err)
	}
}

func TestPostgresDropsTheDatabaseWithTheTest(t *testing.T) {
	var name string
	t.Run("test", func(t *testing.T) {
		name = currentDatabase(t, Postgres(t, Template{}))
	})
	if databases := databasesLike(t, Postgres(t, Template{}), name); databases != 0 {
		t.Errorf("database %s outlives its test", name)
	}
}

func TestPostgresReportsWhatPrepareReturns(t *testing.T) {
	needPostgres(t)
	cluster, err := shared.get()
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	template := Template{Key: t.Name(), Prepare: func(context.Context, *gorm.DB) error { return broken }}
	for range 2 {
		if _, err := cluster.create(t.Context(), template); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}

func TestPsqlTakesTheDSN(t *testing.T) {
	psql := PsqlPath(t)
	var runs atomic.Int32
	dsn := PostgresDSN(t, counted(t, &runs))
	output, err := exec.Command(psql, "-Atc", "SELECT body FROM notes", dsn).CombinedOutput()
	if err != nil || strings.TrimSpace(string(output)) != "prepared" {
		t.Errorf("psql printed %q, %v", output, err)
	}
}

// Another server plays the one that a developer names.
func TestNamedServerIsLeftAsItWas(t *testing.T) {
	other := NewServer(t).DSN(t, Template{})
	t.Setenv(Variable, other)
	var process sharedPostgres
	cluster, err := process.get()
	if err != nil {
		t.Fatal(err)
	}
	if process.server != nil {
		t.Error("a throwaway server was started")
	}
	var runs atomic.Int32
	name, err := cluster.create(t.Context(), counted(t, &runs))
	if err != nil {
		t.Fatal(err)
	}
	watcher := Open(t, postgres.Open(other), gorm.Config{})
	if databases := databasesLike(t, watcher, cluster.prefix+"%"); databases != 2 {
		t.Errorf("%d databases on the named server, want the template and its copy", databases)
	}
	if err := errors.Join(cluster.drop(t.Context(), name), process.close()); err != nil {
		t.Fatal(err)
	}
	if databases := databasesLike(t, watcher, cluster.prefix+"%"); databases != 0 {
		t.Errorf("%d databases stay on the named server", databases)
	}
}

func TestKeptServerHasWhatTheOneBeforeHad(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(os.TempDir(), "chat-kept-"+rand.Text())
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	var name string
	t.Run("make", func(t *testing.T) {
		db := Open(t, postgres.Open(KeptServer(t, folder).DSN(t, Template{})), gorm.Config{})
		if err := db.Exec("CREATE TABLE kept (n int)").Error; err != nil {
			t.Fatal(err)
		}
		if err := db.Raw("SELECT current_database()").Scan(&name).Error; err != nil {
			t.Fatal(err)
		}
	})
	t.Run("find", func(t *testing.T) {
		db := Open(t, postgres.Open(KeptServer(t, folder).DSNOf(name)), gorm.Config{})
		if err := db.Exec("INSERT INTO kept VALUES (1)").Error; err != nil {
			t.Error(err)
		}
	})
}

func TestCrashLosesNothingCommitted(t *testing.T) {
	var runs atomic.Int32
	server := NewServer(t)
	dsn := server.DSN(t, counted(t, &runs))
	before := Open(t, postgres.Open(dsn), gorm.Config{})
	if err := before.Exec("INSERT INTO notes VALUES ('committed')").Error; err != nil {
		t.Fatal(err)
	}
	server.Crash(t)
	after := bodies(t, Open(t, postgres.Open(dsn), gorm.Config{}))
	if len(after) != 2 || after[0] != "committed" {
		t.Errorf("after the crash: %q", after)
	}
	copied := bodies(t, Open(t, postgres.Open(server.DSN(t, counted(t, &runs))), gorm.Config{}))
	if len(copied) != 1 || runs.Load() != 1 {
		t.Errorf("a copy after the crash: %q, prepared %d times", copied, runs.Load())
	}
}

func TestServersDifferInDurability(t *testing.T) {
	durableDSN := NewServer(t).DSN(t, Template{})
	volatileDSN, stop, err := Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	for want, dsn := range map[string]string{"off": volatileDSN, "on": durableDSN} {
		db := Open(t, postgres.Open(dsn), gorm.Config{})
		for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			var got string
			if err := db.Raw("SELECT current_setting(?)", setting).Scan(&got).Error; err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s is %s, want %s", setting, got, want)
			}
		}
	}
}

func currentDatabase(t *testing.T, db *gorm.DB) (name string) {
	t.Helper()
	if err := db.Raw("SELECT current_database()").Scan(&name).Error; err != nil {
		t.Fatal(err)
	}
	return name
}

func databasesLike(t *testing.T, db *gorm.DB, pattern string) (count int) {
	t.Helper()
	if err := db.Raw("SELECT count(*) FROM pg_database WHERE datname LIKE ?", pattern).Scan(&count).Error; err != nil {
		t.Fatal(err)
	}
	return count
}
