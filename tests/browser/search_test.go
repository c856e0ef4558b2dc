package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A message is found in all rooms and in one, and one gets to it, wherever it is.
func TestSearch(t *testing.T) { onDatabases(t, search) }

func search(t *testing.T, s *server) {
	room := s.longRoom("Long", 90)
	s.request("bob", "POST", "/chat/rooms/"+room+"/messages", `{"text":"😀👨‍👩‍👧 Straße zum Cafe\u0301, ÉCLAIR"}`)
	alice := s.open("alice", desktop)
	alice.press("Search")
	alice.typeText("cafe ecl")
	alice.wait(`$$(".results mark").map((m) => m.textContent.normalize()).join() === "Café,ÉCLAIR"`)
	alice.press("Clear")
	alice.press("Search")
	alice.typeText("line 7")
	alice.wait(`$$(".results .found").some((f) => f.textContent.includes("Line 7")) && $(".results mark")`)
	alice.click(`$$(".results .found").find((f) => f.querySelector(".text").textContent.endsWith("Line 7"))`)
	alice.wait(`$(".title h2")?.textContent === "Long" && $$("li.flash").some((li) => li.textContent.includes("Line 7"))`)
	alice.press("Clear")
	alice.press("Search in this chat")
	alice.wait(`$("dialog[open] input[type=search]")`)
	alice.typeText("line 88")
	alice.wait(`$$("dialog[open] .found").length === 1`)
	alice.click(`$("dialog[open] .found")`)
	alice.wait(`!$("dialog") && $$("li.flash").some((li) => li.textContent.includes("Line 88"))`)
}

// A search that fails says why in words, beside what the others found, and is tried again.
func TestFailedSearch(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	alice.away()
	alice.allow("422")
	alice.wait(`$room("Bob")`)
	alice.press("Search")
	alice.typeText(strings.Repeat("a", 5000))
	alice.wait(`$(".results [role=alert]")?.textContent.includes("too long")`)
	alice.press("Clear")

	blocked := func(is bool) {
		alice.command(chromedp.Call(alice.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
			URLPatterns: []*network.BlockPattern{{URLPattern: s.url + "/chat/messages?*", Block: is}},
		}))
	}
	alice.command(chromedp.Call(alice.ctx, network.Enable, network.EnableParams{}))
	blocked(true)
	alice.press("Search")
	alice.typeText("Dave")
	alice.wait(`$(".results [role=alert]")?.textContent.includes("cannot be reached")`)
	alice.wait(`$$(".results .person").some((p) => p.textContent.includes("Dave"))`)
	alice.shot("partly")
	alice.press("Clear")
	alice.enter("Bob")
	alice.press("Search in this chat")
	alice.wait(`$("dialog[open] input[type=search]")`)
	alice.typeText("beautiful")
	alice.wait(`$("dialog[open] [role=alert]")?.textContent.includes("cannot be reached")`)
	blocked(false)
	alice.press("Try again")
	alice.wait(`$("dialog[open] .found")`)
}

// Emoji are found by their names in the language of the page, and in English.
func TestEmojiInGerman(t *testing.T) {
	t.Parallel()
	s := serve(t)
	page := *s
	page.url = s.foreign(`<df-chat base="/chat" token="demo-alice" lang="de"></df-chat>`)
	alice := page.openAt("", "/", desktop)
	alice.login = "alice"
	alice.enter("Bob")
	alice.press("Emoji")
	alice.wait(`$(".picker .cells button")`)
	for _, word := range []string{"segelboot", "boot segel", "sailboat"} {
		alice.click(`$(".picker input")`)
		eval[bool](alice, `$(".picker input").select() ?? true`)
		alice.typeText(word)
		alice.wait(`$$(".picker .cells button").length < 10 && $$(".picker .cells button").some((b) => b.textContent === "⛵" && $name(b) === "Segelboot")`)
	}
	alice.shot("emoji")
	alice.click(`$$(".picker .cells button").find((b) => b.textContent === "⛵")`)
	alice.wait(`$(".composer textarea").value === "⛵"`)
}
