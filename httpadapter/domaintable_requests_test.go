package httpadapter_test

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// domainMethodsWithoutRoute are the operations of the service that the API does not
// offer.
var domainMethodsWithoutRoute = map[string]string{
	"Close":          "ends the service; the host's own call",
	"Logger":         "returns what the host configured; the host's own call",
	"InTx":           "is about the host's own transactions",
	"WithTx":         "is about the host's own transactions",
	"UserIDType":     "is a setting of the host",
	"Limits":         "returns the host's own configuration",
	"Features":       "returns the host's own configuration",
	"PurgeRooms":     "the host's own job",
	"PruneEvents":    "the host's own job",
	"SweepMedia":     "the host's own job",
	"Maintain":       "the host's own job",
	"DeleteMessages": "the host's own job",
	"ImportMessages": "the host's own job",
	"MediaURL":       "what chat_media_content redirects to where Config.RedirectMedia says so",
	"EraseUser":      "System's alone: a user is erased when the host says so",
	"Subscribe":      "event_stream and event_poll, which the tests of streams are about: it refuses a host's transaction",
	"Check":          "the host's own job",
	"RoomByKey":      "is for the host, whose key it is",
	"PrivateRoom":    "chat_room_create opens the room or finds it",
	"MediaByIDs":     "leaves out what Media refuses, and is done for everybody",
	"AllRooms":       "is for the host's own code, which goes through everything; a front end has pages",
	"AllRoomUsers":   "is for the host's own code, which goes through everything; a front end has pages",
	"AllMessages":    "is for the host's own code, which goes through everything; a front end has pages",
	"AllMedia":       "is for the host's own code, which goes through everything; a front end has pages",
	"MessagesBy":     "is for the host's own pages about a user",
	"MediaBy":        "is for the host's own pages about a user",
	"Digest":         "the host's own job",
	"ExportUser":     "the host's own job",
	"HasThumbnail":   "looks at a media item that the actor has: thumbnail_url says it",
}

// domainRoutesWithoutLine are the routes that no operation of the table stands behind.
var domainRoutesWithoutLine = map[string]string{
	"openapi_retrieve": "the description is open to anybody",
	"event_stream":     "the tests of streams say who is told what",
	"event_poll":       "the tests of streams say who is told what",
	"chat_media_list":  "it leaves out what chat_media_retrieve refuses",
	"user_list":        "it is the host's Config.Profiles, or its Config.SearchUsers",
	"user_retrieve":    "it is the host's Config.Profiles",
}

// domainTry is a use case of the table, and how to ask for it.
type domainTry struct {
	method, target string
	route          string // by operation id
	on             string // what it names by its id, of domainSetting.things
	user           string // whom it names, of domainSetting.users; "": a {user} of the path is "me"
	query          string
	body           func(domainCall) any
	done           int  // the status when it is done; 0: the usual one of the HTTP method
	unknownKey     bool // it can only be asked for with a key that the API does not take
}

// domainCall is what a request is filled with.
type domainCall struct {
	kind     domainRoom
	room, id uuid.UUID
	user     chat.UserID
}

type object = map[string]any

func domainTries(room domainRoom) []domainTry {
	if room.anywhere {
		return domainTriesAnywhere()
	}
	return slices.Concat(domainTriesOnRooms(), domainTriesOnUpdateRoom(), domainTriesOnMembers(),
		domainTriesOnAddUsers(), domainTriesOnUpdateRoomUser(), domainTriesOnSend(), domainTriesOnMessages(),
		domainTriesOn("media/", "Media", "chat_media_retrieve", everyMedium...),
		domainTriesOn("media/", "OpenMedia", "chat_media_content", everyMedium...),
		domainTriesOnThumbnails(everyMedium),
		domainTriesOn("media/", "DeleteMedia", "chat_media_delete", everyMedium...),
		domainTriesOn("reaction/", "Reaction", "chat_message_reactions_retrieve", everyReaction...),
		done(http.StatusOK, domainTriesOn("reaction/", "Unreact", "chat_message_reactions_delete", everyReaction...)))
}

