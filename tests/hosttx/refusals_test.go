package hosttx_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// scene is a chat in which every kind of refusal can be had.
type scene struct {
	*chatsuite.Host
	group, channel, private, public, deleted, full, closed *chat.Room
	mine, theirs, tombstone, elsewhere                     *chat.Message // mine is bob's
	used, theirMedia, loose                                *chat.Media   // used and loose are bob's
	reaction                                               *chat.Reaction
}

func newScene(t *testing.T, v chatsuite.Variant) *scene {
	t.Helper()
	h := chatsuite.New(t, v, func(c *chat.Config) { c.Limits.GroupMembers, c.Limits.ReactionsPerMessage = 3, 1 })
	s := &scene{Host: h}
	s.group, s.channel = h.NewGroup(h.Bob), h.NewRoom(chat.Channel, h.Bob)
	s.full = h.NewGroup(h.Bob, h.Carol)
	s.private = chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
	s.public = chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "Open", Public: true}))(t)
	s.deleted = h.NewGroup(h.Bob)
	chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, s.deleted.ID))
	s.closed = chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Erin))(t)
	chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Erin, chat.EraseOptions{}))
	s.used, s.loose, s.theirMedia = h.Upload(h.Bob, "one"), h.Upload(h.Bob, "two"), h.Upload(h.Alice, "three")
	s.mine = chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, s.group.ID, chat.NewMessage{Text: "mine", ClientID: "c", MediaIDs: []uuid.UUID{s.used.ID}}))(t)
	s.theirs, s.tombstone = h.Send(h.Alice, s.group.ID, "theirs"), h.Send(h.Bob, s.group.ID, "gone")
	chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, s.tombstone.ID))
	chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, s.group.ID, h.UserID(9), chat.BanOptions{}))
	s.elsewhere = h.Send(h.Alice, s.channel.ID, "elsewhere")
	s.reaction = chatsuite.Must(h.React(h.Ctx, h.Alice, s.theirs.ID, "👍"))(t)
	return s
}

// attempt is an operation that is refused.
type attempt struct {
	name string
	want error
	do   func(s *chat.Service) error
}

