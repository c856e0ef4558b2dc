package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// Checked before the room's lock, a sender's membership would be that of a moment
// ago, and messages would follow their author's removal.
func TestNothingOfAMemberFollowsTheirRemoval(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		const racers = 8 // rooms raced in at once
		n := times(300, 2000)
		rooms := make([]*chat.Room, racers)
		messages := make([]*chat.Message, racers)
		for i := range rooms {
			rooms[i] = h.group()
			messages[i] = h.send(h.alice, rooms[i].ID, "Hello")
		}
		crowd(t, racers, func(i int) error {
			for round := range n / racers {
				if err := h.raceRemoval(rooms[i], messages[i], round); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
			}
			return nil
		})
		for _, room := range rooms {
			h.checkRemovals(room.ID)
		}
		h.checkLogs()
	})
}

// raceRemoval adds bob, and removes him while he is busy.
func (h *host) raceRemoval(room *chat.Room, message *chat.Message, round int) error {
	if _, err := h.AddUsers(h.ctx, h.alice, room.ID, chat.NewRoomUser{UserID: h.bob}); err != nil {
		return err
	}
	busy := []func() error{
		func() error {
			_, err := h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{Text: "still here"})
			return err
		},
		func() error {
			_, err := h.React(h.ctx, h.bob, message.ID, "👍")
			return err
		},
		func() error {
			_, err := h.AddUsers(h.ctx, h.bob, room.ID, chat.NewRoomUser{UserID: h.id(10 + round%40)})
			return err
		},
	}
	errs := together(
		func() error { return h.RemoveUser(h.ctx, h.alice, room.ID, h.bob) },
		func() error { return untilRefused(busy[0]) },
		func() error { return untilRefused(busy[round%len(busy)]) },
	)
	return errors.Join(errs...)
}

// untilRefused repeats what a member does a few times, or until they are one no more.
func untilRefused(do func() error) error {
	for range 3 {
		if err := do(); errors.Is(err, chat.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// checkRemovals reads the log: nobody acts between their removal and being added
// again.
func (h *host) checkRemovals(room uuid.UUID) {
	h.t.Helper()
	acted := 0
	removed := map[chat.UserID]int64{}
	for _, e := range h.events(room) {
		switch e.Kind {
		case chat.UserRemoved:
			removed[*e.UserID] = e.Seq
		case chat.UserAdded:
			delete(removed, *e.UserID)
		}
		if e.ActorID != nil && *e.ActorID == h.bob {
			acted++
		}
		if e.ActorID != nil && removed[*e.ActorID] != 0 {
			h.t.Errorf("room %s: %s of %s has seq %d, after their removal, %d", room, e.Kind, *e.ActorID, e.Seq, removed[*e.ActorID])
		}
	}
	if acted == 0 {
		h.t.Error("nothing was raced: the member never acted")
	}
}

// eraseRace is what users do while they are erased.
type eraseRace struct {
	*host
	closed, open *chat.Room
}

// TestAnErasedUserLeavesNothing erases users, and deletes them from the host's
// table in the same transaction, while they and others go on.
func TestAnErasedUserLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{
		onSQLiteFile, {ids: chat.StringIDs, file: true, usersTable: true},
		onPostgres, {postgres: true, ids: chat.Int64IDs},
	} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v)
			race := &eraseRace{host: h, closed: h.group(), open: must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "Open", Public: true}))(t)}
			for n := 10; n < times(26, hostUsers); n++ {
				race.erase(h.id(n))
			}
			h.checkLogs()
			h.checkOwners()
		})
	}
}

func (r *eraseRace) erase(user chat.UserID) {
	r.t.Helper()
	must(r.AddUsers(r.ctx, r.alice, r.closed.ID, chat.NewRoomUser{UserID: user}))(r.t)
	must(r.OpenPrivate(r.ctx, user, r.bob))(r.t)
	message := r.send(user, r.closed.ID, "I was here")
	busy := []func() error{
		func() error { return of(r.SendMessage(r.ctx, user, r.closed.ID, chat.NewMessage{Text: "still here"})) },
		func() error { return of(r.React(r.ctx, user, message.ID, "👍")) },
	}
	if r.usersTable { // or else nobody knows, later, that the user is gone
		busy = append(busy,
			func() error { return of(r.JoinRoom(r.ctx, user, r.open.ID)) },
			func() error { return of(r.AddUsers(r.ctx, r.alice, r.closed.ID, chat.NewRoomUser{UserID: user})) },
			func() error { return of(r.OpenPrivate(r.ctx, r.carol, user)) },
			func() error {
				err := of(r.UploadMedia(r.ctx, user, chat.NewMedia{Body: strings.NewReader("bytes")}))
				if errors.Is(err, chat.ErrConflict) {
					return nil // the upload was abandoned when its uploader was erased
				}
				return err
			},
		)
	}
	calls := []func() error{func() error { return r.eraseAndDelete(user) }}
	for _, do := range busy {
		calls = append(calls, func() (err error) {
			for n := 0; n < 5 && err == nil; n++ {
				err = do()
			}
			if isAny(err, chat.ErrNotFound, chat.ErrInvalid) {
				return nil // they are gone
			}
			return err
		})
	}
	if err := errors.Join(together(calls...)...); err != nil {
		r.t.Errorf("user %s: %v", user, err)
		return
	}
	r.checkForgotten(user)
}

// eraseAndDelete is what a host does: it runs its transaction again when it may.
func (r *eraseRace) eraseAndDelete(user chat.UserID) (err error) {
	for range 20 {
		err = r.InTx(r.ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := s.EraseUser(r.ctx, chat.System, user, chat.EraseOptions{}); err != nil {
				return err
			}
			return tx.Exec("DELETE FROM users WHERE id = ?", user).Error
		})
		if !chat.IsRetryable(err) {
			return err
		}
	}
	return err
}

func (r *eraseRace) checkForgotten(user chat.UserID) {
	r.t.Helper()
	for _, reference := range []string{
		"users WHERE id", "chat_rooms WHERE owner_id", "chat_rooms WHERE private_a", "chat_rooms WHERE private_b",
		"chat_room_users WHERE user_id", "chat_room_users WHERE created_by", "chat_messages WHERE user_id",
		"chat_media WHERE user_id", "chat_reactions WHERE user_id", "chat_events WHERE user_id", "chat_events WHERE actor_id",
	} {
		if n := r.number("SELECT count(*) FROM "+reference+" = ?", user); n != 0 {
			r.t.Errorf("user %s: %d rows of %s", user, n, reference)
		}
	}
}
