package chat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

// mediaOfEveryKind are what a chat has of each kind, by what has become of them.
func mediaOfEveryKind(t *testing.T, h *chatsuite.Host) (staying, going map[string]*chat.Media) {
	t.Helper()
	upload := func() *chat.Media { return uploadFile(t, h, "some bytes") }
	send := func(room uuid.UUID, m *chat.Media) *chat.Message {
		return chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
	}
	avatar := func(room uuid.UUID) *chat.Media {
		m := uploadFile(t, h, pngOf(t, 1, 1))
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, room, chat.RoomPatch{AvatarID: &m.ID}))(t)
		return m
	}
	room, ended, erasers := h.NewGroup(h.Bob), h.NewGroup(), chatsuite.Must(h.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Type: chat.Group, Name: "Bob's"}))(t)
	staying, going = map[string]*chat.Media{}, map[string]*chat.Media{}
	staying["sent"] = upload()
	send(room.ID, staying["sent"])
	going["an avatar before"] = avatar(room.ID)
	staying["an avatar"] = avatar(room.ID)
	staying["sent by who is erased"] = chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{staying["sent by who is erased"].ID}}))(t)
	going["sent in a room of who is erased"] = chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, erasers.ID, chat.NewMessage{MediaIDs: []uuid.UUID{going["sent in a room of who is erased"].ID}}))(t)
	going["unsent, of who is erased"] = chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	going["unsent"] = upload()
	going["in a deleted message"] = upload()
	chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, send(room.ID, going["in a deleted message"]).ID))
	going["in a deleted room"] = upload()
	send(ended.ID, going["in a deleted room"])
	going["a deleted room's avatar"] = avatar(ended.ID)
	going["a picture with a thumbnail"] = uploadFile(t, h, pngOf(t, 600, 2))
	readThumbnail(t, h, h.Alice, going["a picture with a thumbnail"].ID)
	chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, ended.ID))
	chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
	broken := errors.New("the connection is gone")
	_, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))})
	chatsuite.WantError(t, err, broken)
	return staying, going
}

func TestSweptIsWhatNobodySees(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		staying, going := mediaOfEveryKind(t, h)
		if n := chatsuite.Must(h.SweepMedia(h.Ctx, time.Hour))(t); n != 0 {
			t.Errorf("%d are swept that are an hour old at most", n)
		}
		h.Clock.Advance(time.Hour)
		young := uploadFile(t, h, "young")
		if n := chatsuite.Must(h.SweepMedia(h.Ctx, time.Hour/2))(t); n != len(going)+1 { // and the upload that broke off
			t.Errorf("%d are swept, want %d", n, len(going)+1)
		}
		for name, m := range staying {
			if content, err := h.Store.Open(h.Ctx, m.Key); err != nil || content.Close() != nil {
				t.Errorf("%s: %v", name, err)
			}
			chatsuite.Must(h.Media(h.Ctx, chat.System, m.ID))(t)
		}
		chatsuite.Must(h.Media(h.Ctx, h.Alice, young.ID))(t)
		if n, rows := h.Store.Len(), h.QueryInt("SELECT count(*) FROM chat_media"); n != len(staying)+1 || int(rows) != n {
			t.Errorf("%d objects and %d rows stay of %d", n, rows, len(staying)+1)
		}
		if n := chatsuite.Must(h.SweepMedia(h.Ctx, time.Hour/2))(t); n != 0 {
			t.Errorf("%d more the second time", n)
		}
		chatsuite.Must(h.PurgeRooms(h.Ctx, 0))(t) // whose messages have lost their media
	})
}

func TestSweepGoesOnPastABatch(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		sent := uploadFile(t, h, "sent")
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, h.NewGroup().ID, chat.NewMessage{MediaIDs: []uuid.UUID{sent.ID}}))(t)
		for range 205 {
			uploadFile(t, h, "x")
		}
		var sweeps sync.WaitGroup
		counts := make([]int, 2)
		for i := range counts {
			sweeps.Go(func() { counts[i] = chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t) })
		}
		sweeps.Wait()
		counts[0] += chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t) // what each had left to the other
		if counts[0]+counts[1] != 205 || h.Store.Len() != 1 {
			t.Errorf("%v are swept, and %d stay", counts, h.Store.Len())
		}
	})
}

func TestSweepIsOutsideOfTransactions(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SweepMedia(h.Ctx, 0)
			chatsuite.WantError(t, err, chat.ErrConflict)
			return nil
		}))
		without := chatsuite.Must(chat.New(h.DB, chat.Config{UserIDs: h.UserIDs, UsersTable: h.Config.UsersTable}))(t)
		_, err := without.SweepMedia(h.Ctx, 0)
		chatsuite.WantError(t, err, chat.ErrNoMediaStore)
	})
}

