package chat

import (
	"database/sql/driver"
	"encoding/json"
	"math/bits"
	"strings"
)

// Permissions is a set of the nine rights that a member of a room may have. In
// JSON it is the list of their names.
type Permissions int64

// The nine permissions.
const (
	CanAddUsers          Permissions = 1 << iota // add people, with the room's default permissions, which one must hold
	CanRemoveUsers                               // remove members other than the owner, and ban
	CanCreateMessages                            // send
	CanDeleteMessages                            // delete other people's messages
	CanDeleteOwnMessages                         // delete one's own messages
	CanEditMessages                              // edit other people's messages
	CanEditOwnMessages                           // edit one's own messages, together with CanCreateMessages
	CanEditRoom                                  // edit the room, and give and take the permissions one holds
	CanDeleteRoom                                // delete a private room; in groups and channels the owner's alone

	NoPermissions  Permissions = 0
	AllPermissions Permissions = 1<<9 - 1
)

var permissionNames = [...]string{
	"can_add_users", "can_remove_users", "can_create_messages", "can_delete_messages", "can_delete_own_messages",
	"can_edit_messages", "can_edit_own_messages", "can_edit_room", "can_delete_room",
}

// Has reports whether p contains every permission of q.
func (p Permissions) Has(q Permissions) bool { return p&q == q }

// Names lists the set as JSON spells it: "can_add_users", ….
func (p Permissions) Names() []string {
	names := make([]string, 0, bits.OnesCount64(uint64(p&AllPermissions)))
	for i, name := range permissionNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

func (p Permissions) String() string { return "[" + strings.Join(p.Names(), " ") + "]" }

// Value binds the set as a number. A driver that knows no Valuer here might bind what
// String returns.
func (p Permissions) Value() (driver.Value, error) { return int64(p), nil }

// MarshalJSON writes the list of names.
func (p Permissions) MarshalJSON() ([]byte, error) { return json.Marshal(p.Names()) }

// UnmarshalJSON reads a list of names. An unknown name is ErrInvalid.
func (p *Permissions) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return invalid("permissions", CodeInvalidJSON, "must be a list of permission names")
	}
	set, err := ParsePermissions(names...)
	if err == nil {
		*p = set
	}
	return err
}

// ParsePermissions turns names such as "can_add_users" into a set. An unknown
// name is ErrInvalid.
func ParsePermissions(names ...string) (Permissions, error) {
	var set Permissions
next:
	for _, name := range names {
		for i, known := range permissionNames {
			if name == known {
				set |= 1 << i
				continue next
			}
		}
		return 0, invalid("permissions", CodeUnknownValue, "has no %q", name)
	}
	return set, nil
}

// DefaultPermissions is what a member of a room of this type has unless the room
// or the member says otherwise.
func DefaultPermissions(t RoomType) Permissions {
	switch t {
	case PrivateMessages:
		return CanCreateMessages | CanEditOwnMessages | CanDeleteOwnMessages | CanDeleteRoom
	case Group:
		return CanCreateMessages | CanEditOwnMessages | CanDeleteOwnMessages | CanAddUsers
	case Channel:
		return CanAddUsers
	}
	return NoPermissions
}

// checkBits refuses what is no set of permissions, in any room.
func checkBits(field string, p *Permissions) error {
	if p != nil && !AllPermissions.Has(*p) {
		return invalid(field, CodeUnknownValue, "has unknown bits")
	}
	return nil
}

// checkPermissions refuses sets that a room of this type cannot give.
func checkPermissions(field string, t RoomType, p *Permissions) error {
	if err := checkBits(field, p); err != nil {
		return err
	}
	if p != nil && t != PrivateMessages && p.Has(CanDeleteRoom) {
		return invalid(field, CodeNotAllowed, "cannot give can_delete_room in a %s: only the owner deletes it", t)
	}
	return nil
}

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
	opBan
	opUnban
	opSeeBans
	opSetPermissions
	opUpdateRoom
	opTransfer
	opDeleteRoom
	opSend
	opEdit
	opDelete
	opReact
	opUnreact
	opMentionRoom
	opSendAtAnyPace // in slow mode
	opPin
	opUnpin
	opDeleteMedia // that are in use
)

// access is what the actor is to a room, and may do in it.
type access struct {
	system      bool
	member      bool
	owner       bool
	banned      bool        // from the room; read only where the actor is about to join
	permissions Permissions // effective: own, or else the room's default; all for the owner
	joined      int64       // RoomUser.JoinedNumber
}

// sees reports whether a member, or System, sees a message of the room by its number. It is
// visibleMessage in Go.
func (a access) sees(number int64) bool { return a.system || number > a.joined }

// roomState is what decide needs to know of a room. A deleted room has none: it
// is not found before anybody asks.
type roomState struct {
	roomType RoomType
	public   bool
	closed   bool // private, and the other user was erased: it can be read and taken from
}

