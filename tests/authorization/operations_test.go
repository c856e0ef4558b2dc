package authorization_test

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// tableCase is a use case of the table, and how to try it.
type tableCase struct {
	useCase
	on   string // what it names by its id, of setting.things
	user string // whom it names, of setting.users
	call func(tableCall) error
}

// tableCall is a tableCase tried by one actor.
type tableCall struct {
	ctx      context.Context
	s        *chat.Service
	actor    chat.Actor
	room     uuid.UUID
	id       uuid.UUID // of what the operation is about
	user     chat.UserID
	stranger chat.UserID
	kind     roomKind
}

// useCases are those that a section of the table is about.
func useCases(room string) (cases []useCase) {
	for _, try := range tryouts(parseRoomKind(room)) {
		cases = append(cases, try.useCase)
	}
	return cases
}

func tryouts(room roomKind) []tableCase {
	if room.anywhere {
		return triesAnywhere()
	}
	return slices.Concat(
		triesOnRooms(), triesOnUpdateRoom(), triesOnMembers(), triesOnAddUsers(), triesOnUpdateRoomUser(),
		triesOnSend(), triesOnMessages(), triesOnMedia(), triesOnReactions(),
	)
}

func triesOnRooms() []tableCase {
	onRoom := func(method string, call func(tableCall) error) tableCase {
		return tableCase{useCase{method, "the room"}, "room", "", call}
	}
	return []tableCase{
		onRoom("Room", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Room(x.ctx, x.actor, x.id)) }),
		{useCase{"PrivateRoom", "another"}, "room", "another", privateRoom},
		onRoom("RoomByKey", func(x tableCall) error { return chatsuite.ErrorOf(x.s.RoomByKey(x.ctx, x.actor, x.id.String())) }),
		onRoom("JoinRoom", func(x tableCall) error { return chatsuite.ErrorOf(x.s.JoinRoom(x.ctx, x.actor, x.id)) }),
		onRoom("LeaveRoom", func(x tableCall) error { return x.s.LeaveRoom(x.ctx, x.actor, x.id) }),
		onRoom("DeleteRoom", func(x tableCall) error { return x.s.DeleteRoom(x.ctx, x.actor, x.id) }),
		onRoom("RoomUsers", func(x tableCall) error { return chatsuite.ErrorOf(x.s.RoomUsers(x.ctx, x.actor, x.id, chat.Page{})) }),
		onRoom("AllRooms", func(x tableCall) error {
			return isAmong(x.s.AllRooms(x.ctx, x.actor, chat.RoomFilter{}), func(r chat.Room) bool { return r.ID == x.id })
		}),
		onRoom("AllRoomUsers", func(x tableCall) error {
			return last(x.s.AllRoomUsers(x.ctx, x.actor, chat.RoomUserFilter{RoomID: &x.id}))
		}),
		onRoom("AllMessages", func(x tableCall) error {
			return last(x.s.AllMessages(x.ctx, x.actor, chat.MessageFilter{RoomID: &x.id}))
		}),
		onRoom("Bans", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Bans(x.ctx, x.actor, x.id, chat.Page{})) }),
		onRoom("MarkRead", func(x tableCall) error { return chatsuite.ErrorOf(x.s.MarkRead(x.ctx, x.actor, x.id, 1)) }),
		onRoom("MarkUnread", func(x tableCall) error { return chatsuite.ErrorOf(x.s.MarkUnread(x.ctx, x.actor, x.id, 1)) }),
		onRoom("Typing", func(x tableCall) error { return x.s.Typing(x.ctx, x.actor, x.id) }),
		onRoom("Messages", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.Messages(x.ctx, x.actor, x.id, chat.HistoryQuery{}))
		}),
		onRoom("Pins", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Pins(x.ctx, x.actor, x.id)) }),
		onRoom("Events", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.Events(x.ctx, x.actor, x.id, chat.EventsQuery{}))
		}),
		onRoom("SearchMessages", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.SearchMessages(x.ctx, x.actor, chat.MessageSearchQuery{Query: "words", RoomID: &x.id}))
		}),
	}
}

func triesOnUpdateRoom() []tableCase {
	update := func(target, on string, patch func(x tableCall) chat.RoomPatch) tableCase {
		return tableCase{useCase{"UpdateRoom", target}, on, "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.UpdateRoom(x.ctx, x.actor, x.room, patch(x)))
		}}
	}
	avatar := func(target, on string) tableCase {
		return update(target, on, func(x tableCall) chat.RoomPatch { return chat.RoomPatch{AvatarID: &x.id} })
	}
	permissions := func(target string, change func(byDefault chat.Permissions) chat.Permissions) tableCase {
		return update(target, "room", func(x tableCall) chat.RoomPatch {
			set := change(defaultSets[x.kind.Type])
			return chat.RoomPatch{DefaultPermissions: &set}
		})
	}
	history := func(target string, visibility chat.HistoryVisibility) tableCase {
		return update(target, "room", func(tableCall) chat.RoomPatch { return chat.RoomPatch{HistoryVisibility: &visibility} })
	}
	return []tableCase{
		history("history from joining on", chat.HistoryJoined),
		history("all of the history", chat.HistoryAll),
		avatar("an avatar of one's own", "media/own unsent"),
		avatar("an avatar of another's", "media/another's unsent"),
		avatar("an avatar that is no image", "media/own text"),
		avatar("an avatar in use", "media/own in a message"),
		permissions("the default to none", toNone),
		permissions("the default plus can_edit_room", plus(chat.CanEditRoom)),
		permissions("the default plus can_delete_room", plus(chat.CanDeleteRoom)),
		update("name", "room", func(tableCall) chat.RoomPatch {
			name := "A new name"
			return chat.RoomPatch{Name: &name}
		}),
		update("slow mode", "room", func(tableCall) chat.RoomPatch {
			seconds := 60
			return chat.RoomPatch{SlowMode: &seconds}
		}),
		update("public", "room", func(tableCall) chat.RoomPatch {
			yes := true
			return chat.RoomPatch{Public: &yes}
		}),
	}
}

