package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// RoomType is the kind of a room. It never changes.
type RoomType string

// The types of rooms.
const (
	// PrivateMessages is the one room of two users: see OpenPrivate.
	PrivateMessages RoomType = "private_messages"
	// Group is a room in which members write and add others.
	Group RoomType = "group"
	// Channel is a room in which members read unless they are given more.
	Channel RoomType = "channel"
)

// HistoryVisibility is what those who become members of a room see of the messages that
// are there already.
type HistoryVisibility string

// The visibilities of history.
const (
	// HistoryAll shows the whole history to every newcomer.
	HistoryAll HistoryVisibility = "all"
	// HistoryJoined shows a newcomer the messages that are sent after they joined or were
	// added: those before do not exist for them, not even their own from before they left
	// and came back.
	HistoryJoined HistoryVisibility = "joined"
)

func (v HistoryVisibility) validate() error {
	if v != HistoryAll && v != HistoryJoined {
		return invalid("history_visibility", CodeUnknownValue, "must be %q or %q", HistoryAll, HistoryJoined)
	}
	return nil
}

// Room is a row of chat_rooms and, after its columns, the room as the actor of
// the call sees it.
type Room struct {
	ID                 uuid.UUID         `gorm:"column:id;primaryKey;type:uuid;-:migration" json:"id"`
	Type               RoomType          `gorm:"column:type;<-:create;-:migration" json:"type"`
	Name               string            `gorm:"column:name;<-:create;-:migration" json:"name"`
	Description        string            `gorm:"column:description;<-:create;-:migration" json:"description"`
	AvatarID           *uuid.UUID        `gorm:"column:avatar_id;<-:create;-:migration" json:"avatar_id"`
	Public             bool              `gorm:"column:is_public;<-:create;-:migration" json:"is_public"` // anyone may find, see and join it
	Key                *string           `gorm:"column:key;<-:create;-:migration" json:"key"`             // the host's name for it: see NewRoom.Key
	Ownerless          bool              `gorm:"column:ownerless;<-:create;-:migration" json:"ownerless"` // a group of equals: see NewRoom.Ownerless
	OwnerID            *UserID           `gorm:"column:owner_id;<-:create;-:migration" json:"owner_id"`   // nil in private rooms and ownerless ones
	DefaultPermissions Permissions       `gorm:"column:default_permissions;<-:create;-:migration" json:"default_permissions"`
	HistoryVisibility  HistoryVisibility `gorm:"column:history_visibility;<-:create;-:migration" json:"history_visibility"`
	MemberCount        int64             `gorm:"column:member_count;<-:create;-:migration" json:"member_count"`       // how many members there are
	PrivateA           *UserID           `gorm:"column:private_a;<-:create;-:migration" json:"private_a"`             // the two users of a private room,
	PrivateB           *UserID           `gorm:"column:private_b;<-:create;-:migration" json:"private_b"`             // in the database's order
	LastSeq            int64             `gorm:"column:last_seq;<-:create;-:migration" json:"last_seq"`               // Seq of the newest event
	FirstNumber        int64             `gorm:"column:first_number;<-:create;-:migration" json:"first_number"`       // Number of the oldest message that was not removed for good: see Maintain; 1 before the first
	LastNumber         int64             `gorm:"column:last_number;<-:create;-:migration" json:"last_number"`         // Number of the newest message, 0 before the first
	LastMessageAt      *time.Time        `gorm:"column:last_message_at;<-:create;-:migration" json:"last_message_at"` // when that was sent
	SlowMode           int               `gorm:"column:slow_mode;<-:create;-:migration" json:"slow_mode"`             // how many seconds a member waits between two messages; 0: none
	Metadata           Metadata          `gorm:"column:metadata;<-:create;-:migration" json:"metadata"`
	CreatedAt          time.Time         `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`
	UpdatedAt          time.Time         `gorm:"column:updated_at;autoUpdateTime:false;<-:create;-:migration" json:"updated_at"`
	DeletedAt          *time.Time        `gorm:"column:deleted_at;<-:create;-:migration" json:"deleted_at"`

	Me           *RoomUser    `gorm:"-" json:"me"`            // the actor's membership, if any
	Unread       int64        `gorm:"-" json:"unread"`        // how many messages the actor has not read: no tombstones, and none of their own
	MentionCount int64        `gorm:"-" json:"mention_count"` // how many of these mention the actor, up to 1,000; set by Room, PrivateRoom and Rooms
	Other        *UserID      `gorm:"-" json:"other"`         // the other user of a private room
	OtherMember  *RoomUser    `gorm:"-" json:"other_member"`  // their membership: when they were last seen, and what they have read, 0 with Config.NoReceipts
	Created      bool         `gorm:"-" json:"created"`       // CreateRoom or OpenPrivate made it just now
	LastMessage  *MessageHead `gorm:"-" json:"last_message"`  // for members and System
}

// TableName is the rooms' table.
func (Room) TableName() string { return "chat_rooms" }

