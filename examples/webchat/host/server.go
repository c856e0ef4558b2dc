package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	headerTimeout   = 10 * time.Second // for the head of a request
	bodyTimeout     = 30 * time.Second // for the next bytes of its body
	idleTimeout     = 2 * time.Minute  // for the next request of a connection
	drainTimeout    = 20 * time.Second // for the requests that are running when the program is stopped
	responseTimeout = 10 * time.Second // for a response, uploads and downloads aside
)

// serve answers until ctx ends, then lets the requests that are running finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           withBodyTimeout(timely(handler, responseTimeout), bodyTimeout),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		// ReadTimeout and WriteTimeout would end a long upload or download however
		// well it goes on. Clients that take too little of a response are given up by
		// the API, as its MinDownloadRate says. Streams of events end when the server is
		// shut down.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("requests had to be cut off: %w", err), server.Close())
	}
	return nil
}

// timely ends what takes too long: when the database does not answer, nobody waits for it
// as long as the network takes to say so. Files may take their time, and events are waited for.
func timely(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/chat/media") || strings.HasPrefix(r.URL.Path, "/chat/events") {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// ownHosts refuses requests for other hosts than this machine. A page of another site,
// whose name was made to lead here, would be of the same origin as the chat to a browser.
func ownHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]") // without a port
		}
		host = strings.ToLower(host)
		if ip := net.ParseIP(host); host != "localhost" && !strings.HasSuffix(host, ".localhost") && !ip.IsLoopback() {
			http.Error(w, "This is not the server of that host.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withBodyTimeout waits for a body as long as something comes, and no longer: an upload may
// take its time, and a client that fell silent is given up.
func withBodyTimeout(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = &timedBody{r.Body, http.NewResponseController(w), timeout}
		}
		next.ServeHTTP(w, r)
	})
}

type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	timeout    time.Duration
}

func (b *timedBody) Read(p []byte) (int, error) {
	if err := b.connection.SetReadDeadline(time.Now().Add(b.timeout)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.connection.SetReadDeadline(time.Time{}) // net/http is waiting for the client to go away, which may take longer
	}
	return n, err
}
