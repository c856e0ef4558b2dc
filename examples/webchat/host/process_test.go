package host

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-df/chat/internal/dbtest"
)

// The tests run the program as it is, in a process of its own: this binary, told by
// the environment to be webchat.
const beWebchat = "WEBCHAT_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(beWebchat) != "" {
		Main(nil)
		os.Exit(0)
	}
	dbtest.Main(m)
}

// webchat is a running program.
type webchat struct {
	t       *testing.T
	command *exec.Cmd
	url     string
	out     *bufio.Reader
	stderr  *bytes.Buffer
	exited  chan error
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// begin runs webchat in a folder, on a port that is free, and waits until it says
// where it is.
func begin(t *testing.T, folder string, args ...string) *webchat {
	t.Helper()
	w := &webchat{t: t, stderr: &bytes.Buffer{}, exited: make(chan error, 1)}
	w.command = exec.CommandContext(t.Context(), os.Args[0], append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	w.command.Dir = folder
	w.command.Env = append(os.Environ(), beWebchat+"=1")
	w.command.Stderr = w.stderr
	reader, writer, err := os.Pipe()
	ok(t, err)
	t.Cleanup(func() { _ = reader.Close() })
	w.command.Stdout = writer
	ok(t, w.command.Start())
	ok(t, writer.Close())
	go func() { w.exited <- w.command.Wait() }()
	t.Cleanup(func() { _ = w.command.Process.Kill() })
	w.out = bufio.NewReader(reader)
	first, err := w.out.ReadString('\n')
	if w.url = address.FindString(first); w.url == "" {
		t.Fatalf("webchat says %q: %v\n%s", first, err, w.stderr)
	}
	return w
}

// stop sends a signal and returns what the program printed, the first line aside.
func (w *webchat) stop(signal syscall.Signal) string {
	w.t.Helper()
	ok(w.t, w.command.Process.Signal(signal))
	return w.wait(signal == syscall.SIGKILL)
}

func (w *webchat) wait(killed bool) string {
	w.t.Helper()
	select {
	case err := <-w.exited:
		if !killed && err != nil {
			w.t.Errorf("webchat ended with %v\n%s", err, w.stderr)
		}
	case <-time.After(30 * time.Second):
		w.t.Fatalf("webchat does not end\n%s", w.stderr)
	}
	printed, err := io.ReadAll(w.out)
	ok(w.t, err)
	return string(printed)
}

// do makes a request as somebody: "GET /chat/rooms".
func (w *webchat) do(who, target, kind string, body io.Reader) (status int, answer []byte) {
	w.t.Helper()
	method, path, _ := strings.Cut(target, " ")
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, body)
	ok(w.t, err)
	if who != "" {
		request.Header.Set("Authorization", "Bearer demo-"+who)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := http.DefaultClient.Do(request)
	ok(w.t, err)
	answer, err = io.ReadAll(response.Body)
	ok(w.t, err)
	ok(w.t, response.Body.Close())
	return response.StatusCode, answer
}

// fetch makes a request that has to be answered with a status, and decodes the answer.
func fetch[T any](w *webchat, status int, who, target, body string) (answer T) {
	w.t.Helper()
	var reader io.Reader
	kind := ""
	if body != "" {
		reader, kind = strings.NewReader(body), "application/json"
	}
	got, data := w.do(who, target, kind, reader)
	if got != status {
		w.t.Fatalf("%s %s: %d %s, want %d", who, target, got, data, status)
	}
	if len(data) > 0 {
		ok(w.t, json.Unmarshal(data, &answer))
	}
	return answer
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// databases are the ways to keep data, as -db names them.
func databases(t *testing.T, test func(t *testing.T, folder string, args ...string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, t.TempDir()) // the defaults: files in the folder
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, t.TempDir(), "-db", dbtest.PostgresDSN(t, dbtest.Template{}))
	})
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "webchat-media", "??", "??", "*"))
	ok(t, err)
	return found
}
