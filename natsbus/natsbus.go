// Package natsbus is a chat.Bus on NATS, for processes that share a database and have a
// NATS server anyway:
//
//	conn, err := nats.Connect(url, nats.MaxReconnects(-1))
//	svc, err := chat.New(db, chat.Config{Bus: natsbus.New(conn, natsbus.Options{})})
//
// It uses plain NATS, without JetStream: what is published reaches those who listen at
// the time. The connection is the host's, which closes it after the service.
package natsbus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
)

// Options are the settings of a Bus.
type Options struct {
	// Subject is where it publishes, and listens, which all processes share that share a
	// database, and no others. Defaults to "chat".
	Subject string
}

// Bus is a chat.Bus. It may be shared.
type Bus struct {
	conn    *nats.Conn
	subject string
}

// New returns a bus on a connection to NATS.
func New(conn *nats.Conn, options Options) *Bus {
	if options.Subject == "" {
		options.Subject = "chat"
	}
	return &Bus{conn, options.Subject}
}

// Publish implements chat.Bus. While the connection is lost it fails, rather than keep
// what is soon of no interest.
func (b *Bus) Publish(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !b.conn.IsConnected() {
		return nats.ErrDisconnected
	}
	return b.conn.Publish(b.subject, data)
}

// Listen implements chat.Bus. It goes on when the connection was lost and is there again.
func (b *Bus) Listen(ctx context.Context, receive func(data []byte)) error {
	subscription, err := b.conn.SubscribeSync(b.subject)
	if err != nil {
		return err
	}
	defer func() { _ = subscription.Unsubscribe() }() // or the connection is closed, and nothing to end
	for {
		message, err := subscription.NextMsgWithContext(ctx)
		switch {
		case err == nil:
			receive(message.Data)
		case errors.Is(err, nats.ErrSlowConsumer): // some were lost, as they may
		default:
			return err
		}
	}
}
