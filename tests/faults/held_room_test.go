package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// traffic are clients that send to rooms of their own, and read them, one call after the
// other.
type traffic struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	took  []time.Duration // of the sends since it was last asked
	since time.Time
	errs  []error
}

// startTraffic has the users from the tenth on send to a room each.
func startTraffic(t *testing.T, h *chatsuite.Host, clients int) *traffic {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f := &traffic{stop: cancel, since: time.Now()}
	for i := range clients {
		user := h.UserID(10 + i)
		room := chatsuite.Must(h.CreateRoom(h.Ctx, user, chat.NewRoom{Name: "of one"}))(t)
		f.done.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				_, sendErr := h.SendMessage(h.Ctx, user, room.ID, chat.NewMessage{Text: "on"})
				took := time.Since(began)
				_, readErr := h.Messages(h.Ctx, user, room.ID, chat.HistoryQuery{Limit: 5})
				f.add(took, errors.Join(sendErr, readErr))
			}
		})
	}
	t.Cleanup(f.end)
	return f
}

func (f *traffic) end() {
	f.stop()
	f.done.Wait()
}

func (f *traffic) add(took time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took = append(f.took, took)
	if err != nil {
		f.errs = append(f.errs, err)
	}
}

// pace is what came of a stretch of traffic.
type pace struct {
	perSecond float64
	p99, most time.Duration
}

func (p pace) String() string {
	return fmt.Sprintf("%.0f sends a second, p99 %s, at most %s", p.perSecond, p.p99.Round(100*time.Microsecond), p.most.Round(100*time.Microsecond))
}

// pace returns what came since it was last called.
func (f *traffic) pace(t *testing.T) pace {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.errs) > 0 {
		t.Errorf("%d calls elsewhere failed, the first with %v", len(f.errs), f.errs[0])
	}
	slices.Sort(f.took)
	p := pace{perSecond: float64(len(f.took)) / time.Since(f.since).Seconds()}
	if n := len(f.took); n > 0 {
		p.p99, p.most = f.took[n*99/100], f.took[n-1]
	}
	f.took, f.since = nil, time.Now()
	return p
}

// wantSamePace marks the test as failed where the traffic has all but stopped. The figures
// are for the log: a machine that has other things to do decides no test.
func wantSamePace(t *testing.T, before, meanwhile pace) {
	t.Helper()
	t.Logf("before: %s; meanwhile: %s", before, meanwhile)
	// The short form runs beside others, which change the pace of the machine; those who
	// are kept waiting do not go on at all.
	least := before.perSecond / 5
	if !*long {
		least = before.perSecond / 25
	}
	if meanwhile.perSecond < least {
		t.Error("the others are kept waiting")
	}
	if meanwhile.most > waitLimit/2 {
		t.Errorf("one of the others waited for %s", meanwhile.most)
	}
}

// room is a group of alice's with the users from the second to the ninth.
func (w *world) host(t *testing.T) (*chatsuite.Host, *chat.Room) {
	t.Helper()
	h := chatsuite.New(t, w.Variant)
	var members []chat.UserID
	for n := 2; n < 10; n++ {
		members = append(members, h.UserID(n))
	}
	return h, h.NewGroup(members...)
}

// wantEnds makes calls at once, and marks the test as failed unless each ends within six
// seconds, done or to be tried again.
func wantEnds(t *testing.T, n int, fn func(i int) error) {
	t.Helper()
	var done sync.WaitGroup
	var late, wrong atomic.Int64
	for i := range n {
		done.Go(func() {
			began := time.Now()
			err := fn(i)
			if took := time.Since(began); took > waitLimit+slack {
				late.Add(1)
			}
			if err != nil && !chat.IsRetryable(err) {
				wrong.Add(1)
				t.Logf("call %d: %v", i, err)
			}
		})
	}
	done.Wait()
	if late.Load() > 0 || wrong.Load() > 0 {
		t.Errorf("of %d calls %d took more than six seconds, and %d ended otherwise than with a retryable error", n, late.Load(), wrong.Load())
	}
}

// held is an experiment: what a host's transaction holds, and who waits for it.
type held struct {
	name string
	lock func(tx *gorm.DB, s *chat.Service, h *chatsuite.Host, room uuid.UUID) error
	wait func(t *testing.T, h *chatsuite.Host, room uuid.UUID)
}

