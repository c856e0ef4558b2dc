package chat_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// hook is a hook that a test sets while it runs.
type hook struct {
	before func(ctx context.Context, actor chat.Actor, op chat.Operation) error
}

func (k *hook) config(c *chat.Config) {
	c.Hooks.Before = func(ctx context.Context, actor chat.Actor, op chat.Operation) error {
		if k.before == nil {
			return nil
		}
		return k.before(ctx, actor, op)
	}
}

// runHooked runs a test with a hook on both databases, one connection on SQLite.
func runHooked(t *testing.T, test func(t *testing.T, h *chatsuite.Host, k *hook)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			k := &hook{}
			test(t, chatsuite.New(t, v, k.config), k)
		})
	}
}

// hookCase is an operation, and what its hook is asked.
type hookCase struct {
	method string
	want   chat.Operation
	call   func() error
}

// hookCases are done in this order, each by Alice unless it says otherwise.
func hookCases(h *chatsuite.Host, room, other *chat.Room, m *chat.Message) []hookCase {
	ctx, all := h.Ctx, chat.CanCreateMessages
	name, text := "New name", "edited"
	byDefault := chat.DefaultPermissions(chat.Group)
	var reaction uuid.UUID
	unsent := h.Upload(h.Alice, chatsuite.GIF).ID
	return []hookCase{
		{"CreateRoom", &chat.CreateRoomOperation{NewRoom: chat.NewRoom{Type: chat.Group, Name: "x", Owner: h.Alice, HistoryVisibility: chat.HistoryAll,
			DefaultPermissions: &byDefault, Members: []chat.NewRoomUser{{UserID: h.Bob, Permissions: &all}}}},
			func() error {
				in := chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob, Permissions: &all}, {UserID: h.Bob}}}
				return chatsuite.ErrorOf(h.CreateRoom(ctx, h.Alice, in))
			}},
		{"OpenPrivate", &chat.OpenPrivateOperation{UserID: h.Erin}, func() error { return chatsuite.ErrorOf(h.OpenPrivate(ctx, h.Alice, h.Erin)) }},
		{"UpdateRoom", &chat.UpdateRoomOperation{RoomID: room.ID, RoomPatch: chat.RoomPatch{Name: &name}},
			func() error {
				return chatsuite.ErrorOf(h.UpdateRoom(ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))
			}},
		{"AddUsers", &chat.AddUsersOperation{RoomID: room.ID, Users: []chat.NewRoomUser{{UserID: h.Carol}, {UserID: h.Bob}}},
			func() error {
				return chatsuite.ErrorOf(h.AddUsers(ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Bob}))
			}},
		{"UpdateRoomUser", &chat.UpdateUserOperation{RoomID: room.ID, UserID: h.Carol, Permissions: &all},
			func() error {
				return chatsuite.ErrorOf(h.UpdateRoomUser(ctx, h.Alice, room.ID, h.Carol, chat.RoomUserPatch{Permissions: &all}))
			}},
		{"SendMessage", &chat.SendOperation{RoomID: room.ID, NewMessage: chat.NewMessage{Text: "hi", ReplyToID: &m.ID}},
			func() error {
				return chatsuite.ErrorOf(h.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: "hi", ReplyToID: &m.ID}))
			}},
		{"EditMessage", &chat.EditOperation{MessageID: m.ID, MessagePatch: chat.MessagePatch{Text: &text}},
			func() error {
				return chatsuite.ErrorOf(h.EditMessage(ctx, h.Alice, m.ID, chat.MessagePatch{Text: &text}))
			}},
		{"React", &chat.ReactOperation{MessageID: m.ID, Reaction: "❤️"}, func() error {
			given, err := h.React(ctx, h.Alice, m.ID, "❤") // the hook gets the one spelling
			if err == nil {
				reaction = given.ID
			}
			return err
		}},
		{"Unreact", &chat.UnreactOperation{}, func() error { return chatsuite.ErrorOf(h.Unreact(ctx, h.Alice, reaction)) }},
		{"PinMessage", &chat.PinOperation{MessageID: m.ID}, func() error { return chatsuite.ErrorOf(h.PinMessage(ctx, h.Alice, m.ID)) }},
		{"UnpinMessage", &chat.UnpinOperation{MessageID: m.ID}, func() error { return h.UnpinMessage(ctx, h.Alice, m.ID) }},
		{"DeleteMessage", &chat.DeleteMessageOperation{MessageID: m.ID}, func() error { return h.DeleteMessage(ctx, h.Alice, m.ID) }},
		{"UploadMedia", &chat.UploadOperation{FileName: "b.txt", MaxBytes: 25 << 20},
			func() error {
				return chatsuite.ErrorOf(h.UploadMedia(ctx, h.Alice, chat.NewMedia{FileName: "a/b.txt", Body: strings.NewReader("x")}))
			}},
		{"DeleteMedia", &chat.DeleteMediaOperation{MediaID: unsent}, func() error { return h.DeleteMedia(ctx, h.Alice, unsent) }},
		{"RemoveUser", &chat.RemoveUserOperation{RoomID: room.ID, UserID: h.Carol}, func() error { return h.RemoveUser(ctx, h.Alice, room.ID, h.Carol) }},
		{"BanUser", &chat.BanOperation{RoomID: room.ID, UserID: h.Dave, BanOptions: chat.BanOptions{Reason: "spam"}},
			func() error { return h.BanUser(ctx, h.Alice, room.ID, h.Dave, chat.BanOptions{Reason: "spam"}) }},
		{"UnbanUser", &chat.UnbanOperation{RoomID: room.ID, UserID: h.Dave}, func() error { return h.UnbanUser(ctx, h.Alice, room.ID, h.Dave) }},
		{"JoinRoom", &chat.JoinOperation{RoomID: other.ID}, func() error { return chatsuite.ErrorOf(h.JoinRoom(ctx, h.Alice, other.ID)) }},
		{"LeaveRoom", &chat.LeaveOperation{RoomID: other.ID}, func() error { return h.LeaveRoom(ctx, h.Alice, other.ID) }},
		{"JoinRoom", &chat.JoinOperation{RoomID: other.ID}, func() error { return chatsuite.ErrorOf(h.JoinRoom(ctx, h.Alice, other.ID)) }},
		{"RemoveUser", &chat.LeaveOperation{RoomID: other.ID}, func() error { return h.RemoveUser(ctx, h.Alice, other.ID, h.Alice) }},
		{"TransferOwnership", &chat.TransferOperation{RoomID: room.ID, UserID: h.Bob},
			func() error { return chatsuite.ErrorOf(h.TransferOwnership(ctx, h.Alice, room.ID, h.Bob)) }},
		{"DeleteRoom", &chat.DeleteRoomOperation{RoomID: room.ID}, func() error { return h.DeleteRoom(ctx, chat.System, room.ID) }},
	}
}

