package chat

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// UpdateKind names what an Update tells: the kind of an event, or one of these.
type UpdateKind string

// The kinds of updates that are no events of a room.
const (
	// UpdateHello is the first of each subscription: the actor's own state.
	UpdateHello UpdateKind = "hello"
	// UpdateReset follows the hello when the log since the cursor cannot be told: what
	// is known of rooms and messages is to be read again.
	UpdateReset UpdateKind = "reset"
	// UpdateRoomState is the actor's state of a room that they were added to.
	UpdateRoomState UpdateKind = "room_state"
	// UpdateHidden is an event of a room about a message from before the actor joined, which
	// does not exist for them. It keeps its Seq, so that there is no gap, and names nothing.
	UpdateHidden UpdateKind = "hidden"

	// The following are kept nowhere: they have no Seq, may be lost or repeated, and
	// do not come again to who was away. What they tell of is in the next hello.

	// UpdateReadMarker is the actor's own read marker, moved by MarkRead in another session or
	// this one. A marker never goes back: of two the larger Number holds. The author's
	// marker moves with each message_created of theirs, without one. Either takes a mark
	// away that MarkUnread has set, unless MarkedUnread has a new one, but not a message_created
	// up to the LastNumber of the hello before it: the hello has what came of that.
	UpdateReadMarker UpdateKind = "read_marker"
	// UpdateMuted is whether the actor has muted the room and until when, set in another
	// session or this one. That the time has come is told by nothing.
	UpdateMuted UpdateKind = "muted"
	// UpdateOwnState is the actor's state of a room that they archived, pinned or marked
	// unread, or no longer, in another session or this one. Its Seq and LastNumber may be
	// behind what the log has told.
	UpdateOwnState UpdateKind = "own_state"
	// UpdateReceipt is the read marker of another member, in rooms of up to
	// Limits.ReceiptMembers members. System gets none.
	UpdateReceipt UpdateKind = "receipt"
	// UpdateTyping is a member who is writing, until ExpiresAt. System gets none.
	UpdateTyping UpdateKind = "typing"
)

// Update is an event with its content, as all members of the room see it alike who see its
// message and the one that this replies to, when it is delivered: a message that was edited since is shown as it is by then, and one that
// was deleted as a tombstone. Nothing in it is personal, a hello and a room_state aside.
// It is shared: it must not be changed.
type Update struct {
	Kind      UpdateKind `json:"kind"`
	RoomID    uuid.UUID  `json:"room_id,omitzero"`
	Seq       int64      `json:"seq,omitempty"` // of the event in its room
	ActorID   *UserID    `json:"actor_id,omitempty"`
	UserID    *UserID    `json:"user_id,omitempty"`    // whom the event is about; see below
	MessageID *uuid.UUID `json:"message_id,omitempty"` // which message it is about
	CreatedAt time.Time  `json:"created_at,omitzero"`

	// UserID is nil in a user_removed where the user was erased since: the members of the
	// room are to be read again then, as after an author_erased.

	// Message is set for events about a message that is still there, not removed by Maintain or
	// with its room: its text, media, mentions, the counts of its reactions and replies, and the
	// head of the message that it replies to.
	Message *Message `json:"message,omitempty"`
	// Room is set for room_created, room_updated, owner_changed and messages_removed.
	Room *Room `json:"room,omitempty"`
	// Member is set for user_added and user_updated, when the user is still a member.
	Member *RoomUser `json:"member,omitempty"`
	// States is set for a hello, a room_state and an own_state: the actor's rooms.
	States []RoomState `json:"states,omitempty"`
	// Number is set for read_marker and receipt: that of the last message that UserID read.
	Number int64 `json:"number,omitempty"`
	// MarkedUnread is set for a read_marker where RoomUser.MarkedUnread is, as it may be
	// by the time of delivery.
	MarkedUnread *int64 `json:"marked_unread,omitempty"`
	// Muted is set for muted, and MutedUntil where the mute ends by itself.
	Muted      *bool      `json:"muted,omitempty"`
	MutedUntil *time.Time `json:"muted_until,omitempty"`
	// ExpiresAt is set for typing.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`

	// Cursor is where to go on after this update. That of an update that is not of the
	// log is the one of the update before it.
	Cursor Cursor `json:"cursor"`

	shared *sharedUpdate
}

// sharedUpdate is what the copies of one update for its subscribers have in common.
type sharedUpdate struct {
	once    sync.Once
	encoded []byte
	size    int
	event   *loggedEvent

	from, to position // between which the log was read
}

