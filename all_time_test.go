package chat_test

import (
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A time beyond the year 9999 is after everything, on both databases.
func TestFiltersOfFarTimes(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		h.Send(h.Alice, room.ID, "x")
		h.Upload(h.Alice, "x")
		far := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		count := func(since, before time.Time) (n int) {
			for _, err := range h.AllMessages(h.Ctx, chat.System, chat.MessageFilter{Since: since, Before: before}) {
				chatsuite.NoError(t, err)
				n++
			}
			for _, err := range h.AllRooms(h.Ctx, chat.System, chat.RoomFilter{Since: since, Before: before}) {
				chatsuite.NoError(t, err)
				n++
			}
			for _, err := range h.AllMedia(h.Ctx, chat.System, chat.MediaFilter{Since: since, Before: before}) {
				chatsuite.NoError(t, err)
				n++
			}
			page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "x", After: since, Before: before}))(t)
			return n + len(page.Items)
		}
		if n := count(far, time.Time{}); n != 0 {
			t.Errorf("%d things are from the year 10000 or later", n)
		}
		if n := count(time.Time{}, far); n != 4 {
			t.Errorf("%d of 4 things are from before the year 10000", n)
		}
		if n := count(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}); n != 4 {
			t.Errorf("%d of 4 things are since the year -5", n)
		}
		if n := chatsuite.Must(h.DeleteMessages(h.Ctx, chat.MessageFilter{Since: far}))(t); n != 0 {
			t.Errorf("%d messages from the year 10000 or later were deleted", n)
		}
		for _, err := range h.AllMessages(h.Ctx, chat.System, chat.MessageFilter{Before: time.Unix(1<<45, 0)}) {
			if err != nil {
				t.Errorf("before a time of long from now: %v", err)
			}
		}
	})
}
