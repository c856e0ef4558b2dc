package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pressEnter presses Enter with the character that makes a browser press a button.
func pressEnter(w *window) {
	w.t.Helper()
	for _, event := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Text: "\r"}, {Type: input.DispatchKeyEventTypeKeyUp}} {
		event.Key, event.Code, event.WindowsVirtualKeyCode, event.NativeVirtualKeyCode = "Enter", "Enter", 13, 13
		w.command(chromedp.Call(w.ctx, input.DispatchKeyEvent, event))
	}
}

// Everything is done without a mouse: rooms, messages, menus and dialogs, which keep the focus
// and give it back.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	focused := func(expression string) {
		t.Helper()
		alice.wait(`(() => { const e = $root().activeElement; return e && (` + expression + `) })()`)
	}
	focus := func(element string) { // which may be drawn anew before it is
		t.Helper()
		alice.wait(`((e) => { e?.focus(); return e && $root().activeElement === e && document.hasFocus() })(` + element + `)`)
	}
	alice.wait(`$room("Boat trip")`)
	focus(`$("nav input")`)
	for range 10 { // through the filters to the rooms
		if eval[bool](alice, `$root().activeElement?.matches(".room > button") === true`) {
			break
		}
		alice.keys(kb.Tab)
	}
	focused(`e.matches(".room > button")`)
	for range 5 {
		if eval[bool](alice, `$root().activeElement === $room("Boat trip")`) {
			break
		}
		alice.keys(kb.ArrowDown)
	}
	pressEnter(alice)
	alice.wait(`$(".title h2")?.textContent === "Boat trip"`)
	alice.sees("So am I")

	// The history: arrows go from message to message, Enter opens what can be done with one.
	focus(`$(".scroller")`)
	alice.keys(kb.ArrowUp)
	focused(`e === $$("li[data-number]").at(-1)`)
	alice.keys(kb.ArrowUp)
	focused(`e === $$("li[data-number]").at(-2)`)
	alice.keys(kb.Enter)
	focused(`e.closest(":popover-open") !== null`)
	alice.keys(kb.Escape)
	alice.wait(`!$(":popover-open")`)
	focused(`e === $$("li[data-number]").at(-2)`)

	// A dialog: the focus does not leave it, Escape closes it, and the focus is where it was.
	focus(`$button("About Boat trip")`)
	pressEnter(alice)
	alice.wait(`$("dialog[open] .person")`)
	for range 40 {
		alice.keys(kb.Tab)
		if !eval[bool](alice, `(() => { const e = $root().activeElement; return !e || e.closest("dialog") !== null })()`) {
			t.Fatal("the focus has left the dialog")
		}
	}
	alice.keys(kb.Escape)
	alice.wait(`!$("dialog")`)
	focused(`$name(e) === "About Boat trip"`)

	// From a menu into a dialog, through it, and back.
	focus(`$$(".pane header button").find((b) => $name(b) === "More")`)
	pressEnter(alice)
	focused(`e.getAttribute("role") === "menuitem"`)
	alice.keys(kb.End)
	focused(`$name(e) === "Delete for everyone"`)
	pressEnter(alice)
	alice.wait(`$("dialog[open]")?.textContent.includes("Delete Boat trip?")`)
	focused(`e.closest("dialog") !== null`)
	alice.keys(kb.Escape)
	alice.wait(`!$("dialog")`)
	focused(`$name(e) === "More"`)

	// Emoji by arrows, and back to the text.
	focus(`$(".composer [aria-label=Emoji]")`)
	pressEnter(alice)
	alice.wait(`$(".picker .cells button")`)
	focused(`e.matches(".picker input")`)
	alice.typeText("sailboat")
	alice.wait(`$$(".picker .cells button").length === 1`)
	alice.keys(kb.ArrowDown)
	focused(`e.textContent === "⛵"`)
	pressEnter(alice)
	alice.wait(`$(".composer textarea").value === "⛵"`)
	alice.keys(kb.Escape)
	alice.wait(`!$(":popover-open")`)
	focused(`e.matches(".composer textarea")`)
	alice.keys(kb.Enter)
	alice.delivered("⛵")
	alice.keys(kb.ArrowUp) // which edits the last message
	alice.wait(`$(".composer .above")?.textContent.includes("Editing")`)
	alice.keys(kb.Escape)
	alice.wait(`!$(".composer .above")`)
}
