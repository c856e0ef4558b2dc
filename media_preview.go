package chat

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"github.com/go-df/chat/internal/picture"
)

// Previewer makes pictures of what this library cannot decode, such as HEIC, AVIF, PDF and
// films, for OpenThumbnail. Package heicpreview, a module of its own, has one for HEIC and AVIF.
type Previewer interface {
	// Preview returns what a file looks like, upright and in sRGB, of any size up to
	// 64,000,000 pixels: it is scaled down here. contentType is Media.ContentType; r yields
	// the file, whose bytes are a user's and hostile: bound the memory that decoding takes.
	//
	// It is called for every kind of file but the pictures that are decoded here and
	// application/octet-stream. An error, or no image, means that there is no preview, which is
	// remembered: the file is not tried again. Only after an error that matches
	// ErrUnavailable it is, when somebody asks again.
	//
	// One call runs at a time in each Service of New, and nobody else's thumbnail is made
	// meanwhile. ctx ends after 30 seconds: return soon then.
	Preview(ctx context.Context, contentType string, r io.Reader) (image.Image, error)
}

// previewDeadline leaves time to store the preview, of thumbnailDeadline.
const previewDeadline = 30 * time.Second

// hasPreview reports whether the host may have a picture of what is none.
func (s *Service) hasPreview(m *Media) bool {
	return s.config.Previewer != nil && !m.IsImage() && m.ContentType != plainFile
}

// HasThumbnail is Media.HasThumbnail, and of what is no picture whether Config.Previewer is going to be
// asked for one, which may find that there is none.
func (s *Service) HasThumbnail(m *Media) bool {
	return m.HasThumbnail() || m.ThumbnailKey == nil && s.hasPreview(m)
}

// preview returns the thumbnail of what the host makes of a file, and picture.ErrDamaged for none.
func (s *Service) preview(ctx context.Context, m *Media) ([]byte, error) {
	content, err := s.openObject(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	previewing, cancel := context.WithTimeout(ctx, previewDeadline)
	defer cancel()
	source := &previewSource{source: content}
	shown, err := callPreviewer(previewing, s.config.Previewer, m.ContentType, source)
	if fault := errors.Join(source.fault, content.Close()); fault != nil {
		return nil, mediaStoreError("read", fault)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrUnavailable):
		return nil, err
	case err != nil:
		s.config.Logger.WarnContext(ctx, "a file has no preview", "media", m.ID, "content_type", m.ContentType, "error", err)
		return nil, picture.ErrDamaged
	case shown == nil:
		return nil, picture.ErrDamaged
	}
	return picture.ThumbnailOf(shown)
}

// callPreviewer makes an error of a panic: the turn to make thumbnails must not be lost.
func callPreviewer(ctx context.Context, p Previewer, contentType string, r io.Reader) (shown image.Image, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			shown, err = nil, fmt.Errorf("chat: Previewer panicked: %v", fault)
		}
	}()
	return p.Preview(ctx, contentType, r)
}

// previewSource remembers what was wrong with reading, other than the end.
type previewSource struct {
	source io.Reader
	fault  error
}

func (p *previewSource) Read(b []byte) (int, error) {
	n, err := p.source.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.fault = err
	}
	return n, err
}
