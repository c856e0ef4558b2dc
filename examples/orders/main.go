package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

const sqliteDSN = "orders.db?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=64"

func main() {
	dsn := flag.String("dsn", sqliteDSN, "of PostgreSQL (postgres://…), or of SQLite")
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dsn, *addr); err != nil {
		log.Print(err)
	}
}

// run serves the shop, with its jobs, until ctx ends.
func run(ctx context.Context, dsn, addr string) error {
	dialector := sqlite.Open(dsn)
	if strings.HasPrefix(dsn, "postgres") {
		dialector = postgres.Open(dsn)
	}
	db, err := gorm.Open(dialector)
	if err != nil {
		return err
	}
	if err := Migrate(ctx, db); err != nil {
		return err
	}
	shop, err := newShop(db, func(to, text string) error { log.Print("mail to ", to, ": ", text); return nil })
	if err != nil {
		return err
	}
	if err := shop.firstOrder(ctx); err != nil {
		return err
	}
	handler, err := shop.Handler()
	if err != nil {
		return err
	}
	go shop.every(ctx, time.Hour, shop.Nightly)
	go shop.every(ctx, time.Hour, func(ctx context.Context) error { return shop.SendDigests(ctx, time.Now()) })
	go shop.every(ctx, time.Second, shop.Notify) // it ends with an error alone, and goes on where it was
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.WithoutCancel(ctx))
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return shop.chat.Close()
}

// every runs a job again and again until ctx ends.
func (s *Shop) every(ctx context.Context, pause time.Duration, job func(context.Context) error) {
	for {
		if err := job(ctx); err != nil && ctx.Err() == nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// firstOrder makes two users and an order when there are none, and prints how to see it.
func (s *Shop) firstOrder(ctx context.Context) error {
	var users []User
	if err := s.db.WithContext(ctx).Limit(2).Find(&users).Error; err != nil {
		return err
	}
	if len(users) == 0 {
		users = []User{{ID: uuid.New(), Name: "Ann", Email: "ann@example.org"}, {ID: uuid.New(), Name: "Ben", Email: "ben@example.org"}}
		if err := s.db.WithContext(ctx).Create(&users).Error; err != nil {
			return err
		}
		if _, err := s.PlaceOrder(ctx, users[0].ID, users[1].ID, "A red bicycle"); err != nil {
			return err
		}
	}
	log.Printf("set the cookie user=%s, and open /chat/ui/", users[0].ID)
	return nil
}
