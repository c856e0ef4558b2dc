package events_test

import (
	"slices"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The message of an update has whom it mentions, and how many reply to it.
func TestUpdatesHaveMentionsAndCountsOfReplies(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		bob := subscribe(t, h, h.Bob, "")
		bob.want(chat.UpdateHello)
		want := func(kind chat.EventKind, everybody bool, replies int64, mentioned ...chat.UserID) {
			t.Helper()
			m := bob.want(chat.UpdateKind(kind)).Message
			if !slices.Equal(m.Mentions, mentioned) || m.MentionRoom != everybody || m.ReplyCount != replies {
				t.Errorf("%s tells of %v, %v and %d replies, want %v, %v and %d", kind, m.Mentions, m.MentionRoom, m.ReplyCount, mentioned, everybody, replies)
			}
		}
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "hi", Mentions: []chat.UserID{h.Bob}}))(t)
		want(chat.MessageCreated, false, 0, h.Bob)
		mentions, everybody := []chat.UserID{h.Carol}, true
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, sent.ID, chat.MessagePatch{Mentions: &mentions, MentionRoom: &everybody}))(t)
		want(chat.MessageEdited, true, 0, h.Carol)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Carol, room.ID, chat.NewMessage{Text: "yes", ReplyToID: &sent.ID}))(t)
		want(chat.MessageCreated, false, 0)
		chatsuite.Must(h.React(h.Ctx, h.Carol, sent.ID, "👍"))(t)
		want(chat.ReactionAdded, true, 1, h.Carol)
		page := chatsuite.Must(h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{}))(t)
		if m := page.Items[len(page.Items)-1].Message; !slices.Equal(m.Mentions, mentions) || !m.MentionRoom || m.ReplyCount != 1 {
			t.Errorf("Events tells of %v, %v and %d replies", m.Mentions, m.MentionRoom, m.ReplyCount)
		}
	})
}
