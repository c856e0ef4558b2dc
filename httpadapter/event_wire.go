package httpadapter

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// update is what goes over the wire of a chat.Update: what all who see its message see alike,
// with the ids of users and media alone.
type update struct {
	Kind         chat.UpdateKind `json:"kind"`
	RoomID       *uuid.UUID      `json:"room_id,omitzero"`
	Seq          int64           `json:"seq,omitzero"`
	ActorID      *chat.UserID    `json:"actor_id,omitzero"`
	UserID       *chat.UserID    `json:"user_id,omitzero"`
	MessageID    *uuid.UUID      `json:"message_id,omitzero"`
	CreatedAt    time.Time       `json:"created_at"`
	Message      *updateMessage  `json:"message,omitzero"`
	Room         *updateRoom     `json:"room,omitzero"`
	Member       *updateMember   `json:"member,omitzero"`
	Rooms        []roomState     `json:"rooms,omitzero"`
	Number       *int64          `json:"number,omitzero"`
	MarkedUnread *int64          `json:"marked_unread,omitzero"`
	Muted        *bool           `json:"muted,omitzero"`
	MutedUntil   *time.Time      `json:"muted_until,omitzero"`
	ExpiresAt    *time.Time      `json:"expires_at,omitzero"`
}

type roomState struct {
	RoomID         uuid.UUID  `json:"room_id"`
	Seq            int64      `json:"seq"`
	FirstNumber    int64      `json:"first_number,omitzero"`
	LastNumber     int64      `json:"last_number"`
	LastReadNumber int64      `json:"last_read_number"`
	Muted          bool       `json:"muted"`
	MutedUntil     *time.Time `json:"muted_until,omitzero"`
	Hidden         bool       `json:"hidden,omitzero"`
	HiddenNumber   *int64     `json:"hidden_number,omitzero"`
	Pinned         bool       `json:"pinned,omitzero"`
	MarkedUnread   *int64     `json:"marked_unread,omitzero"`
}

type updateMessage struct {
	ID            uuid.UUID        `json:"id"`
	RoomID        uuid.UUID        `json:"room_id"`
	Number        int64            `json:"number"`
	UserID        *chat.UserID     `json:"user_id"`
	AuthorKind    chat.AuthorKind  `json:"author_kind"`
	Text          string           `json:"text"`
	Media         []updateMedia    `json:"media"`
	Reactions     []updateReaction `json:"reactions"`
	ReplyToID     *uuid.UUID       `json:"reply_to_id"`
	ReplyToNumber *int64           `json:"reply_to_number"`
	Mentions      []chat.UserID    `json:"mentions"`
	MentionRoom   bool             `json:"mention_room"`
	ReplyCount    int64            `json:"reply_count"`
	Metadata      jsontext.Value   `json:"metadata"`
	CreatedAt     time.Time        `json:"created_at"`
	EditedAt      *time.Time       `json:"edited_at"`
	DeletedAt     *time.Time       `json:"deleted_at"`
	Version       string           `json:"version"`
}

// updateMedia is what it takes to name a file and to leave the place that it needs. Its
// addresses may be signed for one user, and are in no update.
type updateMedia struct {
	ID          uuid.UUID `json:"id"`
	Kind        string    `json:"kind"`
	FileName    string    `json:"file_name"`
	ContentType string    `json:"content_type"`
	Size        int64     `json:"size"`
	Width       *int64    `json:"width"`
	Height      *int64    `json:"height"`
	DurationMS  *int64    `json:"duration_ms"`
}

type updateReaction struct {
	Reaction string        `json:"reaction"`
	Count    int64         `json:"count"`
	UserIDs  []chat.UserID `json:"user_ids"`
}

type updateRoom struct {
	ID                 uuid.UUID              `json:"id"`
	Type               chat.RoomType          `json:"type"`
	Name               string                 `json:"name"`
	Description        string                 `json:"description"`
	AvatarID           *uuid.UUID             `json:"avatar_id"`
	Public             bool                   `json:"is_public"`
	OwnerID            *chat.UserID           `json:"owner_id"`
	DefaultPermissions []string               `json:"default_permissions"`
	HistoryVisibility  chat.HistoryVisibility `json:"history_visibility"`
	MemberCount        int64                  `json:"member_count"`
	FirstNumber        int64                  `json:"first_number"`
	SlowMode           int                    `json:"slow_mode"`
	Metadata           jsontext.Value         `json:"metadata"`
	CreatedAt          time.Time              `json:"created_at"`
	UpdatedAt          time.Time              `json:"updated_at"`
	Version            string                 `json:"version"`
}