// target is what the operation is about.
type target struct {
	child        bool        // reached by an id of its own: a message, a media item, a reaction
	own          bool        // the actor's own message, reaction, state or membership
	owner        bool        // the member is the room's owner
	permissions  Permissions // what the member may do
	changed      Permissions // the bits that would be given or taken
	set          bool        // permissions are given explicitly, rather than left to the default
	number       int64       // of the message that it is, or is in; 0: of none
	opensHistory bool        // newcomers would see the whole history, and do not now
	deleted      bool        // the message is a tombstone
	crowded      bool        // the room has more members than may all be mentioned by anyone
}

// decide is the one function that allows or refuses. It returns nil, ErrNotFound,
// ErrForbidden or ErrConflict: what one may not see does not exist; after that
// the right is checked, and only then whether the room allows it at all.
func decide(actor access, op operation, room roomState, on target) error {
	if err := visible(actor, op, room, on); err != nil {
		return err
	}
	if !actor.system && !permitted(actor, op, room, on) {
		return ErrForbidden
	}
	return possible(op, room, on)
}

// visible hides rooms and their content from those who are not in them, and from newcomers
// the messages before them. A public room can be seen and joined by anyone.
func visible(actor access, op operation, room roomState, on target) error {
	switch {
	case on.number != 0 && !actor.sees(on.number):
		return ErrNotFound
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

// permitted checks the right, of someone to whom the room is visible.
func permitted(actor access, op operation, room roomState, on target) bool {
	has := actor.permissions.Has
	switch op {
	case opSeeRoom, opRead, opLeave:
		return true
	case opJoin:
		return !actor.banned
	case opReact:
		return !room.closed
	case opKeepOwnState, opUnreact, opDeleteMedia:
		return on.own
	case opAddUsers:
		return has(CanAddUsers|on.changed) && (!on.set || has(CanEditRoom))
	case opRemoveUser:
		return on.own || mayRemove(actor, on)
	case opBan:
		return mayRemove(actor, on)
	case opUnban, opSeeBans:
		return has(CanRemoveUsers)
	case opSetPermissions:
		return mayGrant(actor, on)
	case opUpdateRoom:
		return has(CanEditRoom) && has(on.changed) && (!on.opensHistory || actor.joined == 0) // one opens what one sees
	case opTransfer:
		return actor.owner
	case opDeleteRoom:
		return actor.owner || room.roomType == PrivateMessages && has(CanDeleteRoom)
	case opSend:
		return has(CanCreateMessages) && !room.closed
	case opEdit:
		return mayEdit(actor, on) && !room.closed
	case opMentionRoom:
		return !on.crowded || has(CanEditRoom)
	case opSendAtAnyPace:
		return has(CanDeleteMessages)
	case opPin:
		return has(CanEditRoom) && !room.closed
	case opUnpin:
		return has(CanEditRoom)
	case opDelete:
		if on.own {
			return has(CanDeleteOwnMessages)
		}
		return has(CanDeleteMessages)
	}
	return false
}

// mayEdit: to edit one's own message is to write, and needs the right to.
func mayEdit(actor access, on target) bool {
	if on.own {
		return actor.permissions.Has(CanEditOwnMessages | CanCreateMessages)
	}
	return actor.permissions.Has(CanEditMessages)
}

// mayGrant: one gives and takes only what one holds. That the owner's never change
// is no matter of rights.
func mayGrant(actor access, on target) bool {
	if on.owner {
		return actor.permissions.Has(CanEditRoom)
	}
	return actor.permissions.Has(CanEditRoom | on.changed)
}

// administrative are the permissions over other people and over the room.
const administrative = CanRemoveUsers | CanDeleteMessages | CanEditMessages | CanEditRoom

// mayRemove: nobody removes a member who holds an administrative permission that they
// lack themselves. That the owner stays is no matter of rights.
func mayRemove(actor access, on target) bool {
	return actor.permissions.Has(CanRemoveUsers) && (on.owner || actor.permissions.Has(on.permissions&administrative))
}

// possible refuses, for System too, what would break a rule of the room: a
// private room is its two users for ever, and an owner stays until another is
// named.
func possible(op operation, room roomState, on target) error {
	if op == opDeleteMedia {
		return conflict("the media item is in use")
	}
	if on.deleted && (op == opEdit || op == opReact || op == opPin) {
		return conflict("the message was deleted")
	}
	if room.roomType == PrivateMessages {
		switch op {
		case opLeave, opAddUsers, opRemoveUser, opBan, opUnban, opSeeBans, opSetPermissions, opUpdateRoom, opTransfer:
			return conflict("a private room is its two users, and nothing about it changes")
		}
		return nil
	}
	switch {
	case on.owner && (op == opLeave || op == opRemoveUser || op == opBan):
		return conflict("the owner must transfer the room first")
	case on.owner && op == opSetPermissions:
		return conflict("the owner's permissions cannot be changed")
	}
	return nil
}
