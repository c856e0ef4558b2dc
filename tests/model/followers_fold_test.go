package model_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// forget drops the messages before the first that was not removed.
func (r *followedRoom) forget() {
	for number := range r.Messages {
		if number < r.First {
			delete(r.Messages, number)
		}
	}
	switch {
	case r.Read < r.First: // none of what the mark was on is left
		r.Marked = 0
	case r.Marked > 0:
		r.Marked = max(r.Marked, r.First)
	}
	r.Read = max(r.Read, r.First-1)
}

// connect subscribes from the cursor on. Who has none takes the hello at once: cut off
// before it they would miss what comes until they are back.
func (f *follower) connect() (err error) {
	first := f.cursor == ""
	if f.sub, err = f.s.Subscribe(f.s.Ctx, f.actor, chat.SubscribeOptions{After: f.cursor}); err == nil && first {
		f.take(1)
	}
	return err
}

// noWait is a context that waits for nothing.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// take takes what there is, so many updates at most.
func (f *follower) take(most int) {
	for ; most > 0 && f.fault == nil; most-- {
		u, err := f.sub.Next(noWait)
		if !f.taken(&u, err) {
			return
		}
	}
}

// wait waits for the next update, not for long.
func (f *follower) wait() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	u, err := f.sub.Next(ctx)
	f.taken(&u, err)
}

func (f *follower) taken(u *chat.Update, err error) bool {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.Is(err, chat.ErrLagged):
		err = f.connect()
	case err == nil:
		first := f.cursor == ""
		f.cursor = u.Cursor
		err = f.fold(u, first)
	}
	f.fault = err
	return err == nil
}

func (f *follower) fold(u *chat.Update, first bool) error {
	room := f.rooms[u.RoomID]
	switch u.Kind {
	case chat.UpdateHello:
		return f.hello(u, first)
	case chat.UpdateReset:
		return f.reset()
	case chat.UpdateRoomState:
		return f.enter(&u.States[0])
	case chat.UpdateReadMarker:
		if room != nil {
			room.Read = max(room.Read, u.Number)
			room.mark(u.MarkedUnread)
		}
		return nil
	case chat.UpdateMuted:
		if room != nil {
			room.mute(*u.Muted, u.MutedUntil)
		}
		return nil
	case chat.UpdateOwnState:
		if room != nil {
			read := room.Read
			room.own(ownState(&u.States[0]))
			room.Read = max(room.Read, read)
		}
		return nil
	case chat.UpdateReceipt, chat.UpdateTyping:
		return nil
	}
	return f.event(u, room)
}

// hello: these are the user's rooms, with their markers. System is told no rooms.
func (f *follower) hello(u *chat.Update, first bool) error {
	if f.user == "" {
		return nil
	}
	mine := map[uuid.UUID]bool{}
	f.states = map[uuid.UUID]int64{}
	for i := range u.States {
		state := &u.States[i]
		mine[state.RoomID], f.states[state.RoomID] = true, state.LastNumber
		if room := f.rooms[state.RoomID]; room != nil {
			room.own(ownState(state))
		} else if err := f.enter(state); err != nil {
			return err
		}
		if first {
			f.told[state.RoomID] = state.Seq
		}
	}
	for id := range f.rooms {
		if !mine[id] {
			delete(f.rooms, id)
			delete(f.told, id)
		}
	}
	return nil
}

func (f *follower) reset() error {
	f.resets++
	clear(f.told)
	var ids []uuid.UUID
	if f.user == "" {
		var rooms []chat.Room
		if err := f.s.DB.Find(&rooms, "deleted_at IS NULL").Error; err != nil {
			return err
		}
		clear(f.rooms)
		for i := range rooms {
			ids = append(ids, rooms[i].ID)
		}
	}
	for id := range f.rooms {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := f.read(id); err != nil {
			return err
		}
	}
	return nil
}

