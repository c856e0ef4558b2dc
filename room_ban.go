package chat

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// Ban keeps a user out of a room: they cannot join it, and nobody can add them.
type Ban struct {
	RoomID    uuid.UUID  `json:"room_id"`
	UserID    UserID     `json:"user_id"`
	BannedBy  *UserID    `json:"banned_by"` // who banned them last; nil for System, or when erased
	Reason    string     `json:"reason"`
	Until     *time.Time `json:"until"` // nil: until UnbanUser
	CreatedAt time.Time  `json:"created_at"`
}

// BanOptions is how to ban a user.
type BanOptions struct {
	// Until is when the ban ends by itself, a time in the future. Defaults to nil:
	// not before UnbanUser.
	Until *time.Time
	// Reason is for those who see the room's bans, at most Limits.Reason characters.
	Reason string
}

func (in *BanOptions) validate(c *Config) error {
	if reason := invalidTextReason(in.Reason); reason != "" {
		return invalid("reason", CodeInvalidText, "%s", reason)
	}
	if utf8.RuneCountInString(in.Reason) > c.Limits.Reason {
		return tooLarge("reason", CodeTooLong, int64(c.Limits.Reason), "characters")
	}
	return nil
}

// bans checks what p may not do to themselves, and returns the end of the ban as both
// databases keep it.
func (p principal) bans(user UserID, in BanOptions, now time.Time) (until *time.Time, err error) {
	if user == p.id {
		return nil, invalid("user_id", CodeNotAllowed, "is the actor: nobody bans themselves")
	}
	return futureTime("until", in.Until, now)
}

// futureTime returns an end that a caller gave as both databases keep it; nil for none.
func futureTime(field string, end *time.Time, now time.Time) (*time.Time, error) {
	if end == nil {
		return nil, nil
	}
	until := end.UTC().Truncate(time.Microsecond)
	if !until.After(now) {
		return nil, invalid(field, CodeOutOfRange, "is not in the future")
	}
	if until.Year() > 9999 {
		return nil, invalid(field, CodeOutOfRange, "is after the year 9999")
	}
	return &until, nil
}

// BanUser keeps a user out of a group or a channel, whether they are a member, which
// ends, or not. They cannot join it and cannot be added, also not by System, until
// UnbanUser or the ban's end. Banning again replaces the end and the reason; the
// same again changes nothing.
//
// It needs what RemoveUser of the same user needs.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict for the owner and in a private room,
// ErrInvalid for oneself, an end that is not in the future and an id that is not in
// Config.UsersTable, ErrTooLarge for the reason.
func (s *Service) BanUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID, in BanOptions) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	if err := in.validate(&s.config); err != nil {
		return err
	}
	if err := s.before(ctx, actor, func(p principal) (Operation, error) { return banOperation(p, room, user, in, s.now()) }); err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		until, err := c.actor.bans(user, in, c.now)
		if err != nil {
			return err
		}
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return err
		}
		return p.ban(user, until, in.Reason)
	})
}

func (p *roomScope) ban(user UserID, until *time.Time, reason string) error {
	known, err := p.userStateFor(opBan, user)
	if err != nil {
		return err
	}
	if known.member == nil && known.ban == nil && known.denied == 0 {
		if err := p.checkUsers("user_id", user); err != nil {
			return err
		}
	}
	since := p.now
	if known.banned(p.now) {
		if known.ban.Reason == reason && sameTime(known.ban.Until, until) {
			return nil
		}
		since = known.ban.CreatedAt
	}
	if known.member != nil {
		if err := p.endMembership(known); err != nil {
			return err
		}
	}
	known.ban = &Ban{
		RoomID: p.room.ID, UserID: user, BannedBy: p.actor.nullableID(), Reason: reason, Until: until, CreatedAt: since,
	}
	if err := p.restrict(known); err != nil {
		return err
	}
	p.record(UserBanned, nil, &user)
	return p.save()
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// UnbanUser lifts a ban. The user is no member again by that, and comes back, if they
// do, without what they lacked of the room's default. It needs can_remove_users.
//
// Errors: ErrNotFound also when the user is not banned, ErrForbidden, ErrConflict in
// a private room, ErrInvalid.
func (s *Service) UnbanUser(ctx context.Context, actor Actor, room uuid.UUID, user UserID) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		return &UnbanOperation{operationOn(byRoom, room), room, user}, nil
	}); err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		p, err := c.lockRoom(byRoom, room)
		if err != nil {
			return err
		}
		known, err := p.userStateFor(opUnban, user)
		if err != nil {
			return err
		}
		if !known.banned(c.now) {
			return ErrNotFound
		}
		known.ban = nil
		if err := p.restrict(known); err != nil {
			return err
		}
		p.record(UserUnbanned, nil, &user)
		return p.save()
	})
}

