package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

// stillStore stands still, until its context ends, where it is told to.
type stillStore struct {
	*storage.MemoryStore
	at atomic.Value // "put", "open", "read", "delete" or ""
}

func (s *stillStore) wait(ctx context.Context, at string) error {
	if s.at.Load() != at {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *stillStore) Put(ctx context.Context, key string, r io.Reader) error {
	if err := s.wait(ctx, "put"); err != nil {
		return err
	}
	return s.MemoryStore.Put(ctx, key, r)
}

func (s *stillStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := s.wait(ctx, "open"); err != nil {
		return nil, err
	}
	content, err := s.MemoryStore.Open(ctx, key)
	return stillObject{content, s, ctx}, err
}

func (s *stillStore) Delete(ctx context.Context, key string) error {
	if err := s.wait(ctx, "delete"); err != nil {
		return err
	}
	return s.MemoryStore.Delete(ctx, key)
}

// stillObject reads for as long as the context of Open holds, as a store over HTTP does.
type stillObject struct {
	io.ReadCloser
	store *stillStore
	ctx   context.Context
}

func (o stillObject) Read(p []byte) (int, error) {
	if err := errors.Join(o.store.wait(o.ctx, "read"), o.ctx.Err()); err != nil {
		return 0, err
	}
	return o.ReadCloser.Read(p)
}

func TestStoreThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	store := &stillStore{MemoryStore: storage.Memory()}
	store.at.Store("")
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media, c.MediaTimeout = store, 20*time.Millisecond })
	room := h.NewGroup()
	var m *chat.Media
	operations := map[string]func() error{
		"put": func() error {
			return chatsuite.ErrorOf(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")}))
		},
		"open":   func() error { return openAndRead(h, m.ID, 0) },
		"read":   func() error { return openAndRead(h, m.ID, 0) },
		"delete": func() error { return chatsuite.ErrorOf(h.SweepMedia(h.Ctx, -time.Hour)) },
	}
	for at, operation := range operations {
		m = uploadFile(t, h, "some bytes")
		store.at.Store(at)
		err := operation()
		if chatsuite.WantError(t, err, chat.ErrMediaStore); err != nil && !strings.Contains(err.Error(), "made no progress for 20ms") {
			t.Errorf("%s: %v", at, err)
		}
		h.Send(h.Alice, room.ID, "messages go on")
		store.at.Store("")
	}
	m = uploadFile(t, h, "some bytes")
	chatsuite.NoError(t, openAndRead(h, m.ID, 40*time.Millisecond)) // a reader that takes its time is none of the store's
	slow := chat.NewMedia{Body: slowReader{strings.NewReader("abc")}}
	chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, slow))(t) // nor is an upload that does
	chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
	if n := store.Len(); n != 0 {
		t.Errorf("%d objects stay", n)
	}
}

// openAndRead opens a medium, waits, and reads it.
func openAndRead(h *chatsuite.Host, id uuid.UUID, wait time.Duration) error {
	_, content, err := h.OpenMedia(h.Ctx, chat.System, id)
	if err != nil {
		return err
	}
	time.Sleep(wait)
	data, err := io.ReadAll(content)
	if err == nil && len(data) == 0 {
		err = errors.New("it is empty")
	}
	return errors.Join(err, content.Close())
}

// slowReader yields a byte each 40 ms.
type slowReader struct{ source io.Reader }

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(40 * time.Millisecond)
	return s.source.Read(p[:1])
}

// faultyStore fails at its nth call, before it does anything or after it has done it all.
type faultyStore struct {
	*storage.MemoryStore
	calls, failing int
	after          bool
}

var errFaulty = errors.New("the network is down")

func (s *faultyStore) fault(do func() error) error {
	s.calls++
	if s.calls != s.failing {
		return do()
	}
	if s.after {
		_ = do()
	}
	return errFaulty
}

func (s *faultyStore) Put(ctx context.Context, key string, r io.Reader) error {
	return s.fault(func() error { return s.MemoryStore.Put(ctx, key, r) })
}

func (s *faultyStore) Open(ctx context.Context, key string) (content io.ReadCloser, err error) {
	err = s.fault(func() (err error) {
		content, err = s.MemoryStore.Open(ctx, key)
		return err
	})
	return content, err
}

func (s *faultyStore) Delete(ctx context.Context, key string) error {
	return s.fault(func() error { return s.MemoryStore.Delete(ctx, key) })
}

