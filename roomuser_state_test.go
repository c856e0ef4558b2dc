package chat_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func ptr[T any](value T) *T { return &value }

// patchOwn changes alice's own state of a room.
func patchOwn(h *chatsuite.Host, room uuid.UUID, patch chat.RoomUserPatch) *chat.RoomUser {
	h.T.Helper()
	return chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room, h.Alice, patch))(h.T)
}

// inboxNames are the names of alice's rooms.
func inboxNames(h *chatsuite.Host, query chat.RoomsQuery) (names []string) {
	h.T.Helper()
	for _, room := range chatsuite.Must(h.Rooms(h.Ctx, h.Alice, query))(h.T).Items {
		names = append(names, room.Name)
	}
	return names
}

// namedRooms makes groups of alice's and bob's, each newer than the one before.
func namedRooms(h *chatsuite.Host, names ...string) (rooms []*chat.Room) {
	h.T.Helper()
	for _, name := range names {
		h.Clock.Advance(time.Second)
		rooms = append(rooms, chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
			Name: name, Members: []chat.NewRoomUser{{UserID: h.Bob}},
		}))(h.T))
	}
	return rooms
}

func TestOwnStateIsShownToTheMemberAlone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := namedRooms(h, "a")[0]
		h.Send(h.Bob, room.ID, "one")
		chatsuite.Must(h.MarkRead(h.Ctx, h.Alice, room.ID, 1))(t)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 1))(t)
		until := h.Clock.Now().Add(time.Hour)
		me := patchOwn(h, room.ID, chat.RoomUserPatch{MutedUntil: &until, Hidden: ptr(true), Pinned: ptr(true)})
		own := func(u *chat.RoomUser) []any {
			return []any{u.Muted, u.MutedUntil, u.Hidden, u.HiddenNumber, u.Pinned, u.MarkedUnread}
		}
		want := []any{true, &until, true, ptr(int64(1)), true, ptr(int64(1))}
		none := []any{false, (*time.Time)(nil), false, (*int64)(nil), false, (*int64)(nil)}
		for name, u := range map[string]*chat.RoomUser{
			"the answer": me, "RoomUser": chatsuite.Must(h.RoomUser(h.Ctx, h.Alice, room.ID, h.Alice))(t),
			"Room": chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).Me,
		} {
			if diff := cmp.Diff(want, own(u)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if diff := cmp.Diff(none, own(chatsuite.Must(h.RoomUser(h.Ctx, h.Bob, room.ID, h.Alice))(t))); diff != "" {
			t.Errorf("bob sees alice's: %s", diff)
		}
		for _, u := range chatsuite.Must(h.RoomUsers(h.Ctx, h.Bob, room.ID, chat.Page{}))(t).Items {
			if diff := cmp.Diff(none, own(&u)); diff != "" {
				t.Errorf("bob's list: %s", diff)
			}
		}
		for _, patch := range []chat.RoomUserPatch{{Muted: ptr(false)}, {MutedUntil: &until}, {Hidden: ptr(false)}, {Pinned: ptr(false)}} {
			_, err := h.UpdateRoomUser(h.Ctx, h.Bob, room.ID, h.Alice, patch)
			chatsuite.WantError(t, err, chat.ErrForbidden)
		}
		if me := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).Me; !me.Pinned {
			t.Error("bob unpinned alice's room")
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated)
	})
}

