// Package queries_test counts the statements of operations, which must not grow with the
// data, and reads the plans of the frequent queries, which must use indexes.
package queries_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// counted is a host whose statements are counted.
type counted struct {
	*chatsuite.Host
	log *chatsuite.StatementLog
	svc *chat.Service
}

func newCounted(t *testing.T, v chatsuite.Variant) *counted {
	t.Helper()
	h := chatsuite.New(t, v)
	log := &chatsuite.StatementLog{Interface: logger.Discard}
	svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{Logger: log}), h.Config))(t)
	chatsuite.Must(svc.Unread(h.Ctx, h.Alice))(t) // the schema is checked once
	for n := chatsuite.Users + 1; n <= 400; n++ {
		chatsuite.NoError(t, h.DB.Exec("INSERT INTO users (id, name) VALUES (?, '')", h.UserID(n)).Error)
	}
	return &counted{h, log, svc}
}

// wants is how many statements an operation costs on SQLite and on PostgreSQL.
type wants struct{ sqlite, postgres int }

// costs runs operations, which differ in size alone, and wants each to cost the
// same.
func (c *counted) costs(name string, want wants, operations ...func() error) {
	c.T.Helper()
	expected := want.sqlite
	if c.Postgres {
		expected = want.postgres
	}
	for i, operation := range operations {
		c.log.Statements = nil
		if err := operation(); err != nil {
			c.T.Errorf("%s, size %d: %v", name, i, err)
			continue
		}
		if len(c.log.Statements) != expected {
			var list strings.Builder
			for _, query := range c.log.Statements {
				fmt.Fprintf(&list, "\t%.160s\n", query)
			}
			c.T.Errorf("%s, size %d: %d statements, want %d:\n%s", name, i, len(c.log.Statements), expected, list.String())
		}
	}
}

// users are n of the host's, after the first five.
func (c *counted) users(from, n int) (users []chat.NewRoomUser) {
	for i := range n {
		users = append(users, chat.NewRoomUser{UserID: c.UserID(from + i)})
	}
	return users
}

// fill writes messages into a room as if they had been sent.
func (c *counted) fill(room *chat.Room, n int) (last *chat.Message) {
	c.T.Helper()
	messages := make([]chat.Message, n)
	for i := range messages {
		messages[i] = chat.Message{
			ID: uuid.Must(uuid.NewV7()), RoomID: room.ID, Number: int64(i + 1), UserID: &c.Bob, AuthorKind: chat.AuthorKindUser, Text: "text", CreatedAt: c.Clock.Now(),
		}
	}
	chatsuite.NoError(c.T, c.DB.CreateInBatches(messages, 500).Error)
	chatsuite.NoError(c.T, c.DB.Exec("UPDATE chat_rooms SET last_number = ?, last_message_at = ? WHERE id = ?", n, c.Clock.Now(), room.ID).Error)
	return &messages[n-1]
}

// overCounted runs a test with counted statements on both databases.
func overCounted(t *testing.T, test func(t *testing.T, c *counted)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newCounted(t, v))
		})
	}
}

func TestRoomsAndMembersCostAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		create := func(n int) func() error {
			return func() error {
				return chatsuite.ErrorOf(c.svc.CreateRoom(c.Ctx, c.Alice, chat.NewRoom{Name: "x", Members: c.users(10, n)}))
			}
		}
		c.costs("CreateRoom", wants{5, 6}, create(0), create(1), create(100))
		keyed := func(key string, n int) func() error {
			return func() error {
				return chatsuite.ErrorOf(c.svc.CreateRoom(c.Ctx, chat.System, chat.NewRoom{Name: "x", Key: key, Ownerless: true, Members: c.users(10, n)}))
			}
		}
		c.costs("CreateRoom with a key", wants{5, 6}, keyed("a", 1), keyed("b", 100))
		c.costs("CreateRoom with a key that is there", wants{2, 1}, keyed("a", 1), keyed("b", 100))
		byKey := func(key string) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.RoomByKey(c.Ctx, chat.System, key)) }
		}
		c.costs("RoomByKey", wants{1, 1}, byKey("a"), byKey("b"))

		rooms := []*chat.Room{c.NewGroup(), c.NewGroup(), c.NewGroup()}
		for i, n := range []int{0, 0, 200} {
			chatsuite.Must(c.AddUsers(c.Ctx, c.Alice, rooms[i].ID, c.users(200, n)...))(t)
		}
		add := func(room, n int) func() error {
			return func() error {
				return chatsuite.ErrorOf(c.svc.AddUsers(c.Ctx, c.Alice, rooms[room].ID, c.users(10, n)...))
			}
		}
		c.costs("AddUsers", wants{8, 8}, add(0, 1), add(1, 100), add(2, 100))
		c.costs("AddUsers of members", wants{4, 3}, add(0, 1), add(1, 100))

		open := func(n int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.OpenPrivate(c.Ctx, c.Alice, c.UserID(n))) }
		}
		c.costs("OpenPrivate of a new room", wants{7, 9}, open(10), open(11))
		c.costs("OpenPrivate of an old room", wants{4, 6}, open(10), open(11))
		find := func(n int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.PrivateRoom(c.Ctx, c.Alice, c.UserID(n))) }
		}
		c.costs("PrivateRoom", wants{1, 1}, find(10), find(11))
		takeBack := func(size string) func() error {
			media := c.Upload(c.Alice, size).ID
			return func() error { return c.svc.DeleteMedia(c.Ctx, c.Alice, media) }
		}
		c.costs("DeleteMedia", wants{4, 4}, takeBack("a"), takeBack("aa"))
		check := func() error { return c.svc.Check(c.Ctx) }
		c.costs("Check", wants{3, 3}, check)

		remove := func(room, n int) func() error {
			return func() error { return c.svc.RemoveUser(c.Ctx, c.Alice, rooms[room].ID, c.UserID(n)) }
		}
		c.costs("RemoveUser", wants{7, 6}, remove(0, 10), remove(2, 10))
		c.costsOfBans(rooms[0], rooms[2])
		drop := func(room int) func() error {
			return func() error { return c.svc.DeleteRoom(c.Ctx, c.Alice, rooms[room].ID) }
		}
		c.costs("DeleteRoom", wants{6, 5}, drop(0), drop(2))
	})
}

// costsOfBans bans and joins, in a room of few members and in one of many.
func (c *counted) costsOfBans(few, many *chat.Room) {
	c.T.Helper()
	public, erin := true, c.Erin
	rooms := []*chat.Room{few, many}
	for _, room := range rooms {
		chatsuite.Must(c.UpdateRoom(c.Ctx, c.Alice, room.ID, chat.RoomPatch{Public: &public}))(c.T)
	}
	each := func(do func(room *chat.Room) error) (operations []func() error) {
		for _, room := range rooms {
			operations = append(operations, func() error { return do(room) })
		}
		return operations
	}
	ban := func(in chat.BanOptions) []func() error {
		return each(func(room *chat.Room) error { return c.svc.BanUser(c.Ctx, c.Alice, room.ID, erin, in) })
	}
	join := each(func(room *chat.Room) error { return chatsuite.ErrorOf(c.svc.JoinRoom(c.Ctx, erin, room.ID)) })
	c.costs("JoinRoom", wants{8, 8}, join...)
	c.costs("BanUser of a member", wants{8, 7}, ban(chat.BanOptions{})...)
	c.costs("BanUser again", wants{4, 3}, ban(chat.BanOptions{})...)
	c.costs("BanUser otherwise", wants{7, 6}, ban(chat.BanOptions{Reason: "spam"})...)
	c.costs("Bans", wants{2, 2}, each(func(room *chat.Room) error {
		return chatsuite.ErrorOf(c.svc.Bans(c.Ctx, c.Alice, room.ID, chat.Page{}))
	})...)
	c.costs("UnbanUser", wants{7, 6}, each(func(room *chat.Room) error { return c.svc.UnbanUser(c.Ctx, c.Alice, room.ID, erin) })...)
}

func TestMessagesAndReactionsCostAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		short, long := c.NewGroup(c.Bob), c.NewGroup(c.Bob)
		chatsuite.Must(c.AddUsers(c.Ctx, c.Alice, long.ID, c.users(10, 100)...))(t)
		first, last := c.fill(short, 10), c.fill(long, 3000)
		media := func(n int) (ids []uuid.UUID) {
			for range n {
				ids = append(ids, c.Upload(c.Bob, "bytes").ID)
			}
			return ids
		}
		send := func(room *chat.Room, in chat.NewMessage) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, c.Bob, room.ID, in)) }
		}
		plain := chat.NewMessage{Text: "x"}
		c.costs("a plain message", wants{6, 2}, send(short, plain), send(long, plain))
		c.costs("a message with media", wants{9, 7},
			send(short, chat.NewMessage{MediaIDs: media(1)}), send(long, chat.NewMessage{MediaIDs: media(10)}))
		c.costs("a reply", wants{7, 3},
			send(short, chat.NewMessage{Text: "x", ReplyToID: &first.ID}), send(long, chat.NewMessage{Text: "x", ReplyToID: &last.ID}))
		mentions := func(n int, room bool) chat.NewMessage {
			in := chat.NewMessage{Text: "x", MentionRoom: room}
			for i := range n {
				in.Mentions = append(in.Mentions, c.UserID(10+i))
			}
			return in
		}
		c.costs("a message with mentions of nobody in the room", wants{6, 2}, send(short, mentions(1, false)), send(short, mentions(50, false)))
		c.costs("a message with mentions", wants{7, 2}, send(long, mentions(1, false)), send(long, mentions(50, false)), send(short, mentions(50, true)))
		once := chat.NewMessage{Text: "x", ClientID: "once"}
		c.costs("a message with a client id", wants{7, 1}, send(short, once), send(long, once)) // both rooms are known by now
		c.costs("a repeat", wants{4, 7}, send(short, once), send(long, once))

		for i := range 40 {
			chatsuite.Must(c.React(c.Ctx, c.UserID(10+i), last.ID, "👍"))(t)
		}
		var given []uuid.UUID
		react := func(message *chat.Message) func() error {
			return func() error {
				reaction, err := c.svc.React(c.Ctx, c.Alice, message.ID, "🎉")
				if err == nil {
					given = append(given, reaction.ID)
				}
				return err
			}
		}
		c.costs("React", wants{7, 2}, react(first), react(last))
		c.costs("React again", wants{3, 1}, react(first), react(last))
		unreact := func(i int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.Unreact(c.Ctx, c.Alice, given[i])) }
		}
		c.costs("Unreact", wants{8, 7}, unreact(0), unreact(1))
		c.costsOfChanges(short, long, media(1), media(10))
	})
}

// costsOfChanges counts what is done to messages that are there.
func (c *counted) costsOfChanges(short, long *chat.Room, few, many []uuid.UUID) {
	c.T.Helper()
	one := chatsuite.Must(c.SendMessage(c.Ctx, c.Bob, short.ID, chat.NewMessage{Text: "x", MediaIDs: few}))(c.T)
	other := chatsuite.Must(c.SendMessage(c.Ctx, c.Bob, long.ID, chat.NewMessage{Text: "x", MediaIDs: many}))(c.T)
	text := "edited"
	edit := func(m *chat.Message) func() error {
		return func() error {
			return chatsuite.ErrorOf(c.svc.EditMessage(c.Ctx, c.Bob, m.ID, chat.MessagePatch{Text: &text}))
		}
	}
	c.costs("EditMessage", wants{6, 2}, edit(one), edit(other))
	mention := func(m *chat.Message, n int) func() error {
		return func() error {
			var users []chat.UserID
			for i := range n {
				users = append(users, c.UserID(10+i))
			}
			return chatsuite.ErrorOf(c.svc.EditMessage(c.Ctx, c.Bob, m.ID, chat.MessagePatch{Mentions: &users}))
		}
	}
	c.costs("EditMessage of mentions", wants{9, 9}, mention(other, 1), mention(other, 50))
	pin := func(m *chat.Message) func() error {
		return func() error { return chatsuite.ErrorOf(c.svc.PinMessage(c.Ctx, c.Alice, m.ID)) }
	}
	c.costs("PinMessage", wants{7, 6}, pin(one), pin(other))
	unpin := func(m *chat.Message) func() error {
		return func() error { return c.svc.UnpinMessage(c.Ctx, c.Alice, m.ID) }
	}
	c.costs("UnpinMessage", wants{6, 5}, unpin(one), unpin(other))
	bury := func(m *chat.Message) func() error {
		return func() error { return c.svc.DeleteMessage(c.Ctx, c.Bob, m.ID) }
	}
	c.costs("DeleteMessage", wants{11, 2}, bury(one), bury(other))
	read := func(room *chat.Room) func() error {
		return func() error { return chatsuite.ErrorOf(c.svc.MarkRead(c.Ctx, c.Alice, room.ID, 1)) }
	}
	c.costs("MarkRead", wants{3, 1}, read(short), read(long))
	unread := func(room *chat.Room) func() error {
		return func() error { return chatsuite.ErrorOf(c.svc.MarkUnread(c.Ctx, c.Alice, room.ID, 1)) }
	}
	c.costs("MarkUnread", wants{5, 5}, unread(short), unread(long))
	arrange := func(room *chat.Room) func() error {
		return func() error {
			yes, until := true, c.Clock.Now().Add(time.Hour)
			return chatsuite.ErrorOf(c.svc.UpdateRoomUser(c.Ctx, c.Alice, room.ID, c.Alice,
				chat.RoomUserPatch{MutedUntil: &until, Hidden: &yes, Pinned: &yes}))
		}
	}
	c.costs("UpdateRoomUser, own state", wants{6, 5}, arrange(short), arrange(long))
	typing := func(room *chat.Room) func() error {
		return func() error { return c.svc.Typing(c.Ctx, c.Alice, room.ID) }
	}
	c.costs("Typing", wants{1, 1}, typing(short), typing(long))
}

