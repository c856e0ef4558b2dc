package events_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
	"github.com/go-df/chat/internal/chatsuite"
)

// another returns a second service on the host's database, as in another process, and
// what is configured of it.
func another(t *testing.T, h *chatsuite.Host, options ...func(*chat.Config)) *chatsuite.Host {
	t.Helper()
	other := *h
	for _, option := range options {
		option(&other.Config)
	}
	other.Service = chatsuite.Must(chat.New(h.DB, other.Config))(t)
	t.Cleanup(func() { chatsuite.NoError(t, other.Close()) })
	return &other
}

// pair is what a test of signals needs: a service that does things, and one to subscribe
// to, which is the same or another that a bus alone connects to it.
type pair struct {
	*chatsuite.Host
	listener *chatsuite.Host
	bus      *bustest.Memory
}

func runPairs(t *testing.T, test func(t *testing.T, p pair), options ...func(*chat.Config)) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		t.Run("the same process", func(t *testing.T) {
			same := another(t, h, options...)
			test(t, pair{same, same, nil})
		})
		t.Run("another process", func(t *testing.T) {
			bus := &bustest.Memory{}
			options := append(options, func(c *chat.Config) { c.Bus = bus })
			test(t, pair{another(t, h, options...), another(t, h, options...), bus})
		})
	})
}

// subscribe returns a stream behind its hello, when the bus is listened to.
func (p pair) subscribe(t *testing.T, actor chat.Actor) *stream {
	t.Helper()
	s := subscribe(t, p.listener, actor, "")
	s.want(chat.UpdateHello)
	for deadline := time.Now().Add(30 * time.Second); p.bus != nil && p.bus.Listeners() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody listens to the bus")
		}
	}
	return s
}

const awhile = 50 * time.Millisecond

func TestReadMarkersAndMute(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob, p.Carol)
		sent := p.Send(p.Alice, room.ID, "x")
		p.Send(p.Alice, room.ID, "y")
		alice, bob, second, dave, system := p.subscribe(t, p.Alice), p.subscribe(t, p.Bob), p.subscribe(t, p.Bob),
			p.subscribe(t, p.Dave), p.subscribe(t, chat.System)

		chatsuite.Must(p.MarkRead(p.Ctx, p.Bob, room.ID, sent.Number))(t)
		for _, own := range []*stream{bob, second} {
			if u := own.want(chat.UpdateReadMarker); u.RoomID != room.ID || *u.UserID != p.Bob || u.Number != 1 || u.Seq != 0 {
				t.Errorf("update is %+v", u)
			}
		}
		if u := alice.want(chat.UpdateReceipt); u.RoomID != room.ID || *u.UserID != p.Bob || u.Number != 1 {
			t.Errorf("update is %+v", u)
		}

		muted := true
		chatsuite.Must(p.UpdateRoomUser(p.Ctx, p.Bob, room.ID, p.Bob, chat.RoomUserPatch{Muted: &muted}))(t)
		for _, own := range []*stream{bob, second} {
			if u := own.want(chat.UpdateMuted); u.RoomID != room.ID || *u.UserID != p.Bob || !*u.Muted {
				t.Errorf("update is %+v", u)
			}
		}
		p.Send(p.Bob, room.ID, "moves the author's marker")
		for _, member := range []*stream{alice, bob, second} {
			member.want(kind(chat.MessageCreated))
		}
		system.want(kind(chat.MessageCreated))
		for _, s := range []*stream{alice, bob, second, dave, system} {
			s.silent(awhile)
		}
	})
}

