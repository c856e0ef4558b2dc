package model_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The model's world is small, so that everything meets everything.
const (
	modelUsers = 6
	modelRooms = 6 // living ones; beyond, fewer are made
)

// modelUser is the n-th user's id in the oracle.
func modelUser(n int) chat.UserID { return chatsuite.SQLite.UserID(n) }

// chooser draws commands that are mostly allowed and mostly do something, because
// it knows the oracle's state; some are refused, and a few make no sense.
type chooser struct {
	rand *rand.Rand
	*oracle
}

// commands draws one number for each command and chooses by it: to make a failure
// smaller, rapid takes out numbers, and so whole commands.
func commands(o *oracle, salt uint64) *rapid.Generator[command] {
	return rapid.Custom(func(t *rapid.T) command {
		return chooser{rand.New(rand.NewPCG(salt, rapid.Uint64().Draw(t, ""))), o}.command()
	})
}

type dish struct {
	weight int
	method string
	draw   func(chooser) []any
}

// menu is what there is to do, and how often.
var menu = []dish{
	{28, "SendMessage", chooser.sendMessage},
	{12, "React", chooser.react},
	{6, "EditMessage", chooser.editMessage},
	{6, "Messages", chooser.messages},
	{5, "MarkRead", chooser.markRead},
	{4, "MarkUnread", chooser.markUnread},
	{10, "UpdateRoomUser", chooser.updateRoomUser},
	{8, "AddUsers", chooser.addUsers},
	{7, "Upload", chooser.upload},
	{7, "UpdateRoom", chooser.updateRoom},
	{4, "Unreact", chooser.unreact},
	{4, "DeleteMessage", chooser.deleteMessage},
	{4, "RoomPages", chooser.roomPages},
	{4, "OpenPrivate", chooser.openPrivate},
	{3, "CreateRoom", chooser.createRoom},
	{5, "JoinRoom", chooser.joinRoom},
	{3, "RemoveUser", chooser.removeUser},
	{4, "BanUser", chooser.banUser},
	{2, "UnbanUser", chooser.unbanUser},
	{1, "BanPages", chooser.banPages},
	{3, "TransferOwnership", chooser.transferOwnership},
	{3, "Message", chooser.memberAndMessage},
	{3, "Media", chooser.someoneAndMedium},
	{1, "LeaveRoom", chooser.memberAndRoom},
	{2, "Unread", chooser.someone},
	{2, "UserPages", chooser.userPages},
	{2, "RoomUser", chooser.roomUser},
	{2, "ReactionPages", chooser.reactionPages},
	{2, "Room", chooser.someoneAndRoom},
	{3, "MentionPages", chooser.mentionPages},
	{2, "ReplyPages", chooser.replyPages},
	{4, "SearchPages", chooser.searchPages},
	{4, "PinMessage", chooser.pinMessage},
	{2, "UnpinMessage", chooser.pinMessage},
	{2, "Pins", chooser.memberAndRoom},
	{1, "Reaction", chooser.memberAndReaction},
	{1, "Download", chooser.someoneAndMedium},
	{1, "DeleteRoom", chooser.deleteRoom},
	{1, "DeleteMedia", chooser.someoneAndMedium},
	{1, "RoomByKey", chooser.roomByKey},
	{1, "PrivateRoom", chooser.openPrivate},
	{1, "EraseUser", chooser.eraseUser},
	{1, "PurgeRooms", chooser.purgeRooms},
	{1, "DeleteMessages", chooser.deleteMessages},
	{1, "Retain", chooser.retain},
	{1, "AllRooms", chooser.allRooms},
	{2, "AllRoomUsers", chooser.allRoomUsers},
	{2, "AllMessages", chooser.allMessages},
	{2, "AllMedia", chooser.allMedia},
	{1, "MessageByPages", chooser.byUser},
	{1, "MediaByPages", chooser.byUser},
	{2, "Digest", chooser.digest},
}

