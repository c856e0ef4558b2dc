package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Two people in a room of two see what the other writes, that they write, and that it was read.
func TestPrivateChat(t *testing.T) { onDatabases(t, privateChat) }

func privateChat(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	alice.say("Are you there?")
	alice.delivered("Are you there?")
	bob.wait(`$room("Alice")?.querySelector(".preview").textContent.includes("Are you there?")`)
	bob.wait(`$room("Alice").querySelector(".badge")?.textContent.startsWith("1")`)
	bob.wait(`/^\(\d+\) webchat$/.test(document.title)`)
	bob.enter("Alice")
	bob.sees("Are you there?")
	bob.wait(`!$room("Alice").querySelector(".badge")`)
	alice.wait(`$message("Are you there?").querySelector(".ticks.read")`)
	bob.write("Yes, I")
	alice.wait(`$(".title .typing")`)
	bob.typeText(" am.")
	bob.keys(kb.Enter)
	alice.sees("Yes, I am.")
	bob.delivered("Yes, I am.")
	alice.shot("desktop")
}

// What one does to a message, the others see.
func TestMessageActions(t *testing.T) { onDatabases(t, messageActions) }

func messageActions(t *testing.T, s *server) {
	alice, carol := s.open("alice", desktop), s.open("carol", desktop)
	alice.enter("Boat trip")
	carol.enter("Boat trip")
	alice.say("The wind will be fien")
	alice.delivered("The wind will be fien")

	carol.menu("The wind will be", "❤️")
	alice.wait(`$message("The wind will be").querySelector(".reactions button")?.textContent.startsWith("❤️")`)
	alice.click(`$message("The wind will be").querySelector(".reactions button")`)
	carol.wait(`$message("The wind will be").querySelector(".reactions b")?.textContent === "2"`)
	carol.click(`$message("The wind will be").querySelector(".reactions button")`)
	alice.wait(`$message("The wind will be").querySelector(".reactions b")?.textContent === "1"`)

	alice.menu("The wind will be", "Edit")
	alice.wait(`$(".composer textarea").value === "The wind will be fien"`)
	eval[bool](alice, `$(".composer textarea").select() ?? true`)
	alice.typeText("The wind will be fine")
	alice.keys(kb.Enter)
	carol.wait(`$message("The wind will be fine")?.querySelector(".meta").textContent.includes("edited")`)

	carol.menu("The wind will be fine", "Reply")
	carol.say("I hope so.")
	alice.wait(`$message("I hope so.")?.querySelector(".quote")?.textContent.includes("The wind will be fine")`)
	alice.click(`$message("I hope so.").querySelector(".quote")`)
	alice.wait(`$message("The wind will be fine").classList.contains("flash")`)

	carol.wait(`!$button("Carol")`) // the menu is closed
	carol.click(`$message("The wind will be fine").querySelector(".bubble")`, chromedp.ButtonRight)
	carol.wait(`$(":popover-open")`)
	if eval[bool](carol, `$$(":popover-open [role=menuitem]").some((b) => ["Edit", "Delete"].includes($name(b)))`) {
		t.Error("Carol is offered what she may not do")
	}
	carol.keys(kb.Escape)

	alice.menu("The wind will be fine", "Delete")
	alice.press("Delete")
	carol.wait(`$$(".bubble.gone").length === 1 && !$message("The wind will be fine")`)
	carol.wait(`$message("I hope so.").querySelector(".quote")?.textContent.includes("Message deleted")`)
	carol.shot("actions")
}

// A picture goes from one to the other, and does not move the list when it has loaded.
func TestPicture(t *testing.T) { onDatabases(t, picture) }

func picture(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	picture := filepath.Join(t.TempDir(), "tree.png")
	must(t, os.WriteFile(picture, painted(640, 400), 0o600))
	eval[bool](alice, `(() => { window.$file = $(".composer input[type=file]"); return true })()`)
	must(t, chromedp.Do(alice.ctx, chromedp.SetUploadFiles(chromedp.JSPath(`window.$file`), []string{picture})))
	alice.wait(`$(".attached img")`)
	alice.shot("attached")
	alice.say("A tree")
	alice.delivered("A tree")
	bob.sees("A tree")
	bob.wait(`(() => { const i = $message("A tree").querySelector(".picture img"); return i?.complete && i.naturalWidth > 0 })()`)
	bob.wait(`Math.abs($message("A tree").querySelector(".picture").getBoundingClientRect().width / $message("A tree").querySelector(".picture").getBoundingClientRect().height - 1.6) < 0.02`)
	bob.click(`$message("A tree").querySelector(".picture")`)
	bob.wait(`$(".viewer img")?.complete`)
	bob.shot("viewer")
	bob.keys(kb.Escape)
	bob.wait(`!$(".viewer")`)
}

