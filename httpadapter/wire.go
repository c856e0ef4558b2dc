package httpadapter

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// What goes over the wire, field by field as openapi.json describes it.

type user struct {
	ID        chat.UserID    `json:"id"`
	Name      string         `json:"name,omitzero"`
	AvatarURL string         `json:"avatar_url,omitzero"`
	Metadata  jsontext.Value `json:"metadata,omitzero"`
}

type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// items is a list that has no pages.
type items[T any] struct {
	Items []T `json:"items"`
}

type room struct {
	ID                 uuid.UUID              `json:"id"`
	Type               chat.RoomType          `json:"type"`
	Name               string                 `json:"name"`
	Description        string                 `json:"description"`
	AvatarID           *uuid.UUID             `json:"avatar_id"`
	AvatarURL          *string                `json:"avatar_url"`
	AvatarThumbnailURL *string                `json:"avatar_thumbnail_url"`
	Public             bool                   `json:"is_public"`
	Owner              *user                  `json:"owner"`
	Other              *otherUser             `json:"other"`
	DefaultPermissions []string               `json:"default_permissions"`
	HistoryVisibility  chat.HistoryVisibility `json:"history_visibility"`
	MemberCount        int64                  `json:"member_count"`
	MyPermissions      []string               `json:"my_permissions"`
	Member             bool                   `json:"is_member"`
	Muted              bool                   `json:"muted"`
	MutedUntil         *time.Time             `json:"muted_until"`
	Hidden             bool                   `json:"hidden"`
	Pinned             bool                   `json:"pinned"`
	MarkedUnread       *int64                 `json:"marked_unread"`
	Unread             int64                  `json:"unread"`
	LastReadNumber     int64                  `json:"last_read_number"`
	FirstNumber        int64                  `json:"first_number"`
	LastNumber         int64                  `json:"last_number"`
	LastSeq            int64                  `json:"last_seq"`
	LastMessageAt      *time.Time             `json:"last_message_at"`
	MentionCount       int64                  `json:"mention_count"`
	SlowMode           int                    `json:"slow_mode"`
	LastMessage        *messageHead           `json:"last_message"`
	Metadata           jsontext.Value         `json:"metadata"`
	CreatedAt          time.Time              `json:"created_at"`
	UpdatedAt          time.Time              `json:"updated_at"`
	Version            string                 `json:"version"`
}

// otherUser is the other of a private room.
type otherUser struct {
	*user
	LastSeenAt     *time.Time `json:"last_seen_at"`
	LastReadNumber int64      `json:"last_read_number"`
}

type roomUser struct {
	RoomID         uuid.UUID  `json:"room_id"`
	User           *user      `json:"user"`
	Owner          bool       `json:"is_owner"`
	Permissions    *[]string  `json:"permissions"`
	Effective      []string   `json:"effective_permissions"`
	Muted          *bool      `json:"muted,omitzero"`
	MutedUntil     *time.Time `json:"muted_until,omitzero"`
	Hidden         *bool      `json:"hidden,omitzero"`
	Pinned         *bool      `json:"pinned,omitzero"`
	MarkedUnread   *int64     `json:"marked_unread,omitzero"`
	CreatedBy      *user      `json:"created_by"`
	LastSeenAt     *time.Time `json:"last_seen_at"`
	LastReadNumber int64      `json:"last_read_number"`
	JoinedNumber   int64      `json:"joined_number"`
	CreatedAt      time.Time  `json:"created_at"`
	Unread         *int64     `json:"unread,omitzero"`
}

type ban struct {
	RoomID    uuid.UUID  `json:"room_id"`
	User      *user      `json:"user"`
	BannedBy  *user      `json:"banned_by"`
	Reason    string     `json:"reason"`
	Until     *time.Time `json:"until"`
	CreatedAt time.Time  `json:"created_at"`
}

type message struct {
	ID         uuid.UUID       `json:"id"`
	RoomID     uuid.UUID       `json:"room_id"`
	Number     int64           `json:"number"`
	User       *user           `json:"user"`
	AuthorKind chat.AuthorKind `json:"author_kind"`
	Text       string          `json:"text"`
	Media      []media         `json:"media"`
	ReplyToID  *uuid.UUID      `json:"reply_to_id"`
	Metadata   jsontext.Value  `json:"metadata"`
	CreatedAt  time.Time       `json:"created_at"`
	EditedAt   *time.Time      `json:"edited_at"`
	DeletedAt  *time.Time      `json:"deleted_at"`
	Version    string          `json:"version"`
	Reactions  []reactionCount `json:"reactions"`
	ReplyTo    *messageHead    `json:"reply_to"`

	Mentions    []*user `json:"mentions"`
	MentionRoom bool    `json:"mention_room"`
	ReplyCount  int64   `json:"reply_count"`

	ClientID *string `json:"client_id,omitzero"`
}

// messageHit is a message with its room.
type messageHit struct {
	Message message     `json:"message"`
	Room    room        `json:"room"`
	Matches []textMatch `json:"matches"`
}

type textMatch struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

type pin struct {
	Message   message   `json:"message"`
	PinnedBy  *user     `json:"pinned_by"`
	CreatedAt time.Time `json:"created_at"`
}

// messageHead is what a list of rooms, or a reply, shows of a message.
type messageHead struct {
	ID         uuid.UUID       `json:"id"`
	Number     int64           `json:"number"`
	User       *user           `json:"user"`
	AuthorKind chat.AuthorKind `json:"author_kind"`
	Text       string          `json:"text"`
	Media      *mediaHead      `json:"media"`
	MediaCount int             `json:"media_count"`
	Metadata   jsontext.Value  `json:"metadata"`
	CreatedAt  time.Time       `json:"created_at"`
	EditedAt   *time.Time      `json:"edited_at"`
	DeletedAt  *time.Time      `json:"deleted_at"`
}

type messagePage struct {
	Items     []message `json:"items"`
	HasBefore bool      `json:"has_before"`
	HasAfter  bool      `json:"has_after"`
}

type media struct {
	mediaHead
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
	CreatedAt time.Time `json:"created_at"`
}

// mediaHead is what it takes to show a media item.
type mediaHead struct {
	ID           uuid.UUID `json:"id"`
	Kind         string    `json:"kind"`
	FileName     string    `json:"file_name"`
	ContentType  string    `json:"content_type"`
	Width        *int64    `json:"width"`
	Height       *int64    `json:"height"`
	DurationMS   *int64    `json:"duration_ms"`
	URL          string    `json:"url"`
	ThumbnailURL *string   `json:"thumbnail_url"`
}

type reactionCount struct {
	Reaction string     `json:"reaction"`
	Count    int64      `json:"count"`
	Mine     *uuid.UUID `json:"mine"`
	Users    []*user    `json:"users"`
}

type reaction struct {
	ID        uuid.UUID `json:"id"`
	MessageID uuid.UUID `json:"message_id"`
	User      *user     `json:"user"`
	Reaction  string    `json:"reaction"`
	CreatedAt time.Time `json:"created_at"`

	Reactions []reactionCount `json:"reactions,omitzero"` // to the message, of one that was just given
}

type reactionCounts struct {
	Reactions []reactionCount `json:"reactions"`
}
