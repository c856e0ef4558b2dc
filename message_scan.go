package chat

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsontuple"
)

// What the statements render as JSON is read value by value, in the order of the tuples.

func readTime(r *jsontuple.Reader) time.Time {
	t, err := dialect.ParseTime(r.Bytes())
	r.Fail(err)
	return t
}

func readID(r *jsontuple.Reader) uuid.UUID {
	id, err := uuid.ParseBytes(r.Bytes())
	r.Fail(err)
	return id
}

func readUser(r *jsontuple.Reader) UserID { return UserID(r.Text()) }

// readKind reads the kind of an author.
func readKind(r *jsontuple.Reader) AuthorKind { return authorKindOf(r.Bytes()) }

// authorKindOf copies none of the kinds that there are.
func authorKindOf[T string | []byte](kind T) AuthorKind {
	switch string(kind) {
	case string(AuthorKindUser):
		return AuthorKindUser
	case string(AuthorKindSystem):
		return AuthorKindSystem
	case string(AuthorKindErased):
		return AuthorKindErased
	}
	return AuthorKind(kind)
}

func readState(r *jsontuple.Reader) MediaState {
	state := r.Bytes()
	if string(state) == string(MediaReady) {
		return MediaReady
	}
	return MediaState(state)
}

// placedMedia is a media item with its place in a message.
type placedMedia struct {
	Media
	sequence int64
}

// readMedia reads a media item as mediaTuple renders it.
func readMedia(r *jsontuple.Reader) (m placedMedia) {
	r.Open()
	m.sequence = r.Int()
	m.ID, m.UserID, m.Key, m.State = readID(r), jsontuple.Optional(r, readUser), r.Text(), readState(r)
	m.FileName, m.ContentType, m.Size = r.Text(), r.Text(), r.Int()
	m.Width, m.Height = jsontuple.Optional(r, (*jsontuple.Reader).Int), jsontuple.Optional(r, (*jsontuple.Reader).Int)
	m.DurationMS, m.SHA256 = jsontuple.Optional(r, (*jsontuple.Reader).Int), r.Text()
	m.ThumbnailKey, m.CreatedAt = jsontuple.Optional(r, (*jsontuple.Reader).Text), readTime(r)
	r.Close()
	return m
}

// reactionSince is a reaction with when it was given first.
type reactionSince struct {
	ReactionCount
	first time.Time
}

// readReaction reads a reaction as reactionsIn renders it.
func readReaction(r *jsontuple.Reader) (c reactionSince) {
	r.Open()
	c.Reaction, c.Count, c.Mine, c.first = r.Text(), r.Int(), jsontuple.Optional(r, readID), readTime(r)
	only := r.Bytes()
	if r.Null() {
		c.Users = []UserID{UserID(only)}
	} else {
		c.Users = make([]UserID, 0, min(c.Count, firstUsers))
		for r.Open(); r.More(); {
			c.Users = append(c.Users, readUser(r))
		}
	}
	r.Close()
	return c
}

// readHead reads the head of a message as contentColumns renders it.
func readHead(r *jsontuple.Reader) *MessageHead {
	h := &MessageHead{}
	r.Open()
	h.ID, h.Number, h.UserID, h.AuthorKind, h.Text = readID(r), r.Int(), jsontuple.Optional(r, readUser), readKind(r), r.Text()
	if !r.Null() {
		h.Metadata = Metadata(r.Text())
	}
	h.CreatedAt, h.EditedAt, h.DeletedAt = readTime(r), jsontuple.Optional(r, readTime), jsontuple.Optional(r, readTime)
	h.MediaCount = int(r.Int())
	if !r.Null() {
		m := readMedia(r).Media
		h.Media = &m
	}
	r.Close()
	return h
}

// contentReader reads what belongs to a message, one message after the other into the same
// lists.
type contentReader struct {
	media     []placedMedia
	reactions []reactionSince
	mentions  []placedMention
}

// placedMention is a mention with its place in a message of a room.
type placedMention struct {
	number, sequence int64
	user             *UserID // nil: everybody
}

