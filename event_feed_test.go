package chat_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// answered is the key of a context whose statements are always answered.
type answered struct{}

// silentLog is a database that does not answer those who read the log, as a network that
// swallows everything.
type silentLog struct {
	on    atomic.Bool
	asked chan struct{} // of each statement that is not answered
}

func silenceLog(h *chatsuite.Host) *silentLog {
	h.T.Helper()
	s := &silentLog{asked: make(chan struct{}, 1000)}
	chatsuite.NoError(h.T, h.DB.Callback().Row().Before("gorm:row").Register("silent", func(db *gorm.DB) {
		ctx := db.Statement.Context
		if sql := db.Statement.SQL.String(); !s.on.Load() || ctx.Value(answered{}) != nil || !strings.HasPrefix(sql, "SELECT") || !strings.Contains(sql, "chat_events") {
			return
		}
		s.asked <- struct{}{}
		<-ctx.Done()
		_ = db.AddError(ctx.Err())
	}))
	return s
}

// overSilentLog runs a test on both databases.
func overSilentLog(t *testing.T, test func(t *testing.T, h *chatsuite.Host, silent *silentLog)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			test(t, h, silenceLog(h))
		})
	}
}

// Whoever subscribes waits for what others read of the log no longer than their context.
func TestSubscribeWaitsForOthersUntilItsContextEnds(t *testing.T) {
	overSilentLog(t, func(t *testing.T, h *chatsuite.Host, silent *silentLog) {
		chat.SetLogReadTime(h.Service, time.Hour)
		silent.on.Store(true)
		first, giveUp := context.WithCancel(h.Ctx)
		defer giveUp()
		ended := make(chan error, 2)
		subscribe := func(ctx context.Context, who chat.UserID) {
			sub, err := h.Subscribe(ctx, who, chat.SubscribeOptions{})
			if err == nil {
				sub.Close()
			}
			ended <- err
		}
		go subscribe(first, h.Alice)
		<-silent.asked
		second, cancel := context.WithTimeout(context.WithValue(h.Ctx, answered{}, true), 50*time.Millisecond)
		defer cancel()
		go subscribe(second, h.Bob)
		select { // the first one has all the time there is
		case err := <-ended:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the second one: %v", err)
			}
		case <-time.After(chatsuite.Timeout):
			t.Error("the second one does not end")
			defer func() { t.Log(<-ended) }()
		}
		giveUp()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the first one: %v", err)
		}
	})
}

// Where the log is being read already, those who come do not wait for the reader.
func TestSubscribeDoesNotWaitForTheReader(t *testing.T) {
	overSilentLog(t, func(t *testing.T, h *chatsuite.Host, silent *silentLog) {
		chat.SetLogReadTime(h.Service, time.Hour)
		defer chatsuite.Must(h.Subscribe(h.Ctx, h.Alice, chat.SubscribeOptions{}))(t).Close()
		silent.on.Store(true)
		<-silent.asked // the reader looks each second
		ctx, cancel := context.WithTimeout(context.WithValue(h.Ctx, answered{}, true), chatsuite.Timeout)
		defer cancel()
		sub, err := h.Subscribe(ctx, h.Bob, chat.SubscribeOptions{})
		if chatsuite.NoError(t, err); err == nil {
			sub.Close()
		}
	})
}

// A connection that never answers keeps updates from nobody for long.
func TestReaderOfTheLogGivesASilentConnectionUp(t *testing.T) {
	overSilentLog(t, func(t *testing.T, h *chatsuite.Host, silent *silentLog) {
		chat.SetLogReadTime(h.Service, 2*time.Second)
		silent.on.Store(true)
		if _, err := h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{}); !errors.Is(err, chat.ErrUnavailable) {
			t.Errorf("without an answer: %v", err)
		}
		silent.on.Store(false)
		room := h.NewGroup(h.Bob)
		sub, err := h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{})
		for errors.Is(err, chat.ErrUnavailable) { // on a machine that is as slow
			sub, err = h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{})
		}
		chatsuite.NoError(t, err)
		defer sub.Close()
		for len(silent.asked) > 0 {
			<-silent.asked
		}
		silent.on.Store(true)
		<-silent.asked
		silent.on.Store(false) // what was asked is not answered all the same
		h.Send(h.Alice, room.ID, "on")
		ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
		defer cancel()
		for {
			u, err := sub.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if u.Message != nil && u.Message.Text == "on" {
				return
			}
		}
	})
}

// A callback of the host's on the handle that panics for the reader of the log, on whose
// goroutine nobody could recover, ends nothing: the log is read from the same position again.
func TestReaderOfTheLogOutlivesAPanicOfACallback(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		var on atomic.Bool
		met := make(chan struct{}, 1000)
		chatsuite.NoError(t, h.DB.Callback().Row().Before("gorm:row").Register("panics", func(db *gorm.DB) {
			if on.Load() && db.Statement.Context.Value(answered{}) == nil {
				met <- struct{}{}
				panic("a callback of the host's")
			}
		}))
		room := h.NewGroup(h.Bob)
		sub := chatsuite.Must(h.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{}))(t)
		defer sub.Close()
		on.Store(true)
		mine := context.WithValue(h.Ctx, answered{}, true)
		chatsuite.Must(h.SendMessage(mine, h.Alice, room.ID, chat.NewMessage{Text: "one"}))(t)
		<-met
		if err := chatsuite.Recover(func() error {
			return chatsuite.ErrorOf(h.Subscribe(h.Ctx, h.Alice, chat.SubscribeOptions{}))
		}); err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("a panic for its caller: %v", err)
		}
		if n := chat.Subscribers(h.Service); n != 1 {
			t.Errorf("%d subscriptions, and only one was returned", n)
		}
		on.Store(false)
		chatsuite.Must(h.SendMessage(mine, h.Alice, room.ID, chat.NewMessage{Text: "two"}))(t)
		ctx, cancel := context.WithTimeout(h.Ctx, chatsuite.Timeout)
		defer cancel()
		for _, want := range []string{"", "one", "two"} { // the first is the hello
			u := chatsuite.Must(sub.Next(ctx))(t)
			if got := u.Message; got == nil && want != "" || got != nil && got.Text != want {
				t.Errorf("%v is told, want %q", got, want)
			}
		}
	})
}
