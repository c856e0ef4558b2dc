package chat_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	moving "image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// plainPicture is one of one colour.
func plainPicture(w, h int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{200, 30, 30, 255}, color.RGBA{}})
}

func encoded(t testing.TB, encode func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	ok(t, encode(&b))
	return b.String()
}

func pngOf(t testing.TB, w, h int) string {
	return encoded(t, func(to io.Writer) error { return png.Encode(to, plainPicture(w, h)) })
}

// photo is a JPEG as a phone takes it: lying on its side, with the place in it.
func photo(t testing.TB, w, h int) string {
	plain := encoded(t, func(to io.Writer) error { return jpeg.Encode(to, plainPicture(w, h), nil) })
	exif := "\xff\xe1\x00\x2cExif\x00\x00II\x2a\x00\x08\x00\x00\x00\x01\x00" +
		"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + "\x00\x00\x00\x00" + "GPS-SECRET"
	return plain[:2] + exif + plain[2:]
}

func (h *host) uploaded(t testing.TB, content string) *chat.Media {
	t.Helper()
	return must(h.UploadMedia(h.ctx, h.alice, chat.NewMedia{FileName: "a picture", Body: strings.NewReader(content)}))(t)
}

// thumbnail opens a thumbnail and reads it.
func (h *host) thumbnail(t testing.TB, actor chat.Actor, id uuid.UUID) (*chat.Media, string) {
	t.Helper()
	m, content, err := h.OpenThumbnail(h.ctx, actor, id)
	ok(t, err)
	data := must(io.ReadAll(content))(t)
	ok(t, content.Close())
	return m, string(data)
}

func (h *host) wantNoThumbnail(t testing.TB, actor chat.Actor, id uuid.UUID) {
	t.Helper()
	_, _, err := h.OpenThumbnail(h.ctx, actor, id)
	if !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
}

func TestPhotosAreStoredUprightAndWithoutTheirPlace(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		whole := photo(t, 40, 30)
		m := h.uploaded(t, whole)
		stored := must(h.Media(h.ctx, h.alice, m.ID))(t)
		if diff := cmp.Diff(m, stored); diff != "" {
			t.Error(diff)
		}
		if *m.Width != 30 || *m.Height != 40 || m.Size != int64(len(whole)-len("GPS-SECRET")) {
			t.Errorf("it is %d × %d, of %d bytes", *m.Width, *m.Height, m.Size)
		}
		_, content, err := h.OpenMedia(h.ctx, h.alice, m.ID)
		ok(t, err)
		data := must(io.ReadAll(content))(t)
		if int64(len(data)) != m.Size || bytes.Contains(data, []byte("SECRET")) {
			t.Errorf("%d bytes are stored: %q", len(data), data[:100])
		}
		_, err = h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader(whole[:40])})
		h.wantField(t, err, chat.ErrInvalid, "body")
	})
}

func (h *host) wantField(t testing.TB, err, kind error, name string) {
	t.Helper()
	var field *chat.FieldError
	if !errors.Is(err, kind) || !errors.As(err, &field) || field.Field != name {
		t.Errorf("error is %v, want %v of %s", err, kind, name)
	}
}

func TestThumbnailIsMadeOnceForThoseWhoSeeThePicture(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		m := h.uploaded(t, photo(t, 2000, 1000))
		h.wantNoThumbnail(t, h.bob, m.ID) // not sent yet
		must(h.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		h.wantNoThumbnail(t, h.carol, m.ID)
		if n := h.store.Len(); n != 1 {
			t.Errorf("a thumbnail was made for somebody who may not see it: %d objects", n)
		}

		small, first := h.thumbnail(t, h.bob, m.ID)
		again, second := h.thumbnail(t, h.alice, m.ID)
		if diff := cmp.Diff(small, again); diff != "" || first != second {
			t.Errorf("the second is another: %s", diff)
		}
		decoded, format, err := image.Decode(strings.NewReader(first))
		ok(t, err)
		if format != "jpeg" || decoded.Bounds().Size() != image.Pt(256, 512) {
			t.Errorf("it is a %s of %v", format, decoded.Bounds())
		}
		want := *must(h.Media(h.ctx, h.alice, m.ID))(t)
		width, height := int64(256), int64(512)
		want.ContentType, want.Width, want.Height, want.Size, want.SHA256 = "image/jpeg", &width, &height, int64(len(first)), small.SHA256
		if diff := cmp.Diff(&want, small); diff != "" || small.SHA256 == m.SHA256 {
			t.Error(diff)
		}
		if n, rows := h.store.Len(), h.number("SELECT count(*) FROM chat_media"); n != 2 || rows != 1 {
			t.Errorf("there are %d objects and %d rows", n, rows)
		}
	})
}

