package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"iter"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// objects are what one call works on and no other does: a public group of alice's with
// bob, in which each has sent a message, bob's with a picture, and to alice's of which bob
// has reacted.
type objects struct {
	room             uuid.UUID
	hers, his        uuid.UUID // messages
	reaction         uuid.UUID
	sent             uuid.UUID // the picture
	picture, file    uuid.UUID // alice's, not sent yet
	one, two, erased chat.UserID
}

// caller makes a call.
type caller struct {
	*chat.Service
	alice, bob, carol chat.UserID
	objects
}

// call is one way to use a method.
type call struct {
	name string // the method, and after a slash which way
	// untimed says that its transactions may wait for several locks in turn, each for
	// five seconds at most: they have to end however much there is to do.
	untimed bool
	make    func(ctx context.Context, c *caller) error
}

func (c call) method() string {
	method, _, _ := strings.Cut(c.name, "/")
	return method
}

// ignore drops a result.
func ignore[T any](_ T, err error) error { return err }

// through goes to the end of a sequence.
func through[T any](all iter.Seq2[T, error]) (err error) {
	for _, err = range all {
	}
	return err
}

// readAll reads media to the end.
func readAll(_ *chat.Media, content io.ReadCloser, err error) error {
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, content)
	return errors.Join(err, content.Close())
}

