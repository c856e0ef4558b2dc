package strip

import (
	"errors"
	"io"

	"github.com/go-df/chat/internal/picture"
)

// New returns a Reader of what r yields, which is of a content type as the first bytes tell. Of
// a type that it knows nothing of, everything stays.
func New(contentType string, r io.Reader) Reader { return newReader(contentType, r, false) }

func newReader(contentType string, r io.Reader, infoOnly bool) Reader {
	switch contentType {
	case picture.JPEG:
		return &jpeg{stripper: picture.NewStripper(r)}
	case picture.PNG:
		return newPNG(r)
	case picture.WebP:
		return newWebP(r)
	case picture.GIF:
		return newGIF(r)
	case "video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "video/3gpp2", "audio/mp4",
		"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif":
		return newFilm(contentType, r, infoOnly)
	case "audio/mpeg", "audio/aac":
		return newSound(r)
	case "audio/flac":
		return newFLAC(r)
	case "audio/wav":
		return newWave(r)
	case "audio/ogg", "video/ogg", "application/ogg":
		return newOgg(r)
	case "video/webm", "video/matroska":
		return newMatroska(contentType, r)
	}
	p := newPass(r)
	p.step = p.copyRest
	return p
}

// jpeg is a picture.Stripper as a Reader.
type jpeg struct{ stripper *picture.Stripper }

func (j *jpeg) Read(b []byte) (int, error) {
	n, err := j.stripper.Read(b)
	if errors.Is(err, picture.ErrDamaged) {
		err = damaged("is a JPEG whose picture cannot be read: it is damaged, or was cut off")
	}
	return n, err
}

func (j *jpeg) Close() error { return nil }

func (j *jpeg) Info() Info {
	found, err := j.stripper.Info()
	if err != nil {
		return Info{Orientation: 1}
	}
	return Info{Width: found.Width, Height: found.Height, Orientation: found.Orientation}
}

// Keep returns a Reader that strips nothing, and reads the Info all the same.
func Keep(contentType string, r io.Reader) Reader {
	k := &keeper{done: make(chan struct{})}
	from, to := io.Pipe()
	k.to, k.Reader = to, io.TeeReader(r, to)
	stripped := newReader(contentType, from, true)
	go func() {
		defer close(k.done)
		_, err := io.Copy(io.Discard, stripped)
		if err == nil {
			k.info = stripped.Info()
		}
		_ = stripped.Close()
		_, _ = io.Copy(io.Discard, from) // the file is taken whatever it is
	}()
	return k
}

// keeper writes what is read of it to a Reader beside it.
type keeper struct {
	io.Reader
	to   *io.PipeWriter
	done chan struct{}
	info Info
}

func (k *keeper) Info() Info {
	_ = k.Close()
	return k.info
}

func (k *keeper) Close() error {
	err := k.to.Close()
	<-k.done
	return err
}
