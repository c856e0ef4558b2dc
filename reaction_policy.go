package chat

import (
	"github.com/go-df/chat/internal/emoji"
	"github.com/go-df/chat/internal/textrule"
)

// ReactionPolicy decides which reactions are accepted. It may be the host's own.
type ReactionPolicy interface {
	// Canonical checks a reaction and returns its one spelling. The error's text
	// is what is wrong with it: "is not an emoji".
	Canonical(reaction string) (string, error)
}

// ReactionChoices is a ReactionPolicy that allows nothing but a few reactions, which the
// HTTP adapter then lists for a picker.
type ReactionChoices interface {
	ReactionPolicy
	// Choices are the reactions, in the order in which they are offered.
	Choices() []string
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
	// tones, flags and keycaps included. Variation selectors (U+FE0F) may be left out or
	// put in as a picker likes; the emoji is kept in its fully-qualified form.
	EmojiReactions ReactionPolicy = emojiReactions{}
	// AnyReaction allows any text of one line with something to see in it, of at most
	// Limits.ReactionBytes.
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

func (likeDislike) Choices() []string { return []string{"like", "dislike"} }

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
	switch {
	case !textrule.Visible(reaction):
		return "", refusal("is empty")
	case textrule.HasLineBreak(reaction):
		return "", refusal("contains a line break")
	}
	return reaction, nil
}

func exclusive(policy ReactionPolicy) bool {
	e, ok := policy.(ExclusiveReactions)
	return ok && e.Exclusive()
}

// canonicalReaction applies the policy, and keeps what any policy returns within what
// the database holds.
func (c Config) canonicalReaction(reaction string) (string, error) {
	if err := c.Limits.checkReaction(reaction); err != nil {
		return "", err
	}
	canonical, err := c.Reactions.Canonical(reaction)
	if err != nil {
		return "", invalid("reaction", CodeNotAReaction, "%v", err)
	}
	if canonical == "" {
		return "", invalid("reaction", CodeRequired, "is empty")
	}
	return canonical, c.Limits.checkReaction(canonical)
}

func (l Limits) checkReaction(reaction string) error {
	if reason := invalidTextReason(reaction); reason != "" {
		return invalid("reaction", CodeInvalidText, "%s", reason)
	}
	if len(reaction) > l.ReactionBytes {
		return tooLarge("reaction", CodeTooLong, int64(l.ReactionBytes), "bytes")
	}
	return nil
}
