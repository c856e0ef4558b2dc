package bustest

import (
	"context"
	"sync"

	"github.com/go-df/chat"
)

// Memory is a [chat.Bus] between the services of one process, for tests. Its zero value
// is ready to use.
type Memory struct {
	mu        sync.Mutex
	listeners map[chan []byte]bool
}

var _ chat.Bus = (*Memory)(nil)

// Publish implements [chat.Bus]. Who does not keep up loses what is published.
func (m *Memory) Publish(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for listener := range m.listeners {
		select {
		case listener <- data:
		default:
		}
	}
	return nil
}

// Listen implements [chat.Bus].
func (m *Memory) Listen(ctx context.Context, receive func(data []byte)) error {
	listener := make(chan []byte, 1000)
	m.mu.Lock()
	if m.listeners == nil {
		m.listeners = map[chan []byte]bool{}
	}
	m.listeners[listener] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.listeners, listener)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case data := <-listener:
			receive(data)
		}
	}
}

// Listeners returns how many listen at present.
func (m *Memory) Listeners() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.listeners)
}
