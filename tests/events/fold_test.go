package events_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// foldedRoom is what a client knows of a room.
type foldedRoom struct {
	Seq      int64
	Name     string
	Messages map[uuid.UUID]string // text, whether deleted, reactions
	Members  map[chat.UserID]string
}

// folder is a client that keeps what it is told, and reads a room only when it is told
// to: when it is added, and on a reset.
type folder struct {
	h      *chatsuite.Host
	t      *testing.T
	log    []string
	user   chat.UserID
	sub    *chat.Subscription
	cursor chat.Cursor
	rooms  map[uuid.UUID]*foldedRoom
	told   map[uuid.UUID]int64 // the last seq of each room
	resets int
}

func describeMessage(text string, deleted bool, reactions int64) string {
	return fmt.Sprintf("%q deleted %t, %d reactions", text, deleted, reactions)
}

// readRoom is what the database has of a room.
func readRoom(t *testing.T, h *chatsuite.Host, id uuid.UUID) *foldedRoom {
	t.Helper()
	room := &foldedRoom{Messages: map[uuid.UUID]string{}, Members: map[chat.UserID]string{}}
	var found chat.Room
	chatsuite.NoError(t, h.DB.Where("id = ?", id).Find(&found).Error)
	room.Seq, room.Name = found.LastSeq, found.Name
	var messages []struct {
		ID        uuid.UUID
		Text      string
		Deleted   bool
		Reactions int64
	}
	chatsuite.NoError(t, h.DB.Raw(`SELECT m.id, m.text, m.deleted_at IS NOT NULL AS deleted,
		(SELECT count(*) FROM chat_reactions r WHERE r.message_id = m.id) AS reactions FROM chat_messages m WHERE m.room_id = ?`, id).
		Scan(&messages).Error)
	for _, m := range messages {
		room.Messages[m.ID] = describeMessage(m.Text, m.Deleted, m.Reactions)
	}
	page, err := h.RoomUsers(h.Ctx, chat.System, id, chat.Page{})
	if errors.Is(err, chat.ErrNotFound) { // deleted since, of which the client is told next
		return room
	}
	chatsuite.NoError(t, err)
	for _, u := range page.Items {
		room.Members[u.UserID] = u.Effective.String()
	}
	return room
}

// connect subscribes from the cursor on, and checks the hello.
func (f *folder) connect() {
	f.t.Helper()
	f.sub = chatsuite.Must(f.h.Subscribe(f.h.Ctx, f.user, chat.SubscribeOptions{After: f.cursor}))(f.t)
	u := chatsuite.Must(f.sub.Next(f.h.Ctx))(f.t)
	if u.Kind != chat.UpdateHello {
		f.t.Fatalf("the first update is %s", u.Kind)
	}
	for _, state := range u.States {
		if f.cursor == "" {
			f.told[state.RoomID] = state.Seq
		}
		// Of a room that is new to the client the log may tell next that they were added.
		// Where they were told that, and not the room's state, the hello has it.
		if f.rooms[state.RoomID] == nil {
			f.rooms[state.RoomID] = readRoom(f.t, f.h, state.RoomID)
		}
	}
	f.cursor = u.Cursor
}

func (f *folder) fold(u *chat.Update) {
	f.t.Helper()
	f.cursor = u.Cursor
	f.log = append(f.log, fmt.Sprint(u.Kind, " ", u.RoomID.String()[30:], " ", u.Seq))
	switch u.Kind {
	case chat.UpdateReset:
		f.resets++
		return
	case chat.UpdateRoomState:
		f.rooms[u.RoomID] = readRoom(f.t, f.h, u.RoomID)
		f.rooms[u.RoomID].Seq = u.States[0].Seq
		return
	}
	room := f.rooms[u.RoomID]
	mine := u.UserID != nil && *u.UserID == f.user
	switch {
	case mine && u.Kind == kind(chat.UserRemoved), u.Kind == kind(chat.RoomDeleted):
		delete(f.rooms, u.RoomID)
		return
	case mine && u.Kind == kind(chat.UserAdded), u.Kind == kind(chat.RoomCreated): // the state follows
		f.told[u.RoomID] = u.Seq
		return
	case room == nil && f.h.QueryInt("SELECT count(*) FROM chat_rooms WHERE id = ? AND deleted_at IS NOT NULL", u.RoomID) == 1:
		return // the hello has no deleted rooms; that it is deleted is told next
	case room == nil:
		f.t.Errorf("%s: %s of seq %d in a room that they are not in", f.user, u.Kind, u.Seq)
		return
	case u.Seq != f.told[u.RoomID]+1:
		f.t.Errorf("%s: seq %d follows %d in %s", f.user, u.Seq, f.told[u.RoomID], u.RoomID)
	}
	f.told[u.RoomID] = u.Seq
	room.Seq = max(room.Seq, u.Seq)
	if u.Message != nil {
		var reactions int64
		for _, r := range u.Message.Reactions {
			reactions += r.Count
		}
		room.Messages[u.Message.ID] = describeMessage(u.Message.Text, u.Message.Deleted(), reactions)
	}
	if u.Room != nil {
		room.Name = u.Room.Name
	}
	if u.Member != nil {
		room.Members[u.Member.UserID] = u.Member.Effective.String()
	}
	if u.Kind == kind(chat.UserRemoved) {
		delete(room.Members, *u.UserID)
	}
}

