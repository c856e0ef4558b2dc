package chat_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// scene is a chat in which every kind of refusal can be had.
type scene struct {
	*host
	group, channel, private, public, deleted, full, closed *chat.Room
	mine, theirs, tombstone, elsewhere                     *chat.Message // mine is bob's
	used, theirMedia, loose                                *chat.Media   // used and loose are bob's
	reaction                                               *chat.Reaction
}

func newScene(t *testing.T, v variant) *scene {
	t.Helper()
	h := newHost(t, v, func(c *chat.Config) { c.Limits.GroupMembers, c.Limits.ReactionsPerMessage = 3, 1 })
	s := &scene{host: h}
	s.group, s.channel = h.group(h.bob), h.room(chat.Channel, h.bob)
	s.full = h.group(h.bob, h.carol)
	s.private = must(h.OpenPrivate(h.ctx, h.alice, h.bob))(t)
	s.public = must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "Open", Public: true}))(t)
	s.deleted = h.group(h.bob)
	ok(t, h.DeleteRoom(h.ctx, h.alice, s.deleted.ID))
	s.closed = must(h.OpenPrivate(h.ctx, h.bob, h.erin))(t)
	ok(t, h.EraseUser(h.ctx, chat.System, h.erin, chat.EraseOptions{}))
	s.used, s.loose, s.theirMedia = h.upload(h.bob, "one"), h.upload(h.bob, "two"), h.upload(h.alice, "three")
	s.mine = must(h.SendMessage(h.ctx, h.bob, s.group.ID, chat.NewMessage{Text: "mine", ClientID: "c", MediaIDs: []uuid.UUID{s.used.ID}}))(t)
	s.theirs, s.tombstone = h.send(h.alice, s.group.ID, "theirs"), h.send(h.bob, s.group.ID, "gone")
	ok(t, h.DeleteMessage(h.ctx, h.bob, s.tombstone.ID))
	s.elsewhere = h.send(h.alice, s.channel.ID, "elsewhere")
	s.reaction = must(h.React(h.ctx, h.alice, s.theirs.ID, "👍"))(t)
	return s
}

// attempt is an operation that is refused.
type attempt struct {
	name string
	want error
	do   func(s *chat.Service) error
}

// of drops a result.
func of[T any](_ T, err error) error { return err }

func (c *scene) send(room uuid.UUID, in chat.NewMessage) func(*chat.Service) error {
	return func(s *chat.Service) error { return of(s.SendMessage(c.ctx, c.bob, room, in)) }
}

// attempts has every sentinel, of as many operations as can answer it.
func (c *scene) attempts() []attempt {
	list := append(c.notFound(), c.forbidden()...)
	return append(append(list, c.conflicts()...), c.invalid()...)
}

