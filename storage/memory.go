package storage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// MemoryStore keeps media in memory, for tests. Its zero value is ready for use.
type MemoryStore struct {
	mu      sync.RWMutex
	objects map[string][]byte
}

// Memory returns an empty store in memory.
func Memory() *MemoryStore { return &MemoryStore{} }

// Put stores what r yields under key. Its error matches [fs.ErrExist] if the key is taken,
// [ErrInvalidKey], ctx's error, or that of r; then nothing is stored.
func (m *MemoryStore) Put(ctx context.Context, key string, r io.Reader) error {
	if err := begin(ctx, key); err != nil {
		return fmt.Errorf("storage: put: %w", err)
	}
	data, err := io.ReadAll(contextReader{ctx, r})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("storage: put: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.objects[key]; taken {
		return fmt.Errorf("storage: put: %s: %w", key, fs.ErrExist)
	}
	if m.objects == nil {
		m.objects = map[string][]byte{}
	}
	m.objects[key] = data
	return nil
}

// Open returns the object of key, which is also an [io.Seeker]. Its error matches
// [fs.ErrNotExist] if there is none, or [ErrInvalidKey].
func (m *MemoryStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := begin(ctx, key); err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	data, there := m.objects[key]
	if !there {
		return nil, fmt.Errorf("storage: open: %s: %w", key, fs.ErrNotExist)
	}
	return memoryObject{bytes.NewReader(data)}, nil
}

// Delete removes the object of key. It is no error if there is none.
func (m *MemoryStore) Delete(ctx context.Context, key string) error {
	if err := begin(ctx, key); err != nil {
		return fmt.Errorf("storage: delete: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

// Len returns the number of objects.
func (m *MemoryStore) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.objects)
}

// memoryObject is a bytes.Reader to close.
type memoryObject struct{ *bytes.Reader }

func (memoryObject) Close() error { return nil }
