package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"

	"github.com/google/uuid"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// The users of the examples.
const (
	alice = chat.UserID("alice")
	bob   = chat.UserID("bob")
	carol = chat.UserID("carol")
)

// openExample opens a database in memory, which has one connection, and a service on it.
func openExample(config chat.Config) (*chat.Service, *gorm.DB) {
	db, err := gorm.Open(sqlite.Open("file::memory:?_foreign_keys=1"), &gorm.Config{Logger: logger.Discard})
	noErr(err)
	pool, err := db.DB()
	noErr(err)
	pool.SetMaxOpenConns(1)
	noErr(chat.Migrate(context.Background(), db, config))
	svc, err := chat.New(db, config)
	noErr(err)
	return svc, db
}

func closeExample(db *gorm.DB) {
	pool, err := db.DB()
	noErr(err)
	noErr(pool.Close())
}

func noErr(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// printMessages prints messages as "1 alice: hi".
func printMessages(messages ...chat.Message) {
	for _, m := range messages {
		author := chat.UserID("*")
		if m.UserID != nil {
			author = *m.UserID
		}
		fmt.Printf("%d %s: %s\n", m.Number, author, m.Text)
	}
}

// Two users, their room, and what is unread in it.
func Example() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Hi Bob"})
	noErr(err)

	unread, err := svc.Unread(ctx, bob)
	noErr(err)
	fmt.Println("Bob has", unread.Total, "unread")

	history, err := svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{})
	noErr(err)
	printMessages(history.Items...)
	// Output:
	// Bob has 1 unread
	// 1 alice: Hi Bob
}

// Sending a picture: it is uploaded first, and the message names it.
func Example_sendPicture() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Media: storage.Memory()})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	var file bytes.Buffer
	noErr(png.Encode(&file, image.NewGray(image.Rect(0, 0, 32, 32))))
	media, err := svc.UploadMedia(ctx, alice, chat.NewMedia{FileName: "square.png", Body: &file})
	noErr(err)

	// Until it is sent, it is its uploader's alone.
	_, err = svc.Media(ctx, bob, media.ID)
	fmt.Println(err)

	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{
		Text: "A square", MediaIDs: []uuid.UUID{media.ID},
	})
	noErr(err)

	_, content, err := svc.OpenMedia(ctx, bob, media.ID)
	noErr(err)
	picture, err := png.DecodeConfig(content)
	noErr(errors.Join(err, content.Close()))
	fmt.Println(media.FileName, media.ContentType, picture.Width, picture.Height)
	// Output:
	// chat: not found
	// square.png image/png 32 32
}

// A chat of three people. What the application itself has to say, System says.
func Example_chatOfThree() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Type: chat.Group, Name: "Lunch",
		Members: []chat.NewRoomUser{{UserID: bob}, {UserID: carol}},
	})
	noErr(err)
	_, err = svc.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: "Alice created a chat"})
	noErr(err)
	_, err = svc.SendMessage(ctx, carol, room.ID, chat.NewMessage{Text: "Soup?"})
	noErr(err)

	history, err := svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{})
	noErr(err)
	printMessages(history.Items...)
	// Output:
	// 1 *: Alice created a chat
	// 2 carol: Soup?
}

// A news channel: an admin writes and adds readers, and readers read.
func Example_newsChannel() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	reader := chat.NoPermissions
	admin := chat.CanAddUsers | chat.CanCreateMessages
	news, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Type: chat.Channel, Name: "News", DefaultPermissions: &reader,
		Members: []chat.NewRoomUser{{UserID: bob, Permissions: &admin}},
	})
	noErr(err)
	_, err = svc.AddUsers(ctx, bob, news.ID, chat.NewRoomUser{UserID: carol})
	noErr(err)
	_, err = svc.SendMessage(ctx, bob, news.ID, chat.NewMessage{Text: "We moved."})
	noErr(err)

	history, err := svc.Messages(ctx, carol, news.ID, chat.HistoryQuery{})
	noErr(err)
	printMessages(history.Items...)
	_, err = svc.SendMessage(ctx, carol, news.ID, chat.NewMessage{Text: "Where to?"})
	fmt.Println(errors.Is(err, chat.ErrForbidden))
	// Output:
	// 1 bob: We moved.
	// true
}

