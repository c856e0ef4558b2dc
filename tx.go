package chat

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat/internal/dialect"
)

// conn is what one operation uses of the database: its transaction or, for a read, the
// pool, and its one clock reading. It does not know who acts: see call.
type conn struct {
	db      *gorm.DB // carries ctx
	ctx     context.Context
	dialect dialect.Dialect
	config  *Config
	now     time.Time
	inHost  bool // db is a transaction of the host's
}

// call is one operation of a principal.
type call struct {
	*conn
	actor principal
}

func (s *Service) newConn(ctx context.Context, db *gorm.DB) *conn {
	return &conn{db: db.WithContext(ctx), ctx: ctx, dialect: s.dialect, config: &s.config, now: s.now(), inHost: s.tx != nil}
}

// read runs fn without a transaction of its own: each statement sees what is committed
// when it starts. Beside an error the result is zero.
func read[T any](ctx context.Context, s *Service, actor Actor, fn func(*call) (T, error)) (T, error) {
	var zero T
	p, err := s.principalOf(actor)
	if err != nil {
		return zero, err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return zero, err
	}
	result, err := fn(&call{s.newConn(ctx, s.db), p})
	if err != nil {
		return zero, databaseError(s.dialect, err)
	}
	return result, nil
}

// write runs fn in one transaction: the host's, when the service is bound to one, or
// else its own. Beside an error, that of the commit included, the result is zero.
func write[T any](ctx context.Context, s *Service, actor Actor, fn func(*call) (T, error)) (T, error) {
	p, err := s.principalOf(actor)
	if err != nil {
		var zero T
		return zero, err
	}
	return transact(ctx, s, func(c *conn) (T, error) { return fn(&call{c, p}) })
}

// do is write for what returns nothing but an error.
func (s *Service) do(ctx context.Context, actor Actor, fn func(*call) error) error {
	_, err := write(ctx, s, actor, func(c *call) (struct{}, error) { return struct{}{}, fn(c) })
	return err
}

const (
	writeTries = 5
	retryPause = 5 * time.Millisecond
)

// transact runs fn in a transaction. One of the library's own is tried again when the
// database gave it up, and those who wait for commits are woken after it.
func transact[T any](ctx context.Context, s *Service, fn func(*conn) (T, error)) (T, error) {
	var zero T
	if err := s.ready(ctx, s.db); err != nil {
		return zero, err
	}
	if s.tx != nil {
		return attempt(ctx, s, s.db, fn)
	}
	for try := 1; ; try++ {
		var result T
		err := s.transaction(ctx, s.db.WithContext(ctx), func(tx *gorm.DB) (err error) {
			result, err = attempt(ctx, s, tx, fn)
			return err
		})
		if err == nil {
			s.state.commits.notify()
			return result, nil
		}
		err = databaseError(s.dialect, err)
		var again *retryableError
		if !errors.As(err, &again) || again.lockTimeout || try == writeTries {
			return zero, err
		}
		if err := pause(ctx, try); err != nil {
			return zero, err
		}
	}
}

