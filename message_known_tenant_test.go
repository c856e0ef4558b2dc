package chat_test

import (
	"context"
	"database/sql"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// tenantPool has one database a tenant, chosen by the context of each statement.
type tenantPool struct{ pools map[string]*sql.DB }

func (p tenantPool) of(ctx context.Context) *sql.DB {
	if db := p.pools[tenantOf(ctx)]; db != nil {
		return db
	}
	return p.pools["red"]
}
func (p tenantPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.of(ctx).PrepareContext(ctx, query)
}
func (p tenantPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.of(ctx).ExecContext(ctx, query, args...)
}
func (p tenantPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.of(ctx).QueryContext(ctx, query, args...)
}
func (p tenantPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.of(ctx).QueryRowContext(ctx, query, args...)
}
func (p tenantPool) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	return p.of(ctx).BeginTx(ctx, opts)
}
func (p tenantPool) GetDBConn() (*sql.DB, error) { return p.pools["red"], nil }

// What is known of a room of one tenant says nothing of that of another, whose database was
// copied from the same template.
func TestKnownRoomsAreOfOneTenant(t *testing.T) {
	t.Parallel()
	v := chatsuite.Postgres
	var pool tenantPool
	h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
		pool = tenantPool{map[string]*sql.DB{}}
		for _, name := range []string{"red", "blue"} {
			pool.pools[name] = chatsuite.Must(dbtest.Postgres(t, template).DB())(t)
		}
		return chatsuite.Must(gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{}))(t)
	}, func(c *chat.Config) { c.SendContextKey = tenantOf })
	red := context.WithValue(h.Ctx, tenantKey{}, "red")
	blue := context.WithValue(h.Ctx, tenantKey{}, "blue")
	room := chatsuite.Must(h.CreateRoom(red, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
	chatsuite.NoError(t, h.DB.WithContext(blue).Transaction(func(tx *gorm.DB) error {
		for _, table := range []string{"chat_rooms", "chat_room_users"} {
			var rows string
			chatsuite.NoError(t, h.DB.WithContext(red).Raw("SELECT json_agg(t)::text FROM "+table+" t").Scan(&rows).Error)
			chatsuite.NoError(t, tx.Exec("INSERT INTO "+table+" SELECT * FROM json_populate_recordset(NULL::"+table+", ?::json)", rows).Error)
		}
		return nil
	}))
	reading := chat.NoPermissions
	name := "y"
	chatsuite.Must(h.UpdateRoomUser(blue, h.Alice, room.ID, h.Bob, chat.RoomUserPatch{Permissions: &reading}))(t)
	chatsuite.Must(h.UpdateRoom(red, h.Alice, room.ID, chat.RoomPatch{Name: &name}))(t)
	// Both have had as many events and messages.
	for range 4 {
		chatsuite.NoError(t, h.InTx(blue, func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(blue, h.Alice, room.ID, chat.NewMessage{Text: "blue"})
			return err
		}))
		chatsuite.Must(h.SendMessage(red, h.Bob, room.ID, chat.NewMessage{Text: "red"}))(t)
	}
	_, err := h.SendMessage(blue, h.Bob, room.ID, chat.NewMessage{Text: "blue"})
	chatsuite.WantError(t, err, chat.ErrForbidden)
}

// What is known of rooms keeps nothing of the contexts in which was sent.
func TestKnownRoomsKeepNoContexts(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	room := h.NewGroup(h.Bob, h.Carol, h.Dave, h.Erin)
	type value struct{ _ [1 << 16]byte }
	type key struct{}
	var freed atomic.Int64
	sent := int64(0)
	for range 3 {
		for _, sender := range []chat.UserID{h.Alice, h.Bob, h.Carol, h.Dave, h.Erin} {
			v := &value{}
			runtime.AddCleanup(v, func(int) { freed.Add(1) }, 0)
			chatsuite.Must(h.SendMessage(context.WithValue(h.Ctx, key{}, v), sender, room.ID, chat.NewMessage{Text: "x"}))(t)
			sent++
		}
	}
	for range 50 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	if kept := sent - freed.Load(); kept > 1 {
		t.Errorf("%d of %d contexts are kept", kept, sent)
	}
	runtime.KeepAlive(h.Service)
}
