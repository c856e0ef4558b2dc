package chat

import (
	"context"
	"slices"

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
// reaction counts, mentions, counts of replies and the heads of replied-to messages, in a
// constant number of queries. It moves no read marker. Where the room shows newcomers no history (see
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
		p, err := c.readFor(byRoom, room, opRead, target{})
		if err != nil {
			return nil, err
		}
		return p.history(at, int64(limit))
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

// history turns a position into a range of numbers. Numbers have no gaps, so that
// a range is a page, and what lies beyond it is known without asking.
func (p *roomScope) history(at HistoryQuery, limit int64) (*MessagesPage, error) {
	before, last := max(p.access.joined, p.room.FirstNumber-1), p.room.LastNumber // the first one is after before
	first := max(before, last-limit) + 1
	end := last
	switch {
	case at.Before != nil:
		end = min(last, max(before, *at.Before-1))
		first = max(before, end-limit) + 1
	case at.After != nil:
		first = min(max(before, *at.After), last) + 1
		end = min(last, first+limit-1)
	case at.Around != nil:
		middle := min(max(before+1, *at.Around), last)
		first = max(before+1, middle-limit/2)
		end = min(last, first+limit-1)
	}
	items, err := p.messages("room_id = ? AND number BETWEEN ? AND ?", p.room.ID, first, end)
	if err != nil {
		return nil, err
	}
	page := &MessagesPage{Items: items, HasBefore: first > before+1, HasAfter: end < last}
	return page, nil
}

// messages reads messages of a condition, which the actor was decided to see, in order,
// with all that a page shows of them. The condition of membership is in the statement
// itself: whoever was removed since the decision gets nothing that came after it.
func (p *roomScope) messages(condition string, args ...any) ([]Message, error) {
	still, more := p.andStillSees()
	messages, err := queryAll(p.conn, scanMessage, "SELECT "+messageColumns+" FROM chat_messages WHERE "+condition+still+" ORDER BY number",
		append(slices.Clip(args), more...)...)
	if err != nil {
		return nil, err
	}
	return messages, p.attachContent(pointers(messages))
}

// attachContent fills in media, reactions, mentions, counts of replies and the heads of
// replied-to messages.
func (c *call) attachContent(messages []*Message) error {
	if len(messages) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]*Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	if err := c.attachMore(messageContent{byID, byID, byID}); err != nil {
		return err
	}
	return c.attachReplies(messages)
}

// messageContent is the messages, by their ids, that have media, reactions, and mentions or
// replies, or that may have.
type messageContent struct{ media, reactions, references map[uuid.UUID]*Message }

// attachMore fills in media, reactions, mentions and counts of replies.
func (c *call) attachMore(more messageContent) error {
	if err := c.attachMedia(more.media); err != nil {
		return err
	}
	if err := c.attachReactions(more.reactions); err != nil {
		return err
	}
	return c.attachReferences(more.references)
}

// attachReplies fills in the heads of the messages that others reply to. What replies to a
// message that the actor does not see is shown as no reply.
func (c *call) attachReplies(messages []*Message) error {
	var ids []uuid.UUID
	for _, m := range messages {
		if m.ReplyToID != nil {
			ids = append(ids, *m.ReplyToID)
		}
	}
	condition, args := "", []any(nil)
	if !c.actor.system {
		condition, args = " AND "+memberSeesMessage, []any{c.actor.id}
	}
	heads, err := c.readHeads(ids, condition, args...)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.ReplyToID == nil {
			continue
		}
		if replied := heads[*m.ReplyToID]; replied != nil {
			m.ReplyTo = &replied.MessageHead
		} else {
			m.ReplyToID = nil
		}
	}
	return nil
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
	}, "SELECT m.room_id, "+headColumns+", "+prefixed("f", mediaColumns)+" FROM chat_messages m"+headMedia+
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
