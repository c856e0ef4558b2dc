package queries_test

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// ids are those that operations are asked for: of things that are there, or of nothing.
type ids struct{ room, message, reaction, media uuid.UUID }

// byID are the operations that take the id of something that may be hidden, as a user
// who does not see it asks for them.
var byID = map[string]func(c *counted, who chat.UserID, at ids) error{
	"Room": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Room(c.Ctx, who, at.room))
	},
	"UpdateRoom": func(c *counted, who chat.UserID, at ids) error {
		name := "x"
		return chatsuite.ErrorOf(c.svc.UpdateRoom(c.Ctx, who, at.room, chat.RoomPatch{Name: &name}))
	},
	"DeleteRoom": func(c *counted, who chat.UserID, at ids) error { return c.svc.DeleteRoom(c.Ctx, who, at.room) },
	"TransferOwnership": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.TransferOwnership(c.Ctx, who, at.room, c.Bob))
	},
	"JoinRoom": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.JoinRoom(c.Ctx, who, at.room))
	},
	"LeaveRoom": func(c *counted, who chat.UserID, at ids) error { return c.svc.LeaveRoom(c.Ctx, who, at.room) },
	"AddUsers": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.AddUsers(c.Ctx, who, at.room, chat.NewRoomUser{UserID: c.Bob}))
	},
	"RemoveUser": func(c *counted, who chat.UserID, at ids) error { return c.svc.RemoveUser(c.Ctx, who, at.room, c.Bob) },
	"RoomUser": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.RoomUser(c.Ctx, who, at.room, c.Bob))
	},
	"RoomUsers": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.RoomUsers(c.Ctx, who, at.room, chat.Page{}))
	},
	"UpdateRoomUser": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.UpdateRoomUser(c.Ctx, who, at.room, c.Bob, chat.RoomUserPatch{ResetPermissions: true}))
	},
	"AllRoomUsers": func(c *counted, who chat.UserID, at ids) error {
		return through(c.svc.AllRoomUsers(c.Ctx, who, chat.RoomUserFilter{RoomID: &at.room}))
	},
	"AllMessages": func(c *counted, who chat.UserID, at ids) error {
		return through(c.svc.AllMessages(c.Ctx, who, chat.MessageFilter{RoomID: &at.room}))
	},
	"MarkUnread": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.MarkUnread(c.Ctx, who, at.room, 1))
	},
	"MarkRead": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.MarkRead(c.Ctx, who, at.room, 1))
	},
	"Typing": func(c *counted, who chat.UserID, at ids) error { return c.svc.Typing(c.Ctx, who, at.room) },
	"Messages": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Messages(c.Ctx, who, at.room, chat.HistoryQuery{}))
	},
	"SearchMessages": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SearchMessages(c.Ctx, who, chat.MessageSearchQuery{Query: "x", RoomID: &at.room}))
	},
	"SendMessage": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, who, at.room, chat.NewMessage{Text: "x", ClientID: "x"}))
	},
	"SendMessage with mentions": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, who, at.room, chat.NewMessage{Text: "x", Mentions: []chat.UserID{c.Alice}, MentionRoom: true}))
	},
	"SendMessage with media": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, who, at.room, chat.NewMessage{MediaIDs: []uuid.UUID{at.media}}))
	},
	"Message": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Message(c.Ctx, who, at.message))
	},
	"EditMessage": func(c *counted, who chat.UserID, at ids) error {
		text := "x"
		return chatsuite.ErrorOf(c.svc.EditMessage(c.Ctx, who, at.message, chat.MessagePatch{Text: &text}))
	},
	"DeleteMessage": func(c *counted, who chat.UserID, at ids) error { return c.svc.DeleteMessage(c.Ctx, who, at.message) },
	"Replies": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Replies(c.Ctx, who, at.message, chat.Page{}))
	},
	"PinMessage": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.PinMessage(c.Ctx, who, at.message))
	},
	"UnpinMessage": func(c *counted, who chat.UserID, at ids) error { return c.svc.UnpinMessage(c.Ctx, who, at.message) },
	"Pins": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Pins(c.Ctx, who, at.room))
	},
	"React": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.React(c.Ctx, who, at.message, "👍"))
	},
	"Unreact": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Unreact(c.Ctx, who, at.reaction))
	},
	"Reaction": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Reaction(c.Ctx, who, at.reaction))
	},
	"Reactions": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Reactions(c.Ctx, who, chat.ReactionsQuery{MessageID: &at.message}))
	},
	"Media": func(c *counted, who chat.UserID, at ids) error {
		return chatsuite.ErrorOf(c.svc.Media(c.Ctx, who, at.media))
	},
	"OpenMedia": func(c *counted, who chat.UserID, at ids) error {
		_, _, err := c.svc.OpenMedia(c.Ctx, who, at.media)
		return err
	},
	"DeleteMedia": func(c *counted, who chat.UserID, at ids) error { return c.svc.DeleteMedia(c.Ctx, who, at.media) },
	"OpenThumbnail": func(c *counted, who chat.UserID, at ids) error {
		_, _, err := c.svc.OpenThumbnail(c.Ctx, who, at.media)
		return err
	},
}

