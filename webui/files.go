package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

const entry = "df-chat.js"

// hashInName is how the build names what changes its name with its content.
var hashInName = regexp.MustCompile(`-[A-Z0-9]{8}\.js$`)

// file is one of the build, as it is served.
type file struct {
	content, zipped []byte
	contentType     string
	hash            string
	immutable       bool
}

// files are those of the build by name, the entry under two of them.
var files = sync.OnceValue(func() map[string]*file {
	all := map[string]*file{}
	for name, f := range read() {
		f.immutable = hashInName.MatchString(name)
		all[name] = f
		if !f.immutable {
			renamed := *f
			renamed.immutable = true
			all[withHash(name, f.hash)] = &renamed
		}
	}
	return all
})

// hashed has the names with a hash of those that have none by the build.
var hashed = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for name, f := range files() {
		if !f.immutable {
			names[name] = withHash(name, f.hash)
		}
	}
	return names
})

func withHash(name, hash string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hash[:16] + ext
}

// read returns the embedded files. That they are there is decided when the program is built.
func read() map[string]*file {
	all := map[string]*file{}
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		content, err := dist.ReadFile("dist/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(content)
		all[e.Name()] = &file{
			content: content, zipped: zip(content), contentType: contentType(e.Name()), hash: hex.EncodeToString(sum[:]),
		}
	}
	return all
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".css":
		return "text/css; charset=utf-8"
	default:
		return "text/plain; charset=utf-8"
	}
}

func zip(content []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(content)                                 // a bytes.Buffer does not fail
	_ = w.Close()
	return out.Bytes()
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	content, etag := f.content, `"`+f.hash[:32]+`"`
	header.Add("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		content, etag = f.zipped, `"`+f.hash[:32]+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", etag)
	header.Set("Cache-Control", "public, no-cache")
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	// Scripts of modules are fetched with CORS: a page of another origin may have them too.
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if matches(r.Header.Values("If-None-Match"), etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // the client may have gone
}

// acceptsGzip reports whether gzip is named and not refused by a weight of 0.
func acceptsGzip(values []string) bool {
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, weight, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !weighted || (err == nil && value > 0)
	}
	return false
}

func matches(values []string, etag string) bool {
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
		if item == "*" || item == etag {
			return true
		}
	}
	return false
}
