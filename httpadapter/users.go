package httpadapter

import (
	"fmt"
	"slices"

	"github.com/go-df/chat"
)

// userList responds with the profiles that the host shows of some users. Whom it leaves
// out is left out here.
func userList(r *request) (*response, error) {
	lookUp := r.h.config.Profiles
	if lookUp == nil {
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
	shown := items[user]{Items: []user{}}
	if len(ids) == 0 {
		return ok(shown, nil), nil
	}
	profiles, err := lookUp(r.Request, ids)
	if err != nil {
		return nil, fmt.Errorf("%w: the host's Config.Profiles: %w", retryLater("the users cannot be shown at present: try again"), err)
	}
	for _, id := range ids {
		if profile, known := profiles[id]; known {
			shown.Items = append(shown.Items, user{ID: id, Name: profile.Name, AvatarURL: profile.AvatarURL})
		}
	}
	return ok(shown, nil), nil
}
