package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// In slow mode one sees how long one has to wait, what is written stays, and what was sent
// without a network goes out as fast as it may, rather than being refused.
func TestSlowMode(t *testing.T) { onDatabases(t, slowMode) }

func slowMode(t *testing.T, s *server) {
	room := s.longRoom("Slow", 3)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.away()
	bob.allow("429")
	alice.enter("Slow")
	bob.enter("Slow")
	alice.press("About Slow")
	alice.wait(`$("dialog[open] .person")`)
	alice.press("Edit")
	alice.wait(`$("dialog[open] select")`)
	eval[bool](alice, `(() => { const select = $$("dialog[open] select").find((e) => e.closest("label").textContent.includes("Slow mode"));
		select.value = "10"; return select.dispatchEvent(new Event("change", { bubbles: true })) })()`)
	alice.press("Save")
	alice.wait(`!$("dialog[open] select")`)
	alice.press("Close")

	waits := `$(".composer .slow")?.textContent.startsWith("Slow mode") && $(".composer .send").disabled`
	bob.wait(`!$(".composer .slow")`)
	if got := s.request("bob", "GET", "/chat/rooms/"+room, ""); !strings.Contains(got, `"slow_mode":10`) {
		t.Fatalf("the room is not slow: %s", got)
	}
	bob.say("First")
	bob.delivered("First")
	bob.wait(waits)
	bob.write("Second")
	bob.keys(kb.Enter) // sends nothing yet
	bob.shot("waiting")
	s.request("alice", "PATCH", "/chat/rooms/"+room, `{"slow_mode":4}`) // which shortens the wait that has begun
	bob.wait(waits + ` && $(".composer textarea").value === "Second"`)
	bob.enter("Alice") // the draft is kept, and the other room is not slow
	bob.wait(`!$(".composer .slow")`)
	bob.enter("Slow")
	bob.wait(`$(".composer textarea").value === "Second"`)
	bob.wait(`!$(".composer .slow") && !$(".composer .send").disabled`)
	bob.click(`$(".composer textarea")`)
	bob.keys(kb.Enter)
	bob.delivered("Second")
	if got := eval[int](bob, `$$(".refused").length`); got != 0 {
		t.Error("a message was refused")
	}

	bob.wait(`!$(".composer .slow")`)
	bob.offline(true)
	bob.wait(`$(".banner")?.textContent.includes("offline")`)
	bob.say("Third")
	bob.say("Fourth")
	bob.offline(false)
	bob.delivered("Third")
	bob.wait(waits)
	bob.delivered("Fourth")
	alice.wait(`JSON.stringify($texts().slice(-4)) === '["First","Second","Third","Fourth"]'`)

	// The server's word is taken where the page does not know: somebody else's page sent.
	bob.wait(`!$(".composer .slow")`)
	bob.offline(true)
	bob.wait(`$(".banner")?.textContent.includes("offline")`)
	bob.say("Fifth")
	s.request("bob", "POST", "/chat/rooms/"+room+"/messages", `{"text":"From a phone"}`)
	s.request("alice", "PATCH", "/chat/rooms/"+room, `{"slow_mode":10}`)
	bob.offline(false)
	bob.wait(`$message("Fifth") && !$message("Fifth").dataset.number && ` + waits)
	bob.delivered("Fifth")
	alice.wait(`JSON.stringify($texts().slice(-2)) === '["From a phone","Fifth"]'`)
	// Who may delete the messages of others does not wait.
	alice.say("At once")
	alice.say("And again")
	alice.delivered("And again")
	if eval[bool](alice, `$(".composer .slow") !== null`) {
		t.Error("the owner waits")
	}
}