// Every method that changes something asks, once and with all of its input, but those that
// say otherwise.
func TestBeforeIsAskedAboutEveryChange(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		other := chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "Public", Public: true}))(t)
		m := h.Send(h.Alice, room.ID, "hello")
		done := map[string]bool{}
		for _, c := range hookCases(h, room, other, m) {
			var got []chat.Operation
			var by chat.Actor
			k.before = func(_ context.Context, actor chat.Actor, op chat.Operation) error {
				got, by = append(got, op), actor
				return nil
			}
			chatsuite.NoError(t, c.call())
			done[c.method] = true
			wantBy := chat.Actor(h.Alice)
			if c.method == "DeleteRoom" {
				wantBy = chat.System
			}
			fields := cmp.Options{cmpopts.IgnoreFields(chat.UnreactOperation{}, "ReactionID"), cmpopts.EquateEmpty(), cmp.FilterPath(func(p cmp.Path) bool {
				return p.Last().String() == ".operationTarget"
			}, cmp.Ignore())}
			if diff := cmp.Diff([]chat.Operation{c.want}, got, fields); diff != "" || by != wantBy {
				t.Errorf("%s by %v: %s", c.method, by, diff)
			}
		}
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			t.Errorf("asked about %T", op)
			return nil
		}
		unasked(t, h, other)
		// What neither asks nor is known not to, nobody has thought about.
		quiet := strings.Fields(`MarkRead MarkUnread Typing EraseUser PurgeRooms SweepMedia PruneEvents Maintain DeleteMessages ImportMessages
			Room Rooms SearchRooms RoomByKey PrivateRoom Check HasThumbnail RoomUser RoomUsers Bans Unread Message Messages SearchMessages Reaction Reactions
			AllRooms AllRoomUsers AllMessages AllMedia MessagesBy MediaBy Digest ExportUser
			Mentions Replies Pins Media MediaByIDs OpenMedia OpenThumbnail MediaURL Events Subscribe InTx WithTx Close Logger Limits Features UserIDType`)
		for _, name := range quiet {
			done[name] = true
		}
		for i := range reflect.TypeFor[*chat.Service]().NumMethod() {
			if name := reflect.TypeFor[*chat.Service]().Method(i).Name; !done[name] {
				t.Errorf("%s: is Hooks.Before asked about it?", name)
			}
		}
	})
}

