package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Hooks let the host have a say in what happens. Each of them is optional, and costs
// nothing where it is nil.
type Hooks struct {
	// Before is asked about every operation that changes something, by users and by System,
	// after its input was found valid and before anything of it is done. It runs on the
	// caller's goroutine with the caller's context, outside any lock and transaction of this
	// package, within InTx and WithTx inside the host's: it may take its time, which delays
	// its caller alone, and a panic reaches the caller. The actor is a UserID in the spelling
	// of Config.UserIDs, or System.
	//
	// An error stops the operation: Refuse tells the actor why, any other error is returned as it
	// is. Nil lets the operation go on to be decided as without a hook: a hook never allows what
	// the actor may not do, and is also asked about what they may not see, for which the error
	// is ErrNotFound whatever the hook returns. A hook that does something with a room asks
	// Operation.Room first, so that it does nothing for a room that the actor does not see.
	//
	// The operation is one of *SendOperation, *EditOperation, *DeleteMessageOperation,
	// *ReactOperation, *UnreactOperation, *PinOperation, *UnpinOperation, *UploadOperation,
	// *DeleteMediaOperation, *CreateRoomOperation,
	// *UpdateRoomOperation, *TransferOperation, *DeleteRoomOperation, *OpenPrivateOperation,
	// *AddUsersOperation, *JoinOperation, *LeaveOperation, *RemoveUserOperation,
	// *UpdateUserOperation, *BanOperation and *UnbanOperation. More may come: let those pass
	// that the hook does not know, or refuse them, as the host prefers.
	//
	// It is not asked about MarkRead, MarkUnread, Typing and what UpdateRoomUser changes of a
	// member's own state, nor about EraseUser, ImportMessages, DeleteMessages, Maintain,
	// PurgeRooms, SweepMedia and PruneEvents, which are the host's own jobs.
	Before func(ctx context.Context, actor Actor, op Operation) error

	// CheckUsers returns which of these users do not exist, or may not be reached: soft-deleted
	// ones, those of another tenant. They are then refused as ids that are not in
	// Config.UsersTable, which is not looked at: with foreign keys, the users who are not
	// missing must be in it. It is asked once for all users at hand, where a room is made or
	// opened and where users are added or join: in the transaction that does it, with a
	// handle tx on that transaction and with ids in the spelling of Config.UserIDs, and again
	// when the transaction is tried again. It is never asked on sends. An error ends the operation
	// and is returned.
	//
	// The room may be locked meanwhile, so it should read from tx alone and use neither the
	// Service nor the network.
	CheckUsers func(ctx context.Context, tx *gorm.DB, users []UserID) (missing []UserID, err error)
}

// RefusalError is what Refuse returns. It wraps ErrForbidden.
type RefusalError struct {
	// Reason is for the user to read.
	Reason string
}

func (e *RefusalError) Error() string { return ErrForbidden.Error() + ": " + e.Reason }

func (e *RefusalError) Unwrap() error { return ErrForbidden }

// Refuse returns an error by which Hooks.Before refuses an operation, a *RefusalError: it is
// ErrForbidden, and the reason is shown to the user, also by httpadapter.
func Refuse(reason string) error { return &RefusalError{reason} }

// before asks Hooks.Before, if there is one, about the operation that describe returns of the
// principal who acts. Where that is nil the operation is going to be refused in any case.
func (s *Service) before(ctx context.Context, actor Actor, describe func(principal) (Operation, error)) error {
	if s.config.Hooks.Before == nil {
		return nil
	}
	p, err := s.principalOf(actor)
	if err != nil {
		return err
	}
	if err := s.ready(ctx, s.db); err != nil {
		return err
	}
	op, err := describe(p)
	if err != nil || op == nil {
		return err
	}
	return s.ask(ctx, p, op)
}

// ask calls Hooks.Before, which must not be nil.
func (s *Service) ask(ctx context.Context, p principal, op Operation) error {
	on := op.target()
	on.service, on.principal = s, p
	if err := s.config.Hooks.Before(ctx, p.asActor(), op); err != nil {
		return on.refused(ctx, err)
	}
	return nil
}

