package httpadapter_test

import (
	"context"
	"fmt"
	"image"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
)

func TestThumbnailIsServed(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		photo := jpegOf(1200, 600)
		target := h.sent("cat.jpg", photo)
		got := h.want(200, "", "bob", "GET "+target+"?variant=thumbnail", "")
		config, format, err := image.DecodeConfig(strings.NewReader(got.body))
		ok(t, err)
		if format != "jpeg" || config.Width != 512 || config.Height != 256 {
			t.Errorf("it is a %s of %d × %d", format, config.Width, config.Height)
		}
		whole := h.want(200, "", "bob", "GET "+target+"?variant=original", "")
		if whole.body != photo || whole.header.Get("ETag") == got.header.Get("ETag") {
			t.Errorf("the original has the tag %s, and %d bytes", whole.header.Get("ETag"), len(whole.body))
		}
		shown := map[string]string{}
		for _, header := range []string{
			"Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control", "Accept-Ranges",
		} {
			shown[header] = got.header.Get(header)
		}
		if diff := cmp.Diff(map[string]string{
			"Content-Type": "image/jpeg", "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache",
			"Accept-Ranges": "bytes",
		}, shown); diff != "" {
			t.Error(diff)
		}
		h.want(304, "", "bob", "GET "+target+"?variant=thumbnail", "", "If-None-Match: "+got.header.Get("ETag"))
		part := h.want(206, "", "bob", "GET "+target+"?variant=thumbnail", "", "Range: bytes=0-1")
		if part.body != "\xff\xd8" {
			t.Errorf("its first two bytes are %q", part.body)
		}
		h.want(404, "not_found", "carol", "GET "+target+"?variant=thumbnail", "")
		h.want(404, "not_found", "bob", "GET "+h.sent("a.txt", "words")+"?variant=thumbnail", "")
		h.want(400, "malformed_query", "bob", "GET "+target+"?variant=huge", "")
	})
}

func TestSizeOfAPictureIsShown(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for content, want := range map[string]string{jpegOf(120, 60): "120 60 image/jpeg", "words": "<nil> <nil> text/plain; charset=utf-8"} {
			got := h.want(201, "", "alice", "POST /media", content, "Content-Type: ")
			if shown := got.field("width") + " " + got.field("height") + " " + got.field("content_type"); shown != want {
				t.Errorf("it is %s, want %s", shown, want)
			}
		}
		got := h.want(422, "invalid", "alice", "POST /media", jpegOf(120, 60)[:30], "Content-Type: ")
		if !strings.Contains(got.body, `"/body"`) {
			t.Errorf("the fault is not said to be in the body: %s", got.body)
		}
	})
}

// signer is a store with URLs of its own.
type signer struct{ *storage.MemoryStore }

func (signer) SignURL(_ context.Context, key string, as chat.SignURLOptions) (string, error) {
	if as.Valid != 5*time.Minute {
		return "", fmt.Errorf("it would be valid for %v", as.Valid)
	}
	return "https://media.example/" + key[:3] + "?as=" + as.ContentType, nil
}

func TestRedirectToTheStore(t *testing.T) {
	t.Parallel()
	redirect := func(store chat.MediaStore) *host {
		return newHost(t, "sqlite", func(c *chat.Config, a *httpadapter.Config) { c.Media, a.RedirectMedia = store, true })
	}
	h := redirect(signer{storage.Memory()})
	target := h.sent("a.html", "<html>")
	got := h.want(307, "", "bob", "GET "+target, "")
	url := got.header.Get("Location")
	if !strings.HasPrefix(url, "https://media.example/") || !strings.HasSuffix(url, "?as=application/octet-stream") || got.body != "" {
		t.Errorf("it leads to %s, with %q", url, got.body)
	}
	if got.header.Get("Cache-Control") != "private, max-age=240" || got.header.Get("Vary") == "" {
		t.Errorf("its headers are %v", got.header)
	}
	h.want(404, "not_found", "carol", "GET "+target, "")
	h.want(200, "", "bob", "HEAD "+target, "") // a URL is signed for GET alone
	photo := h.sent("a.jpg", jpegOf(600, 300))
	h.want(307, "", "bob", "GET "+photo, "")
	h.want(200, "", "bob", "GET "+photo+"?variant=thumbnail", "")

	h = redirect(storage.Memory()) // which has no URLs
	if got := h.want(200, "", "bob", "GET "+h.sent("a.txt", "words"), ""); got.body != "words" {
		t.Errorf("it is %q", got.body)
	}
	h = newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = signer{storage.Memory()} })
	h.want(200, "", "bob", "GET "+h.sent("a.txt", "words"), "") // where it is not asked for
}

// stalled is a store that makes no progress until its context ends.
type stalled struct{ chat.MediaStore }

func (stalled) Put(ctx context.Context, _ string, _ io.Reader) error {
	<-ctx.Done()
	return ctx.Err()
}

func (stalled) Open(ctx context.Context, _ string) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestStoreThatMakesNoProgress(t *testing.T) {
	t.Parallel()
	store := storage.Memory()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = store })
	target, photo := h.sent("a.txt", "words"), h.sent("a.jpg", jpegOf(600, 300))
	h.remount(must(chat.New(h.db, chat.Config{
		UserIDs: chat.Int64IDs, UsersTable: "users", Media: stalled{store}, MediaTimeout: 20 * time.Millisecond,
	}))(t))
	h.want(503, "unavailable", "alice", "POST /media", "x", "Content-Type: ")
	h.want(503, "unavailable", "bob", "GET "+target, "")
	h.want(503, "unavailable", "bob", "GET "+photo+"?variant=thumbnail", "")
	h.made("alice", "POST /rooms/"+h.group()+"/messages", `{"text":"words go on"}`)
}
