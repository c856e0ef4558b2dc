package chat

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/picture"
	"github.com/go-df/chat/internal/strip"
	"github.com/go-df/chat/internal/textrule"
)

// NewMedia is a file to be uploaded.
type NewMedia struct {
	// FileName is what the uploader calls it. Its base name is kept, cut to 255 bytes
	// before its ending, as a label for downloads; it never names anything in the store.
	FileName string
	// Body is read to its end, at most Limits.UploadBytes.
	Body io.Reader
}

// UploadMedia stores a file for the actor, who alone sees it until it is sent in a
// message. Body is streamed; the content type is detected from its bytes, of pictures (png,
// jpeg, gif, webp) and films the size, and of films and sound how long they are, where they say so.
//
// Unless Config.KeepMetadata is set, what a phone or a camera leaves in a file is not stored:
// where, when and with what it was made, and whose it was. That is done for JPEG, PNG, WebP,
// GIF, HEIC, AVIF, MP4, QuickTime, M4A, 3GP, MP3, AAC and FLAC; the picture and the sound stay
// bit for bit. Media.Size and SHA256 are of what is stored. Where it cannot be done for sure the
// upload is ErrInvalid, CodeDamaged: a JPEG without a picture in it, or with more than 64 scans;
// a film without an index, because it was cut off, or with boxes that do not fit into each other.
// Some films, HEIC and AVIF are written to a temporary file on the way: to one of the store's, which
// becomes the object, if it is a MediaStoreEditor, or else to one in os.TempDir.
//
// A picture that cannot be read, or has more than Limits.Pixels, is stored as a plain file,
// application/octet-stream.
//
// The row comes first, then the bytes, then the row is made visible: a crash leaves
// something that can be found and removed, never a message that points at nothing.
// Inside InTx or WithTx the bytes are stored at once, while the row appears with
// the host's commit; after a rollback InTx deletes the bytes again, and with WithTx
// they stay in the store.
//
// Errors: ErrTooLarge for more than Limits.UploadBytes, ErrInvalid for a missing Body, a
// file name that is not text and a damaged file, ErrNoMediaStore, ErrMediaStore,
// ErrConflict when SweepMedia removed the upload because it took too long, and the error
// of Body.
func (s *Service) UploadMedia(ctx context.Context, actor Actor, in NewMedia) (*Media, error) {
	if s.config.Media == nil {
		return nil, ErrNoMediaStore
	}
	if in.Body == nil {
		return nil, invalid("body", CodeRequired, "is missing")
	}
	name, err := baseName(in.FileName)
	if err != nil {
		return nil, err
	}
	limit := s.config.Limits.UploadBytes
	if s.config.Hooks.Before != nil {
		op := &UploadOperation{FileName: name, MaxBytes: limit}
		if err := s.before(ctx, actor, func(principal) (Operation, error) { return op, nil }); err != nil {
			return nil, err
		}
		limit = max(0, min(limit, op.MaxBytes))
	}
	return s.upload(ctx, actor, name, in.Body, limit)
}

// upload is UploadMedia of at most limit bytes, without asking Hooks.Before.
func (s *Service) upload(ctx context.Context, actor Actor, name string, body io.Reader, limit int64) (*Media, error) {
	media := &Media{ID: newID(), Key: newKey(), State: MediaPending, FileName: name}
	if err := s.insertPending(ctx, actor, media); err != nil {
		return nil, err
	}
	if err := s.put(ctx, media, body, limit); err != nil {
		return nil, err
	}
	err := s.do(ctx, actor, func(c *call) error { return c.markReady(media) })
	if errors.Is(err, errAbandoned) {
		s.deleteStored(ctx, []string{media.Key}) // the sweeper was there before the bytes were
	}
	if err != nil {
		return nil, err
	}
	return media, nil
}

func newKey() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random)
}

const fileNameBytes = 255

