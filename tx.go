package chat

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
)

// conn is what one operation uses of the database: its transaction or, for a read, the
// pool, and its one clock reading. It does not know who acts: see call.
type conn struct {
	db      *gorm.DB // the handle or the transaction
	host    *gorm.DB // with the host's settings: for Hooks.CheckUsers
	ctx     context.Context
	dialect dialect.Dialect
	config  *Config
	now     time.Time
	inHost  bool   // db is a transaction of the host's
	ownTime bool   // Config.Clock is not set
	index   string // the kind of the index of messages, as chat_meta names it; "" when there is none

	texts *sync.Map   // see text
	locks *lockQueue  // for those who wait for the lock of a room
	turn  *lockTurn   // the right to do so, if this transaction has it already
	limit *time.Timer // ends the transaction when it has waited for too long; nil in a host's, and where there is none

	pending *pendingWrites // collects what is written without a lock; nil in a transaction
}

// call is one operation of a principal.
type call struct {
	*conn
	actor principal
}

func (s *Service) newConn(ctx context.Context, db *gorm.DB) *conn {
	return &conn{db: db, host: s.host, ctx: ctx, dialect: s.dialect, config: &s.config, now: s.now(), inHost: s.tx != nil, ownTime: s.ownTime,
		texts: &s.state.texts, locks: &s.state.locks, index: s.searchIndex()}
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
		return zero, databaseError(ctx, s.dialect, err)
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

// writeAtOnce is write for what PostgreSQL does in one statement, which is a transaction by
// itself: BEGIN and COMMIT are trips to the server too. What it gave up, after
// tryLockTimeout for a lock, is tried in a transaction of our own, whatever isolation those of
// the session have.
func writeAtOnce[T any](ctx context.Context, s *Service, actor Actor, fn func(*call) (T, error)) (T, error) {
	if s.dialect != dialect.Postgres || s.tx != nil {
		return write(ctx, s, actor, fn)
	}
	within, cancel := context.WithTimeoutCause(ctx, transactionTime, errTooLong)
	defer cancel()
	result, err := read(within, s, actor, fn)
	var again *retryableError
	if errors.As(err, &again) {
		return write(within, s, actor, fn)
	}
	if err != nil && errors.Is(context.Cause(within), errTooLong) { // it may be stored all the same
		err = &outage{ErrUnavailable, errTooLong}
	}
	return result, err
}

const (
	writeTries = 5
	retryPause = 5 * time.Millisecond

	// transactionTime is how long one of the library's own transactions may take, with
	// all its tries and waits: a lock timeout counts for one lock alone.
	transactionTime = 6 * time.Second
)

var errTooLong = errors.New("chat: the transaction waited for too long")

// transact runs fn in a transaction. One of the library's own is tried again when the
// database gave it up, and those who wait for commits are woken after it.
func transact[T any](ctx context.Context, s *Service, fn func(*conn) (T, error)) (T, error) {
	return transactInTurn(ctx, s, nil, fn)
}

// transactInTurn is transact for a transaction that has the right to wait for a room's
// lock.
//
// On SQLite the transactions of a Service take turns: each waits for the write lock with a
// connection, and if all connections of the pool did, nobody could read meanwhile.
func transactInTurn[T any](ctx context.Context, s *Service, turn *lockTurn, fn func(*conn) (T, error)) (T, error) {
	var zero T
	defer turn.end()
	if err := s.ready(ctx, s.db); err != nil {
		return zero, err
	}
	if s.tx != nil {
		return attempt(s, s.newConn(ctx, s.db), fn)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(transactionTime, func() { cancel(errTooLong) })
	defer limit.Stop()
	if s.dialect == dialect.SQLite {
		writer, err := s.state.locks.wait(ctx, everyRoom)
		if err != nil {
			return zero, tooLong(ctx, err)
		}
		defer writer.end()
	}
	return transactTries(ctx, s, turn, limit, fn)
}

// transactTries runs fn in transactions until one is committed, or tried for the last
// time.
func transactTries[T any](ctx context.Context, s *Service, turn *lockTurn, limit *time.Timer, fn func(*conn) (T, error)) (T, error) {
	var zero T
	defer func() { turn.end() }()
	for try := 1; ; try++ {
		began := time.Now()
		result, err := transactOnce(ctx, s, turn, limit, fn)
		turn.end()
		var busy roomBusyError
		var again *retryableError
		switch {
		case err == nil:
			s.committed()
			return result, nil
		case errors.As(err, &busy):
			if turn, err = s.state.locks.wait(ctx, busy.room); err != nil {
				return zero, tooLong(ctx, err)
			}
			try = 0 // nothing was tried yet
		case errors.As(err, &again) && s.waitedOnSQLite(began):
			err = &retryableError{err: err, lockTimeout: true}
			s.state.locks.giveUp(everyRoom, err)
			return zero, err
		case !errors.As(err, &again) || again.lockTimeout || try == writeTries:
			return zero, err
		default:
			if err := pause(ctx, try); err != nil {
				return zero, tooLong(ctx, err)
			}
		}
	}
}

// waitedOnSQLite reports whether a try that began then has waited for the write lock
// until the busy timeout of the connection was over.
func (s *Service) waitedOnSQLite(began time.Time) bool {
	return s.dialect == dialect.SQLite && time.Since(began) > time.Second
}

// transactOnce runs fn in a transaction, once. An error of the commit itself is not
// retryable unless the database says that nothing was committed.
func transactOnce[T any](ctx context.Context, s *Service, turn *lockTurn, limit *time.Timer, fn func(*conn) (T, error)) (T, error) {
	var zero, result T
	decided := false // fn has returned nil: what follows is the commit
	err := s.transaction(ctx, newSession(ctx, s.db), func(tx *gorm.DB) (err error) {
		c := s.newConn(ctx, tx)
		c.turn, c.limit = turn, limit
		result, err = attempt(s, c, fn)
		decided = err == nil
		return err
	})
	switch {
	case err == nil:
		return result, nil
	case !decided, errors.Is(err, sql.ErrTxDone): // which says that it was rolled back
		return zero, tooLong(ctx, databaseError(ctx, s.dialect, err))
	case (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) && errors.Is(context.Cause(ctx), errTooLong): // its context is not the caller's
		return zero, &outage{ErrUnavailable, errTooLong}
	}
	return zero, databaseError(ctx, s.dialect, err)
}

// tooLong returns errTooLong, as a retryable error, if that is why ctx has ended, and
// else err. Nothing may have been committed.
func tooLong(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errTooLong) {
		return &retryableError{err: cause, lockTimeout: true}
	}
	return err
}

// untimed lets a transaction take as long as it has work to do. Its statements still
// wait for a lock for lockTimeout at most.
func (c *conn) untimed() {
	if c.limit != nil {
		c.limit.Stop()
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

func attempt[T any](s *Service, c *conn, fn func(*conn) (T, error)) (T, error) {
	var zero T
	if s.dialect == dialect.SQLite {
		if err := c.takeWriteLock(); err != nil {
			return zero, databaseError(c.ctx, s.dialect, err)
		}
		if err := c.limitJournal(s.state.writes.Add(1)); err != nil {
			return zero, databaseError(c.ctx, s.dialect, err)
		}
	}
	result, err := fn(c)
	if err != nil {
		return zero, databaseError(c.ctx, s.dialect, err)
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

// limitJournal sets to how many bytes SQLite truncates its log when it begins anew: a long
// reader lets it grow, and it would stay as large. It is a setting of the connection that
// no DSN has, so it is made again now and then, on whichever connection is at hand.
func (c *conn) limitJournal(writes int64) error {
	const every = 64
	if c.inHost || writes%every != 1 {
		return nil
	}
	_, err := c.exec("PRAGMA journal_size_limit = 67108864")
	return err
}

// takeWriteLock takes the write lock before anything is read, for a transaction that reads
// first can find that it may no longer write, and checks in the same statement that the SQLite
// connection enforces foreign keys: it changes a row only if not.
func (c *conn) takeWriteLock() error {
	off, err := c.exec("UPDATE chat_meta SET value = value WHERE key = '" + schema.HashKey + "' AND NOT (SELECT foreign_keys FROM pragma_foreign_keys)")
	if err == nil && off != 0 {
		err = errForeignKeysOff
	}
	return err
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// commitSignal wakes those who wait for new events: nobody does until there is a
// subscription, and a notify without them costs 5 ns.
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

// agingTime is the time by which things are removed when they are old: Config.Clock's,
// or else that of the database, so that a program whose clock is wrong removes nothing
// too early. SQLite has no clock but the program's.
func (c *conn) agingTime() (time.Time, error) {
	if !c.ownTime || c.dialect == dialect.SQLite {
		return c.now, nil
	}
	at, err := queryOne(c, func(rows row) (at time.Time, err error) {
		err = rows.Scan(scanRequiredTime(&at))
		return at, err
	}, "SELECT clock_timestamp()")
	if err != nil {
		return time.Time{}, err
	}
	return at.Truncate(time.Microsecond), nil
}

// later returns now, or a microsecond past last when the clock has not moved past it:
// stamps never go back, and each change of a thing has one of its own.
func later(now, last time.Time) time.Time {
	if now.After(last) {
		return now
	}
	return last.Add(time.Microsecond)
}
