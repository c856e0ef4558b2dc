package httpadapter

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// roomList is the user's inbox or, with q, the public rooms that match.
func roomList(r *request) (*response, error) {
	page := r.page()
	query, searching := r.given("q")
	for _, filter := range []string{"type", "hidden", "muted", "pinned", "unread"} {
		if searching && r.param(filter) != "" {
			r.fail(badParameter(filter, chat.CodeExclusive, "cannot be given together with q"))
		}
	}
	mine := chat.RoomsQuery{Type: chat.RoomType(r.param("type")), Muted: r.boolean("muted"), Pinned: r.boolean("pinned"), Page: page}
	if hidden := r.boolean("hidden"); hidden != nil {
		mine.Hidden = *hidden
	}
	if unread := r.boolean("unread"); unread != nil {
		mine.Unread = *unread
	}
	if r.err != nil {
		return nil, r.err
	}
	var found *chat.RoomsPage
	var err error
	if searching {
		found, err = r.h.svc.SearchRooms(r.Context(), r.actor, chat.RoomSearchQuery{Query: query, Page: page})
	} else {
		found, err = r.h.svc.Rooms(r.Context(), r.actor, mine)
	}
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.room), v), nil
}

type unread struct {
	Total             int64 `json:"total"`
	Rooms             int64 `json:"rooms"`
	Mentions          int64 `json:"mentions"`
	TotalWithMuted    int64 `json:"total_with_muted"`
	RoomsWithMuted    int64 `json:"rooms_with_muted"`
	MentionsWithMuted int64 `json:"mentions_with_muted"`
}

func unreadRetrieve(r *request) (*response, error) {
	n, err := r.h.svc.Unread(r.Context(), r.actor)
	if err != nil {
		return nil, err
	}
	return ok(unread(*n), r.view()), nil
}

type newRoomUser struct {
	UserID      chat.UserID       `json:"user_id"`
	Permissions *chat.Permissions `json:"permissions"`
}

func (r *request) newRoomUsers(in []newRoomUser) []chat.NewRoomUser {
	users := make([]chat.NewRoomUser, len(in))
	for i, u := range in {
		users[i] = chat.NewRoomUser(u)
		r.userIDIn("members["+strconv.Itoa(i)+"].user_id", u.UserID)
	}
	return users
}

type newRoom struct {
	Type               *chat.RoomType          `json:"type"`
	UserID             *chat.UserID            `json:"user_id"` // of a private room
	Name               string                  `json:"name"`
	Description        string                  `json:"description"`
	Public             bool                    `json:"is_public"`
	DefaultPermissions *chat.Permissions       `json:"default_permissions"`
	HistoryVisibility  *chat.HistoryVisibility `json:"history_visibility"`
	Members            []newRoomUser           `json:"members"`
	SlowMode           int                     `json:"slow_mode"`
	Metadata           chat.Metadata           `json:"metadata"`
}

// roomCreate makes a group or a channel, or opens the private room with a user.
func roomCreate(r *request) (*response, error) {
	in := readBody[newRoom](r)
	r.notUsers(in.Metadata != nil)
	if r.err != nil {
		return nil, r.err
	}
	kind := chat.Group
	if in.Type != nil {
		kind = *in.Type
	}
	switch kind {
	case chat.PrivateMessages:
		return openPrivate(r, in)
	case chat.Group, chat.Channel:
	default:
		return nil, invalidField("type", chat.CodeUnknownValue, "is neither private_messages nor group nor channel")
	}
	if in.UserID != nil {
		return nil, invalidField("user_id", chat.CodeExclusive, "is for rooms of the type private_messages")
	}
	members := r.newRoomUsers(in.Members)
	if r.err != nil {
		return nil, r.err
	}
	asked := chat.NewRoom{
		Type: kind, Name: in.Name, Description: in.Description, Public: in.Public,
		DefaultPermissions: in.DefaultPermissions, Members: members, SlowMode: in.SlowMode, Metadata: in.Metadata,
	}
	if in.HistoryVisibility != nil {
		if asked.HistoryVisibility = *in.HistoryVisibility; asked.HistoryVisibility == "" {
			return nil, invalidField("history_visibility", chat.CodeUnknownValue, "is neither all nor joined")
		}
	}
	made, err := r.h.svc.CreateRoom(r.Context(), r.actor, asked)
	if err != nil {
		return nil, err
	}
	return roomMade(r, made), nil
}

