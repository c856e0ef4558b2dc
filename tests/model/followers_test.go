package model_test

import (
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
