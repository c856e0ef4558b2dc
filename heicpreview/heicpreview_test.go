//go:build nodynamic

package heicpreview

import (
	"bytes"
	"context"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/storage"
)

// The files show red on the left and blue on the right, 256 × 192 pixels.
var files = map[string]string{"image/heic": "two.heic", "image/avif": "two.avif"}

func read(t testing.TB, contentType string) []byte {
	t.Helper()
	return testdata(t, files[contentType])
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func newPreviewer(t *testing.T, o Options) *Previewer {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkColours compares the two halves with red and blue as they were encoded.
func checkColours(t *testing.T, m image.Image) {
	t.Helper()
	size := m.Bounds().Size()
	if size != image.Pt(256, 192) {
		t.Errorf("it has %v", size)
	}
	for at, want := range map[image.Point][3]int{{32, 96}: {200, 40, 40}, {224, 96}: {40, 60, 200}} {
		r, g, b, _ := m.At(at.X, at.Y).RGBA()
		for i, got := range []uint32{r, g, b} {
			if diff := int(got>>8) - want[i]; diff < -6 || diff > 6 {
				t.Errorf("at %v it is %d %d %d, not %v", at, r>>8, g>>8, b>>8, want)
				break
			}
		}
	}
}

func TestPreview(t *testing.T) {
	p := newPreviewer(t, Options{})
	for contentType := range files {
		for range 2 {
			m, err := p.Preview(t.Context(), contentType, bytes.NewReader(read(t, contentType)))
			if err != nil {
				t.Fatal(contentType, err)
			}
			checkColours(t, m)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	small := newPreviewer(t, Options{Memory: 256 << 10})
	for contentType := range files {
		if _, err := small.Preview(t.Context(), contentType, bytes.NewReader(read(t, contentType))); err == nil {
			t.Errorf("%s: it was decoded in 256 KiB", contentType)
		}
		if _, err := newPreviewer(t, Options{}).Preview(t.Context(), contentType, bytes.NewReader(read(t, contentType))); err != nil {
			t.Errorf("%s: and not in more, after that: %v", contentType, err)
		}
	}
}

func TestDecoderEndsWithItsContext(t *testing.T) {
	p := newPreviewer(t, Options{})
	for contentType := range files {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		if _, err := p.Preview(ctx, contentType, bytes.NewReader(read(t, contentType))); err == nil {
			t.Errorf("%s: it was decoded all the same", contentType)
		}
		cancel()
		if _, err := p.Preview(t.Context(), contentType, bytes.NewReader(read(t, contentType))); err != nil {
			t.Errorf("%s: and not when there is time: %v", contentType, err)
		}
	}
}

func TestFilesWithoutAPreview(t *testing.T) {
	heic, avif := read(t, "image/heic"), read(t, "image/avif")
	for name, c := range map[string]struct {
		options     Options
		contentType string
		file        []byte
	}{
		"another kind":    {Options{}, "application/pdf", heic},
		"no heic":         {Options{NoHEIC: true}, "image/heic", heic},
		"too many bytes":  {Options{FileBytes: 100}, "image/avif", avif},
		"half a heic":     {Options{}, "image/heic", heic[:len(heic)/2]},
		"half an avif":    {Options{}, "image/avif", avif[:len(avif)/2]},
		"nothing of heic": {Options{}, "image/heic", nil},
		"nothing of avif": {Options{}, "image/avif", nil},
	} {
		if _, err := newPreviewer(t, c.options).Preview(t.Context(), c.contentType, bytes.NewReader(c.file)); err == nil {
			t.Errorf("%s has a preview", name)
		}
	}
}

func TestThumbnails(t *testing.T) {
	c := chattest.NewWith(t, chattest.Options{Config: chat.Config{UserIDs: chat.StringIDs, Media: storage.Memory(), Previewer: newPreviewer(t, Options{})}})
	for contentType := range files {
		uploaded, err := c.UploadMedia(t.Context(), chat.ID("alice"), chat.NewMedia{Body: bytes.NewReader(read(t, contentType))})
		if err != nil {
			t.Fatal(err)
		}
		m, content, err := c.OpenThumbnail(t.Context(), chat.ID("alice"), uploaded.ID)
		if err != nil {
			t.Fatal(contentType, err)
		}
		data, err := io.ReadAll(content)
		if err != nil || content.Close() != nil {
			t.Fatal(err)
		}
		shown, _, err := image.Decode(strings.NewReader(string(data)))
		if err != nil || m.ContentType != "image/jpeg" {
			t.Fatal(m.ContentType, err)
		}
		checkColours(t, shown)
	}
}
