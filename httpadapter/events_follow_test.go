package httpadapter_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// follower is a client of the API that keeps what it is told of its rooms, and reads a
// room when it is new to it or after a reset.
type follower struct {
	t       testing.TB
	http    *http.Client
	url     string
	uncut   string // where it reads what it cannot get through url in time, if that is cut
	user    string // the name that it signs in with
	id      string
	fault   clientFault
	after   func() // runs after each update
	cursor  string
	seqs    map[string]int64 // of the last hello
	mu      sync.Mutex       // of what is known
	rooms   map[string]*knownRoom
	told    map[string]int64 // the seq of the last event of a room
	unread  map[string]bool  // rooms whose history is to be read
	resets  int
	cuts    int
	updates int

	problems []string
}

// clientFault is what a client does wrong.
type clientFault int

const (
	noFault      clientFault = iota
	losesLast                // takes the id of an event for its cursor before it has the event
	fromNow                  // has no cursor
	ignoresReset             // goes on after it
	ignoresOwn               // takes markers and mute from its first hello alone
)

// knownRoom is what a client knows of a room.
type knownRoom struct {
	Seq      int64
	Name     string
	Read     int64
	Muted    bool
	Messages map[string]knownMessage
}

type knownMessage struct {
	Number    int64
	Text      string
	Edited    bool
	Deleted   bool
	Reactions map[string]int64
}

// wireMessage is as updates and lists of messages have it.
type wireMessage struct {
	ID        string
	Number    int64
	UserID    string `json:"user_id"`
	Text      string
	EditedAt  *time.Time `json:"edited_at"`
	DeletedAt *time.Time `json:"deleted_at"`
	Reactions []struct {
		Reaction string
		Count    int64
	}
}

func (m *wireMessage) known() knownMessage {
	known := knownMessage{Number: m.Number, Text: m.Text, Edited: m.EditedAt != nil, Deleted: m.DeletedAt != nil, Reactions: map[string]int64{}}
	for _, r := range m.Reactions {
		known.Reactions[r.Reaction] = r.Count
	}
	return known
}

// wireUpdate is what the client reads of an update.
type wireUpdate struct {
	Kind    chat.UpdateKind
	RoomID  string `json:"room_id"`
	Seq     int64
	UserID  string `json:"user_id"`
	Number  int64
	Muted   bool
	Message *wireMessage
	Room    *struct{ Name string }
	Rooms   []struct {
		RoomID         string `json:"room_id"`
		Seq            int64
		LastReadNumber int64 `json:"last_read_number"`
		Muted          bool
	}
}

func newFollower(t testing.TB, url, user string, fault clientFault) *follower {
	t.Helper()
	f := &follower{t: t, url: url, user: user, id: string(id(user)), fault: fault, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	f.rooms, f.told, f.unread, f.seqs = map[string]*knownRoom{}, map[string]int64{}, map[string]bool{}, map[string]int64{}
	return f
}

// whole is what a client reads that begins.
func (f *follower) whole() map[string]*knownRoom {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	f.after = cancel
	f.follow(ctx)
	return f.rooms
}

func (f *follower) get(ctx context.Context, url, path string) (*http.Response, error) {
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil))(f.t)
	r.Header.Set("X-User", f.user)
	if f.cursor != "" && strings.HasPrefix(path, "/events") && f.fault != fromNow {
		r.Header.Set("Last-Event-ID", f.cursor)
	}
	return f.http.Do(r)
}

// follow reads one stream until it is cut, or ctx ends.
func (f *follower) follow(ctx context.Context) {
	f.t.Helper()
	response, err := f.get(ctx, f.url, "/events")
	if err != nil {
		f.cuts++
		return
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		f.t.Fatalf("a stream is answered with %d %s", response.StatusCode, body)
	}
	var e told
	for reader := bufio.NewReader(response.Body); ; {
		line, err := reader.ReadString('\n')
		if err != nil {
			if f.cuts++; f.fault == losesLast && e.id != "" {
				f.cursor = e.id
			}
			return
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.data == "" {
				continue
			}
			f.fold(e)
			e = told{}
			if f.after != nil {
				f.after()
			}
		}
	}
}

// fold takes an update.
func (f *follower) fold(e told) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	wantUpdate(f.t, e.data)
	var u wireUpdate
	ok(f.t, json.Unmarshal([]byte(e.data), &u))
	f.updates++
	first := f.cursor == ""
	f.cursor = e.id
	switch u.Kind {
	case chat.UpdateHello:
		f.hello(&u, first)
	case chat.UpdateReset:
		f.reset()
	case chat.UpdateRoomState:
		f.room(u.RoomID).Seq = u.Rooms[0].Seq
		f.own(u.RoomID, u.Rooms[0].LastReadNumber, u.Rooms[0].Muted)
		f.unread[u.RoomID] = true
	case chat.UpdateReadMarker:
		if room := f.rooms[u.RoomID]; room != nil && f.fault != ignoresOwn {
			room.Read = max(room.Read, u.Number)
		}
	case chat.UpdateMuted:
		if room := f.rooms[u.RoomID]; room != nil && f.fault != ignoresOwn {
			room.Muted = u.Muted
		}
	case chat.UpdateReceipt, chat.UpdateTyping:
	default:
		f.event(&u)
	}
	for id := range f.unread {
		f.readRoom(id)
	}
	clear(f.unread)
}

