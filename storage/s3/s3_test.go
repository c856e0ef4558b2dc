package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/internal/s3server"
	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/storage/s3"
	"github.com/go-df/chat/storage/storagetest"
)

var _ interface {
	chat.MediaStore
	chat.MediaStoreCleaner
	chat.MediaURLSigner
} = (*s3.Store)(nil)

const bucket = "media"

func TestMain(m *testing.M) {
	minio.DefaultRetryUnit, minio.DefaultRetryCap = 5*time.Millisecond, 50*time.Millisecond
	dbtest.Main(m)
}

// connect returns a client of the server at an endpoint.
func connect(tb testing.TB, endpoint string) *minio.Client {
	tb.Helper()
	transport, err := minio.DefaultTransport(false)
	noError(tb, err)
	tb.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(s3server.AccessKey, s3server.SecretKey, ""),
		Region: s3server.Region, Transport: transport,
	})
	noError(tb, err)
	return client
}

// start starts a server with the bucket, and returns its endpoint and a client of it.
func start(tb testing.TB) (string, *minio.Client) {
	tb.Helper()
	endpoint := s3server.Start(tb)
	client := connect(tb, endpoint)
	noError(tb, client.MakeBucket(tb.Context(), bucket, minio.MakeBucketOptions{}))
	return endpoint, client
}

