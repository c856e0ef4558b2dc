package hosttx_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A sender whose row a host has locked does not hold the room meanwhile: a host that
// locks the user and then the room meets no deadlock, and the message follows.
func TestASenderWhoseRowIsLockedHoldsNothing(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		sent := make(chan error, 1)
		chatsuite.NoError(t, h.DB.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("SELECT 1 FROM users WHERE id = ? FOR UPDATE", h.Bob).Error; err != nil {
				return err
			}
			go func() {
				sent <- chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "later"}))
			}()
			time.Sleep(100 * time.Millisecond)
			select {
			case err := <-sent:
				return fmt.Errorf("sent while the user was locked: %w", err)
			default:
			}
			h.Send(h.Alice, room.ID, "meanwhile") // the room is free for others
			return tx.Exec("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE", room.ID).Error
		}))
		chatsuite.NoError(t, <-sent)
		h.CheckRoomLogs()
	})
}
