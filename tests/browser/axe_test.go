package browser_test

import (
	"os"
	"testing"
)

// axeSource is where make webui puts the checker of accessibility.
const axeSource = "../../webui/src/node_modules/axe-core/axe.min.js"

// accessible fails the test for everything that axe finds in the page as it is.
func (w *window) accessible(where string) {
	w.t.Helper()
	source, err := os.ReadFile(axeSource)
	if os.IsNotExist(err) && os.Getenv("CI") == "" {
		w.t.Skip("axe-core is not there: npm ci in webui/src")
	}
	must(w.t, err)
	// The page's policy does not hold for what a debugger evaluates.
	found := eval[[]string](w, `(async () => { if (!window.axe) { `+string(source)+` }
		const { violations } = await axe.run(document, { resultTypes: ["violations"] });
		return violations.flatMap((v) => v.nodes.map((n) => v.impact + " " + v.id + ": " + n.target.flat().join(" ") + " — " + n.failureSummary.replace(/\s+/g, " ").slice(0, 240))) })()`)
	for _, violation := range found {
		w.t.Errorf("%s: %s", where, violation)
	}
}

// The page is for everybody: nothing that axe knows of, in any state of it.
func TestAccessibility(t *testing.T) {
	for name, l := range map[string]look{"light": desktop, "dark": {width: 1280, height: 800, dark: true}, "phone": phone} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			alice := s.open("alice", l)
			alice.wait(`$room("Boat trip")`)
			alice.accessible("the list")
			alice.enter("Boat trip")
			alice.say("A message of mine with https://example.com/ and @Bob in it")
			alice.delivered("A message of mine")
			alice.accessible("a room")
			alice.click(`$message("So am I").querySelector(".bubble")`, rightButton(l)...)
			alice.wait(`$(":popover-open")`)
			alice.accessible("a menu")
			alice.press("More emoji")
			alice.wait(`$$(".cells button").length > 1000`)
			alice.accessible("the emoji")
			alice.keys("\x1b")
			alice.press("About Boat trip")
			alice.wait(`$("dialog .person")`)
			alice.accessible("the members")
			alice.press("Carol")
			alice.wait(`$("dialog .switch")`)
			alice.accessible("a member")
			alice.press("Ban")
			alice.wait(`$("dialog select")`)
			alice.accessible("a ban")
			alice.press("Close")
			alice.wait(`$("dialog .acts")`)
			alice.press("Edit")
			alice.wait(`$("dialog textarea")`)
			alice.accessible("a room's settings")
			alice.press("Close")
			alice.wait(`$("dialog .acts")`)
			alice.press("Close")
			alice.wait(`!$("dialog")`)
			if l.touch {
				alice.press("Back")
			}
			alice.press("New chat")
			alice.press("Group")
			alice.accessible("a new chat")
			alice.press("Close")
			alice.press("Search")
			alice.typeText("pier")
			alice.wait(`$(".results .found")`)
			alice.accessible("what was found")
			alice.press("Clear")
			alice.enter("Bob")
			alice.press("Open picture harbour.png")
			alice.wait(`$(".viewer img")`)
			alice.accessible("a picture")
		})
	}
}
