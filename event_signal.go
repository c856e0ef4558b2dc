package chat

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// signal is news of what is no event of a room's log. It says where to look, and not
// what is there: that is read when it is delivered.
type signal struct {
	Kind signalKind `json:"k"`
	Room uuid.UUID  `json:"r"`
	User UserID     `json:"u"` // whose
}

type signalKind string

const (
	signalRead     signalKind = "read"      // the user's read marker was moved
	signalMuted    signalKind = "muted"     // the user muted the room, or did no longer
	signalOwnState signalKind = "own_state" // the user archived, pinned or marked the room, or did no longer
	signalTyping   signalKind = "typing"    // the user is writing
)

func (k signalKind) known() bool {
	return k == signalRead || k == signalMuted || k == signalOwnState || k == signalTyping
}

// maxSignals is how many signals wait at most, each with a room and a user of its own.
// More are lost.
const maxSignals = 1000

// signalSet is the signals that wait, with the time since when.
type signalSet map[signal]time.Time

func (set *signalSet) add(signals []signal, at time.Time) {
	for _, one := range signals {
		if *set == nil {
			*set = signalSet{}
		}
		if _, waits := (*set)[one]; waits || len(*set) < maxSignals {
			(*set)[one] = at
		}
	}
}

func (set signalSet) remove(one signal) { delete(set, one) }

// fresh returns the signals, without those that are over.
func (set signalSet) fresh(now time.Time) (signals []signal) {
	for one, at := range set {
		if one.Kind == signalTyping && now.Sub(at) > typingLife {
			delete(set, one)
			continue
		}
		signals = append(signals, one)
	}
	return signals
}

// committed wakes those who wait for events, here and in other processes.
func (s *Service) committed(signals ...signal) {
	if len(signals) > 0 {
		s.state.feed.addSignals(signals)
	}
	s.state.commits.notify()
	s.state.bus.publish(signals)
}

// tell passes a signal on, after the transaction at hand.
func (s *Service) tell(kind signalKind, room uuid.UUID, user UserID) {
	one := signal{kind, room, user}
	if s.tx == nil {
		s.committed(one)
	} else if len(s.tx.signals) < maxSignals {
		s.tx.signals = append(s.tx.signals, one)
	}
}

// heard deals with what came from the bus: signals, or a wake-up when there are none.
func (s *Service) heard(signals []signal) {
	if len(signals) == 0 {
		s.state.commits.notify()
		return
	}
	valid := make([]signal, 0, len(signals))
	for _, one := range signals {
		if user, err := s.config.userID("user_id", one.User); err == nil && one.Kind.known() {
			one.User = user
			valid = append(valid, one)
		}
	}
	s.state.feed.addSignals(valid)
}

// addSignals keeps signals for the next read, if anybody listens.
func (f *eventFeed) addSignals(signals []signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.users) > 0 {
		f.signals.add(signals, time.Now())
	}
}

func (f *eventFeed) takeSignals() signalSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.signals
	f.signals = nil
	return taken
}

// returnSignals puts back what could not be delivered.
func (f *eventFeed) returnSignals(taken signalSet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one, at := range taken {
		if _, again := f.signals[one]; !again {
			f.signals.add([]signal{one}, at)
		}
	}
}

// signalState is what the database has of the user of a signal.
type signalState struct {
	memberKey
	own     RoomState
	members int64 // of the room
}

// deliverSignals reads, in a snapshot, what signals are about and who are members of
// the rooms, and delivers it to them. It takes two statements at most.
func (f *eventFeed) deliverSignals(c *conn, set signalSet) error {
	signals := set.fresh(time.Now())
	if len(signals) == 0 {
		return nil
	}
	states, err := c.signalStates(signals)
	if err != nil {
		return err
	}
	rooms := map[uuid.UUID]bool{}
	for _, one := range signals {
		state, member := states[memberKey{one.Room, one.User}]
		if member && (one.Kind == signalTyping || one.Kind == signalRead && c.receipts(state.members)) {
			rooms[one.Room] = true
		}
	}
	members := map[uuid.UUID][]listener{}
	if len(rooms) > 0 {
		if members, err = c.membersAmong(rooms, f.listening()); err != nil {
			return err
		}
	}
	for _, one := range signals {
		if state, member := states[memberKey{one.Room, one.User}]; member {
			f.deliverSignal(c, one, state, members[one.Room])
		}
	}
	return nil
}

// receipts reports whether the members of a room are told, and shown, how far the others
// have read.
func (c *conn) receipts(members int64) bool {
	return !c.config.NoReceipts && members <= int64(c.config.Limits.ReceiptMembers)
}

