package browser_test

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTour takes pictures of everything there is to see, for people to look at, where
// CHAT_TOUR is set.
func TestTour(t *testing.T) {
	if os.Getenv("CHAT_TOUR") == "" {
		t.Skip("CHAT_TOUR is not set")
	}
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.shot("01-start")
	alice.enter("Boat trip")
	bob.enter("Boat trip")
	bob.say("Eleven is fine with me. The tide is with us until three: https://tides.example.com/harbour?day=sunday")
	bob.say("🎉")
	alice.say("Eleven it is!\nBring warm clothes, it will be 9 °C on the water.")
	time.Sleep(4 * time.Second) // that somebody writes is told once in three seconds
	bob.write("Shall I")
	alice.wait(`$(".dots")`)
	alice.shot("02-group")
	alice.click(`$message("So am I").querySelector(".bubble")`, chromedp.ButtonRight)
	alice.wait(`$(":popover-open")`)
	alice.shot("03-menu")
	alice.press("More emoji")
	alice.wait(`$(".cells button")`)
	alice.shot("04-picker")
	alice.keys("\x1b")
	alice.press("About Boat trip")
	alice.wait(`$("dialog .person")`)
	alice.shot("05-info")
	alice.press("Carol")
	alice.wait(`$("dialog .switch")`)
	alice.shot("06-member")
	alice.press("Close")
	alice.press("Close")
	alice.press("New chat")
	alice.press("Group")
	alice.shot("07-new")
	alice.press("Close")
	alice.press("Search")
	alice.typeText("pier")
	alice.wait(`$(".results .found")`)
	alice.shot("08-search")
	alice.press("Clear")
	alice.enter("Bob")
	alice.press("Open picture harbour.png")
	alice.wait(`$(".viewer img")`)
	alice.shot("09-viewer")
	alice.press("Close")
	alice.menu("Beautiful", "Reply")
	alice.write("It is, since yesterday.")
	alice.shot("10-reply")
	alice.as(look{width: 1280, height: 800, dark: true})
	alice.shot("11-dark")
	alice.enter("Boat trip")
	alice.shot("12-dark-group")
	alice.as(look{width: 390, height: 844, touch: true})
	alice.shot("13-phone")
	alice.press("Back")
	alice.shot("14-phone-rooms")
	alice.as(look{width: 320, height: 640, touch: true, dark: true})
	alice.shot("15-small-rooms")
	alice.click(`$room("Boat trip")`)
	alice.wait(`$(".scroller li")`)
	alice.shot("16-small")
	alice.press("About Boat trip")
	alice.wait(`$("dialog .person")`)
	alice.shot("17-small-info")
}
