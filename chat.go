// Package chat keeps chat rooms, their members, messages, media and reactions in
// the database of the program that imports it, beside that program's own users.
//
// A [Service] needs a *gorm.DB on SQLite or PostgreSQL, tables made by [Migrate],
// and in its [Config] what the host's user ids look like:
//
//	err := chat.Migrate(ctx, db, config)
//	svc, err := chat.New(db, config)
//	room, err := svc.OpenPrivate(ctx, chat.ID(alice.ID), chat.ID(bob.ID))
//	msg, err := svc.SendMessage(ctx, chat.ID(alice.ID), room.ID, chat.NewMessage{Text: "hi"})
//
// # Who may do what
//
// The acting user, an [Actor], is an argument of every operation. A room is
// private_messages, a group or a channel, and each of its members has a set of
// nine [Permissions]: their own, or the room's default. What an actor may not see
// is [ErrNotFound], exactly as if it were not there; what they see and may not do
// is [ErrForbidden]. [System] acts for the host's own code, and its permissions are
// not checked. Before all that, [Config].Hooks let the host refuse what is about to
// happen, with any error.
//
// # Errors
//
// Any operation may return [ErrUnauthenticated] or, for an actor whose id
// [Config].UserIDs refuses, [ErrInvalid]; [ErrSchema] and [ErrClosed]; [ErrUnavailable]
// and [ErrNoSpace] while the database is out of reach or its disk full; and other errors
// of the database, of which [IsRetryable] reports whether another try may succeed. The
// comments of the operations name the others. A result beside an error is nil.
//
// # Transactions
//
// Every operation is one transaction: it is done, or nothing is. [Service.InTx]
// runs several of them together with the host's own statements, and
// [Service.WithTx] joins a transaction that the host already has. Nothing that
// this package refuses breaks such a transaction: after one of its errors the host
// may go on and commit. After an error of the database itself it should roll back.
//
// # Order
//
// The messages of a room are numbered 1, 2, 3… without gaps ([Message.Number]):
// history pages, unread counts and read markers use these numbers. Every change
// that a whole room may see, messages included, also has a number in the room's log
// of events ([Event.Seq]).
package chat

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/sendq"
	"github.com/go-df/chat/internal/turn"
)

// Service is the chat domain on one database. It is safe for concurrent use, holds no
// connection, and no goroutine that outlives its work: what SendMessage has begun
// when its context ends is done within seconds, one goroutine reads events while there
// are subscriptions, and two serve Config.Bus while there is something to publish or
// anybody who listens. Close waits for all of them.
type Service struct {
	host    *gorm.DB // as the host set it up, for InTx
	db      *gorm.DB // the same connections, for this package's statements
	dialect dialect.Dialect
	config  Config
	ownTime bool    // Config.Clock was not set
	tx      *hostTx // set when the service is bound to a host's transaction
	state   *state
}

// state is what a Service shares with the ones bound to transactions.
type state struct {
	schemaChecked atomic.Bool
	searchIndex   atomic.Value // string: the index of messages, as chat_meta names it
	closed        atomic.Bool
	commits       commitSignal
	sends         *sendq.Queue[uuid.UUID, *send]
	known         knownRooms // to sends
	texts         sync.Map   // of statements, by what they are for
	locks         lockQueue
	feed          *eventFeed
	bus           *busLink
	writes        atomic.Int64           // transactions on SQLite
	thumbnails    *turn.Queue[principal] // to make one at a time
}

// New returns a Service on db, a handle of SQLite or PostgreSQL opened with the
// host's own driver and settings, which stay as they are. It touches no table: the
// first operation checks that Migrate has run, and returns ErrSchema otherwise.
// A wrong config is ErrInvalid.
func New(db *gorm.DB, config Config) (*Service, error) {
	d, err := dialectOf(db)
	if err != nil {
		return nil, err
	}
	if inTransaction(db) {
		return nil, invalid("db", CodeInvalidConfig, "is a transaction: make the service of the handle, and use WithTx")
	}
	ownTime := config.Clock == nil
	config = config.withDefaults()
	if err := config.validate(d); err != nil {
		return nil, err
	}
	host := db.Session(&gorm.Session{NewDB: true, Context: context.Background()})
	host.Error = nil
	s := &Service{host: host, db: ownSession(host), dialect: d, config: config, ownTime: ownTime,
		state: &state{thumbnails: turn.New[principal](thumbnailWait, thumbnailQueue)}}
	s.state.locks.limit = s.lockWaiters
	s.state.bus = newBusLink(config.Bus, config.Logger, s.heard)
	s.state.feed = newEventFeed(s)
	s.state.sends = sendq.New(s.sendQueue())
	return s, nil
}

// Limits returns Config.Limits with the defaults filled in.
func (s *Service) Limits() Limits { return s.config.Limits }

// Features are what a front end offers or leaves out, by the config of the service.
type Features struct {
	Media         bool           // there is a media store
	MessageSearch bool           // messages are indexed; without it a search reads the newest of them
	Reactions     ReactionPolicy // which reactions are accepted
}

