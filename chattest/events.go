package chattest

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// Events returns the log of a room, also of a deleted one, from its first event on. The
// service's own method, which reads pages of it as an actor sees it, is c.Service.Events.
func (c *Chat) Events(room uuid.UUID) []chat.Event {
	c.t.Helper()
	var events []chat.Event
	if err := c.DB.Where("room_id = ?", room).Order("seq").Find(&events).Error; err != nil {
		c.t.Fatalf("chattest: read the events of a room: %v", err)
	}
	return events
}

// waited remembers which events WaitFor has returned.
type waited struct {
	mu   sync.Mutex
	last map[waitedKey]int64
}

type waitedKey struct {
	room uuid.UUID
	kind chat.EventKind
}

// waitLimit is how long WaitFor waits, of real time.
const waitLimit = 10 * time.Second

// WaitFor returns the first event of a kind in a room that it has not returned before, and
// waits up to ten seconds for it: for what the host does in goroutines of its own. Then it
// fails the test. Call it from the test's goroutine.
func (c *Chat) WaitFor(room uuid.UUID, kind chat.EventKind) chat.Event {
	c.t.Helper()
	key := waitedKey{room, kind}
	for end := time.Now().Add(waitLimit); ; time.Sleep(2 * time.Millisecond) {
		events := c.Events(room)
		if event, found := c.waited.next(key, events); found {
			return event
		}
		if time.Now().After(end) {
			c.t.Fatalf("chattest: no event %s came in %v; the room has %d events", kind, waitLimit, len(events))
		}
	}
}

func (w *waited) next(key waitedKey, events []chat.Event) (chat.Event, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, event := range events {
		if event.Kind == key.kind && event.Seq > w.last[key] {
			if w.last == nil {
				w.last = map[waitedKey]int64{}
			}
			w.last[key] = event.Seq
			return event, true
		}
	}
	return chat.Event{}, false
}
