package httpadapter

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/go-df/chat"
)

func (r *request) subscribe(after chat.Cursor) (*chat.Subscription, error) {
	return r.h.svc.Subscribe(r.Context(), r.actor, chat.SubscribeOptions{After: after})
}

// What one response to a poll holds at most, the last update aside.
const (
	polledUpdates = 500
	polledBytes   = 1 << 20
	pollMost      = 55 // seconds that a poll may wait
)

type polled struct {
	Updates []jsontext.Value `json:"updates"`
	Cursor  chat.Cursor      `json:"cursor"`
}

// eventPoll responds with the updates since a cursor, the first of which is a hello. While
// there are no others it waits.
func eventPoll(r *request) (*response, error) {
	after, wait := chat.Cursor(r.param("after")), r.number("wait", 0)
	if wait != nil && *wait > pollMost {
		r.fail(badParameter("wait", chat.CodeOutOfRange, "is more than 55"))
	}
	if r.err != nil {
		return nil, r.err
	}
	ctx, end := r.h.shutdowns.begin(r.Request)
	defer end()
	sub, err := r.subscribe(after)
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	var patience time.Duration
	if wait != nil && after != "" { // without a cursor the hello is what was asked for
		patience = time.Duration(*wait) * time.Second
	}
	page, err := pollUpdates(ctx, sub, patience)
	if err != nil {
		return nil, err
	}
	return ok(page, nil), nil
}

func pollUpdates(ctx context.Context, sub *chat.Subscription, patience time.Duration) (*polled, error) {
	page, size := &polled{}, 0
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(page.Updates) < polledUpdates && size < polledBytes {
		if len(page.Updates) > 1 {
			cancel() // what is there is not kept waiting
		}
		u, err := sub.Next(waiting)
		switch {
		case waiting.Err() != nil && errors.Is(err, waiting.Err()), err != nil && len(page.Updates) > 1:
			return page, nil
		case err != nil:
			return nil, err
		}
		data := encodedUpdate(&u)
		if data == nil {
			return nil, errUpdate
		}
		if page.Updates, page.Cursor = append(page.Updates, data), u.Cursor; len(page.Updates) > 1 {
			size += len(data) // a hello is no progress, however long
		}
	}
	return page, nil
}

var errUpdate = errors.New("httpadapter: an update does not encode")

type roomEvents struct {
	Items   []jsontext.Value `json:"items"`
	HasMore bool             `json:"has_more"`
	Reset   bool             `json:"reset"`
}

// roomEventList fills a gap in a room's events.
func roomEventList(r *request) (*response, error) {
	room, after, limit := r.id("room"), r.number("after", 0), r.limit()
	if r.err != nil {
		return nil, r.err
	}
	query := chat.EventsQuery{Limit: limit}
	if after != nil {
		query.After = *after
	}
	found, err := r.h.svc.Events(r.Context(), r.actor, room, query)
	if err != nil {
		return nil, err
	}
	page := &roomEvents{Items: make([]jsontext.Value, len(found.Items)), HasMore: found.HasMore, Reset: found.Reset}
	for i := range found.Items {
		if page.Items[i] = encodedUpdate(&found.Items[i]); page.Items[i] == nil {
			return nil, errUpdate
		}
	}
	return ok(page, nil), nil
}
