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
	"github.com/go-df/chat/storage"
)

// media are what a chat has of each kind, by what has become of them.
func (h *host) mediaOfEveryKind(t *testing.T) (staying, going map[string]*chat.Media) {
	t.Helper()
	upload := func() *chat.Media { return h.uploaded(t, "some bytes") }
	send := func(room uuid.UUID, m *chat.Media) *chat.Message {
		return must(h.SendMessage(h.ctx, h.alice, room, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}}))(t)
	}
	avatar := func(room uuid.UUID) *chat.Media {
		m := h.uploaded(t, tinyPNG)
		must(h.UpdateRoom(h.ctx, h.alice, room, chat.RoomPatch{AvatarID: &m.ID}))(t)
		return m
	}
	room, ended, erasers := h.group(h.bob), h.group(), must(h.CreateRoom(h.ctx, h.bob, chat.NewRoom{Type: chat.Group, Name: "Bob's"}))(t)
	staying, going = map[string]*chat.Media{}, map[string]*chat.Media{}
	staying["sent"] = upload()
	send(room.ID, staying["sent"])
	going["an avatar before"] = avatar(room.ID)
	staying["an avatar"] = avatar(room.ID)
	staying["sent by who is erased"] = must(h.UploadMedia(h.ctx, h.bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	must(h.SendMessage(h.ctx, h.bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{staying["sent by who is erased"].ID}}))(t)
	going["sent in a room of who is erased"] = must(h.UploadMedia(h.ctx, h.bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	must(h.SendMessage(h.ctx, h.bob, erasers.ID, chat.NewMessage{MediaIDs: []uuid.UUID{going["sent in a room of who is erased"].ID}}))(t)
	going["unsent, of who is erased"] = must(h.UploadMedia(h.ctx, h.bob, chat.NewMedia{Body: strings.NewReader("x")}))(t)
	going["unsent"] = upload()
	going["in a deleted message"] = upload()
	ok(t, h.DeleteMessage(h.ctx, h.alice, send(room.ID, going["in a deleted message"]).ID))
	going["in a deleted room"] = upload()
	send(ended.ID, going["in a deleted room"])
	going["a deleted room's avatar"] = avatar(ended.ID)
	going["a picture with a thumbnail"] = h.uploaded(t, pngOf(t, 600, 2))
	h.thumbnail(t, h.alice, going["a picture with a thumbnail"].ID)
	ok(t, h.DeleteRoom(h.ctx, h.alice, ended.ID))
	ok(t, h.EraseUser(h.ctx, chat.System, h.bob, chat.EraseOptions{}))
	broken := errors.New("the connection is gone")
	_, err := h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))})
	wantError(t, err, broken)
	return staying, going
}

func TestSweptIsWhatNobodySees(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		staying, going := h.mediaOfEveryKind(t)
		if n := must(h.SweepMedia(h.ctx, time.Hour))(t); n != 0 {
			t.Errorf("%d are swept that are an hour old at most", n)
		}
		h.clock.advance(time.Hour)
		young := h.uploaded(t, "young")
		if n := must(h.SweepMedia(h.ctx, time.Hour/2))(t); n != len(going)+1 { // and the upload that broke off
			t.Errorf("%d are swept, want %d", n, len(going)+1)
		}
		for name, m := range staying {
			if content, err := h.store.Open(h.ctx, m.Key); err != nil || content.Close() != nil {
				t.Errorf("%s: %v", name, err)
			}
			must(h.Media(h.ctx, chat.System, m.ID))(t)
		}
		must(h.Media(h.ctx, h.alice, young.ID))(t)
		if n, rows := h.store.Len(), h.number("SELECT count(*) FROM chat_media"); n != len(staying)+1 || int(rows) != n {
			t.Errorf("%d objects and %d rows stay of %d", n, rows, len(staying)+1)
		}
		if n := must(h.SweepMedia(h.ctx, time.Hour/2))(t); n != 0 {
			t.Errorf("%d more the second time", n)
		}
		must(h.PurgeRooms(h.ctx, 0))(t) // whose messages have lost their media
	})
}

func TestSweepGoesOnPastABatch(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		sent := h.uploaded(t, "sent")
		must(h.SendMessage(h.ctx, h.alice, h.group().ID, chat.NewMessage{MediaIDs: []uuid.UUID{sent.ID}}))(t)
		for range 205 {
			h.uploaded(t, "x")
		}
		var sweeps sync.WaitGroup
		counts := make([]int, 2)
		for i := range counts {
			sweeps.Go(func() { counts[i] = must(h.SweepMedia(h.ctx, -time.Hour))(t) })
		}
		sweeps.Wait()
		counts[0] += must(h.SweepMedia(h.ctx, -time.Hour))(t) // what each had left to the other
		if counts[0]+counts[1] != 205 || h.store.Len() != 1 {
			t.Errorf("%v are swept, and %d stay", counts, h.store.Len())
		}
	})
}