const roomColumns = `id, type, name, description, avatar_id, is_public, key, ownerless, owner_id, default_permissions,
	history_visibility, member_count, private_a, private_b, last_seq, first_number, last_number, last_message_at, slow_mode, metadata, created_at, updated_at, deleted_at`

// fields are where a row of roomColumns is scanned into.
func (r *Room) fields() []any {
	return []any{
		&r.ID, &r.Type, &r.Name, &r.Description, &r.AvatarID, &r.Public, &r.Key, &r.Ownerless, &r.OwnerID, &r.DefaultPermissions,
		&r.HistoryVisibility, &r.MemberCount, &r.PrivateA, &r.PrivateB, &r.LastSeq, &r.FirstNumber, &r.LastNumber, scanTime(&r.LastMessageAt), &r.SlowMode, &r.Metadata,
		scanRequiredTime(&r.CreatedAt), scanRequiredTime(&r.UpdatedAt), scanTime(&r.DeletedAt),
	}
}

func scanRoom(rows row) (Room, error) {
	var r Room
	err := rows.Scan(r.fields()...)
	return r, err
}

func (r *Room) state() roomState {
	return roomState{
		roomType: r.Type,
		public:   r.Public,
		closed:   r.Type == PrivateMessages && r.PrivateA == nil,
	}
}

// viewAs fills in what depends on whose room it is.
func (r *Room) viewAs(me *RoomUser) {
	if me == nil {
		return
	}
	r.Me = me
	r.Other = r.otherThan(me.UserID)
}

// otherThan is the other user of a private room, nil elsewhere.
func (r *Room) otherThan(user UserID) *UserID {
	switch {
	case r.PrivateA == nil || r.PrivateB == nil:
		return nil
	case *r.PrivateA == user:
		return r.PrivateB
	}
	return r.PrivateA
}

// NewRoom is a group or a channel to be made.
type NewRoom struct {
	// Type is Group or Channel. Defaults to Group.
	Type RoomType
	// Name is required, one line of at most Limits.Name characters with something to
	// see in it. What turns the direction of writing (bidi embeddings, overrides and
	// isolates) is dropped.
	Name string
	// Description is at most Limits.Description characters.
	Description string
	// Public lets anyone find, see and join the room.
	Public bool
	// Key is the host's own name for the room, such as "order/17": at most one room that is
	// not deleted has it, and RoomByKey finds that. One line of at most 255 bytes;
	// for System alone. Defaults to none.
	Key string
	// Owner is for System alone, which must name one, or make the room Ownerless. A user
	// owns what they make.
	Owner UserID
	// Ownerless, for System alone, makes a room of equals: nobody owns it, anybody may
	// leave, and it stays when all have left. Members have the permissions that they are
	// given; to delete the room and to make somebody its owner is left to System.
	Ownerless bool
	// DefaultPermissions is what members have who have no set of their own.
	// Defaults to DefaultPermissions(Type); a pointer to NoPermissions means none.
	DefaultPermissions *Permissions
	// HistoryVisibility is what those who become members later see of the messages
	// before. Defaults to HistoryAll.
	HistoryVisibility HistoryVisibility
	// Members are added at once, the owner aside; at most Limits.UsersPerCall.
	Members []NewRoomUser
	// SlowMode is how many seconds a member without can_delete_messages waits between two
	// messages, at most 21,600 (six hours). Defaults to 0: no pause.
	SlowMode int
	// Metadata is a JSON object of the host's, at most Limits.MetadataBytes.
	Metadata Metadata
}

func (in *NewRoom) validate(l Limits) error {
	if in.Type == "" {
		in.Type = Group
	}
	if in.Type != Group && in.Type != Channel {
		return invalid("type", CodeUnknownValue, "must be %q or %q; private rooms are opened by OpenPrivate", Group, Channel)
	}
	if in.HistoryVisibility == "" {
		in.HistoryVisibility = HistoryAll
	}
	if err := in.HistoryVisibility.validate(); err != nil {
		return err
	}
	if err := l.checkName(&in.Name); err != nil {
		return err
	}
	if err := l.checkDescription(in.Description); err != nil {
		return err
	}
	if err := checkPermissions("default_permissions", in.Type, in.DefaultPermissions); err != nil {
		return err
	}
	if err := checkSlowMode(in.SlowMode); err != nil {
		return err
	}
	return l.checkMetadata(&in.Metadata)
}

