package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestReadmeScreenshots takes the two pictures of the README, into the folder CHAT_README.
func TestReadmeScreenshots(t *testing.T) {
	folder := os.Getenv("CHAT_README")
	if folder == "" {
		t.Skip("CHAT_README is not set")
	}
	s := serve(t)
	bob, carol, alice := s.open("bob", desktop), s.open("carol", desktop), s.open("alice", look{width: 1120, height: 720, scale: 2})
	for _, w := range []*window{bob, carol} {
		w.enter("Boat trip")
	}
	bob.say("Eleven is fine with me. The tide is with us until three: https://tides.example.com/harbour")
	bob.delivered("Eleven is fine")
	carol.say("Then I can still go to the market first 🧺")
	carol.delivered("Then I can")
	alice.enter("Boat trip")
	alice.say("Eleven it is!\nBring warm clothes, it will be 9 °C on the water.")
	alice.delivered("Eleven it is")
	carol.menu("Eleven it is", "❤️")
	bob.menu("Eleven it is", "❤️")
	alice.wait(`$message("Eleven it is").querySelector(".reactions b")?.textContent === "2"`)
	for name, dark := range map[string]bool{"light": false, "dark": true} {
		alice.as(look{width: 1120, height: 720, scale: 2, dark: dark})
		eval[bool](alice, `(document.activeElement?.blur(), $("textarea").blur(), new Promise((r) => setTimeout(() => r(true), 400)))`)
		picture, err := chromedp.Run(alice.ctx, chromedp.CaptureScreenshot())
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, "webchat-"+name+".png"), picture, 0o600))
	}
}