func TestReceiptsStayInSmallRooms(t *testing.T) {
	for name, options := range map[string]struct {
		change func(*chat.Config)
		small  bool // members of small rooms get receipts
	}{
		"rooms of two":       {func(c *chat.Config) { c.Limits.ReceiptMembers = 2 }, true},
		"turned off":         {func(c *chat.Config) { c.NoReceipts = true }, false},
		"turned off for all": {func(c *chat.Config) { c.NoReceipts, c.Limits.ReceiptMembers = true, 1000 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			runPairs(t, func(t *testing.T, p pair) {
				small, large := p.NewGroup(p.Bob), p.NewGroup(p.Bob, p.Carol)
				for _, room := range []*chat.Room{small, large} {
					p.Send(p.Alice, room.ID, "x")
				}
				alice, bob := p.subscribe(t, p.Alice), p.subscribe(t, p.Bob)
				for _, room := range []*chat.Room{large, small} {
					chatsuite.Must(p.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
					if u := bob.want(chat.UpdateReadMarker); u.RoomID != room.ID {
						t.Errorf("update is %+v", u)
					}
				}
				if options.small {
					if u := alice.want(chat.UpdateReceipt); u.RoomID != small.ID {
						t.Errorf("update is %+v", u)
					}
				}
				alice.silent(awhile)
			}, options.change)
		})
	}
}

func TestTypingUpdates(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room, other := p.NewGroup(p.Bob, p.Carol), p.NewGroup(p.Bob)
		alice, bob, dave, system := p.subscribe(t, p.Alice), p.subscribe(t, p.Bob), p.subscribe(t, p.Dave), p.subscribe(t, chat.System)
		typing := func(in *chat.Room, user chat.UserID) {
			t.Helper()
			chatsuite.NoError(t, p.Typing(p.Ctx, user, in.ID))
		}
		wantTyping := func(s *stream, in *chat.Room, user chat.UserID) {
			t.Helper()
			u := s.want(chat.UpdateTyping)
			if u.RoomID != in.ID || *u.UserID != user || u.Seq != 0 || u.ExpiresAt.Sub(u.CreatedAt) != 6*time.Second {
				t.Errorf("update is %+v", u)
			}
		}
		typing(room, p.Bob)
		wantTyping(alice, room, p.Bob)
		typing(room, p.Bob) // again, too soon
		typing(other, p.Bob)
		wantTyping(alice, other, p.Bob)
		typing(room, p.Carol)
		wantTyping(alice, room, p.Carol)
		wantTyping(bob, room, p.Carol)
		p.Clock.Advance(3 * time.Second)
		typing(room, p.Bob)
		wantTyping(alice, room, p.Bob)
		for _, s := range []*stream{alice, bob, dave, system} {
			s.silent(awhile)
		}
		if n := p.QueryInt("SELECT count(*) FROM chat_events WHERE room_id = ?", room.ID); n != 3 {
			t.Errorf("the log has %d events, want 3", n)
		}

		chatsuite.WantError(t, p.Typing(p.Ctx, p.Dave, room.ID), chat.ErrNotFound)
		chatsuite.WantFieldError(t, p.Typing(p.Ctx, chat.System, room.ID), chat.ErrInvalid, "actor", 0)
		none := chat.NoPermissions
		chatsuite.Must(p.UpdateRoomUser(p.Ctx, p.Alice, room.ID, p.Bob, chat.RoomUserPatch{Permissions: &none}))(t)
		chatsuite.WantError(t, p.Typing(p.Ctx, p.Bob, room.ID), chat.ErrForbidden) // also within the 3 seconds
	})
}

// The membership that counts is that of the moment of delivery.
func TestSignalsGoToMembersOnly(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob, p.Carol)
		p.Send(p.Alice, room.ID, "x")
		alice, bob := p.subscribe(t, p.Alice), p.subscribe(t, p.Bob)
		chatsuite.NoError(t, p.InTx(p.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			chatsuite.Must(s.MarkRead(p.Ctx, p.Carol, room.ID, 1))(t) // bob is told at the commit
			chatsuite.Must(s.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
			chatsuite.NoError(t, s.Typing(p.Ctx, p.Carol, room.ID))
			return s.RemoveUser(p.Ctx, p.Alice, room.ID, p.Bob)
		}))
		alice.want(kind(chat.UserRemoved))
		got := map[chat.UpdateKind]chat.UserID{}
		for range 2 {
			u := alice.next()
			got[u.Kind] = *u.UserID
		}
		if got[chat.UpdateReceipt] != p.Carol || got[chat.UpdateTyping] != p.Carol {
			t.Errorf("alice got %v", got)
		}
		bob.want(kind(chat.UserRemoved))
		bob.silent(awhile)
		alice.silent(0)
		chatsuite.NoError(t, p.DeleteRoom(p.Ctx, p.Alice, room.ID))
	})
}

