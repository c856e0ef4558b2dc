package chatsuite

import (
	"sync"
	"time"
)

// Clock is a host's clock for tests. It moves a millisecond at each reading, and
// further with Advance.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that shows a fixed time.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

// Now is for [chat.Config].
func (c *Clock) Now() time.Time { return c.Advance(time.Millisecond) }

// Advance moves the clock and returns the time that it then shows.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}