func (c *scene) send(room uuid.UUID, in chat.NewMessage) func(*chat.Service) error {
	return func(s *chat.Service) error { return chatsuite.ErrorOf(s.SendMessage(c.Ctx, c.Bob, room, in)) }
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
		actor := c.Bob
		if room == c.full.ID {
			actor = c.Dave
		}
		for op, do := range map[string]func(s *chat.Service) error{
			"Room": func(s *chat.Service) error { return chatsuite.ErrorOf(s.Room(c.Ctx, actor, room)) },
			"Messages": func(s *chat.Service) error {
				return chatsuite.ErrorOf(s.Messages(c.Ctx, actor, room, chat.HistoryQuery{}))
			},
			"RoomUsers": func(s *chat.Service) error { return chatsuite.ErrorOf(s.RoomUsers(c.Ctx, actor, room, chat.Page{})) },
			"RoomUser":  func(s *chat.Service) error { return chatsuite.ErrorOf(s.RoomUser(c.Ctx, actor, room, c.Alice)) },
			"SendMessage": func(s *chat.Service) error {
				return chatsuite.ErrorOf(s.SendMessage(c.Ctx, actor, room, chat.NewMessage{Text: "x"}))
			},
			"JoinRoom":   func(s *chat.Service) error { return chatsuite.ErrorOf(s.JoinRoom(c.Ctx, actor, room)) },
			"LeaveRoom":  func(s *chat.Service) error { return s.LeaveRoom(c.Ctx, actor, room) },
			"DeleteRoom": func(s *chat.Service) error { return s.DeleteRoom(c.Ctx, actor, room) },
			"UpdateRoom": func(s *chat.Service) error {
				return chatsuite.ErrorOf(s.UpdateRoom(c.Ctx, actor, room, chat.RoomPatch{}))
			},
			"TransferOwnership": func(s *chat.Service) error { return chatsuite.ErrorOf(s.TransferOwnership(c.Ctx, actor, room, c.Bob)) },
			"RemoveUser":        func(s *chat.Service) error { return s.RemoveUser(c.Ctx, actor, room, c.Alice) },
			"UpdateRoomUser": func(s *chat.Service) error {
				return chatsuite.ErrorOf(s.UpdateRoomUser(c.Ctx, actor, room, c.Bob, chat.RoomUserPatch{}))
			},
			"MarkRead":  func(s *chat.Service) error { return chatsuite.ErrorOf(s.MarkRead(c.Ctx, actor, room, 1)) },
			"Typing":    func(s *chat.Service) error { return s.Typing(c.Ctx, actor, room) },
			"BanUser":   func(s *chat.Service) error { return s.BanUser(c.Ctx, actor, room, c.Alice, chat.BanOptions{}) },
			"UnbanUser": func(s *chat.Service) error { return s.UnbanUser(c.Ctx, actor, room, c.Alice) },
			"Bans":      func(s *chat.Service) error { return chatsuite.ErrorOf(s.Bans(c.Ctx, actor, room, chat.Page{})) },
			"AddUsers": func(s *chat.Service) error {
				return chatsuite.ErrorOf(s.AddUsers(c.Ctx, actor, room, chat.NewRoomUser{UserID: c.Carol}))
			},
		} {
			list = append(list, attempt{op + " in " + name, chat.ErrNotFound, do})
		}
	}
	for op, do := range map[string]func(s *chat.Service, actor chat.UserID, id uuid.UUID) error{
		"Message": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.Message(c.Ctx, a, id))
		},
		"EditMessage": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.EditMessage(c.Ctx, a, id, chat.MessagePatch{}))
		},
		"DeleteMessage": func(s *chat.Service, a chat.UserID, id uuid.UUID) error { return s.DeleteMessage(c.Ctx, a, id) },
		"React": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.React(c.Ctx, a, id, "👍"))
		},
		"Unreact": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.Unreact(c.Ctx, a, id))
		},
		"Reaction": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.Reaction(c.Ctx, a, id))
		},
		"Media": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			return chatsuite.ErrorOf(s.Media(c.Ctx, a, id))
		},
		"OpenMedia": func(s *chat.Service, a chat.UserID, id uuid.UUID) error {
			_, content, err := s.OpenMedia(c.Ctx, a, id)
			if content != nil {
				_ = content.Close()
			}
			return err
		},
	} {
		list = append(list, attempt{op + " of nothing", chat.ErrNotFound, func(s *chat.Service) error { return do(s, c.Bob, nowhere) }})
		hidden := map[string]uuid.UUID{"Unreact": c.reaction.ID, "Reaction": c.reaction.ID, "Media": c.used.ID, "OpenMedia": c.used.ID}[op]
		if hidden == uuid.Nil {
			hidden = c.theirs.ID
		}
		list = append(list, attempt{op + " by a stranger", chat.ErrNotFound, func(s *chat.Service) error { return do(s, c.Dave, hidden) }})
	}
	return append(list,
		attempt{"TransferOwnership to a stranger", chat.ErrNotFound, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.TransferOwnership(c.Ctx, c.Alice, c.group.ID, c.Dave))
		}},
		attempt{"RemoveUser of a stranger", chat.ErrNotFound, func(s *chat.Service) error {
			return s.RemoveUser(c.Ctx, c.Alice, c.group.ID, c.Dave)
		}},
	)
}

