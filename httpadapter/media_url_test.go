package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

// signedHost is a host that signs the URLs of media, at a time that the test sets.
func signedHost(t *testing.T, database string, options ...option) (*host, *time.Time) {
	t.Helper()
	h := newHost(t, database, append(options, func(_ *chat.Config, c *httpadapter.Config) {
		c.MediaURLKey = []byte("0123456789abcdef0123456789abcdef")
	})...)
	now := time.Date(2026, 3, 1, 9, 10, 0, 0, time.UTC)
	h.Handler.(*httpadapter.Handler).SetNow(func() time.Time { return now }) //nolint:forcetypeassert // it is what newHost makes
	return h, &now
}

// urls are those of the one file of a message, as who sees them.
func (h *host) urls(who, message string) (whole, small string) {
	h.t.Helper()
	var m struct {
		Media []struct {
			URL          string `json:"url"`
			ThumbnailURL string `json:"thumbnail_url"`
		} `json:"media"`
	}
	ok(h.t, json.Unmarshal([]byte(h.want(200, "", who, "GET /messages/"+message, "").body), &m))
	if len(m.Media) != 1 {
		h.t.Fatalf("%+v", m)
	}
	return m.Media[0].URL, m.Media[0].ThumbnailURL
}

func overSigned(t *testing.T, test func(t *testing.T, h *host, now *time.Time)) {
	t.Helper()
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			h, now := signedHost(t, database)
			test(t, h, now)
		})
	}
}

// A signature stands for the sign-in, and for nothing else.
func TestSignedURLsOfMedia(t *testing.T) {
	overSigned(t, func(t *testing.T, h *host, now *time.Time) {
		room := h.group()
		file := h.upload("alice", "a.jpg", jpegOf(600, 400))
		m := h.made("alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+file+`"]}`)
		whole, small := h.urls("bob", m)
		for _, target := range []string{whole, small} {
			got := h.want(200, "", "", "GET "+target, "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
			if corp := got.header.Get("Cross-Origin-Resource-Policy"); corp != "cross-origin" {
				t.Errorf("the policy is %q", corp)
			}
			if vary := got.header.Values("Vary"); len(vary) > 0 {
				t.Errorf("it varies by %v, which it does not depend on", vary)
			}
			h.want(304, "", "", "GET "+target, "", "If-None-Match: "+got.header.Get("ETag"))
			h.want(200, "", "erin", "GET "+target, "") // who is signed in besides does not matter
		}
		if theirs, _ := h.urls("alice", m); theirs == whole {
			t.Error("two users have one URL")
		}

		*now = now.Add(19 * time.Minute)
		if again, _ := h.urls("bob", m); again != whole {
			t.Errorf("%s is no longer %s", again, whole)
		}
		*now = now.Add(2 * time.Minute) // past the half hour
		if again, _ := h.urls("bob", m); again == whole {
			t.Error("the URL does not change")
		}
		h.want(200, "", "", "GET "+whole, "")
		*now = now.Add(29 * time.Minute) // to the full one
		h.want(403, "invalid_signature", "", "GET "+whole, "")
		h.want(403, "invalid_signature", "bob", "GET "+whole, "")

		whole, _ = h.urls("bob", m)
		h.want(204, "", "alice", "DELETE /rooms/"+room+"/users/2", "")
		h.want(404, "not_found", "", "GET "+whole, "")
	})
}

func TestForgedURLsOfMedia(t *testing.T) {
	overSigned(t, func(t *testing.T, h *host, _ *time.Time) {
		room := h.group()
		send := func() (message, file string) {
			file = h.upload("alice", "a.png", png)
			return h.made("alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+file+`"]}`), file
		}
		m, file := send()
		_, other := send()
		whole, _ := h.urls("bob", m)
		_, query, _ := strings.Cut(whole, "?")
		at := "GET /media/" + file + "/content?"
		change := func(name, value string) string {
			values := must(url.ParseQuery(query))(t)
			values.Set(name, value)
			if value == "" {
				values.Del(name)
			}
			return at + values.Encode()
		}
		signature := must(url.ParseQuery(query))(t).Get("signature")
		h.want(200, "", "", at+query, "")
		for name, target := range map[string]string{
			"another user":            change("user", "1"),
			"no user":                 change("user", ""),
			"another file":            "GET /media/" + other + "/content?" + query,
			"a file that is none":     "GET /media/x/content?" + query,
			"a later end":             change("expires", "1772357400"),
			"an end far away":         change("expires", "9223372036854775807"),
			"no end":                  change("expires", ""),
			"no signature":            change("signature", ""),
			"part of the signature":   change("signature", signature[:len(signature)-4]),
			"another signature":       change("signature", strings.Repeat("A", len(signature))),
			"no base64":               change("signature", "!"+signature[1:]),
			"a longer signature":      change("signature", signature+"AAAA"),
			"an empty signature only": at + "signature=",
		} {
			for _, who := range []string{"", "alice"} { // a session does not make up for it
				got := h.do(who, target, "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
				if got.status != http.StatusForbidden || got.code() != "invalid_signature" || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
					t.Errorf("%s, by %q: %d %s %v", name, who, got.status, got.body, got.header)
				}
			}
		}
		h.want(400, "malformed_query", "", at+query+"&user=1", "")
		h.want(401, "unauthenticated", "", "GET /messages/"+m+"?"+query, "") // it opens nothing else
		h.want(401, "unauthenticated", "", "GET /media/"+file, "")
		h.want(403, "cross_origin", "bob", at, "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
		unsigned := newHost(t, "sqlite")
		unsigned.want(403, "invalid_signature", "alice", at+query, "")
	})
}

func TestURLsOfMediaAreAbsoluteWherePublicURLSaysSo(t *testing.T) {
	t.Parallel()
	h, _ := signedHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) {
		c.BasePath, c.PublicURL = "/chat", "https://chat.example.com/v1/chat/"
	})
	file := h.upload("alice", "a.png", png)
	m := h.made("alice", "POST /rooms/"+h.group()+"/messages", `{"media_ids":["`+file+`"]}`)
	whole, small := h.urls("alice", m)
	for _, got := range []string{whole, strings.Replace(small, "?variant=thumbnail&", "?", 1)} {
		if !strings.HasPrefix(got, "https://chat.example.com/v1/chat/media/"+file+"/content?user=1&expires=") {
			t.Error(got)
		}
	}
	for _, wrong := range []string{"chat.example.com", "ftp://chat.example.com", "https://", "https://u:p@chat.example.com", "https://chat.example.com?x", "https://chat.example.com#x", "https://chat.example.com/a b"} {
		if _, err := httpadapter.New(h.svc, httpadapter.Config{User: signedIn, PublicURL: wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	if _, err := httpadapter.New(h.svc, httpadapter.Config{User: signedIn, MediaURLKey: make([]byte, 31)}); err == nil {
		t.Error("a short key is taken")
	}
}
