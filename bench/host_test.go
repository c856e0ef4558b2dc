package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// The host of the measurements has bigint user ids and foreign keys to its users.
// User 1 reads, user 66 reads in fewer rooms, and the others send.
const (
	reader      = chat.UserID("1")
	fewReader   = chat.UserID("66") // 2 + senders
	senders     = 64
	busyRooms   = 1000 // that the senders write to, and all that the reader is in
	fewRooms    = 300  // that fewReader is in
	readingPool = 4    // connections to SQLite
)

func config(search bool) chat.Config {
	return chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users", MessageSearch: search}
}

func sender(n int) chat.UserID { return chat.ID(2 + n%senders) }

// room is the id of the n-th room. Room 0 is the big one.
func room(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("018f0000-0000-7000-8000-%012d", n)) }

// host is one database with a chat.
type host struct {
	*chat.Service
	t        testing.TB
	ctx      context.Context
	db       *gorm.DB
	postgres bool
	dsn      string
	messages int

	reacted []uuid.UUID // messages with reactions
	cursors []string    // of the reader's inbox
	targets
}

// serve opens a service on the database, with the search index or without.
func (h *host) serve(search bool) *host {
	h.t.Helper()
	svc, err := chat.New(h.db, config(search))
	if err != nil {
		h.t.Fatal(err)
	}
	h.Service = svc
	if _, err := svc.Unread(h.ctx, reader); err != nil { // the first call checks the schema
		h.t.Fatal(err)
	}
	return h
}

func (h *host) exec(statements ...string) {
	h.t.Helper()
	for _, s := range statements {
		if err := h.db.Exec(s).Error; err != nil {
			h.t.Fatalf("%v: %s", err, s)
		}
	}
}

// value reads one value.
func (h *host) value(query string) (value string) {
	h.t.Helper()
	if err := h.db.Raw(query).Scan(&value).Error; err != nil {
		h.t.Fatal(err)
	}
	return value
}

func openPostgres(t testing.TB, dsn string, messages int) *host {
	t.Helper()
	return connectPostgres(t, dsn, messages).serve(false)
}

// connectPostgres opens a database that need not have tables yet.
func connectPostgres(t testing.TB, dsn string, messages int) *host {
	t.Helper()
	h := &host{t: t, ctx: t.Context(), postgres: true, dsn: dsn, messages: messages}
	h.db = dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
	return h
}

// openSQLite opens a file as the library's documentation recommends: one connection
// that writes and a few that only read.
func openSQLite(t testing.TB, path, synchronous string, messages int) *host {
	t.Helper()
	dsn := strings.Replace(dbtest.SQLiteDSN(path), "_synchronous=OFF", "_synchronous="+synchronous, 1)
	pool := &splitPool{write: openPool(t, dsn, 1), read: openPool(t, dsn+"&_query_only=1", readingPool)}
	db, err := gorm.Open(sqlite.Dialector{Conn: pool}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, ctx: t.Context(), db: db, dsn: dsn, messages: messages}
	return h.serve(false)
}

func openPool(t testing.TB, dsn string, size int) *sql.DB {
	t.Helper()
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// splitPool is a gorm.ConnPool that takes reads outside transactions to one pool and
// all else to another.
type splitPool struct{ write, read *sql.DB }

func (p *splitPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.write.PrepareContext(ctx, query)
}

func (p *splitPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.write.ExecContext(ctx, query, args...)
}

func (p *splitPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.read.QueryContext(ctx, query, args...)
}

func (p *splitPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.read.QueryRowContext(ctx, query, args...)
}

func (p *splitPool) BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	return p.write.BeginTx(ctx, options)
}

// GetDBConn tells GORM which pool is the database's own.
func (p *splitPool) GetDBConn() (*sql.DB, error) { return p.write, nil }
