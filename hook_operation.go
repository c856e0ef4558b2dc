package chat

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Operation is what somebody is about to do: the argument of Hooks.Before, for use inside it
// alone. The types are pointers, and those that the comment of Hooks.Before lists. Their
// fields are the input as the service understood it: valid, with defaults filled in and ids in
// their one spelling. They are copies: to change what no comment calls changeable has no effect.
type Operation interface {
	// Room returns the room that the operation is in, as the actor sees it, without what is
	// unread and without the last message. It is ErrNotFound where the actor does not see
	// the room, or the message that the operation is about, and where the operation is in no
	// room: UploadOperation, DeleteMediaOperation, CreateRoomOperation, and
	// OpenPrivateOperation while the pair has no room. It costs a statement each time.
	Room(ctx context.Context) (*Room, error)
	// Service returns the service that was called: within InTx and WithTx the one that is bound
	// to the host's transaction. What a hook changes through it is asked about too.
	Service() *Service

	target() *operationTarget
}

// operationTarget is what all operations have: who acts, on what.
type operationTarget struct {
	service   *Service
	principal principal
	by        roomOf // zero: in no room
	id        uuid.UUID
}

func operationOn(by roomOf, id uuid.UUID) operationTarget { return operationTarget{by: by, id: id} }

func (t *operationTarget) target() *operationTarget { return t }

// Service is part of Operation.
func (t *operationTarget) Service() *Service { return t.service }

// Room is part of Operation.
func (t *operationTarget) Room(ctx context.Context) (*Room, error) {
	if t.service == nil || t.by == (roomOf{}) {
		return nil, ErrNotFound
	}
	return read(ctx, t.service, t.principal.asActor(), func(c *call) (*Room, error) {
		op := opSeeRoom
		if t.by.child {
			op = opRead
		}
		p, err := c.readFor(t.by, t.id, op, target{child: t.by.child})
		if err != nil {
			return nil, err
		}
		p.room.viewAs(p.me)
		return p.room, nil
	})
}

// SendOperation is SendMessage. Text and Metadata may be changed, and are then validated
// again. A repeat with the same ClientID is asked about again; it is still compared by what the
// caller gave, and where the hook refuses it, and the first is stored, the first is returned.
type SendOperation struct {
	operationTarget
	RoomID uuid.UUID
	NewMessage
}

// EditOperation is EditMessage. Text and Metadata may be changed, and are then validated
// again; nil leaves what the message has.
type EditOperation struct {
	operationTarget
	MessageID uuid.UUID
	MessagePatch
}

// DeleteMessageOperation is DeleteMessage.
type DeleteMessageOperation struct {
	operationTarget
	MessageID uuid.UUID
}

// ReactOperation is React.
type ReactOperation struct {
	operationTarget
	MessageID uuid.UUID
	Reaction  string
}

// UnreactOperation is Unreact.
type UnreactOperation struct {
	operationTarget
	ReactionID uuid.UUID
}

// DeleteMediaOperation is DeleteMedia, of an item that the actor sees.
type DeleteMediaOperation struct {
	operationTarget
	MediaID uuid.UUID
}

// PinOperation is PinMessage.
type PinOperation struct {
	operationTarget
	MessageID uuid.UUID
}

// UnpinOperation is UnpinMessage.
type UnpinOperation struct {
	operationTarget
	MessageID uuid.UUID
}

// UploadOperation is UploadMedia, before the body is read.
type UploadOperation struct {
	operationTarget
	FileName string
	// MaxBytes may be lowered: a longer body is ErrTooLarge. It is Limits.UploadBytes, and is
	// not raised above that.
	MaxBytes int64
}

// CreateRoomOperation is CreateRoom. Owner is who will own the room, whoever makes it; Members
// are without repeats.
type CreateRoomOperation struct {
	operationTarget
	NewRoom
}

// UpdateRoomOperation is UpdateRoom.
type UpdateRoomOperation struct {
	operationTarget
	RoomID uuid.UUID
	RoomPatch
}

// TransferOperation is TransferOwnership.
type TransferOperation struct {
	operationTarget
	RoomID uuid.UUID
	UserID UserID // the new owner
}

// DeleteRoomOperation is DeleteRoom.
type DeleteRoomOperation struct {
	operationTarget
	RoomID uuid.UUID
}

// OpenPrivateOperation is OpenPrivate, also where the room is there already: Room returns it.
type OpenPrivateOperation struct {
	operationTarget
	UserID UserID // the other user
}

// Room returns the private room that there is, or ErrNotFound.
func (op *OpenPrivateOperation) Room(ctx context.Context) (*Room, error) {
	if op.service == nil {
		return nil, ErrNotFound
	}
	return read(ctx, op.service, op.principal.asActor(), func(c *call) (*Room, error) {
		me, other := c.actor.id, op.UserID
		p, err := c.readRoom(byPair, me, other, other, me)
		if err != nil {
			return nil, err
		}
		p.room.viewAs(p.me)
		return p.room, nil
	})
}

