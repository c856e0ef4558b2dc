package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Whom a message mentions sees it in the list of rooms and gets to it, however many messages
// came after it; nobody else is told so.
func TestMentions(t *testing.T) { onDatabases(t, mentions) }

func mentions(t *testing.T, s *server) {
	room := s.longRoom("Many", 30)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.enter("Many")
	bob.sees("Line 30")
	bob.write("@a")
	bob.wait(`JSON.stringify($$("#mentions [role=option]").map((o) => $name(o))).includes("Alice") && !JSON.stringify($$("#mentions [role=option]").map((o) => $name(o))).includes("Bob")`)
	bob.wait(`$(".composer textarea").getAttribute("aria-activedescendant") === "mention-0" && $("#mention-0").getAttribute("aria-selected") === "true"`)
	bob.shot("names")
	bob.keys(kb.Escape) // closes the list, and keeps what is written
	bob.wait(`!$("#mentions") && $(".composer textarea").value === "@a"`)
	bob.typeText("l")
	bob.wait(`$("#mentions [role=option]")`)
	bob.click(`$$("#mentions [role=option]").find((o) => $name(o).includes("Alice"))`)
	bob.wait(`$(".composer textarea").value === "@Alice "`)
	bob.typeText("look at this")
	bob.keys(kb.Enter)
	bob.delivered("look at this")
	alice.wait(`$room("Many").querySelector(".badge.at") && $name($room("Many")).includes("You are mentioned")`)
	if bob := eval[bool](bob, `$(".badge.at") !== null`); bob {
		t.Error("who mentions somebody is mentioned")
	}
	for range 25 { // so that it is not on the screen when she comes
		s.request("bob", "POST", "/chat/rooms/"+room+"/messages", `{"text":"And more"}`)
	}
	alice.wait(`$room("Many").querySelector(".badge:not(.at)").textContent.startsWith("26")`)
	alice.enter("Many")
	alice.wait(`$(".jump.at .badge")?.textContent === "1"`)
	alice.wait(`!$room("Many").querySelector(".badge.at")`) // it is read, and not yet seen
	alice.shot("mention")
	alice.press("To the message that mentions you")
	alice.wait(`$message("look at this").classList.contains("flash")`)
	alice.wait(`!$(".jump.at")`)
	alice.wait(`$message("look at this").querySelector(".mention.me")?.textContent === "@Alice" && $message("look at this").querySelector(".bubble.for-me")`)
	alice.wait(`$(".jump:not(.at)")`)

	// One that comes while she reads further up.
	bob.write("@Ali")
	bob.wait(`$("#mentions [role=option]")`)
	bob.keys(kb.Tab)
	bob.wait(`$(".composer textarea").value === "@Alice "`)
	bob.typeText("and at this")
	bob.keys(kb.Enter)
	alice.wait(`$(".jump.at .badge")?.textContent === "1"`)
	alice.click(`$(".jump.at")`)
	alice.wait(`$message("and at this").classList.contains("flash") && !$(".jump.at")`)
	// A name that was only written mentions nobody, nor does one that was taken out again.
	alice.enter("Bob")
	bob.write("@Ali")
	bob.wait(`$("#mentions [role=option]")`)
	bob.keys(kb.Enter)
	bob.wait(`$(".composer textarea").value === "@Alice "`)
	eval[bool](bob, `$(".composer textarea").select() ?? true`)
	bob.typeText("never mind")
	bob.keys(kb.Enter)
	alice.wait(`$room("Many").querySelector(".badge")?.textContent.startsWith("1") && !$room("Many").querySelector(".badge.at")`)
}

// Everybody in a room is mentioned at once, by who may.
func TestEverybodyIsMentioned(t *testing.T) { onDatabases(t, everybodyIsMentioned) }

func everybodyIsMentioned(t *testing.T, s *server) {
	alice, bob, carol := s.open("alice", desktop), s.open("bob", desktop), s.open("carol", desktop)
	alice.enter("Boat trip")
	bob.wait(`$room("Boat trip")`)
	carol.wait(`$room("Boat trip")`)
	alice.write("@every")
	alice.wait(`$("#mentions [role=option]")?.textContent.includes("everyone")`)
	alice.keys(kb.Enter)
	alice.wait(`$(".composer textarea").value === "@everyone "`)
	alice.typeText("we leave at ten")
	alice.keys(kb.Enter)
	for _, w := range []*window{bob, carol} {
		w.wait(`$room("Boat trip").querySelector(".badge.at")`)
		w.enter("Boat trip")
		w.wait(`$message("we leave at ten")?.querySelector(".bubble.for-me .mention.me")`)
		w.wait(`!$room("Boat trip").querySelector(".badge.at")`)
	}
}