func (c *scene) notFound() []attempt {
	var list []attempt
	nowhere := uuid.Must(uuid.NewV7())
	for name, room := range map[string]uuid.UUID{"no room": nowhere, "a deleted room": c.deleted.ID, "another's room": c.full.ID} {
		actor := c.bob
		if room == c.full.ID {
			actor = c.dave
		}
		for op, do := range map[string]func(s *chat.Service) error{
			"Room":              func(s *chat.Service) error { return of(s.Room(c.ctx, actor, room)) },
			"Messages":          func(s *chat.Service) error { return of(s.Messages(c.ctx, actor, room, chat.HistoryQuery{})) },
			"RoomUsers":         func(s *chat.Service) error { return of(s.RoomUsers(c.ctx, actor, room, chat.Page{})) },
			"RoomUser":          func(s *chat.Service) error { return of(s.RoomUser(c.ctx, actor, room, c.alice)) },
			"SendMessage":       func(s *chat.Service) error { return of(s.SendMessage(c.ctx, actor, room, chat.NewMessage{Text: "x"})) },
			"JoinRoom":          func(s *chat.Service) error { return of(s.JoinRoom(c.ctx, actor, room)) },
			"LeaveRoom":         func(s *chat.Service) error { return s.LeaveRoom(c.ctx, actor, room) },
			"DeleteRoom":        func(s *chat.Service) error { return s.DeleteRoom(c.ctx, actor, room) },
			"UpdateRoom":        func(s *chat.Service) error { return of(s.UpdateRoom(c.ctx, actor, room, chat.RoomPatch{})) },
			"TransferOwnership": func(s *chat.Service) error { return of(s.TransferOwnership(c.ctx, actor, room, c.bob)) },
			"RemoveUser":        func(s *chat.Service) error { return s.RemoveUser(c.ctx, actor, room, c.alice) },
			"UpdateRoomUser": func(s *chat.Service) error {
				return of(s.UpdateRoomUser(c.ctx, actor, room, c.bob, chat.RoomUserPatch{}))
			},
			"MarkRead": func(s *chat.Service) error { return of(s.MarkRead(c.ctx, actor, room, 1)) },
			"AddUsers": func(s *chat.Service) error {
				return of(s.AddUsers(c.ctx, actor, room, chat.NewRoomUser{UserID: c.carol}))
			},
		} {
			list = append(list, attempt{op + " in " + name, chat.ErrNotFound, do})
		}
	}
	for op, do := range map[string]func(s *chat.Service, actor chat.UserID, id uuid.UUID) error{
		"Message": func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return of(s.Message(c.ctx, a, id)) },
		"EditMessage": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return of(s.EditMessage(c.ctx, a, id, chat.MessagePatch{}))
		},
		"DeleteMessage": func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return s.DeleteMessage(c.ctx, a, id) },
		"React":         func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return of(s.React(c.ctx, a, id, "👍")) },
		"Unreact":       func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return s.Unreact(c.ctx, a, id) },
		"Reaction":      func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return of(s.Reaction(c.ctx, a, id)) },
		"Media":         func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return of(s.Media(c.ctx, a, id)) },
		"OpenMedia": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			_, content, err := s.OpenMedia(c.ctx, a, id)
			if content != nil {
				_ = content.Close()
			}
			return err
		},
	} {
		list = append(list, attempt{op + " of nothing", chat.ErrNotFound, func(s *chat.Service) error { return do(s, c.bob, nowhere) }})
		hidden := map[string]uuid.UUID{"Unreact": c.reaction.ID, "Reaction": c.reaction.ID, "Media": c.used.ID, "OpenMedia": c.used.ID}[op]
		if hidden == uuid.Nil {
			hidden = c.theirs.ID
		}
		list = append(list, attempt{op + " by a stranger", chat.ErrNotFound, func(s *chat.Service) error { return do(s, c.dave, hidden) }})
	}
	return append(list,
		attempt{"TransferOwnership to a stranger", chat.ErrNotFound, func(s *chat.Service) error {
			return of(s.TransferOwnership(c.ctx, c.alice, c.group.ID, c.dave))
		}},
		attempt{"RemoveUser of a stranger", chat.ErrNotFound, func(s *chat.Service) error {
			return s.RemoveUser(c.ctx, c.alice, c.group.ID, c.dave)
		}},
	)
}

