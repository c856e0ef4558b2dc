package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat/internal/dbtest"
)

// stopDatabases are where webchat keeps data, for tests that look into them too.
func stopDatabases(t *testing.T, test func(t *testing.T, folder, db string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		test(t, folder, filepath.Join(folder, "webchat.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, t.TempDir(), dbtest.PostgresDSN(t, dbtest.Template{}))
	})
}

// send sends a message as alice, and returns the status of the answer.
func (w *webchat) send(ctx context.Context, room, text string) (status int, err error) {
	body := bytes.NewBufferString(fmt.Sprintf(`{"text": %q}`, text))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/chat/rooms/"+room+"/messages", body)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer demo-alice")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode, err
}

type stopRoom struct {
	ID         string `json:"id"`
	LastNumber int64  `json:"last_number"`
}

func (w *webchat) newRoom() stopRoom {
	w.t.Helper()
	return fetch[stopRoom](w, http.StatusCreated, "alice", "POST /chat/rooms", `{"name": "stop"}`)
}

// A program that is told to stop while people send answers what has begun, keeps what it
// has acknowledged, and exits with 0.
func TestStopUnderLoad(t *testing.T) {
	stopDatabases(t, func(t *testing.T, folder, db string) {
		w := begin(t, folder, "-db", db, "-unlimited")
		room := w.newRoom()
		var acknowledged atomic.Int64
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for { // until nobody listens any more
					status, err := w.send(t.Context(), room.ID, "hi")
					if err != nil {
						return
					}
					if status != http.StatusCreated && status != http.StatusServiceUnavailable {
						t.Errorf("a send is answered with %d", status)
					}
					if status == http.StatusCreated {
						acknowledged.Add(1)
					}
				}
			})
		}
		for acknowledged.Load() < 50 && !t.Failed() {
			time.Sleep(5 * time.Millisecond)
		}
		w.stop(syscall.SIGTERM) // fails unless it exits with 0
		clients.Wait()

		w = begin(t, folder, "-db", db, "-unlimited")
		stored := fetch[stopRoom](w, http.StatusOK, "alice", "GET /chat/rooms/"+room.ID, "").LastNumber
		if stored < acknowledged.Load() {
			t.Errorf("%d messages of %d that were acknowledged are there", stored, acknowledged.Load())
		}
		w.stop(syscall.SIGTERM)
	})
}

// A program that is told to stop while its requests wait for somebody else's lock answers
// all of them, and exits with 0.
func TestStopUnderAHeldLock(t *testing.T) {
	stopDatabases(t, func(t *testing.T, folder, db string) {
		w := begin(t, folder, "-db", db, "-unlimited")
		room := w.newRoom()
		release := holdDatabase(t, db)
		const requests = 12
		answers := make(chan int, requests)
		for n := range requests {
			go func() {
				status, err := w.send(t.Context(), room.ID, fmt.Sprint(n))
				if err != nil {
					t.Errorf("a request is not answered: %v", err)
				}
				answers <- status
			}()
		}
		time.Sleep(500 * time.Millisecond) // until all of them wait
		began := time.Now()
		w.stop(syscall.SIGTERM)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %s to stop", took)
		}
		for range requests {
			if status := <-answers; status != http.StatusServiceUnavailable {
				t.Errorf("a send that waited is answered with %d", status)
			}
		}
		release()
	})
}

// holdDatabase locks all rooms in a transaction of somebody else's.
func holdDatabase(t *testing.T, name string) (release func()) {
	t.Helper()
	db, err := openDatabase(name)
	ok(t, err)
	pool, err := db.DB()
	ok(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	tx := db.Begin()
	ok(t, tx.Error)
	release = sync.OnceFunc(func() { tx.Rollback() })
	t.Cleanup(release)
	ok(t, lockRooms(tx))
	return release
}

func lockRooms(tx *gorm.DB) error {
	if tx.Name() == "sqlite" {
		return nil // its transactions begin with the write lock
	}
	return tx.Exec("SELECT 1 FROM chat_rooms FOR UPDATE").Error
}
