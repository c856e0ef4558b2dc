package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// TestRepeatIsComparedByWhatItAsksFor: metadata are JSON values, whatever they are
// spelled like, and what has become of the first message does not matter.
func TestRepeatIsComparedByWhatItAsksFor(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		replied, other := h.Send(h.Alice, room.ID, "first"), h.Send(h.Alice, room.ID, "second")
		one, two := uploadPicture(h, h.Bob), uploadPicture(h, h.Bob)
		in := chat.NewMessage{
			Text: "once", ClientID: "c", ReplyToID: &replied.ID, MediaIDs: []uuid.UUID{one.ID, two.ID},
			Metadata: chat.Metadata(`{"a": [1, "é", {"x": null, "y": true}], "b": 100}`),
		}
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
		same := []string{
			string(in.Metadata),
			`{"b":100,"a":[1,"é",{"y":true,"x":null}]}`,
			"\n{ \"\\u0061\" : [ 1.0, \"\\u00e9\", {\"y\":true,\"x\":null} ] ,\t\"b\":1e2 } ",
			`{"b":100.0,"a":[10e-1,"\u00E9",{"x":null,"y":true}]}`,
		}
		others := []string{
			"", "null", `{}`, `{"a":[1,"é",{"x":null,"y":true}]}`, `{"a":["é",1,{"x":null,"y":true}],"b":100}`,
			`{"a":[1,"é",{"x":null,"y":true}],"b":"100"}`, `{"a":[1,"é",{"x":null,"y":true}],"b":100.0000000000000001}`,
			`{"a":[1,"e\u0301",{"x":null,"y":true}],"b":100}`, `{"a":[1,"é",{"x":null,"y":true}],"b":100,"b":100}`,
		}
		changes := map[string]func(in *chat.NewMessage){
			"text": func(in *chat.NewMessage) { in.Text = "once " }, "no text": func(in *chat.NewMessage) { in.Text = "" },
			"no reply": func(in *chat.NewMessage) { in.ReplyToID = nil }, "another reply": func(in *chat.NewMessage) { in.ReplyToID = &other.ID },
			"no media": func(in *chat.NewMessage) { in.MediaIDs = nil }, "fewer media": func(in *chat.NewMessage) { in.MediaIDs = in.MediaIDs[:1] },
			"another order": func(in *chat.NewMessage) { in.MediaIDs = []uuid.UUID{two.ID, one.ID} },
		}
		compare := func(when string, now func(m *chat.Message) bool) {
			t.Helper()
			rows := chatsuite.RowCounts(t, h.DB)
			for _, metadata := range same {
				again := in
				again.Metadata = chat.Metadata(metadata)
				got, err := h.SendMessage(h.Ctx, h.Bob, room.ID, again)
				if err != nil || got.ID != first.ID || !now(got) {
					t.Errorf("%s, with %s: %+v, %v", when, metadata, got, err)
				}
			}
			for _, metadata := range others {
				again := in
				again.Metadata = chat.Metadata(metadata)
				if _, err := h.SendMessage(h.Ctx, h.Bob, room.ID, again); !errors.Is(err, chat.ErrConflict) {
					t.Errorf("%s, with %s: error is %v, want ErrConflict", when, metadata, err)
				}
			}
			for what, change := range changes {
				again := in
				change(&again)
				if _, err := h.SendMessage(h.Ctx, h.Bob, room.ID, again); !errors.Is(err, chat.ErrConflict) {
					t.Errorf("%s, with %s: error is %v, want ErrConflict", when, what, err)
				}
			}
			if diff := cmp.Diff(rows, chatsuite.RowCounts(t, h.DB)); diff != "" {
				t.Errorf("%s: %s", when, diff)
			}
		}
		compare("as it was sent", func(m *chat.Message) bool { return m.Text == "once" && string(m.Metadata) == string(in.Metadata) })
		text, none := "edited", chat.Metadata(nil)
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, first.ID, chat.MessagePatch{Text: &text, Metadata: &none}))(t)
		compare("edited", func(m *chat.Message) bool { return m.Text == text && m.Metadata == nil && len(m.Media) == 2 })
		again := in
		again.Text, again.Metadata = text, nil // what it says now is not what was sent
		_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, again)
		chatsuite.WantError(t, err, chat.ErrConflict)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, replied.ID))
		compare("answering a tombstone", func(m *chat.Message) bool { return m.ReplyTo.DeletedAt != nil })
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, first.ID))
		compare("deleted", func(m *chat.Message) bool { return m.Deleted() && m.Text == "" })
	})
}

