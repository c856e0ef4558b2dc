package chat

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"
)

// What a user's export has of each table, with the names of its fields. They are a contract, as
// the guide has it: fields may be added.

type exportedMembership struct {
	RoomID         uuid.UUID    `json:"room_id"`
	RoomType       RoomType     `json:"room_type"`
	RoomDeletedAt  *time.Time   `json:"room_deleted_at"`
	Owner          bool         `json:"owner"`
	Permissions    *Permissions `json:"permissions"` // null: the room's default
	Muted          bool         `json:"muted"`
	MutedUntil     *time.Time   `json:"muted_until"`
	HiddenNumber   *int64       `json:"hidden_number"`
	Pinned         bool         `json:"pinned"`
	LastSeenAt     *time.Time   `json:"last_seen_at"`
	LastReadNumber int64        `json:"last_read_number"`
	JoinedNumber   int64        `json:"joined_number"`
	MarkedUnread   *int64       `json:"marked_unread"`
	LastSentAt     *time.Time   `json:"last_sent_at"`
	CreatedAt      time.Time    `json:"created_at"`
}

func (x *userExport) memberships() error {
	return exportRows(x, "memberships.jsonl", uuid.Nil, func(rows row) (m exportedMembership, err error) {
		err = rows.Scan(&m.RoomID, &m.RoomType, scanTime(&m.RoomDeletedAt), &m.Owner, &m.Permissions, &m.Muted, scanTime(&m.MutedUntil), &m.HiddenNumber,
			&m.Pinned, scanTime(&m.LastSeenAt), &m.LastReadNumber, &m.JoinedNumber, &m.MarkedUnread, scanTime(&m.LastSentAt), scanRequiredTime(&m.CreatedAt))
		return m, err
	}, func(m exportedMembership) uuid.UUID { return m.RoomID },
		`SELECT u.room_id, r.type, r.deleted_at, COALESCE(r.owner_id = u.user_id, FALSE), u.permissions, u.muted, u.muted_until, u.hidden_number, u.pinned,
			u.last_seen_at, u.last_read_number, u.joined_number, u.marked_unread, u.last_sent_at, u.created_at
		FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id WHERE u.user_id = ? AND u.room_id > ? ORDER BY u.room_id`, byUUID)
}

type exportedRestriction struct {
	RoomID      uuid.UUID   `json:"room_id"`
	Denied      Permissions `json:"denied"`
	BannedAt    *time.Time  `json:"banned_at"` // null: no ban
	BannedUntil *time.Time  `json:"banned_until"`
	Reason      *string     `json:"reason"`
}

func (x *userExport) restrictions() error {
	return exportRows(x, "restrictions.jsonl", uuid.Nil, func(rows row) (r exportedRestriction, err error) {
		err = rows.Scan(&r.RoomID, &r.Denied, scanTime(&r.BannedAt), scanTime(&r.BannedUntil), &r.Reason)
		return r, err
	}, func(r exportedRestriction) uuid.UUID { return r.RoomID },
		"SELECT room_id, denied, banned_at, banned_until, reason FROM chat_restrictions WHERE user_id = ? AND room_id > ? ORDER BY room_id", byUUID)
}

type exportedMessage struct {
	ID          uuid.UUID   `json:"id"`
	RoomID      uuid.UUID   `json:"room_id"`
	Number      int64       `json:"number"`
	Text        string      `json:"text"`
	ReplyToID   *uuid.UUID  `json:"reply_to_id"`
	ClientID    *string     `json:"client_id"`
	Metadata    Metadata    `json:"metadata"`
	Mentions    []UserID    `json:"mentions"`
	MentionRoom bool        `json:"mention_room"`
	MediaIDs    []uuid.UUID `json:"media_ids"`
	CreatedAt   time.Time   `json:"created_at"`
	EditedAt    *time.Time  `json:"edited_at"`
	DeletedAt   *time.Time  `json:"deleted_at"`
}

