package authorization_test

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The table's operations on messages, media and reactions, and those in no room.

func triesOnSend() []tableCase {
	send := func(target, on string, message func(id uuid.UUID) chat.NewMessage) tableCase {
		return tableCase{useCase{"SendMessage", target}, on, "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.SendMessage(x.ctx, x.actor, x.room, message(x.id)))
		}}
	}
	text := func(uuid.UUID) chat.NewMessage { return chat.NewMessage{Text: "hello"} }
	medium := func(id uuid.UUID) chat.NewMessage { return chat.NewMessage{MediaIDs: []uuid.UUID{id}} }
	reply := func(id uuid.UUID) chat.NewMessage { return chat.NewMessage{Text: "hello", ReplyToID: &id} }
	return []tableCase{
		send("a text", "room", text),
		send("mentions", "room", func(uuid.UUID) chat.NewMessage {
			return chat.NewMessage{Text: "hello", Mentions: []chat.UserID{"1"}, MentionRoom: true}
		}),
		send("own medium", "media/own unsent", medium),
		send("own medium in use", "media/own in a message", medium),
		send("own released medium", "media/own released", medium),
		send("another's medium", "media/another's unsent", medium),
		send("a reply", "message/another's", reply),
		send("a reply to a tombstone", "message/another's tombstone", reply),
		send("a reply to another room's message", "message/in another room", reply),
	}
}

func triesOnMessages() []tableCase {
	on := func(method string, call func(tableCall) error, targets ...string) (tries []tableCase) {
		for _, target := range targets {
			tries = append(tries, tableCase{useCase{method, target}, "message/" + target, "", call})
		}
		return tries
	}
	everyones := []string{"own", "another's", "System's", "an erased author's", "another's tombstone", "in another room"}
	withOwn := append(slices.Clone(everyones), "own tombstone")
	return slices.Concat(
		on("Message", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Message(x.ctx, x.actor, x.id)) }, everyones...),
		on("Reactions", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.Reactions(x.ctx, x.actor, chat.ReactionsQuery{MessageID: &x.id}))
		}, everyones...),
		on("Replies", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.Replies(x.ctx, x.actor, x.id, chat.Page{}))
		}, everyones...),
		on("PinMessage", func(x tableCall) error { return chatsuite.ErrorOf(x.s.PinMessage(x.ctx, x.actor, x.id)) }, everyones...),
		on("UnpinMessage", func(x tableCall) error { return x.s.UnpinMessage(x.ctx, x.actor, x.id) }, everyones...),
		on("React", func(x tableCall) error { return chatsuite.ErrorOf(x.s.React(x.ctx, x.actor, x.id, "🎉")) }, everyones...),
		on("EditMessage", func(x tableCall) error {
			text := "other words"
			return chatsuite.ErrorOf(x.s.EditMessage(x.ctx, x.actor, x.id, chat.MessagePatch{Text: &text}))
		}, withOwn...),
		on("DeleteMessage", func(x tableCall) error { return x.s.DeleteMessage(x.ctx, x.actor, x.id) }, withOwn...),
		on("AllMessages", func(x tableCall) error {
			return isAmong(x.s.AllMessages(x.ctx, x.actor, chat.MessageFilter{}), func(m chat.Message) bool { return m.ID == x.id })
		}, everyones...),
		on("MessagesBy", messagesBy, "another's", "another's tombstone", "in another room"),
	)
}

func triesOnMedia() []tableCase {
	return triesOnMediaOf("own in a message", "another's in a message", "the avatar", "in another room")
}

func triesOnReactions() []tableCase {
	return triesOn("reaction/", "own", "another's", "in another room")(
		"Reaction", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Reaction(x.ctx, x.actor, x.id)) },
		"Unreact", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Unreact(x.ctx, x.actor, x.id)) })
}

// triesOn tries two methods on the same targets.
func triesOn(prefix string, targets ...string) func(string, func(tableCall) error, string, func(tableCall) error) []tableCase {
	return func(one string, call func(tableCall) error, two string, call2 func(tableCall) error) (tries []tableCase) {
		for _, target := range targets {
			tries = append(tries,
				tableCase{useCase{one, target}, prefix + target, "", call},
				tableCase{useCase{two, target}, prefix + target, "", call2})
		}
		return tries
	}
}

