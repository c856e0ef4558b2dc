// Package s3server starts a real S3 server, versitygw, for the tests of this repository. It
// is built from its source at the version of tools/versitygw/go.mod. Only tests may import it.
package s3server

import (
	"bytes"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// The account of every server.
const (
	AccessKey = "access"
	SecretKey = "secret-of-the-tests"
	Region    = "eu-central-1"
)

// startTimeout is how long a server may take to start.
const startTimeout = time.Minute

// binary returns the path of the built server.
var binary = sync.OnceValues(func() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	command := exec.Command("go", "tool", "-n", "versitygw")
	command.Dir = filepath.Join(filepath.Dir(file), "..", "..", "tools", "versitygw")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	path, err := command.Output()
	if err != nil {
		return "", &buildError{err, stderr.String()}
	}
	return strings.TrimSpace(string(path)), nil
})

type buildError struct {
	err    error
	stderr string
}

func (e *buildError) Error() string { return "build versitygw: " + e.err.Error() + "\n" + e.stderr }

// Start starts a server without buckets, which keeps its objects in a temporary folder, and
// returns its host and port. It ends with the test, and with the test's process.
func Start(tb testing.TB) (endpoint string) {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	endpoint = freeAddress(tb)
	// The shell ends the server when its input is closed, even by this process's death.
	command := exec.Command("sh", "-c", `"$@" & read _; kill $!; wait`, "sh", path, //nolint:gosec // G204: what go tool has built
		"--access", AccessKey, "--secret", SecretKey, "--region", Region, "--port", endpoint, "--keep-alive", "--quiet",
		"posix", "--sidecar", tb.TempDir(), tb.TempDir())
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	leash, err := command.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = leash.Close()
		_ = command.Wait() // with the status of a kill
		if tb.Failed() {
			tb.Logf("versitygw: %s", &output)
		}
	})
	waitFor(tb, endpoint)
	return endpoint
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func waitFor(tb testing.TB, endpoint string) {
	tb.Helper()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		conn, err := new(net.Dialer).DialContext(tb.Context(), "tcp", endpoint)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("versitygw does not start: %v", err)
		}
	}
}
