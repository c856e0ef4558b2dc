package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ImportedMessage is a message that was sent elsewhere. It needs a time, and media or a text
// with something to see in it.
type ImportedMessage struct {
	// UserID is the author, a user who need not be a member. Defaults to none: the message
	// is System's.
	UserID UserID
	// ClientID names the message in its source, at most 255 bytes. A message of the same
	// author and room with the same ClientID is not stored again, whatever else it says.
	// Defaults to none: each import stores it anew.
	ClientID string
	// ReplyTo is the ClientID of a message of the room that this one replies to, imported
	// before it; of several authors' the last one. Defaults to none. Members choose the
	// ClientID of what they send themselves: begin those of the source with something that
	// nobody knows where an import may be run again while the room is in use.
	ReplyTo string
	// Text is as in NewMessage.
	Text string
	// Metadata is as in NewMessage.
	Metadata Metadata
	// CreatedAt is when it was sent, which is not in the future. Required.
	CreatedAt time.Time
	// EditedAt is when it was last edited, not before CreatedAt. Defaults to never.
	EditedAt *time.Time
	// Reactions are at most what Limits.ReactionsPerMessage and ReactionsPerUser say, as
	// Config.Reactions allows them. The same again is dropped.
	Reactions []ImportedReaction
	// Media are uploaded as the author's, in the order to show them, at most
	// Limits.MediaPerMessage.
	Media []ImportedMedia
}

// ImportedReaction is a reaction to a message that was sent elsewhere.
type ImportedReaction struct {
	UserID   UserID // who reacted, who need not be a member
	Reaction string
	// CreatedAt is when. Defaults to the message's.
	CreatedAt time.Time
}

// ImportedMedia is a file of a message that was sent elsewhere.
type ImportedMedia struct {
	// FileName is as in NewMedia.
	FileName string
	// Open returns the file's content, which is closed after it was read. It is not called
	// for a message that is there already.
	Open func() (io.ReadCloser, error)
}

// What one transaction of ImportMessages stores at most.
const (
	importBatch = 2000
	importBytes = 4 << 20 // of texts, metadata and reactions, about

	importReactionBytes = 100 // of one, about
)

// ImportMessages stores messages that were sent elsewhere in a room, numbered in the order in
// which they come, after those that are there, and returns how many were stored. What has a
// ClientID and is there already is passed over, so that an import which broke off, or whose
// source has grown, is run again as it was.
//
// Whoever had read the whole room has read the imported messages too, and so have their
// authors who are members; to the others they are unread. Members of a room with HistoryJoined
// see them all, whatever their times. Subscriptions are told one MessagesImported event
// for all of it, and no other.
//
// The host calls it from code of its own, so that there is no actor. Messages are taken and
// stored in batches, between which others write to the room; no connection is held while the
// sequence yields. With an error of the sequence or of a message, what came before is stored
// but for some thousand messages. Inside InTx it is all part of that transaction.
//
// Hooks.Before is not asked.
//
// Errors: ErrNotFound for the room; ErrInvalid and ErrTooLarge naming the message by its index
// in the sequence, as in "messages[3].text"; those of UploadMedia; those of the sequence and of
// ImportedMedia.Open.
func (s *Service) ImportMessages(ctx context.Context, room uuid.UUID, messages iter.Seq2[ImportedMessage, error]) (int, error) {
	if messages == nil {
		return 0, invalid("messages", CodeRequired, "is nil")
	}
	im := &messageImport{service: s, room: room}
	if _, err := read(ctx, s, System, func(c *call) (*roomScope, error) { return c.readRoom(byRoom, room) }); err != nil {
		return 0, err
	}
	err := im.take(ctx, messages)
	if err == nil {
		err = im.store(ctx, true)
	} else if im.stored > 0 && !IsRetryable(err) {
		// What was stored is told, also where ctx has ended. After a lock was waited for in vain
		// it is told by the next import.
		im.batch = nil
		err = errors.Join(err, im.store(context.WithoutCancel(ctx), true))
	}
	return im.stored, err
}

// messageImport is one ImportMessages.
type messageImport struct {
	service *Service
	room    uuid.UUID
	batch   []importedMessage
	next    int // the index of the next message of the sequence
	bytes   int // of the batch
	stored  int
}

// importedMessage is a checked message with what becomes of it.
type importedMessage struct {
	ImportedMessage
	index     int // in the sequence
	id        uuid.UUID
	inputHash string
	media     []uuid.UUID
}

func (m *importedMessage) field(name string) string {
	return fmt.Sprintf("messages[%d].%s", m.index, name)
}

// author is who wrote it, as nullable columns have it.
func (m *importedMessage) author() principal {
	return principal{id: m.UserID, system: m.UserID == ""}
}

// inMessage puts the name of the message before that of the field which an error is about.
func (m *importedMessage) inMessage(err error) error { return fieldWithin(m.field(""), err) }