func (c *scene) forbidden() []attempt {
	name, text, all := "new", "new", chat.AllPermissions&^chat.CanDeleteRoom
	return []attempt{
		{"SendMessage in a channel", chat.ErrForbidden, c.send(c.channel.ID, chat.NewMessage{Text: "x"})},
		{"SendMessage to an erased user", chat.ErrForbidden, c.send(c.closed.ID, chat.NewMessage{Text: "x"})},
		{"UpdateRoom", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.UpdateRoom(c.ctx, c.bob, c.group.ID, chat.RoomPatch{Name: &name}))
		}},
		{"DeleteRoom", chat.ErrForbidden, func(s *chat.Service) error { return s.DeleteRoom(c.ctx, c.bob, c.group.ID) }},
		{"RemoveUser", chat.ErrForbidden, func(s *chat.Service) error { return s.RemoveUser(c.ctx, c.bob, c.group.ID, c.alice) }},
		{"TransferOwnership", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.TransferOwnership(c.ctx, c.bob, c.group.ID, c.bob))
		}},
		{"UpdateRoomUser", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.UpdateRoomUser(c.ctx, c.bob, c.group.ID, c.bob, chat.RoomUserPatch{Permissions: &all}))
		}},
		{"AddUsers with permissions", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.AddUsers(c.ctx, c.bob, c.group.ID, chat.NewRoomUser{UserID: c.carol, Permissions: &all}))
		}},
		{"AddUsers to a pair", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.AddUsers(c.ctx, c.bob, c.private.ID, chat.NewRoomUser{UserID: c.carol}))
		}},
		{"EditMessage", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.EditMessage(c.ctx, c.bob, c.theirs.ID, chat.MessagePatch{Text: &text}))
		}},
		{"DeleteMessage", chat.ErrForbidden, func(s *chat.Service) error { return s.DeleteMessage(c.ctx, c.bob, c.theirs.ID) }},
		{"Unreact", chat.ErrForbidden, func(s *chat.Service) error { return s.Unreact(c.ctx, c.bob, c.reaction.ID) }},
		{"Messages of a public room", chat.ErrForbidden, func(s *chat.Service) error {
			return of(s.Messages(c.ctx, c.dave, c.public.ID, chat.HistoryQuery{}))
		}},
		{"EraseUser", chat.ErrForbidden, func(s *chat.Service) error { return s.EraseUser(c.ctx, c.bob, c.bob, chat.EraseOptions{}) }},
	}
}

func (c *scene) conflicts() []attempt {
	text, all := "new", chat.AllPermissions&^chat.CanDeleteRoom
	return []attempt{
		{"LeaveRoom by the owner", chat.ErrConflict, func(s *chat.Service) error { return s.LeaveRoom(c.ctx, c.alice, c.group.ID) }},
		{"LeaveRoom of a pair", chat.ErrConflict, func(s *chat.Service) error { return s.LeaveRoom(c.ctx, c.bob, c.private.ID) }},
		{"RemoveUser of the owner", chat.ErrConflict, func(s *chat.Service) error {
			return s.RemoveUser(c.ctx, chat.System, c.group.ID, c.alice)
		}},
		{"UpdateRoomUser of the owner", chat.ErrConflict, func(s *chat.Service) error {
			return of(s.UpdateRoomUser(c.ctx, chat.System, c.group.ID, c.alice, chat.RoomUserPatch{Permissions: &all}))
		}},
		{"TransferOwnership of a pair", chat.ErrConflict, func(s *chat.Service) error {
			return of(s.TransferOwnership(c.ctx, chat.System, c.private.ID, c.bob))
		}},
		{"EditMessage of a tombstone", chat.ErrConflict, func(s *chat.Service) error {
			return of(s.EditMessage(c.ctx, c.bob, c.tombstone.ID, chat.MessagePatch{Text: &text}))
		}},
		{"React to a tombstone", chat.ErrConflict, func(s *chat.Service) error {
			return of(s.React(c.ctx, c.bob, c.tombstone.ID, "👍"))
		}},
		{"a reply to a tombstone", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{Text: "x", ReplyToID: &c.tombstone.ID})},
		{"a medium in use", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{c.used.ID}})},
		{"a client id with another body", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{Text: "other", ClientID: "c"})},
		{"InTx inside InTx", chat.ErrConflict, func(s *chat.Service) error {
			return s.InTx(c.ctx, func(*gorm.DB, *chat.Service) error { return nil })
		}},
	}
}

