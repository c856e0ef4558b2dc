package chat

import (
	"encoding/json"
	"math/bits"
	"strings"
)

// Permissions is a set of the nine rights that a member of a room may have. In
// JSON it is the list of their names.
type Permissions int64

// The nine permissions.
const (
	CanAddUsers          Permissions = 1 << iota // add people, with the room's default permissions
	CanRemoveUsers                               // remove members other than the owner
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

// MarshalJSON writes the list of names.
func (p Permissions) MarshalJSON() ([]byte, error) { return json.Marshal(p.Names()) }

// UnmarshalJSON reads a list of names. An unknown name is ErrInvalid.
func (p *Permissions) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return invalid("permissions", "must be a list of permission names")
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
		return 0, invalid("permissions", "has no %q", name)
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
		return invalid(field, "has unknown bits")
	}
	return nil
}

// checkPermissions refuses sets that a room of this type cannot give.
func checkPermissions(field string, t RoomType, p *Permissions) error {
	if err := checkBits(field, p); err != nil {
		return err
	}
	if p != nil && t != PrivateMessages && p.Has(CanDeleteRoom) {
		return invalid(field, "cannot give can_delete_room in a %s: only the owner deletes it", t)
	}
	return nil
}
