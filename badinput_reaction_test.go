package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
)

// overPolicies runs a test on both databases with a policy of reactions.
func overPolicies(t *testing.T, policy chat.ReactionPolicy, test func(t *testing.T, h *host, message *chat.Message)) {
	t.Helper()
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v, func(c *chat.Config) { c.Reactions = policy })
			test(t, h, h.send(h.alice, h.group(h.bob).ID, "hello"))
		})
	}
}

// given are the counts that a page shows.
func (h *host) given(t *testing.T, message *chat.Message) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for _, r := range must(h.Message(h.ctx, h.alice, message.ID))(t).Reactions {
		counts[r.Reaction] = r.Count
	}
	return counts
}

func TestEmojiReactions(t *testing.T) {
	overPolicies(t, nil, func(t *testing.T, h *host, message *chat.Message) { // the default
		for _, reaction := range []string{"👍", "👍🏽", "❤", "❤️", "🇩🇪", "1️⃣", "👨‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👍"} {
			must(h.React(h.ctx, h.bob, message.ID, reaction))(t)
		}
		want := map[string]int64{"👍": 1, "👍🏽": 1, "❤️": 1, "🇩🇪": 1, "1️⃣": 1, "👨‍👩‍👧": 1, "🏴󠁧󠁢󠁳󠁣󠁴󠁿": 1}
		must(h.React(h.ctx, h.alice, message.ID, "❤"))(t)
		want["❤️"] = 2
		if diff := cmp.Diff(want, h.given(t, message)); diff != "" {
			t.Error(diff)
		}
		before := rowsOf(t, h.db)
		for _, bad := range []string{"", " ", "a", "1", "#", "🇩", "👍👍", "👍 ", " 👍", "👍a", "like", "text", "🏽", "\u200d", "\ufe0f", "👨‍"} {
			_, err := h.React(h.ctx, h.bob, message.ID, bad)
			wantField(t, err, chat.ErrInvalid, "reaction", 0)
		}
		if diff := cmp.Diff(before, rowsOf(t, h.db)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLikeDislikeReplacesEachOther(t *testing.T) {
	overPolicies(t, chat.LikeDislike, func(t *testing.T, h *host, message *chat.Message) {
		liked := must(h.React(h.ctx, h.bob, message.ID, "like"))(t)
		if again := must(h.React(h.ctx, h.bob, message.ID, "like"))(t); again.ID != liked.ID {
			t.Error("the same again is another reaction")
		}
		must(h.React(h.ctx, h.alice, message.ID, "like"))(t)
		disliked := must(h.React(h.ctx, h.bob, message.ID, "dislike"))(t)
		if diff := cmp.Diff(map[string]int64{"like": 1, "dislike": 1}, h.given(t, message)); diff != "" {
			t.Error(diff)
		}
		_, err := h.Reaction(h.ctx, h.bob, liked.ID)
		wantError(t, err, chat.ErrNotFound)
		must(h.Reaction(h.ctx, h.bob, disliked.ID))(t)
		want := []chat.EventKind{
			chat.RoomCreated, chat.UserAdded, chat.MessageCreated,
			chat.ReactionAdded, chat.ReactionAdded, chat.ReactionRemoved, chat.ReactionAdded,
		}
		if diff := cmp.Diff(want, h.kinds(message.RoomID)); diff != "" {
			t.Error(diff)
		}
		for _, bad := range []string{"", "Like", "like ", "👍", "likes"} {
			_, err := h.React(h.ctx, h.bob, message.ID, bad)
			wantField(t, err, chat.ErrInvalid, "reaction", 0)
		}
	})
}

func TestAnyReaction(t *testing.T) {
	overPolicies(t, chat.AnyReaction, func(t *testing.T, h *host, message *chat.Message) {
		want := map[string]int64{}
		for _, reaction := range []string{"a", "not bad", "👍👍", strings.Repeat("r", 255), "é", "' OR 1=1"} {
			must(h.React(h.ctx, h.bob, message.ID, reaction))(t)
			want[reaction] = 1
		}
		if diff := cmp.Diff(want, h.given(t, message)); diff != "" {
			t.Error(diff)
		}
		react := func(reaction string) error { _, err := h.React(h.ctx, h.bob, message.ID, reaction); return err }
		wantField(t, react(strings.Repeat("r", 256)), chat.ErrTooLarge, "reaction", 255)
		wantField(t, react(strings.Repeat("é", 128)), chat.ErrTooLarge, "reaction", 255)
		for _, bad := range []string{"", blank, withNUL, notUTF8} {
			wantField(t, react(bad), chat.ErrInvalid, "reaction", 0)
		}
	})
}

// starVotes are a host's own reactions: one to five of them, a user's vote.
type starVotes struct{}

func (starVotes) Canonical(reaction string) (string, error) {
	reaction = strings.ReplaceAll(reaction, "*", "★")
	if strings.Trim(reaction, "★") != "" || reaction == "" || len(reaction) > len("★★★★★") {
		return "", errors.New("is not one to five stars")
	}
	return reaction, nil
}

func (starVotes) Exclusive() bool { return true }

func TestReactionsOfTheHostsOwn(t *testing.T) {
	overPolicies(t, starVotes{}, func(t *testing.T, h *host, message *chat.Message) {
		must(h.React(h.ctx, h.bob, message.ID, "**"))(t)
		must(h.React(h.ctx, h.bob, message.ID, "★★"))(t)
		must(h.React(h.ctx, h.alice, message.ID, "*"))(t)
		must(h.React(h.ctx, h.bob, message.ID, "***"))(t)
		if diff := cmp.Diff(map[string]int64{"★": 1, "★★★": 1}, h.given(t, message)); diff != "" {
			t.Error(diff)
		}
		_, err := h.React(h.ctx, h.bob, message.ID, "******")
		wantField(t, err, chat.ErrInvalid, "reaction", 0)
	})
}

// carelessPolicy is a careless host's policy: what it returns cannot be kept.
type carelessPolicy map[string]string

func (e carelessPolicy) Canonical(reaction string) (string, error) { return e[reaction], nil }

// What a policy returns meets the same rules as what came in, before the database
// sees it.
func TestReactionsOfACarelessPolicyAreRefused(t *testing.T) {
	policy := carelessPolicy{"empty": "", "nul": withNUL, "bytes": notUTF8, "long": strings.Repeat("r", 256), "fine": "fine"}
	overPolicies(t, policy, func(t *testing.T, h *host, message *chat.Message) {
		react := func(reaction string) error { _, err := h.React(h.ctx, h.bob, message.ID, reaction); return err }
		before := rowsOf(t, h.db)
		for _, bad := range []string{"empty", "nul", "bytes"} {
			wantField(t, react(bad), chat.ErrInvalid, "reaction", 0)
		}
		wantField(t, react("long"), chat.ErrTooLarge, "reaction", 255)
		if diff := cmp.Diff(before, rowsOf(t, h.db)); diff != "" {
			t.Error(diff)
		}
		ok(t, react("fine"))
	})
}

func TestAMessageHasFiftyDifferentReactions(t *testing.T) {
	overPolicies(t, chat.AnyReaction, func(t *testing.T, h *host, message *chat.Message) {
		for n := range 50 {
			must(h.React(h.ctx, h.bob, message.ID, strings.Repeat("r", n+1)))(t)
		}
		_, err := h.React(h.ctx, h.alice, message.ID, "one more")
		wantField(t, err, chat.ErrTooLarge, "reaction", 50)
		must(h.React(h.ctx, h.alice, message.ID, "r"))(t) // one that is there already
	})
}