func TestTimedMuteEndsWithoutAWrite(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := namedRooms(h, "a")[0]
		h.Send(h.Bob, room.ID, "one")
		until := h.Clock.Now().Add(time.Hour)
		wantMuted := func(want bool, end *time.Time) {
			t.Helper()
			seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
			if seen.Me.Muted != want || !cmp.Equal(seen.Me.MutedUntil, end) {
				t.Errorf("muted %t until %v, want %t until %v", seen.Me.Muted, seen.Me.MutedUntil, want, end)
			}
			if n := len(inboxNames(h, chat.RoomsQuery{Muted: &want})); n != 1 {
				t.Errorf("%d rooms with muted %t", n, want)
			}
			if n := len(inboxNames(h, chat.RoomsQuery{Muted: ptr(!want)})); n != 0 {
				t.Errorf("%d rooms with muted %t", n, !want)
			}
			total := map[bool]int64{false: 1, true: 0}[want]
			if n := chatsuite.Must(h.Unread(h.Ctx, h.Alice))(t); *n != (chat.Unread{Total: total, Rooms: total, TotalWithMuted: 1, RoomsWithMuted: 1}) {
				t.Errorf("muted %t: unread is %+v", want, n)
			}
		}
		wantMuted(false, nil)
		patchOwn(h, room.ID, chat.RoomUserPatch{MutedUntil: &until})
		wantMuted(true, &until)
		h.Clock.Advance(time.Hour - time.Second) // each reading moves the clock a little
		wantMuted(true, &until)
		h.Clock.Advance(time.Second)
		wantMuted(false, nil)
		patchOwn(h, room.ID, chat.RoomUserPatch{MutedUntil: ptr(until.Add(time.Hour)), Muted: ptr(true)})
		patchOwn(h, room.ID, chat.RoomUserPatch{Muted: ptr(true)}) // without an end
		h.Clock.Advance(24 * time.Hour)
		wantMuted(true, nil)
		patchOwn(h, room.ID, chat.RoomUserPatch{Muted: ptr(false)})
		wantMuted(false, nil)

		for _, wrong := range []time.Time{h.Clock.Now(), h.Clock.Now().Add(-time.Hour), {}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
			_, err := h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Alice, chat.RoomUserPatch{MutedUntil: &wrong})
			chatsuite.WantFieldError(t, err, chat.ErrInvalid, "muted_until", 0)
		}
		_, err := h.UpdateRoomUser(h.Ctx, h.Alice, room.ID, h.Alice, chat.RoomUserPatch{Muted: ptr(false), MutedUntil: ptr(h.Clock.Now().Add(time.Hour))})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "muted_until", 0)
		wantMuted(false, nil)
	})
}

func TestArchivedRoomsComeBackWithANewerMessageUnlessMuted(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := namedRooms(h, "a")[0]
		h.Send(h.Bob, room.ID, "one")
		wantHidden := func(want bool) {
			t.Helper()
			shown, hidden := len(inboxNames(h, chat.RoomsQuery{})), len(inboxNames(h, chat.RoomsQuery{Hidden: true}))
			if me := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t).Me; me.Hidden != want || shown == hidden || (hidden == 1) != want {
				t.Errorf("hidden %t, want %t; %d rooms, %d archived", me.Hidden, want, shown, hidden)
			}
		}
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(true)})
		wantHidden(true)
		h.Send(h.Bob, room.ID, "two")
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Muted: ptr(true)}) // it stays where it is
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(true)})
		h.Send(h.Bob, room.ID, "three")
		h.Send(h.Alice, room.ID, "four")
		wantHidden(true)
		patchOwn(h, room.ID, chat.RoomUserPatch{Muted: ptr(false)}) // and so what came is news
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(true)})
		wantHidden(true)
		h.Send(h.Alice, room.ID, "one's own is newer too")
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(true), MutedUntil: ptr(h.Clock.Now().Add(time.Hour))})
		h.Send(h.Bob, room.ID, "six")
		wantHidden(true)
		h.Clock.Advance(time.Hour)
		wantHidden(false)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(true)})
		patchOwn(h, room.ID, chat.RoomUserPatch{Pinned: ptr(true)})
		wantHidden(true)
		patchOwn(h, room.ID, chat.RoomUserPatch{Hidden: ptr(false)})
		wantHidden(false)
	})
}

func TestRoomsAreSortedAndFilteredByOwnState(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		rooms := namedRooms(h, "a", "b", "c", "d", "e")
		patchOwn(h, rooms[0].ID, chat.RoomUserPatch{Pinned: ptr(true)})
		patchOwn(h, rooms[2].ID, chat.RoomUserPatch{Pinned: ptr(true), Muted: ptr(true)})
		patchOwn(h, rooms[3].ID, chat.RoomUserPatch{Hidden: ptr(true)})
		patchOwn(h, rooms[4].ID, chat.RoomUserPatch{Muted: ptr(true)})
		h.Send(h.Bob, rooms[0].ID, "one")
		h.Clock.Advance(time.Second)
		h.Send(h.Bob, rooms[1].ID, "one")
		h.Clock.Advance(time.Second)
		h.Send(h.Alice, rooms[4].ID, "one")
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, rooms[4].ID, 1))(t) // with none of another's
		for _, c := range []struct {
			query chat.RoomsQuery
			want  []string
		}{
			{chat.RoomsQuery{}, []string{"a", "c", "e", "b"}},
			{chat.RoomsQuery{Pinned: ptr(true)}, []string{"a", "c"}},
			{chat.RoomsQuery{Pinned: ptr(false)}, []string{"e", "b"}},
			{chat.RoomsQuery{Muted: ptr(true)}, []string{"c", "e"}},
			{chat.RoomsQuery{Muted: ptr(false)}, []string{"a", "b"}},
			{chat.RoomsQuery{Hidden: true}, []string{"d"}},
			{chat.RoomsQuery{Hidden: true, Muted: ptr(true)}, nil},
			{chat.RoomsQuery{Unread: true}, []string{"a", "e", "b"}},
			{chat.RoomsQuery{Unread: true, Pinned: ptr(true), Type: chat.Group}, []string{"a"}},
			{chat.RoomsQuery{Unread: true, Type: chat.Channel}, nil},
		} {
			var got []string
			for c.query.Limit = 1; ; {
				page := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, c.query))(t)
				for _, room := range page.Items {
					got = append(got, room.Name)
				}
				if c.query.Cursor = page.Next; c.query.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%+v: %s", c.query, diff)
			}
		}
	})
}

