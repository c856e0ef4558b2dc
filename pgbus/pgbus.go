// Package pgbus is a chat.Bus on PostgreSQL's LISTEN and NOTIFY, for processes that share
// a PostgreSQL database:
//
//	bus, err := pgbus.New(dsn, pgbus.Options{})
//	svc, err := chat.New(db, chat.Config{Bus: bus})
//	…
//	svc.Close()
//	bus.Close()
//
// It has one connection, made when it is first needed, by a DSN of its own: where the pool
// goes through PgBouncer or the like in transaction mode, in which LISTEN does not work,
// give it the server's own address. Nothing is sent within the transactions of others.
package pgbus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options are the settings of a Bus.
type Options struct {
	// Channel is the name of the channel, 1 to 63 bytes, which all processes share that
	// share a database; channels of other databases of a server are others. Defaults to
	// "chat".
	Channel string
}

const (
	maxData = 4096 // of one Publish, in bytes
	// idle is after what time without notifications the server is asked whether it is there.
	idle      = 30 * time.Second
	idleLimit = 5 * time.Second
)

// Bus is a chat.Bus, for one chat.Service: one Listen at a time.
type Bus struct {
	config  *pgx.ConnConfig
	channel string

	turn chan struct{} // holds the one right to use conn
	conn *pgx.Conn     // nil: not connected

	mu         sync.Mutex
	publishers int                // who wait for their turn
	interrupt  context.CancelFunc // makes the listener let go of its turn; nil: it does not wait
	listening  bool
	closed     bool
}

var (
	errClosed    = errors.New("pgbus: the bus is closed")
	errListening = errors.New("pgbus: the bus is listening already")
	errLost      = errors.New("pgbus: the connection was lost")
)

// New returns a bus that connects by a DSN of pgx, when it is first used.
func New(dsn string, options Options) (*Bus, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("pgbus: %w", err)
	}
	if options.Channel == "" {
		options.Channel = "chat"
	}
	if len(options.Channel) > 63 {
		return nil, errors.New("pgbus: the name of the channel is over 63 bytes")
	}
	b := &Bus{config: config, channel: options.Channel, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b, nil
}

// Close closes the connection. What is called later fails, and so does a Listen that
// runs.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closed = true
	b.publishers++
	if b.interrupt != nil {
		b.interrupt()
	}
	b.mu.Unlock()
	<-b.turn
	b.disconnect()
	b.letGo()
	return nil
}

// Publish implements chat.Bus.
func (b *Bus) Publish(ctx context.Context, data []byte) error {
	if len(data) > maxData {
		return fmt.Errorf("pgbus: %d bytes are over %d", len(data), maxData)
	}
	if err := b.takeTurn(ctx); err != nil {
		return err
	}
	defer b.letGo()
	lost := b.conn != nil // it may be, unnoticed, and is tried again then
	err := b.notify(ctx, data)
	if err != nil && lost && b.conn == nil && ctx.Err() == nil {
		err = b.notify(ctx, data)
	}
	return err
}

// takeTurn waits for the connection, which a listener lets go of.
func (b *Bus) takeTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	b.publishers++
	if b.interrupt != nil {
		b.interrupt()
	}
	b.mu.Unlock()
	select {
	case <-b.turn:
		return nil
	case <-ctx.Done():
		b.mu.Lock()
		b.publishers--
		b.mu.Unlock()
		return ctx.Err()
	}
}

func (b *Bus) letGo() {
	b.mu.Lock()
	b.publishers--
	b.mu.Unlock()
	b.turn <- struct{}{}
}

// The following are for who has the turn.

func (b *Bus) connect(ctx context.Context) error {
	b.mu.Lock()
	closed := b.closed
	b.mu.Unlock()
	if closed {
		return errClosed
	}
	if b.conn != nil {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, b.config.Copy())
	if err != nil {
		return fmt.Errorf("pgbus: %w", err)
	}
	b.conn = conn
	return nil
}

func (b *Bus) disconnect() {
	if b.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = b.conn.Close(ctx) // the connection is gone in any case
	b.conn = nil
}

// exec runs a statement in one round trip, whatever a pooler keeps of others.
func (b *Bus) exec(ctx context.Context, query string, args ...string) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	values := make([][]byte, len(args))
	for i, arg := range args {
		values[i] = []byte(arg)
	}
	_, err := b.conn.PgConn().ExecParams(ctx, query, values, nil, nil, nil).Close()
	if err != nil {
		b.disconnect()
		return fmt.Errorf("pgbus: %w", err)
	}
	return nil
}

// notify publishes. The payload of a notification is text.
func (b *Bus) notify(ctx context.Context, data []byte) error {
	return b.exec(ctx, "SELECT pg_notify($1, $2)", b.channel, base64.RawStdEncoding.EncodeToString(data))
}

// Listen implements chat.Bus.
func (b *Bus) Listen(ctx context.Context, receive func(data []byte)) error {
	b.mu.Lock()
	if b.listening {
		b.mu.Unlock()
		return errListening
	}
	b.listening = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.listening = false
	}()
	conn, err := b.startListening(ctx)
	if err != nil {
		return err
	}
	for {
		n, err := b.await(ctx, conn)
		if err != nil {
			b.stopListening(conn)
			return err
		}
		if n == nil || n.Channel != b.channel {
			continue
		}
		if data, err := base64.RawStdEncoding.DecodeString(n.Payload); err == nil { // or it is another's
			receive(data)
		}
	}
}

func (b *Bus) startListening(ctx context.Context) (*pgx.Conn, error) {
	if err := b.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer b.letGo()
	b.disconnect() // it may be lost, unnoticed
	err := b.exec(ctx, "LISTEN "+pgx.Identifier{b.channel}.Sanitize())
	return b.conn, err
}

// stopListening closes the connection, where notifications would pile up.
func (b *Bus) stopListening(conn *pgx.Conn) {
	<-b.turn
	if b.conn == conn {
		b.disconnect()
	}
	b.turn <- struct{}{}
}

// await waits for a notification. It returns nil when it has let go of the connection
// for others.
func (b *Bus) await(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { b.turn <- struct{}{} }()
	if b.conn != conn || conn == nil {
		return nil, errLost
	}
	waiting, stop := context.WithTimeout(ctx, idle)
	defer stop()
	b.mu.Lock()
	if b.publishers > 0 {
		stop()
	}
	b.interrupt = stop
	b.mu.Unlock()
	n, err := conn.WaitForNotification(waiting)
	b.mu.Lock()
	b.interrupt = nil
	b.mu.Unlock()
	switch {
	case err == nil:
		return n, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case conn.IsClosed():
		return nil, fmt.Errorf("pgbus: %w", err)
	case errors.Is(waiting.Err(), context.DeadlineExceeded):
		asking, cancel := context.WithTimeout(ctx, idleLimit)
		defer cancel()
		return nil, b.exec(asking, "SELECT 1")
	case waiting.Err() != nil: // interrupted
		return nil, nil
	}
	return nil, fmt.Errorf("pgbus: %w", err)
}
