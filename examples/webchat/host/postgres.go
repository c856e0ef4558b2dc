package host

import (
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// How long a connection to PostgreSQL may be silent before it is taken for dead. Without
// these limits a network that swallows everything is noticed after a quarter of an hour.
const (
	connectTimeout = 5 * time.Second
	sendTimeout    = 10 * time.Second // for the server's side to confirm what it was sent
	idleTime       = 5 * time.Minute  // of a connection in the pool
	lifeTime       = time.Hour
	connections    = 20
)

// openPostgres opens a pool whose connections do not stay dead for long.
func openPostgres(dsn string) (*gorm.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 3 * time.Second, Count: 3},
		Control:         limitUnconfirmed,
	}
	config.DialFunc = dialer.DialContext
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(idleTime)
	pool.SetConnMaxLifetime(lifeTime)
	return gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
}
