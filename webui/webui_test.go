package webui_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/webui"
)

func ask(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Handler{
		"mounted": webui.Handler(webui.Config{}), "stripped": http.StripPrefix("/chat/ui", webui.Handler(webui.Config{})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fixed, hashed := ask(t, h, "GET", "/chat/ui/df-chat.js"), ask(t, h, "GET", "/chat/ui/"+webui.Script()) //nolint:bodyclose // body closes it
			if fixed.StatusCode != http.StatusOK || hashed.StatusCode != http.StatusOK {
				t.Fatalf("%d, %d", fixed.StatusCode, hashed.StatusCode)
			}
			script := body(t, fixed)
			if !strings.Contains(script, `customElements.define("df-chat"`) || script != body(t, hashed) {
				t.Error("the script is no component, or another by its other name")
			}
			for header, want := range map[string][2]string{
				"Content-Type":           {"text/javascript; charset=utf-8", "text/javascript; charset=utf-8"},
				"Cache-Control":          {"public, no-cache", "public, max-age=31536000, immutable"},
				"X-Content-Type-Options": {"nosniff", "nosniff"},
				"Vary":                   {"Accept-Encoding", "Accept-Encoding"},
			} {
				if got := [2]string{fixed.Header.Get(header), hashed.Header.Get(header)}; got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			for _, missing := range []string{"/chat/ui/", "/chat/ui/nothing.js", "/chat/ui/df-chat.0000000000000000.js", "/chat/ui/..%2fwebui.go"} {
				if got := ask(t, h, "GET", missing).StatusCode; got != 404 { //nolint:bodyclose // body closes it
					t.Errorf("%s: %d", missing, got)
				}
			}
		})
	}
}

// What the script fetches later is there, and has a name that changes with it.
func TestChunks(t *testing.T) {
	t.Parallel()
	h := webui.Handler(webui.Config{})
	seen := map[string]bool{}
	for wait := []string{"df-chat.js"}; len(wait) > 0; wait = wait[1:] {
		response := ask(t, h, "GET", "/"+wait[0]) //nolint:bodyclose // body closes it
		if response.StatusCode != http.StatusOK || wait[0] != "df-chat.js" && !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", wait[0], response.StatusCode, response.Header)
		}
		script := body(t, response)
		for _, name := range append(imports(script), lazily(script)...) {
			if !seen[name] {
				seen[name] = true
				wait = append(wait, name)
			}
		}
	}
	if len(seen) < 3 {
		t.Errorf("there are only the chunks %v", seen)
	}
}

// imports are the files that a script of the build needs at once, lazily those that it fetches
// later.
func imports(script string) []string { return names(script, `(?:from|import)"\./([^"]+)"`) }
func lazily(script string) []string  { return names(script, `import\("\./([^"]+)"\)`) }

func names(script, pattern string) (found []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(script, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestRevalidation(t *testing.T) {
	t.Parallel()
	h := webui.Handler(webui.Config{})
	plain, zipped := ask(t, h, "GET", "/df-chat.js"), ask(t, h, "GET", "/df-chat.js", "Accept-Encoding", "br;q=1, gzip;q=0.5") //nolint:bodyclose // body closes it
	if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Error("two representations have one ETag")
	}
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unzipped, err := io.ReadAll(reader); err != nil || string(unzipped) != body(t, plain) {
		t.Errorf("gzip is of something else: %v", err)
	}
	if got := ask(t, h, "GET", "/df-chat.js", "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding"); got != "" { //nolint:bodyclose // body closes it
		t.Errorf("gzip was refused, and there is %q", got)
	}
	for _, known := range []string{plain.Header.Get("ETag"), `"other", ` + plain.Header.Get("ETag"), "W/" + plain.Header.Get("ETag"), "*"} {
		again := ask(t, h, "GET", "/df-chat.js", "If-None-Match", known) //nolint:bodyclose // body closes it
		if again.StatusCode != http.StatusNotModified || body(t, again) != "" {
			t.Errorf("with %s: %d", known, again.StatusCode)
		}
	}
	head := ask(t, h, "HEAD", "/df-chat.js") //nolint:bodyclose // body closes it
	if head.StatusCode != http.StatusOK || head.Header.Get("Content-Length") == "" || body(t, head) != "" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	if post := ask(t, h, "POST", "/df-chat.js"); post.StatusCode != http.StatusMethodNotAllowed || post.Header.Get("Allow") != "GET, HEAD" { //nolint:bodyclose // body closes it
		t.Errorf("POST: %d", post.StatusCode)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	h := webui.Handler(webui.Config{API: `/"><script>`, Title: "Tea & <b>talk</b>", MediaOrigins: []string{"https://cdn.example.com"}})
	response := ask(t, h, "GET", "/chat/ui/", "Accept-Language", "fr, de-AT;q=0.8") //nolint:bodyclose // body closes it
	page := body(t, response)
	for _, want := range []string{`<html lang="de">`, "<title>Tea &amp; &lt;b&gt;talk&lt;/b&gt;</title>", `src="` + webui.Script() + `"`, `base="/&#34;&gt;&lt;script&gt;"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	want := "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' https://cdn.example.com; " +
		"img-src 'self' blob: https://cdn.example.com; media-src 'self' blob: https://cdn.example.com; " +
		"require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if diff := cmp.Diff(want, response.Header.Get("Content-Security-Policy")); diff != "" {
		t.Error(diff)
	}
	if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: %q", got)
	}
	for _, file := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if got := ask(t, h, "GET", "/chat/ui/"+file[1]); got.StatusCode != http.StatusOK || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") { //nolint:bodyclose // body closes it
			t.Errorf("%s: %d %v", file[1], got.StatusCode, got.Header)
		}
	}
	if elsewhere := ask(t, webui.Handler(webui.Config{API: "https://chat.example.com/v1"}), "GET", "/"); !strings.Contains(elsewhere.Header.Get("Content-Security-Policy"), "connect-src 'self' https://chat.example.com;") { //nolint:bodyclose // body closes it
		t.Errorf("the policy is %q", elsewhere.Header.Get("Content-Security-Policy"))
	}
}

// The whole of it is small, and the licences of what is in it stand beside it.
func TestSize(t *testing.T) {
	t.Parallel()
	h := webui.Handler(webui.Config{})
	size, seen := 0, map[string]bool{"df-chat.js": true}
	for wait := []string{"df-chat.js"}; len(wait) > 0; wait = wait[1:] {
		size += len(body(t, ask(t, h, "GET", "/"+wait[0], "Accept-Encoding", "gzip"))) //nolint:bodyclose // body closes it
		for _, name := range imports(body(t, ask(t, h, "GET", "/"+wait[0]))) {         //nolint:bodyclose // body closes it
			if !seen[name] {
				seen[name] = true
				wait = append(wait, name)
			}
		}
	}
	if size > 60_000 {
		t.Errorf("what is fetched at first has %d bytes with gzip, and may have 60,000", size)
	}
	t.Logf("what is fetched at first has %d bytes with gzip", size)
	licences := body(t, ask(t, h, "GET", "/LICENSES.txt")) //nolint:bodyclose // body closes it
	for _, want := range []string{"preact 10.", "MIT", "Unicode"} {
		if !strings.Contains(licences, want) {
			t.Errorf("the licences say nothing of %q", want)
		}
	}
}
