package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/go-df/chat/storage/s3"
	"github.com/go-df/chat/storage/storagetest"
)

// proxy stands between a store and the server, and does what is wrong with networks.
type proxy struct {
	client *minio.Client // which goes through it
	strip  string        // headers that begin so are not passed on

	forward *httputil.ReverseProxy
	fault   func(r *http.Request) fault
	done    func() // called when a silent request is

	mu   sync.Mutex
	seen []*http.Request
}

// fault is what happens to a request.
type fault int

const (
	none    fault = iota
	refused       // 503, and the server does not get it
	slow          // passed on late, and its response in pieces
	unsent        // cut when half of its body was read
	lost          // cut when the server has done it, without a response
	broken        // cut in the middle of the response's body
	headed        // cut behind the response's head
	silent        // no response when the server has done it, until the client goes away
	stuck         // no response until the client goes away
)

func newProxy(tb testing.TB, to *minio.Client, fault func(r *http.Request) fault) *proxy {
	tb.Helper()
	p := &proxy{fault: fault, forward: &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0)}}
	target, transport := *to.EndpointURL(), &http.Transport{}
	p.forward.Transport = transport
	p.forward.Rewrite = func(r *httputil.ProxyRequest) {
		r.SetURL(&target)
		r.Out.Host = r.In.Host // which is signed
	}
	server := httptest.NewServer(p)
	tb.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	p.client = connect(tb, strings.TrimPrefix(server.URL, "http://"))
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Clone(context.Background()))
	p.mu.Unlock()
	happens := none
	if p.fault != nil {
		happens = p.fault(r)
	}
	switch happens {
	case refused:
		w.WriteHeader(http.StatusServiceUnavailable)
	case slow:
		time.Sleep(10 * time.Millisecond)
		recorded := httptest.NewRecorder()
		p.forward.ServeHTTP(recorded, r)
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		for piece := range slices.Chunk(recorded.Body.Bytes(), 1<<20) {
			_, _ = w.Write(piece)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	case unsent:
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		panic(http.ErrAbortHandler)
	case stuck:
		_, _ = io.Copy(io.Discard, r.Body) // the server looks whether the client is there from then on
		<-r.Context().Done()
	case lost:
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case silent:
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
		p.done()
		<-r.Context().Done()
	case broken, headed:
		recorded := httptest.NewRecorder()
		p.forward.ServeHTTP(recorded, r)
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		if happens == broken {
			_, _ = w.Write(recorded.Body.Bytes()[:recorded.Body.Len()/2])
		}
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		p.forward.ServeHTTP(w, r)
	}
}

func (p *proxy) requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// operation is the name of a request in S3.
func operation(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case query.Has("partNumber"):
		return "UploadPart"
	case query.Has("uploadId"):
		return map[string]string{"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"}[r.Method]
	case query.Has("uploads"):
		return map[string]string{"POST": "CreateMultipartUpload", "GET": "ListMultipartUploads"}[r.Method]
	}
	return map[string]string{"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[r.Method]
}

// everyOther has each request fail the first time, and then every other time.
func everyOther(happens fault, operations ...string) func(r *http.Request) fault {
	var mu sync.Mutex
	times := map[string]int{}
	return func(r *http.Request) fault {
		if len(operations) > 0 && !slices.Contains(operations, operation(r)) {
			return none
		}
		mu.Lock()
		defer mu.Unlock()
		of := r.Method + r.URL.String() + r.Header.Get("X-Amz-Meta-Chat-Upload")
		times[of]++
		if times[of]%2 == 1 {
			return happens
		}
		return none
	}
}

// on has all requests of an operation fail.
func on(happens fault, operations ...string) func(r *http.Request) fault {
	return func(r *http.Request) fault {
		if slices.Contains(operations, operation(r)) {
			return happens
		}
		return none
	}
}

