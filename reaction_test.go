package chat_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func TestSameReactionAgainReturnsTheFirst(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		m := h.send(h.alice, room.ID, "hi")
		first := must(h.React(h.ctx, h.bob, m.ID, "❤️"))(t)
		again := must(h.React(h.ctx, h.bob, m.ID, "❤"))(t) // the same emoji without its selector
		if *first != *again {
			t.Errorf("%+v and %+v", first, again)
		}
		if got := must(h.Reaction(h.ctx, h.alice, first.ID))(t); *got != *first {
			t.Errorf("got %+v", got)
		}
		wantError(t, h.Unreact(h.ctx, h.alice, first.ID), chat.ErrForbidden)
		ok(t, h.Unreact(h.ctx, h.bob, first.ID))
		wantError(t, h.Unreact(h.ctx, h.bob, first.ID), chat.ErrNotFound)
		h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded, chat.ReactionRemoved)
	})
}

func TestLikeReplacesDislike(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v, func(c *chat.Config) { c.Reactions = chat.LikeDislike })
			room := h.group(h.bob)
			m := h.send(h.alice, room.ID, "hi")
			must(h.React(h.ctx, h.bob, m.ID, "like"))(t)
			must(h.React(h.ctx, h.bob, m.ID, "dislike"))(t)
			must(h.React(h.ctx, h.alice, m.ID, "dislike"))(t)
			seen := must(h.Message(h.ctx, h.bob, m.ID))(t)
			if len(seen.Reactions) != 1 || seen.Reactions[0].Count != 2 || seen.Reactions[0].Reaction != "dislike" {
				t.Errorf("reactions are %+v", seen.Reactions)
			}
			h.wantKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated,
				chat.ReactionAdded, chat.ReactionRemoved, chat.ReactionAdded, chat.ReactionAdded)
		})
	}
}

func TestReactionsAreListedNewestFirst(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		m := h.send(h.alice, room.ID, "hi")
		var want []uuid.UUID
		for _, emoji := range []string{"👍", "🎉", "😂", "❤️", "🚀"} {
			want = append([]uuid.UUID{must(h.React(h.ctx, h.bob, m.ID, emoji))(t).ID}, want...)
		}
		must(h.React(h.ctx, h.alice, m.ID, "👍"))(t)
		for name, query := range map[string]chat.ReactionsQuery{
			"mine":           {Page: chat.Page{Limit: 2}},
			"of the message": {MessageID: &m.ID, Page: chat.Page{Limit: 2}},
		} {
			var got []uuid.UUID
			for {
				page := must(h.Reactions(h.ctx, h.bob, query))(t)
				for _, r := range page.Items {
					if r.UserID == h.bob {
						got = append(got, r.ID)
					}
				}
				if query.Cursor = page.Next; query.Cursor == "" {
					break
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d reactions", name, len(got))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s: reaction %d is out of order", name, i)
				}
			}
		}
		ok(t, h.RemoveUser(h.ctx, h.alice, room.ID, h.bob))
		if page := must(h.Reactions(h.ctx, h.bob, chat.ReactionsQuery{}))(t); len(page.Items) != 0 {
			t.Error("a removed member sees reactions of the room")
		}
	})
}