func (c *scene) invalid() []attempt {
	type message = chat.NewMessage
	empty, bits, deletes := "", chat.AllPermissions+1, chat.CanDeleteRoom
	list := []attempt{
		{"no actor", chat.ErrUnauthenticated, func(s *chat.Service) error { return of(s.Rooms(c.ctx, nil, chat.RoomsQuery{})) }},
		{"an empty actor", chat.ErrUnauthenticated, func(s *chat.Service) error {
			return of(s.CreateRoom(c.ctx, chat.UserID(""), chat.NewRoom{Name: "x"}))
		}},
		{"System in OpenPrivate", chat.ErrInvalid, func(s *chat.Service) error { return of(s.OpenPrivate(c.ctx, chat.System, c.bob)) }},
		{"oneself in OpenPrivate", chat.ErrInvalid, func(s *chat.Service) error { return of(s.OpenPrivate(c.ctx, c.bob, c.bob)) }},
		{"an unknown type", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.CreateRoom(c.ctx, c.bob, chat.NewRoom{Name: "x", Type: "crowd"}))
		}},
		{"unknown bits", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.UpdateRoom(c.ctx, chat.System, c.group.ID, chat.RoomPatch{DefaultPermissions: &bits}))
		}},
		{"can_delete_room in a group", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.UpdateRoomUser(c.ctx, c.alice, c.group.ID, c.bob, chat.RoomUserPatch{Permissions: &deletes}))
		}},
		{"an empty text", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.EditMessage(c.ctx, c.alice, c.theirs.ID, chat.MessagePatch{Text: &empty}))
		}},
		{"NUL", chat.ErrInvalid, c.send(c.group.ID, message{Text: "a\x00b"})},
		{"no text", chat.ErrInvalid, c.send(c.group.ID, message{})},
		{"metadata that are no object", chat.ErrInvalid, c.send(c.group.ID, message{Text: "x", Metadata: chat.Metadata("[1]")})},
		{"another's medium", chat.ErrInvalid, c.send(c.group.ID, message{MediaIDs: []uuid.UUID{c.theirMedia.ID}})},
		{"a medium twice", chat.ErrInvalid, c.send(c.group.ID, message{MediaIDs: []uuid.UUID{c.loose.ID, c.loose.ID}})},
		{"a reply across rooms", chat.ErrInvalid, c.send(c.group.ID, message{Text: "x", ReplyToID: &c.elsewhere.ID})},
		{"an avatar that is no image", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.UpdateRoom(c.ctx, c.alice, c.group.ID, chat.RoomPatch{AvatarID: &c.theirMedia.ID}))
		}},
		{"no emoji", chat.ErrInvalid, func(s *chat.Service) error { return of(s.React(c.ctx, c.bob, c.theirs.ID, "a")) }},
		{"a cursor of one's own", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.Rooms(c.ctx, c.bob, chat.RoomsQuery{Page: chat.Page{Cursor: "?"}}))
		}},
		{"a successor of nothing", chat.ErrInvalid, func(s *chat.Service) error {
			return s.EraseUser(c.ctx, chat.System, c.bob, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{c.group.ID: c.alice}})
		}},
		{"an upload of nothing", chat.ErrInvalid, func(s *chat.Service) error { return of(s.UploadMedia(c.ctx, c.bob, chat.NewMedia{})) }},
		{"a long name", chat.ErrTooLarge, func(s *chat.Service) error {
			return of(s.CreateRoom(c.ctx, c.bob, chat.NewRoom{Name: strings.Repeat("x", 129)}))
		}},
		{"a full group", chat.ErrTooLarge, func(s *chat.Service) error {
			return of(s.AddUsers(c.ctx, c.alice, c.full.ID, chat.NewRoomUser{UserID: c.dave}))
		}},
		{"one reaction too many", chat.ErrTooLarge, func(s *chat.Service) error { return of(s.React(c.ctx, c.bob, c.theirs.ID, "🎉")) }},
		{"a long text", chat.ErrTooLarge, c.send(c.group.ID, message{Text: strings.Repeat("x", 4001)})},
		{"a long upload", chat.ErrTooLarge, func(s *chat.Service) error {
			body := io.LimitReader(endless{}, 26<<20)
			return of(s.UploadMedia(c.ctx, c.bob, chat.NewMedia{Body: body}))
		}},
	}
	if c.ids == chat.Int64IDs {
		list = append(list, attempt{"an id that is no number", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.AddUsers(c.ctx, c.alice, c.group.ID, chat.NewRoomUser{UserID: "bob"}))
		}})
	}
	if c.usersTable {
		list = append(list, c.unknownUsers()...)
	}
	return list
}