// Rooms are made, found, joined, left and deleted.
func TestRooms(t *testing.T) { onDatabases(t, rooms, "-users", "3") }

func rooms(t *testing.T, s *server) {
	alice, user1 := s.open("alice", desktop), s.open("user1", desktop)

	alice.press("New chat")
	alice.press("Group")
	alice.press("Name")
	alice.typeText("Tea at five")
	alice.press("Find people")
	alice.typeText("User 1")
	alice.wait(`$$("dialog[open] .person").length === 1`) // those of before have gone
	alice.press("User 1")
	alice.wait(`$(".chip")?.textContent.includes("User 1")`)
	alice.press("Create")
	alice.wait(`$(".title h2")?.textContent === "Tea at five"`)
	user1.wait(`$room("Tea at five")`)
	user1.enter("Tea at five")
	alice.say("Milk?")
	user1.sees("Milk?")

	user1.press("Search")
	user1.typeText("Harbour")
	user1.wait(`$(".results .person")`)
	user1.press("Harbour news")
	user1.press("Join")
	user1.wait(`$(".title h2")?.textContent === "Harbour news"`)
	user1.wait(`$(".readonly")`) // a channel: the others write
	user1.sees("High tide")

	user1.enter("Tea at five")
	alice.press("About Tea at five")
	alice.press("User 1")
	alice.press("Remove")
	alice.press("Remove")
	user1.wait(`$(".pane.empty [role=alert]") && !$room("Tea at five")`) // while looking at it
	user1.shot("removed")

	alice.press("Close")
	alice.press("More")
	alice.press("Delete for everyone")
	alice.press("Delete")
	alice.wait(`!$room("Tea at five")`)

	user1.enter("Harbour news")
	user1.press("More")
	user1.press("Leave")
	user1.press("Leave")
	user1.wait(`!$room("Harbour news")`)
}

// Texts are texts, whatever is in them, and drafts stay with their rooms.
func TestTexts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	hostile := []string{
		`<img src=x onerror="document.title='caught'">`, `javascript:document.title='caught'`, `[a](javascript:alert(1)) &amp; &lt;b&gt;`,
		`https://example.com/"onmouseover="document.title='caught'`, "\u202edesrever", "שלום and مرحبا",
	}
	for _, text := range hostile {
		alice.say(text)
		bob.wait(`$texts().includes(%s)`, text)
	}
	marks := "a"
	for range 3900 {
		marks += "\u0301"
	}
	alice.say(marks)
	bob.wait(`$texts().some((x) => x.length > 3000)`)
	bob.wait(`$$("li[data-number]").every((li) => li.getBoundingClientRect().height < 400)`)
	if eval[bool](bob, `$$("img").some((i) => i.getAttribute("src") === "x") || $$("a").some((a) => !/^https?:/.test(a.href)) || document.title.includes("caught")`) {
		t.Error("a text became markup")
	}
	bob.shot("hostile")

	alice.write("half a thought")
	alice.enter("Boat trip")
	alice.wait(`$(".composer textarea").value === ""`)
	alice.wait(`$room("Bob").querySelector(".draft")`)
	alice.write("another thought")
	alice.enter("Bob")
	alice.wait(`$(".composer textarea").value === "half a thought"`)
	eval[bool](alice, `new Promise((r) => setTimeout(() => r(true), 500))`) // it is kept a moment later
	must(t, chromedp.Do(alice.ctx, chromedp.Reload()))
	_, err := chromedp.Run(alice.ctx, chromedp.Evaluate[bool](helpers+"true"))
	must(t, err)
	alice.enter("Boat trip")
	alice.wait(`$(".composer textarea").value === "another thought"`)
}

// A server that is killed under both, and messages that are sent meanwhile: each arrives once.
func TestServerIsKilled(t *testing.T) { onDatabases(t, serverIsKilled) }

func serverIsKilled(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	for _, w := range []*window{alice, bob} {
		w.allow("net::ERR", "Failed to load resource", "Failed to fetch")
	}
	alice.enter("Bob")
	bob.enter("Alice")
	s.kill()
	alice.say("Said while the server was away")
	alice.say("And another")
	alice.wait(`$(".banner")`)
	alice.shot("away")
	s.again()
	alice.delivered("Said while the server was away")
	alice.delivered("And another")
	bob.sees("And another")
	alice.wait(`!$(".banner")`)
	for _, w := range []*window{alice, bob} {
		w.wait(`JSON.stringify($texts().slice(-2)) === '["Said while the server was away","And another"]'`)
	}
}