// openPrivate responds with 201 when it made the room, and 200 when it was there.
func openPrivate(r *request, in newRoom) (*response, error) {
	switch {
	case in.UserID == nil:
		return nil, invalidField("user_id", chat.CodeRequired, "is missing: a private room has two users")
	case in.Name != "", in.Description != "", in.Public, in.DefaultPermissions != nil, in.HistoryVisibility != nil, in.Members != nil, in.SlowMode != 0, in.Metadata != nil:
		return nil, invalidField("type", chat.CodeExclusive, "private_messages takes a user_id and nothing else")
	}
	other := r.userIDIn("user_id", *in.UserID)
	if r.err != nil {
		return nil, r.err
	}
	opened, err := r.h.svc.OpenPrivate(r.Context(), r.actor, other)
	if err != nil {
		return nil, err
	}
	if opened.Created {
		return roomMade(r, opened), nil
	}
	return roomShown(r, opened), nil
}

func roomMade(r *request, made *chat.Room) *response {
	v := r.view()
	return created(v.room(made), v, "/rooms/"+made.ID.String()).withVersion(made.UpdatedAt)
}

func roomShown(r *request, found *chat.Room) *response {
	v := r.view()
	return ok(v.room(found), v).withVersion(found.UpdatedAt)
}

func roomRetrieve(r *request) (*response, error) {
	id := r.id("room")
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Room(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	return roomShown(r, found), nil
}

type roomPatch struct {
	Name               field[string]                 `json:"name"`
	Description        field[string]                 `json:"description"`
	Public             field[bool]                   `json:"is_public"`
	DefaultPermissions field[chat.Permissions]       `json:"default_permissions"`
	HistoryVisibility  field[chat.HistoryVisibility] `json:"history_visibility"`
	AvatarID           field[uuid.UUID]              `json:"avatar_id"`
	SlowMode           field[int]                    `json:"slow_mode"`
	Metadata           field[chat.Metadata]          `json:"metadata"`
}

func roomUpdate(r *request) (*response, error) {
	id, in, known := r.id("room"), readBody[roomPatch](r), r.ifMatch()
	r.notUsers(in.Metadata.given)
	if in.HistoryVisibility.null {
		r.fail(invalidField("history_visibility", chat.CodeRequired, "cannot be null: a room always has one"))
	}
	if in.DefaultPermissions.null {
		r.fail(invalidField("default_permissions", chat.CodeRequired, "cannot be null: a room always has a set"))
	}
	if r.err != nil {
		return nil, r.err
	}
	updated, err := r.h.svc.UpdateRoom(r.Context(), r.actor, id, chat.RoomPatch{
		Name: in.Name.or(""), Description: in.Description.or(""), Public: in.Public.or(false),
		DefaultPermissions: in.DefaultPermissions.or(0), HistoryVisibility: in.HistoryVisibility.or(""), AvatarID: in.AvatarID.or(uuid.Nil),
		SlowMode: in.SlowMode.or(0), Metadata: in.Metadata.or(nil), IfChangedAt: known,
	})
	if err != nil {
		return nil, err
	}
	return roomShown(r, updated), nil
}

func roomDelete(r *request) (*response, error) {
	id := r.id("room")
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.DeleteRoom(r.Context(), r.actor, id); err != nil {
		return nil, err
	}
	return noContent(), nil
}

func roomJoin(r *request) (*response, error) {
	id := r.id("room")
	if r.err != nil {
		return nil, r.err
	}
	joined, err := r.h.svc.JoinRoom(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	return roomShown(r, joined), nil
}

func roomTransfer(r *request) (*response, error) {
	id := r.id("room")
	in := readBody[struct {
		UserID chat.UserID `json:"user_id"`
	}](r)
	owner := r.userIDIn("user_id", in.UserID)
	if r.err != nil {
		return nil, r.err
	}
	transferred, err := r.h.svc.TransferOwnership(r.Context(), r.actor, id, owner)
	if err != nil {
		return nil, err
	}
	return roomShown(r, transferred), nil
}
