package chat

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/schema"
)

// call is what one operation works with: its connection or transaction, its
// actor, and its one clock reading.
type call struct {
	*Service
	conn  *gorm.DB // carries the context
	ctx   context.Context
	actor principal
	now   time.Time
}

func (s *Service) newCall(ctx context.Context, conn *gorm.DB, w principal) *call {
	return &call{Service: s, conn: conn.WithContext(ctx), ctx: ctx, actor: w, now: s.now()}
}

const (
	writeTries = 5
	retryPause = 5 * time.Millisecond
)

// write runs fn in one transaction: the host's, when the service is bound to one,
// or else its own.
func (s *Service) write(ctx context.Context, actor Actor, fn func(*call) error) error {
	w, err := s.principalOf(actor)
	if err != nil {
		return err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	if s.tx != nil {
		return s.attempt(ctx, s.db, w, fn)
	}
	return s.transact(ctx, w, fn)
}

// transact runs fn in a transaction of its own, tried again when the database gave
// it up. Listeners are woken after the commit, never before.
func (s *Service) transact(ctx context.Context, w principal, fn func(*call) error) error {
	for try := 1; ; try++ {
		err := s.transaction(ctx, s.db.WithContext(ctx), func(tx *gorm.DB) error {
			return s.attempt(ctx, tx, w, fn)
		})
		if err == nil {
			s.state.commits.announce()
			return nil
		}
		err = s.dialect.databaseError(err)
		var again *retryableError
		if !errors.As(err, &again) || again.patient || try == writeTries {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// transaction runs fn in one transaction, once. Where the pool, when it is exhausted,
// gives out nothing but connections that were closed, nothing has begun, and it is
// asked again.
func (s *Service) transaction(ctx context.Context, handle *gorm.DB, fn func(tx *gorm.DB) error) error {
	for try := 1; ; try++ {
		begun := false
		err := handle.Transaction(func(tx *gorm.DB) error {
			begun = true
			return fn(tx)
		}, s.dialect.txOptions())
		if begun || !errors.Is(err, driver.ErrBadConn) || try == writeTries {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

func (s *Service) attempt(ctx context.Context, tx *gorm.DB, w principal, fn func(*call) error) error {
	c := s.newCall(ctx, tx, w)
	if s.dialect == sqlite {
		if err := c.claimSQLite(); err != nil {
			return s.dialect.databaseError(err)
		}
	}
	return s.dialect.databaseError(fn(c))
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

// read runs fn without a transaction of its own: each statement sees what is
// committed when it starts.
func (s *Service) read(ctx context.Context, actor Actor, fn func(*call) error) error {
	w, err := s.principalOf(actor)
	if err != nil {
		return err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	return s.dialect.databaseError(fn(s.newCall(ctx, s.db, w)))
}

// result is value, or nil beside an error.
func result[T any](value *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return value, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *call) exec(query string, args ...any) (int64, error) {
	result := c.conn.Exec(query, args...)
	return result.RowsAffected, result.Error
}

// row is a *sql.Rows on one of its rows.
type row interface{ Scan(dest ...any) error }

// all runs a query and reads its rows to the end, so that the connection is free
// for the next statement.
func all[T any](c *call, scan func(row) (T, error), query string, args ...any) (items []T, err error) {
	rows, err := c.conn.Raw(query, args...).Rows()
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

// one returns the first row of a query, or nil when there is none.
func one[T any](c *call, scan func(row) (T, error), query string, args ...any) (*T, error) {
	items, err := all(c, scan, query, args...)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

func scanValue[T any](r row) (value T, err error) {
	err = r.Scan(&value)
	return value, err
}

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

// records renders a FROM item whose rows are the objects of the JSON array bound
// to its one parameter, so that a statement over n rows reads the same for every
// n. Each column is "name type", with the type "user" for user ids.
func (c *call) records(columns ...string) string {
	if c.dialect == sqlite {
		picks := make([]string, len(columns))
		for i, column := range columns {
			name, _, _ := strings.Cut(column, " ")
			picks[i] = "value->>'$." + name + "' AS " + name
		}
		return "(SELECT " + strings.Join(picks, ", ") + " FROM json_each(?)) AS j"
	}
	typed := make([]string, len(columns))
	for i, column := range columns {
		name, kind, _ := strings.Cut(column, " ")
		if kind == "user" {
			kind = c.config.UserIDs.ColumnType(string(c.dialect))
		}
		typed[i] = name + " " + kind
	}
	// A limit that the planner cannot see makes it expect 10 rows in place of 100, for
	// which it would rather read a table of some thousand rows from end to end.
	return "(SELECT * FROM json_to_recordset(CAST(? AS json)) AS x(" + strings.Join(typed, ", ") +
		") LIMIT (SELECT 1000000000)) AS j"
}

// object is a row for records.
type object map[string]any

// jsonArray binds rows for records.
func jsonArray[T any](items []T) string {
	encoded, err := json.Marshal(items)
	if err != nil {
		panic("chat: rows for the database do not encode: " + err.Error())
	}
	return string(encoded)
}

// among renders the condition that a uuid is one of those in the JSON array bound to
// its one parameter.
func (c *call) among() string {
	if c.dialect == sqlite {
		return "IN (SELECT value FROM json_each(?))"
	}
	// An array, because the planner takes the length of a set of rows for 100, for
	// which it would rather read a table of some thousand rows from end to end.
	return "= ANY (ARRAY(SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST(? AS json))))"
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// commits wakes those who wait for new events.
type commits struct {
	mu   sync.Mutex
	next chan struct{}
}

// wait returns a channel that is closed by the next commit.
func (c *commits) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

func (c *commits) announce() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// castUser renders a parameter as a user id where its column does not say so, to be
// compared as the column compares.
func (c *call) castUser() string {
	kind := c.config.UserIDs.ColumnType(string(c.dialect))
	return "CAST(? AS " + kind + ")" + schema.Collation(string(c.dialect), kind)
}