// unknownUsers are ids that a foreign key to the host's users would refuse.
func (c *scene) unknownUsers() []attempt {
	nobody := chat.ID(hostUsers + 1)
	return []attempt{
		{"OpenPrivate with nobody", chat.ErrInvalid, func(s *chat.Service) error { return of(s.OpenPrivate(c.ctx, c.bob, nobody)) }},
		{"AddUsers of nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.AddUsers(c.ctx, c.alice, c.group.ID, chat.NewRoomUser{UserID: nobody}))
		}},
		{"CreateRoom with nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.CreateRoom(c.ctx, c.alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: nobody}}}))
		}},
		{"CreateRoom for nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.CreateRoom(c.ctx, chat.System, chat.NewRoom{Name: "x", Owner: nobody}))
		}},
		{"CreateRoom by nobody", chat.ErrInvalid, func(s *chat.Service) error { return of(s.CreateRoom(c.ctx, nobody, chat.NewRoom{Name: "x"})) }},
		{"OpenPrivate by nobody", chat.ErrInvalid, func(s *chat.Service) error { return of(s.OpenPrivate(c.ctx, nobody, c.bob)) }},
		{"JoinRoom by nobody", chat.ErrInvalid, func(s *chat.Service) error { return of(s.JoinRoom(c.ctx, nobody, c.public.ID)) }},
		{"UploadMedia by nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return of(s.UploadMedia(c.ctx, nobody, chat.NewMedia{Body: strings.NewReader("x")}))
		}},
	}
}

// endless yields zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// PostgreSQL ends a transaction at the first error of the database's, so a refusal
// must never be one.
func TestAHostsTransactionCommitsAfterEveryRefusal(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			c := newScene(t, v)
			ok(t, c.db.AutoMigrate(&order{}))
			before := c.tables()
			attempts := c.attempts()
			provoke := func(a attempt, s *chat.Service) {
				err := recovered(func() error { return a.do(s) })
				if !isAny(err, a.want) {
					t.Errorf("%s: error is %v, want %v", a.name, err, a.want)
				}
				if chat.IsRetryable(err) {
					t.Errorf("%s: a refusal is no reason to try again", a.name)
				}
			}
			for i, a := range attempts {
				if err := c.InTx(c.ctx, func(tx *gorm.DB, s *chat.Service) error {
					provoke(a, s)
					return tx.Create(&order{ID: int64(i + 1), Note: a.name}).Error
				}); err != nil {
					t.Errorf("%s: the host's transaction: %v", a.name, err)
				}
			}
			ok(t, c.db.Transaction(func(tx *gorm.DB) error {
				bound, _ := c.WithTx(tx)
				for _, a := range attempts {
					provoke(a, bound)
				}
				return tx.Create(&order{ID: int64(len(attempts) + 1), Note: "all of them"}).Error
			}))
			if n := c.number("SELECT count(*) FROM orders"); n != int64(len(attempts)+1) {
				t.Errorf("%d of the host's %d rows are there", n, len(attempts)+1)
			}
			if after := c.tables(); after != before {
				t.Errorf("refusals wrote something:\n%s\n%s", before, after)
			}
		})
	}
}

// tables counts the rows of all tables but the media's, where a refused upload
// leaves a pending row, and sums the rooms' counters.
func (c *scene) tables() string {
	c.t.Helper()
	var counts []string
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "reactions", "events"} {
		counts = append(counts, fmt.Sprint(table, " ", c.number("SELECT count(*) FROM chat_"+table)))
	}
	counts = append(counts, fmt.Sprint("last_seq ", c.number("SELECT sum(last_seq) FROM chat_rooms")),
		fmt.Sprint("released ", c.number("SELECT count(*) FROM chat_media WHERE state = 'released'")))
	return strings.Join(counts, ", ")
}
