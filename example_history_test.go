package chat_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-df/chat"
)

// A group whose newcomers do not see what was said before them.
func ExampleHistoryVisibility() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Name: "Surprise for Carol", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: bob}},
	})
	noErr(err)
	secret, err := svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "She must not hear of it"})
	noErr(err)

	_, err = svc.AddUsers(ctx, alice, room.ID, chat.NewRoomUser{UserID: carol})
	noErr(err)
	_, err = svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "Happy birthday!", ReplyToID: &secret.ID})
	noErr(err)

	page, err := svc.Messages(ctx, carol, room.ID, chat.HistoryQuery{})
	noErr(err)
	for _, m := range page.Items {
		fmt.Println(m.Number, m.Text, m.ReplyToID == nil)
	}
	_, err = svc.Message(ctx, carol, secret.ID)
	fmt.Println(page.HasBefore, errors.Is(err, chat.ErrNotFound))

	events, err := svc.Events(ctx, carol, room.ID, chat.EventsQuery{After: 2})
	noErr(err)
	for _, u := range events.Items {
		fmt.Println(u.Seq, u.Kind)
	}
	room, err = svc.Room(ctx, carol, room.ID)
	noErr(err)
	fmt.Println(room.MemberCount, "members")
	// Output:
	// 2 Happy birthday! true
	// false true
	// 3 hidden
	// 4 user_added
	// 5 message_created
	// 3 members
}
