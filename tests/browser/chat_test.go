package browser_test

import "testing"

// Two people in a room of two see what the other writes, that they write, and that it was read.
func TestPrivateChat(t *testing.T) {
	s := serve(t)
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	alice.say("Are you there?")
	alice.delivered("Are you there?")
	bob.wait(`$room("Alice")?.querySelector(".preview").textContent.includes("Are you there?")`)
	bob.wait(`$room("Alice").querySelector(".badge")?.textContent.startsWith("1")`)
	bob.enter("Alice")
	bob.sees("Are you there?")
	bob.wait(`!$room("Alice").querySelector(".badge")`)
	alice.wait(`$message("Are you there?").querySelector(".ticks.read")`)
	bob.write("Yes, I")
	alice.wait(`$(".title .typing")`)
	bob.typeText(" am.")
	bob.keys("\r")
	alice.sees("Yes, I am.")
	bob.delivered("Yes, I am.")
	alice.shot("desktop")
}
