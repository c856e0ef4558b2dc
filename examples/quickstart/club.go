package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// User is a row of the club's own table.
type User struct {
	ID   int64
	Name string `gorm:"uniqueIndex"`
}

// Trip is something of the club's that has a room.
type Trip struct {
	ID     int64
	Title  string `gorm:"uniqueIndex"`
	RoomID uuid.UUID
}

// club is the host application.
type club struct {
	*chat.Service
	db    *gorm.DB
	names map[chat.UserID]string

	alice, bob, carol, dave chat.UserID
}

func openClub(ctx context.Context, database, media string) (c *club, closeClub func() error, err error) {
	db, err := gorm.Open(dialector(database), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, pool.Close())
		}
	}()

	// First the club's tables, then the chat's, which refer to its users.
	config := chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users", Media: storage.Dir(media)}
	if err := db.WithContext(ctx).AutoMigrate(&User{}, &Trip{}); err != nil {
		return nil, nil, err
	}
	if err := chat.Migrate(ctx, db, config); err != nil {
		return nil, nil, err
	}
	service, err := chat.New(db, config)
	if err != nil {
		return nil, nil, err
	}
	c = &club{Service: service, db: db.WithContext(ctx), names: map[chat.UserID]string{}}
	return c, pool.Close, c.signUp()
}

// dialector opens SQLite as the library recommends it.
func dialector(database string) gorm.Dialector {
	if strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://") {
		return postgres.Open(database)
	}
	path := url.URL{Path: database}
	return sqlite.Open("file:" + path.EscapedPath() +
		"?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=64")
}

// signUp makes the club's members, or finds those of an earlier run.
func (c *club) signUp() error {
	for _, member := range []struct {
		id   *chat.UserID
		name string
	}{{&c.alice, "Alice"}, {&c.bob, "Bob"}, {&c.carol, "Carol"}, {&c.dave, "Dave"}} {
		user := User{Name: member.name}
		if err := c.db.Where("name = ?", user.Name).FirstOrCreate(&user).Error; err != nil {
			return fmt.Errorf("sign %s up: %w", user.Name, err)
		}
		*member.id = chat.ID(user.ID)
		c.names[*member.id] = user.Name
	}
	return nil
}

// name is what the club calls an author: nobody's for System.
func (c *club) name(id *chat.UserID) string {
	if id == nil {
		return "*"
	}
	return c.names[*id]
}
