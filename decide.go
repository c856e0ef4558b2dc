package chat

// operation is what an actor wants to do to a room or to something in it.
type operation int

const (
	opSeeRoom operation = iota
	opJoin
	opRead // the members, messages, media and reactions
	opKeepOwnState
	opLeave
	opAddUsers
	opRemoveUser
	opSetPermissions
	opUpdateRoom
	opTransfer
	opDeleteRoom
	opSend
	opEdit
	opDelete
	opReact
	opUnreact
)

// standing is the actor's place in a room.
type standing struct {
	system      bool
	member      bool
	owner       bool
	permissions Permissions // effective: own, or else the room's default; all for the owner
}

// roomState is what decide needs to know of a room. A deleted room has none: it
// is not found before anybody asks.
type roomState struct {
	roomType RoomType
	public   bool
	closed   bool // private, and the other user was erased: it can be read and taken from
}

// target is what the operation is about.
type target struct {
	child   bool        // reached by an id of its own: a message, a medium, a reaction
	own     bool        // the actor's own message, reaction, state or membership
	owner   bool        // the member is the room's owner
	changed Permissions // the bits that would change
	set     bool        // permissions are given explicitly, rather than left to the default
}

// decide is the one place that says yes or no. It answers nil, ErrNotFound,
// ErrForbidden or ErrConflict. What one may not see does not exist; after that
// the right is asked for, and only then whether the room allows it at all.
func decide(actor standing, op operation, room roomState, on target) error {
	if err := visible(actor, op, room, on); err != nil {
		return err
	}
	if !actor.system && !permitted(actor, op, room, on) {
		return ErrForbidden
	}
	return possible(op, room, on)
}

// visible hides rooms and their content from those who are not in them. A
// public room can be seen and joined by anyone.
func visible(actor standing, op operation, room roomState, on target) error {
	switch {
	case actor.system || actor.member:
		return nil
	case !room.public || on.child:
		return ErrNotFound
	case op == opSeeRoom || op == opJoin:
		return nil
	default:
		return ErrForbidden
	}
}

// permitted asks for the right, of someone to whom the room is visible.
func permitted(actor standing, op operation, room roomState, on target) bool {
	has := actor.permissions.Has
	switch op {
	case opSeeRoom, opJoin, opRead, opLeave:
		return true
	case opReact:
		return !room.closed
	case opKeepOwnState, opUnreact:
		return on.own
	case opAddUsers:
		return has(CanAddUsers) && (!on.set || mayGrant(actor, on))
	case opRemoveUser:
		return on.own || has(CanRemoveUsers)
	case opSetPermissions:
		return mayGrant(actor, on)
	case opUpdateRoom:
		return has(CanEditRoom) && has(on.changed)
	case opTransfer:
		return actor.owner
	case opDeleteRoom:
		return actor.owner || room.roomType == PrivateMessages && has(CanDeleteRoom)
	case opSend:
		return has(CanCreateMessages) && !room.closed
	case opEdit:
		if on.own {
			return has(CanEditOwnMessages|CanCreateMessages) && !room.closed
		}
		return has(CanEditMessages) && !room.closed
	case opDelete:
		if on.own {
			return has(CanDeleteOwnMessages)
		}
		return has(CanDeleteMessages)
	}
	return false
}

// mayGrant: one gives and takes only what one holds. That the owner's never change
// is no matter of rights.
func mayGrant(actor standing, on target) bool {
	if on.owner {
		return actor.permissions.Has(CanEditRoom)
	}
	return actor.permissions.Has(CanEditRoom | on.changed)
}

// possible refuses, for System too, what would break a rule of the room: a
// private room is its two users for ever, and an owner stays until another is
// named.
func possible(op operation, room roomState, on target) error {
	if room.roomType == PrivateMessages {
		switch op {
		case opLeave, opAddUsers, opRemoveUser, opSetPermissions, opUpdateRoom, opTransfer:
			return conflict("a private room is its two users, and nothing about it changes")
		}
		return nil
	}
	switch {
	case on.owner && (op == opLeave || op == opRemoveUser):
		return conflict("the owner must transfer the room first")
	case on.owner && op == opSetPermissions:
		return conflict("the owner's permissions cannot be changed")
	}
	return nil
}