func triesOnMediaOf(targets ...string) []tableCase {
	on := triesOn("media/", targets...)
	tries := slices.Concat(on("Media", getMedia, "OpenMedia", openMedia), on("OpenThumbnail", openThumbnail, "MediaURL", mediaURL))
	for _, target := range targets {
		tries = append(tries, tableCase{useCase{"MediaByIDs", target}, "media/" + target, "", getMediaByIDs},
			tableCase{useCase{"DeleteMedia", target}, "media/" + target, "", deleteMedia},
			tableCase{useCase{"AllMedia", target}, "media/" + target, "", allMedia})
		if target == "in another room" || target == "another's in a message" || target == "another's unsent" {
			tries = append(tries, tableCase{useCase{"MediaBy", target}, "media/" + target, "", mediaBy})
		}
	}
	return tries
}

// isAmong takes what a sequence leaves out for what is not found.
func isAmong[T any](all iter.Seq2[T, error], is func(T) bool) error {
	found := chat.ErrNotFound
	for item, err := range all {
		if err != nil {
			return err
		}
		if is(item) {
			found = nil
		}
	}
	return found
}

// last is the error that a sequence ends with.
func last[T any](all iter.Seq2[T, error]) (err error) {
	for _, err = range all {
	}
	return err
}

func allMedia(x tableCall) error {
	return isAmong(x.s.AllMedia(x.ctx, x.actor, chat.MediaFilter{}), func(m chat.Media) bool { return m.ID == x.id })
}

// messagesBy looks for a message among those of its author.
func messagesBy(x tableCall) error {
	author := x.stranger
	if m, err := x.s.Message(x.ctx, chat.System, x.id); err == nil && m.UserID != nil {
		author = *m.UserID
	}
	page, err := x.s.MessagesBy(x.ctx, x.actor, author, chat.Page{Limit: 100})
	if err == nil && !slices.ContainsFunc(page.Items, func(m chat.Message) bool { return m.ID == x.id }) {
		return chat.ErrNotFound
	}
	return err
}

// mediaBy looks for a media item among those of its uploader.
func mediaBy(x tableCall) error {
	uploader := x.stranger
	if m, err := x.s.Media(x.ctx, chat.System, x.id); err == nil && m.UserID != nil {
		uploader = *m.UserID
	}
	page, err := x.s.MediaBy(x.ctx, x.actor, uploader, chat.Page{Limit: 100})
	if err == nil && !slices.ContainsFunc(page.Items, func(m chat.Media) bool { return m.ID == x.id }) {
		return chat.ErrNotFound
	}
	return err
}

// getMediaByIDs takes what is left out for what is not found.
func getMediaByIDs(x tableCall) error {
	found, err := x.s.MediaByIDs(x.ctx, x.actor, []uuid.UUID{x.id})
	if err == nil && len(found) == 0 {
		return chat.ErrNotFound
	}
	return err
}

func deleteMedia(x tableCall) error { return x.s.DeleteMedia(x.ctx, x.actor, x.id) }

func getMedia(x tableCall) error { return chatsuite.ErrorOf(x.s.Media(x.ctx, x.actor, x.id)) }

func openMedia(x tableCall) error {
	_, content, err := x.s.OpenMedia(x.ctx, x.actor, x.id)
	if err != nil {
		return err
	}
	return readAll(content)
}

func openThumbnail(x tableCall) error {
	_, content, err := x.s.OpenThumbnail(x.ctx, x.actor, x.id)
	if err != nil {
		return err
	}
	return readAll(content)
}

func mediaURL(x tableCall) error {
	return chatsuite.ErrorOf(x.s.MediaURL(x.ctx, x.actor, x.id, time.Minute))
}