// A public room can be seen and joined by anyone; what is said in it is for members.
func ExampleService_JoinRoom() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Gardeners", Public: true})
	noErr(err)

	_, err = svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{})
	fmt.Println("before:", err)
	_, err = svc.JoinRoom(ctx, bob, room.ID)
	noErr(err)
	_, err = svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{})
	fmt.Println("after:", err)
	// Output:
	// before: chat: forbidden
	// after: <nil>
}

// What is nil in a patch stays as it is; what is given is set, also to empty.
func ExampleService_UpdateRoom() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch", Description: "Every Friday"})
	noErr(err)

	name, nothing := "Dinner", ""
	room, err = svc.UpdateRoom(ctx, alice, room.ID, chat.RoomPatch{Name: &name})
	noErr(err)
	fmt.Printf("%q %q\n", room.Name, room.Description)
	room, err = svc.UpdateRoom(ctx, alice, room.ID, chat.RoomPatch{Description: &nothing})
	noErr(err)
	fmt.Printf("%q %q\n", room.Name, room.Description)
	// Output:
	// "Dinner" "Every Friday"
	// "Dinner" ""
}

// A member's own set of permissions comes before the room's default. One gives and
// takes only what one holds.
func ExampleService_UpdateRoomUser() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Name: "Lunch", Members: []chat.NewRoomUser{{UserID: bob}, {UserID: carol}},
	})
	noErr(err)

	moderator := chat.DefaultPermissions(chat.Group) | chat.CanDeleteMessages | chat.CanEditRoom
	member, err := svc.UpdateRoomUser(ctx, alice, room.ID, bob, chat.RoomUserPatch{Permissions: &moderator})
	noErr(err)
	fmt.Println(member.UserID, member.Effective)

	// Bob may edit the room and cannot remove users: he makes nobody able to.
	more := chat.DefaultPermissions(chat.Group) | chat.CanRemoveUsers
	_, err = svc.UpdateRoomUser(ctx, bob, room.ID, carol, chat.RoomUserPatch{Permissions: &more})
	fmt.Println(err)

	// Mute is for oneself.
	muted := true
	member, err = svc.UpdateRoomUser(ctx, carol, room.ID, carol, chat.RoomUserPatch{Muted: &muted})
	noErr(err)
	fmt.Println(member.UserID, "muted:", member.Muted)
	// Output:
	// bob [can_add_users can_create_messages can_delete_messages can_delete_own_messages can_edit_own_messages can_edit_room]
	// chat: forbidden
	// carol muted: true
}

// The owner of a room names another before leaving it.
func ExampleService_TransferOwnership() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)

	fmt.Println(svc.LeaveRoom(ctx, alice, room.ID))
	_, err = svc.TransferOwnership(ctx, alice, room.ID, bob)
	noErr(err)
	fmt.Println(svc.LeaveRoom(ctx, alice, room.ID))
	// Output:
	// chat: conflict: the owner must transfer the room first
	// <nil>
}

// A medium's bytes come as a reader, which the caller closes.
func ExampleService_OpenMedia() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Media: storage.Memory()})
	defer closeExample(db)
	upload, err := svc.UploadMedia(ctx, alice, chat.NewMedia{
		FileName: "notes.pdf", Body: bytes.NewBufferString("buy bread"),
	})
	noErr(err)

	media, content, err := svc.OpenMedia(ctx, alice, upload.ID)
	noErr(err)
	text, err := io.ReadAll(content)
	noErr(errors.Join(err, content.Close()))
	fmt.Printf("%s is %s: %s\n", media.FileName, media.ContentType, text) // its bytes say what it is
	// Output: notes.pdf is text/plain; charset=utf-8: buy bread
}
