package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What is pinned, mentioned and replied to before a newcomer joined does not exist for them.
func TestNewcomersSeeNoPinsMentionsAndRepliesFromBefore(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		w := newNewcomers(h)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, w.old.ID))(t)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, w.reply.ID))(t)
		mentions, yes := []chat.UserID{h.Carol, h.Bob}, true
		for _, m := range []*chat.Message{w.old, w.reply} {
			chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Mentions: &mentions, MentionRoom: &yes}))(t)
		}
		all := chat.AllPermissions &^ chat.CanDeleteRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, w.room, h.Carol, chat.RoomUserPatch{Permissions: &all}))(t)
		for user, want := range map[chat.UserID][]int64{h.Bob: {11, 3}, h.Carol: {11}} {
			var pinned []int64
			for _, pin := range chatsuite.Must(h.Pins(h.Ctx, user, w.room))(t) {
				pinned = append(pinned, pin.Message.Number)
			}
			if diff := cmp.Diff(want, pinned); diff != "" {
				t.Errorf("%s sees other pins: %s", user, diff)
			}
			wantMentions(h, user, w.room, int64(len(want)), want...)
		}
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Carol, w.room, 1))(t)
		wantMentions(h, h.Carol, w.room, 1, 11)
		_, err := h.Replies(h.Ctx, h.Carol, w.old.ID, chat.Page{})
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.PinMessage(h.Ctx, h.Carol, w.old.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.WantError(t, h.UnpinMessage(h.Ctx, h.Carol, w.old.ID), chat.ErrNotFound)
	})
}
