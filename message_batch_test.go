package chat_test

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// grouped is a message of a group.
func grouped(actor chat.Actor, room uuid.UUID, text string) chat.GroupedSend {
	return chat.GroupedSend{Actor: actor, Room: room, In: chat.NewMessage{Text: text}}
}

func TestEachMessageOfAGroupHasItsOwnOutcome(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		checkOutcomes(h, true)
		checkOutcomes(chatsuite.New(t, h.Variant), false) // on PostgreSQL those with media apart
	})
}

func checkOutcomes(h *chatsuite.Host, wait bool) {
	t := h.T
	t.Helper()
	room, other := h.NewGroup(h.Bob), h.NewGroup(h.Carol)
	picture := uploadPicture(h, h.Bob)
	first := h.Send(h.Alice, room.ID, "before")
	repeated := chat.NewMessage{Text: "once", ClientID: "c"}
	chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, repeated))(t)
	elsewhere := h.Send(h.Carol, other.ID, "elsewhere")

	with := func(actor chat.Actor, in chat.NewMessage) chat.GroupedSend {
		return chat.GroupedSend{actor, room.ID, in}
	}
	group := []chat.GroupedSend{
		grouped(h.Bob, room.ID, "one"),
		grouped(h.Dave, room.ID, "let me in"),
		with(h.Bob, repeated),
		with(h.Bob, chat.NewMessage{Text: "another", ClientID: "c"}),
		with(h.Alice, chat.NewMessage{Text: "re", ReplyToID: &first.ID}),
		with(h.Alice, chat.NewMessage{Text: "re", ReplyToID: &elsewhere.ID}),
		with(h.Bob, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}),
		with(h.Bob, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}),
		with(h.Alice, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}),
		grouped(h.Carol, other.ID, "two"),
		grouped(h.Alice, uuid.New(), "nowhere"),
		with(h.Bob, chat.NewMessage{Text: "new", ClientID: "d"}),
		with(h.Bob, chat.NewMessage{Text: "new", ClientID: "d"}),
		grouped(chat.System, room.ID, "three"),
	}
	want := []string{"3", "not found", "2", "conflict", "4", "invalid", "5", "conflict", "invalid", "2", "not found", "6", "6", "7"}
	outcomes, err := chat.SendGroup(h.Ctx, h.Service, wait, group...)
	chatsuite.NoError(t, err)
	for i, o := range outcomes {
		if got := outcome(o); got != want[i] {
			t.Errorf("message %d: %s, want %s (%v)", i, got, want[i], o.Err)
		}
	}
	page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{}))(t)
	if len(page.Items) != 7 || page.HasBefore || len(page.Items[4].Media) != 1 || page.Items[3].ReplyTo == nil {
		t.Errorf("history is %+v", page)
	}
	if seen := chatsuite.Must(h.Room(h.Ctx, h.Bob, room.ID))(t); seen.Unread != 1 || seen.LastSeq != 2+7 {
		t.Errorf("bob has %d unread, and the log ends at %d", seen.Unread, seen.LastSeq)
	}
}

func outcome(o chat.Outcome) string {
	for err, name := range map[error]string{
		chat.ErrNotFound: "not found", chat.ErrConflict: "conflict", chat.ErrInvalid: "invalid", chat.ErrForbidden: "forbidden",
	} {
		if errors.Is(o.Err, err) {
			return name
		}
	}
	switch {
	case o.Err != nil:
		return o.Err.Error()
	case o.RoomLocked:
		return "room locked"
	default:
		return fmt.Sprint(o.Message.Number)
	}
}

// TestGroupCostsTheSameForAnySize counts statements: one message or a hundred.
func TestGroupCostsTheSameForAnySize(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
		var counts []int
		for _, size := range []int{1, 100} {
			var group []chat.GroupedSend
			for i := range size {
				group = append(group, grouped(h.Bob, rooms[i%len(rooms)].ID, strings.Repeat("x", i+1)))
			}
			n := 0
			count(t, h.DB, &n)
			outcomes, err := chat.SendGroup(h.Ctx, h.Service, false, group...)
			chatsuite.NoError(t, err)
			for _, o := range outcomes {
				chatsuite.NoError(t, o.Err)
			}
			counts = append(counts, n)
		}
		want := map[bool]int{false: 6, true: 2}[h.Postgres] // SQLite: the lock, a look, and four writes
		if counts[0] != want || counts[1] != want {
			t.Errorf("statements: %v, want %d", counts, want)
		}
	})
}

// count adds to n what the handle runs from now on.
func count(t *testing.T, db *gorm.DB, n *int) {
	t.Helper()
	name := t.Name() + fmt.Sprint(time.Now().UnixNano())
	*n = 0
	add := func(*gorm.DB) { *n++ }
	chatsuite.NoError(t, db.Callback().Row().Before("gorm:row").Register(name, add))
	chatsuite.NoError(t, db.Callback().Raw().Before("gorm:raw").Register(name, add))
	t.Cleanup(func() {
		_ = db.Callback().Row().Remove(name)
		_ = db.Callback().Raw().Remove(name)
	})
}

