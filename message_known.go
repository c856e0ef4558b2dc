package chat

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// knownRooms are rooms and members as the last groups of sends on PostgreSQL left them, so
// that the next group to a busy room need not look at it first, which is a third of what a
// lone sender waits for. Senders are decided by what is known; the write takes place only
// where last_seq and last_number are the known ones, which every change to a room and its
// members moves on, and where the memberships of the senders are still there. What is known
// of a room that has changed costs a statement in vain, and decides nothing.
type knownRooms struct {
	mu    sync.Mutex
	rooms map[uuid.UUID]*knownRoom
}

// knownRoom is what is known of a room.
type knownRoom struct {
	room    Room
	members map[UserID]RoomUser // those who have sent of late, and whom they mentioned
	looked  time.Time
	// quiet says that nobody but these groups had written to the room when one last looked. A room that
	// others write to is looked at each time.
	quiet bool
}

const (
	knownTime    = 10 * time.Second // after which a room is looked at again
	knownMost    = 1000             // rooms
	knownMembers = 1000             // a room
)

// recall fills in what is known of the rooms and members that a group is about. It reports
// whether all of it is known.
func (k *knownRooms) recall(b *batch) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range b.sends {
		known := k.rooms[s.room]
		if known == nil || !known.quiet || time.Since(known.looked) > knownTime || !known.has(s) {
			return false
		}
	}
	b.beginLook(len(b.sends))
	for _, s := range b.sends {
		known := k.rooms[s.room]
		if b.rooms[s.room] == nil {
			room := known.room
			b.addRoom(&room)
		}
		if !s.sender.system {
			b.addMember(known.members[s.sender.id])
		}
		for _, user := range s.in.Mentions {
			b.addMember(known.members[user])
		}
	}
	return true
}

// has reports whether the memberships are known that decide about a send.
func (k *knownRoom) has(s *send) bool {
	if _, member := k.members[s.sender.id]; !member && !s.sender.system {
		return false
	}
	for _, user := range s.in.Mentions {
		if _, member := k.members[user]; !member {
			return false
		}
	}
	return true
}

// remember keeps what a group has left behind in the rooms that it wrote to, and forgets the
// rooms that others changed meanwhile.
func (k *knownRooms) remember(b *batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	for id, room := range b.rooms {
		if b.changed[id] {
			delete(k.rooms, id)
		}
		if b.changed[id] || room.LastSeq == b.readSeqs[id] {
			continue
		}
		known := k.rooms[id]
		if !b.recalled {
			same := known != nil && known.room.LastSeq == b.readSeqs[id] && known.room.LastNumber == b.readLast[id]
			if !same || len(known.members) > knownMembers {
				known = k.add(id)
			}
			known.looked, known.quiet = now, same
		}
		if known != nil {
			known.room = *room
			at := *room.LastMessageAt // not in the message, which would be kept
			known.room.LastMessageAt = &at
		}
	}
	for key, member := range b.members {
		if known := k.rooms[key.room]; known != nil && !b.recalled {
			known.members[key.user] = *member
		}
	}
}

// add begins to know a room, instead of some other one where knownMost are known.
func (k *knownRooms) add(id uuid.UUID) *knownRoom {
	if k.rooms == nil {
		k.rooms = make(map[uuid.UUID]*knownRoom)
	}
	if len(k.rooms) >= knownMost {
		for other := range k.rooms {
			delete(k.rooms, other)
			break
		}
	}
	known := &knownRoom{members: map[UserID]RoomUser{}}
	k.rooms[id] = known
	return known
}

// forget drops what is known of the rooms of a group whose write has failed.
func (k *knownRooms) forget(b *batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range b.sends {
		delete(k.rooms, s.room)
	}
}
