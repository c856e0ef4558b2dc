package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql's driver "pgx"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// adminPool is small because copying is bound by the disk: more would only wait.
const adminPool = 4

// cluster makes and drops databases on one PostgreSQL server.
type cluster struct {
	dsn      string  // of the database that the others are made from
	admin    *sql.DB // connected to it
	prefix   string  // of the names of all databases made here
	strategy string  // how CREATE DATABASE copies
	count    atomic.Int64

	mu        sync.Mutex
	templates map[string]func() (string, error) // key to name
}

func newCluster(dsn string) (*cluster, error) {
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("dbtest: %w", err)
	}
	admin.SetMaxOpenConns(adminPool)
	admin.SetMaxIdleConns(adminPool)

	var version int
	if err := admin.QueryRow("SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("dbtest: connect to PostgreSQL: %w", err), admin.Close())
	}
	c := &cluster{
		dsn:       dsn,
		admin:     admin,
		prefix:    "chat_test_" + strings.ToLower(rand.Text()[:12]),
		templates: make(map[string]func() (string, error)),
	}
	if version >= 150000 {
		// Copying the files takes half the time of the newer way through the WAL,
		// and is all that older versions have.
		c.strategy = " STRATEGY file_copy"
	}
	return c, nil
}

// create makes a database from template and returns its name.
func (c *cluster) create(ctx context.Context, template Template) (string, error) {
	if err := template.validate(); err != nil {
		return "", err
	}
	if template.Prepare == nil {
		return c.copy(ctx, "template0") // template1 may have users, and then refuses to be copied
	}
	origin, err := c.origin(template)
	if err != nil {
		return "", err
	}
	return c.copy(ctx, origin)
}

func (c *cluster) copy(ctx context.Context, origin string) (string, error) {
	name := fmt.Sprintf("%s_%d", c.prefix, c.count.Add(1))
	_, err := c.admin.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+origin+c.strategy)
	if err != nil {
		return "", fmt.Errorf("dbtest: copy database %s: %w", origin, err)
	}
	return name, nil
}

func (c *cluster) drop(ctx context.Context, name string) error {
	if _, err := c.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("dbtest: drop database %s: %w", name, err)
	}
	return nil
}

// origin returns the name of the database that holds template, made when first
// asked for.
func (c *cluster) origin(template Template) (string, error) {
	c.mu.Lock()
	prepared, ok := c.templates[template.Key]
	if !ok {
		prepared = sync.OnceValues(func() (string, error) { return c.prepare(template) })
		c.templates[template.Key] = prepared
	}
	c.mu.Unlock()
	return prepared() // outside the lock: other templates need not wait for this one
}

// prepare outlives the test that asks first, so it does not take that test's context.
func (c *cluster) prepare(template Template) (string, error) {
	ctx := context.Background()
	name, err := c.copy(ctx, "template0")
	if err != nil {
		return "", err
	}
	db, err := connect(postgres.Open(withDatabase(c.dsn, name)), gorm.Config{}, postgresPool)
	if err == nil {
		// A database with connections cannot be copied, hence the disconnect.
		err = errors.Join(template.Prepare(ctx, db), disconnect(db))
	}
	if err != nil {
		err = fmt.Errorf("dbtest: prepare template %q: %w", template.Key, err)
		return "", errors.Join(err, c.drop(ctx, name))
	}
	return name, nil
}

// hangUp closes the idle connections, for a server about to go away. The next call
// opens new ones.
func (c *cluster) hangUp() {
	c.admin.SetMaxIdleConns(-1)
	c.admin.SetMaxIdleConns(adminPool)
}

// close drops the templates. On a throwaway server that takes a moment; on a
// named one it is what leaves nothing behind.
func (c *cluster) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, prepared := range c.templates {
		if name, err := prepared(); err == nil {
			errs = append(errs, c.drop(context.Background(), name))
		}
	}
	return errors.Join(append(errs, c.admin.Close())...)
}

// withDatabase returns dsn, a URL or a list of key=value, for another database.
func withDatabase(dsn, name string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " dbname=" + name // the last one counts
	}
	address, err := url.Parse(dsn)
	if err != nil {
		return dsn // connecting to it gives the better error
	}
	query := address.Query()
	query.Del("dbname") // it would overrule the path
	address.Path, address.RawQuery = "/"+name, encode(query)
	return address.String()
}

// encode encodes the parameters of a DSN, in which a plus is none of a space.
func encode(query url.Values) string { return strings.ReplaceAll(query.Encode(), "+", "%20") }