// calls are all methods of a Service, in every way that takes other locks.
var calls = []call{
	{name: "AllRooms", make: func(ctx context.Context, c *caller) error {
		return through(c.AllRooms(ctx, c.alice, chat.RoomFilter{}))
	}},
	{name: "AllRoomUsers", make: func(ctx context.Context, c *caller) error {
		return through(c.AllRoomUsers(ctx, c.alice, chat.RoomUserFilter{}))
	}},
	{name: "AllMessages", make: func(ctx context.Context, c *caller) error {
		return through(c.AllMessages(ctx, c.alice, chat.MessageFilter{}))
	}},
	{name: "AllMedia", make: func(ctx context.Context, c *caller) error {
		return through(c.AllMedia(ctx, c.alice, chat.MediaFilter{}))
	}},
	{name: "MessagesBy", make: func(ctx context.Context, c *caller) error {
		return ignore(c.MessagesBy(ctx, c.alice, c.bob, chat.Page{}))
	}},
	{name: "MediaBy", make: func(ctx context.Context, c *caller) error { return ignore(c.MediaBy(ctx, c.alice, c.bob, chat.Page{})) }},
	{name: "Digest", make: func(ctx context.Context, c *caller) error { return through(c.Digest(ctx, chat.DigestQuery{})) }},
	{name: "ExportUser", make: func(ctx context.Context, c *caller) error { return c.ExportUser(ctx, c.bob, io.Discard) }},
	{name: "AddUsers", make: func(ctx context.Context, c *caller) error {
		return ignore(c.AddUsers(ctx, c.alice, c.room, chat.NewRoomUser{UserID: c.carol}))
	}},
	{name: "BanUser", make: func(ctx context.Context, c *caller) error {
		return c.BanUser(ctx, c.alice, c.room, c.bob, chat.BanOptions{})
	}},
	{name: "BanUser/of a stranger", make: func(ctx context.Context, c *caller) error {
		return c.BanUser(ctx, c.alice, c.room, c.carol, chat.BanOptions{})
	}},
	{name: "Bans", make: func(ctx context.Context, c *caller) error { return ignore(c.Bans(ctx, c.alice, c.room, chat.Page{})) }},
	{name: "UnbanUser", make: func(ctx context.Context, c *caller) error { return c.UnbanUser(ctx, c.alice, c.room, c.carol) }},
	{name: "CreateRoom", make: func(ctx context.Context, c *caller) error {
		return ignore(c.CreateRoom(ctx, c.alice, chat.NewRoom{Name: "new", Members: []chat.NewRoomUser{{UserID: c.bob}}}))
	}},
	{name: "CreateRoom/alone", make: func(ctx context.Context, c *caller) error {
		return ignore(c.CreateRoom(ctx, c.alice, chat.NewRoom{Name: "new"}))
	}},
	{name: "CreateRoom/by System", make: func(ctx context.Context, c *caller) error {
		return ignore(c.CreateRoom(ctx, chat.System, chat.NewRoom{Name: "new", Owner: c.alice}))
	}},
	{name: "CreateRoom/with a key", make: func(ctx context.Context, c *caller) error {
		return ignore(c.CreateRoom(ctx, chat.System, chat.NewRoom{Name: "new", Key: "new/" + c.room.String(), Ownerless: true}))
	}},
	{name: "CreateRoom/with a key that is there", make: func(ctx context.Context, c *caller) error {
		return ignore(c.CreateRoom(ctx, chat.System, chat.NewRoom{Key: c.room.String()}))
	}},
	{name: "Check", make: func(ctx context.Context, c *caller) error { return c.Check(ctx) }},
	{name: "DeleteMedia", make: func(ctx context.Context, c *caller) error { return c.DeleteMedia(ctx, c.alice, c.file) }},
	{name: "PrivateRoom", make: func(ctx context.Context, c *caller) error { return ignore(c.PrivateRoom(ctx, c.alice, c.bob)) }},
	{name: "RoomByKey", make: func(ctx context.Context, c *caller) error {
		return ignore(c.RoomByKey(ctx, c.alice, c.room.String()))
	}},
	{name: "DeleteMessage", make: func(ctx context.Context, c *caller) error { return c.DeleteMessage(ctx, c.alice, c.hers) }},
	{name: "DeleteMessage/with media", make: func(ctx context.Context, c *caller) error { return c.DeleteMessage(ctx, c.bob, c.his) }},
	{name: "DeleteRoom", untimed: true, make: func(ctx context.Context, c *caller) error { return c.DeleteRoom(ctx, c.alice, c.room) }},
	{name: "EditMessage", make: func(ctx context.Context, c *caller) error {
		text := "edited"
		return ignore(c.EditMessage(ctx, c.alice, c.hers, chat.MessagePatch{Text: &text}))
	}},
	{name: "EditMessage/mentions", make: func(ctx context.Context, c *caller) error {
		mentions, everybody := []chat.UserID{c.bob}, true
		return ignore(c.EditMessage(ctx, c.alice, c.hers, chat.MessagePatch{Mentions: &mentions, MentionRoom: &everybody}))
	}},
	{name: "EraseUser", untimed: true, make: func(ctx context.Context, c *caller) error {
		return c.EraseUser(ctx, chat.System, c.erased, chat.EraseOptions{})
	}},
	{name: "DeleteMessages", untimed: true, make: func(ctx context.Context, c *caller) error {
		return ignore(c.DeleteMessages(ctx, chat.MessageFilter{RoomID: &c.room, Author: c.alice}))
	}},
	{name: "ImportMessages", untimed: true, make: func(ctx context.Context, c *caller) error {
		return ignore(c.ImportMessages(ctx, c.room, func(yield func(chat.ImportedMessage, error) bool) {
			yield(chat.ImportedMessage{UserID: c.alice, Text: "hi", ClientID: "1", CreatedAt: time.Now().Add(-time.Hour)}, nil)
		}))
	}},
	{name: "Maintain", untimed: true, make: func(ctx context.Context, c *caller) error {
		return ignore(c.Maintain(ctx, chat.MaintainOptions{Events: longAgo, Rooms: longAgo, Media: longAgo,
			Retention: []chat.Retention{{RoomID: &c.room, Age: longAgo}}}))
	}},
	{name: "JoinRoom", make: func(ctx context.Context, c *caller) error { return ignore(c.JoinRoom(ctx, c.carol, c.room)) }},
	{name: "LeaveRoom", make: func(ctx context.Context, c *caller) error { return c.LeaveRoom(ctx, c.bob, c.room) }},
	{name: "MarkUnread", make: func(ctx context.Context, c *caller) error { return ignore(c.MarkUnread(ctx, c.alice, c.room, 1)) }},
	{name: "MarkRead", make: func(ctx context.Context, c *caller) error { return ignore(c.MarkRead(ctx, c.alice, c.room, 2)) }},
	{name: "Media", make: func(ctx context.Context, c *caller) error { return ignore(c.Media(ctx, c.alice, c.sent)) }},
	{name: "MediaByIDs", make: func(ctx context.Context, c *caller) error {
		return ignore(c.MediaByIDs(ctx, c.alice, []uuid.UUID{c.sent, c.file}))
	}},
	{name: "MediaURL", make: func(ctx context.Context, c *caller) error {
		return ignore(c.MediaURL(ctx, c.alice, c.sent, time.Minute))
	}},
	{name: "Message", make: func(ctx context.Context, c *caller) error { return ignore(c.Message(ctx, c.alice, c.his)) }},
	{name: "Messages", make: func(ctx context.Context, c *caller) error {
		return ignore(c.Messages(ctx, c.alice, c.room, chat.HistoryQuery{}))
	}},
	{name: "OpenMedia", make: func(ctx context.Context, c *caller) error { return readAll(c.OpenMedia(ctx, c.alice, c.sent)) }},
	{name: "OpenPrivate", make: func(ctx context.Context, c *caller) error { return ignore(c.OpenPrivate(ctx, c.one, c.two)) }},
	{name: "OpenPrivate/that is there", make: func(ctx context.Context, c *caller) error { return ignore(c.OpenPrivate(ctx, c.alice, c.bob)) }},
	{name: "OpenThumbnail", make: func(ctx context.Context, c *caller) error { return readAll(c.OpenThumbnail(ctx, c.alice, c.sent)) }},
	{name: "PruneEvents", untimed: true, make: func(ctx context.Context, c *caller) error { return ignore(c.PruneEvents(ctx, longAgo)) }},
	{name: "Events", make: func(ctx context.Context, c *caller) error {
		return ignore(c.Events(ctx, c.alice, c.room, chat.EventsQuery{}))
	}},
	{name: "Subscribe", make: func(ctx context.Context, c *caller) error {
		sub, err := c.Subscribe(ctx, c.alice, chat.SubscribeOptions{})
		if err == nil {
			_, err = sub.Next(ctx)
			sub.Close()
		}
		return err
	}},
	{name: "PurgeRooms", untimed: true, make: func(ctx context.Context, c *caller) error { return ignore(c.PurgeRooms(ctx, longAgo)) }},
	{name: "Mentions", make: func(ctx context.Context, c *caller) error { return ignore(c.Mentions(ctx, c.bob, chat.Page{})) }},
	{name: "PinMessage", make: func(ctx context.Context, c *caller) error { return ignore(c.PinMessage(ctx, c.alice, c.his)) }},
	{name: "PinMessage/again", make: func(ctx context.Context, c *caller) error { return ignore(c.PinMessage(ctx, c.alice, c.hers)) }},
	{name: "Pins", make: func(ctx context.Context, c *caller) error { return ignore(c.Pins(ctx, c.bob, c.room)) }},
	{name: "UnpinMessage", make: func(ctx context.Context, c *caller) error { return c.UnpinMessage(ctx, c.alice, c.hers) }},
	{name: "Replies", make: func(ctx context.Context, c *caller) error { return ignore(c.Replies(ctx, c.bob, c.hers, chat.Page{})) }},
	{name: "React", make: func(ctx context.Context, c *caller) error { return ignore(c.React(ctx, c.alice, c.his, "👍")) }},
	{name: "React/again", make: func(ctx context.Context, c *caller) error { return ignore(c.React(ctx, c.bob, c.hers, "👍")) }},
	{name: "Reaction", make: func(ctx context.Context, c *caller) error { return ignore(c.Reaction(ctx, c.alice, c.reaction)) }},
	{name: "Reactions", make: func(ctx context.Context, c *caller) error {
		return ignore(c.Reactions(ctx, c.bob, chat.ReactionsQuery{}))
	}},
	{name: "Reactions/of a message", make: func(ctx context.Context, c *caller) error {
		return ignore(c.Reactions(ctx, c.alice, chat.ReactionsQuery{MessageID: &c.hers}))
	}},
	{name: "RemoveUser", make: func(ctx context.Context, c *caller) error { return c.RemoveUser(ctx, c.alice, c.room, c.bob) }},
	{name: "Room", make: func(ctx context.Context, c *caller) error { return ignore(c.Room(ctx, c.alice, c.room)) }},
	{name: "RoomUser", make: func(ctx context.Context, c *caller) error { return ignore(c.RoomUser(ctx, c.alice, c.room, c.bob)) }},
	{name: "RoomUsers", make: func(ctx context.Context, c *caller) error {
		return ignore(c.RoomUsers(ctx, c.alice, c.room, chat.Page{}))
	}},
	{name: "Rooms", make: func(ctx context.Context, c *caller) error { return ignore(c.Rooms(ctx, c.alice, chat.RoomsQuery{})) }},
	{name: "SearchMessages", make: func(ctx context.Context, c *caller) error {
		return ignore(c.SearchMessages(ctx, c.alice, chat.MessageSearchQuery{Query: "hers"}))
	}},
	{name: "SearchRooms", make: func(ctx context.Context, c *caller) error {
		return ignore(c.SearchRooms(ctx, c.carol, chat.RoomSearchQuery{Query: "room"}))
	}},
	{name: "SendMessage", make: func(ctx context.Context, c *caller) error { return c.send(ctx, c.alice, chat.NewMessage{Text: "hi"}) }},
	{name: "SendMessage/by System", make: func(ctx context.Context, c *caller) error {
		return c.send(ctx, chat.System, chat.NewMessage{Text: "hi"})
	}},
	{name: "SendMessage/client id", make: func(ctx context.Context, c *caller) error {
		return c.send(ctx, c.alice, chat.NewMessage{Text: "hi", ClientID: "1"})
	}},
	{name: "SendMessage/reply", make: func(ctx context.Context, c *caller) error {
		return c.send(ctx, c.bob, chat.NewMessage{Text: "hi", ReplyToID: &c.hers})
	}},
	{name: "SendMessage/mentions", make: func(ctx context.Context, c *caller) error {
		return c.send(ctx, c.alice, chat.NewMessage{Text: "hi", Mentions: []chat.UserID{c.bob}, MentionRoom: true})
	}},
	{name: "SendMessage/media", make: func(ctx context.Context, c *caller) error {
		return c.send(ctx, c.alice, chat.NewMessage{MediaIDs: []uuid.UUID{c.file}})
	}},
	{name: "SweepMedia", untimed: true, make: func(ctx context.Context, c *caller) error { return ignore(c.SweepMedia(ctx, longAgo)) }},
	{name: "TransferOwnership", make: func(ctx context.Context, c *caller) error {
		return ignore(c.TransferOwnership(ctx, c.alice, c.room, c.bob))
	}},
	{name: "Typing", make: func(ctx context.Context, c *caller) error { return c.Typing(ctx, c.alice, c.room) }},
	{name: "Unreact", make: func(ctx context.Context, c *caller) error { return ignore(c.Unreact(ctx, c.bob, c.reaction)) }},
	{name: "Unread", make: func(ctx context.Context, c *caller) error { return ignore(c.Unread(ctx, c.alice)) }},
	{name: "UpdateRoom", make: func(ctx context.Context, c *caller) error {
		name := "renamed"
		return ignore(c.UpdateRoom(ctx, c.alice, c.room, chat.RoomPatch{Name: &name}))
	}},
	{name: "UpdateRoom/avatar", make: func(ctx context.Context, c *caller) error {
		return ignore(c.UpdateRoom(ctx, c.alice, c.room, chat.RoomPatch{AvatarID: &c.picture}))
	}},
	{name: "UpdateRoomUser", make: func(ctx context.Context, c *caller) error {
		none := chat.NoPermissions
		return ignore(c.UpdateRoomUser(ctx, c.alice, c.room, c.bob, chat.RoomUserPatch{Permissions: &none}))
	}},
	{name: "UpdateRoomUser/mute", make: func(ctx context.Context, c *caller) error {
		muted := true
		return ignore(c.UpdateRoomUser(ctx, c.bob, c.room, c.bob, chat.RoomUserPatch{Muted: &muted}))
	}},
	{name: "UploadMedia", make: func(ctx context.Context, c *caller) error {
		return ignore(c.UploadMedia(ctx, c.alice, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("a")}))
	}},
}

