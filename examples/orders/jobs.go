package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/go-df/chat"
)

// Nightly is safe in several processes at once.
func (s *Shop) Nightly(ctx context.Context) error {
	_, err := s.chat.Maintain(ctx, chat.MaintainOptions{
		Retention: []chat.Retention{{RoomType: chat.Group, Age: 2 * 365 * 24 * time.Hour}},
	})
	return err
}

// SendDigests mails those who have unread messages and have not looked for a day.
func (s *Shop) SendDigests(ctx context.Context, now time.Time) error {
	last, err := s.progress(ctx, "digest")
	if err != nil {
		return err
	}
	for unread, err := range s.chat.Digest(ctx, chat.DigestQuery{UnseenFor: 24 * time.Hour, Since: last.At}) {
		if err != nil {
			return err
		}
		user, err := s.user(ctx, unread.UserID)
		if errors.Is(err, errNoSuchUser) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.mail(user.Email, digestText(unread)); err != nil {
			return err
		}
	}
	last.At = now
	return s.db.WithContext(ctx).Save(last).Error
}

func digestText(unread chat.UserUnread) string {
	var text strings.Builder
	fmt.Fprintf(&text, "You have %d unread messages.\n", unread.Total)
	for _, in := range unread.Rooms {
		fmt.Fprintf(&text, "\n%s\n", in.Room.Name)
		for _, message := range in.Messages {
			fmt.Fprintf(&text, "> %s\n", message.Text)
		}
		if more := in.Room.Unread - int64(len(in.Messages)); more > 0 {
			fmt.Fprintf(&text, "and %d more\n", more)
		}
	}
	return text.String()
}

// Notify queues a push for each message and recipient until ctx ends. What was done and how far
// it got are one transaction, so that nothing is lost or doubled by a crash.
func (s *Shop) Notify(ctx context.Context) error {
	at, err := s.progress(ctx, "notify")
	if err != nil {
		return err
	}
	sub, err := s.chat.Subscribe(ctx, chat.System, chat.SubscribeOptions{After: at.Cursor})
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		update, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		pushes, err := s.pushesOf(ctx, update)
		if err != nil {
			return err
		}
		at.Cursor = update.Cursor
		if err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if len(pushes) > 0 {
				if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&pushes).Error; err != nil {
					return err
				}
			}
			return tx.Save(at).Error
		}); err != nil {
			return err
		}
	}
}

// pushesOf are the members of the room whom a message is to be told, its author aside.
func (s *Shop) pushesOf(ctx context.Context, update chat.Update) (pushes []Push, err error) {
	if update.Kind != chat.UpdateKind(chat.MessageCreated) || update.Message == nil || update.Message.Deleted() {
		return nil, nil
	}
	for member, err := range s.chat.AllRoomUsers(ctx, chat.System, chat.RoomUserFilter{RoomID: &update.RoomID}) {
		switch {
		case errors.Is(err, chat.ErrNotFound): // the room was deleted meanwhile
			return nil, nil
		case err != nil:
			return nil, err
		case member.Muted || update.ActorID != nil && member.UserID == *update.ActorID:
			continue
		}
		id, err := uuid.Parse(string(member.UserID))
		if err != nil {
			return nil, err
		}
		pushes = append(pushes, Push{RoomID: update.RoomID, Seq: update.Seq, UserID: id, Text: update.Message.Text})
	}
	return pushes, nil
}
