package chat

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/picture"
	"github.com/go-df/chat/internal/stall"
)

// MediaState is whether a media item can be seen.
type MediaState string

// The states of media.
const (
	MediaPending  MediaState = "pending"  // its bytes may not be there; visible to nobody
	MediaReady    MediaState = "ready"    // visible to its uploader or, once used, with its message or room
	MediaReleased MediaState = "released" // no longer used; visible to nobody
)

// Media is a row of chat_media: an uploaded file.
type Media struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey;type:uuid;-:migration" json:"id"`
	UserID       *UserID    `gorm:"column:user_id;<-:create;-:migration" json:"user_id"` // the uploader; nil for System, or when erased
	Key          string     `gorm:"column:key;<-:create;-:migration" json:"-"`           // where the store has it
	State        MediaState `gorm:"column:state;<-:create;-:migration" json:"state"`
	FileName     string     `gorm:"column:file_name;<-:create;-:migration" json:"file_name"`       // as the uploader called it: a label
	ContentType  string     `gorm:"column:content_type;<-:create;-:migration" json:"content_type"` // by its bytes, whatever the uploader said
	Size         int64      `gorm:"column:size;<-:create;-:migration" json:"size"`                 // bytes
	Width        *int64     `gorm:"column:width;<-:create;-:migration" json:"width"`               // pixels, of a picture or a film as it is shown
	Height       *int64     `gorm:"column:height;<-:create;-:migration" json:"height"`             // pixels
	DurationMS   *int64     `gorm:"column:duration_ms;<-:create;-:migration" json:"duration_ms"`   // milliseconds, of sound or film that says how long it is
	SHA256       string     `gorm:"column:sha256;<-:create;-:migration" json:"sha256"`             // hexadecimal
	ThumbnailKey *string    `gorm:"column:thumbnail_key;<-:create;-:migration" json:"-"`           // where the store has a smaller one; "" when none can be made
	CreatedAt    time.Time  `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`
}

// TableName is the media's table.
func (Media) TableName() string { return "chat_media" }

// IsImage reports whether the media item is a picture that can be shown: a png, jpeg, gif or
// webp whose Width and Height are known.
func (m *Media) IsImage() bool {
	return picture.Known(m.ContentType) && m.Width != nil && m.Height != nil
}

// MessageMedia is a row of chat_message_media: a media item's position in a message. A
// media item belongs to one message at most.
type MessageMedia struct {
	MessageID uuid.UUID `gorm:"column:message_id;primaryKey;type:uuid;-:migration" json:"message_id"`
	MediaID   uuid.UUID `gorm:"column:media_id;primaryKey;type:uuid;-:migration" json:"media_id"`
	Sequence  int       `gorm:"column:sequence;<-:create;-:migration" json:"sequence"` // 0, 1, 2…
}

// TableName is the table of media in messages.
func (MessageMedia) TableName() string { return "chat_message_media" }

const mediaColumns = `id, user_id, key, state, file_name, content_type, size, width, height, duration_ms, sha256, thumbnail_key, created_at`

func (m *Media) fields() []any {
	return []any{
		&m.ID, &m.UserID, &m.Key, &m.State, &m.FileName, &m.ContentType, &m.Size, &m.Width, &m.Height, &m.DurationMS, &m.SHA256,
		&m.ThumbnailKey, scanRequiredTime(&m.CreatedAt),
	}
}

func scanMedia(rows row) (Media, error) {
	var m Media
	err := rows.Scan(m.fields()...)
	return m, err
}

// optionalMedia scans a media item that an outer join may have left out.
type optionalMedia struct {
	media     Media
	id        *uuid.UUID
	key       *string
	state     *MediaState
	fileName  *string
	kind      *string
	size      *int64
	sha256    *string
	createdAt *time.Time
}

func (o *optionalMedia) fields() []any {
	m := &o.media
	return []any{
		&o.id, &m.UserID, &o.key, &o.state, &o.fileName, &o.kind, &o.size, &m.Width, &m.Height, &m.DurationMS, &o.sha256, &m.ThumbnailKey,
		scanTime(&o.createdAt),
	}
}

// of returns a copy of the media item, nil when there is none.
func (o *optionalMedia) of() *Media {
	if o.id == nil {
		return nil
	}
	m := o.media
	m.ID, m.Key, m.State, m.FileName, m.ContentType = *o.id, *o.key, *o.state, *o.fileName, *o.kind
	m.Size, m.SHA256, m.CreatedAt = *o.size, *o.sha256, *o.createdAt
	return &m
}

