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
	mu      sync.Mutex
	rooms   map[knownKey]*knownRoom
	members int // of all of them
}

// knownKey is a room, among those of Config.SendContextKey: tenants may have rooms of one id.
type knownKey struct {
	group string
	room  uuid.UUID
}

func (s *send) known() knownKey { return knownKey{s.group, s.room} }

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
	knownMembers = 20_000           // of all rooms, of some 250 bytes each
)

// recall fills in what is known of the rooms and members that a group is about. It reports
// whether all of it is known.
func (k *knownRooms) recall(b *batch) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range b.sends {
		known := k.rooms[s.known()]
		if known == nil || !known.quiet || time.Since(known.looked) > knownTime || !known.has(s) {
			return false
		}
	}
	b.beginLook(len(b.sends))
	for _, s := range b.sends {
		known := k.rooms[s.known()]
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
	if k.members > knownMembers {
		k.rooms, k.members = nil, 0
	}
	group := b.sends[0].group
	for id, room := range b.rooms {
		key := knownKey{group, id}
		switch {
		case b.changed[id]:
			k.drop(key)
		case room.LastSeq == b.readSeqs[id]: // nothing was sent to it
		case b.recalled:
			k.rooms[key].update(room)
		default:
			k.look(key, b.readSeqs[id], b.readLast[id]).update(room)
		}
	}
	for member, of := range b.members {
		if known := k.rooms[knownKey{group, member.room}]; known != nil && !b.recalled {
			k.members -= len(known.members)
			known.members[member.user] = RoomUser{RoomID: of.RoomID, UserID: of.UserID, Permissions: of.Permissions, JoinedNumber: of.JoinedNumber}
			k.members += len(known.members)
		}
	}
}

// look keeps that somebody has looked at a room.
func (k *knownRooms) look(key knownKey, seq, number int64) *knownRoom {
	known := k.rooms[key]
	if known == nil || known.room.LastSeq != seq || known.room.LastNumber != number {
		return k.add(key)
	}
	known.looked, known.quiet = time.Now(), true
	return known
}

// add begins to know a room, instead of some other one where knownMost are known.
func (k *knownRooms) add(key knownKey) *knownRoom {
	k.drop(key)
	if k.rooms == nil {
		k.rooms = make(map[knownKey]*knownRoom)
	}
	if len(k.rooms) >= knownMost {
		for other := range k.rooms {
			k.drop(other)
			break
		}
	}
	known := &knownRoom{members: map[UserID]RoomUser{}, looked: time.Now()}
	k.rooms[key] = known
	return known
}

// update keeps the counters of a room as a group has left them.
func (k *knownRoom) update(room *Room) {
	if k != nil { // others may have taken its place
		k.room = *room
		at := *room.LastMessageAt // not in the message, which would be kept
		k.room.LastMessageAt = &at
	}
}

func (k *knownRooms) drop(key knownKey) {
	if known := k.rooms[key]; known != nil {
		k.members -= len(known.members)
		delete(k.rooms, key)
	}
}

// forget drops what is known of the rooms of a group whose write has failed.
func (k *knownRooms) forget(b *batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range b.sends {
		k.drop(s.known())
	}
}
