package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/textrule"
)

// RoomPatch is what to change of a group or a channel; a nil field is left as it is. Its
// type, members and owner are not changed here.
type RoomPatch struct {
	Name        *string // at most Limits.Name characters, not empty
	Description *string // at most Limits.Description characters
	Public      *bool   // whether anyone may find, see and join the room
	// DefaultPermissions is what members have who have no set of their own.
	DefaultPermissions *Permissions
	// HistoryVisibility is for those who become members from then on: what members see
	// does not change.
	HistoryVisibility *HistoryVisibility
	// SlowMode is how many seconds a member without can_delete_messages waits between two
	// messages, at most 21,600 (six hours); 0 ends it.
	SlowMode *int
	// AvatarID is an image that the actor uploaded and that is in no use yet;
	// a pointer to uuid.Nil removes the avatar.
	AvatarID *uuid.UUID
	// Metadata replaces the whole object; a pointer to none removes it.
	Metadata *Metadata
	// IfChangedAt is the UpdatedAt of the room that the caller knows: if that is no
	// longer so, nothing is changed. Defaults to nil: whatever it is.
	IfChangedAt *time.Time
}

// validate works on a copy, so that what it tidies does not reach the caller.
func (in RoomPatch) validate(l Limits) (RoomPatch, error) {
	if in.Name != nil {
		name := *in.Name
		in.Name = &name
		if err := l.checkName(in.Name); err != nil {
			return in, err
		}
	}
	if in.Description != nil {
		if err := l.checkDescription(*in.Description); err != nil {
			return in, err
		}
	}
	if err := checkBits("default_permissions", in.DefaultPermissions); err != nil {
		return in, err
	}
	if in.HistoryVisibility != nil {
		if err := in.HistoryVisibility.validate(); err != nil {
			return in, err
		}
	}
	if in.SlowMode != nil {
		if err := checkSlowMode(*in.SlowMode); err != nil {
			return in, err
		}
	}
	if in.Metadata != nil {
		copied := *in.Metadata
		in.Metadata = &copied
		return in, l.checkMetadata(in.Metadata)
	}
	return in, nil
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

// UpdateRoom changes a group or a channel. It needs can_edit_room, to change
// DefaultPermissions also every permission that changes, and to make a room public,
// which gives its default to everybody, also can_add_users and every permission of
// the default as it will be. To show the history to newcomers again, whoever does it must
// see all of it: their JoinedNumber is 0. A patch that changes nothing does nothing.
//
// Errors: ErrNotFound, ErrForbidden, ErrPrecondition, ErrInvalid, ErrTooLarge,
// ErrConflict for an avatar that is in use; a private room never changes, which is ErrForbidden to its
// users and ErrConflict to System.
func (s *Service) UpdateRoom(ctx context.Context, actor Actor, room uuid.UUID, patch RoomPatch) (*Room, error) {
	patch, err := patch.validate(s.config.Limits)
	if err != nil {
		return nil, err
	}
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &UpdateRoomOperation{operationOn(byRoom, room), room, patch.clone()}, nil
	}); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return nil, err
		}
		if err := p.decide(opUpdateRoom, p.patchTarget(patch)); err != nil {
			return nil, err
		}
		if !unchanged(patch.IfChangedAt, p.room.UpdatedAt) {
			return nil, ErrPrecondition
		}
		if err := checkPermissions("default_permissions", p.room.Type, patch.DefaultPermissions); err != nil {
			return nil, err
		}
		if err := p.update(patch); err != nil {
			return nil, err
		}
		return p.room, c.attachViews([]*Room{p.room})
	})
}

// patchTarget returns which bits a patch gives or takes.
func (p *roomScope) patchTarget(patch RoomPatch) target {
	after := p.room.DefaultPermissions
	if patch.DefaultPermissions != nil {
		after = *patch.DefaultPermissions
	}
	on := target{changed: p.room.DefaultPermissions ^ after}
	if patch.Public != nil && *patch.Public && !p.room.Public {
		on.changed |= CanAddUsers | after
	}
	on.opensHistory = patch.HistoryVisibility != nil && *patch.HistoryVisibility == HistoryAll && p.room.HistoryVisibility != HistoryAll
	return on
}

func (p *roomScope) update(patch RoomPatch) error {
	r := p.room
	changed := set(&r.Name, patch.Name)
	changed = set(&r.Description, patch.Description) || changed
	changed = set(&r.Public, patch.Public) || changed
	changed = set(&r.DefaultPermissions, patch.DefaultPermissions) || changed
	changed = set(&r.HistoryVisibility, patch.HistoryVisibility) || changed
	changed = set(&r.SlowMode, patch.SlowMode) || changed
	if patch.Metadata != nil && string(*patch.Metadata) != string(r.Metadata) {
		r.Metadata, changed = *patch.Metadata, true
	}
	if patch.AvatarID != nil {
		replaced, err := p.setAvatar(*patch.AvatarID)
		if err != nil {
			return err
		}
		changed = replaced || changed
	}
	if !changed {
		return nil
	}
	r.UpdatedAt = later(p.now, r.UpdatedAt)
	p.record(RoomUpdated, nil, nil)
	return p.save()
}

// set overwrites a field with what a patch gives, and reports a difference.
func set[T comparable](field, given *T) bool {
	if given == nil || *given == *field {
		return false
	}
	*field = *given
	return true
}

// setAvatar checks the new avatar and releases the old one.
func (p *roomScope) setAvatar(id uuid.UUID) (changed bool, err error) {
	old := p.room.AvatarID
	if (old == nil && id == uuid.Nil) || (old != nil && *old == id) {
		return false, nil
	}
	p.room.AvatarID = nil
	if id != uuid.Nil {
		if err := p.lockAvatar(id); err != nil {
			return false, err
		}
		p.room.AvatarID = &id
	}
	if old != nil {
		return true, p.releaseMedia("id = ?", *old)
	}
	return true, nil
}

// TransferOwnership makes another member the owner of a group or a channel. The
// former owner stays, with the permissions of their row. Only the owner may, and
// System, which so gives an ownerless room an owner.
//
// Errors: ErrNotFound also when the new owner is no member, ErrForbidden, ErrConflict
// to System in a private room, ErrInvalid.
func (s *Service) TransferOwnership(ctx context.Context, actor Actor, room uuid.UUID, owner UserID) (*Room, error) {
	owner, err := s.config.userID("user_id", owner)
	if err != nil {
		return nil, err
	}
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &TransferOperation{operationOn(byRoom, room), room, owner}, nil
	}); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) (*Room, error) {
		p, err := c.lockFor(byRoom, room, opTransfer)
		if err != nil {
			return nil, err
		}
		// The commit would lock the row, and with it wait when the limit of the transaction is over.
		member, err := p.lockMember(owner, c.dialect.Lock("FOR KEY SHARE"))
		if err != nil {
			return nil, err
		}
		if !member.Owner {
			if err := p.transfer(owner); err != nil {
				return nil, err
			}
		}
		return p.room, c.attachViews([]*Room{p.room})
	})
}

func (p *roomScope) transfer(owner UserID) error {
	p.room.OwnerID, p.room.Ownerless, p.room.UpdatedAt = &owner, false, later(p.now, p.room.UpdatedAt)
	p.record(OwnerChanged, nil, &owner)
	return p.save()
}