// Encoded returns what encode makes of the update, which is called once for all of its
// subscribers, so it must not depend on one of them; Cursor is empty while it runs. All
// callers in a program have to pass the same encode.
func (u *Update) Encoded(encode func(*Update) []byte) []byte {
	if u.shared == nil {
		return encode(u)
	}
	u.shared.once.Do(func() {
		plain := *u
		plain.Cursor = ""
		u.shared.encoded = encode(&plain)
	})
	return u.shared.encoded
}

// RoomState is what a user needs to know of a room of theirs to go on from there.
type RoomState struct {
	RoomID         uuid.UUID `json:"room_id"`
	Seq            int64     `json:"seq"`              // of the newest event
	FirstNumber    int64     `json:"first_number"`     // as Room has it
	LastNumber     int64     `json:"last_number"`      // of the newest message, 0 before the first
	LastReadNumber int64     `json:"last_read_number"` // the user's read marker

	// The rest is as RoomUser has it, by the time of delivery.

	Muted        bool       `json:"muted"`
	MutedUntil   *time.Time `json:"muted_until,omitempty"`
	Hidden       bool       `json:"hidden,omitempty"`
	HiddenNumber *int64     `json:"hidden_number,omitempty"`
	Pinned       bool       `json:"pinned,omitempty"`
	MarkedUnread *int64     `json:"marked_unread,omitempty"`
}

const roomStateColumns = `r.id, r.last_seq, r.first_number, r.last_number, u.last_read_number, u.muted, u.muted_until, u.hidden_number, u.pinned,
	u.marked_unread`

// scanRoomState scans roomStateColumns, and what follows them.
func (c *conn) scanRoomState(rows row, further ...any) (RoomState, error) {
	var s RoomState
	var u RoomUser
	err := rows.Scan(append([]any{&s.RoomID, &s.Seq, &s.FirstNumber, &s.LastNumber, &u.LastReadNumber, &u.Muted, scanTime(&u.MutedUntil), &u.HiddenNumber,
		&u.Pinned, &u.MarkedUnread}, further...)...)
	u.resolveOwnState(s.FirstNumber, s.LastNumber, c.now)
	s.LastReadNumber, s.MarkedUnread, s.Pinned = u.LastReadNumber, u.MarkedUnread, u.Pinned
	s.Muted, s.MutedUntil, s.Hidden, s.HiddenNumber = u.Muted, u.MutedUntil, u.Hidden, u.HiddenNumber
	return s, err
}

// roomStates reads a user's rooms.
func (c *conn) roomStates(user UserID) ([]RoomState, error) {
	scan := func(rows row) (RoomState, error) { return c.scanRoomState(rows) }
	return queryAll(c, scan, "SELECT "+roomStateColumns+` FROM chat_room_users u
		JOIN chat_rooms r ON r.id = u.room_id WHERE u.user_id = ? AND r.deleted_at IS NULL ORDER BY r.id`, user)
}

// addedStates reads the states of rooms for members of them.
func (c *conn) addedStates(members []memberKey) (map[memberKey]RoomState, error) {
	states := map[memberKey]RoomState{}
	if len(members) == 0 {
		return states, nil
	}
	wanted := make([]dialect.Object, len(members))
	for i, m := range members {
		wanted[i] = dialect.Object{"room_id": m.room, "user_id": m.user}
	}
	_, err := queryAll(c, func(rows row) (s RoomState, err error) {
		var user UserID
		if s, err = c.scanRoomState(rows, &user); err == nil {
			states[memberKey{s.RoomID, user}] = s
		}
		return s, err
	}, "SELECT "+roomStateColumns+", u.user_id FROM "+c.jsonRows("room_id uuid", "user_id user")+
		` JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id
		JOIN chat_rooms r ON r.id = u.room_id AND r.deleted_at IS NULL`, dialect.JSONArray(wanted))
	return states, err
}

// updatesOf reads the content of events, in a snapshot, and returns their updates.
func (c *conn) updatesOf(events []loggedEvent) ([]Update, error) {
	content, err := c.readContent(events)
	if err != nil {
		return nil, err
	}
	updates := make([]Update, len(events))
	for i := range events {
		e := &events[i]
		u := &updates[i]
		*u = Update{Kind: UpdateKind(e.Kind), RoomID: e.RoomID, Seq: e.Seq, ActorID: e.ActorID, UserID: e.UserID,
			MessageID: e.MessageID, CreatedAt: e.CreatedAt, shared: &sharedUpdate{event: e}}
		content.fill(u)
		u.shared.size = u.size()
	}
	return updates, nil
}

// messageView is what a member sees of an update about a message.
type messageView int

const (
	wholeMessage  messageView = iota
	withoutReply              // the message that it replies to does not exist for the member
	hiddenMessage             // the message does not
)