func TestSignalsComeAfterTheCommit(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob)
		p.Send(p.Alice, room.ID, "x")
		bob := p.subscribe(t, p.Bob)
		err := p.InTx(p.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			chatsuite.Must(s.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
			return errRolledBack
		})
		if !errors.Is(err, errRolledBack) {
			t.Fatal(err)
		}
		bob.silent(awhile)
		tx := p.DB.Begin()
		bound, done := p.WithTx(tx)
		chatsuite.Must(bound.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
		chatsuite.NoError(t, tx.Commit().Error)
		bob.silent(awhile)
		done()
		if u := bob.want(chat.UpdateReadMarker); u.Number != 1 {
			t.Errorf("update is %+v", u)
		}
	})
}

// An update that is not of the log has the cursor of the one before it.
func TestSignalsKeepTheCursor(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob)
		bob := p.subscribe(t, p.Bob)
		p.Send(p.Alice, room.ID, "x")
		before := bob.want(kind(chat.MessageCreated)).Cursor
		chatsuite.NoError(t, p.Typing(p.Ctx, p.Alice, room.ID))
		u := bob.want(chat.UpdateTyping)
		if u.Cursor != before || before == "" {
			t.Errorf("the cursor is %q, want %q", u.Cursor, before)
		}
		bob.sub.Close()
		p.Send(p.Alice, room.ID, "y")
		again := subscribe(t, p.listener, p.Bob, u.Cursor)
		again.want(chat.UpdateHello)
		if u := again.want(kind(chat.MessageCreated)); u.Message.Text != "y" {
			t.Errorf("update is %+v", u)
		}
	})
}

// More signals than a message to the bus holds.
func TestManySignals(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		var members []chat.UserID
		for n := 2; n <= chatsuite.Users; n++ {
			members = append(members, p.UserID(n))
		}
		room := p.NewGroup(members...)
		p.Send(p.Alice, room.ID, "x")
		alice := p.subscribe(t, p.Alice)
		chatsuite.NoError(t, p.InTx(p.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			for _, member := range members {
				chatsuite.Must(s.MarkRead(p.Ctx, member, room.ID, 1))(t)
			}
			return nil
		}))
		read := map[chat.UserID]bool{}
		for len(read) < len(members) {
			read[*alice.want(chat.UpdateReceipt).UserID] = true
		}
		alice.silent(awhile)
	})
}

// However many signals there are, to deliver them takes two statements.
func TestSignalsTakeTwoStatements(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		log := &chatsuite.StatementLog{Interface: logger.Discard}
		svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{Logger: log}), h.Config))(t)
		t.Cleanup(func() { chatsuite.NoError(t, svc.Close()) })
		logged := *h
		logged.Service = svc
		var members []chat.UserID
		for n := 2; n <= 33; n++ {
			members = append(members, h.UserID(n))
		}
		rooms := []*chat.Room{h.NewGroup(members...), h.NewGroup(members...), h.NewGroup(members...)}
		for _, room := range rooms {
			h.Send(h.Alice, room.ID, "x")
		}
		alice := subscribe(t, &logged, h.Alice, "")
		alice.want(chat.UpdateHello)
		for _, count := range []int{1, len(members)} {
			h.Clock.Advance(time.Minute)
			before := len(log.Matching("u.user_id, r.member_count FROM"))
			members := members[:count]
			chatsuite.NoError(t, svc.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
				for _, room := range rooms {
					for _, member := range members {
						chatsuite.Must(s.MarkRead(h.Ctx, member, room.ID, 1))(t)
						chatsuite.NoError(t, s.Typing(h.Ctx, member, room.ID))
					}
				}
				return nil
			}))
			for range 2 * len(rooms) * len(members) {
				alice.next()
			}
			after := log.Matching("u.user_id, r.member_count FROM")
			if len(after) != before+1 {
				t.Errorf("%d signals were read by %d statements", count, len(after)-before)
			}
		}
		if n := len(log.Matching("SELECT u.room_id, u.user_id, u.joined_number FROM chat_room_users u WHERE u.room_id")); n != 2 {
			t.Errorf("members were read by %d statements, want 2", n)
		}
	})
}
