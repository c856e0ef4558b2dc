package chat

import (
	"context"

	"github.com/google/uuid"
)

// RepliesPage is a page of the replies to a message, in ascending order of Number.
type RepliesPage struct {
	Items []Message `json:"items"`
	Next  string    `json:"next"` // the cursor of the next page, "" after the last
}

// Replies lists the messages that reply to a message, the oldest first, with all that a page
// of history shows of them. Deleted replies are left out; those to a tombstone stay. How many
// there are is the message's ReplyCount.
//
// Errors: ErrNotFound, ErrInvalid for a cursor that no page returned.
func (s *Service) Replies(ctx context.Context, actor Actor, message uuid.UUID, page Page) (*RepliesPage, error) {
	return read(ctx, s, actor, func(c *call) (*RepliesPage, error) {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		var after numberCursor
		if page.Cursor != "" {
			if err := after.parse(page.Cursor); err != nil {
				return nil, err
			}
		}
		p, err := c.readFor(byMessage, message, opRead, target{child: true})
		if err != nil {
			return nil, err
		}
		still, args := p.andStillSees()
		found, err := p.messagesWith("FROM chat_messages m WHERE m.reply_to_id = ? AND m.number > ?"+still+" ORDER BY m.number LIMIT ?",
			append(append([]any{message, after.Number}, args...), limit+1)...)
		if err != nil {
			return nil, err
		}
		list := &RepliesPage{}
		list.Items, list.Next = trimPage(found, limit, func(m Message) string { return cursor(numberCursor{m.Number}) })
		return list, nil
	})
}
