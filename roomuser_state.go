package chat

import (
	"time"

	"github.com/google/uuid"
)

// What a member does with a room in their own list: mute, archive, pin. It is shown to
// the member alone, makes no event, and is written under the room's lock. What depends on
// the time and on newer messages is decided when it is read, so that nothing is written
// when a mute ends or a message comes.

// mutedSQL and hiddenSQL render RoomUser.Muted and Hidden of the membership u of the room
// r. Each takes the time once.
const (
	mutedSQL  = "(u.muted AND (u.muted_until IS NULL OR u.muted_until > ?))"
	hiddenSQL = "(u.hidden_number IS NOT NULL AND (r.last_number <= u.hidden_number OR " + mutedSQL + "))"
)

// markedSQL renders whether the room r is marked unread by the membership u: a mark goes with
// the last of the messages that it is on.
const markedSQL = "(u.marked_unread IS NOT NULL AND u.last_read_number >= r.first_number)"

// resolveOwnState makes of the columns what is so by now: a mute that is over is none, and
// an archived room with a newer message is not hidden unless it is muted. A mark is on what
// is left of its messages, and on nothing when all of them were removed.
func (u *RoomUser) resolveOwnState(firstNumber, lastNumber int64, now time.Time) {
	switch {
	case u.MarkedUnread == nil:
	case u.LastReadNumber < firstNumber:
		u.MarkedUnread = nil
	default:
		marked := max(*u.MarkedUnread, firstNumber)
		u.MarkedUnread = &marked
	}
	if u.MutedUntil != nil && !u.MutedUntil.After(now) {
		u.Muted, u.MutedUntil = false, nil
	}
	u.Hidden = u.HiddenNumber != nil && (lastNumber <= *u.HiddenNumber || u.Muted)
}

// clearOwnState leaves out what only the member is shown.
func (u *RoomUser) clearOwnState() {
	u.Muted, u.MutedUntil, u.HiddenNumber, u.Hidden, u.Pinned, u.MarkedUnread, u.LastSentAt = false, nil, nil, false, false, nil, nil
}

// keepOwnState writes what a patch makes of a member's own state.
func (p *roomScope) keepOwnState(member *RoomUser, patch RoomUserPatch) error {
	switch {
	case patch.MutedUntil != nil:
		member.Muted, member.MutedUntil = true, patch.MutedUntil
	case patch.Muted != nil:
		member.Muted, member.MutedUntil = *patch.Muted, nil
	}
	switch {
	case patch.Hidden != nil && *patch.Hidden:
		member.HiddenNumber = &p.room.LastNumber
	case patch.Hidden != nil, !member.Hidden: // a room that came back stays when it is muted later
		member.HiddenNumber = nil
	}
	if patch.Pinned != nil {
		member.Pinned = *patch.Pinned
	}
	_, err := p.exec("UPDATE chat_room_users SET muted = ?, muted_until = ?, hidden_number = ?, pinned = ? WHERE room_id = ? AND user_id = ?",
		member.Muted, member.MutedUntil, member.HiddenNumber, member.Pinned, p.room.ID, member.UserID)
	return err
}

// tellOwnState passes on to the member's subscriptions what a patch changed of theirs.
func (s *Service) tellOwnState(room uuid.UUID, user UserID, patch RoomUserPatch) {
	if patch.Muted != nil || patch.MutedUntil != nil {
		s.tell(signalMuted, room, user)
	}
	if patch.Hidden != nil || patch.Pinned != nil {
		s.tell(signalOwnState, room, user)
	}
}
