package queries_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What goes through everything costs the same statements a page, however much there is; with
// as many pages it costs as many times that.
func TestSequencesCostAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		room := c.busyRoom(99) // 100 messages
		c.inbox(c.UserID(320), 1)
		c.inbox(c.UserID(321), 90)
		rooms := func(actor chat.Actor) func() error {
			return func() error { return through(c.svc.AllRooms(c.Ctx, actor, chat.RoomFilter{})) }
		}
		c.costs("AllRooms", wants{2, 2}, rooms(c.UserID(320)), rooms(c.UserID(321)), rooms(chat.System)) // 92
		members := func(actor chat.Actor, id *uuid.UUID) func() error {
			return func() error { return through(c.svc.AllRoomUsers(c.Ctx, actor, chat.RoomUserFilter{RoomID: id})) }
		}
		c.costs("AllRoomUsers", wants{1, 1}, members(c.UserID(320), nil), members(c.UserID(321), nil))
		c.costs("AllRoomUsers of two pages", wants{2, 2}, members(c.Bob, nil), members(chat.System, nil))
		c.costs("AllRoomUsers of a room of two pages", wants{4, 4}, members(c.Bob, &room.ID), members(chat.System, &room.ID))
		messages := func(actor chat.Actor, filter chat.MessageFilter) func() error {
			return func() error { return through(c.svc.AllMessages(c.Ctx, actor, filter)) }
		}
		c.costs("AllMessages by author", wants{2, 2}, messages(c.Bob, chat.MessageFilter{Author: c.Bob}), messages(chat.System, chat.MessageFilter{Author: c.Bob}))
		c.costs("AllMessages without replies, of rooms with few", wants{3, 3}, messages(c.UserID(320), chat.MessageFilter{}), messages(c.UserID(321), chat.MessageFilter{}))
		c.costs("AllMessages of a room, a full page and an empty one", wants{5, 5},
			messages(c.Bob, chat.MessageFilter{RoomID: &room.ID}), messages(chat.System, chat.MessageFilter{RoomID: &room.ID}))
		media := func(actor chat.Actor) func() error {
			return func() error { return through(c.svc.AllMedia(c.Ctx, actor, chat.MediaFilter{})) }
		}
		c.costs("AllMedia", wants{1, 1}, media(c.UserID(320)), media(c.Bob), media(chat.System)) // 0 and 99
		by := func(actor chat.Actor, limit int) func() error {
			return func() error {
				page, err := c.svc.MessagesBy(c.Ctx, actor, c.Bob, chat.Page{Limit: limit})
				if err == nil && len(page.Items) != min(limit, 99) {
					err = fmt.Errorf("%d messages", len(page.Items))
				}
				return err
			}
		}
		c.costs("MessagesBy", wants{2, 2}, by(c.Alice, 1), by(c.Alice, 100), by(chat.System, 100))
		mediaBy := func(limit int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.MediaBy(c.Ctx, c.Alice, c.Bob, chat.Page{Limit: limit})) }
		}
		c.costs("MediaBy", wants{1, 1}, mediaBy(1), mediaBy(100))
	})
}

// A page of a digest costs the same whatever the users have not read, in however many rooms.
func TestDigestCostsAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		all := func(users int, in chat.DigestQuery) func() error {
			return func() error {
				n := 0
				for _, err := range c.svc.Digest(c.Ctx, in) {
					if n++; err != nil {
						return err
					}
				}
				if n != users {
					return fmt.Errorf("%d users, want %d", n, users)
				}
				return nil
			}
		}
		room := c.NewGroup(c.Bob)
		first := c.Send(c.Alice, room.ID, "first")
		reply := func(room uuid.UUID, to uuid.UUID) {
			chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, room, chat.NewMessage{Text: "re", ReplyToID: &to}))(t)
		}
		reply(room.ID, first.ID)
		c.costs("Digest of one user", wants{4, 4}, all(1, chat.DigestQuery{}))
		c.costs("Digest of nobody", wants{1, 1}, all(0, chat.DigestQuery{UnseenFor: time.Hour}))
		c.costs("Digest of no rooms", wants{2, 2}, all(0, chat.DigestQuery{RoomType: chat.Channel}))
		for n := range 20 {
			room := c.NewGroup()
			chatsuite.Must(c.AddUsers(c.Ctx, c.Alice, room.ID, c.users(10, 60+n)...))(t)
			first := c.Send(c.Alice, room.ID, "first")
			for range 5 {
				reply(room.ID, first.ID)
			}
		}
		c.costs("Digest of 80 users in 20 rooms", wants{4, 4}, all(80, chat.DigestQuery{}), all(80, chat.DigestQuery{Messages: 100}))
	})
}

// An export costs the same statements for up to a page of each thing.
func TestExportCostsAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		export := func(user chat.UserID) func() error {
			return func() error { return c.svc.ExportUser(c.Ctx, user, io.Discard) }
		}
		c.costs("ExportUser of nothing", wants{9, 9}, export(c.Dave))
		for n, user := range map[int]chat.UserID{1: c.Bob, 20: c.Carol} {
			for range n {
				room := c.NewGroup(user)
				chatsuite.Must(c.SendMessage(c.Ctx, user, room.ID, chat.NewMessage{Text: "x", MediaIDs: []uuid.UUID{c.Upload(user, "x").ID}}))(t)
			}
		}
		c.costs("ExportUser", wants{10, 10}, export(c.Bob), export(c.Carol))
	})
}
