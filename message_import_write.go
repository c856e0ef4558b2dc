package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// store stores the batch, in one transaction. With the last one it tells of the import.
func (im *messageImport) store(ctx context.Context, last bool) error {
	if err := im.upload(ctx); err != nil {
		return err
	}
	stored, err := write(ctx, im.service, System, func(c *call) (int, error) {
		p, err := c.lockRoom(byRoom, im.room)
		if err != nil {
			return 0, err
		}
		c.untimed() // a room may have any number of members
		b := &importBatchWrite{roomScope: p, last: last}
		return b.write(im.batch)
	})
	im.stored += stored
	im.batch, im.bytes = im.batch[:0], 0
	return err
}

// upload uploads the media of the batch's messages that are not there yet. What becomes of
// no message, because the transaction after it fails, is left to SweepMedia.
func (im *messageImport) upload(ctx context.Context) error {
	with := slices.DeleteFunc(slices.Clone(im.batch), func(m importedMessage) bool { return len(m.Media) == 0 })
	if len(with) == 0 {
		return nil
	}
	known, err := read(ctx, im.service, System, func(c *call) (*knownClients, error) { return c.readClients(im.room, with) })
	if err != nil {
		return err
	}
	for i := range im.batch {
		m := &im.batch[i]
		if len(m.Media) == 0 || m.ClientID != "" && known.byAuthor[m.client()] {
			continue
		}
		for j, file := range m.Media {
			media, err := im.service.uploadImported(ctx, m.author(), file)
			if err != nil {
				return fieldWithin(m.field(fmt.Sprintf("media[%d].", j)), err)
			}
			m.media = append(m.media, media)
		}
	}
	return nil
}

func (s *Service) uploadImported(ctx context.Context, author principal, file ImportedMedia) (id uuid.UUID, err error) {
	if s.config.Media == nil {
		return id, ErrNoMediaStore
	}
	name, err := baseName(file.FileName)
	if err != nil {
		return id, err
	}
	body, err := file.Open()
	if err != nil {
		return id, err
	}
	defer func() { _ = body.Close() }() // it was only read
	actor := Actor(System)
	if !author.system {
		actor = author.id
	}
	media, err := s.upload(ctx, actor, name, body, s.config.Limits.UploadBytes)
	if err != nil {
		return id, err
	}
	return media.ID, nil
}

// importClient names a message in its source; the author is "" for System.
type importClient struct {
	author UserID
	client string
}

func (m *importedMessage) client() importClient { return importClient{m.UserID, m.ClientID} }

// knownClients are the messages of a room that have client ids of a batch.
type knownClients struct {
	byAuthor map[importClient]bool
	newest   map[string]uuid.UUID // for replies
}

