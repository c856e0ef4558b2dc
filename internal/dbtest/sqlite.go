package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// SQLiteMemory returns a SQLite database in memory, with foreign keys on and a
// single connection: a second one would see another, empty database.
func SQLiteMemory(t testing.TB, template Template) *gorm.DB {
	t.Helper()
	if err := template.validate(); err != nil {
		t.Fatal(err)
	}
	dialector := sqlite.Open("file::memory:?_txlock=immediate&_foreign_keys=1&_stmt_cache_size=64")
	db := open(t, dialector, gorm.Config{}, sqliteMemoryPool)
	if template.Prepare == nil {
		return db
	}
	if err := template.Prepare(t.Context(), db); err != nil {
		t.Fatalf("dbtest: prepare template %q: %v", template.Key, err)
	}
	return db
}

// SQLiteFile returns a SQLite database in a file of the test's own, opened as
// [SQLiteDSN] says, with several connections. Writers wait longer for each other,
// since many tests may share a slow machine.
func SQLiteFile(t testing.TB, template Template) *gorm.DB {
	t.Helper()
	dsn := strings.Replace(SQLiteDSN(SQLitePath(t, template)), "_busy_timeout=5000", "_busy_timeout=30000", 1)
	return Open(t, sqlite.Open(dsn), gorm.Config{})
}

// SQLitePath returns the path of a new SQLite file that nobody has open.
func SQLitePath(t testing.TB, template Template) string {
	t.Helper()
	content, err := sqliteTemplates.content(template)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("dbtest: copy template %q: %v", template.Key, err)
	}
	return path
}

// SQLiteDSN returns the DSN that the library recommends for the file at path,
// except that nothing waits for the disk: a test outlives no power cut.
func SQLiteDSN(path string) string {
	file := url.URL{Path: path} // a test's name may put a '%' or a '#' into its path
	return "file:" + file.EscapedPath() + "?_txlock=immediate&_journal_mode=WAL" +
		"&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=64&_synchronous=OFF"
}

// sqliteTemplates is for the whole process, so that its tests share the work.
var sqliteTemplates fileTemplates

// fileTemplates holds each prepared SQLite file as its bytes, which leaves
// nothing on disk when the process is killed.
type fileTemplates struct {
	mu    sync.Mutex
	byKey map[string]func() ([]byte, error)
}

func (f *fileTemplates) content(template Template) ([]byte, error) {
	if err := template.validate(); err != nil || template.Prepare == nil {
		return nil, err // SQLite takes a file of no bytes for an empty database
	}
	f.mu.Lock()
	prepared, ok := f.byKey[template.Key]
	if !ok {
		prepared = sync.OnceValues(func() ([]byte, error) { return sqliteBytes(template) })
		if f.byKey == nil {
			f.byKey = make(map[string]func() ([]byte, error))
		}
		f.byKey[template.Key] = prepared
	}
	f.mu.Unlock()
	return prepared() // outside the lock: other templates need not wait for this one
}

// sqliteBytes prepares a database in a file and returns the file's content.
func sqliteBytes(template Template) (content []byte, err error) {
	folder, err := os.MkdirTemp("", "chat-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	path := filepath.Join(folder, "template.db")
	db, err := connect(sqlite.Open(SQLiteDSN(path)), gorm.Config{}, sqliteFilePool)
	if err != nil {
		return nil, err
	}
	err = template.Prepare(context.Background(), db)
	if err == nil {
		// What is still in the WAL would be missing from the copy.
		err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error
	}
	if err = errors.Join(err, disconnect(db)); err != nil {
		return nil, fmt.Errorf("dbtest: prepare template %q: %w", template.Key, err)
	}
	return os.ReadFile(path)
}
