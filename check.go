package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-df/chat/internal/dialect"
)

// Check reports what keeps the service from working, for a health endpoint and for the start
// of the host's program: whether the database can be reached, has the tables of this version,
// made for this config, and enforces foreign keys, and whether Config.Media, where it is set,
// stores a small object, yields it and deletes it again. It changes nothing in the database.
//
// It has no actor, as the host's jobs have none. Inside InTx and WithTx it looks through that
// transaction. Of several faults all are returned, joined. They may name tables, hosts and
// files: log them, and show no more than that there are any.
//
// Errors: ErrSchema, ErrUnavailable, ErrMediaStore, ErrNoSpace, ErrClosed.
func (s *Service) Check(ctx context.Context) error {
	switch {
	case s.state.closed.Load():
		return ErrClosed
	case s.tx != nil && s.tx.broken != nil:
		return s.tx.broken
	}
	return errors.Join(s.checkDatabase(ctx), s.checkMediaStore(ctx))
}

// checkDatabase asks anew what the first operation asked.
func (s *Service) checkDatabase(ctx context.Context) error {
	c := s.newConn(ctx, s.db)
	_, err := c.checkTables()
	if err == nil {
		err = c.checkUsersTable()
	}
	return databaseError(ctx, s.dialect, err)
}

// checkUsersTable returns ErrSchema if the table that foreign keys refer to is missing, which
// SQLite lets happen.
func (c *conn) checkUsersTable() error {
	if c.dialect != dialect.SQLite || c.config.UsersTable == "" {
		return nil
	}
	found, err := queryOne(c, scanValue[int], "SELECT count(*) FROM pragma_table_info(?) WHERE name = 'id'", c.config.UsersTable)
	if err == nil && *found == 0 {
		err = fmt.Errorf("%w: there is no table %q with a column id, to which the chat's tables refer", ErrSchema, c.config.UsersTable)
	}
	return err
}

// checkMediaStore stores an object under a key of its own.
func (s *Service) checkMediaStore(ctx context.Context) error {
	if s.config.Media == nil {
		return nil
	}
	key, content := newKey(), []byte("chat: check")
	if err := s.putObject(ctx, key, bytes.NewReader(content)); err != nil {
		return err
	}
	err := s.checkObject(ctx, key, content)
	return errors.Join(err, s.deleteObject(context.WithoutCancel(ctx), key))
}

func (s *Service) checkObject(ctx context.Context, key string, content []byte) (err error) {
	stored, err := s.openObject(ctx, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stored.Close()) }()
	got, err := io.ReadAll(stored)
	switch {
	case err != nil:
		return mediaStoreError("read", err)
	case !bytes.Equal(got, content):
		return mediaStoreError("read", errors.New("it yields other bytes than were stored"))
	}
	return nil
}