// messages reads by the index of authors.
func (x *userExport) messages() error {
	return exportLines(x, "messages.jsonl", uuid.Nil, func(c *call, after uuid.UUID) ([]exportedMessage, uuid.UUID, error) {
		found, err := queryAll(c.conn, scanMessage, "SELECT "+messageColumns+" FROM chat_messages WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?",
			x.user, after, allBatch)
		if err != nil || len(found) == 0 {
			return nil, after, err
		}
		replies := make([]*uuid.UUID, len(found)) // as they are, whatever became of what they reply to
		for i := range found {
			replies[i] = found[i].ReplyToID
		}
		if err := c.attachContent(pointers(found)); err != nil {
			return nil, after, err
		}
		lines := make([]exportedMessage, len(found))
		for i, m := range found {
			lines[i] = exportedMessage{ID: m.ID, RoomID: m.RoomID, Number: m.Number, Text: m.Text, ReplyToID: replies[i], ClientID: m.ClientID,
				Metadata: m.Metadata, Mentions: append([]UserID{}, m.Mentions...), MentionRoom: m.MentionRoom, MediaIDs: []uuid.UUID{},
				CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt}
			for _, media := range m.Media {
				lines[i].MediaIDs = append(lines[i].MediaIDs, media.ID)
			}
		}
		return lines, found[len(found)-1].ID, nil
	})
}

type exportedReaction struct {
	ID        uuid.UUID `json:"id"`
	RoomID    uuid.UUID `json:"room_id"`
	MessageID uuid.UUID `json:"message_id"`
	Reaction  string    `json:"reaction"`
	CreatedAt time.Time `json:"created_at"`
}

// momentPosition is a position in what is ordered by time and id; zero before the first.
type momentPosition struct {
	at time.Time
	id uuid.UUID
}

func (p momentPosition) args() []any { return []any{p.at, p.id} }

func (x *userExport) reactions() error {
	return exportRows(x, "reactions.jsonl", momentPosition{}, func(rows row) (r exportedReaction, err error) {
		err = rows.Scan(&r.ID, &r.RoomID, &r.MessageID, &r.Reaction, scanRequiredTime(&r.CreatedAt))
		return r, err
	}, func(r exportedReaction) momentPosition { return momentPosition{r.CreatedAt, r.ID} },
		`SELECT x.id, m.room_id, x.message_id, x.reaction, x.created_at FROM chat_reactions x JOIN chat_messages m ON m.id = x.message_id
		WHERE x.user_id = ? AND (x.created_at, x.id) > (?, ?) ORDER BY x.created_at, x.id`, momentPosition.args)
}

type exportedMention struct {
	RoomID    uuid.UUID `json:"room_id"`
	Number    int64     `json:"number"` // of the message
	MessageID uuid.UUID `json:"message_id"`
	CreatedAt time.Time `json:"created_at"` // when it was sent
}

type numberPosition struct {
	room   uuid.UUID
	number int64
}

func (p numberPosition) args() []any { return []any{p.room, p.number} }

func (x *userExport) mentions() error {
	return exportRows(x, "mentions.jsonl", numberPosition{}, func(rows row) (m exportedMention, err error) {
		err = rows.Scan(&m.RoomID, &m.Number, &m.MessageID, scanRequiredTime(&m.CreatedAt))
		return m, err
	}, func(m exportedMention) numberPosition { return numberPosition{m.RoomID, m.Number} },
		`SELECT x.room_id, x.number, m.id, x.created_at FROM chat_mentions x JOIN chat_messages m ON m.room_id = x.room_id AND m.number = x.number
		WHERE x.user_id = ? AND (x.room_id, x.number) > (?, ?) ORDER BY x.room_id, x.number`, numberPosition.args)
}

type exportedPin struct {
	MessageID uuid.UUID `json:"message_id"`
	RoomID    uuid.UUID `json:"room_id"`
	CreatedAt time.Time `json:"created_at"`
}

func (x *userExport) pins() error {
	return exportRows(x, "pins.jsonl", uuid.Nil, func(rows row) (p exportedPin, err error) {
		err = rows.Scan(&p.MessageID, &p.RoomID, scanRequiredTime(&p.CreatedAt))
		return p, err
	}, func(p exportedPin) uuid.UUID { return p.MessageID },
		"SELECT message_id, room_id, created_at FROM chat_pins WHERE user_id = ? AND message_id > ? ORDER BY message_id", byUUID)
}

type exportedEvent struct {
	id        int64
	RoomID    uuid.UUID  `json:"room_id"`
	Seq       int64      `json:"seq"`
	Kind      EventKind  `json:"kind"`
	MessageID *uuid.UUID `json:"message_id"`
	Actor     bool       `json:"actor"` // they did it
	About     bool       `json:"about"` // it is about them
	CreatedAt time.Time  `json:"created_at"`
}

