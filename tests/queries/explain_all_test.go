package queries_test

import (
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// firstPage reads what a sequence reads for its first item.
func firstPage[T any](all iter.Seq2[T, error]) func() error {
	return func() error {
		for _, err := range all {
			return err
		}
		return nil
	}
}

// pagesOf are the pages of what goes through everything, and of what it is there to read.
func (x *explained) pagesOf() []seldom {
	first := x.UserID(1)
	by := func(actor chat.Actor, cursor string) func() error {
		return func() error {
			return chatsuite.ErrorOf(x.MessagesBy(x.Ctx, actor, x.Bob, chat.Page{Cursor: cursor}))
		}
	}
	next := chatsuite.Must(x.MessagesBy(x.Ctx, chat.System, x.Bob, chat.Page{}))(x.T).Next
	mine := smallRooms/members + 1 // rooms
	return []seldom{
		{name: "all rooms", do: firstPage(x.AllRooms(x.Ctx, chat.System, chat.RoomFilter{}))},
		{name: "all rooms of a user", do: firstPage(x.AllRooms(x.Ctx, x.crowded, chat.RoomFilter{})), sorts: mine},
		{name: "all rooms with a user", do: firstPage(x.AllRooms(x.Ctx, chat.System, chat.RoomFilter{UserID: x.crowded})), sorts: mine},
		{name: "all members", do: firstPage(x.AllRoomUsers(x.Ctx, chat.System, chat.RoomUserFilter{})), reads: "SCAN u"},
		{name: "all members of a user's rooms", do: firstPage(x.AllRoomUsers(x.Ctx, x.crowded, chat.RoomUserFilter{})), sorts: mine},
		{name: "all members of a room", do: firstPage(x.AllRoomUsers(x.Ctx, x.crowded, chat.RoomUserFilter{RoomID: &x.big.ID}))},
		{name: "all memberships of a user", do: firstPage(x.AllRoomUsers(x.Ctx, chat.System, chat.RoomUserFilter{UserID: x.crowded})), sorts: mine},
		{name: "all messages", do: firstPage(x.AllMessages(x.Ctx, chat.System, chat.MessageFilter{})), sorts: 300},
		{name: "all messages of a user", do: firstPage(x.AllMessages(x.Ctx, x.UserID(30), chat.MessageFilter{})), sorts: 300},
		{name: "all messages of a user in a busy room", do: firstPage(x.AllMessages(x.Ctx, x.Bob, chat.MessageFilter{})), sorts: smallRooms + 1000},
		{name: "all messages of a room", do: firstPage(x.AllMessages(x.Ctx, x.Bob, chat.MessageFilter{RoomID: &x.big.ID}))},
		{name: "all messages of an author", do: firstPage(x.AllMessages(x.Ctx, x.crowded, chat.MessageFilter{Author: x.Bob})), sorts: 200},
		{name: "an author's messages", do: by(chat.System, "")},
		{name: "a later page of them", do: by(chat.System, next)},
		{name: "what another sees of them", do: by(x.crowded, "")},
		{name: "all media", do: firstPage(x.AllMedia(x.Ctx, chat.System, chat.MediaFilter{})), sorts: 300},
		{name: "a user's media", do: func() error { return chatsuite.ErrorOf(x.MediaBy(x.Ctx, x.crowded, x.Bob, chat.Page{})) }, sorts: 300},
		{name: "a digest", do: firstPage(x.Digest(x.Ctx, chat.DigestQuery{})), sorts: smallRooms + 10, // a page of 100 is a quarter of the users here
			reads: "SCAN o USING COVERING INDEX chat_room_users_user|reads all of chat_room_users"},
		{name: "an export", do: func() error { return x.ExportUser(x.Ctx, first, io.Discard) }, sorts: logged + 20_000, reads: "chat_events|reads all of chat_restrictions"},
	}
}

// TestPagesOfEverythingAreReadByIndexes: none reads a table from end to end for a page, nor
// sorts what is not the user's own.
func TestPagesOfEverythingAreReadByIndexes(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		x.exec("ANALYZE")
		x.customPlans = true
		for _, op := range x.pagesOf() {
			for _, q := range x.ask(op.do) {
				for _, fault := range x.faults(q, op.sorts) {
					known := func(part string) bool { return part != "" && strings.Contains(fault, part) }
					if slices.ContainsFunc(strings.Split(op.reads, "|"), known) {
						continue
					}
					t.Errorf("%s: %s\n%s", op.name, fault, q.query)
				}
			}
		}
	})
}
