package chat

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// DeleteMedia takes back an upload that is in no use yet, no message's and no avatar. From
// then on nobody sees it, and it cannot be sent; its bytes are SweepMedia's. One takes back
// what one uploaded oneself, and System anybody's.
//
// What has been sent goes with its message: see DeleteMessage.
//
// Errors: ErrNotFound, ErrForbidden for another's that one sees in a message or as an avatar,
// ErrConflict for one's own there.
func (s *Service) DeleteMedia(ctx context.Context, actor Actor, media uuid.UUID) error {
	if err := s.before(ctx, actor, func(principal) (Operation, error) {
		_, err := s.Media(ctx, actor, media)
		if errors.Is(err, ErrNotFound) {
			return nil, nil
		}
		return &DeleteMediaOperation{MediaID: media}, err
	}); err != nil {
		return err
	}
	return s.do(ctx, actor, func(c *call) error {
		if err := c.setLockTimeout(); err != nil {
			return err
		}
		if err := c.lockUpload(media); err != nil {
			return err
		}
		use, err := queryOne(c.conn, c.scanMediaUse, mediaUseSQL("m.id = ?"), media, MediaReady, c.actor.nullableID())
		if err != nil {
			return err
		}
		if err := c.decideDeleteMedia(use); err != nil {
			return err
		}
		return c.releaseMedia("id = ?", media)
	})
}

// lockUpload locks a ready upload of the actor's, for System anybody's, so that nobody sends
// it meanwhile. Others are neither locked nor waited for.
func (c *call) lockUpload(media uuid.UUID) error {
	_, err := queryAll(c.conn, scanValue[uuid.UUID], "SELECT id FROM chat_media WHERE id = ? AND state = ? AND (user_id = ? OR ?)"+
		c.dialect.Lock("FOR NO KEY UPDATE"), media, MediaReady, c.actor.nullableID(), c.actor.system)
	return err
}

// decideDeleteMedia decides on what is read after the lock.
func (c *call) decideDeleteMedia(use *mediaUse) error {
	if use == nil {
		return ErrNotFound
	}
	if err := c.decideMedia(use); err != nil || !use.used {
		return err
	}
	return c.scopeOf(use).decide(opDeleteMedia, target{child: !use.avatar, own: use.media.uploadedBy(c.actor)})
}
