package inputs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// overPolicies runs a test on both databases with a policy of reactions.
func overPolicies(t *testing.T, policy chat.ReactionPolicy, test func(t *testing.T, h *chatsuite.Host, message *chat.Message)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Reactions = policy })
			test(t, h, h.Send(h.Alice, h.NewGroup(h.Bob).ID, "hello"))
		})
	}
}

// reactionCounts are the counts that a page shows.
func reactionCounts(t *testing.T, h *chatsuite.Host, message *chat.Message) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for _, r := range chatsuite.Must(h.Message(h.Ctx, h.Alice, message.ID))(t).Reactions {
		counts[r.Reaction] = r.Count
	}
	return counts
}

func TestEmojiReactions(t *testing.T) {
	overPolicies(t, nil, func(t *testing.T, h *chatsuite.Host, message *chat.Message) { // the default
		for _, reaction := range []string{"👍", "👍🏽", "❤", "❤️", "🇩🇪", "1️⃣", "👨‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👍"} {
			chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, reaction))(t)
		}
		want := map[string]int64{"👍": 1, "👍🏽": 1, "❤️": 1, "🇩🇪": 1, "1️⃣": 1, "👨‍👩‍👧": 1, "🏴󠁧󠁢󠁳󠁣󠁴󠁿": 1}
		chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, "❤"))(t)
		want["❤️"] = 2
		for _, reaction := range []string{"👍\ufe0f🏽", "👍🏽\ufe0f", "👍\ufe0f🏽\ufe0f"} { // however a picker marks a skin tone
			chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, reaction))(t)
		}
		want["👍🏽"] = 2
		if diff := cmp.Diff(want, reactionCounts(t, h, message)); diff != "" {
			t.Error(diff)
		}
		before := chatsuite.RowCounts(t, h.DB)
		for _, bad := range []string{"", " ", "a", "1", "#", "🇩", "👍👍", "👍 ", " 👍", "👍a", "like", "text", "🏽", "\u200d", "\ufe0f", "👨‍", "❤\ufe0e", "👍\ufe0f\ufe0f"} {
			_, err := h.React(h.Ctx, h.Bob, message.ID, bad)
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "reaction", 0)
		}
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLikeDislikeReplacesEachOther(t *testing.T) {
	overPolicies(t, chat.LikeDislike, func(t *testing.T, h *chatsuite.Host, message *chat.Message) {
		liked := chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "like"))(t)
		if again := chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "like"))(t); again.ID != liked.ID {
			t.Error("the same again is another reaction")
		}
		chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, "like"))(t)
		disliked := chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "dislike"))(t)
		if diff := cmp.Diff(map[string]int64{"like": 1, "dislike": 1}, reactionCounts(t, h, message)); diff != "" {
			t.Error(diff)
		}
		_, err := h.Reaction(h.Ctx, h.Bob, liked.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.Must(h.Reaction(h.Ctx, h.Bob, disliked.ID))(t)
		want := []chat.EventKind{
			chat.RoomCreated, chat.UserAdded, chat.MessageCreated,
			chat.ReactionAdded, chat.ReactionAdded, chat.ReactionRemoved, chat.ReactionAdded,
		}
		if diff := cmp.Diff(want, h.EventKinds(message.RoomID)); diff != "" {
			t.Error(diff)
		}
		for _, bad := range []string{"", "Like", "like ", "👍", "likes"} {
			_, err := h.React(h.Ctx, h.Bob, message.ID, bad)
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "reaction", 0)
		}
	})
}

func TestAnyReaction(t *testing.T) {
	overPolicies(t, chat.AnyReaction, func(t *testing.T, h *chatsuite.Host, message *chat.Message) {
		want := map[string]int64{}
		for _, reaction := range []string{"a", "not bad", "👍👍", strings.Repeat("r", 255), "é", "' OR 1=1"} {
			chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, reaction))(t)
			want[reaction] = 1
		}
		if diff := cmp.Diff(want, reactionCounts(t, h, message)); diff != "" {
			t.Error(diff)
		}
		react := func(reaction string) error { _, err := h.React(h.Ctx, h.Bob, message.ID, reaction); return err }
		chatsuite.WantFieldError(t, react(strings.Repeat("r", 256)), chat.ErrTooLarge, "reaction", 255)
		chatsuite.WantFieldError(t, react(strings.Repeat("é", 128)), chat.ErrTooLarge, "reaction", 255)
		for _, bad := range slices.Concat([]string{"", blank, withNUL, notUTF8}, withControls, withLineBreaks, unseen) {
			chatsuite.WantFieldError(t, react(bad), chat.ErrInvalid, "reaction", 0)
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
	overPolicies(t, starVotes{}, func(t *testing.T, h *chatsuite.Host, message *chat.Message) {
		chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "**"))(t)
		chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "★★"))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, "*"))(t)
		chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "***"))(t)
		if diff := cmp.Diff(map[string]int64{"★": 1, "★★★": 1}, reactionCounts(t, h, message)); diff != "" {
			t.Error(diff)
		}
		_, err := h.React(h.Ctx, h.Bob, message.ID, "******")
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "reaction", 0)
	})
}

// carelessPolicy is a careless host's policy: what it returns cannot be kept.
type carelessPolicy map[string]string

func (e carelessPolicy) Canonical(reaction string) (string, error) { return e[reaction], nil }

// What a policy returns meets the same rules as what came in, before the database
// sees it.
func TestReactionsOfACarelessPolicyAreRefused(t *testing.T) {
	policy := carelessPolicy{"empty": "", "nul": withNUL, "bytes": notUTF8, "long": strings.Repeat("r", 256), "fine": "fine"}
	overPolicies(t, policy, func(t *testing.T, h *chatsuite.Host, message *chat.Message) {
		react := func(reaction string) error { _, err := h.React(h.Ctx, h.Bob, message.ID, reaction); return err }
		before := chatsuite.RowCounts(t, h.DB)
		for _, bad := range []string{"empty", "nul", "bytes"} {
			chatsuite.WantFieldError(t, react(bad), chat.ErrInvalid, "reaction", 0)
		}
		chatsuite.WantFieldError(t, react("long"), chat.ErrTooLarge, "reaction", 255)
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
		chatsuite.NoError(t, react("fine"))
	})
}

func TestAMessageHasFiftyDifferentReactions(t *testing.T) {
	overPolicies(t, chat.AnyReaction, func(t *testing.T, h *chatsuite.Host, message *chat.Message) {
		var members []chat.NewRoomUser
		for n := range 5 { // a member has ten
			members = append(members, chat.NewRoomUser{UserID: h.UserID(10 + n)})
		}
		chatsuite.Must(h.AddUsers(h.Ctx, chat.System, message.RoomID, members...))(t)
		for n := range 50 {
			chatsuite.Must(h.React(h.Ctx, members[n/10].UserID, message.ID, strings.Repeat("r", n+1)))(t)
		}
		_, err := h.React(h.Ctx, h.Alice, message.ID, "one more")
		chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "reaction", 50)
		chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, "r"))(t) // one that is there already
	})
}