// TestLockedRoomIsLeftOutOfAGroup: a host's transaction has one of the rooms.
func TestLockedRoomIsLeftOutOfAGroup(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	locked, other := h.NewGroup(), h.NewGroup()
	chatsuite.NoError(t, h.DB.Transaction(func(tx *gorm.DB) error {
		s, _ := h.WithTx(tx)
		if _, err := s.SendMessage(h.Ctx, h.Alice, locked.ID, chat.NewMessage{Text: "host"}); err != nil {
			return err
		}
		outcomes, err := chat.SendGroup(h.Ctx, h.Service, false, grouped(h.Alice, locked.ID, "later"), grouped(h.Alice, other.ID, "now"), grouped(h.Alice, uuid.New(), "never"))
		chatsuite.NoError(t, err)
		for i, want := range []string{"room locked", "1", "not found"} {
			if got := outcome(outcomes[i]); got != want {
				t.Errorf("message %d: %s, want %s", i, got, want)
			}
		}
		return nil
	}))
	if m := h.Send(h.Alice, locked.ID, "later"); m.Number != 2 {
		t.Errorf("number is %d", m.Number)
	}
}

// TestFaultOfOneMessageIsNotTheOthers: the database refuses one message of a group
// for a reason that no check foresaw.
func TestFaultOfOneMessageIsNotTheOthers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		constraint := "ALTER TABLE chat_messages ADD CONSTRAINT no_curses CHECK (text <> 'curse')"
		if !h.Postgres {
			constraint = `CREATE TRIGGER no_curses BEFORE INSERT ON chat_messages WHEN NEW.text = 'curse'
				BEGIN SELECT RAISE(ABORT, 'no_curses'); END`
		}
		chatsuite.NoError(t, h.DB.Exec(constraint).Error)
		outcomes, err := chat.SendGroup(h.Ctx, h.Service, true, grouped(h.Bob, room.ID, "fine"), grouped(h.Bob, room.ID, "curse"), grouped(h.Alice, room.ID, "fine too"))
		chatsuite.NoError(t, err)
		if outcome(outcomes[0]) != "1" || !strings.Contains(outcome(outcomes[1]), "no_curses") || outcome(outcomes[2]) != "2" {
			t.Errorf("outcomes are %+v", outcomes)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.MessageCreated)
	})
}

// TestPanicAcknowledgesNothing: something of the host's panics when the messages of a
// group are written and not yet committed.
func TestPanicAcknowledgesNothing(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		fail := func(db *gorm.DB) {
			if strings.Contains(db.Statement.SQL.String(), "INSERT INTO chat_messages") {
				panic("a plugin of the host's")
			}
		}
		chatsuite.NoError(t, h.DB.Callback().Raw().After("gorm:raw").Register("panic", fail))
		chatsuite.NoError(t, h.DB.Callback().Row().After("gorm:row").Register("panic", fail))
		outcomes, err := chat.SendGroup(h.Ctx, h.Service, true, grouped(h.Bob, room.ID, "one"), grouped(h.Alice, room.ID, "two"))
		chatsuite.NoError(t, err)
		for i, o := range outcomes {
			if o.Err == nil || o.Message != nil {
				t.Errorf("message %d is acknowledged: %+v", i, o)
			}
		}
		chatsuite.NoError(t, h.DB.Callback().Raw().Remove("panic"))
		chatsuite.NoError(t, h.DB.Callback().Row().Remove("panic"))
		if m := h.Send(h.Bob, room.ID, "after"); m.Number != 1 {
			t.Errorf("number is %d", m.Number)
		}
	})
}

// TestHostsLogGetsStatementsWithoutWhatTheySay: GORM's logger prints slow and failed
// statements with their values.
func TestHostsLogGetsStatementsWithoutWhatTheySay(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		var log strings.Builder
		talkative := logger.New(stdlog.New(&log, "", 0), logger.Config{LogLevel: logger.Info})
		svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{Logger: talkative}), h.Config))(t)
		chatsuite.Must(svc.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "my secret"}))(t)
		if !strings.Contains(log.String(), "INSERT INTO chat_messages") || strings.Contains(log.String(), "my secret") {
			t.Errorf("the log is %s", log.String())
		}
	})
}

// A batch is written whatever becomes of its callers: the contexts of all of them end
// while it is, they return, and each message is stored. Close waits for it.
func TestBatchOutlivesTheCallersContexts(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob)
	entered, goOn := make(chan struct{}), make(chan struct{})
	beforeTheWrite(h, func() { close(entered); <-goOn })
	var all, queued sync.WaitGroup
	all.Go(func() { h.Send(h.Alice, room.ID, "first") })
	<-entered // the others queue behind it
	ctx, cancel := context.WithCancel(h.Ctx)
	defer cancel()
	for _, sender := range []chat.UserID{h.Alice, h.Bob} {
		queued.Go(func() {
			if _, err := h.SendMessage(ctx, sender, room.ID, chat.NewMessage{Text: "queued"}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", sender, err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // both are queued
	onceAt(h, h.DB.Callback().Row().Before("gorm:row"), "LEFT JOIN chat_room_users", func() { cancel(); queued.Wait() })
	close(goOn)
	all.Wait()
	queued.Wait()
	chatsuite.NoError(t, h.Close())
	if ctx.Err() == nil {
		t.Error("nothing was read for the batch")
	}
	if n := h.QueryInt("SELECT count(*) FROM chat_messages"); n != 3 {
		t.Errorf("%d messages are stored, want 3", n)
	}
	h.CheckRoomLogs()
}