// takeAll folds what comes until nothing does for a time, or so many updates.
func (f *folder) takeAll(most int, pause time.Duration) {
	f.t.Helper()
	for range most {
		ctx, cancel := context.WithTimeout(f.h.Ctx, pause)
		u, err := f.sub.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			f.t.Fatal(err)
		}
		f.fold(&u)
	}
}

// settled reports whether the client has all events of its rooms.
func (f *folder) settled() bool {
	n := 0
	for id, room := range f.rooms {
		if f.h.QueryInt("SELECT last_seq FROM chat_rooms WHERE id = ?", id) != room.Seq {
			return false
		}
		n++
	}
	return int64(n) == f.h.QueryInt(`SELECT count(*) FROM chat_room_users u JOIN chat_rooms r ON r.id = u.room_id
		WHERE u.user_id = ? AND r.deleted_at IS NULL`, f.user)
}

// behind says where the client lacks something.
func (f *folder) behind() (text string) {
	var rooms []chat.Room
	chatsuite.NoError(f.t, f.h.DB.Find(&rooms).Error)
	for _, r := range rooms {
		member := f.h.QueryInt("SELECT count(*) FROM chat_room_users WHERE room_id = ? AND user_id = ?", r.ID, f.user)
		if known := f.rooms[r.ID]; known != nil {
			text += fmt.Sprintf("\n%s: knows seq %d of %d, is member %d, deleted %t, told %d", r.ID, known.Seq, r.LastSeq, member, r.DeletedAt != nil, f.told[r.ID])
		} else if member == 1 {
			text += fmt.Sprintf("\n%s: does not know of it, seq %d, deleted %t, told %d", r.ID, r.LastSeq, r.DeletedAt != nil, f.told[r.ID])
		}
	}
	return text + "\n" + strings.Join(f.log[max(0, len(f.log)-30):], "\n")
}

func (f *folder) compare() {
	f.t.Helper()
	for end := time.Now().Add(chatsuite.Timeout); !f.settled(); {
		if f.takeAll(1000, 5*time.Millisecond); time.Now().After(end) {
			f.t.Fatalf("%s is not told everything:%s", f.user, f.behind())
		}
	}
	want := map[uuid.UUID]*foldedRoom{}
	for id := range f.rooms {
		want[id] = readRoom(f.t, f.h, id)
	}
	if diff := cmp.Diff(want, f.rooms); diff != "" {
		f.t.Fatalf("%s knows otherwise (-stored +told):\n%s", f.user, diff)
	}
}

