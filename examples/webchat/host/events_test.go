package host

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A stream of events does not keep the program from stopping.
func TestStopEndsStreams(t *testing.T) {
	t.Parallel()
	w := begin(t, t.TempDir())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/chat/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer demo-alice")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	begun := time.Now()
	w.stop(syscall.SIGTERM)
	if took := time.Since(begun); took > drainTimeout/2 {
		t.Errorf("it took %v to stop", took)
	}
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), "event: hello\n") {
		t.Errorf("the stream was %q, %v", body, err)
	}
}
