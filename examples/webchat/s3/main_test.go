package main

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

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/go-df/chat/internal/s3server"
)

// beWebchat tells this binary to be the program.
const beWebchat = "WEBCHAT_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(beWebchat) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// begin runs the program in a folder, and returns where it is, and how to stop it.
func begin(t *testing.T, folder, media string) (url string, stop func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-addr", "127.0.0.1:0", "-media", media)
	command.Dir = folder
	command.Env = append(os.Environ(), beWebchat+"=1",
		"AWS_ACCESS_KEY_ID="+s3server.AccessKey, "AWS_SECRET_ACCESS_KEY="+s3server.SecretKey, "AWS_REGION="+s3server.Region)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.StdoutPipe()
	ok(t, err)
	ok(t, command.Start())
	first, err := bufio.NewReader(out).ReadString('\n')
	if url = address.FindString(first); url == "" {
		t.Fatalf("webchat says %q: %v\n%s", first, err, &stderr)
	}
	return url, func() {
		ok(t, command.Process.Signal(syscall.SIGTERM))
		_, _ = io.Copy(io.Discard, out)
		ok(t, command.Wait())
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, method, url string, body io.Reader) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	ok(t, err)
	request.Header.Set("Authorization", "Bearer demo-alice")
	response, err := http.DefaultClient.Do(request)
	ok(t, err)
	answer, err := io.ReadAll(response.Body)
	ok(t, err)
	ok(t, response.Body.Close())
	return response.StatusCode, answer
}

// The demo keeps its media in the bucket, and finds them after a restart.
func TestMediaAreInTheBucket(t *testing.T) {
	t.Parallel()
	endpoint, folder := s3server.Start(t), t.TempDir()
	client, err := minio.New(endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(s3server.AccessKey, s3server.SecretKey, ""), Region: s3server.Region,
	})
	ok(t, err)
	ok(t, client.MakeBucket(t.Context(), "uploads", minio.MakeBucketOptions{}))
	media := "s3://uploads/demo/?endpoint=http://" + endpoint

	url, stop := begin(t, folder, media)
	text := strings.Repeat("a letter ", 1_000_000)
	status, answer := ask(t, http.MethodPost, url+"/chat/media", strings.NewReader(text))
	var uploaded struct{ ID string }
	ok(t, json.Unmarshal(answer, &uploaded))
	if status != http.StatusCreated {
		t.Fatalf("an upload: %d %s", status, answer)
	}
	stop()
	url, stop = begin(t, folder, media)
	if status, answer := ask(t, http.MethodGet, url+"/chat/media/"+uploaded.ID+"/content", nil); status != http.StatusOK || string(answer) != text {
		t.Errorf("after a restart: %d with %d bytes", status, len(answer))
	}
	stop()

	objects := 0
	for object := range client.ListObjects(t.Context(), "uploads", minio.ListObjectsOptions{Prefix: "demo/", Recursive: true}) {
		ok(t, object.Err)
		objects++
	}
	if objects != 2 { // and the picture that the demo begins with
		t.Errorf("%d objects are in the bucket, want 2", objects)
	}
	if files, err := filepath.Glob(filepath.Join(folder, "webchat-media*")); len(files) > 0 || err != nil {
		t.Errorf("there is a folder of media too: %v, %v", files, err)
	}
}

func TestURLsOfBuckets(t *testing.T) {
	t.Parallel()
	for url, good := range map[string]bool{
		"s3://bucket": true, "s3://bucket/prefix/?endpoint=https://example.com&region=x": true,
		"s3://": false, "s3:///prefix": false, "s3://bucket?endpoint=nowhere": false, "s3://bu%zzcket": false,
	} {
		if _, err := openBucket(url); (err == nil) != good {
			t.Errorf("%s: %v", url, err)
		}
	}
}
