package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// record is a line of a client's journal. A client writes what it is going to send, and
// what was acknowledged before it does anything else; the file outlives the process.
type record struct {
	Try   *try          `json:"try,omitempty"`
	Sent  *sent         `json:"sent,omitempty"`
	Read  *marker       `json:"read,omitempty"`
	React *acknowledged `json:"react,omitempty"`
}

// try is a message that may have been stored.
type try struct {
	Room     uuid.UUID   `json:"room"`
	User     chat.UserID `json:"user"`
	ClientID string      `json:"client_id"`
	Text     string      `json:"text"`
	Media    []uuid.UUID `json:"media,omitempty"`
	ReplyTo  *uuid.UUID  `json:"reply_to,omitempty"`
}

// sent is the acknowledgement of the last try.
type sent struct {
	ID     uuid.UUID `json:"id"`
	Number int64     `json:"number"`
}

type marker struct {
	Room   uuid.UUID   `json:"room"`
	User   chat.UserID `json:"user"`
	Number int64       `json:"number"`
}

type acknowledged struct {
	ID      uuid.UUID   `json:"id"`
	Message uuid.UUID   `json:"message"`
	User    chat.UserID `json:"user"`
}

// scene is where a workload takes place.
type scene struct {
	Rooms   []uuid.UUID `json:"rooms"`
	Journal string      `json:"journal"` // a folder with a file for each client
	Padding int         `json:"padding"` // how many bytes longer the texts and the media are
}

// client is one user at one device.
type client struct {
	*chat.Service
	scene   scene
	user    chat.UserID
	name    string
	journal *os.File
	count   int
	open    *try // what was not acknowledged
	last    map[uuid.UUID]sent
	errors  *atomic.Int64
}

// newClient opens a client's journal and goes on where it ends.
func newClient(svc *chat.Service, s scene, user chat.UserID, name string, errs *atomic.Int64) (*client, error) {
	c := &client{Service: svc, scene: s, user: user, name: name, last: map[uuid.UUID]sent{}, errors: errs}
	path := filepath.Join(s.Journal, name)
	records, size, err := readJournal(path)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		switch {
		case r.Try != nil:
			c.open = r.Try
			c.count++
		case r.Sent != nil:
			c.last[c.open.Room], c.open = *r.Sent, nil
		}
	}
	if c.journal, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	if err := c.journal.Truncate(size); err != nil { // what a killed process was writing
		return nil, err
	}
	_, err = c.journal.Seek(size, 0)
	return c, err
}

// readJournal returns the whole lines of a journal and their size.
func readJournal(path string) (records []record, size int64, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", path, err)
		}
		records, size = append(records, r), size+int64(len(line))
	}
	return records, size, err
}

func (c *client) write(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = c.journal.Write(append(line, '\n')) // in the system's hands, whatever becomes of the process
	return err
}

// run works until ctx ends. An error is a fault of the library, or of the journal: that a
// call failed is none.
func (c *client) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.step(ctx); err != nil {
			return fmt.Errorf("client %s: %w", c.name, err)
		}
	}
	return c.journal.Close()
}

func (c *client) step(ctx context.Context) error {
	if c.open == nil {
		if err := c.begin(ctx); err != nil || c.open == nil {
			return err
		}
	}
	in := chat.NewMessage{Text: c.open.Text, ClientID: c.open.ClientID, MediaIDs: c.open.Media, ReplyToID: c.open.ReplyTo}
	m, err := c.SendMessage(ctx, c.user, c.open.Room, in)
	if err != nil {
		return c.failed(ctx, err)
	}
	s := sent{ID: m.ID, Number: m.Number}
	if err := c.write(record{Sent: &s}); err != nil {
		return err
	}
	c.last[c.open.Room], c.open = s, nil
	switch c.count % 7 {
	case 3:
		return c.markRead(ctx, m)
	case 5:
		return c.react(ctx, m)
	}
	return nil
}

// begin writes down what to send next.
func (c *client) begin(ctx context.Context) error {
	room := c.scene.Rooms[rand.N(len(c.scene.Rooms))]
	c.count++
	name := fmt.Sprintf("%s-%d", c.name, c.count)
	next := &try{Room: room, User: c.user, ClientID: name, Text: "message " + name + c.padding()}
	switch last, known := c.last[room]; {
	case c.count%9 == 4:
		media, err := c.UploadMedia(ctx, c.user, chat.NewMedia{FileName: name, Body: strings.NewReader(name + c.padding())})
		if err != nil {
			c.count--
			return c.failed(ctx, err)
		}
		next.Media = []uuid.UUID{media.ID}
	case known && c.count%5 == 2:
		next.ReplyTo = &last.ID
	}
	c.open = next
	return c.write(record{Try: next})
}

// padding is of random digits, which no database makes smaller than half.
func (c *client) padding() string {
	padding := make([]byte, c.scene.Padding)
	for i := range padding {
		padding[i] = "0123456789abcdef"[rand.N(16)]
	}
	return string(padding)
}

func (c *client) markRead(ctx context.Context, m *chat.Message) error {
	me, err := c.MarkRead(ctx, c.user, m.RoomID, m.Number)
	if err != nil {
		return c.failed(ctx, err)
	}
	return c.write(record{Read: &marker{m.RoomID, c.user, me.LastReadNumber}})
}

func (c *client) react(ctx context.Context, m *chat.Message) error {
	reaction, err := c.React(ctx, c.user, m.ID, "👍")
	if err != nil {
		return c.failed(ctx, err)
	}
	return c.write(record{React: &acknowledged{reaction.ID, m.ID, c.user}})
}

// failed counts an error that the experiment brings about. A refusal is none of these.
func (c *client) failed(ctx context.Context, err error) error {
	for _, refusal := range []error{chat.ErrNotFound, chat.ErrForbidden, chat.ErrInvalid, chat.ErrTooLarge, chat.ErrConflict} {
		if errors.Is(err, refusal) {
			return err
		}
	}
	c.errors.Add(1)
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Millisecond):
	}
	return nil
}

// workload are clients of one service.
type workload struct {
	stop   context.CancelFunc
	done   sync.WaitGroup
	errors atomic.Int64
	faults []error
	mu     sync.Mutex
}

// startWorkload starts clients for the users from the first on.
func startWorkload(svc *chat.Service, v chatsuite.Variant, s scene, first, clients int) (*workload, error) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &workload{stop: cancel}
	for n := first; n < first+clients; n++ {
		c, err := newClient(svc, s, v.UserID(n), fmt.Sprint("c", n), &w.errors)
		if err != nil {
			cancel()
			return nil, err
		}
		w.done.Go(func() {
			if err := c.run(ctx); err != nil {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.faults = append(w.faults, err)
			}
		})
	}
	return w, nil
}

// end stops the clients and returns what they found wrong.
func (w *workload) end() error {
	w.stop()
	w.done.Wait()
	return errors.Join(w.faults...)
}

// newScene makes rooms with members for a workload.
func newScene(t *testing.T, svc *chat.Service, v chatsuite.Variant, members int) scene {
	t.Helper()
	s := scene{Journal: t.TempDir()}
	for range 4 {
		in := chat.NewRoom{Name: "room"}
		for n := 2; n <= members; n++ {
			in.Members = append(in.Members, chat.NewRoomUser{UserID: v.UserID(n)})
		}
		s.Rooms = append(s.Rooms, chatsuite.Must(svc.CreateRoom(t.Context(), v.UserID(1), in))(t).ID)
	}
	return s
}
