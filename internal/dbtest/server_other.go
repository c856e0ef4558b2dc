//go:build !linux && !darwin

package dbtest

import (
	"errors"
	"os"
	"testing"
)

// server is what a throwaway PostgreSQL server is elsewhere. Here there is none:
// PostgreSQL is tested on the server that CHAT_TEST_POSTGRES names.
type server struct{}

type durability int

const (
	volatile durability = iota
	durable
)

func startServer(string, durability, string) (*server, error) {
	return nil, errors.New("dbtest: a throwaway PostgreSQL server needs Linux or macOS; set " + Variable)
}

func (*server) dsn() string { return "" }
func (*server) run() error  { return nil }
func (*server) kill() error { return nil }
func (*server) stop() error { return nil }

// PgBouncerDSN skips the test, or fails it where the variable CI is set.
func PgBouncerDSN(t testing.TB, _ string) string {
	t.Helper()
	giveUp(t, os.Getenv("CI") != "", "PgBouncer is run on Linux and macOS alone")
	return ""
}
