package main

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// sendPicture: an upload, then a message with its id. OpenPrivate finds the room of an
// earlier run.
func (c *club) sendPicture(ctx context.Context) (*chat.Room, error) {
	room, err := c.OpenPrivate(ctx, c.alice, c.bob)
	if err != nil || room.LastNumber > 0 {
		return room, err
	}
	picture, err := sunset()
	if err != nil {
		return nil, err
	}
	media, err := c.UploadMedia(ctx, c.alice, chat.NewMedia{FileName: "sunset.png", Body: picture})
	if err != nil {
		return nil, err
	}
	view, err := c.SendMessage(ctx, c.alice, room.ID, chat.NewMessage{
		Text: "The view from the hut.", MediaIDs: []uuid.UUID{media.ID},
	})
	if err != nil {
		return nil, err
	}
	if _, err := c.React(ctx, c.bob, view.ID, "🌄"); err != nil {
		return nil, err
	}
	_, err = c.SendMessage(ctx, c.bob, room.ID, chat.NewMessage{
		Text: "Was that before the rain or after?", ReplyToID: &view.ID,
	})
	return room, err
}

// planTrip makes a trip of the club's, its group and the first words in one
// transaction: all of it is there afterwards, or none.
func (c *club) planTrip(ctx context.Context) (*Trip, error) {
	trip := &Trip{Title: "Trip to the lake"}
	if found := c.db.Where("title = ?", trip.Title).Limit(1).Find(trip); found.Error != nil || found.RowsAffected > 0 {
		return trip, found.Error
	}
	return trip, c.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		room, err := s.CreateRoom(ctx, c.alice, chat.NewRoom{
			Type: chat.Group, Name: trip.Title,
			Members: []chat.NewRoomUser{{UserID: c.bob}, {UserID: c.carol}},
		})
		if err != nil {
			return err
		}
		if _, err := s.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: "Alice created a chat"}); err != nil {
			return err
		}
		if _, err := s.SendMessage(ctx, c.alice, room.ID, chat.NewMessage{Text: "Saturday, 7:40 at the station?"}); err != nil {
			return err
		}
		trip.RoomID = room.ID
		return tx.Create(trip).Error
	})
}

// answerTrip may be repeated: a client id is stored once, and the same edit and the
// same reaction change nothing.
func (c *club) answerTrip(ctx context.Context, room uuid.UUID) error {
	if _, err := c.SendMessage(ctx, c.bob, room, chat.NewMessage{Text: "I am in.", ClientID: "yes"}); err != nil {
		return err
	}
	bread, err := c.SendMessage(ctx, c.carol, room, chat.NewMessage{Text: "Me too. I bring the bred.", ClientID: "yes"})
	if err != nil {
		return err
	}
	corrected := "Me too. I bring the bread."
	if _, err := c.EditMessage(ctx, c.carol, bread.ID, chat.MessagePatch{Text: &corrected}); err != nil {
		return err
	}
	for _, user := range []chat.UserID{c.alice, c.bob} {
		if _, err := c.React(ctx, user, bread.ID, "👍"); err != nil {
			return err
		}
	}
	return nil
}

// spreadNews: members of the channel have no permissions, unless they are given some.
// The channel of an earlier run is in Alice's inbox.
func (c *club) spreadNews(ctx context.Context) (*chat.Room, error) {
	none, admin := chat.NoPermissions, chat.CanAddUsers|chat.CanCreateMessages
	channels, err := c.Rooms(ctx, c.alice, chat.RoomsQuery{Type: chat.Channel})
	if err != nil {
		return nil, err
	}
	var news *chat.Room
	if len(channels.Items) > 0 {
		news = &channels.Items[0]
	} else if news, err = c.CreateRoom(ctx, c.alice, chat.NewRoom{
		Type: chat.Channel, Name: "Club news", DefaultPermissions: &none,
		Members: []chat.NewRoomUser{{UserID: c.bob, Permissions: &admin}},
	}); err != nil {
		return nil, err
	}
	if _, err := c.AddUsers(ctx, c.bob, news.ID, chat.NewRoomUser{UserID: c.carol}, chat.NewRoomUser{UserID: c.dave}); err != nil {
		return nil, err
	}
	for _, item := range []struct{ id, text string }{
		{"hut", "The hut is closed until Friday: the stove smokes."},
		{"stove", "The stove is swept. The hut is open."},
	} {
		if _, err := c.SendMessage(ctx, c.bob, news.ID, chat.NewMessage{Text: item.text, ClientID: item.id}); err != nil {
			return nil, err
		}
	}
	return news, nil
}