// baseName strips folders, as either kind of system writes them, control characters, and
// what turns the direction of writing. A name that is too long loses its middle: its ending
// says what the file is. One with nothing to see in it is no name.
func baseName(name string) (string, error) {
	if reason := unstorableTextReason(name); reason != "" {
		return "", invalid("file_name", CodeInvalidText, "%s", reason)
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, textrule.WithoutDirections(name)))
	name = textrule.CutFileName(name, fileNameBytes)
	if name == "." || name == ".." || !textrule.Visible(name) {
		name = ""
	}
	return name, nil
}

// insertPending writes the row of an object before its bytes are stored, in a transaction
// of its own: what is left of a crash has a row, and is swept. Inside InTx the key is
// remembered, so that the object is deleted when the transaction is rolled back.
func (s *Service) insertPending(ctx context.Context, actor Actor, m *Media) error {
	err := s.do(ctx, actor, func(c *call) error {
		if err := c.setLockTimeout(); err != nil {
			return err
		}
		at, err := c.agingTime()
		if err != nil {
			return err
		}
		m.UserID, m.CreatedAt = c.actor.nullableID(), at
		if !c.actor.system {
			if err := c.checkUsers("actor", c.actor.id); err != nil {
				return err
			}
		}
		return c.insertMedia(m)
	})
	if err == nil && s.tx != nil {
		s.tx.stored = append(s.tx.stored, m.Key)
	}
	return err
}

func (c *conn) insertMedia(m *Media) error {
	_, err := c.exec(`INSERT INTO chat_media (id, user_id, key, state, file_name, content_type, size, sha256, created_at)
		VALUES (?, ?, ?, ?, ?, '', 0, '', ?)`, m.ID, m.UserID, m.Key, m.State, m.FileName, m.CreatedAt)
	return err
}

// put streams the bytes into the store without what a phone leaves in them, and determines their
// type, size and hash, and how large and how long a picture, film or sound is.
func (s *Service) put(ctx context.Context, media *Media, body io.Reader, limit int64) error {
	buffered := bufio.NewReaderSize(&limitedReader{source: body, limit: limit}, sniffBytes)
	head, err := buffered.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = bytes.Clone(head)
	media.ContentType = contentTypeOf(head)
	seen, err := picture.Inspect(media.ContentType, head)
	if err != nil && picture.Known(media.ContentType) && media.ContentType != picture.JPEG {
		media.ContentType = plainFile // which nobody shows, and nobody reads
	}
	file := s.stripped(media.ContentType, buffered)
	defer func() { _ = file.Close() }() // of a temporary file, which nobody misses
	if err := s.storeFile(ctx, media, file); err != nil {
		return err
	}
	media.measure(seen, file.Info(), s.config.Limits.Pixels)
	return nil
}

// storeFile stores a file, and determines its size and hash.
func (s *Service) storeFile(ctx context.Context, media *Media, file strip.Reader) error {
	if store, edits := s.config.Media.(MediaStoreEditor); edits {
		if file, late := file.(strip.Editor); late && file.Defer() {
			return s.storeEditedFile(ctx, store, media, file)
		}
	}
	taken := &takenReader{source: file, hash: newDigest()}
	defer taken.hash.end() // also of a store that panics
	err := s.putObject(ctx, media.Key, taken)
	switch {
	case taken.err != nil:
		return uploadError(taken.err) // the body's or the limit's, even where the store takes it for whole
	case err != nil:
		return err
	}
	media.Size, media.SHA256 = taken.size, taken.hash.end()
	return nil
}

// storeEditedFile stores a file that is stripped in the store. The hash is of what has become of it.
func (s *Service) storeEditedFile(ctx context.Context, store MediaStoreEditor, media *Media, file strip.Editor) error {
	taken := &takenReader{source: file}
	var damaged *strip.DamagedError
	err := s.putEditedObject(ctx, store, media.Key, taken, func(stored strip.File) error {
		err := file.Edit(stored)
		if err == nil {
			media.SHA256, err = digestOf(stored, taken.size)
		}
		errors.As(err, &damaged)
		return err
	})
	switch {
	case taken.err != nil:
		return uploadError(taken.err)
	case damaged != nil:
		return uploadError(damaged)
	case err != nil:
		return err
	}
	media.Size = taken.size
	return nil
}