// TestWhatIsToldFoldsToWhatIsStored has random users do random things, while clients keep
// what they are told, lose their connections at random, and go on from their cursors: at
// random moments what they have is what the database has.
func TestWhatIsToldFoldsToWhatIsStored(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		random := rand.New(rand.NewPCG(3, 4))
		users := []chat.UserID{h.Alice, h.Bob, h.Carol, h.Dave}
		rooms := []uuid.UUID{h.NewGroup(h.Bob).ID, h.NewGroup(h.Bob, h.Carol, h.Dave).ID, h.NewRoom(chat.Channel, h.Carol).ID}
		var folders []*folder
		for _, user := range users {
			f := &folder{h: h, t: t, user: user, rooms: map[uuid.UUID]*foldedRoom{}, told: map[uuid.UUID]int64{}}
			f.connect()
			folders = append(folders, f)
		}
		done := map[string]int{}
		for step := range chatsuite.Iterations(1000, 20_000) {
			name, err := actAtRandom(h, random, users, &rooms)
			if err != nil && !chatsuite.ErrorIsAny(err, chat.ErrForbidden, chat.ErrNotFound, chat.ErrConflict, chat.ErrInvalid) {
				t.Fatalf("%s: %v", name, err)
			}
			if err == nil {
				done[name]++
			}
			f := folders[random.IntN(len(folders))]
			switch random.IntN(8) {
			case 0: // cut, somewhere
				f.takeAll(random.IntN(6), time.Millisecond)
				f.sub.Close()
				f.connect()
			case 1:
				f.takeAll(20, time.Millisecond)
			}
			if step%100 == 99 {
				for _, f := range folders {
					f.compare()
				}
			}
		}
		for _, f := range folders {
			if f.sub.Close(); f.resets > 0 {
				t.Errorf("%s was reset", f.user)
			}
		}
		for _, name := range []string{"send", "edit", "delete", "react", "add", "remove", "rename", "permit", "create", "close"} {
			if done[name] == 0 {
				t.Errorf("nobody could %s: %v", name, done)
			}
		}
		t.Log(slices.Sorted(maps.Keys(done)), done)
	})
}

// actAtRandom has a random user do something.
func actAtRandom(h *chatsuite.Host, random *rand.Rand, users []chat.UserID, rooms *[]uuid.UUID) (string, error) {
	actor, other, room := users[random.IntN(len(users))], users[random.IntN(len(users))], (*rooms)[random.IntN(len(*rooms))]
	word := fmt.Sprint("word ", random.IntN(1000))
	message := func() uuid.UUID {
		var found []chat.Message
		chatsuite.NoError(h.T, h.DB.Where("room_id = ?", room).Order("number DESC").Limit(8).Find(&found).Error)
		if len(found) == 0 {
			return uuid.New()
		}
		return found[random.IntN(len(found))].ID
	}
	switch n := random.IntN(40); {
	case n < 10:
		return "send", chatsuite.ErrorOf(h.SendMessage(h.Ctx, actor, room, chat.NewMessage{Text: word}))
	case n < 15:
		return "edit", chatsuite.ErrorOf(h.EditMessage(h.Ctx, actor, message(), chat.MessagePatch{Text: &word}))
	case n < 17:
		return "delete", h.DeleteMessage(h.Ctx, actor, message())
	case n < 22:
		return "react", chatsuite.ErrorOf(h.React(h.Ctx, actor, message(), []string{"👍", "🎉"}[random.IntN(2)]))
	case n < 24:
		var found []chat.Reaction
		chatsuite.NoError(h.T, h.DB.Order("created_at DESC").Limit(1).Find(&found).Error)
		if len(found) == 0 {
			return "skip", nil
		}
		return "unreact", chatsuite.ErrorOf(h.Unreact(h.Ctx, found[0].UserID, found[0].ID))
	case n < 30:
		return "add", chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: other}))
	case n < 34:
		return "remove", h.RemoveUser(h.Ctx, actor, room, other)
	case n < 36:
		return "rename", chatsuite.ErrorOf(h.UpdateRoom(h.Ctx, actor, room, chat.RoomPatch{Name: &word}))
	case n < 38:
		permissions := chat.Permissions(random.IntN(512)) | chat.CanCreateMessages
		return "permit", chatsuite.ErrorOf(h.UpdateRoomUser(h.Ctx, h.Alice, room, other, chat.RoomUserPatch{Permissions: &permissions}))
	case n < 39:
		made, err := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Type: chat.Group, Name: word, Members: []chat.NewRoomUser{{UserID: h.Bob}}})
		if err == nil {
			*rooms = append(*rooms, made.ID)
		}
		return "create", err
	}
	if len(*rooms) < 4 {
		return "skip", nil
	}
	i := random.IntN(len(*rooms))
	err := h.DeleteRoom(h.Ctx, h.Alice, (*rooms)[i])
	if err == nil {
		*rooms = slices.Delete(*rooms, i, i+1)
	}
	return "close", err
}
