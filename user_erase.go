package chat

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// EraseOptions is how to erase a user.
type EraseOptions struct {
	// Successors names the new owner of rooms that the user owns, each a member of
	// the room. A room without one is deleted.
	Successors map[uuid.UUID]UserID
}

// EraseUser removes a user from the chat: their memberships, bans and restrictions,
// their reactions, the mentions of them and what they uploaded and never sent. Their messages and the media in them stay,
// without an author. Rooms that they own go to their successors or are deleted; of a
// private room the other user keeps the history to read, and may delete it.
//
// It is for System alone. With Config.UsersTable the database refuses to delete a
// user before: erase, then delete, in one transaction of InTx. A user who was never
// in a room is no error.
//
// Errors: ErrForbidden to users, ErrInvalid for a successor who is not a member, or
// of a room that the user does not own.
func (s *Service) EraseUser(ctx context.Context, actor Actor, user UserID, in EraseOptions) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		if !c.actor.system {
			return ErrForbidden
		}
		e := &erasure{call: c, user: user, scopes: map[uuid.UUID]*roomScope{}}
		return e.run(in.Successors)
	})
}

// erasure is one EraseUser: the rooms that know the user, locked.
type erasure struct {
	*call
	user    UserID
	scopes  map[uuid.UUID]*roomScope
	deleted []uuid.UUID // rooms
	avatars []uuid.UUID // of those rooms

	deletedAt time.Time
}

func (e *erasure) run(successors map[uuid.UUID]UserID) error {
	if err := e.lockRooms(); err != nil {
		return err
	}
	e.untimed()
	checked, err := e.checkSuccessors(successors)
	if err != nil {
		return err
	}
	if e.deletedAt, err = e.agingTime(); err != nil {
		return err
	}
	for _, p := range e.scopes {
		e.transferOrDelete(p, checked)
	}
	if len(e.deleted) > 0 {
		if err := e.releaseRooms(e.deleted, e.avatars); err != nil {
			return err
		}
	}
	if err := e.clear(); err != nil {
		return err
	}
	if err := e.endMemberships(); err != nil {
		return err
	}
	return e.save()
}

// lockRooms locks the rooms that have something of the user and are not deleted, until there
// are no more: one may have been joined while the lock of another was awaited.
func (e *erasure) lockRooms() error {
	known := e.lockRoomsSQL(roomColumns, `id IN (SELECT room_id FROM chat_room_users WHERE user_id = ?
		UNION SELECT room_id FROM chat_restrictions WHERE user_id = ?
		UNION SELECT room_id FROM chat_messages WHERE user_id = ?
		UNION SELECT room_id FROM chat_mentions WHERE user_id = ?
		UNION SELECT room_id FROM chat_pins WHERE user_id = ?
		UNION SELECT m.room_id FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id WHERE x.user_id = ?)`)
	for first := true; ; first = false {
		rooms, err := queryAll(e.conn, scanRoom, known, e.user, e.user, e.user, e.user, e.user, e.user)
		if err != nil {
			return err
		}
		before := len(e.scopes)
		for i := range rooms {
			if e.scopes[rooms[i].ID] == nil {
				e.scopes[rooms[i].ID] = &roomScope{call: e.call, room: &rooms[i], access: access{system: true}}
			}
		}
		if e.dialect == dialect.SQLite || !first && len(e.scopes) == before {
			return nil
		}
		if first {
			if err := e.lockUser(); err != nil {
				return err
			}
		}
	}
}

// lockUser keeps new references to the user from being made: whoever makes one holds
// the key of the host's row, and has committed when the lock is granted, or will not find
// the user. It comes after the rooms' locks, as a sender takes them.
func (e *erasure) lockUser() error {
	table := e.config.schema(e.dialect).QuotedUsersTable()
	if table == "" {
		return nil
	}
	_, err := e.exec("SELECT 1 FROM "+table+" WHERE id = ? FOR UPDATE", e.user)
	return err
}

// checkSuccessors checks the successors in one query.
func (e *erasure) checkSuccessors(successors map[uuid.UUID]UserID) (map[uuid.UUID]UserID, error) {
	checked := make(map[uuid.UUID]UserID, len(successors))
	var pairs []dialect.Object
	for room, user := range successors {
		successor, err := e.config.userID("successors", user)
		if err != nil {
			return nil, err
		}
		p := e.scopes[room]
		if p == nil || p.room.OwnerID == nil || *p.room.OwnerID != e.user {
			return nil, invalid("successors", CodeNotAllowed, "names a room that the user does not own")
		}
		checked[room] = successor
		pairs = append(pairs, dialect.Object{"room_id": room, "user_id": successor})
	}
	if len(pairs) == 0 {
		return checked, nil
	}
	members, err := queryAll(e.conn, scanRoomUser, "SELECT "+roomUserColumns+` FROM chat_room_users
		WHERE (room_id, user_id) IN (SELECT j.room_id, j.user_id FROM `+e.jsonRows("room_id uuid", "user_id user")+`)
		AND user_id <> ?`, dialect.JSONArray(pairs), e.user)
	if err == nil && len(members) != len(checked) {
		err = invalid("successors", CodeNotAMember, "names someone who is not another member of the room")
	}
	return checked, err
}

