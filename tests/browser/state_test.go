package browser_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// roomState is what a user has of a room, as the server tells it.
type roomState struct {
	ID           string     `json:"id"`
	Unread       int        `json:"unread"`
	Muted        bool       `json:"muted"`
	MutedUntil   *time.Time `json:"muted_until"`
	Pinned       bool       `json:"pinned"`
	Hidden       bool       `json:"hidden"`
	MarkedUnread *int       `json:"marked_unread"`
	LastMessage  struct {
		Text string `json:"text"`
	} `json:"last_message"`
}

// state asks the server for a user's room, by a part of its last message.
func (s *server) state(login, last string) roomState {
	s.t.Helper()
	for _, query := range []string{"?limit=100", "?limit=100&hidden=true"} {
		var page struct{ Items []roomState }
		must(s.t, json.Unmarshal([]byte(s.request(login, "GET", "/chat/rooms"+query, "")), &page))
		for _, room := range page.Items {
			if strings.Contains(room.LastMessage.Text, last) {
				return room
			}
		}
	}
	s.t.Fatalf("%s has no room whose last message is %q", login, last)
	return roomState{}
}

// until waits until the server tells of a state that holds.
func (s *server) until(login, last, what string, holds func(roomState) bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !holds(s.state(login, last)); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s's room is not %s: %+v", login, what, s.state(login, last))
		}
	}
}

// roomMenu does something with a room, by the menu that the list has of it.
func (w *window) roomMenu(room, action string) {
	w.t.Helper()
	w.click("$room("+quote(room)+")", chromedp.ButtonRight)
	w.wait(`$(":popover-open [role=menuitem]")`)
	w.press(action)
	w.wait(`!$(":popover-open")`)
}

// What one does with a room for oneself, the server keeps and one's other tabs show.
func TestOwnState(t *testing.T) { onDatabases(t, ownState) }

func ownState(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	alice.say("Something to keep")
	alice.delivered("Something to keep")
	bob.enter("Alice")
	bob.say("And to read again")
	bob.delivered("And to read again")
	alice.sees("And to read again")
	other := alice.tab()
	const last = "And to read again"
	titles := `$$("nav .rooms .room .top b").map((b) => b.textContent)`

	alice.roomMenu("Bob", "Mark as unread")
	alice.wait(`$room("Bob").querySelector(".badge") && $(".pane.empty")`)
	s.until("alice", last, "marked", func(r roomState) bool { return r.MarkedUnread != nil })
	other.wait(`$room("Bob")?.querySelector(".badge")`)
	alice.roomMenu("Bob", "Mark as read")
	alice.wait(`!$room("Bob").querySelector(".badge")`)
	other.wait(`!$room("Bob").querySelector(".badge")`)
	s.until("alice", last, "read", func(r roomState) bool { return r.MarkedUnread == nil && r.Unread == 0 })
	alice.enter("Bob")
	alice.menu(last, "Mark as unread from here")
	alice.wait(`$room("Bob").querySelector(".badge")?.textContent.startsWith("1")`)
	alice.enter("Bob") // which reads it
	alice.wait(`!$room("Bob").querySelector(".badge")`)
	s.until("alice", last, "read", func(r roomState) bool { return r.MarkedUnread == nil && r.Unread == 0 })

	alice.roomMenu("Bob", "Mute")
	alice.wait(`$("dialog[open] .acts")`)
	alice.press("For an hour")
	alice.wait(`!$("dialog") && $name($room("Bob")).includes("muted")`)
	other.wait(`$name($room("Bob")).includes("muted")`)
	s.until("alice", last, "muted for an hour", func(r roomState) bool {
		return r.Muted && r.MutedUntil != nil && time.Until(*r.MutedUntil) > 50*time.Minute && time.Until(*r.MutedUntil) <= time.Hour
	})
	alice.roomMenu("Bob", "Unmute")
	alice.wait(`!$name($room("Bob")).includes("muted")`)
	alice.roomMenu("Bob", "Mute")
	alice.press("Until I unmute it")
	alice.wait(`!$("dialog") && $name($room("Bob")).includes("muted")`)
	s.until("alice", last, "muted for good", func(r roomState) bool { return r.Muted && r.MutedUntil == nil })
	alice.roomMenu("Bob", "Unmute")
	s.until("alice", last, "heard", func(r roomState) bool { return !r.Muted })

	bottom := eval[string](alice, titles+`.at(-1)`)
	alice.roomMenu(bottom, "Pin to the top")
	alice.wait(titles+`[0] === %s && $name($room(%s)).includes("pinned")`, bottom, bottom)
	other.wait(titles+`[0] === %s`, bottom)
	alice.roomMenu(bottom, "Unpin")
	alice.wait(titles+`[0] !== %s`, bottom)
	other.wait(titles+`[0] !== %s`, bottom)

	alice.roomMenu("Bob", "Archive")
	alice.wait(`!$room("Bob")`)
	other.wait(`!$room("Bob")`)
	s.until("alice", last, "archived", func(r roomState) bool { return r.Hidden })
	alice.press("Archived")
	alice.wait(`$room("Bob")`)
	alice.shot("archived")
	alice.roomMenu("Bob", "Move out of the archive")
	alice.wait(`!$room("Bob")`)
	alice.press("All")
	alice.wait(`$room("Bob")`)
	alice.roomMenu("Bob", "Archive")
	alice.wait(`!$room("Bob")`)
	bob.say("Are you still there?") // which brings it back
	alice.wait(`$room("Bob")?.querySelector(".badge")`)
	other.wait(`$room("Bob")?.querySelector(".badge")`)
}

// What one may do with a room is said in German too.
func TestOwnStateInGerman(t *testing.T) {
	t.Parallel()
	s := serve(t)
	page := *s
	page.url = s.foreign(`<df-chat base="/chat" token="demo-alice" lang="de"></df-chat>`)
	alice := page.openAt("", "/", desktop)
	alice.login = "alice"
	alice.wait(`$room("Bob")`)
	alice.click(`$room("Bob")`, chromedp.ButtonRight)
	alice.wait(`["Oben anheften", "Stummschalten", "Archivieren"].every((name) => $$(":popover-open [role=menuitem]").some((b) => $name(b) === name))`)
	alice.wait(`$$(":popover-open [role=menuitem]").some((b) => ["Als ungelesen markieren", "Als gelesen markieren"].includes($name(b)))`)
	alice.press("Stummschalten")
	alice.wait(`$("dialog[open] .acts")`)
	alice.shot("mute")
	alice.press("Eine Stunde")
	alice.wait(`!$("dialog") && $name($room("Bob")).includes("stumm")`)
	alice.press("Archiv")
	alice.wait(`$(".none")?.textContent === "Nichts archiviert."`)
}
