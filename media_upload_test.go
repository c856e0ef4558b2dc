package chat_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestUploadThatBreaksOffIsNotStored(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	for name, whole := range map[string]string{"a jpeg": photo(t, 400, 300), "a png": pngOf(t, 400, 300), "a text": "words and words"} {
		for _, fault := range []error{io.ErrUnexpectedEOF, errors.New("the network went away")} {
			body := io.MultiReader(strings.NewReader(whole[:len(whole)/2]), iotest.ErrReader(fault))
			if _, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: body}); !errors.Is(err, fault) {
				t.Errorf("%s: error is %v, want %v", name, err, fault)
			}
		}
	}
	if n := h.Store.Len(); n != 0 {
		t.Errorf("%d objects are stored", n)
	}
}

func TestUploadWithoutALimit(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Limits.UploadBytes = math.MaxInt64 })
	if m := uploadFile(t, h, "words"); m.Size != 5 {
		t.Errorf("%d bytes", m.Size)
	}
}

// A GIF whose first picture is larger than the GIF says: browsers believe the picture.
func TestGIFThatOutgrowsItself(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite)
	const size, colours = "\x01\x00\x01\x00\x80\x00\x00", "\x00\x00\x00\xff\xff\xff"
	const extension, picture = "\x21\xf9\x04\x00\x00\x00\x00\x00", "\x02\x02\x44\x01\x00\x3b"
	for frame, want := range map[string]string{
		"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00": "image/gif",
		"\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00": "application/octet-stream",
		"\x2c\x01\x00\x00\x00\x01\x00\x01\x00\x00": "application/octet-stream",
	} {
		for _, before := range []string{"", extension} {
			if m := uploadFile(t, h, "GIF89a"+size+colours+before+frame+picture); m.ContentType != want || m.IsImage() != (want == "image/gif") {
				t.Errorf("%q is %s, want %s", before+frame, m.ContentType, want)
			}
		}
	}
}

func TestMediaOfACommitThatWasRefusedLeaveTheStore(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for _, translate := range []bool{false, true} {
			db := h.DB.Session(&gorm.Session{NewDB: true})
			db.TranslateError = translate
			svc := chatsuite.Must(chat.New(db, h.Config))(t)
			err := svc.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
				chatsuite.Must(s.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")}))(t)
				chatsuite.NoError(t, tx.Exec("CREATE TABLE parent (id int PRIMARY KEY)").Error)
				chatsuite.NoError(t, tx.Exec("CREATE TABLE child (id int REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)").Error)
				return tx.Exec("INSERT INTO child VALUES (1)").Error
			})
			if err == nil || errors.Is(err, gorm.ErrForeignKeyViolated) != translate || h.Store.Len() != 0 {
				t.Errorf("TranslateError %v: %v, and %d objects stay", translate, err, h.Store.Len())
			}
		}
	})
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
