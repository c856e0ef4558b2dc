package race_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A hook that takes its time for some senders delays them alone: while all of their messages
// wait in it, the grouped sends of the others to the same room, and changes of the room, are
// done, and then theirs.
func TestASlowHookDelaysItsCallerAlone(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			const slow, sends = 32, 400
			var waiting, done sync.WaitGroup
			release := make(chan struct{})
			waiting.Add(slow)
			var slowUser chat.UserID
			h := chatsuite.New(t, v, func(c *chat.Config) {
				c.LockWaiters = 1
				c.Hooks.Before = func(_ context.Context, actor chat.Actor, op chat.Operation) error {
					if send, is := op.(*chat.SendOperation); is && actor == slowUser {
						waiting.Done()
						<-release
						send.Text += " at last"
					}
					return nil
				}
			})
			slowUser = h.Bob
			room := h.NewGroup(h.Bob, h.Carol)
			for i := range slow {
				done.Go(func() {
					m, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: fmt.Sprint(i), ClientID: uuid.NewString()})
					if err != nil || m.Text != fmt.Sprint(i, " at last") || m.Number <= sends {
						t.Errorf("%+v, %v", m, err)
					}
				})
			}
			waiting.Wait()
			chatsuite.ParallelN(t, sends, func(i int) error {
				return chatsuite.ErrorOf(h.SendMessage(h.Ctx, []chat.UserID{h.Alice, h.Carol}[i%2], room.ID, chat.NewMessage{Text: "quick"}))
			})
			name := "Renamed meanwhile"
			chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))(t)
			close(release)
			done.Wait()
			if n := h.QueryInt("SELECT last_number FROM chat_rooms WHERE id = ?", room.ID); n != slow+sends {
				t.Errorf("%d messages, want %d", n, slow+sends)
			}
			h.CheckRoomLogs()
		})
	}
}

// Whoever is removed while their hook takes its time sends nothing after it, whatever the hook
// has seen.
func TestRemovedWhileTheHookIsAsked(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			var remove func() error
			h := chatsuite.New(t, v, func(c *chat.Config) {
				c.Hooks.Before = func(ctx context.Context, _ chat.Actor, op chat.Operation) error {
					if _, is := op.(*chat.SendOperation); !is {
						return nil
					}
					if _, err := op.Room(ctx); err != nil {
						return err
					}
					return remove()
				}
			})
			room := h.NewGroup(h.Bob)
			remove = func() error { return h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob) }
			_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "too late"})
			if err != chat.ErrNotFound { //nolint:errorlint // as it is
				t.Errorf("error is %v", err)
			}
			h.CheckRoomLogs()
		})
	}
}
