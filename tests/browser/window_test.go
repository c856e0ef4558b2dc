package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a page may take for anything. Nothing is decided by it but a failure.
const patience = 20 * time.Second

// window is a page of one user, with cookies and a storage of its own.
type window struct {
	t      *testing.T
	ctx    context.Context
	server *server
	login  string

	mu       sync.Mutex
	problems []string
	allowed  []string // parts of messages on the console that a test expects
}

// look is how a window is: its size in CSS pixels, and the rest as a device has it.
type look struct {
	width, height int64
	dark, touch   bool
	scale         float64
}

var desktop, phone = look{width: 1280, height: 800}, look{width: 390, height: 844, touch: true}

// helpers are what the tests use in the page: $ finds in the shadow root.
const helpers = `
window.$root = () => document.querySelector("df-chat")?.shadowRoot;
window.$ = (sel) => $root()?.querySelector(sel);
window.$$ = (sel) => [...($root()?.querySelectorAll(sel) ?? [])];
window.$name = (el) => (el.getAttribute("aria-label") ?? el.textContent).trim();
window.$visible = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
window.$button = (name) => { const dialog = $$("dialog[open]").at(-1), within = $(":popover-open") ?? dialog ?? $root();
  const all = [...within.querySelectorAll("button, [role=menuitem], [role=option], a, label, input, textarea")].filter($visible);
  return all.find((b) => $name(b) === name) ?? all.find((b) => $name(b).includes(name)); };
window.$room = (title) => $$("nav .room > button").find((b) => b.querySelector(".top b").textContent === title);
window.$message = (text) => $$("li[data-number], li[data-client-id]").find((li) => li.querySelector(".bubble p")?.textContent.includes(text));
window.$texts = () => $$("li[data-number] .bubble > p").map((p) => p.textContent);
`

// open opens the page as a user who is signed in.
func (s *server) open(login string, l look) *window {
	return s.openAt(login, "/", l)
}

func (s *server) openAt(login, path string, l look) *window {
	s.t.Helper()
	ctx, cancel := chromedp.NewContext(theBrowser(s.t), chromedp.WithNewBrowserContext())
	s.t.Cleanup(cancel)
	return s.openIn(ctx, login, path, l)
}

// tab opens another page of the same user in the same browser.
func (w *window) tab() *window {
	w.t.Helper()
	ctx, cancel := chromedp.NewContext(w.ctx)
	w.t.Cleanup(cancel)
	return w.server.openIn(ctx, w.login, "/", desktop)
}

func (s *server) openIn(ctx context.Context, login, path string, l look) *window {
	s.t.Helper()
	w := &window{t: s.t, ctx: ctx, server: s, login: login}
	must(s.t, chromedp.Do(ctx))
	w.watchConsole()
	w.as(l)
	w.command(chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	if login != "" {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "webchat_user", Value: login, URL: s.url})
		must(s.t, err)
	}
	must(s.t, chromedp.Do(ctx, chromedp.Navigate(s.url+path)))
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](helpers+"true"))
	must(s.t, err)
	return w
}

func (w *window) command(_ any, err error) {
	w.t.Helper()
	must(w.t, err)
}

// as makes the window that of a device.
func (w *window) as(l look) {
	w.t.Helper()
	if l.scale == 0 {
		l.scale = 1
	}
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(l.scale)}
	if l.touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)
	}
	must(w.t, chromedp.Do(w.ctx, chromedp.EmulateViewport(l.width, l.height, options...)))
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	w.command(chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

// watchConsole fails the test for everything that the page complains about.
func (w *window) watchConsole() {
	messages := chromedp.Console(w.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				w.mu.Lock()
				w.problems = append(w.problems, m.String())
				w.mu.Unlock()
			}
		}
	}()
	w.t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
	problems:
		for _, problem := range w.problems {
			for _, part := range w.allowed {
				if strings.Contains(problem, part) {
					continue problems
				}
			}
			w.t.Errorf("%s's console: %s", w.login, problem)
		}
	})
}

// allow says which messages on the console a test brings about.
func (w *window) allow(parts ...string) { w.allowed = append(w.allowed, parts...) }

// eval evaluates an expression in the page; it may be a promise.
func eval[T any](w *window, expression string) T {
	w.t.Helper()
	value, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %s: %v", w.login, expression, err)
	}
	return value
}

