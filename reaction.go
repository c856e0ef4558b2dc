package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Reaction is a row of chat_reactions: what one user thinks of one message.
type Reaction struct {
	ID        uuid.UUID `gorm:"column:id;primaryKey;-:migration"`
	MessageID uuid.UUID `gorm:"column:message_id;-:migration"`
	UserID    UserID    `gorm:"column:user_id;-:migration"`
	Reaction  string    `gorm:"column:reaction;-:migration"`
	CreatedAt time.Time `gorm:"column:created_at;-:migration"`
}

// TableName is the reactions' table.
func (Reaction) TableName() string { return "chat_reactions" }

// ReactionCount is how many users gave one reaction to a message.
type ReactionCount struct {
	Reaction string
	Count    int64
	Mine     *uuid.UUID // the id of the actor's own, nil when there is none
}

const reactionColumns = "id, message_id, user_id, reaction, created_at"

func scanReaction(rows row) (Reaction, error) {
	var r Reaction
	err := rows.Scan(&r.ID, &r.MessageID, &r.UserID, &r.Reaction, scanRequiredTime(&r.CreatedAt))
	return r, err
}

// React adds the actor's reaction to a message, as Config.Reactions allows it.
// Membership is enough. The same again returns the first; where the policy is
// exclusive, another replaces it.
//
// Errors: ErrNotFound, ErrForbidden in a private room whose other user was erased,
// ErrInvalid also for System, which has no feelings, ErrTooLarge when the message has
// Limits.ReactionsPerMessage different ones, ErrConflict on a tombstone.
func (s *Service) React(ctx context.Context, actor Actor, message uuid.UUID, reaction string) (*Reaction, error) {
	reaction, err := s.config.canonicalReaction(reaction)
	if err != nil {
		return nil, err
	}
	var given *Reaction
	err = s.write(ctx, actor, func(c *call) error {
		if _, err := c.actor.user(); err != nil {
			return err
		}
		p, m, err := c.lockMessage(message, opReact)
		if err != nil {
			return err
		}
		if m.Deleted() {
			return conflict("the message was deleted")
		}
		given, err = p.react(m, reaction)
		return err
	})
	return result(given, err)
}

func (p *place) react(m *Message, reaction string) (*Reaction, error) {
	mine, err := all(p.call, scanReaction, "SELECT "+reactionColumns+
		" FROM chat_reactions WHERE message_id = ? AND user_id = ?", m.ID, p.actor.id)
	if err != nil {
		return nil, err
	}
	for i := range mine {
		if mine[i].Reaction == reaction {
			return &mine[i], nil
		}
	}
	replaces := exclusive(p.config.Reactions)
	if err := p.roomForReaction(m, reaction, replaces); err != nil {
		return nil, err
	}
	if replaces {
		for i := range mine {
			if err := p.takeBack(&mine[i]); err != nil {
				return nil, err
			}
		}
	}
	r := &Reaction{ID: newID(), MessageID: m.ID, UserID: p.actor.id, Reaction: reaction, CreatedAt: p.now}
	if _, err := p.exec(`INSERT INTO chat_reactions (id, message_id, user_id, reaction, created_at) VALUES (?, ?, ?, ?, ?)`,
		r.ID, r.MessageID, r.UserID, r.Reaction, r.CreatedAt); err != nil {
		return nil, err
	}
	p.record(ReactionAdded, &m.ID, &r.UserID)
	return r, p.save()
}

// roomForReaction refuses one kind of reaction too many. Those of the actor's own
// that this one replaces do not count.
func (p *place) roomForReaction(m *Message, reaction string, replaces bool) error {
	limit := p.config.Limits.ReactionsPerMessage
	query, args := "SELECT count(DISTINCT reaction) FROM chat_reactions WHERE message_id = ? AND reaction <> ?", []any{m.ID, reaction}
	if replaces {
		query, args = query+" AND user_id <> ?", append(args, p.actor.id)
	}
	others, err := one(p.call, scanValue[int], query, args...)
	if err != nil {
		return err
	}
	if *others >= limit {
		return tooLarge("reaction", int64(limit), "different reactions to a message")
	}
	return nil
}

func (p *place) takeBack(r *Reaction) error {
	if _, err := p.exec("DELETE FROM chat_reactions WHERE id = ?", r.ID); err != nil {
		return err
	}
	p.record(ReactionRemoved, &r.MessageID, &r.UserID)
	return nil
}

