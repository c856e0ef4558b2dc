package chat_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-df/chat"
)

// A member who may remove people keeps somebody out of a public room for a week.
func ExampleService_BanUser() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	svc, db := openExample(chat.Config{Clock: func() time.Time { return now }})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Name: "Garden", Public: true, Members: []chat.NewRoomUser{{UserID: bob}},
	})
	noErr(err)

	nextWeek := now.AddDate(0, 0, 7)
	noErr(svc.BanUser(ctx, alice, room.ID, bob, chat.BanOptions{Until: &nextWeek, Reason: "Spam"}))
	bans, err := svc.Bans(ctx, alice, room.ID, chat.Page{})
	noErr(err)
	for _, ban := range bans.Items {
		fmt.Println(ban.UserID, "by", *ban.BannedBy, "until", ban.Until.Format(time.DateOnly), ban.Reason)
	}

	_, err = svc.JoinRoom(ctx, bob, room.ID)
	fmt.Println(errors.Is(err, chat.ErrForbidden))
	_, err = svc.AddUsers(ctx, alice, room.ID, chat.NewRoomUser{UserID: carol}, chat.NewRoomUser{UserID: bob})
	fmt.Println(err)

	now = nextWeek
	_, err = svc.JoinRoom(ctx, bob, room.ID)
	fmt.Println(err)
	// Output:
	// bob by alice until 2026-03-08 Spam
	// true
	// chat: conflict: members[1] is banned from the room
	// <nil>
}

// A ban without an end is lifted. What the member lacked before, they lack again.
func ExampleService_UnbanUser() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{})
	defer closeExample(db)
	room, err := svc.CreateRoom(ctx, alice, chat.NewRoom{
		Name: "Garden", Public: true, Members: []chat.NewRoomUser{{UserID: bob}},
	})
	noErr(err)
	quiet := chat.DefaultPermissions(chat.Group) &^ chat.CanCreateMessages
	_, err = svc.UpdateRoomUser(ctx, alice, room.ID, bob, chat.RoomUserPatch{Permissions: &quiet})
	noErr(err)

	noErr(svc.BanUser(ctx, alice, room.ID, bob, chat.BanOptions{}))
	noErr(svc.UnbanUser(ctx, alice, room.ID, bob))
	room, err = svc.JoinRoom(ctx, bob, room.ID)
	noErr(err)
	fmt.Println(room.Me.Effective)

	// Given by the owner, permissions lift the restriction.
	bobs, err := svc.UpdateRoomUser(ctx, alice, room.ID, bob, chat.RoomUserPatch{ResetPermissions: true})
	noErr(err)
	fmt.Println(bobs.Effective)
	// Output:
	// [can_add_users can_delete_own_messages can_edit_own_messages]
	// [can_add_users can_create_messages can_delete_own_messages can_edit_own_messages]
}
