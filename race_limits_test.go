package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// isAny reports whether an error is one of these.
func isAny(err error, wanted ...error) bool {
	for _, want := range wanted {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// refused returns the errors other than those wanted, and how many calls succeeded.
func refused(errs []error, wanted ...error) (succeeded int, unexpected error) {
	for _, err := range errs {
		switch {
		case err == nil:
			succeeded++
		case !isAny(err, wanted...):
			unexpected = errors.Join(unexpected, err)
		}
	}
	return succeeded, unexpected
}

func (h *host) upload(actor chat.Actor, body string) *chat.Media {
	h.t.Helper()
	return must(h.UploadMedia(h.ctx, actor, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader(body)}))(h.t)
}

// gif is an image of one pixel.
const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func TestOneMediumBindsOnce(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		one, other := h.group(h.bob), h.group(h.bob)
		const spares = 2 // that nobody else wants, so that locks are taken in several orders
		for round := range times(25, 200) {
			wanted := h.upload(h.bob, gif)
			var sends []func() error
			for i := range 4 {
				media := []uuid.UUID{wanted.ID}
				for range spares {
					media = append(media, h.upload(h.bob, "spare").ID)
				}
				if i%2 == 1 {
					media[0], media[spares] = media[spares], media[0]
				}
				room := []uuid.UUID{one.ID, other.ID}[i/2]
				sends = append(sends, func() error {
					_, err := h.SendMessage(h.ctx, h.bob, room, chat.NewMessage{MediaIDs: media})
					return err
				})
			}
			sent, err := refused(together(sends...), chat.ErrConflict)
			ok(t, err)
			if uses := h.number("SELECT count(*) FROM chat_message_media WHERE media_id = ?", wanted.ID); sent != 1 || uses != 1 {
				t.Fatalf("round %d: %d messages have the medium and %d rows bind it", round, sent, uses)
			}
		}
		h.checkLogs()
	})
}

func TestOneImageIsOneAvatarOrOneMessage(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		one, other := h.group(), h.group()
		for range times(25, 200) {
			image := h.upload(h.alice, gif)
			avatarOf := func(room uuid.UUID) func() error {
				return func() error {
					_, err := h.UpdateRoom(h.ctx, h.alice, room, chat.RoomPatch{AvatarID: &image.ID})
					return err
				}
			}
			done, err := refused(together(avatarOf(one.ID), avatarOf(other.ID), func() error {
				_, err := h.SendMessage(h.ctx, h.alice, one.ID, chat.NewMessage{MediaIDs: []uuid.UUID{image.ID}})
				return err
			}), chat.ErrConflict)
			ok(t, err)
			if done != 1 {
				t.Fatalf("one image has %d uses", done)
			}
		}
		h.checkLogs()
	})
}

func TestParallelAddUsersKeepAGroupWithinItsLimit(t *testing.T) {
	overLimited := func(c *chat.Config) { c.Limits.GroupMembers = 6 }
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v, overLimited)
			for round := range times(8, 60) {
				room := must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: fmt.Sprint(round), Public: true}))(t)
				var calls []func() error
				for n := 2; n < 22; n++ {
					calls = append(calls, func() error {
						if n%2 == 0 {
							_, err := h.JoinRoom(h.ctx, h.id(n), room.ID)
							return err
						}
						_, err := h.AddUsers(h.ctx, h.alice, room.ID, chat.NewRoomUser{UserID: h.id(n)})
						return err
					})
				}
				added, err := refused(together(calls...), chat.ErrTooLarge)
				ok(t, err)
				members := h.number("SELECT count(*) FROM chat_room_users WHERE room_id = ?", room.ID)
				if added != 5 || members != 6 {
					t.Fatalf("%d were added and there are %d members, of 6 at most", added, members)
				}
			}
			h.checkLogs()
		})
	}
}

func TestParallelReactionsKeepTheLimitOfDifferentOnes(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v, func(c *chat.Config) { c.Limits.ReactionsPerMessage, c.Reactions = 3, chat.AnyReaction })
			room := h.group(h.bob)
			for range times(8, 60) {
				message := h.send(h.alice, room.ID, "Well?")
				var calls []func() error
				for i := range 12 {
					calls = append(calls, func() error {
						_, err := h.React(h.ctx, []chat.UserID{h.alice, h.bob}[i%2], message.ID, fmt.Sprint(i))
						return err
					})
				}
				given, err := refused(together(calls...), chat.ErrTooLarge)
				ok(t, err)
				if given != 3 {
					t.Fatalf("%d different reactions, of 3 at most", given)
				}
			}
			h.checkLogs()
		})
	}
}

func TestParallelLikeAndDislikeLeaveOne(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v, func(c *chat.Config) { c.Reactions = chat.LikeDislike })
			room := h.group(h.bob)
			message := h.send(h.alice, room.ID, "Well?")
			crowd(t, times(100, 500), func(i int) error {
				_, err := h.React(h.ctx, h.bob, message.ID, []string{"like", "dislike"}[i%2])
				return err
			})
			var added, removed int64
			for _, kind := range h.kinds(room.ID) {
				switch kind {
				case chat.ReactionAdded:
					added++
				case chat.ReactionRemoved:
					removed++
				}
			}
			if now := h.number("SELECT count(*) FROM chat_reactions"); now != 1 || added-removed != 1 {
				t.Errorf("%d reactions of one user, after %d were added and %d removed", now, added, removed)
			}
			h.checkLogs()
		})
	}
}