// wait waits until an expression holds.
func (w *window) wait(expression string, args ...any) {
	w.t.Helper()
	for i, arg := range args {
		if _, text := arg.(string); text {
			quoted, err := json.Marshal(arg)
			must(w.t, err)
			args[i] = string(quoted)
		}
	}
	expression = fmt.Sprintf(expression, args...)
	for end := time.Now().Add(patience); ; time.Sleep(25 * time.Millisecond) {
		holds, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && holds {
			return
		}
		if time.Now().After(end) {
			w.shot("failed")
			w.t.Fatalf("%s: it does not come to hold that %s: %v\nthe page says: %s", w.login, expression, err, eval[string](w, `$root()?.querySelector(".app")?.innerText.slice(0, 2000) ?? document.body.innerText.slice(0, 2000)`))
		}
	}
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

type point struct{ X, Y float64 }

// at returns the middle of an element, once it is there and stays in its place.
func (w *window) at(element string) point {
	w.t.Helper()
	w.wait("(() => { const e = " + element + "; if (!e || !$visible(e)) return false; e.scrollIntoView({ block: 'nearest' }); const r = e.getBoundingClientRect();" +
		" const was = e.$was; e.$was = `${r.x} ${r.y} ${r.width}`; return r.width > 0 && was === e.$was })()")
	return eval[point](w, "(() => { const r = ("+element+").getBoundingClientRect(); return { X: r.x + r.width / 2, Y: r.y + r.height / 2 } })()")
}

// click clicks an element, which is given as an expression.
func (w *window) click(element string, options ...chromedp.MouseOption) {
	w.t.Helper()
	p := w.at(element)
	must(w.t, chromedp.Do(w.ctx, chromedp.MouseClickXY(p.X, p.Y, options...)))
}

// press clicks what is called so: a button, an item of a menu, a field.
func (w *window) press(name string) {
	w.t.Helper()
	w.click("$button(" + quote(name) + ")")
}

// enter opens a room of the list.
func (w *window) enter(room string) {
	w.t.Helper()
	w.click("$room(" + quote(room) + ")")
	w.wait(`$(".pane .title h2")?.textContent === %s && $(".scroller .start, .scroller li") && $("ol")`, room)
}

// typeText types as an input method does, once the page has put the focus where one can; keys presses keys.
func (w *window) typeText(text string) {
	w.t.Helper()
	w.wait(`($root().activeElement ?? document.activeElement).matches("input, textarea")`)
	w.command(chromedp.Call(w.ctx, input.InsertText, input.InsertTextParams{Text: text}))
}

func (w *window) keys(keys string) {
	w.t.Helper()
	if keys == kb.Enter { // which chromedp follows with a character, also when the page has handled the key
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			w.command(chromedp.Call(w.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
				Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13,
			}))
		}
		return
	}
	must(w.t, chromedp.Do(w.ctx, chromedp.KeyEvent(keys)))
}

// write puts a text into the place to write, without sending it.
func (w *window) write(text string) {
	w.t.Helper()
	w.click(`$(".composer textarea")`)
	w.typeText(text)
	w.wait(`$(".composer textarea").value.includes(%s)`, text)
}

// say writes and sends a message, and waits until it is on the page.
func (w *window) say(text string) {
	w.t.Helper()
	w.write(text)
	w.keys(kb.Enter)
	w.sees(text)
}

// sees waits for a message with a text.
func (w *window) sees(text string) {
	w.t.Helper()
	w.wait("$message(%s)", text)
}

// delivered waits until an own message is confirmed by the server.
func (w *window) delivered(text string) {
	w.t.Helper()
	w.wait(`$message(%s)?.dataset.number`, text)
}

// menu opens what can be done with a message, and does one of it.
func (w *window) menu(message, action string) {
	w.t.Helper()
	w.click("$message("+quote(message)+").querySelector('.bubble')", chromedp.ButtonRight)
	w.wait(`$(":popover-open [role=menuitem]")`)
	w.press(action)
}

// shot keeps a picture of the window beside the results of the test.
func (w *window) shot(name string) {
	w.t.Helper()
	picture, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Logf("no screenshot %s: %v", name, err)
		return
	}
	folder := os.Getenv("CHAT_SCREENSHOTS")
	if folder == "" {
		folder = w.t.ArtifactDir()
	}
	must(w.t, os.MkdirAll(folder, 0o755))
	path := filepath.Join(folder, strings.ReplaceAll(w.t.Name(), "/", "-")+"-"+w.login+"-"+name+".png")
	must(w.t, os.WriteFile(path, picture, 0o644))
	w.t.Log("see", path)
}

// rightButton opens a menu: by the right button of a mouse, also where a finger would be held.
func rightButton(look) []chromedp.MouseOption { return []chromedp.MouseOption{chromedp.ButtonRight} }