// within are the operations that take, beside a room that the actor sees, the id of
// something that is hidden from them.
var within = map[string]func(c *counted, who chat.UserID, room uuid.UUID, at ids) error{
	"a reply to": func(c *counted, who chat.UserID, room uuid.UUID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, who, room, chat.NewMessage{Text: "x", ReplyToID: &at.message}))
	},
	"media of a message": func(c *counted, who chat.UserID, room uuid.UUID, at ids) error {
		return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, who, room, chat.NewMessage{MediaIDs: []uuid.UUID{at.media}}))
	},
	"an avatar": func(c *counted, who chat.UserID, room uuid.UUID, at ids) error {
		return chatsuite.ErrorOf(c.svc.UpdateRoom(c.Ctx, who, room, chat.RoomPatch{AvatarID: &at.media}))
	},
}

// through goes to the end of a sequence.
func through[T any](all iter.Seq2[T, error]) (err error) {
	for _, err = range all {
	}
	return err
}

// statements runs an operation that must fail, and returns what it ran.
func (c *counted) statements(name string, want error, do func() error) []string {
	c.T.Helper()
	c.log.Statements = nil
	if err := do(); !errors.Is(err, want) {
		c.T.Errorf("%s: error is %v, want %v", name, err, want)
	}
	return slices.Clone(c.log.Statements)
}

// TestAbsentAndHiddenIDsRunTheSameStatements: what one may not see costs what an id costs
// that never was, so that the time tells nothing either.
func TestAbsentAndHiddenIDsRunTheSameStatements(t *testing.T) {
	overCounted(t, func(t *testing.T, c *counted) {
		picture := func(actor chat.UserID) uuid.UUID { return c.Upload(actor, chatsuite.GIF).ID }
		see := func(room *chat.Room) ids {
			media := picture(c.Alice)
			m := chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, room.ID, chat.NewMessage{Text: "x", MediaIDs: []uuid.UUID{media}}))(t)
			r := chatsuite.Must(c.React(c.Ctx, c.Alice, m.ID, "👍"))(t)
			return ids{room.ID, m.ID, r.ID, media}
		}
		absent := ids{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
		left, public, avatar := c.NewGroup(c.Bob, c.Carol), c.NewGroup(), c.NewGroup()
		chatsuite.NoError(t, c.LeaveRoom(c.Ctx, c.Carol, left.ID))
		yes, face := true, picture(c.Alice)
		chatsuite.Must(c.UpdateRoom(c.Ctx, c.Alice, public.ID, chat.RoomPatch{Public: &yes}))(t)
		chatsuite.Must(c.UpdateRoom(c.Ctx, c.Alice, avatar.ID, chat.RoomPatch{AvatarID: &face}))(t)
		gone := see(c.NewGroup(c.Carol))
		chatsuite.NoError(t, c.DeleteRoom(c.Ctx, c.Alice, gone.room))
		inPublic := see(public)
		inPublic.room = see(c.NewGroup()).room // the room itself is seen
		before := see(chatsuite.Must(c.CreateRoom(c.Ctx, c.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(t))
		admit(c, before.room)
		hidden := map[string]ids{
			"of a stranger's room": see(c.NewGroup(c.Bob)), "of a room that was left": see(left), "of a deleted room": gone,
			"of a public room": inPublic, "an avatar": {c.NewGroup().ID, gone.message, gone.reaction, face},
			"an upload":                {c.NewGroup().ID, gone.message, gone.reaction, picture(c.Bob)},
			"from before Carol joined": {c.NewGroup().ID, before.message, before.reaction, before.media},
		}
		for name, do := range byID {
			want := c.statements(name+" of nothing", chat.ErrNotFound, func() error { return do(c, c.Carol, absent) })
			for what, at := range hidden {
				got := c.statements(name+" "+what, chat.ErrNotFound, func() error { return do(c, c.Carol, at) })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: absent (-) and %s (+):\n%s", name, what, diff)
				}
			}
		}
		own := c.NewGroup(c.Carol).ID
		chatsuite.Must(c.TransferOwnership(c.Ctx, c.Alice, own, c.Carol))(t)
		for name, do := range within {
			want := c.statements(name+" nothing", chat.ErrInvalid, func() error { return do(c, c.Carol, own, absent) })
			for what, at := range hidden {
				room := own
				if at.message == before.message { // of the very room
					room = before.room
				}
				got := c.statements(name+" "+what, chat.ErrInvalid, func() error { return do(c, c.Carol, room, at) })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: absent (-) and %s (+):\n%s", name, what, diff)
				}
			}
		}
	})
}

