package chat

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"
)

// NewMedia is a file to be uploaded.
type NewMedia struct {
	// FileName is what the uploader calls it. Its base name is kept, at most 255
	// bytes, as a label for downloads; it never names anything in the store.
	FileName string
	// Body is read to its end, at most Limits.UploadBytes.
	Body io.Reader
}

// UploadMedia stores a file for the actor, who alone sees it until it is sent in a
// message. Body is streamed; the content type is told from its bytes.
//
// The row comes first, then the bytes, then the row is made visible: a crash leaves
// something that can be found and removed, never a message that points at nothing.
// Inside InTx or WithTx the bytes are stored at once, while the row appears with
// the host's commit; after a rollback InTx deletes the bytes again, and with WithTx
// they stay in the store.
//
// Errors: ErrTooLarge, ErrInvalid, ErrNoMediaStore, ErrMediaStore, ErrConflict when
// the upload took so long that it was taken for abandoned, and the error of Body.
func (s *Service) UploadMedia(ctx context.Context, actor Actor, in NewMedia) (*Media, error) {
	if s.config.Media == nil {
		return nil, ErrNoMediaStore
	}
	if in.Body == nil {
		return nil, invalid("body", "is missing")
	}
	name, err := baseName(in.FileName)
	if err != nil {
		return nil, err
	}
	media := &Media{ID: newID(), Key: newKey(), State: MediaPending, FileName: name}
	if err := s.write(ctx, actor, func(c *call) error {
		media.UserID, media.CreatedAt = c.who.ref(), c.now
		if !c.who.system() {
			if err := c.checkUsers("actor", c.who.id); err != nil {
				return err
			}
		}
		return c.insertMedia(media)
	}); err != nil {
		return nil, err
	}
	if s.tx != nil {
		s.tx.stored = append(s.tx.stored, media.Key)
	}
	if err := s.put(ctx, media, in.Body); err != nil {
		return nil, err
	}
	return result(media, s.write(ctx, actor, func(c *call) error { return c.showUpload(media) }))
}

func newKey() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random)
}

const fileNameBytes = 255

// baseName strips folders, as either kind of system writes them, and control
// characters.
func baseName(name string) (string, error) {
	if reason := notText(name); reason != "" {
		return "", invalid("file_name", "%s", reason)
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name))
	if len(name) > fileNameBytes {
		return "", tooLarge("file_name", fileNameBytes, "bytes")
	}
	if name == "." || name == ".." {
		name = ""
	}
	return name, nil
}

func (c *call) insertMedia(m *Media) error {
	_, err := c.exec(`INSERT INTO chat_media (id, user_id, key, state, file_name, content_type, size, sha256, created_at)
		VALUES (?, ?, ?, ?, ?, '', 0, '', ?)`, m.ID, m.UserID, m.Key, m.State, m.FileName, m.CreatedAt)
	return err
}

// put streams the bytes into the store and learns their type, size and hash.
func (s *Service) put(ctx context.Context, media *Media, body io.Reader) error {
	hash := sha256.New()
	limited := &limitedReader{source: body, limit: s.config.Limits.UploadBytes}
	buffered := bufio.NewReaderSize(limited, sniffBytes)
	head, err := buffered.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	media.ContentType = mimetype.Detect(head).String()
	if err := s.config.Media.Put(ctx, media.Key, io.TeeReader(buffered, hash)); err != nil {
		if limited.err != nil {
			return limited.err // the body's or the limit's, not the store's
		}
		return storeError("put", err)
	}
	if limited.err != nil { // a store that takes a broken body for a whole one
		return limited.err
	}
	media.Size = limited.read
	media.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return nil
}

// sniffBytes is how much of a file tells its type.
const sniffBytes = 3072

// limitedReader fails once more than limit bytes came, and remembers a failure, so
// that a body's fault is not taken for the store's.
type limitedReader struct {
	source io.Reader
	limit  int64
	read   int64
	err    error
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if room := l.limit - l.read + 1; int64(len(p)) > room {
		p = p[:room] // one byte beyond the limit tells that it is crossed
	}
	n, err := l.source.Read(p)
	l.read += int64(n)
	switch {
	case l.read > l.limit:
		l.err = tooLarge("body", l.limit, "bytes")
		return 0, l.err
	case err != nil && !errors.Is(err, io.EOF):
		l.err = err
	}
	return n, err
}

// showUpload makes a stored upload visible to its uploader, unless it waited for so
// long that it was taken for abandoned.
func (c *call) showUpload(m *Media) error {
	shown, err := c.exec(`UPDATE chat_media SET state = ?, content_type = ?, size = ?, sha256 = ? WHERE id = ? AND state = ?`,
		MediaReady, m.ContentType, m.Size, m.SHA256, m.ID, MediaPending)
	if err != nil {
		return err
	}
	if shown == 0 {
		return conflict("the upload took too long and was removed")
	}
	m.State = MediaReady
	return nil
}

// forgetStored deletes objects whose rows were rolled back.
func (s *Service) forgetStored(ctx context.Context, stored []string) {
	for _, key := range stored {
		if err := s.config.Media.Delete(context.WithoutCancel(ctx), key); err != nil {
			s.config.Logger.WarnContext(ctx, "an object of a rolled back upload stays in the media store",
				"key", key, "error", err)
		}
	}
}

func storeError(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrMediaStore, what, err)
}

// imageOf locks a medium that is to become a room's avatar: an image of the actor's
// own that is in no other use.
func (c *call) imageOf(id uuid.UUID) error {
	ids := []uuid.UUID{id}
	found, err := c.lockReadyMedia(ids)
	if err != nil {
		return err
	}
	if len(found) == 0 || !found[0].of(c.who) {
		return invalid("avatar_id", "is not an upload of the actor's")
	}
	if !strings.HasPrefix(found[0].ContentType, "image/") {
		return invalid("avatar_id", "is not an image")
	}
	used, err := c.usedMedia(ids)
	if err == nil && len(used) > 0 {
		err = conflict("avatar_id is in use already")
	}
	return err
}