// viewOf is what a member with a joining number sees of an update. What is not known to be
// visible is hidden.
func (u *Update) viewOf(joined int64) messageView {
	seen := access{member: true, joined: joined}
	switch m := u.Message; {
	case u.MessageID == nil || joined == 0:
		return wholeMessage
	case m == nil || !seen.sees(m.Number):
		return hiddenMessage
	case m.ReplyTo != nil && !seen.sees(m.ReplyTo.Number):
		return withoutReply
	}
	return wholeMessage
}

// narrowed returns the update for those who see less of its message. It is encoded by itself.
func (u *Update) narrowed(view messageView) Update {
	if view == wholeMessage {
		return *u
	}
	n := Update{Kind: UpdateHidden, RoomID: u.RoomID, Seq: u.Seq, CreatedAt: u.CreatedAt, Cursor: u.Cursor}
	if view == withoutReply {
		n = *u
		message := *u.Message
		message.ReplyToID, message.ReplyTo = nil, nil
		n.Message = &message
	}
	n.shared = &sharedUpdate{event: u.shared.event, from: u.shared.from, to: u.shared.to}
	n.shared.size = n.size()
	return n
}

// size is about how much memory an update holds.
func (u *Update) size() int {
	const fixed = 512
	if u.Message == nil {
		return fixed
	}
	const mention = 64
	return fixed + len(u.Message.Text) + len(u.Message.Metadata) + fixed*len(u.Message.Media) + mention*len(u.Message.Mentions)
}

// eventContent is what events refer to, of rooms that are not deleted.
type eventContent struct {
	messages map[uuid.UUID]*Message
	rooms    map[uuid.UUID]*Room
	members  map[memberKey]*RoomUser
}

func (c *conn) readContent(events []loggedEvent) (*eventContent, error) {
	messages, rooms, members := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}, map[memberKey]bool{}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case RoomCreated, RoomUpdated, OwnerChanged, MessagesRemoved:
			rooms[e.RoomID] = true
		case UserAdded, UserUpdated:
			rooms[e.RoomID] = true
			if e.UserID != nil {
				members[memberKey{e.RoomID, *e.UserID}] = true
			}
		}
		if e.MessageID != nil {
			messages[*e.MessageID] = true
		}
	}
	content := &eventContent{map[uuid.UUID]*Message{}, map[uuid.UUID]*Room{}, map[memberKey]*RoomUser{}}
	if err := c.readEventRooms(content, keys(rooms)); err != nil {
		return nil, err
	}
	if err := c.readEventMembers(content, members); err != nil {
		return nil, err
	}
	return content, c.readEventMessages(content, keys(messages))
}

func (c *conn) readEventRooms(content *eventContent, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := queryAll(c, scanRoom, "SELECT "+roomColumns+" FROM chat_rooms WHERE deleted_at IS NULL AND id "+
		c.dialect.InIDs(), dialect.JSONArray(ids))
	for i := range found {
		content.rooms[found[i].ID] = &found[i]
	}
	return err
}

func (c *conn) readEventMembers(content *eventContent, wanted map[memberKey]bool) error {
	if len(wanted) == 0 {
		return nil
	}
	rows := make([]dialect.Object, 0, len(wanted))
	for m := range wanted {
		rows = append(rows, dialect.Object{"room_id": m.room, "user_id": m.user})
	}
	found, err := queryAll(c, scanRoomUser, "SELECT "+prefixed("u", roomUserColumns)+" FROM "+c.jsonRows("room_id uuid", "user_id user")+
		" JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id", dialect.JSONArray(rows))
	for i := range found {
		u := &found[i]
		if room := content.rooms[u.RoomID]; room != nil {
			u.resolve(room, c.now)
			// What only the member sees, or who has read up to where, is not for all.
			u.clearOwnState()
			u.LastSeenAt, u.LastReadNumber = nil, 0
			content.members[memberKey{u.RoomID, u.UserID}] = u
		}
	}
	return err
}

func (c *conn) readEventMessages(content *eventContent, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	anybody := &call{conn: c, actor: principal{system: true}}
	found, err := anybody.messagesWith("FROM chat_messages m JOIN chat_rooms r ON r.id = m.room_id AND r.deleted_at IS NULL WHERE m.id "+
		c.dialect.InIDs(), dialect.JSONArray(ids))
	for i := range found {
		m := &found[i]
		m.ClientID = nil // its author's own
		content.messages[m.ID] = m
	}
	return err
}

func (content *eventContent) fill(u *Update) {
	if u.MessageID != nil {
		u.Message = content.messages[*u.MessageID]
	}
	switch EventKind(u.Kind) {
	case RoomCreated, RoomUpdated, OwnerChanged, MessagesRemoved:
		u.Room = content.rooms[u.RoomID]
	case UserAdded, UserUpdated:
		if u.UserID != nil {
			u.Member = content.members[memberKey{u.RoomID, *u.UserID}]
		}
	}
}