// admit makes Carol a member with all permissions of a room of Alice's.
func admit(c *counted, room uuid.UUID) {
	c.T.Helper()
	all := chat.AllPermissions &^ chat.CanDeleteRoom
	chatsuite.Must(c.AddUsers(c.Ctx, c.Alice, room, chat.NewRoomUser{UserID: c.Carol, Permissions: &all}))(c.T)
}

// atOnce makes a call that waits for no lock: one wait is five seconds.
func (c *counted) atOnce(name string, want error, do func() error) {
	c.T.Helper()
	begin := time.Now()
	c.statements(name, want, do)
	if took := time.Since(begin); took > 4*time.Second {
		c.T.Errorf("%s took %v", name, took)
	}
}

// TestHiddenRoomsAreNotWaitedFor: another transaction has the room's lock, which keeps
// its members waiting, and tells nobody else that it is there.
func TestHiddenRoomsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	c := newCounted(t, chatsuite.Postgres)
	room := c.NewGroup(c.Bob)
	m := c.Send(c.Alice, room.ID, "x")
	r := chatsuite.Must(c.React(c.Ctx, c.Alice, m.ID, "👍"))(t)
	media := c.Upload(c.Alice, chatsuite.GIF).ID
	chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media}}))(t)
	before, hers := hiddenFromNewcomer(c)
	tx := c.DB.Begin()
	defer tx.Rollback()
	chatsuite.NoError(t, tx.Exec("SELECT id FROM chat_rooms WHERE id IN (?, ?) FOR UPDATE", room.ID, hers).Error)
	for name, do := range byID {
		c.atOnce(name, chat.ErrNotFound, func() error { return do(c, c.Carol, ids{room.ID, m.ID, r.ID, media}) })
		c.atOnce(name, chat.ErrNotFound, func() error { return do(c, c.Carol, before) })
	}
}

// TestHiddenMessagesAndMediaAreNotWaitedFor: nor do they show by being locked beside a room
// that one sees.
func TestHiddenMessagesAndMediaAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	c := newCounted(t, chatsuite.Postgres)
	for _, hide := range []func(*counted) (ids, uuid.UUID){hiddenFrom, hiddenFromNewcomer} {
		notWaitedFor(t, c, hide)
	}
}

