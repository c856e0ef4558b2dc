package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What was decided of a message without a lock is not written when the room changed
// meanwhile: it is decided again, under the lock.
func TestChangesMeanwhileAreDecidedAgain(t *testing.T) {
	t.Parallel()
	text := "edited"
	for name, do := range map[string]func(h *chatsuite.Host, who chat.UserID, m uuid.UUID) error{
		"EditMessage": func(h *chatsuite.Host, who chat.UserID, m uuid.UUID) error {
			return chatsuite.ErrorOf(h.EditMessage(h.Ctx, who, m, chat.MessagePatch{Text: &text}))
		},
		"DeleteMessage": func(h *chatsuite.Host, who chat.UserID, m uuid.UUID) error { return h.DeleteMessage(h.Ctx, who, m) },
		"React": func(h *chatsuite.Host, who chat.UserID, m uuid.UUID) error {
			return chatsuite.ErrorOf(h.React(h.Ctx, who, m, "👍"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			m := h.Send(h.Bob, h.NewGroup(h.Bob).ID, "text")
			removed := false
			onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "write_0 AS", func() {
				chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, m.RoomID, h.Bob))
				removed = true
			})
			if err := do(h, h.Bob, m.ID); !removed || !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("removed meanwhile: %v, error is %v", removed, err)
			}
			if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t); got.Text != "text" || got.Deleted() || len(got.Reactions) > 0 {
				t.Errorf("the message is %+v", got)
			}
		})
	}
}

// Both reactions count when they meet.
func TestReactionsThatMeetAreBothCounted(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	m := h.Send(h.Bob, h.NewGroup(h.Bob).ID, "text")
	onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "write_0 AS", func() {
		chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👍"))(t)
	})
	h.Clock.Advance(time.Second)
	r := chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "👍"))(t)
	if len(r.Counts) != 1 || r.Counts[0].Count != 2 || len(r.Counts[0].Users) != 2 || *r.Counts[0].Mine != r.ID {
		t.Errorf("the counts are %+v", r.Counts)
	}
}

// A room that somebody else has locked is waited for, and then decided on.
func TestChangesWaitForALockedRoom(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	m := h.Send(h.Bob, h.NewGroup(h.Bob).ID, "text")
	tx := h.DB.Begin()
	chatsuite.NoError(t, tx.Exec("SELECT id FROM chat_rooms WHERE id = ? FOR UPDATE", m.RoomID).Error)
	done := make(chan error, 1)
	go func() { done <- h.DeleteMessage(h.Ctx, h.Bob, m.ID) }()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	chatsuite.NoError(t, tx.Rollback().Error)
	chatsuite.NoError(t, <-done)
	if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t); !got.Deleted() {
		t.Error("it is not deleted")
	}
}
