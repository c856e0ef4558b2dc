package chat

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Cursors are positions only, opaque to clients: what one may see is decided again
// for each page.

// cursor encodes the position of the last item of a page.
func cursor(position any) string {
	encoded, err := json.Marshal(position)
	if err != nil {
		panic("chat: a cursor does not encode: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func parseCursor(cursor string, position any) error {
	decoded, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(decoded, position)
	}
	if err != nil {
		return badCursor()
	}
	return nil
}

func badCursor() error {
	return invalid("cursor", CodeInvalidCursor, "is not one that a page returned")
}

// idCursor is a position in a list ordered by id.
type idCursor struct {
	List string    `json:"l"` // which list: those of other lists are refused
	ID   uuid.UUID `json:"i"`
}

// idOf reads the position in a list ordered by id.
func idOf(list, cursor string) (uuid.UUID, error) {
	var position idCursor
	if err := parseCursor(cursor, &position); err != nil {
		return uuid.Nil, err
	}
	if position.List != list || position.ID == uuid.Nil {
		return uuid.Nil, badCursor()
	}
	return position.ID, nil
}

// momentCursor is a position in a list ordered by time and id.
type momentCursor struct {
	List string    `json:"l"` // which list: those of other lists are refused
	At   time.Time `json:"t"`
	ID   uuid.UUID `json:"i"`
}

// keysetCondition renders the condition of the items after the cursor, newest first, and its
// arguments; nothing for the first page.
func (c *conn) keysetCondition(list, cursor, timeColumn, idColumn string) (string, []any, error) {
	if cursor == "" {
		return "", nil, nil
	}
	var position momentCursor
	if err := parseCursor(cursor, &position); err != nil {
		return "", nil, err
	}
	if err := position.check(list); err != nil {
		return "", nil, err
	}
	return " AND (" + timeColumn + ", " + idColumn + ") < (?, ?)", []any{position.At, position.ID}, nil
}

// check refuses what is no position in a list, and makes the time one that both databases
// keep.
func (m *momentCursor) check(list string) error {
	m.At = m.At.UTC().Truncate(time.Microsecond)
	if m.List != list || m.ID == uuid.Nil || m.At.IsZero() || m.At.Year() < 1 || m.At.Year() > 9999 {
		return badCursor()
	}
	return nil
}

// userCursor reads the position in a list ordered by user id.
func (c *conn) userCursor(cursor string) (after UserID, err error) {
	if err := parseCursor(cursor, &after); err != nil {
		return "", err
	}
	return c.config.userID("cursor", after)
}

// pageLimit is how many items a page has.
func (c *conn) pageLimit(limit int) (int, error) {
	if limit < 0 {
		return 0, invalid("limit", CodeOutOfRange, "is negative")
	}
	if limit == 0 {
		limit = c.config.Limits.PageSize
	}
	return min(limit, c.config.Limits.PageMax), nil
}

// trimPage makes a page of items that were read one past its limit.
func trimPage[T any](items []T, limit int, position func(T) string) (page []T, next string) {
	if items == nil {
		items = []T{} // a list without items, in the host's JSON too
	}
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	return items, position(items[limit-1])
}
