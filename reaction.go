package chat

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Reaction is a row of chat_reactions: what one user thinks of one message.
type Reaction struct {
	ID        uuid.UUID `gorm:"column:id;primaryKey;type:uuid;-:migration" json:"id"`
	MessageID uuid.UUID `gorm:"column:message_id;<-:create;-:migration" json:"message_id"`
	UserID    UserID    `gorm:"column:user_id;<-:create;-:migration" json:"user_id"`
	Reaction  string    `gorm:"column:reaction;<-:create;-:migration" json:"reaction"`
	CreatedAt time.Time `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`

	Counts []ReactionCount `gorm:"-" json:"counts,omitempty"` // all reactions to the message, as on a page; set by React
}

// TableName is the reactions' table.
func (Reaction) TableName() string { return "chat_reactions" }

// ReactionCount is how many users gave one reaction to a message.
type ReactionCount struct {
	Reaction string     `json:"reaction"`
	Count    int64      `json:"count"`
	Mine     *uuid.UUID `json:"mine"`  // the id of the actor's own, nil when there is none
	Users    []UserID   `json:"users"` // who gave it, the first 5 of them
}

// firstUsers is how many of those who gave a reaction are listed.
const firstUsers = 5

const reactionColumns = "id, message_id, user_id, reaction, created_at"

func (r *Reaction) fields() []any {
	return []any{&r.ID, &r.MessageID, &r.UserID, &r.Reaction, scanRequiredTime(&r.CreatedAt)}
}

func scanReaction(rows row) (Reaction, error) {
	var r Reaction
	err := rows.Scan(r.fields()...)
	return r, err
}

// React adds the actor's reaction to a message, as Config.Reactions allows it.
// Membership is enough. The same again returns the first; where the policy is
// exclusive, another replaces it. Counts has what the message's reactions are then.
//
// Errors: ErrNotFound, ErrForbidden in a private room whose other user was erased,
// ErrInvalid also for System, ErrTooLarge when the message has
// Limits.ReactionsPerMessage different ones, or Limits.ReactionsPerUser of the
// actor's own, ErrConflict on a tombstone.
func (s *Service) React(ctx context.Context, actor Actor, message uuid.UUID, reaction string) (*Reaction, error) {
	reaction, err := s.config.canonicalReaction(reaction)
	if err != nil {
		return nil, err
	}
	if err := s.before(ctx, actor, func(p principal) (Operation, error) {
		_, err := p.user()
		return &ReactOperation{operationOn(byMessage, message), message, reaction}, err
	}); err != nil {
		return nil, err
	}
	if p, err := s.principalOf(actor); err == nil {
		if _, err := p.user(); err != nil {
			return nil, err
		}
	}
	return changeMessage(ctx, s, actor, message, opReact, func(p *roomScope, m *messageTarget) (*Reaction, error) {
		return p.react(m, reaction)
	})
}

func (p *roomScope) react(m *messageTarget, reaction string) (*Reaction, error) {
	for i := range m.mine {
		if r := &m.mine[i]; r.Reaction == reaction {
			r.Counts = m.Reactions
			return r, nil
		}
	}
	replaces := exclusive(p.config.Reactions)
	if limit := p.config.Limits.ReactionsPerUser; !replaces && len(m.mine) >= limit {
		return nil, tooLarge("reaction", CodeTooMany, int64(limit), "different reactions of a user to a message")
	}
	if err := p.checkReactionLimit(m.Message, reaction, replaces); err != nil {
		return nil, err
	}
	if p.pending != nil && (replaces && len(m.mine) > 0 || m.lastReacted != nil && !p.now.After(*m.lastReacted)) {
		return nil, errNeedsLock // the counts are read again
	}
	if replaces {
		for i := range m.mine {
			if err := p.deleteReaction(&m.mine[i]); err != nil {
				return nil, err
			}
		}
	}
	r := &Reaction{ID: newID(), MessageID: m.ID, UserID: p.actor.id, Reaction: reaction, CreatedAt: p.now}
	if _, err := p.exec("INSERT INTO chat_reactions (id, message_id, user_id, reaction, created_at) SELECT ?, ?, ?, ?, ? WHERE TRUE",
		r.ID, r.MessageID, r.UserID, r.Reaction, r.CreatedAt); err != nil {
		return nil, err
	}
	p.record(ReactionAdded, &m.ID, &r.UserID)
	err := p.save()
	if p.pending != nil {
		r.Counts = withReaction(m.Reactions, r)
		return r, err
	}
	if err == nil {
		r.Counts, err = p.reactionCounts(m.ID)
	}
	return r, err
}

// withReaction counts one more reaction, which was given after all others.
func withReaction(counts []ReactionCount, r *Reaction) []ReactionCount {
	i := slices.IndexFunc(counts, func(c ReactionCount) bool { return c.Reaction == r.Reaction })
	if i < 0 {
		return append(counts, ReactionCount{Reaction: r.Reaction, Count: 1, Mine: &r.ID, Users: []UserID{r.UserID}})
	}
	c := &counts[i]
	c.Count, c.Mine = c.Count+1, &r.ID
	if len(c.Users) < firstUsers {
		c.Users = append(c.Users, r.UserID)
	}
	return counts
}

