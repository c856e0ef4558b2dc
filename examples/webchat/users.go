package main

import (
	"context"
	"fmt"
	"net/http"

	"gorm.io/gorm/clause"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

// User is a row of the application's own table.
type User struct {
	ID    int64  `gorm:"primaryKey;autoIncrement:false"`
	Login string `gorm:"uniqueIndex;not null"`
	Name  string `gorm:"not null"`
}

// The ids of the users that are always there.
var alice, bob, carol, dave = chat.ID(1), chat.ID(2), chat.ID(3), chat.ID(4)

// signUp makes the users that are missing. Their ids do not depend on when they are
// made: user1 is 5.
func (a *app) signUp(ctx context.Context, more int) error {
	users := []User{{1, "alice", "Alice"}, {2, "bob", "Bob"}, {3, "carol", "Carol"}, {4, "dave", "Dave"}}
	first := int64(len(users))
	for n := int64(1); n <= int64(more); n++ {
		users = append(users, User{first + n, fmt.Sprintf("user%d", n), fmt.Sprintf("User %d", n)})
	}
	made := a.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(users, 500)
	if made.Error != nil {
		return fmt.Errorf("sign users up: %w", made.Error)
	}
	return nil
}

// profiles tells the API what the users on a page are called.
func (a *app) profiles(r *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
	var users []User
	if err := a.db.WithContext(r.Context()).Where("id IN ?", ids).Find(&users).Error; err != nil {
		return nil, err
	}
	profiles := make(map[chat.UserID]httpadapter.Profile, len(users))
	for _, user := range users {
		profiles[chat.ID(user.ID)] = httpadapter.Profile{Name: user.Name}
	}
	return profiles, nil
}
