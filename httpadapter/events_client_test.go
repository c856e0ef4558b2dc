package httpadapter_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

func init() { // the checker knows no streams
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.FileBodyDecoder)
}

// listen serves a host over HTTP.
func (h *host) listen(change ...func(*httptest.Server)) *httptest.Server {
	h.t.Helper()
	server := httptest.NewUnstartedServer(h.Handler)
	for _, change := range change {
		change(server)
	}
	server.Start()
	h.t.Cleanup(server.Close)
	return server
}

// told is one server-sent event, or a comment.
type told struct {
	id, kind, data string
	comment        bool
}

// fields are the members of its data.
func (e told) fields(t testing.TB) map[string]any {
	t.Helper()
	var fields map[string]any
	ok(t, json.Unmarshal([]byte(e.data), &fields))
	return fields
}

func (e told) seq(t testing.TB) int {
	t.Helper()
	n, _ := e.fields(t)["seq"].(float64)
	return int(n)
}

// wantUpdate holds an update against openapi.json.
func wantUpdate(t testing.TB, data string) {
	t.Helper()
	var value any
	ok(t, json.Unmarshal([]byte(data), &value))
	if err := described.doc.Components.Schemas["Update"].Value.VisitJSON(value, openapi3.EnableFormatValidation()); err != nil {
		t.Errorf("the update %s is not as described: %v", data, err)
	}
	for _, personal := range []string{`"mine"`, `"client_id"`, `"url"`, `"avatar_url"`, `"sha256"`} {
		if strings.Contains(data, personal) {
			t.Errorf("%s is in the update %s", personal, data)
		}
	}
}

// live is a stream of events that a client reads.
type live struct {
	t        testing.TB
	response *http.Response
	reader   *bufio.Reader
	cut      context.CancelFunc
	last     string // the id of the last event
}

// connect opens a stream, with headers "Name: value".
func connect(t testing.TB, server *httptest.Server, who, target string, headers ...string) *live {
	t.Helper()
	l, err := tryConnect(t, server, who, target, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func tryConnect(t testing.TB, server *httptest.Server, who, target string, headers ...string) (*live, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, server.URL+target, nil))(t)
	if who != "" {
		r.Header.Set("X-User", who)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return &live{t: t, response: response, reader: bufio.NewReader(response.Body), cut: cancel}, nil
}

// stream opens one that has to begin.
func stream(t testing.TB, server *httptest.Server, who, after string) *live {
	t.Helper()
	l := connect(t, server, who, "/events?after="+after)
	if l.response.StatusCode != http.StatusOK {
		t.Fatalf("the stream is answered with %d %s", l.response.StatusCode, must(io.ReadAll(l.reader))(t))
	}
	return l
}

// take reads the next event or comment.
func (l *live) take() (e told, err error) {
	for {
		line, err := l.reader.ReadString('\n')
		if err != nil {
			return e, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "":
			if e.comment {
				return e, nil
			}
			l.last = e.id
			wantUpdate(l.t, e.data)
			if e.fields(l.t)["kind"] != e.kind {
				l.t.Errorf("the event %s has the data %s", e.kind, e.data)
			}
			return e, nil
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case ":":
			e.comment = true
		default:
			l.t.Errorf("the stream has the line %q", line)
		}
	}
}

// want reads the next event, which has to be of a kind.
func (l *live) want(kind string) told {
	l.t.Helper()
	e, err := l.next(kind)
	if err != nil {
		l.t.Fatal(err)
	}
	return e
}

// next is want for a stream that may end.
func (l *live) next(kind string) (told, error) {
	l.t.Helper()
	for {
		e, err := l.take()
		switch {
		case err != nil:
			return e, fmt.Errorf("the stream ends with %w, want %s", err, kind)
		case e.comment:
			continue
		case e.kind != kind:
			return e, fmt.Errorf("the event is %+v, want %s", e, kind)
		}
		return e, nil
	}
}

// ends reads until the stream ends, in order, within some time, and returns what it read.
func (l *live) ends(within time.Duration) (rest []told) {
	l.t.Helper()
	late := time.AfterFunc(within, l.cut)
	defer late.Stop()
	for {
		e, err := l.take()
		if err == nil {
			rest = append(rest, e)
			continue
		}
		if !errors.Is(err, io.EOF) {
			l.t.Errorf("the stream ends with %v", err)
		}
		return rest
	}
}

// silent checks that nothing but comments comes for some time, and cuts the stream.
func (l *live) silent(for_ time.Duration) {
	l.t.Helper()
	time.AfterFunc(for_, l.cut)
	for {
		e, err := l.take()
		if err != nil {
			return
		}
		if !e.comment {
			l.t.Errorf("there is %+v, want nothing", e)
		}
	}
}

// poll asks for updates once.
func (h *host) poll(who, after, wait string) (updates []told, cursor string) {
	h.t.Helper()
	target := "GET /events/poll?after=" + after
	if wait != "" {
		target += "&wait=" + wait
	}
	got := h.want(200, "", who, target, "")
	var page struct {
		Updates []json.RawMessage
		Cursor  string
	}
	ok(h.t, json.Unmarshal([]byte(got.body), &page))
	return h.updates(page.Updates), page.Cursor
}

func (h *host) updates(raw []json.RawMessage) (updates []told) {
	h.t.Helper()
	for _, data := range raw {
		var compact bytes.Buffer
		ok(h.t, json.Compact(&compact, data))
		e := told{data: compact.String()}
		e.kind, _ = e.fields(h.t)["kind"].(string)
		wantUpdate(h.t, e.data)
		updates = append(updates, e)
	}
	return updates
}
