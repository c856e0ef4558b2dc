// Package demo is what the programs of this module share: a chat in memory, and a
// sign-in that takes anybody's word.
package demo

import (
	"context"
	"log"
	"net/http"
	"strings"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// Addr is where the programs listen.
const Addr = "127.0.0.1:8080"

// User reads the header Authorization, "Bearer demo-alice": a host has its own
// sign-in in this place. Nobody is "".
func User(authorization string) chat.UserID {
	name, found := strings.CutPrefix(authorization, "Bearer demo-")
	if !found {
		return ""
	}
	return chat.UserID(name)
}

// Open returns a chat in memory, and its database.
func Open(ctx context.Context) (*chat.Service, *gorm.DB, error) {
	db, err := gorm.Open(sqlite.Open("file::memory:?_txlock=immediate&_foreign_keys=1"))
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(1) // a second connection would open a second database
	config := chat.Config{Media: storage.Memory()}
	if err := chat.Migrate(ctx, db, config); err != nil {
		return nil, nil, err
	}
	svc, err := chat.New(db, config)
	return svc, db, err
}

// Main serves what a router's New returns.
func Main(newRouter func(*chat.Service) (http.Handler, error)) {
	svc, _, err := Open(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	router, err := newRouter(svc)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("try: curl -H 'Authorization: Bearer demo-alice' http://%s/chat/rooms", Addr)
	// Neither ReadTimeout nor WriteTimeout: they would end a long upload or download
	// however well it goes on.
	server := &http.Server{Addr: Addr, Handler: router, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	log.Fatal(server.ListenAndServe())
}
