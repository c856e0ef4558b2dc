package httpadapter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestWritesOfOtherSitesAreRefused(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "hi")
		before := h.dump()
		for _, from := range [][]string{
			{"Sec-Fetch-Site: cross-site"},
			{"Sec-Fetch-Site: same-site"},
			{"Origin: https://evil.example"},
			{"Origin: null"},
			{"Origin: http://example.com.evil.example"},
		} {
			for target, body := range map[string]string{
				"POST /rooms":                           `{"name":"x"}`,
				"POST /rooms/" + room + "/messages":     `{"text":"x"}`,
				"PATCH /messages/" + m:                  `{"text":"x"}`,
				"DELETE /messages/" + m:                 "",
				"PUT /rooms/" + room + "/users/me/read": `{"number":1}`,
				"POST /media":                           "x",
				"POST /rooms/" + room + "/join":         "",
				"DELETE /rooms/" + room + "/users/2":    "",
				"POST /messages/" + m + "/reactions":    `{"reaction":"👍"}`,
				"POST /rooms/" + room + "/transfer":     `{"user_id":"2"}`,
				"PATCH /rooms/" + room + "/users/2":     `{"permissions":[]}`,
				"POST /rooms/" + room + "/users":        `{"members":[{"user_id":"3"}]}`,
				"PATCH /rooms/" + room:                  `{"name":"x"}`,
				"DELETE /rooms/" + room:                 "",
				"DELETE /reactions/" + nowhere:          "",
			} {
				h.want(403, "cross_origin", "alice", target, body, from...)
			}
		}
		// A form of another site, as a browser sends it without a word of script.
		h.want(403, "cross_origin", "alice", "POST /rooms", `{"name":"x"}`, "Content-Type: ", "Content-Type: text/plain",
			"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("another site changed something: %s", diff)
		}
		h.want(201, "", "alice", "POST /rooms", `{"name":"x"}`, "Sec-Fetch-Site: same-origin")
		h.want(201, "", "alice", "POST /rooms", `{"name":"x"}`, "Origin: http://example.com") // the host's own
		// Reads go through, and browsers keep their answers from the other site.
		got := h.want(200, "", "alice", "GET /rooms", "", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
		wantNoCORS(t, got)
		wantNoCORS(t, h.want(204, "", "", "OPTIONS /rooms", "", "Origin: https://evil.example", "Access-Control-Request-Method: POST"))
	})
}

// What another site's page embeds, as an image or a script, is not served.
func TestEmbeddingInOtherSitesIsRefused(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		picture := h.sent("a.jpg", jpegOf(600, 300))
		room := h.group()
		for _, target := range []string{picture, picture + "?variant=thumbnail", "/rooms", "/rooms/" + room, "/rooms/" + nowhere, "/openapi.json"} {
			for _, method := range []string{"GET ", "HEAD "} {
				embedded := []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}
				if got := h.do("alice", method+target, "", embedded...); got.status != 403 || method == "GET " && got.code() != "cross_origin" {
					t.Errorf("%s%s: %d %s", method, target, got.status, got.body)
				}
				for _, other := range [][]string{
					{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors"}, {"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"},
					{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"}, {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, {},
				} {
					got := h.do("alice", method+target, "", other...)
					if got.status == 403 || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
						t.Errorf("%v %s%s: %d %v", other, method, target, got.status, got.header)
					}
				}
			}
		}
	})
}

// An origin that no browser sends would be trusted in vain.
func TestOriginsThatCanNeverMatch(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	for _, origin := range []string{
		"", "*", "null", "app.example", "https://", "//app.example", "https://App.example", "HTTPS://app.example", "https://app.example/",
		"https://app.example/chat", "https://app.example?", "https://app.example?x=1", "https://app.example#x", "https://app.example:443",
		"http://app.example:80", "https://app.example:", "https://app.example:0443", "https://app.example:0", "https://app.example:65536",
		"https://user@app.example", "https://user:pw@app.example", "https://*.app.example", "https://app.*", "https://app.example.",
		"https://app.example.:8443", "https://bücher.example", "https://app.exam ple", " https://app.example", "https://app.example ",
		"https://[::0001]", "https://app%2eexample", "https:app.example",
		"wss://app.example", "ws://app.example:8080", "file://host", "https://127.1", "https://0x7f.0.0.1", "https://0x7f000001", "https://2130706433",
		"https://127.0.0.256", "https://app.127", "https://app.0x", "https://127.0.0.01", "https://[::ffff:127.0.0.1]", "https://[0:0:0:0:0:0:0:1]",
		"https://a|b.example", "https://a^b.example", `https://a\b.example`, "https://<a>.example",
	} {
		_, err := httpadapter.New(h.svc, httpadapter.Config{User: signedIn, TrustedOrigins: []string{"https://fine.example", origin}})
		if err == nil || !strings.HasPrefix(err.Error(), "httpadapter: Config.TrustedOrigins: ") {
			t.Errorf("%q: error is %v", origin, err)
		}
	}
	for _, origin := range []string{
		"https://app.example", "https://app.example:8443", "http://localhost:5173", "http://localhost", "http://app.example:443", "https://app.example:80",
		"http://127.0.0.1:3000", "https://[::1]:8443", "https://xn--bcher-kva.example", "capacitor://localhost", "https://my_app.example",
		"https://[::ffff:7f00:1]", "https://app.1x", "https://0xapp.example", "https://127.example", "chrome-extension://abcdefghijklmnop",
	} {
		if _, err := httpadapter.New(h.svc, httpadapter.Config{User: signedIn, TrustedOrigins: []string{origin}}); err != nil {
			t.Errorf("%q: %v", origin, err)
		}
	}
}

func wantNoCORS(t *testing.T, got answer) {
	t.Helper()
	for name := range got.header {
		if len(name) > 14 && name[:14] == "Access-Control" {
			t.Errorf("%s: %s", name, got.header.Get(name))
		}
	}
}

func TestTrustedOriginsMayCall(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.TrustedOrigins = []string{"https://app.example"} })
	trusted := []string{"Origin: https://app.example", "Sec-Fetch-Site: cross-site"}

	preflight := h.want(204, "", "", "OPTIONS /rooms", "", append(trusted, "Access-Control-Request-Method: POST")...)
	got := map[string]string{}
	for _, name := range []string{"Allow", "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods"} {
		got[name] = preflight.header.Get(name)
	}
	want := map[string]string{
		"Allow": "GET, HEAD, OPTIONS, POST", "Vary": "Origin", "Access-Control-Allow-Origin": "https://app.example",
		"Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	made := h.want(201, "", "alice", "POST /rooms", `{"name":"x"}`, trusted...)
	if made.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("%v", made.header)
	}
	refused := h.want(401, "", "", "GET /rooms", "", trusted...) // an error can be read too
	if refused.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("%v", refused.header)
	}
	for _, origin := range []string{"https://evil.example", "http://app.example", "https://app.example.evil.example", "null"} {
		wantNoCORS(t, h.want(204, "", "", "OPTIONS /rooms", "", "Origin: "+origin))
		wantNoCORS(t, h.want(403, "cross_origin", "alice", "POST /rooms", `{"name":"x"}`, "Origin: "+origin))
	}
}
