package chat_test

import (
	"context"
	"fmt"

	"github.com/go-df/chat"
)

// A worker of the host's sees every room as System. It keeps the cursor of what it has
// dealt with, and goes on from there after a restart.
func ExampleService_Subscribe() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	defer func() { noErr(svc.Close()) }()
	alice, bob := chat.ID("alice"), chat.ID("bob")

	sub, err := svc.Subscribe(ctx, chat.System, chat.SubscribeOptions{})
	noErr(err)
	hello, err := sub.Next(ctx)
	noErr(err)
	sub.Close() // the worker stops

	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Hi Bob"})
	noErr(err)

	sub, err = svc.Subscribe(ctx, chat.System, chat.SubscribeOptions{After: hello.Cursor})
	noErr(err)
	defer sub.Close()
	for range 3 {
		u, err := sub.Next(ctx)
		noErr(err)
		switch {
		case u.Message != nil:
			fmt.Println(u.Kind, u.Seq, u.Message.Text)
		default:
			fmt.Println(u.Kind, u.Seq)
		}
	}
	// Output:
	// hello 0
	// room_created 1
	// message_created 2 Hi Bob
}
