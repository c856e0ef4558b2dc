package chat_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-df/chat"
)

// A mark brings the badge back, and leaves the read marker where it is.
func ExampleService_MarkUnread() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	for _, text := range []string{"Hi", "Can you call me?", "It is about Sunday"} {
		_, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: text})
		noErr(err)
	}
	_, err = svc.MarkRead(ctx, bob, room.ID, 3)
	noErr(err)
	me, err := svc.MarkUnread(ctx, bob, room.ID, 2) // to be answered later
	noErr(err)
	unread, err := svc.Unread(ctx, bob)
	noErr(err)
	fmt.Println("read up to", me.LastReadNumber, "and", unread.Total, "unread")

	_, err = svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "Calling"})
	noErr(err)
	unread, err = svc.Unread(ctx, bob)
	noErr(err)
	fmt.Println(unread.Total, "unread")
	// Output:
	// read up to 3 and 2 unread
	// 0 unread
}

// A room is muted for a while, another archived, and a third one pinned.
func ExampleService_UpdateRoomUser_ownState() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)

	yes, later := true, time.Now().Add(8*time.Hour)
	for _, one := range []struct {
		name  string
		patch chat.RoomUserPatch
	}{
		{"Family", chat.RoomUserPatch{Pinned: &yes}},
		{"Football", chat.RoomUserPatch{MutedUntil: &later}},
		{"Move of 2019", chat.RoomUserPatch{Hidden: &yes}},
	} {
		room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: one.name, Members: []chat.NewRoomUser{{UserID: bob}}})
		noErr(err)
		_, err = svc.UpdateRoomUser(ctx, bob, room.ID, bob, one.patch)
		noErr(err)
	}
	for _, query := range []chat.RoomsQuery{{}, {Hidden: true}} {
		page, err := svc.Rooms(ctx, bob, query)
		noErr(err)
		for _, room := range page.Items {
			fmt.Println(room.Name, "pinned:", room.Me.Pinned, "muted:", room.Me.Muted, "archived:", room.Me.Hidden)
		}
	}
	// Output:
	// Family pinned: true muted: false archived: false
	// Football pinned: false muted: true archived: false
	// Move of 2019 pinned: false muted: false archived: true
}