// Unreact takes a reaction of the actor's own back.
//
// Errors: ErrNotFound, ErrForbidden for somebody else's.
func (s *Service) Unreact(ctx context.Context, actor Actor, reaction uuid.UUID) error {
	return s.write(ctx, actor, func(c *call) error {
		p, err := c.lock(byReaction, reaction)
		if err != nil {
			return err
		}
		r, err := one(c, scanReaction, "SELECT "+reactionColumns+" FROM chat_reactions WHERE id = ?", reaction)
		if err != nil {
			return err
		}
		if r == nil {
			return ErrNotFound
		}
		if err := p.decide(opUnreact, target{child: true, own: r.UserID == c.actor.id}); err != nil {
			return err
		}
		if err := p.takeBack(r); err != nil {
			return err
		}
		return p.save()
	})
}

// Reaction returns one reaction, to members of its room.
//
// Errors: ErrNotFound.
func (s *Service) Reaction(ctx context.Context, actor Actor, reaction uuid.UUID) (*Reaction, error) {
	var found *Reaction
	err := s.read(ctx, actor, func(c *call) error {
		if _, err := c.visit(byReaction, reaction, opRead, target{child: true}); err != nil {
			return err
		}
		r, err := one(c, scanReaction, "SELECT "+reactionColumns+" FROM chat_reactions WHERE id = ?", reaction)
		if err == nil && r == nil {
			err = ErrNotFound
		}
		found = r
		return err
	})
	return result(found, err)
}

// ReactionsQuery asks for a message's reactions, or for the actor's own.
type ReactionsQuery struct {
	// MessageID names the message. Defaults to nil: the actor's own reactions, in
	// all their rooms.
	MessageID *uuid.UUID
	Page
}

// ReactionsPage is a page of reactions, the newest first.
type ReactionsPage struct {
	Items []Reaction
	Next  string // the cursor of the next page, "" after the last
}

// Reactions lists the reactions to a message, or the actor's own.
//
// Errors: ErrNotFound, ErrInvalid for a cursor that no page returned, and for System
// without a message.
func (s *Service) Reactions(ctx context.Context, actor Actor, in ReactionsQuery) (*ReactionsPage, error) {
	var page ReactionsPage
	err := s.read(ctx, actor, func(c *call) error {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return err
		}
		from, args, err := c.reactionsOf(in.MessageID)
		if err != nil {
			return err
		}
		behind, position, err := c.behind("reactions", in.Cursor, "x.created_at", "x.id")
		if err != nil {
			return err
		}
		found, err := all(c, scanReaction, "SELECT "+prefixed("x", reactionColumns)+from+behind+
			" ORDER BY x.created_at DESC, x.id DESC LIMIT ?", append(append(args, position...), limit+1)...)
		page.Items, page.Next = cut(found, limit, func(r Reaction) string {
			return cursor(momentCursor{"reactions", r.CreatedAt, r.ID})
		})
		return err
	})
	return result(&page, err)
}

// reactionsOf renders where the reactions to a message, or the actor's own, are.
func (c *call) reactionsOf(message *uuid.UUID) (from string, args []any, err error) {
	if message != nil {
		_, err := c.visit(byMessage, *message, opRead, target{child: true})
		return " FROM chat_reactions x WHERE x.message_id = ?", []any{*message}, err
	}
	me, err := c.actor.user()
	return ` FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id
		JOIN chat_rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
		JOIN chat_room_users u ON u.room_id = m.room_id AND u.user_id = x.user_id
		WHERE x.user_id = ?`, []any{me}, err
}

// showReactions fills in the reaction counts of messages with one query.
func (c *call) showReactions(messages map[uuid.UUID]*Message) error {
	type counted struct {
		message uuid.UUID
		count   ReactionCount
	}
	mine, args := "NULL", []any{}
	if !c.actor.system {
		mine, args = "MAX(CASE WHEN user_id = ? THEN CAST(id AS text) END)", []any{c.actor.id}
	}
	found, err := all(c, func(rows row) (r counted, err error) {
		err = rows.Scan(&r.message, &r.count.Reaction, &r.count.Count, &r.count.Mine)
		return r, err
	}, "SELECT message_id, reaction, count(*), "+mine+" FROM chat_reactions WHERE message_id "+c.among()+
		" GROUP BY message_id, reaction ORDER BY MIN(created_at), reaction", append(args, jsonArray(keys(messages)))...)
	for _, r := range found {
		m := messages[r.message]
		m.Reactions = append(m.Reactions, r.count)
	}
	return err
}
