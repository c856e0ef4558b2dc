package httpadapter_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
)

// download asks for a file over a connection with a small window, and takes pieces of it
// at a pace. It returns how much came, and how long it took.
func download(t *testing.T, server *httptest.Server, target string, piece int, pause time.Duration) (n int64, took time.Duration) {
	t.Helper()
	dialer := net.Dialer{}
	connection, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	ok(t, err)
	defer func() { _ = connection.Close() }()
	ok(t, connection.(*net.TCPConn).SetReadBuffer(8<<10))
	begin := time.Now()
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\nX-User: bob\r\nConnection: close\r\n\r\n", target)
	ok(t, err)
	buffer := make([]byte, piece)
	for {
		read, err := connection.Read(buffer)
		n += int64(read)
		if err != nil {
			return n, time.Since(begin)
		}
		time.Sleep(pause)
	}
}

// smallBuffers keeps what a server sends from disappearing in its own buffers.
func smallBuffers(server *httptest.Server) {
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
		return ctx
	}
}

// atAnyPace runs a test of deadlines, whose times are so many units: of 5 ms or, on a machine
// that is too slow for those, of more. What does not keep the proportions fails with any.
func atAnyPace(t *testing.T, test func(unit time.Duration) error) {
	t.Helper()
	var err error
	for _, unit := range []time.Duration{5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond} {
		if err = test(unit); err == nil {
			return
		}
		t.Logf("with a unit of %v: %v", unit, err)
	}
	t.Error(err)
}

func TestReaderThatIsTooSlowIsGivenUp(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	for name, media := range map[string]func(t *testing.T) chat.MediaStore{
		"a file": func(t *testing.T) chat.MediaStore { return storage.Dir(t.TempDir()) },
		"memory": func(*testing.T) chat.MediaStore { return storage.Memory() },
		"stream": func(*testing.T) chat.MediaStore { return &store{MediaStore: storage.Memory(), stream: true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "sqlite", func(c *chat.Config, a *httpadapter.Config) { c.Media, a.MinDownloadRate = media(t), 2<<20 })
			target := h.sent("a.txt", strings.Repeat("0123456789abcdef", size/16))
			h.Handler.(*httpadapter.Handler).SetWriteGrace(300 * time.Millisecond)
			server := httptest.NewUnstartedServer(h)
			smallBuffers(server)
			server.Start()
			defer server.Close()
			if n, took := download(t, server, target, 1<<10, 50*time.Millisecond); n > size/2 || took > 20*time.Second { // 20 KiB/s: 200 s
				t.Errorf("too slow: %d bytes in %v", n, took)
			}
			atAnyPace(t, func(unit time.Duration) error {
				h.Handler.(*httpadapter.Handler).SetWriteGrace(60 * unit)
				quick := httptest.NewServer(h) // with buffers of the usual size
				defer quick.Close()
				r := h.request("bob", "GET "+quick.URL+target, "")
				r.RequestURI = ""
				response, err := quick.Client().Do(r)
				if err != nil {
					return err
				}
				defer func() { _ = response.Body.Close() }()
				if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
					return fmt.Errorf("fast: %d bytes, %w", n, err)
				}
				return nil
			})
		})
	}
}

// A rate that is kept is enough, however long it takes in all.
func TestReaderThatIsSlowEnoughIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, none := range []bool{false, true} {
		atAnyPace(t, func(unit time.Duration) error {
			rate := int64(64<<10) * int64(5*time.Millisecond) / int64(unit) // a sixteenth of what is read
			if none {
				rate = -1
			}
			h := newHost(t, "sqlite", func(_ *chat.Config, a *httpadapter.Config) { a.MinDownloadRate = rate })
			const size = 1 << 20
			target := h.sent("a.txt", strings.Repeat("x", size))
			h.Handler.(*httpadapter.Handler).SetWriteGrace(100 * unit)
			server := httptest.NewUnstartedServer(h)
			smallBuffers(server)
			server.Start()
			defer server.Close()
			if n, took := download(t, server, target, 32<<10, 6*unit); n < size || took < 100*unit {
				return fmt.Errorf("%d bytes came in %v", n, took)
			}
			return nil
		})
	}
}

// The deadline of one response is none of the next on the same connection.
func TestDeadlineEndsWithItsResponse(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	room := h.group()
	atAnyPace(t, func(unit time.Duration) error {
		h.Handler.(*httpadapter.Handler).SetWriteGrace(10 * unit)
		mux := http.NewServeMux()
		mux.Handle("/", h)
		mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(40 * unit)
			_, _ = io.WriteString(w, "done")
		})
		server := httptest.NewServer(mux)
		defer server.Close()
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		ok(t, err)
		defer func() { _ = connection.Close() }()
		reader := bufio.NewReader(connection)
		for _, target := range []string{"/rooms/" + room, "/slow", "/rooms", "/slow"} {
			_, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\nX-User: alice\r\n\r\n", target)
			if err != nil {
				return err
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				return err
			}
			if _, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %d %w", target, response.StatusCode, err)
			}
			ok(t, response.Body.Close())
		}
		return nil
	})
}

// panicking is a store whose objects panic when half of them was read.
type panicking struct {
	chat.MediaStore
	stream bool
}

func (s panicking) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	content, err := s.MediaStore.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	half := &halfReader{ReadCloser: content, left: 100_000}
	if s.stream {
		return struct{ io.ReadCloser }{half}, nil
	}
	return &halfSeeker{half, content.(io.Seeker)}, nil
}

type halfReader struct {
	io.ReadCloser
	left int
}

func (h *halfReader) Read(p []byte) (int, error) {
	if h.left <= 0 {
		panic("boom")
	}
	n, err := h.ReadCloser.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

type halfSeeker struct {
	*halfReader
	io.Seeker
}

// What is cut off must not look whole: the connection breaks.
func TestPanicAfterHalfAnAnswerBreaksTheConnection(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = panicking{storage.Memory(), stream} })
		target := h.sent("a.txt", strings.Repeat("0123456789", 20_000))
		for _, compressed := range []bool{false, true} { // without a Content-Length, as behind a middleware
			var handler http.Handler = h
			if compressed {
				handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(withoutLength{w}, r) })
			}
			server := httptest.NewServer(handler)
			server.Config.ErrorLog = nil
			r := h.request("bob", "GET "+server.URL+target, "")
			r.RequestURI = ""
			response, err := server.Client().Do(r)
			ok(t, err)
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			server.Close()
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("stream %t, chunked %t: %d with %d bytes, and no error but %v", stream, compressed, response.StatusCode, len(body), err)
			}
		}
		if !strings.Contains(h.log.String(), "boom") {
			t.Error("the panic is not logged")
		}
	}
}

// withoutLength is a writer that drops the length, as those that compress do.
type withoutLength struct{ http.ResponseWriter }

func (w withoutLength) WriteHeader(status int) {
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(status)
}

func (w withoutLength) Unwrap() http.ResponseWriter { return w.ResponseWriter }
