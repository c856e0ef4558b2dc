package chat_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestDeleteMediaTakesBackWhatIsInNoMessage(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		taken, sent := h.Upload(h.Alice, "taken back"), h.Upload(h.Alice, "sent")
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{sent.ID}}))(t)

		chatsuite.WantError(t, h.DeleteMedia(h.Ctx, h.Bob, taken.ID), chat.ErrNotFound)
		chatsuite.WantError(t, h.DeleteMedia(h.Ctx, h.Bob, sent.ID), chat.ErrForbidden)
		chatsuite.WantError(t, h.DeleteMedia(h.Ctx, h.Alice, sent.ID), chat.ErrConflict)
		chatsuite.WantError(t, h.DeleteMedia(h.Ctx, chat.System, sent.ID), chat.ErrConflict)

		chatsuite.NoError(t, h.DeleteMedia(h.Ctx, h.Alice, taken.ID))
		chatsuite.WantError(t, chatsuite.ErrorOf(h.Media(h.Ctx, h.Alice, taken.ID)), chat.ErrNotFound)
		chatsuite.WantError(t, h.DeleteMedia(h.Ctx, h.Alice, taken.ID), chat.ErrNotFound)
		_, err := h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{taken.ID}})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "media_ids[0]", 0)

		another := h.Upload(h.Bob, "Bob's")
		chatsuite.NoError(t, h.DeleteMedia(h.Ctx, chat.System, another.ID))
		if swept := chatsuite.Must(h.SweepMedia(h.Ctx, 0))(t); swept != 2 {
			t.Errorf("%d media were swept, want the two that were taken back", swept)
		}
		chatsuite.Must(h.Media(h.Ctx, h.Bob, sent.ID))(t)
	})
}

func TestDeleteMediaAndASendNeverBothHaveIt(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		for range chatsuite.Iterations(40, 400) {
			media := h.Upload(h.Alice, "x").ID
			errs := chatsuite.Parallel(
				func() error { return h.DeleteMedia(h.Ctx, h.Alice, media) },
				func() error {
					return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media}}))
				})
			if deleted, sent := errs[0] == nil, errs[1] == nil; deleted == sent {
				t.Fatalf("deleted: %v, sent: %v", errs[0], errs[1])
			}
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_message_media x JOIN chat_media m ON m.id = x.media_id WHERE m.state <> 'ready'"); n != 0 {
			t.Errorf("%d messages have media that were taken back", n)
		}
	})
}
