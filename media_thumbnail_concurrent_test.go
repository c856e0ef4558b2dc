package chat_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

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

func TestThumbnailsAreMadeOneAtATime(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			chat.SetThumbnailWait(h.Service, time.Hour)
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
			go func() { outside <- thumbnailError(h.Ctx, h, m.ID) }()
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

func thumbnailError(ctx context.Context, h *chatsuite.Host, id uuid.UUID) error {
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
	ctx, cancel := context.WithTimeout(h.Ctx, 45*time.Second) // a lock is waited for 5 s, a thumbnail made within a minute
	defer cancel()
	first := make(chan error, 1)
	go func() { first <- thumbnailError(ctx, h, m.ID) }()
	if err := <-first; !chat.IsRetryable(err) {
		t.Errorf("error is %v", err)
	}
	chatsuite.NoError(t, thumbnailError(ctx, h, other.ID))
	chatsuite.NoError(t, tx.Commit().Error)
	done()
	chatsuite.NoError(t, thumbnailError(ctx, h, m.ID))
}

// Two processes make the thumbnail of one picture: one of them is kept, and the other's
// bytes do not stay in the store.
func TestTwoProcessesLeaveOneThumbnail(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		m := uploadFile(t, h, pngOf(t, 600, 500))
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, h.NewGroup().ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		var reading sync.WaitGroup // until both have the picture open
		reading.Add(2)
		store := &hookedStore{MediaStore: h.Config.Media, open: func(_ context.Context, key string) func() {
			if key == m.Key {
				reading.Done()
				reading.Wait()
			}
			return func() {}
		}}
		config := h.Config
		config.Media = store
		open := func() error {
			svc := chatsuite.Must(chat.New(h.DB, config))(t)
			small, content, err := svc.OpenThumbnail(h.Ctx, h.Alice, m.ID)
			if err != nil {
				return err
			}
			if small.ContentType != "image/png" && small.ContentType != "image/jpeg" {
				t.Errorf("the thumbnail is %+v", small)
			}
			return content.Close()
		}
		for _, err := range chatsuite.Parallel(open, open) {
			chatsuite.NoError(t, err)
		}
		if n := h.Store.Len(); n != 2 {
			t.Errorf("a picture and its thumbnail are %d objects", n)
		}
		chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t) // with the row of the slower one's upload
		if n, rows := h.Store.Len(), h.CountRows("chat_media"); n != 2 || rows != 1 {
			t.Errorf("after a sweep they are %d objects and %d rows", n, rows)
		}
	})
}

// Who may see a picture is decided again after the wait, and after the making.
func TestThumbnailIsNotForThoseWhoWereRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h, store := newHookedHost(t, v)
			room := h.NewGroup(h.Bob, h.Carol)
			send := func(width int) uuid.UUID {
				m := uploadFile(t, h, pngOf(t, width, 500))
				chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
				return m.ID
			}
			first, other := send(600), send(601)
			var once sync.Once
			entered, finish := make(chan struct{}), make(chan struct{})
			store.open = func(context.Context, string) func() {
				once.Do(func() { close(entered); <-finish })
				return func() {}
			}
			making, same, waiting := make(chan error, 1), make(chan error, 1), make(chan error, 1)
			ask := func(who chat.UserID, id uuid.UUID, done chan<- error) {
				_, content, err := h.OpenThumbnail(h.Ctx, who, id)
				if err == nil {
					err = content.Close()
				}
				done <- err
			}
			go ask(h.Bob, first, making)
			<-entered
			go ask(h.Carol, other, waiting) // which nobody else asks for
			go ask(h.Carol, first, same)
			time.Sleep(50 * time.Millisecond)
			for _, who := range []chat.UserID{h.Bob, h.Carol} {
				chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room.ID, who))
			}
			close(finish)
			for what, done := range map[string]chan error{"making": making, "waiting for the same": same, "waiting": waiting} {
				if err := <-done; !errors.Is(err, chat.ErrNotFound) {
					t.Errorf("%s: error is %v", what, err)
				}
			}
			if n := h.QueryInt("SELECT count(*) FROM chat_media WHERE thumbnail_key <> ''"); n != 1 {
				t.Errorf("%d thumbnails were made, want the one that was begun", n)
			}
		})
	}
}

// One user asks for more than there is room for: the others are served all the same.
func TestNobodyKeepsThumbnailsFromOthers(t *testing.T) {
	t.Parallel()
	h, store := newHookedHost(t, chatsuite.SQLiteFile)
	chat.SetThumbnailWait(h.Service, time.Hour) // those who wait are served, however slow the machine is
	room := h.NewGroup(h.Bob, h.Carol)
	var sent []uuid.UUID
	for n := range 20 {
		m := uploadFile(t, h, pngOf(t, 600, 500+n))
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
		sent = append(sent, m.ID)
	}
	readThumbnail(t, h, h.Alice, sent[19])
	var held atomic.Bool
	entered, finish := make(chan struct{}), make(chan struct{})
	store.open = func(context.Context, string) func() {
		if held.CompareAndSwap(false, true) {
			close(entered)
			<-finish
		}
		return func() {}
	}
	var asked sync.WaitGroup
	var served, refused atomic.Int64
	ask := func(id uuid.UUID) {
		asked.Go(func() {
			switch err := thumbnailError(h.Ctx, h, id); {
			case err == nil:
				served.Add(1)
			case errors.Is(err, chat.ErrUnavailable) && !chat.IsRetryable(err):
				refused.Add(1)
			default:
				t.Errorf("error is %v", err)
			}
		})
	}
	ask(sent[0])
	<-entered
	for n := 1; n < 19; n++ {
		ask(sent[n])
	}
	for end := time.Now().Add(chatsuite.Timeout); refused.Load() < 2 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	readThumbnail(t, h, h.Alice, sent[19]) // which exists, and waits for nothing
	others := make(chan error, 2)
	for i, who := range []chat.UserID{h.Bob, h.Carol} {
		go func() {
			_, content, err := h.OpenThumbnail(h.Ctx, who, sent[17-i])
			if err == nil {
				err = content.Close()
			}
			others <- err
		}()
	}
	for end := time.Now().Add(chatsuite.Timeout); refused.Load() < 4 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	close(finish)
	chatsuite.NoError(t, <-others)
	chatsuite.NoError(t, <-others)
	asked.Wait()
	if served.Load() != 15 || refused.Load() != 4 {
		t.Errorf("of 19, %d were served and %d refused", served.Load(), refused.Load())
	}
}
