// Command orders is a shop whose orders have a chat: what docs/embedding.md walks through.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// User is one of the shop's, deleted softly.
type User struct {
	ID        uuid.UUID `gorm:"type:uuid;primaryKey"`
	Name      string
	Email     string
	DeletedAt gorm.DeletedAt
}

// Order is between a buyer and a seller. Its chat has its id for a key.
type Order struct {
	ID       uuid.UUID `gorm:"type:uuid;primaryKey"`
	BuyerID  uuid.UUID `gorm:"type:uuid;not null"`
	SellerID uuid.UUID `gorm:"type:uuid;not null"`
	Item     string
	ClosedAt *time.Time
}

func roomKey(order uuid.UUID) string { return "order/" + order.String() }

func orderOf(key string) string { return strings.TrimPrefix(key, "order/") }

// Push is a notification that is to be sent: at most one of a message to a user.
type Push struct {
	RoomID uuid.UUID `gorm:"type:uuid;primaryKey"`
	Seq    int64     `gorm:"primaryKey"`
	UserID uuid.UUID `gorm:"type:uuid;primaryKey"`
	Text   string
}

// Progress is how far a job of the shop's has come.
type Progress struct {
	Job    string `gorm:"primaryKey"`
	Cursor chat.Cursor
	At     time.Time
}

// Shop is the host program.
type Shop struct {
	db   *gorm.DB
	chat *chat.Service
	mail func(to, text string) error
}

// Migrate makes the tables: the users, the chat's, which refer to them, and the rest.
func Migrate(ctx context.Context, db *gorm.DB) error {
	db = db.WithContext(ctx)
	if err := db.AutoMigrate(&User{}); err != nil {
		return err
	}
	if err := chat.Migrate(ctx, db, new(Shop).chatConfig()); err != nil {
		return err
	}
	return db.AutoMigrate(&Order{}, &Push{}, &Progress{})
}

// chatConfig is what the chat has to know of the shop.
func (s *Shop) chatConfig() chat.Config {
	return chat.Config{
		UserIDs:    chat.UUIDs, // what users.id is
		UsersTable: "users",    // foreign keys to it
		Hooks:      chat.Hooks{CheckUsers: checkUsers, Before: s.before},
	}
}

// checkUsers says who of the users cannot be put into a room: GORM leaves out who was deleted.
func checkUsers(_ context.Context, tx *gorm.DB, users []chat.UserID) (missing []chat.UserID, err error) {
	var found []chat.UserID
	err = tx.Model(&User{}).Where("id IN ?", users).Pluck("id", &found).Error
	return slices.DeleteFunc(users, func(id chat.UserID) bool { return slices.Contains(found, id) }), err
}

// before refuses messages about orders that are closed.
func (s *Shop) before(ctx context.Context, actor chat.Actor, op chat.Operation) error {
	send, is := op.(*chat.SendOperation)
	if !is || actor == chat.System {
		return nil
	}
	room, err := send.Room(ctx) // first: a room that the actor does not see ends here
	if err != nil || room.Key == nil {
		return err
	}
	var closed int64
	err = s.db.WithContext(ctx).Model(&Order{}).Where("id = ? AND closed_at IS NOT NULL", orderOf(*room.Key)).Count(&closed).Error
	if err == nil && closed > 0 {
		err = chat.Refuse("this order is closed")
	}
	return err
}

// PlaceOrder makes the order, its chat and the first message, or none of them.
func (s *Shop) PlaceOrder(ctx context.Context, buyer, seller uuid.UUID, item string) (*Order, error) {
	order := &Order{ID: uuid.Must(uuid.NewV7()), BuyerID: buyer, SellerID: seller, Item: item}
	err := s.chat.InTx(ctx, func(tx *gorm.DB, c *chat.Service) error {
		if err := tx.Create(order).Error; err != nil {
			return err
		}
		room, err := c.CreateRoom(ctx, chat.System, chat.NewRoom{
			Key: roomKey(order.ID), Name: item, Ownerless: true,
			Members: []chat.NewRoomUser{{UserID: chat.ID(buyer)}, {UserID: chat.ID(seller)}},
		})
		if err != nil {
			return err
		}
		_, err = c.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{
			Text: "The order was placed", Metadata: chat.Metadata(`{"kind": "shop.order_placed"}`),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return order, nil
}

// CloseOrder may be called again: the client id keeps the message from coming twice.
func (s *Shop) CloseOrder(ctx context.Context, id uuid.UUID) error {
	return s.chat.InTx(ctx, func(tx *gorm.DB, c *chat.Service) error {
		if err := tx.Model(&Order{ID: id}).Where("closed_at IS NULL").Update("closed_at", time.Now()).Error; err != nil {
			return err
		}
		room, err := c.RoomByKey(ctx, chat.System, roomKey(id))
		if err != nil {
			return err
		}
		_, err = c.SendMessage(ctx, chat.System, room.ID, chat.NewMessage{Text: "The order is closed", ClientID: "closed"})
		return err
	})
}

// DeleteAccount erases the user from the chat and deletes them from the shop.
func (s *Shop) DeleteAccount(ctx context.Context, id uuid.UUID) error {
	return s.chat.InTx(ctx, func(tx *gorm.DB, c *chat.Service) error {
		if err := c.EraseUser(ctx, chat.System, chat.ID(id), chat.EraseOptions{}); err != nil {
			return err
		}
		if err := tx.Where("user_id = ?", id).Delete(&Push{}).Error; err != nil {
			return err
		}
		return tx.Delete(&User{ID: id}).Error
	})
}

// progress is how far a job has come.
func (s *Shop) progress(ctx context.Context, job string) (*Progress, error) {
	at := &Progress{Job: job}
	err := s.db.WithContext(ctx).FirstOrCreate(at, at).Error
	return at, err
}

// errNoSuchUser is of a user who was deleted while a job ran.
var errNoSuchUser = errors.New("no such user")

func (s *Shop) user(ctx context.Context, id chat.UserID) (*User, error) {
	var user User
	err := s.db.WithContext(ctx).Take(&user, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fmt.Errorf("%w: %s", errNoSuchUser, id)
	}
	return &user, err
}
