package chattest

import (
	"context"
	"slices"
	"sync"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
)

// Bus is a chat.Bus in memory, for Config.Bus: services that share it wake each other as
// processes do. It remembers what was published, and fails when the test says so. Its zero
// value is ready to use.
type Bus struct {
	memory bustest.Memory

	mu        sync.Mutex
	published [][]byte
	fault     error
}

var _ chat.Bus = (*Bus)(nil)

// Publish implements [chat.Bus].
func (b *Bus) Publish(ctx context.Context, data []byte) error {
	b.mu.Lock()
	b.published = append(b.published, slices.Clone(data))
	fault := b.fault
	b.mu.Unlock()
	if fault != nil {
		return fault
	}
	return b.memory.Publish(ctx, data)
}

// Listen implements [chat.Bus].
func (b *Bus) Listen(ctx context.Context, receive func(data []byte)) error {
	b.mu.Lock()
	fault := b.fault
	b.mu.Unlock()
	if fault != nil {
		return fault
	}
	return b.memory.Listen(ctx, receive)
}

// Fail makes every later call of the bus fail with err, until Fail(nil).
func (b *Bus) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = err
}

// Published returns what was published up to now, failures included.
func (b *Bus) Published() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.published)
}
