package host

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"gorm.io/gorm"
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

// users are all that there are. They are kept in memory, since each request asks who
// makes it and who is on its page: against the database that would be two statements a
// message.
type users struct {
	all     []User // by id
	byLogin map[string]*User
	byID    map[chat.UserID]*User
}

// signUp makes the users that are missing, and returns all. Their ids do not depend on
// when they are made: user1 is 5.
func signUp(ctx context.Context, db *gorm.DB, more int) (u users, err error) {
	wanted := []User{{1, "alice", "Alice"}, {2, "bob", "Bob"}, {3, "carol", "Carol"}, {4, "dave", "Dave"}}
	first := int64(len(wanted))
	for n := int64(1); n <= int64(more); n++ {
		wanted = append(wanted, User{first + n, fmt.Sprintf("user%d", n), fmt.Sprintf("User %d", n)})
	}
	db = db.WithContext(ctx)
	if err := db.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(wanted, 500).Error; err != nil {
		return u, fmt.Errorf("sign users up: %w", err)
	}
	if err := db.Order("id").Find(&u.all).Error; err != nil {
		return u, fmt.Errorf("read the users: %w", err)
	}
	u.byLogin, u.byID = make(map[string]*User, len(u.all)), make(map[chat.UserID]*User, len(u.all))
	for i := range u.all {
		user := &u.all[i]
		u.byLogin[user.Login], u.byID[chat.ID(user.ID)] = user, user
	}
	return u, nil
}

// profiles tells the API what the users on a page are called.
func (a *app) profiles(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
	profiles := make(map[chat.UserID]httpadapter.Profile, len(ids))
	for _, id := range ids {
		if user := a.users.byID[id]; user != nil {
			profiles[id] = httpadapter.Profile{Name: user.Name}
		}
	}
	return profiles, nil
}

// searchUsers finds users by a part of what they are called; everybody may find everybody.
func (a *app) searchUsers(_ *http.Request, query string, limit int) (found []chat.UserID, _ error) {
	query = strings.ToLower(strings.TrimSpace(query))
	for i := range a.users.all {
		user := &a.users.all[i]
		if len(found) < limit && (strings.Contains(strings.ToLower(user.Name), query) || strings.Contains(user.Login, query)) {
			found = append(found, chat.ID(user.ID))
		}
	}
	return found, nil
}