// Features returns what the config turns on.
func (s *Service) Features() Features {
	return Features{Media: s.config.Media != nil, MessageSearch: s.config.MessageSearch, Reactions: s.config.Reactions}
}

// Close marks the service as closed: operations that begin later return ErrClosed. It
// returns when the messages that are being sent are settled, within seconds. The
// database handle is the host's and stays open.
func (s *Service) Close() error {
	s.state.closed.Store(true)
	s.state.sends.Wait()
	s.state.feed.close()
	s.state.bus.end()
	return nil
}

// Logger returns Config.Logger, or one that discards, for packages that are built on
// the service.
func (s *Service) Logger() *slog.Logger { return s.config.Logger }

// hostTx is a transaction whose commit is not ours to see. stored are the keys of
// the objects put into the media store on its behalf.
type hostTx struct {
	stored  []string
	signals []signal // to be told after the commit
	broken  error    // why nothing can be done in it
}

// InTx runs fn in one transaction: what fn writes through tx and what it does
// through s is committed together when fn returns nil, and rolled back when it
// returns an error, which InTx returns, or panics. It runs fn once; where
// IsRetryable is true of the error, the host may call it again.
//
// s is for use inside fn alone, by one goroutine at a time. Media that fn uploads
// are deleted from the store again when the transaction is rolled back; where it is not
// known whether it was, or the program ends first, they stay there.
//
// Errors of its own: ErrConflict inside a transaction, ErrSchema, ErrClosed.
func (s *Service) InTx(ctx context.Context, fn func(tx *gorm.DB, s *Service) error) error {
	if s.tx != nil {
		return conflict("already inside a transaction")
	}
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	inner := &hostTx{}
	done := false // fn returned nil; whether a commit that failed took place is not known
	var refused error
	defer func() {
		if !done {
			s.deleteStored(ctx, inner.stored)
		}
	}()
	err := s.transaction(ctx, s.host.Session(&gorm.Session{NewDB: true, Context: ctx}), func(tx *gorm.DB) error {
		refused = fn(tx, s.bind(tx, inner))
		done = refused == nil
		return refused
	})
	switch {
	case refused != nil: // fn's own errors may be of other connections than the database's
		return retryableOf(s.dialect, err)
	case err != nil:
		done = done && !dialect.RefusedCommit(err)
		return databaseError(ctx, s.dialect, err)
	}
	s.committed(inner.signals...)
	return nil
}

// WithTx returns the service bound to tx, a transaction that the host began and
// will commit or roll back. Call done after the commit: it wakes those who wait
// for events at once; without it they receive them later.
//
// The returned service is for one goroutine at a time, and not after the
// transaction's end. On a handle that is no transaction its operations return
// ErrInvalid.
func (s *Service) WithTx(tx *gorm.DB) (bound *Service, done func()) {
	if tx == nil || !inTransaction(tx) {
		bound = s.bind(s.host, &hostTx{broken: invalid("tx", CodeInvalidConfig, "is not a transaction that the host began")})
		return bound, func() {}
	}
	inner := &hostTx{}
	return s.bind(tx, inner), func() { s.committed(inner.signals...) }
}

// inTransaction is false also for what Begin returns beside an error, which holds a
// transaction that is nil.
func inTransaction(db *gorm.DB) bool {
	pool := unprepared(db.Statement.ConnPool)
	if tx, plain := pool.(*sql.Tx); plain {
		return tx != nil
	}
	_, committer := pool.(gorm.TxCommitter)
	return committer
}

func (s *Service) bind(tx *gorm.DB, host *hostTx) *Service {
	return &Service{host: tx, db: ownSession(tx), dialect: s.dialect, config: s.config, ownTime: s.ownTime, tx: host, state: s.state}
}

// ready refuses to work on a closed service or with the wrong tables. The schema
// is checked until it was right once.
func (s *Service) ready(ctx context.Context, db *gorm.DB) error {
	switch {
	case s.state.closed.Load():
		return ErrClosed
	case s.tx != nil && s.tx.broken != nil:
		return s.tx.broken
	}
	if s.state.schemaChecked.Load() {
		return nil
	}
	if err := s.checkSchema(ctx, db); err != nil {
		return databaseError(ctx, s.dialect, err)
	}
	s.state.schemaChecked.Store(true)
	return nil
}

func dialectOf(db *gorm.DB) (dialect.Dialect, error) {
	if db == nil {
		return "", invalid("db", CodeRequired, "is nil")
	}
	d := dialect.Dialect(db.Name())
	if !d.Known() {
		return "", invalid("db", CodeUnknownValue, "is %q: only sqlite and postgres are supported", d)
	}
	return d, nil
}

// now is one clock reading, as both databases keep it: UTC, microseconds.
func (s *Service) now() time.Time { return s.config.Clock().UTC().Truncate(time.Microsecond) }