// enter begins with a room.
func (f *follower) enter(state *chat.RoomState) error {
	if err := f.read(state.RoomID); err != nil || f.rooms[state.RoomID] == nil {
		return err
	}
	room := f.rooms[state.RoomID]
	room.Seq = state.Seq
	room.own(ownState(state))
	return nil
}

func (f *follower) event(u *chat.Update, room *followedRoom) error {
	kind, mine := chat.EventKind(u.Kind), u.UserID != nil && *u.UserID == f.user && f.user != ""
	switch {
	case mine && kind == chat.UserRemoved, kind == chat.RoomDeleted:
		delete(f.rooms, u.RoomID)
		delete(f.told, u.RoomID)
		return nil
	case f.user != "" && (mine && kind == chat.UserAdded || kind == chat.RoomCreated): // the state follows
		f.told[u.RoomID] = u.Seq
		return nil
	}
	if last, known := f.told[u.RoomID]; known && u.Seq != last+1 {
		return fmt.Errorf("%q is told %s of seq %d after %d", f.user, u.Kind, u.Seq, last)
	}
	f.told[u.RoomID] = u.Seq
	if kind == chat.RoomCreated || kind == chat.AuthorErased && room != nil {
		return f.read(u.RoomID)
	}
	if room == nil { // deleted since, or left, of which they are told next
		return nil
	}
	room.Seq = max(room.Seq, u.Seq)
	if u.Message != nil {
		room.Messages[u.Message.Number] = followedMessageOf(u.Message)
		if kind == chat.MessageCreated && u.Message.UserID != nil && *u.Message.UserID == f.user {
			room.Read = max(room.Read, u.Message.Number)
			if u.Message.Number > f.states[u.RoomID] {
				room.Marked = 0
			}
		}
	}
	if kind == chat.MessageCreated && u.Message == nil && u.ActorID != nil && *u.ActorID == f.user && f.user != "" {
		// Their own, which was removed since: how it moved their marker and mark is read.
		me, err := f.s.RoomUser(f.s.Ctx, f.actor, u.RoomID, f.user)
		if err == nil {
			room.own(me)
		} else if !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrForbidden) {
			return err
		}
	}
	if u.Room != nil {
		room.set(u.Room)
	}
	if u.Member != nil {
		room.Members[u.Member.UserID] = ownPermissions(u.Member)
	}
	switch {
	case kind == chat.UserRemoved && u.UserID == nil: // they were erased since
		return f.read(u.RoomID)
	case kind == chat.UserRemoved:
		delete(room.Members, *u.UserID)
	}
	return nil
}

// read reads a room as the API shows it to the subscriber.
func (f *follower) read(id uuid.UUID) error {
	found, err := f.s.Room(f.s.Ctx, f.actor, id)
	if errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrForbidden) {
		delete(f.rooms, id) // it is gone, of which they are told next
		return nil
	}
	if err != nil {
		return err
	}
	room := followed(found)
	if before := f.rooms[id]; before != nil {
		room.Read, room.Muted, room.Until, room.Pinned, room.Marked = before.Read, before.Muted, before.Until, before.Pinned, before.Marked
		room.forget()
	}
	f.rooms[id] = room
	pages, err := client{f.s.Service}.UserPages(f.s.Ctx, f.actor, id, 7)
	for _, page := range pages {
		for i := range page {
			room.Members[page[i].UserID] = ownPermissions(&page[i])
		}
	}
	for last, more := int64(0), true; more && err == nil; {
		var page *chat.MessagesPage
		if page, err = f.s.Messages(f.s.Ctx, f.actor, id, chat.HistoryQuery{After: &last, Limit: 7}); err == nil {
			for i := range page.Items {
				room.Messages[page.Items[i].Number] = followedMessageOf(&page.Items[i])
				last = page.Items[i].Number
			}
			more = page.HasAfter
		}
	}
	if errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrForbidden) {
		delete(f.rooms, id)
		return nil
	}
	return err
}
