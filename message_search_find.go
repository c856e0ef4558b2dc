package chat

import (
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// numberCursor is a position in one room, whose numbers say what is newest.
type numberCursor struct {
	Number int64 `json:"n"`
}

func (n *numberCursor) parse(cursor string) error {
	if err := parseCursor(cursor, n); err != nil {
		return err
	}
	if n.Number < 1 {
		return badCursor()
	}
	return nil
}

func (s *messageSearch) cursorOf(key searchKey) string {
	if s.in.RoomID != nil {
		return cursor(numberCursor{key.number})
	}
	return cursor(idCursor{"messages", key.id})
}

// begin reads the cursor, and decides on the room if there is one.
func (s *messageSearch) begin() (err error) {
	if s.in.RoomID == nil {
		if s.in.Cursor != "" {
			s.before.id, err = idOf("messages", s.in.Cursor)
		}
		return err
	}
	var at numberCursor
	if s.in.Cursor != "" {
		if err := at.parse(s.in.Cursor); err != nil {
			return err
		}
		s.before.number = at.Number
	}
	p, err := s.readFor(byRoom, *s.in.RoomID, opRead, target{})
	if err != nil {
		return err
	}
	r := &searchRange{room: p.room.ID, low: max(p.access.joined, p.room.FirstNumber-1), high: p.room.LastNumber, unworded: true}
	if at.Number > 0 {
		r.high = min(r.high, at.Number-1)
	}
	s.ranges = []*searchRange{r}
	return nil
}

// findRooms makes the ranges of all rooms of the actor, from the cursor on.
func (s *messageSearch) findRooms() (err error) {
	low, unworded := s.dialect.Greatest()+"(u.joined_number, r.first_number - 1)", "NULL"
	if s.index != "" {
		unworded = "(SELECT 1 FROM chat_messages x WHERE x.room_id = r.id AND x.words IS NULL AND x.deleted_at IS NULL LIMIT 1)"
	}
	s.ranges, err = queryAll(s.conn, func(rows row) (*searchRange, error) {
		var r searchRange
		var made time.Time
		var last *time.Time
		var any sql.NullInt64
		if err := rows.Scan(&r.room, &r.low, &r.high, scanRequiredTime(&made), scanTime(&last), &r.top, &any); err != nil {
			return nil, err
		}
		r.unworded = any.Valid
		if r.at = made; last != nil {
			r.at = *last
		}
		r.rate = float64(r.high-r.low) / max(1, r.at.Sub(made).Seconds())
		r.at = time.UnixMilli(idTime(r.top))
		return &r, nil
	}, "SELECT r.id, "+low+", r.last_number, r.created_at, r.last_message_at, m.id, "+unworded+" FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id"+
		" JOIN chat_messages m ON m.room_id = r.id AND m.number = r.last_number WHERE u.user_id = ? AND r.deleted_at IS NULL AND r.last_number > "+low, s.actor.id)
	if err != nil || s.before.id == uuid.Nil || len(s.ranges) == 0 {
		return err
	}
	return s.seek()
}

// place is a message of a room, of the id top; the zero value where there is none.
type place struct {
	room   uuid.UUID
	number int64
	top    uuid.UUID
}

// seek finds where the page begins in each range, by halves: ids are in the order of numbers, but
// for what was stored out of order.
func (s *messageSearch) seek() error {
	rows := make([]dialect.Object, len(s.ranges))
	for i, r := range s.ranges {
		rows[i] = dialect.Object{"room_id": r.room, "low": r.low, "high": r.high}
	}
	at := s.before.id
	found, err := queryAll(s.conn, func(rows row) (p place, err error) {
		var top uuid.NullUUID
		err = rows.Scan(&p.room, &p.number, &top)
		p.top = top.UUID
		return p, err
	}, `WITH RECURSIVE seek(room_id, low, high) AS (
			SELECT j.room_id, CASE WHEN m.id < ? THEN j.high ELSE j.low END, CASE WHEN m.id < ? THEN j.high ELSE j.high - 1 END
			FROM `+s.jsonRows("room_id uuid", "low bigint", "high bigint")+` JOIN chat_messages m ON m.room_id = j.room_id AND m.number = j.high
			UNION ALL
			SELECT s.room_id, CASE WHEN m.id < ? THEN m.number ELSE s.low END, CASE WHEN m.id < ? THEN s.high ELSE m.number - 1 END
			FROM seek s JOIN chat_messages m ON m.room_id = s.room_id AND m.number = (s.low + s.high + 1) / 2 WHERE s.low < s.high
		) SELECT s.room_id, s.low, m.id FROM seek s LEFT JOIN chat_messages m ON m.room_id = s.room_id AND m.number = s.low WHERE s.low >= s.high`, at, at, dialect.JSONArray(rows), at, at)
	if err != nil {
		return err
	}
	places := make(map[uuid.UUID]place, len(found))
	for _, p := range found {
		places[p.room] = p
	}
	for _, r := range s.ranges {
		p, there := places[r.room]
		if !there { // it was removed meanwhile
			p.number = r.low
		}
		if p.top == uuid.Nil {
			p.top = at
		}
		r.beginAfter(p.number, p.top)
	}
	return nil
}

// beginAfter leaves of the range what is up to a message, and after it what may have been stored out of order.
func (r *searchRange) beginAfter(number int64, top uuid.UUID) {
	if number < r.high {
		r.extra = min(r.high-number, outOfOrderMessages, 1+int64(r.rate*outOfOrder.Seconds()))
		r.high, r.top, r.at = number+r.extra, top, time.UnixMilli(idTime(top))
	}
}
