package chat_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// hostPool opens a pool of the host's own on the database of h.
func hostPool(t *testing.T, h *chatsuite.Host) *gorm.DB {
	t.Helper()
	return dbtest.Open(t, postgres.Open(h.DB.Dialector.(*postgres.Dialector).DSN), gorm.Config{})
}

// onStatement calls fn before each statement.
func onStatement(t *testing.T, db *gorm.DB, fn func(*gorm.DB)) {
	t.Helper()
	chatsuite.NoError(t, db.Callback().Raw().Before("gorm:raw").Register("watch", fn))
	chatsuite.NoError(t, db.Callback().Row().Before("gorm:row").Register("watch", fn))
	t.Cleanup(func() {
		chatsuite.NoError(t, db.Callback().Raw().Remove("watch"))
		chatsuite.NoError(t, db.Callback().Row().Remove("watch"))
	})
}

type tenantKey struct{}

func tenantOf(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
}

// sendForTenants has two tenants send at once, so that their messages meet, to a handle
// that looks at the context of each statement. It returns how many statements of one
// tenant had a message of the other's.
func sendForTenants(t *testing.T, v chatsuite.Variant, key func(context.Context) string) (foreign int64) {
	t.Helper()
	h := chatsuite.New(t, v, func(c *chat.Config) { c.SendContextKey = key })
	room := h.NewGroup(h.Bob)
	var mixed atomic.Int64
	onStatement(t, h.DB, func(tx *gorm.DB) {
		if tenant := tenantOf(tx.Statement.Context); tenant != "" {
			for _, other := range []string{"red", "blue"} {
				if other != tenant && strings.Contains(fmt.Sprint(tx.Statement.Vars...), other+" text") {
					mixed.Add(1)
				}
			}
		}
	})
	var callers sync.WaitGroup
	for i := range 200 {
		tenant := []string{"red", "blue"}[i%2]
		callers.Go(func() {
			ctx := context.WithValue(h.Ctx, tenantKey{}, tenant)
			if _, err := h.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: tenant + " text"}); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	h.CheckRoomLogs()
	return mixed.Load()
}

// Only sends of the same key share a group, and with it the values of a context.
func TestSendContextKey(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			if n := sendForTenants(t, v, tenantOf); n != 0 {
				t.Errorf("%d statements of one tenant had messages of the other's", n)
			}
			if n := sendForTenants(t, v, nil); n == 0 {
				t.Error("without a key no messages met: this test shows nothing")
			}
		})
	}
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// When something of the host's panics in a group, which has no caller to panic in, its
// callers get an error, the host's log what happened, and everything goes on.
func TestPanicInAGroup(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			room := h.NewGroup(h.Bob)
			h.Send(h.Alice, room.ID, "before")
			var panics atomic.Bool
			panics.Store(true)
			onStatement(t, h.DB, func(tx *gorm.DB) {
				if panics.Load() && strings.Contains(tx.Statement.SQL.String(), "INSERT INTO chat_messages") {
					panic("a plugin of the host's")
				}
			})
			for _, in := range []chat.NewMessage{{Text: "secret"}, {MediaIDs: []uuid.UUID{h.Upload(h.Alice, "a").ID}}} {
				if _, err := h.SendMessage(h.Ctx, h.Alice, room.ID, in); err == nil || chat.IsRetryable(err) {
					t.Errorf("the caller gets %v", err)
				}
			}
			panics.Store(false)
			h.Send(h.Bob, room.ID, "after")
			if used := chatsuite.Must(h.DB.DB())(t).Stats().InUse; used != 0 {
				t.Errorf("%d connections are kept", used)
			}
			h.CheckRoomLogs()
			chatsuite.NoError(t, h.Close())
			if text := log.text.String(); strings.Count(text, "a plugin of the host's") != 2 || strings.Contains(text, "secret") {
				t.Errorf("logged: %s", text)
			}
		})
	}
}

// SendMessage returns when its context ends. What its caller changes then is no part of
// the message, which may be stored; the race detector watches.
func TestSendReturnsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			room := h.NewGroup(h.Bob)
			question := h.Send(h.Bob, room.ID, "?")
			media := []uuid.UUID{h.Upload(h.Alice, "a").ID, h.Upload(h.Alice, "b").ID}
			began, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			onStatement(t, h.DB, func(*gorm.DB) { // the group waits in its first statement
				once.Do(func() {
					close(began)
					<-goOn
				})
			})
			ctx, cancel := context.WithCancel(h.Ctx)
			replyTo, ids := question.ID, append([]uuid.UUID{}, media...)
			in := chat.NewMessage{Text: "!", ReplyToID: &replyTo, MediaIDs: ids, Metadata: chat.Metadata(`{"a":1}`), ClientID: "1"}
			returned := make(chan error, 1)
			go func() { returned <- chatsuite.ErrorOf(h.SendMessage(ctx, h.Alice, room.ID, in)) }()
			<-began
			cancel()
			select {
			case err := <-returned:
				chatsuite.WantError(t, err, context.Canceled)
			case <-time.After(chatsuite.Timeout):
				t.Fatal("SendMessage waits for its group")
			}
			replyTo, ids[0], ids[1] = uuid.Nil, uuid.Nil, uuid.Nil
			copy(in.Metadata, `{"b":2}`)
			close(goOn)
			chatsuite.NoError(t, h.Close()) // waits for the group
			svc := chatsuite.Must(chat.New(h.DB, h.Config))(t)
			again := chatsuite.Must(svc.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{
				Text: "!", ReplyToID: &question.ID, MediaIDs: media, Metadata: chat.Metadata(`{"a":1}`), ClientID: "1",
			}))(t)
			if again.Number != 2 || again.Media[1].ID != media[1] || again.ReplyTo == nil {
				t.Errorf("stored as %+v", again)
			}
			h.CheckRoomLogs()
		})
	}
}
