package chattest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"gorm.io/gorm"
)

// openTransaction returns a handle of one connection of the host's, in a transaction that is
// rolled back when the test ends.
func openTransaction(t testing.TB, options Options) *gorm.DB {
	t.Helper()
	_, committer := options.DB.Statement.ConnPool.(gorm.TxCommitter)
	switch {
	case options.GORM != nil:
		t.Fatalf("chattest: Options.GORM is for the database in memory: Options.DB has a config of its own")
	case committer:
		t.Fatalf("chattest: Options.DB is a transaction: hand over the handle that it was begun on")
	case options.DB.Callback().Query().Get("gorm:db_resolver") != nil:
		t.Fatalf("chattest: Options.DB has dbresolver, which would send statements past the transaction: open a handle without it")
	}
	host, err := options.DB.DB()
	if err != nil {
		t.Fatalf("chattest: Options.DB: %v", err)
	}
	c := &connector{driver: host.Driver(), postgres: options.DB.Name() == "postgres"}
	if err := c.begin(t, host); err != nil {
		t.Fatalf("chattest: begin the test's transaction: %v", err)
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = pool.Close() })
	db := options.DB.Session(&gorm.Session{NewDB: true, Context: context.Background()})
	db.Error = nil
	db.Config.ConnPool, db.Statement.ConnPool = pool, pool
	return db
}

// connector hands out one connection, again and again.
type connector struct {
	driver   driver.Driver
	postgres bool
	conn     driver.Conn // of the host's pool, in a transaction
}

func (c *connector) Driver() driver.Driver { return c.driver }

func (c *connector) Connect(context.Context) (driver.Conn, error) {
	return &savepointConn{Conn: c.conn, postgres: c.postgres}, nil
}

// begin takes a connection out of the host's pool for as long as the test runs, and begins
// a transaction on it.
func (c *connector) begin(t testing.TB, host *sql.DB) error {
	ctx := context.Background()
	taken, err := host.Conn(ctx)
	if err != nil {
		return err
	}
	found, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = taken.Raw(func(conn any) error {
			c.conn, _ = conn.(driver.Conn)
			close(found)
			<-done
			return nil
		})
		_ = taken.Close()
	}()
	<-found
	statement := "BEGIN"
	if !c.postgres {
		statement = "BEGIN IMMEDIATE"
	}
	err = run(ctx, c.conn, statement)
	t.Cleanup(func() {
		if err == nil {
			if err := run(ctx, c.conn, "ROLLBACK"); err != nil && !errors.Is(err, driver.ErrBadConn) {
				t.Errorf("chattest: roll the test's transaction back: %v", err)
			}
		}
		close(done)
		<-ended
	})
	return err
}

// run runs a statement without parameters.
func run(ctx context.Context, conn driver.Conn, statement string) error {
	execer, is := conn.(driver.ExecerContext)
	if !is {
		return errors.New("the driver runs no statements without preparing them")
	}
	_, err := execer.ExecContext(ctx, statement, nil)
	return err
}

// savepointConn is a connection in a transaction of the test's. The transactions on it are
// savepoints, and each statement outside of them has one too: after an error PostgreSQL
// would refuse all that follows.
type savepointConn struct {
	driver.Conn
	postgres bool
	inTx     bool
	kept     bool // the savepoint of a statement whose rows may still be read
}

const (
	txSavepoint        = "chattest_transaction"
	statementSavepoint = "chattest_statement"
)

func (c *savepointConn) run(statement string) error {
	return run(context.Background(), c.Conn, statement)
}

// guarded runs a statement and takes back what an error leaves.
func (c *savepointConn) guarded(statement func() error) error {
	if c.inTx {
		return statement()
	}
	if err := c.mark(statementSavepoint); err != nil {
		return err
	}
	err := statement()
	if err == nil {
		c.kept = true
		return nil
	}
	if fault := c.undo(statementSavepoint); fault != nil {
		return errors.Join(err, fault)
	}
	return err // as it is: database/sql compares it
}

// mark sets a savepoint, and drops the one of the statement before.
func (c *savepointConn) mark(name string) error {
	if c.kept {
		c.kept = false
		if err := c.run("RELEASE SAVEPOINT " + statementSavepoint); err != nil {
			return err
		}
	}
	return c.run("SAVEPOINT " + name)
}

func (c *savepointConn) undo(name string) error {
	if err := c.run("ROLLBACK TO SAVEPOINT " + name); err != nil {
		return err
	}
	return c.run("RELEASE SAVEPOINT " + name)
}

// BeginTx sets a savepoint. The isolation is that of the test's transaction.
func (c *savepointConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if err := c.mark(txSavepoint); err != nil {
		return nil, err
	}
	c.inTx = true
	return savepointTx{c}, nil
}

// savepointTx is a transaction of the host's or the service's.
type savepointTx struct{ *savepointConn }

// Commit checks on PostgreSQL what a commit would check.
func (tx savepointTx) Commit() error {
	tx.inTx = false
	if tx.postgres {
		if err := tx.checkConstraints(); err != nil {
			return errors.Join(err, tx.undo(txSavepoint))
		}
	}
	return tx.run("RELEASE SAVEPOINT " + txSavepoint)
}

// checkConstraints checks the deferred ones, and leaves them as they are set.
func (tx savepointTx) checkConstraints() error {
	if err := tx.run("SAVEPOINT " + statementSavepoint); err != nil {
		return err
	}
	err := tx.run("SET CONSTRAINTS ALL IMMEDIATE")
	return errors.Join(err, tx.undo(statementSavepoint))
}

func (tx savepointTx) Rollback() error {
	tx.inTx = false
	return tx.undo(txSavepoint)
}

// Close leaves the connection to the test's end.
func (c *savepointConn) Close() error { return nil }

// ResetSession keeps the session as it is.
func (c *savepointConn) ResetSession(context.Context) error { return nil }

func (c *savepointConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	execer, is := c.Conn.(driver.ExecerContext)
	if !is {
		return nil, driver.ErrSkip
	}
	err = c.guarded(func() error {
		result, err = execer.ExecContext(ctx, query, args)
		return err
	})
	return result, err
}

func (c *savepointConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	queryer, is := c.Conn.(driver.QueryerContext)
	if !is {
		return nil, driver.ErrSkip
	}
	err = c.guarded(func() error {
		rows, err = queryer.QueryContext(ctx, query, args)
		return err
	})
	return rows, err
}

func (c *savepointConn) PrepareContext(ctx context.Context, query string) (stmt driver.Stmt, err error) {
	preparer, is := c.Conn.(driver.ConnPrepareContext)
	err = c.guarded(func() error {
		if is {
			stmt, err = preparer.PrepareContext(ctx, query)
		} else {
			stmt, err = c.Prepare(query)
		}
		return err
	})
	return stmt, err
}

// CheckNamedValue converts parameters as the driver does.
func (c *savepointConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, is := c.Conn.(driver.NamedValueChecker); is {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}
