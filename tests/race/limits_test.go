package race_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// refused returns the errors other than those wanted, and how many calls succeeded.
func refused(errs []error, wanted ...error) (succeeded int, unexpected error) {
	for _, err := range errs {
		switch {
		case err == nil:
			succeeded++
		case !chatsuite.ErrorIsAny(err, wanted...):
			unexpected = errors.Join(unexpected, err)
		}
	}
	return succeeded, unexpected
}

func TestOneMediumBindsOnce(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		one, other := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		const spares = 2 // that nobody else wants, so that locks are taken in several orders
		for round := range chatsuite.Iterations(25, 200) {
			wanted := h.Upload(h.Bob, chatsuite.GIF)
			var sends []func() error
			for i := range 4 {
				media := []uuid.UUID{wanted.ID}
				for range spares {
					media = append(media, h.Upload(h.Bob, "spare").ID)
				}
				if i%2 == 1 {
					media[0], media[spares] = media[spares], media[0]
				}
				room := []uuid.UUID{one.ID, other.ID}[i/2]
				sends = append(sends, func() error {
					_, err := h.SendMessage(h.Ctx, h.Bob, room, chat.NewMessage{MediaIDs: media})
					return err
				})
			}
			sent, err := refused(chatsuite.ParallelPatiently(sends...), chat.ErrConflict)
			chatsuite.NoError(t, err)
			if uses := h.QueryInt("SELECT count(*) FROM chat_message_media WHERE media_id = ?", wanted.ID); sent != 1 || uses != 1 {
				t.Fatalf("round %d: %d messages have the medium and %d rows bind it", round, sent, uses)
			}
		}
		h.CheckRoomLogs()
	})
}

func TestOneImageIsOneAvatarOrOneMessage(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		one, other := h.NewGroup(), h.NewGroup()
		for range chatsuite.Iterations(25, 200) {
			image := h.Upload(h.Alice, chatsuite.GIF)
			avatarOf := func(room uuid.UUID) func() error {
				return func() error {
					_, err := h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{AvatarID: &image.ID})
					return err
				}
			}
			done, err := refused(chatsuite.ParallelPatiently(avatarOf(one.ID), avatarOf(other.ID), func() error {
				_, err := h.SendMessage(h.Ctx, h.Alice, one.ID, chat.NewMessage{MediaIDs: []uuid.UUID{image.ID}})
				return err
			}), chat.ErrConflict)
			chatsuite.NoError(t, err)
			if done != 1 {
				t.Fatalf("one image has %d uses", done)
			}
		}
		h.CheckRoomLogs()
	})
}

func TestParallelAddUsersKeepAGroupWithinItsLimit(t *testing.T) {
	overLimited := func(c *chat.Config) { c.Limits.GroupMembers = 6 }
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, overLimited)
			for round := range chatsuite.Iterations(8, 60) {
				room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: fmt.Sprint(round), Public: true}))(t)
				var calls []func() error
				for n := 2; n < 22; n++ {
					calls = append(calls, func() error {
						if n%2 == 0 {
							_, err := h.JoinRoom(h.Ctx, h.UserID(n), room.ID)
							return err
						}
						_, err := h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.UserID(n)})
						return err
					})
				}
				added, err := refused(chatsuite.ParallelPatiently(calls...), chat.ErrTooLarge)
				chatsuite.NoError(t, err)
				members := h.QueryInt("SELECT count(*) FROM chat_room_users WHERE room_id = ?", room.ID)
				if added != 5 || members != 6 {
					t.Fatalf("%d were added and there are %d members, of 6 at most", added, members)
				}
			}
			h.CheckRoomLogs()
		})
	}
}

func TestParallelReactionsKeepTheLimitOfDifferentOnes(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Limits.ReactionsPerMessage, c.Reactions = 3, chat.AnyReaction })
			room := h.NewGroup(h.Bob)
			for range chatsuite.Iterations(8, 60) {
				message := h.Send(h.Alice, room.ID, "Well?")
				var calls []func() error
				for i := range 12 {
					calls = append(calls, func() error {
						_, err := h.React(h.Ctx, []chat.UserID{h.Alice, h.Bob}[i%2], message.ID, fmt.Sprint(i))
						return err
					})
				}
				given, err := refused(chatsuite.ParallelPatiently(calls...), chat.ErrTooLarge)
				chatsuite.NoError(t, err)
				if given != 3 {
					t.Fatalf("%d different reactions, of 3 at most", given)
				}
			}
			h.CheckRoomLogs()
		})
	}
}

func TestParallelLikeAndDislikeLeaveOne(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Reactions = chat.LikeDislike })
			room := h.NewGroup(h.Bob)
			message := h.Send(h.Alice, room.ID, "Well?")
			chatsuite.ParallelN(t, chatsuite.Iterations(100, 500), func(i int) error {
				_, err := h.React(h.Ctx, h.Bob, message.ID, []string{"like", "dislike"}[i%2])
				return err
			})
			var added, removed int64
			for _, kind := range h.EventKinds(room.ID) {
				switch kind {
				case chat.ReactionAdded:
					added++
				case chat.ReactionRemoved:
					removed++
				}
			}
			if now := h.QueryInt("SELECT count(*) FROM chat_reactions"); now != 1 || added-removed != 1 {
				t.Errorf("%d reactions of one user, after %d were added and %d removed", now, added, removed)
			}
			h.CheckRoomLogs()
		})
	}
}
