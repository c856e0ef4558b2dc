package chat

import (
	"strings"

	"github.com/go-df/chat/internal/emoji"
)

// ReactionPolicy says which reactions there are. It may be the host's own.
type ReactionPolicy interface {
	// Canonical checks a reaction and returns its one spelling. The error's text
	// says what is wrong with it: "is not an emoji".
	Canonical(reaction string) (string, error)
}

// ExclusiveReactions is a ReactionPolicy that may let each user have one reaction a
// message at most, so that another replaces it.
type ExclusiveReactions interface {
	ReactionPolicy
	Exclusive() bool
}

// The policies that come with the package.
var (
	// LikeDislike allows "like" and "dislike", one of the two per user.
	LikeDislike ReactionPolicy = likeDislike{}
	// EmojiReactions allows exactly one emoji of Unicode's list: sequences, skin
	// tones, flags and keycaps included.
	EmojiReactions ReactionPolicy = emojiReactions{}
	// AnyReaction allows any text of Limits.ReactionBytes.
	AnyReaction ReactionPolicy = anyReaction{}
)

type refusal string

func (r refusal) Error() string { return string(r) }

type likeDislike struct{}

func (likeDislike) Canonical(reaction string) (string, error) {
	if reaction != "like" && reaction != "dislike" {
		return "", refusal(`is neither "like" nor "dislike"`)
	}
	return reaction, nil
}

func (likeDislike) Exclusive() bool { return true }

type emojiReactions struct{}

func (emojiReactions) Canonical(reaction string) (string, error) {
	canonical, ok := emoji.Canonical(reaction)
	if !ok {
		return "", refusal("is not exactly one emoji")
	}
	return canonical, nil
}

type anyReaction struct{}

func (anyReaction) Canonical(reaction string) (string, error) {
	if strings.TrimSpace(reaction) == "" {
		return "", refusal("is empty")
	}
	return reaction, nil
}

func exclusive(policy ReactionPolicy) bool {
	e, ok := policy.(ExclusiveReactions)
	return ok && e.Exclusive()
}

// canonicalReaction asks the policy, and keeps what any policy returns within what
// the database holds.
func (c Config) canonicalReaction(reaction string) (string, error) {
	if err := c.Limits.checkReaction(reaction); err != nil {
		return "", err
	}
	canonical, err := c.Reactions.Canonical(reaction)
	if err != nil {
		return "", invalid("reaction", "%v", err)
	}
	if canonical == "" {
		return "", invalid("reaction", "is empty")
	}
	return canonical, c.Limits.checkReaction(canonical)
}

func (l Limits) checkReaction(reaction string) error {
	if reason := notText(reaction); reason != "" {
		return invalid("reaction", "%s", reason)
	}
	if len(reaction) > l.ReactionBytes {
		return tooLarge("reaction", int64(l.ReactionBytes), "bytes")
	}
	return nil
}