func (c chooser) command() command {
	total := 0
	for _, d := range menu {
		total += d.weight
	}
	within := ownTransaction
	switch {
	case c.oneIn(5):
		within = hostTransaction
	case c.oneIn(16):
		within = rolledBack
	}
	at := c.n(total)
	for _, d := range menu {
		if at -= d.weight; at < 0 {
			if first, needed := c.first(d.method); needed && !c.oneIn(10) {
				d = first
			}
			if d.method == "Retain" { // no transaction of a host's can hold it
				within = ownTransaction
			}
			return command{d.method, d.draw(c), within}
		}
	}
	panic("the menu is shorter than its weights")
}

// first is what must be there before a command makes sense, when it is not.
func (c chooser) first(method string) (dish, bool) {
	messages, reactions := 0, 0
	for _, r := range c.livingRooms() {
		messages += len(r.messages)
		for _, m := range r.messages {
			reactions += len(m.reactions)
		}
	}
	switch {
	case len(c.livingRooms()) == 0:
		return dish{method: "CreateRoom", draw: chooser.createRoom}, true
	case messages == 0 && (strings.Contains(method, "Message") || strings.Contains(method, "React")):
		return dish{method: "SendMessage", draw: chooser.sendMessage}, true
	case reactions == 0 && (method == "Unreact" || method == "Reaction"):
		return dish{method: "React", draw: chooser.react}, true
	}
	return dish{}, false
}

// n chooses 0 to n-1.
func (c chooser) n(n int) int { return c.rand.IntN(n) }

func (c chooser) oneIn(n int) bool { return c.n(n) == 0 }

func pick[T any](c chooser, items ...T) T { return items[c.n(len(items))] }

// rarely is mostly the first value.
func rarely[T any](c chooser, often T, seldom ...T) T {
	if c.oneIn(16) {
		return pick(c, seldom...)
	}
	return often
}

// maybe is nil half of the time.
func maybe[T any](c chooser, draw func() T) *T {
	if c.oneIn(2) {
		value := draw()
		return &value
	}
	return nil
}

func (c chooser) livingRooms() (living []*modelRoom) {
	for _, r := range c.rooms {
		if r.DeletedAt == nil {
			living = append(living, r)
		}
	}
	return living
}

// room is mostly a living one, and often one of the two oldest, in which most has
// happened.
func (c chooser) room() *modelRoom {
	if living := c.livingRooms(); len(living) > 0 && !c.oneIn(20) {
		return pick(c, c.mostly(living, 2)...)
	}
	if len(c.rooms) > 0 && !c.oneIn(3) {
		return pick(c, c.rooms...)
	}
	return &modelRoom{Room: chat.Room{ID: modelID(1 << 20)}} // never made
}

// written is mostly a room with messages.
func (c chooser) written() *modelRoom {
	written := slices.DeleteFunc(c.livingRooms(), func(r *modelRoom) bool { return len(r.messages) == 0 })
	if len(written) == 0 || c.oneIn(20) {
		return c.room()
	}
	return pick(c, c.mostly(written, 2)...)
}

// mostly is half of the time the first few.
func (c chooser) mostly(rooms []*modelRoom, few int) []*modelRoom {
	if c.oneIn(2) {
		return rooms[:min(few, len(rooms))]
	}
	return rooms
}

func (c chooser) user() chat.UserID {
	return rarely(c, modelUser(1+c.n(modelUsers)), badUser)
}

// person is anyone that may act, and seldom nobody.
func (c chooser) person() chat.Actor {
	if c.oneIn(40) {
		return pick[chat.Actor](c, nil, chat.UserID(""), badUser)
	}
	if c.oneIn(12) {
		return chat.System
	}
	return modelUser(1 + c.n(modelUsers))
}

// member is mostly a member of the room.
func (c chooser) member(r *modelRoom) chat.Actor { return c.allowed(r, chat.NoPermissions) }

