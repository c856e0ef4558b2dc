package chat

import (
	"context"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// HistoryQuery selects a page of a room's messages: the newest ones, or those before,
// after or around a number.
type HistoryQuery struct {
	// Before, After and Around name the number of a message; at most one is given.
	// Around puts half of the page before that message and the rest after it.
	Before, After, Around *int64
	// Limit is how many messages to return, at most Limits.PageMax. Defaults to
	// Limits.PageSize.
	Limit int
}

// MessagesPage is a part of a room's history, in ascending order of Number.
type MessagesPage struct {
	Items     []Message `json:"items"`
	HasBefore bool      `json:"has_before"` // there are messages before the first one here
	HasAfter  bool      `json:"has_after"`  // there are messages after the last one here
}

// Messages returns a page of a room's history, tombstones included, with media,
// reaction counts, mentions, counts of replies and the heads of replied-to messages, in one
// query. It moves no read marker. Where the room shows newcomers no history (see
// HistoryJoined), the first message is the first one after they joined, and nothing is before
// Room.FirstNumber, whatever number is asked for.
//
// Errors: ErrNotFound, ErrForbidden to those who only see a public room, ErrInvalid.
func (s *Service) Messages(ctx context.Context, actor Actor, room uuid.UUID, at HistoryQuery) (*MessagesPage, error) {
	if err := at.validate(); err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*MessagesPage, error) {
		limit, err := c.pageLimit(at.Limit)
		if err != nil {
			return nil, err
		}
		return c.history(room, at, limit)
	})
}

func (at HistoryQuery) validate() error {
	given := ""
	for _, position := range []struct {
		field  string
		number *int64
	}{{"before", at.Before}, {"after", at.After}, {"around", at.Around}} {
		if position.number == nil {
			continue
		}
		if *position.number < 0 {
			return invalid(position.field, CodeOutOfRange, "is negative")
		}
		if given != "" {
			return invalid(position.field, CodeExclusive, "is given together with %s", given)
		}
		given = position.field
	}
	return nil
}

// historyRange renders the first and the last number of a page, over the room f with before,
// the number before the first message that there is for the actor, the number that is asked
// for, and the size of a page. Numbers have no gaps, so that a range is a page, and what lies
// beyond it is known without asking.
func (at HistoryQuery) historyRange(d dialect.Dialect) (first, last string, asked int64) {
	least := func(a, b string) string { return d.Least() + "(" + a + ", " + b + ")" }
	greatest := func(a, b string) string { return d.Greatest() + "(" + a + ", " + b + ")" }
	switch {
	case at.After != nil:
		first, asked = least(greatest("f.before", "f.asked"), "f.last_number")+" + 1", *at.After
	case at.Around != nil:
		middle := least(greatest("f.before + 1", "f.asked"), "f.last_number")
		first, asked = greatest("f.before + 1", middle+" - f.size / 2"), *at.Around
	case at.Before != nil:
		last, asked = least("f.last_number", greatest("f.before", "f.asked - 1")), *at.Before
	default:
		last = "f.last_number"
	}
	if last == "" {
		return first, least("f.last_number", first+" + f.size - 1"), asked
	}
	return greatest("f.before", last+" - f.size") + " + 1", last, asked
}

// history reads the room, the actor's membership and the page in one statement. Heads of
// messages that are on the page themselves are made of it.
func (c *call) history(room uuid.UUID, at HistoryQuery, limit int) (*MessagesPage, error) {
	first, last, asked := at.historyRange(c.dialect)
	found, err := c.readPage(scopedPage{room: room, size: limit, asked: asked, first: first, last: last})
	if err != nil {
		return nil, err
	}
	attachHeadsOnPage(found.messages)
	return &MessagesPage{Items: found.messages, HasBefore: found.first > found.before+1, HasAfter: found.last < found.scope.room.LastNumber}, nil
}

// attachHeadsOnPage fills in the heads of messages that are on the page themselves. A message
// that is neither there nor was read does not exist for the actor: what replies to it is shown
// as no reply.
func attachHeadsOnPage(page []Message) {
	for i := range page {
		m := &page[i]
		if m.ReplyToID == nil || m.ReplyTo != nil {
			continue
		}
		for j := i - 1; j >= 0 && m.ReplyTo == nil; j-- {
			if page[j].ID == *m.ReplyToID {
				m.ReplyTo = page[j].head()
			}
		}
	}
	dropReplies(page)
}

// readHeads reads what is shown of messages m that others reply to, of a further condition.
func (c *conn) readHeads(ids []uuid.UUID, condition string, args ...any) (map[uuid.UUID]*repliedTo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := queryAll(c, func(rows row) (r repliedTo, err error) {
		var head optionalHead
		if err = rows.Scan(append([]any{&r.room}, head.fields()...)...); err == nil {
			r.MessageHead = *head.of()
		}
		return r, err
	}, "SELECT m.room_id, "+headColumns+", "+prefixed("f", mediaColumns)+" FROM chat_messages m"+headMedia(c.dialect)+
		" WHERE m.id "+c.dialect.InIDs()+condition, append([]any{dialect.JSONArray(ids)}, args...)...)
	if err != nil {
		return nil, err
	}
	heads := make(map[uuid.UUID]*repliedTo, len(found))
	for i := range found {
		heads[found[i].ID] = &found[i]
	}
	return heads, nil
}

func pointers[T any](items []T) []*T {
	list := make([]*T, len(items))
	for i := range items {
		list[i] = &items[i]
	}
	return list
}

func keys[T any](items map[uuid.UUID]T) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(items))
	for id := range items {
		ids = append(ids, id)
	}
	return ids
}