// checkReactionLimit refuses one kind of reaction too many. Those of the actor's own
// that this one replaces do not count.
func (p *roomScope) checkReactionLimit(m *Message, reaction string, replaces bool) error {
	limit, others := p.config.Limits.ReactionsPerMessage, 0
	for _, c := range m.Reactions {
		if c.Reaction != reaction && (!replaces || c.Mine == nil || c.Count != 1) {
			others++
		}
	}
	if others >= limit {
		return tooLarge("reaction", CodeTooMany, int64(limit), "different reactions to a message")
	}
	return nil
}

func (p *roomScope) deleteReaction(r *Reaction) error {
	if _, err := p.exec("DELETE FROM chat_reactions WHERE id = ?", r.ID); err != nil {
		return err
	}
	p.record(ReactionRemoved, &r.MessageID, &r.UserID)
	return nil
}

// Unreact takes a reaction of the actor's own back, and returns what the message's reactions
// are then, as on a page.
//
// Errors: ErrNotFound, ErrForbidden for somebody else's.
func (s *Service) Unreact(ctx context.Context, actor Actor, reaction uuid.UUID) ([]ReactionCount, error) {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &UnreactOperation{operationOn(byReaction, reaction), reaction}, nil
	}); err != nil {
		return nil, err
	}
	return write(ctx, s, actor, func(c *call) ([]ReactionCount, error) {
		p, err := c.lockRoom(byReaction, reaction)
		if err != nil {
			return nil, err
		}
		r, err := queryOne(c.conn, func(rows row) (r Reaction, err error) {
			err = rows.Scan(append(r.fields(), &p.number)...)
			return r, err
		}, "SELECT "+prefixed("x", reactionColumns)+", m.number FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id WHERE x.id = ?", reaction)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, ErrNotFound
		}
		if err := p.decide(opUnreact, target{child: true, own: r.UserID == c.actor.id}); err != nil {
			return nil, err
		}
		if err := p.deleteReaction(r); err != nil {
			return nil, err
		}
		if err := p.save(); err != nil {
			return nil, err
		}
		return p.reactionCounts(r.MessageID)
	})
}

// reactionCounts reads what the reactions to a message are.
func (c *call) reactionCounts(message uuid.UUID) ([]ReactionCount, error) {
	column, args := c.reactionsIn("chat_reactions", "m.id")
	counts, err := queryOne(c.conn, func(rows row) ([]ReactionCount, error) {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		return reactionCountsOf(data)
	}, "SELECT "+column+" FROM chat_messages m WHERE m.id = ?", append(args, message)...)
	if err != nil || counts == nil || *counts == nil {
		return []ReactionCount{}, err
	}
	return *counts, nil
}

// Reaction returns one reaction, to members of its room.
//
// Errors: ErrNotFound.
func (s *Service) Reaction(ctx context.Context, actor Actor, reaction uuid.UUID) (*Reaction, error) {
	return read(ctx, s, actor, func(c *call) (*Reaction, error) {
		if _, err := c.readFor(byReaction, reaction, opRead, target{child: true}); err != nil {
			return nil, err
		}
		r, err := queryOne(c.conn, scanReaction, "SELECT "+reactionColumns+" FROM chat_reactions WHERE id = ?", reaction)
		if err == nil && r == nil {
			err = ErrNotFound
		}
		return r, err
	})
}

// ReactionsQuery selects a page of a message's reactions, or of the actor's own.
type ReactionsQuery struct {
	// MessageID names the message. Defaults to nil: the actor's own reactions, in
	// all their rooms.
	MessageID *uuid.UUID
	Page
}

// ReactionsPage is a page of reactions, the newest first.
type ReactionsPage struct {
	Items []Reaction `json:"items"`
	Next  string     `json:"next"` // the cursor of the next page, "" after the last
}

// Reactions lists the reactions to a message, or the actor's own.
//
// Errors: ErrNotFound, ErrInvalid for a cursor that no page returned, and for System
// without a message.
func (s *Service) Reactions(ctx context.Context, actor Actor, in ReactionsQuery) (*ReactionsPage, error) {
	return read(ctx, s, actor, func(c *call) (*ReactionsPage, error) {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		from, args, err := c.reactionsOf(in.MessageID)
		if err != nil {
			return nil, err
		}
		keyset, position, err := c.keysetCondition("reactions", in.Cursor, "x.created_at", "x.id")
		if err != nil {
			return nil, err
		}
		found, err := queryAll(c.conn, scanReaction, "SELECT "+prefixed("x", reactionColumns)+from+keyset+
			" ORDER BY x.created_at DESC, x.id DESC LIMIT ?", append(append(args, position...), limit+1)...)
		page := &ReactionsPage{}
		page.Items, page.Next = trimPage(found, limit, func(r Reaction) string {
			return cursor(momentCursor{"reactions", r.CreatedAt, r.ID})
		})
		return page, err
	})
}

// reactionsOf renders where the reactions to a message, or the actor's own, are.
func (c *call) reactionsOf(message *uuid.UUID) (from string, args []any, err error) {
	if message != nil {
		_, err := c.readFor(byMessage, *message, opRead, target{child: true})
		return " FROM chat_reactions x WHERE x.message_id = ?", []any{*message}, err
	}
	me, err := c.actor.user()
	return ` FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id
		JOIN chat_rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
		JOIN chat_room_users u ON u.room_id = m.room_id AND u.user_id = x.user_id
		WHERE x.user_id = ? AND ` + visibleMessage, []any{me}, err
}
