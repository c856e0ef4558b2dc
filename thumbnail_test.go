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
	"github.com/go-df/chat/internal/chatsuite"
)

// plainPicture is one of one colour.
func plainPicture(w, h int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{200, 30, 30, 255}, color.RGBA{}})
}

func encoded(t testing.TB, encode func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	chatsuite.NoError(t, encode(&b))
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

// uploadFile uploads a file of Alice's.
func uploadFile(t testing.TB, h *chatsuite.Host, content string) *chat.Media {
	t.Helper()
	return chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: "a picture", Body: strings.NewReader(content)}))(t)
}

// readThumbnail opens a thumbnail and reads it.
func readThumbnail(t testing.TB, h *chatsuite.Host, actor chat.Actor, id uuid.UUID) (*chat.Media, string) {
	t.Helper()
	m, content, err := h.OpenThumbnail(h.Ctx, actor, id)
	chatsuite.NoError(t, err)
	data := chatsuite.Must(io.ReadAll(content))(t)
	chatsuite.NoError(t, content.Close())
	return m, string(data)
}

func wantNoThumbnail(t testing.TB, h *chatsuite.Host, actor chat.Actor, id uuid.UUID) {
	t.Helper()
	_, _, err := h.OpenThumbnail(h.Ctx, actor, id)
	if !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
}

func TestPhotosAreStoredUprightAndWithoutTheirPlace(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		whole := photo(t, 40, 30)
		m := uploadFile(t, h, whole)
		stored := chatsuite.Must(h.Media(h.Ctx, h.Alice, m.ID))(t)
		if diff := cmp.Diff(m, stored); diff != "" {
			t.Error(diff)
		}
		if *m.Width != 30 || *m.Height != 40 || m.Size != int64(len(whole)-len("GPS-SECRET")) {
			t.Errorf("it is %d × %d, of %d bytes", *m.Width, *m.Height, m.Size)
		}
		_, content, err := h.OpenMedia(h.Ctx, h.Alice, m.ID)
		chatsuite.NoError(t, err)
		data := chatsuite.Must(io.ReadAll(content))(t)
		if int64(len(data)) != m.Size || bytes.Contains(data, []byte("SECRET")) {
			t.Errorf("%d bytes are stored: %q", len(data), data[:100])
		}
		_, err = h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(whole[:40])})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "body", 0)
	})
}

func TestThumbnailIsMadeOnceForThoseWhoSeeThePicture(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		m := uploadFile(t, h, photo(t, 2000, 1000))
		wantNoThumbnail(t, h, h.Bob, m.ID) // not sent yet
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		wantNoThumbnail(t, h, h.Carol, m.ID)
		if n := h.Store.Len(); n != 1 {
			t.Errorf("a thumbnail was made for somebody who may not see it: %d objects", n)
		}

		small, first := readThumbnail(t, h, h.Bob, m.ID)
		again, second := readThumbnail(t, h, h.Alice, m.ID)
		if diff := cmp.Diff(small, again); diff != "" || first != second {
			t.Errorf("the second is another: %s", diff)
		}
		decoded, format, err := image.Decode(strings.NewReader(first))
		chatsuite.NoError(t, err)
		if format != "jpeg" || decoded.Bounds().Size() != image.Pt(256, 512) {
			t.Errorf("it is a %s of %v", format, decoded.Bounds())
		}
		want := *chatsuite.Must(h.Media(h.Ctx, h.Alice, m.ID))(t)
		width, height := int64(256), int64(512)
		want.ContentType, want.Width, want.Height, want.Size, want.SHA256 = "image/jpeg", &width, &height, int64(len(first)), small.SHA256
		if diff := cmp.Diff(&want, small); diff != "" || small.SHA256 == m.SHA256 {
			t.Error(diff)
		}
		if n, rows := h.Store.Len(), h.QueryInt("SELECT count(*) FROM chat_media"); n != 2 || rows != 1 {
			t.Errorf("there are %d objects and %d rows", n, rows)
		}
	})
}