// A store keeps its promises on a bad network too.
func TestStoreWithFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(r *http.Request) fault{
		"refused":         everyOther(refused),
		"slow":            func(*http.Request) fault { return slow },
		"request cut":     everyOther(unsent),
		"response lost":   everyOther(lost),
		"response broken": everyOther(broken, "GetObject", "CompleteMultipartUpload"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t)
			p := newProxy(t, client, fault)
			storagetest.Run(t, func(t *testing.T) storagetest.Store {
				return s3.New(p.client, bucket, s3.Options{Prefix: strings.ReplaceAll(t.Name(), "/", "-") + "/"})
			})
		})
	}
}

// Whatever breaks for good leaves neither an object nor parts.
func TestNothingStaysOfAPutThatFails(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	direct := s3.New(client, bucket, s3.Options{})
	for name, fault := range map[string]func(r *http.Request) fault{
		"PutObject refused":               on(refused, "PutObject"),
		"PutObject cut":                   on(unsent, "PutObject"),
		"parts refused":                   on(refused, "UploadPart"),
		"parts cut":                       on(unsent, "UploadPart"),
		"parts lost":                      on(lost, "UploadPart"),
		"CompleteMultipartUpload refused": on(refused, "CompleteMultipartUpload"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size := 12 << 20
			if strings.HasPrefix(name, "PutObject") {
				size = 1 << 20
			}
			s, key := s3.New(newProxy(t, client, fault).client, bucket, s3.Options{}), strings.ReplaceAll(name, " ", "-")
			if err := s.Put(t.Context(), key, stream(size)); err == nil || errors.Is(err, fs.ErrExist) {
				t.Errorf("Put: %v", err)
			}
			wantMissing(t, direct, key)
			if slices.Contains(uploads(t, client), key) {
				t.Error("the upload stays")
			}
		})
	}
}

// The object is there, though nobody said so: the Put has succeeded.
func TestALostResponseIsNoFailure(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	direct := s3.New(client, bucket, s3.Options{})
	for _, lose := range []string{"PutObject", "CompleteMultipartUpload"} {
		t.Run(lose, func(t *testing.T) {
			size := map[string]int{"PutObject": 1 << 20, "CompleteMultipartUpload": 6 << 20}[lose]
			s := s3.New(newProxy(t, client, on(lost, lose)).client, bucket, s3.Options{})
			noError(t, s.Put(t.Context(), lose, stream(size)))
			wantObject(t, direct, lose, content(size))
			if err := s.Put(t.Context(), lose, stream(size)); !errors.Is(err, fs.ErrExist) {
				t.Errorf("a second Put: %v, want fs.ErrExist", err)
			}
			wantObject(t, direct, lose, content(size))
		})
	}
	wantUploads(t, client)
}

// A server that says nothing more holds a Put until its context ends, and no longer.
func TestAPutEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	direct := s3.New(client, bucket, s3.Options{})
	for _, hangs := range []string{"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"} {
		t.Run(hangs, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := s3.New(newProxy(t, client, func(r *http.Request) fault {
				if operation(r) != hangs {
					return none
				}
				cancel()
				return stuck
			}).client, bucket, s3.Options{})
			size := 12 << 20
			if hangs == "PutObject" {
				size = 1000
			}
			if err := s.Put(ctx, hangs, stream(size)); !errors.Is(err, context.Canceled) {
				t.Errorf("Put: %v, want context.Canceled", err)
			}
			wantMissing(t, direct, hangs)
		})
	}
	wantUploads(t, client)
}

// Stored after all, when nobody wants it any more: it is removed.
func TestAnObjectWhoseContextEndsIsRemoved(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	direct := s3.New(client, bucket, s3.Options{})
	for last, size := range map[string]int{"PutObject": 1000, "CompleteMultipartUpload": 6 << 20} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			p := newProxy(t, client, on(silent, last))
			p.done = cancel
			if err := s3.New(p.client, bucket, s3.Options{}).Put(ctx, last, stream(size)); !errors.Is(err, context.Canceled) {
				t.Errorf("Put: %v, want context.Canceled", err)
			}
			wantMissing(t, direct, last)
		})
	}
}

