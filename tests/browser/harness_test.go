package browser_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/go-df/chat/internal/dbtest"
)

var chromium = func() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}()

var program string // webchat, built once

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if chromium == "" {
		if os.Getenv("CI") != "" {
			fmt.Println("there is no Chromium")
			return 1
		}
		fmt.Println("skipped: there is no Chromium")
		return 0
	}
	folder, err := os.MkdirTemp("", "webchat")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program = filepath.Join(folder, "webchat")
	build := exec.Command("go", "build", "-o", program, "./examples/webchat")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("build webchat: %v\n%s", err, out)
		return 1
	}
	defer closeBrowser()
	return dbtest.M{M: m}.Run()
}

// server is a webchat that runs, with a database and a port of its own.
type server struct {
	t       *testing.T
	url     string
	args    []string
	folder  string
	process *exec.Cmd
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts webchat in a folder of its own. It ends with the test.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, folder: t.TempDir(), args: append([]string{"-unlimited"}, args...)}
	s.start("127.0.0.1:0")
	t.Cleanup(func() { s.kill() })
	return s
}

func (s *server) start(addr string) {
	s.t.Helper()
	s.process = exec.Command(program, append([]string{"-addr", addr}, s.args...)...)
	s.process.Dir = s.folder
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	must(s.t, err)
	must(s.t, s.process.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(s.t, err)
	if s.url = address.FindString(line); s.url == "" {
		s.t.Fatalf("webchat says %q", line)
	}
}

// kill ends the server as a power cut does.
func (s *server) kill() {
	_ = s.process.Process.Signal(syscall.SIGKILL)
	_ = s.process.Wait()
}

// again starts the server at the address that it had.
func (s *server) again() { s.start(strings.TrimPrefix(s.url, "http://")) }

// request asks the API as somebody, and returns the body of the response.
func (s *server) request(login, method, path, body string) string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer demo-"+login)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	must(s.t, err)
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	must(s.t, err)
	if response.StatusCode > 299 {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, data)
	}
	return string(data)
}

// shared is one browser for all tests: each window has cookies and a storage of its own.
var shared struct {
	sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

func theBrowser(t *testing.T) context.Context {
	t.Helper()
	shared.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.ExecPath(chromium))
		ctx, cancelAll := chromedp.NewExecAllocator(context.Background(), options...)
		browser, cancel := chromedp.NewContext(ctx)
		shared.ctx, shared.cancel = browser, func() { cancel(); cancelAll() }
		shared.err = chromedp.Do(browser)
	})
	must(t, shared.err)
	return shared.ctx
}

func closeBrowser() {
	if shared.cancel != nil {
		shared.cancel()
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