func (c *scene) forbidden() []attempt {
	name, text, all := "new", "new", chat.AllPermissions&^chat.CanDeleteRoom
	return []attempt{
		{"SendMessage in a channel", chat.ErrForbidden, c.send(c.channel.ID, chat.NewMessage{Text: "x"})},
		{"SendMessage to an erased user", chat.ErrForbidden, c.send(c.closed.ID, chat.NewMessage{Text: "x"})},
		{"UpdateRoom", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoom(c.Ctx, c.Bob, c.group.ID, chat.RoomPatch{Name: &name}))
		}},
		{"DeleteRoom", chat.ErrForbidden, func(s *chat.Service) error { return s.DeleteRoom(c.Ctx, c.Bob, c.group.ID) }},
		{"RemoveUser", chat.ErrForbidden, func(s *chat.Service) error { return s.RemoveUser(c.Ctx, c.Bob, c.group.ID, c.Alice) }},
		{"TransferOwnership", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.TransferOwnership(c.Ctx, c.Bob, c.group.ID, c.Bob))
		}},
		{"UpdateRoomUser", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoomUser(c.Ctx, c.Bob, c.group.ID, c.Bob, chat.RoomUserPatch{Permissions: &all}))
		}},
		{"AddUsers with permissions", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, c.Bob, c.group.ID, chat.NewRoomUser{UserID: c.Carol, Permissions: &all}))
		}},
		{"AddUsers to a pair", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, c.Bob, c.private.ID, chat.NewRoomUser{UserID: c.Carol}))
		}},
		{"EditMessage", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.EditMessage(c.Ctx, c.Bob, c.theirs.ID, chat.MessagePatch{Text: &text}))
		}},
		{"DeleteMessage", chat.ErrForbidden, func(s *chat.Service) error { return s.DeleteMessage(c.Ctx, c.Bob, c.theirs.ID) }},
		{"Unreact", chat.ErrForbidden, func(s *chat.Service) error { return chatsuite.ErrorOf(s.Unreact(c.Ctx, c.Bob, c.reaction.ID)) }},
		{"Messages of a public room", chat.ErrForbidden, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.Messages(c.Ctx, c.Dave, c.public.ID, chat.HistoryQuery{}))
		}},
		{"EraseUser", chat.ErrForbidden, func(s *chat.Service) error { return s.EraseUser(c.Ctx, c.Bob, c.Bob, chat.EraseOptions{}) }},
	}
}

func (c *scene) conflicts() []attempt {
	text, all := "new", chat.AllPermissions&^chat.CanDeleteRoom
	return []attempt{
		{"LeaveRoom by the owner", chat.ErrConflict, func(s *chat.Service) error { return s.LeaveRoom(c.Ctx, c.Alice, c.group.ID) }},
		{"LeaveRoom of a pair", chat.ErrConflict, func(s *chat.Service) error { return s.LeaveRoom(c.Ctx, c.Bob, c.private.ID) }},
		{"RemoveUser of the owner", chat.ErrConflict, func(s *chat.Service) error {
			return s.RemoveUser(c.Ctx, chat.System, c.group.ID, c.Alice)
		}},
		{"BanUser of the owner", chat.ErrConflict, func(s *chat.Service) error {
			return s.BanUser(c.Ctx, chat.System, c.group.ID, c.Alice, chat.BanOptions{})
		}},
		{"BanUser in a pair", chat.ErrConflict, func(s *chat.Service) error {
			return s.BanUser(c.Ctx, chat.System, c.private.ID, c.Bob, chat.BanOptions{})
		}},
		{"AddUsers of a banned one", chat.ErrConflict, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, chat.System, c.group.ID, chat.NewRoomUser{UserID: c.UserID(9)}))
		}},
		{"UpdateRoomUser of the owner", chat.ErrConflict, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoomUser(c.Ctx, chat.System, c.group.ID, c.Alice, chat.RoomUserPatch{Permissions: &all}))
		}},
		{"TransferOwnership of a pair", chat.ErrConflict, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.TransferOwnership(c.Ctx, chat.System, c.private.ID, c.Bob))
		}},
		{"EditMessage of a tombstone", chat.ErrConflict, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.EditMessage(c.Ctx, c.Bob, c.tombstone.ID, chat.MessagePatch{Text: &text}))
		}},
		{"React to a tombstone", chat.ErrConflict, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.React(c.Ctx, c.Bob, c.tombstone.ID, "👍"))
		}},
		{"a reply to a tombstone", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{Text: "x", ReplyToID: &c.tombstone.ID})},
		{"a medium in use", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{c.used.ID}})},
		{"a client id with another body", chat.ErrConflict, c.send(c.group.ID, chat.NewMessage{Text: "other", ClientID: "c"})},
		{"InTx inside InTx", chat.ErrConflict, func(s *chat.Service) error {
			return s.InTx(c.Ctx, func(*gorm.DB, *chat.Service) error { return nil })
		}},
	}
}

