package model_test

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// restriction is a row of chat_restrictions: what a room keeps of a user who is not in
// it, or who came back with less than the default.
type restriction struct {
	RoomID      uuid.UUID        `gorm:"column:room_id"`
	UserID      chat.UserID      `gorm:"column:user_id"`
	Denied      chat.Permissions `gorm:"column:denied"`
	BannedAt    *time.Time       `gorm:"column:banned_at"`
	BannedUntil *time.Time       `gorm:"column:banned_until"`
	BannedBy    *chat.UserID     `gorm:"column:banned_by"`
	Reason      *string          `gorm:"column:reason"`
}

func (restriction) TableName() string { return "chat_restrictions" }

// restrictions are the room's rows.
func (r *modelRoom) restrictions() (rows []restriction) {
	users := maps.Clone(r.denied)
	for user := range r.bans {
		users[user] |= 0
	}
	for user, denied := range users {
		row := restriction{RoomID: r.ID, UserID: user, Denied: denied}
		if ban := r.bans[user]; ban != nil {
			row.BannedAt, row.BannedUntil, row.BannedBy, row.Reason = &ban.CreatedAt, ban.Until, ban.BannedBy, &ban.Reason
		}
		rows = append(rows, row)
	}
	return rows
}

// isBanned: a ban ends when its time has come.
func (o *oracle) isBanned(r *modelRoom, user chat.UserID) bool {
	ban := r.bans[user]
	return ban != nil && (ban.Until == nil || o.now.Before(*ban.Until))
}

// enter adds people who are not in the room. Who was denied something comes without it,
// unless somebody says otherwise. What is left of an old ban goes.
func (o *oracle) enter(r *modelRoom, by chat.UserID, users []chat.NewRoomUser) {
	for _, u := range users {
		permissions := u.Permissions
		if denied := r.denied[u.UserID]; denied != 0 && permissions == nil && by != system {
			less := r.DefaultPermissions &^ denied
			permissions = &less
		} else {
			delete(r.denied, u.UserID)
		}
		delete(r.bans, u.UserID)
		o.enrol(r, by, u.UserID, permissions)
		o.log(r, chat.UserAdded, by, nil, &u.UserID)
	}
}

// exit ends a membership: what the member had lifts what was denied, and what they
// lacked of the default is denied.
func (o *oracle) exit(r *modelRoom, by, user chat.UserID) {
	had := r.rights(user)
	denied := r.denied[user]&^had | r.DefaultPermissions&^had
	delete(r.denied, user)
	if denied != 0 {
		r.denied[user] = denied
	}
	delete(r.members, user)
	r.MemberCount--
	o.log(r, chat.UserRemoved, by, nil, &user)
}

// mayExpel: what it takes to remove or to ban somebody.
func (r *modelRoom) mayExpel(by, user chat.UserID) bool {
	needed := chat.CanRemoveUsers
	if r.members[user] != nil && !same(r.OwnerID, user) {
		needed |= r.rights(user) & (chat.CanRemoveUsers | chat.CanDeleteMessages | chat.CanEditMessages | chat.CanEditRoom)
	}
	return r.may(by, needed)
}

func (o *oracle) BanUser(actor chat.Actor, room uuid.UUID, user chat.UserID, in chat.BanOptions) error {
	if user == badUser {
		return invalid("user_id")
	}
	if err := checkLine("reason", in.Reason, o.limits.Reason); err != nil {
		return err
	}
	by, err := o.who(actor)
	switch {
	case err != nil:
		return err
	case by == user:
		return invalid("user_id")
	case in.Until != nil && !o.now.Before(*in.Until):
		return invalid("until")
	}
	r, err := o.inside(by, room)
	switch {
	case err != nil:
		return err
	case !r.mayExpel(by, user):
		return chat.ErrForbidden
	case r.private() || same(r.OwnerID, user):
		return chat.ErrConflict
	}
	began := o.now
	if o.isBanned(r, user) {
		ban := r.bans[user]
		if ban.Reason == in.Reason && (ban.Until == in.Until || ban.Until != nil && in.Until != nil && ban.Until.Equal(*in.Until)) {
			return nil
		}
		began = ban.CreatedAt
	}
	if r.members[user] != nil {
		o.exit(r, by, user)
	}
	r.bans[user] = &chat.Ban{RoomID: r.ID, UserID: user, BannedBy: ref(by), Reason: in.Reason, Until: in.Until, CreatedAt: began}
	o.log(r, chat.UserBanned, by, nil, &user)
	return nil
}

// inModeration is the room for who may remove people.
func (o *oracle) inModeration(by chat.UserID, room uuid.UUID) (*modelRoom, error) {
	r, err := o.inside(by, room)
	switch {
	case err != nil:
		return nil, err
	case !r.may(by, chat.CanRemoveUsers):
		return nil, chat.ErrForbidden
	case r.private():
		return nil, chat.ErrConflict
	}
	return r, nil
}

func (o *oracle) UnbanUser(actor chat.Actor, room uuid.UUID, user chat.UserID) error {
	if user == badUser {
		return invalid("user_id")
	}
	by, err := o.who(actor)
	if err != nil {
		return err
	}
	r, err := o.inModeration(by, room)
	if err != nil {
		return err
	}
	if !o.isBanned(r, user) {
		return chat.ErrNotFound
	}
	delete(r.bans, user)
	o.log(r, chat.UserUnbanned, by, nil, &user)
	return nil
}

// BanPages is Bans, page after page.
func (o *oracle) BanPages(actor chat.Actor, room uuid.UUID, limit int) ([][]chat.Ban, error) {
	by, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(limit)
	if err != nil {
		return nil, err
	}
	r, err := o.inModeration(by, room)
	if err != nil {
		return nil, err
	}
	var list []chat.Ban
	for _, user := range slices.Sorted(maps.Keys(r.bans)) {
		if o.isBanned(r, user) {
			list = append(list, *r.bans[user])
		}
	}
	return paged(list, size), nil
}
