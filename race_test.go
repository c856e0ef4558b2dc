package chat_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// overConnections runs a test over both databases with several connections each.
func overConnections(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	over(t, []variant{onSQLiteFile, onPostgres}, test)
}

// times is how often to repeat: the full count in the long form.
func times(short, full int) int {
	if long() {
		return full
	}
	return short
}

// crowdSize is how many goroutines race: more than any pool has connections.
const crowdSize = 64

// crowd calls fn for 0 to n-1 from many goroutines that begin together. An error or
// a panic fails the test.
func crowd(t testing.TB, n int, fn func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var done sync.WaitGroup
	begin := make(chan struct{})
	for range min(n, crowdSize) {
		done.Go(func() {
			<-begin
			for i := int(next.Add(1)) - 1; i < n && !t.Failed(); i = int(next.Add(1)) - 1 {
				if err := recovered(func() error { return fn(i) }); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
		})
	}
	close(begin)
	done.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// recovered turns a panic into an error, so that it fails one test only.
func recovered(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// together runs all of fns at once and returns their errors.
func together(fns ...func() error) []error {
	errs := make([]error, len(fns))
	var done sync.WaitGroup
	begin := make(chan struct{})
	for i, fn := range fns {
		done.Go(func() {
			<-begin
			errs[i] = recovered(fn)
		})
	}
	close(begin)
	done.Wait()
	return errs
}

// number reads a count or a sum.
func (h *host) number(query string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.db.Raw(query, args...).Scan(&n).Error; err != nil {
		h.t.Fatal(err)
	}
	return n
}

// checkLogs finds fault with the counters of any room: messages are numbered and
// events placed 1, 2, 3… up to what the room says, each message has its one
// message_created, in the order of the numbers, and nobody has read the future.
func (h *host) checkLogs() {
	h.t.Helper()
	var rooms []chat.Room
	ok(h.t, h.db.Order("id").Find(&rooms).Error)
	for _, room := range rooms {
		var messages []chat.Message
		ok(h.t, h.db.Where("room_id = ?", room.ID).Order("number").Find(&messages).Error)
		var created []uuid.UUID
		events := h.events(room.ID)
		for i, e := range events {
			if e.Seq != int64(i+1) {
				h.t.Fatalf("room %s: event %d has seq %d", room.ID, i+1, e.Seq)
			}
			if e.Kind == chat.MessageCreated {
				created = append(created, *e.MessageID)
			}
		}
		var sent []uuid.UUID
		for i, m := range messages {
			if m.Number != int64(i+1) {
				h.t.Fatalf("room %s: message %d has number %d", room.ID, i+1, m.Number)
			}
			sent = append(sent, m.ID)
		}
		if diff := cmp.Diff(sent, created); diff != "" {
			h.t.Errorf("room %s: messages against message_created (-messages +events):\n%s", room.ID, diff)
		}
		if room.LastSeq != int64(len(events)) || room.LastNumber != int64(len(messages)) {
			h.t.Errorf("room %s: last_seq %d of %d events, last_number %d of %d messages",
				room.ID, room.LastSeq, len(events), room.LastNumber, len(messages))
		}
	}
	if n := h.number(`SELECT count(*) FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id
		WHERE u.last_read_number > r.last_number`); n != 0 {
		h.t.Errorf("%d members have read messages that are not there", n)
	}
}

// checkOwners: every living group and channel has one owner, who is in it.
func (h *host) checkOwners() {
	h.t.Helper()
	if n := h.number(`SELECT count(*) FROM chat_rooms r WHERE r.deleted_at IS NULL AND r.type <> 'private_messages'
		AND NOT EXISTS (SELECT 1 FROM chat_room_users u WHERE u.room_id = r.id AND u.user_id = r.owner_id)`); n != 0 {
		h.t.Errorf("%d rooms have no owner among their members", n)
	}
}

func TestParallelOpenPrivateGivesOneRoom(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		n := times(200, 1000)
		opened := make([]uuid.UUID, n)
		crowd(t, n, func(i int) error {
			me, other := h.alice, h.bob
			if i%2 == 1 {
				me, other = other, me
			}
			room, err := h.OpenPrivate(h.ctx, me, other)
			if err == nil {
				opened[i] = room.ID
			}
			return err
		})
		for _, id := range opened {
			if id != opened[0] {
				t.Fatalf("two rooms for one pair: %s and %s", opened[0], id)
			}
		}
		if rooms, members := h.number("SELECT count(*) FROM chat_rooms"), h.number("SELECT count(*) FROM chat_room_users"); rooms != 1 || members != 2 {
			t.Errorf("%d rooms with %d members", rooms, members)
		}
		if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated}, h.kinds(opened[0])); diff != "" {
			t.Error(diff)
		}
		h.checkLogs()
	})
}