func (c *conn) signalStates(signals []signal) (map[memberKey]signalState, error) {
	asked := map[memberKey]bool{}
	var rows []dialect.Object
	for _, one := range signals {
		if key := (memberKey{one.Room, one.User}); !asked[key] {
			asked[key] = true
			rows = append(rows, dialect.Object{"room_id": one.Room, "user_id": one.User})
		}
	}
	found, err := queryAll(c, func(rows row) (s signalState, err error) {
		s.own, err = c.scanRoomState(rows, &s.user, &s.members)
		s.room = s.own.RoomID
		return s, err
	}, "SELECT "+roomStateColumns+", u.user_id, r.member_count FROM "+c.jsonRows("room_id uuid", "user_id user")+`
		JOIN chat_room_users u ON u.room_id = j.room_id AND u.user_id = j.user_id
		JOIN chat_rooms r ON r.id = u.room_id AND r.deleted_at IS NULL`, dialect.JSONArray(rows))
	states := make(map[memberKey]signalState, len(found))
	for _, state := range found {
		states[state.memberKey] = state
	}
	return states, err
}

func (f *eventFeed) deliverSignal(c *conn, one signal, state signalState, members []listener) {
	u := Update{RoomID: one.Room, UserID: &one.User, CreatedAt: c.now}
	own, others := u, u
	switch one.Kind {
	case signalRead:
		own.Kind, own.Number, own.MarkedUnread = UpdateReadMarker, state.own.LastReadNumber, state.own.MarkedUnread
		others.Kind, others.Number = UpdateReceipt, state.own.LastReadNumber
	case signalMuted:
		own.Kind, own.Muted, own.MutedUntil = UpdateMuted, &state.own.Muted, state.own.MutedUntil
	case signalOwnState:
		own.Kind, own.States = UpdateOwnState, []RoomState{state.own}
	case signalTyping:
		until := c.now.Add(typingLife)
		others.Kind, others.ExpiresAt = UpdateTyping, &until
	}
	if own.Kind != "" {
		f.putSignal(own, []UserID{one.User})
	}
	if others.Kind == UpdateTyping || others.Kind == UpdateReceipt && c.receipts(state.members) {
		f.putSignal(others, others.othersAmong(members))
	}
}

// othersAmong are the members who are told what another does: not up to which of the messages
// that they do not see.
func (u *Update) othersAmong(members []listener) (others []UserID) {
	for _, member := range members {
		hidden := u.Kind == UpdateReceipt && member.joined > 0 && !access{joined: member.joined}.sees(u.Number)
		if member.user != *u.UserID && !hidden {
			others = append(others, member.user)
		}
	}
	return others
}

// putSignal puts an update that is no event into the queues of users.
func (f *eventFeed) putSignal(u Update, users []UserID) {
	u.shared = &sharedUpdate{size: u.size()}
	var lagged []*Subscription
	f.mu.Lock()
	for _, user := range users {
		for sub := range f.users[user] {
			// Who is writing is soon forgotten: nobody is closed for it.
			if (sub.rooms == nil || sub.rooms[u.RoomID]) && !sub.queue.Put(u, u.shared.size) && u.Kind != UpdateTyping {
				lagged = append(lagged, sub)
			}
		}
	}
	f.mu.Unlock()
	for _, sub := range lagged {
		sub.end(ErrLagged)
	}
}

const (
	typingLife  = 6 * time.Second // how long a user is shown to be writing
	typingEvery = 3 * time.Second // how often it is passed on, for a user and a room
)

// Typing tells the other members of a room that the actor is writing, by an update of
// kind typing, which holds for 6 seconds. It is passed on once in 3 seconds for each user
// and room; what is beyond that does nothing. It is kept nowhere.
//
// Errors: ErrNotFound, ErrForbidden to those who may not send messages, ErrInvalid for
// System, which is nobody who writes.
func (s *Service) Typing(ctx context.Context, actor Actor, room uuid.UUID) error {
	_, err := read(ctx, s, actor, func(c *call) (struct{}, error) {
		user, err := c.actor.user()
		if err != nil {
			return struct{}{}, err
		}
		if _, err := c.readFor(byRoom, room, opSend, target{}); err != nil {
			return struct{}{}, err
		}
		if s.state.feed.typingNow(memberKey{room, user}, c.now) {
			s.tell(signalTyping, room, user)
		}
		return struct{}{}, nil
	})
	return err
}

// typingNow reports whether it is time again to tell that a user is writing.
func (f *eventFeed) typingNow(who memberKey, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	recent := func(at time.Time) bool { return now.Sub(at) < typingEvery && !at.After(now) }
	if at, told := f.typing[who]; told && recent(at) {
		return false
	}
	if len(f.typing) >= f.typingKept {
		for key, at := range f.typing {
			if !recent(at) {
				delete(f.typing, key)
			}
		}
		f.typingKept = max(1000, 2*len(f.typing)) // so that looking through them all is rare
	}
	f.typing[who] = now
	return true
}
