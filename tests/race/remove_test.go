package race_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// Checked before the room's lock, a sender's membership would be that of a moment
// ago, and messages would follow their author's removal.
func TestNothingOfAMemberFollowsTheirRemoval(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const racers = 8 // rooms raced in at once
		n := chatsuite.Iterations(300, 2000)
		rooms := make([]*chat.Room, racers)
		messages := make([]*chat.Message, racers)
		for i := range rooms {
			rooms[i] = h.NewGroup()
			messages[i] = h.Send(h.Alice, rooms[i].ID, "Hello")
		}
		chatsuite.ParallelN(t, racers, func(i int) error {
			for round := range n / racers {
				if err := raceRemoval(h, rooms[i], messages[i], round); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
			}
			return nil
		})
		for _, room := range rooms {
			checkRemovals(h, room.ID)
		}
		h.CheckRoomLogs()
	})
}

// raceRemoval adds bob, and removes him while he is busy.
func raceRemoval(h *chatsuite.Host, room *chat.Room, message *chat.Message, round int) error {
	if _, err := h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}); err != nil {
		return err
	}
	busy := []func() error{
		func() error {
			_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "still here"})
			return err
		},
		func() error {
			_, err := h.React(h.Ctx, h.Bob, message.ID, "👍")
			return err
		},
		func() error {
			_, err := h.AddUsers(h.Ctx, h.Bob, room.ID, chat.NewRoomUser{UserID: h.UserID(10 + round%40)})
			return err
		},
	}
	errs := chatsuite.ParallelPatiently(
		func() error { return h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob) },
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
func checkRemovals(h *chatsuite.Host, room uuid.UUID) {
	h.T.Helper()
	acted := 0
	removed := map[chat.UserID]int64{}
	for _, e := range h.LoggedEvents(room) {
		switch e.Kind {
		case chat.UserRemoved:
			removed[*e.UserID] = e.Seq
		case chat.UserAdded:
			delete(removed, *e.UserID)
		}
		if e.ActorID != nil && *e.ActorID == h.Bob {
			acted++
		}
		if e.ActorID != nil && removed[*e.ActorID] != 0 {
			h.T.Errorf("room %s: %s of %s has seq %d, after their removal, %d", room, e.Kind, *e.ActorID, e.Seq, removed[*e.ActorID])
		}
	}
	if acted == 0 {
		h.T.Error("nothing was raced: the member never acted")
	}
}

// eraseRace is what users do while they are erased.
type eraseRace struct {
	*chatsuite.Host
	closed, open *chat.Room
	banned       *chat.Room // that the user is banned from
}

// TestAnErasedUserLeavesNothing erases users, and deletes them from the host's
// table in the same transaction, while they and others go on.
func TestAnErasedUserLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{
		chatsuite.SQLiteFile, {UserIDs: chat.StringIDs, File: true, UsersTable: true},
		chatsuite.Postgres, {Postgres: true, UserIDs: chat.Int64IDs},
	} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			race := &eraseRace{Host: h, closed: h.NewGroup(), banned: h.NewGroup(), open: chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "Open", Public: true}))(t)}
			for n := 10; n < chatsuite.Iterations(26, chatsuite.Users); n++ {
				race.erase(h.UserID(n))
			}
			h.CheckRoomLogs()
			checkOwners(h)
		})
	}
}

func (r *eraseRace) erase(user chat.UserID) {
	r.T.Helper()
	chatsuite.Must(r.AddUsers(r.Ctx, r.Alice, r.closed.ID, chat.NewRoomUser{UserID: user}))(r.T)
	chatsuite.Must(r.OpenPrivate(r.Ctx, user, r.Bob))(r.T)
	message := r.Send(user, r.closed.ID, "I was here")
	busy := []func() error{
		func() error {
			return chatsuite.ErrorOf(r.SendMessage(r.Ctx, user, r.closed.ID, chat.NewMessage{Text: "still here"}))
		},
		func() error { return chatsuite.ErrorOf(r.React(r.Ctx, user, message.ID, "👍")) },
	}
	if r.UsersTable { // or else nobody knows, later, that the user is gone
		busy = append(busy,
			func() error { return chatsuite.ErrorOf(r.JoinRoom(r.Ctx, user, r.open.ID)) },
			func() error {
				return chatsuite.ErrorOf(r.AddUsers(r.Ctx, r.Alice, r.closed.ID, chat.NewRoomUser{UserID: user}))
			},
			func() error { return chatsuite.ErrorOf(r.OpenPrivate(r.Ctx, r.Carol, user)) },
			func() error { return r.BanUser(r.Ctx, r.Alice, r.banned.ID, user, chat.BanOptions{}) },
			func() error { return r.UnbanUser(r.Ctx, r.Alice, r.banned.ID, user) },
			func() error {
				err := chatsuite.ErrorOf(r.UploadMedia(r.Ctx, user, chat.NewMedia{Body: strings.NewReader("bytes")}))
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
			if chatsuite.ErrorIsAny(err, chat.ErrNotFound, chat.ErrInvalid) {
				return nil // they are gone
			}
			return err
		})
	}
	if err := errors.Join(chatsuite.ParallelPatiently(calls...)...); err != nil {
		r.T.Errorf("user %s: %v", user, err)
		return
	}
	r.checkForgotten(user)
}

// eraseAndDelete is what a host does: it runs its transaction again when it may.
func (r *eraseRace) eraseAndDelete(user chat.UserID) (err error) {
	for range 20 {
		err = r.InTx(r.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := s.EraseUser(r.Ctx, chat.System, user, chat.EraseOptions{}); err != nil {
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
	r.T.Helper()
	for _, reference := range []string{
		"users WHERE id", "chat_rooms WHERE owner_id", "chat_rooms WHERE private_a", "chat_rooms WHERE private_b",
		"chat_room_users WHERE user_id", "chat_room_users WHERE created_by", "chat_restrictions WHERE user_id",
		"chat_restrictions WHERE banned_by", "chat_messages WHERE user_id",
		"chat_media WHERE user_id", "chat_reactions WHERE user_id", "chat_events WHERE user_id", "chat_events WHERE actor_id",
	} {
		if n := r.QueryInt("SELECT count(*) FROM "+reference+" = ?", user); n != 0 {
			r.T.Errorf("user %s: %d rows of %s", user, n, reference)
		}
	}
}
