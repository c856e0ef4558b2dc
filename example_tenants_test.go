package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

type tenantOfRequest struct{}

// sameTenant returns the users who are not of the tenant in the context, or deleted.
func sameTenant(ctx context.Context, tx *gorm.DB, users []chat.UserID) ([]chat.UserID, error) {
	var found []chat.UserID
	err := tx.Model(&member{}).Where("id IN ? AND tenant = ?", users, ctx.Value(tenantOfRequest{})).Pluck("id", &found).Error
	return slices.DeleteFunc(users, func(id chat.UserID) bool { return slices.Contains(found, id) }), err
}

// noPublicRooms: anybody may find and join a public room, and hooks are not asked about
// reading.
func noPublicRooms(_ context.Context, _ chat.Actor, op chat.Operation) error {
	public := false
	switch op := op.(type) {
	case *chat.CreateRoomOperation:
		public = op.Public
	case *chat.UpdateRoomOperation:
		public = op.Public != nil && *op.Public
	}
	if public {
		return chat.Refuse("there are no public rooms here")
	}
	return nil
}

// Tenants are kept apart: nobody gets into a room with people of another one, or with a user who
// was deleted. The host's middleware puts the tenant of the session into the context.
func ExampleHooks_tenants() {
	svc, db := openHost(func(*gorm.DB) chat.Config {
		return chat.Config{Hooks: chat.Hooks{Before: noPublicRooms, CheckUsers: sameTenant}}
	}, member{ID: "alice", Tenant: "red"}, member{ID: "bob", Tenant: "red"}, member{ID: "carol", Tenant: "blue"},
		member{ID: "dave", Tenant: "red", DeletedAt: gorm.DeletedAt{Time: time.Now(), Valid: true}})
	defer closeExample(db)
	ctx := context.WithValue(context.Background(), tenantOfRequest{}, "red")

	for _, other := range []chat.UserID{bob, carol, "dave"} {
		_, err := svc.OpenPrivate(ctx, alice, other)
		fmt.Println(other, err)
	}
	_, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Everybody", Public: true})
	fmt.Println(err)
	// Output:
	// bob <nil>
	// carol chat: invalid input: user_id names somebody who is not a user
	// dave chat: invalid input: user_id names somebody who is not a user
	// chat: forbidden: there are no public rooms here
}

// usage is a row of a host's: how often a user has done something on a day.
type usage struct {
	UserID chat.UserID `gorm:"primaryKey"`
	Day    string      `gorm:"primaryKey"`
	What   string      `gorm:"primaryKey"`
	Times  int64
}

// quotas are what a user may have of each a day.
type quotas struct {
	db             *gorm.DB
	now            func() time.Time
	rooms, uploads int64
	bytes          int64
}

// before counts what is tried, exactly: attempts at the same time are counted one after the
// other by the database, and those that are refused later count as well.
func (q *quotas) before(ctx context.Context, actor chat.Actor, op chat.Operation) error {
	user, is := actor.(chat.UserID)
	if !is {
		return nil // System
	}
	switch op := op.(type) {
	case *chat.CreateRoomOperation:
		return q.count(ctx, user, "rooms", q.rooms)
	case *chat.UploadOperation:
		if err := q.count(ctx, user, "uploads", q.uploads); err != nil {
			return err
		}
		return q.bytesLeft(ctx, user, op)
	}
	return nil
}

func (q *quotas) count(ctx context.Context, user chat.UserID, what string, limit int64) error {
	var times int64
	err := q.db.WithContext(ctx).Raw(`INSERT INTO usages (user_id, day, what, times) VALUES (?, ?, ?, 1)
		ON CONFLICT (user_id, day, what) DO UPDATE SET times = usages.times + 1 RETURNING times`,
		user, q.now().Format(time.DateOnly), what).Scan(&times).Error
	if err == nil && times > limit {
		err = chat.Refuse(fmt.Sprintf("%d %s a day are the limit", limit, what))
	}
	return err
}

// bytesLeft lets the upload have what is left of the day. How large it is shows when it has
// been read, so that uploads at the same time each may have as much.
func (q *quotas) bytesLeft(ctx context.Context, user chat.UserID, op *chat.UploadOperation) error {
	var used int64
	err := q.db.WithContext(ctx).Raw("SELECT COALESCE(SUM(size), 0) FROM chat_media WHERE user_id = ? AND created_at >= ?",
		user, q.now().UTC().Truncate(24*time.Hour)).Scan(&used).Error
	if op.MaxBytes = min(op.MaxBytes, q.bytes-used); err == nil && op.MaxBytes <= 0 {
		err = chat.Refuse("your uploads of today are used up")
	}
	return err
}

// Users make a few rooms a day, and upload a few files and bytes.
func ExampleHooks_quotas() {
	ctx := context.Background()
	now := func() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }
	svc, db := openHost(func(db *gorm.DB) chat.Config {
		q := &quotas{db: db, now: now, rooms: 1, uploads: 4, bytes: 10}
		return chat.Config{Media: storage.Memory(), Clock: now, Hooks: chat.Hooks{Before: q.before}}
	}, member{ID: "alice"})
	defer closeExample(db)

	for range 2 {
		_, err := svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "Lunch"})
		fmt.Println(err)
	}
	for _, body := range []string{"7 bytes", "too long", "abc", "x", "x"} {
		_, err := svc.UploadMedia(ctx, alice, chat.NewMedia{Body: strings.NewReader(body)})
		fmt.Println(err, errors.Is(err, chat.ErrTooLarge))
	}
	// Output:
	// <nil>
	// chat: forbidden: 1 rooms a day are the limit
	// <nil> false
	// chat: too large: body is over the limit of 3 bytes true
	// <nil> false
	// chat: forbidden: your uploads of today are used up false
	// chat: forbidden: 4 uploads a day are the limit false
}
