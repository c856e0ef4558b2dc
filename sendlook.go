package chat

import (
	"github.com/google/uuid"
)

// lock locks the rooms in ascending id; those that somebody else has locked may be
// left out. On SQLite the whole transaction has the write lock already.
func (b *batch) lock() error {
	if b.free || b.dialect == sqlite {
		return nil
	}
	ids := make(map[uuid.UUID]bool, len(b.sends))
	for _, s := range b.sends {
		ids[s.room] = true
	}
	query := b.lockRooms("id", "id "+b.among())
	if !b.wait {
		query += " SKIP LOCKED"
	}
	locked, err := all(b.call, scanValue[uuid.UUID], query, jsonArray(keys(ids)))
	b.locked = make(map[uuid.UUID]bool, len(locked))
	for _, id := range locked {
		b.locked[id] = true
	}
	return err
}

// has reports whether the batch may write to a room that it has seen.
func (b *batch) has(room uuid.UUID) bool {
	return b.free || b.dialect == sqlite || b.locked[room]
}

// seat is a sender's membership, if any, and what there is to know of the room.
type seat struct {
	room        Room
	user        *UserID
	permissions *Permissions
}

func scanSeat(rows row) (seat, error) {
	var s seat
	r := &s.room
	err := rows.Scan(&r.ID, &r.Type, &r.Public, &r.OwnerID, &r.DefaultPermissions, &r.PrivateA, &r.LastSeq, &r.LastNumber,
		&s.user, &s.permissions)
	return s, err
}

// look reads the rooms and the senders' memberships, in one statement so that they
// are of one moment, and decides.
func (b *batch) look() error {
	from, args := b.senders()
	seats, err := all(b.call, scanSeat, `SELECT r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a,
		r.last_seq, r.last_number, u.user_id, u.permissions FROM `+from+`
		JOIN chat_rooms r ON r.id = j.room_id
		LEFT JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id WHERE r.deleted_at IS NULL`, args...)
	if err != nil {
		return err
	}
	b.rooms = make(map[uuid.UUID]*Room, len(seats))
	b.seen = make(map[uuid.UUID]int64, len(seats))
	b.members = make(map[memberKey]*RoomUser, len(seats))
	for i := range seats {
		b.sit(&seats[i])
	}
	for _, s := range b.sends {
		switch room := b.rooms[s.room]; {
		case room == nil:
			s.err = ErrNotFound
		case !b.has(s.room) && b.wait: // it was made after the locks were taken
			s.err = ErrNotFound
		case !b.has(s.room):
			s.held = true
		default:
			s.err = decide(b.standing(s), opSend, room.state(), target{})
		}
	}
	return nil
}

func (b *batch) sit(s *seat) {
	room := b.rooms[s.room.ID]
	if room == nil {
		room = &s.room
		b.rooms[room.ID], b.seen[room.ID] = room, room.LastSeq
	}
	if s.user != nil {
		member := &RoomUser{RoomID: room.ID, UserID: *s.user, Permissions: s.permissions}
		member.in(room)
		b.members[memberKey{room.ID, *s.user}] = member
	}
}

// senderRow is a sender as records reads it: a struct, because it is encoded for each
// message.
type senderRow struct {
	RoomID uuid.UUID `json:"room_id"`
	UserID *UserID   `json:"user_id"`
}

// senders renders a FROM item with the rooms and who sends to them.
func (b *batch) senders() (from string, args []any) {
	known := make(map[memberKey]bool, len(b.sends))
	var rooms, users list
	var rows []senderRow
	for _, s := range b.sends {
		if known[s.member()] {
			continue
		}
		known[s.member()] = true
		if b.dialect == sqlite {
			rows = append(rows, senderRow{s.room, s.actor.nullableID()})
			continue
		}
		rooms.id(&s.room)
		users.user(s.actor.nullableID())
	}
	if b.dialect == sqlite {
		return b.records("room_id uuid", "user_id user"), []any{jsonArray(rows)}
	}
	return b.unnest("j", "room_id uuid", "user_id user"), []any{rooms.end(), users.end()}
}

func (b *batch) standing(s *send) standing {
	if s.actor.system {
		return standing{system: true}
	}
	if member := b.members[s.member()]; member != nil {
		return standingOf(member)
	}
	return standing{}
}
