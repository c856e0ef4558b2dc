package chat_test

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
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
		err := h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			chatsuite.Must(s.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")}))(t)
			chatsuite.NoError(t, tx.Exec("CREATE TABLE parent (id int PRIMARY KEY)").Error)
			chatsuite.NoError(t, tx.Exec("CREATE TABLE child (id int REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)").Error)
			return tx.Exec("INSERT INTO child VALUES (1)").Error
		})
		if err == nil || h.Store.Len() != 0 {
			t.Errorf("%v, and %d objects stay", err, h.Store.Len())
		}
	})
}

// A thumbnail is being made and needs what a host's transaction has, which asks for a
// thumbnail: it is told to ask later.
func TestThumbnailInATransactionWaitsForNobody(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			m, room := uploadFile(t, h, pngOf(t, 600, 500)), h.NewGroup()
			entered, finish := make(chan struct{}), make(chan struct{})
			var once sync.Once
			store.open = func(context.Context, string) func() {
				once.Do(func() { close(entered); <-finish })
				return func() {}
			}
			outside := make(chan error, 1)
			go func() { outside <- thumbnailError(h, h.Ctx, m.ID) }()
			<-entered
			chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
				chatsuite.Must(s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
				close(finish)
				_, _, err := s.OpenThumbnail(h.Ctx, h.Alice, m.ID)
				chatsuite.WantError(t, err, chat.ErrConflict)
				return nil
			}))
			chatsuite.NoError(t, <-outside)
		})
	}
}

func thumbnailError(h *chatsuite.Host, ctx context.Context, id uuid.UUID) error {
	_, content, err := h.OpenThumbnail(ctx, h.Alice, id)
	if err == nil {
		err = content.Close()
	}
	return err
}

// A host's transaction keeps a picture's row: its thumbnail is given up after a while,
// and the others are made.
func TestThumbnailDoesNotWaitForAPictureForLong(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	m, other, room := uploadFile(t, h, pngOf(t, 600, 500)), uploadFile(t, h, pngOf(t, 600, 501)), h.NewGroup()
	tx := h.DB.Begin()
	s, done := h.WithTx(tx)
	chatsuite.Must(s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
	ctx, cancel := context.WithTimeout(h.Ctx, 20*time.Second) // the limit is 5 s
	defer cancel()
	first := make(chan error, 1)
	go func() { first <- thumbnailError(h, ctx, m.ID) }()
	if err := <-first; !chat.IsRetryable(err) {
		t.Errorf("error is %v", err)
	}
	chatsuite.NoError(t, thumbnailError(h, ctx, other.ID))
	chatsuite.NoError(t, tx.Commit().Error)
	done()
	chatsuite.NoError(t, thumbnailError(h, ctx, m.ID))
}
