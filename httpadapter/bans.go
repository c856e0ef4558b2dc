package httpadapter

import (
	"time"

	"github.com/go-df/chat"
)

func roomBanList(r *request) (*response, error) {
	room, page := r.id("room"), r.page()
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Bans(r.Context(), r.actor, room, page)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.ban), v), nil
}

// roomBanCreate bans a user, or replaces their ban.
func roomBanCreate(r *request) (*response, error) {
	room := r.id("room")
	in := readBody[struct {
		UserID chat.UserID `json:"user_id"`
		Until  *time.Time  `json:"until"`
		Reason string      `json:"reason"`
	}](r)
	user := r.userIDIn("user_id", in.UserID)
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.BanUser(r.Context(), r.actor, room, user, chat.BanOptions{Until: in.Until, Reason: in.Reason}); err != nil {
		return nil, err
	}
	return noContent(), nil
}

func roomBanDelete(r *request) (*response, error) {
	room, user := r.id("room"), r.userID()
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.UnbanUser(r.Context(), r.actor, room, user); err != nil {
		return nil, err
	}
	return noContent(), nil
}
