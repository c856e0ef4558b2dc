package chat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

var errBrokenOff = errors.New("the connection was lost")

// brokenRows is a connector of SQLite: of the queries counted from 1, the one numbered
// broken gives all of its rows and then errBrokenOff in place of their end.
type brokenRows struct {
	dsn             string
	queries, broken atomic.Int64
}

func (b *brokenRows) Connect(context.Context) (driver.Conn, error) {
	conn, err := b.Driver().Open(b.dsn)
	if err != nil {
		return nil, err
	}
	return &brokenRowsConn{conn.(*sqlite3.SQLiteConn), b}, nil
}

func (b *brokenRows) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

type brokenRowsConn struct {
	*sqlite3.SQLiteConn
	connector *brokenRows
}

func (c *brokenRowsConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.SQLiteConn.QueryContext(ctx, query, args)
	if err != nil || c.connector.queries.Add(1) != c.connector.broken.Load() {
		return rows, err
	}
	return brokenRowsEnd{rows.(*sqlite3.SQLiteRows)}, nil
}

type brokenRowsEnd struct{ *sqlite3.SQLiteRows }

func (r brokenRowsEnd) Next(dest []driver.Value) error {
	err := r.SQLiteRows.Next(dest)
	if errors.Is(err, io.EOF) {
		return errBrokenOff
	}
	return err
}

// newBrokenRowsHost is a host whose database is read through brokenRows.
func newBrokenRowsHost(t *testing.T) (*chatsuite.Host, *brokenRows) {
	t.Helper()
	h := chatsuite.New(t, chatsuite.SQLite)
	connector := &brokenRows{dsn: dbtest.SQLiteDSN(dbtest.SQLitePath(t, h.Template(h.Config)))}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { chatsuite.NoError(t, pool.Close()) })
	h.DB = chatsuite.Must(gorm.Open(h.PoolDialector(pool), &gorm.Config{Logger: logger.Discard}))(t)
	h.Service = chatsuite.Must(chat.New(h.DB, h.Config))(t)
	return h, connector
}

// A result that breaks off is an error, whichever query of an operation it is of: rows
// that are missing must not look like rows that are not there.
func TestResultThatBreaksOffIsAnError(t *testing.T) {
	t.Parallel()
	h, connector := newBrokenRowsHost(t)
	for name, do := range operationsThatQuery(h) {
		connector.broken.Store(0)
		connector.queries.Store(0)
		chatsuite.NoError(t, do())
		queries := connector.queries.Load()
		if queries == 0 {
			t.Errorf("%s asks nothing", name)
		}
		for n := range queries {
			connector.queries.Store(0)
			connector.broken.Store(n + 1)
			err := do()
			connector.broken.Store(0)
			if !errors.Is(err, errBrokenOff) {
				t.Errorf("%s: the result of query %d of %d breaks off, and the error is %v", name, n+1, queries, err)
			}
		}
	}
}

// operationsThatQuery are operations that ask for rows each time.
func operationsThatQuery(h *chatsuite.Host) map[string]func() error {
	t, ctx := h.T, h.Ctx
	room := chatsuite.Must(h.CreateRoom(ctx, h.Alice, chat.NewRoom{
		Name: "open", Public: true, Members: []chat.NewRoomUser{{UserID: h.Bob}}}))(t)
	chatsuite.Must(h.OpenPrivate(ctx, h.Alice, h.Bob))(t)
	media := h.Upload(h.Bob, "bytes")
	first := chatsuite.Must(h.SendMessage(ctx, h.Bob, room.ID, chat.NewMessage{Text: "word", MediaIDs: []uuid.UUID{media.ID}}))(t)
	reply := chatsuite.Must(h.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: "word", ReplyToID: &first.ID}))(t)
	reaction := chatsuite.Must(h.React(ctx, h.Alice, first.ID, "👍"))(t)
	none := chat.NoPermissions
	of := func(_ any, err error) error { return err }
	return map[string]func() error{
		"Room":           func() error { return of(h.Room(ctx, h.Alice, room.ID)) },
		"Rooms":          func() error { return of(h.Rooms(ctx, h.Alice, chat.RoomsQuery{})) },
		"SearchRooms":    func() error { return of(h.SearchRooms(ctx, h.Alice, chat.RoomSearchQuery{Query: "open"})) },
		"RoomUser":       func() error { return of(h.RoomUser(ctx, h.Alice, room.ID, h.Bob)) },
		"RoomUsers":      func() error { return of(h.RoomUsers(ctx, h.Alice, room.ID, chat.Page{})) },
		"Message":        func() error { return of(h.Message(ctx, h.Alice, reply.ID)) },
		"Messages":       func() error { return of(h.Messages(ctx, h.Alice, room.ID, chat.HistoryQuery{})) },
		"SearchMessages": func() error { return of(h.SearchMessages(ctx, h.Alice, chat.MessageSearchQuery{Query: "word"})) },
		"Media":          func() error { return of(h.Media(ctx, h.Alice, media.ID)) },
		"Reaction":       func() error { return of(h.Reaction(ctx, h.Alice, reaction.ID)) },
		"Reactions":      func() error { return of(h.Reactions(ctx, h.Alice, chat.ReactionsQuery{MessageID: &first.ID})) },
		"Unread":         func() error { return of(h.Unread(ctx, h.Bob)) },
		"SendMessage":    func() error { return of(h.SendMessage(ctx, h.Alice, room.ID, chat.NewMessage{Text: "x"})) },
		"React":          func() error { return of(h.React(ctx, h.Alice, first.ID, "👍")) },
		"AddUsers": func() error {
			return of(h.AddUsers(ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob, Permissions: &none}))
		},
		"OpenPrivate": func() error { return of(h.OpenPrivate(ctx, h.Alice, h.Bob)) },
		"MarkRead":    func() error { return of(h.MarkRead(ctx, h.Alice, room.ID, 1)) },
		"MarkUnread":  func() error { return of(h.MarkUnread(ctx, h.Alice, room.ID, 1)) },
		"EraseUser":   func() error { return h.EraseUser(ctx, chat.System, h.Dave, chat.EraseOptions{}) },
	}
}
