// Command withpostgres runs a command with one throwaway PostgreSQL server, which it
// names in CHAT_TEST_POSTGRES, so that the packages of a go test share it:
//
//	go run ./internal/dbtest/withpostgres go test ./...
//
// It exits as the command does. Where the variable is set already, or where there are
// no PostgreSQL binaries, it only runs the command.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/go-df/chat/internal/dbtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres command [argument ...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the exit code of the command. An error is of the server, or of a command
// that did not start.
func run(name string, args ...string) (code int, err error) {
	signals := make(chan os.Signal, 8) // before the server starts, which a signal must not leave behind
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	command := exec.Command(name, args...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(dbtest.Variable) == "" {
		dsn, stop, noServer := dbtest.Serve()
		if noServer != nil {
			return 1, noServer
		}
		defer func() { err = errors.Join(err, stop()) }()
		if dsn != "" {
			command.Env = append(os.Environ(), dbtest.Variable+"="+dsn)
		}
	}
	if err := command.Start(); err != nil {
		return 1, err
	}
	return wait(command, signals)
}

// wait passes signals on to the command until it ends.
func wait(command *exec.Cmd, signals <-chan os.Signal) (code int, err error) {
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = command.Process.Signal(s) // it may have ended
		case err := <-ended:
			if exit := new(exec.ExitError); !errors.As(err, &exit) {
				return 0, err
			}
			if code := command.ProcessState.ExitCode(); code >= 0 {
				return code, nil
			}
			return 1, fmt.Errorf("%s: %w", command.Path, err) // a signal ended it
		}
	}
}