func TestSweepIsOutsideOfTransactions(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		ok(t, h.InTx(h.ctx, func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SweepMedia(h.ctx, 0)
			wantError(t, err, chat.ErrConflict)
			return nil
		}))
		without := must(chat.New(h.db, chat.Config{UserIDs: h.ids, UsersTable: h.config.UsersTable}))(t)
		_, err := without.SweepMedia(h.ctx, 0)
		wantError(t, err, chat.ErrNoMediaStore)
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
	h := newHost(t, onSQLite, func(c *chat.Config) { c.Media = store })
	for i := range 250 {
		if m := h.uploaded(t, "x"); i%100 == 7 {
			store.keeps = append(store.keeps, m.Key)
		}
	}
	n, err := h.SweepMedia(h.ctx, -time.Hour)
	if wantError(t, err, errStubborn); n != 247 || !errors.Is(err, chat.ErrMediaStore) {
		t.Errorf("%d are swept, and %v", n, err)
	}
	for i := range 250 {
		h.uploaded(t, fmt.Sprint(i))
	}
	store.down, store.deletes = true, 0
	n, err = h.SweepMedia(h.ctx, -time.Hour)
	if wantError(t, err, errStubborn); n != 0 || store.deletes > 100 {
		t.Errorf("%d are swept of a store that is down, asked %d times", n, store.deletes)
	}
	store.down, store.keeps = false, nil
	if n := must(h.SweepMedia(h.ctx, -time.Hour))(t); n != 253 || store.Len() != 0 {
		t.Errorf("%d are swept when it is up again, and %d objects stay", n, store.Len())
	}
}

// Sending and sweeping at once: a message that was sent has its medium, whole.
func TestSweepBesideUploadsAndSends(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, v)
			room := h.group()
			var senders, sweeper sync.WaitGroup
			ended := make(chan struct{})
			sweeper.Go(func() {
				for {
					select {
					case <-ended:
						return
					default:
						must(h.SweepMedia(h.ctx, -time.Hour))(t)
					}
				}
			})
			var mu sync.Mutex
			outcomes := map[string]int{}
			for range 4 {
				senders.Go(func() {
					for range 40 {
						outcome := h.sendWhileSwept(t, room.ID)
						mu.Lock()
						outcomes[outcome]++
						mu.Unlock()
					}
				})
			}
			senders.Wait()
			close(ended)
			sweeper.Wait()
			must(h.SweepMedia(h.ctx, -time.Hour))(t)
			if rows, n := h.number("SELECT count(*) FROM chat_media"), h.store.Len(); n != outcomes["sent"] || int(rows) != n {
				t.Errorf("%v: %d objects and %d rows stay", outcomes, n, rows)
			}
			t.Log(outcomes)
		})
	}
}

// sendWhileSwept uploads and sends, and says what came of it.
func (h *host) sendWhileSwept(t *testing.T, room uuid.UUID) string {
	m, err := h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader("bytes")})
	if errors.Is(err, chat.ErrConflict) {
		return "swept while uploaded"
	}
	if err != nil {
		t.Error(err)
		return "failed"
	}
	_, err = h.SendMessage(h.ctx, h.alice, room, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}})
	if errors.Is(err, chat.ErrInvalid) {
		return "swept before it was sent"
	}
	if err != nil {
		t.Error(err)
		return "failed"
	}
	_, content, err := h.OpenMedia(h.ctx, h.alice, m.ID)
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
	h := newHost(t, onSQLite, func(c *chat.Config) { c.Media = storage.Dir(folder) })
	h.uploaded(t, "x")
	left := filepath.Join(folder, "tmp", "LEFT")
	ok(t, os.WriteFile(left, []byte("half an upload"), 0o600))
	must(h.SweepMedia(h.ctx, time.Hour))(t)
	if _, err := os.Stat(left); err != nil {
		t.Errorf("a file that is being written is gone: %v", err)
	}
	old := time.Now().Add(-2 * time.Hour)
	ok(t, os.Chtimes(left, old, old))
	must(h.SweepMedia(h.ctx, time.Hour))(t)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a crash left stays: %v", err)
	}
}