func TestPicturesThatAreTheirOwnThumbnailOrHaveNone(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		tiny := pngOf(t, 512, 3)
		if m, content := h.thumbnail(t, h.alice, h.uploaded(t, tiny).ID); content != tiny || m.ContentType != "image/png" {
			t.Errorf("a small picture's is %+v", m)
		}
		film := encoded(t, func(to io.Writer) error {
			return moving.EncodeAll(to, &moving.GIF{Image: []*image.Paletted{plainPicture(20, 10), plainPicture(20, 10)}, Delay: []int{1, 1}})
		})
		if m, _ := h.thumbnail(t, h.alice, h.uploaded(t, film).ID); m.ContentType != "image/jpeg" || *m.Width != 20 || *m.Height != 10 {
			t.Errorf("one that moves has %+v", m)
		}
		before := h.store.Len()
		large := []byte(pngOf(t, 600, 600)) // which says that it is larger
		binary.BigEndian.PutUint32(large[16:], 24_001)
		binary.BigEndian.PutUint32(large[20:], 1_000)
		binary.BigEndian.PutUint32(large[29:], crc32.ChecksumIEEE(large[12:29]))
		none := map[string]string{"a text": "words", "cut off": pngOf(t, 600, 600)[:60], "too large": string(large)}
		for name, content := range none {
			m := h.uploaded(t, content)
			h.wantNoThumbnail(t, h.alice, m.ID)
			h.wantNoThumbnail(t, chat.System, m.ID)
			if n := h.store.Len(); n != before+1 {
				t.Errorf("%s: %d objects", name, n-before)
			}
			before++
		}
	})
}

// hookedStore calls a hook before each Open, and what that returns after the Close.
type hookedStore struct {
	chat.MediaStore
	opens atomic.Int64
	open  func(ctx context.Context, key string) (closed func())
}

func (s *hookedStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	s.opens.Add(1)
	closed := func() {}
	if s.open != nil {
		closed = s.open(ctx, key)
	}
	content, err := s.MediaStore.Open(ctx, key)
	return hookedObject{content, closed}, err
}

type hookedObject struct {
	io.ReadCloser
	closed func()
}

func (o hookedObject) Close() error {
	o.closed()
	return o.ReadCloser.Close()
}

func newHookedHost(t *testing.T, v variant) (*host, *hookedStore) {
	hooked := &hookedStore{}
	h := newHost(t, v, func(c *chat.Config) {
		hooked.MediaStore = c.Media
		c.Media = hooked
	})
	return h, hooked
}

func TestPictureWithoutAThumbnailIsTriedOnce(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, onSQLite)
	m := h.uploaded(t, pngOf(t, 600, 600)[:60])
	for range 3 {
		h.wantNoThumbnail(t, h.alice, m.ID)
	}
	if n := store.opens.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
}

