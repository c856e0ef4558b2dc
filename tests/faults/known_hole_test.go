package faults_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// A message to a room that is known is stored as one to a room that is not, when the one
// connection that is idle is dead: with another, within a look's time.
func TestSendToAKnownRoomWithADeadConnection(t *testing.T) {
	t.Parallel()
	for name, rounds := range map[string]int{"unknown": 1, "known": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *proxy
			h := chatsuite.NewOn(t, chatsuite.Postgres, func(template dbtest.Template) *gorm.DB {
				var dsn string
				p, dsn = startProxy(t, dbtest.PostgresDSN(t, template))
				return dbtest.Open(t, chatsuite.Postgres.Dialector(dsn), gorm.Config{})
			})
			room := h.NewGroup(h.Bob)
			for range rounds {
				h.Send(h.Bob, room.ID, "before")
			}
			p.setHole(true)
			time.Sleep(50 * time.Millisecond)
			p.setHole(false)
			began := time.Now()
			_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "after"})
			t.Logf("after %s: %v", time.Since(began), err)
			if err != nil {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			p.close()
		})
	}
}
