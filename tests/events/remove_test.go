package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

const secret = "after the removal"

// listener takes what a subscription tells until a user is removed from a room, and what
// still comes then.
type listener struct {
	user    chat.UserID
	room    uuid.UUID
	mu      sync.Mutex
	removed int
	wrong   []string
}

func (l *listener) check(u *chat.Update) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.RoomID != l.room {
		return
	}
	switch u.Kind {
	case kind(chat.UserRemoved):
		if *u.UserID == l.user {
			l.removed++
		}
		return
	}
	if l.removed%2 == 1 && u.Kind == kind(chat.UserAdded) {
		l.removed++ // added again
	}
	if l.removed%2 == 1 {
		l.wrong = append(l.wrong, fmt.Sprintf("%s of seq %d after the removal", u.Kind, u.Seq))
	}
	if u.Message != nil && strings.Contains(u.Message.Text, secret) {
		l.wrong = append(l.wrong, fmt.Sprintf("%s of seq %d with a text of after the removal", u.Kind, u.Seq))
	}
}

// TestWhoIsRemovedIsToldNothingBeyond removes a member under load, again and again, and
// edits messages right after: neither the subscription nor one that goes on from any
// cursor it had tells what they say since, not even for events of before the removal.
func TestWhoIsRemovedIsToldNothingBeyond(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		var noise sync.WaitGroup
		var stop atomic.Bool
		for w := range 2 {
			noise.Go(func() {
				for i := 0; !stop.Load(); i++ {
					_, err := h.SendMessage(h.Ctx, h.Carol, room.ID, chat.NewMessage{Text: fmt.Sprint("noise ", w, i)})
					time.Sleep(2 * time.Millisecond)
					if err != nil && !chat.IsRetryable(err) {
						t.Error(err)
						return
					}
				}
			})
		}
		for range chatsuite.Iterations(200, 2000) {
			if removeOnce(t, h, room.ID); t.Failed() {
				break
			}
		}
		stop.Store(true)
		noise.Wait()
	})
}

func removeOnce(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	sub := chatsuite.Must(h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{}))(t)
	l := &listener{user: h.Bob, room: room}
	var cursors []chat.Cursor
	told := make(chan error, 1)
	go func() {
		for {
			u, err := sub.Next(context.Background())
			if err != nil {
				told <- err
				return
			}
			cursors = append(cursors, u.Cursor)
			l.check(&u)
			if u.Kind == kind(chat.UserRemoved) && *u.UserID == h.Bob {
				told <- nil
				return
			}
		}
	}()
	var sent []*chat.Message
	for i := range 3 {
		sent = append(sent, h.Send(h.Alice, room, fmt.Sprint("before ", i)))
	}
	chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room, h.Bob))
	for _, m := range sent {
		text := secret
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Text: &text}))(t)
	}
	h.Send(h.Alice, room, secret)
	if err := <-told; err != nil && !errors.Is(err, chat.ErrLagged) {
		t.Fatal(err)
	}
	sub.Close()
	for _, at := range []int{0, len(cursors) / 2, len(cursors) - 1} {
		resumed := subscribe(t, h, h.Bob, cursors[at])
		again := &listener{user: h.Bob, room: room}
		for _, u := range resumed.rest() {
			again.check(&u)
			if u.Kind == kind(chat.MessageCreated) || u.Kind == kind(chat.MessageEdited) {
				again.wrong = append(again.wrong, "a message is told to who is no member")
			}
			if u.Kind == chat.UpdateHello && len(u.States) != 0 {
				again.wrong = append(again.wrong, "hello has the room")
			}
		}
		if at != len(cursors)-1 && again.removed != 1 {
			again.wrong = append(again.wrong, fmt.Sprint("told of the removal ", again.removed, " times"))
		}
		l.wrong = append(l.wrong, again.wrong...)
		resumed.sub.Close()
	}
	if len(l.wrong) > 0 {
		t.Errorf("the user who was removed is told: %q", l.wrong)
	}
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: h.Bob}))(t)
}

// rest takes what is there already, and what comes in a moment.
func (s *stream) rest() (updates []chat.Update) {
	s.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
		u, err := s.sub.Next(ctx)
		cancel()
		if err != nil {
			return updates
		}
		updates = append(updates, u)
	}
}
