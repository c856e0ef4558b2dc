package events_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What a member does with a room in their own list reaches their other subscriptions, and
// is in the next hello. It is no event, and nobody else's.
func TestOwnStateReachesTheOtherSubscriptions(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob)
		p.Send(p.Alice, room.ID, "one")
		p.Send(p.Bob, room.ID, "two")
		alice, first, second, system := p.subscribe(t, p.Alice), p.subscribe(t, p.Bob), p.subscribe(t, p.Bob), p.subscribe(t, chat.System)
		want := chat.RoomState{RoomID: room.ID, Seq: 4, FirstNumber: 1, LastNumber: 2, LastReadNumber: 2}
		patch := func(patch chat.RoomUserPatch) {
			t.Helper()
			chatsuite.Must(p.UpdateRoomUser(p.Ctx, p.Bob, room.ID, p.Bob, patch))(t)
		}
		told := func(kind chat.UpdateKind, check func(u chat.Update)) {
			t.Helper()
			for _, own := range []*stream{first, second} {
				u := own.want(kind)
				if u.RoomID != room.ID || *u.UserID != p.Bob || u.Seq != 0 {
					t.Errorf("update is %+v", u)
				}
				check(u)
			}
		}
		toldState := func() {
			t.Helper()
			told(chat.UpdateOwnState, func(u chat.Update) {
				if diff := cmp.Diff([]chat.RoomState{want}, u.States); diff != "" {
					t.Error(diff)
				}
			})
		}
		yes, one, two, until := true, int64(1), int64(2), p.Clock.Now().Add(time.Hour)
		patch(chat.RoomUserPatch{MutedUntil: &until})
		want.Muted, want.MutedUntil = true, &until
		told(chat.UpdateMuted, func(u chat.Update) {
			if !*u.Muted || !u.MutedUntil.Equal(until) {
				t.Errorf("update is %+v", u)
			}
		})
		patch(chat.RoomUserPatch{Hidden: &yes})
		want.Hidden, want.HiddenNumber = true, &two
		toldState()
		patch(chat.RoomUserPatch{Pinned: &yes})
		want.Pinned = true
		toldState()
		chatsuite.Must(p.MarkUnread(p.Ctx, p.Bob, room.ID, 1))(t)
		want.MarkedUnread = &one
		toldState()

		third := subscribe(t, p.listener, p.Bob, "")
		if diff := cmp.Diff([]chat.RoomState{want}, statesOf(third.want(chat.UpdateHello), room)); diff != "" {
			t.Error(diff)
		}
		p.Clock.Advance(2 * time.Hour) // the mute is over, the room stays archived
		want.Muted, want.MutedUntil = false, nil
		fourth := subscribe(t, p.listener, p.Bob, "")
		if diff := cmp.Diff([]chat.RoomState{want}, statesOf(fourth.want(chat.UpdateHello), room)); diff != "" {
			t.Error(diff)
		}
		chatsuite.Must(p.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
		told(chat.UpdateReadMarker, func(u chat.Update) {
			if u.Number != 2 || u.MarkedUnread != nil {
				t.Errorf("update is %+v", u)
			}
		})
		alice.want(chat.UpdateReceipt)
		for _, s := range []*stream{alice, first, second, system} {
			s.silent(awhile)
		}
		if n := len(p.LoggedEvents(room.ID)); n != 4 {
			t.Errorf("the log has %d events, want 4", n)
		}
	})
}

// statesOf are the states of one room.
func statesOf(u chat.Update, room *chat.Room) (states []chat.RoomState) {
	for _, state := range u.States {
		if state.RoomID == room.ID {
			states = append(states, state)
		}
	}
	return states
}

// A mark that is set after the marker was moved is not lost, in whichever order the two
// are told.
func TestMarkUnreadAfterMarkRead(t *testing.T) {
	runPairs(t, func(t *testing.T, p pair) {
		room := p.NewGroup(p.Bob)
		p.Send(p.Alice, room.ID, "one")
		bob := p.subscribe(t, p.Bob)
		chatsuite.NoError(t, p.InTx(p.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			chatsuite.Must(s.MarkRead(p.Ctx, p.Bob, room.ID, 1))(t)
			chatsuite.Must(s.MarkUnread(p.Ctx, p.Bob, room.ID, 1))(t)
			return nil
		}))
		kinds := map[chat.UpdateKind]bool{}
		for range 2 {
			u := bob.next()
			kinds[u.Kind] = true
			if u.Kind == chat.UpdateReadMarker && (u.MarkedUnread == nil || *u.MarkedUnread != 1) {
				t.Errorf("update is %+v", u)
			}
		}
		if !kinds[chat.UpdateReadMarker] || !kinds[chat.UpdateOwnState] {
			t.Errorf("the updates were %v", kinds)
		}
	})
}