// readClients finds the messages that have a client id of the batch, or one that the batch
// replies to.
func (c *conn) readClients(room uuid.UUID, batch []importedMessage) (*knownClients, error) {
	known := &knownClients{byAuthor: map[importClient]bool{}, newest: map[string]uuid.UUID{}}
	var wanted []string
	for i := range batch {
		for _, client := range []string{batch[i].ClientID, batch[i].ReplyTo} {
			if client != "" {
				wanted = append(wanted, client)
			}
		}
	}
	if len(wanted) == 0 {
		return known, nil
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	rows := make([]dialect.Object, len(wanted))
	for i, client := range wanted {
		rows[i] = dialect.Object{"room_id": room, "client_id": client}
	}
	_, err := queryAll(c, func(rows row) (id uuid.UUID, err error) {
		var author *UserID
		var client string
		if err = rows.Scan(&id, &author, &client); err != nil {
			return id, err
		}
		key := importClient{client: client}
		if author != nil {
			key.author = *author
		}
		known.byAuthor[key], known.newest[client] = true, id
		return id, nil
	}, "SELECT id, user_id, client_id FROM chat_messages WHERE (room_id, client_id) IN (SELECT j.room_id, j.client_id FROM "+
		c.jsonRows("room_id uuid", "client_id text")+") ORDER BY number", dialect.JSONArray(rows))
	return known, err
}

// importBatchWrite writes one batch to the room, which is locked.
type importBatchWrite struct {
	*roomScope
	last    bool // the import ends with it
	rows    []importRow
	authors map[UserID]bool
	media   []uuid.UUID
	newest  time.Time
}

// importRow is a message as the database reads it from JSON.
type importRow struct {
	ID        uuid.UUID  `json:"id"`
	Number    int64      `json:"number"`
	UserID    *UserID    `json:"user_id"`
	Kind      AuthorKind `json:"author_kind"`
	Text      string     `json:"text"`
	ReplyToID *uuid.UUID `json:"reply_to_id"`
	ClientID  *string    `json:"client_id"`
	InputHash *string    `json:"input_hash"`
	Metadata  *string    `json:"metadata"`
	CreatedAt string     `json:"created_at"`
	EditedAt  *string    `json:"edited_at"`
	Words     *string    `json:"words"`
}

func (b *importBatchWrite) write(batch []importedMessage) (int, error) {
	accepted, err := b.accept(batch)
	if err != nil {
		return 0, err
	}
	if len(accepted) > 0 {
		if err := b.checkPeople(accepted); err != nil {
			return 0, err
		}
		for _, step := range []func([]importedMessage) error{b.insert, b.insertReactions, b.bind, b.moveMarkers} {
			if err := step(accepted); err != nil {
				return 0, err
			}
		}
	}
	return len(accepted), b.tell(len(accepted) > 0)
}

// accept leaves out what is there already, numbers the rest and finds what it replies to.
func (b *importBatchWrite) accept(batch []importedMessage) (accepted []importedMessage, err error) {
	known, err := b.readClients(b.room.ID, batch)
	if err != nil {
		return nil, err
	}
	next := b.room.LastNumber
	b.authors = map[UserID]bool{}
	for i := range batch {
		m := &batch[i]
		if m.ClientID != "" && known.byAuthor[m.client()] {
			continue
		}
		next++
		row := importRow{ID: m.id, Number: next, UserID: m.author().nullableID(), Kind: m.author().authorKind(), Text: m.Text,
			Metadata: m.Metadata.text(), CreatedAt: dialect.FormatTime(m.CreatedAt), Words: b.keptWords(b.room.ID, next, m.Text)}
		if m.ReplyTo != "" {
			id, there := known.newest[m.ReplyTo]
			if !there {
				return nil, invalid(m.field("reply_to"), CodeNotInRoom, "names no message that is in the room before it")
			}
			row.ReplyToID = &id
		}
		if m.ClientID != "" {
			row.ClientID, row.InputHash = &m.ClientID, &m.inputHash
			known.byAuthor[m.client()], known.newest[m.ClientID] = true, m.id
		}
		b.add(m, row)
		accepted = append(accepted, *m)
	}
	return accepted, nil
}

// add adds a message to what is written.
func (b *importBatchWrite) add(m *importedMessage, row importRow) {
	if m.EditedAt != nil {
		at := dialect.FormatTime(*m.EditedAt)
		row.EditedAt = &at
	}
	if m.UserID != "" {
		b.authors[m.UserID] = true
	}
	if m.CreatedAt.After(b.newest) {
		b.newest = m.CreatedAt
	}
	b.media = append(b.media, m.media...)
	b.rows = append(b.rows, row)
}

// checkPeople refuses authors, and users who reacted, who are not in the host's table.
func (b *importBatchWrite) checkPeople(accepted []importedMessage) error {
	people := map[UserID]bool{}
	for i := range accepted {
		for _, r := range accepted[i].Reactions {
			people[r.UserID] = true
		}
	}
	for author := range b.authors {
		people[author] = true
	}
	ids := make([]UserID, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil
	}
	unknown, err := b.unknownUsers(ids...)
	if err != nil || len(unknown) == 0 {
		return err
	}
	for i := range accepted {
		m := &accepted[i]
		if slices.Contains(unknown, m.UserID) {
			return invalid(m.field("user_id"), CodeNoSuchUser, "is not a user")
		}
		for j, r := range m.Reactions {
			if slices.Contains(unknown, r.UserID) {
				return invalid(m.field(fmt.Sprintf("reactions[%d].user_id", j)), CodeNoSuchUser, "is not a user")
			}
		}
	}
	return nil
}

func (b *importBatchWrite) insert([]importedMessage) error {
	metadata, words := "j.metadata", "j.words"
	if b.dialect == dialect.Postgres {
		metadata, words = "CAST(j.metadata AS json)", dialect.Words(words)
	}
	_, err := b.exec(`INSERT INTO chat_messages (id, room_id, number, user_id, author_kind, text, reply_to_id, client_id, input_hash,
			metadata, created_at, edited_at, words)
		SELECT j.id, ?, j.number, j.user_id, j.author_kind, j.text, j.reply_to_id, j.client_id, j.input_hash, `+metadata+`,
			j.created_at, j.edited_at, `+words+` FROM `+
		b.jsonRows("id uuid", "number bigint", "user_id user", "author_kind text", "text text", "reply_to_id uuid", "client_id text",
			"input_hash text", "metadata text", "created_at timestamptz", "edited_at timestamptz", "words text"), b.room.ID, dialect.JSONArray(b.rows))
	return err
}

func (b *importBatchWrite) insertReactions(accepted []importedMessage) error {
	var rows []dialect.Object
	for i := range accepted {
		for _, r := range accepted[i].Reactions {
			rows = append(rows, dialect.Object{"id": newID(), "message_id": accepted[i].id, "user_id": r.UserID, "reaction": r.Reaction,
				"created_at": dialect.FormatTime(r.CreatedAt)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := b.exec(`INSERT INTO chat_reactions (id, message_id, user_id, reaction, created_at)
		SELECT j.id, j.message_id, j.user_id, j.reaction, j.created_at FROM `+
		b.jsonRows("id uuid", "message_id uuid", "user_id user", "reaction text", "created_at timestamptz"), dialect.JSONArray(rows))
	return err
}

// bind puts the media that were uploaded into their messages. One that its uploader has used
// meanwhile, or that was swept, is a conflict.
func (b *importBatchWrite) bind(accepted []importedMessage) error {
	if len(b.media) == 0 {
		return nil
	}
	uploaders := []principal{b.actor}
	var rows []dialect.Object
	for i := range accepted {
		for sequence, id := range accepted[i].media {
			rows = append(rows, dialect.Object{"message_id": accepted[i].id, "media_id": id, "sequence": sequence})
			uploaders = append(uploaders, accepted[i].author())
		}
	}
	ready, err := b.lockReadyMedia(b.media, uploaders, b.dialect.Lock("FOR NO KEY UPDATE"))
	if err != nil {
		return err
	}
	used, err := b.usedMedia(b.media)
	if err != nil {
		return err
	}
	if len(used) > 0 || len(ready) != len(b.media) {
		return conflict("an imported file was used or removed meanwhile")
	}
	_, err = b.exec(`INSERT INTO chat_message_media (message_id, media_id, sequence)
		SELECT j.message_id, j.media_id, j.sequence FROM `+
		b.jsonRows("message_id uuid", "media_id uuid", "sequence int"), dialect.JSONArray(rows))
	return err
}

// moveMarkers: who had read the room has read what was imported, and so have its authors,
// whose own messages are never after their marker.
func (b *importBatchWrite) moveMarkers([]importedMessage) error {
	before, last := b.room.LastNumber, b.rows[len(b.rows)-1].Number
	if _, err := b.exec("UPDATE chat_room_users SET last_read_number = ? WHERE room_id = ? AND last_read_number = ?",
		last, b.room.ID, before); err != nil || len(b.authors) == 0 {
		return err
	}
	rows := make([]dialect.Object, 0, len(b.authors))
	for author := range b.authors {
		rows = append(rows, dialect.Object{"user_id": author})
	}
	_, err := b.exec(`UPDATE chat_room_users SET last_read_number = ?, marked_unread = NULL, marked_own = NULL
		WHERE room_id = ? AND user_id IN (SELECT j.user_id FROM `+b.jsonRows("user_id user")+")", last, b.room.ID, dialect.JSONArray(rows))
	return err
}

// tell counts what was stored and, at the end of the import, records its event. A room to
// which an import broke off before that is noted as such, and the next import tells of both.
func (b *importBatchWrite) tell(stored bool) error {
	if stored {
		b.room.LastNumber = b.rows[len(b.rows)-1].Number
		if _, err := b.exec(`UPDATE chat_rooms SET last_number = ?, last_message_at = `+b.dialect.Later("last_message_at")+`, import_untold = ?
			WHERE id = ?`, b.room.LastNumber, b.newest, !b.last, b.room.ID); err != nil {
			return err
		}
	}
	if !b.last {
		return nil
	}
	if !stored {
		untold, err := b.exec("UPDATE chat_rooms SET import_untold = ? WHERE id = ? AND import_untold", false, b.room.ID)
		if err != nil || untold == 0 {
			return err
		}
	}
	b.record(MessagesImported, nil, nil)
	return b.save()
}