func (c *scene) invalid() []attempt {
	type message = chat.NewMessage
	empty, bits, deletes := "", chat.AllPermissions+1, chat.CanDeleteRoom
	list := []attempt{
		{"no actor", chat.ErrUnauthenticated, func(s *chat.Service) error { return chatsuite.ErrorOf(s.Rooms(c.Ctx, nil, chat.RoomsQuery{})) }},
		{"an empty actor", chat.ErrUnauthenticated, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, chat.UserID(""), chat.NewRoom{Name: "x"}))
		}},
		{"System in OpenPrivate", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.OpenPrivate(c.Ctx, chat.System, c.Bob)) }},
		{"oneself in OpenPrivate", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.OpenPrivate(c.Ctx, c.Bob, c.Bob)) }},
		{"an unknown type", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, c.Bob, chat.NewRoom{Name: "x", Type: "crowd"}))
		}},
		{"unknown bits", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoom(c.Ctx, chat.System, c.group.ID, chat.RoomPatch{DefaultPermissions: &bits}))
		}},
		{"can_delete_room in a group", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoomUser(c.Ctx, c.Alice, c.group.ID, c.Bob, chat.RoomUserPatch{Permissions: &deletes}))
		}},
		{"an empty text", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.EditMessage(c.Ctx, c.Alice, c.theirs.ID, chat.MessagePatch{Text: &empty}))
		}},
		{"NUL", chat.ErrInvalid, c.send(c.group.ID, message{Text: "a\x00b"})},
		{"no text", chat.ErrInvalid, c.send(c.group.ID, message{})},
		{"metadata that are no object", chat.ErrInvalid, c.send(c.group.ID, message{Text: "x", Metadata: chat.Metadata("[1]")})},
		{"another's medium", chat.ErrInvalid, c.send(c.group.ID, message{MediaIDs: []uuid.UUID{c.theirMedia.ID}})},
		{"a medium twice", chat.ErrInvalid, c.send(c.group.ID, message{MediaIDs: []uuid.UUID{c.loose.ID, c.loose.ID}})},
		{"a reply across rooms", chat.ErrInvalid, c.send(c.group.ID, message{Text: "x", ReplyToID: &c.elsewhere.ID})},
		{"an avatar that is no image", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UpdateRoom(c.Ctx, c.Alice, c.group.ID, chat.RoomPatch{AvatarID: &c.theirMedia.ID}))
		}},
		{"no emoji", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.React(c.Ctx, c.Bob, c.theirs.ID, "a")) }},
		{"a cursor of one's own", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.Rooms(c.Ctx, c.Bob, chat.RoomsQuery{Page: chat.Page{Cursor: "?"}}))
		}},
		{"a successor of nothing", chat.ErrInvalid, func(s *chat.Service) error {
			return s.EraseUser(c.Ctx, chat.System, c.Bob, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{c.group.ID: c.Alice}})
		}},
		{"an upload of nothing", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.UploadMedia(c.Ctx, c.Bob, chat.NewMedia{})) }},
		{"a long name", chat.ErrTooLarge, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, c.Bob, chat.NewRoom{Name: strings.Repeat("x", 129)}))
		}},
		{"a full group", chat.ErrTooLarge, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, c.Alice, c.full.ID, chat.NewRoomUser{UserID: c.Dave}))
		}},
		{"one reaction too many", chat.ErrTooLarge, func(s *chat.Service) error { return chatsuite.ErrorOf(s.React(c.Ctx, c.Bob, c.theirs.ID, "🎉")) }},
		{"a long text", chat.ErrTooLarge, c.send(c.group.ID, message{Text: strings.Repeat("x", 4001)})},
		{"a long upload", chat.ErrTooLarge, func(s *chat.Service) error {
			body := io.LimitReader(endless{}, 26<<20)
			return chatsuite.ErrorOf(s.UploadMedia(c.Ctx, c.Bob, chat.NewMedia{Body: body}))
		}},
	}
	if c.UserIDs == chat.Int64IDs {
		list = append(list, attempt{"an id that is no number", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, c.Alice, c.group.ID, chat.NewRoomUser{UserID: "bob"}))
		}})
	}
	if c.UsersTable {
		list = append(list, c.unknownUsers()...)
	}
	return list
}

