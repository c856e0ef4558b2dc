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
)

func TestUploadThatBreaksOffIsNotStored(t *testing.T) {
	t.Parallel()
	h := newHost(t, onSQLite)
	for name, whole := range map[string]string{"a jpeg": photo(t, 400, 300), "a png": pngOf(t, 400, 300), "a text": "words and words"} {
		for _, fault := range []error{io.ErrUnexpectedEOF, errors.New("the network went away")} {
			body := io.MultiReader(strings.NewReader(whole[:len(whole)/2]), iotest.ErrReader(fault))
			if _, err := h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: body}); !errors.Is(err, fault) {
				t.Errorf("%s: error is %v, want %v", name, err, fault)
			}
		}
	}
	if n := h.store.Len(); n != 0 {
		t.Errorf("%d objects are stored", n)
	}
}

func TestUploadWithoutALimit(t *testing.T) {
	t.Parallel()
	h := newHost(t, onSQLite, func(c *chat.Config) { c.Limits.UploadBytes = math.MaxInt64 })
	if m := h.uploaded(t, "words"); m.Size != 5 {
		t.Errorf("%d bytes", m.Size)
	}
}

// A GIF whose first picture is larger than the GIF says: browsers believe the picture.
func TestGIFThatOutgrowsItself(t *testing.T) {
	t.Parallel()
	h := newHost(t, onSQLite)
	const size, colours = "\x01\x00\x01\x00\x80\x00\x00", "\x00\x00\x00\xff\xff\xff"
	const extension, picture = "\x21\xf9\x04\x00\x00\x00\x00\x00", "\x02\x02\x44\x01\x00\x3b"
	for frame, want := range map[string]string{
		"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00": "image/gif",
		"\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00": "application/octet-stream",
		"\x2c\x01\x00\x00\x00\x01\x00\x01\x00\x00": "application/octet-stream",
	} {
		for _, before := range []string{"", extension} {
			if m := h.uploaded(t, "GIF89a"+size+colours+before+frame+picture); m.ContentType != want || m.IsImage() != (want == "image/gif") {
				t.Errorf("%q is %s, want %s", before+frame, m.ContentType, want)
			}
		}
	}
}

func TestMediaOfACommitThatWasRefusedLeaveTheStore(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		err := h.InTx(h.ctx, func(tx *gorm.DB, s *chat.Service) error {
			must(s.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader("x")}))(t)
			ok(t, tx.Exec("CREATE TABLE parent (id int PRIMARY KEY)").Error)
			ok(t, tx.Exec("CREATE TABLE child (id int REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)").Error)
			return tx.Exec("INSERT INTO child VALUES (1)").Error
		})
		if err == nil || h.store.Len() != 0 {
			t.Errorf("%v, and %d objects stay", err, h.store.Len())
		}
	})
}

// A thumbnail is being made and needs what a host's transaction has, which asks for a
// thumbnail: it is told to ask later.
func TestThumbnailInATransactionWaitsForNobody(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			m, room := h.uploaded(t, pngOf(t, 600, 500)), h.group()
			entered, finish := make(chan struct{}), make(chan struct{})
			var once sync.Once
			store.open = func(context.Context, string) func() {
				once.Do(func() { close(entered); <-finish })
				return func() {}
			}
			outside := make(chan error, 1)
			go func() { outside <- h.thumbnailError(h.ctx, m.ID) }()
			<-entered
			ok(t, h.InTx(h.ctx, func(_ *gorm.DB, s *chat.Service) error {
				must(s.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
				close(finish)
				_, _, err := s.OpenThumbnail(h.ctx, h.alice, m.ID)
				wantError(t, err, chat.ErrConflict)
				return nil
			}))
			ok(t, <-outside)
		})
	}
}

func (h *host) thumbnailError(ctx context.Context, id uuid.UUID) error {
	_, content, err := h.OpenThumbnail(ctx, h.alice, id)
	if err == nil {
		err = content.Close()
	}
	return err
}

// A host's transaction keeps a picture's row: its thumbnail is given up after a while,
// and the others are made.
func TestThumbnailDoesNotWaitForAPictureForLong(t *testing.T) {
	t.Parallel()
	h := newHost(t, onPostgres)
	m, other, room := h.uploaded(t, pngOf(t, 600, 500)), h.uploaded(t, pngOf(t, 600, 501)), h.group()
	tx := h.db.Begin()
	s, done := h.WithTx(tx)
	must(s.SendMessage(h.ctx, h.alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
	ctx, cancel := context.WithTimeout(h.ctx, 20*time.Second) // the limit is 5 s
	defer cancel()
	first := make(chan error, 1)
	go func() { first <- h.thumbnailError(ctx, m.ID) }()
	if err := <-first; !chat.IsRetryable(err) {
		t.Errorf("error is %v", err)
	}
	ok(t, h.thumbnailError(ctx, other.ID))
	ok(t, tx.Commit().Error)
	done()
	ok(t, h.thumbnailError(ctx, m.ID))
}
