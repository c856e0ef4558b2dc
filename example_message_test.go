package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-df/chat"
)

// With a client id a send may be repeated, after a timeout for instance.
func ExampleService_SendMessage() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	for range 2 {
		m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Hi", ClientID: "a1"})
		noErr(err)
		printMessages(*m)
	}
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Ho", ClientID: "a1"})
	fmt.Println(err)
	// Output:
	// 1 alice: Hi
	// 1 alice: Hi
	// chat: conflict: the client id was used for another message
}

// The numbers of a room's messages have no gaps, so that a number is all it takes to
// page through them.
func ExampleService_Messages() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	for _, text := range []string{"one", "two", "three", "four", "five"} {
		_, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: text})
		noErr(err)
	}

	// From the newest messages back to the first.
	at := chat.HistoryQuery{Limit: 2}
	for {
		page, err := svc.Messages(ctx, bob, room.ID, at)
		noErr(err)
		printMessages(page.Items...)
		if !page.HasBefore {
			break
		}
		at.Before = &page.Items[0].Number
	}

	// Around a message, the one that a reply answers for instance.
	three := int64(3)
	page, err := svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{Around: &three, Limit: 3})
	noErr(err)
	fmt.Println("around 3:")
	printMessages(page.Items...)
	fmt.Printf("more before: %v, more after: %v\n", page.HasBefore, page.HasAfter)
	// Output:
	// 4 alice: four
	// 5 alice: five
	// 2 alice: two
	// 3 alice: three
	// 1 alice: one
	// around 3:
	// 2 alice: two
	// 3 alice: three
	// 4 alice: four
	// more before: true, more after: true
}

// An edit may depend on the message being what the editor last saw.
func ExampleService_EditMessage() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "See you at fiv"})
	noErr(err)

	seen, text := m.ChangedAt(), "See you at five"
	m, err = svc.EditMessage(ctx, alice, m.ID, chat.MessagePatch{Text: &text, IfChangedAt: &seen})
	noErr(err)
	printMessages(*m)
	fmt.Println("edited:", m.EditedAt != nil)

	text = "See you at six"
	_, err = svc.EditMessage(ctx, alice, m.ID, chat.MessagePatch{Text: &text, IfChangedAt: &seen})
	fmt.Println(err)
	// Output:
	// 1 alice: See you at five
	// edited: true
	// chat: changed in the meantime
}

// A deleted message leaves a tombstone: its number, author and time.
func ExampleService_DeleteMessage() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Oops"})
	noErr(err)

	noErr(svc.DeleteMessage(ctx, alice, m.ID))
	m, err = svc.Message(ctx, bob, m.ID)
	noErr(err)
	fmt.Printf("%d %s %q deleted: %v\n", m.Number, *m.UserID, m.Text, m.Deleted())
	// Output: 1 alice "" deleted: true
}

// Every message comes with its reactions, counted. Mine is the id of one's own, by
// which it is taken back.
func ExampleService_React() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{}) // EmojiReactions
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "It works"})
	noErr(err)

	for _, user := range []chat.UserID{alice, bob, bob} { // the same again is the same
		_, err := svc.React(ctx, user, m.ID, "🎉")
		noErr(err)
	}
	_, err = svc.React(ctx, bob, m.ID, "bravo")
	fmt.Println(err)

	m, err = svc.Message(ctx, bob, m.ID)
	noErr(err)
	for _, r := range m.Reactions {
		fmt.Println(r.Reaction, r.Count)
		_, err := svc.Unreact(ctx, bob, *r.Mine)
		noErr(err)
	}
	m, err = svc.Message(ctx, bob, m.ID)
	noErr(err)
	fmt.Println(m.Reactions[0].Reaction, m.Reactions[0].Count, m.Reactions[0].Mine == nil)
	// Output:
	// chat: invalid input: reaction is not exactly one emoji
	// 🎉 2
	// 🎉 1 true
}

// The inbox: the room with the newest message first.
func ExampleService_Rooms() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	lunch, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	private, err := svc.OpenPrivate(ctx, carol, bob)
	noErr(err)
	for _, m := range []struct {
		actor chat.UserID
		room  *chat.Room
		text  string
	}{{carol, private, "Hi"}, {alice, lunch, "Soup?"}, {alice, lunch, "Or rice?"}} {
		_, err := svc.SendMessage(ctx, m.actor, m.room.ID, chat.NewMessage{Text: m.text})
		noErr(err)
	}

	_, err = svc.MarkRead(ctx, bob, private.ID, 1)
	noErr(err)
	inbox, err := svc.Rooms(ctx, bob, chat.RoomsQuery{})
	noErr(err)
	for _, room := range inbox.Items {
		title := room.Name
		if room.Other != nil {
			title = string(*room.Other)
		}
		fmt.Printf("%s: %s (%d unread)\n", title, room.LastMessage.Text, room.Unread)
	}
	// Output:
	// Lunch: Or rice? (2 unread)
	// carol: Hi (0 unread)
}

