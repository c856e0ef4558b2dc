package model_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// followedRoom is what a subscriber knows of a room, with the database's ids.
type followedRoom struct {
	Seq      int64
	Name     string
	Public   bool
	Owner    chat.UserID
	Default  chat.Permissions
	First    int64 // of the messages that were not removed
	Read     int64 // or the number before First, if that is more: who sent a message that is gone is told of none
	Muted    bool
	Until    time.Time // when the mute ends
	Pinned   bool
	Marked   int64 // from which number on messages are unread again
	Messages map[int64]followedMessage
	Members  map[chat.UserID]string // the permissions of their own, if any
}

type followedMessage struct {
	Text      string
	Author    chat.UserID
	Edited    bool
	Deleted   bool
	Media     int
	Reactions map[string]int64
}

// follower is a subscriber who keeps what it is told, and reads a room only where it is
// told to: when it is added, on a reset, and when an author was erased.
type follower struct {
	s      *subject
	actor  chat.Actor
	user   chat.UserID // empty for System
	sub    *chat.Subscription
	cursor chat.Cursor
	rooms  map[uuid.UUID]*followedRoom
	told   map[uuid.UUID]int64
	states map[uuid.UUID]int64 // the last number of each room in the last hello, which is ahead of what follows it
	resets int
	fault  error
}

// follow lets System and some users subscribe, on every database.
func (m *model) follow(t *rapid.T) {
	for _, s := range m.subjects {
		for _, user := range []chat.UserID{"", s.UserID(1), s.UserID(2), s.UserID(3)} {
			f := &follower{s: s, actor: chat.System, user: user}
			if user != "" {
				f.actor = user
			}
			s.followers = append(s.followers, f)
			f.forget()
			m.must(t, s, f.connect())
		}
	}
}

func (m *model) unfollow() {
	for _, s := range m.subjects {
		for _, f := range s.followers {
			f.sub.Close()
		}
		s.followers = nil
	}
}

// letFollow has the subscribers take some of what there is for them, and cuts some off.
func (m *model) letFollow(t *rapid.T, random *rand.Rand, c command) {
	for _, s := range m.subjects {
		for _, f := range s.followers {
			switch n := random.IntN(40); {
			case f.user != "" && c.method == "EraseUser" && c.translated(s.toReal).args[1] == any(f.user): // they begin anew
				f.sub.Close()
				f.forget()
				m.must(t, s, f.connect())
			case n < 2:
				f.take(random.IntN(4))
				f.sub.Close()
				m.must(t, s, f.connect())
			case n < 10:
				f.take(100)
			}
			m.must(t, s, f.fault)
		}
	}
}

// compareFollowers compares what subscribers know with the oracle, as soon as they have
// been told everything.
func (m *model) compareFollowers(t *rapid.T, o *oracle) {
	if m.narrowed != everything && m.narrowed != toldToo {
		return
	}
	m.looking = toldToo
	defer func() { m.looking = answers }()
	for _, s := range m.subjects {
		for _, f := range s.followers {
			want := o.followed(s.toModel.users[f.user])
			for end := time.Now().Add(chatsuite.Timeout); ; {
				f.take(1000)
				m.must(t, s, f.fault)
				f.endMutes(o.now)
				got := s.toModel.of(f.rooms)
				if agree(want, got) {
					break
				}
				if time.Now().After(end) {
					m.fail(t, s, "%q was told otherwise (-want +got):\n%s", f.user, difference(want, got))
				}
				f.wait()
			}
		}
	}
}

// followed is what a subscriber should know, System for the empty user.
func (o *oracle) followed(user chat.UserID) map[uuid.UUID]*followedRoom {
	rooms := map[uuid.UUID]*followedRoom{}
	for _, r := range o.rooms {
		me := r.members[user]
		if r.DeletedAt != nil || me == nil && user != system {
			continue
		}
		room := followed(&r.Room)
		if me != nil {
			room.own(r.membership(user, user))
		}
		for _, member := range r.members {
			room.Members[member.UserID] = ownPermissions(member)
		}
		for _, message := range r.messages {
			if user != system && !r.shows(user, message) {
				continue
			}
			whole := message.Message
			whole.Media = make([]chat.Media, len(message.media))
			shown := followedMessageOf(&whole)
			for _, x := range message.reactions {
				shown.Reactions[x.Reaction]++
			}
			room.Messages[message.Number] = shown
		}
		rooms[r.ID] = room
	}
	return rooms
}

func followed(r *chat.Room) *followedRoom {
	room := &followedRoom{Messages: map[int64]followedMessage{}, Members: map[chat.UserID]string{}}
	room.set(r)
	room.Seq = r.LastSeq
	return room
}

func (r *followedRoom) set(of *chat.Room) {
	r.Name, r.Public, r.Default, r.Owner = of.Name, of.Public, of.DefaultPermissions, ""
	r.First = of.FirstNumber
	if of.OwnerID != nil {
		r.Owner = *of.OwnerID
	}
	r.forget()
}

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

// own sets what is the user's own.
func (r *followedRoom) own(u *chat.RoomUser) {
	r.Read, r.Pinned = u.LastReadNumber, u.Pinned
	r.mark(u.MarkedUnread)
	r.forget()
	r.mute(u.Muted, u.MutedUntil)
}

func (r *followedRoom) mark(number *int64) {
	if r.Marked = 0; number != nil {
		r.Marked = *number
	}
}

func (r *followedRoom) mute(muted bool, until *time.Time) {
	if r.Muted, r.Until = muted, (time.Time{}); until != nil {
		r.Until = *until
	}
}

func ownState(s *chat.RoomState) *chat.RoomUser {
	return &chat.RoomUser{LastReadNumber: s.LastReadNumber, Muted: s.Muted, MutedUntil: s.MutedUntil, Pinned: s.Pinned, MarkedUnread: s.MarkedUnread}
}

// endMutes ends those whose time has come, as a client does by its clock.
func (f *follower) endMutes(now time.Time) {
	for _, room := range f.rooms {
		if !room.Until.IsZero() && !now.Before(room.Until) {
			room.mute(false, nil)
		}
	}
}

func ownPermissions(u *chat.RoomUser) string {
	if u.Permissions == nil {
		return "the default"
	}
	return u.Permissions.String()
}

func followedMessageOf(m *chat.Message) followedMessage {
	shown := followedMessage{Text: m.Text, Edited: m.EditedAt != nil, Deleted: m.Deleted(), Media: len(m.Media), Reactions: map[string]int64{}}
	if m.UserID != nil {
		shown.Author = *m.UserID
	}
	for _, x := range m.Reactions {
		shown.Reactions[x.Reaction] = x.Count
	}
	return shown
}

func (f *follower) forget() {
	f.cursor, f.rooms, f.told = "", map[uuid.UUID]*followedRoom{}, map[uuid.UUID]int64{}
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