// transferOrDelete hands a room on, deletes it, or only empties its pair.
func (e *erasure) transferOrDelete(p *roomScope, checked map[uuid.UUID]UserID) {
	r := p.room
	successor, named := checked[r.ID]
	switch {
	case r.OwnerID != nil && *r.OwnerID == e.user && named:
		r.OwnerID = &successor
		p.record(OwnerChanged, nil, &successor)
	case r.OwnerID != nil && *r.OwnerID == e.user:
		e.deleted = append(e.deleted, r.ID)
		if avatar := p.detach(e.deletedAt); avatar != nil {
			e.avatars = append(e.avatars, *avatar)
		}
		return
	case r.PrivateA != nil && (*r.PrivateA == e.user || *r.PrivateB == e.user):
		r.PrivateA, r.PrivateB = nil, nil
	}
	p.record(AuthorErased, nil, nil)
}

// clear empties every reference to the user, in rooms deleted or not.
func (e *erasure) clear() error {
	if err := e.releaseUnsent(); err != nil {
		return err
	}
	// The whole log is read: an index would cost each send more than it saves here.
	if _, err := e.exec(`UPDATE chat_events SET user_id = CASE WHEN user_id <> ? THEN user_id END,
		actor_id = CASE WHEN actor_id <> ? THEN actor_id END WHERE user_id = ? OR actor_id = ?`, e.user, e.user, e.user, e.user); err != nil {
		return err
	}
	for _, query := range []string{
		"UPDATE chat_media SET user_id = NULL WHERE user_id = ?",
		"DELETE FROM chat_reactions WHERE user_id = ?",
		"DELETE FROM chat_mentions WHERE user_id = ?",
		"UPDATE chat_pins SET user_id = NULL WHERE user_id = ?",
		"UPDATE chat_messages SET user_id = NULL, author_kind = 'erased', client_id = NULL, input_hash = NULL WHERE user_id = ?",
		"UPDATE chat_room_users SET created_by = NULL WHERE created_by = ?",
		"UPDATE chat_restrictions SET banned_by = NULL WHERE banned_by = ?",
		"DELETE FROM chat_restrictions WHERE user_id = ?",
	} {
		if _, err := e.exec(query, e.user); err != nil {
			return err
		}
	}
	return nil
}

// endMemberships removes the user from all rooms, and counts them no longer in those that
// are not deleted. One that they have joined since the locks were taken would count on:
// another try finds it.
func (e *erasure) endMemberships() error {
	type left struct {
		room    uuid.UUID
		deleted bool
	}
	rooms, err := queryAll(e.conn, func(rows row) (l left, err error) {
		err = rows.Scan(&l.room, &l.deleted)
		return l, err
	}, `DELETE FROM chat_room_users WHERE user_id = ?
		RETURNING room_id, (SELECT r.deleted_at IS NOT NULL FROM chat_rooms r WHERE r.id = room_id)`, e.user)
	for _, l := range rooms {
		p := e.scopes[l.room]
		switch {
		case p != nil && p.room.DeletedAt == nil:
			p.room.MemberCount--
		case p == nil && !l.deleted:
			err = &retryableError{err: conflict("the user has joined another room meanwhile")}
		}
	}
	return err
}

// save writes the rooms and their events, a constant number of statements for any
// number of rooms.
func (e *erasure) save() error {
	if len(e.scopes) == 0 {
		return nil
	}
	rows := make([]dialect.Object, 0, len(e.scopes))
	var events []pendingEvent
	for _, p := range e.scopes {
		r := p.room
		row := dialect.Object{"id": r.ID, "last_seq": r.LastSeq, "member_count": r.MemberCount, "deleted": 0,
			"owner_id": r.OwnerID, "private_a": r.PrivateA, "private_b": r.PrivateB, "avatar_id": r.AvatarID}
		if r.DeletedAt != nil {
			row["deleted"] = 1
		}
		rows = append(rows, row)
		events = append(events, p.events...)
	}
	if _, err := e.exec(`UPDATE chat_rooms SET last_seq = j.last_seq, member_count = j.member_count, owner_id = j.owner_id, private_a = j.private_a,
			private_b = j.private_b, avatar_id = j.avatar_id, key = CASE WHEN j.deleted = 0 THEN chat_rooms.key END, updated_at = `+e.dialect.Later("chat_rooms.updated_at")+`,
			deleted_at = CASE WHEN j.deleted = 1 THEN CAST(? AS `+e.dialect.TimeType()+`) END FROM `+
		e.jsonRows("id uuid", "last_seq bigint", "member_count bigint", "deleted int", "owner_id user", "private_a user", "private_b user", "avatar_id uuid")+
		" WHERE chat_rooms.id = j.id", e.now, e.deletedAt, dialect.JSONArray(rows)); err != nil {
		return err
	}
	slices.SortFunc(events, func(a, b pendingEvent) int { return int(a.Seq - b.Seq) })
	return e.insertEvents(events)
}

// releaseUnsent releases the user's media that are in no use. What is in use is read after
// the locks are granted: somebody may just have sent one.
func (e *erasure) releaseUnsent() error {
	unbound, err := queryAll(e.conn, scanValue[uuid.UUID],
		"SELECT id FROM chat_media WHERE user_id = ? ORDER BY id"+e.dialect.Lock("FOR NO KEY UPDATE"), e.user)
	if err != nil || len(unbound) == 0 {
		return err
	}
	used, err := e.usedMedia(unbound)
	if err != nil {
		return err
	}
	unsent := slices.DeleteFunc(unbound, func(id uuid.UUID) bool { return slices.Contains(used, id) })
	return e.releaseMedia("id "+e.dialect.InIDs(), dialect.JSONArray(unsent))
}
