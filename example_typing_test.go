package chat_test

import (
	"context"
	"fmt"

	"github.com/go-df/chat"
)

// What is kept nowhere: who is writing, and how far others have read.
func ExampleService_Typing() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	defer func() { noErr(svc.Close()) }()
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "How was it?"})
	noErr(err)

	updates, err := svc.Subscribe(ctx, alice, chat.SubscribeOptions{})
	noErr(err)
	defer updates.Close()
	_, err = updates.Next(ctx) // hello
	noErr(err)

	_, err = svc.MarkRead(ctx, bob, room.ID, m.Number)
	noErr(err)
	receipt, err := updates.Next(ctx)
	noErr(err)
	fmt.Println(receipt.Kind, *receipt.UserID == bob, receipt.Number)

	noErr(svc.Typing(ctx, bob, room.ID)) // as often as a key is pressed, once in 3 seconds is told
	typing, err := updates.Next(ctx)
	noErr(err)
	fmt.Println(typing.Kind, *typing.UserID == bob, typing.ExpiresAt.Sub(typing.CreatedAt))
	// Output:
	// receipt true 1
	// typing true 6s
}
