package chat_test

import (
	"context"
	"fmt"

	"github.com/go-df/chat"
)

// Each order of a shop has one room, whoever opens it first and however often.
func ExampleNewRoom_key() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	orderRoom := func(order int, buyer, seller chat.UserID) (*chat.Room, error) {
		return svc.CreateRoom(ctx, chat.System, chat.NewRoom{
			Key: fmt.Sprint("order/", order), Name: fmt.Sprint("Order ", order), Ownerless: true,
			Members: []chat.NewRoomUser{{UserID: buyer}, {UserID: seller}},
		})
	}
	made, err := orderRoom(17, alice, bob)
	noErr(err)
	again, err := orderRoom(17, alice, bob)
	noErr(err)
	fmt.Println(made.Created, again.Created, made.ID == again.ID)

	found, err := svc.RoomByKey(ctx, alice, "order/17")
	noErr(err)
	fmt.Println(found.Name, found.MemberCount, found.Ownerless)
	_, err = svc.RoomByKey(ctx, carol, "order/17")
	fmt.Println(err)
	// Output:
	// true false true
	// Order 17 2 true
	// chat: not found
}
