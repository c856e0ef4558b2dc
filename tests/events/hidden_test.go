package events_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// TestNewcomersAreToldNothingOfHiddenMessages: what happens to messages from before a member
// joined is hidden from them, live, in what was missed, and in the pages of the room's
// events. There is no gap, and the others are told all of it.
func TestNewcomersAreToldNothingOfHiddenMessages(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
			Name: "x", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: h.Bob}},
		}))(t)
		old, gone := h.Send(h.Alice, room.ID, "from before"), h.Send(h.Alice, room.ID, "from before, to be deleted")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}))(t)
		h.Send(h.Alice, room.ID, "3")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Dave}))(t)
		users := map[string]chat.Actor{"bob": h.Bob, "carol": h.Carol, "dave": h.Dave, "system": chat.System}
		live, cursors := map[string]*stream{}, map[string]chat.Cursor{}
		for name, user := range users {
			live[name] = subscribe(t, h, user, "")
			cursors[name] = live[name].want(chat.UpdateHello).Cursor
		}
		first := chatsuite.Must(h.Room(h.Ctx, chat.System, room.ID))(t).LastSeq

		reaction := chatsuite.Must(h.React(h.Ctx, h.Bob, old.ID, "👍"))(t)
		chatsuite.Must(h.Unreact(h.Ctx, h.Bob, reaction.ID))(t)
		text := "edited, and from before"
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, old.ID, chat.MessagePatch{Text: &text}))(t)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, gone.ID))
		reply := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re", ReplyToID: &old.ID}))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re 2", ReplyToID: &reply.ID}))(t)
		name := "renamed"
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))(t)

		whole := []string{
			"reaction_added of 1", "reaction_removed of 1", "message_edited of 1", "message_deleted of 2",
			"message_created of 4 to 1", "message_created of 5 to 4", "room_updated",
		}
		newcomers := []string{"hidden", "hidden", "hidden", "hidden", "message_created of 4", "message_created of 5 to 4", "room_updated"}
		want := map[string][]string{"bob": whole, "system": whole, "carol": newcomers, "dave": newcomers}
		for name, user := range users {
			missed := subscribe(t, h, user, cursors[name])
			missed.want(chat.UpdateHello)
			page := chatsuite.Must(h.Events(h.Ctx, user, room.ID, chat.EventsQuery{After: first}))(t)
			told := map[string][]chat.Update{"live": live[name].take(len(whole)), "missed": missed.take(len(whole)), "page": page.Items}
			for how, updates := range told {
				if diff := cmp.Diff(want[name], described(t, updates, first)); diff != "" {
					t.Errorf("%s, %s: %s", name, how, diff)
				}
			}
		}
		// The ones from before Carol and Dave were added, Dave's message 3 among them.
		for user, want := range map[chat.UserID][]string{h.Carol: {"hidden", "hidden", "message_created of 3"}, h.Dave: {"hidden", "hidden", "hidden"}} {
			var got []string
			for _, u := range chatsuite.Must(h.Events(h.Ctx, user, room.ID, chat.EventsQuery{}))(t).Items[:int(first)] {
				if u.Kind == chat.UpdateHidden || u.Kind == kind(chat.MessageCreated) {
					got = append(got, described(t, []chat.Update{u}, u.Seq-1)...)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", user, diff)
			}
		}
	})
}

func (s *stream) take(n int) (updates []chat.Update) {
	s.t.Helper()
	for range n {
		updates = append(updates, s.next())
	}
	return updates
}

// described are updates in words. Their seqs follow after, and what is hidden names nothing.
func described(t *testing.T, updates []chat.Update, after int64) (words []string) {
	t.Helper()
	for i, u := range updates {
		if u.Seq != after+int64(i)+1 {
			t.Errorf("update %d after seq %d has seq %d", i, after, u.Seq)
		}
		word := string(u.Kind)
		if u.Kind == chat.UpdateHidden && (u.ActorID != nil || u.UserID != nil || u.MessageID != nil || u.Message != nil || u.CreatedAt.IsZero()) {
			t.Errorf("what is hidden is %+v", u)
		}
		if m := u.Message; m != nil {
			word += fmt.Sprint(" of ", m.Number)
			if (m.ReplyTo == nil) != (m.ReplyToID == nil) {
				t.Errorf("message %d replies to %v and shows %v", m.Number, m.ReplyToID, m.ReplyTo)
			}
			if m.ReplyTo != nil {
				word += fmt.Sprint(" to ", m.ReplyTo.Number)
			}
		}
		words = append(words, word)
	}
	return words
}

// TestHiddenUpdatesAreEncodedOnce: one for all from whom the message is hidden, one for all
// who see it without what it replies to, and one for the others.
func TestHiddenUpdatesAreEncodedOnce(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
		old := h.Send(h.Alice, room.ID, "from before")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Dave}))(t)
		var streams []*stream
		for _, user := range []chat.UserID{h.Alice, h.Bob, h.Carol, h.Dave} {
			s := subscribe(t, h, user, "")
			s.want(chat.UpdateHello)
			streams = append(streams, s)
		}
		chatsuite.Must(h.React(h.Ctx, h.Bob, old.ID, "👍"))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re", ReplyToID: &old.ID}))(t)
		for _, want := range [][]string{{"reaction_added", "hidden"}, {"message_created", "message_created without what it replies to"}} {
			var encoded []string
			for _, s := range streams {
				u := s.next()
				u.Encoded(func(u *chat.Update) []byte {
					words := string(u.Kind)
					if u.Message != nil && u.Message.ReplyTo == nil && u.Kind == kind(chat.MessageCreated) {
						words += " without what it replies to"
					}
					encoded = append(encoded, words)
					return []byte(words)
				})
			}
			if diff := cmp.Diff(want, encoded); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// TestReceiptsOfHiddenMessages: a newcomer is not told that somebody has read what does not
// exist for them.
func TestReceiptsOfHiddenMessages(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := chatsuite.Must(p.CreateRoom(p.Ctx, p.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: p.Bob}}}))(t)
		for range 3 {
			p.Send(p.Alice, room.ID, "from before")
		}
		chatsuite.Must(p.AddUsers(p.Ctx, p.Alice, room.ID, chat.NewRoomUser{UserID: p.Carol}))(t)
		now := p.Send(p.Alice, room.ID, "now")
		alice, carol := p.subscribe(t, p.Alice), p.subscribe(t, p.Carol)
		chatsuite.Must(p.MarkRead(p.Ctx, p.Bob, room.ID, 2))(t)
		if u := alice.want(chat.UpdateReceipt); u.Number != 2 {
			t.Errorf("update is %+v", u)
		}
		chatsuite.Must(p.MarkRead(p.Ctx, p.Bob, room.ID, now.Number))(t)
		for _, s := range []*stream{alice, carol} {
			if u := s.want(chat.UpdateReceipt); u.Number != now.Number || *u.UserID != p.Bob {
				t.Errorf("update is %+v", u)
			}
		}
	})
}