// allowed is mostly a member of the room who has the permissions.
func (c chooser) allowed(r *modelRoom, needed chat.Permissions) chat.Actor {
	var able []chat.Actor
	for n := 1; n <= modelUsers; n++ {
		if user := modelUser(n); r.members[user] != nil && r.may(user, needed) {
			able = append(able, user)
		}
	}
	if len(able) == 0 || c.oneIn(5) {
		return c.person()
	}
	return pick(c, able...)
}

// message is mostly one of the room's, and often a new one.
func (c chooser) message(r *modelRoom) *modelMessage {
	if len(r.messages) == 0 || c.oneIn(20) {
		if r = c.room(); len(r.messages) == 0 {
			return &modelMessage{Message: chat.Message{ID: modelID(1 << 20)}}
		}
	}
	if c.oneIn(2) {
		return pick(c, r.messages[max(0, len(r.messages)-3):]...)
	}
	return pick(c, r.messages...)
}

// authorOr is often the author of a message, or else somebody with the permission.
func (c chooser) authorOr(r *modelRoom, m *modelMessage, needed chat.Permissions) chat.Actor {
	if m.UserID != nil && c.oneIn(2) {
		return *m.UserID
	}
	return c.allowed(r, needed)
}

// reaction is mostly one that is there, and its owner.
func (c chooser) reaction() (chat.UserID, uuid.UUID) {
	var all []*chat.Reaction
	for _, r := range c.rooms {
		for _, m := range r.messages {
			all = append(all, m.reactions...)
		}
	}
	if len(all) == 0 || c.oneIn(20) {
		return modelUser(1), modelID(uint64(c.n(int(c.made) + 1)))
	}
	x := pick(c, all...)
	return x.UserID, x.ID
}

// free are the actor's uploads that are in no use.
func (c chooser) free(actor chat.Actor) []*chat.Media {
	user, _ := c.who(actor)
	return slices.DeleteFunc(slices.Clone(c.media), func(m *chat.Media) bool {
		return m.State != chat.MediaReady || !uploadedBy(m, user) || c.bound(m)
	})
}

// medium is mostly a free one of the actor's.
func (c chooser) medium(actor chat.Actor) uuid.UUID {
	free := c.free(actor)
	switch {
	case len(free) > 0 && !c.oneIn(8):
		return pick(c, free...).ID
	case len(c.media) > 0 && !c.oneIn(8):
		return pick(c, c.media...).ID
	}
	return modelID(1 << 20)
}

// permissions are a set that groups and channels can give, mostly.
func (c chooser) permissions() chat.Permissions {
	const giveable = chat.AllPermissions &^ chat.CanDeleteRoom
	switch c.n(4) {
	case 0:
		return chat.NoPermissions
	case 1:
		return giveable
	case 2: // what members of a group have, but for one
		return (chat.DefaultPermissions(chat.Group) ^ 1<<c.n(9)) & giveable
	}
	return rarely(c, chat.Permissions(c.n(int(giveable)+1)), chat.AllPermissions, chat.CanDeleteRoom, 1<<9, -1)
}

// text is one of few, so that the same comes again.
func (c chooser) text() string {
	return rarely(c, pick(c, "a", "b", "grüße"),
		"", " \n", strings.Repeat("x", 31), strings.Repeat("🎈", 20), "a\x00b", "a\xff", "a\x1bb", "\u200b\u3164", "a\u202eb")
}

func (c chooser) metadata() chat.Metadata {
	return rarely(c, pick(c, nil, chat.Metadata(`{"a":1}`), chat.Metadata(` {"b": "x"} `), chat.Metadata("null")),
		chat.Metadata(`[1]`), chat.Metadata(`{"a"`), chat.Metadata(`{"a":"`+strings.Repeat("x", 40)+`"}`))
}

// limit is how many items a page is to have, 0 for the default.
func (c chooser) limit() int { return rarely(c, pick(c, 0, 1, 2, 3, 100), -1) }

// ago is a while of a few operations.
func (c chooser) ago() time.Duration { return time.Duration(c.n(30)-1) * time.Millisecond }