// What comes together with a client id must not make two inputs look like one.
func TestInputsAreTakenApart(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		inputs := []chat.NewMessage{
			{Text: "1:a"}, {Text: "a"}, {Text: "an"}, {Text: "a", Metadata: chat.Metadata(`{}`)}, {Text: "aoe"},
			{Text: "a", Metadata: chat.Metadata(`{"a":"n"}`)}, {Text: "a", Metadata: chat.Metadata(`{"an":""}`)},
		}
		for i, in := range inputs {
			in.ClientID = "c" + strings.Repeat("c", i)
			chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
			for j, other := range inputs {
				other.ClientID = in.ClientID
				if _, err := h.SendMessage(h.Ctx, h.Bob, room.ID, other); (err == nil) != (i == j) {
					t.Errorf("%+v after %+v: %v", other, in, err)
				}
			}
		}
	})
}

// TestRepeatOfWhoMayWriteNoMore: a member who lost the right learns what has become of
// their message; whoever is no member learns nothing.
func TestRepeatOfWhoMayWriteNoMore(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		in, none := chat.NewMessage{Text: "once", ClientID: "c"}, chat.NoPermissions
		take := func(room uuid.UUID) error {
			return chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room, h.Bob, chat.RoomUserPatch{Permissions: &none}))
		}
		for name, lose := range map[string]func(room uuid.UUID) error{
			"their permissions are taken": take,
			"the room's default is taken": func(room uuid.UUID) error {
				return chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{DefaultPermissions: &none}))
			},
		} {
			room := h.NewGroup(h.Bob)
			first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
			chatsuite.NoError(t, lose(room.ID))
			wantRepeats(t, h, name, room.ID, first)
		}

		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Erin))(t)
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, private.ID, in))(t)
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Erin, chat.EraseOptions{}))
		wantRepeats(t, h, "the other was erased", private.ID, first)

		room := h.NewGroup(h.Bob)
		first = chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		for _, again := range []chat.NewMessage{in, {Text: "other", ClientID: "c"}} {
			_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, again)
			chatsuite.WantError(t, err, chat.ErrNotFound)
		}
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob, Permissions: &none}))(t)
		wantRepeats(t, h, "they are back", room.ID, first)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
		_, err := h.SendMessage(h.Ctx, h.Bob, room.ID, in)
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

// wantRepeats wants bob, who may not write, to get his first message for the same input,
// alone, in a group and in a transaction of the host's, and nothing else.
func wantRepeats(t *testing.T, h *chatsuite.Host, when string, room uuid.UUID, first *chat.Message) {
	t.Helper()
	in := chat.NewMessage{Text: "once", ClientID: "c"}
	repeat := func(s *chat.Service) error {
		got, err := s.SendMessage(h.Ctx, h.Bob, room, in)
		if err != nil || got.ID != first.ID {
			t.Errorf("%s: the repeat is %+v, %v", when, got, err)
		}
		return nil
	}
	_ = repeat(h.Service)
	chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error { return repeat(s) }))
	for _, wait := range []bool{false, true} {
		outcomes, err := chat.SendGroup(h.Ctx, h.Service, wait, chat.GroupedSend{Actor: h.Bob, Room: room, In: in},
			grouped(h.Bob, room, "new"), chat.GroupedSend{Actor: h.Bob, Room: room, In: in},
			chat.GroupedSend{Actor: h.Bob, Room: room, In: chat.NewMessage{Text: "other", ClientID: "c"}},
			chat.GroupedSend{Actor: h.Bob, Room: room, In: chat.NewMessage{Text: "new", ClientID: "d"}})
		chatsuite.NoError(t, err)
		for i, want := range []string{"1", "forbidden", "1", "forbidden", "forbidden"} {
			if got := outcome(outcomes[i]); got != want {
				t.Errorf("%s: message %d of the group: %s, want %s", when, i, got, want)
			}
		}
	}
	if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE room_id = ?", room); n != 1 {
		t.Errorf("%s: %d messages are kept", when, n)
	}
}

// A message whose acknowledgement was lost is found again, also when its sender lost the
// right to write meanwhile.
func TestLostAnswerToWhoMayWriteNoMore(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	lossy := &lossyPool{DB: chatsuite.Must(h.DB.DB())(t), statement: "INSERT INTO chat_messages", runs: true, err: errors.New("unexpected EOF")}
	lossy.times.Store(1)
	db := chatsuite.Must(gorm.Open(h.PoolDialector(lossy), &gorm.Config{}))(t)
	none := chat.NoPermissions
	onceAt(h, db.Callback().Row().After("gorm:row"), "INSERT INTO chat_messages", func() {
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &none}))(t)
	})
	svc := chatsuite.Must(chat.New(db, h.Config))(t)
	sent, err := svc.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "kept"})
	if err != nil || sent.Number != 1 {
		t.Errorf("the message is %+v, %v", sent, err)
	}
	_, err = svc.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "another"})
	chatsuite.WantError(t, err, chat.ErrForbidden)
}