func toNone(chat.Permissions) chat.Permissions { return chat.NoPermissions }

func plus(more chat.Permissions) func(chat.Permissions) chat.Permissions {
	return func(set chat.Permissions) chat.Permissions { return set | more }
}

func triesOnMembers() []tableCase {
	on := func(method string, call func(tableCall) error, users ...string) (tries []tableCase) {
		for _, user := range users {
			tries = append(tries, tableCase{useCase{method, user}, "room", user, call})
		}
		return tries
	}
	return slices.Concat(
		on("RoomUser", func(x tableCall) error { return chatsuite.ErrorOf(x.s.RoomUser(x.ctx, x.actor, x.id, x.user)) },
			"another", "oneself", "the owner", "a stranger"),
		on("RemoveUser", func(x tableCall) error { return x.s.RemoveUser(x.ctx, x.actor, x.id, x.user) },
			"another", "oneself", "the owner", "a stranger", "an administrator", "one who removes"),
		on("BanUser", func(x tableCall) error {
			return x.s.BanUser(x.ctx, x.actor, x.id, x.user, chat.BanOptions{Reason: "another one"})
		}, "another", "oneself", "the owner", "a stranger", "an administrator", "one who removes", "one banned"),
		on("UnbanUser", func(x tableCall) error { return x.s.UnbanUser(x.ctx, x.actor, x.id, x.user) },
			"another", "a stranger", "one banned"),
		on("TransferOwnership", func(x tableCall) error { return chatsuite.ErrorOf(x.s.TransferOwnership(x.ctx, x.actor, x.id, x.user)) },
			"another", "the owner", "a stranger"),
	)
}

func triesOnAddUsers() []tableCase {
	add := func(target, user string, permissions func(byDefault chat.Permissions) chat.Permissions) tableCase {
		return tableCase{useCase{"AddUsers", target}, "room", user, func(x tableCall) error {
			newcomer := chat.NewRoomUser{UserID: x.user}
			if permissions != nil {
				set := permissions(defaultSets[x.kind.Type])
				newcomer.Permissions = &set
			}
			return chatsuite.ErrorOf(x.s.AddUsers(x.ctx, x.actor, x.id, newcomer))
		}}
	}
	return []tableCase{
		add("a stranger by default", "a stranger", nil),
		add("a member", "another", nil),
		add("no user id", "", nil),
		add("a stranger with the default's permissions", "a stranger", plus(chat.NoPermissions)),
		add("a stranger with none", "a stranger", toNone),
		add("a stranger with can_delete_room", "a stranger", plus(chat.CanDeleteRoom)),
		add("one banned", "one banned", nil),
	}
}

func triesOnUpdateRoomUser() []tableCase {
	update := func(target, user string, patch func(x tableCall) chat.RoomUserPatch) tableCase {
		return tableCase{useCase{"UpdateRoomUser", target}, "room", user, func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.UpdateRoomUser(x.ctx, x.actor, x.id, x.user, patch(x)))
		}}
	}
	yes := true
	own := func(patch chat.RoomUserPatch) func(tableCall) chat.RoomUserPatch {
		return func(tableCall) chat.RoomUserPatch { return patch }
	}
	mute, archive, pin := own(chat.RoomUserPatch{Muted: &yes}), own(chat.RoomUserPatch{Hidden: &yes}), own(chat.RoomUserPatch{Pinned: &yes})
	set := func(change func(chat.Permissions) chat.Permissions) func(tableCall) chat.RoomUserPatch {
		return func(x tableCall) chat.RoomUserPatch {
			permissions := change(defaultSets[x.kind.Type])
			return chat.RoomUserPatch{Permissions: &permissions}
		}
	}
	return []tableCase{
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
		update("one with none back to the default", "one with none", func(tableCall) chat.RoomUserPatch {
			return chat.RoomUserPatch{ResetPermissions: true}
		}),
		update("oneself to none", "oneself", set(toNone)),
		update("oneself to all that can be given", "oneself", func(x tableCall) chat.RoomUserPatch {
			all := givable(x.kind.Type)
			return chat.RoomUserPatch{Permissions: &all}
		}),
		update("the owner to none", "the owner", set(toNone)),
		update("a stranger to none", "a stranger", set(toNone)),
	}
}
