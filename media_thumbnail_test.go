package chat_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	moving "image/gif"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

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
