//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dbtest"
)

// asCommand turns this test binary into the command.
const asCommand = "CHAT_WITHPOSTGRES_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// printDSN is a script that prints what the command runs it with.
const printDSN = `echo "$` + dbtest.Variable + `"; `

// start starts the command with a script that begins with printDSN, and returns its
// input and the DSN. Without PostgreSQL the test is skipped.
func start(t *testing.T, script string) (process *exec.Cmd, stdin io.Closer, dsn string) {
	t.Helper()
	process = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "sh", "-c", script)
	process.Env = append(os.Environ(), asCommand+"=1", dbtest.Variable+"=")
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // unless it has ended: the script, which a kill would leave behind, gets the signal too
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if dsn = strings.TrimSpace(line); dsn == "" {
		t.Skip("there is no PostgreSQL")
	}
	return process, stdin, dsn
}

func wantExitCode(t *testing.T, err error, want int) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		t.Errorf("it ended with %v, want the exit code %d", err, want)
	}
}

// reachable reports whether anything listens where the DSN says.
func reachable(t *testing.T, dsn string) bool {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.DialTimeout("tcp", address.Host, time.Second)
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

func TestCommandHasAServerAndItsExitCodeIsKept(t *testing.T) {
	t.Parallel()
	process, stdin, dsn := start(t, printDSN+"read -r _; exit 7")
	db := dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
	if err := db.Exec("SELECT 1").Error; err != nil {
		t.Error(err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	wantExitCode(t, process.Wait(), 7)
	if reachable(t, dsn) {
		t.Error("the server is still there")
	}
}

func TestSignalsReachTheCommand(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			process, _, dsn := start(t, "trap 'exit 3' INT TERM HUP; "+printDSN+"while :; do sleep 0.05; done")
			if err := process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			wantExitCode(t, process.Wait(), 3)
			if reachable(t, dsn) {
				t.Error("the server is still there")
			}
		})
	}
}

func TestServerEndsWithAKilledCommand(t *testing.T) {
	t.Parallel()
	process, _, dsn := start(t, printDSN+"exec sleep 1")
	if !reachable(t, dsn) {
		t.Error("there is no server")
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	for range 1000 {
		if !reachable(t, dsn) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("10 s later the server is still there")
}

func TestServerThatIsNamedIsUsed(t *testing.T) {
	t.Parallel()
	process := exec.CommandContext(t.Context(), os.Args[0], "sh", "-c", printDSN)
	process.Env = append(os.Environ(), asCommand+"=1", dbtest.Variable+"=postgres://somewhere/")
	output, err := process.Output()
	if err != nil || strings.TrimSpace(string(output)) != "postgres://somewhere/" {
		t.Errorf("the command was run with %q, %v", output, err)
	}
}

func TestCommandThatDoesNotStartIsAnError(t *testing.T) {
	t.Parallel()
	process := exec.CommandContext(t.Context(), os.Args[0], "/nowhere/at/all")
	process.Env = append(os.Environ(), asCommand+"=1", dbtest.Variable+"=postgres://somewhere/")
	output, err := process.CombinedOutput()
	if wantExitCode(t, err, 1); !strings.Contains(string(output), "/nowhere/at/all") {
		t.Errorf("it says %q", output)
	}
}
