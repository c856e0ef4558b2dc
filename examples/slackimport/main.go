// Slackimport reads the folder of a Slack export into a chat: each public channel becomes a
// room of its members, with its messages, threads as replies, reactions, and the files that
// lie in the folder files under their ids.
//
//	go run ./examples/slackimport -db chat.db -media chat-media -export ./export
//
// Run again, also after it was broken off or with a longer export, it stores what is new.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"slices"

	"github.com/google/uuid"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

func main() {
	log.SetFlags(0)
	database := flag.String("db", "chat.db", "a SQLite file, made if it is missing")
	media := flag.String("media", "chat-media", "a folder for files, made if it is missing")
	folder := flag.String("export", "export", "the unpacked export")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *database, *media, os.DirFS(*folder)); err != nil {
		log.Fatal("slackimport: ", err)
	}
}

// user is the host's own; the ids are Slack's.
type user struct {
	ID   string `gorm:"primaryKey"`
	Name string
}

// channelRoom says which room a channel has become.
type channelRoom struct {
	ID     string `gorm:"primaryKey"`
	RoomID uuid.UUID
}

func run(ctx context.Context, out io.Writer, database, media string, folder fs.FS) (err error) {
	db, err := gorm.Open(sqlite.Open(database + "?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1"))
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if err := db.AutoMigrate(&user{}, &channelRoom{}); err != nil {
		return err
	}
	config := chat.Config{UsersTable: "users", Media: storage.Dir(media), Limits: chat.Limits{TextCharacters: 40_000, TextBytes: 160_000}}
	if err := chat.Migrate(ctx, db, config); err != nil {
		return err
	}
	svc, err := chat.New(db, config)
	if err != nil {
		return err
	}
	e := &export{folder: folder, users: map[string]string{}}
	if err := e.importUsers(db); err != nil {
		return err
	}
	return e.importChannels(ctx, out, db, svc)
}

func (e *export) importChannels(ctx context.Context, out io.Writer, db *gorm.DB, svc *chat.Service) error {
	var channels []slackChannel
	if err := e.read("channels.json", &channels); err != nil {
		return err
	}
	for _, channel := range channels {
		room, err := e.room(ctx, db, svc, channel)
		if err != nil {
			return err
		}
		n, err := svc.ImportMessages(ctx, room, e.messages(channel.Name))
		if err != nil {
			return fmt.Errorf("%s, after %d messages: %w", channel.Name, n, err)
		}
		_, _ = fmt.Fprintf(out, "%s: %d messages\n", channel.Name, n)
	}
	return nil
}

// importUsers makes users of all who are in the export, also of those who have left.
func (e *export) importUsers(db *gorm.DB) error {
	var users []slackUser
	if err := e.read("users.json", &users); err != nil {
		return err
	}
	for _, u := range users {
		name := u.Real
		if name == "" {
			name = u.Name
		}
		e.users[u.ID] = name
		if err := db.Save(&user{u.ID, name}).Error; err != nil {
			return err
		}
	}
	return nil
}

// room is the room of a channel, made when it is first seen.
func (e *export) room(ctx context.Context, db *gorm.DB, svc *chat.Service, channel slackChannel) (uuid.UUID, error) {
	var known channelRoom
	if err := db.Limit(1).Find(&known, "id = ?", channel.ID).Error; err != nil || known.ID != "" {
		return known.RoomID, err
	}
	var members []chat.NewRoomUser
	for _, member := range channel.Members {
		if e.users[member] != "" {
			members = append(members, chat.NewRoomUser{UserID: chat.UserID(member)})
		}
	}
	owner := chat.UserID(channel.Creator)
	if e.users[channel.Creator] == "" && len(members) > 0 { // of another workspace
		owner = members[0].UserID
	}
	known.ID = channel.ID
	err := svc.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		room, err := s.CreateRoom(ctx, chat.System, chat.NewRoom{Name: channel.Name, Owner: owner, Members: slices.Clip(members)})
		if err != nil {
			return err
		}
		known.RoomID = room.ID
		return tx.Create(&known).Error
	})
	return known.RoomID, err
}
