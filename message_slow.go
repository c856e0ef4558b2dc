package chat

import "time"

// Slow mode: members wait between two messages of theirs. Rooms that have it are always sent
// to under the lock.

// slowModeMax is the longest pause, in seconds.
const slowModeMax = 6 * 60 * 60

func checkSlowMode(seconds int) error {
	if seconds < 0 || seconds > slowModeMax {
		return invalid("slow_mode", CodeOutOfRange, "is not between 0 and %d seconds", slowModeMax)
	}
	return nil
}

// checkPace refuses a message that comes too soon after its author's last one.
func (b *batch) checkPace(s *send) error {
	room, member := b.rooms[s.room], b.members[s.member()]
	if room.SlowMode == 0 || member == nil || member.LastSentAt == nil ||
		decide(b.access(s), opSendAtAnyPace, room.state(), target{}) == nil {
		return nil
	}
	pause := time.Duration(room.SlowMode) * time.Second
	// The clock of whoever took the last message may be ahead.
	if left := min(pause, pause-b.now.Sub(*member.LastSentAt)); left > 0 {
		return &TooSoonError{RetryAfter: left}
	}
	return nil
}
