package authorization_test

import (
	"strings"

	"github.com/go-df/chat"
)

// actorKind is a column of the table.
type actorKind struct {
	column string
	// member has a set of their own, or the room's default when it is nil. admin's
	// is all that the room can give.
	member, admin, owner bool
	permissions          *chat.Permissions
	removed, erased      bool       // were members
	banned               bool       // was a member
	newcomer             bool       // was a member, and came back to a room that shows history from joining on
	stands               chat.Actor // for a kind that is nobody among the users
}

// person is an actor with an id of a user.
func (k actorKind) person() bool { return k.column != "sys" && !k.nobody() }

// nobody is refused before anything is looked at.
func (k actorKind) nobody() bool { return k.column == "emp" || k.column == "nil" || k.column == "bad" }

// joins says that the actor is, or once was, in a room of this kind. From a private
// room nobody is removed, and of one whose user was erased the rest is closed.
func (k actorKind) joins(room roomKind) bool {
	if k.erased && room.Type == chat.PrivateMessages {
		return room.closed
	}
	return k.member || k.removed || k.banned || k.erased
}

// possible is whether there is such an actor in such a room.
func (k actorKind) possible(room roomKind) bool {
	if room.ownerless && k.owner {
		return false
	}
	return room.Type != chat.PrivateMessages || !k.owner && !k.removed && !k.banned && !k.newcomer
}

// actorKinds are the table's columns, in order.
func actorKinds() []actorKind {
	none := chat.NoPermissions
	kinds := []actorKind{
		{column: "str"}, {column: "rem", removed: true}, {column: "ban", banned: true}, {column: "era", erased: true},
		{column: "def", member: true}, {column: "non", member: true, permissions: &none},
		{column: "adm", member: true, admin: true}, {column: "own", member: true, owner: true},
		{column: "new", member: true, admin: true, newcomer: true},
	}
	for i, column := range []string{"add", "rmu", "cre", "del", "dow", "edt", "eow", "edr", "drm"} {
		bit := chat.Permissions(1) << i
		kinds = append(kinds, actorKind{column: column, member: true, permissions: &bit})
	}
	return append(kinds,
		actorKind{column: "sys", stands: chat.System}, actorKind{column: "emp", stands: chat.UserID("")},
		actorKind{column: "nil"}, actorKind{column: "bad", stands: chat.UserID("me")})
}

func tableColumns() (names []string) {
	for _, k := range actorKinds() {
		names = append(names, k.column)
	}
	return names
}

// set is what a member of this kind may do in a room of this type.
func (k actorKind) set(room chat.RoomType) chat.Permissions {
	switch {
	case k.admin:
		return givable(room)
	case k.permissions != nil:
		return *k.permissions
	default:
		return defaultSets[room]
	}
}

// roomKind is a heading of the table, such as "deleted public channel".
type roomKind struct {
	Type                    chat.RoomType
	public, closed, deleted bool
	ownerless               bool
	anywhere                bool // not about a room: asked by those who know a group
}

func parseRoomKind(name string) (kind roomKind) {
	for _, word := range strings.Fields(name) {
		switch word {
		case "public":
			kind.public = true
		case "closed":
			kind.closed = true
		case "deleted":
			kind.deleted = true
		case "ownerless":
			kind.ownerless = true
		case "anywhere":
			kind.anywhere, kind.Type = true, chat.Group
		default:
			kind.Type = chat.RoomType(word)
		}
	}
	return kind
}
