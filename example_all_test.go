package chat_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// openTrip is a chat with a group, a channel, some messages and a file.
func openTrip(now *time.Time) (svc *chat.Service, room *chat.Room, done func()) {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Media: storage.Memory(), Clock: func() time.Time { return *now }})
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Trip", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	_, err = svc.CreateRoom(ctx, carol, chat.NewRoom{Type: chat.Channel, Name: "News"})
	noErr(err)
	file, err := svc.UploadMedia(ctx, alice, chat.NewMedia{FileName: "map", Body: strings.NewReader("north")})
	noErr(err)
	for _, in := range []chat.NewMessage{{Text: "To the lake?"}, {Text: "The map", MediaIDs: []uuid.UUID{file.ID}}} {
		_, err := svc.SendMessage(ctx, alice, room.ID, in)
		noErr(err)
	}
	return svc, room, func() { closeExample(db) }
}

var tripDay = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)

func ExampleService_AllRooms() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	for room, err := range svc.AllRooms(context.Background(), chat.System, chat.RoomFilter{Type: chat.Channel}) {
		noErr(err)
		fmt.Println(room.Name, *room.OwnerID)
	}
	// Output:
	// News carol
}

func ExampleService_AllRoomUsers() {
	now := tripDay
	svc, room, done := openTrip(&now)
	defer done()
	for member, err := range svc.AllRoomUsers(context.Background(), chat.System, chat.RoomUserFilter{RoomID: &room.ID}) {
		noErr(err)
		fmt.Println(member.UserID, member.Owner)
	}
	// Output:
	// alice true
	// bob false
}

// All messages go into an index of the host's own. The loop may use the database.
func ExampleService_AllMessages() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	for message, err := range svc.AllMessages(context.Background(), chat.System, chat.MessageFilter{Since: tripDay}) {
		noErr(err)
		if !message.Deleted() {
			fmt.Println("index", message.Text)
		}
	}
	// Output:
	// index To the lake?
	// index The map
}

// A user sees what is in their rooms.
func ExampleService_AllMedia() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	for _, user := range []chat.UserID{bob, carol} {
		for media, err := range svc.AllMedia(context.Background(), user, chat.MediaFilter{}) {
			noErr(err)
			fmt.Println(user, "sees", media.FileName)
		}
	}
	// Output:
	// bob sees map
}

func ExampleService_MessagesBy() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	page, err := svc.MessagesBy(context.Background(), bob, alice, chat.Page{Limit: 1})
	noErr(err)
	fmt.Println(page.Items[0].Text, page.Next != "")
	// Output:
	// The map true
}

func ExampleService_MediaBy() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	page, err := svc.MediaBy(context.Background(), bob, alice, chat.Page{})
	noErr(err)
	fmt.Println(page.Items[0].FileName, page.Items[0].Size, "bytes")
	// Output:
	// map 5 bytes
}

// A mail to those who have not looked for a day, of what came since the last such mail.
func ExampleService_Digest() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	now = now.Add(25 * time.Hour)
	for user, err := range svc.Digest(context.Background(), chat.DigestQuery{UnseenFor: 24 * time.Hour, Since: now.Add(-48 * time.Hour), Messages: 1}) {
		noErr(err)
		fmt.Printf("To %s: %d unread messages\n", user.UserID, user.Total)
		for _, in := range user.Rooms {
			fmt.Printf("%s: %q and %d more\n", in.Room.Name, in.Messages[0].Text, in.Room.Unread-1)
		}
	}
	// Output:
	// To bob: 2 unread messages
	// Trip: "To the lake?" and 1 more
}

// What is kept of a user, as one file for them.
func ExampleService_ExportUser() {
	now := tripDay
	svc, _, done := openTrip(&now)
	defer done()
	var file bytes.Buffer // or an http.ResponseWriter
	noErr(svc.ExportUser(context.Background(), alice, &file))
	archive, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	noErr(err)
	for _, f := range archive.File {
		fmt.Println(strings.TrimRight(f.Name, "-0123456789abcdef"), f.UncompressedSize64 > 0)
	}
	// Output:
	// user.json true
	// memberships.jsonl true
	// restrictions.jsonl false
	// messages.jsonl true
	// reactions.jsonl false
	// mentions.jsonl false
	// pins.jsonl false
	// events.jsonl true
	// media.jsonl true
	// media/ true
}