func triesAnywhere() []tableCase {
	on := func(method, target, user string, call func(tableCall) error) tableCase {
		return tableCase{useCase{method, target}, "room", user, call}
	}
	return slices.Concat([]tableCase{
		on("Rooms", "mine", "", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Rooms(x.ctx, x.actor, chat.RoomsQuery{})) }),
		on("Unread", "mine", "", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Unread(x.ctx, x.actor)) }),
		on("Mentions", "mine", "", func(x tableCall) error { return chatsuite.ErrorOf(x.s.Mentions(x.ctx, x.actor, chat.Page{})) }),
		on("Reactions", "mine", "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.Reactions(x.ctx, x.actor, chat.ReactionsQuery{}))
		}),
		on("SearchRooms", "public ones", "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.SearchRooms(x.ctx, x.actor, chat.RoomSearchQuery{Query: "room"}))
		}),
		on("SearchMessages", "mine", "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.SearchMessages(x.ctx, x.actor, chat.MessageSearchQuery{Query: "words"}))
		}),
		on("AllRooms", "mine", "", func(x tableCall) error { return last(x.s.AllRooms(x.ctx, x.actor, chat.RoomFilter{})) }),
		on("AllRoomUsers", "mine", "", func(x tableCall) error { return last(x.s.AllRoomUsers(x.ctx, x.actor, chat.RoomUserFilter{})) }),
		on("AllMessages", "mine", "", func(x tableCall) error { return last(x.s.AllMessages(x.ctx, x.actor, chat.MessageFilter{})) }),
		on("AllMedia", "mine", "", func(x tableCall) error { return last(x.s.AllMedia(x.ctx, x.actor, chat.MediaFilter{})) }),
		on("OpenPrivate", "another", "another", openPrivate), on("OpenPrivate", "oneself", "oneself", openPrivate),
		on("PrivateRoom", "oneself", "oneself", privateRoom),
		on("EraseUser", "another", "another", eraseUser), on("EraseUser", "oneself", "oneself", eraseUser),
		on("UploadMedia", "a file", "", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.UploadMedia(x.ctx, x.actor, chat.NewMedia{Body: strings.NewReader("some bytes")}))
		}),
	}, triesOnCreateRoom(), triesOnMediaOf("own unsent", "another's unsent", "own pending", "own released"))
}

func openPrivate(x tableCall) error {
	return chatsuite.ErrorOf(x.s.OpenPrivate(x.ctx, x.actor, x.user))
}

func privateRoom(x tableCall) error {
	return chatsuite.ErrorOf(x.s.PrivateRoom(x.ctx, x.actor, x.user))
}

func eraseUser(x tableCall) error { return x.s.EraseUser(x.ctx, x.actor, x.user, chat.EraseOptions{}) }

func triesOnCreateRoom() []tableCase {
	create := func(target string, room func(x tableCall) chat.NewRoom) tableCase {
		return tableCase{useCase{"CreateRoom", target}, "room", "another", func(x tableCall) error {
			return chatsuite.ErrorOf(x.s.CreateRoom(x.ctx, x.actor, room(x)))
		}}
	}
	with := func(set chat.Permissions) func(x tableCall) chat.NewRoom {
		return func(x tableCall) chat.NewRoom {
			in := chat.NewRoom{Name: "New", Members: []chat.NewRoomUser{{UserID: x.user, Permissions: &set}}}
			if x.actor == chat.System {
				in.Owner = x.stranger
			}
			return in
		}
	}
	return []tableCase{
		create("a group", func(tableCall) chat.NewRoom { return chat.NewRoom{Type: chat.Group, Name: "New"} }),
		create("a channel", func(tableCall) chat.NewRoom { return chat.NewRoom{Type: chat.Channel, Name: "New"} }),
		create("naming an owner", func(x tableCall) chat.NewRoom { return chat.NewRoom{Name: "New", Owner: x.user} }),
		create("with a key", func(x tableCall) chat.NewRoom {
			in := chat.NewRoom{Name: "New", Key: "a new key"}
			if x.actor == chat.System {
				in.Owner = x.user
			}
			return in
		}),
		create("ownerless", func(x tableCall) chat.NewRoom {
			return chat.NewRoom{Name: "New", Ownerless: true, Members: []chat.NewRoomUser{{UserID: x.user}}}
		}),
		create("a member with all that can be given", with(givable(chat.Group))),
		create("a member with can_delete_room", with(chat.AllPermissions)),
	}
}
