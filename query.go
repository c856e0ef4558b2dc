package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dialect"
)

// statement is a statement of GORM's, whose text is written at once: GORM would build it byte
// by byte. It passes the callbacks and the logger of the host's handle all the same.
func (c *conn) statement(query string, args []any) *gorm.DB {
	tx := newSession(c.ctx, c.db)
	tx.Statement.SQL.WriteString(c.dialect.Placeholders(query))
	bindIDs(args)
	tx.Statement.Vars = args
	return tx
}

// bindIDs binds ids as text, as which the databases read them: pgx tries a driver.Valuer in
// several formats first, which takes it longer than all else of a call.
func bindIDs(args []any) {
	for i, arg := range args {
		switch id := arg.(type) {
		case UserID:
			args[i] = string(id)
		case *UserID:
			args[i] = nil
			if id != nil {
				args[i] = string(*id)
			}
		case uuid.UUID:
			args[i] = id.String()
		case *uuid.UUID:
			args[i] = nil
			if id != nil {
				args[i] = id.String()
			}
		}
	}
}

// exec runs a statement and returns how many rows it changed. Without a lock it leaves it to
// writePending, and returns 0: the statement must end in a condition then.
func (c *conn) exec(query string, args ...any) (int64, error) {
	if c.pending != nil {
		c.pending.add(query, args)
		return 0, nil
	}
	result := c.statement(query, args)
	result = result.Callback().Raw().Execute(result)
	return result.RowsAffected, result.Error
}

// row is a *sql.Rows on one of its rows.
type row interface{ Scan(dest ...any) error }

// queryEach runs a query and gives its rows to fn until it wants no more. The connection is
// free for the next statement after it.
func (c *conn) queryEach(fn func(row) (more bool, err error), query string, args ...any) (err error) {
	statement := c.statement(c.dialect.Stable(query), args)
	defer func() { // also where a callback of the host's has failed, or panics, with the rows open
		if open, _ := statement.Statement.Dest.(*sql.Rows); open != nil {
			if closeErr := open.Close(); err == nil {
				err = closeErr
			}
		}
	}()
	rows, err := statement.Rows() //nolint:sqlclosecheck // they are closed above
	if err != nil {
		return err
	}
	for more := true; more && rows.Next(); {
		if more, err = fn(rows); err != nil {
			return fmt.Errorf("chat: read a row: %w", err)
		}
	}
	return rows.Err()
}

// queryAll runs a query and returns all of its rows.
func queryAll[T any](c *conn, scan func(row) (T, error), query string, args ...any) (items []T, err error) {
	err = c.queryEach(func(rows row) (bool, error) {
		item, err := scan(rows)
		items = append(items, item)
		return true, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return items, nil
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

// rows is unnest or, of one row, what takes less.
func (c *conn) rows(one bool, name string, columns ...string) string {
	if one {
		return dialect.OneRow(c.userColumn(), name, columns...)
	}
	return c.unnest(name, columns...)
}

// text is a statement that reads the same whenever it is run with a Service, rendered once
// for each key.
func (c *conn) text(key any, render func() string) string {
	if known, ok := c.texts.Load(key); ok {
		return known.(string)
	}
	text := render()
	c.texts.Store(key, text)
	return text
}

func (c *conn) castUser() string { return c.dialect.CastUser(c.userColumn()) }

// onePlanUser renders dialect.OnePlan of a user id, to be compared as the column compares.
func (c *conn) onePlanUser() string {
	return c.dialect.OnePlan(c.userColumn()) + c.dialect.Collation(c.userColumn())
}

func (c *conn) userColumn() string { return c.config.UserIDs.ColumnType(string(c.dialect)) }

// utc scans a time that a driver gives as such or, where SQLite knows no column
// type, as text.
type utc struct{ dest **time.Time }

func scanTime(dest **time.Time) sql.Scanner { return utc{dest} }

// Scan reads a time, or NULL.
func (u utc) Scan(src any) error {
	*u.dest = nil
	if src == nil {
		return nil
	}
	t, err := timeOf(src)
	if err == nil {
		*u.dest = &t
	}
	return err
}

func timeOf(src any) (time.Time, error) {
	switch v := src.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		return dialect.ParseTime(v)
	case []byte:
		return dialect.ParseTime(v)
	}
	return time.Time{}, fmt.Errorf("chat: cannot read a time from %T", src)
}

// scanRequiredTime is scanTime for columns that are never NULL.
func scanRequiredTime(dest *time.Time) sql.Scanner { return requiredTime{dest} }

type requiredTime struct{ dest *time.Time }

// Scan reads a time, and of NULL, which an outer join makes, nothing.
func (r requiredTime) Scan(src any) (err error) {
	if src != nil {
		*r.dest, err = timeOf(src)
	}
	return err
}

// inSnapshot runs fn on what the database is at one moment, without locks.
func (s *Service) inSnapshot(ctx context.Context, fn func(*conn) error) error {
	if s.tx != nil { // what a host's transaction sees is its own to decide
		return databaseError(ctx, s.dialect, fn(s.newConn(ctx, s.db)))
	}
	db := onPrimary(newSession(ctx, s.db))
	read := func(tx *gorm.DB) error { return fn(s.newConn(ctx, tx)) }
	if s.dialect == dialect.Postgres {
		return databaseError(ctx, s.dialect, db.Transaction(read, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}))
	}
	if _, err := db.DB(); err != nil { // a pool of the host's that has none, or one connection
		return databaseError(ctx, s.dialect, db.Transaction(read, &sql.TxOptions{ReadOnly: true}))
	}
	// The drivers' own transactions take the write lock where their DSN says so.
	return databaseError(ctx, s.dialect, db.Connection(func(session *gorm.DB) (err error) {
		tx := connTx{session.Statement.ConnPool.(*sql.Conn)}
		if err := tx.run("BEGIN"); err != nil {
			return err
		}
		defer func() {
			if endErr := tx.Rollback(); endErr != nil { // nothing was written
				err = errors.Join(err, endErr)
			}
		}()
		session.Statement.ConnPool = tx
		return read(session)
	}))
}

// connTx is a connection with a transaction that a statement began. GORM's plugins know it by
// its methods as a transaction, whose statements they leave on its connection.
type connTx struct{ *sql.Conn }

// Commit ends the transaction.
func (tx connTx) Commit() error { return tx.run("COMMIT") }

// Rollback ends the transaction without what it wrote.
func (tx connTx) Rollback() error { return tx.run("ROLLBACK") }

// run passes neither callbacks of the host's nor an end of the caller's context: with an error
// of theirs beside a BEGIN that was done, the pool would get its connection back in a transaction.
func (tx connTx) run(statement string) error {
	_, err := tx.ExecContext(context.Background(), statement)
	return err
}