// AddUsersOperation is AddUsers. Users are those named, without repeats, some of whom may be
// members already.
type AddUsersOperation struct {
	operationTarget
	RoomID uuid.UUID
	Users  []NewRoomUser
}

// JoinOperation is JoinRoom.
type JoinOperation struct {
	operationTarget
	RoomID uuid.UUID
}

// LeaveOperation is LeaveRoom, and RemoveUser of oneself.
type LeaveOperation struct {
	operationTarget
	RoomID uuid.UUID
}

// RemoveUserOperation is RemoveUser of somebody else.
type RemoveUserOperation struct {
	operationTarget
	RoomID uuid.UUID
	UserID UserID
}

// UpdateUserOperation is UpdateRoomUser that changes permissions.
type UpdateUserOperation struct {
	operationTarget
	RoomID           uuid.UUID
	UserID           UserID
	Permissions      *Permissions // a set of their own, or nil
	ResetPermissions bool         // the room's default
}

// BanOperation is BanUser.
type BanOperation struct {
	operationTarget
	RoomID uuid.UUID
	UserID UserID
	BanOptions
}

// UnbanOperation is UnbanUser.
type UnbanOperation struct {
	operationTarget
	RoomID uuid.UUID
	UserID UserID
}

// createOperation checks what CreateRoom checks in its transaction without the database.
func (s *Service) createOperation(p principal, in NewRoom) (Operation, error) {
	owner, err := s.config.ownerOf(p, in)
	if err != nil {
		return nil, err
	}
	if in.Members, err = s.config.newUsers(in.Type, in.Members); err != nil {
		return nil, err
	}
	byDefault := DefaultPermissions(in.Type)
	if in.DefaultPermissions != nil {
		byDefault = *in.DefaultPermissions
	}
	in.Owner, in.DefaultPermissions = owner, &byDefault
	in.Members, in.Metadata = cloneUsers(in.Members), slices.Clone(in.Metadata)
	return &CreateRoomOperation{NewRoom: in}, nil
}

// addOperation is nil where AddUsers refuses the users in any case. What the room's type
// cannot give is not known yet.
func (s *Service) addOperation(room uuid.UUID, users []NewRoomUser) Operation {
	checked, err := s.config.newUsers(PrivateMessages, users)
	if err != nil {
		return nil
	}
	return &AddUsersOperation{operationTarget: operationOn(byRoom, room), RoomID: room, Users: cloneUsers(checked)}
}

// removeOperation is of leaving where the user is the actor.
func removeOperation(p principal, room uuid.UUID, user UserID) Operation {
	on := operationOn(byRoom, room)
	if user == p.id {
		return &LeaveOperation{on, room}
	}
	return &RemoveUserOperation{on, room, user}
}

func banOperation(p principal, room uuid.UUID, user UserID, in BanOptions, now time.Time) (Operation, error) {
	until, err := p.bans(user, in, now)
	in.Until = until
	return &BanOperation{operationOn(byRoom, room), room, user, in}, err
}

func updateUserOperation(room uuid.UUID, user UserID, patch RoomUserPatch) Operation {
	return &UpdateUserOperation{operationOn(byRoom, room), room, user, cloneOf(patch.Permissions), patch.ResetPermissions}
}

func cloneUsers(users []NewRoomUser) []NewRoomUser {
	users = slices.Clone(users)
	for i := range users {
		users[i].Permissions = cloneOf(users[i].Permissions)
	}
	return users
}

// cloneOf returns a pointer to a copy of what p points to.
func cloneOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	copied := *p
	return &copied
}

func (in NewMessage) clone() NewMessage {
	in.MediaIDs, in.Metadata = slices.Clone(in.MediaIDs), slices.Clone(in.Metadata)
	in.ReplyToID, in.Mentions = cloneOf(in.ReplyToID), slices.Clone(in.Mentions)
	return in
}

func (patch MessagePatch) clone() MessagePatch {
	patch.Text, patch.Metadata, patch.IfChangedAt = cloneOf(patch.Text), cloneMetadata(patch.Metadata), cloneOf(patch.IfChangedAt)
	patch.MentionRoom = cloneOf(patch.MentionRoom)
	if patch.Mentions != nil {
		copied := slices.Clone(*patch.Mentions)
		patch.Mentions = &copied
	}
	return patch
}

func (in RoomPatch) clone() RoomPatch {
	in.Name, in.Description, in.Public = cloneOf(in.Name), cloneOf(in.Description), cloneOf(in.Public)
	in.DefaultPermissions, in.HistoryVisibility = cloneOf(in.DefaultPermissions), cloneOf(in.HistoryVisibility)
	in.SlowMode = cloneOf(in.SlowMode)
	in.AvatarID, in.Metadata, in.IfChangedAt = cloneOf(in.AvatarID), cloneMetadata(in.Metadata), cloneOf(in.IfChangedAt)
	return in
}

func cloneMetadata(m *Metadata) *Metadata {
	if m == nil {
		return nil
	}
	copied := slices.Clone(*m)
	return &copied
}