// BansPage is a page of a room's bans.
type BansPage struct {
	Items []Ban  `json:"items"`
	Next  string `json:"next"` // the cursor of the next page, "" after the last
}

const banColumns = "room_id, user_id, banned_by, reason, banned_until, banned_at"

func scanBan(rows row) (b Ban, err error) {
	err = rows.Scan(&b.RoomID, &b.UserID, &b.BannedBy, &b.Reason, scanTime(&b.Until), scanRequiredTime(&b.CreatedAt))
	return b, err
}

// Bans lists the bans of a group or a channel that are in force, by user id. It needs
// can_remove_users.
//
// Errors: ErrNotFound, ErrForbidden, ErrConflict in a private room, ErrInvalid for a
// cursor that no page returned.
func (s *Service) Bans(ctx context.Context, actor Actor, room uuid.UUID, page Page) (*BansPage, error) {
	return read(ctx, s, actor, func(c *call) (*BansPage, error) {
		limit, err := c.pageLimit(page.Limit)
		if err != nil {
			return nil, err
		}
		if _, err := c.readFor(byRoom, room, opSeeBans, target{}); err != nil {
			return nil, err
		}
		query, args := "SELECT "+banColumns+` FROM chat_restrictions WHERE room_id = ? AND banned_at IS NOT NULL
			AND (banned_until IS NULL OR banned_until > ?)`, []any{room, c.now}
		if page.Cursor != "" {
			after, err := c.userCursor(page.Cursor)
			if err != nil {
				return nil, err
			}
			query, args = query+" AND user_id > ?", append(args, after)
		}
		bans, err := queryAll(c.conn, scanBan, query+" ORDER BY user_id LIMIT ?", append(args, limit+1)...)
		list := &BansPage{}
		list.Items, list.Next = trimPage(bans, limit, func(b Ban) string { return cursor(b.UserID) })
		return list, err
	})
}

// userState is what a room has of a user: their membership, and the restrictions and the
// ban, which outlive it.
type userState struct {
	id     UserID
	member *RoomUser   // nil when they are none
	denied Permissions // what the default does not give them when they join or are added
	ban    *Ban        // nil when there was none; it may be over
}

// banned: nobody is both banned and a member.
func (s *userState) banned(now time.Time) bool {
	return s.ban != nil && (s.ban.Until == nil || s.ban.Until.After(now))
}

// userStates reads what the room has of users, one for each.
func (p *roomScope) userStates(users []UserID) ([]*userState, error) {
	return queryAll(p.conn, p.scanUserState, "SELECT j.user_id, "+prefixed("u", optionalRoomUserColumns)+
		", COALESCE(x.denied, 0), x.banned_by, COALESCE(x.reason, ''), x.banned_until, x.banned_at FROM "+p.jsonRows("user_id user")+`
		LEFT JOIN chat_room_users u ON u.room_id = ? AND u.user_id = j.user_id
		LEFT JOIN chat_restrictions x ON x.room_id = ? AND x.user_id = j.user_id
		ORDER BY u.user_id`, userRows(users), p.room.ID, p.room.ID)
}

func (p *roomScope) scanUserState(rows row) (*userState, error) {
	var member optionalRoomUser
	ban := Ban{RoomID: p.room.ID}
	s := &userState{}
	err := rows.Scan(slices.Concat([]any{&s.id}, member.fields(),
		[]any{&s.denied, &ban.BannedBy, &ban.Reason, scanTime(&ban.Until), scanRequiredTime(&ban.CreatedAt)})...)
	ban.UserID, s.member = s.id, member.of(p.room, p.now)
	if !ban.CreatedAt.IsZero() {
		s.ban = &ban
	}
	return s, err
}

