// Package events_test proves that a subscription tells every change of its rooms, in the
// order of each room, each once, or says that it cannot.
package events_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(dbtest.M{M: m},
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"))
}

// stream reads a subscription in the test's own goroutine.
type stream struct {
	t   *testing.T
	sub *chat.Subscription
}

func subscribe(t *testing.T, h *chatsuite.Host, actor chat.Actor, after chat.Cursor) *stream {
	t.Helper()
	sub := chatsuite.Must(h.Subscribe(h.Ctx, actor, chat.SubscribeOptions{After: after}))(t)
	t.Cleanup(sub.Close)
	return &stream{t, sub}
}

func (s *stream) next() chat.Update {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	u, err := s.sub.Next(ctx)
	if err != nil {
		s.t.Fatalf("Next: %v", err)
	}
	return u
}

// want takes the next update and checks its kind.
func (s *stream) want(kind chat.UpdateKind) chat.Update {
	s.t.Helper()
	u := s.next()
	if u.Kind != kind {
		s.t.Fatalf("the update is %s of %v (seq %d), want %s", u.Kind, u.RoomID, u.Seq, kind)
	}
	return u
}

// end takes updates until there is an error.
func (s *stream) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		if _, err := s.sub.Next(ctx); err != nil {
			return err
		}
	}
}

// silent checks that nothing comes.
func (s *stream) silent(for_ time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), for_)
	defer cancel()
	if u, err := s.sub.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		s.t.Fatalf("there is %s of seq %d (%v), want nothing", u.Kind, u.Seq, err)
	}
}

func kind(k chat.EventKind) chat.UpdateKind { return chat.UpdateKind(k) }

func TestMembersAreToldWhatHappens(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		first := h.Send(h.Alice, room.ID, "before")
		bob := subscribe(t, h, h.Bob, "")
		hello := bob.want(chat.UpdateHello)
		if len(hello.States) != 1 || hello.States[0] != (chat.RoomState{RoomID: room.ID, Seq: 3, FirstNumber: 1, LastNumber: 1, LastReadNumber: 0}) {
			t.Errorf("hello is %+v", hello.States)
		}
		sent := h.Send(h.Alice, room.ID, "now")
		u := bob.want(kind(chat.MessageCreated))
		if u.Seq != 4 || u.Message == nil || u.Message.Text != "now" || u.Message.ID != sent.ID || *u.ActorID != h.Alice {
			t.Errorf("update is %+v", u)
		}
		chatsuite.Must(h.React(h.Ctx, h.Bob, first.ID, "👍"))(t)
		if u = bob.want(kind(chat.ReactionAdded)); len(u.Message.Reactions) != 1 || u.Message.Reactions[0].Mine != nil {
			t.Errorf("update is %+v", u.Message)
		}
		text := "edited"
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, sent.ID, chat.MessagePatch{Text: &text}))(t)
		if u = bob.want(kind(chat.MessageEdited)); u.Message.Text != "edited" {
			t.Errorf("update is %+v", u.Message)
		}
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, sent.ID))
		if u = bob.want(kind(chat.MessageDeleted)); !u.Message.Deleted() || u.Message.Text != "" {
			t.Errorf("update is %+v", u.Message)
		}
		other := h.NewGroup(h.Carol) // not bob's
		h.Send(h.Carol, other.ID, "hidden")
		name := "renamed"
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room.ID, chat.RoomPatch{Name: &name}))(t)
		if u = bob.want(kind(chat.RoomUpdated)); u.Room.Name != name {
			t.Errorf("update is %+v", u.Room)
		}
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, h.Bob))
		bob.want(kind(chat.UserRemoved))
		h.Send(h.Alice, room.ID, "without bob")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
		if u = bob.want(kind(chat.UserAdded)); u.Member == nil || u.Member.UserID != h.Bob {
			t.Errorf("update is %+v", u)
		}
		if u = bob.want(chat.UpdateRoomState); u.States[0].LastNumber != 3 || u.States[0].LastReadNumber != 3 {
			t.Errorf("update is %+v", u.States)
		}
		h.Send(h.Alice, room.ID, "with bob")
		bob.want(kind(chat.MessageCreated))
	})
}

func TestSystemIsToldOfAllRooms(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		system := subscribe(t, h, chat.System, "")
		if hello := system.want(chat.UpdateHello); hello.States != nil || hello.Cursor == "" {
			t.Errorf("hello is %+v", hello)
		}
		for range 3 {
			room := h.NewGroup(h.Bob)
			system.want(kind(chat.RoomCreated))
			system.want(kind(chat.UserAdded))
			h.Send(chat.System, room.ID, "welcome")
			if u := system.want(kind(chat.MessageCreated)); u.Message.Text != "welcome" {
				t.Errorf("update is %+v", u.Message)
			}
		}
	})
}

