package routers_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/chirouter"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/examples/routers/echorouter"
	"github.com/go-df/chat/examples/routers/fiberrouter"
	"github.com/go-df/chat/examples/routers/ginrouter"
	"github.com/go-df/chat/examples/routers/nethttp"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode) // it prints its routes otherwise
	m.Run()
}

// host is one router's program, listening.
type host struct {
	t      *testing.T
	addr   string
	db     *gorm.DB
	svc    *chat.Service
	cleans bool // http.ServeMux redirects paths with "//" and dots before it looks for a handler
}

// over runs a test against each router.
func over(t *testing.T, test func(h *host)) {
	t.Helper()
	t.Parallel()
	for name, start := range map[string]func(*testing.T, *chat.Service) (addr string){
		"net_http": std(nethttp.New), "chi": std(chirouter.New), "gin": std(ginrouter.New), "echo": std(echorouter.New),
		"fiber": startFiber,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			svc, db, err := demo.Open(t.Context())
			ok(t, err)
			t.Cleanup(func() {
				pool, err := db.DB()
				ok(t, err)
				ok(t, pool.Close())
			})
			test(&host{t: t, addr: start(t, svc), db: db, svc: svc, cleans: name == "net_http"})
		})
	}
}

func std(newRouter func(*chat.Service) (http.Handler, error)) func(*testing.T, *chat.Service) string {
	return func(t *testing.T, svc *chat.Service) string {
		t.Helper()
		router, err := newRouter(svc)
		ok(t, err)
		server := httptest.NewServer(router)
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
}

func startFiber(t *testing.T, svc *chat.Service) string {
	t.Helper()
	app, err := fiberrouter.New(svc)
	ok(t, err)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		ok(t, app.ShutdownWithTimeout(10*time.Second))
		ok(t, <-ended)
	})
	return listener.Addr().String()
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	length int64 // as the header has it, -1 when it does not say
	body   []byte
}

func (a answer) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

func (a answer) id() string {
	var thing struct{ ID string }
	_ = json.Unmarshal(a.body, &thing)
	return thing.ID
}

// client sends paths as they are written, and follows nothing.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// do makes a request as somebody. The kind of a body is JSON unless it says another.
func (h *host) do(who, method, path string, body []byte, header ...string) answer {
	h.t.Helper()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+h.addr, reader)
	ok(h.t, err)
	request.URL.Opaque = "//" + h.addr + path // as it is
	if who != "" {
		request.Header.Set("Authorization", "Bearer demo-"+who)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	ok(h.t, err)
	data, err := io.ReadAll(response.Body)
	ok(h.t, err)
	ok(h.t, response.Body.Close())
	return answer{response.StatusCode, response.Header, response.ContentLength, data}
}

// want makes a request that has to be answered with a status and, for problems, a code.
func (h *host) want(status int, code, who, method, path string, body []byte, header ...string) answer {
	h.t.Helper()
	got := h.do(who, method, path, body, header...)
	if got.status != status || got.code() != code {
		h.t.Errorf("%s %s: %d %s, want %d %s", method, path, got.status, got.body, status, code)
	}
	return got
}