// unasked does what no hook is asked about.
func unasked(t *testing.T, h *chatsuite.Host, room *chat.Room) {
	t.Helper()
	on := true
	chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, room.ID, 1))(t)
	chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Bob, chat.RoomUserPatch{Muted: &on, Pinned: &on, Hidden: &on}))(t)
	chatsuite.NoError(t, h.Typing(h.Ctx, h.Bob, room.ID))
	chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Carol, chat.EraseOptions{}))
	chatsuite.Must(h.PurgeRooms(h.Ctx, 0))(t)
	chatsuite.Must(h.SweepMedia(h.Ctx, 0))(t)
	chatsuite.Must(h.PruneEvents(h.Ctx, 0))(t)
}

// What is wrong is refused before anybody is asked.
func TestBeforeIsNotAskedAboutWhatIsInvalid(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		bad := chat.Permissions(1 << 20)
		k.before = func(_ context.Context, _ chat.Actor, op chat.Operation) error {
			t.Errorf("asked about %T", op)
			return nil
		}
		for i, err := range []error{
			chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{})),
			chatsuite.ErrorOf(h.SendMessage(h.Ctx, chat.UserID(""), room.ID, chat.NewMessage{Text: "x"})),
			chatsuite.ErrorOf(h.React(h.Ctx, h.Alice, uuid.New(), "no emoji")),
			chatsuite.ErrorOf(h.React(h.Ctx, chat.System, uuid.New(), "👍")),
			chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Owner: h.Bob})),
			chatsuite.ErrorOf(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "x"})),
			chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: ""}}})),
			chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: ""})),
			chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol, Permissions: &bad})),
			chatsuite.ErrorOf(h.OpenPrivate(h.Ctx, h.Alice, h.Alice)),
			chatsuite.ErrorOf(h.JoinRoom(h.Ctx, chat.System, room.ID)),
			h.LeaveRoom(h.Ctx, chat.System, room.ID),
			h.BanUser(h.Ctx, h.Alice, room.ID, h.Alice, chat.BanOptions{}),
			chatsuite.ErrorOf(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{})),
		} {
			if !chatsuite.ErrorIsAny(err, chat.ErrInvalid, chat.ErrUnauthenticated) {
				t.Errorf("%d: error is %v", i, err)
			}
		}
	})
}

// A hook compares ids with its own: they come in one spelling, whatever the caller writes.
func TestBeforeGetsIDsInTheirOneSpelling(t *testing.T) {
	t.Parallel()
	k := &hook{}
	h := chatsuite.New(t, chatsuite.Variant{UserIDs: chat.UUIDs}, k.config)
	room := h.NewGroup(h.Bob)
	other := func(id chat.UserID) chat.UserID { return chat.UserID("{" + strings.ToUpper(string(id)) + "}") }
	var seen []string
	k.before = func(_ context.Context, actor chat.Actor, op chat.Operation) error {
		users := ""
		switch op := op.(type) {
		case *chat.CreateRoomOperation:
			users = fmt.Sprint(op.Owner, op.Members[0].UserID)
		case *chat.AddUsersOperation:
			users = fmt.Sprint(op.Users[0].UserID)
		case *chat.OpenPrivateOperation:
			users = string(op.UserID)
		case *chat.RemoveUserOperation:
			users = string(op.UserID)
		}
		seen = append(seen, fmt.Sprint(actor, " ", users))
		return nil
	}
	me := other(h.Alice)
	chatsuite.Must(h.CreateRoom(h.Ctx, &me, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: other(h.Bob)}}}))(t)
	chatsuite.Must(h.AddUsers(h.Ctx, me, room.ID, chat.NewRoomUser{UserID: other(h.Carol)}))(t)
	chatsuite.Must(h.OpenPrivate(h.Ctx, me, other(h.Carol)))(t)
	chatsuite.NoError(t, h.RemoveUser(h.Ctx, me, room.ID, other(h.Carol)))
	want := []string{fmt.Sprint(h.Alice, " ", h.Alice, h.Bob), fmt.Sprint(h.Alice, " ", h.Carol), fmt.Sprint(h.Alice, " ", h.Carol), fmt.Sprint(h.Alice, " ", h.Carol)}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// Whatever a hook refuses with comes back, and nothing is done.
