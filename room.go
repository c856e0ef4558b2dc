package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/textrule"
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
	ID                 uuid.UUID         `gorm:"column:id;primaryKey;-:migration" json:"id"`
	Type               RoomType          `gorm:"column:type;-:migration" json:"type"`
	Name               string            `gorm:"column:name;-:migration" json:"name"`
	Description        string            `gorm:"column:description;-:migration" json:"description"`
	AvatarID           *uuid.UUID        `gorm:"column:avatar_id;-:migration" json:"avatar_id"`
	Public             bool              `gorm:"column:is_public;-:migration" json:"is_public"` // anyone may find, see and join it
	OwnerID            *UserID           `gorm:"column:owner_id;-:migration" json:"owner_id"`   // nil in private rooms
	DefaultPermissions Permissions       `gorm:"column:default_permissions;-:migration" json:"default_permissions"`
	HistoryVisibility  HistoryVisibility `gorm:"column:history_visibility;-:migration" json:"history_visibility"`
	MemberCount        int64             `gorm:"column:member_count;-:migration" json:"member_count"`       // how many members there are
	PrivateA           *UserID           `gorm:"column:private_a;-:migration" json:"private_a"`             // the two users of a private room,
	PrivateB           *UserID           `gorm:"column:private_b;-:migration" json:"private_b"`             // in the database's order
	LastSeq            int64             `gorm:"column:last_seq;-:migration" json:"last_seq"`               // Seq of the newest event
	FirstNumber        int64             `gorm:"column:first_number;-:migration" json:"first_number"`       // Number of the oldest message that was not removed for good: see Maintain; 1 before the first
	LastNumber         int64             `gorm:"column:last_number;-:migration" json:"last_number"`         // Number of the newest message, 0 before the first
	LastMessageAt      *time.Time        `gorm:"column:last_message_at;-:migration" json:"last_message_at"` // when that was sent
	Metadata           Metadata          `gorm:"column:metadata;-:migration" json:"metadata"`
	CreatedAt          time.Time         `gorm:"column:created_at;-:migration" json:"created_at"`
	UpdatedAt          time.Time         `gorm:"column:updated_at;autoUpdateTime:false;-:migration" json:"updated_at"`
	DeletedAt          *time.Time        `gorm:"column:deleted_at;-:migration" json:"deleted_at"`

	Me          *RoomUser    `gorm:"-" json:"me"`           // the actor's membership, if any
	Unread      int64        `gorm:"-" json:"unread"`       // how many messages the actor has not read: no tombstones, and none of their own
	Other       *UserID      `gorm:"-" json:"other"`        // the other user of a private room
	OtherMember *RoomUser    `gorm:"-" json:"other_member"` // their membership: when they were last seen, and what they have read
	Created     bool         `gorm:"-" json:"created"`      // CreateRoom or OpenPrivate made it just now
	LastMessage *MessageHead `gorm:"-" json:"last_message"` // for members and System
}

// TableName is the rooms' table.
func (Room) TableName() string { return "chat_rooms" }

const roomColumns = `id, type, name, description, avatar_id, is_public, owner_id, default_permissions, history_visibility,
	member_count, private_a, private_b, last_seq, first_number, last_number, last_message_at, metadata, created_at, updated_at, deleted_at`

// fields are where a row of roomColumns is scanned into.
func (r *Room) fields() []any {
	return []any{
		&r.ID, &r.Type, &r.Name, &r.Description, &r.AvatarID, &r.Public, &r.OwnerID, &r.DefaultPermissions,
		&r.HistoryVisibility, &r.MemberCount, &r.PrivateA, &r.PrivateB, &r.LastSeq, &r.FirstNumber, &r.LastNumber, scanTime(&r.LastMessageAt), &r.Metadata,
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
	// Owner is for System alone, which must name one. A user owns what they make.
	Owner UserID
	// DefaultPermissions is what members have who have no set of their own.
	// Defaults to DefaultPermissions(Type); a pointer to NoPermissions means none.
	DefaultPermissions *Permissions
	// HistoryVisibility is what those who become members later see of the messages
	// before. Defaults to HistoryAll.
	HistoryVisibility HistoryVisibility
	// Members are added at once, the owner aside; at most Limits.UsersPerCall.
	Members []NewRoomUser
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
	return l.checkMetadata(&in.Metadata)
}

// checkName also drops from a name what turns the direction of writing.
func (l Limits) checkName(name *string) error {
	if reason := invalidTextReason(*name); reason != "" {
		return invalid("name", CodeInvalidText, "%s", reason)
	}
	if textrule.HasLineBreak(*name) {
		return invalid("name", CodeInvalidText, "contains a line break")
	}
	*name = textrule.WithoutDirections(*name)
	if !textrule.Visible(*name) {
		return invalid("name", CodeRequired, "is empty")
	}
	if utf8.RuneCountInString(*name) > l.Name {
		return tooLarge("name", CodeTooLong, int64(l.Name), "characters")
	}
	return nil
}

func (l Limits) checkDescription(description string) error {
	if reason := invalidTextReason(description); reason != "" {
		return invalid("description", CodeInvalidText, "%s", reason)
	}
	if utf8.RuneCountInString(description) > l.Description {
		return tooLarge("description", CodeTooLong, int64(l.Description), "characters")
	}
	return nil
}

// CreateRoom makes a group or a channel with its first members, in one
// transaction. The actor becomes the owner; System names one. Whoever makes a room
// may give its members any permissions but can_delete_room.
//
// Errors: ErrInvalid, also for ids that are not in Config.UsersTable, and ErrTooLarge,
// naming the field.
func (s *Service) CreateRoom(ctx context.Context, actor Actor, in NewRoom) (*Room, error) {
	if err := in.validate(s.config.Limits); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) { return c.createRoom(in) })
}

