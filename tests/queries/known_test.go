package queries_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A room that only these sends write to is known after two of them, and need not be looked
// at. Whoever else writes to it makes the next send look again.
func TestSendsToKnownRooms(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		if !c.Postgres {
			t.Skip("SQLite has one writer, who need not look twice")
		}
		room := c.NewGroup(c.Bob)
		first := c.Send(c.Alice, room.ID, "first")
		send := func(user chat.UserID, in chat.NewMessage) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, user, room.ID, in)) }
		}
		plain := send(c.Bob, chat.NewMessage{Text: "x"})
		c.costs("to a room that is new", wants{0, 2}, plain, plain)
		c.costs("to a known room", wants{0, 1}, plain, plain, send(c.Bob, chat.NewMessage{Text: "x", ClientID: uuid.NewString()}))
		c.costs("a reply", wants{0, 2}, send(c.Bob, chat.NewMessage{Text: "x", ReplyToID: &first.ID}))
		c.costs("of somebody new", wants{0, 2}, send(c.Alice, chat.NewMessage{Text: "x"}))
		c.costs("of both", wants{0, 1}, send(c.Alice, chat.NewMessage{Text: "x"}), plain)
		c.Send(c.Alice, room.ID, "by another process")
		c.costs("to a room that has changed", wants{0, 3}, plain)
		c.costs("to one that changed lately", wants{0, 2}, plain)
		c.costs("to one that is quiet again", wants{0, 1}, plain)
	})
}
