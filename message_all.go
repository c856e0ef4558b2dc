package chat

import (
	"context"
	"iter"

	"github.com/google/uuid"
)

// AllMessages goes through all messages that a filter selects, tombstones included, each with
// all that a page of history shows of it: all there are for System, and for a user those that
// they see in the rooms of which they are a member. They come in ascending order of their ids,
// which is about the order in which they were stored, and in one room (RoomID) in ascending
// order of Number. Messages of deleted rooms are left out.
//
// It reads 100 messages at a time and holds no connection between these reads, so that the loop
// may use the service and take its time. Each page is decided anew; what is sent meanwhile comes
// at the end, but with concurrent senders some of it may not. With a RoomID who is removed from
// the room meanwhile gets an error rather than an end. The first error is yielded beside a zero
// Message, and is the last thing that is; the end of ctx is one.
//
// Without RoomID and Author, whatever else is set, every message that there is is looked at, for
// a user whose rooms have more than 10,000, and for System.
//
// Errors: ErrInvalid for a filter with an unknown type or an id that is none (fields "room_type"
// and "author"); and of RoomID ErrNotFound, or ErrForbidden to those who only see a public room.
func (s *Service) AllMessages(ctx context.Context, actor Actor, filter MessageFilter) iter.Seq2[Message, error] {
	if err := filter.validate(&s.config); err != nil {
		return failed[Message](err)
	}
	if filter.RoomID != nil {
		return sequence(ctx, s, actor, int64(0), func(c *call, after int64) ([]Message, int64, bool, error) {
			found, err := c.allMessagesOf(filter, after)
			if err != nil || len(found) == 0 {
				return nil, after, false, err
			}
			return found, found[len(found)-1].Number, len(found) == allBatch, nil
		})
	}
	return sequence(ctx, s, actor, messagePosition{}, func(c *call, after messagePosition) ([]Message, messagePosition, bool, error) {
		found, after, err := c.allMessages(filter, after)
		if err != nil || len(found) == 0 {
			return nil, after, false, err
		}
		after.id = found[len(found)-1].ID
		return found, after, len(found) == allBatch, c.attachContent(pointers(found))
	})
}

// messagePosition is a position among the messages of all rooms.
type messagePosition struct {
	id uuid.UUID
	// few says that the actor's rooms have few messages, after it was asked once: known.
	few, known bool
}

// fewMessages is how many messages may be sorted for a page.
const fewMessages = 10_000

// allMessagesOf reads messages of the filter's one room.
func (c *call) allMessagesOf(f MessageFilter, after int64) ([]Message, error) {
	p, err := c.readFor(byRoom, *f.RoomID, opRead, target{})
	if err != nil || f.RoomType != "" && p.room.Type != f.RoomType {
		return nil, err
	}
	sql := filterSQL{"room_id = ? AND number > ?", []any{p.room.ID, max(after, p.access.joined)}}
	f.narrow(&sql, "")
	still, args := p.andStillSees()
	messages, err := queryAll(c.conn, scanMessage, "SELECT "+messageColumns+" FROM chat_messages WHERE "+sql.condition+still+
		" ORDER BY number LIMIT ?", append(append(sql.args, args...), allBatch)...)
	if err != nil {
		return nil, err
	}
	return messages, c.attachContent(pointers(messages))
}

// allMessages reads messages m of all rooms. Where those of the actor's rooms are few, they are
// read and sorted for each page, and else all messages that there are, in the order of their ids:
// a join, which leaves the choice to the databases, was found to read and sort millions a page.
func (c *call) allMessages(f MessageFilter, after messagePosition) ([]Message, messagePosition, error) {
	if !after.known && !c.actor.system && f.Author == "" {
		few, err := c.hasFewMessages()
		if err != nil {
			return nil, after, err
		}
		after.few = few
	}
	after.known = true
	from, sql := "chat_messages m", filterSQL{"m.id > ?", []any{after.id}}
	if after.few { // SQLite keeps the order of a CROSS JOIN
		rooms, args := roomsThat(nil, f.RoomType)
		from = "chat_room_users u CROSS JOIN chat_rooms r CROSS JOIN chat_messages m"
		sql.and("u.user_id = ? AND r.id = u.room_id AND m.room_id = u.room_id AND "+visibleMessage+" AND "+rooms, append([]any{c.actor.id}, args...)...)
	} else {
		c.onlySeen(&sql, f.RoomType)
	}
	f.narrow(&sql, "m.")
	found, err := queryAll(c.conn, scanMessage, "SELECT "+prefixed("m", messageColumns)+" FROM "+from+" WHERE "+sql.condition+
		" ORDER BY m.id LIMIT ?", append(sql.args, allBatch)...)
	return found, after, err
}

func (c *call) hasFewMessages() (bool, error) {
	n, err := queryOne(c.conn, scanValue[int64], `SELECT CAST(COALESCE(SUM(r.last_number - r.first_number + 1), 0) AS bigint)
		FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id WHERE u.user_id = ? AND r.deleted_at IS NULL`, c.actor.id)
	return err == nil && *n <= fewMessages, err
}

// onlySeen adds the condition that the actor sees the message m, in a room of a type where one
// is given, by looking each message's room up.
func (c *call) onlySeen(f *filterSQL, roomType RoomType) {
	rooms, args := roomsThat(nil, roomType)
	f.and("(SELECT "+rooms+" FROM chat_rooms r WHERE r.id = m.room_id)", args...)
	if !c.actor.system {
		f.and(memberSeesMessage, c.actor.id)
	}
}

// UserMessagesPage is a page of the messages of one author, the highest id first.
type UserMessagesPage struct {
	Items []Message `json:"items"`
	Next  string    `json:"next"` // the cursor of the next page, "" after the last
}

// MessagesBy lists what a user wrote, tombstones included, with all that a page of history shows
// of it, the newest first: all of it for System, also in rooms that the user has left, and for a
// user what they see in the rooms of which they are a member. Messages of deleted rooms are left out.
//
// Errors: ErrInvalid for an id that is none (field "user_id") and a cursor that no page returned.
func (s *Service) MessagesBy(ctx context.Context, actor Actor, user UserID, page Page) (*UserMessagesPage, error) {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*UserMessagesPage, error) {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		const list = "messages by"
		sql := filterSQL{"m.user_id = ?", []any{user}}
		if err := sql.idKeyset(list, page.Cursor, "m.id"); err != nil {
			return nil, err
		}
		c.onlySeen(&sql, "")
		found, err := queryAll(c.conn, scanMessage, "SELECT "+prefixed("m", messageColumns)+" FROM chat_messages m WHERE "+sql.condition+
			" ORDER BY m.id DESC LIMIT ?", append(sql.args, limit+1)...)
		if err != nil {
			return nil, err
		}
		result := &UserMessagesPage{}
		result.Items, result.Next = trimPage(found, limit, func(m Message) string { return cursor(idCursor{list, m.ID}) })
		return result, c.attachContent(pointers(result.Items))
	})
}