func noError(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// stream is a reader of n bytes, which is nothing else.
func stream(n int) io.Reader {
	return struct{ io.Reader }{io.LimitReader(rand.NewChaCha8([32]byte{}), int64(n))}
}

func content(n int) []byte {
	data, _ := io.ReadAll(stream(n)) // which does not fail
	return data
}

// failing is a reader that does something, and fails with what that returns.
type failing func() error

func (f failing) Read([]byte) (int, error) { return 0, f() }

// uploads are the names of the objects that are being sent in parts.
func uploads(tb testing.TB, client *minio.Client) (names []string) {
	tb.Helper()
	for upload := range client.ListIncompleteUploads(tb.Context(), bucket, "", true) {
		noError(tb, upload.Err)
		names = append(names, upload.Key)
	}
	return names
}

func wantUploads(tb testing.TB, client *minio.Client, want ...string) {
	tb.Helper()
	if got := uploads(tb, client); strings.Join(got, " ") != strings.Join(want, " ") {
		tb.Errorf("uploads in parts: %q, want %q", got, want)
	}
}

func wantMissing(tb testing.TB, s *s3.Store, key string) {
	tb.Helper()
	if _, err := s.Open(tb.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		tb.Errorf("Open(%q): %v, want fs.ErrNotExist", key, err)
	}
}

func wantObject(tb testing.TB, s *s3.Store, key string, want []byte) {
	tb.Helper()
	r, err := s.Open(tb.Context(), key)
	noError(tb, err)
	got, err := io.ReadAll(r)
	noError(tb, errors.Join(err, r.Close()))
	if !bytes.Equal(got, want) {
		tb.Errorf("%q has %d bytes, want %d others", key, len(got), len(want))
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	storagetest.Run(t, func(t *testing.T) storagetest.Store {
		return s3.New(client, bucket, s3.Options{Prefix: strings.ReplaceAll(t.Name(), "/", "-") + "/"})
	})
	wantUploads(t, client)
}

func TestStoreWithoutPrefix(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Store {
		_, client := start(t)
		return s3.New(client, bucket, s3.Options{})
	})
}

func TestInvalidKeys(t *testing.T) {
	t.Parallel()
	client, err := minio.New("127.0.0.1:1", &minio.Options{}) // where nothing is asked for
	noError(t, err)
	s := s3.New(client, bucket, s3.Options{Prefix: "media/"})
	for _, key := range []string{"", ".", "../x", "a/b", "ä", strings.Repeat("k", storage.MaxKey+1)} {
		_, openErr := s.Open(t.Context(), key)
		_, signErr := s.SignURL(t.Context(), key, chat.SignURLOptions{Valid: time.Minute})
		for _, err := range []error{s.Put(t.Context(), key, strings.NewReader("x")), openErr, signErr, s.Delete(t.Context(), key)} {
			if !errors.Is(err, storage.ErrInvalidKey) {
				t.Errorf("%.20q: %v, want ErrInvalidKey", key, err)
			}
		}
	}
}

// A bucket that is not there is a mistake, and none of its objects is missing.
func TestAMissingBucketIsNoMissingObject(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	s := s3.New(client, "another", s3.Options{})
	_, openErr := s.Open(t.Context(), "key")
	for what, err := range map[string]error{
		"Open": openErr, "Delete": s.Delete(t.Context(), "key"),
		"Put": s.Put(t.Context(), "key", strings.NewReader("x")), "Put of much": s.Put(t.Context(), "key", stream(6<<20)),
	} {
		if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "bucket") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSignedURLs(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	s := s3.New(client, bucket, s3.Options{Prefix: "media/"})
	noError(t, s.Put(t.Context(), "key", strings.NewReader("<script>")))
	as := chat.SignURLOptions{
		Valid: time.Minute, ContentType: "application/octet-stream", ContentDisposition: `attachment; filename*=UTF-8''%C3%A4.html`,
	}
	signed, err := s.SignURL(t.Context(), "key", as)
	noError(t, err)
	status, header, body := get(t, signed)
	if status != http.StatusOK || body != "<script>" ||
		header.Get("Content-Type") != as.ContentType || header.Get("Content-Disposition") != as.ContentDisposition {
		t.Errorf("a signed URL: %d %q %v", status, body, header)
	}
	other := strings.Replace(signed, "octet-stream", "xhtml%2Bxml", 1)
	unsigned, _, _ := strings.Cut(signed, "?")
	for _, url := range []string{other, unsigned, strings.Replace(signed, "/key?", "/kez?", 1)} {
		if status, _, _ := get(t, url); status != http.StatusForbidden {
			t.Errorf("GET %s: %d, want 403", url, status)
		}
	}
	if _, err := s.SignURL(t.Context(), "key", chat.SignURLOptions{Valid: 8 * 24 * time.Hour}); err == nil {
		t.Error("a URL that is valid for more than a week is no error")
	}
}

func get(tb testing.TB, url string) (int, http.Header, string) {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	noError(tb, err)
	response, err := http.DefaultClient.Do(request)
	noError(tb, err)
	body, err := io.ReadAll(response.Body)
	noError(tb, errors.Join(err, response.Body.Close()))
	return response.StatusCode, response.Header, string(body)
}

// What each request asks the server to encrypt with. That a server does so is its own affair.
func TestEncryption(t *testing.T) {
	t.Parallel()
	key, err := encrypt.NewSSEC(make([]byte, 32))
	noError(t, err)
	managed, err := encrypt.NewSSEKMS("key-id", nil)
	noError(t, err)
	const generic, customer = "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Customer-Algorithm"
	for name, c := range map[string]struct {
		with                         encrypt.ServerSide
		header, stored, part, opened string
	}{
		"none":        {nil, generic, "", "", ""},
		"SSE-S3":      {encrypt.NewSSE(), generic, "AES256", "", ""},
		"SSE-KMS":     {managed, generic, "aws:kms", "", ""},
		"host's keys": {key, customer, "AES256", "AES256", "AES256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t)
			p := newProxy(t, client, nil)
			p.strip = "X-Amz-Server-Side-Encryption" // of which the server knows nothing
			s := s3.New(p.client, bucket, s3.Options{Encryption: c.with})
			noError(t, s.Put(t.Context(), "small", strings.NewReader("x")))
			noError(t, s.Put(t.Context(), "large", stream(6<<20)))
			wantObject(t, s, "small", []byte("x"))
			wantObject(t, s, "large", content(6<<20))
			for _, r := range p.requests() {
				want := map[string]string{"PutObject": c.stored, "CreateMultipartUpload": c.stored, "UploadPart": c.part,
					"CompleteMultipartUpload": c.part, "GetObject": c.opened}[operation(r)]
				if got := r.Header.Get(c.header); got != want {
					t.Errorf("%s has %q, want %q", operation(r), got, want)
				}
			}
			if _, err := s.SignURL(t.Context(), "small", chat.SignURLOptions{Valid: time.Minute}); errors.Is(err, errors.ErrUnsupported) != (c.opened != "") {
				t.Errorf("SignURL: %v", err)
			}
		})
	}
}

func TestRemoveTemporaries(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	core := minio.Core{Client: client}
	begin := func(name string) string {
		return must(core.NewMultipartUpload(t.Context(), bucket, name, minio.PutObjectOptions{}))(t)
	}
	begin("media/one")
	begin("media/sub/folder") // not a key of the store's
	begin("other/two")
	busy := begin("media/busy")
	s := s3.New(client, bucket, s3.Options{Prefix: "media/"})
	if removed, err := s.RemoveTemporaries(t.Context(), time.Hour); removed != 0 || err != nil {
		t.Errorf("after an hour: %d, %v", removed, err)
	}
	must(core.PutObjectPart(t.Context(), bucket, "media/busy", busy, 1, strings.NewReader("x"), 1, minio.PutObjectPartOptions{}))(t)
	p := newProxy(t, client, nil)
	p.forward.ModifyResponse = begunLongAgo
	old := s3.New(p.client, bucket, s3.Options{Prefix: "media/"})
	if removed, err := old.RemoveTemporaries(t.Context(), time.Hour); removed != 1 || err != nil {
		t.Errorf("RemoveTemporaries of what was begun long ago: %d, %v, want 1", removed, err)
	}
	wantUploads(t, client, "media/busy", "media/sub/folder", "other/two")
	if removed, err := s.RemoveTemporaries(t.Context(), -time.Hour); removed != 1 || err != nil {
		t.Errorf("RemoveTemporaries of everything: %d, %v, want 1", removed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.RemoveTemporaries(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

var initiated = regexp.MustCompile(`<Initiated>[^<]*`)

// begunLongAgo has the uploads of a list begun in another year.
func begunLongAgo(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	body = initiated.ReplaceAll(body, []byte("<Initiated>2020-01-01T00:00:00Z"))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return err
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		noError(tb, err)
		return value
	}
}
