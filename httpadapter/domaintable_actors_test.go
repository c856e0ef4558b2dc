package httpadapter_test

import (
	"strings"

	"github.com/go-df/chat"
)

// domainColumnsWithoutHTTP are the table's actors who cannot make a request.
var domainColumnsWithoutHTTP = map[string]string{
	"sys": "System is the host's own code; a request is always a user's",
	"nil": "Config.User returns an id: the handler never calls the service without an actor",
}

// domainActor is a column of the table.
type domainActor struct {
	column string
	// member has a set of their own, or the room's default when it is nil. admin's is
	// all that the room can give.
	member, admin, owner bool
	permissions          *chat.Permissions
	removed, erased      bool // were members
	banned               bool // was a member
	newcomer             bool // was a member, and came back to a room that shows history from joining on
	nobody               bool
	id                   chat.UserID // what Config.User says of one who is nobody
}

// domainActors are the columns that can make a request.
func domainActors() []domainActor {
	none := chat.NoPermissions
	actors := []domainActor{
		{column: "str"}, {column: "rem", removed: true}, {column: "ban", banned: true}, {column: "era", erased: true},
		{column: "def", member: true}, {column: "non", member: true, permissions: &none},
		{column: "adm", member: true, admin: true}, {column: "own", member: true, owner: true},
		{column: "new", member: true, admin: true, newcomer: true},
	}
	for i, column := range []string{"add", "rmu", "cre", "del", "dow", "edt", "eow", "edr", "drm"} {
		bit := chat.Permissions(1) << i
		actors = append(actors, domainActor{column: column, member: true, permissions: &bit})
	}
	return append(actors,
		domainActor{column: "emp", nobody: true}, domainActor{column: "bad", nobody: true, id: "me"})
}

// joins says that the actor is, or once was, in a room of this kind. From a private
// room nobody is removed, and of one whose user was erased the rest is closed.
func (a domainActor) joins(room domainRoom) bool {
	if a.erased && room.Type == chat.PrivateMessages {
		return room.closed
	}
	return a.member || a.removed || a.banned || a.erased
}

// possible is whether there is such an actor in such a room.
func (a domainActor) possible(room domainRoom) bool {
	if room.ownerless && a.owner {
		return false
	}
	return room.Type != chat.PrivateMessages || !a.owner && !a.removed && !a.banned && !a.newcomer
}

// domainRoom is a heading of the table, such as "deleted public channel".
type domainRoom struct {
	Type                    chat.RoomType
	public, closed, deleted bool
	ownerless               bool
	anywhere                bool // not about a room: asked by those who know a group
}

func parseDomainRoom(name string) (room domainRoom) {
	for _, word := range strings.Fields(name) {
		switch word {
		case "public":
			room.public = true
		case "closed":
			room.closed = true
		case "deleted":
			room.deleted = true
		case "ownerless":
			room.ownerless = true
		case "anywhere":
			room.anywhere, room.Type = true, chat.Group
		default:
			room.Type = chat.RoomType(word)
		}
	}
	return room
}

// The members' defaults, as the design has them.
var domainDefaults = map[chat.RoomType]chat.Permissions{
	chat.PrivateMessages: chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanDeleteRoom,
	chat.Group:           chat.CanCreateMessages | chat.CanEditOwnMessages | chat.CanDeleteOwnMessages | chat.CanAddUsers,
	chat.Channel:         chat.CanAddUsers,
}

// givable is all that a room of this type can give.
func givable(t chat.RoomType) chat.Permissions {
	if t == chat.PrivateMessages {
		return chat.AllPermissions
	}
	return chat.AllPermissions &^ chat.CanDeleteRoom
}