// notCalls are the methods that no call of the table is for.
var notCalls = map[string]string{
	"Close":        "TestCloseWaitsForWhatIsSent",
	"HasThumbnail": "touches nothing", "Limits": "touches nothing", "Features": "touches nothing", "Logger": "touches nothing", "UserIDType": "touches nothing",
	"InTx":   "waits as long as its function and the host's transaction do",
	"WithTx": "touches nothing",
}

func (c *caller) send(ctx context.Context, actor chat.Actor, in chat.NewMessage) error {
	return ignore(c.SendMessage(ctx, actor, c.room, in))
}

// TestEveryMethodIsCalled fails for a method that the other tests do not know.
func TestEveryMethodIsCalled(t *testing.T) {
	known := map[string]bool{}
	for _, c := range calls {
		known[c.method()] = true
	}
	service := reflect.TypeFor[*chat.Service]()
	for i := range service.NumMethod() {
		name := service.Method(i).Name
		if _, not := notCalls[name]; !known[name] && !not {
			t.Errorf("no call of %s is in the table: add one for every way in which it takes locks", name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("there is no method %s", name)
	}
}

// longAgo is older than anything but what PurgeRooms and SweepMedia are to find.
const longAgo = 24 * time.Hour

// signer is a store that signs.
type signer struct{ chat.MediaStore }

func (signer) SignURL(_ context.Context, key string, _ chat.SignURLOptions) (string, error) {
	return "https://media.example/" + key, nil
}

// world is a database that has the objects of each call, to be copied.
type world struct {
	chatsuite.Variant
	store chat.MediaStore

	mu      sync.Mutex
	objects map[string]objects
}

// The worlds of the servers that all tests share. A server of a test's own has another:
// the objects are made for each server.
var (
	sqliteWorld   = newWorld(chatsuite.SQLiteFile)
	postgresWorld = newWorld(chatsuite.Postgres)
)

func newWorld(v chatsuite.Variant) *world {
	return &world{Variant: v, store: signer{storage.Memory()}, objects: map[string]objects{}}
}

func (w *world) config() chat.Config {
	config := chat.Config{UserIDs: w.UserIDs, Media: w.store}
	if w.UsersTable {
		config.UsersTable = "users"
	}
	return config
}

func (w *world) template() dbtest.Template {
	users := w.Template(w.config())
	return dbtest.Template{Key: users.Key + "/faults", Prepare: func(ctx context.Context, db *gorm.DB) error {
		if err := users.Prepare(ctx, db); err != nil {
			return err
		}
		svc, err := chat.New(db, w.config())
		if err != nil {
			return err
		}
		var errs sync.Map
		var done sync.WaitGroup
		few := make(chan struct{}, 4) // at once, since other tests begin at the same time
		for _, c := range calls {
			done.Go(func() {
				few <- struct{}{}
				defer func() { <-few }()
				if err := chatsuite.Patiently(func() error { return w.prepare(ctx, db, svc, c) }); err != nil {
					errs.Store(c.name, err)
				}
			})
		}
		done.Wait()
		errs.Range(func(name, failed any) bool {
			err = errors.Join(err, fmt.Errorf("%v: %w", name, failed.(error)))
			return true
		})
		return errors.Join(err, svc.Close())
	}}
}

// The users of a world: those of all calls, the two of the first of a private room, and the
// one who is erased.
const (
	aliceNumber, bobNumber, carolNumber = 1, 2, 3
	pairNumber, erasedNumber            = 10, 12
)

func picture() io.Reader {
	var data bytes.Buffer
	if err := png.Encode(&data, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return &data
}

// prepare makes the objects of one call.
func (w *world) prepare(ctx context.Context, db *gorm.DB, svc *chat.Service, c call) error {
	alice, bob := w.UserID(aliceNumber), w.UserID(bobNumber)
	var o objects
	o.one, o.two, o.erased = w.UserID(pairNumber), w.UserID(pairNumber+1), w.UserID(erasedNumber)
	members := []chat.NewRoomUser{{UserID: bob}}
	if c.name == "EraseUser" {
		members = append(members, chat.NewRoomUser{UserID: o.erased})
	}
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "room", Public: true, Members: members})
	if err != nil {
		return err
	}
	o.room = room.ID
	if err := db.WithContext(ctx).Exec("UPDATE chat_rooms SET key = ? WHERE id = ?", room.ID.String(), room.ID).Error; err != nil {
		return err
	}
	hers, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "hers"})
	if err != nil {
		return err
	}
	if _, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "to him", Mentions: []chat.UserID{bob}, MentionRoom: true}); err != nil {
		return err
	}
	if _, err := svc.PinMessage(ctx, alice, hers.ID); err != nil {
		return err
	}
	reaction, err := svc.React(ctx, bob, hers.ID, "👍")
	if err != nil {
		return err
	}
	o.hers, o.reaction = hers.ID, reaction.ID
	for _, upload := range []struct {
		actor chat.UserID
		id    *uuid.UUID
	}{{bob, &o.sent}, {alice, &o.picture}, {alice, &o.file}} {
		media, err := svc.UploadMedia(ctx, upload.actor, chat.NewMedia{FileName: "a.png", Body: picture()})
		if err != nil {
			return err
		}
		*upload.id = media.ID
	}
	his, err := svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{o.sent}})
	if err != nil {
		return err
	}
	o.his = his.ID
	w.mu.Lock()
	w.objects[c.name] = o
	w.mu.Unlock()
	return w.prepareJob(ctx, db, svc, c, o)
}

