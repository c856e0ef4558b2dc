package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/picture"
	"github.com/go-df/chat/internal/turn"
)

// OpenThumbnail returns a smaller copy of a picture, to those who may see the picture: a
// JPEG or, of what is partly transparent, a PNG, upright, of at most 512 × 512 pixels; of
// what moves, the first picture. The Media beside it is the picture's with the type, size,
// width, height and hash of the copy. A picture that is no larger is returned itself,
// unless it is a GIF.
//
// The copy is made when it is first opened, one at a time in each Service of New, and
// kept in the media store. A call waits for its turn at most 10 seconds, the actors in
// turn, and 16 calls at most in all. Whether the actor may see the picture is decided
// again after that. Pictures of more than 24,000,000 pixels have none, and those whose
// decoding would take more than 128 MiB.
//
// Errors: ErrNotFound, also of what has no thumbnail, ErrNoMediaStore, ErrMediaStore,
// ErrUnavailable when the turn does not come, and inside InTx or WithTx ErrConflict while
// another thumbnail is being made.
func (s *Service) OpenThumbnail(ctx context.Context, actor Actor, media uuid.UUID) (*Media, io.ReadCloser, error) {
	if s.config.Media == nil {
		return nil, nil, ErrNoMediaStore
	}
	found, err := s.Media(ctx, actor, media)
	switch {
	case err != nil:
		return nil, nil, err
	case !found.IsImage():
		return nil, nil, ErrNotFound
	case found.ownThumbnail():
		content, err := s.openObject(ctx, found.Key)
		if err != nil {
			return nil, nil, err
		}
		return found, content, nil
	}
	if found.ThumbnailKey == nil {
		if err := s.makeThumbnail(ctx, actor, found.ID); err != nil {
			return nil, nil, err
		}
		if found, err = s.Media(ctx, actor, media); err != nil { // who was removed meanwhile gets nothing
			return nil, nil, err
		}
	}
	if found.ThumbnailKey == nil || *found.ThumbnailKey == noThumbnail {
		return nil, nil, ErrNotFound
	}
	return s.openThumbnail(ctx, found)
}

// noThumbnail is the key of what has none, so that it is not tried again.
const noThumbnail = ""

// HasThumbnail reports whether OpenThumbnail has a smaller copy of the media item, as far as
// can be told without opening it: not of what is no picture, has more than 24,000,000 pixels
// and would have to be decoded, or was tried before and cannot be.
func (m *Media) HasThumbnail() bool {
	switch {
	case !m.IsImage():
		return false
	case m.ownThumbnail():
		return true
	case m.ThumbnailKey != nil:
		return *m.ThumbnailKey != noThumbnail
	}
	return *m.Width**m.Height <= picture.ThumbnailPixels
}

func (m *Media) ownThumbnail() bool {
	return max(*m.Width, *m.Height) <= picture.ThumbnailSide && m.ContentType != picture.GIF
}

// thumbnailBytes is more than the largest: every pixel of a PNG as it is.
const thumbnailBytes = 2 << 20

// openThumbnail reads a thumbnail whole: it is small, and its bytes have what the row has
// not.
func (s *Service) openThumbnail(ctx context.Context, m *Media) (*Media, io.ReadCloser, error) {
	object, err := s.openObject(ctx, *m.ThumbnailKey)
	if err != nil {
		return nil, nil, err
	}
	content, err := io.ReadAll(io.LimitReader(object, thumbnailBytes))
	if err = errors.Join(err, object.Close()); err != nil {
		return nil, nil, mediaStoreError("read", err)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, nil, mediaStoreError("read", err)
	}
	width, height, sum := int64(config.Width), int64(config.Height), sha256.Sum256(content)
	m.ContentType, m.Size, m.SHA256 = "image/"+format, int64(len(content)), hex.EncodeToString(sum[:])
	m.Width, m.Height = &width, &height
	return m, readerAtHand{bytes.NewReader(content)}, nil
}

// readerAtHand is a bytes.Reader to close.
type readerAtHand struct{ *bytes.Reader }

func (readerAtHand) Close() error { return nil }