// Whichever call of the store fails, no message points at what is not there, and all is
// well when it works again.
func TestStoreThatFailsAtItsNthCall(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			store := &faultyStore{MemoryStore: storage.Memory(), failing: n, after: after}
			h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = store })
			room := h.NewGroup(h.Bob)
			faults := useMedia(t, h, room.ID)
			wantEveryMediumThere(t, h, store.MemoryStore)
			if store.calls < n { // it never came to that
				if len(faults) > 0 {
					t.Errorf("without a fault: %v", faults)
				}
				break
			}
			for _, fault := range faults {
				if !errors.Is(fault, chat.ErrMediaStore) || !errors.Is(fault, errFaulty) {
					t.Errorf("call %d: %v", n, fault)
				}
			}
			if faults := useMedia(t, h, room.ID); len(faults) > 0 {
				t.Errorf("after call %d failed: %v", n, faults)
			}
			chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
			chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
			if objects, rows := store.Len(), h.QueryInt("SELECT count(*) FROM chat_media"); objects+int(rows) != 0 {
				t.Errorf("call %d: %d objects and %d rows stay", n, objects, rows)
			}
		}
	}
}

// useMedia does everything that there is to do with media, as far as it goes.
func useMedia(t *testing.T, h *chatsuite.Host, room uuid.UUID) (faults []error) {
	t.Helper()
	try := func(err error) bool {
		if err != nil {
			faults = append(faults, err)
		}
		return err == nil
	}
	for i := range 2 {
		m, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(pngOf(t, 600, 3+i))})
		if !try(err) {
			continue
		}
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		_, content, err := h.OpenMedia(h.Ctx, h.Bob, m.ID)
		if try(err) {
			chatsuite.NoError(t, content.Close())
		}
		_, content, err = h.OpenThumbnail(h.Ctx, h.Bob, m.ID)
		if try(err) {
			chatsuite.NoError(t, content.Close())
		}
		if i == 0 {
			chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, sent.ID))
		}
	}
	h.Send(h.Alice, room, "words go on")
	try(chatsuite.ErrorOf(h.SweepMedia(h.Ctx, -time.Hour)))
	return faults
}

// wantEveryMediumThere: what can be seen has its bytes, and its thumbnail's.
func wantEveryMediumThere(t *testing.T, h *chatsuite.Host, store *storage.MemoryStore) {
	t.Helper()
	var keys []string
	chatsuite.NoError(t, h.DB.Raw(`SELECT key FROM chat_media WHERE state = 'ready'
		UNION ALL SELECT thumbnail_key FROM chat_media WHERE state = 'ready' AND thumbnail_key <> ''`).Scan(&keys).Error)
	for _, key := range keys {
		content, err := store.Open(h.Ctx, key)
		if err != nil {
			t.Error(fmt.Errorf("a medium without its bytes: %w", err))
			continue
		}
		chatsuite.NoError(t, content.Close())
	}
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

// halfStore reads a part of what it is given, keeps that, and reports no error, but only
// after the first objects.
type halfStore struct {
	*storage.MemoryStore
	first int
}

func (s halfStore) Put(ctx context.Context, key string, r io.Reader) error {
	if s.Len() < s.first {
		return s.MemoryStore.Put(ctx, key, r)
	}
	half := make([]byte, 10)
	n, _ := r.Read(half)
	return s.MemoryStore.Put(ctx, key, bytes.NewReader(half[:n]))
}

func TestStoreThatReadsHalfIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"a text": strings.Repeat("word ", 1000), "a png": pngOf(t, 600, 500), "a jpeg": photo(t, 600, 500)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := storage.Memory()
			h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = halfStore{store, 0} })
			m, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(content)})
			if !errors.Is(err, chat.ErrMediaStore) || !errors.Is(err, io.ErrShortWrite) || m != nil {
				t.Errorf("the upload returns %+v, %v", m, err)
			}
			if n := h.QueryInt("SELECT count(*) FROM chat_media WHERE state = 'ready'"); n != 0 {
				t.Error("half of it can be seen")
			}
			chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
			if n := store.Len() + int(h.CountRows("chat_media")); n != 0 {
				t.Errorf("%d objects and rows stay", n)
			}
		})
	}
}

func TestStoreThatReadsHalfOfAThumbnailIsNotBelieved(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		config := h.Config
		config.Media = halfStore{h.Store, 1}
		svc := chatsuite.Must(chat.New(h.DB, config))(t)
		m := chatsuite.Must(svc.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(photo(t, 800, 600))}))(t)
		small, content, err := svc.OpenThumbnail(h.Ctx, h.Alice, m.ID)
		if !errors.Is(err, chat.ErrMediaStore) || !errors.Is(err, io.ErrShortWrite) || small != nil || content != nil {
			t.Errorf("the thumbnail is %+v, %v", small, err)
		}
		if small, _ := readThumbnail(t, h, h.Alice, m.ID); *small.Height != 512 {
			t.Errorf("made later, by a store that keeps all of it, it is %+v", small)
		}
		chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
		if n := h.Store.Len() + int(h.CountRows("chat_media")); n != 0 {
			t.Errorf("%d objects and rows stay", n)
		}
	})
}