// CreateRoom makes a group or a channel with its first members, in one
// transaction. The actor becomes the owner; System names one. Whoever makes a room
// may give its members any permissions but can_delete_room.
//
// With a Key that a room has already, that room is returned to System as it is, with
// Created false, and the rest of the input is ignored. However many calls with one key
// meet, one makes the room and the others return it.
//
// Errors: ErrInvalid, also for ids that are not in Config.UsersTable, and ErrTooLarge,
// naming the field.
func (s *Service) CreateRoom(ctx context.Context, actor Actor, in NewRoom) (*Room, error) {
	if err := checkNewKey(in.Key); err != nil {
		return nil, err
	}
	fault := in.validate(s.config.Limits)
	if fault != nil && in.Key == "" {
		return nil, fault
	}
	if in.Key != "" && s.config.Hooks.Before != nil { // which is not asked where nothing is made
		room, err := read(ctx, s, actor, func(c *call) (*Room, error) { return c.roomOfNewKey(in.Key) })
		if err != nil || room != nil {
			return room, err
		}
	}
	if fault == nil {
		err := s.before(ctx, actor, func(p principal) (Operation, error) { return s.createOperation(p, in) })
		if err != nil {
			return nil, err
		}
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		if room, err := c.roomOfNewKey(in.Key); err != nil || room != nil {
			return room, err
		}
		if fault != nil {
			return nil, fault
		}
		return c.createRoom(in)
	})
}

func (c *call) createRoom(in NewRoom) (*Room, error) {
	if err := c.setLockTimeout(); err != nil {
		return nil, err
	}
	users, err := c.firstMembers(in)
	if err != nil {
		return nil, err
	}
	room := &Room{
		ID: newID(), Type: in.Type, Name: in.Name, Description: in.Description, Public: in.Public, Ownerless: in.Ownerless,
		DefaultPermissions: DefaultPermissions(in.Type), HistoryVisibility: in.HistoryVisibility, MemberCount: int64(len(users)),
		FirstNumber: 1, SlowMode: in.SlowMode, Metadata: in.Metadata, CreatedAt: c.now, UpdatedAt: c.now, Created: true,
	}
	if in.DefaultPermissions != nil {
		room.DefaultPermissions = *in.DefaultPermissions
	}
	if in.Key != "" {
		room.Key = &in.Key
	}
	p := &roomScope{call: c, room: room}
	added := users
	if !in.Ownerless {
		room.OwnerID, added = &users[0].UserID, users[1:]
	}
	p.record(RoomCreated, nil, room.OwnerID)
	for _, user := range added {
		p.record(UserAdded, nil, &user.UserID)
	}
	if made, err := c.insertRoom(room); err != nil || !made {
		return c.roomMadeMeanwhile(in.Key, err)
	}
	if err := p.insertUsers(users); err != nil {
		return nil, err
	}
	if err := c.insertEvents(p.events); err != nil {
		return nil, err
	}
	return room, c.attachViews([]*Room{room})
}

// firstMembers checks who is to be in a new room, and returns them with the owner, if it is
// to have one, first.
func (c *call) firstMembers(in NewRoom) ([]NewRoomUser, error) {
	owner, err := c.config.ownerOf(c.actor, in)
	if err != nil {
		return nil, err
	}
	users, err := c.config.newUsers(in.Type, in.Members)
	if err != nil {
		return nil, err
	}
	if !in.Ownerless {
		users = ownerFirst(owner, users)
	}
	if err := c.checkNewUsers("members", userIDs(users)...); err != nil {
		return nil, err
	}
	if limit := c.config.Limits.GroupMembers; in.Type == Group && len(users) > limit {
		return nil, tooLarge("members", CodeTooMany, int64(limit), "members of a group")
	}
	return users, nil
}

// ownerFirst puts the owner's membership before the others', with the permissions
// that will be theirs when they hand the room on.
func ownerFirst(owner UserID, users []NewRoomUser) []NewRoomUser {
	first := NewRoomUser{UserID: owner}
	for _, user := range users {
		if user.UserID == owner {
			first = user
		}
	}
	return append([]NewRoomUser{first}, without(users, owner)...)
}

// ownerOf returns who is to own a new room, "" for nobody.
func (c *Config) ownerOf(p principal, in NewRoom) (UserID, error) {
	switch {
	case in.Ownerless && !p.system:
		return "", invalid("ownerless", CodeNotAllowed, "is for System alone: the actor owns the room")
	case in.Ownerless && in.Owner != "":
		return "", invalid("owner", CodeExclusive, "cannot be named for an ownerless room")
	case in.Ownerless:
		return "", nil
	case p.system && in.Owner == "":
		return "", invalid("owner", CodeRequired, "must be named when System makes the room, unless it is ownerless")
	case p.system:
		return c.userID("owner", in.Owner)
	case in.Owner != "":
		return "", invalid("owner", CodeNotAllowed, "is for System alone: the actor owns the room")
	}
	return p.id, nil
}

// insertRoom leaves it to the database whether there is a room of the same key.
func (c *conn) insertRoom(r *Room) (made bool, err error) {
	inserted, err := c.exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, key, ownerless, owner_id, default_permissions,
		history_visibility, member_count, last_seq, last_number, slow_mode, metadata, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
		ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING`,
		r.ID, r.Type, r.Name, r.Description, r.Public, r.Key, r.Ownerless, r.OwnerID, r.DefaultPermissions, r.HistoryVisibility,
		r.MemberCount, r.LastSeq, r.SlowMode, r.Metadata, r.CreatedAt, r.UpdatedAt)
	return inserted == 1, err
}
