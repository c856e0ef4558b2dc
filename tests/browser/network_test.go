package browser_test

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// offline takes the network away from a window, or gives it back.
func (w *window) offline(is bool) {
	w.t.Helper()
	w.command(chromedp.Call(w.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: is, DownloadThroughput: -1, UploadThroughput: -1}},
	}))
	w.command(chromedp.Call(w.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: is, DownloadThroughput: -1, UploadThroughput: -1}))
}

// away is what a browser writes on the console of what cannot be reached.
func (w *window) away() { w.allow("net::ERR", "Failed to load resource", "Failed to fetch") }

// reload reads the page again, as a user does.
func (w *window) reload() {
	w.t.Helper()
	must(w.t, chromedp.Do(w.ctx, chromedp.Reload()))
	_, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](helpers+"true"))
	must(w.t, err)
}

// Without a network one reads what is there and writes; with it again everything has gone out
// and come in, once and in order.
func TestOffline(t *testing.T) { onDatabases(t, offline) }

func offline(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.away()
	alice.enter("Boat trip")
	alice.enter("Bob")
	bob.enter("Alice")
	alice.say("Before")
	bob.sees("Before")
	alice.offline(true)
	alice.wait(`$(".banner")?.textContent.includes("offline")`)
	bob.say("Said to somebody who is away")
	bob.delivered("Said to somebody who is away")
	alice.say("One")
	alice.say("Two")
	alice.enter("Boat trip") // what was there is there still
	alice.wait(`$texts().length > 0`)
	alice.press("About Boat trip") // and so is the rest of the program
	alice.wait(`$("dialog[open] h2")`)
	alice.press("Close")
	alice.enter("Bob")
	alice.wait(`$message("Two") && !$message("Two").dataset.number`)
	alice.shot("offline")
	alice.offline(false)
	alice.delivered("One")
	alice.delivered("Two")
	bob.sees("Two")
	alice.wait(`!$(".banner")`)
	for _, w := range []*window{alice, bob} {
		w.wait(`JSON.stringify($texts().slice(-4)) === '["Before","Said to somebody who is away","One","Two"]'`)
	}
}

// What is not sent yet is there after the page was loaded again, whatever the server's state of
// the room says, and goes out once.
func TestUnsentIsKept(t *testing.T) { onDatabases(t, unsentIsKept) }

func unsentIsKept(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.away()
	alice.enter("Bob")
	bob.enter("Alice")
	sending := func(blocked bool) {
		alice.command(chromedp.Call(alice.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
			URLPatterns: []*network.BlockPattern{{URLPattern: s.url + "/chat/rooms/:room/messages", Block: blocked}},
		}))
	}
	alice.command(chromedp.Call(alice.ctx, network.Enable, network.EnableParams{}))
	sending(true)
	alice.say("Kept until it can go")
	bob.say("Meanwhile")
	alice.wait(`$room("Bob")`)
	alice.reload()
	alice.wait(`$room("Bob").querySelector(".preview")`)
	alice.click(`$room("Bob")`)
	alice.wait(`$message("Kept until it can go") && !$message("Kept until it can go").dataset.number`)
	sending(false)
	alice.delivered("Kept until it can go")
	bob.sees("Kept until it can go")
	for _, w := range []*window{alice, bob} {
		w.wait(`JSON.stringify($texts().slice(-2)) === '["Meanwhile","Kept until it can go"]'`)
	}
}

// A message that is refused stays, says why, and is sent once when one tries again.
func TestRefusedIsKept(t *testing.T) { onDatabases(t, refusedIsKept) }

func refusedIsKept(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.away()
	bob.allow("403")
	alice.wait(`$room("Bob")`)
	alice.newRoom("Group", "Quiet", "Bob")
	bob.enter("Quiet")
	bob.offline(true)
	bob.say("May I?")
	var page struct{ Items []struct{ ID, Name string } }
	must(t, json.Unmarshal([]byte(s.request("alice", "GET", "/chat/rooms", "")), &page))
	var room string
	for _, r := range page.Items {
		if r.Name == "Quiet" {
			room = r.ID
		}
	}
	s.request("alice", "PATCH", "/chat/rooms/"+room+"/users/2", `{"permissions":[]}`)
	bob.offline(false)
	bob.wait(`$(".refused[role=alert]")?.textContent.includes("You may not")`)
	bob.wait(`$room("Quiet").querySelector(".badge.bad")`)
	bob.wait(`$(".readonly")`)
	bob.shot("refused")
	bob.reload()
	bob.click(`$room("Quiet")`)
	bob.wait(`$(".refused")`)
	s.request("alice", "PATCH", "/chat/rooms/"+room+"/users/2", `{"permissions":null}`)
	bob.wait(`$(".composer textarea")`)
	bob.press("Try again")
	bob.delivered("May I?")
	alice.sees("May I?")
	for _, w := range []*window{alice, bob} {
		w.wait(`$texts().filter((text) => text === "May I?").length === 1`)
	}
}

// Two tabs of one user are one chat: what is sent, read and drafted in one is so in the other.
func TestTwoTabs(t *testing.T) { onDatabases(t, twoTabs) }

func twoTabs(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.enter("Alice")
	other := alice.tab()
	alice.enter("Bob")
	alice.say("From the first tab")
	alice.delivered("From the first tab")
	other.enter("Bob")
	other.sees("From the first tab")
	other.say("From the second")
	other.delivered("From the second")
	alice.sees("From the second")
	alice.enter("Boat trip")
	other.enter("Boat trip")
	bob.say("To both")
	for _, w := range []*window{alice, other} {
		w.wait(`$room("Bob").querySelector(".badge")`)
	}
	other.enter("Bob") // which reads it, for both
	alice.wait(`!$room("Bob").querySelector(".badge")`)
	alice.enter("Bob")
	for _, w := range []*window{alice, other, bob} {
		w.wait(`JSON.stringify($texts().slice(-3)) === '["From the first tab","From the second","To both"]'`)
	}
}

// A browser has six connections to a server: the seventh tab must not wait for one.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	alice.enter("Bob")
	var last *window
	for range 7 {
		last = alice.tab()
		last.wait(`$room("Bob")`)
	}
	last.enter("Bob")
	last.say("From the eighth tab")
	last.delivered("From the eighth tab")
	alice.sees("From the eighth tab")
}