func (f *follower) room(id string) *knownRoom {
	if f.rooms[id] == nil {
		f.rooms[id] = &knownRoom{Messages: map[string]knownMessage{}}
		f.unread[id] = true
	}
	return f.rooms[id]
}

func (f *follower) own(id string, read int64, muted bool) {
	room := f.room(id)
	if f.fault == ignoresOwn && !f.unread[id] {
		return
	}
	room.Read, room.Muted = read, muted
}

// hello: the client's rooms are these, with their markers. What happened in them since the
// cursor is told next.
func (f *follower) hello(u *wireUpdate, first bool) {
	mine := map[string]bool{}
	clear(f.seqs)
	for _, state := range u.Rooms {
		f.seqs[state.RoomID] = state.Seq
		mine[state.RoomID] = true
		f.own(state.RoomID, state.LastReadNumber, state.Muted)
		if room := f.rooms[state.RoomID]; f.unread[state.RoomID] {
			room.Seq = state.Seq
		}
		if first {
			f.told[state.RoomID] = state.Seq
		}
	}
	for id := range f.rooms {
		if !mine[id] {
			delete(f.rooms, id)
			delete(f.told, id)
		}
	}
}

// reset: what is known of rooms and messages is read again.
func (f *follower) reset() {
	if f.resets++; f.fault == ignoresReset {
		return
	}
	for id, room := range f.rooms {
		f.unread[id], room.Seq, f.told[id] = true, f.seqs[id], f.seqs[id]
	}
}

func (f *follower) event(u *wireUpdate) {
	mine := u.UserID == f.id
	switch {
	case mine && u.Kind == chat.UpdateKind(chat.UserRemoved):
		delete(f.rooms, u.RoomID)
		delete(f.told, u.RoomID)
		return
	case mine && u.Kind == chat.UpdateKind(chat.UserAdded):
		f.told[u.RoomID] = u.Seq // the state follows, or was in the hello
		return
	}
	room := f.rooms[u.RoomID]
	if room == nil {
		f.problems = append(f.problems, fmt.Sprintf("%s of seq %d in a room that they are not in", u.Kind, u.Seq))
		return
	}
	if last, known := f.told[u.RoomID]; known && u.Seq != last+1 {
		f.problems = append(f.problems, fmt.Sprintf("%s of seq %d follows %d", u.Kind, u.Seq, last))
	}
	f.told[u.RoomID] = u.Seq
	room.Seq = max(room.Seq, u.Seq)
	if u.Room != nil {
		room.Name = u.Room.Name
	}
	if u.Message == nil {
		return
	}
	room.Messages[u.Message.ID] = u.Message.known()
	if u.Kind == chat.UpdateKind(chat.MessageCreated) && u.Message.UserID == f.id && f.fault != ignoresOwn {
		room.Read = max(room.Read, u.Message.Number)
	}
}

// readRoom reads a room's name and all of its messages, as often as it takes.
func (f *follower) readRoom(id string) {
	f.t.Helper()
	room := f.rooms[id]
	var shown struct{ Name string }
	if !f.read("/rooms/"+id, &shown) {
		return // they were removed, which is told next
	}
	room.Name, room.Messages = shown.Name, map[string]knownMessage{}
	for after, more := int64(0), true; more; {
		var page struct {
			Items    []wireMessage
			HasAfter bool `json:"has_after"`
		}
		if !f.read(fmt.Sprintf("/rooms/%s/messages?limit=100&after=%d", id, after), &page) {
			return
		}
		for _, m := range page.Items {
			room.Messages[m.ID], after = m.known(), m.Number
		}
		more = page.HasAfter
	}
}

// read reads something until it is there whole. It reports whether the user may see it.
func (f *follower) read(path string, into any) bool {
	f.t.Helper()
	for begin, end := time.Now(), time.Now().Add(chatsuite.Timeout); ; {
		ctx, cancel := context.WithTimeout(f.t.Context(), chatsuite.Timeout)
		body, status, err := []byte(nil), 0, error(nil)
		url := f.url
		if f.uncut != "" && time.Since(begin) > chatsuite.Timeout/4 {
			url = f.uncut
		}
		response, err := f.get(ctx, url, path)
		if err == nil {
			status = response.StatusCode
			body, err = io.ReadAll(response.Body)
			err = errors.Join(err, response.Body.Close())
		}
		cancel()
		switch {
		case err == nil && status == http.StatusOK:
			ok(f.t, json.Unmarshal(body, into))
			return true
		case err == nil && status == http.StatusNotFound:
			return false
		case err == nil && status != http.StatusTooManyRequests:
			f.t.Fatalf("%s is answered with %d %s", path, status, body)
		case time.Now().After(end):
			f.t.Fatalf("%s cannot be read: %v", path, err)
		}
	}
}
