package queries_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// A hook costs the statements that it runs, of which Operation.Room is one; a refusal looks once
// whether its actor sees the room, for hidden rooms as for absent ones. CheckUsers takes the
// place of the look-up.
func TestStatementsOfHooks(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			plain := newCounted(t, v)
			room, hidden := plain.NewGroup(plain.Bob), plain.NewGroup()
			m := plain.Send(plain.Bob, room.ID, "hello")
			var before func(chat.Operation) error
			config := plain.Config
			config.Hooks.Before = func(_ context.Context, _ chat.Actor, op chat.Operation) error { return before(op) }
			hooked := &counted{Host: plain.Host, log: &chatsuite.StatementLog{Interface: logger.Discard}}
			hooked.svc = chatsuite.Must(chat.New(plain.DB.Session(&gorm.Session{Logger: hooked.log}), config))(t)
			chatsuite.Must(hooked.svc.Unread(plain.Ctx, plain.Alice))(t)

			send := func(c *counted, room uuid.UUID) func() error {
				return func() error {
					return chatsuite.ErrorOf(c.svc.SendMessage(c.Ctx, c.Bob, room, chat.NewMessage{Text: "x"}))
				}
			}
			react := func(c *counted) func() error {
				return func() error { return chatsuite.ErrorOf(c.svc.React(c.Ctx, c.Bob, m.ID, "👍")) }
			}
			chatsuite.NoError(t, react(plain)()) // the same again
			count := func(c *counted, call func() error) int {
				c.log.Statements = nil
				_ = call()
				return len(c.log.Statements)
			}
			pass := func(chat.Operation) error { return nil }
			look := func(op chat.Operation) error { return chatsuite.ErrorOf(op.Room(plain.Ctx)) }
			refuse := func(chat.Operation) error { return chat.Refuse("no") }
			sends, reacts := count(plain, send(plain, room.ID)), count(plain, react(plain))
			for name, c := range map[string]struct {
				before func(chat.Operation) error
				call   func() error
				want   int
			}{
				"a send that passes":       {pass, send(hooked, room.ID), sends},
				"a reaction that passes":   {pass, react(hooked), reacts},
				"a send that looks":        {look, send(hooked, room.ID), sends + 1},
				"a reaction that looks":    {look, react(hooked), reacts + 1},
				"a send that is refused":   {refuse, send(hooked, room.ID), 1},
				"a refusal to a hidden":    {refuse, send(hooked, hidden.ID), 1},
				"a refusal to an absent":   {refuse, send(hooked, uuid.New()), 1},
				"a look at a hidden room":  {look, send(hooked, hidden.ID), 2},
				"a look at an absent room": {look, send(hooked, uuid.New()), 2},
			} {
				before = c.before
				if got := count(hooked, c.call); got != c.want {
					t.Errorf("%s: %d statements, want %d: %q", name, got, c.want, hooked.log.Statements)
				}
			}
			checkUsersCosts(t, plain)
		})
	}
}

// checkUsersCosts compares with what the same costs without the host's table of users.
func checkUsersCosts(t *testing.T, plain *counted) {
	t.Helper()
	asked := 0
	config := plain.Config
	config.Hooks.CheckUsers = func(context.Context, *gorm.DB, []chat.UserID) ([]chat.UserID, error) { asked++; return nil, nil }
	log := &chatsuite.StatementLog{Interface: logger.Discard}
	svc := chatsuite.Must(chat.New(plain.DB.Session(&gorm.Session{Logger: log}), config))(t)
	for range 100 {
		chatsuite.Must(svc.OpenPrivate(plain.Ctx, plain.Alice, plain.Dave))(t)
	}
	if asked != 100 || len(log.Matching(`FROM "users"`)) != 0 {
		t.Errorf("asked %d times, and looked %d times", asked, len(log.Matching(`FROM "users"`)))
	}
}

// Without a hook nothing is made for one. A closed service returns before it is at the
// database, so that the allocations are those of the input alone.
func TestAllocationsWithoutHooks(t *testing.T) {
	h := chatsuite.New(t, chatsuite.SQLite)
	s := h.Service
	chatsuite.NoError(t, s.Close())
	id, text, set, users := uuid.New(), "x", chat.CanAddUsers, []chat.NewRoomUser{{UserID: h.Bob}}
	for name, c := range map[string]struct {
		want float64
		call func() error
	}{
		"SendMessage": {2, func() error { return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Alice, id, chat.NewMessage{Text: "x"})) }},
		"EditMessage": {0, func() error {
			return chatsuite.ErrorOf(s.EditMessage(h.Ctx, h.Alice, id, chat.MessagePatch{Text: &text}))
		}},
		"DeleteMessage": {0, func() error { return s.DeleteMessage(h.Ctx, h.Alice, id) }},
		"React":         {0, func() error { return chatsuite.ErrorOf(s.React(h.Ctx, h.Alice, id, "👍")) }},
		"Unreact":       {0, func() error { return chatsuite.ErrorOf(s.Unreact(h.Ctx, h.Alice, id)) }},
		"PinMessage":    {0, func() error { return chatsuite.ErrorOf(s.PinMessage(h.Ctx, h.Alice, id)) }},
		"UnpinMessage":  {0, func() error { return s.UnpinMessage(h.Ctx, h.Alice, id) }},
		"CreateRoom": {0, func() error {
			return chatsuite.ErrorOf(s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: users}))
		}},
		"UpdateRoom":        {1, func() error { return chatsuite.ErrorOf(s.UpdateRoom(h.Ctx, h.Alice, id, chat.RoomPatch{Name: &text})) }},
		"TransferOwnership": {0, func() error { return chatsuite.ErrorOf(s.TransferOwnership(h.Ctx, h.Alice, id, h.Bob)) }},
		"DeleteRoom":        {0, func() error { return s.DeleteRoom(h.Ctx, h.Alice, id) }},
		"OpenPrivate":       {0, func() error { return chatsuite.ErrorOf(s.OpenPrivate(h.Ctx, h.Alice, h.Bob)) }},
		"AddUsers":          {1, func() error { return chatsuite.ErrorOf(s.AddUsers(h.Ctx, h.Alice, id, users...)) }},
		"JoinRoom":          {0, func() error { return chatsuite.ErrorOf(s.JoinRoom(h.Ctx, h.Alice, id)) }},
		"LeaveRoom":         {0, func() error { return s.LeaveRoom(h.Ctx, h.Alice, id) }},
		"RemoveUser":        {0, func() error { return s.RemoveUser(h.Ctx, h.Alice, id, h.Bob) }},
		"UpdateRoomUser": {0, func() error {
			return chatsuite.ErrorOf(s.UpdateRoomUser(h.Ctx, h.Alice, id, h.Bob, chat.RoomUserPatch{Permissions: &set}))
		}},
		"BanUser":   {0, func() error { return s.BanUser(h.Ctx, h.Alice, id, h.Bob, chat.BanOptions{}) }},
		"UnbanUser": {1, func() error { return s.UnbanUser(h.Ctx, h.Alice, id, h.Bob) }},
	} {
		var err error
		if got := testing.AllocsPerRun(100, func() { err = c.call() }); got > c.want {
			t.Errorf("%s: %v allocations, want %v", name, got, c.want)
		}
		chatsuite.WantError(t, err, chat.ErrClosed)
	}
}
