package pgbus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/pgbus"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(dbtest.M{M: m}, goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"))
}

func open(t *testing.T, dsn string, options pgbus.Options) *pgbus.Bus {
	t.Helper()
	bus, err := pgbus.New(dsn, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return bus
}

func TestBus(t *testing.T) {
	for _, channel := range []string{"", `a "quoted" Name; --`} {
		t.Run("channel="+channel, func(t *testing.T) {
			bustest.Run(t, func(t *testing.T) func() chat.Bus {
				dsn := dbtest.PostgresDSN(t, dbtest.Template{})
				return func() chat.Bus { return open(t, dsn, pgbus.Options{Channel: channel}) }
			})
		})
	}
}

// query asks the server over a connection of its own.
func query[T any](t *testing.T, dsn, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

const others = " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

func TestOneConnection(t *testing.T) {
	dsn := dbtest.PostgresDSN(t, dbtest.Template{})
	bus := open(t, dsn, pgbus.Options{})
	if n := query[int](t, dsn, "SELECT count(*)"+others); n != 0 {
		t.Errorf("%d connections before the first use", n)
	}
	ctx, stop := context.WithCancel(t.Context())
	received, ended := make(chan string, 100), make(chan error, 1)
	go func() { ended <- bus.Listen(ctx, func(data []byte) { received <- string(data) }) }()
	for range 20 {
		if err := bus.Publish(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if n := query[int](t, dsn, "SELECT count(*)"+others); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if err := bus.Listen(t.Context(), func([]byte) {}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second Listen returns %v", err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Listen returns %v", err)
	}
}

// A connection that was lost ends Listen, and Publish goes on with another.
func TestLostConnection(t *testing.T) {
	dsn := dbtest.PostgresDSN(t, dbtest.Template{})
	bus := open(t, dsn, pgbus.Options{})
	for range 3 {
		ended, received := make(chan error, 1), make(chan string, 100)
		go func() { ended <- bus.Listen(t.Context(), func(data []byte) { received <- string(data) }) }()
		for got := false; !got; {
			if err := bus.Publish(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
			select {
			case <-received:
				got = true
			case <-time.After(20 * time.Millisecond):
			}
		}
		query[bool](t, dsn, "SELECT bool_and(pg_terminate_backend(pid))"+others)
		if err := <-ended; err == nil {
			t.Error("Listen returns nil when its connection was lost")
		}
		if err := bus.Publish(t.Context(), []byte("x")); err != nil {
			t.Errorf("Publish after the connection was lost: %v", err)
		}
		query[bool](t, dsn, "SELECT bool_and(pg_terminate_backend(pid))"+others)
		if err := bus.Publish(t.Context(), []byte("x")); err != nil {
			t.Errorf("Publish on a connection that was lost: %v", err)
		}
	}
}

func TestClose(t *testing.T) {
	dsn := dbtest.PostgresDSN(t, dbtest.Template{})
	bus := open(t, dsn, pgbus.Options{})
	ended := make(chan error, 1)
	go func() { ended <- bus.Listen(t.Context(), func([]byte) {}) }()
	if err := bus.Publish(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := bus.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("Listen returns nil when the bus was closed")
	}
	if err := bus.Publish(t.Context(), []byte("x")); err == nil {
		t.Error("Publish succeeds when the bus was closed")
	}
}

func TestRefused(t *testing.T) {
	if _, err := pgbus.New("postgres://%zz", pgbus.Options{}); err == nil {
		t.Error("a DSN that is none is accepted")
	}
	if _, err := pgbus.New("", pgbus.Options{Channel: strings.Repeat("x", 64)}); err == nil {
		t.Error("a long name is accepted")
	}
	bus := open(t, "postgres://127.0.0.1:1/none?connect_timeout=1", pgbus.Options{})
	if err := bus.Publish(t.Context(), []byte("x")); err == nil {
		t.Error("Publish succeeds without a server")
	}
	if err := bus.Publish(t.Context(), make([]byte, 4097)); err == nil {
		t.Error("4097 bytes are accepted")
	}
	if err := bus.Listen(t.Context(), func([]byte) {}); err == nil {
		t.Error("Listen returns nil without a server")
	}
}
