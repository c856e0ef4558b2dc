package host

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/go-df/chat"
)

// start is a row that says that the rooms of the start were made. They are made once:
// what is deleted later does not come back.
type start struct {
	ID int64 `gorm:"primaryKey;autoIncrement:false"`
}

func (start) TableName() string { return "webchat_starts" }

// makeStart makes a group, a news channel and a private room in one transaction with
// the row that remembers it.
func (a *app) makeStart(ctx context.Context) error {
	err := a.chat.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		made := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&start{ID: 1})
		if made.Error != nil || made.RowsAffected == 0 {
			return made.Error
		}
		for _, room := range []func(context.Context, *chat.Service) error{startGroup, startNews, startPrivate} {
			if err := room(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the first rooms: %w", err)
	}
	return nil
}

func startGroup(ctx context.Context, s *chat.Service) error {
	room, err := s.CreateRoom(ctx, alice, chat.NewRoom{
		Type: chat.Group, Name: "Boat trip", Description: "Sunday, if the wind allows",
		Members: []chat.NewRoomUser{{UserID: bob}, {UserID: carol}, {UserID: dave}},
	})
	if err != nil {
		return err
	}
	sent, err := say(ctx, s, room.ID,
		line{chat.System, "Alice created a chat"},
		line{alice, "Sunday, ten o'clock, at the pier?"},
		line{bob, "I am in."},
		line{carol, "So am I. I bring sandwiches 🥪"},
	)
	if err != nil {
		return err
	}
	for _, user := range []chat.UserID{alice, bob} {
		if _, err := s.React(ctx, user, sent[3].ID, "👍"); err != nil {
			return err
		}
	}
	_, err = s.SendMessage(ctx, dave, room.ID, chat.NewMessage{Text: "Can we make it eleven?", ReplyToID: &sent[1].ID})
	return err
}

// startNews: bob writes, the others read. The channel is public: more can join.
func startNews(ctx context.Context, s *chat.Service) error {
	readers, editor := chat.NoPermissions, chat.CanAddUsers|chat.CanCreateMessages
	room, err := s.CreateRoom(ctx, alice, chat.NewRoom{
		Type: chat.Channel, Name: "Harbour news", Public: true, DefaultPermissions: &readers,
		Members: []chat.NewRoomUser{{UserID: bob, Permissions: &editor}, {UserID: carol}, {UserID: dave}},
	})
	if err != nil {
		return err
	}
	_, err = say(ctx, s, room.ID,
		line{alice, "Here you hear what is new in the harbour."},
		line{bob, "High tide on Sunday is at 10:40."},
		line{bob, "The crane is being repaired until Friday. Please moor at the north pier."},
	)
	return err
}

func startPrivate(ctx context.Context, s *chat.Service) error {
	room, err := s.OpenPrivate(ctx, alice, bob)
	if err != nil {
		return err
	}
	picture, err := harbour()
	if err != nil {
		return err
	}
	media, err := s.UploadMedia(ctx, alice, chat.NewMedia{FileName: "harbour.png", Body: picture})
	if err != nil {
		return err
	}
	_, err = s.SendMessage(ctx, alice, room.ID, chat.NewMessage{
		Text: "The harbour this evening.", MediaIDs: []uuid.UUID{media.ID},
	})
	if err != nil {
		return err
	}
	_, err = say(ctx, s, room.ID, line{bob, "Beautiful! Is that our boat?"})
	return err
}

// line is what somebody says.
type line struct {
	who  chat.Actor
	text string
}

func say(ctx context.Context, s *chat.Service, room uuid.UUID, lines ...line) ([]*chat.Message, error) {
	sent := make([]*chat.Message, len(lines))
	for i, l := range lines {
		var err error
		if sent[i], err = s.SendMessage(ctx, l.who, room, chat.NewMessage{Text: l.text}); err != nil {
			return nil, err
		}
	}
	return sent, nil
}
