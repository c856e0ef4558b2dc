package model_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// subject is a database that is compared with the oracle.
type subject struct {
	*chatsuite.Host
	toModel, toReal *translation
	followers       []*follower
}

// reset empties the tables.
func (s *subject) reset() error {
	unknown := modelID(1<<20 + 1)
	s.toModel = &translation{ids: map[uuid.UUID]uuid.UUID{}, users: map[chat.UserID]chat.UserID{}, unknown: &unknown}
	s.toReal = &translation{ids: map[uuid.UUID]uuid.UUID{}, users: map[chat.UserID]chat.UserID{}}
	for n := 1; n <= modelUsers; n++ {
		s.toModel.users[s.UserID(n)], s.toReal.users[modelUser(n)] = modelUser(n), s.UserID(n)
	}
	return s.DB.Transaction(func(tx *gorm.DB) error {
		for _, table := range []string{
			"chat_events", "chat_reactions", "chat_mentions", "chat_pins", "chat_message_media", "chat_messages", "chat_room_users", "chat_restrictions", "chat_rooms",
			"chat_media",
		} {
			if err := tx.Exec("DELETE FROM " + table).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

var errTakenBack = errors.New("the host takes it back")

// answer runs a command. The result is still in the database's own ids.
func (s *subject) answer(c command) answer {
	c = c.translated(s.toReal)
	if c.within == ownTransaction {
		result, err := c.on(client{s.Service}, s.Ctx)
		return answer{refusalOf(err), result}
	}
	var result any
	var err error
	ended := s.InTx(s.Ctx, func(_ *gorm.DB, bound *chat.Service) error {
		result, err = c.on(client{bound}, s.Ctx)
		if c.within == rolledBack {
			return errTakenBack
		}
		return nil
	})
	if ended != nil && !errors.Is(ended, errTakenBack) {
		err = errors.New(fmt.Sprint("the host's transaction ended with ", ended, " after ", err)) // no refusal any more
	}
	return answer{refusalOf(err), result}
}

// inModelIDs learns the id of what a command made, and translates its result.
func (s *subject) inModelIDs(got, want any) any {
	if made, is := idOf(got); is {
		if model, is := idOf(want); is && s.toReal.ids[model] == uuid.Nil && s.toModel.ids[made] == uuid.Nil {
			s.toReal.ids[model], s.toModel.ids[made] = made, model
		}
	}
	return s.toModel.of(got)
}

func idOf(result any) (uuid.UUID, bool) {
	v := reflect.ValueOf(result)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return uuid.Nil, false
	}
	id := v.Elem().FieldByName("ID")
	if !id.IsValid() {
		return uuid.Nil, false
	}
	return id.Interface().(uuid.UUID), true
}

func (s *subject) tables() (*tables, error) {
	t := &tables{}
	for _, rows := range []any{&t.Rooms, &t.Users, &t.Restrictions, &t.Messages, &t.MessageMedia, &t.Reactions, &t.Mentions, &t.Pins, &t.Events} {
		if err := s.DB.Find(rows).Error; err != nil {
			return nil, err
		}
	}
	if err := s.DB.Where("sha256 <> ''").Find(&t.Media).Error; err != nil {
		return nil, err
	}
	return s.toModel.of(t).(*tables).sort(), nil
}

// client is a Service with some calls bundled or in plain values, as commands have
// them.
type client struct{ *chat.Service }

func (c client) AddUsers(ctx context.Context, actor chat.Actor, room uuid.UUID, users []chat.NewRoomUser) ([]chat.RoomUser, error) {
	return c.Service.AddUsers(ctx, actor, room, users...)
}

// Retain is the retention of messages alone.
func (c client) Retain(ctx context.Context, age time.Duration) (int, error) {
	const never = 24 * 365 * time.Hour
	done, err := c.Maintain(ctx, chat.MaintainOptions{Retention: []chat.Retention{{Age: age}}, Events: never, Rooms: never, Media: never})
	return done.Messages, err
}

func (c client) Upload(ctx context.Context, actor chat.Actor, name, content string) (*chat.Media, error) {
	return c.UploadMedia(ctx, actor, chat.NewMedia{FileName: name, Body: strings.NewReader(content)})
}

func (c client) Download(ctx context.Context, actor chat.Actor, media uuid.UUID) (string, error) {
	_, body, err := c.OpenMedia(ctx, actor, media)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(body)
	return string(content), errors.Join(err, body.Close())
}

func (c client) RoomPages(ctx context.Context, actor chat.Actor, query chat.RoomsQuery) ([][]chat.Room, error) {
	return follow(query.Limit, func(at chat.Page) ([]chat.Room, string, error) {
		query.Page = at
		page, err := c.Rooms(ctx, actor, query)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) UserPages(ctx context.Context, actor chat.Actor, room uuid.UUID, limit int) ([][]chat.RoomUser, error) {
	return follow(limit, func(at chat.Page) ([]chat.RoomUser, string, error) {
		page, err := c.RoomUsers(ctx, actor, room, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) BanPages(ctx context.Context, actor chat.Actor, room uuid.UUID, limit int) ([][]chat.Ban, error) {
	return follow(limit, func(at chat.Page) ([]chat.Ban, string, error) {
		page, err := c.Bans(ctx, actor, room, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) ReactionPages(ctx context.Context, actor chat.Actor, message *uuid.UUID, limit int) ([][]chat.Reaction, error) {
	return follow(limit, func(at chat.Page) ([]chat.Reaction, string, error) {
		page, err := c.Reactions(ctx, actor, chat.ReactionsQuery{MessageID: message, Page: at})
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) MentionPages(ctx context.Context, actor chat.Actor, limit int) ([][]chat.MessageHit, error) {
	return follow(limit, func(at chat.Page) ([]chat.MessageHit, string, error) {
		page, err := c.Mentions(ctx, actor, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) SearchPages(ctx context.Context, actor chat.Actor, in chat.MessageSearchQuery) ([][]chat.MessageHit, error) {
	return follow(in.Limit, func(at chat.Page) ([]chat.MessageHit, string, error) {
		in.Page = at
		page, err := c.SearchMessages(ctx, actor, in)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) ReplyPages(ctx context.Context, actor chat.Actor, message uuid.UUID, limit int) ([][]chat.Message, error) {
	return follow(limit, func(at chat.Page) ([]chat.Message, string, error) {
		page, err := c.Replies(ctx, actor, message, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

// follow reads page after page until there is no next one.
func follow[T any](limit int, read func(chat.Page) (items []T, next string, err error)) (pages [][]T, err error) {
	at := chat.Page{Limit: limit}
	for range 1000 {
		items, next, err := read(at)
		if err != nil {
			return nil, err
		}
		pages = append(pages, items)
		if next == "" {
			return pages, nil
		}
		at.Cursor = next
	}
	return nil, errors.New("the pages do not end")
}

// gathered is all that a sequence yields.
func gathered[T any](all iter.Seq2[T, error]) (items []T, err error) {
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func (c client) AllRooms(ctx context.Context, actor chat.Actor, filter chat.RoomFilter) ([]chat.Room, error) {
	return gathered(c.Service.AllRooms(ctx, actor, filter))
}

func (c client) AllRoomUsers(ctx context.Context, actor chat.Actor, filter chat.RoomUserFilter) ([]chat.RoomUser, error) {
	return gathered(c.Service.AllRoomUsers(ctx, actor, filter))
}

func (c client) AllMessages(ctx context.Context, actor chat.Actor, filter chat.MessageFilter) ([]chat.Message, error) {
	return gathered(c.Service.AllMessages(ctx, actor, filter))
}

func (c client) AllMedia(ctx context.Context, actor chat.Actor, filter chat.MediaFilter) ([]chat.Media, error) {
	return gathered(c.Service.AllMedia(ctx, actor, filter))
}

func (c client) Digest(ctx context.Context, in chat.DigestQuery) ([]chat.UserUnread, error) {
	return gathered(c.Service.Digest(ctx, in))
}

func (c client) MessageByPages(ctx context.Context, actor chat.Actor, user chat.UserID, limit int) ([][]chat.Message, error) {
	return follow(limit, func(at chat.Page) ([]chat.Message, string, error) {
		page, err := c.MessagesBy(ctx, actor, user, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}

func (c client) MediaByPages(ctx context.Context, actor chat.Actor, user chat.UserID, limit int) ([][]chat.Media, error) {
	return follow(limit, func(at chat.Page) ([]chat.Media, string, error) {
		page, err := c.MediaBy(ctx, actor, user, at)
		if err != nil {
			return nil, "", err
		}
		return page.Items, page.Next, nil
	})
}
