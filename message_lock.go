package chat

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// A group of sends never waits for a row that somebody else has locked, apart from that
// of its room: one host's long transaction would keep everybody's messages waiting. It
// leaves such rows out, and the sends that need them are blocked: their callers send them
// again.

// skipLocked is how a batch locks rows that others may hold for long: it leaves them
// out, and with them its sends, rather than keep the other sends waiting. In a host's
// transaction, which has no other sends, it waits.
func (b *batch) skipLocked(clause string) string {
	if b.inHost {
		return b.dialect.Lock(clause)
	}
	return b.dialect.Lock(clause + " SKIP LOCKED")
}

// lockSenders locks what the write will need of the authors: their memberships, whose
// read markers it moves, and their rows in the host's table, which the foreign key
// locks. A send whose author's rows are locked by others is blocked.
func (b *batch) lockSenders() error {
	if b.optimistic || b.inHost || b.dialect == dialect.SQLite {
		return nil // the write does it, or waits, or there is nothing to wait for
	}
	wanted := map[memberKey]bool{}
	for _, s := range b.sends {
		if s.state == sendPending && !s.sender.system {
			wanted[s.member()] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	locked, err := queryAll(b.conn, func(rows row) (m memberKey, err error) {
		err = rows.Scan(&m.room, &m.user)
		return m, err
	}, b.lockSendersSQL(false), memberArrays(slices.Collect(maps.Keys(wanted)))...)
	if err != nil {
		return err
	}
	for _, m := range locked {
		delete(wanted, m)
	}
	for _, s := range b.sends {
		if s.state == sendPending && wanted[s.member()] {
			s.state = sendBlocked
		}
	}
	return nil
}

// lockSendersSQL renders the query that locks the rows of authors, leaving out those that
// others have locked. Its parameters are arrays of rooms and users, or one of each.
func (b *batch) lockSendersSQL(one bool) string {
	query := "SELECT u.room_id, u.user_id FROM " + b.rows(one, "s", "room_id uuid", "user_id user") +
		" JOIN chat_room_users u ON u.room_id = s.room_id AND u.user_id = s.user_id"
	table := b.config.schema(b.dialect).QuotedUsersTable()
	if table == "" {
		return query + " FOR NO KEY UPDATE OF u SKIP LOCKED"
	}
	return query + " JOIN " + table + " h ON h.id = u.user_id FOR NO KEY UPDATE OF u SKIP LOCKED FOR KEY SHARE OF h SKIP LOCKED"
}

// lockReplies locks the messages that others reply to in the same room, as the foreign key
// will. A send that replies to one which others have locked is blocked. Messages of other
// rooms, and those that the sender does not see, take as many statements as none, and are not
// locked.
func (b *batch) lockReplies() error {
	ids := []uuid.UUID{}
	for _, s := range b.sends {
		if b.repliesInRoom(s) {
			ids = append(ids, *s.in.ReplyToID)
		}
	}
	locked, err := queryAll(b.conn, scanValue[uuid.UUID], "SELECT id FROM chat_messages WHERE id "+b.dialect.InIDs()+
		" ORDER BY id"+b.skipLocked("FOR KEY SHARE"), dialect.JSONArray(ids))
	if err != nil {
		return err
	}
	for _, s := range b.sends {
		if b.repliesInRoom(s) && !slices.Contains(locked, *s.in.ReplyToID) {
			s.state = sendBlocked
		}
	}
	return nil
}

// repliesInRoom reports whether a send that nothing has refused replies to a message of its
// room that the sender sees.
func (b *batch) repliesInRoom(s *send) bool {
	return s.state == sendPending && s.in.ReplyToID != nil && b.repliedToBy(s) != nil
}

// lockMedia locks the media that the messages name, in ascending id, and then reads
// which of them can be used: ready, and in no message and no room's avatar.
func (b *batch) lockMedia() error {
	wanted, senders := map[uuid.UUID]bool{}, map[principal]bool{}
	for _, s := range b.sends {
		if s.state == sendPending && len(s.in.MediaIDs) > 0 {
			senders[s.sender] = true
			for _, id := range s.in.MediaIDs {
				wanted[id] = true
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ids, uploaders := keys(wanted), slices.Collect(maps.Keys(senders))
	found, err := b.lockReadyMedia(ids, uploaders, b.skipLocked("FOR NO KEY UPDATE"))
	if err != nil {
		return err
	}
	b.media = make(map[uuid.UUID]*Media, len(found))
	for i := range found {
		b.media[found[i].ID] = &found[i]
	}
	if b.mayBeBlocked() {
		if err := b.blockForMedia(ids, uploaders); err != nil {
			return err
		}
	}
	used, err := b.usedMedia(ids)
	b.used = make(map[uuid.UUID]bool, len(used))
	for _, id := range used {
		b.used[id] = true
	}
	return err
}

// mayBeBlocked reports whether a send names media that are not its sender's, as far as
// they were locked. Somebody else's media take as many statements as none.
func (b *batch) mayBeBlocked() bool {
	return slices.ContainsFunc(b.sends, func(s *send) bool {
		return s.state == sendPending && slices.ContainsFunc(s.in.MediaIDs, func(id uuid.UUID) bool {
			return b.media[id] == nil || !b.media[id].uploadedBy(s.sender)
		})
	})
}

// blockForMedia blocks the sends of media that are their senders' and locked by others.
func (b *batch) blockForMedia(ids []uuid.UUID, uploaders []principal) error {
	ready, err := b.lockReadyMedia(ids, uploaders, "")
	if err != nil {
		return err
	}
	locked := map[uuid.UUID]*Media{}
	for i := range ready {
		if b.media[ready[i].ID] == nil {
			locked[ready[i].ID] = &ready[i]
		}
	}
	for _, s := range b.sends {
		if s.state == sendPending && slices.ContainsFunc(s.in.MediaIDs, func(id uuid.UUID) bool {
			return locked[id] != nil && locked[id].uploadedBy(s.sender)
		}) {
			s.state = sendBlocked
		}
	}
	return nil
}

// takeMedia gives the media to a message. Somebody else's are refused as if they
// were not there.
func (b *batch) takeMedia(m *Message, s *send) error {
	for i, id := range s.in.MediaIDs {
		item := b.media[id]
		switch {
		case item == nil || !item.uploadedBy(s.sender):
			return invalid(mediaField(i), CodeNotOwnUpload, "is not an upload of the actor's")
		case b.used[id]:
			return conflict(mediaField(i) + " is in use already")
		}
	}
	for _, id := range s.in.MediaIDs {
		b.used[id] = true
		m.Media = append(m.Media, *b.media[id])
	}
	return nil
}