// TestAuthorKinds: a message has an author, is System's, or has lost its author.
func TestAuthorKinds(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		var answers []*chat.Message
		for _, actor := range []chat.Actor{h.Alice, chat.System, h.Bob} {
			m := chatsuite.Must(h.SendMessage(h.Ctx, actor, room.ID, chat.NewMessage{Text: "a", ClientID: "c"}))(t)
			answers = append(answers, chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re", ReplyToID: &m.ID}))(t))
		}
		check := func(bob chat.AuthorKind) {
			t.Helper()
			page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{}))(t)
			for i, want := range []chat.AuthorKind{chat.AuthorKindUser, chat.AuthorKindSystem, bob} {
				m, head := page.Items[2*i], page.Items[2*i+1].ReplyTo
				if m.AuthorKind != want || head.AuthorKind != want || (m.UserID != nil) != (want == chat.AuthorKindUser) {
					t.Errorf("message %d is by %q and its head by %q, want %q", m.Number, m.AuthorKind, head.AuthorKind, want)
				}
				if answers[i].AuthorKind != chat.AuthorKindUser || i < 2 && answers[i].ReplyTo.AuthorKind != want {
					t.Errorf("the answer as it was sent is %+v", answers[i])
				}
			}
			if last := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{}))(t).Items[0].LastMessage; last.AuthorKind != chat.AuthorKindUser {
				t.Errorf("the last message is %+v", last)
			}
		}
		check(chat.AuthorKindUser)
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		check(chat.AuthorKindErased)
		if n := h.QueryInt("SELECT count(*) FROM chat_messages WHERE author_kind = 'erased' AND client_id IS NULL AND input_hash IS NULL"); n != 1 {
			t.Errorf("%d messages have lost their author", n)
		}
		// What is left of the erased is not System's.
		if again := chatsuite.Must(h.SendMessage(h.Ctx, chat.System, room.ID, chat.NewMessage{Text: "a", ClientID: "c"}))(t); again.Number != 3 {
			t.Errorf("System's repeat is number %d, want 3", again.Number)
		}
	})
}

// TestReplyShowsWhatItAnswers: what a head says of media, where a text may be missing.
func TestReplyShowsWhatItAnswers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		picture, text := uploadPicture(h, h.Bob), h.Upload(h.Bob, "some text")
		send := func(in chat.NewMessage) *chat.Message {
			return chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, in))(t)
		}
		for _, c := range []struct {
			in   chat.NewMessage
			want chat.MessageHead
		}{
			{chat.NewMessage{Text: "no media"}, chat.MessageHead{Text: "no media"}},
			{chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}, chat.MessageHead{Media: picture, MediaCount: 1}},
			{
				chat.NewMessage{Text: "both", MediaIDs: []uuid.UUID{text.ID, h.Upload(h.Bob, "x").ID, h.Upload(h.Bob, "y").ID}},
				chat.MessageHead{Text: "both", Media: text, MediaCount: 3},
			},
		} {
			answered := send(c.in)
			answer := send(chat.NewMessage{Text: "answer", ReplyToID: &answered.ID})
			check := func(where string, head *chat.MessageHead) {
				t.Helper()
				c.want.ID, c.want.Number, c.want.UserID, c.want.AuthorKind = answered.ID, answered.Number, &h.Bob, chat.AuthorKindUser
				c.want.CreatedAt = answered.CreatedAt
				if diff := cmp.Diff(&c.want, head); diff != "" {
					t.Errorf("%s: %s", where, diff)
				}
			}
			check("as it is sent", answer.ReplyTo)
			check("alone", chatsuite.Must(h.Message(h.Ctx, h.Alice, answer.ID))(t).ReplyTo)
			page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{}))(t)
			check("on a page", page.Items[len(page.Items)-1].ReplyTo)
			found := chatsuite.Must(h.SearchMessages(h.Ctx, h.Alice, chat.MessageSearchQuery{Query: "answer"}))(t)
			check("found", found.Items[0].ReplyTo)
			chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, answered.ID))
			head := chatsuite.Must(h.Message(h.Ctx, h.Alice, answer.ID))(t).ReplyTo
			if head.DeletedAt == nil || head.Text != "" || head.Media != nil || head.MediaCount != 0 {
				t.Errorf("of a tombstone: %+v", head)
			}
		}
	})
}
