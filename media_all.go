package chat

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// MediaFilter selects media: those for which all holds that is set.
type MediaFilter struct {
	// UserID leaves only what this user uploaded. Defaults to everybody, System included.
	UserID UserID
	// Since leaves only what was uploaded at this time or later. Defaults to any time.
	Since time.Time
	// Before leaves only what was uploaded before this time. Defaults to any time.
	Before time.Time
}

// AllMedia goes through all media in ascending order of their ids, which is the order in which
// they were uploaded: all there are for System, and for a user those that Media shows them, which
// are in messages that they see, avatars, and their own uploads that are in no use yet. Only what
// is ready is there, and nothing of deleted messages and rooms.
//
// It reads and fails as AllRooms does. Without UserID all media that there are are looked at.
//
// Errors: ErrInvalid for an id that is none (field "user_id").
func (s *Service) AllMedia(ctx context.Context, actor Actor, filter MediaFilter) iter.Seq2[Media, error] {
	if filter.UserID != "" {
		var err error
		if filter.UserID, err = s.config.userID("user_id", filter.UserID); err != nil {
			return failed[Media](err)
		}
	}
	return sequence(ctx, s, actor, uuid.Nil, func(c *call, after uuid.UUID) ([]Media, uuid.UUID, bool, error) {
		sql := filterSQL{"f.id > ?", []any{after}}
		if filter.UserID != "" {
			sql.and("f.user_id = ?", filter.UserID)
		}
		sql.between("f.created_at", filter.Since, filter.Before)
		found, err := c.seenMedia(sql, "ORDER BY f.id", allBatch)
		if err != nil || len(found) == 0 {
			return nil, after, false, err
		}
		return found, found[len(found)-1].ID, len(found) == allBatch, nil
	})
}

// MediaPage is a page of the media that one user uploaded, the highest id first.
type MediaPage struct {
	Items []Media `json:"items"`
	Next  string  `json:"next"` // the cursor of the next page, "" after the last
}

// MediaBy lists what a user uploaded, the newest first: all that is ready for System, also what
// was never sent, and for a user those of it that Media shows them.
//
// Errors: ErrInvalid for an id that is none (field "user_id") and a cursor that no page returned.
func (s *Service) MediaBy(ctx context.Context, actor Actor, user UserID, page Page) (*MediaPage, error) {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*MediaPage, error) {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		const list = "media by"
		sql := filterSQL{"f.user_id = ?", []any{user}}
		if err := sql.idKeyset(list, page.Cursor, "f.id"); err != nil {
			return nil, err
		}
		found, err := c.seenMedia(sql, "ORDER BY f.id DESC", limit+1)
		if err != nil {
			return nil, err
		}
		result := &MediaPage{}
		result.Items, result.Next = trimPage(found, limit, func(m Media) string { return cursor(idCursor{list, m.ID}) })
		return result, nil
	})
}

// seenMediaSQL reads media f with what they are in, as mediaUseSQL does: in the message m, or
// else as the avatar of the room a; and with that room r, unless it is deleted, and the actor's
// membership u there.
const seenMediaSQL = ` FROM chat_media f LEFT JOIN chat_message_media x ON x.media_id = f.id LEFT JOIN chat_messages m ON m.id = x.message_id
	LEFT JOIN chat_rooms a ON a.avatar_id = f.id
	LEFT JOIN chat_rooms r ON r.id = COALESCE(m.room_id, a.id) AND r.deleted_at IS NULL
	LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ? WHERE `

// seenMedia reads ready media f of a condition that the actor sees. It is decideMedia in SQL.
func (c *call) seenMedia(f filterSQL, order string, limit int) ([]Media, error) {
	f.and("f.state = ?", MediaReady)
	if c.actor.system {
		f.and("(r.id IS NOT NULL OR x.media_id IS NULL AND a.id IS NULL)")
	} else {
		f.and("CASE WHEN x.media_id IS NOT NULL THEN u.user_id IS NOT NULL AND "+visibleMessage+
			" WHEN a.id IS NOT NULL THEN r.is_public OR u.user_id IS NOT NULL ELSE f.user_id = ? END", c.actor.id)
	}
	return queryAll(c.conn, scanMedia, "SELECT "+prefixed("f", mediaColumns)+seenMediaSQL+f.condition+" "+order+" LIMIT ?",
		append(append([]any{c.actor.nullableID()}, f.args...), limit)...)
}