// Only the first calls for a pair race to make its room, so there are many pairs.
func TestParallelOpenPrivateOfManyPairs(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		const callsPerPair = 8
		pairs := times(40, hostUsers-1)
		crowd(t, pairs*callsPerPair, func(i int) error {
			me, other := h.id(1+i/callsPerPair), h.id(2+i/callsPerPair)
			if i%2 == 1 {
				me, other = other, me
			}
			_, err := h.OpenPrivate(h.ctx, me, other)
			return err
		})
		if rooms := h.number("SELECT count(*) FROM chat_rooms"); rooms != int64(pairs) {
			t.Errorf("%d rooms for %d pairs", rooms, pairs)
		}
		h.checkLogs()
	})
}

func TestOpenPrivateAgainstDeleteRoom(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		crowd(t, times(300, 2000), func(i int) error {
			room, err := h.OpenPrivate(h.ctx, h.alice, h.bob)
			if err != nil {
				return err
			}
			if err := h.DeleteRoom(h.ctx, h.bob, room.ID); err != nil && !isAny(err, chat.ErrNotFound) {
				return err
			}
			return nil
		})
		if n := h.number("SELECT count(*) FROM chat_rooms WHERE deleted_at IS NULL"); n > 1 {
			t.Errorf("%d living rooms of one pair", n)
		}
		h.checkLogs()
	})
}

func TestParallelJoinRoomGivesOneMembership(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		room := must(h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "Open", Public: true}))(t)
		crowd(t, times(200, 1000), func(int) error {
			joined, err := h.JoinRoom(h.ctx, h.bob, room.ID)
			if err == nil && (joined.Me == nil || joined.Me.UserID != h.bob) {
				err = fmt.Errorf("joined without a membership: %+v", joined.Me)
			}
			return err
		})
		if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated, chat.UserAdded}, h.kinds(room.ID)); diff != "" {
			t.Error(diff)
		}
		h.checkLogs()
	})
}

func TestParallelReactGivesOneReaction(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		message := h.send(h.alice, room.ID, "What do you think?")
		n := times(200, 1000)
		given := make([]chat.Reaction, n)
		crowd(t, n, func(i int) error {
			reaction, err := h.React(h.ctx, h.bob, message.ID, "👍")
			if err == nil {
				given[i] = *reaction
			}
			return err
		})
		for _, reaction := range given {
			if diff := cmp.Diff(given[0], reaction); diff != "" {
				t.Fatal(diff)
			}
		}
		want := []chat.EventKind{chat.RoomCreated, chat.UserAdded, chat.MessageCreated, chat.ReactionAdded}
		if diff := cmp.Diff(want, h.kinds(room.ID)); diff != "" {
			t.Error(diff)
		}
		h.checkLogs()
	})
}

func TestParallelSendsOfOneClientIDGiveOneMessage(t *testing.T) {
	overConnections(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		for _, actor := range []chat.Actor{h.bob, chat.System} {
			n := times(100, 500)
			sent := make([]chat.Message, n)
			crowd(t, n, func(i int) error {
				message, err := h.SendMessage(h.ctx, actor, room.ID, chat.NewMessage{Text: "Once", ClientID: "the one"})
				if err == nil {
					sent[i] = *message
				}
				return err
			})
			for _, message := range sent {
				if diff := cmp.Diff(sent[0], message); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		if n := h.number("SELECT count(*) FROM chat_messages"); n != 2 {
			t.Errorf("%d messages of two senders", n)
		}
		h.checkLogs()
	})
}