func lockSQL(statement string) func(*gorm.DB, *chat.Service, *chatsuite.Host, uuid.UUID) error {
	return func(tx *gorm.DB, _ *chat.Service, _ *chatsuite.Host, room uuid.UUID) error {
		if !strings.Contains(statement, "?") {
			return tx.Exec(statement).Error
		}
		return tx.Exec(statement, room).Error
	}
}

// sendAll has eight members send to a room, three times each at once.
func sendAll(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	wantEnds(t, 24, func(i int) error {
		return ignore(h.SendMessage(h.Ctx, h.UserID(1+i%8), room, chat.NewMessage{Text: "waits"}))
	})
}

var holds = []held{
	{"a room, and sends to it", lockSQL("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE"), func(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
		ctx, cancel := context.WithTimeout(h.Ctx, time.Second)
		defer cancel()
		early := make(chan time.Duration, 1)
		go func() {
			began := time.Now()
			_, err := h.SendMessage(ctx, h.Alice, room, chat.NewMessage{Text: "has little time"})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("with a deadline of a second: %v", err)
			}
			early <- time.Since(began)
		}()
		sendAll(t, h, room)
		if took := <-early; took > 3*time.Second {
			t.Errorf("with a deadline of a second: %s", took)
		}
	}},
	{"a room, and reactions in it", lockSQL("SELECT 1 FROM chat_rooms WHERE id = ? FOR UPDATE"), func(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
		page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room, chat.HistoryQuery{}))(t)
		wantEnds(t, 40, func(i int) error { return ignore(h.React(h.Ctx, h.UserID(1+i%8), page.Items[0].ID, "👍")) })
	}},
	{"the users, and sends of theirs", lockSQL("SELECT 1 FROM users WHERE id < 10 FOR UPDATE"), sendAll},
	{"read markers, and sends of theirs", func(_ *gorm.DB, s *chat.Service, h *chatsuite.Host, room uuid.UUID) error {
		for n := 1; n < 9; n++ {
			if _, err := s.MarkRead(h.Ctx, h.UserID(n), room, 1); err != nil {
				return err
			}
		}
		return nil
	}, sendAll},
	{"media, and sends of them", lockSQL("SELECT 1 FROM chat_media FOR UPDATE"), func(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
		var ids []uuid.UUID
		chatsuite.NoError(t, h.DB.Raw("SELECT id FROM chat_media ORDER BY id").Scan(&ids).Error)
		wantEnds(t, len(ids), func(i int) error {
			return ignore(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{MediaIDs: ids[i : i+1]}))
		})
	}},
	{"a message, and replies to it", lockSQL("SELECT 1 FROM chat_messages WHERE room_id = ? FOR UPDATE"), func(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
		page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room, chat.HistoryQuery{}))(t)
		wantEnds(t, 24, func(i int) error {
			return ignore(h.SendMessage(h.Ctx, h.UserID(1+i%8), room, chat.NewMessage{Text: "yes", ReplyToID: &page.Items[0].ID}))
		})
	}},
}

// While a host's transaction holds rows, those who need them end within six seconds, and
// everybody else goes on.
func TestOthersGoOnWhileRowsAreHeld(t *testing.T) {
	if !*long { // whose figures are kept
		t.Parallel()
	}
	for _, e := range holds {
		t.Run(e.name, func(t *testing.T) {
			if !*long {
				t.Parallel()
			}
			h, room := postgresWorld.host(t)
			h.Send(h.Alice, room.ID, "first")
			for i := range 12 {
				h.Upload(h.Alice, fmt.Sprint(i))
			}
			others := startTraffic(t, h, 8)
			time.Sleep(500 * time.Millisecond) // until its connections are open
			others.pace(t)
			time.Sleep(span(time.Second, 5*time.Second))
			before := others.pace(t)
			err := h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
				if err := e.lock(tx, s, h, room.ID); err != nil {
					return err
				}
				others.pace(t)
				for range rounds(1, 2) {
					e.wait(t, h, room.ID)
				}
				wantSamePace(t, before, others.pace(t))
				return nil
			})
			chatsuite.NoError(t, err)
			others.end()
			h.Send(h.Alice, room.ID, "after")
			h.CheckRoomLogs()
			chatsuite.NoError(t, h.Close())
		})
	}
}
