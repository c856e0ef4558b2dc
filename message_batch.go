package chat

import (
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// batch stores any number of messages in any number of rooms with a constant number of
// statements.
type batch struct {
	*conn
	sends      []*send
	wait       bool // for rooms that others have locked, rather than leave them out
	optimistic bool // no locks: a room that changed since it was read is found when it is written
	recalled   bool // the rooms were not read, but known
	failed     bool // with an error that is the whole batch's

	locked   map[uuid.UUID]bool
	rooms    map[uuid.UUID]*Room      // with the counters as they will be
	readSeqs map[uuid.UUID]int64      // the rooms' last_seq as it was read
	readLast map[uuid.UUID]int64      // the rooms' last_number as it was read
	members  map[memberKey]*RoomUser  // of the senders, and of those whom they mention
	first    map[clientKey]sentBefore // the message stored under a client id
	replies  map[uuid.UUID]*repliedTo
	media    map[uuid.UUID]*Media // the ready ones that are named
	used     map[uuid.UUID]bool   // those of them that are in a message or a room already

	accepted []accepted
	writing  bool               // the write has begun
	changed  map[uuid.UUID]bool // rooms that changed after they were read: nothing was written to them
}

// accepted is a message to be written, with the seq of its event.
type accepted struct {
	*Message
	seq       int64
	inputHash string // "" without a client id
}

type memberKey struct {
	room uuid.UUID
	user UserID
}

// nullableUser is the user as a column has it: NULL for System.
func (m *memberKey) nullableUser() *UserID {
	if m.user == "" {
		return nil
	}
	return &m.user
}

func (s *send) member() memberKey { return memberKey{s.room, s.sender.id} }

// store decides each send and writes what is accepted. Each send has its own outcome;
// an error is the whole batch's.
func (b *batch) store() error {
	b.accepted = nil
	for _, s := range b.sends {
		s.outcome = outcome{} // of a try before
	}
	if err := b.lockRooms(); err != nil {
		return err
	}
	if err := b.lookAtRooms(); err != nil {
		return err
	}
	b.decide()
	if err := b.readTried(); err != nil {
		return err
	}
	if err := b.readRepeats(); err != nil {
		return err
	}
	b.settleRepeats()
	if err := b.lockSenders(); err != nil {
		return err
	}
	if err := b.readReplies(); err != nil {
		return err
	}
	if err := b.lockMedia(); err != nil {
		return err
	}
	for _, s := range b.sends {
		if s.state == sendPending {
			b.accept(s)
		}
	}
	return b.write()
}

// lockRooms locks the rooms in ascending id that a sender is a member of, or System sends
// to; those that somebody else has locked may be left out. To lock a row writes to the
// disk, which takes time that an id of nothing does not. On SQLite the whole transaction
// has the write lock already.
func (b *batch) lockRooms() error {
	if b.optimistic || b.dialect == dialect.SQLite {
		return nil
	}
	query := b.lockRoomsSQL("id", "id = ANY (ARRAY(SELECT j.room_id FROM "+b.usersSQL()+` WHERE j.user_id IS NULL
		OR EXISTS (SELECT 1 FROM chat_room_users u WHERE u.room_id = j.room_id AND u.user_id = j.user_id)))`)
	if !b.wait {
		query += " SKIP LOCKED"
	}
	locked, err := queryAll(b.conn, scanValue[uuid.UUID], query, b.users(false)...)
	b.turn.end()
	b.locked = make(map[uuid.UUID]bool, len(locked))
	for _, id := range locked {
		b.locked[id] = true
	}
	return err
}

// mayWrite reports whether the batch may write to a room that it has read.
func (b *batch) mayWrite(room uuid.UUID) bool {
	return b.optimistic || b.dialect == dialect.SQLite || b.locked[room]
}

// membershipRow is a sender's membership, if any, and what there is to know of the room.
type membershipRow struct {
	room        Room
	user        *UserID
	permissions *Permissions
	joined      *int64
	lastSentAt  *time.Time
}

func scanMembershipRow(rows row) (membershipRow, error) {
	var m membershipRow
	r := &m.room
	err := rows.Scan(&r.ID, &r.Type, &r.Public, &r.OwnerID, &r.DefaultPermissions, &r.PrivateA, &r.LastSeq, &r.LastNumber,
		scanTime(&r.LastMessageAt), &r.SlowMode, &r.MemberCount, &m.user, &m.permissions, &m.joined, scanTime(&m.lastSentAt))
	return m, err
}

// readRooms reads the rooms, and the memberships of the senders and of those whom they
// mention, in one statement so that they are of one moment.
func (b *batch) readRooms() error {
	query := b.text("look at rooms", func() string {
		return `SELECT r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a,
		r.last_seq, r.last_number, r.last_message_at, r.slow_mode, r.member_count, u.user_id, u.permissions, u.joined_number, u.last_sent_at FROM ` + b.usersSQL() + `
		` + b.dialect.JoinRow("chat_rooms", "r", "j.room_id") + `
		LEFT JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id WHERE r.deleted_at IS NULL`
	})
	found, err := queryAll(b.conn, scanMembershipRow, query, b.users(true)...)
	if err != nil {
		return err
	}
	b.beginLook(len(found))
	for i := range found {
		m := &found[i]
		if b.rooms[m.room.ID] == nil {
			b.addRoom(&m.room)
		}
		if m.user != nil {
			b.addMember(RoomUser{RoomID: m.room.ID, UserID: *m.user, Permissions: m.permissions, JoinedNumber: *m.joined, LastSentAt: m.lastSentAt})
		}
	}
	return nil
}

// beginLook forgets the rooms and the members of an earlier look.
func (b *batch) beginLook(size int) {
	b.rooms = make(map[uuid.UUID]*Room, size)
	b.readSeqs = make(map[uuid.UUID]int64, size)
	b.readLast = make(map[uuid.UUID]int64, size)
	b.members = make(map[memberKey]*RoomUser, size)
}

func (b *batch) addRoom(room *Room) {
	b.rooms[room.ID], b.readSeqs[room.ID], b.readLast[room.ID] = room, room.LastSeq, room.LastNumber
}

// addMember adds a member of a room that was added.
func (b *batch) addMember(member RoomUser) {
	member.resolve(b.rooms[member.RoomID], b.now)
	b.members[memberKey{member.RoomID, member.UserID}] = &member
}

// senderRow is a sender as jsonRows reads it: a struct, because it is encoded for each
// message.
type senderRow struct {
	RoomID uuid.UUID `json:"room_id"`
	UserID *UserID   `json:"user_id"`
}

// usersSQL renders a FROM item of the rooms and users whom users returns.
func (b *batch) usersSQL() string {
	if b.dialect == dialect.Postgres {
		return b.unnest("j", "room_id uuid", "user_id user")
	}
	return b.jsonRows("room_id uuid", "user_id user")
}

// users are the rooms and who sends to them and, with mentioned, whom these mention.
func (b *batch) users(mentioned bool) (args []any) {
	known := make(map[memberKey]bool, len(b.sends))
	var members []memberKey // System's user is ""
	add := func(m memberKey) {
		if !known[m] {
			known[m] = true
			members = append(members, m)
		}
	}
	for _, s := range b.sends {
		add(s.member())
		for i := 0; mentioned && i < len(s.in.Mentions); i++ {
			add(memberKey{s.room, s.in.Mentions[i]})
		}
	}
	if b.dialect == dialect.Postgres {
		return memberArrays(members)
	}
	rows := make([]senderRow, len(members))
	for i := range members {
		rows[i] = senderRow{members[i].room, members[i].nullableUser()}
	}
	return []any{dialect.JSONArray(rows)}
}

// memberArrays are the rooms and the users of members.
func memberArrays(members []memberKey) []any {
	var a dialect.Arrays
	writeMembers(&a, members)
	return a.Args()
}

func writeMembers(a *dialect.Arrays, members []memberKey) {
	column(a, members, func(m *memberKey) { a.ID(&m.room) })
	column(a, members, func(m *memberKey) { a.Text((*string)(m.nullableUser())) })
}

// decide refuses what may not be sent, and sets aside what is for rooms that others
// have locked.
func (b *batch) decide() {
	for _, s := range b.sends {
		room := b.rooms[s.room]
		switch {
		case !s.sender.checked():
			s.refuse(ErrUnauthenticated)
		case room == nil:
			b.deny(s, ErrNotFound)
		case !b.mayWrite(s.room) && b.outside(s): // what one is not in is neither locked nor waited for
			b.decideOne(s, room)
		case !b.mayWrite(s.room) && b.wait: // it was made, or joined, after the locks were taken
			b.deny(s, ErrNotFound)
		case !b.mayWrite(s.room):
			s.state = sendRoomLocked
		case b.optimistic && room.SlowMode > 0 && !s.sender.system: // decided under the lock
			s.state = sendRoomLocked
		default:
			b.decideOne(s, room)
		}
	}
}

func (b *batch) decideOne(s *send, room *Room) {
	if err := decide(b.access(s), opSend, room.state(), target{}); err != nil {
		b.deny(s, err)
	}
}

// outside reports whether the sender is no member of the room.
func (b *batch) outside(s *send) bool {
	access := b.access(s)
	return !access.system && !access.member
}

func (b *batch) access(s *send) access {
	if s.sender.system {
		return access{system: true}
	}
	if member := b.members[s.member()]; member != nil {
		return accessOf(member)
	}
	return access{}
}

// repliedTo is a message that others reply to, and its room.
type repliedTo struct {
	MessageHead
	room uuid.UUID
}

// readReplies reads the messages that others reply to.
func (b *batch) readReplies() error {
	var ids []uuid.UUID
	for _, s := range b.sends {
		if s.state == sendPending && s.in.ReplyToID != nil {
			ids = append(ids, *s.in.ReplyToID)
		}
	}
	replies, err := b.readHeads(ids, "")
	b.replies = replies
	if err != nil || len(ids) == 0 || b.optimistic || b.inHost || b.dialect == dialect.SQLite {
		return err
	}
	return b.lockReplies()
}

// accept decides one send that nothing has refused so far: it repeats another of the
// batch, is refused, or gets the next number of its room.
func (b *batch) accept(s *send) {
	if b.repeats(s) {
		return
	}
	if err := b.checkNew(s); err != nil {
		s.refuse(err)
		return
	}
	if s.id == uuid.Nil {
		s.id, s.newID = newID(), true
	}
	m := &Message{
		ID: s.id, RoomID: s.room, UserID: s.sender.nullableID(), AuthorKind: s.sender.authorKind(), Text: s.in.Text, ReplyToID: s.in.ReplyToID,
		Metadata: s.in.Metadata, Mentions: b.mentioned(s), MentionRoom: s.in.MentionRoom,
	}
	if err := b.attachReply(m, s); err != nil {
		s.refuse(err)
		return
	}
	if err := b.takeMedia(m, s); err != nil {
		s.refuse(err)
		return
	}
	room := b.rooms[s.room]
	room.LastNumber++
	room.LastSeq++
	m.Number, m.CreatedAt = room.LastNumber, b.sentAt(room)
	room.LastMessageAt = &m.CreatedAt
	if s.in.ClientID != "" {
		m.ClientID = &s.in.ClientID
		b.first[s.client()] = sentBefore{m, s.inputHash}
	}
	if member := b.members[s.member()]; member != nil {
		member.LastSentAt = &b.now
	}
	b.accepted = append(b.accepted, accepted{m, room.LastSeq, s.inputHash})
	s.accept(m)
}

// sentAt is when a new message of a room was sent: never before the one before it.
func (b *batch) sentAt(room *Room) time.Time {
	if room.LastMessageAt != nil && b.now.Before(*room.LastMessageAt) {
		return later(b.now, *room.LastMessageAt)
	}
	return b.now
}

// checkNew refuses what a member may repeat, but not send anew.
func (b *batch) checkNew(s *send) error {
	if s.in.MentionRoom {
		if err := decide(b.access(s), opMentionRoom, b.rooms[s.room].state(), target{crowded: b.rooms[s.room].MemberCount > crowd}); err != nil {
			return err
		}
	}
	return b.checkPace(s)
}

// repliedToBy is the message that a send replies to; nil when its sender does not see one in
// the room.
func (b *batch) repliedToBy(s *send) *repliedTo {
	replied := b.replies[*s.in.ReplyToID]
	if replied == nil || replied.room != s.room || !b.access(s).sees(replied.Number) {
		return nil
	}
	return replied
}

// attachReply checks the message that m replies to, if any, and attaches its head.
func (b *batch) attachReply(m *Message, s *send) error {
	if m.ReplyToID == nil {
		return nil
	}
	replied := b.repliedToBy(s)
	switch {
	case replied == nil:
		return invalid("reply_to_id", CodeNotInRoom, "is not a message of this room")
	case replied.DeletedAt != nil:
		return conflict("the message replied to was deleted")
	}
	head := replied.MessageHead
	m.ReplyTo = &head
	return nil
}