// A room that stays where it is, is met once, whatever others do between two pages.
func TestInboxPagesMeetOtherRoomsOnceWhenSomeMove(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		rooms := namedRooms(h, names...)
		for _, i := range []int{1, 3, 5} {
			patchOwn(h, rooms[i].ID, chat.RoomUserPatch{Pinned: ptr(true)})
		}
		moves := []func(){
			func() { patchOwn(h, rooms[5].ID, chat.RoomUserPatch{Pinned: ptr(false)}) }, // was shown
			func() { patchOwn(h, rooms[6].ID, chat.RoomUserPatch{Hidden: ptr(true)}) },
			func() { h.Clock.Advance(time.Second); h.Send(h.Bob, rooms[0].ID, "to the top") },
			func() { patchOwn(h, rooms[2].ID, chat.RoomUserPatch{Pinned: ptr(true)}) },
		}
		seen := map[string]int{}
		for page, n := (chat.Page{Limit: 2}), 0; ; n++ {
			list := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Page: page}))(t)
			for _, room := range list.Items {
				seen[room.Name]++
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
			if n < len(moves) {
				moves[n]()
			}
		}
		for _, name := range []string{"b", "d", "e", "h"} {
			if seen[name] != 1 {
				t.Errorf("%s was met %d times: %v", name, seen[name], seen)
			}
		}
	})
}

func TestMarkUnreadBringsTheBadgeBackAndMovesNoMarker(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := namedRooms(h, "a")[0]
		var sent []*chat.Message
		for i, author := range []chat.UserID{h.Bob, h.Alice, h.Bob, h.Bob, h.Alice, h.Bob} { // 1 to 6
			sent = append(sent, h.Send(author, room.ID, fmt.Sprint(i+1)))
		}
		wantUnread := func(unread, read int64, mark *int64) {
			t.Helper()
			seen := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
			if seen.Unread != unread || seen.Me.LastReadNumber != read || !cmp.Equal(seen.Me.MarkedUnread, mark) {
				t.Errorf("unread %d, read %d, mark %v; want %d, %d, %v", seen.Unread, seen.Me.LastReadNumber, seen.Me.MarkedUnread, unread, read, mark)
			}
			listed := chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{}))(t).Items[0]
			all := chatsuite.Must(h.Unread(h.Ctx, h.Alice))(t)
			if listed.Unread != unread || all.Total != unread || (all.Rooms == 1) != (unread > 0 || mark != nil) {
				t.Errorf("Rooms has %d, Unread %+v, want %d", listed.Unread, all, unread)
			}
		}
		wantUnread(1, 5, nil)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 6))(t) // is unread
		wantUnread(1, 5, nil)
		me := chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 2))(t)
		if me.LastReadNumber != 5 || *me.MarkedUnread != 2 {
			t.Errorf("%+v", me)
		}
		wantUnread(3, 5, ptr(int64(2))) // 3, 4, 6
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, sent[4].ID))
		wantUnread(3, 5, ptr(int64(2)))
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, sent[3].ID))
		wantUnread(2, 5, ptr(int64(2)))
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, sent[0].ID)) // before the mark
		wantUnread(2, 5, ptr(int64(2)))
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 1))(t) // with tombstones of hers and of his
		wantUnread(2, 5, ptr(int64(1)))
		h.Send(h.Bob, room.ID, "7")
		wantUnread(3, 5, ptr(int64(1)))
		chatsuite.Must(h.MarkRead(h.Ctx, h.Alice, room.ID, 1))(t)
		wantUnread(2, 5, nil)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 3))(t)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 99))(t)
		wantUnread(2, 5, nil)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 3))(t)
		wantUnread(3, 5, ptr(int64(3)))
		h.Send(h.Alice, room.ID, "8") // and reads all before it
		wantUnread(0, 8, nil)
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Alice, room.ID, 8))(t)
		wantUnread(0, 8, ptr(int64(8)))

		_, err := h.MarkUnread(h.Ctx, h.Alice, room.ID, 0)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "number", 0)
		_, err = h.MarkUnread(h.Ctx, chat.System, room.ID, 1)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "actor", 0)
		_, err = h.MarkUnread(h.Ctx, h.Carol, room.ID, 1)
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

