package dbtest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"
)

// counted is a template with one row in one table that counts how often it is
// prepared.
func counted(t *testing.T, runs *atomic.Int32) Template {
	return Template{Key: t.Name(), Prepare: func(ctx context.Context, db *gorm.DB) error {
		runs.Add(1)
		return db.WithContext(ctx).Exec("CREATE TABLE notes AS SELECT 'prepared' AS body").Error
	}}
}

func bodies(t *testing.T, db *gorm.DB) (all []string) {
	t.Helper()
	if err := db.Raw("SELECT body FROM notes ORDER BY body").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	return all
}

// checkIsolation has several tests at once change a copy of one template.
func checkIsolation(t *testing.T, database func(testing.TB, Template) *gorm.DB) (prepared int32) {
	t.Helper()
	var runs atomic.Int32
	template := counted(t, &runs)
	t.Run("together", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				db := database(t, template)
				if err := db.Exec("INSERT INTO notes VALUES (?)", fmt.Sprint("test ", i)).Error; err != nil {
					t.Fatal(err)
				}
				want := fmt.Sprint([]string{"prepared", fmt.Sprint("test ", i)})
				if got := fmt.Sprint(bodies(t, db)); got != want {
					t.Errorf("the database holds %s, want %s", got, want)
				}
			})
		}
	})
	return runs.Load()
}

func TestSQLiteMemoryIsTheTestsOwn(t *testing.T) {
	if prepared := checkIsolation(t, SQLiteMemory); prepared != 8 {
		t.Errorf("prepared %d times, want once for each of 8 databases", prepared)
	}
}

func TestSQLiteFileIsTheTestsOwn(t *testing.T) {
	if prepared := checkIsolation(t, SQLiteFile); prepared != 1 {
		t.Errorf("prepared %d times, want once", prepared)
	}
}

func TestSQLiteSettings(t *testing.T) {
	for name, test := range map[string]struct {
		database    func(testing.TB, Template) *gorm.DB
		journal     string
		connections int
	}{
		"memory":                 {SQLiteMemory, "memory", 1},
		"file":                   {SQLiteFile, "wal", 4},
		"file in an odd %20#?&+": {SQLiteFile, "wal", 4},
	} {
		t.Run(name, func(t *testing.T) {
			db := test.database(t, Template{})
			var foreignKeys bool
			var journal string
			if err := db.Raw("PRAGMA foreign_keys").Scan(&foreignKeys).Error; err != nil {
				t.Fatal(err)
			}
			if err := db.Raw("PRAGMA journal_mode").Scan(&journal).Error; err != nil {
				t.Fatal(err)
			}
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			if connections := pool.Stats().MaxOpenConnections; !foreignKeys ||
				journal != test.journal || connections != test.connections {
				t.Errorf("foreign keys %t, journal %s, at most %d connections", foreignKeys, journal, connections)
			}
		})
	}
}

func TestSQLiteTemplatesLeaveNoFiles(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var runs atomic.Int32
	if _, err := sqliteBytes(counted(t, &runs)); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestTemplateNeedsAKey(t *testing.T) {
	var runs atomic.Int32
	template := counted(t, &runs)
	template.Key = ""
	if _, err := sqliteTemplates.content(template); err == nil {
		t.Error("SQLite accepts a template without a key")
	}
	if _, err := new(cluster).create(t.Context(), template); err == nil {
		t.Error("PostgreSQL accepts a template without a key")
	}
}