func ref[T any](value T) *T { return &value }

// inbox makes rooms of a user's, each with a message, as if all had happened.
func (c *counted) inbox(user chat.UserID, n int) {
	c.T.Helper()
	rooms, members, messages := make([]chat.Room, n), make([]chat.RoomUser, n), make([]chat.Message, n)
	for i := range n {
		id, now := uuid.Must(uuid.NewV7()), c.Clock.Now()
		rooms[i] = chat.Room{
			ID: id, Type: chat.Group, Name: fmt.Sprint(i), OwnerID: &user, HistoryVisibility: chat.HistoryAll, MemberCount: 1, FirstNumber: 1, LastNumber: 1, LastMessageAt: &now, CreatedAt: now, UpdatedAt: now,
		}
		members[i] = chat.RoomUser{RoomID: id, UserID: user, CreatedAt: now}
		messages[i] = chat.Message{ID: uuid.Must(uuid.NewV7()), RoomID: id, Number: 1, UserID: &user, AuthorKind: chat.AuthorKindUser, Text: "text", CreatedAt: now}
	}
	chatsuite.NoError(c.T, c.DB.Transaction(func(tx *gorm.DB) error {
		for _, rows := range []any{rooms, members, messages} {
			if err := tx.CreateInBatches(rows, 500).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestPagesCostAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		c.inbox(c.UserID(20), 1)
		c.inbox(c.UserID(21), 500)
		for n := range 3 {
			chatsuite.Must(c.OpenPrivate(c.Ctx, c.UserID(21), c.UserID(30+n)))(t)
		}
		rooms := func(n, want int) func() error {
			return func() error {
				page, err := c.svc.Rooms(c.Ctx, c.UserID(n), chat.RoomsQuery{Page: chat.Page{Limit: 100}})
				if err == nil && len(page.Items) != want {
					err = fmt.Errorf("%d rooms, want %d", len(page.Items), want)
				}
				return err
			}
		}
		c.costs("Rooms", wants{1, 1}, rooms(20, 1), rooms(21, 100))
		filtered := func(n int) func() error {
			no := false
			return func() error {
				return chatsuite.ErrorOf(c.svc.Rooms(c.Ctx, c.UserID(n), chat.RoomsQuery{Muted: &no, Pinned: &no, Unread: true}))
			}
		}
		c.costs("Rooms with filters", wants{1, 1}, filtered(20), filtered(21))
		unread := func(n int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.Unread(c.Ctx, c.UserID(n))) }
		}
		c.costs("Unread", wants{1, 1}, unread(20), unread(21))

		room := c.busyRoom(100)
		page := func(n int) func() error {
			return func() error {
				page, err := c.svc.Messages(c.Ctx, c.Bob, room.ID, chat.HistoryQuery{Limit: n})
				if err == nil && (len(page.Items) != n || page.Items[0].ReplyTo == nil || len(page.Items[0].Media) == 0 || len(page.Items[0].Reactions) == 0) {
					err = fmt.Errorf("%d messages of %d", len(page.Items), n)
				}
				return err
			}
		}
		c.costs("Messages", wants{1, 1}, page(1), page(100))
		c.costs("Replies", wants{2, 2}, func() error {
			page, err := c.svc.Replies(c.Ctx, c.Bob, chatsuite.Must(c.Messages(c.Ctx, c.Bob, room.ID, chat.HistoryQuery{Before: ref(int64(10))}))(t).Items[0].ID, chat.Page{})
			if err == nil && len(page.Items) == 0 {
				err = fmt.Errorf("no replies")
			}
			return err
		})
		members := func(n int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.RoomUsers(c.Ctx, c.Bob, room.ID, chat.Page{Limit: n})) }
		}
		c.costs("RoomUsers", wants{2, 2}, members(1), members(100))
		last := chatsuite.Must(c.Messages(c.Ctx, c.Bob, room.ID, chat.HistoryQuery{Limit: 1}))(t).Items[0]
		c.costs("Message", wants{1, 1}, func() error { return chatsuite.ErrorOf(c.svc.Message(c.Ctx, c.Bob, last.ID)) })
		c.costs("Reactions", wants{2, 2}, func() error {
			return chatsuite.ErrorOf(c.svc.Reactions(c.Ctx, c.Bob, chat.ReactionsQuery{MessageID: &last.ID}))
		})
		c.costs("Room", wants{1, 1}, func() error { return chatsuite.ErrorOf(c.svc.Room(c.Ctx, c.Bob, room.ID)) })
		c.costs("Media", wants{1, 1}, func() error { return chatsuite.ErrorOf(c.svc.Media(c.Ctx, c.Bob, last.Media[0].ID)) })
		for i := range 60 {
			m := chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{c.Bob}, MentionRoom: i%2 == 0}))(t)
			if i < chat.PinsPerRoom {
				chatsuite.Must(c.PinMessage(c.Ctx, c.Alice, m.ID))(t)
			}
		}
		mentions := func(n int) func() error {
			return func() error { return chatsuite.ErrorOf(c.svc.Mentions(c.Ctx, c.Bob, chat.Page{Limit: n})) }
		}
		c.costs("Mentions", wants{2, 2}, mentions(1), mentions(60))
		c.costs("Pins", wants{2, 2}, func() error { return chatsuite.ErrorOf(c.svc.Pins(c.Ctx, c.Bob, room.ID)) })
	})
}

