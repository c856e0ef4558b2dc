package chat_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// Times are read in every time zone of a session's.
func TestOldTimesInEveryTimeZone(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Africa/Monrovia", "Asia/Kolkata", "Europe/Berlin", "America/New_York"} {
		for _, at := range []time.Time{time.Date(1971, 3, 1, 1, 2, 3, 4000, time.UTC), time.Date(1890, 3, 1, 1, 2, 3, 4000, time.UTC), time.Date(1, 1, 1, 1, 0, 0, 0, time.UTC)} {
			t.Run(zone+"/"+at.Format("2006"), func(t *testing.T) {
				h := chatsuite.NewOn(t, chatsuite.Postgres, func(template dbtest.Template) *gorm.DB {
					db := dbtest.Postgres(t, template)
					chatsuite.Must(db.DB())(t).SetMaxOpenConns(1)
					chatsuite.NoError(t, db.Exec("SET TIME ZONE '"+zone+"'").Error)
					return db
				})
				room := h.NewGroup(h.Bob)
				seq := func(yield func(chat.ImportedMessage, error) bool) {
					_ = yield(chat.ImportedMessage{UserID: h.Bob, ClientID: "1", Text: "x", CreatedAt: at,
						Reactions: []chat.ImportedReaction{{UserID: h.Bob, Reaction: "👍"}}}, nil) &&
						yield(chat.ImportedMessage{UserID: h.Bob, Text: "y", ReplyTo: "1", CreatedAt: at}, nil)
				}
				chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, iter.Seq2[chat.ImportedMessage, error](seq)))(t)
				chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{}))(t)
				after := int64(1)
				page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{After: &after}))(t)
				if !page.Items[0].ReplyTo.CreatedAt.Equal(at) {
					t.Errorf("head at %v, want %v", page.Items[0].ReplyTo.CreatedAt, at)
				}
				chatsuite.Must(h.React(h.Ctx, h.Alice, page.Items[0].ReplyTo.ID, "👍"))(t)
			})
		}
	}
}

// A reply to a message of long ago is told.
func TestSubscriptionToldOfRepliesToOldMessages(t *testing.T) {
	t.Parallel()
	h := chatsuite.NewOn(t, chatsuite.Postgres, func(template dbtest.Template) *gorm.DB {
		db := dbtest.Postgres(t, template)
		var name string
		db.Raw("SELECT current_database()").Scan(&name)
		chatsuite.NoError(t, db.Exec(`ALTER DATABASE "`+name+`" SET timezone = 'Asia/Kolkata'`).Error)
		pool := chatsuite.Must(db.DB())(t)
		pool.SetMaxIdleConns(0)
		pool.SetMaxIdleConns(10)
		return db
	})
	room, other := h.NewGroup(h.Bob), h.NewGroup(h.Carol)
	seq := func(yield func(chat.ImportedMessage, error) bool) {
		yield(chat.ImportedMessage{UserID: h.Bob, Text: "x", CreatedAt: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)}, nil)
	}
	chatsuite.Must(h.ImportMessages(h.Ctx, room.ID, iter.Seq2[chat.ImportedMessage, error](seq)))(t)
	ctx, cancel := context.WithTimeout(h.Ctx, 8*time.Second)
	defer cancel()
	sub := chatsuite.Must(h.Subscribe(ctx, h.Carol, chat.SubscribeOptions{}))(t)
	var text string
	chatsuite.NoError(t, h.DB.Raw("SELECT CAST(id AS text) FROM chat_messages").Scan(&text).Error)
	id := uuid.MustParse(text)
	chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "re", ReplyToID: &id}))(t)
	h.Send(h.Alice, other.ID, "to carol")
	for {
		u, err := sub.Next(ctx)
		if err != nil {
			t.Fatalf("carol, who is not in the room, is told nothing: %v", err)
		}
		if u.Message != nil {
			t.Log("told", u.Message.Text)
			return
		}
	}
}
