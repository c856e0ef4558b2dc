package chattest_test

import (
	"context"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
)

// A test of a host's own waits for what the host does in goroutines.
func ExampleChat_WaitFor() {
	t := &testing.T{} // yours
	c := chattest.NewWith(t, chattest.Options{GORM: &gorm.Config{TranslateError: true}})
	ctx := context.Background()
	room, err := c.OpenPrivate(ctx, chat.ID(1), chat.ID(2))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = c.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: "Welcome"}) }()

	fmt.Println(c.WaitFor(room.ID, chat.MessageCreated).Seq)
	for _, event := range c.Events(room.ID) {
		fmt.Println(event.Kind)
	}
	// Output:
	// 2
	// room_created
	// message_created
}
