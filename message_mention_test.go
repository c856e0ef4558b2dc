package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// hitNumbers are the numbers of found messages.
func hitNumbers(hits []chat.MessageHit) (numbers []int64) {
	for _, hit := range hits {
		numbers = append(numbers, hit.Number)
	}
	return numbers
}

func wantMentions(h *chatsuite.Host, user chat.UserID, room uuid.UUID, count int64, numbers ...int64) {
	h.T.Helper()
	if got := chatsuite.Must(h.Room(h.Ctx, user, room))(h.T).MentionCount; got != count {
		h.T.Errorf("%s has %d mentions in the room, want %d", user, got, count)
	}
	for _, r := range chatsuite.Must(h.Rooms(h.Ctx, user, chat.RoomsQuery{}))(h.T).Items {
		if r.ID == room && r.MentionCount != count {
			h.T.Errorf("%s has %d mentions in the inbox, want %d", user, r.MentionCount, count)
		}
	}
	listed := chatsuite.Must(h.Mentions(h.Ctx, user, chat.Page{}))(h.T)
	if got := hitNumbers(listed.Items); !slices.Equal(got, numbers) {
		h.T.Errorf("the mentions of %s are %v, want %v", user, got, numbers)
	}
}

func TestMentions(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		mention := func(actor chat.Actor, in chat.NewMessage) *chat.Message {
			in.Text = "look"
			return chatsuite.Must(h.SendMessage(h.Ctx, actor, room.ID, in))(t)
		}
		// Whoever is no member, the author and repeats are left out; the order is the author's.
		first := mention(h.Alice, chat.NewMessage{Mentions: []chat.UserID{h.Carol, h.Dave, h.Bob, h.Alice, h.Carol, h.UserID(99)}})
		if diff := cmp.Diff([]chat.UserID{h.Carol, h.Bob}, first.Mentions); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(first, chatsuite.Must(h.Message(h.Ctx, h.Carol, first.ID))(t)); diff != "" {
			t.Errorf("as it is read: %s", diff)
		}
		both := mention(h.Alice, chat.NewMessage{Mentions: []chat.UserID{h.Bob}, MentionRoom: true}) // counts once
		mention(chat.System, chat.NewMessage{MentionRoom: true})
		muted := true
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Bob, chat.RoomUserPatch{Muted: &muted}))(t)
		wantMentions(h, h.Bob, room.ID, 3, 3, 2, 1)
		if n := chatsuite.Must(h.Unread(h.Ctx, h.Bob))(t); n.Mentions != 0 || n.MentionsWithMuted != 3 {
			t.Errorf("unread is %+v", n)
		}
		wantMentions(h, h.Alice, room.ID, 1, 3)
		chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, room.ID, 2))(t)
		wantMentions(h, h.Bob, room.ID, 1, 3, 2, 1)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Bob, room.ID, 2))(t)
		wantMentions(h, h.Bob, room.ID, 2, 3, 2, 1)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 1))(t) // what she wrote to everybody is not for her
		wantMentions(h, h.Alice, room.ID, 1, 3)
		chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, room.ID, 2))(t)

		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, both.ID))
		wantMentions(h, h.Bob, room.ID, 1, 3, 1)
		if gone := chatsuite.Must(h.Message(h.Ctx, h.Bob, both.ID))(t); gone.Mentions != nil || gone.MentionRoom {
			t.Errorf("the tombstone mentions %v", gone.Mentions)
		}

		// Who joins later was not mentioned by what was for everybody, and who was removed sees nothing.
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Dave}))(t)
		wantMentions(h, h.Dave, room.ID, 0)
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		if left := chatsuite.Must(h.Mentions(h.Ctx, h.Bob, chat.Page{}))(t); len(left.Items) > 0 {
			t.Errorf("a removed member is mentioned by %v", hitNumbers(left.Items))
		}
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Carol, chat.EraseOptions{}))
		if diff := cmp.Diff([]chat.UserID{h.Bob}, chatsuite.Must(h.Message(h.Ctx, h.Alice, first.ID))(t).Mentions); diff != "" {
			t.Errorf("after the erasure: %s", diff)
		}
	})
}