// userStateFor reads what the room has of a user and decides on an operation about them.
// Those outside the room are refused before anything is read.
func (p *roomScope) userStateFor(op operation, user UserID) (*userState, error) {
	if err := p.decide(opRead, target{}); err != nil {
		return nil, err
	}
	known, err := p.userStates([]UserID{user})
	if err != nil {
		return nil, err
	}
	on := target{own: user == p.actor.id}
	if member := known[0].member; member != nil {
		on.owner, on.permissions = member.Owner, member.Effective
	}
	return known[0], p.decide(op, on)
}

// restrict writes what outlives a membership, or removes the row when that is nothing.
func (p *roomScope) restrict(s *userState) error {
	if s.denied == 0 && s.ban == nil {
		return p.liftRestrictions([]UserID{s.id})
	}
	var at, until *time.Time
	var by *UserID
	var reason *string
	if s.ban != nil {
		at, until, by, reason = &s.ban.CreatedAt, s.ban.Until, s.ban.BannedBy, &s.ban.Reason
	}
	_, err := p.exec(`INSERT INTO chat_restrictions (room_id, user_id, denied, banned_at, banned_until, banned_by, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room_id, user_id) DO UPDATE SET denied = excluded.denied,
		banned_at = excluded.banned_at, banned_until = excluded.banned_until, banned_by = excluded.banned_by, reason = excluded.reason`,
		p.room.ID, s.id, s.denied, at, until, by, reason)
	return err
}

// liftRestrictions removes all that outlives the memberships of users.
func (p *roomScope) liftRestrictions(users []UserID) error {
	return p.execOn(users, "DELETE FROM chat_restrictions")
}

// endBans removes what is left of bans that are over, of users who are denied something.
func (p *roomScope) endBans(users []UserID) error {
	return p.execOn(users, "UPDATE chat_restrictions SET banned_at = NULL, banned_until = NULL, banned_by = NULL, reason = NULL")
}

// execOn runs a statement on the rows of users in the room, if there are any users.
func (p *roomScope) execOn(users []UserID, statement string) error {
	if len(users) == 0 {
		return nil
	}
	_, err := p.exec(statement+" WHERE room_id = ? AND user_id IN (SELECT j.user_id FROM "+p.jsonRows("user_id user")+")",
		p.room.ID, userRows(users))
	return err
}

// userRows are ids as jsonRows("user_id user") reads them.
func userRows(users []UserID) string {
	rows := make([]dialect.Object, len(users))
	for i, user := range users {
		rows[i] = dialect.Object{"user_id": user}
	}
	return dialect.JSONArray(rows)
}

// refuseBanned names the first banned user of a list by their index in it.
func (p *roomScope) refuseBanned(users []NewRoomUser, known []*userState) error {
	var banned []UserID
	for _, user := range known {
		if user.banned(p.now) {
			banned = append(banned, user.id)
		}
	}
	if len(banned) == 0 {
		return nil
	}
	for i, user := range users {
		id, err := p.config.userID("user_id", user.UserID)
		if err == nil && slices.Contains(banned, id) {
			return conflict(fmt.Sprintf("members[%d] is banned from the room", i))
		}
	}
	return nil
}

// restrictNewUsers returns users who are to join the room with what they were denied
// taken out of the default, and lifts the restrictions of those who are given permissions of
// their own, or whom System adds.
func (p *roomScope) restrictNewUsers(users []NewRoomUser, known []*userState) ([]NewRoomUser, error) {
	byID := make(map[UserID]*userState, len(known))
	for _, user := range known {
		byID[user.id] = user
	}
	users = slices.Clone(users)
	var lifted, ended []UserID
	for i, user := range users {
		s := byID[user.UserID]
		switch denied := s.denied != 0; {
		case denied && user.Permissions == nil && !p.access.system:
			own := p.room.DefaultPermissions &^ s.denied
			users[i].Permissions = &own
			if s.ban != nil {
				ended = append(ended, s.id)
			}
		case denied || s.ban != nil:
			lifted = append(lifted, s.id)
		}
	}
	if err := p.liftRestrictions(lifted); err != nil {
		return nil, err
	}
	return users, p.endBans(ended)
}