func TestBeforeRefuses(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		m := h.Send(h.Alice, room.ID, "hello")
		other := chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "Public", Public: true}))(t)
		given := chatsuite.Must(h.React(h.Ctx, h.Alice, m.ID, "👍"))(t)
		cases := hookCases(h, room, other, m)
		before := chatsuite.RowCounts(t, h.DB)
		errOwn := errors.New("the block list is out of reach")
		for _, refusal := range []error{chat.Refuse("not now"), errOwn} {
			k.before = func(context.Context, chat.Actor, chat.Operation) error { return refusal }
			for _, c := range cases {
				if c.method == "Unreact" {
					c.call = func() error { return chatsuite.ErrorOf(h.Unreact(h.Ctx, h.Alice, given.ID)) }
				}
				if err := c.call(); err != refusal { //nolint:errorlint // as it is
					t.Errorf("%s: error is %v, want %v", c.method, err, refusal)
				}
			}
		}
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("hook: %w", chat.Refuse("one message a minute"))
	var refusal *chat.RefusalError
	if !errors.Is(err, chat.ErrForbidden) || !errors.As(err, &refusal) || refusal.Reason != "one message a minute" {
		t.Errorf("%v", err)
	}
	if text := refusal.Error(); text != "chat: forbidden: one message a minute" {
		t.Error(text)
	}
}

// A panic of a hook is its caller's, who holds nothing by then.
func TestBeforePanics(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		room := h.NewGroup(h.Bob)
		k.before = func(context.Context, chat.Actor, chat.Operation) error { panic("a bug of the host's") }
		for _, call := range []func() error{
			func() error {
				return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x"}))
			},
			func() error { return h.DeleteRoom(h.Ctx, h.Alice, room.ID) },
		} {
			if err := chatsuite.Recover(call); err == nil || !strings.Contains(err.Error(), "a bug of the host's") {
				t.Errorf("error is %v", err)
			}
		}
		k.before = nil
		h.Send(h.Alice, room.ID, "hello")
		chatsuite.NoError(t, h.Close()) // nothing waits
	})
}

// A hook may use the service, with the one connection that SQLite in memory has, also inside a
// host's transaction, where it sees what is not committed yet.
func TestBeforeUsesTheService(t *testing.T) {
	runHooked(t, func(t *testing.T, h *chatsuite.Host, k *hook) {
		var audit *chat.Room
		var seen atomic.Int64
		k.before = func(ctx context.Context, actor chat.Actor, op chat.Operation) error {
			send, is := op.(*chat.SendOperation)
			if !is || actor == chat.System {
				return nil
			}
			room, err := op.Room(ctx)
			if err != nil {
				return err
			}
			if history, err := op.Service().Messages(ctx, actor, room.ID, chat.HistoryQuery{}); err != nil || len(history.Items) == 0 {
				return fmt.Errorf("read: %w", err)
			}
			seen.Add(1)
			_, err = op.Service().SendMessage(ctx, chat.System, audit.ID, chat.NewMessage{Text: "audit: " + send.Text})
			return err
		}
		audit = chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "Audit"}))(t)
		room := h.NewGroup(h.Bob)
		h.Send(chat.System, room.ID, "welcome")
		h.Send(h.Bob, room.ID, "one")
		undone := errors.New("undone")
		err := h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			made, err := s.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "Not there yet"})
			if err != nil {
				return err
			}
			chatsuite.Must(s.SendMessage(h.Ctx, chat.System, made.ID, chat.NewMessage{Text: "welcome"}))(t)
			chatsuite.Must(s.SendMessage(h.Ctx, h.Bob, made.ID, chat.NewMessage{Text: "two"}))(t)
			return undone
		})
		chatsuite.WantError(t, err, undone)
		history := chatsuite.Must(h.Messages(h.Ctx, h.Alice, audit.ID, chat.HistoryQuery{}))(t)
		if len(history.Items) != 1 || history.Items[0].Text != "audit: one" || seen.Load() != 2 {
			t.Errorf("%d asked, %d in the audit", seen.Load(), len(history.Items))
		}
	})
}
