package model_test

import (
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (o *oracle) React(actor chat.Actor, message uuid.UUID, reaction string) (*chat.Reaction, error) {
	if len(reaction) > o.limits.ReactionBytes {
		return nil, tooLarge("reaction")
	}
	spelled, allowed := o.reactions[reaction]
	if !allowed {
		return nil, invalid("reaction")
	}
	user, err := o.person(actor)
	if err != nil {
		return nil, err
	}
	r, m, err := o.find(user, message)
	switch {
	case err != nil:
		return nil, err
	case r.halfEmpty():
		return nil, chat.ErrForbidden
	case m.Deleted():
		return nil, chat.ErrConflict
	}
	kinds, mine := map[string]bool{spelled: true}, 1
	var replaced []*chat.Reaction
	for _, x := range m.reactions {
		switch {
		case x.UserID == user && x.Reaction == spelled:
			first := *x
			first.Counts = r.shown(m, user).Reactions
			return &first, nil
		case x.UserID == user && o.exclusive:
			replaced = append(replaced, x)
		default:
			kinds[x.Reaction] = true
			if x.UserID == user {
				mine++
			}
		}
	}
	if mine > o.limits.ReactionsPerUser {
		return nil, tooLarge("reaction")
	}
	if len(kinds) > o.limits.ReactionsPerMessage {
		return nil, tooLarge("reaction")
	}
	for _, x := range replaced {
		o.takeBack(r, m, x, user)
	}
	given := chat.Reaction{ID: o.newID(), MessageID: m.ID, UserID: user, Reaction: spelled, CreatedAt: o.now}
	m.reactions = append(m.reactions, &given)
	o.log(r, chat.ReactionAdded, user, &m.ID, &user)
	result := given
	result.Counts = r.shown(m, user).Reactions
	return &result, nil
}

func (o *oracle) takeBack(r *modelRoom, m *modelMessage, x *chat.Reaction, by chat.UserID) {
	m.reactions = slices.DeleteFunc(m.reactions, func(y *chat.Reaction) bool { return y == x })
	o.log(r, chat.ReactionRemoved, by, &m.ID, &x.UserID)
}

func (o *oracle) Unreact(actor chat.Actor, reaction uuid.UUID) ([]chat.ReactionCount, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	r, m, x, err := o.findReaction(user, reaction)
	if err != nil {
		return nil, err
	}
	if user != system && x.UserID != user {
		return nil, chat.ErrForbidden
	}
	o.takeBack(r, m, x, user)
	return r.shown(m, user).Reactions, nil
}

func (o *oracle) Reaction(actor chat.Actor, reaction uuid.UUID) (*chat.Reaction, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	_, _, x, err := o.findReaction(user, reaction)
	return x, err
}

// ReactionPages is Reactions, page after page: a message's, or the actor's own.
func (o *oracle) ReactionPages(actor chat.Actor, message *uuid.UUID, limit int) ([][]chat.Reaction, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	var found []chat.Reaction
	if message != nil {
		_, m, err := o.find(user, *message)
		if err != nil {
			return nil, err
		}
		for _, x := range m.reactions {
			found = append(found, *x)
		}
	} else {
		if user == system {
			return nil, invalid("actor")
		}
		found = o.reactionsBy(user)
	}
	slices.SortFunc(found, func(a, b chat.Reaction) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return paged(found, size), nil
}

// reactionsBy is what a user said about messages that they can still see.
func (o *oracle) reactionsBy(user chat.UserID) (found []chat.Reaction) {
	for _, r := range o.rooms {
		for _, m := range r.messages {
			for _, x := range m.reactions {
				if x.UserID == user && r.DeletedAt == nil && r.shows(user, m) {
					found = append(found, *x)
				}
			}
		}
	}
	return found
}