// What is unread is what one counts among the messages, wherever it is shown.
func TestUnreadIsWhatOneCounts(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		random := rand.New(rand.NewPCG(1, 2))
		rooms := namedRooms(h, "a", "b", "c", "d")
		users := []chat.UserID{h.Alice, h.Bob}
		steps := 60
		if chatsuite.Long() {
			steps = 1000
		}
		for step := range steps {
			user, room := users[random.IntN(2)], rooms[random.IntN(len(rooms))].ID
			last := chatsuite.Must(h.Room(h.Ctx, user, room))(t).LastNumber
			switch n := random.IntN(10); {
			case n < 4 || last == 0:
				h.Send(user, room, "text")
			case n < 6:
				var message chat.Message
				chatsuite.NoError(t, h.DB.Where("room_id = ? AND number = ?", room, 1+random.Int64N(last)).Take(&message).Error)
				chatsuite.NoError(t, h.DeleteMessage(h.Ctx, chat.System, message.ID))
			case n < 8:
				chatsuite.Must(h.MarkUnread(h.Ctx, user, room, 1+random.Int64N(last+1)))(t)
			case n < 9:
				chatsuite.Must(h.MarkRead(h.Ctx, user, room, random.Int64N(last+1)))(t)
			default:
				patch := []chat.RoomUserPatch{
					{Muted: ptr(random.IntN(2) == 0)}, {MutedUntil: ptr(h.Clock.Now().Add(time.Minute))}, {Hidden: ptr(random.IntN(2) == 0)},
				}[random.IntN(3)]
				chatsuite.Must(h.UpdateRoomUser(h.Ctx, user, room, user, patch))(t)
			}
			h.Clock.Advance(10 * time.Second)
			wantUnreadAsCounted(h, h.Alice, step)
			wantUnreadAsCounted(h, h.Bob, step)
		}
	})
}

// wantUnreadAsCounted compares all that says what a user has not read with a count of the
// messages one by one.
func wantUnreadAsCounted(h *chatsuite.Host, user chat.UserID, step int) {
	h.T.Helper()
	var want chat.Unread
	for _, hidden := range []bool{false, true} {
		for _, listed := range chatsuite.Must(h.Rooms(h.Ctx, user, chat.RoomsQuery{Hidden: hidden}))(h.T).Items {
			var messages []chat.Message
			chatsuite.NoError(h.T, h.DB.Where("room_id = ?", listed.ID).Find(&messages).Error)
			from, unread := listed.Me.LastReadNumber+1, int64(0)
			if listed.Me.MarkedUnread != nil {
				from = *listed.Me.MarkedUnread
			}
			for _, m := range messages {
				if m.Number >= from && !m.Deleted() && *m.UserID != user {
					unread++
				}
			}
			one := chatsuite.Must(h.Room(h.Ctx, user, listed.ID))(h.T)
			if listed.Unread != unread || one.Unread != unread {
				h.T.Errorf("step %d: %s has %d unread from %d on, Rooms says %d and Room %d", step, user, unread, from, listed.Unread, one.Unread)
			}
			some := int64(0)
			if unread > 0 || listed.Me.MarkedUnread != nil {
				some = 1
			}
			want.TotalWithMuted, want.RoomsWithMuted = want.TotalWithMuted+unread, want.RoomsWithMuted+some
			if !listed.Me.Muted {
				want.Total, want.Rooms = want.Total+unread, want.Rooms+some
			}
		}
	}
	if got := chatsuite.Must(h.Unread(h.Ctx, user))(h.T); *got != want {
		h.T.Fatalf("step %d: %s has %+v unread, Unread says %+v", step, user, want, *got)
	}
}
