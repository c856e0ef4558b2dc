package browser_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A member is banned for a time and with a reason, let in again, and made the owner.
func TestBansAndOwners(t *testing.T) { onDatabases(t, bansAndOwners) }

func bansAndOwners(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	bob.allow("404") // what was asked for when the ban came
	s.longRoom("Pub", 1)
	alice.enter("Pub")
	bob.enter("Pub")
	member := func(name string) {
		alice.press("About Pub")
		alice.wait(`$("dialog[open] .person")`)
		alice.click(`$$("dialog[open] .person").find((p) => $name(p).includes(` + quote(name) + `))`)
		alice.wait(`$("dialog[open] .switch")`)
	}
	member("Bob")
	alice.press("Ban")
	alice.wait(`$("dialog[open] select")`)
	eval[bool](alice, `(() => { const select = $("dialog[open] select"); select.value = "7"; return select.dispatchEvent(new Event("change", { bubbles: true })) })()`)
	alice.press("Reason")
	alice.typeText("Too loud")
	alice.press("Ban")
	bob.wait(`!$room("Pub") && $(".pane.empty [role=alert]")`)
	alice.wait(`$("dialog[open] [role=tab]")`)
	alice.press("Banned")
	alice.wait(`$("dialog[open] li.person")?.textContent.includes("Bob") && $("dialog[open] li.person").textContent.includes("Too loud") && $("dialog[open] li.person").textContent.includes("until")`)
	alice.shot("banned")
	alice.press("Lift the ban")
	alice.wait(`!$("dialog[open] li.person")`)
	alice.press("Add people")
	alice.wait(`$("dialog[open] input[type=search]")`)
	alice.press("Bob")
	alice.press("Add")
	bob.wait(`$room("Pub")`)
	bob.enter("Pub")

	alice.wait(`!$("dialog[open] input[type=search]")`)
	eval[bool](alice, `($$("dialog[open] [aria-label=Close]").forEach((b) => b.click()), true)`)
	alice.wait(`!$("dialog")`)
	member("Bob")
	alice.press("Make owner")
	alice.wait(`$("dialog[open]").textContent.includes("Make Bob the owner?")`)
	alice.press("Make owner")
	alice.wait(`$$("dialog[open] .person").find((p) => $name(p).includes("Bob"))?.textContent.includes("Owner")`)
	bob.press("About Pub")
	bob.wait(`$$("dialog[open] .acts button").some((b) => $name(b) === "Delete for everyone")`)
	alice.wait(`!$$("dialog[open] .acts button").some((b) => $name(b) === "Delete for everyone") && $$("dialog[open] .acts button").some((b) => $name(b) === "Leave")`)
}

// What can be seen of a room that is archived is what can be seen of any.
func TestArchivedRoom(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice := s.open("alice", desktop)
	alice.roomMenu("Boat trip", "Archive")
	alice.wait(`!$room("Boat trip")`)
	alice.press("Archived")
	alice.enter("Boat trip")
	alice.sees("So am I")
	alice.press("About Boat trip")
	alice.wait(`$("dialog[open] .person") && $("dialog[open] h3").textContent === "Boat trip"`)
	alice.keys(kb.Escape)
	alice.wait(`!$("dialog")`)
	alice.press("Search")
	alice.typeText("sandwiches")
	alice.wait(`$(".results .found")?.textContent.includes("Boat trip")`)
}

// The system tells of what comes while nobody looks, unless the room is muted.
func TestNotifications(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Boat trip")
	alice.wait(`document.querySelector("df-chat").unread > 0`)
	eval[bool](alice, `(() => { window.$told = []; window.Notification = class { static permission = "granted"; constructor(title, of) { $told.push(title + ": " + of.body); $told.last = this } close() {} };
		document.hasFocus = () => false; return true })()`)
	bob.enter("Alice")
	bob.say("Psst")
	alice.wait(`$told.includes("Bob: Psst")`)
	eval[bool](alice, `($told.last.onclick(), true)`)
	alice.wait(`$(".title h2").textContent === "Bob"`)
	alice.roomMenu("Bob", "Mute")
	alice.press("Until I unmute it")
	alice.wait(`$name($room("Bob")).includes("muted")`)
	bob.say("Are you asleep?")
	bob.enter("Boat trip")
	bob.say("Hello, all")
	alice.wait(`$told.includes("Boat trip: Bob: Hello, all")`)
	if told := eval[[]string](alice, `$told`); len(told) != 2 {
		t.Errorf("the system told of %q", told)
	}
}

// Sound is played where it is.
func TestSound(t *testing.T) {
	t.Parallel()
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	path := filepath.Join(t.TempDir(), "bell.wav")
	must(t, os.WriteFile(path, silence(8000), 0o600))
	eval[bool](alice, `(() => { window.$file = $(".composer input[type=file]"); return true })()`)
	must(t, chromedp.Do(alice.ctx, chromedp.SetUploadFiles(chromedp.JSPath(`window.$file`), []string{path})))
	alice.wait(`$(".attached li")`)
	alice.say("Ding")
	alice.delivered("Ding")
	for _, w := range []*window{alice, bob} {
		w.wait(`(() => { const sound = $message("Ding")?.querySelector(".player audio"); return sound && sound.readyState >= 1 && Math.round(sound.duration) === 1 })()`)
	}
}

// silence returns a second of a sound in WAVE format, of so many samples.
func silence(samples uint32) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, 36+samples) // a buffer does not fail
	b.WriteString("WAVEfmt ")
	_ = binary.Write(&b, binary.LittleEndian, []uint16{16, 0, 1, 1})
	_ = binary.Write(&b, binary.LittleEndian, []uint32{samples, samples})
	_ = binary.Write(&b, binary.LittleEndian, []uint16{1, 8})
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, samples)
	b.Write(bytes.Repeat([]byte{128}, int(samples)))
	return b.Bytes()
}
