package chat_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-df/chat"
)

// A job of the host's keeps messages for a month, and those of channels for a year.
func ExampleService_Maintain() {
	ctx := context.Background()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	svc, db := openExample(chat.Config{Clock: func() time.Time { return now }})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Hiking"})
	noErr(err)
	for _, text := range []string{"In January", "In February"} {
		_, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: text})
		noErr(err)
		now = now.Add(25 * 24 * time.Hour)
	}

	removed, err := svc.Maintain(ctx, chat.MaintainOptions{Retention: []chat.Retention{
		{RoomType: chat.Channel, Age: 365 * 24 * time.Hour},
		{Age: 30 * 24 * time.Hour},
	}})
	noErr(err)
	room, err = svc.Room(ctx, alice, room.ID)
	noErr(err)
	fmt.Printf("%d message removed; the first is number %d, %q\n", removed.Messages, room.FirstNumber, room.LastMessage.Text)
	// Output:
	// 1 message removed; the first is number 2, "In February"
}

// What a user wrote in groups goes, without going through their messages one by one.
func ExampleService_DeleteMessages() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Hiking", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	for _, author := range []chat.UserID{alice, bob, bob} {
		_, err := svc.SendMessage(ctx, author, room.ID, chat.NewMessage{Text: "Buy this!"})
		noErr(err)
	}

	deleted, err := svc.DeleteMessages(ctx, chat.MessageFilter{RoomType: chat.Group, Author: bob})
	noErr(err)
	page, err := svc.Messages(ctx, alice, room.ID, chat.HistoryQuery{})
	noErr(err)
	fmt.Println(deleted, "messages deleted")
	for _, m := range page.Items {
		fmt.Println(m.Number, *m.UserID, m.Deleted())
	}
	// Output:
	// 2 messages deleted
	// 1 alice false
	// 2 bob true
	// 3 bob true
}

// Messages that were sent elsewhere come with their times, replies and reactions. To run
// the import again stores nothing twice.
func ExampleService_ImportMessages() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Hiking"})
	noErr(err)
	source := func(yield func(chat.ImportedMessage, error) bool) {
		at := time.Date(2019, 7, 1, 18, 30, 0, 0, time.UTC)
		_ = yield(chat.ImportedMessage{
			UserID: alice, ClientID: "old:1", Text: "Where on Sunday?", CreatedAt: at,
			Reactions: []chat.ImportedReaction{{UserID: bob, Reaction: "👀"}},
		}, nil) && yield(chat.ImportedMessage{
			UserID: bob, ClientID: "old:2", ReplyTo: "old:1", Text: "To the lake", CreatedAt: at.Add(time.Minute),
		}, nil)
	}

	for range 2 {
		stored, err := svc.ImportMessages(ctx, room.ID, source)
		noErr(err)
		fmt.Println(stored, "stored")
	}
	page, err := svc.Messages(ctx, alice, room.ID, chat.HistoryQuery{})
	noErr(err)
	for _, m := range page.Items {
		fmt.Println(m.CreatedAt.Format(time.DateTime), *m.UserID, m.Text, m.ReplyTo != nil, len(m.Reactions))
	}
	// Output:
	// 2 stored
	// 0 stored
	// 2019-07-01 18:30:00 alice Where on Sunday? false 1
	// 2019-07-01 18:31:00 bob To the lake true 0
}
