package chat_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

func TestCheckIsSilentWhereAllIsWell(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		before := chatsuite.RowCounts(t, h.DB)
		chatsuite.NoError(t, h.Check(h.Ctx))
		chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error { return s.Check(h.Ctx) }))
		if after := chatsuite.RowCounts(t, h.DB); after != before {
			t.Errorf("it changed the database from %s to %s", before, after)
		}
	})
}

// What was right when the service began is asked again each time.
func TestCheckFindsWhatBreaksLater(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.NoError(t, h.Check(h.Ctx))
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_meta SET value = 'other' WHERE key = 'user_id_type'").Error)
		chatsuite.WantError(t, h.Check(h.Ctx), chat.ErrSchema)
		chatsuite.NoError(t, h.DB.Exec("ALTER TABLE chat_migrations RENAME TO away").Error)
		chatsuite.WantError(t, h.Check(h.Ctx), chat.ErrSchema)
		chatsuite.NoError(t, h.Close())
		chatsuite.WantError(t, h.Check(h.Ctx), chat.ErrClosed)
	})
}

func TestCheckFindsTheTableOfUsersGone(t *testing.T) {
	t.Parallel()
	c := chattest.NewWith(t, chattest.Options{
		Config:  chat.Config{UsersTable: "users"},
		Migrate: func(db *gorm.DB) error { return db.Exec("CREATE TABLE users (id text PRIMARY KEY)").Error },
	})
	chatsuite.NoError(t, c.Check(t.Context()))
	chatsuite.NoError(t, c.DB.Exec("DROP TABLE users").Error)
	chatsuite.WantError(t, c.Check(t.Context()), chat.ErrSchema)
}

// brokenStore fails in one of its methods, or yields other bytes.
type brokenStore struct {
	*storage.MemoryStore
	put, open, remove error
	other             bool
}

func (s brokenStore) Put(ctx context.Context, key string, r io.Reader) error {
	if s.put != nil {
		return s.put
	}
	if s.other {
		r = io.MultiReader(r, errReader{})
	}
	return s.MemoryStore.Put(ctx, key, r)
}

// errReader yields one more byte.
type errReader struct{}

func (errReader) Read(p []byte) (int, error) { p[0] = '!'; return 1, io.EOF }

func (s brokenStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if s.open != nil {
		return nil, s.open
	}
	return s.MemoryStore.Open(ctx, key)
}

func (s brokenStore) Delete(ctx context.Context, key string) error {
	if s.remove != nil {
		return s.remove
	}
	return s.MemoryStore.Delete(ctx, key)
}

func TestCheckTriesTheMediaStore(t *testing.T) {
	t.Parallel()
	broken := errors.New("the store is broken")
	for name, store := range map[string]brokenStore{
		"put": {put: broken}, "open": {open: broken}, "delete": {remove: broken}, "other bytes": {other: true},
	} {
		store.MemoryStore = storage.Memory()
		c := chattest.NewWith(t, chattest.Options{Config: chat.Config{Media: store, MediaTimeout: time.Minute}})
		err := c.Check(t.Context())
		chatsuite.WantError(t, err, chat.ErrMediaStore)
		if name != "other bytes" {
			chatsuite.WantError(t, err, broken)
		}
		if left := store.Len(); left != 0 && name != "delete" {
			t.Errorf("%s: %d objects are left", name, left)
		}
	}
}

func TestCheckReturnsAllFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("the store is broken")
	c := chattest.NewWith(t, chattest.Options{Config: chat.Config{Media: brokenStore{MemoryStore: storage.Memory(), put: broken}}})
	chatsuite.NoError(t, c.DB.Exec("DROP TABLE chat_migrations").Error)
	err := c.Check(t.Context())
	chatsuite.WantError(t, err, chat.ErrSchema)
	chatsuite.WantError(t, err, chat.ErrMediaStore)
}