var (
	everyMessage  = []string{"own", "another's", "System's", "an erased author's", "another's tombstone", "in another room"}
	everyMedium   = []string{"own in a message", "another's in a message", "the avatar", "in another room"}
	looseMedia    = []string{"own unsent", "another's unsent", "own pending", "own released"}
	everyReaction = []string{"own", "another's", "in another room"}
)

func domainTriesOnThumbnails(targets []string) []domainTry {
	tries := domainTriesOn("media/", "OpenThumbnail", "chat_media_content", targets...)
	for i := range tries {
		tries[i].query = "?variant=thumbnail"
	}
	return tries
}

// domainTriesOn asks one route for each of its targets.
func domainTriesOn(prefix, method, route string, targets ...string) (tries []domainTry) {
	for _, target := range targets {
		tries = append(tries, domainTry{method: method, target: target, route: route, on: prefix + target})
	}
	return tries
}

// with gives tries a body.
func with(body func(domainCall) any, tries []domainTry) []domainTry {
	for i := range tries {
		tries[i].body = body
	}
	return tries
}

// done gives tries the status of what is allowed.
func done(status int, tries []domainTry) []domainTry {
	for i := range tries {
		tries[i].done = status
	}
	return tries
}

// fixed is a body that is the same for all.
func fixed(body object) func(domainCall) any { return func(domainCall) any { return body } }

func domainTriesOnRooms() []domainTry {
	on := func(method, route string) domainTry {
		return domainTry{method: method, target: "the room", route: route, on: "room"}
	}
	join, read, search := on("JoinRoom", "chat_room_join"), on("MarkRead", "room_user_read"), on("SearchMessages", "chat_message_search")
	typing, unread := on("Typing", "room_typing"), on("MarkUnread", "room_user_unread")
	join.done, typing.done = http.StatusOK, http.StatusNoContent
	read.body, unread.body = fixed(object{"number": 1}), fixed(object{"number": 1})
	search.query = "?q=words&room={room}"
	return []domainTry{
		on("Room", "chat_room_retrieve"), join, on("LeaveRoom", "room_user_delete"), on("DeleteRoom", "chat_room_delete"),
		on("RoomUsers", "room_user_list"), on("Bans", "room_ban_list"), read, unread, typing, on("Messages", "chat_message_list"), search,
		on("Events", "room_event_list"), on("Pins", "chat_pin_list"),
	}
}

func domainTriesOnUpdateRoom() []domainTry {
	update := func(target, on string, body func(domainCall) any) domainTry {
		return domainTry{method: "UpdateRoom", target: target, route: "chat_room_update", on: on, body: body}
	}
	avatar := func(x domainCall) any { return object{"avatar_id": x.id} }
	permissions := func(change func(chat.Permissions) chat.Permissions) func(domainCall) any {
		return func(x domainCall) any { return object{"default_permissions": change(domainDefaults[x.kind.Type])} }
	}
	return []domainTry{
		update("history from joining on", "room", fixed(object{"history_visibility": chat.HistoryJoined})),
		update("all of the history", "room", fixed(object{"history_visibility": chat.HistoryAll})),
		update("an avatar of one's own", "media/own unsent", avatar),
		update("an avatar of another's", "media/another's unsent", avatar),
		update("an avatar that is no image", "media/own text", avatar),
		update("an avatar in use", "media/own in a message", avatar),
		update("the default to none", "room", permissions(toNone)),
		update("the default plus can_edit_room", "room", permissions(plus(chat.CanEditRoom))),
		update("the default plus can_delete_room", "room", permissions(plus(chat.CanDeleteRoom))),
		update("name", "room", fixed(object{"name": "A new name"})),
		update("slow mode", "room", fixed(object{"slow_mode": 60})),
		update("public", "room", fixed(object{"is_public": true})),
	}
}

func toNone(chat.Permissions) chat.Permissions { return chat.NoPermissions }

func plus(more chat.Permissions) func(chat.Permissions) chat.Permissions {
	return func(set chat.Permissions) chat.Permissions { return set | more }
}