// What could not be aborted is left to RemoveTemporaries.
func TestWhatCannotBeAbortedIsRemovedLater(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	p := newProxy(t, client, on(refused, "AbortMultipartUpload"))
	s := s3.New(p.client, bucket, s3.Options{Prefix: "media/"})
	failure := errors.New("the phone has no network")
	err := s.Put(t.Context(), "key", io.MultiReader(stream(6<<20), failing(func() error { return failure })))
	if !errors.Is(err, failure) {
		t.Errorf("Put: %v, want its reader's error", err)
	}
	wantUploads(t, client, "media/key")
	direct := s3.New(client, bucket, s3.Options{Prefix: "media/"})
	wantMissing(t, direct, "key")
	if removed, err := direct.RemoveTemporaries(t.Context(), -1<<40); removed != 1 || err != nil {
		t.Errorf("RemoveTemporaries: %d, %v, want 1", removed, err)
	}
	wantUploads(t, client)
}

// Seeking asks for nothing, and reading for what is there.
func TestRangesAreAskedFor(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	p := newProxy(t, client, nil)
	s, data := s3.New(p.client, bucket, s3.Options{}), content(12<<20)
	noError(t, s.Put(t.Context(), "key", stream(len(data))))
	before := len(p.requests())
	r := must(s.Open(t.Context(), "key"))(t).(io.ReadSeekCloser)
	for _, at := range []int64{10, 1 << 20, 1<<20 + 100, 8 << 20, 60 << 10} {
		must(r.Seek(0, io.SeekEnd))(t)
		must(r.Seek(at, io.SeekStart))(t)
		got := make([]byte, 100)
		must(io.ReadFull(r, got))(t)
		if string(got) != string(data[at:at+100]) {
			t.Errorf("the bytes at %d are not as stored", at)
		}
	}
	noError(t, r.Close())
	var ranges []string
	for _, r := range p.requests()[before:] {
		ranges = append(ranges, r.Header.Get("Range"))
	}
	if got, want := fmt.Sprint(ranges), "[bytes=0-65535 bytes=1048576-12582911 bytes=8388608-12582911]"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

// A download that breaks off again and again without a byte fails.
func TestADownloadThatStaysBrokenFails(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	s := s3.New(newProxy(t, client, func(r *http.Request) fault {
		if operation(r) == "GetObject" && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") {
			return headed
		}
		return none
	}).client, bucket, s3.Options{})
	noError(t, s.Put(t.Context(), "key", stream(1<<20)))
	r := must(s.Open(t.Context(), "key"))(t)
	got, err := io.ReadAll(r)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(got) != 64<<10 {
		t.Errorf("read %d bytes, %v, want io.ErrUnexpectedEOF", len(got), err)
	}
	noError(t, r.Close())
}

// Parts are sent beside each other, and one that is late is in its place all the same.
func TestPartsAreSentTwoAtATime(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	third := make(chan struct{})
	s := s3.New(newProxy(t, client, func(r *http.Request) fault {
		switch r.URL.Query().Get("partNumber") {
		case "1":
			select {
			case <-third:
			case <-r.Context().Done():
			}
		case "3":
			close(third)
		}
		return none
	}).client, bucket, s3.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a Put that waits for its first part
	defer cancel()
	const size = 17 << 20
	noError(t, s.Put(ctx, "key", stream(size)))
	wantObject(t, s3.New(client, bucket, s3.Options{}), "key", content(size))
}

// A Put keeps three parts in memory, however large the object is.
func TestAPutKeepsThreeParts(t *testing.T) { //nolint:paralleltest // it counts all memory
	_, client := start(t)
	s := s3.New(client, bucket, s3.Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	noError(t, s.Put(t.Context(), "key", stream(60<<20)))
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 21<<20 {
		t.Errorf("a Put of 60 MiB has taken %d bytes, more than three parts of 5 MiB and what requests need", taken)
	}
}
