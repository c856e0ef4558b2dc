package chat_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What the time limit of an operation breaks off in its commit is ErrUnavailable, for it may be stored.
func TestTimeLimitInACommit(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(h *chatsuite.Host, m *chat.Message, r *chat.Reaction) error{
		"React at once": func(h *chatsuite.Host, m *chat.Message, r *chat.Reaction) error {
			return chatsuite.ErrorOf(h.React(h.Ctx, h.Bob, m.ID, "👍"))
		},
		"React under the lock": func(h *chatsuite.Host, m *chat.Message, r *chat.Reaction) error {
			onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "write_0 AS", func() {
				chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, m.RoomID, chat.NewMessage{Text: "x"}))(t)
			})
			return chatsuite.ErrorOf(h.React(h.Ctx, h.Bob, m.ID, "👍"))
		},
		"Unreact": func(h *chatsuite.Host, m *chat.Message, r *chat.Reaction) error {
			return chatsuite.ErrorOf(h.Unreact(h.Ctx, h.Alice, r.ID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			m := h.Send(h.Bob, h.NewGroup(h.Bob).ID, "text")
			r := chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👎"))(t)
			chatsuite.NoError(t, h.DB.Exec(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(7); RETURN NULL; END $$`).Error)
			chatsuite.NoError(t, h.DB.Exec(`CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR DELETE ON chat_reactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()`).Error)
			err := do(h, m, r)
			if !errors.Is(err, chat.ErrUnavailable) || chat.IsRetryable(err) {
				t.Errorf("error is %v (%T), retryable %v", err, err, chat.IsRetryable(err))
			}
		})
	}
}

// What waits for rows that a host holds ends with a retryable error, for nothing is stored,
// even where it came to wait late.
func TestTimeLimitInAWait(t *testing.T) {
	t.Parallel()
	text := "other"
	for name, c := range map[string]struct {
		table, statement string
		do               func(h *chatsuite.Host, m *chat.Message) error
	}{
		"React": {"chat_messages", "write_0 AS", func(h *chatsuite.Host, m *chat.Message) error {
			return chatsuite.ErrorOf(h.React(h.Ctx, h.Bob, m.ID, "👍"))
		}},
		"EditMessage": {"chat_messages", "write_0 AS", func(h *chatsuite.Host, m *chat.Message) error {
			return chatsuite.ErrorOf(h.EditMessage(h.Ctx, h.Bob, m.ID, chat.MessagePatch{Text: &text}))
		}},
		"DeleteMessage": {"chat_reactions", "write_0 AS", func(h *chatsuite.Host, m *chat.Message) error {
			return h.DeleteMessage(h.Ctx, h.Bob, m.ID)
		}},
		"MarkRead": {"chat_room_users", "moved AS", func(h *chatsuite.Host, m *chat.Message) error {
			return chatsuite.ErrorOf(h.MarkRead(h.Ctx, h.Bob, m.RoomID, 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, chatsuite.Postgres)
			m := h.Send(h.Bob, h.NewGroup(h.Bob).ID, "text")
			chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👎"))(t)
			onceAt(h, h.DB.Callback().Row().Before("gorm:row"), c.statement, func() { time.Sleep(1500 * time.Millisecond) })
			chatsuite.NoError(t, h.DB.Transaction(func(tx *gorm.DB) error {
				if err := tx.Exec("SELECT 1 FROM " + c.table + " FOR UPDATE").Error; err != nil {
					return err
				}
				if err := c.do(h, m); !chat.IsRetryable(err) {
					t.Errorf("error is %v (%T)", err, err)
				}
				return nil
			}))
			chatsuite.NoError(t, c.do(h, m))
		})
	}
}
