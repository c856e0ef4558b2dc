package chattest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
)

// Shop is a host application: its orders have a room each.
type Shop struct{ chat *chat.Service }

// Remind posts to the room of an order in which nobody wrote for a day.
func (s *Shop) Remind(ctx context.Context, room *chat.Room, now time.Time) error {
	if now.Sub(room.CreatedAt) < 24*time.Hour {
		return nil
	}
	_, err := s.chat.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: "Still there?"})
	return err
}

// A test of the host's own gets a chat and moves its clock.
func ExampleNew() {
	t := &testing.T{} // yours

	c := chattest.New(t)
	shop := &Shop{chat: c.Service}
	ctx := context.Background()

	room, err := c.OpenPrivate(ctx, chat.ID(1), chat.ID(2))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := shop.Remind(ctx, room, c.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		unread, err := c.Unread(ctx, chat.ID(1))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(unread.Total, "unread")
		c.Clock.Advance(24 * time.Hour)
	}
	// Output:
	// 0 unread
	// 1 unread
}
