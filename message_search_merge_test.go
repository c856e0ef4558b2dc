package chat_test

import (
	"fmt"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// parts are how many of each size the index of messages is in.
func parts(h *chatsuite.Host) (counts []int) {
	h.T.Helper()
	chatsuite.NoError(h.T, h.DB.Raw("SELECT count(*) FROM chat_message_words_segdir GROUP BY level").Scan(&counts).Error)
	return counts
}

// Each send leaves a part of the index behind, in each of which a search looks for each of its rooms.
func TestMaintainMergesTheIndexOfMessages(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, chatsuite.SQLiteFile}, func(t *testing.T, h *chatsuite.Host) {
		h = withIndex(h, true)
		room := h.NewGroup(h.Bob)
		var want []string
		for i := range 40 {
			text := fmt.Sprint("word ", i)
			h.Send(h.Bob, room.ID, text)
			want = append([]string{text}, want...)
		}
		if got := parts(h); len(got) < 2 || got[0] < 2 {
			t.Fatalf("40 sends leave parts of %v, want several", got)
		}
		for range 2 {
			chatsuite.Must(h.Maintain(h.Ctx, chat.MaintainOptions{}))(t)
			for _, n := range parts(h) {
				if n != 1 {
					t.Errorf("after Maintain the parts of the index are %v", parts(h))
				}
			}
			wantFound(t, h, h.Bob, "word", nil, want...)
			wantIndexSound(t, h)
		}
		h = withIndex(withIndex(h, false), true)
		if got := parts(h); len(got) != 1 || got[0] != 1 {
			t.Errorf("after Migrate the parts of the index are %v, want one", got)
		}
		wantFound(t, h, h.Bob, "word", nil, want...)
	})
}
