//go:build linux || darwin

package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// maxConnections is enough for a dozen packages that test in parallel, with several
// pools each.
const maxConnections = 1000

// serverTimeout is how long a server may take to start, recover or stop.
const serverTimeout = time.Minute

// server is a throwaway PostgreSQL server. Its folder holds its data and its
// log, and goes with it unless it is kept; its user is an unprivileged one when the tests run as root, whom
// PostgreSQL refuses.
type server struct {
	binaries   string
	folder     string
	kept       bool
	durability durability
	credential *syscall.Credential // nil for the user who runs the tests
	watchdog   *exec.Cmd
	leash      io.WriteCloser // the watchdog's input; nil before it has started

	port    int
	process *os.Process // nil while the server does not run
	exited  chan struct{}
}

// durability says what a server does for the day of a crash: a value for its
// settings fsync, full_page_writes and synchronous_commit.
type durability string

const (
	volatile durability = "off"
	durable  durability = "on"
)

// startServer starts a server in a folder of its own or, where kept names one, in that.
func startServer(binaries string, durability durability, kept string) (*server, error) {
	s := &server{binaries: binaries, durability: durability, folder: kept, kept: kept != ""}
	for _, step := range []func() error{s.makeFolder, s.startWatchdog, s.initialize, s.runOnFreePort} {
		if err := step(); err != nil {
			return nil, errors.Join(fmt.Errorf("dbtest: start PostgreSQL: %w", err), s.stop())
		}
	}
	return s, nil
}

func (s *server) dsn() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

// memory is where Linux keeps files in memory. A database is some three hundred
// files, which some disks' file systems take ten times as long to copy.
const memory = "/dev/shm"

// spacious reports whether the file system of folder is there and has 4 GiB left,
// which a container's /dev/shm often has not.
func spacious(folder string) bool {
	var system syscall.Statfs_t
	err := syscall.Statfs(folder, &system)
	return err == nil && system.Bavail*uint64(system.Bsize) >= 4<<30
}

// placeFolder returns the path of the folder as the server will report it.
func (s *server) placeFolder() (string, error) {
	if s.kept {
		if err := os.MkdirAll(s.folder, 0o700); err != nil {
			return "", err
		}
		return filepath.EvalSymlinks(s.folder)
	}
	temporary := os.TempDir()
	if s.durability == volatile && os.Getenv("TMPDIR") == "" && spacious(memory) {
		temporary = memory
	}
	temporary, err := filepath.EvalSymlinks(temporary)
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(temporary, "chat-postgres-")
}

func (s *server) makeFolder() (err error) {
	if s.folder, err = s.placeFolder(); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	if s.credential, err = unprivileged(); err != nil {
		return err
	}
	return os.Chown(s.folder, int(s.credential.Uid), int(s.credential.Gid))
}

func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is neither a user postgres nor nobody")
}

// command prepares a program that runs as the server's user, in its folder, and
// in a session of its own: a Ctrl-C is for the tests, whose end the watchdog sees.
func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential, Setsid: true}
	return cmd
}

// watch is the watchdog's program. It reads a line whenever the server starts,
// its pid, or has ended, an empty one. The input ends when the test process does,
// be it by kill -9; then the server is stopped and the folder that it was told removed.
const watch = `
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
	kill -QUIT "$pid"
	tries=0
	while kill -0 "$pid" && [ "$tries" -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
fi
[ -z "$1" ] || rm -rf "$1"
`

func (s *server) startWatchdog() error {
	remove := s.folder
	if s.kept {
		remove = ""
	}
	s.watchdog = s.command("/bin/sh", "-c", watch, "watchdog", remove)
	leash, err := s.watchdog.StdinPipe()
	if err != nil {
		return err
	}
	if err := s.watchdog.Start(); err != nil {
		return err
	}
	s.leash = leash
	return nil
}

// initialize makes the data folder. Text sorts linguistically there, as it does
// on most hosts' databases, so that SQL which relies on byte order without saying
// so fails a test. Builds of PostgreSQL without ICU get the plain order. A folder that was kept
// is as it is.
func (s *server) initialize() error {
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err == nil {
		return nil
	}
	base := []string{"-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"}
	linguistic := append(base[:len(base):len(base)], "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
	initdb := filepath.Join(s.binaries, "initdb")
	if s.command(initdb, linguistic...).Run() == nil {
		return nil
	}
	output, err := s.command(initdb, append(base, "--locale=C")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

// runOnFreePort tries again, since others may take the port before the server does.
func (s *server) runOnFreePort() (err error) {
	for range 5 {
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
		s.port = listener.Addr().(*net.TCPAddr).Port
		if err = listener.Close(); err != nil {
			return err
		}
		if err = s.run(); err == nil {
			return nil
		}
		err = errors.Join(err, s.kill())
	}
	return err
}

// run starts the server and returns when it accepts connections.
func (s *server) run() error {
	log, err := os.OpenFile(filepath.Join(s.folder, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own handle of it

	cmd := s.command(filepath.Join(s.binaries, "postgres"),
		"-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections="+strconv.Itoa(maxConnections), "-c", "log_checkpoints=off",
		"-c", "fsync="+string(s.durability), "-c", "full_page_writes="+string(s.durability),
		"-c", "synchronous_commit="+string(s.durability),
	)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.process, s.exited = cmd.Process, exited
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(exited)
	}()
	if _, err := fmt.Fprintln(s.leash, s.process.Pid); err != nil {
		return err
	}
	return s.awaitAnswer()
}

func (s *server) awaitAnswer() error {
	db, err := sql.Open("pgx", s.dsn())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), serverTimeout)
	defer cancel()
	for {
		var folder string
		err := db.QueryRowContext(ctx, "SHOW data_directory").Scan(&folder)
		if err == nil && folder != s.data() {
			return fmt.Errorf("port %d belongs to the server of %s", s.port, folder)
		}
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended: %s", s.log())
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w\n%s", serverTimeout, err, s.log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *server) log() []byte {
	content, err := os.ReadFile(filepath.Join(s.folder, "server.log"))
	if err != nil {
		return []byte(err.Error())
	}
	return content
}

// kill ends the server as a crash does: no checkpoint, no goodbye.
func (s *server) kill() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.exited:
	case <-time.After(serverTimeout):
		return fmt.Errorf("dbtest: the PostgreSQL server %d does not end", s.process.Pid)
	}
	s.process = nil
	_, err := fmt.Fprintln(s.leash)
	return err
}

// stop ends the server and then the watchdog, which removes the folder.
func (s *server) stop() error {
	err := s.kill()
	if s.leash == nil && !s.kept {
		return errors.Join(err, os.RemoveAll(s.folder))
	}
	if s.leash == nil {
		return err
	}
	return errors.Join(err, s.leash.Close(), s.watchdog.Wait())
}
