package chat_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// previewer shows a red picture of what begins with "show", and records what it was asked for.
type previewer struct {
	asked []string
	fail  func(content string) (image.Image, error)
}

func (p *previewer) Preview(ctx context.Context, contentType string, r io.Reader) (image.Image, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	p.asked = append(p.asked, fmt.Sprint(contentType, " ", len(content)))
	if _, has := ctx.Deadline(); !has {
		return nil, errors.New("it may take for ever")
	}
	if p.fail != nil {
		return p.fail(string(content))
	}
	m := image.NewRGBA(image.Rect(10, 20, 1010, 520))
	for i := range m.Pix {
		m.Pix[i] = []byte{220, 10, 10, 255}[i%4]
	}
	return m, nil
}

const pdf = "%PDF-1.7\nshow\n%%EOF\n"

func previewHost(t *testing.T, run func(*testing.T, *chatsuite.Host, *previewer)) {
	t.Helper()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			p := &previewer{}
			run(t, chatsuite.New(t, v, func(c *chat.Config) { c.Previewer = p }), p)
		})
	}
}

func TestPreviewIsMadeOnceForThoseWhoSeeTheFile(t *testing.T) {
	previewHost(t, func(t *testing.T, h *chatsuite.Host, p *previewer) {
		room := h.NewGroup(h.Bob)
		m := uploadFile(t, h, pdf)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		wantNoThumbnail(t, h, h.Carol, m.ID)
		for range 2 {
			small, content := readThumbnail(t, h, h.Bob, m.ID)
			shown, format, err := image.Decode(strings.NewReader(content))
			chatsuite.NoError(t, err)
			if format != "jpeg" || small.ContentType != "image/jpeg" || shown.Bounds().Size() != image.Pt(512, 256) || *small.Width != 512 {
				t.Errorf("it is a %s of %v: %+v", format, shown.Bounds(), small)
			}
			if c := color.RGBAModel.Convert(shown.At(256, 128)).(color.RGBA); c.R < 215 || c.G > 20 || c.B > 20 {
				t.Errorf("it is %v", c)
			}
		}
		if want := fmt.Sprint("[application/pdf ", len(pdf), "]"); fmt.Sprint(p.asked) != want {
			t.Errorf("asked for %v, want %s", p.asked, want)
		}
	})
}

func TestFilesThatAreNotPreviewed(t *testing.T) {
	previewHost(t, func(t *testing.T, h *chatsuite.Host, p *previewer) {
		wantNoThumbnail(t, h, h.Alice, uploadFile(t, h, "\x00\x01\x02\x03 of no kind").ID)
		wantNoThumbnail(t, h, h.Alice, uploadFile(t, h, pngOf(t, 600, 600)[:60]).ID) // decoded here
		readThumbnail(t, h, h.Alice, uploadFile(t, h, pngOf(t, 600, 500)).ID)
		if len(p.asked) != 0 {
			t.Errorf("asked for %v", p.asked)
		}
	})
}

func TestPreviewThatFailsIsTriedOnce(t *testing.T) {
	previewHost(t, func(t *testing.T, h *chatsuite.Host, p *previewer) {
		for name, fail := range map[string]func(string) (image.Image, error){
			"an error":   func(string) (image.Image, error) { return nil, errors.New("damaged") },
			"no image":   func(string) (image.Image, error) { return nil, nil },
			"a panic":    func(string) (image.Image, error) { panic("met nobody before") },
			"no pixels":  func(string) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 0, 9)), nil },
			"too large":  func(string) (image.Image, error) { return image.NewUniform(color.Black), nil }, // endless
			"bad pixels": func(string) (image.Image, error) { return &image.Gray{Rect: image.Rect(0, 0, 9, 9)}, nil },
		} {
			p.asked, p.fail = nil, fail
			m := uploadFile(t, h, pdf)
			wantNoThumbnail(t, h, h.Alice, m.ID)
			wantNoThumbnail(t, h, h.Alice, m.ID)
			if len(p.asked) != 1 {
				t.Errorf("%s: asked for %v", name, p.asked)
			}
		}
	})
}

func TestPreviewThatIsUnavailableIsTriedAgain(t *testing.T) {
	previewHost(t, func(t *testing.T, h *chatsuite.Host, p *previewer) {
		p.fail = func(string) (image.Image, error) {
			return nil, fmt.Errorf("%w: the converter restarts", chat.ErrUnavailable)
		}
		m := uploadFile(t, h, pdf)
		_, _, err := h.OpenThumbnail(h.Ctx, h.Alice, m.ID)
		chatsuite.WantError(t, err, chat.ErrUnavailable)
		p.fail = nil
		readThumbnail(t, h, h.Alice, m.ID)
	})
}

func TestWithoutAPreviewerNothingIsRead(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, chatsuite.SQLite)
	wantNoThumbnail(t, h, h.Alice, uploadFile(t, h, pdf).ID)
	if n := store.opens.Load(); n != 0 {
		t.Errorf("without a Previewer it was read %d times", n)
	}
}
