package chat

import (
	"context"
	"strings"

	"github.com/go-df/chat/internal/words"
)

// RoomSearchQuery selects a page of public rooms.
type RoomSearchQuery struct {
	// Query is text all of whose words a room must have in its name or its description, by the rules of
	// MessageSearchQuery. At most 256 bytes and 16 words and phrases. "" lists all public rooms, and
	// what has no word finds none.
	Query string
	Page
}

// SearchRoomsScan is how many public rooms one call of SearchRooms looks at.
const SearchRoomsScan = 2000

// SearchRooms finds public rooms by the words of their names and descriptions, the newest
// first. Anyone may search, and sees of each room what Room shows to those who are not in it, and
// their own membership (Me) where they have one; the last message only then.
//
// A call looks at the newest rooms, at most SearchRoomsScan: a page may have fewer items than its
// limit, or none, and a Next to go on from there: only "" is the end.
//
// Errors: ErrInvalid (text that cannot be kept, a cursor that no page returned),
// ErrTooLarge.
func (s *Service) SearchRooms(ctx context.Context, actor Actor, in RoomSearchQuery) (*RoomsPage, error) {
	query, err := parseQuery(in.Query)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*RoomsPage, error) {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		all := strings.TrimSpace(in.Query) == ""
		if !all && query.Terms() == 0 {
			return &RoomsPage{Items: []Room{}}, nil
		}
		rooms, next, err := c.publicRooms(query, in.Cursor, limit)
		if err != nil {
			return nil, err
		}
		page := &RoomsPage{Items: rooms, Next: next}
		return page, c.attachViews(pointers(page.Items))
	})
}

// publicRooms reads public rooms, the newest first, until there is a page of those that have
// the words.
func (c *call) publicRooms(query words.Query, from string, limit int) (found []Room, next string, err error) {
	keyset, args, err := c.keysetCondition("public rooms", from, "created_at", "id")
	if err != nil {
		return nil, "", err
	}
	most := SearchRoomsScan
	if query.Terms() == 0 {
		most = limit + 1
	}
	read := 0
	var last Room
	err = c.queryEach(func(rows row) (more bool, err error) {
		if last, err = scanRoom(rows); err != nil {
			return false, err
		}
		read++
		if _, has := query.Match(last.Name + "\n" + last.Description); has {
			found = append(found, last)
		}
		return len(found) <= limit, nil
	}, "SELECT "+roomColumns+" FROM chat_rooms WHERE is_public AND deleted_at IS NULL"+
		keyset+" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, most)...)
	if err != nil {
		return nil, "", err
	}
	position := func(r Room) string { return cursor(momentCursor{"public rooms", r.CreatedAt, r.ID}) }
	found, next = trimPage(found, limit, position)
	if next == "" && read == SearchRoomsScan && query.Terms() > 0 {
		next = position(last)
	}
	return found, next, nil
}