func domainTriesOnMembers() (tries []domainTry) {
	for _, user := range []string{"another", "oneself", "the owner", "a stranger", "an administrator", "one who removes", "one banned"} {
		tries = append(tries, domainTry{
			method: "BanUser", target: user, route: "room_ban_create", on: "room", user: user, done: http.StatusNoContent,
			body: func(x domainCall) any { return object{"user_id": x.user, "reason": "another one"} },
		})
		if user != "one banned" {
			tries = append(tries, domainTry{method: "RemoveUser", target: user, route: "room_user_delete", on: "room", user: user})
		}
	}
	for _, user := range []string{"another", "a stranger", "one banned"} {
		tries = append(tries, domainTry{method: "UnbanUser", target: user, route: "room_ban_delete", on: "room", user: user})
	}
	for _, user := range []string{"another", "oneself", "the owner", "a stranger"} {
		tries = append(tries,
			domainTry{method: "RoomUser", target: user, route: "room_user_retrieve", on: "room", user: user})
		if user != "oneself" {
			tries = append(tries, domainTry{
				method: "TransferOwnership", target: user, route: "chat_room_transfer", on: "room", user: user, done: http.StatusOK,
				body: func(x domainCall) any { return object{"user_id": x.user} },
			})
		}
	}
	return tries
}

func domainTriesOnAddUsers() []domainTry {
	add := func(target, user string, permissions func(chat.Permissions) chat.Permissions) domainTry {
		return domainTry{
			method: "AddUsers", target: target, route: "room_user_create", on: "room", user: user, done: http.StatusOK,
			body: func(x domainCall) any {
				newcomer := object{"user_id": x.user}
				if permissions != nil {
					newcomer["permissions"] = permissions(domainDefaults[x.kind.Type])
				}
				return object{"members": []any{newcomer}}
			},
		}
	}
	return []domainTry{
		add("a stranger by default", "a stranger", nil),
		add("a member", "another", nil),
		add("no user id", "", nil),
		add("a stranger with the default's permissions", "a stranger", plus(chat.NoPermissions)),
		add("a stranger with none", "a stranger", toNone),
		add("a stranger with can_delete_room", "a stranger", plus(chat.CanDeleteRoom)),
		add("one banned", "one banned", nil),
	}
}

func domainTriesOnUpdateRoomUser() []domainTry {
	update := func(target, user string, body func(domainCall) any) domainTry {
		return domainTry{method: "UpdateRoomUser", target: target, route: "room_user_update", on: "room", user: user, body: body}
	}
	mute, archive, pin := fixed(object{"muted": true}), fixed(object{"hidden": true}), fixed(object{"pinned": true})
	set := func(change func(chat.Permissions) chat.Permissions) func(domainCall) any {
		return func(x domainCall) any { return object{"permissions": change(domainDefaults[x.kind.Type])} }
	}
	return []domainTry{
		update("mute another", "another", mute),
		update("mute oneself", "oneself", mute),
		update("mute a stranger", "a stranger", mute),
		update("archive another", "another", archive),
		update("archive oneself", "oneself", archive),
		update("archive a stranger", "a stranger", archive),
		update("pin another", "another", pin),
		update("pin oneself", "oneself", pin),
		update("pin a stranger", "a stranger", pin),
		update("another to the same", "another", set(plus(chat.NoPermissions))),
		update("another plus can_edit_room", "another", set(plus(chat.CanEditRoom))),
		update("another plus can_delete_room", "another", set(plus(chat.CanDeleteRoom))),
		update("another to none", "another", set(toNone)),
		update("one with none back to the default", "one with none", fixed(object{"permissions": nil})),
		update("oneself to none", "oneself", set(toNone)),
		update("oneself to all that can be given", "oneself", func(x domainCall) any {
			return object{"permissions": givable(x.kind.Type)}
		}),
		update("the owner to none", "the owner", set(toNone)),
		update("a stranger to none", "a stranger", set(toNone)),
	}
}

