package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestReplies(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		first := h.Send(h.Alice, room.ID, "first")
		reply := func(to uuid.UUID, text string) *chat.Message {
			return chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: text, ReplyToID: &to}))(t)
		}
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprint(i))
			reply(first.ID, want[i])
			h.Send(h.Alice, room.ID, "something else")
		}
		reply(reply(first.ID, "deleted").ID, "to a reply")
		list := func(limit int) (texts []string) {
			for at := (chat.Page{Limit: limit}); ; {
				page := chatsuite.Must(h.Replies(h.Ctx, h.Bob, first.ID, at))(t)
				for _, m := range page.Items {
					texts = append(texts, m.Text)
					if m.ReplyTo == nil || m.ReplyTo.ID != first.ID {
						t.Errorf("%s replies to %+v", m.Text, m.ReplyTo)
					}
				}
				if at.Cursor = page.Next; at.Cursor == "" {
					return texts
				}
			}
		}
		count := func() int64 {
			found := chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t).Items[0]
			if one := chatsuite.Must(h.Message(h.Ctx, h.Bob, first.ID))(t); one.ReplyCount != found.ReplyCount {
				t.Errorf("%d on its own, %d on a page", one.ReplyCount, found.ReplyCount)
			}
			return found.ReplyCount
		}
		if n := count(); n != 6 {
			t.Errorf("there are %d replies", n)
		}
		last := chatsuite.Must(h.Replies(h.Ctx, h.Bob, first.ID, chat.Page{}))(t).Items[5]
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, last.ID))
		if n := count(); n != 5 {
			t.Errorf("there are %d replies", n)
		}
		for _, limit := range []int{0, 1, 2, 5} {
			if got := list(limit); !slices.Equal(got, want) {
				t.Errorf("by pages of %d: %v", limit, got)
			}
		}
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, first.ID)) // its replies stay
		if got := list(2); !slices.Equal(got, want) {
			t.Errorf("of a tombstone: %v", got)
		}
		_, err := h.Replies(h.Ctx, h.Carol, first.ID, chat.Page{})
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.Replies(h.Ctx, h.Bob, first.ID, chat.Page{Cursor: "x"})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "cursor", 0)
	})
}