// fieldWithin puts a prefix before the field that an error is about.
func fieldWithin(prefix string, err error) error {
	var refused *FieldError
	if !errors.As(err, &refused) {
		return err
	}
	named := *refused
	named.Field = prefix + named.Field
	return &named
}

// take reads the sequence and stores all full batches.
func (im *messageImport) take(ctx context.Context, messages iter.Seq2[ImportedMessage, error]) error {
	for message, err := range messages {
		if err != nil {
			return err
		}
		m := importedMessage{ImportedMessage: message, index: im.next, id: newID()}
		if err := m.check(&im.service.config, im.service.now()); err != nil {
			return m.inMessage(err)
		}
		im.next++
		im.batch = append(im.batch, m)
		im.bytes += len(m.Text) + len(m.Metadata) + importReactionBytes*len(m.Reactions)
		if len(im.batch) == importBatch || im.bytes > importBytes {
			if err := im.store(ctx, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// check refuses a message that cannot be stored, and makes it as it will be.
func (m *importedMessage) check(config *Config, now time.Time) (err error) {
	if m.UserID != "" {
		if m.UserID, err = config.userID("user_id", m.UserID); err != nil {
			return err
		}
	}
	if err := m.checkMedia(config.Limits.MediaPerMessage); err != nil {
		return err
	}
	in := NewMessage{Text: m.Text, ClientID: m.ClientID, Metadata: slices.Clone(m.Metadata)}
	for range m.Media {
		in.MediaIDs = append(in.MediaIDs, newID()) // of no media: they are not uploaded yet
	}
	if err := in.validate(config.Limits); err != nil {
		return err
	}
	in.MediaIDs = nil
	if m.inputHash, err = in.hash(); err != nil {
		return err
	}
	m.Metadata = in.Metadata
	if reason := unstorableTextReason(m.ReplyTo); reason != "" {
		return invalid("reply_to", CodeInvalidText, "%s", reason)
	}
	if err := m.checkTimes(now); err != nil {
		return err
	}
	return m.checkReactions(config, now)
}

func (m *importedMessage) checkTimes(now time.Time) error {
	if m.CreatedAt.IsZero() {
		return invalid("created_at", CodeRequired, "is missing")
	}
	var err error
	if m.CreatedAt, err = pastTime("created_at", m.CreatedAt, now); err != nil {
		return err
	}
	if m.EditedAt != nil {
		at := asStored(*m.EditedAt)
		if at.Before(m.CreatedAt) || at.After(now) {
			return invalid("edited_at", CodeOutOfRange, "is before created_at or in the future")
		}
		m.EditedAt = &at
	}
	return nil
}

// pastTime checks a time of something that has happened, and returns it as stored.
func pastTime(field string, t, now time.Time) (time.Time, error) {
	t = asStored(t)
	if t.After(now) || t.Year() < 1 {
		return t, invalid(field, CodeOutOfRange, "is in the future, or before the year 1")
	}
	return t, nil
}

// asStored is a time as both databases keep it.
func asStored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (m *importedMessage) checkMedia(limit int) error {
	if len(m.Media) > limit {
		return tooLarge("media", CodeTooMany, int64(limit), "media a message")
	}
	for i := range m.Media {
		if m.Media[i].Open == nil {
			return invalid(fmt.Sprintf("media[%d].open", i), CodeRequired, "is missing")
		}
	}
	return nil
}

// checkReactions drops repeats, and refuses more than React would allow.
func (m *importedMessage) checkReactions(config *Config, now time.Time) error {
	type given struct {
		user     UserID
		reaction string
	}
	seen, kinds, byUser := map[given]bool{}, map[string]bool{}, map[UserID]int{}
	most := config.Limits.ReactionsPerUser
	if exclusive(config.Reactions) {
		most = 1
	}
	checked := make([]ImportedReaction, 0, len(m.Reactions))
	for i, r := range m.Reactions {
		field := fmt.Sprintf("reactions[%d].", i)
		var err error
		if r.UserID, err = config.userID(field+"user_id", r.UserID); err != nil {
			return err
		}
		if r.Reaction, err = config.canonicalReaction(r.Reaction); err != nil {
			return fieldWithin(field, err)
		}
		if seen[given{r.UserID, r.Reaction}] {
			continue
		}
		seen[given{r.UserID, r.Reaction}], kinds[r.Reaction] = true, true
		byUser[r.UserID]++
		if byUser[r.UserID] > most {
			return tooLarge(field+"reaction", CodeTooMany, int64(most), "different reactions of a user to a message")
		}
		if limit := config.Limits.ReactionsPerMessage; len(kinds) > limit {
			return tooLarge(field+"reaction", CodeTooMany, int64(limit), "different reactions to a message")
		}
		if r.CreatedAt.IsZero() {
			r.CreatedAt = m.CreatedAt
		}
		if r.CreatedAt, err = pastTime(field+"created_at", r.CreatedAt, now); err != nil {
			return err
		}
		checked = append(checked, r)
	}
	m.Reactions = checked
	return nil
}
