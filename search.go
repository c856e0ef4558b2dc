package chat

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// What a query may bring at most.
const (
	queryBytes = 256
	queryWords = 16
)

// RoomSearchQuery asks for a page of public rooms.
type RoomSearchQuery struct {
	// Query is text of which the name or the description of a room must hold every
	// word, or piece of a word, in upper or lower case. At most 256 bytes and 16
	// words. "" lists all public rooms.
	Query string
	Page
}

// SearchRooms finds public rooms by name and description, the newest first. Anyone
// may search, and sees of each room what Room shows to those who are not in it, and
// their own membership (Me) where they have one; never the last message.
//
// Errors: ErrInvalid (text that cannot be kept, a cursor that no page returned),
// ErrTooLarge.
func (s *Service) SearchRooms(ctx context.Context, actor Actor, in RoomSearchQuery) (*RoomsPage, error) {
	pieces, err := in.pieces()
	if err != nil {
		return nil, err
	}
	var page RoomsPage
	err = s.read(ctx, actor, func(c *call) error {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return err
		}
		behind, position, err := c.behind("public rooms", in.Cursor, "created_at", "id")
		if err != nil {
			return err
		}
		query, args := c.roomsWith(pieces)
		rooms, err := all(c, scanRoom, "SELECT "+roomColumns+" FROM chat_rooms WHERE is_public AND deleted_at IS NULL"+
			query+behind+" ORDER BY created_at DESC, id DESC LIMIT ?", append(append(args, position...), limit+1)...)
		if err != nil {
			return err
		}
		page.Items, page.Next = cut(rooms, limit, func(r Room) string { return cursor(momentCursor{"public rooms", r.CreatedAt, r.ID}) })
		return c.showMe(pointers(page.Items))
	})
	if err != nil {
		return nil, err
	}
	return &page, nil
}

func (in RoomSearchQuery) pieces() ([]string, error) {
	if err := checkQuery(in.Query); err != nil {
		return nil, err
	}
	pieces := strings.Fields(in.Query)
	if len(pieces) > queryWords {
		return nil, tooLarge("q", queryWords, "words")
	}
	return pieces, nil
}

func checkQuery(query string) error {
	if reason := notText(query); reason != "" {
		return invalid("q", "%s", reason)
	}
	if len(query) > queryBytes {
		return tooLarge("q", queryBytes, "bytes")
	}
	return nil
}

// roomsWith renders the condition that name or description hold all pieces.
func (c *call) roomsWith(pieces []string) (string, []any) {
	like := " LIKE ? ESCAPE '\\'"
	if c.dialect == postgres {
		like = " ILIKE ? ESCAPE '\\'"
	}
	var query strings.Builder
	var args []any
	for _, piece := range pieces {
		query.WriteString(" AND (FALSE")
		for _, spelling := range spellings(piece) {
			query.WriteString(" OR name" + like + " OR description" + like)
			pattern := "%" + escapeLike.Replace(spelling) + "%"
			args = append(args, pattern, pattern)
		}
		query.WriteString(")")
	}
	return query.String(), args
}

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// spellings are the usual cases of a word. SQLite, and PostgreSQL in the C locale,
// know no upper and lower case outside ASCII.
func spellings(word string) []string {
	lower := strings.ToLower(word)
	list := []string{word}
	if strings.IndexFunc(word, func(c rune) bool { return c >= utf8.RuneSelf }) < 0 {
		return list
	}
	first, size := utf8.DecodeRuneInString(lower)
	for _, spelling := range []string{lower, strings.ToUpper(word), string(unicode.ToTitle(first)) + lower[size:]} {
		if spelling != word {
			list = append(list, spelling)
		}
	}
	return list
}

// showMe fills in the actor's memberships of rooms.
func (c *call) showMe(rooms []*Room) error {
	if c.actor.system || len(rooms) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]*Room, len(rooms))
	for _, r := range rooms {
		byID[r.ID] = r
	}
	mine, err := all(c, scanRoomUser, "SELECT "+roomUserColumns+" FROM chat_room_users WHERE user_id = ? AND room_id "+
		c.among(), c.actor.id, jsonArray(keys(byID)))
	if err != nil {
		return err
	}
	for i := range mine {
		room := byID[mine[i].RoomID]
		mine[i].in(room)
		room.seenBy(&mine[i])
	}
	return nil
}
