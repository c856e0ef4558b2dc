package chat_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// swearWords are what a host does not want to read.
var swearWords = regexp.MustCompile(`(?i)\b(darn|heck)\b`)

// maskSwearWords rewrites what people write, when they send it and when they edit it.
func maskSwearWords(_ context.Context, _ chat.Actor, op chat.Operation) error {
	mask := func(text string) string {
		return swearWords.ReplaceAllStringFunc(text, func(word string) string { return strings.Repeat("*", len(word)) })
	}
	switch op := op.(type) {
	case *chat.SendOperation:
		op.Text = mask(op.Text)
	case *chat.EditOperation:
		if op.Text != nil {
			*op.Text = mask(*op.Text)
		}
	}
	return nil
}

// A filter of words rewrites messages before they are stored.
func ExampleHooks_profanity() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Hooks: chat.Hooks{Before: maskSwearWords}})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	sent, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "What the heck?"})
	noErr(err)
	fmt.Println(sent.Text)
	text := "Darn it!"
	edited, err := svc.EditMessage(ctx, alice, sent.ID, chat.MessagePatch{Text: &text})
	noErr(err)
	fmt.Println(edited.Text)
	// Output:
	// What the ****?
	// **** it!
}

// member is a row of a host's users.
type member struct {
	ID        string
	Tenant    string
	New       bool // registered a short time ago
	DeletedAt gorm.DeletedAt
}

// openHost opens a service for a host with users and a list of who has blocked whom. The
// config is made when the database is there.
func openHost(config func(db *gorm.DB) chat.Config, users ...member) (*chat.Service, *gorm.DB) {
	_, db := openExample(chat.Config{})
	noErr(db.AutoMigrate(&member{}, &block{}, &usage{}))
	noErr(db.Create(&users).Error)
	svc, err := chat.New(db, config(db))
	noErr(err)
	return svc, db
}

// People who have just registered may not send links, in which spam comes. What they send first
// and edit later is looked at as well.
func ExampleHooks_links() {
	ctx := context.Background()
	link := regexp.MustCompile(`(?i)https?://|www\.`)
	svc, db := openHost(func(db *gorm.DB) chat.Config {
		return chat.Config{Hooks: chat.Hooks{Before: func(ctx context.Context, actor chat.Actor, op chat.Operation) error {
			text := ""
			switch op := op.(type) {
			case *chat.SendOperation:
				text = op.Text
			case *chat.EditOperation:
				if op.Text != nil {
					text = *op.Text
				}
			}
			if actor == chat.System || !link.MatchString(text) {
				return nil
			}
			var fresh int64
			err := db.WithContext(ctx).Model(&member{}).Where("id = ? AND new", actor).Count(&fresh).Error
			if err == nil && fresh > 0 {
				err = chat.Refuse("links can be sent some days after you have registered")
			}
			return err
		}}}
	}, member{ID: "alice"}, member{ID: "bob", New: true})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)

	for _, author := range []chat.UserID{alice, bob} {
		_, err = svc.SendMessage(ctx, author, room.ID, chat.NewMessage{Text: "See https://example.com"})
		fmt.Println(author, err)
	}
	// Output:
	// alice <nil>
	// bob chat: forbidden: links can be sent some days after you have registered
}

// block is a row of a host's: By wants to hear nothing of Who.
type block struct{ By, Who string }

// Who is blocked opens no private room with who has blocked them, and writes nothing more in the
// one that there is, not by editing either.
func ExampleHooks_blockList() {
	ctx := context.Background()
	svc, db := openHost(func(db *gorm.DB) chat.Config {
		return chat.Config{Hooks: chat.Hooks{Before: func(ctx context.Context, actor chat.Actor, op chat.Operation) error {
			var other *chat.UserID
			switch op := op.(type) {
			case *chat.OpenPrivateOperation:
				other = &op.UserID
			case *chat.SendOperation, *chat.EditOperation, *chat.ReactOperation:
				room, err := op.Room(ctx)
				if err != nil {
					return err
				}
				other = room.Other // nil in groups and channels
			}
			if other == nil {
				return nil
			}
			var blocks int64
			err := db.WithContext(ctx).Model(&block{}).Where("(by = ? AND who = ?) OR (by = ? AND who = ?)",
				*other, actor, actor, *other).Count(&blocks).Error
			if err == nil && blocks > 0 {
				err = chat.Refuse("you cannot write to each other")
			}
			return err
		}}}
	}, member{ID: "alice"})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	noErr(db.Create([]block{{"alice", "bob"}, {"carol", "bob"}}).Error)

	_, err = svc.SendMessage(ctx, bob, room.ID, chat.NewMessage{Text: "Hello?"})
	fmt.Println(err)
	_, err = svc.OpenPrivate(ctx, bob, carol)
	fmt.Println(err)
	// Output:
	// chat: forbidden: you cannot write to each other
	// chat: forbidden: you cannot write to each other
}

// Rooms come from the host's own code alone: an order's, a team's.
func ExampleHooks_roomsOfTheHost() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Hooks: chat.Hooks{Before: func(_ context.Context, actor chat.Actor, op chat.Operation) error {
		switch op.(type) {
		case *chat.CreateRoomOperation, *chat.OpenPrivateOperation:
			if actor != chat.System {
				return chat.Refuse("rooms come with your orders")
			}
		}
		return nil
	}}})
	defer closeExample(db)

	_, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch"})
	fmt.Println(err)
	room, err := svc.CreateRoom(ctx, chat.System, chat.NewRoom{Name: "Order 7", Owner: alice, Members: []chat.NewRoomUser{{UserID: bob}}})
	noErr(err)
	fmt.Println(room.Name, room.MemberCount)
	// Output:
	// chat: forbidden: rooms come with your orders
	// Order 7 2
}
