package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const strictPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " +
	"require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'"

const hostileStyle = `
* { all: unset !important; color: red !important; display: block !important; font: 40px serif !important; letter-spacing: 9px !important; }
button, li, p, textarea, div, span { display: none !important; position: fixed !important; }
df-chat { display: block !important; position: static !important; height: 560px !important; width: 420px !important; color: initial !important; font: 12px monospace !important; letter-spacing: 6px !important; text-transform: uppercase !important; line-height: 3 !important; text-align: right !important; }
`

// foreign is another application's page, with the component in it and the API behind it: its
// style wants everything otherwise, and its policy allows little.
func (s *server) foreign(markup string) string {
	s.t.Helper()
	target, err := url.Parse(s.url)
	must(s.t, err)
	mux := http.NewServeMux()
	mux.Handle("/chat/", &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		FlushInterval: -1,
	})
	mux.HandleFunc("/style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = fmt.Fprint(w, hostileStyle)
	})
	mux.HandleFunc("/icon", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", strictPolicy)
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="/icon"><link rel="stylesheet" href="/style.css">`+
			`<script type="module" src="/chat/ui/df-chat.js"></script><h1>A shop</h1>%s</html>`, markup)
	})
	host := httptest.NewServer(mux)
	s.t.Cleanup(host.Close)
	s.t.Cleanup(host.CloseClientConnections)
	return host.URL
}

// The host's style does not reach in, its policy is kept, and a token does instead of cookies:
// also for pictures, which no <img> can send one for.
func TestForeignPage(t *testing.T) {
	t.Parallel()
	s := serve(t)
	page := *s
	page.url = s.foreign(`<df-chat base="/chat" token="demo-alice" theme="dark"></df-chat>`)
	alice := page.openAt("", "/", desktop)
	alice.login = "alice"
	bob := s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	alice.wait(`$("textarea").getBoundingClientRect().height < 60 && getComputedStyle($("textarea")).letterSpacing === "normal"`)
	alice.wait(`getComputedStyle($(".bubble p")).textTransform === "none" && getComputedStyle($(".bubble p")).fontSize === "15px"`)
	alice.wait(`(() => { const i = $(".picture img"); return i?.src.startsWith("blob:") && i.complete && i.naturalWidth > 0 })()`)
	alice.say("From a shop")
	bob.sees("From a shop")
	alice.click(`$message("From a shop").querySelector(".bubble")`, rightButton(desktop)...)
	alice.press("More emoji")
	alice.wait(`$$(".cells button").length > 300`)
	alice.keys(kb.Escape)
	alice.shot("shop")
	if events := eval[[]string](alice, `(async () => {
		const el = document.querySelector("df-chat"), heard = [];
		for (const name of ["df-room", "df-unread"]) el.addEventListener(name, (e) => heard.push(name + " " + JSON.stringify(e.detail)));
		el.room = null;
		el.open(null);
		return heard })()`); len(events) != 1 || events[0] != `df-room {"room":null}` {
		t.Errorf("the host hears %q", events)
	}
	alice.wait(`$(".pane.empty")`)
}

// The German page is German, and one in another language has what the host adds.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := serve(t)
	page := *s
	page.url = s.foreign(`<df-chat base="/chat" token="demo-alice" lang="de"></df-chat>`)
	alice := page.openAt("", "/", desktop)
	alice.wait(`$("nav input")?.placeholder === "Suchen"`)
	eval[bool](alice, `(() => { const el = document.querySelector("df-chat");
		customElements.get("df-chat").addLanguage("ar", { search: "بحث", chats: "المحادثات" });
		el.lang = "ar"; return true })()`)
	alice.wait(`$("nav input").placeholder === "بحث" && getComputedStyle($(".app")).direction === "rtl"`)
	alice.wait(`$("nav").getBoundingClientRect().right > innerWidth / 4`)
	alice.enter("Bob")
	alice.wait(`$(".composer textarea").placeholder === "Write a message"`)
	alice.shot("arabic")
}
