//go:build linux || darwin

package dbtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if how := os.Getenv(endVariable); how != "" {
		startAndEnd(how)
	}
	goleak.VerifyTestMain(M{M: m})
}

// endVariable turns this test binary into a process that starts its server and
// then ends as the variable says.
const endVariable = "CHAT_DBTEST_END"

func startAndEnd(how string) {
	if _, err := shared.get(); err != nil {
		panic(err)
	}
	fmt.Println(shared.server.process.Pid, shared.server.folder)
	switch how {
	case "panic":
		panic("as a broken test does")
	case "exit":
	default:
		time.Sleep(serverTimeout) // until a signal comes
	}
	os.Exit(1)
}

func TestServerEndsWithTheProcess(t *testing.T) {
	if findBinaries() == "" {
		needPostgres(t)
		t.Skip("only a named server")
	}
	for how, signal := range map[string]syscall.Signal{
		"panic": 0, "exit": 0, "kill": syscall.SIGKILL, "interrupt": syscall.SIGINT,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			process := exec.CommandContext(t.Context(), os.Args[0])
			process.Env = append(os.Environ(), endVariable+"="+how, Variable+"=")
			output, err := process.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			var pid int
			var folder string
			if _, err := fmt.Fscanln(output, &pid, &folder); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(process.Process.Pid, signal); err != nil { // signal 0 does nothing
				t.Fatal(err)
			}
			if err := process.Wait(); err == nil {
				t.Error("the process ended without an error")
			}
			awaitEnd(t, pid, folder)
		})
	}
}

func awaitEnd(t *testing.T, pid int, folder string) {
	t.Helper()
	var running, present bool
	for range 1000 {
		running = !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		_, err := os.Stat(folder)
		present = !errors.Is(err, fs.ErrNotExist)
		if !running && !present {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("10 s after its process, server %d runs: %t; folder %s is there: %t", pid, running, folder, present)
}