func domainTriesOnSend() []domainTry {
	send := func(target, on string, body func(domainCall) any) domainTry {
		return domainTry{method: "SendMessage", target: target, route: "chat_message_create", on: on, body: body}
	}
	medium := func(x domainCall) any { return object{"media_ids": []uuid.UUID{x.id}} }
	reply := func(x domainCall) any { return object{"text": "hello", "reply_to_id": x.id} }
	return []domainTry{
		send("a text", "room", fixed(object{"text": "hello"})),
		send("mentions", "room", fixed(object{"text": "hello", "mentions": []string{"1"}, "mention_room": true})),
		send("own medium", "media/own unsent", medium),
		send("own medium in use", "media/own in a message", medium),
		send("own released medium", "media/own released", medium),
		send("another's medium", "media/another's unsent", medium),
		send("a reply", "message/another's", reply),
		send("a reply to a tombstone", "message/another's tombstone", reply),
		send("a reply to another room's message", "message/in another room", reply),
	}
}

func domainTriesOnMessages() []domainTry {
	withOwn := append(slices.Clone(everyMessage), "own tombstone")
	return slices.Concat(
		domainTriesOn("message/", "Message", "chat_message_retrieve", everyMessage...),
		domainTriesOn("message/", "Reactions", "chat_message_reactions_list", everyMessage...),
		domainTriesOn("message/", "Replies", "chat_message_replies_list", everyMessage...),
		done(http.StatusOK, domainTriesOn("message/", "PinMessage", "chat_message_pin", everyMessage...)),
		domainTriesOn("message/", "UnpinMessage", "chat_message_unpin", everyMessage...),
		with(fixed(object{"reaction": "🎉"}),
			domainTriesOn("message/", "React", "chat_message_reactions_create", everyMessage...)),
		with(fixed(object{"text": "other words"}),
			domainTriesOn("message/", "EditMessage", "chat_message_update", withOwn...)),
		domainTriesOn("message/", "DeleteMessage", "chat_message_delete", withOwn...))
}

func domainTriesAnywhere() []domainTry {
	open := func(user string) domainTry {
		return domainTry{method: "OpenPrivate", target: user, route: "chat_room_create", on: "room", user: user,
			body: func(x domainCall) any { return object{"type": "private_messages", "user_id": x.user} }}
	}
	create := func(target string, body func(domainCall) any) domainTry {
		return domainTry{method: "CreateRoom", target: target, route: "chat_room_create", on: "room", user: "another", body: body}
	}
	member := func(set chat.Permissions) func(domainCall) any {
		return func(x domainCall) any {
			return object{"name": "New", "members": []any{object{"user_id": x.user, "permissions": set}}}
		}
	}
	owned := create("naming an owner", func(x domainCall) any { return object{"name": "New", "owner": x.user} })
	owned.unknownKey = true
	keyed := create("with a key", fixed(object{"name": "New", "key": "a new key"}))
	keyed.unknownKey = true
	ownerless := create("ownerless", fixed(object{"name": "New", "ownerless": true}))
	ownerless.unknownKey = true
	return slices.Concat([]domainTry{
		{method: "Rooms", target: "mine", route: "chat_room_list", on: "room"},
		{method: "Mentions", target: "mine", route: "chat_mention_list", on: "room"},
		{method: "Unread", target: "mine", route: "unread_retrieve", on: "room"},
		{method: "Reactions", target: "mine", route: "chat_reactions_list", on: "room"},
		{method: "Unread", target: "mine", route: "me_retrieve", on: "room"},
		{method: "SearchRooms", target: "public ones", route: "chat_room_list", on: "room", query: "?q=room"},
		{method: "SearchMessages", target: "mine", route: "chat_message_search", on: "room", query: "?q=words"},
		{method: "UploadMedia", target: "a file", route: "chat_media_create", on: "room"},
		open("another"), open("oneself"),
		create("a group", fixed(object{"type": "group", "name": "New"})),
		create("a channel", fixed(object{"type": "channel", "name": "New"})),
		owned, keyed, ownerless,
		create("a member with all that can be given", member(givable(chat.Group))),
		create("a member with can_delete_room", member(chat.AllPermissions)),
	},
		domainTriesOn("media/", "Media", "chat_media_retrieve", looseMedia...),
		domainTriesOn("media/", "OpenMedia", "chat_media_content", looseMedia...),
		domainTriesOnThumbnails(looseMedia),
		domainTriesOn("media/", "DeleteMedia", "chat_media_delete", looseMedia...))
}
