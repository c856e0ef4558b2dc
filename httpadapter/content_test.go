package httpadapter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
)

// sent uploads a file, sends it and returns the path of its content.
func (h *host) sent(name, content string) string {
	h.t.Helper()
	file := h.upload("alice", name, content)
	h.made("alice", "POST /rooms/"+h.group()+"/messages", `{"media_ids":["`+file+`"]}`)
	return "/media/" + file + "/content"
}

func TestOnlyHarmlessTypesAreShownInline(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for name, c := range map[string]struct{ content, kind, disposition string }{
			"cat.png":  {png, "image/png", "inline"},
			"cat.html": {png, "image/png", "inline"}, // by its bytes, not by its name
			"cat.gif":  {"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "image/gif", "inline"},
			"cat.jpg":  {jpegOf(64, 48), "image/jpeg", "inline"},
			"cat.webp": {webp, "image/webp", "inline"},
			"d.png":    {"\x89PNG\r\n\x1a\n<script>", "application/octet-stream", "attachment"},
			"a.mp3":    {"\xff\xfb\x90\x64\x00", "audio/mpeg", "inline"},
			"a.html":   {"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream", "attachment"},
			"a.svg":    {`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "application/octet-stream", "attachment"},
			"a.xml":    {`<?xml version="1.0"?><a/>`, "application/octet-stream", "attachment"},
			"a.pdf":    {"%PDF-1.7", "application/octet-stream", "attachment"},
			"a.js":     {"alert(1)", "application/octet-stream", "attachment"},
			"b.png":    {"alert(1)", "application/octet-stream", "attachment"},
			"a.txt":    {"hello", "application/octet-stream", "attachment"},
			"empty":    {" ", "application/octet-stream", "attachment"},
		} {
			got := h.want(200, "", "bob", "GET "+h.sent(name, c.content), "")
			shown := map[string]string{}
			for _, header := range []string{
				"Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control",
				"Cross-Origin-Resource-Policy",
			} {
				shown[header] = got.header.Get(header)
			}
			want := map[string]string{
				"Content-Type": c.kind, "Content-Disposition": c.disposition + `; filename="` + name + `"`,
				"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
				"Cache-Control": "private, no-cache", "Cross-Origin-Resource-Policy": "same-origin",
			}
			if diff := cmp.Diff(want, shown); diff != "" || got.body != c.content {
				t.Errorf("%s: %q %s", name, got.body, diff)
			}
		}
	})
}

func TestContentIsServedInPartsAndNotTwice(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		target := h.sent("a.txt", "0123456789")
		whole := h.want(200, "", "bob", "GET "+target, "")
		tag := whole.header.Get("ETag")
		for name, c := range map[string]struct {
			headers []string
			status  int
			body    string
		}{
			"a range":                    {[]string{"Range: bytes=2-4"}, 206, "234"},
			"an end":                     {[]string{"Range: bytes=-3"}, 206, "789"},
			"a start":                    {[]string{"Range: bytes=8-"}, 206, "89"},
			"a range of the same":        {[]string{"Range: bytes=2-4", "If-Range: " + tag}, 206, "234"},
			"a range of another":         {[]string{"Range: bytes=2-4", `If-Range: "x"`}, 200, "0123456789"},
			"what is known":              {[]string{"If-None-Match: " + tag}, 304, ""},
			"what is known, among other": {[]string{`If-None-Match: "x", W/` + tag}, 304, ""},
			"what is not known":          {[]string{`If-None-Match: "x"`}, 200, "0123456789"},
			"if it is the same":          {[]string{"If-Match: " + tag}, 200, "0123456789"},
			"overlapping ranges":         {[]string{"Range: bytes=0-9,0-9,0-9,0-9"}, 200, "0123456789"},
		} {
			if got := h.do("bob", "GET "+target, "", c.headers...); got.status != c.status || got.body != c.body {
				t.Errorf("%s: %d %q, want %d %q", name, got.status, got.body, c.status, c.body)
			}
		}
		for _, wrong := range []string{"bytes=10-", "bytes=5-4", "bytes=x", "bytes=18446744073709551616-"} {
			got := h.want(416, "range_not_satisfiable", "bob", "GET "+target, "", "Range: "+wrong)
			if got.header.Get("ETag") != "" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Disposition") != "" {
				t.Errorf("%s: an error has the headers of a file: %v", wrong, got.header)
			}
		}
		h.want(412, "precondition_failed", "bob", "GET "+target, "", `If-Match: "x"`)
		head := h.want(200, "", "bob", "HEAD "+target, "")
		if head.body != "" || head.header.Get("Content-Length") != "10" || head.header.Get("ETag") != tag {
			t.Errorf("HEAD: %q %v", head.body, head.header)
		}
	})
}

// store is one whose parts fail when told.
type store struct {
	chat.MediaStore
	put, open error
	stream    bool // not seekable
}

func (s *store) Put(ctx context.Context, key string, r io.Reader) error {
	if s.put != nil {
		return s.put
	}
	return s.MediaStore.Put(ctx, key, r)
}

func (s *store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if s.open != nil {
		return nil, s.open
	}
	content, err := s.MediaStore.Open(ctx, key)
	if s.stream && err == nil {
		content = struct {
			io.Reader
			io.Closer
		}{content, content}
	}
	return content, err
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	failing := &store{MediaStore: storage.Memory()}
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = failing })
	target := h.sent("a.txt", "hello")
	for _, c := range []struct {
		fault  error
		status int
		code   string
	}{
		{errors.New("the disk is on fire"), 503, "unavailable"},
		{&fs.PathError{Op: "open", Path: "/secret", Err: syscall.ENOSPC}, 507, "no_space"},
		{context.DeadlineExceeded, 503, "unavailable"},
	} {
		failing.put = fmt.Errorf("put /secret: %w", c.fault)
		got := h.want(c.status, c.code, "alice", "POST /media", "x", "Content-Type: ")
		if strings.Contains(got.body, "secret") || strings.Contains(got.body, "fire") {
			t.Errorf("the answer shows %s", got.body)
		}
		if !strings.Contains(h.log.String(), c.fault.Error()) {
			t.Errorf("%v is not logged", c.fault)
		}
	}
	failing.open = errBroken
	h.want(503, "unavailable", "bob", "GET "+target, "")
	failing.open = fs.ErrNotExist // the row is there and the file is lost
	h.want(500, "internal", "bob", "GET "+target, "")
}

func TestStoreThatCannotSeek(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) {
		c.Media = &store{MediaStore: storage.Memory(), stream: true}
	})
	target := h.sent("a.txt", "0123456789")
	got := h.want(200, "", "bob", "GET "+target, "", "Range: bytes=1-2")
	if got.body != "0123456789" || got.header.Get("Accept-Ranges") != "none" || got.header.Get("Content-Length") != "10" {
		t.Errorf("%q %v", got.body, got.header)
	}
	h.want(304, "", "bob", "GET "+target, "", "If-None-Match: "+got.header.Get("ETag"))
	if head := h.want(200, "", "bob", "HEAD "+target, ""); head.body != "" || head.header.Get("Content-Length") != "10" {
		t.Errorf("HEAD: %q %v", head.body, head.header)
	}
}

func TestHostWithoutAStoreHasNoFiles(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = nil })
	h.want(501, "no_media", "alice", "POST /media", "x", "Content-Type: ")
	h.want(501, "no_media", "alice", "GET /media/"+nowhere+"/content", "")
	h.want(404, "not_found", "alice", "GET /media/"+nowhere, "")
}

func TestAvatarIsServedWithItsRoom(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room, file := h.group(), h.upload("alice", "a.png", png)
		got := h.want(200, "", "alice", "PATCH /rooms/"+room, `{"avatar_id":"`+file+`"}`)
		if got.field("avatar_url") != "/media/"+file+"/content" {
			t.Errorf("the avatar is at %s", got.field("avatar_url"))
		}
		h.want(200, "", "bob", "GET "+got.field("avatar_url"), "")
		h.want(404, "not_found", "carol", "GET "+got.field("avatar_url"), "")
		got = h.want(200, "", "alice", "PATCH /rooms/"+room, `{"avatar_id":null}`)
		if got.field("avatar_url") != "<nil>" {
			t.Errorf("the avatar is at %s", got.field("avatar_url"))
		}
		h.want(404, "not_found", "alice", "GET /media/"+file+"/content", "")
	})
}

// A file goes out through the connection's own ReadFrom.
func TestLargeContentOverAConnection(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	content := strings.Repeat("0123456789", 300_000)
	target := h.sent("a.txt", content)
	server := httptest.NewServer(h)
	defer server.Close()
	r := h.request("bob", "GET "+server.URL+target, "")
	r.RequestURI = ""
	response, err := server.Client().Do(r)
	ok(t, err)
	defer func() { _ = response.Body.Close() }()
	if got := string(must(io.ReadAll(response.Body))(t)); got != content {
		t.Errorf("%d bytes came", len(got))
	}
}