// stripped returns a reader of what is stored of a file.
func (s *Service) stripped(contentType string, r io.Reader) strip.Reader {
	if s.config.KeepMetadata {
		return strip.Keep(contentType, r)
	}
	return strip.New(contentType, r)
}

// uploadError is what is wrong with the bytes of an upload, or with reading them.
func uploadError(err error) error {
	var damaged *strip.DamagedError
	var spool *strip.SpoolError
	switch {
	case errors.As(err, &damaged):
		return invalid("body", CodeDamaged, "%s", damaged.Reason)
	case errors.As(err, &spool) && errors.Is(err, syscall.ENOSPC):
		return &outage{ErrNoSpace, err}
	}
	return err
}

// sniffBytes is how much of a file its type is detected from.
const sniffBytes = picture.HeadBytes

// measure determines how large and how long a file is. A picture whose head cannot be read, or
// that is over the limit, is a plain file, to be downloaded and not shown.
func (m *Media) measure(seen picture.Info, info strip.Info, limit int64) {
	if info.ContentType != "" {
		m.ContentType = info.ContentType
	}
	if ms := info.Duration.Round(time.Millisecond).Milliseconds(); ms > 0 {
		m.DurationMS = &ms
	}
	width, height := int64(info.Width), int64(info.Height)
	if picture.Known(m.ContentType) {
		if m.ContentType != picture.JPEG { // which may have its size behind the head
			width, height = int64(seen.Width), int64(seen.Height)
			if info.Orientation >= 5 { // 5 to 8 lie on their sides
				width, height = height, width
			}
		}
		if width < 1 || height < 1 || width > limit/height {
			m.ContentType = plainFile
			return
		}
	}
	if width > 0 && height > 0 {
		m.Width, m.Height = &width, &height
	}
}

// markReady makes a stored upload visible to its uploader, unless it waited for so
// long that it was taken for abandoned.
func (c *conn) markReady(m *Media) error {
	if err := c.setLockTimeout(); err != nil {
		return err
	}
	shown, err := c.exec(`UPDATE chat_media SET state = ?, content_type = ?, size = ?, width = ?, height = ?, duration_ms = ?, sha256 = ?
		WHERE id = ? AND state = ?`, MediaReady, m.ContentType, m.Size, m.Width, m.Height, m.DurationMS, m.SHA256, m.ID, MediaPending)
	if err != nil {
		return err
	}
	if shown == 0 {
		return errAbandoned
	}
	m.State = MediaReady
	return nil
}

var errAbandoned = conflict("the upload took too long and was removed")

// lockAvatar locks a media item that is to become a room's avatar: an image of the actor's
// own that is in no other use.
func (c *call) lockAvatar(id uuid.UUID) error {
	ids := []uuid.UUID{id}
	found, err := c.lockReadyMedia(ids, []principal{c.actor}, c.dialect.Lock("FOR NO KEY UPDATE"))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return invalid("avatar_id", CodeNotOwnUpload, "is not an upload of the actor's")
	}
	if !found[0].IsImage() {
		return invalid("avatar_id", CodeNotAnImage, "is not a picture: png, jpeg, gif or webp")
	}
	used, err := c.usedMedia(ids)
	if err == nil && len(used) > 0 {
		err = conflict("avatar_id is in use already")
	}
	return err
}

// limitedReader fails once more than limit bytes came.
type limitedReader struct {
	source io.Reader
	limit  int64
	read   int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if left := l.limit - l.read; int64(len(p))-1 > left {
		p = p[:left+1] // one byte past the limit shows that it is crossed
	}
	n, err := l.source.Read(p)
	l.read += int64(n)
	if l.read > l.limit {
		return 0, tooLarge("body", CodeTooLarge, l.limit, "bytes")
	}
	return n, err
}