func TestPicturesThatAreTheirOwnThumbnailOrHaveNone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		tiny := pngOf(t, 512, 3)
		if m, content := readThumbnail(t, h, h.Alice, uploadFile(t, h, tiny).ID); content != tiny || m.ContentType != "image/png" {
			t.Errorf("a small picture's is %+v", m)
		}
		film := encoded(t, func(to io.Writer) error {
			return moving.EncodeAll(to, &moving.GIF{Image: []*image.Paletted{plainPicture(20, 10), plainPicture(20, 10)}, Delay: []int{1, 1}})
		})
		if m, _ := readThumbnail(t, h, h.Alice, uploadFile(t, h, film).ID); m.ContentType != "image/jpeg" || *m.Width != 20 || *m.Height != 10 {
			t.Errorf("one that moves has %+v", m)
		}
		before := h.Store.Len()
		large := []byte(pngOf(t, 600, 600)) // which says that it is larger
		binary.BigEndian.PutUint32(large[16:], 24_001)
		binary.BigEndian.PutUint32(large[20:], 1_000)
		binary.BigEndian.PutUint32(large[29:], crc32.ChecksumIEEE(large[12:29]))
		none := map[string]string{"a text": "words", "cut off": pngOf(t, 600, 600)[:60], "too large": string(large)}
		for name, content := range none {
			m := uploadFile(t, h, content)
			wantNoThumbnail(t, h, h.Alice, m.ID)
			wantNoThumbnail(t, h, chat.System, m.ID)
			if n := h.Store.Len(); n != before+1 {
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

func newHookedHost(t *testing.T, v chatsuite.Variant) (*chatsuite.Host, *hookedStore) {
	hooked := &hookedStore{}
	h := chatsuite.New(t, v, func(c *chat.Config) {
		hooked.MediaStore = c.Media
		c.Media = hooked
	})
	return h, hooked
}

func TestPictureWithoutAThumbnailIsTriedOnce(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, chatsuite.SQLite)
	m := uploadFile(t, h, pngOf(t, 600, 600)[:60])
	for range 3 {
		wantNoThumbnail(t, h, h.Alice, m.ID)
	}
	if n := store.opens.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
}

func TestThumbnailsAreMadeOneAtATime(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			var ids []uuid.UUID
			pictures := map[string]bool{}
			for range 3 {
				m := uploadFile(t, h, pngOf(t, 600, 500))
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
					if _, content, err := h.OpenThumbnail(h.Ctx, h.Alice, ids[i%3]); err != nil || content.Close() != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n := h.Store.Len(); n != 6 {
				t.Errorf("3 pictures and their thumbnails are %d objects", n)
			}
		})
	}
}

func TestThumbnailThatIsNoLongerWaitedFor(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, chatsuite.SQLiteFile)
	m := uploadFile(t, h, pngOf(t, 600, 500))
	ctx, leave := context.WithCancel(h.Ctx)
	var once sync.Once
	entered, finish := make(chan struct{}), make(chan struct{})
	store.open = func(context.Context, string) func() {
		once.Do(func() { close(entered) })
		<-finish
		return func() {}
	}
	made := make(chan error)
	go func() {
		_, _, err := h.OpenThumbnail(ctx, h.Alice, m.ID)
		made <- err
	}()
	<-entered
	waiting, gone := context.WithTimeout(h.Ctx, 10*time.Millisecond)
	defer gone()
	_, _, err := h.OpenThumbnail(waiting, h.Alice, m.ID)
	chatsuite.WantError(t, err, context.DeadlineExceeded)
	leave()
	close(finish)
	chatsuite.WantError(t, <-made, context.Canceled)
	if n := h.QueryInt("SELECT count(*) FROM chat_media WHERE thumbnail_key <> ''"); n != 1 {
		t.Error("it was not finished")
	}
}

func TestPictureThatGoesWhileItsThumbnailIsMade(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			m := uploadFile(t, h, pngOf(t, 600, 500))
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, h.NewGroup().ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
			store.open = func(ctx context.Context, _ string) func() {
				chatsuite.NoError(t, h.DeleteMessage(ctx, h.Alice, sent.ID))
				return func() {}
			}
			wantNoThumbnail(t, h, h.Alice, m.ID)
			h.Clock.Advance(time.Hour)
			if n := chatsuite.Must(h.SweepMedia(h.Ctx, time.Minute))(t); n != 2 || h.Store.Len() != 0 {
				t.Errorf("%d are swept, and %d objects stay", n, h.Store.Len())
			}
		})
	}
}

var errRollback = errors.New("the host changed its mind")

func TestThumbnailOfARolledBackUpload(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		err := h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			m := chatsuite.Must(s.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(pngOf(t, 600, 500))}))(t)
			_, content, err := s.OpenThumbnail(h.Ctx, h.Alice, m.ID)
			chatsuite.NoError(t, err)
			chatsuite.NoError(t, content.Close())
			if n := h.Store.Len(); n != 2 {
				t.Errorf("%d objects", n)
			}
			return errRollback
		})
		chatsuite.WantError(t, err, errRollback)
		if n, rows := h.Store.Len(), h.QueryInt("SELECT count(*) FROM chat_media"); n != 0 || rows != 0 {
			t.Errorf("%d objects and %d rows stay", n, rows)
		}
	})
}

func TestMediaURLIsForThoseWhoSeeTheFile(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		m := uploadFile(t, h, "<html>")
		url := chatsuite.Must(h.MediaURL(h.Ctx, h.Alice, m.ID, time.Minute))(t)
		want := "https://media.example/" + m.Key + `?valid=1m0s&type=application/octet-stream&as=attachment; filename="a picture"`
		if url != want {
			t.Errorf("the URL is %s", url)
		}
		_, err := h.MediaURL(h.Ctx, h.Bob, m.ID, time.Minute)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		plain := chatsuite.Must(chat.New(h.DB, chat.Config{UserIDs: h.UserIDs, UsersTable: h.Config.UsersTable, Media: h.Store}))(t)
		_, err = plain.MediaURL(h.Ctx, h.Alice, m.ID, time.Minute)
		chatsuite.WantError(t, err, chat.ErrNoMediaStore)
	})
}