// uploadedBy reports whether p uploaded the media item.
func (m *Media) uploadedBy(w principal) bool {
	if w.system {
		return m.UserID == nil
	}
	return m.UserID != nil && *m.UserID == w.id
}

// lockReadyMedia reads ready media that one of the principals uploaded, in ascending id
// with a locking clause, so that each binds once. Those of others are neither locked nor
// waited for.
func (c *conn) lockReadyMedia(ids []uuid.UUID, uploaders []principal, lock string) ([]Media, error) {
	users, system := []dialect.Object{}, false
	for _, p := range uploaders {
		if p.system {
			system = true
			continue
		}
		users = append(users, dialect.Object{"user_id": p.id})
	}
	return queryAll(c, scanMedia, "SELECT "+mediaColumns+" FROM chat_media WHERE id "+c.dialect.InIDs()+
		" AND state = ? AND (user_id IN (SELECT j.user_id FROM "+c.jsonRows("user_id user")+") OR user_id IS NULL AND ?) ORDER BY id"+lock,
		dialect.JSONArray(ids), MediaReady, dialect.JSONArray(users), system)
}

// usedMedia returns those of the ready media that are in a message or a room's avatar. It is
// a statement of its own, to see what committed before the lock was granted.
func (c *conn) usedMedia(ids []uuid.UUID) ([]uuid.UUID, error) {
	wanted := dialect.JSONArray(ids)
	return queryAll(c, scanValue[uuid.UUID], "SELECT x.media_id FROM chat_message_media x JOIN chat_media m ON m.id = x.media_id"+
		" WHERE m.state = ? AND x.media_id "+c.dialect.InIDs()+
		" UNION ALL SELECT r.avatar_id FROM chat_rooms r JOIN chat_media m ON m.id = r.avatar_id"+
		" WHERE m.state = ? AND r.avatar_id "+c.dialect.InIDs(), MediaReady, wanted, MediaReady, wanted)
}

// releaseMedia leaves the media of a condition to SweepMedia.
func (c *conn) releaseMedia(condition string, args ...any) error {
	_, err := c.exec("UPDATE chat_media SET state = 'released' WHERE "+condition, args...)
	return err
}

// releaseRooms leaves the media of deleted rooms to SweepMedia: their avatars, and what is
// in their messages.
func (c *conn) releaseRooms(rooms, avatars []uuid.UUID) error {
	if len(avatars) > 0 {
		if err := c.releaseMedia("id "+c.dialect.InIDs(), dialect.JSONArray(avatars)); err != nil {
			return err
		}
	}
	return c.releaseMedia(`id IN (SELECT x.media_id FROM chat_message_media x
		JOIN chat_messages m ON m.id = x.message_id WHERE m.room_id `+c.dialect.InIDs()+")", dialect.JSONArray(rooms))
}

// Media returns what is known of a media item: of the actor's own upload until it is
// used, and from then on of what is in the actor's rooms. A room's avatar is seen
// with the room.
//
// Errors: ErrNotFound.
func (s *Service) Media(ctx context.Context, actor Actor, media uuid.UUID) (*Media, error) {
	return read(ctx, s, actor, func(c *call) (*Media, error) { return c.visibleMedia(media) })
}

// OpenMedia returns a media item's bytes, to be closed by the caller, to those who may
// see it. The reader is an io.Seeker where the store's is.
//
// Errors: ErrNotFound, ErrNoMediaStore, ErrMediaStore.
func (s *Service) OpenMedia(ctx context.Context, actor Actor, media uuid.UUID) (*Media, io.ReadCloser, error) {
	if s.config.Media == nil {
		return nil, nil, ErrNoMediaStore
	}
	found, err := s.Media(ctx, actor, media)
	if err != nil {
		return nil, nil, err
	}
	content, err := s.openObject(ctx, found.Key)
	if err != nil {
		return nil, nil, err
	}
	return found, content, nil
}

// MediaURL returns a URL of a media item's bytes, to those who may see it, from a store that
// is a MediaURLSigner. Anyone who has the URL may fetch them until the time of valid is
// over, members of the room or not. They come with ContentHeaders.
//
// Errors: ErrNotFound, ErrNoMediaStore also where the store signs no URLs, ErrMediaStore.
func (s *Service) MediaURL(ctx context.Context, actor Actor, media uuid.UUID, valid time.Duration) (string, error) {
	signer, signs := s.config.Media.(MediaURLSigner)
	if !signs {
		return "", ErrNoMediaStore
	}
	found, err := s.Media(ctx, actor, media)
	if err != nil {
		return "", err
	}
	w := stall.New(ctx, s.config.MediaTimeout)
	defer w.Stop()
	as := SignURLOptions{Valid: valid}
	as.ContentType, as.ContentDisposition = found.ContentHeaders()
	url, err := signer.SignURL(w.Context, found.Key, as)
	if err != nil {
		return "", storeError("sign", w, err)
	}
	return url, nil
}

