package host

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// A client that goes on slowly is waited for, one that fell silent is not, and what
// comes after the body may take its time.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	const patience = 600 * time.Millisecond
	type outcome struct {
		read    int
		err     error
		context error // some time after the body
	}
	seen := make(chan outcome, 1)
	server := httptest.NewServer(withBodyTimeout(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = r.Body.Read(make([]byte, 1)) // some ask again at the end
			select {
			case <-r.Context().Done():
			case <-time.After(2 * patience):
			}
		}
		seen <- outcome{len(body), err, r.Context().Err()}
	}), patience))
	t.Cleanup(server.Close)
	post := func(write func(body io.Writer) error) outcome {
		t.Helper()
		reader, writer := io.Pipe()
		go func() {
			request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, server.URL, reader)
			if err != nil {
				return
			}
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		if err := write(writer); err == nil {
			ok(t, writer.Close())
		}
		return <-seen
	}

	slow := post(func(body io.Writer) error {
		for range 10 {
			time.Sleep(patience / 5)
			if _, err := body.Write([]byte("x")); err != nil {
				return err
			}
		}
		return nil
	})
	if slow != (outcome{read: 10}) {
		t.Errorf("slowly: %+v", slow)
	}
	silent := post(func(body io.Writer) error {
		_, err := body.Write([]byte("xx"))
		return errors.Join(err, errors.New("and nothing more"))
	})
	if silent.read != 2 || !errors.Is(silent.err, os.ErrDeadlineExceeded) {
		t.Errorf("silent: %+v", silent)
	}
}

// Whoever leads another site's name to this machine does not reach the chat by it.
func TestHostsThatAreNotThisMachine(t *testing.T) {
	t.Parallel()
	served := ownHosts(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, status := range map[string]int{
		"localhost": 204, "localhost:8080": 204, "LOCALHOST:8080": 204, "chat.localhost:8080": 204, "127.0.0.1:8080": 204, "127.0.0.1": 204,
		"127.8.9.1:1": 204, "[::1]:8080": 204, "[::1]": 204,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example:8080": 421, "127.0.0.1.evil.example": 421, "notlocalhost:8080": 421,
		"192.168.1.5:8080": 421, "0.0.0.0:8080": 421, "": 421, "[::2]:8080": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%q: %d, want %d", host, w.Code, status)
		}
	}
}
