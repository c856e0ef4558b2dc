package browser_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// editing presses a key that the browser takes for one of its own commands, as copy and paste.
func (w *window) editing(key, command string) {
	w.t.Helper()
	w.command(chromedp.Call(w.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Modifiers: 2, WindowsVirtualKeyCode: int64(key[0] - 'a' + 'A'), Commands: []string{command},
	}))
	w.command(chromedp.Call(w.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, Modifiers: 2}))
}

// The Enter that takes what an input method proposes sends nothing.
func TestInputMethod(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	alice.enter("Bob")
	alice.wait(`$texts().length > 0`)
	alice.click(`$(".composer textarea")`)
	alice.command(chromedp.Call(alice.ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "にほん", SelectionStart: 3, SelectionEnd: 3}))
	alice.wait(`$(".composer textarea").value === "にほん"`)
	alice.keys(kb.Enter) // while it is composed
	// Some browsers say that the composition is over, and that an input method has the key.
	eval[bool](alice, `$(".composer textarea").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true, composed: true }))`)
	alice.command(chromedp.Call(alice.ctx, input.InsertText, input.InsertTextParams{Text: "日本"}))
	alice.wait(`$(".composer textarea").value === "日本"`)
	if sent := eval[[]string](alice, `$$(".scroller li .bubble > p").map((p) => p.textContent).filter((text) => /日本|にほん/.test(text))`); len(sent) > 0 {
		t.Errorf("%q was sent", sent)
	}
	alice.keys(kb.Enter)
	alice.delivered("日本")
	alice.wait(`$texts().filter((text) => text.includes("日本") || text.includes("にほん")).length === 1`)
}

// Shift and Enter make a line, and several lines stay several.
func TestSeveralLines(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	alice.enter("Bob")
	alice.write("One")
	alice.command(chromedp.Call(alice.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", Modifiers: 8, WindowsVirtualKeyCode: 13,
	}))
	alice.typeText("two")
	alice.wait(`$(".composer textarea").value === "One\ntwo"`)
	alice.keys(kb.Enter)
	alice.wait(`$texts().includes("One\ntwo")`)
	alice.wait(`$message("One").querySelector(".bubble p").getBoundingClientRect().height > 30`)
}

// What is pasted is a picture or a text, and never markup.
func TestPaste(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	alice.click(`$(".composer textarea")`)
	eval[bool](alice, `(addEventListener("copy", (e) => {
		e.clipboardData.setData("text/html", "<b onclick='alert(1)'>bold</b> <img src='x'> and more");
		e.clipboardData.setData("text/plain", "bold <i>and</i> more");
		e.preventDefault(); e.stopImmediatePropagation();
	}, { once: true, capture: true }), true)`)
	alice.editing("c", "copy")
	alice.editing("v", "paste")
	alice.wait(`$(".composer textarea").value === "bold <i>and</i> more"`)
	alice.keys(kb.Enter)
	bob.wait(`$texts().includes("bold <i>and</i> more")`)
	if eval[bool](bob, `$(".bubble b, .bubble i, .bubble img[src=x]") !== null`) {
		t.Error("what was pasted became markup")
	}

	paste := func(more string) {
		eval[bool](alice, `(() => { const data = new DataTransfer(), bytes = Uint8Array.from(atob(`+quote(base64.StdEncoding.EncodeToString(painted(64, 40)))+`), (c) => c.charCodeAt(0));
			data.items.add(new File([bytes], "image.png", { type: "image/png" })); `+more+`
			return $(".composer textarea").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true, composed: true })) || true })()`)
	}
	paste(`data.setData("text/plain", "a table")`) // office programs: the text is meant
	if eval[bool](alice, `$(".attached") !== null`) {
		t.Error("the picture of a text is attached")
	}
	paste("")
	alice.wait(`$$(".attached img").length === 1`)
	alice.keys(kb.Enter)
	bob.wait(`$$(".scroller .picture img").at(-1)?.naturalWidth === 64`)
}

// Several files are dropped, put into another order, and one of them taken away.
func TestDrop(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	folder, files := t.TempDir(), []string{}
	for i, name := range []string{"one.png", "two.png", "three.png"} {
		files = append(files, filepath.Join(folder, name))
		must(t, os.WriteFile(files[i], painted(100+10*i, 80), 0o600))
	}
	files = append(files, filepath.Join(folder, "notes.txt"))
	must(t, os.WriteFile(files[3], []byte("what was said"), 0o600))
	p := alice.at(`$(".scroller")`)
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		if kind == input.DispatchDragEventTypeDrop {
			alice.wait(`$(".drop")`)
			alice.shot("dropping")
		}
		alice.command(chromedp.Call(alice.ctx, input.DispatchDragEvent, input.DispatchDragEventParams{
			Type: kind, X: p.X, Y: p.Y, Data: &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1},
		}))
	}
	names := `JSON.stringify($$(".attached .thumb").map((e) => $name(e).split(",")[0]))`
	alice.wait(names + ` === '["one.png","two.png","three.png","notes.txt"]'`)
	alice.wait(`$(".attached .thumb").focus() ?? true`)
	alice.keys(kb.ArrowRight)
	alice.wait(names + ` === '["two.png","one.png","three.png","notes.txt"]'`)
	alice.press("Remove three.png")
	alice.wait(names + ` === '["two.png","one.png","notes.txt"]'`)
	alice.shot("ordered")
	alice.say("Some files")
	alice.delivered("Some files")
	bob.wait(`JSON.stringify([...$message("Some files")?.querySelectorAll(".picture img") ?? []].map((i) => i.complete && i.naturalWidth)) === "[110,100]"`)
	bob.wait(`$message("Some files").querySelector("a.file")?.textContent.includes("notes.txt")`)
	bob.shot("files")
}