func TestMentionsAreListedByPages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
		for i := range 12 {
			in := chat.NewMessage{Text: fmt.Sprint(i), Mentions: []chat.UserID{h.Bob}, MentionRoom: i%3 == 0}
			chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, rooms[i%3].ID, in))(t)
		}
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, rooms[2].ID))
		var got []string
		for at := (chat.Page{Limit: 3}); ; {
			page := chatsuite.Must(h.Mentions(h.Ctx, h.Bob, at))(t)
			for _, hit := range page.Items {
				got = append(got, hit.Text)
				if hit.Room == nil || hit.Room.ID != hit.RoomID || hit.Room.Me == nil {
					t.Errorf("the room of %s is %+v", hit.Text, hit.Room)
				}
			}
			if at.Cursor = page.Next; at.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"10", "9", "7", "6", "4", "3", "1", "0"}, got); diff != "" {
			t.Error(diff)
		}
		_, err := h.Mentions(h.Ctx, h.Bob, chat.Page{Cursor: "x"})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "cursor", 0)
		_, err = h.Mentions(h.Ctx, chat.System, chat.Page{})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "actor", 0)
	})
}

func TestEditChangesMentions(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}}))(t)
		edit := func(users []chat.UserID, room *bool) *chat.Message {
			edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Mentions: &users, MentionRoom: room}))(t)
			read := chatsuite.Must(h.Message(h.Ctx, h.Alice, m.ID))(t)
			if diff := cmp.Diff(read, edited); diff != "" {
				t.Errorf("it is read otherwise than it was edited: %s", diff)
			}
			return edited
		}
		if edited := edit([]chat.UserID{h.Bob, h.Dave}, nil); edited.EditedAt != nil { // Dave is no member: nothing changes
			t.Error("an edit of nothing is stamped")
		}
		edit([]chat.UserID{h.Carol}, nil)
		wantMentions(h, h.Bob, room.ID, 0)
		wantMentions(h, h.Carol, room.ID, 1, 1)
		yes, no := true, false
		edit(nil, &yes)
		wantMentions(h, h.Bob, room.ID, 1, 1)
		text := "y"
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Text: &text}))(t)
		wantMentions(h, h.Bob, room.ID, 1, 1)
		edit(nil, &no)
		wantMentions(h, h.Bob, room.ID, 0)
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.UserAdded, chat.MessageCreated,
			chat.MessageEdited, chat.MessageEdited, chat.MessageEdited, chat.MessageEdited)
	})
}

// Everybody in a large room is mentioned by who may edit the room.
func TestMentionOfManyNeedsCanEditRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for n := chatsuite.Users + 1; h.UsersTable && n <= 30; n++ {
			chatsuite.NoError(t, h.DB.Exec("INSERT INTO users (id, name) VALUES (?, '')", h.UserID(n)).Error)
		}
		room := h.NewGroup(h.Bob)
		for n := 11; n <= 28; n++ {
			chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.UserID(n)}))(t)
		}
		all := chat.NewMessage{Text: "x", MentionRoom: true, ClientID: "once"}
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, all))(t) // 20 members
		plain := h.Send(h.Bob, room.ID, "x")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.UserID(29)}))(t)
		if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, all))(t); again.ID != sent.ID {
			t.Error("a repeat is sent anew")
		}
		all.ClientID = ""
		_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, all)
		chatsuite.WantError(t, err, chat.ErrForbidden)
		yes := true
		_, err = h.EditMessage(h.Ctx, h.Bob, plain.ID, chat.MessagePatch{MentionRoom: &yes})
		chatsuite.WantError(t, err, chat.ErrForbidden)
		for _, actor := range []chat.Actor{h.Alice, chat.System} {
			chatsuite.Must(h.SendMessage(h.Ctx, actor, room.ID, all))(t)
		}
		text := "y" // what it mentions already is no new mention
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, sent.ID, chat.MessagePatch{Text: &text, MentionRoom: &yes}))(t)
	})
}

func TestMentionsOfARepeatAreCompared(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob, h.Carol)
		in := chat.NewMessage{Text: "x", ClientID: "c", Mentions: []chat.UserID{h.Bob, h.Dave, h.Bob}}
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t)
		if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t); !cmp.Equal(first, again) {
			t.Error(cmp.Diff(first, again))
		}
		for _, other := range []chat.NewMessage{
			{Text: "x", ClientID: "c"}, {Text: "x", ClientID: "c", Mentions: []chat.UserID{h.Bob}},
			{Text: "x", ClientID: "c", Mentions: in.Mentions, MentionRoom: true},
		} {
			_, err := h.SendMessage(h.Ctx, h.Alice, room.ID, other)
			chatsuite.WantError(t, err, chat.ErrConflict)
		}
	})
}

