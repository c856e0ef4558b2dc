package chat_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// phoneFile is a file as a phone writes it, with a secret in it.
func phoneFile(t testing.TB, name string) string {
	t.Helper()
	whole := chatsuite.Must(os.ReadFile(filepath.Join("tests/inputs/testdata/hostile/files", name)))(t)
	if !bytes.Contains(whole, []byte("GPS-SECRET")) {
		t.Fatal("it has no secret")
	}
	return string(whole)
}

func storedFile(t testing.TB, h *chatsuite.Host, m *chat.Media) string {
	t.Helper()
	_, content, err := h.OpenMedia(h.Ctx, h.Alice, m.ID)
	chatsuite.NoError(t, err)
	defer content.Close() //nolint:errcheck // of a reader
	return string(chatsuite.Must(io.ReadAll(content))(t))
}

func TestHostThatKeepsMetadata(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		config, keeping := h.Config, *h
		config.KeepMetadata = true
		keeping.Service = chatsuite.Must(chat.New(h.DB, config))(t)
		for _, name := range []string{"phone-film-index-last.mp4", "phone-picture.heic", "phone-turned.png", "jpeg-exif-orientation-6.jpg", "phone-voice.mp4"} {
			whole := phoneFile(t, name)
			kept := uploadFile(t, &keeping, whole)
			stripped := uploadFile(t, h, whole)
			if storedFile(t, &keeping, kept) != whole {
				t.Errorf("%s: it is not stored as it came", name)
			}
			if strings.Contains(storedFile(t, h, stripped), "SECRET") {
				t.Errorf("%s: the secret is stored", name)
			}
			same := func(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
			if kept.ContentType != stripped.ContentType || !same(kept.Width, stripped.Width) || !same(kept.Height, stripped.Height) || !same(kept.DurationMS, stripped.DurationMS) {
				t.Errorf("%s: kept it is %+v, and else %+v", name, kept, stripped)
			}
		}
	})
}

// A film has a size, and is no picture: it has no thumbnail, and is no avatar.
func TestFilmsAreNoPictures(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		film := uploadFile(t, h, phoneFile(t, "phone-film.mov"))
		if *film.Width != 1080 || *film.Height != 1920 || *film.DurationMS != 2500 || film.IsImage() {
			t.Errorf("it is %+v", film)
		}
		_, _, err := h.OpenThumbnail(h.Ctx, h.Alice, film.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.UpdateRoom(h.Ctx, h.Alice, h.NewGroup().ID, chat.RoomPatch{AvatarID: &film.ID})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "avatar_id", 0)
	})
}

// A PNG that lies on its side is turned for its thumbnail, as browsers turn it.
func TestTurnedPNG(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	m := uploadFile(t, h, phoneFile(t, "phone-turned.png"))
	small, content, err := h.OpenThumbnail(h.Ctx, h.Alice, m.ID)
	chatsuite.NoError(t, err)
	config, _, err := image.DecodeConfig(content)
	chatsuite.NoError(t, err)
	if *m.Width != 16 || *m.Height != 640 || *small.Height != 512 || config.Height != 512 || config.Width != 13 {
		t.Errorf("%d × %d, and %d × %d", *m.Width, *m.Height, config.Width, config.Height)
	}
}

// A small picture with a large profile is not its own thumbnail.
func TestOwnThumbnailIsBounded(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	plain := encoded(t, func(to io.Writer) error { return jpeg.Encode(to, plainPicture(200, 130), nil) })
	profile := "\xff\xe2\xff\xffICC_PROFILE\x00\x01\x10" + strings.Repeat("x", 65533-14)
	for n, own := range map[int]bool{0: true, 3: true, 10: false} {
		m := uploadFile(t, h, plain[:2]+strings.Repeat(profile, n)+plain[2:])
		small, content, err := h.OpenThumbnail(h.Ctx, h.Alice, m.ID)
		chatsuite.NoError(t, err)
		chatsuite.NoError(t, content.Close())
		if (small.SHA256 == m.SHA256) != own || small.Size > 256<<10 {
			t.Errorf("of %d bytes the thumbnail has %d", m.Size, small.Size)
		}
	}
}

func TestDamagedFilmsAreRefused(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	for _, name := range []string{"phone-film-index-last.mp4", "phone-picture.heic"} {
		whole := phoneFile(t, name)
		_, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(whole[:len(whole)*2/3])})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "body", 0)
	}
	if n := h.Store.Len(); n != 0 {
		t.Errorf("%d objects are stored", n)
	}
}