// prepareJob makes what the calls for jobs find.
func (w *world) prepareJob(ctx context.Context, db *gorm.DB, svc *chat.Service, c call, o objects) error {
	old := time.Now().Add(-2 * longAgo)
	switch c.name {
	case "Maintain":
		return db.WithContext(ctx).Exec("UPDATE chat_messages SET created_at = ? WHERE room_id = ?", old, o.room).Error
	case "PruneEvents":
		return db.WithContext(ctx).Exec("UPDATE chat_events SET created_at = ? WHERE room_id = ?", old, o.room).Error
	case "PurgeRooms":
		if err := svc.DeleteRoom(ctx, w.UserID(aliceNumber), o.room); err != nil {
			return err
		}
		return db.WithContext(ctx).Exec("UPDATE chat_rooms SET deleted_at = ? WHERE id = ?", old, o.room).Error
	case "SweepMedia":
		return db.WithContext(ctx).Exec("UPDATE chat_media SET created_at = ? WHERE id = ?", old, o.file).Error
	case "OpenPrivate/that is there":
		return ignore(svc.OpenPrivate(ctx, w.UserID(aliceNumber), w.UserID(bobNumber)))
	case "UnbanUser", "Bans":
		return svc.BanUser(ctx, w.UserID(aliceNumber), o.room, w.UserID(carolNumber), chat.BanOptions{})
	case "EraseUser":
		return ignore(svc.SendMessage(ctx, o.erased, o.room, chat.NewMessage{Text: "before I go"}))
	}
	return nil
}

