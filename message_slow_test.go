package chat_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// slowRoom is a room with a pause of a minute, in which Carol may delete messages.
func slowRoom(h *chatsuite.Host) *chat.Room {
	h.T.Helper()
	moderator := chat.CanCreateMessages | chat.CanDeleteMessages
	return chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
		Name: "slow", SlowMode: 60, Members: []chat.NewRoomUser{{UserID: h.Bob}, {UserID: h.Dave}, {UserID: h.Carol, Permissions: &moderator}},
	}))(h.T)
}

func wantTooSoon(t *testing.T, err error, most time.Duration) {
	t.Helper()
	var soon *chat.TooSoonError
	if !errors.Is(err, chat.ErrTooSoon) || !errors.As(err, &soon) {
		t.Fatalf("error is %v, want ErrTooSoon", err)
	}
	if soon.RetryAfter > most || soon.RetryAfter < most-5*time.Second {
		t.Errorf("retry after %v, want about %v", soon.RetryAfter, most)
	}
}

func TestSlowMode(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := slowRoom(h)
		send := func(actor chat.Actor, in chat.NewMessage) error {
			in.Text = "x"
			return chatsuite.ErrorOf(h.SendMessage(h.Ctx, actor, room.ID, in))
		}
		once := chat.NewMessage{ClientID: "once"}
		chatsuite.NoError(t, send(h.Bob, once))
		wantTooSoon(t, send(h.Bob, chat.NewMessage{}), time.Minute)
		chatsuite.NoError(t, send(h.Bob, once)) // a repeat is no second message
		chatsuite.NoError(t, send(h.Dave, chat.NewMessage{}))
		for _, free := range []chat.Actor{h.Alice, h.Carol, chat.System} {
			chatsuite.NoError(t, send(free, chat.NewMessage{}))
			chatsuite.NoError(t, send(free, chat.NewMessage{}))
		}
		h.Clock.Advance(40 * time.Second)
		wantTooSoon(t, send(h.Bob, chat.NewMessage{}), 20*time.Second)
		h.Clock.Advance(20 * time.Second)
		chatsuite.NoError(t, send(h.Bob, chat.NewMessage{}))

		me := chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room.ID, h.Bob))(t)
		if me.LastSentAt == nil {
			t.Error("a member does not see when they last wrote")
		}
		if other := chatsuite.Must(h.RoomUser(h.Ctx, h.Dave, room.ID, h.Bob))(t); other.LastSentAt != nil {
			t.Error("a member sees when another last wrote")
		}
		off, tooLong := 0, 6*60*60+1
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{SlowMode: &off}))(t)
		chatsuite.NoError(t, send(h.Bob, chat.NewMessage{}))
		chatsuite.NoError(t, send(h.Bob, chat.NewMessage{}))
		_, err := h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{SlowMode: &tooLong})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "slow_mode", 0)
	})
}

// Of many messages that are sent at once one is stored: together, alone and in a host's
// transaction.
func TestSlowModeOfManyAtOnce(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := slowRoom(h)
		var sent atomic.Int64
		var senders sync.WaitGroup
		for i := range 32 {
			senders.Go(func() {
				send := func(s *chat.Service) error {
					return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"}))
				}
				err := error(nil)
				if i%8 == 0 {
					err = h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error { return send(s) })
				} else {
					err = send(h.Service)
				}
				switch {
				case err == nil:
					sent.Add(1)
				case !errors.Is(err, chat.ErrTooSoon) && !chat.IsRetryable(err):
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if n := sent.Load(); n != 1 {
			t.Errorf("%d messages were stored, want 1", n)
		}
	})
}
