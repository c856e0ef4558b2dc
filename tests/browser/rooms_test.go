package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// newRoom makes a group or a channel with people who are in the directory or known.
func (w *window) newRoom(kind, name string, people ...string) {
	w.t.Helper()
	w.press("New chat")
	w.wait(`$("dialog[open] .kinds")`)
	w.press(kind)
	w.press("Name")
	w.typeText(name)
	for _, person := range people {
		w.click(`$("dialog[open] input[type=search]")`)
		eval[bool](w, `$("dialog[open] input[type=search]").select() ?? true`)
		w.typeText(person)
		w.wait(`$$("dialog[open] .person").length === 1`) // those of before have gone
		w.click(`$$("dialog[open] .person").find((p) => $name(p).includes(` + quote(person) + `))`)
		w.wait(`$$(".chip").some((c) => c.textContent.includes(%s))`, person)
	}
	w.press("Create")
	w.wait(`$(".title h2")?.textContent === %s && !$("dialog")`, name)
}

// Three people in a group: all have the same messages in the same order, who is mentioned is
// told so, and who writes is seen.
func TestGroupOfThree(t *testing.T) { onDatabases(t, groupOfThree) }

func groupOfThree(t *testing.T, s *server) {
	alice, bob, carol := s.open("alice", desktop), s.open("bob", desktop), s.open("carol", desktop)
	alice.wait(`$room("Bob")`)
	alice.newRoom("Group", "Three", "Bob", "Carol")
	bob.enter("Three")
	carol.enter("Three")
	alice.say("First")
	bob.sees("First")
	bob.say("Second")
	carol.sees("Second")
	carol.say("Third")
	for _, w := range []*window{alice, bob, carol} {
		w.wait(`JSON.stringify($texts()) === '["First","Second","Third"]'`)
		w.wait(`$$(".scroller [data-number]").filter((li) => li.querySelector(".bubble")).length === 3`)
	}
	alice.wait(`$(".title p")?.textContent.includes("3 members")`)

	bob.write("@Ca")
	alice.wait(`$(".title .typing")?.textContent.includes("Bob")`)
	bob.wait(`$("#mentions [role=option]")?.textContent.includes("Carol")`)
	bob.keys(kb.Enter) // takes the one that is offered, and does not send
	bob.wait(`$(".composer textarea").value === "@Carol "`)
	bob.typeText("will you come?")
	bob.keys(kb.Enter)
	carol.wait(`$message("@Carol will you come?")?.querySelector(".mention.me")?.textContent === "@Carol"`)
	alice.wait(`$message("@Carol will you come?")?.querySelector(".mention.other")`)
	alice.wait(`$message("First").querySelector(".ticks.read")`)
	carol.shot("mentioned")
}

// In a channel few write and many read; who is given the right to write can at once.
func TestNewsChannel(t *testing.T) { onDatabases(t, newsChannel) }

func newsChannel(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.wait(`$room("Bob")`)
	alice.newRoom("Channel", "News of the pier", "Bob")
	bob.enter("News of the pier")
	bob.wait(`$(".readonly") && !$(".composer")`)
	alice.say("The pier is closed on Monday.")
	bob.sees("The pier is closed on Monday.")
	bob.menu("The pier is closed", "❤️")
	alice.wait(`$message("The pier is closed").querySelector(".reactions b")?.textContent === "1"`)

	alice.press("About News of the pier")
	alice.click(`$$("dialog[open] .person").find((p) => $name(p).includes("Bob"))`)
	alice.wait(`$("dialog[open] .switch")`)
	alice.click(`$$("dialog[open] .switch").find((l) => $name(l).includes("Write messages"))`)
	bob.wait(`$(".composer textarea")`)
	bob.say("And open on Tuesday.")
	alice.sees("And open on Tuesday.")
}