// refused returns the error of an operation that a hook has stopped, or made invalid. What the
// actor does not see stays ErrNotFound, whatever the hook knows of it.
func (t *operationTarget) refused(ctx context.Context, refusal error) error {
	if t.by == (roomOf{}) {
		return refusal
	}
	_, err := t.Room(ctx)
	switch {
	case err == nil:
		return refusal
	case errors.Is(err, ErrNotFound):
		return ErrNotFound
	}
	return fmt.Errorf("%w (after an error of Hooks.Before: %v)", err, refusal) //nolint:errorlint // it may tell what is hidden
}

// beforeSend asks Hooks.Before about a message, and puts into it what the hook has changed. A
// refused message that repeats one which is stored is returned as that one.
func (s *Service) beforeSend(ctx context.Context, one *send) (repeated *Message, err error) {
	if err := s.ready(ctx, s.db); err != nil {
		return nil, err
	}
	op := &SendOperation{operationTarget: operationOn(byRoom, one.room), RoomID: one.room, NewMessage: one.in.clone()}
	if err = s.ask(ctx, one.sender, op); err == nil {
		in := one.in
		in.Text, in.Metadata = op.Text, slices.Clone(op.Metadata)
		if err = in.validate(s.config.Limits); err == nil {
			one.in = in
			return nil, nil
		}
		err = op.refused(ctx, err)
	}
	if one.in.ClientID == "" || errors.Is(err, ErrNotFound) {
		return nil, err
	}
	id, lookup := s.repeatedBy(ctx, one)
	switch {
	case lookup != nil:
		return nil, lookup
	case id == nil:
		return nil, err
	}
	return s.Message(ctx, one.sender.asActor(), *id)
}

// beforeEdit asks Hooks.Before about a valid patch, and returns it as the hook has changed it.
func (s *Service) beforeEdit(ctx context.Context, actor Actor, message uuid.UUID, patch MessagePatch) (MessagePatch, error) {
	op := &EditOperation{operationTarget: operationOn(byMessage, message), MessageID: message, MessagePatch: patch.clone()}
	err := s.before(ctx, actor, func(principal) (Operation, error) { return op, nil })
	if err != nil {
		return MessagePatch{}, err
	}
	changed := op.clone() // the hook may have kept its own
	patch.Text, patch.Metadata = changed.Text, changed.Metadata
	patch, err = patch.validate(s.config.Limits)
	if err != nil {
		err = op.refused(ctx, err)
	}
	return patch, err
}

// checkNewUsers refuses users who are to be in a room and do not exist: by Hooks.CheckUsers,
// or else by the host's table.
func (c *conn) checkNewUsers(field string, ids ...UserID) error {
	if c.config.Hooks.CheckUsers == nil {
		return c.checkUsers(field, ids...)
	}
	missing, err := c.missingUsers(ids...)
	if err == nil && len(missing) > 0 {
		err = noSuchUser(field)
	}
	return err
}

// checkPair is checkNewUsers for the users of a private room.
func (c *conn) checkPair(me, other UserID) error {
	if c.config.Hooks.CheckUsers == nil {
		if err := c.checkUsers("actor", me); err != nil {
			return err
		}
		return c.checkUsers("user_id", other)
	}
	missing, err := c.missingUsers(me, other)
	switch {
	case err != nil || len(missing) == 0:
		return err
	case slices.Contains(missing, me):
		return noSuchUser("actor")
	}
	return noSuchUser("user_id")
}

// missingUsers calls Hooks.CheckUsers, with a session of the host's on the transaction.
func (c *conn) missingUsers(ids ...UserID) ([]UserID, error) {
	tx := c.host.Session(&gorm.Session{NewDB: true, Context: c.ctx})
	tx.Error = nil
	tx.Statement.ConnPool = c.db.Statement.ConnPool
	return c.config.Hooks.CheckUsers(c.ctx, tx, slices.Clone(ids))
}