// unknownUsers are ids that a foreign key to the host's users would refuse.
func (c *scene) unknownUsers() []attempt {
	nobody := chat.ID(chatsuite.Users + 1)
	return []attempt{
		{"OpenPrivate with nobody", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.OpenPrivate(c.Ctx, c.Bob, nobody)) }},
		{"AddUsers of nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.AddUsers(c.Ctx, c.Alice, c.group.ID, chat.NewRoomUser{UserID: nobody}))
		}},
		{"CreateRoom with nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, c.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: nobody}}}))
		}},
		{"CreateRoom for nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, chat.System, chat.NewRoom{Name: "x", Owner: nobody}))
		}},
		{"CreateRoom by nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.CreateRoom(c.Ctx, nobody, chat.NewRoom{Name: "x"}))
		}},
		{"OpenPrivate by nobody", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.OpenPrivate(c.Ctx, nobody, c.Bob)) }},
		{"JoinRoom by nobody", chat.ErrInvalid, func(s *chat.Service) error { return chatsuite.ErrorOf(s.JoinRoom(c.Ctx, nobody, c.public.ID)) }},
		{"UploadMedia by nobody", chat.ErrInvalid, func(s *chat.Service) error {
			return chatsuite.ErrorOf(s.UploadMedia(c.Ctx, nobody, chat.NewMedia{Body: strings.NewReader("x")}))
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
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			c := newScene(t, v)
			chatsuite.NoError(t, c.DB.AutoMigrate(&order{}))
			before := c.tables()
			attempts := c.attempts()
			provoke := func(a attempt, s *chat.Service) {
				err := chatsuite.Recover(func() error { return a.do(s) })
				if !chatsuite.ErrorIsAny(err, a.want) {
					t.Errorf("%s: error is %v, want %v", a.name, err, a.want)
				}
				if chat.IsRetryable(err) {
					t.Errorf("%s: a refusal is no reason to try again", a.name)
				}
			}
			for i, a := range attempts {
				if err := c.InTx(c.Ctx, func(tx *gorm.DB, s *chat.Service) error {
					provoke(a, s)
					return tx.Create(&order{ID: int64(i + 1), Note: a.name}).Error
				}); err != nil {
					t.Errorf("%s: the host's transaction: %v", a.name, err)
				}
			}
			chatsuite.NoError(t, c.DB.Transaction(func(tx *gorm.DB) error {
				bound, _ := c.WithTx(tx)
				for _, a := range attempts {
					provoke(a, bound)
				}
				return tx.Create(&order{ID: int64(len(attempts) + 1), Note: "all of them"}).Error
			}))
			if n := c.QueryInt("SELECT count(*) FROM orders"); n != int64(len(attempts)+1) {
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
	c.T.Helper()
	var counts []string
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "reactions", "events"} {
		counts = append(counts, fmt.Sprint(table, " ", c.QueryInt("SELECT count(*) FROM chat_"+table)))
	}
	counts = append(counts, fmt.Sprint("last_seq ", c.QueryInt("SELECT sum(last_seq) FROM chat_rooms")),
		fmt.Sprint("released ", c.QueryInt("SELECT count(*) FROM chat_media WHERE state = 'released'")))
	return strings.Join(counts, ", ")
}