// mediaUse is a ready media item with the room that it is used in, if any, and the
// actor's membership there.
type mediaUse struct {
	media  Media
	used   bool // in a message, or as an avatar, whether or not the room is still there
	avatar bool
	number int64 // of the message
	room   *Room // only what decide needs
	member *RoomUser
}

func (c *conn) scanMediaUse(rows row) (mediaUse, error) {
	var use mediaUse
	var messageRoom, avatarRoom, id *uuid.UUID
	var number *int64
	var kind *RoomType
	var public *bool
	var byDefault *Permissions
	var owner, privateA *UserID
	var member optionalRoomUser
	err := rows.Scan(append(append(use.media.fields(), &messageRoom, &number, &avatarRoom, &id, &kind, &public, &owner, &byDefault, &privateA),
		member.fields()...)...)
	use.used, use.avatar = messageRoom != nil || avatarRoom != nil, messageRoom == nil
	if number != nil {
		use.number = *number
	}
	if err == nil && id != nil {
		use.room = &Room{ID: *id, Type: *kind, Public: *public, OwnerID: owner, DefaultPermissions: *byDefault, PrivateA: privateA}
		use.member = member.of(use.room, c.now)
	}
	return use, err
}

// MediaByIDs returns those of some media items that the actor may see, as Media does one by
// one, in the order of their ids. The others are left out. There may be 100 ids.
//
// Errors: ErrTooLarge for more ids.
func (s *Service) MediaByIDs(ctx context.Context, actor Actor, ids []uuid.UUID) ([]Media, error) {
	if len(ids) > maxMediaIDs {
		return nil, tooLarge("ids", CodeTooMany, maxMediaIDs, "ids")
	}
	return read(ctx, s, actor, func(c *call) ([]Media, error) {
		uses, err := queryAll(c.conn, c.scanMediaUse, mediaUseSQL("m.id "+c.dialect.InIDs())+" ORDER BY f.id",
			dialect.JSONArray(ids), MediaReady, c.actor.nullableID())
		visible := make([]Media, 0, len(uses))
		for i := range uses {
			if c.decideMedia(&uses[i]) == nil {
				visible = append(visible, uses[i].media)
			}
		}
		return visible, err
	})
}

const maxMediaIDs = 100

// visibleMedia reads a media item and decides by what it is used in. It is one statement
// for what is hidden, absent and visible, so that they take the same time.
func (c *call) visibleMedia(id uuid.UUID) (*Media, error) {
	use, err := queryOne(c.conn, c.scanMediaUse, mediaUseSQL("m.id = ?"), id, MediaReady, c.actor.nullableID())
	if err != nil {
		return nil, err
	}
	if use == nil {
		return nil, ErrNotFound
	}
	if err := c.decideMedia(use); err != nil {
		return nil, err
	}
	return &use.media, nil
}

// mediaUseSQL renders the query of what ready media of a condition are used in.
func mediaUseSQL(condition string) string {
	return `WITH found AS (SELECT ` + prefixed("m", mediaColumns) + `, g.room_id AS message_room, g.number AS message_number,
			(SELECT a.id FROM chat_rooms a WHERE a.avatar_id = m.id) AS avatar_room
			FROM chat_media m LEFT JOIN chat_message_media x ON x.media_id = m.id LEFT JOIN chat_messages g ON g.id = x.message_id
			WHERE ` + condition + ` AND m.state = ?)
		SELECT ` + prefixed("f", mediaColumns) + `, f.message_room, f.message_number, f.avatar_room,
			r.id, r.type, r.is_public, r.owner_id, r.default_permissions, r.private_a, ` + prefixed("u", optionalRoomUserColumns) + `
		FROM found f LEFT JOIN chat_rooms r ON r.id = COALESCE(f.message_room, f.avatar_room) AND r.deleted_at IS NULL
		LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?`
}

func (c *call) decideMedia(use *mediaUse) error {
	switch {
	case !use.used && (c.actor.system || use.media.uploadedBy(c.actor)):
		return nil
	case use.room == nil:
		return ErrNotFound
	case use.avatar:
		return c.scopeOf(use).decide(opSeeRoom, target{})
	}
	return c.scopeOf(use).decide(opRead, target{child: true})
}

// scopeOf is the room that a media item is used in.
func (c *call) scopeOf(use *mediaUse) *roomScope {
	p := c.scope(use.room, use.member)
	p.number = use.number
	return p
}
