package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// shopOrder is a row of a host's.
type shopOrder struct {
	ID     int64
	RoomID uuid.UUID
}

// An order, its room and the first message are committed together, or not at all.
func ExampleService_InTx() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	noErr(db.AutoMigrate(&shopOrder{}))

	place := func(text string) error {
		return svc.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
			room, err := s.CreateRoom(ctx, alice, chat.NewRoom{Name: "Your order", Members: []chat.NewRoomUser{{UserID: bob}}})
			if err != nil {
				return err
			}
			if err := tx.Create(&shopOrder{RoomID: room.ID}).Error; err != nil {
				return err
			}
			_, err = s.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: text})
			return err
		})
	}
	fmt.Println(place("Thank you for your order"))
	fmt.Println(place(""))

	var orders int64
	noErr(db.Model(&shopOrder{}).Count(&orders).Error)
	inbox, err := svc.Rooms(ctx, bob, chat.RoomsQuery{})
	noErr(err)
	fmt.Println(orders, "order,", len(inbox.Items), "room")
	// Output:
	// <nil>
	// chat: invalid input: text is empty, and there are no media
	// 1 order, 1 room
}

// A transaction that the host began takes the chat along.
func ExampleService_WithTx() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	tx := db.Begin()
	s, done := svc.WithTx(tx)
	_, err = s.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Hi"})
	noErr(err)
	_, err = s.SendMessage(ctx, carol, room.ID, chat.NewMessage{Text: "Me too"})
	fmt.Println(err) // a refusal leaves the transaction as it was
	noErr(tx.Commit().Error)
	done()

	history, err := svc.Messages(ctx, bob, room.ID, chat.HistoryQuery{})
	noErr(err)
	printMessages(history.Items...)
	// Output:
	// chat: not found
	// 1 alice: Hi
}

// Inside InTx only the host can try again, from the start.
func ExampleIsRetryable() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	var err error
	for range 3 {
		err = svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.OpenPrivate(ctx, alice, bob)
			return err
		})
		if !chat.IsRetryable(err) {
			break
		}
	}
	fmt.Println(err)
	// Output: <nil>
}

// A user is erased in the transaction that deletes the host's row. What they wrote
// stays without their name; a room of theirs goes to a successor.
func ExampleService_EraseUser() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	noErr(db.Exec("CREATE TABLE users (id text PRIMARY KEY)").Error)
	noErr(db.Exec("INSERT INTO users VALUES ('alice'), ('bob')").Error)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch", Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	_, err = svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "Goodbye"})
	noErr(err)

	noErr(svc.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		err := s.EraseUser(ctx, chat.System, alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{room.ID: bob}})
		if err != nil {
			return err
		}
		return tx.Exec("DELETE FROM users WHERE id = ?", alice).Error
	}))

	room, err = svc.Room(ctx, bob, room.ID)
	noErr(err)
	fmt.Println("owner:", *room.OwnerID)
	fmt.Println("last:", room.LastMessage.Text)
	// Output:
	// owner: bob
	// last: Goodbye
}

// A deleted room is gone for everyone in it at once. Its rows go when the host purges,
// usually after some days.
func ExampleService_PurgeRooms() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	noErr(svc.DeleteRoom(ctx, alice, room.ID))
	_, err = svc.Room(ctx, bob, room.ID)
	fmt.Println(errors.Is(err, chat.ErrNotFound))
	purged, err := svc.PurgeRooms(ctx, 0)
	fmt.Println(purged, err)
	// Output:
	// true
	// 1 <nil>
}

// A host with migrations of its own prints the tables once and keeps the script.
func ExampleMigrationSQL() {
	script, err := chat.MigrationSQL("postgres", chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"})
	noErr(err)
	fmt.Println(regexp.MustCompile(`owner_id +bigint REFERENCES "users" \(id\)`).MatchString(script))
	// Output: true
}

// Whatever a host's ids are, they become text in Go.
func ExampleID() {
	type accountID int64
	fmt.Println(chat.ID(accountID(42)), chat.ID("alice"), chat.ID(uuid.MustParse("0190b3a2-7c11-7d5e-8f5a-3b1c2d4e5f60")))
	// Output: 42 alice 0190b3a2-7c11-7d5e-8f5a-3b1c2d4e5f60
}

func ExamplePermissions() {
	set := chat.CanCreateMessages | chat.CanAddUsers
	text, err := json.Marshal(set)
	noErr(err)
	fmt.Println(string(text), set.Has(chat.CanAddUsers))

	_, err = chat.ParsePermissions("can_fly")
	fmt.Println(err)
	// Output:
	// ["can_add_users","can_create_messages"] true
	// chat: invalid input: permissions has no "can_fly"
}
