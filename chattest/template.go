package chattest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
)

// template is a migrated database in memory, which tests get copies of: to migrate takes
// several times as long. It is kept by a connection of the driver's, which has no goroutine.
type template struct {
	mu   sync.Mutex
	conn driver.Conn
	err  error
}

// templates are those of this process, by what the tables are made with.
var templates sync.Map

// copyTemplate makes the chat's tables in an empty database in memory.
func copyTemplate(t testing.TB, name string, config chat.Config) {
	t.Helper()
	if config.UserIDs == nil {
		config.UserIDs = chat.StringIDs
	}
	key := fmt.Sprintf("%s/%s/%v", config.UserIDs.ColumnType("sqlite"), config.UsersTable, config.MessageSearch)
	made, _ := templates.LoadOrStore(key, &template{})
	if err := made.(*template).copyTo(name, config); err != nil {
		t.Fatalf("chattest: %v", err)
	}
}

func (m *template) copyTo(name string, config chat.Config) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn == nil && m.err == nil {
		m.conn, m.err = makeTemplate(config)
	}
	if m.err != nil {
		return m.err
	}
	for _, statement := range []string{
		"UPDATE chat_meta SET value = lower(hex(randomblob(16))) WHERE key = 'epoch'", // each copy is a log of its own
		"VACUUM INTO '" + memoryDSN(name) + "'",
	} {
		if _, err := m.conn.(driver.ExecerContext).ExecContext(context.Background(), statement, nil); err != nil {
			return err
		}
	}
	return nil
}

// makeTemplate migrates a database in memory. The host's table of users comes later, and so
// is there only while the chat's are made.
func makeTemplate(config chat.Config) (conn driver.Conn, err error) {
	dsn := memoryDSN(memoryName())
	db, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	if conn, err = pool.Driver().Open(dsn); err != nil {
		return nil, err
	}
	users := config.UsersTable
	if _, err := chat.MigrationSQL("sqlite", config); err != nil { // the config is wrong
		return nil, err
	}
	if users != "" {
		err = db.Exec(`CREATE TABLE "` + users + `" (id ` + config.UserIDs.ColumnType("sqlite") + " PRIMARY KEY)").Error
	}
	if err == nil {
		err = chat.Migrate(context.Background(), db, config)
	}
	if err == nil && users != "" {
		err = db.Exec(`DROP TABLE "` + users + `"`).Error
	}
	return conn, err
}

// checkUsersTable fails the test where the table that the chat's refer to is missing, which
// SQLite would say at the first row.
func checkUsersTable(t testing.TB, db *gorm.DB, config chat.Config) {
	t.Helper()
	if config.UsersTable == "" {
		return
	}
	var found int
	err := db.Raw("SELECT count(*) FROM pragma_table_info(?) WHERE name = 'id'", config.UsersTable).Scan(&found).Error
	if err == nil && found == 0 {
		err = fmt.Errorf("there is no table %q with a column id: make it in Options.Migrate", config.UsersTable)
	}
	if err != nil {
		t.Fatalf("chattest: %v", err)
	}
}