// readMention reads a mention as mentionTuple renders it.
func readMention(r *jsontuple.Reader) (m placedMention) {
	r.Open()
	m.number, m.sequence, m.user = r.Int(), r.Int(), jsontuple.Optional(r, readUser)
	r.Close()
	return m
}

func (m *Message) addMention(p placedMention) {
	if p.user == nil {
		m.MentionRoom = true
		return
	}
	m.Mentions = append(m.Mentions, *p.user)
}

func bySequence(a, b placedMention) int { return cmp.Compare(a.sequence, b.sequence) }

// attachMentions fills in the mentions of messages of one room, which are in ascending order of
// Number. Others are left out.
func attachMentions(messages []Message, mentions []placedMention) {
	slices.SortFunc(mentions, bySequence)
	for _, mention := range mentions {
		i, known := slices.BinarySearchFunc(messages, mention.number, func(m Message, number int64) int { return cmp.Compare(m.Number, number) })
		if known {
			messages[i].addMention(mention)
		}
	}
}

func (c *contentReader) mediaOf(data []byte) ([]Media, error) {
	r := jsontuple.New(data)
	c.media = c.media[:0]
	for r.Open(); r.More(); {
		c.media = append(c.media, readMedia(&r))
	}
	slices.SortFunc(c.media, func(a, b placedMedia) int { return cmp.Compare(a.sequence, b.sequence) })
	list := make([]Media, len(c.media))
	for i := range c.media {
		list[i] = c.media[i].Media
	}
	return list, r.Err()
}

func (c *contentReader) reactionsOf(data []byte) ([]ReactionCount, error) {
	r := jsontuple.New(data)
	c.reactions = c.reactions[:0]
	for r.Open(); r.More(); {
		c.reactions = append(c.reactions, readReaction(&r))
	}
	slices.SortFunc(c.reactions, func(a, b reactionSince) int {
		return cmp.Or(a.first.Compare(b.first), strings.Compare(a.Reaction, b.Reaction))
	})
	counts := make([]ReactionCount, len(c.reactions))
	for i := range c.reactions {
		counts[i] = c.reactions[i].ReactionCount
	}
	return counts, r.Err()
}

func (c *contentReader) mentionsOf(data []byte, m *Message) error {
	r := jsontuple.New(data)
	c.mentions = c.mentions[:0]
	for r.Open(); r.More(); {
		c.mentions = append(c.mentions, readMention(&r))
	}
	slices.SortFunc(c.mentions, bySequence)
	for _, mention := range c.mentions {
		m.addMention(mention)
	}
	return r.Err()
}

// reactionCountsOf reads what reactionsIn has rendered.
func reactionCountsOf(data []byte) ([]ReactionCount, error) {
	if data == nil {
		return nil, nil
	}
	var c contentReader
	return c.reactionsOf(data)
}

// messageReader scans messages with their content, one after the other into the same
// variables.
type messageReader struct {
	message                             Message
	media, reactions, mentions, replied sql.RawBytes
	content                             contentReader
	dest                                []any
}

// newMessageReader scans further columns first.
func newMessageReader(first ...any) *messageReader {
	r := &messageReader{}
	r.dest = slices.Concat(first, r.message.fields(), r.contentFields())
	return r
}

// contentFields are where contentColumns are scanned into.
func (r *messageReader) contentFields() []any {
	return []any{&r.media, &r.reactions, &r.mentions, &r.message.ReplyCount, &r.replied}
}

func (r *messageReader) scan(rows row) (Message, error) {
	r.message = Message{}
	if err := rows.Scan(r.dest...); err != nil {
		return Message{}, err
	}
	err := r.decode(&r.message)
	return r.message, err
}

// decode fills in the content of a message that was scanned.
func (r *messageReader) decode(m *Message) (err error) {
	if len(r.media) > 0 {
		m.Media, err = r.content.mediaOf(r.media)
	}
	if err == nil && len(r.reactions) > 0 {
		m.Reactions, err = r.content.reactionsOf(r.reactions)
	}
	if err == nil && len(r.mentions) > 0 {
		err = r.content.mentionsOf(r.mentions, m)
	}
	if err == nil && len(r.replied) > 0 {
		reader := jsontuple.New(r.replied)
		m.ReplyTo, err = readHead(&reader), reader.Err()
	}
	return err
}
