package browser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// longRoom makes a group of Alice and Bob with n messages, which Alice has read, and returns its id.
func (s *server) longRoom(name string, n int) string {
	s.t.Helper()
	var room struct{ ID string }
	must(s.t, json.Unmarshal([]byte(s.request("alice", "POST", "/chat/rooms", fmt.Sprintf(`{"name":%q,"members":[{"user_id":"2"}]}`, name))), &room))
	for i := range n {
		s.request("bob", "POST", "/chat/rooms/"+room.ID+"/messages", fmt.Sprintf(`{"text":"Line %d"}`, i+1))
	}
	s.request("alice", "PUT", "/chat/rooms/"+room.ID+"/users/me/read", fmt.Sprintf(`{"number":%d}`, n))
	return room.ID
}

// Who reads further up stays there when something new comes, and is told; who is at the end
// stays at the end.
func TestFollowing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.longRoom("Long", 80)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.enter("Long")
	alice.enter("Long")
	alice.sees("Line 80")
	atEnd := `Math.abs($(".scroller").scrollTop) < 2`
	alice.wait(atEnd)
	bob.say("While at the end")
	alice.sees("While at the end")
	alice.wait(atEnd)
	alice.wait(`$("[role=log]").textContent.includes("Bob: While at the end")`) // to who does not see it

	alice.wait(`($(".scroller").scrollTop = -600, $(".scroller").scrollTop < -500)`)
	alice.wait(`$(".jump")`)
	type place struct {
		Number string
		Y      float64
	}
	const seen = `(() => { const top = $(".scroller").getBoundingClientRect().top, li = $$("li[data-number]").find((e) => e.getBoundingClientRect().top > top);
		return { Number: li.dataset.number, Y: li.getBoundingClientRect().top } })()`
	before := eval[place](alice, seen)
	bob.say("While further up")
	bob.say("And once more")
	alice.wait(`$(".jump .badge")?.textContent === "2"`)
	alice.sees("And once more")
	if after := eval[place](alice, seen); after.Number != before.Number || after.Y-before.Y > 1 || before.Y-after.Y > 1 {
		t.Errorf("what was read has gone from %+v to %+v", before, after)
	}
	alice.click(`$(".jump")`)
	alice.wait(atEnd)
	alice.wait(`!$(".jump")`)
}

// A file has its place before it is there: nothing moves when it comes, whether the message
// comes live or is one's own.
func TestPictureShiftsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.longRoom("Pictures", 40)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.enter("Pictures")
	alice.enter("Pictures")
	alice.sees("Line 40")
	bob.sees("Line 40")
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, content, 0o600))
		return path
	}
	wide, tall, notes := file("wide.png", painted(900, 300)), file("tall.png", painted(300, 900)), file("notes.txt", []byte("what was said"))
	for _, sent := range []struct {
		text     string
		files    []string
		pictures int
	}{{"Tall", []string{tall}, 1}, {"Wide", []string{wide}, 1}, {"Two", []string{tall, wide}, 2}, {"Three and notes", []string{tall, notes, wide, tall}, 3}, {"Notes", []string{notes}, 0}} {
		for _, w := range []*window{alice, bob} { // each frame from the first that has the message
			eval[bool](w, `(() => { const heights = window.$heights = new Set(), text = `+quote(sent.text)+`; const look = () => {
				const m = $message(text);
				if (m) heights.add(Math.round(m.getBoundingClientRect().height));
				if (heights === window.$heights) requestAnimationFrame(look); }; look(); return true })()`)
		}
		eval[bool](bob, `(() => { window.$file = $(".composer input[type=file]"); return true })()`)
		must(t, chromedp.Do(bob.ctx, chromedp.SetUploadFiles(chromedp.JSPath(`window.$file`), sent.files)))
		bob.wait(`$$(".attached li").length === %d`, len(sent.files))
		bob.say(sent.text)
		for _, w := range []*window{alice, bob} {
			w.wait(`$message(%s)?.dataset.number && $message(%s).querySelectorAll(".picture img").length === %d && [...$message(%s).querySelectorAll(".picture img")].every((i) => i.complete && i.naturalWidth > 0)`,
				sent.text, sent.text, sent.pictures, sent.text)
			w.wait(`[...$message(%s).querySelectorAll("a.file")].every((a) => a.getAttribute("href"))`, sent.text)
			w.wait(`Math.abs($(".scroller").scrollTop) < 2`)
			if heights := eval[[]int](w, `[...$heights]`); len(heights) != 1 {
				t.Errorf("%s: the message %q was %v pixels high, one after the other", w.login, sent.text, heights)
			}
		}
	}
}

