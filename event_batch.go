package chat

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// eventBatch is a part of the log with its content, and who may be told it.
type eventBatch struct {
	updates []Update
	members map[uuid.UUID][]listener // of the rooms
	added   map[memberKey]int        // which update adds a member, the last one
	states  map[memberKey]RoomState

	narrower map[narrowerKey]*Update // made when they are first needed
}

// listener is a member who has a subscription.
type listener struct {
	user   UserID
	joined int64 // RoomUser.JoinedNumber
}

// readBatch reads the content of events, in a snapshot, and which of the users may be
// told it: those who are members in the same snapshot.
func (c *conn) readBatch(events []loggedEvent, listening map[UserID]bool) (*eventBatch, error) {
	b := &eventBatch{members: map[uuid.UUID][]listener{}, added: map[memberKey]int{}, states: map[memberKey]RoomState{},
		narrower: map[narrowerKey]*Update{}}
	if len(events) == 0 {
		return b, nil
	}
	var err error
	if b.updates, err = c.updatesOf(events); err != nil {
		return nil, err
	}
	rooms := map[uuid.UUID]bool{}
	for i := range events {
		rooms[events[i].RoomID] = true
	}
	if b.members, err = c.membersAmong(rooms, listening); err != nil {
		return nil, err
	}
	return b, b.readStates(c, listening)
}

// fewListeners are so few that they are looked for among the members of a room, which may
// be many, rather than the other way round.
const fewListeners = 200

// membersAmong reads which of the users are members of rooms.
func (c *conn) membersAmong(rooms map[uuid.UUID]bool, users map[UserID]bool) (map[uuid.UUID][]listener, error) {
	members := map[uuid.UUID][]listener{}
	if len(users) == 0 {
		return members, nil
	}
	query, args := "SELECT u.room_id, u.user_id, u.joined_number FROM chat_room_users u WHERE u.room_id "+c.dialect.InIDs(), []any{dialect.JSONArray(keys(rooms))}
	if len(users) <= fewListeners {
		wanted := make([]dialect.Object, 0, len(users))
		for user := range users {
			wanted = append(wanted, dialect.Object{"user_id": user})
		}
		query += " AND u.user_id IN (SELECT j.user_id FROM " + c.jsonRows("user_id user") + ")"
		args = append(args, dialect.JSONArray(wanted))
	}
	type member struct {
		room uuid.UUID
		listener
	}
	found, err := queryAll(c, func(rows row) (m member, err error) {
		err = rows.Scan(&m.room, &m.user, &m.joined)
		return m, err
	}, query, args...)
	for _, m := range found {
		if users[m.user] {
			members[m.room] = append(members[m.room], m.listener)
		}
	}
	return members, err
}

// readStates reads the states of rooms for those who are added to them.
func (b *eventBatch) readStates(c *conn, listening map[UserID]bool) error {
	for i := range b.updates {
		u := &b.updates[i]
		switch EventKind(u.Kind) {
		case UserAdded:
			if u.UserID != nil && listening[*u.UserID] {
				b.added[memberKey{u.RoomID, *u.UserID}] = i
			}
		case RoomCreated:
			for _, member := range b.members[u.RoomID] {
				b.added[memberKey{u.RoomID, member.user}] = i
			}
		}
	}
	var err error
	b.states, err = c.addedStates(slices.Collect(maps.Keys(b.added)))
	return err
}

// readers are those who are told an update: the members who had been added by then, and who
// is removed.
func (b *eventBatch) readers(i int) []listener {
	u := &b.updates[i]
	members := b.members[u.RoomID]
	readers := make([]listener, 0, len(members)+1)
	removed := EventKind(u.Kind) == UserRemoved && u.UserID != nil
	for _, member := range members {
		if at, added := b.added[memberKey{u.RoomID, member.user}]; !added || i >= at {
			readers = append(readers, member)
			removed = removed && member.user != *u.UserID
		}
	}
	if removed {
		readers = append(readers, listener{user: *u.UserID})
	}
	return readers
}

// narrowerKey names what a member who joined later is told in the place of an update.
type narrowerKey struct {
	update int
	view   messageView
}

// updateFor is an update as a member sees it, whose joining number is given. It is one for
// all who see the same.
func (b *eventBatch) updateFor(i int, joined int64) Update {
	u := &b.updates[i]
	view := u.viewOf(joined)
	if view == wholeMessage {
		return *u
	}
	key := narrowerKey{i, view}
	if b.narrower[key] == nil {
		narrower := u.narrowed(view)
		b.narrower[key] = &narrower
	}
	return *b.narrower[key]
}

// stateFor is the room_state that follows an update for a user, if any.
func (b *eventBatch) stateFor(i int, user UserID) *Update {
	u := b.updates[i]
	m := memberKey{u.RoomID, user}
	at, added := b.added[m]
	state, known := b.states[m]
	if !added || at != i || !known {
		return nil
	}
	return &Update{Kind: UpdateRoomState, RoomID: u.RoomID, CreatedAt: u.CreatedAt, States: []RoomState{state},
		Cursor: u.Cursor, shared: &sharedUpdate{event: u.shared.event, size: u.shared.size, from: u.shared.from, to: u.shared.to}}
}

// stamp gives the updates their cursors, when the log was read from one position to
// another.
func (b *eventBatch) stamp(epoch string, from, to position) {
	for i := range b.updates {
		u := &b.updates[i]
		e := u.shared.event
		u.shared.from, u.shared.to = from, to
		c := cursorState{Epoch: epoch, From: from}.with(to, e)
		if i == len(b.updates)-1 {
			c.From, c.Parts = to, nil
		}
		u.Cursor = c.encode()
	}
}

// updatesFor are the updates of a batch that one subscriber is told.
func (b *eventBatch) updatesFor(sub *Subscription) (updates []Update) {
	for i, u := range b.updates {
		told := sub.actor.system
		for _, reader := range b.readers(i) {
			if !sub.actor.system && reader.user == sub.actor.id {
				told, u = true, b.updateFor(i, reader.joined)
			}
		}
		if !told || sub.rooms != nil && !sub.rooms[u.RoomID] {
			continue
		}
		updates = append(updates, u)
		if state := b.stateFor(i, sub.actor.id); state != nil && !sub.actor.system {
			updates = append(updates, *state)
		}
	}
	return updates
}