// busyRoom is a room whose newest messages have media, a reply and reactions each.
func (c *counted) busyRoom(n int) *chat.Room {
	c.T.Helper()
	room := c.NewGroup(c.Bob)
	chatsuite.Must(c.AddUsers(c.Ctx, c.Alice, room.ID, c.users(10, 100)...))(c.T)
	replied := c.Send(c.Alice, room.ID, "first")
	chatsuite.NoError(c.T, c.InTx(c.Ctx, func(_ *gorm.DB, s *chat.Service) error {
		for range n {
			media, err := s.UploadMedia(c.Ctx, c.Bob, chat.NewMedia{Body: strings.NewReader("bytes")})
			if err != nil {
				return err
			}
			replied, err = s.SendMessage(c.Ctx, c.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media.ID}, ReplyToID: &replied.ID})
			if err != nil {
				return err
			}
			if _, err := s.React(c.Ctx, c.Alice, replied.ID, "👍"); err != nil {
				return err
			}
		}
		return nil
	}))
	return room
}

func TestErasureCostsAConstantNumberOfStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		few, many := c.UserID(20), c.UserID(21)
		successors := map[chat.UserID]map[uuid.UUID]chat.UserID{few: {}, many: {}}
		live := func(user chat.UserID, n int) {
			for i := range n {
				theirs := chatsuite.Must(c.CreateRoom(c.Ctx, user, chat.NewRoom{Name: "x", Members: c.users(10, 1)}))(t)
				if i%2 == 0 {
					successors[user][theirs.ID] = c.UserID(10)
				}
				image := c.Upload(user, chatsuite.GIF)
				chatsuite.Must(c.UpdateRoom(c.Ctx, user, theirs.ID, chat.RoomPatch{AvatarID: &image.ID}))(t)
				message := c.Send(user, c.NewGroup(user).ID, "x")
				chatsuite.Must(c.React(c.Ctx, user, message.ID, "👍"))(t)
				chatsuite.Must(c.OpenPrivate(c.Ctx, user, c.UserID(30+i)))(t)
			}
		}
		live(few, 2)
		live(many, 20)
		erase := func(user chat.UserID) func() error {
			return func() error {
				return c.svc.EraseUser(c.Ctx, chat.System, user, chat.EraseOptions{Successors: successors[user]})
			}
		}
		c.costs("EraseUser", wants{20, 21}, erase(few), erase(many))
		c.costs("EraseUser of nobody", wants{13, 14}, erase(c.UserID(22)))
	})
}
