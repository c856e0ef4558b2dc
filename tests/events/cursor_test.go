package events_test

import (
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// wantReset wants a cursor to be answered with a reset, after which changes are told.
func wantReset(t *testing.T, h *chatsuite.Host, actor chat.Actor, cursor chat.Cursor, change func()) {
	t.Helper()
	s := subscribe(t, h, actor, cursor)
	hello := s.want(chat.UpdateHello)
	cut := subscribe(t, h, actor, hello.Cursor) // who was cut before the reset is reset again
	cut.want(chat.UpdateHello)
	cut.want(chat.UpdateReset)
	reset := s.want(chat.UpdateReset)
	change()
	s.want(kind(chat.MessageCreated))
	again := subscribe(t, h, actor, reset.Cursor) // the cursor of the reset is one of this log
	again.want(chat.UpdateHello)
	again.want(kind(chat.MessageCreated))
}

func TestACursorGoesOnWhereItWas(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		bob := subscribe(t, h, h.Bob, "")
		cursor := bob.want(chat.UpdateHello).Cursor
		var seen []int64
		for round := range 4 {
			for range 3 {
				h.Send(h.Alice, room.ID, "x")
			}
			next := subscribe(t, h, h.Bob, cursor)
			if hello := next.want(chat.UpdateHello); hello.States[0].Seq != int64(2+3*(round+1)) {
				t.Errorf("hello is %+v", hello.States)
			}
			for range 2 { // of the three: the last is left for the next round
				u := next.want(kind(chat.MessageCreated))
				seen, cursor = append(seen, u.Seq), u.Cursor
			}
			next.sub.Close()
			if round == 3 {
				break
			}
		}
		last := subscribe(t, h, h.Bob, cursor)
		last.want(chat.UpdateHello)
		for len(seen) < 12 {
			u := last.want(kind(chat.MessageCreated))
			seen, cursor = append(seen, u.Seq), u.Cursor
		}
		last.silent(50 * time.Millisecond)
		for i, seq := range seen {
			if seq != int64(3+i) {
				t.Fatalf("seen are %v", seen)
			}
		}
		subscribe(t, h, h.Bob, cursor).want(chat.UpdateHello)
	})
}

func TestCursorsThatCannotBeUsed(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		cursor := subscribe(t, h, h.Bob, "").want(chat.UpdateHello).Cursor
		for _, forged := range []chat.Cursor{"x", "e30", "bnVsbA", cursor[:len(cursor)/2], cursor + "x", chat.Cursor(make([]byte, 100_000))} {
			_, err := h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{After: forged})
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "after", 0)
		}
		reset := func(name string) {
			t.Helper()
			t.Log(name)
			wantReset(t, h, h.Bob, cursor, func() { h.Send(h.Alice, room.ID, "goes on") })
		}
		h.Send(h.Alice, room.ID, "x")
		chatsuite.NoError(t, h.DB.Exec("DELETE FROM chat_events").Error)
		reset("the log was pruned")
		live := subscribe(t, h, h.Bob, "")
		cursor = live.want(chat.UpdateHello).Cursor
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_meta SET value = 'another' WHERE key = 'epoch'").Error)
		// Whoever is told the log meanwhile is closed when that is noticed, within the poll.
		chatsuite.WantError(t, live.end(), chat.ErrLagged)
		reset("another epoch")
		_, err := h.Subscribe(h.Ctx, nil, chat.SubscribeOptions{})
		chatsuite.WantError(t, err, chat.ErrUnauthenticated)
	})
}

// runAlone runs a test on both databases, on a PostgreSQL server of its own: what is
// pruned while transactions of the server are open, whoever's they are, may be a reset
// where none is needed.
func runAlone(t *testing.T, test func(t *testing.T, h *chatsuite.Host)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, chatsuite.New(t, chatsuite.SQLiteFile))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := dbtest.NewServer(t)
		test(t, hostOn(t, server.DSN(t, template())))
	})
}

// An event that looks older than the one before it, as where the clocks of two processes
// differ, is pruned before it: whoever has not had it is told.
func TestAnEventPrunedOutOfTurnIsAReset(t *testing.T) {
	runAlone(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		live := subscribe(t, h, h.Bob, "")
		behind := live.want(chat.UpdateHello).Cursor
		old := h.Send(h.Alice, room.ID, "by a clock that is behind")
		had := live.want(kind(chat.MessageCreated)).Cursor
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_events SET created_at = ? WHERE message_id = ?",
			h.Clock.Now().Add(-time.Hour*48), old.ID).Error)
		if n := chatsuite.Must(h.PruneEvents(h.Ctx, 24*time.Hour))(t); n != 1 {
			t.Errorf("%d events were pruned, want 1", n)
		}
		wantReset(t, h, h.Bob, behind, func() { h.Send(h.Alice, room.ID, "x") })
		wantReset(t, h, h.Bob, had, func() { h.Send(h.Alice, room.ID, "x") }) // its anchor is gone
		// Where nothing is left, new cursors are good.
		chatsuite.Must(h.PruneEvents(h.Ctx, -time.Hour))(t)
		if n := h.CountRows("chat_events"); n != 0 {
			t.Fatalf("%d events are left", n)
		}
		cursor := subscribe(t, h, h.Bob, "").want(chat.UpdateHello).Cursor
		h.Send(h.Alice, room.ID, "anew")
		again := subscribe(t, h, h.Bob, cursor)
		again.want(chat.UpdateHello)
		again.want(kind(chat.MessageCreated))
	})
}

func TestPrunedEventsAreAReset(t *testing.T) {
	runAlone(t, func(t *testing.T, h *chatsuite.Host) {
		empty := subscribe(t, h, chat.System, "").want(chat.UpdateHello).Cursor
		room := h.NewGroup(h.Bob)
		live := subscribe(t, h, h.Bob, "")
		before := live.want(chat.UpdateHello).Cursor
		h.Clock.Advance(48 * time.Hour)
		h.Send(h.Alice, room.ID, "young")
		live.want(kind(chat.MessageCreated)) // or who is subscribed would lag behind the pruning
		after := subscribe(t, h, h.Bob, "").want(chat.UpdateHello).Cursor
		if n := chatsuite.Must(h.PruneEvents(h.Ctx, 24*time.Hour))(t); n != 2 {
			t.Errorf("%d events were pruned, want 2", n)
		}
		if n := chatsuite.Must(h.PruneEvents(h.Ctx, 24*time.Hour))(t); n != 0 {
			t.Errorf("%d events were pruned, want none", n)
		}
		for name, cursor := range map[string]chat.Cursor{"of the empty log": empty, "before": before} {
			t.Log(name)
			wantReset(t, h, h.Bob, cursor, func() { h.Send(h.Alice, room.ID, "goes on") })
		}
		h.Send(h.Alice, room.ID, "newer")
		s := subscribe(t, h, h.Bob, after)
		s.want(chat.UpdateHello)
		s.want(kind(chat.MessageCreated))
		page := chatsuite.Must(h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{After: 1}))(t)
		if !page.Reset || len(page.Items) != 4 {
			t.Errorf("page is %+v", page)
		}
	})
}