// stubbornStore does not delete some keys, or all of them.
type stubbornStore struct {
	*storage.MemoryStore
	keeps   []string
	down    bool
	deletes int
}

var errStubborn = errors.New("the object is locked")

func (s *stubbornStore) Delete(ctx context.Context, key string) error {
	s.deletes++
	if s.down || slices.Contains(s.keeps, key) {
		return errStubborn
	}
	return s.MemoryStore.Delete(ctx, key)
}

func TestSweepWithAStoreThatDoesNotDelete(t *testing.T) {
	t.Parallel()
	store := &stubbornStore{MemoryStore: storage.Memory()}
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = store })
	for i := range 250 {
		if m := uploadFile(t, h, "x"); i%100 == 7 {
			store.keeps = append(store.keeps, m.Key)
		}
	}
	n, err := h.SweepMedia(h.Ctx, -time.Hour)
	if chatsuite.WantError(t, err, errStubborn); n != 247 || !errors.Is(err, chat.ErrMediaStore) {
		t.Errorf("%d are swept, and %v", n, err)
	}
	for i := range 250 {
		uploadFile(t, h, fmt.Sprint(i))
	}
	store.down, store.deletes = true, 0
	n, err = h.SweepMedia(h.Ctx, -time.Hour)
	if chatsuite.WantError(t, err, errStubborn); n != 0 || store.deletes > 100 {
		t.Errorf("%d are swept of a store that is down, asked %d times", n, store.deletes)
	}
	store.down, store.keeps = false, nil
	if n := chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t); n != 253 || store.Len() != 0 {
		t.Errorf("%d are swept when it is up again, and %d objects stay", n, store.Len())
	}
}

// Sending and sweeping at once: a message that was sent has its medium, whole.
func TestSweepBesideUploadsAndSends(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			room := h.NewGroup()
			var senders, sweeper sync.WaitGroup
			ended := make(chan struct{})
			sweeper.Go(func() {
				for {
					select {
					case <-ended:
						return
					default:
						chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
					}
				}
			})
			var mu sync.Mutex
			outcomes := map[string]int{}
			for range 4 {
				senders.Go(func() {
					for range 40 {
						outcome := sendWhileSwept(t, h, room.ID)
						mu.Lock()
						outcomes[outcome]++
						mu.Unlock()
					}
				})
			}
			senders.Wait()
			close(ended)
			sweeper.Wait()
			chatsuite.Must(h.SweepMedia(h.Ctx, -time.Hour))(t)
			if rows, n := h.QueryInt("SELECT count(*) FROM chat_media"), h.Store.Len(); n != outcomes["sent"] || int(rows) != n {
				t.Errorf("%v: %d objects and %d rows stay", outcomes, n, rows)
			}
			t.Log(outcomes)
		})
	}
}

// sendWhileSwept uploads and sends, and says what came of it.
func sendWhileSwept(t *testing.T, h *chatsuite.Host, room uuid.UUID) string {
	m, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("bytes")})
	if errors.Is(err, chat.ErrConflict) {
		return "swept while uploaded"
	}
	if err != nil {
		t.Error(err)
		return "failed"
	}
	_, err = h.SendMessage(h.Ctx, h.Alice, room, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}})
	if errors.Is(err, chat.ErrInvalid) {
		return "swept before it was sent"
	}
	if err != nil {
		t.Error(err)
		return "failed"
	}
	_, content, err := h.OpenMedia(h.Ctx, h.Alice, m.ID)
	if err != nil {
		t.Errorf("a medium that was sent: %v", err)
		return "lost"
	}
	if data, err := io.ReadAll(content); err != nil || string(data) != "bytes" {
		t.Errorf("a medium that was sent: %q, %v", data, err)
	}
	return "sent"
}

func TestSweepCleansAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := chatsuite.New(t, chatsuite.SQLite, func(c *chat.Config) { c.Media = storage.Dir(folder) })
	uploadFile(t, h, "x")
	left := filepath.Join(folder, "tmp", "LEFT")
	chatsuite.NoError(t, os.WriteFile(left, []byte("half an upload"), 0o600))
	chatsuite.Must(h.SweepMedia(h.Ctx, time.Hour))(t)
	if _, err := os.Stat(left); err != nil {
		t.Errorf("a file that is being written is gone: %v", err)
	}
	old := time.Now().Add(-2 * time.Hour)
	chatsuite.NoError(t, os.Chtimes(left, old, old))
	chatsuite.Must(h.SweepMedia(h.Ctx, time.Hour))(t)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a crash left stays: %v", err)
	}
}
