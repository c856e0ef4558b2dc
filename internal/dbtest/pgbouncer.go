//go:build linux || darwin

package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgBouncerServers is how many connections of the server a pool of PgBouncer's has: few,
// so that clients take each other's.
const pgBouncerServers = 3

// PgBouncerDSN starts a PgBouncer in transaction mode before a database of
// [PostgresDSN]'s, and returns the DSN of the way through it. It ends with the test, or
// with this process. Where there is no PgBouncer the test is skipped, or fails when the
// variable CI is set.
func PgBouncerDSN(t testing.TB, dsn string) string {
	t.Helper()
	program := pgBouncerPath(t)
	server, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	for try := 1; ; try++ { // others may take the port before it does
		through, err := startPgBouncer(t, program, server)
		if err == nil {
			return through
		}
		if try == 5 {
			t.Fatalf("dbtest: start PgBouncer: %v", err)
		}
	}
}

func pgBouncerPath(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // no PATH of users' has the latter
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	giveUp(t, os.Getenv("CI") != "", "no pgbouncer on PATH or in /usr/sbin")
	return ""
}

// attend is the program of the shell that runs PgBouncer. Its input ends when the test
// does, or the test process by any means; then PgBouncer is stopped.
const attend = `"$1" "$2" & pid=$!; read -r _; kill -TERM "$pid"; wait "$pid"`

func startPgBouncer(t testing.TB, program string, server *pgx.ConnConfig) (dsn string, err error) {
	t.Helper()
	folder, err := os.MkdirTemp("", "chat-pgbouncer-") //nolint:usetesting // the folders that it makes are closed to others
	if err != nil {
		return "", err
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	port, err := freePort()
	if err != nil {
		return "", err
	}
	shell := exec.Command("/bin/sh", "-c", attend, "attend", program, filepath.Join(folder, "pgbouncer.ini"))
	shell.Dir = folder
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() == 0 { // as whom PgBouncer refuses to run
		if shell.SysProcAttr.Credential, err = unprivileged(); err != nil {
			return "", err
		}
	}
	if err := writePgBouncerConfig(folder, port, server, shell.SysProcAttr.Credential); err != nil {
		return "", err
	}
	leash, err := shell.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := shell.Start(); err != nil {
		return "", err
	}
	t.Cleanup(func() {
		_ = leash.Close()
		_ = shell.Wait() // how it ended is of no interest
	})
	dsn = fmt.Sprintf("postgres://anyone@127.0.0.1:%d/%s?sslmode=disable&default_query_exec_mode=exec", port, server.Database)
	return dsn, awaitPgBouncer(dsn, filepath.Join(folder, "log"))
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// writePgBouncerConfig writes the settings into a folder that is then PgBouncer's own.
func writePgBouncerConfig(folder string, port int, server *pgx.ConnConfig, owner *syscall.Credential) error {
	login := "host=" + server.Host + " port=" + strconv.Itoa(int(server.Port)) + " user=" + server.User
	if server.Password != "" {
		login += " password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	path := filepath.Join(folder, "pgbouncer.ini")
	err := os.WriteFile(path, fmt.Appendf(nil, `[databases]
* = %s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = %d
max_client_conn = 500
logfile = %s
`, login, port, pgBouncerServers, filepath.Join(folder, "log")), 0o600)
	if err != nil || owner == nil {
		return err
	}
	for _, own := range []string{folder, path} {
		if err := os.Chown(own, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}

func awaitPgBouncer(dsn, log string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			content, _ := os.ReadFile(log)
			return fmt.Errorf("no answer: %w\n%s", err, content)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
