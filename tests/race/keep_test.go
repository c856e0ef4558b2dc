package race_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// services are n services on the database of a host, as n processes have.
func services(t *testing.T, h *chatsuite.Host, n int) (all []*chat.Service) {
	t.Helper()
	for range n {
		svc := chatsuite.Must(chat.New(h.DB, h.Config))(t)
		t.Cleanup(func() { chatsuite.NoError(t, svc.Close()) })
		all = append(all, svc)
	}
	return all
}

// old are n messages of a user from a month ago.
func old(h *chatsuite.Host, author chat.UserID, prefix string, n int) func(yield func(chat.ImportedMessage, error) bool) {
	from := h.Clock.Advance(0).Add(-30 * 24 * time.Hour)
	return func(yield func(chat.ImportedMessage, error) bool) {
		for i := range n {
			m := chat.ImportedMessage{UserID: author, ClientID: fmt.Sprint(prefix, i), Text: fmt.Sprint("text ", i), CreatedAt: from.Add(time.Duration(i) * time.Second)}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// Three processes maintain one database at once, beside those who send, mark and read: what is
// removed is counted once, and nothing else is.
func TestMaintainInThreeProcesses(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		const rooms = 4
		perRoom := chatsuite.Iterations(1500, 10_000)
		var ids [rooms]uuid.UUID
		for i := range ids {
			ids[i] = h.NewGroup(h.Bob, h.Carol).ID
			if i > 0 {
				chatsuite.Must(h.ImportMessages(h.Ctx, ids[i], old(h, h.Alice, "a", perRoom)))(t)
			}
		}
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, ids[0]))
		for range 5 {
			h.Upload(h.Alice, "never sent")
		}
		h.Clock.Advance(40 * 24 * time.Hour)
		var removed, purged, swept, sent atomic.Int64
		var calls []func() error
		for _, svc := range services(t, h, 3) {
			calls = append(calls, func() error {
				done, err := svc.Maintain(h.Ctx, chat.MaintainOptions{Retention: []chat.Retention{{Age: 24 * time.Hour}}})
				removed.Add(int64(done.Messages))
				purged.Add(int64(done.Rooms))
				swept.Add(int64(done.Media))
				return err
			})
		}
		for _, room := range ids[1:] {
			for _, user := range []chat.UserID{h.Alice, h.Bob, h.Carol} {
				calls = append(calls, func() error {
					for n := range 15 {
						if err := chatsuite.Patiently(func() error {
							return chatsuite.ErrorOf(h.SendMessage(h.Ctx, user, room, chat.NewMessage{Text: "live"}))
						}); err != nil {
							return err
						}
						sent.Add(1)
						if err := chatsuite.Patiently(func() error {
							return chatsuite.ErrorOf(h.MarkUnread(h.Ctx, user, room, int64(1+n*perRoom/15)))
						}); err != nil {
							return err
						}
						if _, err := h.Messages(h.Ctx, user, room, chat.HistoryQuery{Around: new(int64(n * 100))}); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}
		for _, err := range chatsuite.Parallel(calls...) {
			chatsuite.NoError(t, err)
		}
		if removed.Load() != int64((rooms-1)*perRoom) || purged.Load() != 1 || swept.Load() != 5 {
			t.Errorf("%d messages, %d rooms and %d media were removed, want %d, 1 and 5", removed.Load(), purged.Load(), swept.Load(), (rooms-1)*perRoom)
		}
		if n := h.CountRows("chat_messages"); n != sent.Load() {
			t.Errorf("%d messages are left of %d", n, sent.Load())
		}
		for _, room := range ids[1:] {
			checkUnread(t, h, room, h.Alice, h.Bob, h.Carol)
		}
		if n := h.QueryInt("SELECT count(*) FROM chat_events WHERE kind = 'message_created' AND message_id NOT IN (SELECT id FROM chat_messages)"); n != 0 {
			t.Errorf("%d events are about messages that are not there", n)
		}
	})
}

// checkUnread compares what is unread with the messages themselves: the others' from the mark
// or the marker on.
func checkUnread(t *testing.T, h *chatsuite.Host, room uuid.UUID, users ...chat.UserID) {
	t.Helper()
	for _, user := range users {
		got := chatsuite.Must(h.Room(h.Ctx, user, room))(t)
		from := got.Me.LastReadNumber
		if got.Me.MarkedUnread != nil {
			from = *got.Me.MarkedUnread - 1
		}
		want := h.QueryInt(`SELECT count(*) FROM chat_messages WHERE room_id = ? AND number > ? AND deleted_at IS NULL
			AND (user_id IS NULL OR user_id <> ?)`, room, from, user)
		if got.Unread != want {
			t.Errorf("%s has %d unread from %d on, of %d to %d; want %d", user, got.Unread, from, got.FirstNumber, got.LastNumber, want)
		}
	}
}

// Two imports of the same source and one of another run beside those who send to the room:
// each message is there once, in the order of its source, and is unread or read as it should.
func TestImportBesideLiveSends(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		n := chatsuite.Iterations(4500, 50_000)
		live := chatsuite.Iterations(60, 600)
		room := h.NewGroup(h.Bob, h.Carol).ID
		var stored atomic.Int64
		var calls []func() error
		for i, svc := range services(t, h, 3) {
			prefix, author := "a", h.Alice
			if i == 2 {
				prefix, author = "b", h.Erin // who is no member
			}
			calls = append(calls, func() error {
				count, err := svc.ImportMessages(h.Ctx, room, old(h, author, prefix, n))
				stored.Add(int64(count))
				return err
			})
		}
		for _, user := range []chat.UserID{h.Alice, h.Bob} {
			calls = append(calls, func() error {
				for i := range live {
					if _, err := h.SendMessage(h.Ctx, user, room, chat.NewMessage{Text: "live", ClientID: fmt.Sprint("live ", i)}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		calls = append(calls, func() error {
			for i := range live {
				if _, err := h.MarkRead(h.Ctx, h.Carol, room, int64(i*10)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, err := range chatsuite.ParallelPatiently(calls...) {
			chatsuite.NoError(t, err)
		}
		if stored.Load() != int64(2*n) {
			t.Errorf("%d are stored, want %d", stored.Load(), 2*n)
		}
		if all := h.CountRows("chat_messages"); all != int64(2*n+2*live) {
			t.Errorf("%d messages are there, want %d", all, 2*n+2*live)
		}
		for _, author := range []chat.UserID{h.Alice, h.Erin} {
			if wrong := h.QueryInt(`SELECT count(*) FROM chat_messages a JOIN chat_messages b ON b.room_id = a.room_id AND b.user_id = a.user_id
				AND b.number > a.number AND b.created_at < a.created_at AND b.number < a.number + 50 WHERE a.user_id = ? AND a.text <> 'live' AND b.text <> 'live'`, author); wrong != 0 {
				t.Errorf("%d of %s's messages are out of order", wrong, author)
			}
		}
		checkUnread(t, h, room, h.Alice, h.Bob, h.Carol)
		h.CheckRoomLogs()
	})
}
