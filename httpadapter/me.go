package httpadapter

import (
	"time"

	"github.com/go-df/chat"
)

// me is all that a front end asks for once, when it starts.
type me struct {
	ID        chat.UserID `json:"id"`
	Profile   *user       `json:"profile"`
	Unread    unread      `json:"unread"`
	Features  features    `json:"features"`
	Reactions reactions   `json:"reactions"`
	Limits    limits      `json:"limits"`
}

type features struct {
	Uploads       bool `json:"uploads"`
	MessageSearch bool `json:"message_search"`
	UserSearch    bool `json:"user_search"`
	Profiles      bool `json:"profiles"`
	Metadata      bool `json:"metadata"`
	SignedMedia   bool `json:"signed_media"`
}

type reactions struct {
	Policy    string   `json:"policy"`
	Exclusive bool     `json:"exclusive"`
	Choices   []string `json:"choices"`
}

// limits are chat.Limits.
type limits struct {
	TextCharacters      int   `json:"text_characters"`
	TextBytes           int   `json:"text_bytes"`
	Name                int   `json:"name"`
	Description         int   `json:"description"`
	MetadataBytes       int   `json:"metadata_bytes"`
	MediaPerMessage     int   `json:"media_per_message"`
	UploadBytes         int64 `json:"upload_bytes"`
	Pixels              int64 `json:"pixels"`
	MentionsPerMessage  int   `json:"mentions_per_message"`
	ReactionBytes       int   `json:"reaction_bytes"`
	ReactionsPerMessage int   `json:"reactions_per_message"`
	ReactionsPerUser    int   `json:"reactions_per_user"`
	Reason              int   `json:"reason"`
	GroupMembers        int   `json:"group_members"`
	ReceiptMembers      int   `json:"receipt_members"`
	UsersPerCall        int   `json:"users_per_call"`
	PageSize            int   `json:"page_size"`
	PageMax             int   `json:"page_max"`

	SearchTime time.Duration `json:"-"`
}

func meRetrieve(r *request) (*response, error) {
	total, err := r.h.svc.Unread(r.Context(), r.actor)
	if err != nil {
		return nil, err
	}
	v, config, offered := r.view(), &r.h.config, r.h.svc.Features()
	shown := me{
		ID: r.actor, Profile: v.user(&r.actor), Unread: unread(*total), Limits: limits(r.h.svc.Limits()),
		Reactions: reactionsOffered(offered.Reactions),
		Features: features{
			Uploads: offered.Media, MessageSearch: offered.MessageSearch, UserSearch: config.SearchUsers != nil,
			Profiles: config.Profiles != nil, Metadata: config.UserMetadata, SignedMedia: len(config.MediaURLKey) > 0,
		},
	}
	return ok(&shown, v), nil
}

// reactionsOffered says what a picker of reactions needs to know of a policy.
func reactionsOffered(policy chat.ReactionPolicy) reactions {
	shown := reactions{Policy: "custom", Choices: []string{}}
	switch policy {
	case chat.EmojiReactions:
		shown.Policy = "emoji"
	case chat.LikeDislike:
		shown.Policy = "like_dislike"
	case chat.AnyReaction:
		shown.Policy = "any"
	}
	if exclusive, is := policy.(chat.ExclusiveReactions); is {
		shown.Exclusive = exclusive.Exclusive()
	}
	if fixed, is := policy.(chat.ReactionChoices); is {
		shown.Choices = append(shown.Choices, fixed.Choices()...)
	}
	return shown
}