// Many messages of one group keep their own mentions, in the rooms of each.
func TestMentionsOfAGroupOfMessages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Carol)}
		var senders sync.WaitGroup
		for i := range 60 {
			senders.Go(func() {
				in := chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob, h.Carol}[i%3%2:], MentionRoom: i%5 == 0}
				m, err := h.SendMessage(h.Ctx, h.Alice, rooms[i%2].ID, in)
				if err != nil {
					t.Error(err)
					return
				}
				var want []chat.UserID
				if member := []chat.UserID{h.Bob, h.Carol}[i%2]; slices.Contains(in.Mentions, member) {
					want = []chat.UserID{member}
				}
				read, err := h.Message(h.Ctx, h.Alice, m.ID)
				if err != nil || !cmp.Equal(want, read.Mentions) || read.MentionRoom != in.MentionRoom {
					t.Errorf("message %d mentions %v %v, want %v: %v", i, read.Mentions, read.MentionRoom, want, err)
				}
			})
		}
		senders.Wait()
	})
}

func TestInvalidMentions(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		_, err := h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob, "me"}})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "mentions[1]", 0)
		many := make([]chat.UserID, 51)
		for i := range many {
			many[i] = h.UserID(i + 1)
		}
		_, err = h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: many})
		chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "mentions", 50)
		m := h.Send(h.Alice, room.ID, "x")
		_, err = h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Mentions: &many})
		chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "mentions", 50)
	})
}

// The rows go with a purged room.
func TestMentionsAndPinsArePurged(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}, MentionRoom: true}))(t)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Alice, m.ID))(t)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
		h.Clock.Advance(1 << 40)
		if n := chatsuite.Must(h.PurgeRooms(h.Ctx, 1))(t); n != 1 {
			t.Fatalf("%d rooms were purged", n)
		}
		for _, table := range []string{"chat_mentions", "chat_pins"} {
			if n := h.CountRows(table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

// A transaction that is rolled back mentions nobody.
func TestMentionsInAHostsTransaction(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		in := chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}}
		chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Alice, room.ID, in))
		}))
		_ = h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			chatsuite.Must(s.SendMessage(h.Ctx, h.Alice, room.ID, in))(t)
			return fmt.Errorf("no")
		})
		wantMentions(h, h.Bob, room.ID, 1, 1)
	})
}

// Of very many mentions 1,000 are counted, and all are listed, a page at a time.
func TestVeryManyMentions(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		const sent = 1100
		messages := make([]chat.Message, sent)
		at := h.Clock.Now().Add(time.Minute)
		for i := range messages {
			messages[i] = chat.Message{ID: uuid.Must(uuid.NewV7()), RoomID: room.ID, Number: int64(i + 1), UserID: &h.Alice, AuthorKind: chat.AuthorKindUser,
				Text: "text", CreatedAt: at.Add(time.Duration(i) * time.Second)}
		}
		chatsuite.NoError(t, h.DB.CreateInBatches(messages, 200).Error)
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_rooms SET last_number = ?, last_message_at = ? WHERE id = ?", sent, at, room.ID).Error)
		chatsuite.NoError(t, h.DB.Exec(`INSERT INTO chat_mentions (room_id, number, sequence, created_at)
			SELECT room_id, number, 0, created_at FROM chat_messages WHERE room_id = ?`, room.ID).Error)
		if got := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t).MentionCount; got != 1000 {
			t.Errorf("%d mentions are counted", got)
		}
		if got := chatsuite.Must(h.Unread(h.Ctx, h.Bob))(t).Mentions; got != 1000 {
			t.Errorf("%d mentions are counted of all rooms", got)
		}
		listed := int64(0)
		for at := (chat.Page{Limit: 100}); ; {
			page := chatsuite.Must(h.Mentions(h.Ctx, h.Bob, at))(t)
			for _, hit := range page.Items {
				if listed++; hit.Message.Number != sent+1-listed {
					t.Fatalf("the mention %d is of message %d", listed, hit.Message.Number)
				}
			}
			if at.Cursor = page.Next; at.Cursor == "" {
				break
			}
		}
		if listed != sent {
			t.Errorf("%d mentions are listed", listed)
		}
	})
}
