package httpadapter

import (
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func messageReactionList(r *request) (*response, error) {
	message := r.id("message")
	return reactionsOf(r, &message)
}

// reactionList lists the user's own, in all their rooms.
func reactionList(r *request) (*response, error) { return reactionsOf(r, nil) }

func reactionsOf(r *request, message *uuid.UUID) (*response, error) {
	page := r.page()
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Reactions(r.Context(), r.actor, chat.ReactionsQuery{MessageID: message, Page: page})
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.reaction), v), nil
}

// messageReactionCreate reacts. The same again gets the same response.
func messageReactionCreate(r *request) (*response, error) {
	message := r.id("message")
	in := readBody[struct {
		Reaction string `json:"reaction"`
	}](r)
	if r.err != nil {
		return nil, r.err
	}
	given, err := r.h.svc.React(r.Context(), r.actor, message, in.Reaction)
	if err != nil {
		return nil, err
	}
	v := r.view()
	shown := v.reaction(given)
	shown.Reactions = shownAll(given.Counts, v.reactionCount)
	return created(shown, v, "/reactions/"+given.ID.String()), nil
}

func reactionRetrieve(r *request) (*response, error) {
	id := r.id("reaction")
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Reaction(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(v.reaction(found), v), nil
}

// reactionDelete takes a reaction back, and shows what is left of the message's.
func reactionDelete(r *request) (*response, error) {
	id := r.id("reaction")
	if r.err != nil {
		return nil, r.err
	}
	counts, err := r.h.svc.Unreact(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(reactionCounts{shownAll(counts, v.reactionCount)}, v), nil
}