// makeThumbnail makes one, unless somebody was faster. Others wait, because a large
// picture takes much memory. Once begun it is finished, also when the caller's context ends.
func (s *Service) makeThumbnail(ctx context.Context, actor Actor, id uuid.UUID) error {
	if err := s.beginThumbnail(ctx, actor); err != nil {
		return err
	}
	defer s.state.thumbnails.Give()
	m, err := s.Media(ctx, actor, id) // of those who waited, nobody is served who was removed
	if err != nil || m.ThumbnailKey != nil {
		return err
	}
	if s.tx == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), thumbnailDeadline)
		defer cancel()
	}
	small, err := s.shrink(ctx, m)
	switch {
	case errors.Is(err, picture.ErrDamaged), errors.Is(err, picture.ErrTooLarge):
		err = s.do(ctx, System, func(c *call) error { return c.setThumbnail(id, noThumbnail) })
	case err == nil:
		err = s.keepThumbnail(ctx, id, newKey(), small)
	}
	if errors.Is(err, errSuperseded) { // the picture was removed, or another process has made its thumbnail
		return nil
	}
	return err
}

// thumbnailDeadline is for everything that it takes to make one.
const thumbnailDeadline = time.Minute

const (
	thumbnailWait  = 10 * time.Second // for the turn to make one
	thumbnailQueue = 16               // calls that wait, at most
)

// beginThumbnail takes the turn to make one. Inside a host's transaction nothing is waited
// for: whoever has the turn may be waiting for that transaction.
func (s *Service) beginThumbnail(ctx context.Context, actor Actor) error {
	turns := s.state.thumbnails
	if s.tx != nil {
		if !turns.TryTake() {
			return conflict("another thumbnail is being made: ask again outside of the transaction")
		}
		return nil
	}
	p, err := s.principalOf(actor)
	if err != nil {
		return err
	}
	err = turns.Take(ctx, p)
	if errors.Is(err, turn.ErrFull) || errors.Is(err, turn.ErrLate) {
		return &outage{ErrUnavailable, fmt.Errorf("the thumbnail cannot be made: %w", err)}
	}
	return err
}

func (s *Service) shrink(ctx context.Context, m *Media) ([]byte, error) {
	whole, err := s.openObject(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	small, err := picture.Thumbnail(m.ContentType, whole)
	if errors.Is(err, picture.ErrDamaged) || errors.Is(err, picture.ErrTooLarge) {
		return nil, errors.Join(err, whole.Close())
	}
	if err = errors.Join(err, whole.Close()); err != nil {
		return nil, mediaStoreError("read", err)
	}
	return small, nil
}

// keepThumbnail stores a thumbnail as an upload is stored: under a pending row of its own,
// which goes when the picture's row has the key. What is left of a crash is swept.
func (s *Service) keepThumbnail(ctx context.Context, id uuid.UUID, key string, small []byte) error {
	copied := &Media{ID: newID(), Key: key, State: MediaPending}
	if err := s.insertPending(ctx, System, copied); err != nil {
		return err
	}
	if err := s.putObject(ctx, copied.Key, bytes.NewReader(small)); err != nil {
		return err
	}
	err := s.do(ctx, System, func(c *call) error {
		if err := c.setThumbnail(id, copied.Key); err != nil {
			return err
		}
		return orSuperseded(c.exec("DELETE FROM chat_media WHERE id = ? AND state = ?", copied.ID, MediaPending))
	})
	if errors.Is(err, errSuperseded) {
		s.deleteStored(ctx, []string{copied.Key})
	}
	return err
}

// errSuperseded: a picture was released, or got its thumbnail, while one was made.
var errSuperseded = errors.New("chat: another thumbnail was faster")

func (c *conn) setThumbnail(id uuid.UUID, key string) error {
	if err := c.setLockTimeout(); err != nil {
		return err
	}
	return orSuperseded(c.exec("UPDATE chat_media SET thumbnail_key = ? WHERE id = ? AND state = ? AND thumbnail_key IS NULL",
		key, id, MediaReady))
}

// orSuperseded returns errSuperseded if a statement has changed no row.
func orSuperseded(changed int64, err error) error {
	if err == nil && changed == 0 {
		return errSuperseded
	}
	return err
}