func notWaitedFor(t *testing.T, c *counted, hide func(*counted) (ids, uuid.UUID)) {
	t.Helper()
	at, own := hide(c)
	upload := c.Upload(c.Alice, chatsuite.GIF).ID
	tx := c.DB.Begin()
	defer tx.Rollback()
	chatsuite.NoError(t, tx.Exec("SELECT id FROM chat_messages WHERE id = ? FOR UPDATE", at.message).Error)
	chatsuite.NoError(t, tx.Exec("SELECT id FROM chat_media WHERE id IN (?, ?) FOR UPDATE", at.media, upload).Error)
	for _, media := range []uuid.UUID{at.media, upload} {
		at.media = media
		for name, do := range within {
			c.atOnce(name, chat.ErrInvalid, func() error { return do(c, c.Carol, own, at) })
		}
	}
}

// TestWhatIsHiddenIsNotLocked: a lock on a row is written to the disk, for which whoever
// asks would wait, and is in the way of those who see the row.
func TestWhatIsHiddenIsNotLocked(t *testing.T) {
	t.Parallel()
	c := newCounted(t, chatsuite.Postgres)
	for name, hide := range map[string]func(*counted) (ids, uuid.UUID){"a stranger": hiddenFrom, "a newcomer": hiddenFromNewcomer} {
		t.Run(name, func(t *testing.T) { notLocked(t, c, hide) })
	}
}

func notLocked(t *testing.T, c *counted, hide func(*counted) (ids, uuid.UUID)) {
	t.Helper()
	at, own := hide(c)
	locks := func(except uuid.UUID) string {
		t.Helper()
		own := except.String()
		var all string
		for _, table := range []string{"chat_rooms", "chat_messages", "chat_media", "chat_reactions"} {
			all += table + "\n" + chatsuite.QueryLines(t, c.DB, "SELECT CAST(id AS text) || ' ' || CAST(xmax AS text) FROM "+table+" WHERE id <> '"+own+"' ORDER BY id")
		}
		return all + chatsuite.QueryLines(t, c.DB, "SELECT user_id || ' ' || CAST(xmax AS text) FROM chat_room_users WHERE room_id <> '"+own+"' ORDER BY room_id, user_id")
	}
	except := uuid.Nil
	before := locks(except)
	check := func(name string) {
		t.Helper()
		after := locks(except)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s locks:\n%s", name, diff)
		}
		before = after
	}
	for name, do := range byID {
		c.statements(name, chat.ErrNotFound, func() error { return do(c, c.Carol, at) })
		check(name)
	}
	except = own // the room that one sees is locked
	before = locks(except)
	for name, do := range within {
		c.statements(name, chat.ErrInvalid, func() error { return do(c, c.Carol, own, at) })
		check(name)
	}
}

// hiddenFrom makes a room of Alice's and Bob's, and one of Carol's.
func hiddenFrom(c *counted) (at ids, own uuid.UUID) {
	c.T.Helper()
	room := c.NewGroup(c.Bob)
	media := c.Upload(c.Alice, chatsuite.GIF).ID
	m := chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, room.ID, chat.NewMessage{Text: "x", MediaIDs: []uuid.UUID{media}}))(c.T)
	r := chatsuite.Must(c.React(c.Ctx, c.Alice, m.ID, "👍"))(c.T)
	carols := chatsuite.Must(c.CreateRoom(c.Ctx, c.Carol, chat.NewRoom{Name: "Carol's"}))(c.T)
	return ids{room.ID, m.ID, r.ID, media}, carols.ID
}

// hiddenFromNewcomer makes a room that Carol has joined, and a message from before. The room
// of at is not hers.
func hiddenFromNewcomer(c *counted) (at ids, room uuid.UUID) {
	c.T.Helper()
	hers := chatsuite.Must(c.CreateRoom(c.Ctx, c.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(c.T)
	media := c.Upload(c.Alice, chatsuite.GIF).ID
	m := chatsuite.Must(c.SendMessage(c.Ctx, c.Alice, hers.ID, chat.NewMessage{Text: "x", MediaIDs: []uuid.UUID{media}}))(c.T)
	r := chatsuite.Must(c.React(c.Ctx, c.Alice, m.ID, "👍"))(c.T)
	admit(c, hers.ID)
	return ids{c.NewGroup(c.Bob).ID, m.ID, r.ID, media}, hers.ID
}