// transaction runs fn in one transaction of handle, once. Where the pool, when it is exhausted,
// returns nothing but connections that were closed, nothing has begun, and it is tried
// again.
func (s *Service) transaction(ctx context.Context, handle *gorm.DB, fn func(tx *gorm.DB) error) error {
	for try := 1; ; try++ {
		begun := false
		err := onPrimary(handle).Transaction(func(tx *gorm.DB) error {
			begun = true
			return fn(tx)
		}, s.dialect.TxOptions())
		if begun || !errors.Is(err, driver.ErrBadConn) || try == writeTries {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

func attempt[T any](ctx context.Context, s *Service, tx *gorm.DB, fn func(*conn) (T, error)) (T, error) {
	var zero T
	c := s.newConn(ctx, tx)
	if s.dialect == dialect.SQLite {
		if err := c.takeWriteLock(); err != nil {
			return zero, databaseError(s.dialect, err)
		}
	}
	result, err := fn(c)
	if err != nil {
		return zero, databaseError(s.dialect, err)
	}
	return result, nil
}

// pause waits a little longer after each try, and never the same time as the
// transaction it met.
func pause(ctx context.Context, try int) error {
	step := retryPause << try
	timer := time.NewTimer(step/2 + rand.N(step)) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

var errForeignKeysOff = fmt.Errorf("%w: this SQLite connection does not enforce foreign keys: "+
	"open the database with _foreign_keys=1 in its DSN (modernc: _pragma=foreign_keys(1))", ErrSchema)

// takeWriteLock checks that the SQLite connection enforces foreign keys, and takes the
// write lock before anything is read: a transaction that reads first can find that it
// may no longer write.
func (c *conn) takeWriteLock() error {
	on, err := queryOne(c, scanValue[int], "PRAGMA foreign_keys")
	if err != nil {
		return fmt.Errorf("chat: read foreign_keys: %w", err)
	}
	if on == nil || *on == 0 {
		return errForeignKeysOff
	}
	_, err = c.exec("UPDATE chat_meta SET value = value WHERE key = 'no such key'")
	return err
}

// lockTimeout is how long a statement of the library's own transactions waits for a
// lock; then it fails with a retryable error. A host decides for its own transactions.
const lockTimeout = 5 * time.Second

// setLockTimeoutSQL sets the limit for the transaction at hand.
var setLockTimeoutSQL = "SELECT set_config('lock_timeout', '" + strconv.FormatInt(lockTimeout.Milliseconds(), 10) + "', true) AS is_set"

// setLockTimeout sets the limit for a transaction that locks no room.
func (c *conn) setLockTimeout() error {
	if c.dialect == dialect.SQLite || c.inHost {
		return nil
	}
	_, err := c.exec(setLockTimeoutSQL)
	return err
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	result := c.db.Exec(query, args...)
	return result.RowsAffected, result.Error
}

// row is a *sql.Rows on one of its rows.
type row interface{ Scan(dest ...any) error }

// queryAll runs a query and reads its rows to the end, so that the connection is free
// for the next statement.
func queryAll[T any](c *conn, scan func(row) (T, error), query string, args ...any) (items []T, err error) {
	rows, err := c.db.Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("chat: read a row: %w", err)
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// queryOne returns the first row of a query, or nil when there is none.
func queryOne[T any](c *conn, scan func(row) (T, error), query string, args ...any) (*T, error) {
	items, err := queryAll(c, scan, query, args...)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

func scanValue[T any](r row) (value T, err error) {
	err = r.Scan(&value)
	return value, err
}

// jsonRows, unnest and castUser render what dialect has of the same names, with the
// type of the host's user ids.
func (c *conn) jsonRows(columns ...string) string {
	return c.dialect.JSONRows(c.userColumn(), columns...)
}

func (c *conn) unnest(name string, columns ...string) string {
	return dialect.Unnest(c.userColumn(), name, columns...)
}

func (c *conn) castUser() string { return c.dialect.CastUser(c.userColumn()) }

func (c *conn) userColumn() string { return c.config.UserIDs.ColumnType(string(c.dialect)) }

// utc scans a time that a driver gives as such or, where SQLite knows no column
// type, as text.
type utc struct{ dest **time.Time }

func scanTime(dest **time.Time) sql.Scanner { return utc{dest} }

var sqliteTimeLayouts = []string{"2006-01-02 15:04:05.999999999-07:00", time.RFC3339Nano, "2006-01-02 15:04:05.999999999"}

func (u utc) Scan(src any) error {
	var text string
	switch v := src.(type) {
	case nil:
		*u.dest = nil
		return nil
	case time.Time:
		v = v.UTC()
		*u.dest = &v
		return nil
	case string:
		text = v
	case []byte:
		text = string(v)
	}
	for _, layout := range sqliteTimeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC()
			*u.dest = &t
			return nil
		}
	}
	return fmt.Errorf("chat: cannot read a time from %v", src)
}

// scanRequiredTime is scanTime for columns that are never NULL.
func scanRequiredTime(dest *time.Time) sql.Scanner { return requiredTime{dest} }

type requiredTime struct{ dest *time.Time }

func (r requiredTime) Scan(src any) error {
	var t *time.Time
	if err := scanTime(&t).Scan(src); err != nil {
		return err
	}
	if t != nil {
		*r.dest = *t
	}
	return nil
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// commitSignal wakes those who wait for new events.
type commitSignal struct {
	mu   sync.Mutex
	next chan struct{}
}

// wait returns a channel that is closed by the next commit.
func (c *commitSignal) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

func (c *commitSignal) notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// ownSession is a session of db that carries none of the host's conditions, and
// whose settings do not change what this package's statements do.
func ownSession(db *gorm.DB) *gorm.DB {
	own := db.Session(&gorm.Session{NewDB: true, Context: context.Background(), SkipHooks: true})
	own.Error = nil
	own.TranslateError = false // the driver's own codes are needed to know what can be tried again
	own.DryRun = false
	own.PrepareStmt = false
	own.Logger = quietLogger{own.Logger}
	switch pool := own.Statement.ConnPool.(type) {
	// GORM's statement cache halves PostgreSQL inside transactions; the drivers have their own.
	case *gorm.PreparedStmtDB:
		own.Statement.ConnPool = pool.ConnPool
	case *gorm.PreparedStmtTX:
		own.Statement.ConnPool = pool.Tx
	}
	own.Config.ConnPool = own.Statement.ConnPool
	wantPrimary(own)
	return own
}

// resolver is the name of the callbacks of gorm.io/plugin/dbresolver, which sends what
// looks like a query to a replica. What is read here is compared with what was just
// written, so that a replica that lags behind will not do: all statements are marked as
// dbresolver.Write marks them. Without the plugin the mark has no meaning.
const resolver = "gorm:db_resolver"

// wantPrimary marks the statements of a session. They all name one table, so that they
// go to one server where the host gives tables servers of their own.
func wantPrimary(session *gorm.DB) {
	session.Statement.Settings.Store(resolver+":write", struct{}{})
	if session.Callback().Query().Get(resolver) != nil {
		session.Statement.Table = "chat_rooms"
	}
}

// onPrimary makes a session, which must be of the caller's own, begin its transactions
// where the plugin writes, which need not be the handle's own pool.
func onPrimary(session *gorm.DB) *gorm.DB {
	if resolve := session.Callback().Query().Get(resolver); resolve != nil {
		marked := session.Session(&gorm.Session{NewDB: true, Context: session.Statement.Context})
		wantPrimary(marked)
		resolve(marked)
		session.Statement.ConnPool = marked.Statement.ConnPool
	}
	return session
}

// quietLogger keeps the host's GORM logger from printing what messages say: it gets
// the statements without their values.
type quietLogger struct{ logger.Interface }

// LogMode keeps the wrapping.
func (l quietLogger) LogMode(level logger.LogLevel) logger.Interface {
	return quietLogger{l.Interface.LogMode(level)}
}

// ParamsFilter is called by GORM before it prints a statement.
func (quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