// caller returns who makes a call.
func (w *world) caller(svc *chat.Service, c call) *caller {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &caller{svc, w.UserID(aliceNumber), w.UserID(bobNumber), w.UserID(carolNumber), w.objects[c.name]}
}

// answer is what a call returned, and when.
type answer struct {
	call call
	took time.Duration
	err  error
}

// callAll makes all calls at once and returns their answers. It gives up on those that
// take longer than patience, and reports them without an error of theirs.
func (w *world) callAll(svc *chat.Service, patience, timeout time.Duration) (answers []answer) {
	results := make(chan answer, len(calls))
	missing := map[string]call{}
	for _, c := range calls {
		missing[c.name] = c
		go func() {
			ctx := context.Background()
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			began := time.Now()
			err := chatsuite.Recover(func() error { return c.make(ctx, w.caller(svc, c)) })
			results <- answer{c, time.Since(began), err}
		}()
	}
	end := time.After(patience)
	for len(missing) > 0 {
		select {
		case a := <-results:
			answers = append(answers, a)
			delete(missing, a.call.name)
		case <-end:
			for _, c := range missing {
				answers = append(answers, answer{c, patience, nil})
			}
			return answers
		}
	}
	return answers
}

// TestEveryCallWorks is what makes the other tests of these calls worth something.
func TestEveryCallWorks(t *testing.T) {
	t.Parallel()
	for _, w := range []*world{sqliteWorld, postgresWorld} {
		t.Run(w.Dialect(), func(t *testing.T) {
			t.Parallel()
			svc := w.open(t, w.newDSN(t), 20)
			for _, a := range w.callAll(svc, chatsuite.Timeout, 0) {
				err := a.err
				if chat.IsRetryable(err) { // nothing has locks for long, but on a machine that is busy enough
					err = chatsuite.Patiently(func() error { return a.call.make(t.Context(), w.caller(svc, a.call)) })
				}
				if err != nil {
					t.Errorf("%s: %v", a.call.name, err)
				}
			}
		})
	}
}

// newDSN makes a database that is a copy of the world.
func (w *world) newDSN(t *testing.T) string {
	t.Helper()
	if w.Postgres {
		return dbtest.PostgresDSN(t, w.template())
	}
	return dbtest.SQLiteDSN(dbtest.SQLitePath(t, w.template()))
}

// open returns a service with a pool of its own on a database.
func (w *world) open(t *testing.T, dsn string, connections int, options ...func(*chat.Config)) *chat.Service {
	t.Helper()
	db := w.pool(t, dsn, connections)
	config := w.config()
	for _, option := range options {
		option(&config)
	}
	svc := chatsuite.Must(chat.New(db, config))(t)
	t.Cleanup(func() { chatsuite.NoError(t, svc.Close()) })
	return svc
}

func (w *world) pool(t *testing.T, dsn string, connections int) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, w.Dialector(dsn), gorm.Config{})
	pool := chatsuite.Must(db.DB())(t)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return db
}