type updateMember struct {
	RoomID       uuid.UUID    `json:"room_id"`
	UserID       chat.UserID  `json:"user_id"`
	Owner        bool         `json:"is_owner"`
	Permissions  *[]string    `json:"permissions"`
	Effective    []string     `json:"effective_permissions"`
	CreatedBy    *chat.UserID `json:"created_by"`
	JoinedNumber int64        `json:"joined_number"`
	CreatedAt    time.Time    `json:"created_at"`
}

// encodedUpdate returns an update's JSON, encoded once for all streams; nil when it cannot
// be encoded.
func encodedUpdate(u *chat.Update) jsontext.Value { return u.Encoded(encodeUpdate) }

func encodeUpdate(u *chat.Update) []byte {
	shown := update{
		Kind: u.Kind, Seq: u.Seq, ActorID: u.ActorID, UserID: u.UserID, MessageID: u.MessageID, CreatedAt: u.CreatedAt,
		MarkedUnread: u.MarkedUnread, Muted: u.Muted, MutedUntil: u.MutedUntil, ExpiresAt: u.ExpiresAt,
	}
	if u.Kind == chat.UpdateReadMarker || u.Kind == chat.UpdateReceipt {
		shown.Number = &u.Number
	}
	if u.RoomID != uuid.Nil {
		shown.RoomID = &u.RoomID
	}
	if u.Message != nil {
		shown.Message = messageInUpdate(u.Message)
	}
	if u.Room != nil {
		shown.Room = roomInUpdate(u.Room)
	}
	if u.Member != nil {
		shown.Member = memberInUpdate(u.Member)
	}
	if u.Kind == chat.UpdateHello || u.States != nil {
		shown.Rooms = make([]roomState, len(u.States))
		for i, state := range u.States {
			shown.Rooms[i] = roomState(state)
			if state.FirstNumber == 1 { // as it mostly is
				shown.Rooms[i].FirstNumber = 0
			}
		}
	}
	data, err := json.Marshal(&shown, loose)
	if err != nil {
		return nil
	}
	return data
}

func messageInUpdate(m *chat.Message) *updateMessage {
	shown := &updateMessage{
		ID: m.ID, RoomID: m.RoomID, Number: m.Number, UserID: m.UserID, AuthorKind: m.AuthorKind, Text: m.Text,
		Media: make([]updateMedia, len(m.Media)), Reactions: make([]updateReaction, len(m.Reactions)), ReplyToID: m.ReplyToID,
		Mentions: slices.Concat([]chat.UserID{}, m.Mentions), MentionRoom: m.MentionRoom, ReplyCount: m.ReplyCount,
		Metadata: jsontext.Value(m.Metadata), CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
		Version: versionTag(m.ChangedAt()),
	}
	for i := range m.Media {
		of := &m.Media[i]
		shown.Media[i] = updateMedia{of.ID, mediaKind(of), of.FileName, of.ContentType, of.Size, of.Width, of.Height, of.DurationMS}
	}
	for i, r := range m.Reactions {
		shown.Reactions[i] = updateReaction{r.Reaction, r.Count, r.Users}
	}
	if m.ReplyTo != nil {
		shown.ReplyToNumber = &m.ReplyTo.Number
	}
	return shown
}

func roomInUpdate(r *chat.Room) *updateRoom {
	return &updateRoom{
		ID: r.ID, Type: r.Type, Name: r.Name, Description: r.Description, AvatarID: r.AvatarID, Public: r.Public,
		OwnerID: r.OwnerID, DefaultPermissions: r.DefaultPermissions.Names(),
		HistoryVisibility: r.HistoryVisibility, MemberCount: r.MemberCount, SlowMode: r.SlowMode, FirstNumber: r.FirstNumber, Metadata: jsontext.Value(r.Metadata),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: versionTag(r.UpdatedAt),
	}
}

func memberInUpdate(u *chat.RoomUser) *updateMember {
	shown := &updateMember{
		RoomID: u.RoomID, UserID: u.UserID, Owner: u.Owner, Effective: u.Effective.Names(), CreatedBy: u.CreatedBy, JoinedNumber: u.JoinedNumber,
		CreatedAt: u.CreatedAt,
	}
	if u.Permissions != nil {
		names := u.Permissions.Names()
		shown.Permissions = &names
	}
	return shown
}