func TestThumbnailsAreMadeOneAtATime(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			var ids []uuid.UUID
			pictures := map[string]bool{}
			for range 3 {
				m := h.uploaded(t, pngOf(t, 600, 500))
				ids, pictures[m.Key] = append(ids, m.ID), true
			}
			var reading atomic.Int64
			store.open = func(_ context.Context, key string) func() {
				if !pictures[key] { // a thumbnail
					return func() {}
				}
				if reading.Add(1) > 1 {
					t.Error("two pictures are read at once")
				}
				return func() { reading.Add(-1) }
			}
			var all sync.WaitGroup
			for i := range 12 {
				all.Go(func() {
					if _, content, err := h.OpenThumbnail(h.ctx, h.alice, ids[i%3]); err != nil || content.Close() != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n := h.store.Len(); n != 6 {
				t.Errorf("3 pictures and their thumbnails are %d objects", n)
			}
		})
	}
}

func TestThumbnailThatIsNoLongerWaitedFor(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, onSQLiteFile)
	m := h.uploaded(t, pngOf(t, 600, 500))
	ctx, leave := context.WithCancel(h.ctx)
	var once sync.Once
	entered, finish := make(chan struct{}), make(chan struct{})
	store.open = func(context.Context, string) func() {
		once.Do(func() { close(entered) })
		<-finish
		return func() {}
	}
	made := make(chan error)
	go func() {
		_, _, err := h.OpenThumbnail(ctx, h.alice, m.ID)
		made <- err
	}()
	<-entered
	waiting, gone := context.WithTimeout(h.ctx, 10*time.Millisecond)
	defer gone()
	_, _, err := h.OpenThumbnail(waiting, h.alice, m.ID)
	wantError(t, err, context.DeadlineExceeded)
	leave()
	close(finish)
	wantError(t, <-made, context.Canceled)
	if n := h.number("SELECT count(*) FROM chat_media WHERE thumbnail_key <> ''"); n != 1 {
		t.Error("it was not finished")
	}
}

func TestPictureThatGoesWhileItsThumbnailIsMade(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			m := h.uploaded(t, pngOf(t, 600, 500))
			sent := must(h.SendMessage(h.ctx, h.alice, h.group().ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
			store.open = func(ctx context.Context, _ string) func() {
				ok(t, h.DeleteMessage(ctx, h.alice, sent.ID))
				return func() {}
			}
			h.wantNoThumbnail(t, h.alice, m.ID)
			h.clock.advance(time.Hour)
			if n := must(h.SweepMedia(h.ctx, time.Minute))(t); n != 2 || h.store.Len() != 0 {
				t.Errorf("%d are swept, and %d objects stay", n, h.store.Len())
			}
		})
	}
}

func TestThumbnailOfARolledBackUpload(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		err := h.InTx(h.ctx, func(_ *gorm.DB, s *chat.Service) error {
			m := must(s.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader(pngOf(t, 600, 500))}))(t)
			_, content, err := s.OpenThumbnail(h.ctx, h.alice, m.ID)
			ok(t, err)
			ok(t, content.Close())
			if n := h.store.Len(); n != 2 {
				t.Errorf("%d objects", n)
			}
			return errHost
		})
		wantError(t, err, errHost)
		if n, rows := h.store.Len(), h.number("SELECT count(*) FROM chat_media"); n != 0 || rows != 0 {
			t.Errorf("%d objects and %d rows stay", n, rows)
		}
	})
}

func TestMediaURLIsForThoseWhoSeeTheFile(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		m := h.uploaded(t, "<html>")
		url := must(h.MediaURL(h.ctx, h.alice, m.ID, time.Minute))(t)
		want := "https://media.example/" + m.Key + `?valid=1m0s&type=application/octet-stream&as=attachment; filename="a picture"`
		if url != want {
			t.Errorf("the URL is %s", url)
		}
		_, err := h.MediaURL(h.ctx, h.bob, m.ID, time.Minute)
		wantError(t, err, chat.ErrNotFound)
		plain := must(chat.New(h.db, chat.Config{UserIDs: h.ids, UsersTable: h.config.UsersTable, Media: h.store}))(t)
		_, err = plain.MediaURL(h.ctx, h.alice, m.ID, time.Minute)
		wantError(t, err, chat.ErrNoMediaStore)
	})
}