// A refused input names the field, and the limit if it crossed one.
func ExampleFieldError() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Limits: chat.Limits{TextCharacters: 140}})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: strings.Repeat("a", 141)})
	var field *chat.FieldError
	if errors.As(err, &field) {
		fmt.Printf("%s %s (%d)\n", field.Field, field.Reason, field.Limit)
	}
	fmt.Println(errors.Is(err, chat.ErrTooLarge), errors.Is(err, chat.ErrInvalid))
	// Output:
	// text is over the limit of 140 characters (140)
	// true false
}

// Public rooms are found by name and description, messages by their words in one's own
// rooms. Migrate keeps an index of messages where Config.MessageSearch asks for it;
// without it they are read, the newest first.
func ExampleService_SearchMessages() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{MessageSearch: true})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Gardeners", Description: "Tomatoes, mostly", Public: true})
	noErr(err)
	for _, text := range []string{"The tomatoes are red", "And the beans?", "Red tomatoes: soup"} {
		_, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: text})
		noErr(err)
	}

	rooms, err := svc.SearchRooms(ctx, bob, chat.RoomSearchQuery{Query: "tomatoes"})
	noErr(err)
	fmt.Println(rooms.Items[0].Name)
	_, err = svc.JoinRoom(ctx, bob, rooms.Items[0].ID)
	noErr(err)
	found, err := svc.SearchMessages(ctx, bob, chat.MessageSearchQuery{Query: "red tomat"})
	noErr(err)
	for _, hit := range found.Items {
		fmt.Printf("%s, %d %s: %s\n", hit.Room.Name, hit.Number, *hit.UserID, hit.Text)
		for _, m := range hit.Matches {
			fmt.Printf("  %s\n", string([]rune(hit.Text)[m.Start:m.End]))
		}
	}
	// Output:
	// Gardeners
	// Gardeners, 3 alice: Red tomatoes: soup
	//   Red
	//   tomatoes
	// Gardeners, 1 alice: The tomatoes are red
	//   tomatoes
	//   red
}

// A message mentions members of its room, whose inbox counts it until they have read it.
func ExampleService_Mentions() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Kitchen", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "@Bob soup?", Mentions: []chat.UserID{bob}})
	noErr(err)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Dinner is ready", MentionRoom: true})
	noErr(err)

	inbox, err := svc.Rooms(ctx, bob, chat.RoomsQuery{})
	noErr(err)
	fmt.Println(inbox.Items[0].Name, inbox.Items[0].MentionCount)
	page, err := svc.Mentions(ctx, bob, chat.Page{})
	noErr(err)
	for _, hit := range page.Items {
		fmt.Printf("%s, %d: %s\n", hit.Room.Name, hit.Number, hit.Text)
	}
	// Output:
	// Kitchen 2
	// Kitchen, 2: Dinner is ready
	// Kitchen, 1: @Bob soup?
}

// Pinned messages stay at hand.
func ExampleService_PinMessage() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Kitchen", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	m, err := svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "The key is under the mat"})
	noErr(err)

	_, err = svc.PinMessage(ctx, bob, m.ID) // he may not edit the room
	fmt.Println(errors.Is(err, chat.ErrForbidden))
	_, err = svc.PinMessage(ctx, alice, m.ID)
	noErr(err)
	pins, err := svc.Pins(ctx, bob, room.ID)
	noErr(err)
	for _, pin := range pins {
		fmt.Println(pin.Message.Text)
	}
	// Output:
	// true
	// The key is under the mat
}

// The replies to a message, and how many there are.
func ExampleService_Replies() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Soup?"})
	noErr(err)
	for _, text := range []string{"Yes", "With bread"} {
		_, err := svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: text, ReplyToID: &m.ID})
		noErr(err)
	}

	m, err = svc.Message(ctx, alice, m.ID)
	noErr(err)
	replies, err := svc.Replies(ctx, alice, m.ID, chat.Page{})
	noErr(err)
	fmt.Println(m.ReplyCount)
	printMessages(replies.Items...)
	// Output:
	// 2
	// 2 bob: Yes
	// 3 bob: With bread
}

// In slow mode members wait between two messages.
func ExampleTooSoonError() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Busy", SlowMode: 3600, Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	_, err = svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "first"})
	noErr(err)

	_, err = svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "second"})
	var soon *chat.TooSoonError
	fmt.Println(errors.Is(err, chat.ErrTooSoon), errors.As(err, &soon) && soon.RetryAfter > 59*time.Minute)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "The owner does not wait"})
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
}

// A message of the program's own says by its metadata what it tells, so that clients can
// translate it; its text is for those that do not know the kind.
func ExampleService_SendMessage_system() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{
		Text:     "Alice added Bob",
		Metadata: chat.Metadata(`{"kind": "user_added", "actor": "alice", "user": "bob"}`),
	})
	noErr(err)
	fmt.Println(m.AuthorKind, m.Metadata)
	// Output: system {"kind": "user_added", "actor": "alice", "user": "bob"}
}
