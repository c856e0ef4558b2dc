package httpadapter

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/go-df/chat"
)

// userList responds with the profiles that the host shows of some users, or, with q, of
// those whom the host finds. Whom it leaves out is left out here.
func userList(r *request) (*response, error) {
	query, searching := r.given("q")
	switch _, named := r.query["ids"]; {
	case searching && named:
		r.fail(badParameter("ids", chat.CodeExclusive, "cannot be given together with q"))
	case searching:
		return userSearch(r, query)
	case r.query.Has("limit"):
		r.fail(badParameter("limit", chat.CodeExclusive, "is for q alone"))
	}
	if r.h.config.Profiles == nil {
		return nil, chat.ErrNotFound
	}
	texts := r.ids()
	if r.err != nil {
		return nil, r.err
	}
	var ids []chat.UserID
	for _, text := range texts {
		id, err := r.h.svc.UserIDType().Canonical(chat.UserID(text))
		if err == nil && r.spelled(chat.UserID(text)) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	shown, err := r.profiles(ids)
	if err != nil {
		return nil, err
	}
	return ok(items[*user]{shown}, nil), nil
}

// profiles returns those of some users whom the host shows, in their order.
func (r *request) profiles(ids []chat.UserID) ([]*user, error) {
	shown := []*user{}
	if len(ids) == 0 || r.h.config.Profiles == nil {
		return shown, nil
	}
	profiles, err := r.h.config.Profiles(r.Request, ids)
	if err != nil {
		return nil, fmt.Errorf("%w: the host's Config.Profiles: %w", retryLater("the users cannot be shown at present: try again"), err)
	}
	for _, id := range ids {
		if profile, known := profiles[id]; known {
			found := &user{ID: id}
			found.add(profile)
			shown = append(shown, found)
		}
	}
	return shown, nil
}

// What a search of users may bring at most.
const (
	userQueryBytes = 256
	usersFound     = 20 // by default
)

func userSearch(r *request, query string) (*response, error) {
	limit := r.limit()
	if most := r.h.svc.Limits().PageMax; limit == 0 {
		limit = min(usersFound, most)
	} else {
		limit = min(limit, most)
	}
	if len(query) > userQueryBytes {
		p := badParameter("q", chat.CodeTooLong, "is over the limit of 256 bytes")
		p.Errors[0].Limit = userQueryBytes
		r.fail(p)
	}
	if r.err != nil {
		return nil, r.err
	}
	if r.h.config.SearchUsers == nil {
		return nil, newProblem(http.StatusNotImplemented, "no_user_search", "users cannot be searched here")
	}
	found, err := r.h.config.SearchUsers(r.Request, query, limit)
	if err != nil {
		return nil, fmt.Errorf("%w: the host's Config.SearchUsers: %w", retryLater("users cannot be searched at present: try again"), err)
	}
	v := r.view()
	shown := items[*user]{Items: []*user{}}
	for _, id := range found[:min(limit, len(found))] {
		id = r.h.canonical(id)
		if one := v.user(&id); !slices.Contains(shown.Items, one) {
			shown.Items = append(shown.Items, one)
		}
	}
	return ok(shown, v), nil
}

// userRetrieve responds with the profile of a user whom the host shows. Oneself one sees
// in any case.
func userRetrieve(r *request) (*response, error) {
	asked := r.userID()
	if r.err != nil {
		return nil, r.err
	}
	id, err := r.h.svc.UserIDType().Canonical(asked)
	switch {
	case err != nil && asked == r.actor:
		return nil, chat.ErrUnauthenticated
	case err != nil:
		return nil, chat.ErrNotFound
	}
	shown, err := r.profiles([]chat.UserID{id})
	switch {
	case err != nil:
		return nil, err
	case len(shown) > 0:
		return ok(shown[0], nil), nil
	case id == r.actor:
		return ok(&user{ID: id}, nil), nil
	}
	return nil, chat.ErrNotFound
}