func (c *call) createRoom(in NewRoom) (*Room, error) {
	if err := c.setLockTimeout(); err != nil {
		return nil, err
	}
	users, err := c.firstMembers(in)
	if err != nil {
		return nil, err
	}
	owner := users[0].UserID
	room := &Room{
		ID: newID(), Type: in.Type, Name: in.Name, Description: in.Description, Public: in.Public, OwnerID: &owner,
		DefaultPermissions: DefaultPermissions(in.Type), HistoryVisibility: in.HistoryVisibility, MemberCount: int64(len(users)),
		FirstNumber: 1, Metadata: in.Metadata, CreatedAt: c.now, UpdatedAt: c.now, Created: true,
	}
	if in.DefaultPermissions != nil {
		room.DefaultPermissions = *in.DefaultPermissions
	}
	p := &roomScope{call: c, room: room}
	p.record(RoomCreated, nil, &owner)
	for _, user := range users[1:] {
		p.record(UserAdded, nil, &user.UserID)
	}
	if err := c.insertRoom(room); err != nil {
		return nil, err
	}
	if err := p.insertUsers(users); err != nil {
		return nil, err
	}
	if err := c.insertEvents(p.events); err != nil {
		return nil, err
	}
	return room, c.attachViews([]*Room{room})
}

// firstMembers checks who is to be in a new room, and returns them with the owner first.
func (c *call) firstMembers(in NewRoom) ([]NewRoomUser, error) {
	owner, err := c.ownerOf(in)
	if err != nil {
		return nil, err
	}
	users, err := c.newUsers(in.Type, in.Members)
	if err != nil {
		return nil, err
	}
	users = ownerFirst(owner, users)
	if err := c.checkUsers("members", userIDs(users)...); err != nil {
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

func (c *call) ownerOf(in NewRoom) (UserID, error) {
	switch {
	case c.actor.system && in.Owner == "":
		return "", invalid("owner", CodeRequired, "must be named when System makes the room")
	case c.actor.system:
		return c.config.userID("owner", in.Owner)
	case in.Owner != "":
		return "", invalid("owner", CodeNotAllowed, "is for System alone: the actor owns the room")
	}
	return c.actor.id, nil
}

func (c *conn) insertRoom(r *Room) error {
	_, err := c.exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, owner_id, default_permissions,
		history_visibility, member_count, last_seq, last_number, metadata, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
		r.ID, r.Type, r.Name, r.Description, r.Public, r.OwnerID, r.DefaultPermissions, r.HistoryVisibility, r.MemberCount, r.LastSeq,
		r.Metadata, r.CreatedAt, r.UpdatedAt)
	return err
}

// OpenPrivate returns the one private room of the actor and another user, making
// it if need be: Created reports which. Both have Config.PrivatePermissions in it. It
// is idempotent under any concurrency.
//
// Errors: ErrInvalid when other is the actor or not a user's id, and for System.
func (s *Service) OpenPrivate(ctx context.Context, actor Actor, other UserID) (*Room, error) {
	other, err := s.config.userID("user_id", other)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		me, err := c.actor.user()
		if err != nil {
			return nil, err
		}
		if me == other {
			return nil, invalid("user_id", CodeNotAllowed, "is the actor: a private room has two users")
		}
		room, err := c.openPrivate(me, other)
		if err != nil {
			return nil, err
		}
		return room, c.attachViews([]*Room{room})
	})
}

func (c *call) openPrivate(me, other UserID) (*Room, error) {
	if err := c.setLockTimeout(); err != nil {
		return nil, err
	}
	if err := c.checkUsers("actor", me); err != nil {
		return nil, err
	}
	if err := c.checkUsers("user_id", other); err != nil {
		return nil, err
	}
	made, err := c.insertPrivate(newID(), me, other)
	if err != nil {
		return nil, err
	}
	room, err := queryOne(c.conn, scanRoom, "SELECT "+roomColumns+` FROM chat_rooms
		WHERE (private_a = ? AND private_b = ?) OR (private_a = ? AND private_b = ?)`, me, other, other, me)
	switch {
	case err != nil:
		return nil, err
	case room == nil: // the one that was there has been deleted since
		return nil, &retryableError{err: conflict("the room is being deleted")}
	case !made:
		return room, nil
	}
	room.Created = true
	p := &roomScope{call: c, room: room}
	p.record(RoomCreated, nil, nil)
	if err := p.insertUsers([]NewRoomUser{{UserID: me}, {UserID: other}}); err != nil {
		return nil, err
	}
	return room, p.save()
}

// insertPrivate leaves it to the database which of the two users is private_a, and
// whether the room is there already.
func (c *conn) insertPrivate(id uuid.UUID, me, other UserID) (made bool, err error) {
	least, greatest := c.dialect.Least(), c.dialect.Greatest()
	user := c.castUser()
	inserted, err := c.exec(`INSERT INTO chat_rooms (id, type, name, description, is_public, default_permissions,
			history_visibility, member_count, private_a, private_b, last_seq, last_number, created_at, updated_at)
		VALUES (?, ?, '', '', ?, ?, '`+string(HistoryAll)+`', 2, `+least+`(`+user+`, `+user+`), `+greatest+`(`+user+`, `+user+`), 0, 0, ?, ?)
		ON CONFLICT (private_a, private_b) DO NOTHING`,
		id, PrivateMessages, false, *c.config.PrivatePermissions, me, other, me, other, c.now, c.now)
	return inserted == 1, err
}
