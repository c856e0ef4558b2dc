package chat_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestSameReactionAgainReturnsTheFirst(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Alice, room.ID, "hi")
		first := chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "❤️"))(t)
		again := chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "❤"))(t) // the same emoji without its selector
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]chat.ReactionCount{{Reaction: "❤️", Count: 1, Mine: &first.ID, Users: []chat.UserID{h.Bob}}}, first.Counts); diff != "" {
			t.Errorf("the counts: %s", diff)
		}
		first.Counts = nil
		if got := chatsuite.Must(h.Reaction(h.Ctx, h.Alice, first.ID))(t); !cmp.Equal(got, first) {
			t.Errorf("got %+v", got)
		}
		_, err := h.Unreact(h.Ctx, h.Alice, first.ID)
		chatsuite.WantError(t, err, chat.ErrForbidden)
		if left := chatsuite.Must(h.Unreact(h.Ctx, h.Bob, first.ID))(t); left == nil || len(left) > 0 {
			t.Errorf("the counts are %#v", left)
		}
		_, err = h.Unreact(h.Ctx, h.Bob, first.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded, chat.ReactionRemoved)
	})
}

func TestLikeReplacesDislike(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Reactions = chat.LikeDislike })
			room := h.NewGroup(h.Bob)
			m := h.Send(h.Alice, room.ID, "hi")
			chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "like"))(t)
			chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "dislike"))(t)
			chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "dislike"))(t)
			seen := chatsuite.Must(h.Message(h.Ctx, h.Bob, m.ID))(t)
			if len(seen.Reactions) != 1 || seen.Reactions[0].Count != 2 || seen.Reactions[0].Reaction != "dislike" {
				t.Errorf("reactions are %+v", seen.Reactions)
			}
			h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated,
				chat.ReactionAdded, chat.ReactionRemoved, chat.ReactionAdded, chat.ReactionAdded)
		})
	}
}

func TestReactionsAreListedNewestFirst(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Alice, room.ID, "hi")
		var want []uuid.UUID
		for _, emoji := range []string{"👍", "🎉", "😂", "❤️", "🚀"} {
			want = append([]uuid.UUID{chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, emoji))(t).ID}, want...)
		}
		chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👍"))(t)
		for name, query := range map[string]chat.ReactionsQuery{
			"mine":           {Page: chat.Page{Limit: 2}},
			"of the message": {MessageID: &m.ID, Page: chat.Page{Limit: 2}},
		} {
			var got []uuid.UUID
			for {
				page := chatsuite.Must(h.Reactions(h.Ctx, h.Bob, query))(t)
				for _, r := range page.Items {
					if r.UserID == h.Bob {
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
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		if page := chatsuite.Must(h.Reactions(h.Ctx, h.Bob, chat.ReactionsQuery{}))(t); len(page.Items) != 0 {
			t.Error("a removed member sees reactions of the room")
		}
	})
}

// One member cannot use up what a message takes of different reactions.
func TestReactionsOfOneUserAreCapped(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 3} {
		for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
			t.Run(strconv.Itoa(limit)+"/"+v.String(), func(t *testing.T) {
				t.Parallel()
				h := chatsuite.New(t, v, func(c *chat.Config) { c.Reactions, c.Limits.ReactionsPerUser = chat.AnyReaction, limit })
				most := limit
				if limit == 0 {
					most = 10
				}
				room := h.NewGroup(h.Bob)
				m := h.Send(h.Alice, room.ID, "hi")
				first := chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "0"))(t)
				for n := 1; n < most; n++ {
					chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, strconv.Itoa(n)))(t)
				}
				_, err := h.React(h.Ctx, h.Bob, m.ID, "more")
				chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "reaction", int64(most))
				chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "hers"))(t)
				_, err = h.React(h.Ctx, h.Bob, m.ID, "hers") // it is one more of his
				chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "reaction", int64(most))
				chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "0"))(t) // again
				chatsuite.Must(h.Unreact(h.Ctx, h.Bob, first.ID))(t)
				chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "more"))(t)
				chatsuite.Must(h.React(h.Ctx, h.Bob, h.Send(h.Alice, room.ID, "next").ID, "more"))(t)
			})
		}
	}
}