// logged reads the whole log, as EraseUser does: events have no index by users.
func (x *userExport) logged() error {
	return exportRows(x, "events.jsonl", int64(0), func(rows row) (e exportedEvent, err error) {
		err = rows.Scan(&e.id, &e.RoomID, &e.Seq, &e.Kind, &e.MessageID, &e.Actor, &e.About, scanRequiredTime(&e.CreatedAt))
		return e, err
	}, func(e exportedEvent) int64 { return e.id },
		`SELECT e.id, e.room_id, e.seq, e.kind, e.message_id, COALESCE(e.actor_id = w.who, FALSE), COALESCE(e.user_id = w.who, FALSE), e.created_at
		FROM (SELECT `+x.castUser()+` AS who) AS w CROSS JOIN chat_events e WHERE e.id > ? AND (e.user_id = w.who OR e.actor_id = w.who) ORDER BY e.id`,
		func(after int64) []any { return []any{after} })
}

// castUser renders a parameter as a user id.
func (x *userExport) castUser() string { return x.newConn(x.ctx, x.db).castUser() }

type exportedMedia struct {
	ID          uuid.UUID  `json:"id"`
	State       MediaState `json:"state"`
	FileName    string     `json:"file_name"`
	ContentType string     `json:"content_type"`
	Size        int64      `json:"size"`
	Width       *int64     `json:"width"`
	Height      *int64     `json:"height"`
	DurationMS  *int64     `json:"duration_ms"`
	SHA256      string     `json:"sha256"`
	MessageID   *uuid.UUID `json:"message_id"`     // that it is in
	AvatarOf    *uuid.UUID `json:"avatar_room_id"` // that it is the avatar of
	CreatedAt   time.Time  `json:"created_at"`
	File        *string    `json:"file"` // in the archive
}

func (x *userExport) media() error {
	return exportRows(x, "media.jsonl", uuid.Nil, func(rows row) (e exportedMedia, err error) {
		var m Media
		err = rows.Scan(append(m.fields(), &e.MessageID, &e.AvatarOf)...)
		e.ID, e.State, e.FileName, e.ContentType, e.Size, e.Width, e.Height = m.ID, m.State, m.FileName, m.ContentType, m.Size, m.Width, m.Height
		e.DurationMS, e.SHA256, e.CreatedAt = m.DurationMS, m.SHA256, m.CreatedAt
		if m.State == MediaReady && x.config.Media != nil {
			file := m.exportName()
			e.File = &file
		}
		return e, err
	}, func(m exportedMedia) uuid.UUID { return m.ID },
		"SELECT "+prefixed("f", mediaColumns)+`, (SELECT x.message_id FROM chat_message_media x WHERE x.media_id = f.id),
			(SELECT a.id FROM chat_rooms a WHERE a.avatar_id = f.id)
		FROM chat_media f WHERE f.user_id = ? AND f.id > ? ORDER BY f.id`, byUUID)
}

// exportName is where the bytes are in the archive: by the id, with the ending of the file's
// name where that is a plain one.
func (m *Media) exportName() string {
	ending := strings.ToLower(path.Ext(m.FileName))
	plain := func(c rune) bool { return c == '.' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
	if len(ending) > 9 || strings.TrimFunc(ending, plain) != "" {
		ending = ""
	}
	return "media/" + m.ID.String() + strings.TrimSuffix(ending, ".")
}

// files writes the bytes of what is ready.
func (x *userExport) files() error {
	if x.config.Media == nil {
		return nil
	}
	for m, err := range sequence(x.ctx, x.Service, System, uuid.Nil, func(c *call, after uuid.UUID) ([]Media, uuid.UUID, bool, error) {
		found, err := queryAll(c.conn, scanMedia, "SELECT "+mediaColumns+" FROM chat_media WHERE user_id = ? AND id > ? AND state = ? ORDER BY id LIMIT ?",
			x.user, after, MediaReady, allBatch)
		if err != nil || len(found) == 0 {
			return nil, after, false, err
		}
		return found, found[len(found)-1].ID, len(found) == allBatch, nil
	}) {
		if err != nil {
			return err
		}
		if err := x.file(&m); err != nil {
			return err
		}
	}
	return nil
}

// file writes the bytes of a media item, unless it was released and swept since its row was read.
func (x *userExport) file(m *Media) error {
	content, err := x.openObject(x.ctx, m.Key)
	if err != nil {
		state, lookErr := read(x.ctx, x.Service, System, func(c *call) (*MediaState, error) {
			return queryOne(c.conn, scanValue[MediaState], "SELECT state FROM chat_media WHERE id = ?", m.ID)
		})
		if lookErr == nil && (state == nil || *state != MediaReady) {
			return nil
		}
		return errors.Join(err, lookErr)
	}
	file, err := x.create(m.exportName(), zip.Store)
	if err == nil {
		_, err = io.Copy(file, content)
	}
	return errors.Join(err, content.Close())
}