// What comes into a window in the background is not read before somebody looks.
func TestBackgroundIsNotRead(t *testing.T) { onDatabases(t, backgroundIsNotRead) }

func backgroundIsNotRead(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	eval[bool](bob, `(Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" }),
		document.hasFocus = () => false, document.dispatchEvent(new Event("visibilitychange")), dispatchEvent(new Event("blur")), true)`)
	alice.say("Nobody looks")
	bob.sees("Nobody looks")
	bob.wait(`$room("Alice").querySelector(".badge")?.textContent.startsWith("1")`)
	alice.say("And still nobody")
	bob.sees("And still nobody")
	bob.wait(`$room("Alice").querySelector(".badge")?.textContent.startsWith("2")`)
	if state := s.state("bob", "And still nobody"); state.Unread < 2 {
		t.Errorf("in the background %d of two are unread", state.Unread)
	}
	alice.wait(`$message("And still nobody")?.dataset.number && !$message("Nobody looks").querySelector(".ticks.read")`)
	eval[bool](bob, `(delete document.visibilityState, delete document.hasFocus, document.dispatchEvent(new Event("visibilitychange")), dispatchEvent(new Event("focus")), true)`)
	alice.wait(`$message("And still nobody").querySelector(".ticks.read")`)
	bob.wait(`!$room("Alice").querySelector(".badge")`)
	s.until("bob", "And still nobody", "read", func(r roomState) bool { return r.Unread == 0 })
}

// At twice the size, on narrow screens, and with a keyboard over half of it, everything is in
// the window, and one can write.
func TestSmallWindows(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, l := range map[string]look{
		"zoomed": {width: 640, height: 400, scale: 2}, "narrow": {width: 320, height: 640, touch: true}, "keyboard": {width: 390, height: 400, touch: true},
	} {
		alice := s.open("alice", l)
		inside := func(where string) {
			t.Helper()
			out := eval[[]string](alice, `$$("button, textarea, input, h2").filter($visible).filter((e) => { const r = e.getBoundingClientRect();
				return !e.closest(".scroll, .scroller, .tools, .sr, .filters") && !e.classList.contains("sr") && (r.left < -1 || r.right > innerWidth + 1 || r.top < -1 || r.bottom > innerHeight + 1) }).map((e) => e.outerHTML.slice(0, 120))
				.concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])`)
			for _, element := range out {
				t.Errorf("%s, %s: outside of the window: %s", name, where, element)
			}
		}
		alice.wait(`$room("Boat trip")`)
		inside("the list")
		alice.enter("Boat trip")
		inside("a room")
		alice.say("Written in a window that is " + name)
		alice.delivered("Written in a window that is " + name)
		inside("a room with a message")
		alice.press("Back")
		alice.press("New chat")
		alice.wait(`$("dialog[open] .kinds")`)
		alice.shot(name)
		if eval[bool](alice, `(() => { const r = $("dialog[open]").getBoundingClientRect(); return r.left < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1 })()`) {
			t.Errorf("%s: a dialog is larger than the window", name)
		}
	}
	// On phones the keyboard makes the window smaller, rather than covering the place to write.
	bob := s.open("bob", phone)
	bob.wait(`document.querySelector("meta[name=viewport]").content.includes("interactive-widget=resizes-content")`)
}
