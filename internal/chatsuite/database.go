package chatsuite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// LoggedEvents reads a room's log.
func (h *Host) LoggedEvents(room uuid.UUID) (events []chat.Event) {
	h.T.Helper()
	if err := h.DB.Where("room_id = ?", room).Order("seq").Find(&events).Error; err != nil {
		h.T.Fatal(err)
	}
	return events
}

// EventKinds returns the kinds of a room's events, in order.
func (h *Host) EventKinds(room uuid.UUID) (kinds []chat.EventKind) {
	h.T.Helper()
	for _, e := range h.LoggedEvents(room) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// WantEventKinds marks the test as failed unless a room's events are of these kinds.
func (h *Host) WantEventKinds(room uuid.UUID, want ...chat.EventKind) {
	h.T.Helper()
	if diff := cmp.Diff(want, h.EventKinds(room)); diff != "" {
		h.T.Errorf("events: %s", diff)
	}
}

// QueryInt reads a count or a sum.
func (h *Host) QueryInt(query string, args ...any) (n int64) {
	h.T.Helper()
	if err := h.DB.Raw(query, args...).Scan(&n).Error; err != nil {
		h.T.Fatal(err)
	}
	return n
}

// CountRows counts the rows of a table.
func (h *Host) CountRows(table string) (n int64) {
	h.T.Helper()
	NoError(h.T, h.DB.Table(table).Count(&n).Error)
	return n
}

// CheckRoomLogs marks the test as failed unless the counters of every room are right:
// messages are numbered from the first that was not removed and events placed 1, 2, 3… up to
// what the room says, each message has its one message_created, in the order of the numbers,
// but where messages were imported or removed, nobody has read messages that are not there,
// and the last tombstone is the one that the room names.
func (h *Host) CheckRoomLogs() {
	h.T.Helper()
	var rooms []chat.Room
	NoError(h.T, h.DB.Order("id").Find(&rooms).Error)
	for _, room := range rooms {
		h.checkRoomLog(room)
	}
	if n := h.QueryInt(`SELECT count(*) FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id
		WHERE u.last_read_number > r.last_number`); n != 0 {
		h.T.Errorf("%d members have read messages that are not there", n)
	}
	if n := h.QueryInt(`SELECT count(*) FROM chat_rooms r WHERE last_deleted_number <>
		(SELECT COALESCE(MAX(number), CASE WHEN r.last_deleted_number < r.first_number THEN r.last_deleted_number ELSE 0 END)
			FROM chat_messages WHERE room_id = r.id AND deleted_at IS NOT NULL)`); n != 0 {
		h.T.Errorf("%d rooms have another last tombstone", n)
	}
	if n := h.QueryInt("SELECT count(*) FROM chat_rooms WHERE import_untold"); n != 0 {
		h.T.Errorf("of imports into %d rooms nothing is told", n)
	}
	if n := h.QueryInt(`SELECT count(*) FROM chat_rooms r WHERE r.deleted_at IS NULL
		AND r.member_count <> (SELECT count(*) FROM chat_room_users u WHERE u.room_id = r.id)`); n != 0 {
		h.T.Errorf("%d rooms count other members than they have", n)
	}
}

func (h *Host) checkRoomLog(room chat.Room) {
	h.T.Helper()
	var messages []chat.Message
	NoError(h.T, h.DB.Where("room_id = ?", room.ID).Order("number").Find(&messages).Error)
	var created []uuid.UUID
	imported := false
	events := h.LoggedEvents(room.ID)
	for i, e := range events {
		if e.Seq != int64(i+1) {
			h.T.Fatalf("room %s: event %d has seq %d", room.ID, i+1, e.Seq)
		}
		if e.Kind == chat.MessageCreated {
			created = append(created, *e.MessageID)
		}
		imported = imported || e.Kind == chat.MessagesImported
	}
	var sent []uuid.UUID
	for i, m := range messages {
		if m.Number != int64(i)+room.FirstNumber {
			h.T.Fatalf("room %s: message %d from %d on has number %d", room.ID, i+1, room.FirstNumber, m.Number)
		}
		sent = append(sent, m.ID)
	}
	if room.FirstNumber > 1 { // events outlive what they are about
		created = slices.DeleteFunc(created, func(id uuid.UUID) bool { return !slices.Contains(sent, id) })
	}
	if imported {
		sent = slices.DeleteFunc(sent, func(id uuid.UUID) bool { return !slices.Contains(created, id) })
	}
	if diff := cmp.Diff(sent, created, cmpopts.EquateEmpty()); diff != "" {
		h.T.Errorf("room %s: messages against message_created (-messages +events):\n%s", room.ID, diff)
	}
	if room.LastSeq != int64(len(events)) || room.LastNumber != room.FirstNumber-1+int64(len(messages)) {
		h.T.Errorf("room %s: last_seq %d of %d events, last_number %d of %d messages from %d on",
			room.ID, room.LastSeq, len(events), room.LastNumber, len(messages), room.FirstNumber)
	}
}

// QueryLines returns the rows of a query of one column, a line each.
func QueryLines(t testing.TB, db *gorm.DB, query string) string {
	t.Helper()
	var lines []string
	if err := db.Raw(query).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n") + "\n"
}

// RowCounts returns the number of rows of every table and the counters of every room,
// to compare with another time.
func RowCounts(t testing.TB, db *gorm.DB) string {
	t.Helper()
	var counts []string
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "media", "reactions", "events", "meta", "migrations"} {
		counts = append(counts, fmt.Sprintf("SELECT '%s: ' || count(*) FROM chat_%[1]s", table))
	}
	return QueryLines(t, db, strings.Join(counts, " UNION ALL ")) +
		QueryLines(t, db, "SELECT CAST(id AS text) || ' ' || last_seq || ' ' || last_number FROM chat_rooms ORDER BY 1")
}
