package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// Messages are pinned for all: each member sees the newest of them above the history, gets to
// each, and sees when one is taken off or gone.
func TestPinnedMessages(t *testing.T) { onDatabases(t, pinnedMessages) }

func pinnedMessages(t *testing.T, s *server) {
	s.longRoom("Pins", 60) // which Alice owns
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Pins")
	bob.enter("Pins")
	alice.sees("Line 60")
	bob.sees("Line 60")
	eval[bool](alice, `($message("Line 41").scrollIntoView(), true)`)
	alice.menu("Line 41", "Pin")
	for _, w := range []*window{alice, bob} {
		w.wait(`$(".pinbar")?.textContent.includes("Line 41")`)
	}
	eval[bool](alice, `($message("Line 59").scrollIntoView(), true)`)
	alice.menu("Line 59", "Pin")
	for _, w := range []*window{alice, bob} {
		w.wait(`$(".pinbar .lines")?.textContent.includes("Line 59") && $(".pinbar .chip")?.textContent === "All 2"`)
	}
	bob.shot("pinned")
	bob.press("All 2")
	bob.wait(`$$("dialog[open] .found").length === 2`)
	bob.shot("pins")
	bob.click(`$$("dialog[open] .found").find((e) => e.textContent.includes("Line 41"))`)
	bob.wait(`!$("dialog") && $message("Line 41").classList.contains("flash")`)
	bob.click(`$(".pinbar .lines")`)
	bob.wait(`$message("Line 59").classList.contains("flash")`)

	// Who may not pin is not offered it.
	bob.click(`$message("Line 59").querySelector(".bubble")`, chromedp.ButtonRight)
	bob.wait(`$(":popover-open [role=menuitem]")`)
	if eval[bool](bob, `$$(":popover-open [role=menuitem]").some((b) => ["Pin", "Unpin"].includes($name(b)))`) {
		t.Error("Bob is offered to pin")
	}
	bob.keys("\x1b")

	bob.reload()
	bob.enter("Pins")
	bob.wait(`$(".pinbar .chip")?.textContent === "All 2"`)
	alice.menu("Line 59", "Unpin")
	for _, w := range []*window{alice, bob} {
		w.wait(`$(".pinbar .lines")?.textContent.includes("Line 41") && !$(".pinbar .chip")`)
	}
	alice.click(`$(".pinbar .lines")`)
	alice.wait(`$message("Line 41").classList.contains("flash")`)
	alice.menu("Line 41", "Delete")
	alice.press("Delete")
	for _, w := range []*window{alice, bob} {
		w.wait(`!$(".pinbar")`)
	}
}