// Many writers commit in another order than that of their rows, some roll back, some use
// savepoints, and one host transaction stays open: every subscriber is told every
// committed event once, in the order of each room.
func TestEveryEventOnceInOrder(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const writers, each = 12, 25
		rooms := make([]uuid.UUID, 4)
		for i := range rooms {
			rooms[i] = h.NewGroup(h.Bob, h.Carol).ID
		}
		readers := map[string]*stream{"bob": subscribe(t, h, h.Bob, ""), "system": subscribe(t, h, chat.System, "")}
		for _, r := range readers {
			r.want(chat.UpdateHello)
		}
		var wg sync.WaitGroup
		if h.Postgres { // SQLite has one writer
			wg.Go(func() { holdOpen(t, h, rooms[0]) })
		}
		for w := range writers {
			wg.Go(func() { write(t, h, rooms[w%len(rooms)], rand.New(rand.NewPCG(1, uint64(w))), each) })
		}
		var reading sync.WaitGroup
		told := map[string]map[uuid.UUID]int64{}
		for name, r := range readers {
			last := map[uuid.UUID]int64{}
			told[name] = last
			reading.Go(func() { r.checkOrder(name, rooms, last) })
		}
		wg.Wait()
		for _, room := range rooms { // the last of each
			h.Send(h.Alice, room, lastText)
		}
		reading.Wait()
		for name, last := range told {
			for _, room := range rooms {
				if n := h.QueryInt("SELECT max(seq) FROM chat_events WHERE room_id = ?", room); n != last[room] {
					t.Errorf("%s: told up to %d of %d", name, last[room], n)
				}
			}
			readers[name].silent(20 * time.Millisecond)
		}
		h.CheckRoomLogs()
	})
}

const lastText = "the last one"

// checkOrder reads until the last message of each room, and wants every seq.
func (s *stream) checkOrder(name string, rooms []uuid.UUID, last map[uuid.UUID]int64) {
	for open := len(rooms); open > 0; {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		u, err := s.sub.Next(ctx)
		cancel()
		if err != nil {
			s.t.Errorf("%s: %v", name, err)
			return
		}
		if !slices.Contains(rooms, u.RoomID) {
			continue
		}
		if before := last[u.RoomID]; before == 0 && u.Seq != 4 || before > 0 && u.Seq != before+1 {
			s.t.Errorf("%s: seq %d after %d in %s", name, u.Seq, before, u.RoomID)
			return
		}
		last[u.RoomID] = u.Seq
		if u.Message != nil && u.Message.Text == lastText {
			open--
		}
	}
}

func holdOpen(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	err := h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
		other, err := s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "held open"})
		if err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		return s.DeleteRoom(h.Ctx, h.Alice, other.ID)
	})
	if err != nil {
		t.Error(err)
	}
	_ = room
}

var errRolledBack = errors.New("rolled back")

func write(t *testing.T, h *chatsuite.Host, room uuid.UUID, random *rand.Rand, n int) {
	for i := range n {
		in := chat.NewMessage{Text: fmt.Sprint(i)}
		switch random.IntN(4) {
		case 0: // a host transaction that may roll back
			err := h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
				if _, err := s.SendMessage(h.Ctx, h.Alice, room, in); err != nil {
					return err
				}
				if random.IntN(2) == 0 {
					return errRolledBack
				}
				return tx.SavePoint("a").Error
			})
			if err != nil && !errors.Is(err, errRolledBack) && !chat.IsRetryable(err) {
				t.Error(err)
			}
		default:
			if _, err := h.SendMessage(h.Ctx, h.Bob, room, in); err != nil && !chat.IsRetryable(err) {
				t.Error(err)
			}
		}
	}
}

func TestASlowReaderIsClosedAndGoesOn(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		slow, quick := subscribe(t, h, h.Bob, ""), subscribe(t, h, h.Alice, "")
		cursor := slow.want(chat.UpdateHello).Cursor
		quick.want(chat.UpdateHello)
		for i := range 400 {
			h.Send(h.Alice, room.ID, "x")
			if u := quick.want(kind(chat.MessageCreated)); u.Seq != int64(3+i) {
				t.Fatalf("seq is %d", u.Seq)
			}
		}
		_, err := slow.sub.Next(h.Ctx)
		chatsuite.WantError(t, err, chat.ErrLagged)
		again := subscribe(t, h, h.Bob, cursor)
		again.want(chat.UpdateHello)
		for i := range 400 {
			if u := again.want(kind(chat.MessageCreated)); u.Seq != int64(3+i) {
				t.Fatalf("seq is %d", u.Seq)
			}
		}
	})
}

func TestClosedSubscriptions(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		h.NewGroup(h.Bob)
		a, b := subscribe(t, h, h.Bob, ""), subscribe(t, h, h.Bob, "")
		a.want(chat.UpdateHello)
		b.want(chat.UpdateHello)
		a.sub.Close()
		a.sub.Close()
		_, err := a.sub.Next(h.Ctx)
		chatsuite.WantError(t, err, chat.ErrClosed)
		waiting := make(chan error, 1)
		go func() {
			_, err := b.sub.Next(context.Background())
			waiting <- err
		}()
		chatsuite.NoError(t, h.Close())
		chatsuite.WantError(t, <-waiting, chat.ErrClosed)
		_, err = h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{})
		chatsuite.WantError(t, err, chat.ErrClosed)
	})
}

func TestAGapIsFilled(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob) // seq 1 and 2
		for i := range 5 {
			h.Send(h.Alice, room.ID, fmt.Sprint(i))
		}
		page := chatsuite.Must(h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{After: 3, Limit: 2}))(t)
		if len(page.Items) != 2 || page.Items[0].Seq != 4 || page.Items[1].Message.Text != "2" || !page.HasMore || page.Reset {
			t.Errorf("page is %+v", page)
		}
		page = chatsuite.Must(h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{After: 5}))(t)
		if len(page.Items) != 2 || page.HasMore || page.Reset {
			t.Errorf("page is %+v", page)
		}
		page = chatsuite.Must(h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{After: 7}))(t)
		if len(page.Items) != 0 || page.HasMore || page.Reset {
			t.Errorf("page is %+v", page)
		}
		_, err := h.Events(h.Ctx, h.Carol, room.ID, chat.EventsQuery{})
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{After: -1})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "after", 0)
		_, err = h.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{Limit: -1})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "limit", 0)
	})
}
